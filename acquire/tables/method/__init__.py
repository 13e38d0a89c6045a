"""Where a vendor's figures come from: its formulas with their figures, step by step."""

from acquire.tables.method.cash_flows import (
    agreement,
    case_tables,
    inside,
    mixture,
    outside,
    terminal_values,
)
from acquire.tables.method.inputs import example_range, kind, range_as_distribution
from acquire.tables.method.verdict import limits, reading, rules, worst_year
from acquire.tables.method.worked import Worked, WorkedCase, work

__all__ = [
    "Worked",
    "WorkedCase",
    "agreement",
    "case_tables",
    "example_range",
    "inside",
    "kind",
    "limits",
    "mixture",
    "outside",
    "range_as_distribution",
    "reading",
    "rules",
    "terminal_values",
    "work",
    "worst_year",
]
