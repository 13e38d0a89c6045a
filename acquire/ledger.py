"""All draws of a vendor through all its cases, and the means that the decision looks at."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from acquire.assumptions import Assumptions
from acquire.cases import Settled, Timeline, build_cases, settle
from acquire.decision import Means
from acquire.ranges import Array
from acquire.simulation import Draws, Point, sample
from acquire.vendor import Vendor


def simulate(vendor: Vendor, firm: Assumptions, draws: Draws, *, strategic: bool) -> Ledger:
    """The payoffs of every draw of a vendor without empty cells."""
    time = Timeline(firm)
    ledger = Ledger()
    for x in sample(vendor, draws):
        cases = build_cases(x, vendor, time, strategic=strategic)
        n = max(np.size(value) for value in x.values())
        ledger.add(x, n, list(cases), settle(list(cases.values()), time, x["price"], n))
    ledger.close()
    return ledger


class Ledger:
    """Payoffs of every draw, and means of what is reported as one, block by block."""

    KEPT = ("price", "transaction_cost_rate", "success_probability", "skills_headcount")

    def __init__(self) -> None:
        self.names: list[str] = []
        self._blocks: list[Settled] = []
        self._inputs: list[Array] = []

    def add(self, x: Point, n: int, names: list[str], settled: Settled) -> None:
        """Take in the cases of one block of n draws."""
        self.names = names
        self._blocks.append(settled)
        self._inputs.append(np.array([np.broadcast_to(x[name], (n,)) for name in self.KEPT]))

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
        cases = {name: self.payoff(name) for name in self.names}
        return means_of(cases, self.price, self.rate, self.success, self.headcount)


def means_of(
    payoffs: Mapping[str, Array], price: Array, rate: Array, success: Array, headcount: Array
) -> Means:
    """What the decision looks at, from the draws.

    Args:
        payoffs: of each case, `build` left out where hiring is no alternative.
        price, rate, success, headcount: price, transaction cost rate, probability of success and
            people to hire.

    All of shape (draws,).
    """
    p, dual, failure = success, payoffs["dual_market"], payoffs["failure"]
    return Means(
        internal_only=float(payoffs["internal_only"].mean()),
        dual_market=float(dual.mean()),
        failure=float(failure.mean()),
        compromised=float(payoffs["compromised"].mean()),
        go_external=float((p * dual + (1.0 - p) * failure).mean()),
        build=float(payoffs["build"].mean()) if "build" in payoffs else None,
        dual_given_success=_weighted_mean(dual, p),
        failure_given_failure=_weighted_mean(failure, 1.0 - p),
        price=float(price.mean()),
        transaction_cost_rate=float(rate.mean()),
        outlay=float((price * (1.0 + rate)).mean()),
        headcount=float(headcount.mean()),
        success_probability=float(p.mean()),
    )


def _weighted_mean(values: Array, weights: Array) -> float:
    """Mean given an event of these probabilities; the plain mean where it is impossible.

    An event of probability 0 in every draw says nothing about the draws.
    """
    total = float(weights.mean())
    return float((weights * values).mean()) / total if total > 0.0 else float(values.mean())
