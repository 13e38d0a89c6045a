"""Where notebooks run: slots, each a process that takes one job at a time, and their hosts.

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
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Protocol

from acquire.batch.job import Job
from acquire.batch.processes import LINUX
from acquire.batch.warm import COLD, REHEARSED, less_than

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

    def end(self, slots: Sequence[Slot], *, over: bool = False) -> None:
        """End slots and all that is below them; `over` where no other is wanted."""

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
        self._errors = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed with the host
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

    def end(self, slots: Sequence[Slot], *, over: bool = False) -> None:
        """End slots and all that is below them.

        A server that is not ready yet has nothing below it. It is killed where it hangs, or where
        nobody waits for it any more.
        """
        for slot in slots:
            slot.close()
        unwanted = over or time.monotonic() - self._started > LATE
        if self._processes and unwanted and not self._is_ready():
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

    def end(self, slots: Sequence[Slot], *, over: bool = False) -> None:  # noqa: ARG002 - alike
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


class SharedHost:
    """A host of several pools, one after the other or from several threads, that outlasts them."""

    def __init__(self, host: Host) -> None:
        self.spare = host.spare
        self._host, self._lock = host, threading.Lock()

    def start(self, answers: Answers) -> Slot:
        """A new slot."""
        with self._lock:
            return self._host.start(answers)

    def end(self, slots: Sequence[Slot], *, over: bool = False) -> None:  # noqa: ARG002
        """End slots; it is never over, for other pools may want the server that gets ready."""
        with self._lock:
            self._host.end(slots)

    def last_words(self, slot: Slot) -> str:
        """What a slot that died wrote last to its standard error."""
        with self._lock:
            return self._host.last_words(slot)

    def close(self) -> None:
        """Nothing: other pools may come."""

    def close_for_good(self) -> None:
        """End what is left."""
        with self._lock:
            self._host.close()


def _last_line(errors: IO[bytes]) -> str:
    errors.seek(0)
    lines = errors.read().decode("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else "no message"


def host_for(
    environment: Mapping[str, str], folder: Path, rehearsal: Job | None, *, kept: bool = LINUX
) -> Host:
    """The host for this machine."""
    return ServerHost(environment, folder, rehearsal) if kept else ProcessHost(environment)


def environment_for(work: Path) -> dict[str, str]:
    """Of all processes of a run: the same everywhere, and nothing of the user's own Jupyter."""
    private = work / ".jupyter"  # which no vendor's id can be
    private.mkdir()
    return dict(os.environ) | {
        "IPYTHONDIR": str(private),
        "JUPYTER_CONFIG_DIR": str(private),
        "JUPYTER_DATA_DIR": str(private),
        "JUPYTER_PATH": "",
        "JUPYTER_PLATFORM_DIRS": "1",
        "JUPYTER_RUNTIME_DIR": str(private),
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "PLOTLY_RENDERER": "plotly_mimetype",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "PYTHONDEVMODE": "",
        "PYTHONHASHSEED": "0",
        "PYTHONOPTIMIZE": "",
        "PYTHONSAFEPATH": "1",
        "PYTHONSTARTUP": "",
        "PYTHONUTF8": "1",
        "PYTHONWARNINGS": "",
        "TMPDIR": str(private),
        "TZ": "UTC",
    }
