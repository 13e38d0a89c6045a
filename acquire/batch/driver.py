"""The driver of a slot: executes notebooks with papermill, a job at a time, and writes their pages.

What it writes is checked before it is reported as complete; what fails is an outcome with all that
is known of it. Where no keeper stands above it, it serves jobs from its standard input.
"""

from __future__ import annotations

import contextlib
import errno
import gc
import importlib
import json
import os
import queue
import re
import shutil
import signal
import sys
import threading
import time
import warnings
from pathlib import Path
from typing import Any, TextIO

from acquire.batch.channel import Channel
from acquire.batch.job import NOTEBOOK, PAGE, RESULT, Failure, Job, Outcome

NO_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG}
"""Errors of the system that another notebook would meet as well."""
LONGEST_TRACEBACK = 20_000
"""Characters of a traceback that are kept."""
WORD = re.compile(r"[^\s\"']+")
CELL_FILE = re.compile(r".*[/\\]ipykernel_\d+[/\\](\d+\.py)")
"""The file that a kernel names for a cell, in a folder that has the number of its process."""
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
START_TIMEOUT = 60
"""Seconds a kernel may take to start."""


PARSER = "rfc3987_syntax"
"""Of internationalised addresses, which no notebook has; jsonschema takes a second to build it."""


def load() -> None:
    """Import what `run` needs."""
    if not {PARSER, "jsonschema"} & sys.modules.keys():
        sys.modules[PARSER] = None  # type: ignore[assignment] # as if it were not installed
        importlib.import_module("nbformat")
        del sys.modules[PARSER]
    import acquire.batch.engine
    import acquire.report.check
    import acquire.report.page
    from acquire.batch.identity import environment

    acquire.report.page.load()
    environment()


def run(job: Job) -> Outcome:
    """Execute a job's notebook and write page, notebook and result; failing is an outcome too."""
    from acquire.batch.engine import Watch

    started = time.monotonic()
    folder = Path(job.folder)
    watch = Watch(job.allowance.output, folder / NOTEBOOK)
    charts, failure = 0, None
    try:
        charts = _run(job, folder, watch)
    except Exception as error:  # noqa: BLE001 - whatever a notebook or a library comes up with
        failure = _failure(error, watch)
        with contextlib.suppress(OSError, ValueError):
            _write_notebook(watch.notebook, folder)
    return Outcome(job.key, failure, charts, time.monotonic() - started)


def _run(job: Job, folder: Path, watch: Any) -> int:
    import nbformat
    import papermill

    from acquire.batch.engine import ENGINE
    from acquire.batch.identity import provenance
    from acquire.notebook import RESULT_TYPE, results_of
    from acquire.report.check import check
    from acquire.report.page import PageError, page_of

    shutil.rmtree(folder, ignore_errors=True)  # of a first try
    place = folder / "work"
    place.mkdir(parents=True)
    for name, text in job.files.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(text, encoding="utf-8")
    papermill.execute_notebook(
        nbformat.reads(job.notebook, as_version=4),
        None,
        parameters=dict(job.parameters),
        engine_name=ENGINE,
        kernel_name="python3",
        progress_bar=False,
        start_timeout=START_TIMEOUT,
        cwd=str(place),
        watch=watch,
    )
    notebook = watch.notebook
    results = results_of(notebook)
    if results is None:
        raise PageError("the notebook recorded no evaluation")
    outputs = (output for cell in notebook.cells for output in cell.get("outputs", ()))
    if sum(RESULT_TYPE in output.get("data", ()) for output in outputs) > 1:
        raise PageError("the notebook recorded a result more than once")
    page = page_of(
        notebook,
        title=job.title,
        subtitle=job.subtitle,
        home=job.home,
        changes=job.changes,
        method=job.method,
        assets=job.assets,
        vendor_id=job.parameters.get("vendor_id"),
        provenance=provenance(job),
    )
    check(page)
    _write_notebook(notebook, folder)
    _write(folder / RESULT, json.dumps(results, ensure_ascii=False, allow_nan=False) + "\n")
    _write(folder / PAGE, page.html)
    return page.charts


