"""The smallest change of one input that would alter the verdict.

Whole numbers can all be tried; inputs that only limits look at flip it at one of these; for the
others the zero of the standing verdict's slack is searched for.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from acquire.assumptions import SETTINGS, Assumptions
from acquire.cases import can_build
from acquire.columns import Column, Kind
from acquire.display import quantity
from acquire.evaluation import Evaluation
from acquire.ranges import Range
from acquire.sensitivity.search import EDGE, Found, Search, nearest
from acquire.sensitivity.ways import DISCOUNT_RATE
from acquire.sensitivity.whatif import JUDGED, WhatIf
from acquire.vendor import COLUMNS, CRITERIA, Vendor

NEAR, NEARER = 1e-3, 1e-2
"""Share of the price by which `SOME` and by which `FEW` draws may miss the slack of all draws."""


@dataclass(frozen=True)
class Flip:
    """The nearest value of one input, all others as they are, at which the verdict flips.

    Args:
        input: name of the column, or `discount_rate` of the firm.
        today: its value, the mid of a range.
        value: where the verdict flips; None where no value that was looked at changes it.
        verdict: what it becomes just beyond, None likewise.
        ranges: how far that is, in widths from P10 to P90; None without a range.
        change: how far that is, as a share of today's value; None where that is 0.
    """

    input: str
    today: float
    value: float | None = None
    verdict: str | None = None
    ranges: float | None = None
    change: float | None = None

    def shown(self, currency: str) -> str:
        """Where it flips, as it is spoken of."""
        spec = COLUMNS.get(self.input) or SETTINGS[self.input]
        return "–" if self.value is None else quantity(self.value, spec.unit, currency)


def flips(evaluation: Evaluation, whatif: WhatIf) -> tuple[Flip, ...]:
    """The smallest change of each input that alters the verdict, the nearest first.

    Inputs with a range come first, by distance in ranges; then the others, by relative change;
    then those that no value of alters it.
    """
    return tuple(sorted((q.flip() for q in _questions(evaluation, whatif)), key=_place))


def nearest_flip(evaluation: Evaluation, whatif: WhatIf) -> Flip | None:
    """The first of `flips`, in a fraction of the time; None where nothing alters the verdict."""
    for ranged in (True, False):
        asked = [q for q in _questions(evaluation, whatif) if isinstance(q.given, Range) is ranged]
        best: Flip | None = None
        for question in sorted(asked, key=lambda q: q.least_place):
            if best is not None and question.least_place > _place(best):
                break
            flip = question.flip()
            if flip.value is not None and (best is None or _place(flip) < _place(best)):
                best = flip
        if best is not None:
            return best
    return None


def _place(flip: Flip) -> tuple[bool, bool, float]:
    """By what flips are sorted."""
    far = flip.ranges if flip.ranges is not None else flip.change
    return flip.value is None, flip.ranges is None, math.inf if far is None else abs(far)


def _questions(evaluation: Evaluation, whatif: WhatIf) -> Iterator[_Question]:
    for name in _asked(evaluation):
        kind: type[_Question] = _Solved
        if name != DISCOUNT_RATE and COLUMNS[name].kind is Kind.WHOLE:
            kind = _Whole
        elif name in JUDGED:
            kind = _Judged
        yield kind(name, evaluation, whatif)


def _asked(evaluation: Evaluation) -> Iterable[str]:
    """Every numeric input but idle ones, and the firm's discount rate."""
    for name, spec in COLUMNS.items():
        if spec.kind in (Kind.NUMBER, Kind.WHOLE) and name not in _idle(evaluation.inputs):
            yield name
    yield DISCOUNT_RATE


def _idle(vendor: Vendor) -> set[str]:
    """Inputs of which no value counts: of another channel, and of hiring where nobody is hired."""
    idle = set() if vendor.channel == "product_managers" else {"channel_margin"}
    if not can_build(vendor):
        idle |= {"skills_headcount", "hiring_cost", "build_years"}
    return idle


def _ends(name: str, spec: Column, today: float, evaluation: Evaluation) -> tuple[float, float]:
    """Between which values an input is asked for: what its column allows, or 100 times today's."""
    firm = evaluation.firm
    if name == DISCOUNT_RATE:
        growth = -1.0 if firm.terminal_growth is None else firm.terminal_growth
        return max(0.0, growth + min(1e-4, EDGE * (today - growth))), float(spec.upper or 1.0)
    assert spec.lower is not None  # every numeric column has one
    low = float(spec.lower)
    if spec.lower_open:
        low += EDGE * (today - low)
    if spec.short_of_horizon is not None:
        return low, float(firm.horizon_years - spec.short_of_horizon)
    if spec.upper is not None:
        return low, float(spec.upper)
    scale = evaluation.price if spec.unit.startswith("money") else 10.0
    return low, 100.0 * today if today > 0.0 else scale


