"""What fails is said to have failed: every way to fail, at the start, midway and at the end."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import nbformat
import pytest

from acquire.batch.processes import LINUX
from acquire.notebook import RESULT_TYPE
from tests.batch import small
from tests.pages import code, notebook

pytestmark = [
    pytest.mark.promise,
    pytest.mark.skipif(not LINUX, reason="limits and deaths are those of Linux"),
]

WAYS = {
    "raises": "raise OSError('no such luck')",
    "raises-badly": "raise type('Bad', (Exception,), {'__str__': lambda self: 1 / 0})",
    "interrupts": "raise KeyboardInterrupt",
    "cancels": "import asyncio; raise asyncio.CancelledError",
    "syntax": "exec('1 +')",
    "exits-0": "import sys; sys.exit(0)",
    "exits-3": "import sys; sys.exit(3)",
    "leaves-0": "os._exit(0)",
    "leaves-3": "os._exit(3)",
    "becomes-another": "os.execv('/bin/true', ['true'])",
    "kills-itself": "os.kill(os.getpid(), signal.SIGKILL)",
    "terminates-itself": "os.kill(os.getpid(), signal.SIGTERM)",
    "crashes": "import ctypes; ctypes.string_at(0)",
    "aborts": "os.abort()",
    "stops": "os.kill(os.getpid(), signal.SIGSTOP)",
    "takes-long": "while True: pass",
    "takes-memory": "hog = b'x' * 2**31; time.sleep(60)",
    "says-much": "print('x' * 2**21)",
    "kills-parent": "os.kill(os.getppid(), signal.SIGKILL); time.sleep(60)",
    "closes-all": "os.closerange(3, 1000)",
    "records-nan": """\
of = aq.Evaluation.to_dict
aq.Evaluation.to_dict = lambda self: of(self) | {"value": float("nan")}
if "evaluations" in globals():
    display(aq.notebook.record(evaluations, vendors, assumptions))
""",
    "records-else": """\
display({RESULT: [{"answer": 42}]}, raw=True)
aq.notebook.record = lambda *_: None
""",
    "records-nothing": "aq.notebook.record = lambda *_: None; clear_output()",
}
"""What a cell does that fails, by a word for it."""
FATAL = ["leaves-3", "exits-0", "crashes"]
"""Ways that would end a process that runs a notebook before its kernel does."""
POSITIONS = ("first", "middle", "last")
GOOD = ["good", "good-too"]
BAD = [f"{way}-{position}" for way in WAYS for position in POSITIONS]

FIRST = f"""\
{small.PARAMETERS}
import os, re, signal, time
from IPython.display import clear_output, display
import acquire as aq
RESULT, WAYS = {RESULT_TYPE!r}, {WAYS!r}
ids = re.findall(r"vendor_id: ([\\w-]+)", open("vendors.yaml").read())
def misbehave(position):
    way = ids[0].removesuffix("-" + position)
    if len(ids) == 1 and way != ids[0]:
        exec(WAYS[way], globals())
misbehave("first")
"""
MIDDLE = f'{small.EVALUATE}misbehave("middle")'
LAST = f'display({small.RECORD})\nmisbehave("last")'


class Found(NamedTuple):
    """What a run left behind."""

    code: int
    said: str
    events: dict[str, dict[str, Any]]
    rows: dict[str, str]
    files: dict[str, bytes]


def run(place: Path, ids: list[str], *options: str) -> Found:
    """Render vendors whose ids say how their notebooks behave."""
    file, out = small.write_inputs(place, ids), place / "out"
    first = code(FIRST, tags=["parameters"], count=None)
    cells = [first, *(code(source, count=None) for source in (MIDDLE, LAST))]
    nbformat.write(notebook(*cells), place / "notebook.ipynb")
    limits = ["--timeout", "8", "--memory", "1024", "--output", "1"]
    process = small.start(place / "notebook.ipynb", "render", file, "--out", out, *limits, *options)
    _, said = process.communicate()
    journal = (out / ".acquire" / "journal.jsonl").read_text("utf-8").splitlines()
    events = [event for event in map(json.loads, journal) if event["event"] == "report"]
    rows = (out / "index.html").read_text("utf-8").partition("<tbody>")[2].split("</tr>")
    names = (re.search(r"<bdi>The ([\w-]+)</bdi>", row) for row in rows)
    return Found(
        process.returncode,
        said,
        {event["key"]: event for event in events},
        {name[1]: row for name, row in zip(names, rows, strict=True) if name},
        small.contents(out),
    )


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Found:
    """One run of all ways to fail, and of vendors that do not."""
    ids = [GOOD[0], *BAD, GOOD[1]]
    return run(tmp_path_factory.mktemp("honesty"), ids, "--workers", "6")


def assert_failed(found: Found, key: str) -> None:
    """A report failed, and everything says so."""
    event = found.events[key]
    assert event["status"] == "failed", event
    assert b"There is no report, because it failed" in found.files[f"failures/{key}.html"]
    for published in (f"vendors/{key}.html", f"results/{key}.json", f"notebooks/{key}.ipynb"):
        assert published not in found.files
    assert f'<a href="failures/{key}.html">' in found.rows[key]
    assert ">failed</span>" in found.rows[key]


def assert_done(found: Found, key: str) -> None:
    """A report is complete, and everything says so."""
    assert found.events[key]["status"] == "done", found.events[key]
    assert f"vendors/{key}.html" in found.files
    assert f"failures/{key}.html" not in found.files
    assert f'<a href="vendors/{key}.html">' in found.rows[key]


@pytest.mark.parametrize("key", BAD)
def test_a_notebook_that_fails(found: Found, key: str) -> None:
    """A notebook that fails has a page that says so, and neither a report nor a result."""
    assert_failed(found, key)


@pytest.mark.parametrize("key", GOOD)
def test_a_notebook_beside_those_that_fail(found: Found, key: str) -> None:
    """A notebook is done, whatever becomes of the others."""
    assert_done(found, key)


def test_the_command_says_how_many_failed(found: Found) -> None:
    """The command fails with the number of those that failed, and keeps results of no other."""
    assert found.code == 1
    assert f"\n{len(BAD)} failed; " in found.said
    assert "Traceback" not in found.said
    results = json.loads(found.files["results.json"])
    assert [result["vendor_id"] for result in results] == GOOD


def test_the_first_vendor_takes_no_other_with_it(
    tmp_path: Path, times: Callable[[int, int], int]
) -> None:
    """A run gets ready with its first vendor; should that fail, it is alone with it."""
    others = [way for way in WAYS if way not in (*FATAL, "kills-parent")]
    for way in (FATAL + others)[: times(1, len(WAYS))]:
        (tmp_path / way).mkdir()
        first = f"{way}-middle"
        found = run(tmp_path / way, [first, *GOOD], "--workers", "2")
        assert found.code == 1
        # the method is worked on the first vendor, by the same notebook here
        assert "\n2 failed; " in found.said, found.said
        assert_failed(found, first)
        for key in GOOD:
            assert_done(found, key)
