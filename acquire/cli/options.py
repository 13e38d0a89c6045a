"""What commands have in common: arguments and options, reading the input, printing results."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click
from tqdm import tqdm

from acquire.assumptions import Assumptions
from acquire.columns import SLUG
from acquire.display import one_line
from acquire.errors import InputError, Problem
from acquire.scenario import Scenario, read_scenario, read_together
from acquire.vendor import Vendors

FAILED, WRONG_INPUT, INTERRUPTED = 1, 2, 130
"""Exit codes."""

Item = TypeVar("Item")
Command = Callable[..., Any]

FILE = click.argument("file", type=click.Path(path_type=Path), metavar="FILE")
FILE_OR_SCENARIO = click.argument(
    "file", type=click.Path(path_type=Path), metavar="[FILE]", required=False
)
VENDOR_IDS = click.argument("vendor_ids", nargs=-1, metavar="[VENDOR_ID]...")
ASSUMPTIONS = click.option(
    "-a",
    "--assumptions",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The firm's assumptions, a YAML file. Without it: assumptions.yaml beside FILE, and "
    "without that the defaults.",
)
TRIALS = click.option(
    "--trials", metavar="N", help="Draws per vendor, a power of two; replaces the assumptions'."
)
SEED = click.option("--seed", metavar="N", help="Of the draws; replaces the assumptions'.")
SCENARIO = click.option(
    "--scenario",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A scenario file: what to change of one vendor and of the assumptions. Without vendors "
    "named, evaluate and render take just its vendor. The vendor FILE may be left out where the "
    "scenario names it.",
)
BUDGET = click.option(
    "--budget",
    metavar="MONEY",
    help="Most that may be paid at closing, transaction costs included, such as 150e6; no limit "
    "when left out.",
)
MAX_DEALS = click.option("--max-deals", metavar="N", help="Most vendors bought.")
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")


def not_nan(_: click.Context, __: click.Parameter, value: float) -> float:
    """Refuse what is no number."""
    if math.isnan(value):  # within every range, as far as comparisons tell
        raise click.BadParameter("nan is no number.")
    return value


def options(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """Several arguments and options in their order, as one decorator."""

    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


@dataclass(frozen=True)
class Given:
    """What a command is given.

    Args:
        vendors: all or those named, as the file has them.
        firm: the assumptions, with what the command line replaces.
        scenario: yet to be applied to them.
    """

    vendors: Vendors
    firm: Assumptions
    scenario: Scenario | None

    @property
    def changed(self) -> tuple[Vendors, Assumptions]:
        """Vendors and assumptions as they are in the scenario, if there is one."""
        if self.scenario is None:
            return self.vendors, self.firm
        return self.scenario.apply(self.vendors, self.firm)

    @property
    def differences(self) -> str | None:
        """What the scenario changes, in one line."""
        if self.scenario is None:
            return None
        from acquire.tables import scenario_line

        vendor = self.vendors[self.scenario.vendor_id]
        changes = scenario_line(self.scenario, vendor, self.firm)
        return f"Scenario {self.scenario.name} of {vendor.vendor_id}: {changes}"


def read(
    file: Path | None,
    vendor_ids: tuple[str, ...],
    assumptions: Path | None,
    trials: str | None,
    seed: str | None,
    scenario: Path | None = None,
    *,
    alone: bool = True,
) -> Given:
    """Vendors, all or those named, the assumptions, and the scenario.

    Args:
        file: None for the one that the scenario names.
        vendor_ids, assumptions, trials, seed, scenario: of the command line; trials and seed
            replace those of both files.
        alone: without vendors named, a scenario is of its own vendor only.

    Raises:
        InputError: every problem of all files and of the names.
        click.UsageError: there is no vendor file.
    """
    file, vendor_ids = file_and_ids(file, vendor_ids, scenario)
    if file is None:
        file = _named_by(scenario)
    vendors, firm, changes = read_together(file, assumptions, scenario, trials=trials, seed=seed)
    if changes is None:
        return Given(vendors.only(vendor_ids), firm, None)
    problems: list[Problem] = []
    wanted = [*vendor_ids, changes.vendor_id] if vendor_ids or alone else []
    known = [name for name in wanted if name in vendors]
    kept = vendors.only(known) if changes.vendor_id in known else vendors
    for look in (lambda: vendors.only(vendor_ids), lambda: changes.apply(kept, firm)):
        try:
            look()
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return Given(kept, firm, changes)


def file_and_ids(
    file: Path | None, vendor_ids: tuple[str, ...], scenario: Path | None
) -> tuple[Path | None, tuple[str, ...]]:
    """FILE and VENDOR_IDs, the first of which stands in FILE's place where a scenario names FILE.

    No vendor_id has a point in it, and every vendor file an ending, so the two can be told apart.
    """
    if scenario is not None and file is not None and SLUG.fullmatch(str(file)):
        return None, (str(file), *vendor_ids)
    return file, vendor_ids


def _named_by(scenario: Path | None) -> Path:
    """The vendor file that a scenario names."""
    if scenario is None:
        raise click.UsageError("Missing argument 'FILE'.")
    found = read_scenario(scenario)
    if found.vendors_file is None:
        raise click.UsageError(
            f"Missing argument 'FILE': {one_line(found.place)} does not name its vendor file."
        )
    return found.vendors_file


def progress(items: Iterable[Item], total: int, doing: str) -> Iterable[Item]:
    """Items with a progress bar on standard error, where that is a terminal."""
    bar: Iterable[Item] = tqdm(
        items, total=total, desc=doing, unit="", disable=None, leave=False, delay=0.5
    )
    return bar


def show(result: object) -> None:
    """Print lines of text, with nothing in them that a terminal would act upon."""
    click.echo("\n".join(one_line(line) for line in str(result).split("\n")))


def as_json_text(value: Any) -> str:
    """A value as JSON that every program reads."""
    return json.dumps(value, ensure_ascii=True, allow_nan=False)


def count(vendors: int) -> str:
    """A number of vendors in words."""
    return f"{vendors} vendor{'s' * (vendors != 1)}"
