"""The alternatives of a decision in every draw, and how safe the choice among them is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from acquire.conditions import shares
from acquire.evaluation import Evaluation
from acquire.outcomes import standard_error
from acquire.ranges import Array
from acquire.simulation import draws_for
from acquire.ties import TIE

ALTERNATIVES = {
    "go_external": "buy, and sell outside as well",
    "internal_only": "buy, for internal use only",
    "build": "hire the skills",
    "status_quo": "go on as today",
}
"""In the order in which a tie is broken."""

UNDECIDED = 2.0
"""Standard errors within which the best two alternatives are not told apart."""


@dataclass(frozen=True, eq=False)
class Alternatives:
    """Payoffs of the alternatives that are open, permissions as at mid values.

    Args:
        names: keys of `ALTERNATIVES`, in its order.
        given_success, given_failure: payoff in either state, shape (alternatives, draws).
        success: probability of success, shape (draws,).
    """

    names: tuple[str, ...]
    given_success: Array
    given_failure: Array
    success: Array

    @property
    def expected(self) -> Array:
        """Payoff with success weighed by its probability, shape (alternatives, draws)."""
        p = self.success
        weighed: Array = p * self.given_success + (1.0 - p) * self.given_failure
        return weighed

    def shares_best(self, payoffs: Array, weights: Array, price: float) -> dict[str, float]:
        """In which share of the draws each alternative is best; a tie goes to the first."""
        best = payoffs.max(axis=0)
        enough = payoffs >= best - TIE * np.maximum(np.abs(best), price)
        first = enough.argmax(axis=0)
        counted = np.bincount(first, weights=weights, minlength=len(self.names)) / first.size
        return dict(zip(self.names, np.minimum(counted, 1.0).tolist(), strict=True))


def alternatives_of(
    evaluation: Evaluation, payoffs: Mapping[str, Array], success: Array
) -> Alternatives:
    """What the firm may do about this vendor: {status quo, build, internal_only, go_external}.

    Args:
        evaluation: of the vendor.
        payoffs: of its cases in every draw, shape (draws,) each.
        success: probability of success in every draw.
    """
    nothing = np.zeros(success.size)
    won: dict[str, Array] = {}
    lost: dict[str, Array] = {}
    if evaluation.conditions.hold:
        won["go_external"] = payoffs["dual_market"]
        lost["go_external"] = payoffs["failure"]
    if evaluation.classification.strategic:
        won["internal_only"] = lost["internal_only"] = payoffs["internal_only"]
    if "build" in payoffs:
        won["build"] = lost["build"] = payoffs["build"]
    won["status_quo"] = lost["status_quo"] = nothing
    return Alternatives(
        tuple(won), np.array(list(won.values())), np.array(list(lost.values())), success
    )


@dataclass(frozen=True)
class Safety:
    """How safe the verdict is against what is uncertain.

    Args:
        shares: share of the draws of the inputs in which each alternative is best, success and
            failure weighed by their probability in each draw.
        hindsight: the same with success or failure known as well.
        choice: the alternative that the verdict chooses as things stand: one that says not to buy
            now chooses the better of hiring and going on as today.
        conditions: share of the draws in which each condition of selling outside holds, in every
            year; classification at mid values.
        best, second: the best two alternatives by their mean payoff; no second without choice.
        difference: of their means, in money.
        error: its standard error, as if draws were independent (Sobol points do better).
    """

    shares: Mapping[str, float]
    hindsight: Mapping[str, float]
    choice: str
    conditions: Mapping[str, float]
    best: str
    second: str | None
    difference: float | None
    error: float | None

    @property
    def undecided(self) -> bool:
        """Whether more draws could turn the order of the best two."""
        if self.difference is None or self.error is None:
            return False
        return self.error > 0.0 and self.difference <= UNDECIDED * self.error


def safety(evaluation: Evaluation, alternatives: Alternatives) -> Safety:
    """How safe the verdict is; the alternatives are those of `alternatives_of`."""
    a, price = alternatives, evaluation.price
    expected, p = a.expected, a.success
    won = a.shares_best(a.given_success, p, price)
    lost = a.shares_best(a.given_failure, 1.0 - p, price)
    order = np.argsort(-expected.mean(axis=1), kind="stable")
    gain = expected[order[0]] - expected[order[1]] if len(order) > 1 else None
    return Safety(
        shares=a.shares_best(expected, np.ones_like(p), price),
        hindsight={name: min(won[name] + lost[name], 1.0) for name in a.names},
        choice=_choice(evaluation),
        conditions=shares(
            evaluation.inputs,
            evaluation.firm,
            evaluation.conditions,
            draws_for(evaluation.firm),
            strategic=evaluation.classification.strategic,
        ),
        best=a.names[order[0]],
        second=None if gain is None else a.names[order[1]],
        difference=None if gain is None else float(gain.mean()),
        error=None if gain is None else standard_error(gain),
    )


def _choice(evaluation: Evaluation) -> str:
    decision = evaluation.decision
    if decision.verdict in ("acquire", "acquire_internal_only"):
        return decision.strategy or "status_quo"
    return "build" if decision.best_alternative > 0.0 else "status_quo"
