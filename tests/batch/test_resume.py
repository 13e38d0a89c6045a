"""A batch that was killed, interrupted or touched by hand goes on where it was."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import acquire as aq
from acquire.batch.plan import COMPARISON, METHOD
from acquire.batch.processes import LINUX
from acquire.cli import acquire
from tests.batch.small import contents, some_vendors, start, use, write_inputs, write_notebook
from tests.samples import firm, seeded

pytestmark = pytest.mark.promise

IDS = [f"vendor-{i:04}" for i in range(4)]
ALL = {COMPARISON, METHOD, *IDS}
FIRM = firm(trials=64)
JOURNAL = ".acquire/journal.jsonl"
BROKEN = 'if os.environ.get("BROKEN") in all_vendors:\n    raise ValueError("broken")'


@pytest.fixture(autouse=True)
def interruptible() -> Iterator[None]:
    """Commands can be interrupted, whatever these tests were started with."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


# runs that are killed


def finish(process: subprocess.Popen[str]) -> tuple[int, str]:
    """The exit code of a command and all it has said."""
    said, complaints = process.communicate(timeout=1800)
    return process.returncode, said + complaints


def kill_all(mark: str) -> None:
    """Kill every process with a text in its environment until there is none."""

    def marked() -> Iterator[int]:
        for path in Path("/proc").glob("[0-9]*/environ"):
            with suppress(OSError):
                if mark.encode() in path.read_bytes():
                    yield int(path.parent.name)

    while found := list(marked()):
        for process in found:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)


def end(how: str, after: float, notebook: Path, *arguments: str | Path) -> None:
    """Start a command and end it after some seconds."""
    mark = uuid.uuid4().hex
    process = start(notebook, *arguments, environment={"MARK": mark})
    with suppress(subprocess.TimeoutExpired):
        process.wait(after)
    if how == "interrupt":
        process.send_signal(signal.SIGINT)
    else:
        process.kill()
        if how == "kill all" and LINUX:
            kill_all(mark)
    finish(process)


def events(folder: Path) -> list[dict[str, Any]]:
    """The journal; a line may have been cut off by a kill, but only the last one of its run."""
    path = folder / JOURNAL
    found: list[dict[str, Any]] = []
    for line in path.read_bytes().splitlines() if path.exists() else ():
        with suppress(ValueError):
            found.append(json.loads(line))
    return found


def reports(found: list[dict[str, Any]]) -> list[str]:
    """Keys of the reports that a journal says were completed."""
    return [e["key"] for e in found if e["event"] == "report" and e["status"] == "done"]


@contextmanager
def read_all_the_time(folder: Path) -> Iterator[None]:
    """Whoever opens a page of a folder, at any moment, finds a whole one."""
    halves: list[Path] = []
    over = threading.Event()

    def read() -> None:
        while not over.wait(0.01):
            for path in (*folder.glob("*.html"), *folder.glob("[!.]*/*.html")):
                text = path.read_text("utf-8").lower()
                if not (text.startswith("<!doctype html>") and text.rstrip().endswith("</html>")):
                    halves.append(path)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        yield
    finally:
        over.set()
        reader.join()
    assert halves == []


