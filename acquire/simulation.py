"""Draws of the uncertain inputs, the same for every vendor, case, price and setting.

A scrambled Sobol sequence, one dimension per column that may be a range, goes through a Gaussian
copula (the firm's rank correlations) and each column's metalog quantile function. A column keeps
its dimension whatever else is uncertain, so changing one cell moves no other input's draws.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from acquire.assumptions import Assumptions, normal_correlations
from acquire.columns import Column
from acquire.ranges import Array, Metalog, Range, metalog, quantiles
from acquire.vendor import COLUMNS, CRITERIA, RANGED, Vendor

Point = Mapping[str, float | Array]
"""Numeric inputs by column: a float where certain, an array of shape (n,) where drawn."""

BLOCK = 8192
"""Draws computed at a time: small enough for the processor's cache."""

CONCENTRATION = 50.0
"""Of the Dirichlet distribution around the criteria's weights."""

DRAWS_STREAM, WEIGHTS_STREAM = 0, 1

FIRST = (
    "internal_growth",
    "external_growth",
    "success_probability",
    "internal_cost_ratio",
    "internal_spend",
    "price",
    "fixed_cost",
    "external_revenue",
    "external_cost_ratio",
    "strategic_value",
    "specialisation_saving",
    "competitor_share",
)
"""What moves payoffs most, as a rule: these take the first dimensions of the sequence, which are
the most even. The criteria, which move none, take the last."""

DIMENSIONS = tuple(
    sorted(
        RANGED, key=lambda name: (name in CRITERIA, [*FIRST, name].index(name), RANGED.index(name))
    )
)
"""The columns by the dimension that each takes, whatever else is uncertain."""


class Draws:
    """The points of one run: `trials` of them, reproducible from `seed`.

    Args:
        trials: number of points, a power of two.
        seed: of the scrambling and of the weights; 0 is a seed like any other.
        correlations: rank correlations between columns.
    """

    def __init__(
        self, trials: int, seed: int, correlations: tuple[tuple[str, str, float], ...] = ()
    ) -> None:
        self.trials, self.seed, self.correlations = trials, seed, correlations
        self._uniform: Array | None = None
        self._logits: tuple[Array, Array] | None = None
        self._orders: dict[str, NDArray[np.intp]] = {}

    @property
    def uniform(self) -> Array:
        """Probabilities y, strictly between 0 and 1, shape (columns of `RANGED`, trials)."""
        if self._uniform is None:
            self._uniform = self._points()
        return self._uniform

    @property
    def logits(self) -> tuple[Array, Array]:
        """L = ln(y/(1 − y)) and (y − ½)·L, each of the shape of `uniform`."""
        if self._logits is None:
            y = self.uniform
            logit = np.log(y) - np.log1p(-y)
            self._logits = logit, (y - 0.5) * logit
        return self._logits

    def of(self, name: str, values: Range) -> Array:
        """The draws of one column that holds a range, shape (trials,)."""
        logit, skewed = (part[RANGED.index(name)] for part in self.logits)
        return metalog(values, *bounds_of(COLUMNS[name])).quantile(logit, skewed)

    def order(self, name: str) -> NDArray[np.intp]:
        """The draws of one column from the lowest to the highest, whatever its range."""
        if name not in self._orders:
            self._orders[name] = np.argsort(self.uniform[RANGED.index(name)])
        return self._orders[name]

    def weights(self, mean: tuple[float, ...]) -> Array:
        """Weights of the criteria, Dirichlet around `mean`, shape (criteria, trials).

        A weight of 0 stays 0.
        """
        return _dirichlet(self.trials, self.seed, mean)

    def _points(self) -> Array:
        from scipy.stats import qmc  # takes seconds to import, and only ranges need it

        rng = np.random.default_rng([self.seed, DRAWS_STREAM])
        sobol = qmc.Sobol(len(RANGED), scramble=True, rng=rng)
        points = sobol.random_base2(self.trials.bit_length() - 1).T
        points = np.ascontiguousarray(points[[DIMENSIONS.index(name) for name in RANGED]])
        # from the lower edge of a cell of the generator's grid to its centre: never 0, never 1
        points += 0.5 ** (sobol.bits + 1)
        if self.correlations:
            from scipy.special import ndtr, ndtri

            names, matrix = normal_correlations(self.correlations)
            rows = [RANGED.index(name) for name in names]
            points[rows] = ndtr(np.linalg.cholesky(matrix) @ ndtri(points[rows]))
            np.clip(points, 2.0**-53, 1.0 - 2.0**-53, out=points)
        return points


@lru_cache(maxsize=2)
def _dirichlet(trials: int, seed: int, mean: tuple[float, ...]) -> Array:
    rng = np.random.default_rng([seed, WEIGHTS_STREAM])
    gammas = np.array([rng.standard_gamma(CONCENTRATION * w, trials) for w in mean])
    shares: Array = gammas / gammas.sum(axis=0)
    return shares


@lru_cache(maxsize=2)
def _draws(trials: int, seed: int, correlations: tuple[tuple[str, str, float], ...]) -> Draws:
    return Draws(trials, seed, correlations)


def draws_for(firm: Assumptions) -> Draws:
    """The draws of a run with these assumptions, kept for the next vendor of the batch."""
    return _draws(firm.trials, firm.seed, tuple(firm.correlations))


def sample(vendor: Vendor, draws: Draws) -> Iterator[Point]:
    """The inputs of a vendor without empty cells, block by block.

    Yields:
        Every column of the cases that may be a range (all but the criteria): a float where it is
        certain, an array of shape (n,), n at most `BLOCK`, where it is a range. Without such a
        range, one point of floats.
    """
    fixed: dict[str, float | Array] = {}
    bounded: dict[str, Metalog] = {}
    half_bounded: dict[str, Metalog] = {}
    for name in RANGED:
        value = getattr(vendor, name)
        if not isinstance(value, Range):
            fixed[name] = float(value)
        elif name not in CRITERIA:
            lower, upper = bounds_of(COLUMNS[name])
            kind = half_bounded if upper is None else bounded
            kind[name] = metalog(value, lower, upper)
    kinds = [
        (list(kind), [RANGED.index(name) for name in kind], list(kind.values()))
        for kind in (bounded, half_bounded)
        if kind
    ]
    if not kinds:
        yield fixed
        return
    logits, skewed = draws.logits
    for start in range(0, draws.trials, BLOCK):
        block = slice(start, start + BLOCK)
        point = dict(fixed)
        for names, rows, metalogs in kinds:
            here = [logits[row, block] for row in rows]
            drawn = quantiles(metalogs, here, [skewed[row, block] for row in rows])
            point |= zip(names, drawn, strict=True)
        yield point


def bounds_of(spec: Column) -> tuple[float, float | None]:
    """The bounds of a range in a column: lower, and upper or None."""
    assert spec.lower is not None  # every column that may be a range has one
    return float(spec.lower), None if spec.upper is None else float(spec.upper)
