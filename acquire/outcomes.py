"""A payoff's distribution in eight figures: mean, percentiles, chances, tail and error."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from acquire.ranges import Array
from acquire.ties import TIE

PERCENTILES = (0.10, 0.50, 0.90)
TAIL = 0.05
"""Share of the worst draws over which the expected shortfall is the mean."""

BINS = 1024


@dataclass(frozen=True)
class Payoff:
    """The distribution of a net present value against the status quo, in money.

    Args:
        mean: over the draws.
        p10, p50, p90: the smallest value whose cumulative weight reaches 10, 50, 90 %.
        p_loss: probability of less than 0.
        p_below_alternative: probability of less than the best alternative.
        expected_shortfall: mean of the worst 5 %, the draw at the boundary counting in part.
        standard_error: of the mean, from the sample as if its draws were independent; the Sobol
            points' true error is smaller. 0 without ranges.
    """

    mean: float
    p10: float
    p50: float
    p90: float
    p_loss: float
    p_below_alternative: float
    expected_shortfall: float
    standard_error: float


def summarise(values: Array, alternative: float, price: float) -> Payoff:
    """The distribution of equally likely `values`, shape (n,).

    Args:
        values: payoffs.
        alternative: payoff of the best alternative.
        price: scale of comparisons (money counts as equal within 1e-9 of it).
    """
    return _summary(values, None, values, alternative, price)


def summarise_mixture(
    dual: Array, failure: Array, success: Array, alternative: float, price: float
) -> Payoff:
    """The distribution of success or failure: `dual` with weight p, `failure` with 1 − p.

    Whether external sales succeed is never drawn, so there are two values per draw. Mean and
    standard error are those of p·dual + (1 − p)·failure.

    Args:
        dual, failure, success: payoff given success, payoff given failure, p; shape (n,) each.
        alternative: payoff of the best alternative.
        price: scale of comparisons.
    """
    values = np.concatenate([dual, failure])
    weights = np.concatenate([success, 1.0 - success]) / dual.size
    expected = success * dual + (1.0 - success) * failure
    return _summary(values, weights, expected, alternative, price)


def _summary(
    values: Array, weights: Array | None, expected: Array, alternative: float, price: float
) -> Payoff:
    """The figures of a distribution; mean and error are those of `expected`."""
    n = values.size
    boundary, p10, p50, p90 = weighted_percentiles(values, weights, (TAIL, *PERCENTILES))
    below = (values < boundary).astype(float)
    if weights is not None:
        below *= weights
    scale = 1.0 if weights is not None else 1.0 / n
    tail_weight = scale * float(below.sum())
    tail = scale * float(below @ values) + (TAIL - tail_weight) * boundary

    def share_below(limit: float) -> float:
        under = values < limit - TIE * max(abs(limit), price)
        if weights is None:
            return float(np.count_nonzero(under)) / n
        return min(float(weights @ under), 1.0)

    return Payoff(
        mean=float(expected.mean()),
        p10=p10,
        p50=p50,
        p90=p90,
        p_loss=share_below(0.0),
        p_below_alternative=share_below(alternative),
        expected_shortfall=tail / TAIL,
        standard_error=standard_error(expected),
    )


def weighted_percentiles(
    values: Array, weights: Array | None, shares: Sequence[float]
) -> list[float]:
    """The smallest value whose cumulative weight reaches each share (within 1e-9).

    Bins find where a share is reached; only the values of that bin are sorted. The result is
    exactly that of sorting them all.

    Args:
        values: shape (n,).
        weights: of sum 1, shape (n,), or None for equal ones; a value of weight 0 is never a
            percentile.
        shares: between 0 and 1.
    """
    n = values.size
    low, high = float(values.min()), float(values.max())
    width = (high - low) / BINS
    if n <= BINS or not width > 0.0 or not math.isfinite(width):
        return _sorted_percentiles(values, weights, 0.0, shares, n)
    # monotone in the value, so a bin holds all values between its neighbours' values
    bins = ((values - low) * (1.0 / width)).astype(np.int32)
    counts = np.bincount(bins, weights=weights, minlength=BINS + 2)
    until = np.cumsum(counts) if weights is not None else np.cumsum(counts) / n
    found = []
    for share in shares:
        place = min(int(np.searchsorted(until, share - TIE)), BINS)
        inside = np.flatnonzero(bins == place)
        before = float(until[place - 1]) if place else 0.0
        there = None if weights is None else weights[inside]
        found += _sorted_percentiles(values[inside], there, before, (share,), n)
    return found


def _sorted_percentiles(
    values: Array, weights: Array | None, before: float, shares: Sequence[float], n: int
) -> list[float]:
    """Percentiles of values that follow a weight of `before`, n being the number of all."""
    order = np.argsort(values, kind="stable")
    if weights is None:
        until = before + np.arange(1, order.size + 1) / n
    else:
        order = order[weights[order] > 0.0]
        until = before + np.cumsum(weights[order])
    places = np.minimum(np.searchsorted(until, np.asarray(shares) - TIE), order.size - 1)
    return [float(v) for v in values[order[places]]]


def standard_error(values: Array) -> float:
    """Of the mean of independent draws; 0 for a single one."""
    n = values.size
    return float(values.std(ddof=1)) / math.sqrt(n) if n > 1 else 0.0
