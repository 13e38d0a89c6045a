"""Three ways to the means at other inputs: in closed form, along a line, or through the cases.

The quicker ones know some inputs only, and say which. All of them are exact over all draws. Near
means take but the change from today from the first draws, and are exact at today's values.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from acquire.assumptions import Assumptions
from acquire.decision import Means, each
from acquire.evaluation import Evaluation
from acquire.ledger import Ledger, through_cases
from acquire.ranges import Array
from acquire.scoring import Classification
from acquire.sensitivity.discounting import discounting
from acquire.sensitivity.line import LINEAR, Drawn, Line, Model, first_draws
from acquire.simulation import BLOCK, Point
from acquire.streams import Growths, Timeline
from acquire.vendor import Vendor

DISCOUNT_RATE = "discount_rate"
"""The one setting of the firm that may be asked for like an input of the vendor."""

CLOSED = {"price": "price", "success_probability": "probability", DISCOUNT_RATE: "rate"}
"""What has its means in closed form, and how `Discounting.means` calls it."""

DAMAGE = ("satisfaction_erosion", "strategic_leak")
"""What a violation costs inside; no amount is a product of the two."""

FEW, SOME = 128, 1024
"""Draws at which many values of an input, and single ones, are looked at when that is enough.

The change from today varies little between draws: against all draws it is off by some 0.7 % and
0.2 %.
"""

Sets = Mapping[str, Array]
"""Every field of `Means` at k places, shape (k,) each."""


class Today:
    """A vendor's draws through its cases as its inputs stand: all of them, and the first.

    Args:
        model: the vendor's cases.
    """

    def __init__(self, model: Model) -> None:
        self.model = model
        self._off: dict[int, Mapping[str, float]] = {}

    @cached_property
    def drawn(self) -> Drawn:
        """All draws of all cases."""
        return self.model.drawn()

    @cached_property
    def means(self) -> Means:
        """Over all draws."""
        return self.drawn.means()

    @cached_property
    def part(self) -> tuple[Model, Drawn]:
        """The first `SOME` draws alone."""
        model = self.model.part(SOME)
        return model, model.drawn()

    def shifted(self, sets: Sets, draws: int) -> Sets:
        """Means of the first draws, with what these are off by today added."""
        if draws not in self._off:
            some = vars(self.part[1].means(draws))
            means = {name: value for name, value in vars(self.means).items() if value is not None}
            self._off[draws] = {name: value - some[name] for name, value in means.items()}
        return {name: sets[name] + by for name, by in self._off[draws].items()}


class QuickWay(Protocol):
    """A way that knows some inputs."""

    def knows(self, values: Mapping[str, Array]) -> bool:
        """Whether it knows the means at these."""

    def means(self, values: Mapping[str, Array], draws: int | None) -> Sets:
        """Means at many values of one input, or of several that are known together.

        Args:
            values: by name, shape (k,) each.
            draws: how many to take the change from today from; None for all.
        """


class ClosedForms:
    """Price, chance of success and discount rate, by the means of an evaluation's cash flows.

    Args:
        evaluation: of the vendor as it is.
        today: its draws.
    """

    def __init__(self, evaluation: Evaluation, today: Today) -> None:
        self._evaluation, self._today = evaluation, today

    def knows(self, values: Collection[str]) -> bool:
        """These three, and any of them together."""
        return CLOSED.keys() >= set(values)

    def means(self, values: Mapping[str, Array], draws: int | None) -> Sets:  # noqa: ARG002
        """Exactly, however few draws would do."""
        named = {CLOSED[name]: along for name, along in values.items()}
        return discounting(self._evaluation).means(self._today.means, **named)

    def permitted(self, rates: Array) -> Array:
        """How far selling outside is from being forbidden at discount rates, shape (k,)."""
        return discounting(self._evaluation).permitted(rates)


class Lines:
    """One input in which every amount is linear, or both kinds of damage at the same value.

    Args:
        today: the vendor's draws.
    """

    def __init__(self, today: Today) -> None:
        self._today = today
        self._kept: dict[bool, tuple[tuple[str, ...], Line]] = {}

    def knows(self, values: Mapping[str, Array]) -> bool:
        """Inputs of `LINEAR`, and `DAMAGE`."""
        if tuple(values) == DAMAGE:
            erosion, leak = values.values()
            return np.array_equal(erosion, leak)
        return len(values) == 1 and LINEAR.issuperset(values)

    def means(self, values: Mapping[str, Array], draws: int | None) -> Sets:
        """See `QuickWay`."""
        along = next(iter(values.values()))
        found = self._line(tuple(values), rough=draws is not None).means(along, draws)
        return found if draws is None else self._today.shifted(found, draws)

    def _line(self, names: tuple[str, ...], *, rough: bool) -> Line:
        """Along these inputs, over all draws or the first `SOME`; the last one is kept."""
        kept, line = self._kept.get(rough, ((), None))
        if line is None or kept != names:
            today = self._today
            line = Line(*(today.part if rough else (today.model, today.drawn)), names)
            self._kept[rough] = names, line
        return line


@dataclass(frozen=True)
class Place:
    """What is asked for, sorted by what it touches.

    Args:
        vendor, firm, classification: with the changes that are theirs.
        numbers: the inputs that the cases take as numbers and that are changed.
        only_judged: whether only criteria and other inputs that limits look at are changed.
    """

    vendor: Vendor
    firm: Assumptions
    classification: Classification
    numbers: Mapping[str, float] = dataclasses.field(default_factory=dict)
    only_judged: bool = True


class ThroughCases:
    """Any inputs, by all cash flows anew.

    Args:
        today: the vendor's draws.
        here: where nothing is changed.
        violations: whether the payoff of breaking the conditions is asked for.
    """

    def __init__(self, today: Today, here: Place, *, violations: bool) -> None:
        self._today, self._here, self._violations = today, here, violations
        self._by_kind: dict[bool, Means] = {}

    def means(self, place: Place) -> Means:
        """Over all draws."""
        if not place.only_judged:
            return self._evaluated(place)
        strategic = place.classification.strategic  # no payoff is moved but by way of this
        if strategic not in self._by_kind:
            self._by_kind[strategic] = self._evaluated(place)
        return self._by_kind[strategic]

    def _evaluated(self, place: Place) -> Means:
        model = self._today.model
        points = [{**block, **place.numbers} for block in model.points]
        return self._ledger(points, place, model.growths).means()

    def near(self, place: Place) -> Means:
        """The change from today from the first `SOME` draws."""
        model, _ = self._today.part
        points = [{**model.points[0], **place.numbers}]
        sets = self._ledger(points, place, model.growths).means_of_sets(1)
        return each(self._today.shifted(sets, SOME))[0]

    def near_each(self, places: Sequence[Mapping[str, float]], draws: int) -> Sets:
        """The same at many places, from so many of the first draws.

        Args:
            places: values of columns that the cases take as numbers.
            draws: at most `SOME`.
        """
        few = first_draws(self._today.part[0].points[0], draws)
        n = max(np.size(value) for value in few.values())
        changed = {name for place in places for name in place}
        at_once = max(1, BLOCK // n)
        found = []
        for start in range(0, len(places), at_once):
            some = places[start : start + at_once]
            sets = {
                name: np.tile(value, len(some)) if np.size(value) > 1 else value
                for name, value in few.items()
            }
            for name in changed:
                values = np.empty((len(some), n))
                values[:] = few[name]
                for row, place in zip(values, some, strict=True):
                    row[:] = place.get(name, row)
                sets[name] = values.ravel()
            found.append(self._ledger([sets], self._here).means_of_sets(len(some)))
        joined = {name: np.concatenate([part[name] for part in found]) for name in found[0]}
        return self._today.shifted(joined, draws)

    def _ledger(
        self, points: Sequence[Point], place: Place, growths: Sequence[Growths] | None = None
    ) -> Ledger:
        kept = self._today.model.time
        return through_cases(
            points,
            place.vendor,
            kept if place.firm is self._here.firm else Timeline(place.firm),
            strategic=place.classification.strategic,
            yearly=False,
            violations=self._violations,
            growths=growths,
        )
