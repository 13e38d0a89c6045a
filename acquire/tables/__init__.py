"""Evaluations as tables and as the verdict's own block, ready to be shown."""

from acquire.tables import method
from acquire.tables.banner import Banner, hinges, verdict
from acquire.tables.comparison import classifications, condition_overview, ranking
from acquire.tables.differences import changes, scenario, scenario_line
from acquire.tables.portfolio import deals, frontier
from acquire.tables.sensitivity import (
    agenda,
    best_two,
    condition_shares,
    drivers,
    flips,
    overview,
    risk,
    safety,
    swings,
    violation,
)
from acquire.tables.vendor import (
    assumptions,
    cash_flows,
    channels,
    facts,
    failure,
    inputs,
    price,
    shown_value,
)
from acquire.tables.what_changed import (
    bridge,
    figures_moved,
    inputs_changed,
    settings_changed,
    what_changed,
)

__all__ = [
    "Banner",
    "agenda",
    "assumptions",
    "best_two",
    "bridge",
    "cash_flows",
    "changes",
    "channels",
    "classifications",
    "condition_overview",
    "condition_shares",
    "deals",
    "drivers",
    "facts",
    "failure",
    "figures_moved",
    "flips",
    "frontier",
    "hinges",
    "inputs",
    "inputs_changed",
    "method",
    "overview",
    "price",
    "ranking",
    "risk",
    "safety",
    "scenario",
    "scenario_line",
    "settings_changed",
    "shown_value",
    "swings",
    "verdict",
    "violation",
    "what_changed",
]
