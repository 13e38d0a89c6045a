"""Scenarios: what an analyst changed of one vendor and of the firm, kept as a small file.

A scenario holds only what differs from the vendor file and from the firm's assumptions, so that
both may go on changing beneath it. Applied to them it gives the vendor and the firm to evaluate.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from acquire.assumptions import SETTING_NAMES, SETTINGS, Assumptions, each_checked
from acquire.columns import CellError
from acquire.errors import InputError, Problem, nearest_name
from acquire.files import write_whole
from acquire.inputs import read_inputs, yaml_settings, yaml_text
from acquire.ranges import Range
from acquire.tabular import YamlNode, read_text, yaml_entries, yaml_value
from acquire.vendor import COLUMNS, CRITERIA, Vendor, Vendors, replaced, unknown_column

SCHEMA = 1
"""Of the scenario files that this package reads and writes."""

HEAD = "# Edited by:"
"""First line of a new scenario file, for the user to complete."""

LATER = re.compile(r"[2-9]|[1-9]\d{1,5}", re.ASCII)
"""Schemas of versions of this package that are yet to come."""

ENDINGS = (".yaml", ".yml")
KEYS = ("schema", "vendor", "vendors", "inputs", "assumptions")
SECTIONS = ("inputs", "assumptions")
MERGED = ("weights", "defaults")
"""Settings of which a scenario holds the entries that differ; any other is replaced as a whole."""


@dataclass(frozen=True)
class Scenario:
    """What differs from one vendor as given, and from the firm's assumptions.

    Args:
        name: of the scenario and, with its ending, of its file; made like a vendor_id.
        vendor_id: of the vendor that it changes.
        inputs: values by column, in the column's unit: numbers, ranges, texts; None for an
            empty cell, which means the firm's default, else the column's.
        assumptions: values by setting. Of `weights` and `defaults` only the entries that differ;
            None there takes a default of the firm away.
        vendors_file: the vendor file, kept as an absolute path; None where it is not known.
        source: name of the file it was read from.
        lines: of that file, by section and name, such as "inputs.price".

    Raises:
        InputError: one problem per name that does not exist and value that is not allowed.
    """

    name: str
    vendor_id: str
    inputs: Mapping[str, Any] = field(default_factory=dict)
    assumptions: Mapping[str, Any] = field(default_factory=dict)
    vendors_file: Path | None = None
    source: str | None = field(default=None, compare=False, repr=False)
    lines: Mapping[str, int] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        problems = [*self._wrong_names()]
        inputs, wrong = _inputs(self.inputs)
        problems += [self._placed(problem, "inputs") for problem in wrong]
        assumptions, wrong = _assumptions(self.assumptions)
        problems += [self._placed(problem, "assumptions") for problem in wrong]
        if problems:
            raise InputError(problems)
        object.__setattr__(self, "inputs", inputs)
        object.__setattr__(self, "assumptions", assumptions)
        if self.vendors_file is not None:
            object.__setattr__(self, "vendors_file", _absolute(self.vendors_file))

    def _wrong_names(self) -> Iterator[Problem]:
        """Problems of the scenario's own name and of its vendor's."""
        allowed = COLUMNS["vendor_id"].allowed
        if not _is_slug(self.name):
            what = "a file name" if self.source else "a name"
            yield Problem(f"{what} of {allowed}", file=self.place)
        if not _is_slug(self.vendor_id):
            missing = self.vendor_id in (None, "")
            yield Problem(
                "the vendor_id of the vendor it changes" if missing else allowed,
                file=self.place,
                row=self.lines.get("vendor"),
                row_word="line",
                column="vendor",
                value=None if missing else self.vendor_id,
                wrong="is missing" if missing else None,
            )

    @property
    def place(self) -> str:
        """What messages name: the file, or the scenario itself."""
        return self.source or f"scenario {self.name}"

    def _placed(self, problem: Problem, section: str) -> Problem:
        """`problem` in this scenario's file, on the line of what it is about."""
        name = f"{section}.{problem.column}.{problem.value}"
        while name and name not in self.lines:
            name = name.rpartition(".")[0]
        return replace(problem, file=self.place, row=self.lines.get(name), row_word="line")

    def _caused(self, problem: Problem, section: str, cause: str) -> Problem:
        """`problem` on its own line, or on that of the setting `cause` where it has none."""
        if f"{section}.{problem.column}" in self.lines:
            return self._placed(problem, section)
        place = self._placed(Problem("", column=cause), "assumptions")
        return replace(problem, file=place.file, row=place.row, row_word="line")

    def without(self, *settings: str) -> Scenario:
        """This scenario less some settings of the firm, such as those a command replaces."""
        kept = {name: value for name, value in self.assumptions.items() if name not in settings}
        return replace(self, assumptions=kept)

    def apply(self, vendors: Vendors, firm: Assumptions) -> tuple[Vendors, Assumptions]:
        """Vendors and firm with what the scenario changes, all else as it is.

        Args:
            vendors: as given, this scenario's vendor among them.
            firm: as given.

        Raises:
            InputError: there is no such vendor, a required cell is left empty, settings do not
                go together, or years of a vendor do not fit into the scenario's horizon.
        """
        problems: list[Problem] = []
        changed = None
        if self.vendor_id in vendors:
            changed = replaced(vendors[self.vendor_id], **self.inputs)
        else:
            problems += self._no_such_vendor(vendors)
        settings = self._settings(firm)
        applied = _assumed(firm, settings)
        if isinstance(applied, InputError):
            problems += [
                self._caused(
                    problem,
                    "assumptions",
                    "discount_rate" if problem.column == "terminal_growth" else "horizon_years",
                )
                for problem in applied.problems
            ]
            years = {n: v for n, v in settings.items() if n in ("horizon_years", "defaults")}
            applied = _assumed(firm, years)
        if isinstance(applied, Assumptions):
            problems += self._incomplete(vendors, changed, firm, applied)
        if problems or changed is None or isinstance(applied, InputError):
            raise InputError(problems)
        listed = [changed if v.vendor_id == self.vendor_id else v for v in vendors.values()]
        return Vendors(listed, vendors.path), applied

    def _no_such_vendor(self, vendors: Vendors) -> Iterator[Problem]:
        try:
            vendors[self.vendor_id]
        except InputError as error:
            for problem in error.problems:
                yield replace(
                    problem,
                    column="vendor",
                    file=self.place,
                    row=self.lines.get("vendor"),
                    row_word="line",
                )

    def _settings(self, firm: Assumptions) -> dict[str, Any]:
        """The settings it changes, those of which it holds entries completed by the firm's."""
        settings = dict(self.assumptions)
        for name in MERGED:
            if name in settings:
                settings[name] = {**getattr(firm, name), **settings[name]}
        return settings

    def _incomplete(
        self, vendors: Vendors, changed: Vendor | None, firm: Assumptions, applied: Assumptions
    ) -> Iterator[Problem]:
        """Problems of the changed vendor under the changed firm, and new ones of the others."""
        if changed is not None:
            for problem in _lacking(changed, applied):
                cause = "horizon_years" if problem.value is not None else "defaults"
                yield self._caused(problem, "inputs", cause)
        if changed is not None and {"horizon_years", "defaults"} & self.assumptions.keys():
            for vendor in vendors.values():
                if vendor.vendor_id != self.vendor_id and not _lacking(vendor, firm):
                    for problem in _lacking(vendor, applied):
                        cause = "horizon_years" if problem.value is not None else "defaults"
                        column = f"{problem.column} of {vendor.vendor_id}"
                        yield replace(self._caused(problem, "", cause), column=column)


