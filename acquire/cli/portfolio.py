"""`portfolio`: which vendors to buy together."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import click

from acquire.cli.group import acquire
from acquire.cli.options import (
    ASSUMPTIONS,
    BUDGET,
    FILE,
    JSON,
    MAX_DEALS,
    SEED,
    TRIALS,
    VENDOR_IDS,
    as_json_text,
    options,
    progress,
    read,
    show,
)
from acquire.errors import InputError, Problem
from acquire.evaluation import evaluate_all


@acquire.command()
@options(FILE, VENDOR_IDS, ASSUMPTIONS, TRIALS, SEED, JSON, BUDGET, MAX_DEALS)
@click.option(
    "--exclude",
    "exclusive",
    multiple=True,
    metavar="A,B",
    help="At most one of these vendors is bought; two or more ids. May be repeated.",
)
@click.option(
    "--requires",
    multiple=True,
    metavar="X:Y",
    help="Vendor X is bought only if vendor Y is. May be repeated.",
)
@click.option(
    "--correlation",
    metavar="RHO",
    help="Rank correlation of any two vendors' payoffs, from 0 to below 1; 0 (independent) when "
    "left out. It moves the worst case and the shares of draws, not the choice.",
)
def portfolio(file: Path, vendor_ids: tuple[str, ...], as_json: bool, **settings: Any) -> None:
    """Which vendors to buy together under a budget, of all of them or of those named.

    The choice is the largest sum of what each vendor is worth over the best other way, by its best
    permitted strategy. With it come what more budget is worth, how bad it gets in the worst 5 % of
    joint draws, why each other vendor is left out, and the best portfolios at other budgets.
    """
    from acquire import tables
    from acquire.portfolio import read_limits, select_portfolio

    names = ("budget", "max_deals", "exclusive", "requires", "correlation")
    limits = {name: settings.pop(name) for name in names}
    problems: list[Problem] = []
    given = None
    try:
        given = read(file, vendor_ids, **settings)
    except InputError as error:
        problems += error.problems
    try:
        read_limits(None if given is None else list(given.vendors), **limits)
    except InputError as error:
        problems += error.problems
    if given is None or problems:
        raise InputError(problems)
    vendors = given.vendors
    shown = partial(progress, total=len(vendors), doing="evaluating")
    chosen = select_portfolio(evaluate_all(vendors, given.firm, shown), **limits)
    if as_json:
        click.echo(as_json_text(chosen.to_dict()))
    else:
        show(f"{chosen}\n\n{tables.deals(chosen)}\n\n{tables.frontier(chosen)}")
