"""A run that is stopped leaves no process behind, whatever stops it and whatever its cells do."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, Self

import pytest

from acquire.batch.processes import LINUX
from tests.batch import small
from tests.pages import ROOT, alive

pytestmark = [
    pytest.mark.promise,
    pytest.mark.skipif(not LINUX, reason="orphans are counted as Linux does it"),
]

LATEST = 5.0
"""Seconds from the signal until nothing is left."""

KEEPER = """\
import ctypes, fcntl, os, signal, subprocess, sys, termios

prctl = ctypes.CDLL(None).prctl
SET_DEATH_SIGNAL, SET_CHILD_SUBREAPER = 1, 36

def prepare():
    prctl(SET_DEATH_SIGNAL, signal.SIGKILL)  # with this process
    if os.isatty(0):
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

def end(*_):
    while True:
        for child in open(f"/proc/self/task/{os.getpid()}/children").read().split():
            os.kill(int(child), signal.SIGKILL)
        try:
            os.wait()
        except ChildProcessError:
            os._exit(1)

signal.signal(signal.SIGTERM, end)
signal.signal(signal.SIGINT, signal.SIG_DFL)  # whatever the tests were started with
prctl(SET_CHILD_SUBREAPER, 1, 0, 0, 0)
run = subprocess.Popen(sys.argv[1:], stdout=2, start_new_session=True, preexec_fn=prepare)
os.close(0), os.close(2)
print(run.pid, flush=True)
print(run.wait(), flush=True)
while True:
    try:
        os.wait()
    except ChildProcessError:
        break
print("alone", flush=True)
"""
"""Runs a command, on its terminal if it has one, and ends when no process of it is left.

Told to, it kills what is left.
"""


class Ended(NamedTuple):
    """What became of a run."""

    code: int
    said: str
    seconds: float


class Run:
    """A run whose processes can be waited for, all of them.

    Args:
        notebook: of its vendors.
        arguments: of the command line.
        terminal: it has one of its own.
        environment: added to that of the tests.
    """

    def __init__(
        self,
        notebook: Path,
        *arguments: str | Path,
        terminal: bool = False,
        environment: dict[str, str] | None = None,
    ) -> None:
        command = [sys.executable, "-m", "tests.batch.small", str(notebook), *map(str, arguments)]
        reader, writer = os.openpty() if terminal else os.pipe()
        self.terminal = reader
        self._keeper = subprocess.Popen(
            [sys.executable, "-c", KEEPER, *command],
            cwd=ROOT,
            env=dict(os.environ) | (environment or {}),
            stdin=writer if terminal else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=writer,
            bufsize=0,
        )
        os.close(writer)
        assert self._keeper.stdout is not None
        self.pid = int(self._keeper.stdout.readline())
        self._stopped = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self._keeper:
            self._keeper.terminate()  # and what has been left, where a test fails
        os.close(self.terminal)

    def stop(self, how: str) -> None:
        """Stop it in one of several ways."""
        self._stopped = time.monotonic()
        if how == "ctrl-c":
            os.write(self.terminal, b"\x03")
            return
        sent = [signal.SIGINT] * 5 if how == "impatient" else [getattr(signal, how)]
        with contextlib.suppress(ProcessLookupError):  # it has ended
            for number in sent:
                os.kill(self.pid, number)
                time.sleep(0.1 * (len(sent) > 1))

    def wait(self, patience: float = 4 * LATEST) -> Ended:
        """Wait until no process of it is left."""
        try:
            lines, _ = self._keeper.communicate(timeout=patience)
        except subprocess.TimeoutExpired:
            pytest.fail("a process is left")
        seconds = time.monotonic() - self._stopped
        code, alone = lines.split()
        assert alone == b"alone"
        return Ended(int(code), self._said(), seconds)

    def _said(self) -> str:
        said = b""
        with contextlib.suppress(OSError):  # the end of a terminal
            while more := os.read(self.terminal, 2**16):
                said += more
        return said.decode()


# whatever its cells do

CELL = """\
import subprocess, sys, time
def note(name):
    open(os.path.join(os.environ["NOTES"], name), "w").write(str(os.getpid()))
note(vendor_id or "comparison")
exec(KINDS.get(vendor_id, ""))
"""
FAMILY = """\
script = "echo $$ > $NOTES/child; setsid sh -c 'trap \"\" INT TERM HUP; " \\
    "echo $$ > $NOTES/grandchild; while true; do sleep 1; done' & sleep 1000"
subprocess.Popen(["sh", "-c", script], start_new_session=True).wait()
"""
KINDS = {
    "sleeps": "time.sleep(1000)",
    "computes": "while True: pass",
    "computes-in-c": "sum(range(10**13))",
    "has-family": FAMILY,
    "floods": "while True: print('x' * 1000)",
}
WAYS = {
    "SIGINT": {130},
    "SIGTERM": {130},
    "ctrl-c": {130},
    "impatient": {130, -signal.SIGINT},  # to a shell the same
    "SIGKILL": {-signal.SIGKILL},
    "SIGHUP": {-signal.SIGHUP},
}
"""Exit codes by what stops a run."""
SHORT = ["ctrl-c", "SIGTERM", "SIGKILL"]
"""Ways that are tried each time."""


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one report, the inputs and the notebook of a run that would never end."""
    place = tmp_path_factory.mktemp("stopping")
    small.write_inputs(place, ["good", *KINDS])
    small.write_notebook(place / "notebook.ipynb", f"KINDS = {KINDS!r}\n{CELL}")
    with start(place, "--only", "good", environment={"NOTES": str(place)}) as run:
        ended = run.wait(patience=60.0)
    assert ended.code == 0, ended.said
    return place


