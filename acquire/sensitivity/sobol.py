"""Sobol indices: which share of the payoff's variance an input explains."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from acquire.assumptions import Assumptions
from acquire.cases import build_cases
from acquire.ranges import Array, Range, metalog
from acquire.simulation import BLOCK, Point, bounds_of
from acquire.streams import Growths, Timeline, settle
from acquire.vendor import COLUMNS, Vendor, mid_values

SOBOL_STREAM = 2
RESAMPLES = 1000
"""Bootstrap resamples behind the error of an index."""
LEAST = 64
"""Trials below which no index is worth its name."""
PARTS = 256
"""Consecutive parts of the sample that are resampled; each is a small Sobol sample of its own."""
Z_95 = 1.959964
"""Normal quantile of a 95 % interval."""


@dataclass(frozen=True)
class Index:
    """Share of the payoff's variance that an input explains.

    Args:
        input: name of the column.
        first: by itself.
        total: with all its interactions.
        first_error, total_error: standard errors, by bootstrap; too small where the payoff's
            tails are so heavy that the sample misses them.
    """

    input: str
    first: float
    total: float
    first_error: float
    total_error: float

    @property
    def first_interval(self) -> tuple[float, float]:
        """95 % confidence interval of `first`."""
        return self.first - Z_95 * self.first_error, self.first + Z_95 * self.first_error

    @property
    def total_interval(self) -> tuple[float, float]:
        """95 % confidence interval of `total`."""
        return self.total - Z_95 * self.total_error, self.total + Z_95 * self.total_error


def indices(
    vendor: Vendor,
    firm: Assumptions,
    uncertain: Mapping[str, Range],
    strategy: str,
    *,
    strategic: bool,
) -> tuple[Index, ...]:
    """Indices of a strategy's payoff over the uncertain inputs, the largest total first.

    Inputs are drawn independently: an index has no meaning for correlated ones.
    """
    names, mid, time = list(uncertain), mid_values(vendor), Timeline(firm)
    if not names or firm.trials < LEAST:
        return ()
    outcomes = ["internal_only"] if strategy == "internal_only" else ["dual_market", "failure"]
    one, other = (
        _drawn(uncertain, uniform) for uniform in _samples(len(names), firm.trials, firm.seed)
    )
    growths = [Growths() for _ in one]

    def payoff(blocks: Sequence[Mapping[str, Array]]) -> Array:
        parts = zip(blocks, growths, strict=True)
        return np.concatenate([payoff_of({**mid, **drawn}, kept) for drawn, kept in parts])

    def payoff_of(x: Point, kept: Growths) -> Array:
        built = build_cases(x, vendor, time, strategic=strategic, violations=False, growths=kept)
        cases = [built[name] for name in outcomes]
        n = max(np.size(value) for value in x.values())
        payoffs = settle(cases, time, x["price"], n, yearly=False).payoffs
        p = x["success_probability"]
        value: Array = payoffs[0] if len(cases) == 1 else p * payoffs[0] + (1.0 - p) * payoffs[1]
        return value

    mixed = (
        payoff([{**a, name: b[name]} for a, b in zip(one, other, strict=True)]) for name in names
    )
    rng = np.random.default_rng([firm.seed, SOBOL_STREAM, 1])
    found = _estimated(payoff(other), payoff(one), mixed, rng)
    rows = zip(names, found.T.tolist(), strict=True)
    return tuple(sorted((Index(n, *row) for n, row in rows), key=lambda index: -index.total))


def _drawn(uncertain: Mapping[str, Range], uniform: Array) -> list[dict[str, Array]]:
    """Inputs from uniform points, block by block."""
    found = []
    for start in range(0, uniform.shape[1], BLOCK):
        part = uniform[:, start : start + BLOCK]
        logit = np.log(part) - np.log1p(-part)
        skewed = (part - 0.5) * logit
        rows = zip(uncertain.items(), logit, skewed, strict=True)
        found.append(
            {
                name: metalog(given, *bounds_of(COLUMNS[name])).quantile(row, skew)
                for (name, given), row, skew in rows
            }
        )
    return found


def _samples(dimensions: int, points: int, seed: int) -> tuple[Array, Array]:
    """Two independent samples, shape (dimensions, points) each."""
    from scipy.stats import qmc

    rng = np.random.default_rng([seed, SOBOL_STREAM])
    sobol = qmc.Sobol(2 * dimensions, scramble=True, rng=rng)
    uniform = sobol.random_base2(points.bit_length() - 1).T + 0.5 ** (sobol.bits + 1)
    return uniform[:dimensions], uniform[dimensions:]


def sobol_indices(
    model: Callable[[Array], Array],
    draw: Callable[[Array], Array],
    dimensions: int,
    points: int,
    seed: int,
) -> Array:
    """First-order and total Sobol indices with their standard errors, shape (4, dimensions).

    First order by Saltelli et al. 2010, total by Jansen 1999, from `points`·(dimensions + 2) runs.

    Args:
        model: inputs of shape (dimensions, n) to results of shape (n,).
        draw: uniform points of that shape to inputs.
        dimensions: number of independent inputs.
        points: a power of two.
        seed: of the points and of the bootstrap.
    """
    one, other = map(draw, _samples(dimensions, points, seed))

    def mixed() -> Iterator[Array]:
        for i in range(dimensions):
            x = one.copy()
            x[i] = other[i]
            yield model(x)

    rng = np.random.default_rng([seed, SOBOL_STREAM, 1])
    return _estimated(model(other), model(one), mixed(), rng)


def _estimated(
    f_other: Array, f_one: Array, mixed: Iterable[Array], rng: np.random.Generator
) -> Array:
    """The indices from results at both samples, and at one with an input of the other."""
    centre = (f_one.mean() + f_other.mean()) / 2.0
    parts = min(f_one.size, PARTS)

    def by_part(values: Array) -> Array:
        means: Array = values.reshape(parts, -1).mean(axis=1)
        return means

    rows = [
        (by_part((f_other - centre) * (f - f_one)), by_part(0.5 * (f_one - f) ** 2)) for f in mixed
    ]
    first, total = (np.array(row) for row in zip(*rows, strict=True))
    spread = by_part(0.5 * ((f_one - centre) ** 2 + (f_other - centre) ** 2))

    variance = spread.mean()
    if not variance > 0.0:
        return np.zeros((4, len(rows)))
    weights = rng.multinomial(parts, np.full(parts, 1.0 / parts), RESAMPLES) / parts
    again = (weights @ spread)[:, np.newaxis]
    return np.array(
        [
            first.mean(axis=1) / variance,
            total.mean(axis=1) / variance,
            (weights @ first.T / again).std(axis=0, ddof=1),
            (weights @ total.T / again).std(axis=0, ddof=1),
        ]
    )
