"""The keeper of a slot: starts its driver and kernels, watches what they use, and ends them.

It has one thread, so that it can be copied; everything of the slot is below it, orphans included.
After each notebook it kills what the notebook has left, and when nobody listens any more it kills
everything and ends.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import time
from typing import Any

from acquire.batch.channel import Channel
from acquire.batch.job import Failure, Job, Outcome
from acquire.batch.processes import (
    descendants,
    die_with,
    inherit_orphans,
    kill_descendants,
    reap,
    resident,
    run_and_exit,
)

TICK = 0.25
"""Seconds between looks at what a notebook uses."""
GRACE = 8.0
"""Seconds a driver has to answer once its kernel was killed."""


def keep(jobs: int, outcomes: int, *, cold: bool) -> None:
    """Run jobs until their descriptor closes.

    Args:
        jobs: descriptor from which jobs are read, a line each, one at a time.
        outcomes: descriptor to which their outcomes are written.
        cold: kernels are started anew rather than copied.
    """
    os.setsid()
    inherit_orphans()
    try:
        _Keeper(jobs, outcomes, cold=cold).run()
    finally:
        kill_descendants()


class _Keeper:
    def __init__(self, jobs: int, outcomes: int, *, cold: bool) -> None:
        self._jobs, self._outcomes, self._cold = jobs, outcomes, cold
        self._rest = b""
        self._channel: Channel | None = None
        self._driver = 0
        self._job: Job | None = None
        self._started = 0.0
        self._kernel = 0
        self._reasons: dict[int, str] = {}
        self._ended: dict[int, int] = {}
        self._over: float | None = None  # until when the driver may answer for a killed kernel

    def run(self) -> None:
        """Until nobody listens any more."""
        while True:
            watched: list[Any] = [self._jobs] + ([self._channel] if self._channel else [])
            ready, _, _ = select.select(watched, [], [], TICK if self._job else None)
            self._ended |= reap()
            if self._jobs in ready and not self._read_jobs():
                return
            if self._channel in ready:
                self._listen()
            if self._job:
                self._watch(self._job)

    def _read_jobs(self) -> bool:
        received = os.read(self._jobs, 2**20)
        *lines, self._rest = (self._rest + received).split(b"\n")
        for line in lines:
            self._begin(Job.from_line(line))
        return bool(received)

    def _begin(self, job: Job) -> None:
        self._job, self._started, self._over = job, time.monotonic(), None
        self._kernel, self._reasons, self._ended = 0, {}, {}
        if self._channel is None:
            self._start_driver()
        assert self._channel is not None  # just started
        with contextlib.suppress(OSError):  # its death is noticed by `_listen`
            self._channel.send(job.to_line())

    def _start_driver(self) -> None:
        ours, theirs = socket.socketpair()
        self._driver = self._fork()
        if not self._driver:
            from acquire.batch.driver import serve

            ours.close()
            run_and_exit(serve, Channel(theirs), cold=self._cold)
        theirs.close()
        self._channel = Channel(ours)

    def _fork(self) -> int:
        parent = os.getpid()
        process = os.fork()
        if not process:
            die_with(parent)
            os.close(self._jobs)
            os.close(self._outcomes)
        return process

    def _listen(self) -> None:
        """Answer the driver."""
        assert self._channel is not None  # it was heard
        messages = self._channel.available()
        if messages is None:
            return self._lose_driver("the process that runs the notebook died")
        for what, value in messages:
            if what == "outcome":
                self._finish(Outcome.from_line(value))
            else:
                answer = getattr(self, f"_{what}")(value)
                with contextlib.suppress(OSError):
                    self._channel.send(answer)
        return None

    def _start_kernel(self, arguments: dict[str, Any]) -> int:
        """Copy this process for a kernel; its id."""
        self._kernel = self._fork()
        if not self._kernel:
            from acquire.batch.forked import run_kernel

            run_and_exit(run_kernel, **arguments)
        return self._kernel

    def _adopt(self, kernel: int) -> None:
        """Take charge of a kernel that the driver has started."""
        self._kernel = kernel

    def _stop_kernel(self, reason: str) -> None:
        """Kill the kernel and what it has started, and give the driver time to say where."""
        self._reasons[self._kernel] = reason
        if self._job:
            self._over = time.monotonic() + GRACE
        self._ended |= kill_descendants(spared=(self._driver,))

    def _why(self, kernel: int) -> dict[str, Any]:
        """Why a kernel has ended."""
        self._ended |= reap()
        return {"reason": self._reasons.get(kernel), "code": self._ended.get(kernel)}

    def _watch(self, job: Job) -> None:
        """Stop what takes too long or too much."""
        now = time.monotonic()
        if self._over is not None:
            if now > self._over:
                self._lose_driver(next(iter(self._reasons.values()), "stopped"), lost=False)
        elif now - self._started > job.allowance.time:
            self._stop(f"took longer than {job.allowance.time:g} seconds")
        elif resident(descendants(spared=(self._driver,))) > job.allowance.memory:
            self._stop(f"used more than {job.allowance.memory / 2**20:,.0f} MiB of memory")

    def _stop(self, reason: str) -> None:
        if self._kernel:
            self._stop_kernel(reason)
        else:
            self._lose_driver(reason, lost=False)

    def _lose_driver(self, reason: str, *, lost: bool = True) -> None:
        """End a driver that is dead or does not answer, and answer in its place."""
        assert self._channel is not None  # there was a driver
        self._channel.close()
        self._channel = None
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._driver, signal.SIGKILL)
        if self._job:
            seconds = time.monotonic() - self._started
            failure = Failure(next(iter(self._reasons.values()), reason), lost=lost)
            self._finish(Outcome(self._job.key, failure, seconds=seconds))

    def _finish(self, outcome: Outcome) -> None:
        self._job = None
        kill_descendants(spared=(self._driver,) if self._channel else ())
        line = outcome.to_line().encode()
        while line:
            line = line[os.write(self._outcomes, line) :]
