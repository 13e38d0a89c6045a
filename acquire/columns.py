"""What a column or setting allows, and how the text of one cell becomes its value.

A `Column` is written once, where the field it describes is declared (`vendor.py` for the columns
of a vendor file, `assumptions.py` for the firm's settings). Parsing, every error message, the
bounds of a range, and the documentation of the columns come from it.
"""

from __future__ import annotations

import dataclasses
import datetime
import math
import numbers
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from acquire.errors import nearest_name, printable
from acquire.ranges import Range, metalog

MISSING_WORDS = frozenset({"", "na", "n/a", "#n/a", "nan", "null", "none", "~"})
"""Cells that count as empty, in any case."""

LARGEST = 1e18
"""Numbers beyond this are taken for a slip of the keyboard."""

NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)
COMMA_NUMBER = re.compile(r"[+-]?\d+,\d+([eE][+-]?\d+)?", re.ASCII)
AMBIGUOUS = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}", re.ASCII)
"""A thousand or a decimal fraction, where the file does not settle it."""
GROUPED = re.compile(r"[+-]?\d{1,3}([.,'’\s]\d{3})+([.,]\d*)?|[+-]?\d+,\d*")
SLUG = re.compile(r"[a-z0-9][a-z0-9-]*", re.ASCII)


class Kind(Enum):
    """What sort of value a column holds."""

    SLUG = "slug"
    TEXT = "text"
    CHOICE = "choice"
    NUMBER = "number"
    WHOLE = "whole number"


class Decimals(Enum):
    """How a file writes decimal fractions."""

    POINT = "point"
    """Always a point: comma-separated files, YAML, Python."""
    EITHER = "either"
    """A point or a comma, where it cannot be a thousands separator: text in a workbook, and
    semicolon-separated files in which no cell settles it."""
    COMMA = "comma"
    """Always a comma: semicolon-separated files of a European spreadsheet."""


class CellError(ValueError):
    """A cell that its column does not allow.

    Args:
        expected: what is allowed.
        wrong: what is wrong, where `expected` does not say it.
        nearest: the nearest valid name, where a name was expected.
    """

    def __init__(self, expected: str, wrong: str | None = None, nearest: str | None = None) -> None:
        super().__init__(expected)
        self.expected, self.wrong, self.nearest = expected, wrong, nearest


