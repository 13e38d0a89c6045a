"""Figures of one vendor: cases, cash flows, success, costing and score."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from acquire.display import MoneyScale, percent
from acquire.evaluation import CASE_TITLES, Evaluation
from acquire.figures.frame import (
    COLOURS,
    MUTED,
    PINNED,
    Chart,
    Trace,
    bar,
    figure,
    intervals,
    payoff_axis,
    plain,
    plotted,
    rows,
    scatter,
    zero_line,
)
from acquire.outcomes import Payoff
from acquire.vendor import CRITERIA


@plotted
def payoffs(evaluation: Evaluation, against: Evaluation | None = None) -> Chart:
    """The payoff of every case: mean, P50, and from P10 to P90.

    Args:
        evaluation: whose payoffs are drawn.
        against: another evaluation, outlined behind.
    """
    defined = dict(reversed(evaluation.payoffs.defined.items()))
    scale = scale_of(evaluation, against)
    traces = intervals(defined, CASE_TITLES, COLOURS, scale)
    others = {} if against is None else against.payoffs.defined
    if others:
        traces = [*_outlines({n: others[n] for n in defined if n in others}, scale), *traces]
    alternative = evaluation.decision.best_alternative / scale.size
    shapes = [zero_line("x")]
    notes = []
    if alternative > 0:
        shapes.append(zero_line("x") | {"x0": alternative, "x1": alternative})
        shapes[-1]["line"] = {"color": COLOURS["build"], "width": 2, "dash": "dot"}
        notes.append(
            {
                "x": alternative,
                "y": 1,
                "yref": "paper",
                "yanchor": "bottom",
                "text": "best alternative",
                "showarrow": False,
                "font": {"size": 12, "color": COLOURS["build"]},
            }
        )
    return figure(
        traces,
        "Payoff of each case against going on as today",
        xaxis=payoff_axis([*defined.values(), *others.values()], scale),
        yaxis=rows({name: CASE_TITLES[name] for name in defined}),
        shapes=shapes,
        annotations=notes,
        barmode="overlay",
        height=170 + 48 * len(defined),
    )


def scale_of(evaluation: Evaluation, against: Evaluation | None) -> MoneyScale:
    """One unit of money for the payoffs of one or of two evaluations."""
    scales = [e.payoffs.scale for e in (evaluation, against) if e is not None]
    return max(scales, key=lambda scale: scale.size)


def _outlines(payoffs: Mapping[str, Payoff], scale: MoneyScale) -> list[Trace]:
    """Payoffs of another evaluation as hollow bars around, and open diamonds at, their means."""
    keys = list(payoffs)
    hover = [
        f"{PINNED}: {CASE_TITLES[key]}<br>mean {scale.show(p.mean)}, P10 {scale.show(p.p10)}, "
        f"P90 {scale.show(p.p90)}<extra></extra>"
        for key, p in payoffs.items()
    ]
    return [
        bar(
            base=[p.p10 / scale.size for p in payoffs.values()],
            x=[(p.p90 - p.p10) / scale.size for p in payoffs.values()],
            y=keys,
            orientation="h",
            width=0.6,
            marker={"color": "rgba(0,0,0,0)", "line": {"color": MUTED, "width": 1.2}},
            name=f"{PINNED}: P10 to P90",
            hovertemplate=hover,
        ),
        scatter(
            x=[p.mean / scale.size for p in payoffs.values()],
            y=keys,
            mode="markers",
            marker={"symbol": "diamond-open", "size": 17, "color": MUTED, "line": {"width": 1.5}},
            name=f"{PINNED}: mean",
            hovertemplate=hover,
        ),
    ]


@plotted
def cash_flows(evaluation: Evaluation) -> Chart:
    """Cumulative discounted cash flow of each case, year by year."""
    rate = evaluation.firm.discount_rate
    lines = {}
    for name, flows in evaluation.cash_flows.items():
        if flows is not None:
            total, line = 0.0, []
            for year, flow in enumerate(flows):
                total += flow / (1.0 + rate) ** year
                line.append(total)
            lines[name] = line
    largest = max(abs(v) for line in lines.values() for v in line)
    scale = MoneyScale.of(largest or 1.0, evaluation.firm.currency)
    years = list(range(evaluation.firm.horizon_years + 1))
    return figure(
        [
            scatter(
                x=years,
                y=[v / scale.size for v in line],
                name=CASE_TITLES[name],
                mode="lines+markers",
                line={
                    "color": COLOURS[name],
                    "width": 2.5,
                    "dash": "dot" if name in ("compromised", "build") else "solid",
                },
                marker={"size": 6},
                hovertemplate=f"{CASE_TITLES[name]}<br>year %{{x}}: %{{y:,.1f}}<extra></extra>",
            )
            for name, line in lines.items()
        ],
        "When the money comes back: cumulative discounted cash flow, without terminal value",
        xaxis={"title": {"text": "year (0 is the closing)"}, "dtick": max(1, len(years) // 12)},
        yaxis={"title": {"text": plain(scale.unit)}},
        shapes=[zero_line("y")],
        height=420,
    )


@plotted
def success(evaluation: Evaluation, against: Evaluation | None = None) -> Chart:
    """What going outside is worth at every probability of success, against its target.

    Exact where success and the payoffs are independent; with correlations the line joins the
    mean payoffs of failure and success.

    Args:
        evaluation: whose line is drawn.
        against: another evaluation, whose line is drawn in grey.
    """
    decision = evaluation.decision
    defined = evaluation.payoffs.defined
    dual, failure, internal = (defined[n] for n in ("dual_market", "failure", "internal_only"))
    strategic = evaluation.classification.strategic
    scale = scale_of(evaluation, against)
    today = evaluation.success_probability
    go_external = defined["go_external"]
    levels = [("going on as today or hiring", decision.best_alternative, COLOURS["build"])]
    if strategic:
        levels.append(("internal use only", internal.mean, COLOURS["internal_only"]))
    traces = [
        scatter(
            x=[0, 100],
            y=[failure.mean / scale.size, dual.mean / scale.size],
            name="selling outside",
            mode="lines",
            line={"color": COLOURS["go_external"], "width": 3},
            hovertemplate="success %{x:.0f} %: %{y:,.1f}<extra></extra>",
        ),
        *(
            scatter(
                x=[0, 100],
                y=[level / scale.size] * 2,
                name=name,
                mode="lines",
                line={"color": colour, "width": 2, "dash": "dash"},
                hovertemplate=f"{name}: %{{y:,.1f}}<extra></extra>",
            )
            for name, level, colour in levels
        ),
        scatter(
            x=[100 * today],
            y=[go_external.mean / scale.size],
            name="as estimated",
            mode="markers",
            marker={
                "size": 13,
                "color": COLOURS["failure"],
                "line": {"width": 2, "color": "white"},
            },
            hovertemplate="estimated success %{x:.0f} %: %{y:,.1f}<extra></extra>",
        ),
    ]
    if against is not None:
        traces = [*_line(against, scale), *traces]
    shapes: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    even = decision.break_even_probability
    if even is not None and 0 < even <= 1:
        shapes.append(
            {
                "type": "line",
                "x0": 100 * even,
                "x1": 100 * even,
                "y0": 0,
                "y1": 1,
                "yref": "paper",
                "line": {"color": MUTED, "width": 1, "dash": "dot"},
            }
        )
        notes.append(
            {
                "x": 100 * even,
                "xanchor": "left" if even < 0.2 else "right" if even > 0.8 else "center",
                "y": 1,
                "yref": "paper",
                "yanchor": "bottom",
                "text": f"break-even {percent(even, 0)}",
                "showarrow": False,
                "font": {"size": 12, "color": MUTED},
            }
        )
    return figure(
        traces,
        "How likely must success be?",
        xaxis={"title": {"text": "probability that external sales succeed, %"}, "range": [0, 100]},
        yaxis={"title": {"text": plain(f"net present value, {scale.unit}")}},
        shapes=shapes,
        annotations=notes,
        height=400,
    )


def _line(other: Evaluation, scale: MoneyScale) -> list[Trace]:
    """What selling outside is worth in another evaluation, and where that stands."""
    cases = other.payoffs.defined
    ends = [cases[name].mean / scale.size for name in ("failure", "dual_market")]
    return [
        scatter(
            x=[0, 100],
            y=ends,
            name=f"{PINNED}: selling outside",
            mode="lines",
            line={"color": MUTED, "width": 2, "dash": "dot"},
            hovertemplate=f"{PINNED}: success %{{x:.0f}} %: %{{y:,.1f}}<extra></extra>",
        ),
        scatter(
            x=[100 * other.success_probability],
            y=[cases["go_external"].mean / scale.size],
            name=f"{PINNED}: as estimated",
            mode="markers",
            marker={"size": 13, "symbol": "circle-open", "color": MUTED, "line": {"width": 2}},
            hovertemplate=f"{PINNED}: %{{x:.0f}} %: %{{y:,.1f}}<extra></extra>",
        ),
    ]


@plotted
def costing(evaluation: Evaluation) -> Chart:
    """External revenue per year against everything it costs, at full cost."""
    years = evaluation.costing.years
    largest = max(max(abs(y.revenue), abs(y.profit)) for y in years)
    scale = MoneyScale.of(largest or 1.0, evaluation.firm.currency)
    x = [y.year for y in years]
    parts = {
        "variable_cost": ("variable cost", "#9fb3c8"),
        "fixed_cost_share": ("share of fixed cost", "#627d98"),
        "go_to_market": ("go to market", "#d9a441"),
        "credit_cost": ("trade credit", "#c98bb9"),
    }
    bars = [
        bar(
            x=x,
            y=[getattr(y, name) / scale.size for y in years],
            name=label,
            marker={"color": colour},
            hovertemplate=f"year %{{x}}, {label}: %{{y:,.2f}}<extra></extra>",
        )
        for name, (label, colour) in parts.items()
    ]
    revenue = scatter(
        x=x,
        y=[y.revenue / scale.size for y in years],
        name="revenue",
        mode="lines+markers",
        line={"color": COLOURS["dual_market"], "width": 3},
        hovertemplate="year %{x}, revenue: %{y:,.2f}<extra></extra>",
    )
    return figure(
        [*bars, revenue],
        "External sales at full cost: revenue must stay above the bars",
        barmode="stack",
        xaxis={"title": {"text": "year"}, "dtick": max(1, len(x) // 12)},
        yaxis={"title": {"text": plain(scale.unit)}, "rangemode": "tozero"},
        height=400,
    )


@plotted
def score(evaluation: Evaluation) -> Chart:
    """What each criterion adds to the score, against the threshold of "strategic"."""
    kind = evaluation.classification
    colours = ["#12324f", "#1f6fb2", "#5fa3d0", "#9cc4e0", "#c9dfee"]
    bars = [
        bar(
            x=[kind.points(name)],
            y=["score"],
            orientation="h",
            name=name.replace("_", " "),
            marker={"color": colour},
            hovertemplate=f"{name.replace('_', ' ')}: %{{x:.1f}} points<extra></extra>",
        )
        for name, colour in zip(CRITERIA, colours, strict=True)
    ]
    line = {
        "type": "line",
        "x0": kind.threshold,
        "x1": kind.threshold,
        "y0": 0,
        "y1": 1,
        "yref": "paper",
        "line": {"color": COLOURS["failure"], "width": 2, "dash": "dash"},
    }
    return figure(
        bars,
        "Score by criterion",
        barmode="stack",
        xaxis={"title": {"text": "points of 100"}, "range": [0, 100]},
        yaxis={"showticklabels": False},
        shapes=[line],
        annotations=[
            {
                "x": kind.threshold,
                "y": 1,
                "yref": "paper",
                "yanchor": "bottom",
                "text": f"strategic from {kind.threshold:g}",
                "showarrow": False,
                "font": {"size": 12, "color": COLOURS["failure"]},
            }
        ],
        height=230,
    )
