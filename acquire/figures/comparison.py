"""Figures of several vendors: their ranking and the strategic map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from acquire.decision import VERDICTS
from acquire.display import MoneyScale, money
from acquire.evaluation import Evaluation
from acquire.figures.frame import (
    COLOURS,
    MUTED,
    VERDICT_COLOURS,
    figure,
    interval,
    payoff_axis,
    plain,
    rows,
    short,
    zero_line,
)
from acquire.outcomes import Payoff

MOST_VENDORS = 40
"""Vendors in a comparison's chart; beyond that it shows those of the highest value."""


def deciding_payoff(evaluation: Evaluation) -> Payoff:
    """The payoff of the best permitted strategy, of going outside where none is permitted."""
    return evaluation.payoffs.defined[evaluation.decision.strategy or "go_external"]


def ranking(evaluations: Sequence[Evaluation]) -> go.Figure:
    """The deciding payoff of every vendor, best on top, coloured by verdict."""
    best = sorted(evaluations, key=lambda e: deciding_payoff(e).mean)[-MOST_VENDORS:]
    largest = max(abs(v) for e in best for v in (deciding_payoff(e).p10, deciding_payoff(e).p90))
    scale = MoneyScale.of(largest or 1.0, best[0].firm.currency)
    traces: list[Any] = []
    for i, evaluation in enumerate(best):
        traces += interval(
            evaluation.inputs.vendor_id,
            plain(short(evaluation.inputs.name)),
            deciding_payoff(evaluation),
            scale,
            VERDICT_COLOURS[evaluation.decision.verdict],
            legend=i == len(best) - 1,
        )
    traces += [
        go.Scatter(
            x=[None],
            y=[None],
            mode="markers",
            marker={"size": 11, "color": colour},
            name=VERDICTS[verdict],
        )
        for verdict, colour in VERDICT_COLOURS.items()
        if any(e.decision.verdict == verdict for e in best)
    ]
    some = f", the best {len(best)} of {len(evaluations)}" if len(best) < len(evaluations) else ""
    return figure(
        traces,
        f"Payoff of the best permitted strategy{some}",
        xaxis=payoff_axis([deciding_payoff(e) for e in best], scale),
        yaxis=rows({e.inputs.vendor_id: plain(short(e.inputs.name)) for e in best}),
        shapes=[zero_line("x")],
        height=180 + 34 * len(best),
    )


def strategic_map(evaluations: Sequence[Evaluation]) -> go.Figure:
    """Score against what the best permitted strategy is worth, per unit of price."""
    firm = evaluations[0].firm
    traces = []
    for verdict, colour in VERDICT_COLOURS.items():
        here = [e for e in evaluations if e.decision.verdict == verdict]
        if here:
            traces.append(
                go.Scatter(
                    x=[e.classification.score for e in here],
                    y=[deciding_payoff(e).mean / e.price for e in here],
                    mode="markers+text" if len(evaluations) <= MOST_VENDORS else "markers",
                    text=[plain(short(e.inputs.name)) for e in here],
                    customdata=[plain(money(deciding_payoff(e).mean, firm.currency)) for e in here],
                    textposition="top center",
                    textfont={"size": 11, "color": MUTED},
                    marker={"size": 13, "color": colour, "line": {"width": 1, "color": "white"}},
                    name=VERDICTS[verdict],
                    hovertemplate="%{text}<br>score %{x:.1f}<br>payoff %{customdata}<br>"
                    "%{y:.2f} per unit of price<extra></extra>",
                    cliponaxis=False,
                )
            )
    line = zero_line("x") | {"x0": firm.strategic_threshold, "x1": firm.strategic_threshold}
    return figure(
        traces,
        "Strategic or generic, and what it is worth",
        xaxis={
            "title": {"text": f"score (strategic from {firm.strategic_threshold:g})"},
            "range": [0, 100],
        },
        yaxis={"title": {"text": "net present value per unit of price"}},
        shapes=[line | {"line": {"color": COLOURS["failure"], "dash": "dash", "width": 2}}],
        height=480,
    )