def test_a_run_that_is_killed_goes_on_where_it_was(
    tmp_path: Path, times: Callable[[int, int], int]
) -> None:
    """Killed at any time the folder has whole pages, and the same command renders just the rest."""
    notebook, file = write_notebook(tmp_path / "small.ipynb"), write_inputs(tmp_path, times(4, 50))
    began = time.monotonic()
    undisturbed = start(notebook, "render", file, "-o", tmp_path / "whole")
    assert finish(undisturbed)[0] == 0
    seconds = time.monotonic() - began
    whole = contents(tmp_path / "whole")
    former = tmp_path / "former"  # its reports are all out of date
    if times(0, 1):
        assert finish(start(notebook, "render", file, "--seed", "2", "-o", former))[0] == 0
    rng = seeded(1)
    means = ("kill", "kill all", "interrupt")
    for point in range(times(2, 100)):
        out = tmp_path / "out"
        if point % 2 and former.exists():
            shutil.copytree(former, out)
        command = (notebook, "render", file, "-o", out)
        last = len(events(out))
        with read_all_the_time(out):
            for how in (means[point % 3], rng.choice(means))[: 1 + point % 3 // 2]:
                after = rng.uniform(0.0, seconds)
                end(how, after, *command)
            before = events(out)
            code, said = finish(start(*command))
        assert code == 0, (point, said)
        assert contents(out) == whole, point
        found = events(out)
        assert found[: len(before)] == before
        rendered = reports(found[last:])
        assert sorted(rendered) == sorted(set(rendered)), point
        assert set(contents(out / ".acquire", hidden=True)) == {"journal.jsonl", "lock"}
        shutil.rmtree(out)


# a folder that is complete


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A complete folder with its inputs; its notebook is that of all runs of this process."""
    here = tmp_path_factory.mktemp("finished")
    notebook = write_notebook(here / "small.ipynb", BROKEN)
    write_inputs(here, len(IDS))
    with pytest.MonkeyPatch.context() as patch:
        use(notebook, patch.setattr)
        assert aq.render(some_vendors(IDS), FIRM, here / "out").failures == {}
        yield here


@pytest.fixture
def out(finished: Path, tmp_path: Path) -> Path:
    """A copy of the complete folder."""
    return Path(shutil.copytree(finished / "out", tmp_path / "out"))


def again(out: Path, **options: Any) -> set[str]:
    """The reports that another run renders."""
    rendered = aq.render(some_vendors(IDS), FIRM, out, **options)
    assert rendered.failures == {}
    return set(rendered.rendered)


def test_a_journal_whose_last_line_is_torn(out: Path, finished: Path) -> None:
    """What a line says that was cut off is unknown: that report is rendered again, and only it."""
    *lines, torn, _ = (out / JOURNAL).read_bytes().splitlines(keepends=True)
    (out / JOURNAL).write_bytes(b"".join(lines) + torn[: len(torn) // 2])
    assert again(out) == {json.loads(torn)["key"]}
    assert contents(out) == contents(finished / "out")
    assert set(reports(events(out))) == ALL
    assert [e["event"] for e in events(out)].count("start") == 2
    assert again(out) == set()


GARBAGE = {
    "bytes": b"\x00\xff\xfe{",
    "zeros": bytes(4096),
    "text": b"nothing but words",
    "values": b'[1]\n"report"\nnull\n1e999\n{}',
    "another event": b'{"event": "from a later version", "key": "vendor-0000"}',
    "an event that is none": b'{"event": ["report"]}',
    "a report of nothing": b'{"event": "report"}',
    "a report without files": b'{"event": "report", "key": "vendor-0000", "status": "done"}',
    "files that are none": b'{"event": "report", "key": "x", "status": "done", "identity": "",'
    b' "charts": 0, "files": {"vendors/x.html": null}}',
    "a failure without reason": b'{"event": "report", "key": "vendor-0000", "status": "failed"}',
    "deep": b"[" * 100_000,
}


@pytest.mark.parametrize("garbage", GARBAGE.values(), ids=GARBAGE)
def test_a_journal_with_garbage(out: Path, garbage: bytes) -> None:
    """Lines that are no events of this program are passed over, wherever they stand."""
    lines = (out / JOURNAL).read_bytes().splitlines()
    (out / JOURNAL).write_bytes(b"\n".join([garbage, *lines[:3], garbage, *lines[3:], garbage]))
    assert again(out) == set()


def test_files_that_were_touched(out: Path, finished: Path) -> None:
    """What was edited, cut short or deleted by hand is rendered again, and nothing else."""
    with (out / "vendors" / f"{IDS[0]}.html").open("a") as page:
        page.write("<p>by hand")
    (out / "notebooks" / f"{IDS[1]}.ipynb").unlink()
    os.truncate(out / "results" / f"{IDS[2]}.json", 100)
    for name in ("index.html", "results.json", "assets/report.js"):
        (out / name).write_text("by hand")
    untouched = [out / f"vendors/{IDS[3]}.html", out / COMPARISON]
    times = [path.stat().st_mtime_ns for path in untouched]
    assert again(out) == set(IDS[:3])
    assert contents(out) == contents(finished / "out")
    assert [path.stat().st_mtime_ns for path in untouched] == times


# options


@pytest.fixture
def chosen(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Runs choose what to render, and note it here, but render nothing."""
    noted: list[str] = []

    @contextmanager
    def executor(*_: Any) -> Iterator[Any]:
        yield lambda jobs: iter([noted.append(job.key) for job in jobs][:0])

    monkeypatch.setattr(import_module("acquire.batch.render"), "_executor", executor)
    return noted


def command(finished: Path, out: Path, *arguments: str) -> Result:
    """The command line in this process."""
    arguments = ("render", str(finished / "vendors.yaml"), "-o", str(out), *arguments)
    return CliRunner().invoke(acquire, arguments, catch_exceptions=False)


@pytest.mark.parametrize(
    ("options", "fresh", "stale", "failed"),
    [
        ("", set(), ALL, {IDS[1]}),
        ("--force", ALL, ALL, ALL),
        (f"--only {IDS[0]}", set(), {IDS[0]}, set()),
        (f"--only {IDS[0]} --only {IDS[1]}", set(), set(IDS[:2]), {IDS[1]}),
        (f"--only {IDS[0]} --force", {IDS[0]}, {IDS[0]}, {IDS[0]}),
        ("--failed", set(), set(), {IDS[1]}),
        (f"--failed --only {IDS[0]}", set(), set(), set()),
        ("--failed --force", set(), set(), {IDS[1]}),
        (IDS[2], {COMPARISON, METHOD}, {COMPARISON, METHOD, IDS[2]}, {COMPARISON, METHOD}),
    ],
)
def test_what_the_options_choose(
    finished: Path,
    out: Path,
    chosen: list[str],
    options: str,
    fresh: set[str],
    stale: set[str],
    failed: set[str],
) -> None:
    """Of a folder that is up to date, is not, or lacks one that failed: what is rendered."""
    for arguments, expected in ((options, fresh), (f"{options} --seed 2", stale)):
        command(finished, out, *arguments.split())
        assert set(chosen) == expected
        chosen.clear()
    failure = {"event": "report", "key": IDS[1], "status": "failed", "what": "", "cell": None}
    with (out / JOURNAL).open("a") as journal:
        journal.write(json.dumps(failure) + "\n")
    command(finished, out, *options.split())
    assert set(chosen) == failed


def test_only_some(finished: Path, out: Path) -> None:
    """--only leaves the other vendors as they are, and in the index; ids alone do not list them."""
    before = contents(out)
    result = command(finished, out, "--only", IDS[0], "--seed", "2")
    assert result.exit_code == 0, result.output
    after = contents(out)
    assert {name for name in before if before[name] != after[name]} == {
        "index.html",
        "results.json",
        *(f"{folder}{IDS[0]}{kind}" for folder, kind in FILES),
    }
    assert all(f"The {i}".encode() in after["index.html"] for i in IDS)
    result = command(finished, out, *IDS[:2], "--seed", "2")
    assert result.exit_code == 0, result.output
    found = contents(out)
    assert [f"The {i}".encode() in found["index.html"] for i in IDS] == [True, True, False, False]
    assert [r["vendor_id"] for r in json.loads(found["results.json"])] == IDS[:2]
    assert {name for name in after if name not in found} == set()
    for i in IDS[2:]:
        assert all(found[f"{f}{i}{kind}"] == before[f"{f}{i}{kind}"] for f, kind in FILES)


FILES = (("vendors/", ".html"), ("notebooks/", ".ipynb"), ("results/", ".json"))


def test_what_failed_the_last_time(
    finished: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """--failed renders what failed and nothing that is merely missing or out of date."""
    pages = [out / "vendors" / f"{i}.html" for i in IDS[:2]]
    pages[1].unlink()
    monkeypatch.setenv("BROKEN", IDS[1])
    assert command(finished, out).exit_code == 1
    monkeypatch.delenv("BROKEN")
    pages[0].unlink()
    assert command(finished, out, "--failed").exit_code == 0
    assert [page.exists() for page in pages] == [False, True]
    assert command(finished, out).exit_code == 0
    assert contents(out) == contents(finished / "out")
