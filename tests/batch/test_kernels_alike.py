"""However a kernel comes about, its cells find the same, and nothing of another notebook."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
import pytest

import acquire as aq
from acquire.batch.hosts import environment_for, host_for
from acquire.batch.job import NOTEBOOK, Allowance, Job
from acquire.batch.plan import Plan
from acquire.batch.pool import Pool
from acquire.batch.processes import LINUX
from acquire.portfolio import Limits
from tests.pages import RECORD, ROOT, job

pytestmark = [
    pytest.mark.promise,
    pytest.mark.skipif(not LINUX, reason="elsewhere kernels come about in one way only"),
]

WAYS = ["copied", "anew", "plain"]
"""How kernels come about: copies, or started anew, below a keeper; without a keeper."""

NOTHING = "number: int = 1  # of nothing"
PROBES = {
    "wide tables": "import pandas as pd\npd.DataFrame({f'column {i}': [i] for i in range(40)})",
    "long tables": "pd.DataFrame({'number': range(200)})",
    "options of pandas": """\
from pandas._config import config
{n: repr(pd.get_option(n)) for n in sorted(config._registered_options)
 if n not in ("display.encoding", "io.hdf.dropna_table") and n[:6] != "future"}""",
    "options of numpy": """\
import numpy as np
np.get_printoptions(), np.geterr(), np.array([1e-9, 1/3, 1e9])""",
    "renderers of plotly": """\
import plotly.io as pio
pio.renderers.default, pio.templates.default, pio.json.config.default_engine""",
    "charts": "import plotly.graph_objects as go\ngo.Figure(go.Bar(y=[1, 2]))",
    "working folder": "import os\nos.path.basename(os.getcwd()), sorted(os.listdir())",
    "environment": """\
private, differs = os.environ["TMPDIR"], "JPY_PARENT_PID"
{n: v.replace(private, "private") for n, v in sorted(os.environ.items()) if n != differs}""",
    "what Python prints": "import sys\nprint('said')\nprint('complained', file=sys.stderr)",
    "what C prints": "import time\nos.write(1, b'said by C\\n')\ntime.sleep(0.3)",
    "what C complains of": "os.write(2, b'complained by C\\n')\ntime.sleep(0.3)",
    "what a child prints": """\
import subprocess
subprocess.run(["sh", "-c", "echo said by a child; sleep 0.3; echo complained >&2"])
time.sleep(0.3)""",
    "shell": "!echo said by a shell\ntext = !echo kept\ntext",
    "warnings": """\
import warnings
warnings.warn("careful")
warnings.warn("old", DeprecationWarning)
warnings.warn("number", RuntimeWarning)""",
    "logging": """\
import logging
logging.getLogger("mine").warning("logged")
root = logging.root
root.level, [type(h).__name__ for h in root.handlers], root.manager.disable""",
    "displays": "handle = display('first', display_id='some')",
    "updates": "handle.update('second')",
    "history": "In[-3:], list(Out)[:3], _ii",
    "names": "sorted(name for name in globals() if not name.startswith('_i'))",
    "shell's kind": "__name__, type(get_ipython()), get_ipython().kernel.__class__",
    "built in": """\
import builtins
{n: type(getattr(builtins, n, None)).__name__ for n in ("display", "get_ipython", "exit", "_")}""",
    "asyncio": "import asyncio\nawait asyncio.sleep(0.01)\ntype(asyncio.get_running_loop())",
    "widgets": "import ipywidgets\nipywidgets.IntSlider(description='how many')",
    "path": "sys.path, sys.flags, len(sys.argv), hasattr(sys, 'ps1')",
    "limits": """\
import gc, resource
limits = {n: resource.getrlimit(getattr(resource, n)) for n in dir(resource) if n[:7] == "RLIMIT_"}
gc.isenabled(), gc.get_threshold(), sys.getrecursionlimit(), os.umask(0o22), limits""",
    "text": """\
import locale
sys.stdout.encoding, sys.getfilesystemencoding(), locale.getlocale(), locale.getencoding()""",
    "time": "time.tzname, time.strftime('%H', time.localtime(0))",
    "signals": """\
import signal
{s.name: str(getattr(signal.getsignal(s), "__qualname__", signal.getsignal(s)))
 for s in sorted(signal.valid_signals()) if isinstance(s, signal.Signals)}""",
    "processes": """\
import multiprocessing
(os.getsid(0) == os.getpid(), os.getpgrp() == os.getpid(), multiprocessing.current_process().name,
 multiprocessing.get_start_method(allow_none=True), multiprocessing.parent_process())""",
    "pools": """\
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
with ThreadPoolExecutor(2) as pool: print(list(pool.map(abs, [-1, 2])))
with ProcessPoolExecutor(2) as pool: print(list(pool.map(abs, [-1, 2])))""",
    "faults": """\
