"""Joint draws of what vendors gain: each by its own distribution, together by one common factor."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from acquire.evaluation import Evaluation
from acquire.ledger import Ledger, simulate
from acquire.ranges import Array
from acquire.simulation import draws_for

JOINT_STREAM = 3
JOINT_DRAWS = 4096


@dataclass(frozen=True)
class Joint:
    """What vendors gain over their best other ways, drawn together; money.

    Args:
        outlays: mean cash at closing, price·(1 + transaction_cost_rate), shape (vendors,).
        expected: gain in each draw of the inputs, success or failure weighed, shape
            (vendors, JOINT_DRAWS).
        outcome: gain in each draw with external sales having succeeded or failed, same shape; it
            has the distribution whose weight is p on success and 1 − p on failure.
    """

    outlays: Array
    expected: Array
    outcome: Array


def draw_jointly(evaluations: Sequence[Evaluation], correlation: float) -> Joint:
    """Joint draws of the best permitted strategy's payoff, less the best alternative.

    A vendor's own draws come from one sequence that all vendors share: taken draw by draw, all
    vendors would move together. So each vendor's empirical distribution is drawn anew through a
    Gaussian copula with one factor: u = Φ(√c·m + √(1 − c)·e), c = 2·sin(π·correlation/6), m common
    and e the vendor's own, both stratified. The same u drives both gains. A vendor's e depends on
    seed and vendor_id alone, so other vendors do not move it.

    Args:
        evaluations: with a permitted strategy, under one set of assumptions.
        correlation: rank correlation of any two vendors, from 0 (independent) to below 1.
    """
    count = len(evaluations)
    outlays = np.empty(count)
    expected, outcome = np.empty((2, count, JOINT_DRAWS))
    share = 2.0 * math.sin(math.pi * correlation / 6.0)
    for i, evaluation in enumerate(evaluations):
        vendor, firm, decision = evaluation.inputs, evaluation.firm, evaluation.decision
        strategic = evaluation.classification.strategic
        ledger = simulate(vendor, firm, draws_for(firm), strategic=strategic)
        outlays[i] = ledger.means().outlay
        uniform = _uniform(firm.seed, vendor.vendor_id.encode(), share)
        weighed, values, weights = _payoffs(ledger, decision.strategy)
        expected[i] = _quantiles(weighed, None, uniform) - decision.best_alternative
        outcome[i] = _quantiles(values, weights, uniform) - decision.best_alternative
    return Joint(outlays, expected, outcome)


def _payoffs(ledger: Ledger, strategy: str | None) -> tuple[Array, Array, Array | None]:
    """Payoffs of a strategy with success weighed, and its outcomes with their weights."""
    if strategy == "internal_only":
        alone = ledger.payoff("internal_only")
        return alone, alone, None
    p, dual, failure = ledger.success, ledger.payoff("dual_market"), ledger.payoff("failure")
    weights = np.concatenate([p, 1.0 - p]) / p.size
    return p * dual + (1.0 - p) * failure, np.concatenate([dual, failure]), weights


def _uniform(seed: int, vendor_id: bytes, share: float) -> Array:
    """Probabilities of one vendor, shape (JOINT_DRAWS,), strictly between 0 and 1."""
    own = _stratified(np.random.default_rng([seed, JOINT_STREAM, *vendor_id]))
    if share == 0.0:
        return own
    from scipy.special import ndtr, ndtri

    common = _stratified(np.random.default_rng([seed, JOINT_STREAM]))
    mixed = math.sqrt(share) * ndtri(common) + math.sqrt(1.0 - share) * ndtri(own)
    uniform: Array = np.clip(ndtr(mixed), 2.0**-53, 1.0 - 2.0**-53)
    return uniform


def _stratified(rng: np.random.Generator) -> Array:
    """One point in each of `JOINT_DRAWS` equal parts of 0…1, in random order."""
    points = (rng.permutation(JOINT_DRAWS) + rng.random(JOINT_DRAWS)) / JOINT_DRAWS
    return np.clip(points, 2.0**-53, 1.0 - 2.0**-53)


def _quantiles(values: Array, weights: Array | None, uniform: Array) -> Array:
    """The smallest value whose cumulative weight reaches each probability, shape of `uniform`."""
    order = np.argsort(values, kind="stable")
    if weights is None:
        until = np.arange(1, values.size + 1) / values.size
    else:
        order = order[weights[order] > 0.0]
        until = np.cumsum(weights[order])
    places = np.minimum(np.searchsorted(until, uniform), order.size - 1)
    found: Array = values[order[places]]
    return found
