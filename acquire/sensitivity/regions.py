"""Maps of two inputs: which strategy is best where, and where the case stands today."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from acquire.decision import Means
from acquire.evaluation import Evaluation
from acquire.machine import one_thread
from acquire.ranges import Array, Range
from acquire.sensitivity.alternatives import ALTERNATIVES
from acquire.sensitivity.discounting import discounting
from acquire.sensitivity.ways import DISCOUNT_RATE
from acquire.sensitivity.whatif import WhatIf
from acquire.ties import TIE

CELLS = 121
"""Values along an axis."""


@dataclass(frozen=True, eq=False)
class RegionMap:
    """The best strategy at every pair of values of two inputs, all others as they are.

    Args:
        x_input, y_input: names of the inputs.
        x, y: their values.
        names: the alternatives that are best somewhere, keys of `ALTERNATIVES`, in its order.
        cells: the place in `names` of the best one per cell, shape (y, x), whole numbers.
        today: the values as estimated (mid of a range).
        permitted: whether selling outside is permitted today; where it is not, the map shows what
            would be best if it were.
    """

    x_input: str
    y_input: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    names: tuple[str, ...]
    cells: Array
    today: tuple[float, float]
    permitted: bool

    @property
    def best(self) -> list[list[str]]:
        """The best alternative per cell, rows by y."""
        return [[self.names[i] for i in row] for row in self.cells.tolist()]


@one_thread
def region_maps(evaluation: Evaluation) -> tuple[RegionMap, ...]:
    """Price against probability of success, strategic value and discount rate.

    The payoffs are linear in price, probability and strategic value, so two evaluations give a
    whole axis exactly; for the discount rate see `discounting`. A generic vendor has no map of
    its strategic value, which does not count.
    """
    probability = np.linspace(0.0, 1.0, CELLS)
    maps = [price_map(evaluation)]
    if evaluation.classification.strategic:
        values = _strategic_values(evaluation)
        by_value = _along(WhatIf(evaluation), "strategic_value", values)
        maps.append(
            _map(
                evaluation,
                ("strategic_value", "success_probability"),
                (values, probability),
                _at_probabilities(by_value, probability),
            )
        )
    maps.append(_rate_map(evaluation, _prices(evaluation)))
    return tuple(maps)


@one_thread
def price_map(evaluation: Evaluation) -> RegionMap:
    """Price against probability of success, from what the evaluation knows already."""
    prices, probability = _prices(evaluation), np.linspace(0.0, 1.0, CELLS)
    payoffs = _at_probabilities(_at_prices(evaluation, prices), probability)
    axes = prices, probability
    return _map(evaluation, ("price", "success_probability"), axes, payoffs)


def _at_prices(evaluation: Evaluation, prices: Array) -> dict[str, Array]:
    """Mean payoffs at every price, shape (prices,) each.

    The price is paid at closing with the transaction cost, in every case but hiring, so it moves
    nothing else.
    """
    means = evaluation.means
    change = means.outlay - prices * (1.0 + means.transaction_cost_rate)
    return {
        name: np.full_like(prices, payoff) if name == "build" else payoff + change
        for name, payoff in _payoffs(means).items()
    }


def _rate_map(evaluation: Evaluation, prices: Array) -> RegionMap:
    """What the price takes off is paid at closing, so it is the same at every rate."""
    rates = np.linspace(*_rates(evaluation), CELLS)
    known, here = discounting(evaluation), _payoffs(evaluation.means)
    there = known.means(evaluation.means, rate=rates)
    payoffs = {
        name: (there[name] - here[name])[:, np.newaxis] + along
        for name, along in _at_prices(evaluation, prices).items()
    }
    # credit costs more at a higher rate
    forbidden = known.permitted(rates) < 0.0 if evaluation.conditions.hold else None
    return _map(evaluation, ("price", DISCOUNT_RATE), (prices, rates), payoffs, forbidden)


def _along(whatif: WhatIf, name: str, values: Array, **others: float) -> dict[str, Array]:
    """Mean payoffs along an input in which they are linear, shape (values,) each."""
    ends = [whatif.means(**{name: float(v)}, **others) for v in (values[0], values[-1])]
    share = (values - values[0]) / (values[-1] - values[0])
    low, high = (_payoffs(means) for means in ends)
    return {key: low[key] + share * (high[key] - low[key]) for key in low}


def _payoffs(means: Means) -> dict[str, float]:
    found = {
        "go_external": means.go_external,
        "dual_market": means.dual_market,
        "failure": means.failure,
        "internal_only": means.internal_only,
    }
    return found if means.build is None else found | {"build": means.build}


def _at_probabilities(payoffs: dict[str, Array], probability: Array) -> dict[str, Array]:
    """The payoffs of a row, at every probability of success, shape (probabilities, values)."""
    p = probability[:, np.newaxis]
    go = p * payoffs["dual_market"] + (1.0 - p) * payoffs["failure"]
    return {n: np.broadcast_to(v, go.shape) for n, v in payoffs.items()} | {"go_external": go}


def _map(
    evaluation: Evaluation,
    inputs: tuple[str, str],
    axes: tuple[Array, Array],
    payoffs: dict[str, Array],
    forbidden: NDArray[np.bool_] | None = None,
) -> RegionMap:
    """Args: as of `RegionMap`, payoffs of shape (y, x), and rows in which nothing is sold."""
    strategic = evaluation.classification.strategic
    outside = payoffs["go_external"]
    if not strategic:
        outside = np.minimum(outside, payoffs["dual_market"])
    if forbidden is not None:
        outside = np.where(forbidden[:, np.newaxis], -np.inf, outside)
    open_to = {"go_external": outside}
    if strategic:
        open_to["internal_only"] = payoffs["internal_only"]
    if "build" in payoffs:
        open_to["build"] = payoffs["build"]
    open_to["status_quo"] = np.zeros_like(outside)
    names = [name for name in ALTERNATIVES if name in open_to]
    values = np.array([open_to[name] for name in names])
    best = values.max(axis=0)
    enough = values >= best - TIE * np.maximum(np.abs(best), evaluation.price)
    seen, cells = np.unique(enough.argmax(axis=0), return_inverse=True)

    (x_input, y_input), (x, y) = inputs, axes
    return RegionMap(
        x_input,
        y_input,
        tuple(x.tolist()),
        tuple(y.tolist()),
        tuple(names[i] for i in seen.tolist()),
        cells.reshape(best.shape).astype(np.int8),
        (_today(evaluation, x_input), _today(evaluation, y_input)),
        permitted=evaluation.conditions.hold,
    )


def _today(evaluation: Evaluation, name: str) -> float:
    if name == DISCOUNT_RATE:
        return evaluation.firm.discount_rate
    value = getattr(evaluation.inputs, name)
    return value.mid if isinstance(value, Range) else float(value)


def _prices(evaluation: Evaluation) -> Array:
    """From a third of today's price to beyond the walk-away price, where that is in sight."""
    price, away = evaluation.price, evaluation.decision.walk_away_price
    high = 1.6 * price if away is None else min(max(1.6 * price, 1.15 * away), 3.0 * price)
    low = price / 3.0 if away is None else max(min(price / 3.0, 0.85 * away), 0.02 * price)
    return np.linspace(low, high, CELLS)


def _strategic_values(evaluation: Evaluation) -> Array:
    given = evaluation.inputs.strategic_value
    high = given.high if isinstance(given, Range) else float(given or 0.0)
    return np.linspace(0.0, 2.0 * high or 0.2 * evaluation.price, CELLS)


def _rates(evaluation: Evaluation) -> tuple[float, float]:
    firm = evaluation.firm
    least = 0.01 if firm.terminal_growth is None else firm.terminal_growth + 0.015
    low = min(max(least, 0.01), firm.discount_rate)
    return low, min(max(0.2, 1.6 * firm.discount_rate), 1.0)
