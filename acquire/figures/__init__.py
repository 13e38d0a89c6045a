"""Evaluations as plotly figures: one function a question, every axis with its unit."""

from acquire.figures.changes import bridge
from acquire.figures.comparison import MOST_VENDORS, deciding_payoff, ranking, strategic_map
from acquire.figures.distribution import distribution
from acquire.figures.drivers import agenda, sobol, tornado
from acquire.figures.frame import COLOURS, TEMPLATE, VERDICT_COLOURS, plain
from acquire.figures.method import range_density
from acquire.figures.portfolio import frontier, robustness
from acquire.figures.regions import region_map, region_maps
from acquire.figures.safety import flips, safety, verdict_safety
from acquire.figures.vendor import cash_flows, costing, payoffs, score, success

__all__ = [
    "COLOURS",
    "MOST_VENDORS",
    "TEMPLATE",
    "VERDICT_COLOURS",
    "agenda",
    "bridge",
    "cash_flows",
    "costing",
    "deciding_payoff",
    "distribution",
    "flips",
    "frontier",
    "payoffs",
    "plain",
    "range_density",
    "ranking",
    "region_map",
    "region_maps",
    "robustness",
    "safety",
    "score",
    "sobol",
    "strategic_map",
    "success",
    "tornado",
    "verdict_safety",
]
