"""Files of rows as they stand: CSV, XLSX and YAML into cells with their places.

Nothing is interpreted here beyond the file's own format. Text stays text (`007`, `no`, `NA`);
only a workbook's cells have types of their own, and those are kept. What cannot be told apart or
read is a problem of its row or cell; the rest of the file is read all the same.
"""

from __future__ import annotations

import csv
import io
import re
import warnings
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from acquire.columns import AMBIGUOUS, COMMA_NUMBER, Decimals, UnreadableCellError
from acquire.errors import InputError, Problem, printable

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

VENDORS_SHEET = "vendors"

MOST_CELLS = 2_000_000
"""Of a worksheet, empty ones within its used area included."""
MOST_BYTES = 300_000_000
"""Of an unpacked workbook."""
DEEPEST = 8
"""Levels of lists and mappings in a YAML file."""

PLAIN_TAGS = (None, "!", *(f"tag:yaml.org,2002:{kind}" for kind in ("str", "seq", "map")))

YAML_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
"""Knows texts only: nothing is converted and nothing constructed. In C where PyYAML has it."""

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


def read_sheet(path: Path) -> Sheet:
    """The rows of a CSV, XLSX or YAML file, by the ending of its name.

    Raises:
        InputError: the file cannot be read, or holds nothing.
    """
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise InputError(
            Problem(
                "a file ending in .csv, .xlsx, .yaml or .yml",
                file=path.name,
                wrong=f"is a {printable(path.suffix) or 'file without ending'}",
            )
        )
    return reader(path)


