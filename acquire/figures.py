"""Evaluations as plotly figures: one function a question, every axis with its unit."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from acquire.decision import VERDICTS
from acquire.display import MoneyScale, money, percent
from acquire.evaluation import CASE_TITLES, Evaluation
from acquire.outcomes import Payoff
from acquire.vendor import CRITERIA

COLOURS = {
    "internal_only": "#1f6fb2",
    "dual_market": "#1e8a5f",
    "failure": "#c2542d",
    "compromised": "#7b5ea7",
    "build": "#6b7280",
    "go_external": "#12324f",
}
VERDICT_COLOURS = {
    "acquire": "#1e8a5f",
    "acquire_internal_only": "#1f6fb2",
    "not_yet": "#b7791f",
    "negotiate": "#7b5ea7",
    "do_not_acquire": "#b23b3b",
}
INK, GRID, MUTED = "#1f2933", "#e4e7eb", "#616e7c"
MOST_VENDORS = 40
"""Vendors in a comparison's chart; beyond that it shows those of the highest value."""

TEMPLATE = {
    "layout": {
        "font": {"family": "system-ui, Segoe UI, Helvetica, Arial, sans-serif", "color": INK},
        "paper_bgcolor": "white",
        "plot_bgcolor": "white",
        "title": {"x": 0, "xanchor": "left", "xref": "paper", "font": {"size": 16}},
        "margin": {"l": 64, "r": 24, "t": 56, "b": 84},
        "legend": {
            "orientation": "h",
            "yref": "container",
            "y": 0,
            "yanchor": "bottom",
            "x": 0,
            "traceorder": "normal",
        },
        "xaxis": {"gridcolor": GRID, "zerolinecolor": MUTED, "automargin": True},
        "yaxis": {"gridcolor": GRID, "zerolinecolor": MUTED, "automargin": True},
        "hoverlabel": {"bgcolor": "white"},
    }
}


def plain(text: object) -> str:
    """`text` for a label: no markup, no mathematics and no field of a template in it."""
    escaped = html.escape(str(text), quote=False)  # plotly knows no &quot;
    return escaped.replace("$", "&#36;").replace("%", "&#37;")


def _figure(data: Sequence[Any], title: str, **layout: Any) -> go.Figure:
    return go.Figure(
        data=list(data),
        layout={"template": TEMPLATE, "title": {"text": plain(title)}, **layout},
        skip_invalid=False,
    )


def _zero_line(axis: str) -> dict[str, Any]:
    span = {"x0": 0, "x1": 0, "y0": 0, "y1": 1, "yref": "paper"}
    if axis == "y":
        span = {"y0": 0, "y1": 0, "x0": 0, "x1": 1, "xref": "paper"}
    return {"type": "line", "line": {"color": MUTED, "width": 1}, **span}


def _interval(
    row: str, label: str, payoff: Payoff, scale: MoneyScale, colour: str, *, legend: bool
) -> list[go.Scatter]:
    """A payoff as a bar from P10 to P90, a tick at P50 and a diamond at the mean, in its `row`."""
    p10, p50, p90, mean = (
        v / scale.size for v in (payoff.p10, payoff.p50, payoff.p90, payoff.mean)
    )
    hover = (
        f"{label}<br>mean {mean:,.1f}<br>P10 {p10:,.1f}, P50 {p50:,.1f}, P90 {p90:,.1f} "
        f"({plain(scale.unit)})<extra></extra>"
    )
    shared = {"hovertemplate": hover, "showlegend": legend, "y": [row]}
    return [
        go.Scatter(
            x=[p10, p90],
            y=[row, row],
            mode="lines",
            line={"color": colour, "width": 9},
            opacity=0.45,
            name="P10 to P90",
            legendgroup="range",
            hovertemplate=hover,
            showlegend=legend,
        ),
        go.Scatter(
            x=[p50],
            mode="markers",
            marker={
                "symbol": "line-ns",
                "size": 16,
                "color": colour,
                "line": {"width": 3, "color": colour},
            },
            name="P50",
            legendgroup="p50",
            **shared,
        ),
        go.Scatter(
            x=[mean],
            mode="markers",
            marker={
                "symbol": "diamond",
                "size": 11,
                "color": colour,
                "line": {"width": 1, "color": "white"},
            },
            name="mean",
            legendgroup="mean",
            **shared,
        ),
    ]


def _payoff_axis(shown: Iterable[Payoff], scale: MoneyScale) -> dict[str, Any]:
    """An axis with room beside the widest interval, and with the zero on it."""
    ends = [v / scale.size for p in shown for v in (p.p10, p.p90, p.mean)] + [0.0]
    room = 0.05 * (max(ends) - min(ends)) or 1.0
    return {
        "title": {"text": plain(f"net present value, {scale.unit}")},
        "range": [min(ends) - room, max(ends) + room],
    }


def _rows(labels: Mapping[str, str]) -> dict[str, Any]:
    """An axis of rows by key, each with its label; two rows may have the same label."""
    return {
        "type": "category",
        "tickvals": list(labels),
        "ticktext": list(labels.values()),
    }