def _assumed(firm: Assumptions, settings: Mapping[str, Any]) -> Assumptions | InputError:
    """`firm` with these settings, or what is wrong with them."""
    try:
        return replace(firm, **settings)
    except InputError as error:
        return error


def _lacking(vendor: Vendor, firm: Assumptions) -> tuple[Problem, ...]:
    """What keeps `firm` from evaluating `vendor`."""
    try:
        firm.complete(vendor)
    except InputError as error:
        return error.problems
    return ()


def _is_slug(name: object) -> bool:
    try:
        return bool(COLUMNS["vendor_id"].parse(name) == name)
    except CellError:
        return False


def _absolute(path: Path) -> Path:
    """`path` as an absolute one; its folder's links followed, but not the file's own."""
    return Path(os.path.realpath(path.parent)) / path.name


def _inputs(given: object) -> tuple[dict[str, Any], list[Problem]]:
    """The values of a vendor's columns, in the columns' order, and what is wrong with them."""
    if not isinstance(given, Mapping):
        return {}, [Problem("a mapping column: value", column="inputs", value=given)]
    problems = []
    values: dict[str, Any] = {}
    for name in given:
        if name == "vendor_id":
            other = "another column; the vendor that it changes stands under vendor"
            problems.append(Problem(other, column=name, value=given[name]))
        elif name not in COLUMNS:
            problem = unknown_column(str(name))
            if name in SETTING_NAMES:
                problem = Problem(
                    "it under assumptions", column=str(name), wrong="is a setting of the firm"
                )
            problems.append(problem)
    for name, spec in COLUMNS.items():
        if name in given and name != "vendor_id":
            try:
                values[name] = spec.parse(given[name])
            except CellError as error:
                problems.append(
                    Problem(
                        error.expected,
                        column=name,
                        value=given[name],
                        wrong=error.wrong,
                        nearest=error.nearest,
                    )
                )
    return values, problems


