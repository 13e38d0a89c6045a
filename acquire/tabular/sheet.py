"""Cells in rows below a heading, whatever kind of file they come from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from acquire.columns import Decimals, UnreadableCellError
from acquire.errors import InputError, Problem

Cell = Any
"""Text, what a workbook's cell holds, or an `UnreadableCellError`."""


@dataclass(frozen=True)
class Row:
    """One row of a file.

    Args:
        number: as a spreadsheet counts (the heading is 1), or the line of a YAML file.
        cells: by heading.
    """

    number: int
    cells: dict[str, Cell]


@dataclass(frozen=True)
class Sheet:
    """The rows of a file.

    Args:
        file: its name, without the folder.
        headings: in their order; those of a YAML file are all keys that occur.
        rows: those that are not blank and have a cell per heading.
        decimals: how the file writes decimal fractions.
        problems: what is wrong with the headings, and with the rows that are left out.
        heading_row: number of the row of headings; None in a YAML file.
    """

    file: str
    headings: tuple[str, ...]
    rows: tuple[Row, ...]
    decimals: Decimals
    problems: tuple[Problem, ...] = ()
    heading_row: int | None = None

    @property
    def row_word(self) -> str:
        """What `Row.number` counts."""
        return "line" if self.heading_row is None else "row"


def from_grid(
    file: str,
    grid: list[tuple[int, list[Cell]]],
    decimals: Decimals,
    problems: list[Problem] | None = None,
) -> Sheet:
    """The rows below the first that is not blank, its cells being the headings.

    Args:
        file: its name.
        grid: the file's rows, each with its number.
        decimals: how it writes decimal fractions.
        problems: that were met before.

    Raises:
        InputError: there is no row that is not blank.
    """
    problems = problems or []
    filled = [(number, row) for number, row in grid if not all(_is_blank(c) for c in row)]
    if not filled:
        problems = problems or [
            Problem("a heading and at least one row", file=file, wrong="is empty")
        ]
        raise InputError(problems)
    (heading_row, first), *rest = filled
    width = len(first)
    while _is_blank(first[-1]):
        first = first[:-1]
    headings = ["" if isinstance(c, UnreadableCellError) else str(c).strip() for c in first]
    nameless = [
        f"a cell {cell.wrong}" if isinstance(cell, UnreadableCellError) else f"cell {i} is empty"
        for i, (cell, heading) in enumerate(zip(first, headings, strict=True), start=1)
        if not heading
    ]
    problems += [
        Problem("a name in every heading", file=file, row=heading_row, wrong=wrong)
        for wrong in dict.fromkeys(nameless)
    ]
    problems += [
        Problem("every heading once", file=file, row=heading_row, column=name, wrong="stands twice")
        for name in sorted({h for h in headings if h and headings.count(h) > 1})
    ]
    rows = []
    for number, cells in rest:
        expected = None
        beyond = cells[len(headings) :]
        # one more than in the heading's row is a cell torn in two, even if the last one is blank
        if len(cells) > width or any(not _is_blank(cell) for cell in beyond):
            expected = (
                "a heading above every cell (in a CSV file, a text with the delimiter in it must "
                "be quoted)"
            )
        elif len(cells) < len(headings):
            expected = "a cell per heading, empty ones included"
        if expected:
            wrong = f"has {len(cells)} cells for {len(headings)} headings"
            problems.append(Problem(expected, file=file, row=number, wrong=wrong))
        else:
            rows.append(Row(number, dict(zip(headings, cells, strict=False))))
    return Sheet(file, tuple(headings), tuple(rows), decimals, tuple(problems), heading_row)


def _is_blank(cell: Cell) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())
