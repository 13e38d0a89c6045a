"""Evaluations as tables and as the verdict's own block, ready to be shown."""

from acquire.tables.comparison import classifications, condition_overview, ranking
from acquire.tables.sensitivity import agenda, drivers
from acquire.tables.vendor import (
    Banner,
    assumptions,
    cash_flows,
    channels,
    facts,
    failure,
    inputs,
    price,
    shown_value,
    verdict,
)

__all__ = [
    "Banner",
    "agenda",
    "assumptions",
    "cash_flows",
    "channels",
    "classifications",
    "condition_overview",
    "drivers",
    "facts",
    "failure",
    "inputs",
    "price",
    "ranking",
    "shown_value",
    "verdict",
]
