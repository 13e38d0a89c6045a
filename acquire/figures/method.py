"""A range as a distribution, for the page that explains the method."""

from __future__ import annotations

import numpy as np

from acquire.display import MoneyScale, words
from acquire.evaluation import Evaluation
from acquire.figures.frame import (
    COLOURS,
    INK,
    Chart,
    figure,
    notice,
    plain,
    plotted,
    scatter,
    upright,
)
from acquire.ranges import metalog
from acquire.simulation import bounds_of
from acquire.tables.method import example_range
from acquire.vendor import COLUMNS

POINTS = 200
EDGE = 0.005
"""Probability on either side that the chart leaves out."""


@plotted
def range_density(evaluation: Evaluation) -> Chart:
    """How likely each value of a range is, by the metalog through its three percentiles.

    Args:
        evaluation: of a vendor; of its ranges the price, or else the first.
    """
    title = "A range as a distribution"
    example = example_range(evaluation.inputs)
    if example is None:
        return notice(title, "Every input of this vendor is a plain number.")
    name, values = example
    spec = COLUMNS[name]
    y = np.linspace(EDGE, 1.0 - EDGE, POINTS)
    logit = np.log(y) - np.log1p(-y)
    x = metalog(values, *bounds_of(spec)).quantile(logit, (y - 0.5) * logit)
    scale = MoneyScale(1.0, spec.unit)
    if spec.unit.startswith("money"):
        scale = MoneyScale.of(values.mid, evaluation.firm.currency)
    density = np.diff(y) / np.diff(x)
    marks = {"P10": values.low, "P50": values.mid, "P90": values.high}
    return figure(
        [
            scatter(
                x=((x[1:] + x[:-1]) / 2.0 / scale.size).tolist(),
                y=(density / density.max()).tolist(),
                mode="lines",
                fill="tozeroy",
                line={"color": COLOURS["internal_only"], "width": 2},
                hovertemplate="%{x:,.4g}<extra></extra>",
                showlegend=False,
            )
        ],
        f"{title}: {words(name)}",
        xaxis={"title": {"text": plain(f"{words(name)}, {scale.unit}")}},
        yaxis={
            "title": {"text": "relative likelihood"},
            "rangemode": "tozero",
        },
        shapes=[
            upright(value / scale.size)
            | {"line": {"color": INK, "width": 1.5, "dash": "solid" if mark == "P50" else "dot"}}
            for mark, value in marks.items()
        ],
        annotations=[
            {
                "x": value / scale.size,
                "y": 1,
                "yref": "paper",
                "yanchor": "bottom",
                "text": mark,
                "showarrow": False,
                "font": {"size": 12, "color": INK},
            }
            for mark, value in marks.items()
        ],
        height=320,
    )
