"""The smallest change of one input that would alter the verdict.

The rule's slack of the standing verdict (`decision.Ruling`) is positive as long as it stands and
continuous in nearly every input, so its zero is where the verdict flips: a few draws tell between
which two values, all draws tell where, by Brent's method, exactly where it is linear.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise

import numpy as np

from acquire.assumptions import SETTINGS, Assumptions
from acquire.cases import can_build
from acquire.columns import Column, Kind
from acquire.decision import Ruling
from acquire.display import quantity
from acquire.evaluation import Evaluation
from acquire.ranges import Array, Range
from acquire.sensitivity.ways import DISCOUNT_RATE, SOME
from acquire.sensitivity.whatif import JUDGED, WhatIf
from acquire.ties import TIE
from acquire.vendor import COLUMNS, CRITERIA, Vendor

STEPS = 16
"""Values looked at on either side of today's, closer together near it."""

SECANTS = 6
"""Steps after which the search for a zero takes to Brent's method."""

BETWEEN = 13
"""Values looked at around the two of these between which the verdict flips."""

EDGE = 1e-6
"""A value this near to the end of what is allowed, as a share of the way there, stands for it."""

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


Found = tuple[float, str] | None


def _nearest(today: float, found: Iterable[Found]) -> Found:
    return min((f for f in found if f), key=lambda f: abs(f[0] - today), default=None)


class _Question:
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

    def found(self) -> Found:
        """The nearest value and the verdict there."""
        raise NotImplementedError

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
        return _nearest(self.today, (below, above))


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
    def _search(self) -> _Search:
        return _Search(self.name, self.today, self.ends, self.standing, self.whatif)

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


def _towards(today: float, end: float) -> Array:
    """Values from today's, not included, to the end, the last but one just short of it."""
    if end == today:
        return np.empty(0)
    steps = (np.arange(1, STEPS) / STEPS) ** (3 if abs(end - today) > 10.0 * abs(today) else 2)
    values: Array = today + (end - today) * np.append(steps, [1.0 - EDGE, 1.0])
    values[-1] = end
    return values


