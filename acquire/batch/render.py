"""`render`: the notebooks, one run per vendor, into a folder of pages with an index."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from acquire.assumptions import Assumptions
from acquire.batch.hosts import environment_for, host_for
from acquire.batch.job import Allowance, Job
from acquire.batch.plan import Given, Plan
from acquire.batch.pool import Pool
from acquire.batch.run import Executor, Rendered, Run
from acquire.batch.state import Listener
from acquire.batch.store import store_at
from acquire.changes import Published, read_published
from acquire.changes.comparison import refuse_other_currency
from acquire.changes.published import folder_of
from acquire.errors import InputError, Problem
from acquire.portfolio import Limits, read_limits
from acquire.scenario import Scenario
from acquire.vendor import Vendor, Vendors


def _in_python(scenario: Scenario | None, against: str | Path | None, vendor_id: str) -> str:
    changed = ", scenario=scenario" if scenario else ""
    changed += ", against=against" if against is not None else ""
    return f'acquire.render(vendors, firm, out, only=["{vendor_id}"]{changed})'


def render(
    vendors: Vendors | Mapping[str, Vendor],
    firm: Assumptions | None = None,
    out: str | Path = "reports",
    *,
    workers: int | None = None,
    timeout: float = Allowance.time,
    memory: float = Allowance.memory / 2**20,
    output: float = Allowance.output / 2**20,
    standalone: bool = False,
    budget: float | str | None = None,
    max_deals: int | str | None = None,
    force: bool = False,
    only: Sequence[str] = (),
    failed: bool = False,
    cold: bool = False,
    client: Any = None,
    listen: Listener = lambda _: None,
    rerun: Callable[[str], str] | None = None,
    scenario: Scenario | None = None,
    against: str | Path | None = None,
) -> Rendered:
    """Render one HTML report per vendor, a comparison, the method and an index into a folder.

    The folder gets `index.html`, `comparison.html`, `method.html`, `vendors/<vendor_id>.html`, the
    executed notebooks in `notebooks/`, `results.json`, `assets/`, and a page in `failures/` for
    what failed. Only what is missing or stale is rendered; a former report stays until its
    successor is complete.

    Args:
        vendors: by id.
        firm: the firm's assumptions; the defaults when left out.
        out: the folder, made when it does not exist; or a URL that fsspec knows, such as
            "s3://bucket/reports".
        workers: notebooks run at a time; one per processor when left out.
        timeout: seconds after which a notebook is stopped and listed as failed.
        memory: MiB that a notebook's processes may hold, likewise (on Linux).
        output: MiB that its cells may show, likewise.
        standalone: put the scripts into every page, so that one can be mailed by itself.
        budget: money for purchases at closing, for the comparison; None for no limit.
        max_deals: vendors to buy at most, likewise.
        force: render reports that are up to date too.
        only: ids of the vendors to render; the others stay as they are, and in the index.
        failed: render only what failed the last time.
        cold: start every kernel anew rather than as a copy of a process that has imported all.
        client: a `dask.distributed.Client`; the notebooks run on its workers.
        listen: is told the events of the run; see `acquire.batch.state.Listener`.
        rerun: the command for a failure's page that renders a vendor alone.
        scenario: what to change of one of the vendors and of the firm, which are as given; pages,
            results and index are of what it makes of them.
        against: a folder of former reports; `changes.html` says what changed since, and each
            report links to it.

    Raises:
        InputError: there is no vendor, one lacks what the firm has no default for, the scenario
            does not fit, an argument is out of its bounds, or the folder cannot be used or is in
            use; or former reports cannot be compared with.
        OSError: the disk is full or closed; what was complete stays.
    """
    firm = firm or Assumptions()
    vendors = vendors if isinstance(vendors, Vendors) else Vendors(list(vendors.values()))
    bounds = {
        "workers": (workers, 1, "at least 1 process"),
        "timeout": (timeout, 0, "seconds above 0"),
        "memory": (memory, 0, "MiB above 0"),
        "output": (output, 0, "MiB above 0"),
    }
    problems = _problems(vendors, firm, bounds, only)
    limits = Limits()
    try:
        limits = read_limits(None, budget=budget, max_deals=max_deals)
    except InputError as error:
        problems += error.problems
    given = None
    try:
        if scenario is not None:
            given = Given(scenario, vendors, firm)
            vendors, firm = scenario.apply(vendors, firm)
    except InputError as error:
        problems += error.problems
    former = None
    try:
        former = _former(against, out, firm.currency)
    except InputError as error:
        problems += error.problems
    if problems:
        raise InputError(problems)
    allowance = Allowance(timeout, int(memory * 2**20), int(output * 2**20))
    plan = Plan(firm, limits, None if standalone else "assets", allowance, given, former)
    store = store_at(out)
    with store.locked() as work:
        rerun = rerun or partial(_in_python, scenario, against)
        run = Run(store, plan, vendors, work, listen, rerun)
        chosen = run.choose(force=force, only=only, failed=failed)
        some = next(iter(run.jobs.values()))
        rehearsal = None if cold else replace(some, folder=str(work / ".rehearsal"))
        with _executor(client, workers or os.cpu_count() or 1, work, rehearsal) as execute:
            run.render(chosen, execute)
        return run.result()


def _former(against: str | Path | None, out: str | Path, currency: str) -> Published | None:
    """The former reports, if there are any.

    Raises:
        InputError: they cannot be compared with.
    """
    if against is None:
        return None
    if "://" not in str(out) and folder_of(against).resolve() == Path(out).resolve():
        raise InputError(
            Problem(
                "the folder of former reports, or another place for these",
                file=str(against),
                wrong="is the folder that these reports go to, whose former state would be gone",
            )
        )
    former = read_published(against)
    refuse_other_currency(former, Path(out).name or str(out), currency)
    return former


def _problems(
    vendors: Vendors,
    firm: Assumptions,
    bounds: Mapping[str, tuple[float | None, float, str]],
    only: Sequence[str],
) -> list[Problem]:
    """Everything that is wrong with the arguments of `render`."""
    problems: list[Problem] = []
    if not vendors:
        problems.append(Problem("at least one vendor", wrong="there is none"))
    for name, (value, least, expected) in bounds.items():
        # not a number is neither
        if value is not None and not (value >= least if least else value > 0):
            problems.append(Problem(expected, column=name, value=value))
    for vendor in vendors.values():
        try:
            firm.complete(vendor)
        except InputError as error:
            problems += error.problems
    if vendors and only:
        try:
            vendors.only(list(only))
        except InputError as error:
            problems += error.problems
    return problems


@contextmanager
def _executor(client: Any, workers: int, work: Path, rehearsal: Job | None) -> Iterator[Executor]:
    """What runs jobs: slots on this machine, or a cluster."""
    if client is not None:
        from acquire.batch.cluster import on_cluster

        yield on_cluster(client, rehearsal)
        return
    with Pool(workers, host_for(environment_for(work), work, rehearsal)) as pool:
        yield pool.run
