"""Evaluations as plotly figures: one function a question, every axis with its unit."""

from acquire.figures.comparison import MOST_VENDORS, deciding_payoff, ranking, strategic_map
from acquire.figures.frame import COLOURS, TEMPLATE, VERDICT_COLOURS, plain
from acquire.figures.vendor import cash_flows, costing, payoffs, score, success

__all__ = [
    "COLOURS",
    "MOST_VENDORS",
    "TEMPLATE",
    "VERDICT_COLOURS",
    "cash_flows",
    "costing",
    "deciding_payoff",
    "payoffs",
    "plain",
    "ranking",
    "score",
    "strategic_map",
    "success",
]
