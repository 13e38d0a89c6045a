"""Which vendors to buy: the best portfolio, its frontier, and how often each deal is in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from acquire.display import money
from acquire.errors import InputError, Problem
from acquire.evaluation import Evaluation
from acquire.outcomes import Payoff, summarise
from acquire.portfolio.joint import draw_jointly
from acquire.portfolio.limits import Limits, read_limits
from acquire.portfolio.programme import Chosen
from acquire.portfolio.record import Deal, FrontierPoint, Membership, Portfolio
from acquire.portfolio.selection import best_selection, reached, shadow_price
from acquire.ranges import Array
from acquire.ties import TIE

FRONTIER_BUDGETS = 25
"""At which the best portfolio is found, the one given included."""

FRONTIER_STEP = 0.001
"""How closely the budget of a step is found, as a share of what all that is worth buying costs."""

ROBUSTNESS_DRAWS = 200
"""Joint draws for each of which the best portfolio is found."""


def select_portfolio(
    evaluations: Iterable[Evaluation],
    *,
    budget: float | str | None = None,
    max_deals: int | str | None = None,
    exclusive: Iterable[Sequence[str] | str] = (),
    requires: Iterable[Sequence[str] | str] = (),
    correlation: float | str | None = None,
) -> Portfolio:
    """Choose which vendors to buy: the most value that the budget and the other limits allow.

    A vendor counts with the value of its best permitted strategy less that of the best other way.
    One that is worth less than that is bought only where another, bought one requires it. Values
    add up: nothing is gained by owning two vendors together.

    Args:
        evaluations: of the vendors, under one set of assumptions.
        budget: most that may be paid at closing, transaction costs included; money, None for any.
        max_deals: most vendors bought; None for any.
        exclusive: groups of vendor ids of which at most one is bought, each a sequence or "a,b".
        requires: pairs of vendor ids, each a sequence or "x:y": x is bought only if y is.
        correlation: rank correlation of any two vendors' payoffs, from 0 to below 1. When
            left out they are independent, which understates how often all go wrong together.

    Raises:
        InputError: everything that is wrong with the limits or the evaluations.
    """
    several = list(evaluations)
    problems = _wrong(several)
    limits = Limits()
    try:
        limits = read_limits(
            [e.vendor.vendor_id for e in several],
            budget=budget,
            max_deals=max_deals,
            exclusive=exclusive,
            requires=requires,
            correlation=correlation,
        )
    except InputError as error:
        problems += error.problems
    if problems:
        raise InputError(problems)
    return _Choice(several, limits).portfolio()


def _wrong(evaluations: Sequence[Evaluation]) -> list[Problem]:
    """What is wrong with the evaluations."""
    if not evaluations:
        return [Problem("the evaluation of at least one vendor", wrong="there is none")]
    ids = [e.vendor.vendor_id for e in evaluations]
    problems = [
        Problem("every vendor once", column="vendor_id", value=i, wrong="is evaluated twice")
        for i in dict.fromkeys(ids)
        if ids.count(i) > 1
    ]
    problems += [
        Problem(
            f"the assumptions of {ids[0]}",
            column="vendor_id",
            value=e.vendor.vendor_id,
            wrong="was evaluated under other assumptions",
        )
        for e in evaluations
        if e.firm != evaluations[0].firm
    ]
    return problems


class _Choice:
    """The deals as arrays, and what is found out about them.

    Args:
        evaluations: of all vendors.
        limits: what may be bought together.
    """

    def __init__(self, evaluations: Sequence[Evaluation], limits: Limits) -> None:
        self.evaluations, self.limits = evaluations, limits
        candidates = [e for e in evaluations if e.decision.value is not None]
        self.joint = draw_jointly(candidates, limits.correlation)
        self.deals = [
            _deal(e, outlay)
            for e, outlay in zip(candidates, self.joint.outlays.tolist(), strict=True)
        ]
        self.ids = [deal.vendor_id for deal in self.deals]
        self.gains = np.array([deal.gain for deal in self.deals])
        place = {vendor_id: i for i, vendor_id in enumerate(self.ids)}
        pairs = [(place[x], place[y]) for x, y in limits.requires if {x, y} <= place.keys()]
        hopeless = np.zeros(len(self.deals), dtype=bool)
        for x, y in limits.requires:
            if x in place and y not in place:
                hopeless[place[x]] = True
        self.hopeless = reached(hopeless, [(y, x) for x, y in pairs])
        self.rest: dict[str, Any] = {
            "max_deals": limits.max_deals,
            "exclusive": [[place[i] for i in group if i in place] for group in limits.exclusive],
            "requires": pairs,
        }

    def best(self, gains: Array, budget: float | None) -> Chosen:
        """The best deals to choose, shape (deals,)."""
        return best_selection(gains, self.joint.outlays, budget=budget, **self.rest)

    def possible(self, gains: Array) -> Array:
        """Gains without those of deals that require what cannot be bought."""
        return np.where(self.hopeless, np.minimum(gains, 0.0), gains)

    def portfolio(self) -> Portfolio:
        """Everything that is found out."""
        budget, gains = self.limits.budget, self.possible(self.gains)
        along = self._along_budgets(gains)
        chosen = along[max(along) if budget is None else budget]
        payoff = self._payoff(chosen)
        return Portfolio(
            deals=tuple(self.deals),
            names={e.vendor.vendor_id: e.inputs.name for e in self.evaluations},
            verdicts={e.vendor.vendor_id: e.decision.verdict for e in self.evaluations},
            chosen=self._names(chosen),
            left_out=self._left_out(chosen),
            value=self._value(chosen),
            outlay=self._outlay(chosen),
            limits=self.limits,
            expected_shortfall=payoff.expected_shortfall,
            p_loss=payoff.p_loss,
            shadow_price=self._shadow_price(gains),
            frontier=self._frontier(along),
            robustness=self._robustness(),
            currency=self.evaluations[0].firm.currency,
        )

    def _along_budgets(self, gains: Array) -> dict[float, Chosen]:
        """The best deals at budgets from 0 to what all that is worth buying costs.

        A portfolio is the best from its own outlay on up to the budget at which it was found. What
        is left unknown is halved where it matters most, so steps that matter are found closely.
        """
        everything = self.best(gains, None)
        top = self._outlay(everything)
        found = {0.0: self.best(gains, 0.0), top: everything}
        if self.limits.budget is not None:
            found[self.limits.budget] = self.best(gains, self.limits.budget)
        while len(found) < FRONTIER_BUDGETS:
            unknown = [
                (self._value(found[high]) - self._value(found[low]), low, room)
                for low, high in pairwise(sorted(found))
                if (room := self._outlay(found[high]) - low) > FRONTIER_STEP * top
            ]
            step, low, room = max(unknown, default=(0.0, 0.0, 0.0))
            if step <= 0.0:
                break
            found[low + room / 2.0] = self.best(gains, low + room / 2.0)
        best, rising = found[0.0], {}
        for level in sorted(found):
            if self._value(found[level]) > self._value(best):
                best = found[level]
            rising[level] = best
        return rising

    def _frontier(self, along: Mapping[float, Chosen]) -> tuple[FrontierPoint, ...]:
        """A point for each different portfolio, at the least budget at which it was found."""
        points: dict[tuple[str, ...], FrontierPoint] = {}
        for level, chosen in along.items():
            names = self._names(chosen)
            if names not in points:
                shortfall = self._payoff(chosen).expected_shortfall
                points[names] = FrontierPoint(
                    level, self._outlay(chosen), self._value(chosen), shortfall, names
                )
        return tuple(points.values())

    def _outlay(self, chosen: Chosen) -> float:
        return float(self.joint.outlays[chosen].sum())

    def _value(self, chosen: Chosen) -> float:
        return float(self.gains[chosen].sum())

    def _names(self, chosen: Chosen) -> tuple[str, ...]:
        return tuple(self.ids[i] for i in np.flatnonzero(chosen))

    def _payoff(self, chosen: Chosen) -> Payoff:
        """What the chosen deals gain together, over the joint draws."""
        return summarise(self.joint.outcome[chosen].sum(axis=0), 0.0, self._outlay(chosen))

    def _shadow_price(self, gains: Array) -> float | None:
        budget = self.limits.budget
        if budget is None:
            return None
        return shadow_price(gains, self.joint.outlays, budget, **self.rest)

    def _robustness(self) -> dict[str, Membership]:
        """How often each deal belongs to the best portfolio of a joint draw."""
        draws = self.possible(self.joint.expected[:, :ROBUSTNESS_DRAWS].T)
        different, counts = np.unique(draws, axis=0, return_counts=True)
        member = np.zeros(len(self.deals))
        for gains, count in zip(different, counts.tolist(), strict=True):
            member += count * self.best(gains, self.limits.budget)
        shares = member / ROBUSTNESS_DRAWS
        errors = np.sqrt(shares * (1.0 - shares) / ROBUSTNESS_DRAWS)
        return {
            vendor_id: Membership(share, error)
            for vendor_id, share, error in zip(
                self.ids, shares.tolist(), errors.tolist(), strict=True
            )
        }

    def _left_out(self, chosen: Chosen) -> dict[str, str]:
        """Why each vendor that is not bought is not: the first reason that holds."""
        bought = [self.deals[i] for i in np.flatnonzero(chosen)]
        deals = {deal.vendor_id: deal for deal in self.deals}
        ids = [e.vendor.vendor_id for e in self.evaluations]
        return {
            vendor_id: next(self._reasons(vendor_id, deals.get(vendor_id), bought))
            for vendor_id in ids
            if deals.get(vendor_id) not in bought
        }

    def _reasons(self, vendor_id: str, deal: Deal | None, bought: Sequence[Deal]) -> Iterator[str]:
        limits, ids = self.limits, {other.vendor_id for other in bought}
        if deal is None:
            yield "no strategy is permitted as things stand"
            return
        if deal.gain <= 0.0:
            less = money(-deal.gain, self.evaluations[0].firm.currency)
            yield (
                f"worth {less} less than the best other way"
                if deal.gain
                else ("worth no more than the best other way")
            )
        for one, other in limits.requires:
            if one == vendor_id and other not in ids:
                yield f"requires {other}, which is not bought"
        for group in limits.exclusive:
            for other in ids.intersection(group) if vendor_id in group else ():
                yield f"excluded by {other}"
        if limits.budget is not None:
            most = limits.budget * (1.0 + TIE)
            if deal.outlay > most:
                yield "beyond the budget"
            if deal.outlay + sum(other.outlay for other in bought) > most:
                yield "crowded out: the budget is worth more with what is bought"
        yield f"crowded out: no more than {limits.max_deals} may be bought"


def _deal(evaluation: Evaluation, outlay: float) -> Deal:
    decision = evaluation.decision
    assert decision.strategy is not None  # candidates have one
    assert decision.value is not None
    return Deal(
        vendor_id=evaluation.vendor.vendor_id,
        name=evaluation.inputs.name,
        verdict=decision.verdict,
        strategy=decision.strategy,
        outlay=outlay,
        gain=decision.value - decision.best_alternative,
    )
