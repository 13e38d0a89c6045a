"""Maps of two inputs: which strategy is best where."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from acquire.display import MoneyScale, words
from acquire.evaluation import Evaluation
from acquire.figures.frame import (
    AMBER,
    INK,
    PINNED,
    Chart,
    Trace,
    figure,
    heatmap,
    plain,
    plotted,
    scatter,
)
from acquire.sensitivity import ALTERNATIVES, RegionMap
from acquire.sensitivity import region_maps as maps_of
from acquire.sensitivity.ways import DISCOUNT_RATE
from acquire.vendor import COLUMNS

REGIONS = {
    "go_external": "#12324f",
    "internal_only": "#4f8fc0",
    "build": "#a9b7c4",
    "status_quo": "#eef1f4",
}
"""From dark to light, in the order of `ALTERNATIVES`."""


def region_maps(evaluation: Evaluation) -> list[go.Figure]:
    """The maps of two inputs; see `acquire.sensitivity.region_maps`."""
    return [region_map(m, evaluation.firm.currency) for m in maps_of(evaluation)]


@plotted
def region_map(
    region: RegionMap, currency: str, against: tuple[float, float] | None = None
) -> Chart:
    """The best strategy at every pair of values of two inputs, and where the case is today.

    Args:
        region: the map.
        currency: of all money.
        against: where another evaluation stands, in the units of the inputs.
    """
    names = [name for name in REGIONS if name in region.names]
    colour_of = np.array([names.index(name) for name in region.names], dtype=np.int8)
    (x_scale, x_title), (y_scale, y_title) = (
        _axis(region.x_input, region.x, currency),
        _axis(region.y_input, region.y, currency),
    )
    x, y = [v / x_scale for v in region.x], [v / y_scale for v in region.y]
    steps = len(names)
    colours = [[edge / steps, REGIONS[name]] for i, name in enumerate(names) for edge in (i, i + 1)]
    traces: list[Trace] = [
        heatmap(
            x0=x[0],
            dx=(x[-1] - x[0]) / (len(x) - 1),
            y0=y[0],
            dy=(y[-1] - y[0]) / (len(y) - 1),
            z=colour_of[region.cells],
            zmin=-0.5,
            zmax=steps - 0.5,
            colorscale=colours,
            showscale=False,
            hovertemplate="%{x:,.4g}, %{y:,.4g}<extra></extra>",
        ),
        *(
            scatter(
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
        scatter(
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
    if against is not None:
        traces.append(
            scatter(
                x=[against[0] / x_scale],
                y=[against[1] / y_scale],
                mode="markers",
                name=PINNED,
                marker={
                    "symbol": "square-open",
                    "size": 15,
                    "color": AMBER,
                    "line": {"width": 2.5},
                },
                hovertemplate=f"{PINNED}: %{{x:,.4g}}, %{{y:,.4g}}<extra></extra>",
            )
        )
    condition = "" if region.permitted else ", if the conditions of selling outside held"
    return figure(
        traces,
        f"Best strategy by {words(region.x_input)} and {words(region.y_input)}{condition}",
        xaxis={"title": {"text": plain(x_title)}, "range": [x[0], x[-1]], "showgrid": False},
        yaxis={"title": {"text": plain(y_title)}, "range": [y[0], y[-1]], "showgrid": False},
        height=440,
    )


def _axis(name: str, values: Sequence[float], currency: str) -> tuple[float, str]:
    """By what to divide an input's values for an axis, and its title with the unit."""
    if name == DISCOUNT_RATE:
        return 0.01, "discount rate, % per year"
    unit = COLUMNS[name].unit
    if unit.startswith("money"):
        scale = MoneyScale.of(max(abs(v) for v in values), currency)
        return scale.size, f"{words(name)}, {unit.replace('money', scale.unit)}"
    return 0.01, f"{words(name)}, %"
