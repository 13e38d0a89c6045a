"""Supervision: worker processes that are fed, timed, replaced when they die, and never left over.

Each worker leads a process group of its own, so that an interrupt reaches this process alone,
which then ends the workers; a worker whose parent vanishes ends itself.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from types import TracebackType
from typing import Self

from acquire.batch.worker import Job, Outcome

STARTS = 2
"""Times a job is tried when its worker dies without an answer."""


class _Worker:
    """One process, and the thread that passes on what it answers."""

    def __init__(
        self, environment: Mapping[str, str], answers: queue.Queue[tuple[_Worker, str]]
    ) -> None:
        self.job: Job | None = None
        self.deadline = float("inf")
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the worker
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "acquire.batch.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=dict(environment),
            start_new_session=True,
            text=True,
            encoding="utf-8",
        )
        self._thread = threading.Thread(target=self._listen, args=(answers,), daemon=True)
        self._thread.start()

    def _listen(self, answers: queue.Queue[tuple[_Worker, str]]) -> None:
        assert self._process.stdout is not None  # it is a pipe
        for line in self._process.stdout:
            if line.endswith("\n"):  # otherwise it has died in the middle of an answer
                answers.put((self, line))
        answers.put((self, ""))  # it has died

    def give(self, job: Job, timeout: float) -> None:
        """Start a job."""
        self.job, self.deadline = job, time.monotonic() + timeout
        assert self._process.stdin is not None  # it is a pipe
        with contextlib.suppress(BrokenPipeError):  # its death is reported by `_listen`
            self._process.stdin.write(json.dumps(asdict(job)) + "\n")
            self._process.stdin.flush()

    def last_words(self) -> str:
        """The last line it wrote to its standard error."""
        self._errors.seek(0)
        lines = self._errors.read().decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else "no message"

    def end(self) -> None:
        """End the process, its group and, through its vanished parent, its kernel."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if hasattr(os, "killpg"):
                os.killpg(self._process.pid, signal.SIGKILL)
            else:
                self._process.kill()
        self._process.wait()
        self._thread.join()
        for pipe in (self._process.stdin, self._process.stdout, self._errors):
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()


class Pool:
    """Workers for one run; leaving the context ends them all, whatever they are doing.

    Args:
        workers: number of processes.
        timeout: seconds after which a job is given up.
        environment: of the workers and their kernels.
    """

    def __init__(self, workers: int, timeout: float, environment: Mapping[str, str]) -> None:
        self._size, self._timeout, self._environment = workers, timeout, environment
        self._answers: queue.Queue[tuple[_Worker, str]] = queue.Queue()
        self._workers: list[_Worker] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for worker in self._workers:
            worker.end()

    def run(self, jobs: Sequence[Job]) -> Iterator[Outcome]:
        """The outcomes of all jobs, as they come; one for every job, whatever happens."""
        waiting = list(reversed(jobs))
        tries = dict.fromkeys((job.key for job in jobs), 0)
        for _ in range(min(self._size, len(jobs))):
            self._start(waiting, tries)
        while any(worker.job for worker in self._workers):
            nearest = min(worker.deadline for worker in self._workers if worker.job)
            try:
                left = min(max(nearest - time.monotonic(), 0.0), threading.TIMEOUT_MAX)
                worker, line = self._answers.get(timeout=left)
            except queue.Empty:
                yield from self._give_up_late_ones(waiting, tries)
                continue
            if worker not in self._workers:
                continue  # one that was ended has been heard
            if line:
                yield Outcome(**json.loads(line))
                worker.job = None
                self._next(worker, waiting, tries)
            else:
                failed = self._replace(worker, waiting, tries)
                if failed is not None:
                    yield failed

    def _start(self, waiting: list[Job], tries: dict[str, int]) -> None:
        worker = _Worker(self._environment, self._answers)
        self._workers.append(worker)
        self._next(worker, waiting, tries)

    def _next(self, worker: _Worker, waiting: list[Job], tries: dict[str, int]) -> None:
        if waiting:
            job = waiting.pop()
            tries[job.key] += 1
            worker.give(job, self._timeout)

    def _replace(
        self, worker: _Worker, waiting: list[Job], tries: dict[str, int]
    ) -> Outcome | None:
        """A new worker for one that died; its job is tried again, or has failed."""
        job, words = worker.job, worker.last_words()
        self._remove(worker)
        outcome = None
        if job is not None:
            if tries[job.key] < STARTS:
                waiting.append(job)
            else:
                outcome = Outcome(job.key, failure=f"the process died: {words}")
        if waiting:
            self._start(waiting, tries)
        return outcome

    def _give_up_late_ones(self, waiting: list[Job], tries: dict[str, int]) -> Iterator[Outcome]:
        for worker in [w for w in self._workers if w.job and w.deadline <= time.monotonic()]:
            assert worker.job is not None  # chosen above
            late = worker.job
            self._remove(worker)
            yield Outcome(late.key, failure=f"took longer than {self._timeout:g} seconds")
            if waiting:
                self._start(waiting, tries)

    def _remove(self, worker: _Worker) -> None:
        worker.end()
        self._workers.remove(worker)
