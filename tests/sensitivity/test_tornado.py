"""Tornado: groups, the strategy whose payoff swings, and what counts as a flip."""

from __future__ import annotations

import pytest

import acquire as aq
from acquire.sensitivity.tornado import ALL, Bar, Tornado, tornado
from acquire.sensitivity.whatif import WhatIf
from acquire.vendor import ranges_of, replaced
from tests.samples import GENERIC, STRATEGIC, UNCERTAIN, Row, firm, vendor

MARKET, COST = "all market inputs", "all cost inputs"


def drawn(row: Row, strategy: str = "go_external", **changes: object) -> Tornado:
    """The one-way tornado of a vendor."""
    evaluation = aq.evaluate(vendor(row, **changes), firm(trials=64))
    return tornado(WhatIf(evaluation, at_mid=True), ranges_of(evaluation.inputs), strategy)


@pytest.mark.parametrize(
    ("uncertain", "groups"),
    [
        ({"external_revenue": (250.0, 400.0, 700.0)}, []),
        (
            {
                "external_revenue": (250.0, 400.0, 700.0),
                "fixed_cost": (50.0, 90.0, 150.0),
            },
            [ALL],
        ),
        (
            {
                "external_revenue": (250.0, 400.0, 700.0),
                "customer_churn": (0.05, 0.1, 0.2),
            },
            [MARKET, ALL],
        ),
        (
            {
                "go_to_market_cost": (15.0, 25.0, 50.0),
                "fixed_cost": (50.0, 90.0, 150.0),
            },
            [COST, ALL],
        ),
    ],
)
def test_a_group_needs_two_uncertain_members(uncertain: Row, groups: list[str]) -> None:
    """One member is no group of its own; two are, also as all uncertain inputs."""
    assert [bar.input for bar in drawn(GENERIC, **uncertain).groups] == groups


def test_both_ends_of_a_group_are_evaluations() -> None:
    """Worse and better end of all inputs equal evaluating with plain values at those ends."""
    evaluation = aq.evaluate(vendor(GENERIC, **UNCERTAIN), firm(trials=64))
    ranges = ranges_of(evaluation.inputs)
    found = tornado(WhatIf(evaluation, at_mid=True), ranges, "go_external")
    falling = {bar.input for bar in found.bars if bar.high < bar.low}
    assert {"price", "internal_cost_ratio", "external_cost_ratio"} <= falling
    bar = next(bar for bar in found.groups if bar.input == ALL)
    for end, verdict, at_high in (
        (bar.low, bar.low_verdict, falling),
        (bar.high, bar.high_verdict, set(ranges) - falling),
    ):
        plain = {n: r.high if n in at_high else r.low for n, r in ranges.items()}
        there = aq.evaluate(replaced(evaluation.inputs, **plain), evaluation.firm)
        assert end == pytest.approx(there.payoffs.defined["go_external"].mean, rel=1e-9)
        assert verdict == there.decision.verdict
    assert bar.low < found.base < bar.high
    assert bar.low_verdict != bar.high_verdict


def test_internal_use_alone_does_not_swing_with_the_market() -> None:
    """The payoff of internal use has no bar from external inputs, and its own base."""
    found = drawn(STRATEGIC, "internal_only", **UNCERTAIN)
    swings = {bar.input: bar.swing for bar in found.bars}
    assert swings["external_revenue"] == swings["success_probability"] == 0.0
    assert swings["internal_spend"] > 0.0
    plain = aq.evaluate(vendor(), firm(trials=64))
    assert found.base == pytest.approx(plain.payoffs.defined["internal_only"].mean, rel=1e-9)


@pytest.mark.parametrize(
    ("low", "high", "flips"),
    [
        ("acquire", "acquire", False),
        ("negotiate", "acquire", True),
        ("acquire", "negotiate", True),
        ("negotiate", "negotiate", True),
    ],
)
def test_either_end_flips(low: str, high: str, flips: bool) -> None:
    """A bar flips the verdict where one end, or both, have another than the base."""
    bar = Bar("price", 1.0, 2.0, low, high)
    assert Tornado(1.5, "acquire", (bar,)).flips(bar) is flips
