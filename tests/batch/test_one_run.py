"""One run at a time writes to a folder, however many are started."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

import acquire as aq
from acquire.batch.processes import LINUX
from acquire.batch.store import LocalStore
from tests.batch.small import contents, start, write_inputs, write_notebook

pytestmark = pytest.mark.promise

JOURNAL = ".acquire/journal.jsonl"


def waiting_notebook(folder: Path) -> tuple[Path, Path]:
    """A notebook that, in a kernel, goes on once a file is there; and that file."""
    go = folder / "go"
    wait = (
        "import time, IPython\n"
        f"while IPython.get_ipython() and not os.path.exists({str(go)!r}):\n    time.sleep(0.02)"
    )
    return write_notebook(folder / "waits.ipynb", wait), go


Begin = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def begin() -> Iterator[Begin]:
    """Starts commands, which end with the test at the latest."""
    with ExitStack() as running:

        def begin_one(*command: str | Path) -> subprocess.Popen[str]:
            process = running.enter_context(start(*command))
            running.callback(process.kill)
            return process

        yield begin_one


def until(condition: Callable[[], object], seconds: float = 120.0) -> None:
    """Wait for something to be so."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def starts(out: Path) -> int:
    """The number of runs that a journal knows."""
    path = out / JOURNAL
    lines = path.read_bytes().splitlines() if path.exists() else []
    return sum(json.loads(line)["event"] == "start" for line in lines)


def test_of_many_runs_at_once_one_proceeds(
    tmp_path: Path, begin: Begin, times: Callable[[int, int], int]
) -> None:
    """All others refuse, name it, exit with 2 and leave nothing; once it is killed one may run."""
    notebook, go = waiting_notebook(tmp_path)
    command = (notebook, "render", write_inputs(tmp_path, 2), "-o", tmp_path / "out")
    runs = [begin(*command) for _ in range(times(3, 50))]
    until(lambda: sum(run.poll() is not None for run in runs) == len(runs) - 1)
    [holder] = [run for run in runs if run.poll() is None]
    runs.remove(holder)
    until((tmp_path / "out" / JOURNAL).exists)
    for run in runs:
        said = run.communicate()
        assert run.returncode == 2, said
        assert re.fullmatch(
            rf"out: another run is writing to it \(process {holder.pid} on \S+ since \S+\); "
            r"expected one run at a time, or another place with --out\n"
            r"1 problem; nothing was written\n",
            said[1],
        ), said
    assert starts(tmp_path / "out") == 1
    holder.kill()
    holder.communicate()
    following = begin(*command)
    until(lambda: starts(tmp_path / "out") == 2)
    go.touch()
    said = following.communicate()
    assert following.returncode == 0, said
    undisturbed = begin(*command[:-1], tmp_path / "whole")
    assert undisturbed.wait(120) == 0
    undisturbed.communicate()
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")
    hidden = contents(tmp_path / "out" / ".acquire", hidden=True)
    assert set(hidden) == {"journal.jsonl", "lock"}


def test_the_lock_is_taken_by_one(tmp_path: Path, times: Callable[[int, int], int]) -> None:
    """Of many that try in the same instant one has the folder, and the others know which."""
    for _ in range(times(200, 5000)):
        together, others = threading.Barrier(8), threading.Semaphore(0)
        had: list[str] = []
        refused: list[str] = []

        def attempt(
            together: threading.Barrier = together,
            others: threading.Semaphore = others,
            had: list[str] = had,
            refused: list[str] = refused,
        ) -> None:
            store = LocalStore(tmp_path)
            together.wait(60)
            try:
                with store.locked() as work:
                    had.append(str(work))
                    for _ in range(together.parties - 1):
                        assert others.acquire(timeout=60)
            except aq.InputError as error:
                refused.append(str(error))
                others.release()

        threads = [threading.Thread(target=attempt) for _ in range(together.parties)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert len(had) == 1
        assert len(refused) == together.parties - 1
        assert all(f"(process {os.getpid()} on " in said for said in refused), refused


@pytest.mark.skipif(not LINUX, reason="elsewhere nothing outlives a run")
def test_what_is_left_of_a_killed_run_does_no_harm(tmp_path: Path, begin: Begin) -> None:
    """Processes of a killed run that end late leave the files of the next run alone."""
    notebook, go = waiting_notebook(tmp_path)
    command = (notebook, "render", write_inputs(tmp_path, 2), "-o", tmp_path / "out")
    killed = begin(*command)
    until(lambda: list((tmp_path / "out").rglob("vendor-0000/work")))  # a notebook has started
    children = Path(f"/proc/{killed.pid}/task/{killed.pid}/children")
    [server] = map(int, children.read_text().split())
    os.kill(server, signal.SIGSTOP)
    try:
        killed.kill()
        killed.communicate()
        following = begin(*command)
        until(lambda: starts(tmp_path / "out") == 2)
        until(lambda: list((tmp_path / "out").rglob("vendor-0000/work")))
    finally:
        os.kill(server, signal.SIGCONT)
    until(lambda: not Path(f"/proc/{server}").exists())
    go.touch()
    said = following.communicate()
    assert following.returncode == 0, said
