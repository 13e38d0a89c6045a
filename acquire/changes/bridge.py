"""The bridge from an old payoff to a new one: which input moved it by how much.

The inputs are changed one by one from old to new, in the order of the columns and then of the
firm's settings, and once more in the reverse order. Each order's steps add up from old to new,
because each begins where the one before it ended; so does the mean of an input's two steps, which
is what it counts with. Swapping old and new turns the sign of every step and changes nothing else.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from acquire.assumptions import SETTINGS, Assumptions
from acquire.changes.published import Result
from acquire.conditions import full_costing, judge
from acquire.decision import Means, rule
from acquire.display import words
from acquire.ledger import through_cases
from acquire.machine import one_thread
from acquire.ranges import Range
from acquire.scoring import classify, judged
from acquire.simulation import draws_for, sample
from acquire.streams import Timeline
from acquire.ties import TIE
from acquire.vendor import COLUMNS, Vendor, mid_values

CALCULATION = "calculation"
"""The step of what no input moved: other draws, or another version of the calculation."""

OF_THE_DRAWS = ("trials", "seed")
NEITHER = ("currency", "risk_tolerance", *OF_THE_DRAWS)
"""Settings that neither mean payoffs nor the verdict on them depend on, given the draws."""
STEPPED = tuple(name for name in (*SETTINGS, "weights", "correlations") if name not in NEITHER)
TEXTS = ("vendor_id", "name", "offering")
"""Columns that no figure depends on."""


@dataclass(frozen=True)
class InputChange:
    """An input that changed.

    Args:
        name: of a column of the vendor, or of a setting of the firm.
        old, new: its values, of the column's type and in its unit; of settings with entries by
            name just those that differ.
    """

    name: str
    old: Any
    new: Any

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON values, ranges as text."""
        return {"input": self.name, "old": _plain(self.old), "new": _plain(self.new)}


@dataclass(frozen=True)
class Step:
    """What one input, or several that go together, moved.

    Args:
        inputs: that changed; none for what no input moved.
        amount: of money: the mean of the two below.
        forward, reverse: of money, in the order of the columns and in the reverse order.
        verdicts: before and after the step in the order of the columns, where it flips.
    """

    inputs: Sequence[InputChange]
    amount: float
    forward: float
    reverse: float
    verdicts: tuple[str, str] | None = None

    @property
    def label(self) -> str:
        """The inputs in words."""
        return " and ".join(words(change.name) for change in self.inputs) or CALCULATION

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON values, at full precision."""
        return {
            "step": self.label,
            "inputs": [change.to_dict() for change in self.inputs],
            "amount": self.amount,
            "forward": self.forward,
            "reverse": self.reverse,
            "flip": self.verdicts and dict(zip(("old", "new"), self.verdicts, strict=True)),
        }


@dataclass(frozen=True)
class Bridge:
    """The steps from an old payoff to a new one; their amounts add up.

    Args:
        strategy: whose mean payoff it is.
        old, new: of money.
        steps: in the order of the columns and settings, what no input moved first.
    """

    strategy: str
    old: float
    new: float
    steps: Sequence[Step]

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON values, at full precision."""
        return {
            "strategy": self.strategy,
            "old": self.old,
            "new": self.new,
            "steps": [step.to_dict() for step in self.steps],
        }


Given = tuple[Vendor, Assumptions]
"""A vendor without empty cells, and the firm."""


def changed_inputs(old: Given, new: Given) -> list[InputChange]:
    """The columns and settings that differ, in their order; those of the draws left out."""
    return [
        *changed_columns(old[0], new[0]),
        *changed_settings(old[1], new[1], STEPPED),
    ]


def changed_columns(old: Vendor, new: Vendor) -> list[InputChange]:
    """The columns in which two vendors differ, in their order."""
    pairs = {name: (getattr(old, name), getattr(new, name)) for name in COLUMNS}
    return [InputChange(name, a, b) for name, (a, b) in pairs.items() if a != b]


def changed_settings(
    old: Assumptions,
    new: Assumptions,
    names: Sequence[str] = (*SETTINGS, "weights", "correlations", "defaults"),
) -> list[InputChange]:
    """The settings in which two firms differ, in this order; of mappings what differs in them."""
    found = []
    for name in names:
        a, b = getattr(old, name), getattr(new, name)
        if isinstance(a, Mapping):
            differ = [n for n in dict.fromkeys((*a, *b)) if a.get(n) != b.get(n)]
            a, b = ({n: values.get(n) for n in differ} for values in (a, b))
        if a != b:
            found.append(InputChange(name, a, b))
    return found


