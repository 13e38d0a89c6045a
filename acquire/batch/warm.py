"""Everything a report needs, imported and used once, before the process is copied.

Libraries load much of themselves when they are first used. So the vendor of one job is evaluated
here, shown to nobody, and every copy finds what that needs in memory.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import signal
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from acquire.batch.job import Job
from acquire.batch.plan import VENDORS_FILE

MODES = REHEARSED, LOADED, COLD = "rehearsed", "loaded", "cold"
"""How much is done beforehand: a job rehearsed, modules imported, or kernels started anew."""
LONGEST = 20
"""Seconds that a rehearsal may take."""


def less_than(mode: str) -> str:
    """The mode to fall back to."""
    return MODES[min(MODES.index(mode) + 1, len(MODES) - 1)]


def warm_up(job: Job | None, *, kernels: bool) -> None:
    """Load what drivers need and, where kernels are copies of this process, what they need too.

    Args:
        job: to rehearse, if any.
        kernels: kernels are copies of this process.

    Raises:
        RuntimeError: a thread was left, so that copies of this process would not be safe.
    """
    from acquire.batch import driver

    driver.load()
    if kernels:
        load_kernel()
    if job is not None:
        with contextlib.suppress(Exception), _limited(job.allowance.memory):
            _rehearse(job)  # whatever goes wrong, the report itself will tell
        with warnings.catch_warnings():
            pass  # forgets which warnings have been given, so that copies give them again
    if kernels and len(os.listdir("/proc/self/task")) > 1:  # noqa: PTH208
        raise RuntimeError("a library has started a thread")


@contextlib.contextmanager
def _limited(memory: int) -> Iterator[None]:
    """Stop what takes too long or too much, as a cell with a fault might."""
    import resource  # which not every system has

    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    limits = resource.getrlimit(resource.RLIMIT_AS)
    former = signal.signal(signal.SIGALRM, _give_up)
    signal.alarm(LONGEST)
    resource.setrlimit(resource.RLIMIT_AS, (used + memory, limits[1]))
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, former)
        resource.setrlimit(resource.RLIMIT_AS, limits)


def _give_up(*_: object) -> None:
    raise TimeoutError


KERNELS_OWN = (
    *("IPython.core.completer", "IPython.core.completerlib", "IPython.core.debugger"),
    *("IPython.core.logger", "IPython.core.oinspect", "IPython.extensions.storemagic"),
    *("acquire.batch.forked", "faulthandler", "ipykernel.debugger", "ipykernel.kernelapp", "pdb"),
    *("sqlite3", "tornado.platform.asyncio", "tornado.queues"),
)
"""Modules that a kernel imports as it starts; the debugger alone takes a tenth of a second.

A test asks a copy which modules it has imported itself.
"""


def load_kernel() -> None:
    """Import what a kernel does when it starts."""
    for name in KERNELS_OWN:
        with contextlib.suppress(ImportError):  # of another version
            importlib.import_module(name)


def _rehearse(job: Job) -> None:
    """Evaluate and show a job's vendor as the notebooks do, but with none of their code.

    Whatever ran here would be in every copy: what a cell changes, or starts, stays out of it.
    """
    with (
        tempfile.TemporaryDirectory() as folder,
        open(os.devnull, "w") as nowhere,  # noqa: PTH123
        contextlib.redirect_stdout(nowhere),
        contextlib.redirect_stderr(nowhere),
    ):
        for name, text in job.files.items():
            (Path(folder) / name).parent.mkdir(parents=True, exist_ok=True)
            (Path(folder) / name).write_text(text, encoding="utf-8")
        _show_all(Path(folder) / VENDORS_FILE)


def _show_all(vendors_file: Path) -> None:
    from IPython.core.formatters import DisplayFormatter

    import acquire as aq

    vendors, firm = aq.read_inputs(vendors_file)
    evaluation = aq.evaluate(next(iter(vendors.values())), firm)
    sensitivity = aq.analyse(evaluation)
    figures, tables = aq.figures, aq.tables
    by_evaluation = (figures.score, figures.payoffs, figures.cash_flows, figures.costing)
    by_sensitivity = (figures.safety, figures.tornado, figures.sobol, figures.agenda)
    by_table = (tables.verdict, tables.cash_flows, tables.price, tables.failure, tables.inputs)
    charts = [
        *(figure(evaluation) for figure in by_evaluation),
        *(figure(sensitivity) for figure in by_sensitivity),
        figures.flips(evaluation, sensitivity),
        figures.success(evaluation),
        *figures.region_maps(evaluation),
    ]
    for chart in charts:
        chart._repr_mimebundle_()
    formatter: Any = DisplayFormatter()
    for table in by_table:
        formatter.format(table(evaluation))
    for shown in (evaluation.payoffs, evaluation.conditions, tables.flips(sensitivity)):
        formatter.format(shown)
    aq.through_other_channel(evaluation)
    formatter.format(aq.notebook.what_if(evaluation))
    formatter.format(aq.notebook.record(evaluation, str(vendors_file), "", sensitivity))
    json.dumps([evaluation.to_dict(), sensitivity.to_dict()])
