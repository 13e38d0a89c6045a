"""The smallest change of one input that would alter the verdict.

The rule's slack of the standing verdict (`decision.Ruling`) is positive as long as it stands and
continuous in nearly every input, so its zero is where the verdict flips: a few draws tell between
which two values, all draws tell where, by Brent's method, exactly where it is linear.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np

from acquire.assumptions import SETTINGS, Assumptions
from acquire.cases import can_build
from acquire.columns import Column, Kind
from acquire.decision import Ruling
from acquire.display import quantity
from acquire.evaluation import Evaluation
from acquire.ranges import Array, Range
from acquire.sensitivity.whatif import DISCOUNT_RATE, JUDGED, SOME, WhatIf
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

NEAR = 1e-3
"""Share of the price by which some draws may miss the slack of all draws."""


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
    found = [_flip(name, evaluation, whatif) for name in _asked(evaluation)]

    def place(flip: Flip) -> tuple[bool, bool, float]:
        far = flip.ranges if flip.ranges is not None else flip.change
        return flip.value is None, flip.ranges is None, math.inf if far is None else abs(far)

    return tuple(sorted(found, key=place))


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


def _flip(name: str, evaluation: Evaluation, whatif: WhatIf) -> Flip:
    given = evaluation.firm.discount_rate
    if name != DISCOUNT_RATE:
        given = getattr(evaluation.inputs, name)
    today = given.mid if isinstance(given, Range) else float(given)
    standing = evaluation.decision.verdict
    spec = COLUMNS[name] if name in COLUMNS else SETTINGS[name]
    ends = _ends(name, spec, today, evaluation)
    if spec.kind is Kind.WHOLE:
        found = _whole(name, today, ends, standing, whatif)
    elif name in JUDGED:
        found = _judged(name, today, ends, standing, whatif)
    else:
        found = _solved(name, today, ends, standing, whatif)
    if found is None:
        return Flip(name, today)
    value, verdict = found
    width = given.high - given.low if isinstance(given, Range) else None
    return Flip(
        name,
        today,
        value,
        verdict,
        None if width is None else abs(value - today) / width,
        None if today == 0.0 else (value - today) / today,
    )


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


def _whole(
    name: str, today: float, ends: tuple[float, float], standing: str, whatif: WhatIf
) -> Found:
    """The nearest whole number at which the verdict is another."""
    low, high = (int(end) for end in ends)
    for value in sorted(range(low, high + 1), key=lambda v: (abs(v - today), v)):
        if whatif.nearly(**{name: value})[1].slacks[standing] > NEAR * whatif.mid["price"]:
            continue  # far from another verdict, whatever all draws say
        verdict = whatif.ruling(**{name: value}).verdict
        if verdict != standing:
            return float(value), verdict
    return None


def _judged(
    name: str, today: float, ends: tuple[float, float], standing: str, whatif: WhatIf
) -> Found:
    """The nearest limit beyond which the verdict is another; it is constant between limits."""
    limits = sorted({v for v in _limits(name, whatif) if ends[0] <= v <= ends[1]})

    def side(beyond: Sequence[float], end: float) -> Found:
        for limit, following in pairwise([*beyond, end]):
            verdict = whatif.ruling(**{name: (limit + following) / 2.0}).verdict
            if verdict != standing:
                return limit, verdict
        return None

    below = side([v for v in reversed(limits) if v <= today], ends[0])
    above = side([v for v in limits if v >= today], ends[1])
    return _nearest(today, (below, above))


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


def _solved(
    name: str, today: float, ends: tuple[float, float], standing: str, whatif: WhatIf
) -> Found:
    """The nearest zero of the standing verdict's slack."""
    sides = [_towards(today, end) for end in ends]
    rough = whatif.rulings(name, np.concatenate([[today], *sides]))
    now = _at_mid(name, today, standing, whatif)
    if now != standing:
        return today, now
    search = _Search(name, today, standing, whatif)
    split = 1 + len(sides[0])
    looked = [(sides[0], rough[1:split]), (sides[1], rough[split:])]
    found: Found = None
    for side, seen in sorted(looked, key=lambda pair: search.distance(*pair)):
        if found is None or search.distance(side, seen) < abs(found[0] - today):
            found = _nearest(today, (found, search.side(side, seen)))
    return found


def _at_mid(name: str, today: float, standing: str, whatif: WhatIf) -> str:
    """The verdict at today's value alone, which need not be that of a range around it."""
    if name == DISCOUNT_RATE or not isinstance(getattr(whatif.vendor, name), Range):
        return standing
    if whatif.nearly(**{name: today})[1].slacks[standing] > NEAR * whatif.mid["price"]:
        return standing  # far from another verdict, whatever all draws say
    return whatif.ruling(**{name: today}).verdict


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
        standing: the verdict.
        whatif: the vendor.
    """

    def __init__(self, name: str, today: float, standing: str, whatif: WhatIf) -> None:
        self._name, self._today, self._standing, self._whatif = name, today, standing, whatif
        self._price = whatif.mid["price"]
        self._asked: dict[float, Ruling] = {}
        self._slack = cache(lambda at: self._counted(self._ruling(at)))

    def distance(self, values: Array, rough: Sequence[Ruling]) -> float:
        """How near a flip among such values may be; arguments as of `side`."""
        first = self._first(rough)
        if first is None:
            return math.inf
        return abs(float([self._today, self._today, *values.tolist()][first - 1]) - self._today)

    def _first(self, rough: Sequence[Ruling]) -> int | None:
        """The first of the values, from 1, at which few draws see another verdict."""
        return next((i for i, r in enumerate(rough, 1) if r.verdict != self._standing), None)

    def side(self, values: Array, rough: Sequence[Ruling]) -> Found:
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