def payoffs(evaluation: Evaluation) -> go.Figure:
    """The payoff of every case: mean, P50, and from P10 to P90."""
    scale = evaluation.payoffs.scale
    traces = []
    defined = evaluation.payoffs.defined
    for i, name in enumerate(reversed(defined)):
        traces += _interval(
            name,
            CASE_TITLES[name],
            defined[name],
            scale,
            COLOURS[name],
            legend=i == len(defined) - 1,
        )
    alternative = evaluation.decision.best_alternative / scale.size
    shapes = [_zero_line("x")]
    notes = []
    if alternative > 0:
        shapes.append(_zero_line("x") | {"x0": alternative, "x1": alternative})
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
    return _figure(
        traces,
        "Payoff of each case against going on as today",
        xaxis=_payoff_axis(defined.values(), scale),
        yaxis=_rows({name: CASE_TITLES[name] for name in defined}),
        shapes=shapes,
        annotations=notes,
        height=170 + 48 * len(defined),
    )


def cash_flows(evaluation: Evaluation) -> go.Figure:
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
    return _figure(
        [
            go.Scatter(
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
        shapes=[_zero_line("y")],
        height=420,
    )


def success(evaluation: Evaluation) -> go.Figure:
    """What going outside is worth at every probability of success, against its target.

    Exact where success and the payoffs are independent; with correlations the line joins the
    mean payoffs of failure and success.
    """
    decision = evaluation.decision
    defined = evaluation.payoffs.defined
    dual, failure, internal = (defined[n] for n in ("dual_market", "failure", "internal_only"))
    strategic = evaluation.classification.strategic
    scale = evaluation.payoffs.scale
    today = evaluation.success_probability
    go_external = defined["go_external"]
    levels = [("going on as today or hiring", decision.best_alternative, COLOURS["build"])]
    if strategic:
        levels.append(("internal use only", internal.mean, COLOURS["internal_only"]))
    traces = [
        go.Scatter(
            x=[0, 100],
            y=[failure.mean / scale.size, dual.mean / scale.size],
            name="selling outside",
            mode="lines",
            line={"color": COLOURS["go_external"], "width": 3},
            hovertemplate="success %{x:.0f} %: %{y:,.1f}<extra></extra>",
        ),
        *(
            go.Scatter(
                x=[0, 100],
                y=[level / scale.size] * 2,
                name=name,
                mode="lines",
                line={"color": colour, "width": 2, "dash": "dash"},
                hovertemplate=f"{name}: %{{y:,.1f}}<extra></extra>",
            )
            for name, level, colour in levels
        ),
        go.Scatter(
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
    return _figure(
        traces,
        "How likely must success be?",
        xaxis={"title": {"text": "probability that external sales succeed, %"}, "range": [0, 100]},
        yaxis={"title": {"text": plain(f"net present value, {scale.unit}")}},
        shapes=shapes,
        annotations=notes,
        height=400,
    )


def costing(evaluation: Evaluation) -> go.Figure:
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
        go.Bar(
            x=x,
            y=[getattr(y, name) / scale.size for y in years],
            name=label,
            marker={"color": colour},
            hovertemplate=f"year %{{x}}, {label}: %{{y:,.2f}}<extra></extra>",
        )
        for name, (label, colour) in parts.items()
    ]
    revenue = go.Scatter(
        x=x,
        y=[y.revenue / scale.size for y in years],
        name="revenue",
        mode="lines+markers",
        line={"color": COLOURS["dual_market"], "width": 3},
        hovertemplate="year %{x}, revenue: %{y:,.2f}<extra></extra>",
    )
    return _figure(
        [*bars, revenue],
        "External sales at full cost: revenue must stay above the bars",
        barmode="stack",
        xaxis={"title": {"text": "year"}, "dtick": max(1, len(x) // 12)},
        yaxis={"title": {"text": plain(scale.unit)}, "rangemode": "tozero"},
        height=400,
    )


def score(evaluation: Evaluation) -> go.Figure:
    """What each criterion adds to the score, against the threshold of "strategic"."""
    kind = evaluation.classification
    colours = ["#12324f", "#1f6fb2", "#5fa3d0", "#9cc4e0", "#c9dfee"]
    bars = [
        go.Bar(
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
    return _figure(
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
        traces += _interval(
            evaluation.inputs.vendor_id,
            plain(_short(evaluation.inputs.name)),
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
    return _figure(
        traces,
        f"Payoff of the best permitted strategy{some}",
        xaxis=_payoff_axis([deciding_payoff(e) for e in best], scale),
        yaxis=_rows({e.inputs.vendor_id: plain(_short(e.inputs.name)) for e in best}),
        shapes=[_zero_line("x")],
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
                    text=[plain(_short(e.inputs.name)) for e in here],
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
    line = _zero_line("x") | {"x0": firm.strategic_threshold, "x1": firm.strategic_threshold}
    return _figure(
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


def _short(name: str) -> str:
    return name if len(name) <= 28 else name[:27] + "…"