class UnreadableCellError(CellError):
    """Stands in the place of a cell whose value cannot be told; parsing it raises it.

    Args:
        shown: what stands in the file, for the message.
        expected: what is allowed.
        wrong: what is wrong with it.
    """

    def __init__(self, shown: str, expected: str, wrong: str) -> None:
        super().__init__(expected, wrong)
        self.shown = shown

    def __str__(self) -> str:
        return self.shown


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of a vendor file, or one setting of the firm.

    Args:
        meaning: what it is, in a phrase.
        unit: such as "money per year" or "share of price"; empty for text.
        kind: what sort of value.
        group: heading under which documentation and reports list it.
        lower, upper: least and greatest value allowed, None for no limit.
        lower_open, upper_open: whether the limit itself is not allowed.
        short_of_horizon: for years: at most the horizon less this many years.
        longest: greatest number of characters of a text.
        choices: the words allowed.
        required: whether an empty cell without a default of the firm is an error.
        default: what an empty cell means.
        ranged: whether a range `low..mid..high` is allowed.
        practice: where such a figure comes from in practice.
        refused: words that are no value of this column though they are text.
    """

    meaning: str
    unit: str = ""
    kind: Kind = Kind.NUMBER
    group: str = ""
    lower: float | None = None
    upper: float | None = None
    lower_open: bool = False
    upper_open: bool = False
    short_of_horizon: int | None = None
    longest: int = 10_000
    choices: tuple[str, ...] = ()
    required: bool = False
    default: Any = None
    ranged: bool = False
    practice: str = ""
    refused: frozenset[str] = frozenset()

    @property
    def allowed(self) -> str:
        """What the column allows, as the end of "expected …"."""
        if self.kind is Kind.SLUG:
            return (
                f"1 to {self.longest} characters a-z, 0-9 and '-', not starting with '-', "
                "such as nimbus-robotics"
            )
        if self.kind is Kind.TEXT:
            return f"text of at most {self.longest} characters"
        if self.kind is Kind.CHOICE:
            return " or ".join(self.choices)
        what = "a whole number" if self.kind is Kind.WHOLE else "a number"
        unit = f" ({self.unit})" if self.unit else ""
        ranged = ", or a range low..mid..high" if self.ranged else ""
        return f"{what} {self.bounds}{unit}{ranged}"

    @property
    def bounds(self) -> str:
        """The limits in words, such as "from 0 to 1" or "above 0"."""
        if self.short_of_horizon is not None:
            less = f" less {self.short_of_horizon}" if self.short_of_horizon else ""
            return f"from {self.lower:g} to the horizon's years{less}"
        if self.lower is None:
            return ""
        if self.upper is None:
            return f"above {self.lower:g}" if self.lower_open else f"of at least {self.lower:g}"
        if self.lower_open or self.upper_open:
            low = "above" if self.lower_open else "from"
            return f"{low} {self.lower:g} to {'below ' * self.upper_open}{self.upper:.16g}"
        return f"from {self.lower:g} to {self.upper:.16g}"

    def parse(self, cell: object, decimals: Decimals = Decimals.POINT) -> Any:
        """The value of `cell`, or None when it is empty.

        Args:
            cell: text as it stands in a file, a Python value, or an `UnreadableCellError`.
            decimals: how the file writes decimal fractions.

        Raises:
            CellError: the column does not allow it.
        """
        if isinstance(cell, UnreadableCellError):
            raise cell
        if cell is None or (isinstance(cell, float) and math.isnan(cell)):
            return None
        if isinstance(cell, str):
            cell = cell.strip()
            if cell.lower() in MISSING_WORDS:
                return None
        if self.kind in (Kind.NUMBER, Kind.WHOLE):
            return self._number(cell, decimals)
        return self._text(cell)

    def _text(self, cell: object) -> str:
        if isinstance(cell, list | tuple | Mapping):
            raise CellError(self.allowed, wrong=f"is {_kind_of(cell)}")
        if not isinstance(cell, str):
            raise CellError(
                "text (in a spreadsheet, format the cell as text)",
                wrong=f"is {_kind_of(cell)}, so what was typed may be lost (007 becomes 7)",
            )
        if "\0" in cell or not _is_unicode(cell):
            raise CellError("text that can be written as UTF-8")
        if self.kind is Kind.SLUG:
            if not SLUG.fullmatch(cell) or len(cell) > self.longest:
                raise CellError(self.allowed)
        elif self.kind is Kind.CHOICE:
            if cell not in self.choices:
                raise CellError(self.allowed, nearest=nearest_name(cell, self.choices))
        elif len(cell) > self.longest:
            raise CellError(self.allowed, wrong=f"has {len(cell)} characters")
        elif cell.lower() in self.refused:
            raise CellError("a name, or an empty cell", wrong="names nobody")
        return cell

    def _number(self, cell: object, decimals: Decimals) -> float | int | Range:
        if isinstance(cell, Range):
            value = Range(*(self._plain(v, decimals) for v in (cell.low, cell.mid, cell.high)))
        elif isinstance(cell, str) and (".." in cell or "…" in cell):
            ends = [end.strip() for end in cell.split("..")]
            if len(ends) != 3:
                raise CellError(
                    "a range as low..mid..high, three numbers with two points between them",
                    wrong=f"has {len(ends)} parts",
                )
            value = Range(*(self._plain(end, decimals) for end in ends))
        else:
            number = self._plain(cell, decimals)
            if self.kind is Kind.NUMBER:
                return number
            if number != int(number):
                raise CellError(self.allowed)
            return int(number)
        if not self.ranged or self.lower is None:
            raise CellError(self.allowed, wrong="is a range, which this column does not allow")
        try:
            metalog(value, self.lower, self.upper)
        except ValueError as error:
            raise CellError(str(error)) from None
        return value

    def _plain(self, cell: object, decimals: Decimals) -> float:
        if isinstance(cell, str):
            number = parse_number(cell, decimals, self)
        elif isinstance(cell, float):
            number = float(cell)
        elif isinstance(cell, numbers.Real) and not isinstance(cell, bool):
            try:
                number = float(cell)
            except OverflowError:
                number = math.inf
        else:
            raise CellError(self.allowed, wrong=f"is {_kind_of(cell)}")
        if not math.isfinite(number) or abs(number) > LARGEST:
            raise CellError(self.allowed, wrong=f"is beyond {LARGEST:g}")
        too_low = self.lower is not None and (
            number <= self.lower if self.lower_open else number < self.lower
        )
        too_high = self.upper is not None and (
            number >= self.upper if self.upper_open else number > self.upper
        )
        if too_low or too_high:
            hint = None
            if too_high and self.upper == 1 and number <= 100:
                hint = f"is it per cent? write {number / 100:g}"
            raise CellError(self.allowed, wrong=hint)
        return number

    def check_horizon(self, value: Any, horizon_years: int) -> None:
        """Raise a `CellError` when a number of years does not fit into the horizon."""
        if self.short_of_horizon is None or value is None:
            return
        longest = horizon_years - self.short_of_horizon
        if value > longest:
            raise CellError(
                f"a whole number from {self.lower:g} to {longest} "
                f"(the horizon is {horizon_years} years)"
            )


def parse_number(text: str, decimals: Decimals, column: Column) -> float:
    """The number that `text` writes, refusing whatever may be read in two ways."""
    if decimals is Decimals.EITHER and AMBIGUOUS.fullmatch(text):
        whole = re.sub("[.,]", "", text)
        raise CellError(f"{whole}, or {text}0", wrong="may be thousands or a decimal fraction")
    if decimals is Decimals.COMMA and "." in text and NUMBER.fullmatch(text):
        raise CellError(
            "decimal commas throughout and no thousands separator, such as 1234,5",
            wrong="has a point while other cells of the file have decimal commas",
        )
    if decimals is not Decimals.POINT and COMMA_NUMBER.fullmatch(text):
        return float(text.replace(",", "."))
    if NUMBER.fullmatch(text):
        return float(text)
    if text.endswith("%"):
        raise CellError(f"{column.allowed}: a fraction, such as 0.08 for 8 %")
    if GROUPED.fullmatch(text):
        sample = "comma, such as 1234,5" if decimals is Decimals.COMMA else "point, such as 1234.5"
        raise CellError(
            f"{column.allowed}: without thousands separator and with a decimal {sample}"
        )
    raise CellError(column.allowed, wrong="is not a number")


def _is_unicode(text: str) -> bool:
    """Whether `text` is free of lone surrogates."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _kind_of(cell: object) -> str:
    if isinstance(cell, bool):
        return "true or false"
    if isinstance(cell, datetime.date | datetime.time | datetime.timedelta):
        return "a date or time (in a spreadsheet, format the cell as text or number)"
    if isinstance(cell, numbers.Real):
        return f"the number {cell}"
    if isinstance(cell, list | tuple | Mapping):
        return "a list or mapping"
    return f"of type {printable(type(cell).__name__)}"


def column(**options: Any) -> Any:
    """A dataclass field that carries its `Column`; its value is None until it is given."""
    return field(default=None, metadata={"column": Column(**options)})


def columns_of(record: type) -> dict[str, Column]:
    """The columns declared by the fields of a dataclass, by name, in their order."""
    return {
        f.name: f.metadata["column"] for f in dataclasses.fields(record) if "column" in f.metadata
    }
