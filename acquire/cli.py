"""The command line: each command is a skin on one function of the package.

Results go to standard output, messages and progress to standard error. Exit codes: 0 fine, 1 some
vendors failed or a fault of this program, 2 wrong input, 130 interrupted.
"""

from __future__ import annotations

import io
import json
import math
import os
import shlex
import signal
import sys
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import click
from tqdm import tqdm

from acquire import inputs
from acquire.assumptions import Assumptions
from acquire.display import one_line
from acquire.errors import InputError, Problem
from acquire.evaluation import Evaluation, evaluate_all
from acquire.scoring import classify
from acquire.simulation import draws_for
from acquire.vendor import Vendors

FAILED, WRONG_INPUT, INTERRUPTED = 1, 2, 130

Item = TypeVar("Item")
Command = Callable[..., Any]

_file = click.argument("file", type=click.Path(path_type=Path), metavar="FILE")
_vendor_ids = click.argument("vendor_ids", nargs=-1, metavar="[VENDOR_ID]...")
_assumptions = click.option(
    "-a",
    "--assumptions",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The firm's assumptions, a YAML file. Without it: assumptions.yaml beside FILE, and "
    "without that the defaults.",
)
_trials = click.option(
    "--trials", metavar="N", help="Draws per vendor, a power of two; replaces the assumptions'."
)
_seed = click.option("--seed", metavar="N", help="Of the draws; replaces the assumptions'.")
_budget = click.option(
    "--budget",
    metavar="MONEY",
    help="Most that may be paid at closing, transaction costs included, such as 150e6; no limit "
    "when left out.",
)
_max_deals = click.option("--max-deals", metavar="N", help="Most vendors bought.")
_json = click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")


def _not_nan(_: click.Context, __: click.Parameter, value: float) -> float:
    if math.isnan(value):  # within every range, as far as comparisons tell
        raise click.BadParameter("nan is no number.")
    return value


def _options(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="vendor-acquire", prog_name="acquire")
def acquire() -> None:
    """Should we just buy that supplier?

    FILE holds one vendor per row (.csv, .xlsx or .yaml); data/README.md explains its columns.
    Start with `acquire check FILE`, read a verdict with `acquire evaluate FILE VENDOR_ID`, and
    write reports for those who approve with `acquire render FILE`.

    Exit codes: 0 fine, 1 some vendors failed, 2 wrong input, 130 interrupted.
    """


@acquire.command()
@_options(_file, _assumptions, _json)
def check(file: Path, assumptions: Path | None, as_json: bool) -> None:
    """Say everything that is wrong with FILE and the assumptions, or that they are fine."""
    try:
        vendors, _ = inputs.read_inputs(file, assumptions)
    except InputError as error:
        if not as_json:
            raise
        click.echo(_as_json({"vendors": 0, "problems": [p.to_dict() for p in error.problems]}))
        sys.exit(WRONG_INPUT)
    if as_json:
        click.echo(_as_json({"vendors": len(vendors), "problems": []}))
    else:
        click.echo(f"{_count(len(vendors))}, fine")


@acquire.command()
@_options(_file, _vendor_ids, _assumptions, _trials, _seed, _json)
def score(file: Path, vendor_ids: tuple[str, ...], as_json: bool, **settings: Any) -> None:
    """Strategic or generic: the score of every vendor (or of those named), and how sure it is."""
    from dataclasses import asdict

    from acquire.tables import classifications

    vendors, firm = _read(file, vendor_ids, **settings)
    draws = draws_for(firm)
    judged = [
        (vendor, classify(firm.complete(vendor), firm, draws))
        for vendor in _progress(vendors.values(), len(vendors), "scoring")
    ]
    if as_json:
        rows = [{"vendor_id": v.vendor_id, "name": v.name} | asdict(c) for v, c in judged]
        click.echo(_as_json(rows))
    else:
        _show(classifications([(v.name, c) for v, c in judged]))


