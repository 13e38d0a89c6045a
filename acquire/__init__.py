"""Should we just buy that supplier? Evaluate the acquisition of vendors.

Read vendors and the firm's assumptions, `evaluate` one, look at its decision, payoffs and figures,
`render` reports for those who approve. Importing this package loads none of plotly, papermill and
ipywidgets; they come with the first figure or report.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from acquire.assumptions import Assumptions
from acquire.errors import AcquireError, InputError, Problem
from acquire.evaluation import (
    Evaluation,
    by_value,
    evaluate,
    evaluate_all,
    through_other_channel,
)
from acquire.inputs import locate, read_assumptions, read_inputs, read_vendors
from acquire.ranges import Range
from acquire.scenario import Scenario, read_scenario, write_scenario
from acquire.vendor import Vendor, Vendors

if TYPE_CHECKING:
    from acquire import figures, notebook, tables
    from acquire.batch.render import render
    from acquire.changes import diff
    from acquire.explorer import explore
    from acquire.portfolio import select_portfolio
    from acquire.sensitivity import analyse, outlook

__all__ = [
    "AcquireError",
    "Assumptions",
    "Evaluation",
    "InputError",
    "Problem",
    "Range",
    "Scenario",
    "Vendor",
    "Vendors",
    "analyse",
    "by_value",
    "diff",
    "evaluate",
    "evaluate_all",
    "explore",
    "figures",
    "locate",
    "notebook",
    "outlook",
    "read_assumptions",
    "read_inputs",
    "read_scenario",
    "read_vendors",
    "render",
    "select_portfolio",
    "tables",
    "through_other_channel",
    "write_scenario",
]

_LATE_MODULES = ("figures", "notebook", "portfolio", "sensitivity", "tables")


def __getattr__(name: str) -> Any:
    if name in _LATE_MODULES:
        return import_module(f"acquire.{name}")
    if name in ("analyse", "outlook"):
        return getattr(import_module("acquire.sensitivity"), name)
    if name == "diff":
        return import_module("acquire.changes").diff
    if name == "select_portfolio":
        return import_module("acquire.portfolio").select_portfolio
    if name == "render":
        return import_module("acquire.batch").render
    if name == "explore":
        return import_module("acquire.explorer").explore
    raise AttributeError(f"module 'acquire' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
