"""The pool: hands jobs to slots, hears their outcomes, replaces those that die, and ends them."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Self

from acquire.batch.hosts import Answers, Host, Slot
from acquire.batch.job import Failure, Job, Outcome

STARTS = 2
"""Times a job is tried when its process vanishes without an answer."""


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
        self._host.end(self._slots, over=True)
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
                again = _is_lost(outcome) and job is not None and tries[job.key] < STARTS
                if again and job is not None:
                    waiting.append(job)
                self._next(slot, waiting, tries)  # while whoever listens publishes this one
                if not again:
                    yield outcome
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
