"""Risk attitude: what an uncertain payoff is worth for certain, to a firm that dislikes risk."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp

from acquire.assumptions import Assumptions
from acquire.conditions import Conditions
from acquire.decision import rule
from acquire.ledger import Ledger
from acquire.ranges import Array


def certainty_equivalent(values: Array, tolerance: float, weights: Array | None = None) -> float:
    """The sure amount worth as much as a risky one under exponential utility, in money.

    −R·ln E exp(−X/R) with the risk tolerance R (Pratt 1964; Howard 1988 for how to assess it): for
    a normal X it is mean − variance/(2R). It tends to the mean as R grows, to the worst value as R
    vanishes.

    Args:
        values: shape (n,).
        tolerance: R, above 0.
        weights: of sum 1, shape (n,); equal ones when left out.
    """
    shares = np.full(values.size, 1.0) if weights is None else weights
    values, shares = values[shares > 0.0], shares[shares > 0.0]
    shares = shares / shares.sum()
    mean = float(shares @ values)
    off = (values - mean) / tolerance
    if np.abs(off).max() < 1.0:  # next to no risk: the difference to the mean, not its logarithm
        return mean - tolerance * float(np.log1p(shares @ np.expm1(-off)))
    return mean - tolerance * float(logsumexp(-off, b=shares))


@dataclass(frozen=True)
class RiskAttitude:
    """The decision on certainty equivalents instead of means; money.

    Args:
        tolerance: risk tolerance R of exponential utility.
        certainty_equivalents: of each case and of go_external; None for `build` where hiring is
            no alternative.
        verdict: what the rule says on them.
        strategy: the best permitted one, None where none is permitted.
        value: its certainty equivalent, None likewise.
        best_alternative: the better of 0 and that of hiring.
        walk_away_price: price at which value and best alternative are equal; exact where price and
            transaction cost rate are no ranges. None without value.
    """

    tolerance: float
    certainty_equivalents: Mapping[str, float | None]
    verdict: str
    strategy: str | None
    value: float | None
    best_alternative: float
    walk_away_price: float | None


def risk_averse(
    ledger: Ledger, firm: Assumptions, conditions: Conditions, *, strategic: bool
) -> RiskAttitude | None:
    """What the rule says on certainty equivalents; None for a firm that is risk neutral.

    Classification and conditions stand as they are. Whether external sales succeed is part of the
    risk: go_external is the mixture of both outcomes.
    """
    tolerance = firm.risk_tolerance
    if tolerance is None:
        return None
    means, p = ledger.means(), ledger.success
    both = np.concatenate([ledger.payoff("dual_market"), ledger.payoff("failure")])
    weights = np.concatenate([p, 1.0 - p]) / p.size
    found = {
        name: certainty_equivalent(ledger.payoff(name), tolerance)
        for name in ("internal_only", "dual_market", "failure", "compromised", "build")
        if name in ledger
    } | {"go_external": certainty_equivalent(both, tolerance, weights)}
    averse = dataclasses.replace(means, **found)
    permitted = np.inf if conditions.hold else -np.inf
    ruling = rule(averse, firm, strategic=strategic, permitted=permitted)
    equivalents: dict[str, float | None] = {"build": None}
    equivalents.update(found)
    return RiskAttitude(
        tolerance,
        equivalents,
        ruling.verdict,
        ruling.strategy,
        ruling.value,
        averse.best_alternative,
        ruling.walk_away,
    )