@one_thread
def bridge_between(old: Result, new: Result, before: Given, after: Given) -> Bridge:
    """The bridge from one result to another, of the new result's strategy.

    Args:
        old, new: as recorded.
        before, after: what they are of, empty cells filled.
    """
    strategy, price = new.way, max(_price(old), _price(new))
    start, end = old.payoffs[strategy], new.payoffs[strategy]
    changes = [c for c in changed_inputs(before, after) if c.name not in TEXTS]
    steps: list[Step] = []
    verdicts = old.verdict, new.verdict
    rest = end - start
    if changes:
        between = _Between(before, after, strategy)
        groups = _together(changes, before, after)
        steps, first, last = between.steps(groups)
        rest = (first.payoff - start) + (end - last.payoff)
        recomputed = (old.verdict, first.verdict), (last.verdict, new.verdict)
        verdicts = next((pair for pair in recomputed if pair[0] != pair[1]), recomputed[0])
    flip = verdicts if verdicts[0] != verdicts[1] else None
    if abs(rest) > TIE * price or flip:
        steps.insert(0, Step((), rest, rest, rest, flip))
    return Bridge(strategy, start, end, steps)


def _price(result: Result) -> float:
    return result.figures["price"] or 0.0


@dataclass(frozen=True)
class _State:
    """The payoff and the verdict with some of the inputs changed."""

    payoff: float
    verdict: str


class _Between:
    """What lies between two sets of inputs, over the draws of the new one."""

    def __init__(self, before: Given, after: Given, strategy: str) -> None:
        self._strategy = strategy
        draws = {name: getattr(after[1], name) for name in OF_THE_DRAWS}
        # every cell is filled, so the firm's defaults are of no use, and may not fit
        self._before = before[0], dataclasses.replace(before[1], defaults={}, **draws)
        self._after = after[0], dataclasses.replace(after[1], defaults={})

    def steps(self, groups: Sequence[Sequence[InputChange]]) -> tuple[list[Step], _State, _State]:
        """A step per group, and the states with nothing and with everything changed."""
        count = len(groups)
        forward = [self._state(groups[:i]) for i in range(count + 1)]
        backward = [forward[-1].payoff]
        backward += [self._payoff(groups[i:]) for i in range(1, count)]
        backward.append(forward[0].payoff)
        steps = []
        for i, group in enumerate(groups):
            one, other = forward[i], forward[i + 1]
            ahead, back = other.payoff - one.payoff, backward[i] - backward[i + 1]
            flip = (one.verdict, other.verdict) if one.verdict != other.verdict else None
            steps.append(Step(tuple(group), (ahead + back) / 2.0, ahead, back, flip))
        return steps, forward[0], forward[-1]

    def _at(self, groups: Sequence[Sequence[InputChange]]) -> Given:
        """The inputs with those of these groups changed."""
        names = {change.name for group in groups for change in group}
        vendor, firm = self._before
        columns = {n: getattr(self._after[0], n) for n in names if n in COLUMNS}
        settings = {n: getattr(self._after[1], n) for n in names if n not in COLUMNS}
        return dataclasses.replace(vendor, **columns), dataclasses.replace(firm, **settings)

    def _state(self, groups: Sequence[Sequence[InputChange]]) -> _State:
        vendor, firm = self._at(groups)
        kind = classify(vendor, firm, draws_for(firm))
        costing = full_costing(vendor, firm, strategic=kind.strategic)
        hold = judge(vendor, firm, kind, costing).hold
        means = _means(vendor, firm, strategic=kind.strategic)
        permitted = math.inf if hold else -math.inf
        ruling = rule(means, firm, strategic=kind.strategic, permitted=permitted)
        return _State(getattr(means, self._strategy), ruling.verdict)

    def _payoff(self, groups: Sequence[Sequence[InputChange]]) -> float:
        vendor, firm = self._at(groups)
        _, strategic = judged(mid_values(vendor), firm)
        return float(getattr(_means(vendor, firm, strategic=strategic), self._strategy))


def _means(vendor: Vendor, firm: Assumptions, *, strategic: bool) -> Means:
    points = sample(vendor, draws_for(firm))
    time = Timeline(firm)
    return through_cases(
        points, vendor, time, strategic=strategic, yearly=False, violations=False
    ).means()


def _together(
    changes: Sequence[InputChange], before: Given, after: Given
) -> list[list[InputChange]]:
    """The changes in groups that can be made one after the other, in any order."""
    groups = {change.name: [change] for change in changes}
    for one, other in _ties(groups, before, after):
        if groups[one] is not groups[other]:
            joined = groups[one] + groups[other]
            groups |= {change.name: joined for change in joined}
    order = [change.name for change in changes]
    unique = {id(group): group for group in groups.values()}
    return [sorted(group, key=lambda c: order.index(c.name)) for group in unique.values()]


def _ties(changed: Collection[str], before: Given, after: Given) -> Iterator[tuple[str, str]]:
    """Pairs of changes of which the one alone would not be allowed."""
    firms = before[1], after[1]
    if {"terminal_growth", "discount_rate"} <= set(changed):
        for one, other in (firms, firms[::-1]):
            if one.terminal_growth is not None and one.terminal_growth >= other.discount_rate:
                yield "discount_rate", "terminal_growth"
    if "horizon_years" in changed:
        for name, spec in COLUMNS.items():
            if spec.short_of_horizon is not None and name in changed:
                for (vendor, _), (_, firm) in ((before, after), (after, before)):
                    if getattr(vendor, name) > firm.horizon_years - spec.short_of_horizon:
                        yield name, "horizon_years"


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return str(value) if isinstance(value, Range) else value
