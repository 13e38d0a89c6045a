"""One analyst at work: changes with undo and redo, a pinned case, presets and a log in words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from acquire.assumptions import Assumptions
from acquire.display import quantity
from acquire.distribution import Distribution
from acquire.evaluation import Evaluation, distribution, evaluate_with_draws
from acquire.explorer.case import Case, at_base_rates, spread
from acquire.explorer.controls import controls, spec_of, typed
from acquire.ranges import Range
from acquire.sensitivity import Sensitivity, analyse
from acquire.vendor import Vendors

MOST_UNDONE = 500
"""Changes that can be undone; older ones are forgotten."""

PRESETS: dict[str, tuple[str, Callable[[Case], Case] | None]] = {
    "given": ("vendor and firm as given", None),
    "low": ("all ranges at their low", lambda case: case.mapped(lambda values: values.low)),
    "high": ("all ranges at their high", lambda case: case.mapped(lambda values: values.high)),
    "base_rates": ("base rates", at_base_rates),
}
"""Words for each preset, and what it makes of a case; None for the case as given."""


@dataclass(frozen=True)
class Seen:
    """A case with all that is shown of it at once.

    Args:
        vendor_id: of the vendor.
        case: the inputs.
        evaluation: of them.
        shape: how the payoff of the chosen strategy is distributed.
    """

    vendor_id: str
    case: Case
    evaluation: Evaluation
    shape: Distribution

    @classmethod
    def of(cls, case: Case) -> Seen:
        """Evaluate a case.

        Raises:
            InputError: it has empty cells without a default.
        """
        evaluation, ledger = evaluate_with_draws(case.vendor, case.firm)
        return cls(case.vendor.vendor_id, case, evaluation, distribution(evaluation, ledger))


@dataclass(frozen=True)
class Entry:
    """What was done, in words.

    Args:
        what: such as "price USD 20.0 million → USD 24.0 million".
        before, after: titles of the verdicts.
    """

    what: str
    before: str
    after: str

    def __str__(self) -> str:
        verdict = f"verdict {self.before} → {self.after}"
        return f"{self.what}: {verdict if self.before != self.after else f'still {self.after}'}"


class Session:
    """What an explorer shows, and how it got there.

    Args:
        vendors: by id.
        firm: the firm's assumptions as given.
        vendor_id: of the vendor to begin with.

    Raises:
        InputError: no such vendor, or it lacks what the firm has no default for.
    """

    def __init__(self, vendors: Vendors, firm: Assumptions, vendor_id: str) -> None:
        self.vendors, self.firm = vendors, firm
        self.now = Seen.of(Case(vendors[vendor_id], firm))
        self.pinned: Seen | None = None
        self.log: list[Entry] = []
        self.analysed: tuple[Seen, Sensitivity] | None = None
        self._past: list[Seen] = []
        self._future: list[Seen] = []
        self._gesture: tuple[str, str] | None = None

    @property
    def given(self) -> Case:
        """The vendor and the firm as they were given."""
        return Case(self.vendors[self.now.vendor_id], self.firm)

    @property
    def can_undo(self) -> bool:
        """Whether there is something to undo."""
        return bool(self._past)

    @property
    def can_redo(self) -> bool:
        """Whether something was undone."""
        return bool(self._future)

    def differences(self) -> list[str]:
        """Names of the inputs that differ from those given."""
        return list(self.now.case.differences(self.given))

    def enter(self, name: str, text: str, gesture: str = "") -> None:
        """Change one input.

        Args:
            name: of a control.
            text: as in a file; empty for the default.
            gesture: changes of one input with the same gesture are undone as one.

        Raises:
            InputError: the input does not allow it; nothing has changed then.
        """
        self._change(name, self.now.case.changed(name, text), gesture)

    def move(self, name: str, mid: float, gesture: str = "") -> None:
        """Change one input to a number, or move its range there; see `enter`.

        A range is moved from where it was at the start of the gesture, whatever the way since.
        """
        start = self._past[-1] if self._goes_on(name, gesture) else self.now
        self._change(name, start.case.moved(name, mid), gesture)

    def make_uncertain(self, name: str) -> None:
        """Put a range around a number, or the mid in the place of a range; see `enter`."""
        value = self.now.case.value(name)
        other = value.mid if isinstance(value, Range) else spread(float(value), name)
        self._change(name, self.now.case.changed(name, other), "")

    def reset(self, name: str) -> None:
        """Put one input back to what was given."""
        self._change(name, self.now.case.changed(name, self.given.cell(name)), "")

    def preset(self, key: str) -> None:
        """Take one of the `PRESETS`."""
        words, change = PRESETS[key]
        self._go(self.given if change is None else change(self.now.case), words)

    def choose(self, vendor_id: str) -> None:
        """Turn to another vendor as given; the firm's assumptions stay as they are now.

        Raises:
            InputError: no such vendor, or it does not go with these assumptions.
        """
        name = self.vendors[vendor_id].name
        case = Case(self.vendors[vendor_id], self.now.case.firm)
        self._go(case, f"vendor {self.now.case.vendor.name} → {name}")

    def take(self, case: Case, words: str) -> None:
        """Turn to a case that comes from elsewhere, such as a saved scenario."""
        self._go(case, words)

    def undo(self) -> None:
        """Take back the last change; nothing where there is none."""
        self._step(self._past, self._future, "undone")

    def redo(self) -> None:
        """Make the change again that was undone last; nothing where there is none."""
        self._step(self._future, self._past, "done again")

    def pin(self) -> None:
        """Hold everything from now on against the case as it is."""
        self.pinned = self.now

    def unpin(self) -> None:
        """Hold it against nothing."""
        self.pinned = None

    def analyse(self) -> None:
        """Compute the sensitivity of the case as it is."""
        if self.analysed is None or self.analysed[0] is not self.now:
            self.analysed = self.now, analyse(self.now.evaluation)

    def _goes_on(self, name: str, gesture: str) -> bool:
        """Whether a change belongs to the last one."""
        return bool(gesture) and self._gesture == (name, gesture) and bool(self._past)

    def _change(self, name: str, case: Case, gesture: str) -> None:
        if case == self.now.case:
            return
        goes_on = self._goes_on(name, gesture)
        start = self._past[-1] if goes_on else self.now
        entry = said(name, start, case)
        seen = Seen.of(case)
        if goes_on:
            self.log.pop()
            self.now = seen
        else:
            self._to(seen)
        self._gesture = (name, gesture)
        self.log.append(_entry(entry, start, seen))

    def _go(self, case: Case, words: str) -> None:
        if case == self.now.case:
            return
        before, seen = self.now, Seen.of(case)
        self._to(seen)
        self.log.append(_entry(words, before, seen))

    def _to(self, seen: Seen) -> None:
        self._past.append(self.now)
        del self._past[:-MOST_UNDONE]
        self._future.clear()
        self._gesture = None
        self.now = seen

    def _step(self, source: list[Seen], target: list[Seen], words: str) -> None:
        if not source:
            return
        before, seen = self.now, source.pop()
        target.append(before)
        self._gesture = None
        self.now = seen
        names = list(seen.case.differences(before.case))
        what = said(names[0], before, seen.case) if len(names) == 1 else f"{len(names)} inputs"
        self.log.append(_entry(f"{words}: {what}", before, seen))


def said(name: str, before: Seen, after: Case) -> str:
    """The change of one input in words."""
    label = controls()[name].label
    unit, currency = spec_of(name).unit, after.firm.currency
    values = [case.value(name) for case in (before.case, after)]
    one, other = (spoken(value, unit, currency) for value in values)
    if one == other:
        one, other = (typed(value) for value in values)
    return f"{label} {one} → {other}"


def spoken(value: Any, unit: str, currency: str) -> str:
    """A value as it is spoken of; of a range the mid, with its ends."""
    if value in (None, ""):
        return "none"
    if isinstance(value, Range):
        low, mid, high = (quantity(v, unit, currency) for v in (value.low, value.mid, value.high))
        return f"{mid} ({low} to {high})"
    if isinstance(value, int | float):
        return quantity(float(value), unit, currency)
    return str(value)


def _entry(what: str, before: Seen, after: Seen) -> Entry:
    return Entry(what, before.evaluation.decision.title, after.evaluation.decision.title)
