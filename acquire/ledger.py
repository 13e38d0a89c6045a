"""All draws of a vendor through all its cases, and the means that the decision looks at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from acquire.assumptions import Assumptions
from acquire.cases import build_cases
from acquire.decision import Means, each
from acquire.ranges import Array
from acquire.simulation import Draws, Point, sample
from acquire.streams import Growths, Settled, Timeline, settle
from acquire.vendor import Vendor

KEPT = ("price", "transaction_cost_rate", "success_probability", "skills_headcount")
"""Inputs whose means count too."""


def simulate(vendor: Vendor, firm: Assumptions, draws: Draws, *, strategic: bool) -> Ledger:
    """The payoffs of every draw of a vendor without empty cells."""
    return through_cases(sample(vendor, draws), vendor, Timeline(firm), strategic=strategic)


def through_cases(
    points: Iterable[Point],
    vendor: Vendor,
    time: Timeline,
    *,
    strategic: bool,
    yearly: bool = True,
    violations: bool = True,
    growths: Sequence[Growths] | None = None,
) -> Ledger:
    """The payoffs at points, such as blocks of draws, of a vendor without empty cells.

    Args:
        points: the inputs, block by block.
        vendor, time, strategic, violations: as of `build_cases`.
        yearly: whether the mean flow of each year is wanted as well.
        growths: of each point, where their draws have come before or will come again.
    """
    ledger = Ledger()
    for i, x in enumerate(points):
        cases = build_cases(
            x,
            vendor,
            time,
            strategic=strategic,
            violations=violations,
            growths=growths[i] if growths else None,
        )
        n = max(np.size(value) for value in x.values())
        settled = settle(list(cases.values()), time, x["price"], n, yearly=yearly)
        ledger.add(x, n, list(cases), settled)
    ledger.close()
    return ledger


class Ledger:
    """Payoffs of every draw, and means of what is reported as one, block by block."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self._blocks: list[Settled] = []
        self._inputs: list[Array] = []

    def add(self, x: Point, n: int, names: list[str], settled: Settled) -> None:
        """Take in the cases of one block of n draws."""
        self.names = names
        self._blocks.append(settled)
        self._inputs.append(np.array([np.broadcast_to(x[name], (n,)) for name in KEPT]))

    def close(self) -> None:
        """Join the blocks."""
        sizes = np.array([block.payoffs.shape[1] for block in self._blocks])
        share = sizes / sizes.sum()
        self.payoffs = np.concatenate([block.payoffs for block in self._blocks], axis=1)
        self._flows = np.tensordot(share, [block.flows for block in self._blocks], axes=1)
        self._terminal = share @ np.array([block.terminal_values for block in self._blocks])
        inputs = np.concatenate(self._inputs, axis=1)
        self.price, self.rate, self.success, self.headcount = inputs

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def payoff(self, name: str) -> Array:
        """Payoffs of a case, shape (draws,)."""
        case: Array = self.payoffs[self.names.index(name)]
        return case

    def flows(self, name: str) -> tuple[float, ...]:
        """Mean flows of years 0…T."""
        return tuple(self._flows[self.names.index(name)].tolist())

    def terminal_value(self, name: str) -> float:
        """Mean at year T."""
        return float(self._terminal[self.names.index(name)])

    def mean(self, name: str) -> float:
        """Mean payoff of a case."""
        return float(self.payoff(name).mean())

    def means(self) -> Means:
        """What the decision looks at."""
        return each(self.means_of_sets(1))[0]

    def means_of_sets(self, sets: int) -> dict[str, Array]:
        """The same for each of so many sets of consecutive draws, all of one size."""
        payoffs = {name: self.payoff(name).reshape(sets, -1) for name in self.names}
        inputs = self.price, self.rate, self.success, self.headcount
        return means_of(payoffs, *(row.reshape(sets, -1) for row in inputs))


def means_of(
    payoffs: Mapping[str, Array], price: Array, rate: Array, success: Array, headcount: Array
) -> dict[str, Array]:
    """Means of so many sets of draws, of one size: every field of `Means`, shape (sets,).

    Args:
        payoffs: by case, shape (sets, n), or (1, n) where they are the same in each.
        price, rate, success, headcount: price, transaction cost's rate, probability of success
            and people to hire, of these shapes too.
    """
    dual, failure, q = payoffs["dual_market"], payoffs["failure"], 1.0 - success
    if_success, if_failure = _means(success * dual), _means(q * failure)
    found = {
        name: _means(payoffs[name])
        for name in ("internal_only", "dual_market", "failure", "compromised", "build")
        if name in payoffs
    } | {
        "go_external": if_success + if_failure,
        "price": _means(price),
        "transaction_cost_rate": _means(rate),
        "outlay": _means(price * (1.0 + rate)),
        "headcount": _means(headcount),
        "success_probability": _means(success),
    }
    chances = found["success_probability"], _means(q)
    found["dual_given_success"] = _given(if_success, chances[0], found["dual_market"])
    found["failure_given_failure"] = _given(if_failure, chances[1], found["failure"])
    return broadcast(found)


def broadcast(sets: Mapping[str, Array]) -> dict[str, Array]:
    """Arrays of shape (k,) or (1,), all of shape (k,)."""
    size = max(values.size for values in sets.values())
    ones = np.ones(size)
    return {n: v if v.size == size else ones * v for n, v in sets.items()}


def _means(values: Array) -> Array:
    """Mean of each row."""
    means: Array = np.add.reduce(values, axis=1) / values.shape[1]
    return means


def _given(weighted: Array, chance: Array, plain: Array) -> Array:
    """Means given an event of this chance; the plain means where it is impossible.

    An event of probability 0 in every draw says nothing about the draws.
    """
    possible = chance > 0.0
    means: Array = np.where(possible, weighted / np.where(possible, chance, 1.0), plain)
    return means
