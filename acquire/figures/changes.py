"""What moved a vendor's payoff from one report to the next, as a waterfall."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from acquire.changes import Bridge, VendorChange
from acquire.decision import STRATEGIES
from acquire.display import MINUS, MoneyScale
from acquire.figures.frame import (
    COLOURS,
    Chart,
    Trace,
    bar,
    figure,
    notice,
    plain,
    plotted,
    rows,
    short,
    zero_line,
)

MOST_STEPS = 12
"""Bars between the two totals; the others stand in the table."""

RISE, FALL = COLOURS["dual_market"], COLOURS["failure"]
UP, DOWN = "▲", "▼"


@dataclass(frozen=True)
class _Bar:
    """A step of the chart: its label and its amount of money."""

    label: str
    amount: float


@plotted
def bridge(change: VendorChange, currency: str) -> Chart:
    """The payoff before, what each input moved it by, the largest first, and the payoff now.

    Args:
        change: of one vendor.
        currency: of all money.
    """
    made = change.bridge
    way = STRATEGIES[change.way]
    if made is None:
        return notice(f"What moved the payoff of {way}", "Which input moved it is not known.")
    steps = _bars(made)
    ends = [made.old]
    for step in steps:
        ends.append(ends[-1] + step.amount)
    scale = MoneyScale.of(max(map(abs, (*ends, made.new))) or 1.0, currency)
    count = len(steps)
    keys = [str(i) for i in range(count + 2)]
    labels = ["before", *(step.label for step in steps), "now"]
    rises = [i for i in range(count) if steps[i].amount >= 0]
    falls = [i for i in range(count) if steps[i].amount < 0]

    def steps_of(chosen: Sequence[int], name: str, colour: str, pattern: str, mark: str) -> Trace:
        amounts = [steps[i].amount / scale.size for i in chosen]
        return bar(
            base=[ends[i] / scale.size for i in chosen],
            x=amounts,
            y=[keys[i + 1] for i in chosen],
            orientation="h",
            name=f"{mark} {name}",
            marker={
                "color": colour,
                "line": {"color": colour, "width": 1},
                "pattern": {
                    "shape": pattern,
                    "bgcolor": colour,
                    "fgcolor": "white",
                    "size": 6,
                    "solidity": 0.3,
                },
            },
            text=[f"{mark} {_signed(amount)}" for amount in amounts],
            textposition="outside",
            cliponaxis=False,
            hovertemplate=[
                f"{plain(labels[i + 1])} {name} it by {abs(amount):,.2f} {plain(scale.unit)}"
                "<extra></extra>"
                for i, amount in zip(chosen, amounts, strict=True)
            ],
        )

    totals = [made.old / scale.size, made.new / scale.size]
    traces = [
        bar(
            x=totals,
            y=[keys[0], keys[-1]],
            orientation="h",
            name="payoff",
            marker={"color": COLOURS[change.way]},
            text=[scale.show(value) for value in (made.old, made.new)],
            textposition="outside",
            cliponaxis=False,
            hovertemplate=f"%{{x:,.2f}} {plain(scale.unit)}<extra></extra>",
        ),
        steps_of(rises, "raises", RISE, "", UP),
        steps_of(falls, "lowers", FALL, "/", DOWN),
    ]
    reached = [0.0, *(end / scale.size for end in ends), *totals]
    room = 0.16 * (max(reached) - min(reached)) or 1.0
    axis = rows(dict(zip(reversed(keys), map(plain, reversed(labels)), strict=True)))
    return figure(
        traces,
        f"{short(change.name)}: what moved the payoff of {way}",
        barmode="overlay",
        xaxis={
            "title": {"text": plain(f"net present value, {scale.unit}")},
            "range": [min(reached) - room, max(reached) + room],
        },
        yaxis=axis,
        shapes=[zero_line("x")],
        height=150 + 30 * len(keys),
    )


def _bars(made: Bridge) -> list[_Bar]:
    """The steps that move something, the largest first; those beyond the limit as one, last."""
    moving = [_Bar(short(s.label), s.amount) for s in made.steps if s.amount != 0.0]
    moving.sort(key=lambda step: -abs(step.amount))
    if len(moving) <= MOST_STEPS:
        return moving
    rest = moving[MOST_STEPS - 1 :]
    others = _Bar(f"{len(rest)} others", sum(step.amount for step in rest))
    return [*moving[: MOST_STEPS - 1], others]


def _signed(amount: float) -> str:
    return f"{'+' if amount >= 0 else MINUS}{abs(amount):,.1f}"