@acquire.command()
@_options(_file, _vendor_ids, _assumptions, _trials, _seed, _json)
@click.option(
    "--sensitivity",
    "with_sensitivity",
    is_flag=True,
    help="Add how safe the verdict is, what would change it, what drives the payoff, and what "
    "knowing each uncertain input is worth; with --json under the key sensitivity.",
)
def evaluate(
    file: Path,
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

    vendors, firm = _read(file, vendor_ids, **settings)
    progress = partial(_progress, total=len(vendors), doing="evaluating")
    evaluations = evaluate_all(vendors, firm, progress)
    if as_json:
        _print_array(_as_dict(e, with_sensitivity=with_sensitivity) for e in evaluations)
    elif len(vendors) == 1:
        _print_one(next(iter(evaluations)), with_sensitivity=with_sensitivity)
    else:
        several = list(evaluations)
        _show(tables.ranking(several))
        for evaluation in several if with_sensitivity else ():
            click.echo()
            _show_sensitivity(evaluation)


@acquire.command()
@_options(_file, _vendor_ids, _assumptions, _trials, _seed, _json, _budget, _max_deals)
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
    vendors, firm = None, None
    try:
        vendors, firm = _read(file, vendor_ids, **settings)
    except InputError as error:
        problems += error.problems
    try:
        read_limits(None if vendors is None else list(vendors), **limits)
    except InputError as error:
        problems += error.problems
    if vendors is None or problems:
        raise InputError(problems)
    progress = partial(_progress, total=len(vendors), doing="evaluating")
    chosen = select_portfolio(evaluate_all(vendors, firm, progress), **limits)
    if as_json:
        click.echo(_as_json(chosen.to_dict()))
    else:
        _show(f"{chosen}\n\n{tables.deals(chosen)}\n\n{tables.frontier(chosen)}")


@acquire.command()
@_options(_file, _vendor_ids, _assumptions, _trials, _seed)
@click.option(
    "-o",
    "--out",
    default="reports",
    metavar="FOLDER",
    show_default=True,
    help="Where the pages go: a folder, or a URL such as s3://bucket/reports.",
)
@click.option(
    "-w",
    "--workers",
    type=click.IntRange(1, 256),
    metavar="N",
    help="Notebooks run at a time; one per processor when left out.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(1),
    callback=_not_nan,
    default=300.0,
    show_default=True,
    metavar="SECONDS",
    help="After which a notebook is stopped, and its vendor listed as failed.",
)
@click.option(
    "--memory",
    type=click.FloatRange(64),
    callback=_not_nan,
    default=4096.0,
    show_default=True,
    metavar="MIB",
    help="That a notebook's processes may hold, likewise; on Linux.",
)
@click.option(
    "--output",
    type=click.FloatRange(0.1),
    callback=_not_nan,
    default=50.0,
    show_default=True,
    metavar="MIB",
    help="That a notebook may show, likewise.",
)
@click.option("--force", is_flag=True, help="Render reports that are up to date too.")
@click.option(
    "--only",
    multiple=True,
    metavar="VENDOR_ID",
    help="Render this vendor only; all the others stay as they are, and in the index. May be "
    "repeated.",
)
@click.option("--failed", is_flag=True, help="Render only what failed the last time.")
@click.option(
    "--cold",
    is_flag=True,
    help="Start every kernel anew, rather than as a copy of a process that has imported all.",
)
@click.option(
    "--dask",
    metavar="ADDRESS",
    help="Run the notebooks on a Dask cluster, such as tcp://scheduler:8786.",
)
@click.option(
    "--standalone",
    is_flag=True,
    help="Put the scripts into every page (5 MB each), so that one can be mailed by itself.",
)
@_options(_budget, _max_deals)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON line for every event.")
def render(
    file: Path,
    vendor_ids: tuple[str, ...],
    dask: str | None,
    as_json: bool,
    assumptions: Path | None,
    trials: str | None,
    seed: str | None,
    **options: Any,
) -> None:
    """Render one HTML report per vendor, a comparison of them, and an index.

    Each report is notebooks/evaluate_vendor.ipynb, executed by papermill. The pages need no
    network; the folder can be copied or zipped as it is. Only what is missing or out of date is
    rendered, so a run that was stopped goes on when it is started again; pages of a former run
    are replaced only by complete ones. The index lists the vendors of this run, those that
    failed included, each with a page that says why.
    """
    from acquire.batch import render as render_all
    from acquire.batch.display import JsonLines, display_for

    vendors, firm = _read(file, vendor_ids, assumptions, trials, seed)
    client = None
    if dask is not None:
        from acquire.batch.cluster import connect

        client = connect(dask)
    rendered = render_all(
        vendors,
        firm,
        client=client,
        listen=JsonLines(sys.stdout) if as_json else display_for(sys.stderr),
        rerun=partial(_command_for, options["out"], file, assumptions, trials, seed),
        **options,
    )
    if not as_json:
        number = f"{rendered.pages} pages with {rendered.charts} charts"
        _show(f"{number}; open {_shown(rendered.index)}")
    if rendered.failures:
        many = len(rendered.failures)
        click.echo(f"{many} failed; the index links to what is known of each", err=True)
        sys.exit(FAILED)


def _command_for(
    out: str,
    file: Path,
    assumptions: Path | None,
    trials: str | None,
    seed: str | None,
    vendor_id: str,
) -> str:
    """The command that renders a vendor alone."""
    given = (("--assumptions", assumptions), ("--trials", trials), ("--seed", seed))
    options = [str(part) for name, value in given if value for part in (name, value)]
    return shlex.join(["acquire", "render", str(file), *options, "--out", out, "--only", vendor_id])


def _read(
    file: Path,
    vendor_ids: tuple[str, ...],
    assumptions: Path | None,
    trials: str | None,
    seed: str | None,
) -> tuple[Vendors, Assumptions]:
    vendors, firm = inputs.read_inputs(file, assumptions, trials=trials, seed=seed)
    return vendors.only(vendor_ids), firm


def _progress(items: Iterable[Item], total: int, doing: str) -> Iterable[Item]:
    """Items with a progress bar on standard error, where that is a terminal."""
    bar: Iterable[Item] = tqdm(
        items, total=total, desc=doing, unit="", disable=None, leave=False, delay=0.5
    )
    return bar


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
    _show(one_line(f"{evaluation.inputs.name} ({evaluation.inputs.vendor_id})"))
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
    _show("\n\n".join(map(str, parts)))


def _print_one(evaluation: Evaluation, *, with_sensitivity: bool) -> None:
    from acquire import tables

    _show(one_line(f"{evaluation.inputs.name} ({evaluation.inputs.vendor_id})"))
    for part in (
        tables.verdict(evaluation),
        evaluation.payoffs.table,
        evaluation.conditions.table,
        tables.price(evaluation),
    ):
        _show(f"{part}\n")
    if with_sensitivity:
        _show_sensitivity(evaluation)


def _show(result: object) -> None:
    """Print lines of text, with nothing in them that a terminal would act upon."""
    click.echo("\n".join(one_line(line) for line in str(result).split("\n")))


def _print_array(rows: Iterable[dict[str, Any]]) -> None:
    """A JSON array, element by element, so that memory does not grow with it."""
    click.echo("[", nl=False)
    for i, row in enumerate(rows):
        click.echo(("," if i else "") + "\n" + _as_json(row), nl=False)
    click.echo("\n]")


def _as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=True, allow_nan=False)


