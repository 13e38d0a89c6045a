"""The distribution of the payoff that the verdict stands for."""

from __future__ import annotations

from typing import Any

from acquire.decision import STRATEGIES
from acquire.display import MoneyScale, percent
from acquire.distribution import Distribution
from acquire.evaluation import Evaluation
from acquire.evaluation import distribution as distribution_of
from acquire.figures.frame import (
    COLOURS,
    INK,
    MUTED,
    PINNED,
    Chart,
    Trace,
    bar,
    figure,
    plain,
    plotted,
    scatter,
    zero_line,
)

LEAST_WIDTH = 0.02
"""Width of the bar of a certain value, as a share of its size."""


@plotted
def distribution(
    evaluation: Evaluation,
    shape: Distribution | None = None,
    against: Distribution | None = None,
) -> Chart:
    """How likely each payoff of the chosen strategy is, success and failure stacked.

    Args:
        evaluation: of the vendor.
        shape: `acquire.evaluation.distribution` of it, which is computed when left out.
        against: that of another evaluation, as a line.
    """
    shape = shape or distribution_of(evaluation)
    strategy = evaluation.decision.strategy or "go_external"
    payoff = evaluation.payoffs.defined[strategy]
    ends = [abs(v) for d in (shape, against) if d is not None for v in (d.low, d.high)]
    scale = MoneyScale.of(max(ends) or 1.0, evaluation.firm.currency)
    traces = [_bars(shape, shape.failure, "external sales fail", COLOURS["failure"], "/", scale)]
    label = "external sales succeed" if shape.failure else "payoff"
    colour = COLOURS["dual_market" if shape.failure else "internal_only"]
    traces.append(_bars(shape, shape.success, label, colour, "", scale))
    if against is not None:
        traces.append(_outline(against, scale))
    marks = {"P10": payoff.p10, "P50": payoff.p50, "P90": payoff.p90}
    shapes = [zero_line("x")]
    notes: list[dict[str, Any]] = []
    for name, value in marks.items():
        at = value / scale.size
        line = {"color": INK, "width": 1.5, "dash": "solid" if name == "P50" else "dot"}
        shapes.append(zero_line("x") | {"x0": at, "x1": at, "line": line})
    if payoff.p10 < payoff.p90:
        notes = [_note(name, value / scale.size) for name, value in marks.items()]
    beyond = shape.below + shape.above
    outside = f" ({percent(beyond, 0)} lie beyond)" if beyond >= 0.005 else ""
    condition = "" if evaluation.decision.strategy else ", if it were permitted"
    return figure(
        [trace for trace in traces if trace["x"]],
        f"Distribution of the payoff: {STRATEGIES[strategy]}{condition}",
        barmode="stack",
        bargap=0,
        xaxis={"title": {"text": plain(f"net present value, {scale.unit}{outside}")}},
        yaxis={"title": {"text": plain(f"% of the draws per {scale.unit}")}, "rangemode": "tozero"},
        shapes=shapes,
        annotations=notes,
        height=400,
    )


def _width(shape: Distribution, scale: MoneyScale) -> float:
    """Of a bar, in the unit of the axis."""
    if shape.high > shape.low:
        return shape.width / scale.size
    return LEAST_WIDTH * (abs(shape.high) or scale.size) / scale.size


def _heights(shape: Distribution, shares: tuple[float, ...], scale: MoneyScale) -> list[float]:
    """Per cent of the draws per unit of the axis; of a certain value, per cent of the draws."""
    width = _width(shape, scale) if shape.high > shape.low else 1.0
    return [round(100.0 * share / width, 6) for share in shares]


def _middles(shape: Distribution, scale: MoneyScale) -> list[float]:
    if shape.high > shape.low:
        return [middle / scale.size for middle in shape.middles]
    return [shape.low / scale.size]


def _bars(
    shape: Distribution,
    shares: tuple[float, ...],
    name: str,
    colour: str,
    pattern: str,
    scale: MoneyScale,
) -> Trace:
    return bar(
        x=_middles(shape, scale) if shares else [],
        y=_heights(shape, shares, scale),
        width=_width(shape, scale),
        name=name,
        marker={
            "color": colour,
            "line": {"width": 0},
            "pattern": {
                "shape": pattern,
                "solidity": 0.2,
                "fgcolor": "white",
                "fillmode": "overlay",
            },
        },
        hovertemplate=f"{name}: %{{y:.2f}} % per unit around %{{x:,.1f}}<extra></extra>",
    )


def _outline(shape: Distribution, scale: MoneyScale) -> Trace:
    """All draws of another evaluation, as a line."""
    failure = shape.failure or (0.0,) * len(shape.success)
    shares = tuple(a + b for a, b in zip(shape.success, failure, strict=True))
    return scatter(
        x=_middles(shape, scale),
        y=_heights(shape, shares, scale),
        mode="lines" if len(shares) > 1 else "markers",
        line={"color": MUTED, "width": 2, "shape": "hvh"},
        marker={"color": MUTED, "symbol": "diamond-open", "size": 12},
        name=PINNED,
        hovertemplate=f"{PINNED}: %{{y:.2f}} % per unit around %{{x:,.1f}}<extra></extra>",
    )


def _note(name: str, at: float) -> dict[str, Any]:
    return {
        "x": at,
        "y": 1,
        "yref": "paper",
        "yanchor": "bottom",
        "xanchor": {"P10": "right", "P90": "left"}.get(name, "center"),
        "text": name,
        "showarrow": False,
        "font": {"size": 12, "color": INK},
    }