def _write_notebook(notebook: Any, folder: Path) -> None:
    """Write a notebook without what differs from run to run: times, random names, processes.

    Without line breaks too, which keep Python's JSON from its fast encoder.
    """
    if notebook is None:
        return
    kept = notebook.metadata.get("papermill", {})
    notebook.metadata["papermill"] = {
        name: kept[name] for name in ("parameters", "version") if name in kept
    }
    for cell in notebook.cells:
        for name in ("papermill", "execution"):
            cell.metadata.pop(name, None)
        for output in cell.get("outputs", ()):
            if output.output_type == "stream":
                output.text = _without_processes(output.text)
            elif output.output_type == "error":
                output.traceback = [_without_processes(line) for line in output.traceback]
        if "injected-parameters" in cell.metadata.get("tags", ()):
            cell["id"] = "injected-parameters"
    text = json.dumps(notebook, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    _write(folder / NOTEBOOK, text + "\n")


def _without_processes(text: str) -> str:
    """A text with the files of cells named by their numbers alone, word by word.

    Searched as a whole, megabytes without a space would take longer than any notebook may.
    """
    if "ipykernel_" not in text:
        return text
    return WORD.sub(lambda word: _named_by_number(word[0]), text)


def _named_by_number(word: str) -> str:
    named = CELL_FILE.match(word)
    return f"cell-{named[1]}{word[named.end() :]}" if named else word


def _write(path: Path, text: str) -> None:
    """Write a file and have it on the disk."""
    with path.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _failure(error: Exception, watch: Any) -> Failure:
    """What failed, and where."""
    from nbclient.exceptions import DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    from acquire.batch.kernels import why

    if watch.exceeded:
        return _in_cell(watch.exceeded_in, watch.notebook, watch.exceeded)
    if isinstance(error, PapermillExecutionError):
        return _failed_cell(error, watch.notebook)
    if isinstance(error, OSError) and error.errno in NO_SPACE:
        return Failure(_said(error), errno=error.errno)
    if isinstance(error, DeadKernelError) or watch.cell is None:
        said = "the kernel died" if watch.cell is not None else _said(error)
        ended = why(watch.provisioner and watch.provisioner.pid)
        return _in_cell(watch.cell, watch.notebook, ended or said)
    return Failure(_said(error))


def _said(error: Exception) -> str:
    from acquire.errors import printable

    return f"{type(error).__name__}: {printable(error)}"


def _in_cell(index: int | None, notebook: Any, what: str) -> Failure:
    """A failure while a cell ran."""
    if index is None:
        return Failure(what)
    return Failure(f"cell {index + 1}: {what}", index + 1, notebook.cells[index].source)


def _failed_cell(error: Any, notebook: Any) -> Failure:
    """What a cell raised; problems of the input need neither cell nor traceback."""
    if error.ename in ("InputError", "UnknownNameError"):
        return Failure(" | ".join(str(error.evalue).splitlines()))
    number, cell = next(
        (number, cell)
        for number, cell in enumerate(notebook.cells, start=1)
        if any(output.output_type == "error" for output in cell.get("outputs", ()))
    )
    words = " | ".join(str(error.evalue).splitlines())
    trace = COLOURS.sub("", "\n".join(error.traceback))[-LONGEST_TRACEBACK:]
    return Failure(f"cell {number}: {error.ename}: {words}", number, cell.source, trace)


def serve(keeper: Channel, *, cold: bool) -> None:
    """Run the jobs that a keeper sends, until it is gone."""
    from acquire.batch.kernels import use

    warnings.simplefilter("ignore")  # of libraries, which no reviewer can act on
    use(keeper, cold=cold)
    while True:
        try:
            line = keeper.receive()
        except EOFError:
            return
        keeper.send(("outcome", run(Job.from_line(line)).to_line()))
        gc.collect()  # sockets of the kernel's client, which refer to one another


def _read_jobs(jobs: queue.Queue[Job]) -> None:
    """Pass jobs on; end the process group at the end of input, whatever it is doing then."""
    for line in sys.stdin:
        jobs.put(Job.from_line(line))
    os.killpg(0, signal.SIGKILL) if hasattr(os, "killpg") else os._exit(0)


def _outcomes() -> TextIO:
    """The standard output for outcomes alone; whatever else prints goes to standard error."""
    outcomes = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return outcomes


def main() -> None:
    """Run the jobs that come on standard input, where no keeper can be."""
    from acquire.batch.kernels import use

    warnings.simplefilter("ignore")  # of libraries, which no reviewer can act on
    outcomes = _outcomes()
    jobs: queue.Queue[Job] = queue.Queue()
    threading.Thread(target=_read_jobs, args=(jobs,), daemon=True).start()
    use(None, cold=True)
    while True:
        outcomes.write(run(jobs.get()).to_line())
        outcomes.flush()


if __name__ == "__main__":
    main()
