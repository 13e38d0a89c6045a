"""Figures of a sensitivity: swings, shares of variance, agenda, safety, flips and maps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from acquire.decision import STRATEGIES, VERDICTS
from acquire.display import MoneyScale, chance, words
from acquire.evaluation import Evaluation
from acquire.figures.frame import INK, MUTED, VERDICT_COLOURS, figure, notice, plain, rows, short
from acquire.ranges import Range
from acquire.sensitivity import ALTERNATIVES, SUCCESS, Flip, RegionMap, Sensitivity
from acquire.sensitivity import region_maps as maps_of
from acquire.sensitivity.sobol import Z_95
from acquire.sensitivity.whatif import DISCOUNT_RATE
from acquire.vendor import COLUMNS, ranges_of

LOW, HIGH = "#9fb3c8", "#12324f"
"""P10 and P90: light and dark, so that they are told apart in grey too."""
AMBER = "#c97f10"

REGIONS = {
    "go_external": "#12324f",
    "internal_only": "#4f8fc0",
    "build": "#a9b7c4",
    "status_quo": "#eef1f4",
}
"""From dark to light, in the order of `ALTERNATIVES`."""

MOST_INPUTS = 25
"""Inputs in a chart; the others move least and stand in the table."""

UNSEEN = 0.001
"""Share of the longest bar below which a bar would be none."""

NO_RANGES = "No input of this vendor is a range, so nothing is known to be uncertain."

FARTHEST = 3.0
"""Ranges beyond which a flip is not drawn: no estimate is that far off."""


def tornado(sensitivity: Sensitivity) -> go.Figure:
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

    def side(ends: Sequence[float], name: str, colour: str, pattern: str) -> go.Bar:
        values = [end / scale.size for end in ends]
        return go.Bar(
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
        go.Scatter(
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
            go.Scatter(
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
        yaxis=_inputs(keys),
        shapes=[_line(base)],
        height=190 + 24 * len(bars),
    )


def sobol(sensitivity: Sensitivity) -> go.Figure:
    """Share of the payoff's variance per input, alone and with its interactions, 95 % intervals."""
    if not sensitivity.sobol:
        return notice("What the spread of the payoff comes from", NO_RANGES)
    indices = [i for i in sensitivity.sobol if i.total > UNSEEN][:MOST_INPUTS][::-1]
    keys = [index.input for index in indices]

    def dots(
        values: Sequence[float], errors: Sequence[float], name: str, symbol: str
    ) -> go.Scatter:
        return go.Scatter(
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
        yaxis=_inputs(keys),
        height=190 + 22 * len(keys),
    )


