"""What commands have in common: arguments and options, reading the input, printing results."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import click
from tqdm import tqdm

from acquire import inputs
from acquire.assumptions import Assumptions
from acquire.display import one_line
from acquire.vendor import Vendors

FAILED, WRONG_INPUT, INTERRUPTED = 1, 2, 130
"""Exit codes."""

Item = TypeVar("Item")
Command = Callable[..., Any]

FILE = click.argument("file", type=click.Path(path_type=Path), metavar="FILE")
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


def read(
    file: Path,
    vendor_ids: tuple[str, ...],
    assumptions: Path | None,
    trials: str | None,
    seed: str | None,
) -> tuple[Vendors, Assumptions]:
    """Vendors, all or those named, and assumptions with what the command line replaces."""
    vendors, firm = inputs.read_inputs(file, assumptions, trials=trials, seed=seed)
    return vendors.only(vendor_ids), firm


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
