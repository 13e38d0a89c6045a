"""The search for the value of one input at which a verdict flips.

The rule's slack of the standing verdict (`decision.Ruling`) is positive as long as it stands and
continuous in nearly every input, so its zero is where the verdict flips: a few draws tell between
which two values, all draws tell where, by Brent's method, exactly where it is linear.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from functools import cache

import numpy as np

from acquire.decision import Ruling
from acquire.ranges import Array
from acquire.sensitivity.ways import SOME
from acquire.sensitivity.whatif import WhatIf
from acquire.ties import TIE

STEPS = 16
"""Values looked at on either side of today's, closer together near it."""

SECANTS = 6
"""Steps after which the search for a zero takes to Brent's method."""

BETWEEN = 13
"""Values looked at around the two of these between which the verdict flips."""

EDGE = 1e-6
"""A value this near to the end of what is allowed, as a share of the way there, stands for it."""


Found = tuple[float, str] | None
"""A value and the verdict there; None where no value that was looked at changes it."""


def nearest(today: float, found: Iterable[Found]) -> Found:
    """The one nearest to today's value."""
    return min((f for f in found if f), key=lambda f: abs(f[0] - today), default=None)


def _towards(today: float, end: float) -> Array:
    """Values from today's, not included, to the end, the last but one just short of it."""
    if end == today:
        return np.empty(0)
    steps = (np.arange(1, STEPS) / STEPS) ** (3 if abs(end - today) > 10.0 * abs(today) else 2)
    values: Array = today + (end - today) * np.append(steps, [1.0 - EDGE, 1.0])
    values[-1] = end
    return values


class Search:
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
                found = nearest(self._today, (found, self._side(*side)))
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
