"""`check`, `score` and `evaluate`: the files, the vendors' kinds, their verdicts."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

import click

from acquire import inputs
from acquire.cli.group import acquire
from acquire.cli.options import (
    ASSUMPTIONS,
    FILE,
    FILE_OR_SCENARIO,
    JSON,
    SCENARIO,
    SEED,
    TRIALS,
    VENDOR_IDS,
    WRONG_INPUT,
    Given,
    as_json_text,
    count,
    options,
    progress,
    read,
    show,
)
from acquire.display import one_line
from acquire.errors import InputError
from acquire.evaluation import Evaluation, evaluate_all
from acquire.scoring import classify
from acquire.simulation import draws_for


@acquire.command()
@options(FILE, ASSUMPTIONS, JSON)
def check(file: Path, assumptions: Path | None, as_json: bool) -> None:
    """Say everything that is wrong with FILE and the assumptions, or that they are fine."""
    try:
        vendors, _ = inputs.read_inputs(file, assumptions)
    except InputError as error:
        if not as_json:
            raise
        click.echo(as_json_text({"vendors": 0, "problems": [p.to_dict() for p in error.problems]}))
        sys.exit(WRONG_INPUT)
    if as_json:
        click.echo(as_json_text({"vendors": len(vendors), "problems": []}))
    else:
        click.echo(f"{count(len(vendors))}, fine")


@acquire.command()
@options(FILE_OR_SCENARIO, VENDOR_IDS, ASSUMPTIONS, TRIALS, SEED, SCENARIO, JSON)
def score(file: Path | None, vendor_ids: tuple[str, ...], as_json: bool, **settings: Any) -> None:
    """Strategic or generic: the score of every vendor (or of those named), and how sure it is."""
    from dataclasses import asdict

    from acquire.tables import classifications

    given = read(file, vendor_ids, **settings, alone=False)
    vendors, firm = given.changed
    draws = draws_for(firm)
    judged = [
        (vendor, classify(firm.complete(vendor), firm, draws))
        for vendor in progress(vendors.values(), len(vendors), "scoring")
    ]
    if as_json:
        rows = [{"vendor_id": v.vendor_id, "name": v.name} | asdict(c) for v, c in judged]
        click.echo(as_json_text(rows))
    else:
        _show_differences(given)
        show(classifications([(v.name, c) for v, c in judged]))


@acquire.command()
@options(FILE_OR_SCENARIO, VENDOR_IDS, ASSUMPTIONS, TRIALS, SEED, SCENARIO, JSON)
@click.option(
    "--sensitivity",
    "with_sensitivity",
    is_flag=True,
    help="Add how safe the verdict is, what would change it, what drives the payoff, and what "
    "knowing each uncertain input is worth; with --json under the key sensitivity.",
)
def evaluate(
    file: Path | None,
    vendor_ids: tuple[str, ...],
    as_json: bool,
    with_sensitivity: bool,
    **settings: Any,
) -> None:
    """Verdict, reasons and payoffs of every vendor, or of those named.

    With one vendor everything is printed, with several a ranking. --json prints an array with one
    object per vendor, in the order of FILE.
    """
    from acquire import tables

    given = read(file, vendor_ids, **settings)
    vendors, firm = given.changed
    shown = partial(progress, total=len(vendors), doing="evaluating")
    evaluations = evaluate_all(vendors, firm, shown)
    if as_json:
        _print_array(_as_dict(e, with_sensitivity=with_sensitivity) for e in evaluations)
        return
    _show_differences(given)
    if len(vendors) == 1:
        _print_one(next(iter(evaluations)), with_sensitivity=with_sensitivity)
    else:
        several = list(evaluations)
        show(tables.ranking(several))
        for evaluation in several if with_sensitivity else ():
            click.echo()
            _show_sensitivity(evaluation)


def _show_differences(given: Given) -> None:
    """Say what the scenario changes, above its results."""
    if given.differences is not None:
        show(f"{given.differences}\n")


def _as_dict(evaluation: Evaluation, *, with_sensitivity: bool) -> dict[str, Any]:
    result = evaluation.to_dict()
    if with_sensitivity:
        from acquire.sensitivity import analyse

        result["sensitivity"] = analyse(evaluation).to_dict()
    return result


def _show_sensitivity(evaluation: Evaluation) -> None:
    from acquire import tables
    from acquire.sensitivity import analyse

    found = analyse(evaluation)
    show(one_line(f"{evaluation.inputs.name} ({evaluation.inputs.vendor_id})"))
    parts = [
        tables.safety(found),
        tables.condition_shares(evaluation, found),
        tables.flips(found),
        tables.violation(found),
        tables.agenda(found),
    ]
    if evaluation.risk is not None:
        parts.insert(0, tables.risk(evaluation))
    if found.one_way.bars:
        parts[-1:-1] = [tables.drivers(found), tables.swings(found)]
    show("\n\n".join(map(str, parts)))


def _print_one(evaluation: Evaluation, *, with_sensitivity: bool) -> None:
    from acquire import tables

    show(one_line(f"{evaluation.inputs.name} ({evaluation.inputs.vendor_id})"))
    for part in (
        tables.verdict(evaluation),
        evaluation.payoffs.table,
        evaluation.conditions.table,
        tables.price(evaluation),
    ):
        show(f"{part}\n")
    if with_sensitivity:
        _show_sensitivity(evaluation)


def _print_array(rows: Iterable[dict[str, Any]]) -> None:
    """A JSON array, element by element, so that memory does not grow with it."""
    click.echo("[", nl=False)
    for i, row in enumerate(rows):
        click.echo(("," if i else "") + "\n" + as_json_text(row), nl=False)
    click.echo("\n]")
