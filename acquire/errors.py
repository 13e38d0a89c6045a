"""What can go wrong because of an input, said so that the user can mend it.

A reader collects one `Problem` per wrong cell and raises them together as one `InputError`;
the command line prints them and exits with 2, a notebook shows them without a traceback.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from difflib import get_close_matches
from typing import Any

SHOWN_CHARACTERS = 60


class AcquireError(Exception):
    """Base of every error that this package raises on purpose."""


@dataclass(frozen=True)
class Problem:
    """One wrong thing, its place and its remedy.

    Args:
        expected: what is allowed there, as the end of the sentence "expected …".
        file: name of the file, without its folder; None for values given in Python.
        row: row as a spreadsheet counts it (the heading is 1), or the line of a YAML file.
        row_word: "row" or "line".
        column: name of the column or setting.
        value: the value as it stands in the file.
        wrong: what is wrong, where "expected …" does not say it.
        nearest: the nearest valid name, for an unknown one.
    """

    expected: str
    file: str | None = None
    row: int | None = None
    row_word: str = "row"
    column: str | None = None
    value: Any = None
    wrong: str | None = None
    nearest: str | None = None

    def __str__(self) -> str:
        place = [printable(self.file)] if self.file else []
        if self.row is not None:
            place.append(f"{self.row_word} {self.row}")
        if self.column is not None:
            cell = printable(self.column)
            place.append(cell if self.value is None else f"{cell} = {printable(self.value)}")
        elif self.value is not None:
            place.append(printable(self.value))
        said = f"{self.wrong}; " if self.wrong else ""
        said += f"expected {self.expected}"
        if self.nearest:
            said += f"; did you mean {self.nearest}?"
        return f"{', '.join(place)}: {said}" if place else said

    def to_dict(self) -> dict[str, Any]:
        """The problem as plain JSON values, with the sentence under `message`."""
        values = {f.name: getattr(self, f.name) for f in fields(self)} | {"message": str(self)}
        if self.value is not None:
            values["value"] = str(self.value)
        return values


class InputError(AcquireError, ValueError):
    """One or more wrong inputs; `problems` holds every one of them."""

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = (
            (problems,) if isinstance(problems, Problem) else tuple(problems)
        )
        super().__init__("\n".join(map(str, self.problems)))

    def _render_traceback_(self) -> list[str]:
        """What IPython prints instead of a traceback: the problems, a line each."""
        return [f"Wrong input: {problem}" for problem in self.problems]


class UnknownNameError(InputError, KeyError):
    """A vendor, column or setting that does not exist."""

    def __str__(self) -> str:
        return ValueError.__str__(self)


def printable(value: object) -> str:
    """`value` on one line of at most 60 characters, control and direction marks escaped."""
    text = str(value)
    if len(text) > SHOWN_CHARACTERS:
        text = text[: SHOWN_CHARACTERS - 1] + "…"
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def place_of(path: object) -> str:
    """A path for the `file` of a problem: of a long one the end, which tells it from others."""
    text = str(path)
    return text if len(text) <= SHOWN_CHARACTERS else "…" + text[1 - SHOWN_CHARACTERS :]


def nearest_name(name: str, valid: Sequence[str]) -> str | None:
    """The valid name that `name` most resembles, or None when none is close."""
    found = get_close_matches(name.strip().lower().replace(" ", "_"), valid, n=1, cutoff=0.6)
    return found[0] if found else None
