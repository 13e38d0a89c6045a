"""The same work on a Dask cluster: every notebook a task, in a slot of the worker it goes to.

A worker process keeps one server with warm kernels, as a run on this machine has, from its first
task to its end, and as many slots as it runs tasks at a time. Files travel with the tasks, so
that the machines need not share a disk; they need the same environment.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import os
import platform
import shutil
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from acquire.batch.hosts import SharedHost, environment_for, host_for
from acquire.batch.identity import environment, versions
from acquire.batch.job import NOTEBOOK, PAGE, RESULT, Failure, Job, Outcome
from acquire.batch.pool import Pool
from acquire.errors import InputError, Problem, printable
from acquire.notebook import DISTRIBUTION

TIMEOUT = 10.0
"""Seconds for the scheduler to answer."""
RETRIES = 2
"""Times a task is run again when its worker could not run it, elsewhere if it can be."""
WINDOW = 512
"""Tasks handed to the scheduler at a time."""
DESERTED = 300.0
"""Seconds without any worker after which waiting is given up."""
LOOK = 2.0
"""Seconds between looks at whether there is one."""
NAMED = 3
"""Packages named of those whose versions differ."""

LOST = "the connection to the cluster was lost"

Answer = tuple[str, dict[str, bytes]]
"""An outcome, as its line, and the files of the job."""


def connect(address: str) -> Any:
    """A client of the scheduler at an address.

    Raises:
        InputError: Dask is not installed, or the address is none, or nobody answers there.
    """
    try:
        from distributed import Client
    except ImportError:
        raise InputError(
            Problem(
                'its package: pip install "vendor-acquire[dask]"',
                column="dask",
                wrong="dask.distributed is not installed",
            )
        ) from None
    try:
        _run(_ask_for_scheduler(address))  # a client would wait for a silent one forever
        return Client(address, timeout=TIMEOUT, set_as_default=False)
    except (ValueError, TypeError) as error:
        raise _no_scheduler(address, f"no such address ({printable(error)})") from None
    except Exception:  # noqa: BLE001 - whatever comes of what listens there instead
        raise _no_scheduler(address, "no Dask scheduler answers there") from None


def _run(work: Coroutine[Any, Any, None]) -> None:
    """Run something in a loop of its own, in a thread of its own: a notebook has one already."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, work).result()


async def _ask_for_scheduler(address: str) -> None:
    """Fail where no scheduler says within the timeout that it is one."""
    from distributed import Security
    from distributed.core import rpc

    async with asyncio.timeout(TIMEOUT):
        secured = Security().get_connection_args("client")
        async with rpc(address, timeout=TIMEOUT, connection_args=secured) as scheduler:
            if (await scheduler.identity())["type"] != "Scheduler":
                raise ConnectionError("something else")


def _no_scheduler(address: str, wrong: str) -> InputError:
    expected = "the address of a scheduler, such as tcp://scheduler:8786"
    return InputError(Problem(expected, column="dask", value=address, wrong=wrong))


# on the machine of the run


def on_cluster(client: Any, rehearsal: Job | None) -> Callable[[Sequence[Job]], Iterator[Outcome]]:
    """What runs jobs on the workers of a client.

    Args:
        client: of `dask.distributed`.
        rehearsal: a job by which servers get ready; None to start kernels anew.
    """
    rehearsed = rehearsal and replace(rehearsal, folder="").to_line()
    here = environment(), _all_versions()

    def submit(job: Job) -> Any:
        return client.submit(
            run_here,
            replace(job, folder="").to_line(),
            rehearsed,
            *here,
            key=f"acquire-{uuid.uuid4().hex}-{job.key}",
            pure=False,
            retries=RETRIES,
        )

    def execute(jobs: Sequence[Job]) -> Iterator[Outcome]:
        from distributed import as_completed

        waiting = iter(jobs)
        running = {submit(job): job for job in islice(waiting, WINDOW)}
        completed = as_completed(running, loop=client.loop)
        try:
            while running:
                future = _next(completed, client)
                if future is None:
                    break
                job = running.pop(future)
                outcome = _outcome(future, job)
                future.release()
                for one in islice(waiting, 1):
                    added = submit(one)
                    running[added] = one
                    completed.add(added)
                yield outcome
            reason = LOST if client.status == "closed" else "the cluster has no worker"
            for job in (*running.values(), *waiting):
                yield Outcome(job.key, Failure(reason, lost=True))
        finally:  # interrupted, perhaps
            client.cancel(list(running), force=True)

    return execute


