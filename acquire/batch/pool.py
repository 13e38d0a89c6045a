"""The slots of a run, seen from the process that hands out the work: fed, replaced, ended.

On Linux a slot is a keeper below the run's server. Elsewhere, where a process cannot be copied
safely, it is a driver in a process of its own. Either reads jobs from a pipe, writes outcomes to
another, and ends with everything below it when the first closes, whatever closes it.
"""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Protocol, Self

from acquire.batch.job import Failure, Job, Outcome
from acquire.batch.processes import LINUX
from acquire.batch.warm import COLD, REHEARSED, less_than

STARTS = 2
"""Times a job is tried when its process vanishes without an answer."""
PATIENCE = 10.0
"""Seconds for processes to end by themselves once they are told to."""
LATE = 30.0
"""Seconds after its limit at which a keeper that has not stopped its job is given up."""

Answers = queue.Queue[tuple["Slot", str]]


class Slot:
    """One notebook at a time: the pipes to its process, and the thread that hears its outcomes."""

    def __init__(self, jobs: IO[str], outcomes: IO[str], answers: Answers) -> None:
        self.job: Job | None = None
        self.deadline = float("inf")
        self._jobs, self._outcomes = jobs, outcomes
        self._thread = threading.Thread(target=self._listen, args=(answers,), daemon=True)
        self._thread.start()

    def _listen(self, answers: Answers) -> None:
        with contextlib.suppress(ValueError):  # the pipe was closed here
            for line in self._outcomes:
                if line.endswith("\n"):  # otherwise it has died in the middle of an answer
                    answers.put((self, line))
        answers.put((self, ""))  # it has died

    def give(self, job: Job, spare: float) -> None:
        """Start a job, to be given up some seconds after its own limit."""
        self.job, self.deadline = job, time.monotonic() + job.allowance.time + spare
        with contextlib.suppress(BrokenPipeError):  # its death is reported by `_listen`
            self._jobs.write(job.to_line())
            self._jobs.flush()

    def close(self) -> None:
        """Tell it to end."""
        with contextlib.suppress(OSError):
            self._jobs.close()

    def wait(self, patience: float) -> None:
        """Wait until it has."""
        self._thread.join(patience)
        if not self._thread.is_alive():
            self._outcomes.close()


class Host(Protocol):
    """Where slots come from."""

    spare: float
    """Seconds after a job's limit at which its slot is given up."""

    def start(self, answers: Answers) -> Slot:
        """A new slot."""

    def end(self, slots: Sequence[Slot]) -> None:
        """End slots and all that is below them."""

    def last_words(self, slot: Slot) -> str:
        """What a slot that died wrote last to its standard error."""

    def close(self) -> None:
        """End what is left."""


class ServerHost:
    """Slots below a server, which is started again should it die.

    Args:
        environment: of all processes.
        folder: removed by the server when this process vanishes.
        rehearsal: a job by which the server gets ready; None to start kernels anew.
    """

    spare = LATE

    def __init__(self, environment: Mapping[str, str], folder: Path, rehearsal: Job | None) -> None:
        self._environment, self._folder, self._rehearsal = environment, folder, rehearsal
        self._mode = COLD if rehearsal is None else REHEARSED
        self._started = float("inf")
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the host
        self._processes: list[tuple[subprocess.Popen[bytes], socket.socket]] = []

    def _start_server(self) -> socket.socket:
        path = self._folder / "rehearsal.json"
        if self._rehearsal is not None:
            path.write_text(self._rehearsal.to_line(), encoding="utf-8")
        arguments = (os.getpid(), self._folder, self._mode, path)
        ours, theirs = socket.socketpair()
        with theirs:
            process = subprocess.Popen(  # noqa: S603 - this package
                [
                    *(sys.executable, "-P", "-m", "acquire.batch.server"),
                    *(str(theirs.fileno()), *map(str, arguments)),
                ],
                stdin=subprocess.DEVNULL,
                stdout=self._errors,
                stderr=self._errors,
                env=dict(self._environment),
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        self._processes.append((process, ours))
        self._started = time.monotonic()
        return ours

    def start(self, answers: Answers) -> Slot:
        """A new slot."""
        read_jobs, write_jobs = os.pipe()
        read_outcomes, write_outcomes = os.pipe()
        theirs = [read_jobs, write_outcomes]
        try:
            while True:
                self._keep_a_server()
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    socket.send_fds(self._processes[-1][1], [b"."], theirs)
                    break
                with contextlib.suppress(subprocess.TimeoutExpired):  # it has just died
                    self._processes[-1][0].wait(PATIENCE)
        finally:
            for descriptor in theirs:
                os.close(descriptor)
        return Slot(
            os.fdopen(write_jobs, "w", encoding="utf-8"),
            os.fdopen(read_outcomes, encoding="utf-8"),
            answers,
        )

    def _keep_a_server(self) -> None:
        """Start a server where there is none, with less than one that did not get ready."""
        if self._processes:
            if self._processes[-1][0].poll() is None:
                return
            self._mode = self._mode if self._is_ready() else less_than(self._mode)
        self._start_server()

    def _is_ready(self) -> bool:
        """Whether the server has got so far that it could be copied."""
        control = self._processes[-1][1]
        with contextlib.suppress(OSError):
            return bool(control.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT))
        return False

    def end(self, slots: Sequence[Slot]) -> None:
        """End slots and all that is below them; a server that hangs as well."""
        for slot in slots:
            slot.close()
        hangs = time.monotonic() - self._started > LATE and not self._is_ready()
        if self._processes and hangs:
            self._processes[-1][0].kill()
            self._processes[-1][0].wait()
        end = time.monotonic() + PATIENCE
        for slot in slots:
            slot.wait(max(end - time.monotonic(), 0.0))

    def last_words(self, slot: Slot) -> str:  # noqa: ARG002 - all write to one file
        """What the processes wrote last to their standard error."""
        return _last_line(self._errors)

    def close(self) -> None:
        """End the server, which ends whatever is left."""
        for _, control in self._processes:
            control.close()
        for process, _ in self._processes:
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._errors.close()


