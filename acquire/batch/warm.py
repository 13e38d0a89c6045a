"""Everything a report needs, imported and used once, before the process is copied.

Libraries load much of themselves when they are first used. So the cells of one job are rehearsed
here, shown to nobody, and every copy finds what they need in memory.
"""

from __future__ import annotations

import ast
import contextlib
import json
import os
import signal
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from acquire.batch.job import Job

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
        _load_kernel()
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


def _load_kernel() -> None:
    import IPython.core.completer  # noqa: F401
    import pandas as pd

    if pd.get_option("display.max_columns") == 0:  # outside a kernel; within, it chooses this
        pd.set_option("display.max_columns", 20)


def _rehearse(job: Job) -> None:
    from IPython.core.formatters import DisplayFormatter

    formatter: Any = DisplayFormatter()

    def show(*shown: Any, **_: Any) -> None:
        for one in shown:
            formatter.format(one)

    names: dict[str, Any] = {"__name__": "__main__", "display": show}
    with (
        open(os.devnull, "w") as nowhere,  # noqa: PTH123
        tempfile.TemporaryDirectory() as folder,
        contextlib.chdir(folder),
        contextlib.redirect_stdout(nowhere),
        contextlib.redirect_stderr(nowhere),
    ):
        for name, text in job.files.items():
            Path(name).write_text(text, encoding="utf-8")
        for cell in json.loads(job.notebook)["cells"]:
            if cell["cell_type"] == "code":
                show(_run("".join(cell["source"]), names))
            if "parameters" in cell["metadata"].get("tags", ()):
                names |= job.parameters


def _run(source: str, names: dict[str, Any]) -> Any:
    """The value of the last expression of a cell, as a notebook shows it."""
    body = ast.parse(source).body
    last = body[-1] if body else None
    if not isinstance(last, ast.Expr):
        exec(compile(source, "<cell>", "exec"), names)  # noqa: S102 - a notebook of ours
        return None
    exec(compile(ast.Module(body[:-1], []), "<cell>", "exec"), names)  # noqa: S102
    return eval(compile(ast.Expression(last.value), "<cell>", "eval"), names)  # noqa: S307