def _count(vendors: int) -> str:
    return f"{vendors} vendor{'s' * (vendors != 1)}"


def _shown(path: Path | str) -> Path | str:
    """A path relative to the working folder where it is below it."""
    here = Path.cwd()
    if isinstance(path, Path) and path.is_relative_to(here):
        return path.relative_to(here)
    return path


def _interrupt(*_: Any) -> None:
    raise KeyboardInterrupt


def main() -> None:
    """Run the command line, with the exit codes of its help."""
    signal.signal(signal.SIGTERM, _interrupt)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # not every terminal knows every character
            stream.reconfigure(errors="backslashreplace")
    try:
        code = _run()
    except OSError as error:
        if not isinstance(error, BrokenPipeError):  # whose reader has seen enough
            click.echo(f"stopped by the system: {error}", err=True)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                os.dup2(nowhere, stream.fileno())
        code = FAILED
    sys.exit(code)


def _run() -> int:
    """Run the command line and say what went wrong; the exit code."""
    try:
        return acquire.main(standalone_mode=False) or 0
    except InputError as error:
        for problem in error.problems:
            click.echo(str(problem), err=True)
        many = len(error.problems)
        click.echo(f"{many} problem{'s' * (many != 1)}; nothing was written", err=True)
        return WRONG_INPUT
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted; the same command goes on where it was", err=True)
        return INTERRUPTED


if __name__ == "__main__":
    main()
