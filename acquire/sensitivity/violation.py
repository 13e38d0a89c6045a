"""The price of a violation: what damage inside makes a compromised win worth less than no win."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from acquire.evaluation import Evaluation
from acquire.sensitivity.search import root
from acquire.sensitivity.whatif import WhatIf
from acquire.ties import TIE


@dataclass(frozen=True)
class Harm:
    """From which internal damage on a compromised win is worth less than not winning.

    Args:
        damage: a column, or both of them together at one share.
        against: what not winning is: a key of `AGAINST`.
        today: the damage as estimated, the mid of a range; None for both together.
        value: share lost from which the win is not worth it: 0 where it never is, None where it
            is even if everything is lost.
    """

    damage: str
    against: str
    today: float | None
    value: float | None


BOTH = "both"
DAMAGES = ("satisfaction_erosion", "strategic_leak", BOTH)
AGAINST = {
    "failure": "failing outside",
    "not_selling": "the best without selling outside",
}


def harm(evaluation: Evaluation) -> tuple[Harm, ...]:
    """The price of a violation, for each kind of damage against each way of not winning.

    A generic vendor has no strategic value to leak, so only the erosion counts for it.
    """
    whatif = WhatIf(evaluation, violations=True)
    strategic = evaluation.classification.strategic
    today = whatif.means()
    levels = {
        "failure": today.failure,
        "not_selling": max(today.best_alternative, today.internal_only)
        if strategic
        else today.best_alternative,
    }
    kinds = DAMAGES if strategic else DAMAGES[:1]
    found = []
    for damage in kinds:
        won = _won(whatif, DAMAGES[:2] if damage == BOTH else (damage,))
        for against, level in levels.items():
            value = _share_lost(won, level, TIE * today.price)
            estimate = None if damage == BOTH else whatif.mid[damage]
            found.append(Harm(damage, against, estimate, value))
    return tuple(found)


def _won(whatif: WhatIf, columns: tuple[str, ...]) -> Callable[[float], float]:
    """Mean payoff of the compromised win at a share of damage in these columns."""

    @cache
    def won(share: float) -> float:
        payoff = whatif.means(**dict.fromkeys(columns, share)).compromised
        assert payoff is not None  # it was asked for
        return payoff

    return won


def _share_lost(won: Callable[[float], float], level: float, nothing: float) -> float | None:
    """The share at which a win is worth no more than `level`; see `Harm.value`."""

    def gain(share: float) -> float:
        exact = won(share) - level
        return 0.0 if abs(exact) <= nothing else exact

    if gain(0.0) < 0.0:
        return 0.0
    if gain(1.0) >= 0.0:
        return None
    return root(gain, 0.0, 1.0, within=1e-10)
