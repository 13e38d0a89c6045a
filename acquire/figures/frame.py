"""What all figures share: colours, template, axes, intervals and labels."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import update_wrapper
from typing import Any, Generic, ParamSpec

import plotly.graph_objects as go

from acquire.display import MoneyScale, words
from acquire.outcomes import Payoff

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
LOW, HIGH = "#9fb3c8", "#12324f"
"""P10 and P90: light and dark, so that they are told apart in grey too."""
AMBER = "#c97f10"
HATCHED = {"shape": "/", "fgcolor": HIGH, "size": 6, "solidity": 0.2}
"""Filling of a bar that stands beside a plain one."""
MOST_INPUTS = 25
"""Inputs in a chart; the others move least and stand in the table."""
PINNED = "pinned"
"""What an evaluation is called that another is held against."""
INK, GRID, MUTED = "#1f2933", "#e4e7eb", "#616e7c"

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


def short(name: str) -> str:
    """A vendor's name, cut where it is too long for a label."""
    return name if len(name) <= 28 else name[:27] + "…"


Trace = dict[str, Any]
"""One trace of a chart, as plotly's schema has it."""


@dataclass(frozen=True)
class Chart:
    """A figure before plotly has checked it: a description in its schema, quick to make.

    Args:
        data: the traces.
        layout: all but the template, which every figure shares.
    """

    data: Sequence[Trace]
    layout: Mapping[str, Any]

    def figure(self) -> go.Figure:
        """The figure.

        Raises:
            ValueError: something in it is not of plotly's schema.
        """
        return go.Figure(
            data=list(self.data),
            layout={"template": TEMPLATE, **self.layout},
            skip_invalid=False,
        )


P = ParamSpec("P")


class plotted(Generic[P]):  # noqa: N801 - a decorator
    """A function that describes a chart, called as one that returns the plotly figure.

    Checking a figure against plotly's schema takes longer than evaluating a vendor; whoever draws
    many a second takes `chart`, the description as it is.
    """

    def __init__(self, chart: Callable[P, Chart]) -> None:
        self.chart = chart
        update_wrapper(self, chart)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> go.Figure:
        """The figure."""
        return self.chart(*args, **kwargs).figure()


def scatter(**settings: Any) -> Trace:
    """A trace of lines and markers."""
    return {"type": "scatter", **settings}


def bar(**settings: Any) -> Trace:
    """A trace of bars."""
    return {"type": "bar", **settings}


def heatmap(**settings: Any) -> Trace:
    """A trace of coloured cells."""
    return {"type": "heatmap", **settings}


def figure(data: Sequence[Trace], title: str, **layout: Any) -> Chart:
    """The traces `data` under a title."""
    return Chart(data, {"title": {"text": plain(title)}, **layout})


def notice(title: str, why: str) -> Chart:
    """A chart that has nothing to show, and says why."""
    note = {"text": plain(why), "x": 0, "xref": "paper", "xanchor": "left", "showarrow": False}
    hidden = {"visible": False}
    return figure(
        [],
        title,
        annotations=[note | {"y": 0.5, "yref": "paper"}],
        xaxis=hidden,
        yaxis=hidden,
        height=130,
    )


def zero_line(axis: str) -> dict[str, Any]:
    """A line across the whole chart where the `axis`, x or y, is zero."""
    span = {"x0": 0, "x1": 0, "y0": 0, "y1": 1, "yref": "paper"}
    if axis == "y":
        span = {"y0": 0, "y1": 0, "x0": 0, "x1": 1, "xref": "paper"}
    return {"type": "line", "line": {"color": MUTED, "width": 1}, **span}


def intervals(
    payoffs: Mapping[str, Payoff],
    labels: Mapping[str, str],
    colours: Mapping[str, str],
    scale: MoneyScale,
) -> list[Trace]:
    """Payoffs as bars from P10 to P90, a tick at P50 and a diamond at the mean, a row each.

    Args:
        payoffs: by the key of their row.
        labels, colours: by the same keys.
        scale: of the axis.
    """
    keys = list(payoffs)
    shades = [colours[key] for key in keys]
    ends = {
        name: [getattr(payoff, name) / scale.size for payoff in payoffs.values()]
        for name in ("p10", "p50", "p90", "mean")
    }
    hover = [
        f"{labels[key]}<br>mean {mean:,.1f}<br>P10 {p10:,.1f}, P50 {p50:,.1f}, P90 {p90:,.1f} "
        f"({plain(scale.unit)})<extra></extra>"
        for key, p10, p50, p90, mean in zip(keys, *ends.values(), strict=True)
    ]
    return [
        bar(
            base=ends["p10"],
            x=[p90 - p10 for p10, p90 in zip(ends["p10"], ends["p90"], strict=True)],
            y=keys,
            orientation="h",
            width=0.22,
            marker={"color": shades},
            opacity=0.45,
            name="P10 to P90",
            hovertemplate=hover,
        ),
        scatter(
            x=ends["p50"],
            y=keys,
            mode="markers",
            marker={
                "symbol": "line-ns",
                "size": 16,
                "color": shades,
                "line": {"width": 3, "color": shades},
            },
            name="P50",
            hovertemplate=hover,
        ),
        scatter(
            x=ends["mean"],
            y=keys,
            mode="markers",
            marker={
                "symbol": "diamond",
                "size": 11,
                "color": shades,
                "line": {"width": 1, "color": "white"},
            },
            name="mean",
            hovertemplate=hover,
        ),
    ]


def payoff_axis(shown: Iterable[Payoff], scale: MoneyScale) -> dict[str, Any]:
    """An axis with room beside the widest interval, and with the zero on it."""
    ends = [v / scale.size for p in shown for v in (p.p10, p.p90, p.mean)] + [0.0]
    room = 0.05 * (max(ends) - min(ends)) or 1.0
    return {
        "title": {"text": plain(f"net present value, {scale.unit}")},
        "range": [min(ends) - room, max(ends) + room],
    }


def rows(labels: Mapping[str, str]) -> dict[str, Any]:
    """An axis of rows by key, from below, each with its label, which may not be its alone."""
    return {
        "type": "category",
        "categoryorder": "array",
        "categoryarray": list(labels),
        "tickvals": list(labels),
        "ticktext": list(labels.values()),
    }


def inputs_axis(names: Sequence[str]) -> dict[str, Any]:
    """An axis of inputs, by their columns."""
    return rows({name: words(name) for name in names})


def upright(at: float) -> dict[str, Any]:
    """A line across the whole chart at one x."""
    return {
        "type": "line",
        "x0": at,
        "x1": at,
        "y0": 0,
        "y1": 1,
        "yref": "paper",
        "line": {"color": INK, "width": 1},
    }
