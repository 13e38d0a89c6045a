"""Kernels start however many there are, and what a run holds does not grow with them."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import NamedTuple

import psutil
import pytest

from acquire.batch.hosts import environment_for, host_for
from acquire.batch.job import Job
from acquire.batch.pool import Pool
from acquire.batch.processes import LINUX
from tests.pages import RECORD, job

pytestmark = [
    pytest.mark.promise,
    pytest.mark.skipif(not LINUX, reason="what a process holds is read as Linux tells it"),
]

NOTHING = "number: int = 1  # of nothing"
ENDS = {
    "wrong": ("1 / 0", "ZeroDivisionError"),
    "dies": ("import os; os._exit(3)", "with exit code 3"),
}
"""Last cells of notebooks that fail, which may leave something too, and what is said of them."""
NOISE = 24 * 2**20
"""Bytes that a process may hold more or less of without a leak."""


class Held(NamedTuple):
    """What all processes of a run hold."""

    processes: int
    descriptors: int
    threads: int
    memory: int
    """Bytes of their own, not shared with what they are copies of, of the process with most."""
    files: set[str]


def run_processes(others: Collection[psutil.Process]) -> list[psutil.Process]:
    """This process and a run's below it: its server, which no other run has, and what is below."""
    this = psutil.Process()
    servers = [child for child in this.children() if "acquire.batch.server" in child.cmdline()]
    servers = [server for server in servers if server not in others]
    return [this, *servers, *(below for one in servers for below in one.children(recursive=True))]


def held(folder: Path, processes: int, others: Collection[psutil.Process]) -> Held:
    """What a run's processes hold, with the files in a folder, once there are so many of them.

    Drivers clear up once they have answered, so what is ending is waited for, but not for ever.
    """
    deadline = time.monotonic() + 30
    while len(run_processes(others)) > processes and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(1.0)
    places = [Path(f"/proc/{process.pid}") for process in run_processes(others)]
    return Held(
        len(places),
        sum(len(list((place / "fd").iterdir())) for place in places),
        sum(len(list((place / "task").iterdir())) for place in places),
        max(map(own_memory, places)),
        {str(path) for path in folder.rglob("*")},
    )


def own_memory(process: Path) -> int:
    """Bytes of a process that it shares with no other."""
    lines = (process / "smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_")) * 2**10


def jobs_in(folder: Path, count: int) -> Iterator[Job]:
    """Jobs that are done, but for some of each way to fail."""
    for i in range(count):
        way = {1: "dies", 2: "wrong", 3: "dies", 5: "dies"}.get(i % 7, "good")
        end = ENDS[way][0] if way in ENDS else ""
        yield job(folder, f"{way}-{i}", NOTHING, RECORD, end)


def test_nothing_grows_with_the_number_of_kernels(
    tmp_path: Path, times: Callable[[int, int], int]
) -> None:
    """No kernel fails to start, and processes hold at the end what they held after a quarter."""
    workers, work = times(8, 16), tmp_path / "work"
    jobs = list(jobs_in(tmp_path, times(60, 2000)))
    work.mkdir()
    rehearsal = job(work, "rehearsal", NOTHING, "import acquire")
    states, processes = [], 2 + 2 * workers  # this, the server, keepers and drivers
    others = psutil.Process().children()
    with Pool(workers, host_for(environment_for(work), work, rehearsal)) as pool:
        for some in (jobs[: len(jobs) // 4], jobs[len(jobs) // 4 :]):
            for outcome in pool.run(some):
                way = outcome.key.partition("-")[0]
                if way in ENDS:
                    assert outcome.failure is not None
                    assert ENDS[way][1] in outcome.failure.what
                else:
                    assert outcome.failure is None
                shutil.rmtree(tmp_path / outcome.key, ignore_errors=True)
            states.append(held(tmp_path, processes, others))
    early, late = states
    assert early.processes == late.processes == processes
    assert late.descriptors <= early.descriptors + workers  # one or two in a driver's first job
    assert late.threads <= early.threads
    assert late.memory < early.memory + NOISE
    assert late.files == early.files