def _next(completed: Any, client: Any) -> Any:
    """The next future to complete; None where there has been nobody to complete it for long."""
    seen = looked = time.monotonic()
    while not completed.has_ready():
        time.sleep(0.02)
        now = time.monotonic()
        if now - looked > LOOK:
            looked = now
            with contextlib.suppress(OSError):  # of a connection that may come back
                if client.scheduler_info().get("workers"):
                    seen = now
        if now - seen > DESERTED or client.status == "closed":
            return None
    return next(completed)


def _outcome(future: Any, job: Job) -> Outcome:
    """A task's outcome, its files written to the job's folder; whatever happened, it is one."""
    from distributed import CancelledError
    from distributed.scheduler import KilledWorker

    try:
        line, files = future.result()
    except KilledWorker as error:
        died = f"Dask workers died running it, {error.allowed_failures + 1} in a row"
        return Outcome(job.key, Failure(died, lost=True))
    except CancelledError:
        said = "its task was cancelled" if future.client.status == "running" else LOST
        return Outcome(job.key, Failure(said, lost=True))
    except Exception as error:  # noqa: BLE001 - whatever a worker that cannot run it comes up with
        return Outcome(
            job.key, Failure(f"a Dask worker could not run it: {_words(error)}", lost=True)
        )
    folder = Path(job.folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name in (PAGE, NOTEBOOK, RESULT):
        if name in files:
            _write(folder / name, files[name])
    return Outcome.from_line(line)


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {printable(error)}"


def _write(path: Path, content: bytes) -> None:
    """Write a file and have it on the disk."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


# on a worker


def run_here(line: str, rehearsal: str | None, hashed: str, expected: Mapping[str, str]) -> Answer:
    """Run a job in a slot of this process.

    Args:
        line: the job.
        rehearsal: a job by which the server gets ready; None to start kernels anew.
        hashed: what the environment has to be, as `environment` says it.
        expected: its versions, by which to say what differs.
    """
    job = Job.from_line(line)
    if environment() != hashed:
        differs = Failure(_difference(expected, _all_versions()))
        return Outcome(job.key, differs).to_line(), {}
    with _kept_for(rehearsal).slot() as (pool, folder):
        (outcome,) = pool.run([replace(job, folder=str(folder))])
        files = {
            name: (folder / name).read_bytes()
            for name in (PAGE, NOTEBOOK, RESULT)
            if (folder / name).is_file()
        }
    failure = outcome.failure
    if failure is not None and failure.errno is not None:
        raise OSError(failure.errno, os.strerror(failure.errno))  # another worker's disk may do
    return outcome.to_line(), files


def _all_versions() -> dict[str, str]:
    return {"Python": platform.python_version(), **versions()}


def _difference(here: Mapping[str, str], there: Mapping[str, str]) -> str:
    """How the environment of a worker differs from the run's, in words."""
    names = sorted(here.keys() | there.keys())
    differing = [name for name in names if here.get(name) != there.get(name)]
    named = [DISTRIBUTION, *(name for name in differing if name != DISTRIBUTION)]
    more = len(named) - 1 - NAMED
    said = ", ".join(
        f"{name} {there.get(name, 'missing')} (here {here.get(name, 'missing')})"
        for name in named[: 1 + NAMED]
    )
    said += f" and {more} more" if more > 0 else ""
    said += "" if differing else ", of other files"
    return f"the Dask worker on {platform.node()} has another environment: {said}"


class _Kept:
    """What a worker process keeps between tasks: a server, its scratch folder, free slots."""

    def __init__(self, rehearsal: Job | None) -> None:
        from distributed import get_worker

        place = get_worker().local_directory  # which Dask clears of what a killed worker left
        self._scratch = Path(tempfile.mkdtemp(prefix="acquire-", dir=place))
        self._host = SharedHost(host_for(environment_for(self._scratch), self._scratch, rehearsal))
        self._free: list[Pool] = []
        atexit.register(self.close)

    @contextlib.contextmanager
    def slot(self) -> Iterator[tuple[Pool, Path]]:
        """A pool of one slot for one task, and a place for the task's folder."""
        folder = Path(tempfile.mkdtemp(dir=self._scratch))
        try:
            pool = self._free.pop()
        except IndexError:
            pool = Pool(1, self._host)
        try:
            yield pool, folder
            self._free.append(pool)
        except BaseException as error:
            pool.__exit__(type(error), error, None)
            raise
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def close(self) -> None:
        """End the server and all that is below it."""
        self._host.close_for_good()
        shutil.rmtree(self._scratch, ignore_errors=True)


_kept: dict[bool, _Kept] = {}
_keeping = threading.Lock()


def _kept_for(rehearsal: str | None) -> _Kept:
    """What this process keeps for warm kernels, or for cold ones."""
    with _keeping:
        if (cold := rehearsal is None) not in _kept:
            _kept[cold] = _Kept(None if rehearsal is None else Job.from_line(rehearsal))
        return _kept[cold]
