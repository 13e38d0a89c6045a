"""A worker process: executes notebooks with papermill and writes their pages, a job at a time.

Jobs come as JSON lines on standard input, outcomes leave as JSON lines on standard output. When
the input ends, because the parent is done or dead, the worker ends with its kernel.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
import threading
import warnings
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TextIO

CELL_TIMEOUT = 600
"""Seconds after which a single cell is given up; the parent limits the whole job."""


@dataclass(frozen=True)
class Job:
    """One notebook to execute and one page to write.

    Args:
        key: names the job.
        notebook: the template.
        parameters: of its parameters cell.
        page: where the page goes.
        title, subtitle: of the page.
        home: address of the index, relative to the page.
        assets: address of the scripts, relative to the page; None for a single file.
    """

    key: str
    notebook: str
    parameters: dict[str, Any]
    page: str
    title: str
    subtitle: str
    home: str | None
    assets: str | None


@dataclass(frozen=True)
class Outcome:
    """What became of a job.

    Args:
        key: of the job.
        failure: why it failed, in one line; None when the page is complete.
        results: what the notebook recorded.
        charts: number of charts on the page.
    """

    key: str
    failure: str | None = None
    results: list[dict[str, Any]] | None = None
    charts: int = 0


def run(job: Job) -> Outcome:
    """Execute a job's notebook and write its page; a failure is an outcome, not an exception."""
    from papermill.exceptions import PapermillException, PapermillExecutionError

    from acquire.errors import AcquireError, printable

    try:
        return _run(job)
    except PapermillExecutionError as error:
        wrong_input = error.ename in ("InputError", "UnknownNameError")
        where = "" if wrong_input else f"cell {error.cell_index + 1}: {error.ename}: "
        return Outcome(job.key, failure=where + " | ".join(str(error.evalue).splitlines()))
    except (AcquireError, PapermillException, OSError, RuntimeError) as error:
        return Outcome(job.key, failure=f"{type(error).__name__}: {printable(error)}")


def _run(job: Job) -> Outcome:
    import papermill

    from acquire.batch.kernel import Kernel
    from acquire.notebook import results_of
    from acquire.report.page import PageError, page_of

    # papermill keeps the notebook in memory and writes it once: the page is what counts
    notebook = papermill.execute_notebook(
        job.notebook.replace("{", "{{").replace("}", "}}"),  # it fills in what is in braces
        None,
        parameters=job.parameters,
        kernel_name="python3",
        progress_bar=False,
        log_output=False,
        request_save_on_cell_execute=False,
        autosave_cell_every=0,
        execution_timeout=CELL_TIMEOUT,
        kernel_manager_class=Kernel,
        cwd=str(Path(job.page).parent),
    )
    results = results_of(notebook)
    if results is None:
        raise PageError("the notebook recorded no evaluation")
    page = page_of(
        notebook, title=job.title, subtitle=job.subtitle, home=job.home, assets=job.assets
    )
    Path(job.page).write_text(page.html, encoding="utf-8")
    return Outcome(job.key, results=results, charts=page.charts)


def _read_jobs(jobs: queue.Queue[Job]) -> None:
    """Pass jobs on; end the process group at the end of input, whatever it is doing then."""
    for line in sys.stdin:
        jobs.put(Job(**json.loads(line)))
    os.killpg(0, signal.SIGKILL) if hasattr(os, "killpg") else os._exit(0)


def _answers() -> TextIO:
    """The standard output for outcomes alone; whatever else prints goes to standard error."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return answers


def main() -> None:
    """Work until the input ends."""
    warnings.simplefilter("ignore")  # of libraries, which no reviewer can act on
    answers = _answers()
    jobs: queue.Queue[Job] = queue.Queue()
    threading.Thread(target=_read_jobs, args=(jobs,), daemon=True).start()
    while True:
        outcome = run(jobs.get())
        answers.write(json.dumps(asdict(outcome)) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
