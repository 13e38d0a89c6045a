"""Vendor files and the assumptions file in, everything wrong with them at once."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from acquire.assumptions import NESTED, SETTING_NAMES, SETTINGS, Assumptions, changed
from acquire.columns import MISSING_WORDS, CellError
from acquire.errors import InputError, Problem, nearest_name
from acquire.ranges import Range
from acquire.tabular import (
    Row,
    Sheet,
    YamlNode,
    read_bytes,
    read_sheet,
    yaml_entries,
    yaml_root,
    yaml_value,
)
from acquire.vendor import COLUMNS, Vendor, Vendors, missing, unknown_column

ASSUMPTIONS_FILE = "assumptions.yaml"


@dataclass(frozen=True)
class _Known:
    """What is known of the firm's assumptions when rows are read.

    Args:
        filled: columns for which the firm has a default.
        horizon_years: None when not known; years are then not held against it.
    """

    filled: Collection[str] = ()
    horizon_years: int | None = None

    @classmethod
    def of(cls, firm: Assumptions) -> _Known:
        """All that matters of valid assumptions."""
        return cls(firm.defaults.keys(), firm.horizon_years)


def read_vendors(path: str | Path, firm: Assumptions | None = None) -> Vendors:
    """The vendors of a CSV, XLSX or YAML file, by id, in the file's order.

    Args:
        path: the file; see `data/README.md` for its columns.
        firm: whose defaults fill empty required cells, and whose horizon limits years. Without
            it, required cells must be filled, and years are checked when a vendor is evaluated.

    Raises:
        InputError: every problem of the file.
    """
    return _read_vendors(Path(path), _Known.of(firm) if firm else _Known())


def _read_vendors(path: Path, known: _Known) -> Vendors:
    sheet = read_sheet(path)
    problems = [
        *sheet.problems,
        *(
            dataclasses.replace(
                unknown_column(name, sheet.file),
                row=sheet.heading_row or next(r.number for r in sheet.rows if name in r.cells),
                row_word=sheet.row_word,
            )
            for name in sheet.headings
            if name and name not in COLUMNS
        ),
    ]
    absent = [
        name
        for name, spec in COLUMNS.items()
        if sheet.heading_row is not None
        and spec.required
        and name not in sheet.headings
        and name not in known.filled
    ]
    problems += [
        Problem(
            f"{COLUMNS[name].allowed} in every row",
            file=sheet.file,
            row=sheet.heading_row,
            column=name,
            wrong="the column is required and not there",
        )
        for name in absent
    ]
    vendors: list[Vendor] = []
    first_seen: dict[str, int] = {}
    for row in sheet.rows:
        values, wrong = _parse_row(sheet, row, known, absent)
        vendor_id = values.get("vendor_id")
        if vendor_id in first_seen:
            stands = f"stands in {sheet.row_word} {first_seen[vendor_id]} already"
            error = CellError("every vendor_id once", wrong=stands)
            wrong.append(_problem(sheet, row, "vendor_id", error))
        elif vendor_id is not None:
            first_seen[vendor_id] = row.number
        problems += wrong
        if not problems:
            source = f"{sheet.file}, {sheet.row_word} {row.number}"
            vendors.append(Vendor(**values, source=source))
    if not sheet.rows and not problems:
        problems.append(Problem("at least one vendor", file=sheet.file, wrong="holds none"))
    if problems:
        raise InputError(sorted(problems, key=lambda problem: problem.row or 0))
    return Vendors(vendors, path)


def _parse_row(
    sheet: Sheet, row: Row, known: _Known, absent: list[str]
) -> tuple[dict[str, Any], list[Problem]]:
    values: dict[str, Any] = {}
    problems = []
    for name, spec in COLUMNS.items():
        try:
            value = spec.parse(row.cells.get(name), sheet.decimals)
            values[name] = value
            if value is None:
                if spec.required and name not in known.filled and name not in absent:
                    raise missing(spec)
            elif known.horizon_years is not None:
                spec.check_horizon(value, known.horizon_years)
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
    firm, _, problems = _read_assumptions(Path(path))
    if problems or firm is None:
        raise InputError(problems)
    return firm


def _read_assumptions(path: Path | None) -> tuple[Assumptions | None, _Known, list[Problem]]:
    """The assumptions, None where they are wrong, what is known all the same, and the problems."""
    if path is None:
        return Assumptions(), _Known.of(Assumptions()), []
    try:
        entries, problems = yaml_settings(path)
    except InputError as error:
        return None, _Known(), list(error.problems)
    lines = {name: node.line for name, node in entries.items()}
    for name in NESTED:
        if name in entries:
            inner, wrong = yaml_entries(entries[name], path.name)
            problems += wrong
            lines |= {f"{name}.{key}": node.line for key, node in inner.items()}
    problems += [
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
            dataclasses.replace(p, file=path.name, row=_line(p, lines), row_word="line")
            for p in error.problems
        ]
        return None, _known(settings), problems
    return firm, _Known.of(firm), problems


def yaml_settings(path: Path) -> tuple[dict[str, YamlNode], list[Problem]]:
    """The settings of a YAML file by name, none of an empty one, and the problems of their names.

    Raises:
        InputError: the file cannot be read, or holds no settings.
    """
    if path.suffix.lower() not in (".yaml", ".yml"):
        raise InputError(Problem("a file ending in .yaml or .yml", file=path.name))
    root = yaml_root(path)
    if root is None:
        return {}, []
    if root.pairs is None:
        raise InputError(
            Problem("settings, one a line, as name: value", file=path.name, wrong="holds none")
        )
    return yaml_entries(root, path.name)


def _known(settings: Mapping[str, Any]) -> _Known:
    """What settings tell of which some are wrong."""
    defaults = settings.get("defaults")
    filled = defaults.keys() if isinstance(defaults, Mapping) else ()
    spec = SETTINGS["horizon_years"]
    try:
        horizon = spec.parse(settings.get("horizon_years")) or spec.default
    except CellError:
        horizon = None
    return _Known(filled, horizon)


def _setting(node: YamlNode) -> Any:
    """The value of a setting; an empty `weights:`, `defaults:` or `correlations:` is None."""
    value = yaml_value(node)
    return None if value == "" else value


def _line(problem: Problem, lines: dict[str, int]) -> int | None:
    """The line of a nested name that does not exist, else of the setting."""
    name = f"{problem.column}.{problem.value}"
    while name and name not in lines:
        name = name.rpartition(".")[0]
    return lines.get(name)


def read_inputs(
    vendors: str | Path,
    assumptions: str | Path | None = None,
    *,
    trials: int | str | None = None,
    seed: int | str | None = None,
) -> tuple[Vendors, Assumptions]:
    """Vendors and assumptions together, every problem of both at once.

    Args:
        vendors: vendor file.
        assumptions: assumptions file; when left out, `assumptions.yaml` beside the vendor file,
            and without that the defaults.
        trials, seed: replace those of the assumptions; numbers, or their text.

    Raises:
        InputError: every problem of both files.
    """
    path = Path(vendors)
    beside = path.parent / ASSUMPTIONS_FILE
    chosen = Path(assumptions) if assumptions else beside if os.path.lexists(beside) else None
    firm, known, problems = _read_assumptions(chosen)
    given = {name: v for name, v in (("trials", trials), ("seed", seed)) if v is not None}
    problems += [
        Problem(SETTINGS[name].allowed, column=name, value=value or None, wrong="is empty")
        for name, value in given.items()
        if str(value).strip().lower() in MISSING_WORDS
    ]
    try:
        changed(Assumptions(), **given)  # what is wrong with them, whatever the file says
    except InputError as error:
        problems += error.problems
    try:
        read = _read_vendors(path, known)
    except InputError as error:
        problems += error.problems
    if problems or firm is None:
        raise InputError(problems)
    return read, changed(firm, **given)


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


def vendors_text(vendors: Mapping[str, Vendor]) -> str:
    """Vendors as YAML that `read_vendors` reads back equal; empty cells are left out."""
    return yaml_text([_cells(vendor) for vendor in vendors.values()])


def _cells(vendor: Vendor) -> dict[str, Any]:
    """The cells of a vendor that are filled, by column."""
    given = {name: getattr(vendor, name) for name in COLUMNS}
    return {name: _cell(value) for name, value in given.items() if value is not None}


def write_vendors(vendors: Mapping[str, Vendor], path: Path) -> None:
    """Write `vendors_text`."""
    path.write_text(vendors_text(vendors), encoding="utf-8")


def assumptions_text(firm: Assumptions) -> str:
    """Assumptions as YAML that `read_assumptions` reads back equal."""
    return yaml_text(_settings(firm))


def _settings(firm: Assumptions) -> dict[str, Any]:
    """Every setting of the firm, by name."""
    settings: dict[str, Any] = {name: _cell(getattr(firm, name)) for name in SETTINGS}
    settings["weights"] = dict(firm.weights)
    settings["correlations"] = [list(entry) for entry in firm.correlations]
    settings["defaults"] = {name: _cell(value) for name, value in firm.defaults.items()}
    return settings


def write_assumptions(firm: Assumptions, path: Path) -> None:
    """Write `assumptions_text`."""
    path.write_text(assumptions_text(firm), encoding="utf-8")


def given_of(vendor: Vendor, firm: Assumptions) -> dict[str, Any]:
    """A vendor and a firm as plain JSON values that `read_given` reads back equal.

    Args:
        vendor: of which the cells that are filled are kept, under `vendor`, by column.
        firm: of which every setting is kept, under `assumptions`.
    """
    return {"vendor": _cells(vendor), "assumptions": _settings(firm)}


def read_given(given: Any, source: str | None = None) -> tuple[Vendor, Assumptions]:
    """The vendor and the firm that `given_of` wrote.

    Args:
        given: what it wrote, or that read from JSON.
        source: what messages name.

    Raises:
        InputError: every problem of both: names that do not exist, values that are not allowed.
    """
    found: list[Vendor | Assumptions] = []
    problems: list[Problem] = []
    kinds: tuple[tuple[str, type[Vendor | Assumptions], Collection[str]], ...] = (
        ("vendor", Vendor, COLUMNS),
        ("assumptions", Assumptions, SETTING_NAMES),
    )
    for part, kind, names in kinds:
        cells = given.get(part) if isinstance(given, Mapping) else None
        if not isinstance(cells, Mapping):
            problems.append(Problem("cells by name", file=source, column=part))
            continue
        unknown = [str(name) for name in cells if name not in names]
        problems += [Problem("a name this version knows", file=source, column=n) for n in unknown]
        if not unknown:
            try:
                found.append(kind(**cells))
            except InputError as error:
                problems += [dataclasses.replace(p, file=source) for p in error.problems]
    if problems:
        raise InputError(problems)
    vendor, firm = found
    assert isinstance(vendor, Vendor) and isinstance(firm, Assumptions)  # noqa: PT018
    return vendor, firm


def _cell(value: Any) -> Any:
    return str(value) if isinstance(value, Range) else value


def yaml_text(content: Any) -> str:
    """Plain values as YAML, in their order, one a line however long."""
    text = yaml.dump(content, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=10_000)
    return str(text)


class _Dumper(yaml.SafeDumper):
    """Writes texts so that every YAML reader gets them back as they were."""

    def text(self, text: str) -> yaml.ScalarNode:
        # quoted singly, these count as line breaks, which a reader makes other ones of
        style = '"' if re.search("[\x85\u2028\u2029]", text) else None
        return self.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _Dumper.text)
