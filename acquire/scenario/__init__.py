"""Scenarios: what an analyst changed of one vendor and of the firm, kept as a small file."""

from acquire.scenario.files import (
    read_scenario,
    read_together,
    scenario_text,
    typed,
    write_scenario,
)
from acquire.scenario.record import Scenario, scenario_of

__all__ = [
    "Scenario",
    "read_scenario",
    "read_together",
    "scenario_of",
    "scenario_text",
    "typed",
    "write_scenario",
]
