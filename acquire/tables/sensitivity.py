"""Tables of a sensitivity: what drives the payoff, and what knowing it is worth."""

from __future__ import annotations

from acquire.decision import STRATEGIES
from acquire.display import MoneyScale, Table, percent
from acquire.sensitivity import Sensitivity


def drivers(sensitivity: Sensitivity, currency: str) -> Table:
    """What moves the payoff: each input's tornado bar and its Sobol indices, widest bar first."""
    ends = [abs(v) for bar in sensitivity.tornado for v in (bar.low, bar.high)]
    scale = MoneyScale.of(max(ends, default=1.0), currency)
    indices = {index.input: index for index in sensitivity.sobol}
    rows = [
        (
            bar.input,
            scale.show(bar.low),
            scale.show(bar.high),
            scale.show(abs(bar.high - bar.low)),
            percent(indices[bar.input].first),
            percent(indices[bar.input].total),
        )
        for bar in sensitivity.tornado
    ]
    without = ", correlations switched off for the shares" * sensitivity.correlated
    return Table(
        ("input", "at its P10", "at its P90", "swing", "share of variance", "with interactions"),
        rows,
        f"What drives {STRATEGIES[sensitivity.strategy]}: net present value, {scale.unit}, with "
        f"one input moved and the others at mid ({scale.show(sensitivity.base)}){without}",
    )


def agenda(sensitivity: Sensitivity, currency: str) -> Table:
    """The diligence agenda: what knowing each uncertain input is worth, at most."""
    scale = MoneyScale.of(sensitivity.evpi or 1.0, currency)
    rows = [
        (worth.input, scale.show(worth.value, 2), scale.show(worth.error, 2))
        for worth in (*sensitivity.evppi, *sensitivity.groups)
    ]
    rows.append(("everything (EVPI)", scale.show(sensitivity.evpi, 2), "–"))
    return Table(
        ("knowing", "is worth at most", "error"),
        rows,
        f"Diligence agenda: what knowing it before deciding is worth, {scale.unit}",
        emphasised=frozenset({len(rows) - 1}),
    )