def _assumptions(given: object) -> tuple[dict[str, Any], list[Problem]]:
    """The values of settings, in the settings' order, and what is wrong with them."""
    if not isinstance(given, Mapping):
        return {}, [Problem("a mapping setting: value", column="assumptions", value=given)]
    problems = []
    for name in given:
        if name in SETTING_NAMES:
            continue
        problem = Problem(
            "a setting of data/README.md",
            column=str(name),
            wrong="no such setting",
            nearest=nearest_name(str(name), SETTING_NAMES),
        )
        if name in COLUMNS:
            problem = Problem(
                "it under inputs", column=str(name), wrong="is a column of the vendor"
            )
        problems.append(problem)
    known = {name: given[name] for name in SETTING_NAMES if name in given}
    values, wrong = each_checked(known)
    for name, order in (("weights", CRITERIA), ("defaults", tuple(COLUMNS))):
        if name in values:
            named = known[name] if isinstance(known[name], Mapping) else {}
            values[name] = {n: values[name].get(n) for n in order if n in named}
            if not values[name]:
                del values[name]
    return values, [*problems, *wrong]


def scenario_of(
    name: str,
    given: Vendor,
    given_firm: Assumptions,
    vendor: Vendor,
    firm: Assumptions,
    vendors_file: Path | None = None,
) -> Scenario:
    """The scenario that leads from a vendor and firm as given to changed ones.

    Args:
        name: of the scenario.
        given, given_firm: as read, cells that are empty left empty.
        vendor, firm: as changed.
        vendors_file: where `given` was read, such as `Vendors.path`.

    Raises:
        InputError: the name is none, or the vendors are two different ones.
    """
    if vendor.vendor_id != given.vendor_id:
        same = f"{given.vendor_id}, the vendor as given"
        raise InputError(
            Problem(same, file=f"scenario {name}", column="vendor_id", value=vendor.vendor_id)
        )
    inputs = {n: getattr(vendor, n) for n in COLUMNS if getattr(vendor, n) != getattr(given, n)}
    settings: dict[str, Any] = {
        n: getattr(firm, n)
        for n in (*SETTINGS, "correlations")
        if getattr(firm, n) != getattr(given_firm, n)
    }
    for n in MERGED:
        before, after = getattr(given_firm, n), getattr(firm, n)
        names = dict.fromkeys((*before, *after))
        settings[n] = {i: after.get(i) for i in names if after.get(i) != before.get(i)}
    return Scenario(name, given.vendor_id, inputs, settings, vendors_file)


