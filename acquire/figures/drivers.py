"""What drives the payoff and what to find out first: swings, shares of variance, agenda."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from acquire.decision import STRATEGIES, VERDICTS
from acquire.display import MoneyScale, words
from acquire.figures.frame import (
    AMBER,
    HATCHED,
    HIGH,
    INK,
    LOW,
    MOST_INPUTS,
    MUTED,
    Chart,
    Trace,
    bar,
    figure,
    inputs_axis,
    notice,
    plain,
    plotted,
    rows,
    scatter,
    upright,
)
from acquire.sensitivity import SUCCESS, Sensitivity
from acquire.sensitivity.sobol import Z_95

UNSEEN = 0.001
"""Share of the longest bar below which a bar would be none."""

NO_RANGES = "No input of this vendor is a range, so nothing is known to be uncertain."


@plotted
def tornado(sensitivity: Sensitivity) -> Chart:
    """The payoff with one input at its P10 and P90; a diamond where that changes the verdict."""
    one_way = sensitivity.one_way
    if not one_way.bars:
        return notice("Swing of the payoff with one input", NO_RANGES)
    moving = [bar for bar in one_way.bars if bar.swing > UNSEEN * one_way.bars[0].swing]
    bars = moving[:MOST_INPUTS][::-1]
    joint = {bar.input: bar for bar in sensitivity.joint.bars}
    shown = [*bars, *(joint[b.input] for b in bars)]
    scale = MoneyScale.of(
        max((abs(v) for b in shown for v in (b.low, b.high)), default=1.0), sensitivity.currency
    )
    base = one_way.base / scale.size
    keys = [bar.input for bar in bars]

    def side(ends: Sequence[float], name: str, colour: str, pattern: str) -> Trace:
        values = [end / scale.size for end in ends]
        return bar(
            x=[v - base for v in values],
            base=base,
            y=keys,
            orientation="h",
            name=name,
            marker={
                "color": colour,
                "line": {"color": HIGH, "width": 0.5},
                "pattern": {"shape": pattern, "fgcolor": HIGH, "size": 5, "solidity": 0.25},
            },
            customdata=values,
            hovertemplate=f"%{{y}} at its {name[-3:]}: %{{customdata:,.1f}}<extra></extra>",
        )

    changed = [
        (end / scale.size, bar.input, verdict)
        for bar in bars
        for end, verdict in ((bar.low, bar.low_verdict), (bar.high, bar.high_verdict))
        if verdict != one_way.verdict
    ]
    traces: list[Any] = [
        side([b.low for b in bars], "input at its P10", LOW, "/"),
        side([b.high for b in bars], "input at its P90", HIGH, ""),
        scatter(
            x=[v / scale.size for b in bars for v in (joint[b.input].low, joint[b.input].high)],
            y=[b.input for b in bars for _ in range(2)],
            mode="markers",
            name="the same, all others drawn",
            marker={
                "symbol": "line-ns",
                "size": 13,
                "line": {"width": 2, "color": AMBER},
                "color": AMBER,
            },
            hovertemplate="%{y}, others drawn: %{x:,.1f}<extra></extra>",
        ),
    ]
    if changed:
        traces.append(
            scatter(
                x=[c[0] for c in changed],
                y=[c[1] for c in changed],
                mode="markers",
                name="there the verdict is another",
                marker={
                    "symbol": "diamond",
                    "size": 10,
                    "color": "white",
                    "line": {"width": 2, "color": INK},
                },
                customdata=[VERDICTS[c[2]] for c in changed],
                hovertemplate="%{y}: %{customdata}<extra></extra>",
            )
        )
    some = f", the {len(bars)} widest of {len(one_way.bars)}" * (len(one_way.bars) > len(bars))
    return figure(
        traces,
        f"Swing of the payoff of {STRATEGIES[sensitivity.strategy]} with one input{some}; "
        f"verdict with all at mid: {VERDICTS[one_way.verdict].lower()}",
        barmode="overlay",
        xaxis={"title": {"text": plain(f"net present value, {scale.unit}")}},
        yaxis=inputs_axis(keys),
        shapes=[upright(base)],
        height=190 + 24 * len(bars),
    )


@plotted
def sobol(sensitivity: Sensitivity) -> Chart:
    """Share of the payoff's variance per input, alone and with its interactions, 95 % intervals."""
    if not sensitivity.sobol:
        return notice("What the spread of the payoff comes from", NO_RANGES)
    indices = [i for i in sensitivity.sobol if i.total > UNSEEN][:MOST_INPUTS][::-1]
    keys = [index.input for index in indices]

    def dots(values: Sequence[float], errors: Sequence[float], name: str, symbol: str) -> Trace:
        return scatter(
            x=[100.0 * v for v in values],
            y=keys,
            mode="markers",
            name=name,
            marker={"symbol": symbol, "size": 10, "color": HIGH, "line": {"width": 2}},
            error_x={
                "type": "data",
                "array": [100.0 * Z_95 * e for e in errors],
                "color": MUTED,
                "thickness": 1.5,
                "width": 3,
            },
            hovertemplate=f"%{{y}}, {name}: %{{x:.1f}} %<extra></extra>",
        )

    without = ", correlations switched off" * sensitivity.correlated
    return figure(
        [
            dots([i.first for i in indices], [i.first_error for i in indices], "alone", "circle"),
            dots(
                [i.total for i in indices],
                [i.total_error for i in indices],
                "with its interactions",
                "diamond-open",
            ),
        ],
        f"What the spread of the payoff comes from: Sobol indices{without}",
        xaxis={"title": {"text": "share of variance, %, with its 95 % interval"}},
        yaxis=inputs_axis(keys),
        height=190 + 22 * len(keys),
    )


@plotted
def agenda(sensitivity: Sensitivity) -> Chart:
    """What knowing each input before deciding is worth at most, beside knowing everything."""
    if not sensitivity.evpi > 0.0:
        return notice(
            "Diligence agenda", "Whatever could be found out, the choice would be the same."
        )
    least = UNSEEN * sensitivity.evpi
    worthwhile = [w for w in sensitivity.evppi if w.value > least][:MOST_INPUTS][::-1]
    scale = MoneyScale.of(sensitivity.evpi or 1.0, sensitivity.currency)
    keys = [w.input for w in worthwhile]
    bars = [
        bar(
            x=[w.value / scale.size for w in worthwhile],
            y=keys,
            orientation="h",
            name="knowing one input",
            marker={"color": HIGH},
            error_x={
                "type": "data",
                "array": [Z_95 * w.error / scale.size for w in worthwhile],
                "color": AMBER,
                "thickness": 2,
                "width": 3,
            },
            hovertemplate="knowing %{y} is worth at most %{x:,.2f}<extra></extra>",
        ),
        bar(
            x=[sensitivity.evpi / scale.size],
            y=["everything"],
            orientation="h",
            name="knowing everything",
            marker={
                "color": "white",
                "line": {"color": HIGH, "width": 1},
                "pattern": HATCHED,
            },
            hovertemplate="knowing everything is worth at most %{x:,.2f}<extra></extra>",
        ),
    ]
    labels = {k: "whether sales succeed" if k == SUCCESS else words(k) for k in keys}
    return figure(
        bars,
        "Diligence agenda: what knowing it before deciding is worth, at most",
        barmode="overlay",
        xaxis={
            "title": {"text": plain(f"value of information, {scale.unit}, with 95 % interval")},
            "rangemode": "tozero",
        },
        yaxis=rows(labels | {"everything": "everything (EVPI)"}),
        height=200 + 24 * (len(keys) + 1),
    )
