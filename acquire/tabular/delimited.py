"""CSV files, with commas, semicolons or tabs between their cells."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

from acquire.columns import AMBIGUOUS, COMMA_NUMBER, Decimals
from acquire.errors import Problem, printable
from acquire.tabular.content import read_text
from acquire.tabular.sheet import Sheet, from_grid


def read_csv(path: Path) -> Sheet:
    """The rows of a CSV file.

    Raises:
        InputError: the file cannot be read, or holds nothing.
    """
    text = read_text(path)
    # a line for the spreadsheet, which does not show it: row 1 is the one after it
    declared = re.match(r"sep=([;,\t|])(\r\n|\r|\n)", text, re.IGNORECASE)
    if declared:
        text = text[declared.end() :]
    heading = re.split(r"[\r\n]", text.lstrip("\r\n"), maxsplit=1)[0]
    delimiter = declared[1] if declared else max(",;\t", key=heading.count)
    table: list[list[str]] = []
    problems = []
    try:
        for cells in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True):
            table += [cells]
    except csv.Error as error:
        problems.append(
            Problem(
                "rows of plain cells, or of quoted ones with every quote closed",
                file=path.name,
                row=len(table) + 1,
                wrong=f"cannot be split into cells, nor what follows it ({printable(error)})",
            )
        )
    decimals = Decimals.POINT
    if delimiter != ",":
        commas = any(_has_decimal_comma(cell) for cells in table[1:] for cell in cells)
        decimals = Decimals.COMMA if commas else Decimals.EITHER
    return from_grid(path.name, list(enumerate(table, start=1)), decimals, problems)


def _has_decimal_comma(cell: str) -> bool:
    parts = [part.strip() for part in cell.split("..")]
    return any(COMMA_NUMBER.fullmatch(part) and not AMBIGUOUS.fullmatch(part) for part in parts)