# files


def read_scenario(path: str | Path) -> Scenario:
    """A scenario from its YAML file, whose name without the ending is that of the scenario.

    Raises:
        InputError: every problem of the file.
    """
    path = Path(path)
    entries, problems = yaml_settings(path)
    newer = _newer(entries, path.name)
    if newer is not None:
        raise InputError(newer)
    problems += _wrong_keys(entries, path.name)
    lines = {name: node.line for name, node in entries.items()}
    sections: dict[str, Any] = {}
    for name in SECTIONS:
        node = entries.get(name, YamlNode(0))
        inner, wrong = yaml_entries(node, path.name)
        problems += wrong
        lines |= {f"{name}.{key}": entry.line for key, entry in inner.items()}
        for key in MERGED if name == "assumptions" else ():
            nested, wrong = yaml_entries(inner.get(key, YamlNode(0)), path.name)
            problems += wrong
            lines |= {f"{name}.{key}.{n}": entry.line for n, entry in nested.items()}
        values = {key: yaml_value(entry) for key, entry in inner.items()}
        given = values if node.pairs is not None else yaml_value(node)
        sections[name] = {} if given in ("", None) else given
        for key, value in values.items():
            if value == "" and name == "assumptions":  # an empty `weights:`, for one
                sections[name][key] = None
    text = {name: entries[name].text for name in ("vendor", "vendors") if name in entries}
    file = text.get("vendors")
    try:
        scenario = Scenario(
            path.stem,
            yaml_value(entries["vendor"]) if "vendor" in entries else "",
            **sections,
            vendors_file=path.parent / file if isinstance(file, str) and file else None,
            source=path.name,
            lines=lines,
        )
    except InputError as error:
        problems += error.problems
    if problems:
        raise InputError(sorted(problems, key=lambda problem: problem.row or 0))
    return scenario


def _newer(entries: Mapping[str, YamlNode], file: str) -> Problem | None:
    """The problem of a file that was written by a later version of this package."""
    node = entries.get("schema")
    value = yaml_value(node) if node else None
    if not node or not isinstance(value, str) or not LATER.fullmatch(value):
        return None
    return Problem(
        f"{SCHEMA}; this file was written by a newer acquire",
        file=file,
        row=node.line,
        row_word="line",
        column="schema",
        value=value,
    )


def _wrong_keys(entries: Mapping[str, YamlNode], file: str) -> Iterator[Problem]:
    """Problems of the file's own keys: unknown ones, the schema's number, the vendor file."""
    for name, node in entries.items():
        if name not in KEYS:
            yield Problem(
                f"one of {', '.join(KEYS)}",
                file=file,
                row=node.line,
                row_word="line",
                column=name,
                wrong="no such key",
                nearest=nearest_name(name, KEYS),
            )
    schema = entries.get("schema")
    if schema is None or yaml_value(schema) != str(SCHEMA):
        yield Problem(
            str(SCHEMA),
            file=file,
            row=schema.line if schema else None,
            row_word="line",
            column="schema",
            value=(yaml_value(schema) or None) if schema else None,
            wrong=None if schema and yaml_value(schema) else "is missing",
        )
    vendors = entries.get("vendors")
    if vendors is not None and not isinstance(yaml_value(vendors), str):
        yield Problem(
            "the path of the vendor file",
            file=file,
            row=vendors.line,
            row_word="line",
            column="vendors",
            value=yaml_value(vendors),
        )


def scenario_text(scenario: Scenario, folder: Path | None = None) -> str:
    """A scenario as YAML that `read_scenario` reads back equal, with a head for the user.

    Args:
        scenario: to write.
        folder: of its file, relative to which the vendor file is named; the latter's absolute
            path when left out.
    """
    return f"{HEAD}\n{_body(scenario, folder)}"