class _Search:
    """The search for the zero of a slack, first with some draws, then with all.

    Args:
        name: of the input.
        today: its value as it is, at which the standing verdict holds.
        ends: between which values to search.
        standing: the verdict.
        whatif: the vendor.

    Attributes:
        now: what few draws say at today's value.
    """

    def __init__(
        self,
        name: str,
        today: float,
        ends: tuple[float, float],
        standing: str,
        whatif: WhatIf,
    ) -> None:
        self._name, self._today, self._standing, self._whatif = name, today, standing, whatif
        self._price = whatif.mid["price"]
        self._asked: dict[float, Ruling] = {}
        self._slack = cache(lambda at: self._counted(self._ruling(at)))

        below, above = (_towards(today, end) for end in ends)
        self.now, *rough = whatif.rulings(name, np.concatenate([[today], below, above]))
        sides = (below, rough[: len(below)]), (above, rough[len(below) :])
        self._sides = sorted(
            ((self._least(*side), side) for side in sides), key=lambda look: look[0]
        )

    @property
    def least(self) -> float:
        """How near a flip may be, as far as few draws tell."""
        return self._sides[0][0]

    def found(self) -> Found:
        """The nearest flip, and the verdict just beyond it."""
        found: Found = None
        for least, side in self._sides:
            if found is None or least < abs(found[0] - self._today):
                found = _nearest(self._today, (found, self._side(*side)))
        return found

    def _least(self, values: Array, rough: Sequence[Ruling]) -> float:
        """How near a flip among values may be; arguments as of `_side`."""
        first = self._first(rough)
        if first is None:
            return math.inf
        return abs(float([self._today, self._today, *values.tolist()][first - 1]) - self._today)

    def _first(self, rough: Sequence[Ruling]) -> int | None:
        """The first of the values, from 1, at which few draws see another verdict."""
        return next((i for i, r in enumerate(rough, 1) if r.verdict != self._standing), None)

    def _side(self, values: Array, rough: Sequence[Ruling]) -> Found:
        """The flip nearest to today among values that lead away from it.

        Args:
            values: away from today's.
            rough: what few draws say at each.
        """
        path = [self._today, *values.tolist()]
        first = self._first(rough)
        if first is None:
            return None
        if first == len(values):  # it flips only at the very end of what is allowed
            verdict = self._ruling(path[-1]).verdict
            return None if verdict == self._standing else (path[-1], verdict)
        around = path[max(first - 2, 0)], path[min(first + 1, len(path) - 1)]
        for search in (self._by_secant, self._at_a_jump):
            flip = search(*around)
            other = None if flip is None else self._beyond(flip, around[1])
            if flip is not None and other is not None:
                return flip, other
        return self._by_brent(path, first)

    def _beyond(self, flip: float, outer: float) -> str | None:
        """The verdict just beyond a flip, on the side of `outer`."""
        away = outer - flip
        for at, ruling in self._asked.items():  # one asked for on the way may tell
            if away and 0.0 < (at - flip) / away < 1e-3 and ruling.verdict != self._standing:
                return ruling.verdict
        rulings = (self._ruling(flip + away * part) for part in (1e-6, 1e-3))
        return next((r.verdict for r in rulings if r.verdict != self._standing), None)

    def _ruling(self, at: float) -> Ruling:
        if at not in self._asked:
            self._asked[at] = self._whatif.ruling(**{self._name: at})
        return self._asked[at]

    def _counted(self, ruling: Ruling) -> float:
        """The slack of the standing verdict, nowhere infinite, and above 0 where it is a tie."""
        slack = ruling.slacks[self._standing]
        least, most = 1e-3 * TIE * self._price, 1e6 * self._price
        return min(max(slack, least), most) if slack >= 0.0 else max(slack, -most)

    def _by_secant(self, inner: float, outer: float) -> float | None:
        """Where some draws see a change of sign, then secants over all draws; None if they stray.

        A step leaves an error like the product of the two before it (none where the slack is a
        straight line), so one of a hundred-thousandth of the way from today is the last.
        """
        between = np.linspace(inner, outer, BETWEEN)
        near = [self._counted(r) for r in self._whatif.rulings(self._name, between, draws=SOME)]
        beyond = next((i for i, slack in enumerate(near) if slack < 0.0), 0)
        if not beyond:
            return None
        last, slack = float(between[beyond - 1]), near[beyond - 1]
        slope = (near[beyond] - slack) / float(between[beyond] - last)
        before = last - slack / slope
        slack = self._slack(before)
        for _ in range(SECANTS):
            at = before - slack / slope if slope else math.nan
            if not min(inner, outer) <= at <= max(inner, outer):
                return None
            if abs(at - before) <= 1e-5 * abs(at - self._today):
                return at
            now = self._slack(at)
            before, slack, slope = at, now, (now - slack) / (at - before)
        return None

    def _at_a_jump(self, inner: float, outer: float) -> float | None:
        """Where the slack jumps below 0; that is a matter of mid values, and so of no draws."""
        near = cache(lambda at: self._counted(self._whatif.nearly(**{self._name: at})[1]))
        if near(inner) < 0.0 or near(outer) >= 0.0:
            return None
        at = root(near, inner, outer)
        beside = 1e-9 * (outer - inner)
        jumps = self._slack(at - beside) >= 0.0 > self._slack(at + beside)
        return at if jumps else None

    def _by_brent(self, path: Sequence[float], first: int) -> Found:
        bracket = _bracket(self._slack, path, first)
        if bracket is None:
            return None
        flip = root(self._slack, *bracket)
        other = self._beyond(flip, bracket[1])
        return None if other is None else (flip, other)


def _bracket(
    function: Callable[[float], float], path: Sequence[float], first: int
) -> tuple[float, float] | None:
    """Around where few draws saw a change of sign, or a step nearer or further."""
    inner = next((v for v in reversed(path[:first]) if function(v) >= 0.0), None)
    outer = next((v for v in path[first : first + 3] if function(v) < 0.0), None)
    return None if inner is None or outer is None else (inner, outer)


def root(
    function: Callable[[float], float], start: float, end: float, *, within: float = 1e-12
) -> float:
    """Where a function changes its sign between two values, to a share of their distance."""
    from scipy.optimize import brentq

    for at in (start, end):
        if function(at) == 0.0:
            return at
    found: float = brentq(function, start, end, xtol=within * abs(end - start), rtol=1e-12)
    return found