class ProcessHost:
    """Slots that are drivers of their own, leaders of process groups.

    Args:
        environment: of all processes.
    """

    spare = 0.0

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._processes: dict[Slot, tuple[subprocess.Popen[str], IO[bytes]]] = {}

    def start(self, answers: Answers) -> Slot:
        """A new slot."""
        errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "acquire.batch.driver"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=dict(self._environment),
            start_new_session=True,
            text=True,
            encoding="utf-8",
        )
        assert process.stdin is not None  # both are pipes
        assert process.stdout is not None
        slot = Slot(process.stdin, process.stdout, answers)
        self._processes[slot] = process, errors
        return slot

    def end(self, slots: Sequence[Slot]) -> None:
        """End slots: their process groups, and through their vanished parents their kernels."""
        for slot in slots:
            process, errors = self._processes.pop(slot)
            with contextlib.suppress(ProcessLookupError, PermissionError):
                if hasattr(os, "killpg"):
                    os.killpg(process.pid, signal.SIGKILL)
                else:
                    process.kill()
            process.wait()
            slot.close()
            slot.wait(PATIENCE)
            errors.close()

    def last_words(self, slot: Slot) -> str:
        """What a slot that died wrote last to its standard error."""
        return _last_line(self._processes[slot][1])

    def close(self) -> None:
        """End what is left."""
        self.end(list(self._processes))


def _last_line(errors: IO[bytes]) -> str:
    errors.seek(0)
    lines = errors.read().decode("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else "no message"


def host_for(
    environment: Mapping[str, str], folder: Path, rehearsal: Job | None, *, kept: bool = LINUX
) -> Host:
    """The host for this machine."""
    return ServerHost(environment, folder, rehearsal) if kept else ProcessHost(environment)


class Pool:
    """Slots for one run; leaving the context ends them all, whatever they are doing.

    Args:
        workers: number of slots.
        host: where they come from.
    """

    def __init__(self, workers: int, host: Host) -> None:
        self._size, self._host = workers, host
        self._answers: Answers = queue.Queue()
        self._slots: list[Slot] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._host.end(self._slots)
        self._host.close()

    def run(self, jobs: Sequence[Job]) -> Iterator[Outcome]:
        """The outcomes of all jobs, as they come; one for every job, whatever happens."""
        waiting = list(reversed(jobs))
        tries = dict.fromkeys((job.key for job in jobs), 0)
        for slot in self._slots:
            self._next(slot, waiting, tries)
        for _ in range(min(self._size - len(self._slots), len(waiting))):
            self._start(waiting, tries)
        while any(slot.job for slot in self._slots):
            nearest = min(slot.deadline for slot in self._slots if slot.job)
            try:
                left = min(max(nearest - time.monotonic(), 0.0), threading.TIMEOUT_MAX)
                slot, line = self._answers.get(timeout=left)
            except queue.Empty:
                yield from self._give_up_late_ones(waiting, tries)
                continue
            if slot not in self._slots:
                continue  # one that was ended has been heard
            if line:
                outcome = Outcome.from_line(line)
                job, slot.job = slot.job, None
                if _is_lost(outcome) and job and tries[job.key] < STARTS:
                    waiting.append(job)
                else:
                    yield outcome
                self._next(slot, waiting, tries)
            else:
                failed = self._replace(slot, waiting, tries)
                if failed is not None:
                    yield failed

    def _start(self, waiting: list[Job], tries: dict[str, int]) -> None:
        slot = self._host.start(self._answers)
        self._slots.append(slot)
        self._next(slot, waiting, tries)

    def _next(self, slot: Slot, waiting: list[Job], tries: dict[str, int]) -> None:
        if waiting:
            job = waiting.pop()
            tries[job.key] += 1
            slot.give(job, self._host.spare)

    def _replace(self, slot: Slot, waiting: list[Job], tries: dict[str, int]) -> Outcome | None:
        """A new slot for one that died; its job is tried again, or has failed."""
        job, words = slot.job, self._host.last_words(slot)
        self._remove(slot)
        outcome = None
        if job is not None:
            if tries[job.key] < STARTS:
                waiting.append(job)
            else:
                outcome = Outcome(job.key, Failure(f"the process died: {words}", lost=True))
        if waiting:
            self._start(waiting, tries)
        return outcome

    def _give_up_late_ones(self, waiting: list[Job], tries: dict[str, int]) -> Iterator[Outcome]:
        for slot in [s for s in self._slots if s.job and s.deadline <= time.monotonic()]:
            assert slot.job is not None  # chosen above
            late = slot.job
            self._remove(slot)
            failure = Failure(f"took longer than {late.allowance.time:g} seconds")
            yield Outcome(late.key, failure, seconds=late.allowance.time)
            if waiting:
                self._start(waiting, tries)

    def _remove(self, slot: Slot) -> None:
        self._host.end([slot])
        self._slots.remove(slot)


def _is_lost(outcome: Outcome) -> bool:
    return outcome.failure is not None and outcome.failure.lost
