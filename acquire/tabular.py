"""Files of rows as they stand: CSV, XLSX and YAML into cells with their places.

Nothing is interpreted here beyond the file's own format. Text stays text (`007`, `no`, `NA`);
only a workbook's cells have types of their own, and those are kept.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from acquire.columns import COMMA_NUMBER, Decimals
from acquire.errors import InputError, Problem, printable

VENDORS_SHEET = "vendors"

Cell = Any
"""Text, or what a workbook's cell holds."""


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
        rows: those that are not blank.
        decimals: how the file writes decimal fractions.
        row_word: what `Row.number` counts.
    """

    file: str
    headings: tuple[str, ...]
    rows: tuple[Row, ...]
    decimals: Decimals
    row_word: str = "row"


def read_sheet(path: Path) -> Sheet:
    """The rows of a CSV, XLSX or YAML file, by the ending of its name.

    Raises:
        InputError: the file cannot be read, or its shape leaves open which cell is which.
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
    except OSError as error:
        raise InputError(
            Problem("a file that can be read", file=path.name, wrong=error.strerror)
        ) from None


def read_text(path: Path) -> str:
    """The file's text, without a byte-order mark.

    Raises:
        InputError: it is not UTF-8.
    """
    try:
        text = read_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            Problem(
                "text in UTF-8 (in a spreadsheet: save as 'CSV UTF-8')",
                file=path.name,
                wrong=f"byte {error.start + 1} is no UTF-8",
            )
        ) from None
    if "\0" in text:
        raise InputError(Problem("text in UTF-8", file=path.name, wrong="holds zero bytes"))
    return text


def _read_csv(path: Path) -> Sheet:
    text = read_text(path)
    declared = re.match(r"sep=([;,\t])\r?\n", text)
    skipped = 1 if declared else 0
    if declared:
        text = text[declared.end() :]
    heading = text.lstrip("\r\n").split("\n", 1)[0]
    delimiter = declared[1] if declared else max(",;\t", key=heading.count)
    try:
        table = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise InputError(
            Problem("rows of quoted or plain cells", file=path.name, wrong=printable(error))
        ) from None
    numbered = [(skipped + i, row) for i, row in enumerate(table, start=1)]
    decimals = Decimals.POINT
    if delimiter != ",":
        commas = any(_has_decimal_comma(cell) for row in table[1:] for cell in row)
        decimals = Decimals.COMMA if commas else Decimals.POINT_UNGROUPED
    return _from_grid(path.name, numbered, decimals)


def _has_decimal_comma(cell: str) -> bool:
    return any(COMMA_NUMBER.fullmatch(part.strip()) for part in cell.split(".."))


def _read_xlsx(path: Path) -> Sheet:
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    content = read_bytes(path)
    try:
        values = load_workbook(io.BytesIO(content), data_only=True)
        formulas = load_workbook(io.BytesIO(content))
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise InputError(
            Problem(
                "an Excel workbook (.xlsx)",
                file=path.name,
                wrong=f"cannot be opened ({printable(error)})",
            )
        ) from None
    names = [sheet.title for sheet in values.worksheets]
    if VENDORS_SHEET not in names and len(names) != 1:
        shown = ", ".join(map(printable, names[:8]))
        raise InputError(
            Problem(
                f"a single sheet, or one named {VENDORS_SHEET}",
                file=path.name,
                wrong=f"has the sheets {shown}",
            )
        )
    name = VENDORS_SHEET if VENDORS_SHEET in names else names[0]
    problems = []
    for row in formulas[name].iter_rows():
        for cell in row:
            shown_value = values[name].cell(cell.row, cell.column).value
            wrong = None
            if cell.data_type == "f" and shown_value is None:
                wrong = "is a formula that was never calculated"
            elif values[name].cell(cell.row, cell.column).data_type == "e":
                if str(shown_value).upper() == "#N/A":
                    continue  # a spreadsheet's own way to say "missing"
                wrong = f"shows the error {printable(shown_value)}"
            if wrong:
                problems.append(
                    Problem(
                        "a value (open the file in the spreadsheet, let it calculate, save)",
                        file=path.name,
                        row=cell.row,
                        column=cell.coordinate,
                        wrong=wrong,
                    )
                )
    if problems:
        raise InputError(problems)
    grid = [
        (number, ["" if cell is None else cell for cell in row])
        for number, row in enumerate(values[name].iter_rows(values_only=True), start=1)
    ]
    return _from_grid(path.name, grid, Decimals.EITHER)


