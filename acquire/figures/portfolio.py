"""Figures of a portfolio: what a budget buys, and how often each vendor belongs to the best."""

from __future__ import annotations

from typing import Any

from acquire.display import MoneyScale, money
from acquire.figures.comparison import MOST_VENDORS
from acquire.figures.frame import (
    COLOURS,
    INK,
    MUTED,
    Chart,
    Trace,
    bar,
    figure,
    notice,
    plain,
    plotted,
    rows,
    scatter,
    short,
    zero_line,
)
from acquire.portfolio import ROBUSTNESS_DRAWS, Portfolio

BEYOND = 1.15
"""Share of the last step's budget up to which the given budget is drawn where it is."""

MOST_NAMED = 8
"""Vendors that a point names."""

NOTHING = "No vendor that may be bought is worth more than the best other way."


@plotted
def frontier(portfolio: Portfolio) -> Chart:
    """Value and worst 5 % of the best portfolio at every budget, as steps."""
    title = "What a budget buys: the best portfolios"
    points = portfolio.frontier
    last = points[-1].outlay
    if last == 0.0:
        return notice(title, NOTHING)
    scale = MoneyScale.of(last / 10.0, portfolio.currency)
    budget = portfolio.budget
    end = last * 1.04 if budget is None else min(max(budget, last) * 1.04, last * BEYOND)
    x = [point.outlay / scale.size for point in points] + [end / scale.size]
    bought = []
    for point in points:
        names = [plain(short(portfolio.names[i])) for i in point.vendor_ids]
        more = [f"and {len(names) - MOST_NAMED} more"] if len(names) > MOST_NAMED else []
        bought.append("<br>".join(names[:MOST_NAMED] + more) or "nothing")

    def steps(name: str, values: list[float], colour: str, dash: str, symbol: str) -> Trace:
        return scatter(
            x=x,
            y=[v / scale.size for v in values] + [values[-1] / scale.size],
            customdata=[*bought, bought[-1]],
            name=name,
            mode="lines+markers",
            line={"color": colour, "width": 2.5, "dash": dash, "shape": "hv"},
            marker={"symbol": symbol, "size": [9] * len(points) + [0]},
            hovertemplate=f"{name} %{{y:,.1f}}<br>from a budget of %{{x:,.1f}}<br>%{{customdata}}"
            "<extra></extra>",
        )

    shapes, notes = [zero_line("y")], []
    if budget is not None:
        shown = min(budget, last * BEYOND) / scale.size
        shapes.append(
            zero_line("x") | {"x0": shown, "x1": shown, "line": {"color": INK, "dash": "dot"}}
        )
        beyond = ", beyond this chart" if budget > last * BEYOND else ""
        notes.append(
            {
                "x": shown,
                "xanchor": "left" if budget < last / 2.0 else "right",
                "y": 1,
                "yref": "paper",
                "yanchor": "bottom",
                "text": plain(f"budget {money(budget, portfolio.currency)}{beyond}"),
                "showarrow": False,
                "font": {"size": 12, "color": INK},
            }
        )
    value = "value, expected"
    tail = "worst 5 % on average"
    return figure(
        [
            steps(value, [p.value for p in points], COLOURS["go_external"], "solid", "circle"),
            steps(
                plain(tail),
                [p.expected_shortfall for p in points],
                COLOURS["failure"],
                "dash",
                "diamond-open",
            ),
        ],
        f"{title} ({portfolio.assumption})",
        xaxis={"title": {"text": plain(f"budget for outlays at closing, {scale.unit}")}},
        yaxis={"title": {"text": plain(f"net present value gained, {scale.unit}")}},
        shapes=shapes,
        annotations=notes,
        height=440,
    )


@plotted
def robustness(portfolio: Portfolio) -> Chart:
    """In which share of the joint draws each vendor belongs to the best portfolio."""
    title = "How often does a vendor belong to the best portfolio?"
    shares = portfolio.robustness
    ordered = sorted(shares, key=lambda i: (shares[i].share, i in portfolio.chosen))
    shown = ordered[-MOST_VENDORS:]
    if not shown:
        return notice(title, "No strategy is permitted for any vendor.")
    if len(shown) < len(ordered):
        title += f" The first {len(shown)} of {len(ordered)}"
    kinds: list[tuple[str, list[str], dict[str, Any]]] = [
        ("bought", [i for i in shown if i in portfolio.chosen], {"color": COLOURS["go_external"]}),
        (
            "not bought",
            [i for i in shown if i not in portfolio.chosen],
            {
                "color": "white",
                "line": {"color": COLOURS["go_external"], "width": 1},
                "pattern": {"shape": "/", "fgcolor": COLOURS["go_external"], "size": 6},
            },
        ),
    ]
    bars = [
        bar(
            x=[100.0 * shares[i].share for i in ids],
            y=ids,
            orientation="h",
            name=name,
            marker=marker,
            error_x={
                "array": [100.0 * shares[i].standard_error for i in ids],
                "color": MUTED,
                "thickness": 1.5,
            },
            customdata=[plain(short(portfolio.names[i])) for i in ids],
            hovertemplate="%{customdata}<br>%{x:.1f} &#37; of the draws<extra></extra>",
        )
        for name, ids, marker in kinds
        if ids
    ]
    labels = {i: plain(short(portfolio.names[i])) for i in shown}
    return figure(
        bars,
        title,
        barmode="overlay",
        xaxis={
            "title": {
                "text": f"share of {ROBUSTNESS_DRAWS} joint draws, &#37; (with standard error)"
            },
            "range": [0, 104],
        },
        yaxis=rows(labels),
        height=170 + 30 * len(shown),
    )
