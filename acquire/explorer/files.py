"""What an explorer leaves behind: scenarios saved and loaded, figures exported."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from acquire.columns import NUMBER
from acquire.display import Table
from acquire.explorer.case import Case
from acquire.explorer.controls import controls, typed
from acquire.explorer.screen import conditions, numbers
from acquire.explorer.session import Session
from acquire.scenario import read_scenario, scenario_of, write_scenario

TYPES = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
FORMULAE = ("=", "+", "@", "\t", "\r")
ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")
"""Characters that no workbook can hold."""


@dataclass(frozen=True)
class Made:
    """A file for the user's browser to save.

    Args:
        name: of the file.
        type: media type.
        content: of the file.
    """

    name: str
    type: str
    content: bytes


def names(folder: Path) -> list[str]:
    """The scenarios in a folder."""
    return sorted(path.stem for path in folder.glob("*.yaml")) if folder.is_dir() else []


def export(session: Session, format: str) -> Made:  # noqa: A002 - what a user calls it
    """Figures, conditions and inputs as they are on the screen.

    Args:
        session: what is shown.
        format: "csv" or "xlsx".
    """
    now, pinned, given = session.now, session.pinned, session.given
    inputs = Table(
        ("input", "now", "as given", "pinned", "unit", "meaning"),
        [
            (
                name,
                typed(now.case.value(name)),
                typed(given.value(name)),
                typed(pinned.case.value(name)) if pinned else "",
                control.unit,
                control.meaning,
            )
            for name, control in controls().items()
        ],
    )
    tables = {
        "figures": numbers(now, pinned),
        "conditions": conditions(now, pinned),
        "inputs": inputs,
    }
    make = {"csv": _csv, "xlsx": _workbook}[format]
    return Made(f"{now.vendor_id}.{format}", TYPES[format], make(tables))


def _csv(tables: Mapping[str, Table]) -> bytes:
    """The tables one after the other, each line with its table's name, as spreadsheets open it."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for name, table in tables.items():
        writer.writerow(["table", *table.headings])
        # a spreadsheet would take such a text for a formula
        writer.writerows(
            [name, *("'" + cell if cell.startswith(FORMULAE) else cell for cell in row)]
            for row in table.rows
        )
        writer.writerow([])
    return text.getvalue().encode("utf-8-sig")


def _workbook(tables: Mapping[str, Table]) -> bytes:
    """The tables as sheets, all cells text but numbers of inputs."""
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.worksheets[0])
    for name, table in tables.items():
        sheet = book.create_sheet(name)
        for i, row in enumerate([table.headings, *table.rows], start=1):
            for j, text in enumerate(row, start=1):
                cell = sheet.cell(i, j)
                if name == "inputs" and NUMBER.fullmatch(text):
                    cell.value = float(text)
                else:
                    cell.value, cell.data_type = ILLEGAL.sub("\N{REPLACEMENT CHARACTER}", text), "s"
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def save(session: Session, folder: Path, name: str) -> str:
    """Save what differs from the vendor and the firm as given.

    Args:
        session: what is shown.
        folder: made when it does not exist.
        name: of the scenario.

    Returns:
        What was saved and where, in words.

    Raises:
        InputError: the name is none.
        OSError: the file cannot be written.
    """
    given, now = session.given, session.now.case
    vendors_file = session.vendors.path
    scenario = scenario_of(name, given.vendor, given.firm, now.vendor, now.firm, vendors_file)
    path = folder / f"{name}.yaml"
    write_scenario(scenario, path)
    differing = len(session.differences())
    return f"{differing} input{'s' * (differing != 1)} saved to {path.as_posix()}"


def load(session: Session, folder: Path, name: str) -> str:
    """Turn to a saved scenario, on top of the vendors and the firm as given.

    Args:
        session: what is shown.
        folder: where the scenario is.
        name: of the scenario, or the path of its file.

    Returns:
        What was loaded, in words.

    Raises:
        InputError: there is no such scenario, or something is wrong with it.
    """
    path = Path(name) if name.endswith((".yaml", ".yml")) else folder / f"{name}.yaml"
    scenario = read_scenario(path)
    vendors, firm = scenario.apply(session.vendors, session.firm)
    words = f"scenario {scenario.name} loaded"
    session.take(Case(vendors[scenario.vendor_id], firm), words)
    return words
