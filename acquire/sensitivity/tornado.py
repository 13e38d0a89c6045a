"""Tornado: how far the payoff swings with one input, or with all of a kind, and what it flips."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from acquire.decision import Means
from acquire.ranges import Range
from acquire.sensitivity.whatif import WhatIf

GROUPS = {
    "all market inputs": (
        "external_revenue",
        "external_growth",
        "competitor_share",
        "customer_churn",
        "days_sales_outstanding",
        "bad_debt_rate",
        "success_probability",
        "failure_revenue_share",
    ),
    "all cost inputs": (
        "integration_cost",
        "internal_cost_ratio",
        "fixed_cost",
        "internal_fixed_share",
        "external_cost_ratio",
        "go_to_market_cost",
        "channel_margin",
        "exit_cost",
        "hiring_cost",
    ),
}

ALL = "all uncertain inputs"


@dataclass(frozen=True)
class Bar:
    """Payoff with one input at its 10th and at its 90th percentile, and the verdicts there.

    Args:
        input: name of the column; for a group, its name.
        low, high: payoff with the input at its P10 and P90; for a group, with each of its inputs
            at its worse and at its better end.
        low_verdict, high_verdict: what the rule says there.
    """

    input: str
    low: float
    high: float
    low_verdict: str
    high_verdict: str

    @property
    def swing(self) -> float:
        """Length of the bar, money."""
        return abs(self.high - self.low)


@dataclass(frozen=True)
class Tornado:
    """Bars, the widest first.

    Args:
        base: payoff of the strategy with nothing moved.
        verdict: what the rule says there.
        bars: one per uncertain input.
        groups: for all market inputs, all cost inputs and all inputs together, where more than
            one of them is uncertain.
    """

    base: float
    verdict: str
    bars: tuple[Bar, ...]
    groups: tuple[Bar, ...] = ()

    def flips(self, bar: Bar) -> bool:
        """Whether either end of a bar changes the verdict."""
        return {bar.low_verdict, bar.high_verdict} != {self.verdict}


def tornado(whatif: WhatIf, uncertain: Mapping[str, Range], strategy: str) -> Tornado:
    """The swings of a strategy's payoff.

    Args:
        whatif: with the other inputs at their mid values for the one-way tornado; with all draws
            for the joint one, whose bars are means over everything else that is uncertain.
        uncertain: the ranges.
        strategy: `internal_only` or `go_external`.
    """

    def bars(ends: Mapping[str, tuple[Mapping[str, float], Mapping[str, float]]]) -> list[Bar]:
        found = whatif.nearly_each([place for pair in ends.values() for place in pair])
        return [
            Bar(
                name,
                _payoff(low, strategy),
                _payoff(high, strategy),
                at_low.verdict,
                at_high.verdict,
            )
            for name, (low, at_low), (high, at_high) in zip(
                ends, found[::2], found[1::2], strict=True
            )
        ]

    alone = bars({name: ({name: r.low}, {name: r.high}) for name, r in uncertain.items()})
    rises = {bar.input: bar.high >= bar.low for bar in alone}
    together = {}
    for name, members in {**GROUPS, ALL: tuple(uncertain)}.items():
        moved = {m: uncertain[m] for m in members if m in uncertain}
        if len(moved) > 1:
            worse = {m: r.low if rises[m] else r.high for m, r in moved.items()}
            better = {m: r.high if rises[m] else r.low for m, r in moved.items()}
            together[name] = worse, better
    means, ruling = whatif.nearly()
    return Tornado(
        _payoff(means, strategy),
        ruling.verdict,
        tuple(sorted(alone, key=lambda b: -b.swing)),
        tuple(bars(together)),
    )


def _payoff(means: Means, strategy: str) -> float:
    return means.internal_only if strategy == "internal_only" else means.go_external
