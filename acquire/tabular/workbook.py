"""Excel workbooks, of which formulas, errors and merged cells need care."""

from __future__ import annotations

import io
import warnings
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from acquire.columns import Decimals, UnreadableCellError
from acquire.errors import InputError, Problem, printable
from acquire.tabular.content import read_bytes
from acquire.tabular.sheet import Cell, Sheet, from_grid

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

VENDORS_SHEET = "vendors"

MOST_CELLS = 2_000_000
"""Of a worksheet, empty ones within its used area included."""
MOST_BYTES = 300_000_000
"""Of an unpacked workbook."""


def read_workbook(path: Path) -> Sheet:
    """The rows of a workbook's only sheet, or of that named `VENDORS_SHEET`.

    Raises:
        InputError: the file cannot be read, or has no such sheet, or nothing in it.
    """
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
    return from_grid(path.name, grid, Decimals.EITHER)


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
