"""A vendor's decision at other inputs, over the same draws: what tornado, flips and maps ask for.

One input or several are set to a number, the others stay as they are, ranges included. Asking
costs no new draws, and what is asked at today's values is the evaluation itself.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from acquire.assumptions import Assumptions
from acquire.conditions import slack
from acquire.decision import Means, Ruling, each, rule, rules
from acquire.evaluation import Evaluation
from acquire.ledger import Ledger, through_cases
from acquire.ranges import Array
from acquire.scoring import Classification, judged
from acquire.sensitivity.discounting import Discounting, discounting
from acquire.sensitivity.line import LINEAR, Drawn, Line, Model, first_draws
from acquire.simulation import BLOCK, Point, draws_for, sample
from acquire.streams import Growths, Timeline
from acquire.vendor import CRITERIA, RANGED, Vendor, mid_values, moved

DISCOUNT_RATE = "discount_rate"
"""The one setting of the firm that may be asked for like an input of the vendor."""

CLOSED = {"price": "price", "success_probability": "probability", DISCOUNT_RATE: "rate"}
"""What has its means in closed form, and how `Discounting.means` calls it."""

DAMAGE = ("satisfaction_erosion", "strategic_leak")
"""What a violation costs inside; no amount is a product of the two."""

JUDGED = frozenset((*CRITERIA, "client_satisfaction", "competence"))
"""Inputs that only limits look at: the verdict is constant between these."""

FEW, SOME = 128, 1024
"""Draws at which many values of an input, and single ones, are looked at when that is enough.