def _body(scenario: Scenario, folder: Path | None) -> str:
    content: dict[str, Any] = {"schema": SCHEMA, "vendor": scenario.vendor_id}
    if scenario.vendors_file is not None:
        content["vendors"] = _relative(scenario.vendors_file, folder)
    if scenario.inputs:
        content["inputs"] = {name: _cell(value) for name, value in scenario.inputs.items()}
    if scenario.assumptions:
        content["assumptions"] = {n: _cell(value) for n, value in scenario.assumptions.items()}
    return yaml_text(content)


def _relative(path: Path, folder: Path | None) -> str:
    if folder is not None:
        try:
            return Path(os.path.relpath(path, os.path.realpath(folder))).as_posix()
        except ValueError:  # on another drive
            pass
    return path.as_posix()


def _cell(value: Any) -> Any:
    """A value as YAML writes it, at full precision."""
    if isinstance(value, Mapping):
        return {name: _cell(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_cell(inner) for inner in value]
    if isinstance(value, Range):
        return typed(value)
    return _plain(value) if isinstance(value, float) else value


def _plain(value: float) -> float | int:
    """A whole number without its point, such as 24000000; any other as it is."""
    whole = value.is_integer() and abs(value) < 1e15 and repr(value) != "-0.0"
    return int(value) if whole else value


def typed(value: Any) -> str:
    """A number or range as one types it, at full precision: "24000000" or "0.4..0.5..0.6"."""
    if isinstance(value, Range):
        return "..".join(typed(end) for end in (value.low, value.mid, value.high))
    return repr(_plain(value)) if isinstance(value, float) else str(value)


def write_scenario(scenario: Scenario, path: str | Path) -> None:
    """Write a scenario file, at once or not at all; its folder is made.

    The lines of comment at the head of a file that is overwritten are kept as they are.

    Args:
        scenario: to write.
        path: of its file, named as the scenario, ending in .yaml or .yml.

    Raises:
        InputError: the file's name is not that of the scenario.
        OSError: the file cannot be written; what was there stays.
    """
    path = Path(path)
    if path.stem != scenario.name or path.suffix.lower() not in ENDINGS:
        raise InputError(Problem(f"{scenario.name}.yaml, the name of the scenario", file=path.name))
    content = _head(Path(os.path.realpath(path))) + _body(scenario, path.parent)
    write_whole(path, content.encode())


def _head(path: Path) -> str:
    """The comment at the head of a scenario file, that of a new one where there is none."""
    kept: list[str] = []
    try:
        text = read_text(path) if path.exists() else ""
    except InputError:
        text = ""
    for line in text.replace("\r\n", "\n").split("\n"):
        if line.strip() and not line.startswith("#"):
            break
        kept.append(line)
    while kept and not kept[-1].strip():
        kept.pop()
    return "".join(f"{line}\n" for line in kept or [HEAD])


def read_together(
    vendors: str | Path,
    assumptions: str | Path | None = None,
    scenario: str | Path | None = None,
    *,
    trials: int | str | None = None,
    seed: int | str | None = None,
) -> tuple[Vendors, Assumptions, Scenario | None]:
    """Vendors and assumptions as given, and a scenario yet to be applied to them.

    Args:
        vendors, assumptions: as for `read_inputs`.
        scenario: scenario file; None for none.
        trials, seed: replace those of the assumptions and of the scenario.

    Raises:
        InputError: every problem of all files.
    """
    problems: list[Problem] = []
    read = None
    if scenario is not None:
        try:
            given_here = {"trials": trials, "seed": seed}
            names = [name for name, value in given_here.items() if value is not None]
            read = read_scenario(scenario).without(*names)
        except InputError as error:
            problems += error.problems
    try:
        given, firm = read_inputs(vendors, assumptions, trials=trials, seed=seed)
    except InputError as error:
        raise InputError([*problems, *error.problems]) from None
    if problems:
        raise InputError(problems)
    return given, firm, read
