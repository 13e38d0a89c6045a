"""Means along one input in which the model is linear, over all draws, exactly and quickly.

Every amount of the cash flows is linear in such an input, draw by draw, so the difference between
two of its values tells them all. Only what comes after the horizon bends: a business that earns
nothing there is closed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from acquire.assumptions import Assumptions
from acquire.cases import build_cases
from acquire.decision import Means, each
from acquire.ledger import KEPT, means_of
from acquire.ranges import Array
from acquire.simulation import Point
from acquire.streams import (
    Case,
    Growths,
    Running,
    Stream,
    Timeline,
    after_horizon,
    run,
    terminal_value,
)
from acquire.ties import TIE
from acquire.vendor import CRITERIA, RANGED, Vendor

BENT = ("internal_growth", "external_growth", "advantage_decay")
"""Inputs that compound over the years."""

LINEAR = frozenset(RANGED).difference(CRITERIA, BENT, ("price", "success_probability"))
"""Inputs in which every amount is linear, but for the two that have their means in closed form."""


def first_draws(x: Point, draws: int) -> Point:
    """The first of the draws at a point."""
    return {n: v[:draws] if isinstance(v, np.ndarray) else v for n, v in x.items()}


@dataclass(frozen=True, eq=False)
class Drawn:
    """All draws of a vendor through its cases, as its inputs stand.

    Args:
        names: of the cases.
        until: what they bring until the horizon, of all draws.
        payoffs: with what comes after it, shape (cases, n).
        kept: the inputs of `ledger.KEPT`, shape (n,) each.
    """

    names: Sequence[str]
    until: Running
    payoffs: Array
    kept: Mapping[str, Array]

    def means(self, draws: int | None = None) -> Means:
        """Of the first draws, or of all."""
        payoffs = {
            name: row[np.newaxis, :draws]
            for name, row in zip(self.names, self.payoffs, strict=True)
        }
        kept = (self.kept[name][np.newaxis, :draws] for name in KEPT)
        return each(means_of(payoffs, *kept))[0]


class Model:
    """The cases of a vendor, built at points whose draws come again and again.

    Args:
        vendor: without empty cells.
        firm: gives the years.
        strategic: whether the vendor is.
        violations: whether the cases that break the conditions are wanted.
        points: the inputs, block by block.
    """

    def __init__(
        self,
        vendor: Vendor,
        firm: Assumptions,
        points: Iterable[Point],
        *,
        strategic: bool,
        violations: bool,
    ) -> None:
        self.time = Timeline(firm)
        self.points = list(points)
        self.sizes = [max(np.size(value) for value in x.values()) for x in self.points]
        self.growths = [Growths() for _ in self.points]
        self._vendor, self._firm = vendor, firm
        self._strategic, self._violations = strategic, violations

    def part(self, draws: int) -> Model:
        """The same of the first draws alone, which are at most those of the first block."""
        return Model(
            self._vendor,
            self._firm,
            [first_draws(self.points[0], draws)],
            strategic=self._strategic,
            violations=self._violations,
        )

    def cases(self, **changes: float) -> list[dict[str, Case]]:
        """Of each block, with some inputs replaced."""
        return [
            build_cases(
                {**x, **changes},
                self._vendor,
                self.time,
                strategic=self._strategic,
                violations=self._violations,
                growths=growths,
            )
            for x, growths in zip(self.points, self.growths, strict=True)
        ]

    def input(self, name: str) -> Array:
        """All draws of an input, shape (n,)."""
        pairs = zip(self.points, self.sizes, strict=True)
        return np.concatenate([np.broadcast_to(x[name], (n,)) for x, n in pairs])

    def run(self, blocks: Sequence[Sequence[Case]]) -> Running:
        """All draws of these cases of each block until the horizon."""
        parts = [run(cases, self.time, n) for cases, n in zip(blocks, self.sizes, strict=True)]
        payoffs, bases, left = (
            np.concatenate([getattr(part, what) for part in parts], axis=1)
            for what in ("payoffs", "bases", "left")
        )
        return Running(payoffs, bases, left)

    def drawn(self, **changes: float) -> Drawn:
        """All draws of all cases, with some inputs replaced."""
        built = self.cases(**changes)
        until = self.run([list(cases.values()) for cases in built])
        kept = {name: self.input(name) for name in KEPT}
        payoffs = until.payoffs + after_horizon(until, self.time, kept["price"])
        return Drawn(list(built[0]), until, payoffs, kept)


class Line:
    """Means at any value of one input, or of several that no amount is a product of.

    Args:
        model: the vendor's cases.
        today: its draws as its inputs stand.
        names: of the inputs, all of `LINEAR`.
    """

    def __init__(self, model: Model, today: Drawn, names: Sequence[str]) -> None:
        self._time, self._names = model.time, names
        self._base, self._from = today, model.input(names[0])
        if len(names) > 1:
            self._base, self._from = model.drawn(**dict.fromkeys(names, 0.0)), np.zeros(1)
        ends = (model.cases(**dict.fromkeys(names, end)) for end in (0.0, 1.0))
        blocks = list(zip(*ends, strict=True))
        slopes = []
        for zero, one in blocks:
            differences = _Differences()
            slopes.append({name: differences.of_case(zero[name], one[name]) for name in zero})
        changed = [name for name in slopes[0] if not all(_empty(block[name]) for block in slopes)]
        self._slopes: dict[str, tuple[Array, Array | None, Array | None]] = {}
        if not changed:
            return
        found = model.run([[block[name] for name in changed] for block in slopes])
        for row, name in enumerate(changed):
            bases, left = (part[row] for part in (found.bases, found.left))
            self._slopes[name] = (
                found.payoffs[row],
                bases if bases.any() else None,
                left if left.any() else None,
            )

    def means(self, values: Array, draws: int | None = None) -> dict[str, Array]:
        """Means at each value, of the first draws or of all: every field of `Means`, shape (k,).

        Args:
            values: shape (k,).
            draws: how many.
        """
        some, base = slice(draws), self._base
        column = values[:, np.newaxis]
        change = column - self._from[some]
        kept = {name: base.kept[name][np.newaxis, some] for name in KEPT}
        nothing = TIE * kept["price"]
        payoffs = {}
        for row, name in enumerate(base.names):
            if name not in self._slopes:
                payoffs[name] = base.payoffs[np.newaxis, row, some]
                continue
            slope, of_base, of_left = self._slopes[name]
            payoff = change * slope[some]
            if of_base is None and of_left is None:
                payoff += base.payoffs[row, some]
            else:
                until = base.until
                earned = _moved(until.bases[row, some], change, of_base, some)
                left = _moved(until.left[row, some], change, of_left, some)
                earned = np.broadcast_to(earned, payoff.shape)
                value = terminal_value(earned, left, nothing, self._time)
                value *= self._time.discount[-1]
                payoff += until.payoffs[row, some]
                payoff += value
            payoffs[name] = payoff
        kept |= {name: column for name in self._names if name in KEPT}
        found = means_of(payoffs, *(kept[name] for name in KEPT))
        return {name: np.broadcast_to(mean, values.shape) for name, mean in found.items()}


class _Differences:
    """What streams and cases of one block bring more with an input at 1 than at 0."""

    def __init__(self) -> None:
        self._known: dict[tuple[Stream, Stream], Stream | None] = {}

    def of_case(self, zero: Case, one: Case) -> Case:
        """As a case of its own, with only the streams that differ."""
        benefits = self._of_streams(_apart(zero), _apart(one))
        costs = self._of_streams(zero.costs, one.costs)
        advantage = self._of_stream(zero.strategic, one.strategic)
        owed = None
        if zero.receivables is not None and one.receivables is not None:
            owed = self._of_stream(zero.receivables, one.receivables)
        outlay = one.outlay - zero.outlay
        strategic = advantage or Stream(0.0, zero.strategic.growth, zero.strategic.weights)
        return Case([*benefits, strategic], costs, strategic, owed, outlay)

    def _of_streams(self, zero: Sequence[Stream], one: Sequence[Stream]) -> list[Stream]:
        pairs = zip(zero, one, strict=True)
        return [found for pair in pairs if (found := self._of_stream(*pair))]

    def _of_stream(self, zero: Stream, one: Stream) -> Stream | None:
        if (zero, one) not in self._known:
            same = np.array_equal(zero.amount, one.amount)
            found = None if same else Stream(one.amount - zero.amount, one.growth, one.weights)
            self._known[zero, one] = found
        return self._known[zero, one]


def _moved(today: Array, change: Array, slope: Array | None, some: slice) -> Array:
    """What is linear in the input, elsewhere."""
    return today if slope is None else today + change * slope[some]


def _empty(case: Case) -> bool:
    """Whether a difference is none."""
    streams = (*_apart(case), *case.costs, case.receivables)
    return not (any(streams) or np.any(case.outlay) or np.any(case.strategic.amount))


def _apart(case: Case) -> list[Stream]:
    """Benefits but for the strategic one."""
    return [stream for stream in case.benefits if stream is not case.strategic]