Only the change from today is taken from them, which varies little between draws: against all
draws it is off by some 0.7 % and 0.2 %.
"""


@dataclass(frozen=True)
class _Place:
    """What is asked for, sorted by what it touches.

    Args:
        vendor, firm, classification: with the changes that are theirs.
        numbers: the inputs that the cases take as numbers and that are changed.
        only_judged: whether only criteria and other inputs that limits look at are changed.
    """

    vendor: Vendor
    firm: Assumptions
    classification: Classification
    numbers: Mapping[str, float]
    only_judged: bool


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
        self._violations = violations
        self._evaluation = None if at_mid else evaluation
        self.vendor, self.firm = evaluation.inputs, evaluation.firm
        self.classification = evaluation.classification
        self.mid = mid_values(self.vendor)
        self._mid_ranged = {name: self.mid[name] for name in RANGED}
        mid: Point = {n: v for n, v in self.mid.items() if n in RANGED and n not in CRITERIA}
        self._model = Model(
            self.vendor,
            self.firm,
            [mid] if at_mid else sample(self.vendor, draws_for(self.firm)),
            strategic=self.classification.strategic,
            violations=violations,
        )
        self._time = self._model.time
        self._differences: dict[int, Mapping[str, float]] = {}
        self._by_kind: dict[bool, Means] = {}
        self._lines: dict[bool, tuple[tuple[str, ...], Line]] = {}

    def ruling(self, **changes: float) -> Ruling:
        """What the rule makes of the vendor with these columns changed, over all draws."""
        return self.asked(**changes)[1]

    def means(self, **changes: float) -> Means:
        """What the decision looks at with these columns changed, over all draws."""
        return self._known(changes) or self._means(self._place(changes))

    def asked(self, **changes: float) -> tuple[Means, Ruling]:
        """Both of them."""
        place = self._place(changes)
        return self._ruled(place, self._known(changes) or self._means(place))

    def nearly(self, **changes: float) -> tuple[Means, Ruling]:
        """Both of them, the change from today estimated from the first `SOME` draws alone."""
        place = self._place(changes)
        means = self._known(changes, SOME)
        if means is None:
            model, _ = self._part
            there = self._ledger(
                [{**model.points[0], **place.numbers}], place, model.growths
            ).means()
            means = _shifted(there, self._off(SOME))
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
        strategic = self.classification.strategic
        sets = self._sets({name: values}, draws)
        if name == DISCOUNT_RATE and self._evaluation is not None:
            limits = self._discounting.permitted(values)
        else:
            x: Point = {**self._mid_ranged, name: values}
            limits = slack(x, self.vendor, self._time, self.firm, self.classification)
        permitted = np.broadcast_to(limits, values.shape)
        return rules(sets, self.firm, strategic=strategic, permitted=permitted)

    def nearly_each(self, places: Sequence[Mapping[str, float]]) -> list[tuple[Means, Ruling]]:
        """What `nearly` says of each place, all at once.

        Args:
            places: values of columns that the cases take as numbers.
        """
        found = {
            i: self.nearly(**place)
            for i, place in enumerate(places)
            if self._knows(place) and CLOSED.keys() >= place.keys()
        }
        rest = [i for i in range(len(places)) if i not in found]
        if rest:
            found |= zip(rest, self._nearly_each([places[i] for i in rest]), strict=True)
        return [found[i] for i in range(len(places))]

    def _nearly_each(self, places: Sequence[Mapping[str, float]]) -> list[tuple[Means, Ruling]]:
        sets = self._roughly(places, SOME)
        x: dict[str, float | Array] = dict(self._mid_ranged)
        for name in {name for place in places for name in place}:
            x[name] = np.array([place.get(name, self.mid[name]) for place in places])
        limits = slack(x, self.vendor, self._time, self.firm, self.classification)
        permitted = np.broadcast_to(limits, (len(places),))
        strategic = self.classification.strategic
        found = rules(sets, self.firm, strategic=strategic, permitted=permitted)
        return list(zip(each(sets), found, strict=True))

    def _ruled(self, place: _Place, means: Means) -> tuple[Means, Ruling]:
        permitted, strategic = self._permitted(place), place.classification.strategic
        return means, rule(means, place.firm, strategic=strategic, permitted=permitted)

    def _place(self, changes: Mapping[str, float]) -> _Place:
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
        return _Place(vendor, firm, classification, numbers, JUDGED.issuperset(changes))

    def _timeline(self, firm: Assumptions) -> Timeline:
        return self._time if firm is self.firm else Timeline(firm)

    def _permitted(self, place: _Place) -> float:
        """Slack of the conditions, at mid values; negative where selling outside is forbidden."""
        x = {**self._mid_ranged, **place.numbers}
        if place.vendor is not self.vendor:
            mid = mid_values(place.vendor)
            x = {name: mid[name] for name in RANGED} | dict(place.numbers)
        time = self._timeline(place.firm)
        return float(slack(x, place.vendor, time, place.firm, place.classification).min())

    def _means(self, place: _Place) -> Means:
        if place.only_judged:  # which moves no payoff but by way of the classification
            strategic = place.classification.strategic
            if strategic not in self._by_kind:
                self._by_kind[strategic] = self._evaluated(place)
            return self._by_kind[strategic]
        return self._evaluated(place)

    def _evaluated(self, place: _Place) -> Means:
        points = [{**block, **place.numbers} for block in self._model.points]
        return self._ledger(points, place, self._model.growths).means()

    def _ledger(
        self, points: Sequence[Point], place: _Place, growths: Sequence[Growths] | None = None
    ) -> Ledger:
        time = self._timeline(place.firm)
        strategic = place.classification.strategic
        return through_cases(
            points,
            place.vendor,
            time,
            strategic=strategic,
            yearly=False,
            violations=self._violations,
            growths=growths,
        )

    def _known(self, changes: Mapping[str, float], draws: int | None = None) -> Means | None:
        """Means without going through the cases; None where only that tells.

        Args:
            changes: by name.
            draws: how many to estimate the change from; None for all.
        """
        if not changes or not self._knows(changes):
            return None
        if len({*changes.values()}) > 1 and not CLOSED.keys() >= changes.keys():
            return None
        values = {name: np.array([value]) for name, value in changes.items()}
        return each(self._sets(values, draws))[0]

    def _knows(self, names: Collection[str]) -> bool:
        """Whether means at these are known without going through the cases."""
        if self._evaluation is None:
            return False
        alone = len(names) == 1 and LINEAR.issuperset(names)
        return alone or CLOSED.keys() >= set(names) or tuple(names) == DAMAGE

    def _sets(self, values: Mapping[str, Array], draws: int | None) -> Mapping[str, Array]:
        """Means at many values of one input, or of several that are known together.

        Args:
            values: by name, shape (k,) each.
            draws: how many to estimate the change from; None for all, where that is known.
        """
        if not self._knows(values):
            ((name, along),) = values.items()
            return self._roughly([{name: value} for value in along.tolist()], draws or SOME)
        if CLOSED.keys() >= values.keys():
            named = {CLOSED[name]: along for name, along in values.items()}
            return self._discounting.means(self._exact, **named)
        names = tuple(values)
        found = self._line(names, rough=draws is not None).means(values[names[0]], draws)
        return found if draws is None else _shifted_sets(found, self._off(draws))

    def _line(self, names: tuple[str, ...], *, rough: bool) -> Line:
        """Along these inputs, over all draws or the first `SOME`; the last one is kept."""
        kept, line = self._lines.get(rough, ((), None))
        if line is None or kept != names:
            model, drawn = self._part if rough else (self._model, self.drawn)
            line = Line(model, drawn, names)
            self._lines[rough] = names, line
        return line

    @cached_property
    def drawn(self) -> Drawn:
        """All draws of all cases, as the inputs stand."""
        return self._model.drawn()

    @cached_property
    def _discounting(self) -> Discounting:
        assert self._evaluation is not None  # checked by the caller
        return discounting(self._evaluation)

    def _roughly(self, places: Sequence[Mapping[str, float]], draws: int) -> dict[str, Array]:
        """Means at each of these places, the change from today estimated from the first draws."""
        few = first_draws(self._part[0].points[0], draws)
        n = max(np.size(value) for value in few.values())
        changed = {name for place in places for name in place}
        at_once = max(1, BLOCK // n)
        found = []
        for start in range(0, len(places), at_once):
            here = places[start : start + at_once]
            sets = {
                name: np.tile(value, len(here)) if np.size(value) > 1 else value
                for name, value in few.items()
            }
            for name in changed:
                values = np.empty((len(here), n))
                values[:] = few[name]
                for row, place in zip(values, here, strict=True):
                    row[:] = place.get(name, row)
                sets[name] = values.ravel()
            found.append(self._ledger([sets], self._place({})).means_of_sets(len(here)))
        joined = {name: np.concatenate([part[name] for part in found]) for name in found[0]}
        return _shifted_sets(joined, self._off(draws))

    def _off(self, draws: int) -> Mapping[str, float]:
        """What means of the first draws are off by, as the inputs stand."""
        if draws not in self._differences:
            self._differences[draws] = _difference(self._exact, self._part[1].means(draws))
        return self._differences[draws]

    @cached_property
    def _exact(self) -> Means:
        """Means over all draws, as the inputs stand."""
        return self.drawn.means()

    @cached_property
    def _part(self) -> tuple[Model, Drawn]:
        """The first `SOME` draws of all cases, as the inputs stand."""
        model = self._model.part(SOME)
        return model, model.drawn()


FIELDS = tuple(field.name for field in dataclasses.fields(Means))


def _difference(one: Means, other: Means) -> dict[str, float]:
    """What to add to the fields of `other` for `one`."""
    return {
        name: getattr(one, name) - getattr(other, name)
        for name in FIELDS
        if getattr(one, name) is not None
    }


def _shifted(means: Means, difference: Mapping[str, float]) -> Means:
    """`means` with something added to each field."""
    return Means(**{name: getattr(means, name) + by for name, by in difference.items()})


def _shifted_sets(sets: Mapping[str, Array], difference: Mapping[str, float]) -> dict[str, Array]:
    """Means of several sets, likewise."""
    return {name: sets[name] + by for name, by in difference.items()}
