"""Two folders of reports, compared: `diff`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path

from acquire.assumptions import Assumptions
from acquire.changes.bridge import Given, InputChange, bridge_between, changed_columns
from acquire.changes.bridge import changed_settings as settings_between
from acquire.changes.published import Published, Result, read_published
from acquire.changes.record import Changes, Listed, Move, Turn, VendorChange
from acquire.errors import InputError, Problem
from acquire.ties import TIE
from acquire.vendor import Vendor

MONEY = ("value", "payoff", "walk_away_price", "price")
"""Figures that are money; the others are probabilities, but for the score."""

Pair = tuple[Result, Result]


def diff(
    old: str | Path,
    new: str | Path,
    progress: Callable[[Sequence[Pair]], Iterable[Pair]] = iter,
) -> Changes:
    """What changed from one folder of reports to another, and which input moved what.

    Args:
        old, new: the folders, or their `results.json`.
        progress: wraps the vendors of both folders, to show how far the work is.

    Raises:
        InputError: a folder is not there or holds no results, or the two are in different
            currencies; every problem of both.
    """
    folders: list[Published] = []
    problems: list[Problem] = []
    for path in (old, new):
        try:
            folders.append(read_published(path))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return compare(folders[0], folders[1], progress)


def compare(
    old: Published,
    new: Published,
    progress: Callable[[Sequence[Pair]], Iterable[Pair]] = iter,
    expected: Collection[str] = (),
) -> Changes:
    """The same of results that have been read.

    Args:
        old, new: the results.
        progress: as for `diff`.
        expected: ids of the vendors that the new folder is to hold; those without a result are
            missing rather than gone.

    Raises:
        InputError: they are in different currencies.
    """
    refuse_other_currency(old, new.name, new.currency)
    lacking = [folder.lacking for folder in (old, new)]
    problems = list(dict.fromkeys(problem for problem in lacking if problem is not None))
    compared = _Comparison(old.name, new.name, problems)
    pairs = [(old.results[i], result) for i, result in new.results.items() if i in old.results]
    vendors, unchanged = [], []
    for pair in progress(pairs):
        change = compared.vendor(*pair)
        if change is None:
            unchanged.append(_listed(pair[1]))
        else:
            vendors.append(change)
    left = {i: result for i, result in old.results.items() if i not in new.results}
    # the same settings for all of a folder, so that those of one vendor tell them
    some = pairs or list(zip(old.results.values(), new.results.values(), strict=False))
    return Changes(
        old=old.name,
        new=new.name,
        currency=new.currency,
        vendors=sorted(vendors, key=lambda v: (not v.flipped, -abs(v.payoff))),
        added=[_listed(r) for i, r in new.results.items() if i not in old.results],
        gone=[_listed(r) for i, r in left.items() if i not in expected],
        unchanged=unchanged,
        settings=compared.settings(*some[0]),
        missing=[_listed(r) for i, r in left.items() if i in expected],
        problems=compared.problems,
    )


def refuse_other_currency(old: Published, name: str, currency: str) -> None:
    """Refuse to compare money of different currencies.

    Args:
        old: results.
        name, currency: of what they are to be compared with.

    Raises:
        InputError: the currencies differ.
    """
    if old.currency != currency:
        wrong = f"{old.name} is in {old.currency}, {name} in {currency}"
        raise InputError(Problem("reports in one currency", column="currency", wrong=wrong))


class _Comparison:
    """Compares vendor by vendor.

    Args:
        old, new: names of the folders.
        problems: known so far; those of inputs that cannot be read are added.
    """

    def __init__(self, old: str, new: str, problems: list[Problem]) -> None:
        self._names, self.problems = (old, new), problems

    def vendor(self, old: Result, new: Result) -> VendorChange | None:
        """What changed of one vendor, None where nothing did."""
        moves, conditions = list(_moves(old, new)), list(_turns(old, new))
        verdicts, strategies = (old.verdict, new.verdict), (old.strategy, new.strategy)
        same = not moves and not conditions and len({*verdicts}) == len({*strategies}) == 1
        if same and _cells(old) == _cells(new):
            return None
        known = self._completed(old, new)
        inputs: Sequence[InputChange] = ()
        bridge = None
        if known is not None:
            inputs = changed_columns(known[0][0], known[1][0])
            if verdicts[0] != verdicts[1] or any(move.figure == "payoff" for move in moves):
                bridge = bridge_between(old, new, *known)
        if same and not inputs:
            return None
        return VendorChange(
            vendor_id=new.vendor_id,
            name=new.name,
            verdicts=verdicts,
            strategies=strategies,
            way=new.way,
            conditions=conditions,
            moves=moves,
            inputs=inputs,
            bridge=bridge,
        )

    def settings(self, old: Result, new: Result) -> list[InputChange]:
        """The settings of the firm that changed; none where they are not known."""
        read = self._read(old, new)
        return [] if read is None else settings_between(read[0][1], read[1][1])

    def _completed(self, old: Result, new: Result) -> tuple[Given, Given] | None:
        """What both results are of, empty cells filled; None where that is not known."""
        read = self._read(old, new)
        if read is None:
            return None
        completed = []
        for vendor, firm in read:
            try:
                completed.append((firm.complete(vendor), firm))
            except InputError as error:
                self._note(error)
        return (completed[0], completed[1]) if len(completed) == 2 else None

    def _read(
        self, old: Result, new: Result
    ) -> tuple[tuple[Vendor, Assumptions], tuple[Vendor, Assumptions]] | None:
        if old.given is None or new.given is None:  # which has been said once for all
            return None
        read = []
        for result, name in zip((old, new), self._names, strict=True):
            try:
                read.append(result.inputs(name))
            except InputError as error:
                self._note(error)
        return (read[0], read[1]) if len(read) == 2 else None

    def _note(self, error: InputError) -> None:
        self.problems += [p for p in error.problems if p not in self.problems]


def _cells(result: Result) -> object:
    """The vendor's cells as recorded, None where they are not."""
    return result.given.get("vendor") if isinstance(result.given, dict) else None


def _listed(result: Result) -> Listed:
    return Listed(result.vendor_id, result.name, result.verdict)


def _turns(old: Result, new: Result) -> Iterable[Turn]:
    for name, status in new.conditions.items():
        if status != old.conditions[name]:
            yield Turn(name, old.conditions[name], status)


def _moves(old: Result, new: Result) -> Iterable[Move]:
    """Figures that moved by more than rounding, money first."""
    way = new.way
    before, after = (
        {
            "value": r.figures["value"],
            "payoff": r.payoffs[way],
            **r.figures,
            "p_loss": r.p_loss[way],
        }
        for r in (old, new)
    )
    price = max(before["price"] or 0.0, after["price"] or 0.0)
    for name, value in after.items():
        former = before[name]
        if value is None or former is None:
            if value is not former:
                yield Move(name, former, value)
            continue
        size = max(abs(value), abs(former), price if name in MONEY else 0.0)
        if abs(value - former) > TIE * size:
            yield Move(name, former, value)
