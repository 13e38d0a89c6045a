"""`render`: reports for those who approve."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import click

from acquire.cli.group import acquire
from acquire.cli.options import (
    ASSUMPTIONS,
    BUDGET,
    FAILED,
    FILE_OR_SCENARIO,
    MAX_DEALS,
    SCENARIO,
    SEED,
    TRIALS,
    VENDOR_IDS,
    not_nan,
    options,
    read,
    show,
)

REPORTS, SCENARIO_REPORTS = "reports", "scenario-reports"
"""Where pages go by default: of vendors as given, and a folder for each scenario."""


@acquire.command()
@options(FILE_OR_SCENARIO, VENDOR_IDS, ASSUMPTIONS, TRIALS, SEED, SCENARIO)
@click.option(
    "-o",
    "--out",
    metavar="FOLDER",
    show_default="reports; with --scenario, scenario-reports/NAME",
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
    callback=not_nan,
    default=300.0,
    show_default=True,
    metavar="SECONDS",
    help="After which a notebook is stopped, and its vendor listed as failed.",
)
@click.option(
    "--memory",
    type=click.FloatRange(64),
    callback=not_nan,
    default=4096.0,
    show_default=True,
    metavar="MIB",
    help="That a notebook's processes may hold, likewise; on Linux.",
)
@click.option(
    "--output",
    type=click.FloatRange(0.1),
    callback=not_nan,
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
@click.option(
    "--against",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="A folder of former reports; changes.html says what changed since, and each report links "
    "to it.",
)
@options(BUDGET, MAX_DEALS)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON line for every event.")
def render(
    file: Path | None,
    vendor_ids: tuple[str, ...],
    dask: str | None,
    as_json: bool,
    assumptions: Path | None,
    trials: str | None,
    seed: str | None,
    scenario: Path | None,
    out: str | None,
    against: Path | None,
    **settings: Any,
) -> None:
    """Render one HTML report per vendor, a comparison of them, the method, and an index.

    Each report is notebooks/evaluate_vendor.ipynb, executed by papermill. The pages need no
    network; the folder can be copied or zipped as it is. Only what is missing or out of date is
    rendered, so a run that was stopped goes on when it is started again; pages of a former run
    are replaced only by complete ones. The index lists the vendors of this run, those that
    failed included, each with a page that says why.

    With --scenario the reports are of what the scenario changes, and say so. They go to a folder
    of their own, scenario-reports/NAME, so that reports of the vendors as given stay.
    """
    from acquire.batch import render as render_all
    from acquire.batch.display import JsonLines, display_for

    given = read(file, vendor_ids, assumptions, trials, seed, scenario)
    if out is None:
        out = f"{SCENARIO_REPORTS}/{given.scenario.name}" if given.scenario else REPORTS
    options = {"--assumptions": assumptions, "--trials": trials, "--seed": seed}
    names: list[str | Path] = [file] if file else []
    if scenario:  # which leaves out vendors that are not named
        names += vendor_ids
        options |= {"--scenario": scenario}
    if against:
        options |= {"--against": against}
    try:
        with _cluster(dask) as client:
            rendered = render_all(
                given.vendors,
                given.firm,
                out,
                scenario=given.scenario,
                against=against,
                client=client,
                listen=JsonLines(sys.stdout) if as_json else display_for(sys.stderr),
                rerun=partial(_command_for, out, names, options),
                **settings,
            )
    except KeyboardInterrupt:
        click.echo("stopped; the same command goes on where this run was", err=True)
        raise
    if not as_json:
        number = f"{rendered.pages} pages with {rendered.charts} charts"
        show(f"{number}; open {shown_path(rendered.index)}")
    for problem in rendered.notes:
        click.echo(str(problem), err=True)
    if rendered.failures:
        many = len(rendered.failures)
        click.echo(f"{many} failed; the index links to what is known of each", err=True)
        sys.exit(FAILED)


def _cluster(address: str | None) -> AbstractContextManager[Any]:
    """A client of a Dask cluster, None without one."""
    if address is None:
        return nullcontext()
    from acquire.batch.cluster import connect

    client: AbstractContextManager[Any] = connect(address)
    return client


def _command_for(
    out: str, names: Sequence[str | Path], options: Mapping[str, str | Path | None], vendor_id: str
) -> str:
    """The command that renders a vendor alone, without a password that a URL may hold."""
    protocol, separator, place = out.rpartition("://")
    out = protocol + separator + (place.rpartition("@")[2] if separator else place)
    settings = [str(part) for name, value in options.items() if value for part in (name, value)]
    command = ["acquire", "render", *map(str, names), *settings]
    return shlex.join([*command, "--out", out, "--only", vendor_id])


def shown_path(path: Path | str) -> Path | str:
    """A path relative to the working folder where it is below it."""
    here = Path.cwd()
    if isinstance(path, Path) and path.is_relative_to(here):
        return path.relative_to(here)
    return path
