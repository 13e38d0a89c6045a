"""A range `low..mid..high` as a distribution: the three-term metalog.

The three values are the 10th, 50th and 90th percentiles (symmetric-percentile triplet of Keelin,
"The Metalog Distributions", Decision Analysis 13(4), 2016), bounded by what the column allows:
both bounds give the logit metalog, a lower bound alone the log metalog.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

LN_9 = math.log(9.0)
MOST_SKEW = 1.66711
"""|a₃|/a₂ up to which the three-term metalog is a distribution (Keelin 2016)."""


@dataclass(frozen=True)
class Range:
    """An uncertain number, by its 10th, 50th and 90th percentiles, in the column's unit."""

    low: float
    mid: float
    high: float

    def __str__(self) -> str:
        return f"{self.low!r}..{self.mid!r}..{self.high!r}"


@dataclass(frozen=True)
class Metalog:
    """Quantile function of a `Range` between the bounds of its column.

    With L = ln(y/(1 − y)), M(y) = a1 + a2·L + a3·(y − ½)·L is the quantile of the transformed
    value: ln(x − lower), or ln((x − lower)/(upper − x)) where there is an upper bound.
    """

    a1: float
    a2: float
    a3: float
    lower: float
    upper: float | None

    def quantile(self, logit: Array, skewed: Array) -> Array:
        """Values at probabilities y, given L (`logit`) and (y − ½)·L (`skewed`), shape (n,)."""
        value: Array = quantiles([self], [logit], [skewed])[0]
        return value


def quantiles(
    metalogs: Sequence[Metalog], logits: Sequence[Array], skewed: Sequence[Array]
) -> Array:
    """Values of several metalogs of one kind, all with an upper bound or all without.

    Args:
        metalogs: k of them.
        logits: L = ln(y/(1 − y)) of each, shape (n,); an argument, like the next, because it is
            the same for every vendor of a batch.
        skewed: (y − ½)·L of each, shape (n,).

    Returns:
        Shape (k, n).
    """

    def of_each(values: Iterable[float]) -> Array:
        return np.array(list(values))[:, np.newaxis]

    x = np.empty((len(metalogs), logits[0].size))
    term = np.empty_like(x[0])
    for row, m, logit, skew in zip(x, metalogs, logits, skewed, strict=True):
        np.multiply(logit, m.a2, out=row)
        np.multiply(skew, m.a3, out=term)
        np.add(row, term, out=row)
    x += of_each(m.a1 for m in metalogs)
    lower = of_each(m.lower for m in metalogs)
    if metalogs[0].upper is None:
        np.exp(x, out=x)
    else:
        np.negative(x, out=x)
        with np.errstate(over="ignore"):  # exp(-M) = inf is the lower bound itself
            np.exp(x, out=x)
        x += 1.0
        np.divide(of_each(m.upper or 0.0 for m in metalogs) - lower, x, out=x)
    x += lower
    return x


def scale_of(
    lower: float, upper: float | None
) -> tuple[Callable[[float], float], Callable[[float], float]]:
    """The scale without bounds on which a metalog within bounds is a plain one, and the way back.

    The logarithm of the distance from the lower bound, or the logit between both.
    """

    def transform(x: float) -> float:
        below = math.log(x - lower)
        return below if upper is None else below - math.log(upper - x)

    def restore(g: float) -> float:
        if upper is None:
            return lower + math.exp(g)
        return lower + (upper - lower) / (1.0 + math.exp(-g))

    return transform, restore


def metalog(values: Range, lower: float, upper: float | None) -> Metalog:
    """The metalog through `values` within the bounds of its column.

    Raises:
        ValueError: out of order, tied, on or beyond a bound, too skewed for the family, or (log
            metalog) of infinite variance; the message says what would be allowed.
    """
    if not values.low < values.mid < values.high:
        raise ValueError("low, mid and high in rising order, no two equal")
    if values.low <= lower or (upper is not None and values.high >= upper):
        edge = f"above {lower:g}" if upper is None else f"strictly between {lower:g} and {upper:g}"
        raise ValueError(f"all three values {edge} (a range may not touch what its column allows)")

    transform, restore = scale_of(lower, upper)
    g10, g50, g90 = transform(values.low), transform(values.mid), transform(values.high)
    a2 = (g90 - g10) / (2.0 * LN_9)
    a3 = (g10 + g90 - 2.0 * g50) / (0.8 * LN_9)
    if not a2 > 0.0:
        raise ValueError("values further apart (these are equal within rounding)")
    skew = 0.4 * MOST_SKEW  # |g10 + g90 − 2·g50| stays below skew·(g90 − g10)
    if abs(a3) >= MOST_SKEW * a2:
        centre, reach = (g10 + g90) / 2.0, skew * (g90 - g10) / 2.0
        least, most = centre - reach, centre + reach
        if upper is None:  # and a2 + a3/2 below ½
            least = max(least, centre - 0.8 * LN_9 * (0.5 - a2))
        raise ValueError(_proposal("less skewed", "low and high", "mid", least, most, restore))
    if upper is None and a2 + a3 / 2.0 >= 0.5:
        least = (2.0 * g50 - (1.0 - skew) * g10) / (1.0 + skew)
        most = min(
            (0.5 * LN_9 + 1.25 * g50 - 0.125 * g10) / 1.125,  # a2 + a3/2 = ½ solved for g90
            (2.0 * g50 - (1.0 + skew) * g10) / (1.0 - skew),
        )
        what = "narrower (its variance is infinite)"
        raise ValueError(_proposal(what, "low and mid", "high", least, most, restore))
    return Metalog(a1=g50, a2=a2, a3=a3, lower=lower, upper=upper)


def _proposal(
    what: str,
    kept: str,
    moved: str,
    least: float,
    most: float,
    restore: Callable[[float], float],
) -> str:
    """What would be allowed: the transformed interval of one value, the other two as they are."""
    if not least < most:
        return f"a range that is {what}: the three values closer together"
    low, high = restore(least), restore(most)
    return f"a range that is {what}: with this {kept}, a {moved} between {low:.6g} and {high:.6g}"
