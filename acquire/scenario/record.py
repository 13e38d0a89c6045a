"""The record: what differs, checked, and applied to a vendor and a firm.

A scenario holds only what differs from the vendor file and from the firm's assumptions, so that
both may go on changing beneath it. Applied to them it gives the vendor and the firm to evaluate.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from acquire.assumptions import SETTING_NAMES, SETTINGS, Assumptions, each_checked
from acquire.columns import CellError
from acquire.errors import InputError, Problem, nearest_name
from acquire.vendor import COLUMNS, CRITERIA, Vendor, Vendors, replaced, unknown_column

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
