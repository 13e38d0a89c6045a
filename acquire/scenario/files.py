"""Scenario files: small, in YAML, with a head for the user that is never lost."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from acquire.assumptions import Assumptions
from acquire.errors import InputError, Problem, nearest_name
from acquire.files import write_whole
from acquire.inputs import read_inputs, yaml_settings, yaml_text
from acquire.ranges import Range
from acquire.scenario.record import MERGED, SECTIONS, Scenario
from acquire.tabular import YamlNode, read_text, yaml_entries, yaml_value
from acquire.vendor import Vendors

SCHEMA = 1
"""Of the scenario files that this package reads and writes."""

HEAD = "# Edited by:"
"""First line of a new scenario file, for the user to complete."""

LATER = re.compile(r"[2-9]|[1-9]\d{1,5}", re.ASCII)
"""Schemas of versions of this package that are yet to come."""

ENDINGS = (".yaml", ".yml")
KEYS = ("schema", "vendor", "vendors", "inputs", "assumptions")


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