def start(place: Path, *arguments: str, **options: Any) -> Run:
    """Render into a folder beside the inputs."""
    where = [place / "vendors.yaml", "--out", place / "out"]
    return Run(place / "notebook.ipynb", "render", *where, *arguments, **options)


def reports(out: Path) -> dict[str, bytes]:
    """All files but those that speak of the whole run, and but its own, which come and go."""
    places = [p for p in out.iterdir() if p.name not in (".acquire", "index.html", "results.json")]
    files = [path for place in places for path in (place, *place.rglob("*")) if path.is_file()]
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in files}


def wait_until(condition: Callable[[], bool], run: Run) -> None:
    """Wait for something that a run brings about."""
    deadline = time.monotonic() + 60.0
    while not condition():
        assert alive(run.pid)
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize("way", WAYS)
def test_nothing_is_left_of_a_run(
    before: Path, tmp_path: Path, times: Callable[[int, int], int], way: str
) -> None:
    """Sleeping, busy, with children of its own or flooding: all ends, and reports stay."""
    count = times(way in SHORT, 20)
    if not count:
        pytest.skip("only with --long")
    for i in range(count):
        shutil.copytree(before, tmp_path / str(i))
        assert_stopped(tmp_path / str(i), way)


def assert_stopped(place: Path, way: str) -> None:
    """Stop a run of all kinds of cells, of which nothing may be left."""
    out, notes = place / "out", place / "notes"
    notes.mkdir()
    expected = {*KINDS, "child", "grandchild"}
    options: dict[str, Any] = {"terminal": way == "ctrl-c", "environment": {"NOTES": str(notes)}}
    with start(place, "--workers", "6", "--output", "100000", **options) as run:
        wait_until(lambda: expected <= {p.name for p in notes.iterdir() if p.stat().st_size}, run)
        wait_until((out / "comparison.html").exists, run)
        wait_until(lambda: b"not rendered yet" not in (out / "method.html").read_bytes(), run)
        former = reports(out)
        run.stop(way)
        ended = run.wait()
    assert ended.code in WAYS[way], ended.said
    assert ended.seconds < LATEST
    assert "Traceback" not in ended.said
    if ended.code == 130:
        assert ended.said.strip().splitlines()[-1].startswith("interrupted; ")
    assert not [name for name in expected if alive(int((notes / name).read_text()))]
    assert "vendors/good.html" in former
    assert reports(out) == former
    assert 'href="vendors/good.html"' in (out / "index.html").read_text("utf-8")
    assert {path.name for path in (out / ".acquire").iterdir()} == {"journal.jsonl", "lock"}


# at whatever moment


@pytest.mark.parametrize("way", ["SIGKILL", "SIGINT"])
def test_a_run_that_is_stopped_at_its_first_cells(
    tmp_path: Path, times: Callable[[int, int], int], way: str
) -> None:
    """What the very first cells to run have started ends with the run, however early."""
    if way != "SIGKILL" and not times(0, 1):
        pytest.skip("only with --long")
    small.write_inputs(tmp_path, ["has-family"])
    small.write_notebook(tmp_path / "notebook.ipynb", f"KINDS = {KINDS!r}\n{CELL}")
    grandchild = tmp_path / "grandchild"
    with start(tmp_path, environment={"NOTES": str(tmp_path)}) as run:
        wait_until(grandchild.exists, run)
        run.stop(way)
        ended = run.wait()
    assert ended.code in WAYS[way], ended.said
    assert ended.seconds < LATEST


def test_a_run_that_is_stopped_at_any_moment(
    tmp_path: Path, times: Callable[[int, int], int]
) -> None:
    """Getting ready, starting kernels, writing or ending: nothing is left of a stopped run."""
    small.write_inputs(tmp_path, 6)
    small.write_notebook(tmp_path / "notebook.ipynb", "print(vendor_id)")
    count = times(2, 60)
    for i in range(count):
        out = tmp_path / f"out-{i}"
        where = [tmp_path / "vendors.yaml", "--out", out]
        with Run(tmp_path / "notebook.ipynb", "render", *where, "--workers", "2") as run:
            wait_until((out / ".acquire" / "journal.jsonl").exists, run)
            time.sleep(6.0 * i / count)
            way = ("SIGINT", "SIGTERM", "SIGKILL")[i % 3]
            run.stop(way)
            ended = run.wait()
        late = "; open " in ended.said  # everything was done
        assert ended.code in ({0, -getattr(signal, way)} if late else WAYS[way]), ended.said
        assert ended.seconds < LATEST
        assert "Traceback" not in ended.said
        left = {path.name for path in (out / ".acquire").iterdir()}
        assert way == "SIGKILL" or left == {"journal.jsonl", "lock"}