def _from_grid(file: str, grid: list[tuple[int, list[Cell]]], decimals: Decimals) -> Sheet:
    filled = [(number, row) for number, row in grid if not all(_is_blank(c) for c in row)]
    if not filled:
        raise InputError(Problem("a heading and at least one row", file=file, wrong="is empty"))
    (heading_row, first), *rest = filled
    headings = [str(cell).strip() for cell in first]
    while headings and not headings[-1]:
        headings.pop()
    problems = [
        Problem("a name in every heading", file=file, row=heading_row, wrong=f"cell {i} is empty")
        for i, heading in enumerate(headings, start=1)
        if not heading
    ]
    problems += [
        Problem("every heading once", file=file, row=heading_row, column=name, wrong="stands twice")
        for name in sorted({h for h in headings if h and headings.count(h) > 1})
    ]
    rows = []
    for number, cells in rest:
        surplus = [c for c in cells[len(headings) :] if not _is_blank(c)]
        if surplus:
            problems.append(
                Problem(
                    "a cell per heading (a text with the delimiter in it must be quoted)",
                    file=file,
                    row=number,
                    wrong=f"has {len(cells)} cells for {len(headings)} headings",
                )
            )
        elif len(cells) < len(headings):
            problems.append(
                Problem(
                    "a cell per heading, empty ones included",
                    file=file,
                    row=number,
                    wrong=f"has {len(cells)} cells for {len(headings)} headings",
                )
            )
        rows.append(Row(number, dict(zip(headings, cells, strict=False))))
    if problems:
        raise InputError(problems)
    return Sheet(file, tuple(headings), tuple(rows), decimals)


def _is_blank(cell: Cell) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def _read_yaml(path: Path) -> Sheet:
    root = yaml_root(path)
    if isinstance(root, yaml.MappingNode):
        entries = yaml_entries(root, path.name)
        vendors = entries.pop("vendors", None)
        if entries or not isinstance(vendors, yaml.SequenceNode):
            raise _no_yaml_vendors(path)
        root = vendors
    if not isinstance(root, yaml.SequenceNode):
        raise _no_yaml_vendors(path)
    rows, problems = [], []
    headings: dict[str, None] = {}
    for item in root.value:
        line = item.start_mark.line + 1
        if not isinstance(item, yaml.MappingNode):
            problems.append(
                Problem("a vendor as column: value", file=path.name, row=line, row_word="line")
            )
            continue
        try:
            entries = yaml_entries(item, path.name)
        except InputError as error:
            problems += error.problems
            continue
        rows.append(Row(line, {name: yaml_value(node) for name, node in entries.items()}))
        headings |= dict.fromkeys(entries)
    if problems:
        raise InputError(problems)
    if not rows:
        raise _no_yaml_vendors(path)
    return Sheet(path.name, tuple(headings), tuple(rows), Decimals.POINT, "line")


def _no_yaml_vendors(path: Path) -> InputError:
    return InputError(
        Problem(
            "a list of vendors, each a mapping column: value",
            file=path.name,
            wrong="holds no such list",
        )
    )


def yaml_root(path: Path) -> yaml.Node | None:
    """The node tree of a YAML file, every scalar as its text; None when it is empty.

    Raises:
        InputError: it is not YAML, or refers to itself.
    """
    text = read_text(path)
    try:
        root = yaml.compose(text, Loader=yaml.BaseLoader)
        if root is not None and any(_ancestors_repeat(root)):
            raise yaml.YAMLError("an alias refers to itself")
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        what = getattr(error, "problem", None) or error
        raise InputError(
            Problem(
                "YAML",
                file=path.name,
                row=mark.line + 1 if mark else None,
                row_word="line",
                wrong=printable(what),
            )
        ) from None
    return root


def _ancestors_repeat(root: yaml.Node) -> Iterator[bool]:
    """True for every node that contains itself."""

    def visit(node: yaml.Node, above: frozenset[int]) -> Iterator[bool]:
        yield id(node) in above
        if id(node) in above or isinstance(node, yaml.ScalarNode):
            return
        if len(above) > 8:
            raise yaml.YAMLError("nested too deeply")
        children = (
            [part for pair in node.value for part in pair]
            if isinstance(node, yaml.MappingNode)
            else node.value
        )
        for child in children:
            yield from visit(child, above | {id(node)})

    yield from visit(root, frozenset())


def yaml_entries(node: yaml.MappingNode, file: str) -> dict[str, yaml.Node]:
    """The entries of a mapping by key.

    Raises:
        InputError: a key stands twice, or is no plain text.
    """
    entries: dict[str, yaml.Node] = {}
    problems = []
    for key, value in node.value:
        name = key.value if isinstance(key, yaml.ScalarNode) else None
        if name is None or name in entries:
            problems.append(
                Problem(
                    "every key once, as plain text",
                    file=file,
                    row=key.start_mark.line + 1,
                    row_word="line",
                    column=name,
                    wrong="is no plain text" if name is None else "stands twice",
                )
            )
        else:
            entries[name] = value
    if problems:
        raise InputError(problems)
    return entries


def yaml_value(node: yaml.Node) -> Any:
    """A node as text, list or mapping of texts."""
    if isinstance(node, yaml.MappingNode):
        return {yaml_value(key): yaml_value(value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [yaml_value(item) for item in node.value]
    return node.value


READERS: dict[str, Callable[[Path], Sheet]] = {
    ".csv": _read_csv,
    ".xlsx": _read_xlsx,
    ".yaml": _read_yaml,
    ".yml": _read_yaml,
}
