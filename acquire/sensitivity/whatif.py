"""A vendor's decision at other inputs, over the same draws: what tornado, flips and maps ask for.

One input or several are set to a number, the others stay as they are, ranges included. Asking
costs no new draws, and what is asked at today's values is the evaluation itself.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np

from acquire.conditions import slack
from acquire.decision import Means, Ruling, each, rule, rules
from acquire.evaluation import Evaluation
from acquire.ranges import Array
from acquire.scoring import judged
from acquire.sensitivity.line import Drawn, Model
from acquire.sensitivity.ways import (
    DISCOUNT_RATE,
    FEW,
    SOME,
    ClosedForms,
    Lines,
    Place,
    QuickWay,
    Sets,
    ThroughCases,
    Today,
)
from acquire.simulation import Point, draws_for, sample
from acquire.streams import Timeline
from acquire.vendor import CRITERIA, RANGED, mid_values, moved

JUDGED = frozenset((*CRITERIA, "client_satisfaction", "competence"))
"""Inputs that only limits look at: the verdict is constant between these."""


class WhatIf:
    """The decision about an evaluated vendor at other inputs.

    Args:
        evaluation: of the vendor as it is.
        at_mid: whether the inputs that are not asked for stand at their mid values, instead of
            being drawn.
        violations: whether the payoff of breaking the conditions is asked for.
    """

    def __init__(
        self, evaluation: Evaluation, *, at_mid: bool = False, violations: bool = False
    ) -> None:
        self.vendor, self.firm = evaluation.inputs, evaluation.firm
        self.classification = evaluation.classification
        self.mid = mid_values(self.vendor)
        self._mid_ranged = {name: self.mid[name] for name in RANGED}
        mid: Point = {n: v for n, v in self.mid.items() if n in RANGED and n not in CRITERIA}
        model = Model(
            self.vendor,
            self.firm,
            [mid] if at_mid else sample(self.vendor, draws_for(self.firm)),
            strategic=self.classification.strategic,
            violations=violations,
        )
        self._time, self._today = model.time, Today(model)
        here = Place(self.vendor, self.firm, self.classification)
        self._through_cases = ThroughCases(self._today, here, violations=violations)
        self._closed = None if at_mid else ClosedForms(evaluation, self._today)
        self._quick: list[QuickWay] = [self._closed, Lines(self._today)] if self._closed else []

    @property
    def drawn(self) -> Drawn:
        """All draws of all cases, as the inputs stand."""
        return self._today.drawn

    def ruling(self, **changes: float) -> Ruling:
        """What the rule makes of the vendor with these columns changed, over all draws."""
        return self.asked(**changes)[1]

    def means(self, **changes: float) -> Means:
        """What the decision looks at with these columns changed, over all draws."""
        return self._quickly(changes, None) or self._through_cases.means(self._place(changes))

    def asked(self, **changes: float) -> tuple[Means, Ruling]:
        """Both of them."""
        return self._ruled(self._place(changes), self.means(**changes))

    def nearly(self, **changes: float) -> tuple[Means, Ruling]:
        """Both of them, the change from today estimated from the first `SOME` draws alone."""
        place = self._place(changes)
        means = self._quickly(changes, SOME) or self._through_cases.near(place)
        return self._ruled(place, means)

    def rulings(self, name: str, values: Array, *, draws: int = FEW) -> list[Ruling]:
        """The rulings at many values of one input, quickly.

        Only the change from today is estimated, from the first draws, so the results are close,
        and those at today's values are exact.

        Args:
            name: any column that the cases take as a number, or the discount rate.
            values: shape (k,).
            draws: how many, `FEW` or `SOME`.
        """
        sets = self._along({name: values}, draws)
        if sets is None:
            places = [{name: value} for value in values.tolist()]
            sets = self._through_cases.near_each(places, draws)
        if name == DISCOUNT_RATE and self._closed is not None:
            limits = self._closed.permitted(values)
        else:
            limits = self._slack({name: values})
        return self._all_ruled(sets, limits, values.size)

    def nearly_each(self, places: Sequence[Mapping[str, float]]) -> list[tuple[Means, Ruling]]:
        """What `nearly` says of each place, all at once.

        Args:
            places: values of columns that the cases take as numbers.
        """
        found = {
            i: self.nearly(**place)
            for i, place in enumerate(places)
            if self._closed is not None and self._closed.knows(place)
        }
        rest = [i for i in range(len(places)) if i not in found]
        if rest:
            found |= zip(rest, self._near_each([places[i] for i in rest]), strict=True)
        return [found[i] for i in range(len(places))]

    def _near_each(self, places: Sequence[Mapping[str, float]]) -> list[tuple[Means, Ruling]]:
        sets = self._through_cases.near_each(places, SOME)
        changed = {name for place in places for name in place}
        values = {n: np.array([place.get(n, self.mid[n]) for place in places]) for n in changed}
        ruled = self._all_ruled(sets, self._slack(values), len(places))
        return list(zip(each(sets), ruled, strict=True))

    def _along(self, values: Mapping[str, Array], draws: int | None) -> Sets | None:
        """Means at many values of what a quick way knows; None where there is none."""
        way = next((way for way in self._quick if way.knows(values)), None)
        return None if way is None else way.means(values, draws)

    def _quickly(self, changes: Mapping[str, float], draws: int | None) -> Means | None:
        """The means at one place, likewise."""
        if not changes:
            return None
        sets = self._along({name: np.array([value]) for name, value in changes.items()}, draws)
        return None if sets is None else each(sets)[0]

    def _place(self, changes: Mapping[str, float]) -> Place:
        firm, vendor, classification = self.firm, self.vendor, self.classification
        numbers = {n: v for n, v in changes.items() if n in RANGED and n not in CRITERIA}
        others = {n: v for n, v in changes.items() if n not in numbers}
        if DISCOUNT_RATE in others:
            firm = dataclasses.replace(firm, discount_rate=others.pop(DISCOUNT_RATE))
        if others:
            vendor = moved(vendor, **others)
        if any(name in CRITERIA for name in others):
            score, strategic = judged(mid_values(vendor), firm)
            classification = dataclasses.replace(classification, score=score, strategic=strategic)
        return Place(vendor, firm, classification, numbers, JUDGED.issuperset(changes))

    def _ruled(self, place: Place, means: Means) -> tuple[Means, Ruling]:
        permitted, strategic = self._permitted(place), place.classification.strategic
        return means, rule(means, place.firm, strategic=strategic, permitted=permitted)

    def _permitted(self, place: Place) -> float:
        """Slack of the conditions, at mid values; negative where selling outside is forbidden."""
        x = {**self._mid_ranged, **place.numbers}
        if place.vendor is not self.vendor:
            mid = mid_values(place.vendor)
            x = {name: mid[name] for name in RANGED} | dict(place.numbers)
        time = self._time if place.firm is self.firm else Timeline(place.firm)
        return float(slack(x, place.vendor, time, place.firm, place.classification).min())

    def _slack(self, values: Mapping[str, Array]) -> Array:
        """The same at many values of inputs that the cases take as numbers, shape (k,) or (1,)."""
        x: dict[str, float | Array] = {**self._mid_ranged, **values}
        return slack(x, self.vendor, self._time, self.firm, self.classification)

    def _all_ruled(self, sets: Sets, permitted: Array, count: int) -> list[Ruling]:
        strategic = self.classification.strategic
        broadcast = np.broadcast_to(permitted, (count,))
        return rules(sets, self.firm, strategic=strategic, permitted=broadcast)
