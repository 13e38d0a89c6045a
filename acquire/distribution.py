"""The shape of a payoff's distribution: shares of the draws by intervals of money."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from acquire.ranges import Array

BINS = 48
"""Intervals between the ends that are shown."""

TAIL = 0.005
"""Share of the draws beyond either end, which would stretch the intervals."""


@dataclass(frozen=True)
class Distribution:
    """Shares of the draws that fall into intervals of equal width.

    Args:
        low, high: ends of the intervals, money; equal where the payoff is one certain value.
        success: share per interval of draws in which external sales succeed, or of all draws of a
            strategy that does not sell outside; with `failure` and what lies beyond, of sum 1.
        failure: share per interval of draws in which they fail; empty where nothing is sold.
        below, above: shares beyond the ends.
    """

    low: float
    high: float
    success: tuple[float, ...]
    failure: tuple[float, ...]
    below: float
    above: float

    @property
    def width(self) -> float:
        """Of an interval, money."""
        return (self.high - self.low) / len(self.success)

    @property
    def middles(self) -> list[float]:
        """Of the intervals, money."""
        return [self.low + (i + 0.5) * self.width for i in range(len(self.success))]


def distribute(values: Array) -> Distribution:
    """The distribution of equally likely payoffs, shape (n,)."""
    (inside,), low, high, below, above = _shares([(values, None)])
    return Distribution(low, high, inside, (), below, above)


def distribute_mixture(dual: Array, failure: Array, success: Array) -> Distribution:
    """The distribution of `dual` with weight p and `failure` with 1 − p, shape (n,) each."""
    parts = [(dual, success), (failure, 1.0 - success)]
    (good, bad), low, high, below, above = _shares(parts)
    return Distribution(low, high, good, bad, below, above)


def _shares(
    parts: Sequence[tuple[Array, Array | None]],
) -> tuple[list[tuple[float, ...]], float, float, float, float]:
    """Shares of each part per interval, the ends, and the shares beyond them."""
    n = parts[0][0].size
    ends = [np.quantile(v, (TAIL, 1.0 - TAIL)) for v, w in parts if w is None or w.any()]
    low, high = float(min(e[0] for e in ends)), float(max(e[1] for e in ends))
    count, width = (BINS, (high - low) / BINS) if high > low else (1, 1.0)
    found = []
    below = above = 0.0
    for values, weights in parts:
        place = np.clip(np.floor((values - low) / width), -1, count).astype(np.int64)
        place[values == high] = count - 1
        shares = np.bincount(place + 1, weights=weights, minlength=count + 2) / n
        below, above = below + float(shares[0]), above + float(shares[-1])
        found.append(tuple(shares[1:-1].tolist()))
    return found, low, high, below, above
