"""All of it for one evaluated vendor, in one frozen record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from acquire.evaluation import Evaluation
from acquire.machine import one_thread
from acquire.ranges import Range
from acquire.sensitivity.alternatives import Alternatives, Safety, alternatives_of, safety
from acquire.sensitivity.flips import Flip, flips, nearest_flip
from acquire.sensitivity.information import (
    Worth,
    partial_information,
    perfect_information,
    success_information,
)
from acquire.sensitivity.sobol import Index, indices
from acquire.sensitivity.tornado import GROUPS, Tornado, tornado
from acquire.sensitivity.violation import Harm, harm
from acquire.sensitivity.whatif import WhatIf
from acquire.simulation import draws_for
from acquire.vendor import CRITERIA, ranges_of

SUCCESS = "external_success"
"""Name of the chance event whether external sales succeed, among the inputs."""


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """How safe a verdict is, what would change it, and what information is worth; money.

    Args:
        verdict: the standing one.
        safety: in which share of the draws the choice is the best, and the conditions hold.
        nearest: the nearest change of one input that alters the verdict, None where none does.
        evpi: expected value of perfect information.
        evppi: the diligence agenda, most valuable first: every uncertain input, and whether
            external sales succeed.
        groups: the same for groups of inputs known together.
        currency: of all money.
    """

    verdict: str
    safety: Safety
    nearest: Flip | None
    evpi: float
    evppi: tuple[Worth, ...]
    groups: tuple[Worth, ...]
    currency: str


@dataclass(frozen=True, kw_only=True)
class Sensitivity(Outlook):
    """All of this, and what drives the payoff of the strategy.

    Args:
        strategy: the best permitted one, or go_external where none is permitted.
        one_way: its payoff with one input moved and the others at their mid values.
        joint: its mean payoff with one input moved and the others drawn.
        flips: the smallest change of each input that alters the verdict, the nearest first.
        sobol: largest total first; empty without ranges. Correlations are switched off for them.
        harm: the price of a violation.
        correlated: whether the firm has correlations, which `sobol` leaves out.
    """

    strategy: str
    one_way: Tornado
    joint: Tornado
    flips: tuple[Flip, ...]
    sobol: tuple[Index, ...]
    harm: tuple[Harm, ...]
    correlated: bool

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain JSON values."""
        safe = self.safety
        return {
            "strategy": self.strategy,
            "tornado": [asdict(bar) for bar in self.one_way.bars],
            "tornado_joint": [asdict(bar) for bar in self.joint.bars],
            "tornado_groups": [asdict(bar) for bar in self.one_way.groups],
            "sobol": [
                asdict(index)
                | {
                    "first_interval": list(index.first_interval),
                    "total_interval": list(index.total_interval),
                }
                for index in self.sobol
            ],
            "evpi": self.evpi,
            "evppi": [asdict(worth) for worth in self.evppi],
            "evppi_groups": [asdict(worth) for worth in self.groups],
            "verdict_shares": dict(safe.shares),
            "hindsight_shares": dict(safe.hindsight),
            "condition_shares": dict(safe.conditions),
            "choice": safe.choice,
            "best_two": {
                "best": safe.best,
                "second": safe.second,
                "difference": safe.difference,
                "error": safe.error,
                "undecided": safe.undecided,
            },
            "flips": [asdict(flip) for flip in self.flips],
            "violation": [asdict(harm) for harm in self.harm],
        }


@one_thread
def outlook(evaluation: Evaluation) -> Outlook:
    """How safe an evaluated vendor's verdict is, what would change it, what to find out first."""
    whatif = WhatIf(evaluation)
    return _outlook(evaluation, whatif, nearest_flip(evaluation, whatif))


@one_thread
def analyse(evaluation: Evaluation) -> Sensitivity:
    """What drives an evaluated vendor's decision, how safe it is, and what to find out first."""
    vendor, firm = evaluation.inputs, evaluation.firm
    strategic = evaluation.classification.strategic
    strategy = evaluation.decision.strategy or "go_external"
    uncertain = _uncertain(evaluation)
    whatif = WhatIf(evaluation)
    found = flips(evaluation, whatif)
    nearest = found[0] if found[0].value is not None else None
    seen = _outlook(evaluation, whatif, nearest)
    return Sensitivity(
        **{field.name: getattr(seen, field.name) for field in fields(Outlook)},
        strategy=strategy,
        one_way=tornado(WhatIf(evaluation, at_mid=True), uncertain, strategy),
        joint=tornado(whatif, uncertain, strategy),
        flips=found,
        sobol=indices(vendor, firm, uncertain, strategy, strategic=strategic),
        harm=harm(evaluation),
        correlated=bool(firm.correlations),
    )


def _outlook(evaluation: Evaluation, whatif: WhatIf, nearest: Flip | None) -> Outlook:
    drawn = whatif.drawn
    payoffs = dict(zip(drawn.names, drawn.payoffs, strict=True))
    alternatives = alternatives_of(evaluation, payoffs, drawn.kept["success_probability"])
    evpi, evppi, groups = _information(evaluation, alternatives, _uncertain(evaluation))
    return Outlook(
        verdict=evaluation.decision.verdict,
        safety=safety(evaluation, alternatives),
        nearest=nearest,
        evpi=evpi,
        evppi=evppi,
        groups=groups,
        currency=evaluation.firm.currency,
    )


def _uncertain(evaluation: Evaluation) -> dict[str, Range]:
    """The ranges that are drawn; a criterion, which is classified at mid, is not."""
    return {n: r for n, r in ranges_of(evaluation.inputs).items() if n not in CRITERIA}


def _information(
    evaluation: Evaluation, alternatives: Alternatives, uncertain: Mapping[str, Range]
) -> tuple[float, tuple[Worth, ...], tuple[Worth, ...]]:
    """Value of perfect information, and of every input and group, most valuable first."""
    a = alternatives
    evpi = perfect_information(a.given_success, a.given_failure, a.success)
    draws = draws_for(evaluation.firm)
    values = {name: draws.of(name, r) for name, r in uncertain.items()}
    expected = a.expected
    orders = {name: draws.order(name) for name in uncertain}
    agenda = [
        partial_information(name, x, expected, most=evpi, orders=[orders[name]])
        for name, x in values.items()
    ]
    success = min(success_information(a.given_success, a.given_failure, a.success), evpi)
    agenda.append(Worth(SUCCESS, success, success, 0.0))
    groups = []
    for name, members in GROUPS.items():
        known = [m for m in members if m in values]
        if len(known) > 1:
            drawn, sorting = np.array([values[m] for m in known]), [orders[m] for m in known]
            worth = partial_information(name, drawn, expected, most=evpi, orders=sorting)
            groups.append(worth)
    ordered = sorted(agenda, key=lambda worth: -worth.value)
    return evpi, tuple(ordered), tuple(groups)
