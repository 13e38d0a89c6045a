"""What may be bought together, and everything that is wrong with it at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from acquire.columns import CellError, Column, Kind
from acquire.errors import InputError, Problem, nearest_name

SETTINGS = {
    "budget": Column(meaning="most that the outlays may sum to", unit="money", lower=0),
    "max_deals": Column(meaning="most vendors bought", kind=Kind.WHOLE, lower=0),
    "correlation": Column(
        meaning="rank correlation between vendors", lower=0, upper=1, upper_open=True
    ),
}
GROUP = "two or more different vendors, as a,b (at most one is bought)"
PAIR = "two different vendors, as x:y (x is bought only if y is)"
SHOWN = 12
"""Vendors that a message names where one of them is expected."""


@dataclass(frozen=True)
class Limits:
    """What may be bought together.

    Args:
        budget: most that the outlays may sum to, in money; None for any.
        max_deals: most vendors bought; None for any.
        exclusive: ids of vendors of which at most one is bought.
        requires: pairs of ids; the first is bought only if the second is.
        correlation: rank correlation of any two vendors' payoffs, 0 for independent ones.
    """

    budget: float | None = None
    max_deals: int | None = None
    exclusive: tuple[tuple[str, ...], ...] = ()
    requires: tuple[tuple[str, str], ...] = ()
    correlation: float = 0.0


def read_limits(
    known: Sequence[str] | None,
    *,
    budget: float | str | None = None,
    max_deals: int | str | None = None,
    exclusive: Iterable[Sequence[str] | str] = (),
    requires: Iterable[Sequence[str] | str] = (),
    correlation: float | str | None = None,
) -> Limits:
    """Limits from numbers and ids, or from their text as the command line has it.

    Args:
        known: ids of the vendors; None where they are not known, and ids then not looked up.
        budget: money, at least 0; None for any.
        max_deals: whole number, at least 0; None for any.
        exclusive: groups of ids, each a sequence or as "a,b".
        requires: pairs of ids, each a sequence or as "x:y".
        correlation: rank correlation, from 0 to below 1; 0 when left out.

    Raises:
        InputError: everything that is wrong.
    """
    problems: list[Problem] = []
    given = {"budget": budget, "max_deals": max_deals, "correlation": correlation}
    read = {name: _number(name, value, problems) for name, value in given.items()}
    groups = [_ids("exclusive", group, ",", GROUP, known, problems) for group in exclusive]
    pairs = [_ids("requires", pair, ":", PAIR, known, problems) for pair in requires]
    if problems:
        raise InputError(problems)
    return Limits(
        budget=read["budget"],
        max_deals=read["max_deals"],
        exclusive=tuple(groups),
        requires=tuple((one, other) for one, other in pairs),
        correlation=read["correlation"] or 0.0,
    )


def _number(name: str, value: object, problems: list[Problem]) -> Any:
    """The value of a setting, None where it is not given or wrong."""
    if value is None:
        return None
    spec = SETTINGS[name]
    try:
        read = spec.parse(value)
        if read is None:  # an empty cell of a file, but nothing that anybody types on purpose
            raise CellError(spec.allowed, wrong="is not a number")
    except CellError as error:
        problems.append(
            Problem(error.expected, column=name, value=_shown(value), wrong=error.wrong)
        )
        return None
    return read


def _ids(
    column: str,
    given: Sequence[str] | str,
    separator: str,
    expected: str,
    known: Sequence[str] | None,
    problems: list[Problem],
) -> tuple[str, ...]:
    """The different ids of a group or pair, in the order given."""
    parts = given.split(separator) if isinstance(given, str) else given
    ids = [str(part).strip() for part in parts]
    different = tuple(dict.fromkeys(ids))
    many = len(ids) > 2 and expected == PAIR
    if len(different) < 2 or many or not all(ids):
        text = given if isinstance(given, str) else separator.join(ids)
        problems.append(Problem(expected, column=column, value=_shown(text)))
    problems += [
        Problem(
            f"one of {', '.join(known[:SHOWN])}{', …' if len(known) > SHOWN else ''}",
            column=column,
            value=name,
            wrong="no such vendor",
            nearest=nearest_name(name, known),
        )
        for name in different
        if known is not None and name and name not in known
    ]
    return different


def _shown(value: object) -> object:
    """A value for a message, an empty text as such."""
    return '""' if isinstance(value, str) and not value.strip() else value
