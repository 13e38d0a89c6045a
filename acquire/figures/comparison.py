"""Figures of several vendors: their ranking and the strategic map."""

from __future__ import annotations

from collections.abc import Sequence

from acquire.decision import VERDICTS
from acquire.display import MoneyScale, money
from acquire.evaluation import Evaluation
from acquire.figures.frame import (
    COLOURS,
    MUTED,
    VERDICT_COLOURS,
    Chart,
    figure,
    intervals,
    payoff_axis,
    plain,
    plotted,
    rows,
    scatter,
    short,
    zero_line,
)
from acquire.outcomes import Payoff

MOST_VENDORS = 40
"""Vendors in a comparison's chart; beyond that it shows those of the highest value."""


def deciding_payoff(evaluation: Evaluation) -> Payoff:
    """The payoff of the best permitted strategy, of going outside where none is permitted."""
    return evaluation.payoffs.defined[evaluation.decision.strategy or "go_external"]


@plotted
def ranking(evaluations: Sequence[Evaluation]) -> Chart:
    """The deciding payoff of every vendor, best on top, coloured by verdict."""
    best = sorted(evaluations, key=lambda e: deciding_payoff(e).mean)[-MOST_VENDORS:]
    largest = max(abs(v) for e in best for v in (deciding_payoff(e).p10, deciding_payoff(e).p90))
    scale = MoneyScale.of(largest or 1.0, best[0].firm.currency)
    labels = {e.inputs.vendor_id: plain(short(e.inputs.name)) for e in best}
    payoffs = {e.inputs.vendor_id: deciding_payoff(e) for e in best}
    colours = {e.inputs.vendor_id: VERDICT_COLOURS[e.decision.verdict] for e in best}
    traces = intervals(payoffs, labels, colours, scale)
    traces += [
        scatter(
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
        xaxis=payoff_axis(payoffs.values(), scale),
        yaxis=rows(labels),
        shapes=[zero_line("x")],
        height=180 + 34 * len(best),
    )


@plotted
def strategic_map(evaluations: Sequence[Evaluation]) -> Chart:
    """Score against what the best permitted strategy is worth, per unit of price."""
    firm = evaluations[0].firm
    traces = []
    for verdict, colour in VERDICT_COLOURS.items():
        here = [e for e in evaluations if e.decision.verdict == verdict]
        if here:
            traces.append(
                scatter(
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
