"""Vendor files and the assumptions file in, everything wrong with them at once."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from acquire.assumptions import NESTED, SETTING_NAMES, SETTINGS, Assumptions, changed
from acquire.columns import CellError
from acquire.errors import InputError, Problem, nearest_name
from acquire.ranges import Range
from acquire.tabular import (
    Row,
    Sheet,
    read_bytes,
    read_sheet,
    yaml_entries,
    yaml_root,
    yaml_value,
)
from acquire.vendor import COLUMNS, Vendor, Vendors, missing, unknown_column

ASSUMPTIONS_FILE = "assumptions.yaml"


def read_vendors(path: str | Path, firm: Assumptions | None = None) -> Vendors:
    """The vendors of a CSV, XLSX or YAML file, by id, in the file's order.

    Args:
        path: the file; see `data/README.md` for its columns.
        firm: whose defaults fill empty required cells, and whose horizon limits years. Without
            it, required cells must be filled, and years are checked when a vendor is evaluated.

    Raises:
        InputError: every problem of the file.
    """
    sheet = read_sheet(Path(path))
    problems = [
        dataclasses.replace(unknown_column(name, sheet.file), row=_heading_row(sheet))
        for name in sheet.headings
        if name not in COLUMNS
    ]
    absent = [
        name
        for name, spec in COLUMNS.items()
        if sheet.row_word == "row"
        and spec.required
        and name not in sheet.headings
        and (firm is None or name not in firm.defaults)
    ]
    problems += [
        Problem(
            f"{COLUMNS[name].allowed} in every row",
            file=sheet.file,
            row=1,
            column=name,
            wrong="the column is required and not there",
        )
        for name in absent
    ]
    vendors: list[Vendor] = []
    first_seen: dict[str, int] = {}
    for row in sheet.rows:
        values, wrong = _parse_row(sheet, row, firm, absent)
        vendor_id = values.get("vendor_id")
        if vendor_id in first_seen:
            wrong.append(
                _problem(
                    sheet,
                    row,
                    "vendor_id",
                    CellError(
                        "every vendor_id once",
                        wrong=f"stands in {sheet.row_word} {first_seen[vendor_id]} already",
                    ),
                )
            )
        elif vendor_id is not None:
            first_seen[vendor_id] = row.number
        problems += wrong
        if not problems:
            source = f"{sheet.file}, {sheet.row_word} {row.number}"
            vendors.append(Vendor(**values, source=source))
    if not sheet.rows:
        problems.append(Problem("at least one vendor", file=sheet.file, wrong="has no rows"))
    if problems:
        raise InputError(problems)
    return Vendors(vendors)


def _heading_row(sheet: Sheet) -> int | None:
    return 1 if sheet.row_word == "row" else None


def _parse_row(
    sheet: Sheet, row: Row, firm: Assumptions | None, absent: list[str]
) -> tuple[dict[str, Any], list[Problem]]:
    values: dict[str, Any] = {}
    problems = []
    for name, spec in COLUMNS.items():
        try:
            value = spec.parse(row.cells.get(name), sheet.decimals)
            values[name] = value
            if value is None and firm is not None:
                value = firm.defaults.get(name, spec.default)
            if value is None and spec.required and name not in absent:
                raise missing(spec)
            if firm is not None:
                spec.check_horizon(value, firm.horizon_years)
        except CellError as error:
            problems.append(_problem(sheet, row, name, error))
    return values, problems


def _problem(sheet: Sheet, row: Row, name: str, error: CellError) -> Problem:
    value = row.cells.get(name)
    return Problem(
        file=sheet.file,
        row=row.number,
        row_word=sheet.row_word,
        column=name,
        value=None if value == "" else value,
        expected=error.expected,
        wrong=error.wrong,
        nearest=error.nearest,
    )


def read_assumptions(path: str | Path) -> Assumptions:
    """The firm's assumptions from a YAML file; a setting left out takes its default.

    Raises:
        InputError: every problem of the file.
    """
    path = Path(path)
    if path.suffix.lower() not in (".yaml", ".yml"):
        raise InputError(Problem("a file ending in .yaml or .yml", file=path.name))
    root = yaml_root(path)
    if root is None:
        return Assumptions()
    if not isinstance(root, yaml.MappingNode):
        raise InputError(
            Problem("settings, one a line, as name: value", file=path.name, wrong="holds none")
        )
    entries = yaml_entries(root, path.name)
    lines = {name: node.start_mark.line + 1 for name, node in entries.items()}
    for name in NESTED:
        if isinstance(entries.get(name), yaml.MappingNode):
            inner = yaml_entries(entries[name], path.name)  # refuses a key that stands twice
            lines |= {f"{name}.{key}": node.start_mark.line + 1 for key, node in inner.items()}
    problems = [
        Problem(
            "a setting of data/README.md",
            file=path.name,
            row=lines[name],
            row_word="line",
            column=name,
            wrong="no such setting",
            nearest=nearest_name(name, SETTING_NAMES),
        )
        for name in entries
        if name not in SETTING_NAMES
    ]
    settings = {n: _setting(node) for n, node in entries.items() if n in SETTING_NAMES}
    try:
        firm = Assumptions(**settings)
    except InputError as error:
        problems += [
            dataclasses.replace(p, file=path.name, row=_line(p.column, lines), row_word="line")
            for p in error.problems
        ]
    if problems:
        raise InputError(problems)
    return firm


def _setting(node: yaml.Node) -> Any:
    """The value of a setting; an empty `weights:`, `defaults:` or `correlations:` is None."""
    value = yaml_value(node)
    return None if value == "" else value


def _line(column: str | None, lines: dict[str, int]) -> int | None:
    while column:
        if column in lines:
            return lines[column]
        column = column.rpartition(".")[0]
    return None


def read_inputs(
    vendors: str | Path,
    assumptions: str | Path | None = None,
    *,
    trials: int | None = None,
    seed: int | None = None,
) -> tuple[Vendors, Assumptions]:
    """Vendors and assumptions together, every problem of both at once.

    Args:
        vendors: vendor file.
        assumptions: assumptions file; when left out, `assumptions.yaml` beside the vendor file,
            and without that the defaults.
        trials, seed: replace those of the assumptions.

    Raises:
        InputError: every problem of both files.
    """
    path = Path(vendors)
    beside = path.parent / ASSUMPTIONS_FILE
    problems: list[Problem] = []
    firm: Assumptions | None = Assumptions()
    try:
        if assumptions:
            firm = read_assumptions(assumptions)
        elif beside.exists():
            firm = read_assumptions(beside)
    except InputError as error:
        problems += error.problems
        firm = None
    try:
        firm = firm and changed(firm, trials=trials, seed=seed)
    except InputError as error:
        problems += error.problems
    try:
        read = read_vendors(path, firm)
    except InputError as error:
        problems += error.problems
    if problems or firm is None:
        raise InputError(problems)
    return read, firm


def locate(path: str | Path) -> Path:
    """A relative path that does not exist here, looked for in the folders above as well.

    A notebook runs in its own folder in JupyterLab and in the caller's folder under papermill;
    this finds `data/vendors.csv` from both.
    """
    path = Path(path)
    if path.is_absolute() or path.exists():
        return path
    for folder in Path.cwd().resolve().parents:
        if (folder / path).exists():
            return folder / path
    return path


def fingerprint(path: str | Path) -> str:
    """SHA-256 of a file, as the report's provenance names it."""
    return hashlib.sha256(read_bytes(Path(path))).hexdigest()


def write_vendors(vendors: Mapping[str, Vendor], path: Path) -> None:
    """Write vendors as YAML that `read_vendors` reads back equal; empty cells are left out."""
    rows = []
    for vendor in vendors.values():
        given = {name: getattr(vendor, name) for name in COLUMNS}
        rows.append({name: _cell(value) for name, value in given.items() if value is not None})
    _write_yaml(rows, path)


def write_assumptions(firm: Assumptions, path: Path) -> None:
    """Write assumptions as YAML that `read_assumptions` reads back equal."""
    settings: dict[str, Any] = {name: _cell(getattr(firm, name)) for name in SETTINGS}
    settings["weights"] = dict(firm.weights)
    settings["correlations"] = [list(entry) for entry in firm.correlations]
    settings["defaults"] = {name: _cell(value) for name, value in firm.defaults.items()}
    _write_yaml(settings, path)


def _cell(value: Any) -> Any:
    return str(value) if isinstance(value, Range) else value


def _write_yaml(content: Any, path: Path) -> None:
    text = yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=10_000)
    path.write_text(text, encoding="utf-8")
