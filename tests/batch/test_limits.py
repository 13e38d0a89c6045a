"""A notebook that takes too much is stopped in time, and nobody else is the worse for it."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import nbformat
import pytest

from acquire.batch.processes import LINUX
from tests.batch import small

pytestmark = [
    pytest.mark.promise,
    pytest.mark.skipif(not LINUX, reason="memory is limited on Linux only"),
]

SPARE = 10.0
"""Seconds after its limit in which a notebook is stopped."""
TIME, MEMORY, OUTPUT = 10, 700, 2
TOO_LONG = f"took longer than {TIME} seconds"
TOO_LARGE = f"used more than {MEMORY} MiB of memory"
TOO_MUCH = f"showed more than {OUTPUT} MiB"

HOG = "hog = []\nwhile True: hog.append(b'x' * 2**24); time.sleep(0.01)"
WAYS = {
    "loops": ("while True: pass", TOO_LONG),
    "loops-in-c": ("sum(range(10**13))", TOO_LONG),
    "is-deaf": (
        """\
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
while True:
    try: time.sleep(1)
    except BaseException: pass
""",
        TOO_LONG,
    ),
    "grows": (HOG, TOO_LARGE),
    "has-a-child-that-grows": (
        f"""\
import subprocess, sys
script = "import time\\n" + {HOG!r}
subprocess.run([sys.executable, "-c", script], start_new_session=True)
""",
        TOO_LARGE,
    ),
    "prints": ("while True: print('x' * 99)", TOO_MUCH),
    "displays": ("while True: display({'text/html': 'x' * 9999}, raw=True)", TOO_MUCH),
    "writes": ("while True: os.write(2, b'x' * 99)", TOO_MUCH),
}
"""What a cell does, and what is said of it."""
MUCH = "print('/ipykernel_' + 'x' * 1_900_000)"
"""Shows what is just allowed, and in one word, as encoded pictures are."""
GOOD = ["good-a", "good-b", "good-c", "shows-much"]

BEFORE = "import signal, time\nprint('before')"
CELL = """\
way = vendor_id.rpartition("-")[0]
if way in WAYS:
    open(os.path.join(os.environ["NOTES"], vendor_id), "w").write(str(time.time()))
    exec(WAYS[way])
elif way == "shows":
    exec(MUCH)
"""


class Found(NamedTuple):
    """What a run left behind."""

    out: Path
    began: dict[str, float]
    events: dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def found(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Found:
    """One run of notebooks that take too much, and of some that do not."""
    place = tmp_path_factory.mktemp("limits")
    count = 20 if request.config.getoption("--long") else 1
    bad = [f"{way}-{i}" for i in range(count) for way in WAYS]
    file = small.write_inputs(place, [*GOOD[:2], *bad, *GOOD[2:]])
    sources = {way: source for way, (source, _) in WAYS.items()}
    cell = f"WAYS, MUCH = {sources!r}, {MUCH!r}\n{CELL}"
    small.write_notebook(place / "notebook.ipynb", BEFORE, cell)
    limits = ["--timeout", TIME, "--memory", MEMORY, "--output", OUTPUT, "--workers", 4]
    options = ["render", file, "--out", place / "out", *map(str, limits)]
    with pytest.MonkeyPatch.context() as surroundings:
        surroundings.delenv("PYTEST_CURRENT_TEST")  # or else kernels show nothing that C prints
        environment = {"NOTES": str(place)}
        run = small.start(place / "notebook.ipynb", *options, environment=environment)
    _, said = run.communicate()
    assert run.returncode == 1, said
    journal = (place / "out" / ".acquire" / "journal.jsonl").read_text("utf-8").splitlines()
    events = [event for event in map(json.loads, journal) if event["event"] == "report"]
    began = {key: float((place / key).read_text()) for key in bad}
    return Found(place / "out", began, {event["key"]: event for event in events})


@pytest.mark.parametrize("way", WAYS)
def test_what_takes_too_much_is_stopped(found: Found, way: str) -> None:
    """Limit and cell are named, soon after the limit was met, with what was done until then."""
    number = 5
    what = f"cell {number}: {WAYS[way][1]}"
    keys = [key for key in found.began if key.rpartition("-")[0] == way]
    assert keys
    for key in keys:
        event = found.events[key]
        assert (event["status"], event["what"], event["cell"]) == ("failed", what, number)
        ended = datetime.fromisoformat(event["time"]).timestamp()
        allowed = TIME if WAYS[way][1] == TOO_LONG else 0
        assert ended - found.began[key] < allowed + SPARE
        page = (found.out / "failures" / f"{key}.html").read_text("utf-8")
        assert what in page
        assert "exec(WAYS[way])" in page
        notebook = nbformat.read(found.out / "failures" / f"{key}.ipynb", 4)
        nbformat.validate(notebook)
        assert [cell.execution_count for cell in notebook.cells][:4] == [1, 2, 3, 4]
        assert notebook.cells[3].outputs[0].text == "before\n"
        assert notebook.cells[5].outputs == []


@pytest.mark.parametrize("key", [*GOOD, "comparison.html"])
def test_others_are_not_the_worse_for_it(found: Found, key: str) -> None:
    """Notebooks before, beside and after those that are stopped are done."""
    assert found.events[key]["status"] == "done"