def agenda(sensitivity: Sensitivity) -> go.Figure:
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
        go.Bar(
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
        go.Bar(
            x=[sensitivity.evpi / scale.size],
            y=["everything"],
            orientation="h",
            name="knowing everything",
            marker={
                "color": "white",
                "line": {"color": HIGH, "width": 1},
                "pattern": {"shape": "/", "fgcolor": HIGH, "size": 6, "solidity": 0.2},
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


def safety(sensitivity: Sensitivity) -> go.Figure:
    """In which share of the draws each alternative is best, before and after the outcome."""
    safe = sensitivity.safety
    names = list(safe.shares)[::-1]

    def bars(shares: Mapping[str, float], label: str, **marker: Any) -> go.Bar:
        return go.Bar(
            x=[100.0 * shares[name] for name in names],
            y=names,
            orientation="h",
            name=label,
            marker={"line": {"color": HIGH, "width": 1}, **marker},
            text=[chance(shares[name]) for name in names],
            textposition="outside",
            cliponaxis=False,
            hovertemplate=f"{label}: %{{x:.1f}} %<extra></extra>",
        )

    hatched = {"shape": "/", "fgcolor": HIGH, "size": 6, "solidity": 0.2}
    return figure(
        [
            bars(safe.hindsight, "in hindsight, success known", color="white", pattern=hatched),
            bars(safe.shares, "in expectation of success", color=HIGH),
        ],
        f"How safe is the verdict? It chooses: {ALTERNATIVES[safe.choice]}",
        barmode="group",
        xaxis={"title": {"text": "share of the draws in which it is best, %"}, "range": [0, 108]},
        yaxis=rows({name: ALTERNATIVES[name] for name in names}),
        legend={"traceorder": "reversed"},
        height=180 + 52 * len(names),
    )


def flips(evaluation: Evaluation, sensitivity: Sensitivity) -> go.Figure:
    """How far each input is from the value that changes the verdict, in widths of its range.

    For a vendor without ranges, in per cent of today's value.
    """
    title = f"What would change the verdict “{VERDICTS[sensitivity.verdict]}”, one input at a time"
    ranges = ranges_of(evaluation.inputs)
    ranged = bool(ranges)
    near = [flip for flip in sensitivity.flips if _distance(flip, ranged=ranged) is not None]
    if not near:
        return notice(title, "No value of a single input that is in sight changes it.")
    near = near[:MOST_INPUTS][::-1]
    places = {flip.input: _distance(flip, ranged=ranged) or 0.0 for flip in near}
    traces: list[Any] = []
    if ranged:
        spans = [(f.input, ranges[f.input]) for f in near]
        traces.append(
            go.Scatter(
                x=[v for _, r in spans for v in (*_around(r), None)],
                y=[v for name, _ in spans for v in (name, name, None)],
                mode="lines",
                name="from P10 to P90",
                line={"color": LOW, "width": 9},
                hoverinfo="skip",
            )
        )
    for verdict, colour in VERDICT_COLOURS.items():
        here = [flip for flip in near if flip.verdict == verdict]
        if here:
            traces.append(
                go.Scatter(
                    x=[places[flip.input] for flip in here],
                    y=[flip.input for flip in here],
                    mode="markers+text",
                    name=f"flips to: {VERDICTS[verdict].lower()}",
                    marker={
                        "symbol": VERDICT_SYMBOLS[verdict],
                        "size": 11,
                        "color": colour,
                        "line": {"width": 1, "color": "white"},
                    },
                    text=[plain(flip.shown(sensitivity.currency)) for flip in here],
                    textposition=[
                        "middle right" if places[flip.input] >= 0.0 else "middle left"
                        for flip in here
                    ],
                    textfont={"size": 12, "color": INK},
                    cliponaxis=False,
                    hovertemplate="%{y}: %{text}<extra></extra>",
                )
            )
    reach = 1.35 * max(*(abs(v) for v in places.values()), 0.6 if ranged else 10.0)
    unit = "widths of its range P10 to P90" if ranged else "% of that value"
    return figure(
        traces,
        title,
        xaxis={
            "title": {"text": f"distance from today's value, in {unit}"},
            "range": [-reach, reach],
        },
        yaxis=_inputs([flip.input for flip in near]),
        shapes=[_line(0.0)],
        showlegend=True,
        height=190 + 26 * len(near),
    )


def _distance(flip: Flip, *, ranged: bool) -> float | None:
    """From today's value to the flip, with its sign; None where it is out of sight."""
    if flip.value is None:
        return None
    if ranged:
        if flip.ranges is None or flip.ranges > FARTHEST:
            return None
        return flip.ranges if flip.value >= flip.today else -flip.ranges
    if flip.change is None or abs(flip.change) > 1.0:
        return None
    return 100.0 * flip.change


def _around(given: Range) -> tuple[float, float]:
    """P10 and P90 as distances from the mid, in widths of the range."""
    width = given.high - given.low
    return (given.low - given.mid) / width, (given.high - given.mid) / width


VERDICT_SYMBOLS = {
    "acquire": "circle",
    "acquire_internal_only": "square",
    "not_yet": "triangle-up",
    "negotiate": "diamond",
    "do_not_acquire": "x",
}


def region_maps(evaluation: Evaluation) -> list[go.Figure]:
    """The maps of two inputs; see `acquire.sensitivity.region_maps`."""
    return [region_map(m, evaluation.firm.currency) for m in maps_of(evaluation)]


def region_map(region: RegionMap, currency: str) -> go.Figure:
    """The best strategy at every pair of values of two inputs, and where the case is today."""
    names = [name for name in REGIONS if any(name in row for row in region.best)]
    codes = {name: i for i, name in enumerate(names)}
    (x_scale, x_title), (y_scale, y_title) = (
        _axis(region.x_input, region.x, currency),
        _axis(region.y_input, region.y, currency),
    )
    x, y = [v / x_scale for v in region.x], [v / y_scale for v in region.y]
    steps = len(names)
    colours = [(edge / steps, REGIONS[name]) for i, name in enumerate(names) for edge in (i, i + 1)]
    traces: list[Any] = [
        go.Heatmap(
            x=x,
            y=y,
            z=[[codes[name] for name in row] for row in region.best],
            zmin=-0.5,
            zmax=steps - 0.5,
            colorscale=colours,
            showscale=False,
            hovertemplate="%{x:,.4g}, %{y:,.4g}<extra></extra>",
        ),
        *(
            go.Scatter(
                x=[None],
                y=[None],
                mode="markers",
                name=ALTERNATIVES[name],
                marker={
                    "symbol": "square",
                    "size": 13,
                    "color": REGIONS[name],
                    "line": {"width": 1, "color": INK},
                },
            )
            for name in names
        ),
        go.Scatter(
            x=[region.today[0] / x_scale],
            y=[region.today[1] / y_scale],
            mode="markers",
            name="as estimated",
            marker={
                "symbol": "circle-x",
                "size": 16,
                "color": "white",
                "line": {"width": 2.5, "color": AMBER},
            },
            hovertemplate="as estimated: %{x:,.4g}, %{y:,.4g}<extra></extra>",
        ),
    ]
    condition = "" if region.permitted else ", if the conditions of selling outside held"
    return figure(
        traces,
        f"Best strategy by {words(region.x_input)} and {words(region.y_input)}{condition}",
        xaxis={"title": {"text": plain(x_title)}, "range": [x[0], x[-1]], "showgrid": False},
        yaxis={"title": {"text": plain(y_title)}, "range": [y[0], y[-1]], "showgrid": False},
        height=440,
    )


def verdict_safety(evaluations: Sequence[Evaluation], analyses: Sequence[Sensitivity]) -> go.Figure:
    """Per vendor, the share of draws in which what the verdict chooses is the best alternative."""
    pairs = sorted(
        zip(evaluations, analyses, strict=True),
        key=lambda pair: pair[1].safety.shares[pair[1].safety.choice],
    )
    keys = {e.inputs.vendor_id: plain(short(e.inputs.name)) for e, _ in pairs}
    traces = [
        go.Bar(
            x=[100.0 * s.safety.shares[s.safety.choice] for _, s in here],
            y=[e.inputs.vendor_id for e, _ in here],
            orientation="h",
            name=VERDICTS[verdict],
            marker={
                "color": colour,
                "pattern": {"shape": VERDICT_PATTERNS[verdict], "solidity": 0.25},
            },
            text=[plain(f"{chance(s.safety.shares[s.safety.choice])}") for _, s in here],
            textposition="outside",
            cliponaxis=False,
            customdata=[plain(ALTERNATIVES[s.safety.choice]) for _, s in here],
            hovertemplate="%{customdata} is best in %{x:.1f} %<extra></extra>",
        )
        for verdict, colour in VERDICT_COLOURS.items()
        for here in [[pair for pair in pairs if pair[1].verdict == verdict]]
        if here
    ]
    return figure(
        traces,
        "How safe is each verdict?",
        barmode="overlay",
        xaxis={
            "title": {"text": "share of the draws in which what it chooses is best, %"},
            "range": [0, 108],
        },
        yaxis=rows(keys) | {"categoryorder": "array", "categoryarray": list(keys)},
        height=190 + 26 * len(pairs),
    )


VERDICT_PATTERNS = {
    "acquire": "",
    "acquire_internal_only": "/",
    "not_yet": ".",
    "negotiate": "x",
    "do_not_acquire": "-",
}


def _axis(name: str, values: Sequence[float], currency: str) -> tuple[float, str]:
    """By what to divide an input's values for an axis, and its title with the unit."""
    if name == DISCOUNT_RATE:
        return 0.01, "discount rate, % per year"
    unit = COLUMNS[name].unit
    if unit.startswith("money"):
        scale = MoneyScale.of(max(abs(v) for v in values), currency)
        return scale.size, f"{words(name)}, {unit.replace('money', scale.unit)}"
    return 0.01, f"{words(name)}, %"


def _inputs(names: Sequence[str]) -> dict[str, Any]:
    return rows({name: words(name) for name in names})


def _line(at: float) -> dict[str, Any]:
    return {
        "type": "line",
        "x0": at,
        "x1": at,
        "y0": 0,
        "y1": 1,
        "yref": "paper",
        "line": {"color": INK, "width": 1},
    }
