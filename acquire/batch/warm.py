"""Everything a report needs, imported and used once, before the process is copied.

Libraries load much of themselves when they are first used. So the cells of one job are rehearsed
here, shown to nobody, and every copy finds what they need in memory.
"""

from __future__ import annotations

import ast
import contextlib
import io
import json
import os
import tempfile
import warnings
from pathlib import Path
from typing import Any

from acquire.batch.job import Job


def warm_up(job: Job | None) -> None:
    """Load what drivers need and, where kernels are copies of this process, what they need too.

    Args:
        job: to rehearse; None where kernels are started anew.

    Raises:
        RuntimeError: a thread was left, so that copies of this process would not be safe.
    """
    from acquire.batch import driver

    driver.load()
    if job is not None:
        _load_kernel()
        with contextlib.suppress(Exception):  # whatever it is, the report itself will say so
            _rehearse(job)
    if len(os.listdir("/proc/self/task")) > 1:  # noqa: PTH208
        raise RuntimeError("a library has started a thread")


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
    nowhere = io.StringIO()
    with (
        tempfile.TemporaryDirectory() as folder,
        contextlib.chdir(folder),
        contextlib.redirect_stdout(nowhere),
        contextlib.redirect_stderr(nowhere),
        warnings.catch_warnings(),
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
