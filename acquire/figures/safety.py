"""How safe a verdict is: shares of the draws, and where each input would change it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from acquire.decision import VERDICTS
from acquire.display import chance
from acquire.evaluation import Evaluation
from acquire.figures.frame import (
    HATCHED,
    HIGH,
    INK,
    LOW,
    MOST_INPUTS,
    VERDICT_COLOURS,
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
    short,
    upright,
)
from acquire.ranges import Range
from acquire.sensitivity import ALTERNATIVES, Flip, Outlook, Sensitivity
from acquire.vendor import ranges_of

FARTHEST = 3.0
"""Ranges beyond which a flip is not drawn: no estimate is that far off."""

VERDICT_SYMBOLS = {
    "acquire": "circle",
    "acquire_internal_only": "square",
    "not_yet": "triangle-up",
    "negotiate": "diamond",
    "do_not_acquire": "x",
}

VERDICT_PATTERNS = {
    "acquire": "",
    "acquire_internal_only": "/",
    "not_yet": ".",
    "negotiate": "x",
    "do_not_acquire": "-",
}


@plotted
def safety(sensitivity: Sensitivity) -> Chart:
    """In which share of the draws each alternative is best, before and after the outcome."""
    safe = sensitivity.safety
    names = list(safe.shares)[::-1]

    def bars(shares: Mapping[str, float], label: str, **marker: Any) -> Trace:
        return bar(
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

    return figure(
        [
            bars(safe.hindsight, "in hindsight, success known", color="white", pattern=HATCHED),
            bars(safe.shares, "in expectation of success", color=HIGH),
        ],
        f"How safe is the verdict? It chooses: {ALTERNATIVES[safe.choice]}",
        barmode="group",
        xaxis={"title": {"text": "share of the draws in which it is best, %"}, "range": [0, 108]},
        yaxis=rows({name: ALTERNATIVES[name] for name in names}),
        legend={"traceorder": "reversed"},
        height=180 + 52 * len(names),
    )


@plotted
def flips(evaluation: Evaluation, sensitivity: Sensitivity) -> Chart:
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
            scatter(
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
                scatter(
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
        yaxis=inputs_axis([flip.input for flip in near]),
        shapes=[upright(0.0)],
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


@plotted
def verdict_safety(evaluations: Sequence[Evaluation], outlooks: Sequence[Outlook]) -> Chart:
    """Per vendor, the share of draws in which what the verdict chooses is the best alternative."""
    pairs = sorted(
        zip(evaluations, outlooks, strict=True),
        key=lambda pair: pair[1].safety.shares[pair[1].safety.choice],
    )
    keys = {e.inputs.vendor_id: plain(short(e.inputs.name)) for e, _ in pairs}
    traces = [
        bar(
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
        yaxis=rows(keys),
        height=190 + 26 * len(pairs),
    )