class _Question(ABC):
    """At which value of one input does the verdict flip?

    Args:
        name: of the input.
        evaluation: of the vendor.
        whatif: the same vendor at other inputs.
    """

    def __init__(self, name: str, evaluation: Evaluation, whatif: WhatIf) -> None:
        rate = name == DISCOUNT_RATE
        self.name, self.whatif = name, whatif
        self.given = evaluation.firm.discount_rate if rate else getattr(evaluation.inputs, name)
        self.today = self.given.mid if isinstance(self.given, Range) else float(self.given)
        self.standing = evaluation.decision.verdict
        self.ends = _ends(name, COLUMNS.get(name) or SETTINGS[name], self.today, evaluation)

    @property
    def least(self) -> float:
        """How near a flip may be."""
        return 0.0

    @abstractmethod
    def found(self) -> Found:
        """The nearest value and the verdict there."""

    def flip(self) -> Flip:
        """The answer."""
        found = self.found()
        return Flip(self.name, self.today) if found is None else self._flip(*found)

    @property
    def least_place(self) -> tuple[bool, bool, float]:
        """The first place that the answer may take among others."""
        if math.isinf(self.least):
            return _place(Flip(self.name, self.today))
        return _place(self._flip(self.today + self.least, self.standing))

    def _flip(self, value: float, verdict: str) -> Flip:
        today, given = self.today, self.given
        width = given.high - given.low if isinstance(given, Range) else None
        return Flip(
            self.name,
            today,
            value,
            verdict,
            None if width is None else abs(value - today) / width,
            None if today == 0.0 else (value - today) / today,
        )


class _Whole(_Question):
    """A whole number: all of them can be tried."""

    def found(self) -> Found:
        """The nearest value and the verdict there."""
        low, high = (int(end) for end in self.ends)
        whatif, near = self.whatif, NEAR * self.whatif.mid["price"]
        for value in sorted(range(low, high + 1), key=lambda v: (abs(v - self.today), v)):
            if whatif.nearly(**{self.name: value})[1].slacks[self.standing] > near:
                continue  # far from another verdict, whatever all draws say
            verdict = whatif.ruling(**{self.name: value}).verdict
            if verdict != self.standing:
                return float(value), verdict
        return None


class _Judged(_Question):
    """An input that only limits look at: the verdict is constant between these."""

    def found(self) -> Found:
        """The nearest limit beyond which the verdict is another."""
        low, high = self.ends
        limits = sorted({v for v in _limits(self.name, self.whatif) if low <= v <= high})

        def side(beyond: Sequence[float], end: float) -> Found:
            for limit, following in pairwise([*beyond, end]):
                middle = (limit + following) / 2.0
                verdict = self.whatif.ruling(**{self.name: middle}).verdict
                if verdict != self.standing:
                    return limit, verdict
            return None

        below = side([v for v in reversed(limits) if v <= self.today], low)
        above = side([v for v in limits if v >= self.today], high)
        return nearest(self.today, (below, above))


def _limits(name: str, whatif: WhatIf) -> Iterable[float]:
    """Values of a criterion, satisfaction or competence at which something switches."""
    firm: Assumptions = whatif.firm
    if name == "client_satisfaction":
        yield firm.min_client_satisfaction
    elif name == "competence":
        yield firm.min_competence
    else:
        points = 10.0 * dict(zip(CRITERIA, firm.criteria_weights.tolist(), strict=True))[name]
        rest = whatif.classification.score - points * whatif.mid[name]
        if points > 0.0:
            yield (firm.strategic_threshold - rest) / points
            yield (firm.strategic_threshold - firm.approval_margin - rest) / points
        if name == "differentiation":
            yield firm.differentiation_floor


class _Solved(_Question):
    """The nearest zero of the standing verdict's slack, looked for with few draws at first."""

    @cached_property
    def _search(self) -> Search:
        return Search(self.name, self.today, self.ends, self.standing, self.whatif)

    @cached_property
    def _now(self) -> str:
        """The verdict at today's value alone, which need not be that of a range around it."""
        if not isinstance(self.given, Range):
            return self.standing
        if self._search.now.slacks[self.standing] > NEARER * self.whatif.mid["price"]:
            return self.standing  # far from another verdict, whatever all draws say
        return self.whatif.ruling(**{self.name: self.today}).verdict

    @property
    def least(self) -> float:
        """How near a flip may be, as far as a quick look tells."""
        return self._search.least if self._now == self.standing else 0.0

    def found(self) -> Found:
        """The nearest value and the verdict there."""
        return self._search.found() if self._now == self.standing else (self.today, self._now)