def read_bytes(path: Path) -> bytes:
    """The file's content.

    Raises:
        InputError: it does not exist or cannot be read.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise InputError(
            Problem(
                "the path of a file that exists",
                file=path.name,
                wrong=f"no such file in {printable(path.parent)}",
            )
        ) from None
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the path
        wrong = getattr(error, "strerror", None) or str(error)
        raise InputError(
            Problem("a file that can be read", file=path.name, wrong=wrong.lower())
        ) from None


def read_text(path: Path) -> str:
    """The file's text, without a byte-order mark.

    Raises:
        InputError: it is not UTF-8.
    """
    wrong = None
    try:
        text = read_bytes(path).decode("utf-8-sig")
        if "\0" in text:
            wrong = "holds zero bytes"
    except UnicodeDecodeError as error:
        wrong = f"byte {error.start + 1} is no UTF-8"
    if wrong:
        hint = " (in a spreadsheet: save as 'CSV UTF-8')" if path.suffix.lower() == ".csv" else ""
        raise InputError(Problem(f"text in UTF-8{hint}", file=path.name, wrong=wrong))
    return text


def _read_csv(path: Path) -> Sheet:
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
    return _from_grid(path.name, list(enumerate(table, start=1)), decimals, problems)


def _has_decimal_comma(cell: str) -> bool:
    parts = [part.strip() for part in cell.split("..")]
    return any(COMMA_NUMBER.fullmatch(part) and not AMBIGUOUS.fullmatch(part) for part in parts)


def _read_xlsx(path: Path) -> Sheet:
    content = read_bytes(path)
    workbook = _open_workbook(path.name, content)
    names = [sheet.title for sheet in workbook.worksheets]
    if VENDORS_SHEET not in names and len(names) != 1:
        shown = ", ".join(map(printable, names[:8])) or "none but charts"
        raise InputError(
            Problem(
                f"a single sheet, or one named {VENDORS_SHEET}",
                file=path.name,
                wrong=f"has the sheets {shown}",
            )
        )
    name = VENDORS_SHEET if VENDORS_SHEET in names else names[0]
    sheet = workbook[name]
    if sheet.max_row * sheet.max_column > MOST_CELLS:
        raise InputError(
            Problem(
                f"at most {MOST_CELLS:,} cells (delete the rows and columns beyond the table)",
                file=path.name,
                wrong=f"has {sheet.max_row:,} rows of {sheet.max_column:,} columns",
            )
        )
    merged = _merged_cells(sheet)
    calculated: Worksheet | None = None
    grid = []
    for number, row in enumerate(sheet.iter_rows(), start=1):
        cells: list[Cell] = []
        for i, cell in enumerate(row, start=1):
            value: Cell = cell.value
            kind = cell.data_type
            if kind == "f":
                if calculated is None:
                    calculated = _open_workbook(path.name, content, calculated=True)[name]
                result = calculated.cell(number, i)
                formula, value, kind = value, result.value, result.data_type
                if value is None:
                    value = UnreadableCellError(
                        str(getattr(formula, "text", formula)),
                        "a value (open the file in the spreadsheet, let it calculate, save)",
                        "is a formula that was never calculated, or gives an empty text",
                    )
            if kind == "e":
                # #N/A is a spreadsheet's own way to say "missing"
                missing = str(value).upper() == "#N/A"
                wrong = "is an error of the spreadsheet"
                value = "" if missing else UnreadableCellError(str(value), "a value", wrong)
            cells.append(merged.get((number, i), "" if value is None else value))
        grid.append((number, cells))
    return _from_grid(path.name, grid, Decimals.EITHER)


def _open_workbook(file: str, content: bytes, *, calculated: bool = False) -> Workbook:
    """The workbook with its formulas, or with what they gave when it was last saved."""
    from openpyxl import load_workbook

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(part.file_size for part in archive.infolist()) > MOST_BYTES:
                raise ValueError(f"more than {MOST_BYTES:,} bytes when unpacked")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of pictures, validations and the like
            return load_workbook(io.BytesIO(content), data_only=calculated, keep_links=False)
    except Exception as error:  # noqa: BLE001 - the reader lets pass whatever its parsers raise
        raise InputError(
            Problem(
                "an Excel workbook (.xlsx)",
                file=file,
                wrong=f"cannot be opened ({printable(error)})",
            )
        ) from None


def _merged_cells(sheet: Worksheet) -> dict[tuple[int, int], UnreadableCellError]:
    """The cells over which one with a value has been merged, by row and column."""
    covered: dict[tuple[int, int], UnreadableCellError] = {}
    for merged in sheet.merged_cells.ranges:
        first, *others = [place for row in merged.rows for place in row]
        if sheet.cell(*first).value is not None:
            wrong = f"belongs to the merged cells {merged.coord}"
            cell = UnreadableCellError("(empty)", "a value of its own", wrong)
            covered |= dict.fromkeys(others, cell)
    return covered


def _from_grid(
    file: str,
    grid: list[tuple[int, list[Cell]]],
    decimals: Decimals,
    problems: list[Problem] | None = None,
) -> Sheet:
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


def _read_yaml(path: Path) -> Sheet:
    file = path.name
    root = yaml_root(path)
    problems: list[Problem] = []
    if root is not None and root.pairs is not None:
        entries, problems = yaml_entries(root, file)
        root = entries.pop("vendors", None)
        problems += [
            Problem(
                "nothing beside the list `vendors`",
                file=file,
                row=node.line,
                row_word="line",
                column=name,
            )
            for name, node in entries.items()
            if root is not None
        ]
    if root is None or root.items is None:
        problems.append(
            Problem(
                "a list of vendors, each a mapping column: value",
                file=file,
                wrong="holds no such list",
            )
        )
        raise InputError(problems)
    rows = []
    headings: dict[str, None] = {}
    for item in root.items:
        if item.pairs is None:
            problems.append(
                Problem(
                    "a vendor as column: value",
                    file=file,
                    row=item.line,
                    row_word="line",
                    value=yaml_value(item) or None,
                )
            )
            continue
        entries, wrong = yaml_entries(item, file)
        problems += wrong
        rows.append(Row(item.line, {name: yaml_value(node) for name, node in entries.items()}))
        headings |= dict.fromkeys(entries)
    return Sheet(file, tuple(headings), tuple(rows), Decimals.POINT, tuple(problems))


@dataclass
class YamlNode:
    """A text, a list or a mapping in a YAML file.

    Args:
        line: on which it starts, from 1.
        text: as it stands, nothing converted; an `UnreadableCellError` for a tag or an alias:
            tags are not acted upon and aliases not followed.
        items: of a list, else None.
        pairs: keys and values of a mapping, else None.
    """

    line: int
    text: str | UnreadableCellError = ""
    items: list[YamlNode] | None = None
    pairs: list[tuple[YamlNode, YamlNode]] | None = None


def yaml_root(path: Path) -> YamlNode | None:
    """What a YAML file holds; None when it is empty.

    Raises:
        InputError: it is not YAML.
    """
    text = read_text(path)
    try:
        events = yaml.parse(text, Loader=YAML_LOADER)
        roots = [_yaml_node(e, events, depth=0) for e in events if isinstance(e, yaml.NodeEvent)]
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        what = getattr(error, "problem", None) or getattr(error, "reason", None) or error
        raise InputError(
            Problem(
                "YAML",
                file=path.name,
                row=mark.line + 1 if mark else None,
                row_word="line",
                wrong=printable(what),
            )
        ) from None
    if len(roots) > 1:
        line = roots[1].line
        raise InputError(
            Problem("one document", file=path.name, row=line, row_word="line", wrong="is another")
        )
    return next((root for root in roots if root != YamlNode(root.line)), None)


def _yaml_node(event: Any, events: Iterator[Any], depth: int) -> YamlNode:
    """The node that `event` starts; the events of its children are taken from `events`."""
    if depth > DEEPEST:
        raise yaml.YAMLError(f"lists or mappings nested more than {DEEPEST} levels deep")
    children = []
    if isinstance(event, yaml.CollectionStartEvent):
        within = takewhile(lambda e: not isinstance(e, yaml.CollectionEndEvent), events)
        children = [_yaml_node(e, events, depth + 1) for e in within]
    line = event.start_mark.line + 1
    if isinstance(event, yaml.AliasEvent):
        alias = UnreadableCellError(f"*{event.anchor}", "the value itself", "is an alias")
        return YamlNode(line, alias)
    if event.tag not in PLAIN_TAGS:
        shown = event.tag.replace("tag:yaml.org,2002:", "!!")
        return YamlNode(line, UnreadableCellError(shown, "the value alone", "is a tag of YAML"))
    if isinstance(event, yaml.MappingStartEvent):
        return YamlNode(line, pairs=list(zip(children[::2], children[1::2], strict=True)))
    if isinstance(event, yaml.SequenceStartEvent):
        return YamlNode(line, items=children)
    return YamlNode(line, event.value)


def yaml_entries(node: YamlNode, file: str) -> tuple[dict[str, YamlNode], list[Problem]]:
    """The entries of a mapping by key, and a problem for a key that stands twice or is no text.

    The line of an entry is that of its key.
    """
    entries: dict[str, YamlNode] = {}
    problems = []
    for key, value in node.pairs or ():
        name = yaml_value(key)
        wrong = None
        if not isinstance(name, str):
            wrong = "is no plain text"
        elif name in entries:
            wrong = "stands twice"
        else:
            value.line = key.line
            entries[name] = value
        if wrong:
            problems.append(
                Problem(
                    "every key once, as plain text",
                    file=file,
                    row=key.line,
                    row_word="line",
                    column=str(name),
                    wrong=wrong,
                )
            )
    return entries, problems


def yaml_value(node: YamlNode) -> Any:
    """A node as text, list or mapping of texts."""
    if node.pairs is not None:
        return {str(yaml_value(key)): yaml_value(value) for key, value in node.pairs}
    if node.items is not None:
        return [yaml_value(item) for item in node.items]
    return node.text


READERS: dict[str, Callable[[Path], Sheet]] = {
    ".csv": _read_csv,
    ".xlsx": _read_xlsx,
    ".yaml": _read_yaml,
    ".yml": _read_yaml,
}
