"""How numbers and tables are shown: words for a sentence, text for a terminal, HTML for a page.

Whatever comes from outside is escaped here, once.
"""

from __future__ import annotations

import html
import math
import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

SCALES = ((1e9, "billion"), (1e6, "million"), (1e3, "thousand"))
MINUS = "\N{MINUS SIGN}"
NONE = "–"
CAPTION = 110
"""Characters of a line of a table's caption on a terminal."""
SHORT = 28
"""Characters that a table's cell keeps on one line."""


def number(value: float | None, digits: int = 1) -> str:
    """`value` with a true minus sign and thousands separated, "–" for None."""
    if value is None:
        return NONE
    text = f"{abs(value):,.{digits}f}"
    negative = value < 0 and float(text.replace(",", "")) != 0
    return MINUS + text if negative else text


def short_number(value: float) -> str:
    """`value` with up to four significant digits, for inputs as they were typed."""
    size = abs(value)
    digits = 0 if size >= 1e3 or size == 0.0 else 3 - math.floor(math.log10(size))
    text = f"{size:,.0f}" if size >= 9999.5 else f"{size:.{digits}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return MINUS + text if value < 0 else text


def money(value: float | None, currency: str) -> str:
    """Such as "USD 12.3 million" or "USD −4,200"."""
    if value is None:
        return NONE
    for size, word in SCALES:
        if abs(value) >= size * 0.99995:
            return f"{currency} {number(value / size)} {word}"
    return f"{currency} {number(value, 0)}"


def percent(value: float | None, digits: int = 1) -> str:
    """A fraction as per cent: 0.085 is "8.5 %"."""
    return NONE if value is None else f"{number(100.0 * value, digits)} %"


def chance(value: float | None) -> str:
    """A probability as whole per cent, never "0 %" or "100 %" for what is neither."""
    if value is None:
        return NONE
    shown = percent(value, 0)
    if shown == "0 %" and value > 0.0:
        return "< 1 %"
    if shown == "100 %" and value < 1.0:
        return "> 99 %"
    return shown


def quantity(value: float, unit: str, currency: str) -> str:
    """An input as it is spoken of: shares and rates as per cent, money in words, years plainly."""
    if unit.startswith(("share", "fraction", "probability")):
        return percent(value)
    if unit.startswith("money"):
        return money(value, currency)
    return short_number(value)


def words(name: str) -> str:
    """The name of a column as words."""
    return name.replace("_", " ")


@dataclass(frozen=True)
class MoneyScale:
    """One unit for all money of a table or chart."""

    size: float
    unit: str

    @classmethod
    def of(cls, largest: float, currency: str) -> MoneyScale:
        """The scale in which `largest` has one to four digits before the point."""
        for size, word in SCALES:
            if abs(largest) >= size:
                return cls(size, f"{word} {currency}")
        return cls(1.0, currency)

    def show(self, value: float | None, digits: int = 1) -> str:
        """`value` in this unit, without the unit."""
        return NONE if value is None else number(value / self.size, digits)


@dataclass(frozen=True)
class Table:
    """A small table with its texts ready to read.

    Args:
        headings: one per column.
        rows: one text per column; the first is the row's heading.
        caption: what the table shows, with the unit.
        emphasised: rows to be set bold, by index.
        text_columns: columns that hold text and are aligned left, by index; the first always is.
    """

    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    caption: str = ""
    emphasised: frozenset[int] = frozenset()
    text_columns: frozenset[int] = frozenset()

    def to_frame(self) -> pd.DataFrame:
        """The texts as a data frame, the first column as its index."""
        import pandas as pd  # half a second that the command line can do without

        frame = pd.DataFrame([list(row) for row in self.rows], columns=list(self.headings))
        return frame.set_index(self.headings[0])

    def __str__(self) -> str:
        cells = [list(self.headings), *[[one_line(c) for c in row] for row in self.rows]]
        widths = [max(len(row[i]) for row in cells) for i in range(len(self.headings))]
        lines = [
            "  ".join(
                cell.ljust(width) if self._is_text(i) else cell.rjust(width)
                for i, (cell, width) in enumerate(zip(row, widths, strict=True))
            ).rstrip()
            for row in cells
        ]
        lines.insert(1, "  ".join("-" * width for width in widths))
        return "\n".join([*textwrap.wrap(self.caption, CAPTION), *lines])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        head = "".join(
            f'<th scope="col"{self._align(i)}>{escape(text)}</th>'
            for i, text in enumerate(self.headings)
        )
        body = "".join(self._row(i, row) for i, row in enumerate(self.rows))
        caption = f"<caption>{escape(self.caption)}</caption>" if self.caption else ""
        return (
            '<div class="acquire-table tex2jax_ignore mathjax_ignore"><table>'
            f"{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
        )

    def _row(self, index: int, row: Sequence[str]) -> str:
        cells = "".join(
            f'<th scope="row"{self._align(i, text)}>{escape(text)}</th>'
            if i == 0
            else f"<td{self._align(i, text)}>{escape(text)}</td>"
            for i, text in enumerate(row)
        )
        emphasis = ' class="emphasised"' if index in self.emphasised else ""
        return f"<tr{emphasis}>{cells}</tr>"

    def _is_text(self, index: int) -> bool:
        return index == 0 or index in self.text_columns

    def _align(self, index: int, text: str = "") -> str:
        """Text on the left, and on one line where it is short; figures on the right."""
        if self._is_text(index):
            kind = "text short" if len(text) <= SHORT else "text"
            kind += " long" if len(text) > 3 * SHORT else ""
            return f' class="{kind}" style="text-align:left"'
        return ' class="long"' if len(text) > 2 * SHORT else ""


def escape(text: object) -> str:
    """`text` for an HTML page: nothing in it is markup, mathematics or a change of direction.

    Marks that turn the direction of what follows are closed in by `<bdi>`.
    """
    plain = re.sub(r"[\x00-\x08\x0b-\x1f\x7f]", "\N{REPLACEMENT CHARACTER}", str(text))
    safe = html.escape(plain, quote=True).replace("$", "<span>$</span>")
    if re.search("[\u0590-\u08ff\u200e\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufefc]", plain):
        return f"<bdi>{safe}</bdi>"
    return safe


def one_line(text: str) -> str:
    """`text` for a terminal: no control character, line break or direction mark survives."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def span(seconds: float) -> str:
    """A length of time, to the second or the minute."""
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min {seconds:02} s" if minutes else f"{seconds} s"


def plain_value(value: Any) -> Any:
    """NumPy scalars as plain Python numbers, for JSON; not-a-number as None."""
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