import faulthandler
faulthandler.is_enabled(), sys.excepthook is sys.__excepthook__""",
    "tracebacks": "import traceback\ntry: 1 / 0\nexcept ZeroDivisionError: traceback.print_exc()",
    "magics": "%history -n 1-2\n%pprint",
    "extensions": "sorted(get_ipython().extension_manager.loaded)",
    "decimals": "import decimal\ndecimal.getcontext()",
    "hashes": "hash('text'), list({'a', 'b', 'c'})",
}


CHANGES = """\
import builtins, json, os, random, sys, uuid, warnings
import numpy as np
import pandas as pd
import plotly.io as pio
import acquire as aq
from IPython.display import display
traces = [
    hasattr(json, "seen"), hasattr(builtins, "seen"), hasattr(aq.evaluate, "seen"),
    "SEEN" in os.environ, "seen" in sys.path, os.getcwd() == "/",
    pd.get_option("display.max_rows") == 7, pio.templates.default == "none",
    np.geterr()["over"] == "raise", warnings.filters[0][:3] == ("error", None, Warning),
    "seen" in globals(),
]
assert not any(traces), traces
seen = json.seen = builtins.seen = aq.evaluate.seen = True
os.environ["SEEN"] = "yes"
sys.path.append("seen")
os.chdir("/")
pd.set_option("display.max_rows", 7)
pio.templates.default = "none"
np.seterr(over="raise")
warnings.simplefilter("error")
print(random.random(), np.random.random(), np.random.default_rng().random(), uuid.uuid4().hex)
random.seed(1), np.random.seed(1)
"""


@contextlib.contextmanager
def pool_in(folder: Path, way: str, rehearsal: Job, workers: int) -> Iterator[Pool]:
    """A pool whose processes work below a folder."""
    work = folder / "work"
    work.mkdir(parents=True)
    rehearsed = replace(rehearsal, folder=str(work / "rehearsal")) if way == "copied" else None
    host = host_for(environment_for(work), work, rehearsed, kept=way != "plain")
    with Pool(workers, host) as pool:
        yield pool


def executed(folder: Path, way: str, jobs: Sequence[Job], workers: int = 2) -> dict[str, bytes]:
    """The executed notebooks of jobs, of which the first is rehearsed."""
    placed = [replace(one, folder=str(folder / one.key)) for one in jobs]
    with pool_in(folder, way, placed[0], workers) as pool:
        outcomes = {outcome.key: outcome for outcome in pool.run(placed)}
    assert [outcome for outcome in outcomes.values() if outcome.failure] == []
    return {one.key: (folder / one.key / NOTEBOOK).read_bytes() for one in jobs}


@pytest.fixture(scope="module")
def found(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, dict[str, bytes]]:
    """Executed notebooks by the way their kernels came about."""
    place = tmp_path_factory.mktemp("ways")
    vendors, firm = aq.read_inputs(ROOT / "data" / "vendors.csv", trials=512)
    plan = Plan(firm, Limits(), "assets", Allowance())
    some = list(vendors.values())[: 4 if request.config.getoption("--long") else 1]
    jobs = [*map(plan.vendor_job, some), job(place, "probes", NOTHING, *PROBES.values(), RECORD)]
    with pytest.MonkeyPatch.context() as surroundings:
        surroundings.delenv("PYTEST_CURRENT_TEST")  # or else kernels show nothing that C prints
        return {way: executed(place / way, way, jobs) for way in WAYS}


def normal(output: Any) -> str:
    """An output without ids that are random, and without the process's own folder."""
    text = json.dumps(output, sort_keys=True)
    return re.sub(r"[^\s\"]*/ipykernel_[0-9]+/|[0-9a-f]{32}", "…", text)


@pytest.mark.parametrize("way", WAYS[1:])
def test_reports_are_the_same_to_the_byte(found: dict[str, dict[str, bytes]], way: str) -> None:
    """The notebook of a vendor does not show how its kernel came about."""
    keys = [key for key in found[way] if key != "probes"]
    assert keys
    for key in keys:
        assert found[way][key] == found["copied"][key]


@pytest.mark.parametrize("way", WAYS[1:])
@pytest.mark.parametrize("probe", PROBES)
def test_kernels_are_alike(found: dict[str, dict[str, bytes]], probe: str, way: str) -> None:
    """Whatever a cell looks at, it is the same however its kernel came about."""
    cell = 1 + list(PROBES).index(probe)
    shown, expected = (
        nbformat.reads(found[one]["probes"].decode(), as_version=4).cells[cell]
        for one in (way, "anew")
    )
    assert shown.source == PROBES[probe]
    assert shown.execution_count == expected.execution_count == cell + 1
    assert normal(shown.outputs) == normal(expected.outputs)


@pytest.mark.parametrize("way", WAYS)
def test_cells_are_named_without_processes(found: dict[str, dict[str, bytes]], way: str) -> None:
    """Where a cell's file is named it is by the cell, not by the process that ran it."""
    seen = found[way]["probes"].decode()
    assert not re.search(r"ipykernel_\d", seen)
    assert re.search(r"cell-\d+\.py:2: UserWarning: careful", seen)


def test_nothing_of_one_notebook_is_in_the_next(
    tmp_path: Path, times: Callable[[int, int], int]
) -> None:
    """Whatever a notebook changes in its process ends with it, be it rehearsed or not."""
    jobs = [job(tmp_path, f"job-{i}", NOTHING, CHANGES, RECORD) for i in range(times(4, 100))]
    notebooks = executed(tmp_path, "copied", jobs, workers=1)
    numbers = [
        nbformat.reads(notebook.decode(), as_version=4).cells[1].outputs[0].text.split()
        for notebook in notebooks.values()
    ]
    for drawn in zip(*numbers, strict=True):  # by where they come from
        assert len(set(drawn)) == len(jobs)


IMPORTED = """\
import gc, sys
own = {id(thing) for thing in gc.get_objects()}  # what was there before is hidden from this
print(*(name for name, module in sys.modules.items() if id(module) in own))"""


def test_a_copy_imports_nothing_as_it_starts(tmp_path: Path) -> None:
    """What a kernel imports was in memory before the copy, which would be slow without."""
    jobs = [job(tmp_path, "imports", NOTHING, IMPORTED, RECORD)]
    seen = executed(tmp_path, "copied", jobs, workers=1)["imports"].decode()
    [shown] = nbformat.reads(seen, as_version=4).cells[1].outputs
    assert shown.text.split() == ["__main__"]
