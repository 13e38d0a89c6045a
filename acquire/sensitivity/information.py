"""What it is worth to know more: expected value of perfect and of partial information, in money.

Both compare deciding after learning something with deciding now (Raiffa and Schlaifer 1961). The
expectation given one input is estimated by regression on the draws that were made anyway, and
cross-checked by bins of equal count (Strong, Oakley and Brennan 2014, for the idea).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
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
        value: the estimate, from 0 to the value of perfect information.
        error: standard error, with the distance to the estimate by bins.
    """

    input: str
    value: float
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
    name: str, values: Array, payoffs: Array, *, most: float = float("inf")
) -> Worth:
    """Expected value of knowing one input, or several together.

    Args:
        name: of the input or group.
        values: its draws, shape (n,); or those of the group, shape (inputs, n).
        payoffs: of every alternative, shape (alternatives, n).
        most: value of perfect information, which partial information cannot exceed.
    """
    values = np.atleast_2d(values)
    best = int(payoffs.mean(axis=1).argmax())
    gains = payoffs - payoffs[best]
    basis = _basis(values)
    fitted = _fit(basis, gains)
    value = float(fitted.max(axis=0).mean())
    error = standard_error(fitted.max(axis=0))
    if gains.shape[1] >= 16 * SPLITS * len(basis):
        # consecutive draws of a Sobol sequence are a sample of their own; every eighth is not
        parts = zip(
            np.array_split(basis, SPLITS, axis=1),
            np.array_split(gains, SPLITS, axis=1),
            strict=True,
        )
        error = standard_error(np.array([_fit(b, g).max(axis=0).mean() for b, g in parts]))
    if len(values) == 1:
        error = float(np.hypot(error, value - _by_bins(values[0], gains)))
    return Worth(name, min(max(value, 0.0), most), error)


def _basis(values: Array) -> Array:
    """Functions of the inputs to regress on, shape (functions, n).

    Payoffs are nearly linear in most inputs, whatever their tails; normal scores take up what
    bends, and products of scores what two inputs of a group do together.
    """
    n = values.shape[1]
    functions = [np.ones(n)]
    scores = []
    for x in values:
        spread = x.std()
        if spread == 0.0:
            continue
        ranks = np.empty(n)
        ranks[np.argsort(x, kind="stable")] = np.arange(n)
        z = ndtri((ranks + 0.5) / n)
        scores.append(z)
        functions += [(x - x.mean()) / spread, z, z**2 - 1.0, z**3 - 3.0 * z]
    functions += [
        scores[i] * scores[j] for i in range(len(scores)) for j in range(i + 1, len(scores))
    ]
    return np.array(functions)


def _fit(basis: Array, targets: Array) -> Array:
    """Least squares of every target on the basis, evaluated at the draws."""
    gram = basis @ basis.T
    weights = np.linalg.lstsq(gram, basis @ targets.T, rcond=1e-10)[0]
    fitted: Array = weights.T @ basis
    return fitted


def _by_bins(values: Array, gains: Array) -> float:
    order = np.argsort(values, kind="stable")
    bins = np.array_split(order, min(BINS, order.size))
    return float(sum(gains[:, b].mean(axis=1).max() * b.size for b in bins) / order.size)
