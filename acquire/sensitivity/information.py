"""What it is worth to know more: expected value of perfect and of partial information, in money.

Both compare deciding after learning something with deciding now (Raiffa and Schlaifer 1961). The
expectation given one input is estimated by regression on the draws that were made anyway, and
cross-checked by bins of equal count (Strong, Oakley and Brennan 2014, for the idea).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from acquire.outcomes import standard_error
from acquire.ranges import Array

BINS = 32
"""Of equal count, for the cross-check."""

SPLITS = 8
"""Consecutive parts of the sample, each regressed alone, for the error."""


@dataclass(frozen=True)
class Worth:
    """What knowing an input (or a group) before deciding is worth at most, in money.

    Args:
        input: name of the column or group.
        value: the estimate by regression, from 0 to the value of perfect information; by bins
            where tails are so heavy that regression tells nothing.
        by_bins: the same by bins of equal count, the cross-check; by regression for a group.
        error: standard error, with the distance between the two.
    """

    input: str
    value: float
    by_bins: float
    error: float


def perfect_information(given_success: Array, given_failure: Array, success: Array) -> float:
    """Expected value of knowing everything, whether external sales succeed included.

    Args:
        given_success, given_failure: payoff of every alternative per draw in either state, shape
            (alternatives, n).
        success: probability of success per draw, shape (n,).
    """
    expected = success * given_success + (1.0 - success) * given_failure
    knowing = success * given_success.max(axis=0) + (1.0 - success) * given_failure.max(axis=0)
    return max(float(knowing.mean() - expected.mean(axis=1).max()), 0.0)


def success_information(given_success: Array, given_failure: Array, success: Array) -> float:
    """Expected value of knowing only whether external sales will succeed; arguments as above."""
    expected = (success * given_success + (1.0 - success) * given_failure).mean(axis=1)
    # P(s)·E(payoff | s) is the mean weighted by P(s), which needs no division by it
    if_success = (success * given_success).mean(axis=1)
    if_failure = ((1.0 - success) * given_failure).mean(axis=1)
    return max(float(if_success.max() + if_failure.max() - expected.max()), 0.0)


def partial_information(
    name: str,
    values: Array,
    payoffs: Array,
    *,
    most: float = float("inf"),
    orders: Sequence[NDArray[np.intp]] | None = None,
) -> Worth:
    """Expected value of knowing one input, or several together.

    Args:
        name: of the input or group.
        values: its draws, shape (n,); or those of the group, shape (inputs, n).
        payoffs: of every alternative, shape (alternatives, n).
        most: value of perfect information, which partial information cannot exceed.
        orders: of each input, its draws from the lowest to the highest, where that is known.
    """
    values = np.atleast_2d(values)
    best = int(payoffs.mean(axis=1).argmax())
    gains = payoffs - payoffs[best]
    orders = [np.argsort(x) for x in values] if orders is None else orders
    basis = _basis(values, orders)
    parts = SPLITS if gains.shape[1] >= 16 * SPLITS * len(basis) else 1
    most_gained, of_parts = _fit(basis, gains, parts)
    value = float(most_gained.mean())
    # consecutive draws of a Sobol sequence are a sample of their own; every eighth is not
    error = standard_error(of_parts if parts > 1 else most_gained)
    by_bins = _by_bins(orders[0], gains) if len(values) == 1 else value
    error = float(np.hypot(error, value - by_bins))
    if error >= most:  # a few draws of a heavy tail decide the regression: bins are steadier
        value, error = by_bins, most
    value, by_bins = (min(max(v, 0.0), most) for v in (value, by_bins))
    return Worth(name, value, by_bins, error)


def _basis(values: Array, orders: Sequence[NDArray[np.intp]]) -> Array:
    """Functions of the inputs to regress on, shape (functions, n).

    Payoffs are nearly linear in most inputs, whatever their tails; normal scores take up what
    bends, and products of scores what two inputs of a group do together.
    """
    n = values.shape[1]
    functions = [np.ones(n)]
    scores = []
    for x, order in zip(values, orders, strict=True):
        spread = x.std()
        if spread == 0.0:
            continue
        z = np.empty(n)
        z[order] = _normal_scores(n)
        scores.append(z)
        square = z * z
        functions += [(x - x.mean()) / spread, z, square - 1.0, (square - 3.0) * z]
    functions += [
        scores[i] * scores[j] for i in range(len(scores)) for j in range(i + 1, len(scores))
    ]
    return np.array(functions)


@lru_cache(maxsize=4)
def _normal_scores(n: int) -> Array:
    scores: Array = ndtri((np.arange(n) + 0.5) / n)
    return scores


def _fit(basis: Array, gains: Array, parts: int) -> tuple[Array, Array]:
    """Least squares of every gain on the basis, over all draws and over each part of them.

    Returns:
        The largest fitted gain per draw, shape (n,); and its mean per part, each part fitted by
        itself, shape (parts,).
    """
    pieces = basis.reshape(len(basis), parts, -1).transpose(1, 0, 2)
    targets = gains.reshape(len(gains), parts, -1).transpose(1, 2, 0)
    grams, products = pieces @ pieces.transpose(0, 2, 1), pieces @ targets
    weights = np.linalg.pinv(grams.sum(axis=0), rcond=1e-10, hermitian=True) @ products.sum(axis=0)
    apart = np.linalg.pinv(grams, rcond=1e-10, hermitian=True) @ products
    of_parts: Array = (apart.transpose(0, 2, 1) @ pieces).max(axis=1).mean(axis=1)
    fitted: Array = (weights.T @ basis).max(axis=0)
    return fitted, of_parts


def _by_bins(order: NDArray[np.intp], gains: Array) -> float:
    bins = min(BINS, order.size)
    starts = [b[0] for b in np.array_split(np.arange(order.size), bins)]
    sums = np.add.reduceat(gains[:, order], starts, axis=1)  # of a bin, so no weights are needed
    return float(sums.max(axis=0).sum() / order.size)
