"""Kernels that are copied show what kernels started anew show, and nothing of one another."""

from __future__ import annotations

import json
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

pytestmark = pytest.mark.skipif(not LINUX, reason="elsewhere all kernels are started anew")

PROBES = {
    "a wide table": "import pandas as pd; pd.DataFrame([range(40)] * 70)",
    "options of pandas": "[pd.get_option(o) for o in ('display.max_columns', 'display.width')]",
    "the renderer of plotly": "import plotly.io as pio; pio.renderers.default",
    "a chart": "import plotly.graph_objects as go; go.Figure(go.Bar(y=[1, 2]))",
    "working folder": "import os; sorted(os.listdir())",
    "environment": (
        "private = ('JPY', 'PYTEST', 'IPYTHONDIR', 'JUPYTER', 'TMPDIR')\n"
        "sorted(i for i in os.environ.items() if not i[0].startswith(private))"
    ),
    "arguments": "import sys; len(sys.argv), sys.argv[1], sys.argv[3:], sys.path",
    "recursion and hashes": "sys.getrecursionlimit(), sys.flags.hash_randomization, hash('a')",
    "names": "__name__, type(get_ipython()).__name__, sorted(n for n in globals() if n[0] != '_')",
    "history": "In[1:3], Out.keys() == set(Out)",
    "streams": "print('out'); print('err', file=sys.stderr)",
    "below Python": "os.write(1, b'from the descriptor\\n'); os.system('echo from a child');",
    "warnings": "import warnings; warnings.warn('mind this', UserWarning, stacklevel=1)",
    "changing displays": "h = display('before', display_id='fixed'); h.update('after')",
    "await": "import asyncio; await asyncio.sleep(0.01, 'slept')",
    "threads": (
        "import threading; t = threading.Thread(target=print, args=('in it',))\nt.start(); t.join()"
    ),
    "time zone": "import time; time.tzname, time.localtime(0).tm_hour",
    "signals": "import signal; [signal.getsignal(s) for s in (2, 13, 15)]",
    "the random seed": "import numpy as np; np.random.RandomState(2).rand()",
    "a progress bar": "from tqdm import tqdm; tqdm.__name__",
    "a failing import": "import importlib.util; importlib.util.find_spec('no_such_module')",
}
"""What a cell may see of its surroundings, by what it asks."""


def executed(folder: Path, jobs: list[Job], rehearsal: Job | None, *, kept: bool = True) -> Any:
    """The notebooks of jobs as executed, by key, as the text of their files."""
    work = folder / "work"
    work.mkdir(parents=True)
    with Pool(2, host_for(environment_for(work), work, rehearsal, kept=kept)) as pool:
        outcomes = list(pool.run(jobs))
    assert [outcome.failure for outcome in outcomes] == [None] * len(jobs)
    return {j.key: (Path(j.folder) / NOTEBOOK).read_text("utf-8") for j in jobs}


@pytest.fixture(scope="module")
def probes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    """The outputs of the probes by how the kernel came about, by rehearsal and by being plain."""
    place = tmp_path_factory.mktemp("probes")
    found = {}
    for way in ("copied", "anew", "plain"):
        one = job(place / way, "probe", "number: int = 1", *PROBES.values(), RECORD, number=2)
        rehearsal = job(place / way, "rehearsal", "number = 1", *PROBES.values())
        rehearsed = rehearsal if way == "copied" else None
        texts = executed(place / way, [one], rehearsed, kept=way != "plain")
        found[way] = nbformat.reads(texts["probe"], 4).cells[2:]
    return found


@pytest.mark.parametrize("way", ["copied", "plain"])
def test_cells_show_the_same(probes: dict[str, list[Any]], way: str) -> None:
    """Whatever a cell asks of its surroundings, every way to start a kernel answers alike."""
    for asked, cell, expected in zip(PROBES, probes[way], probes["anew"], strict=False):
        assert cell.outputs == expected.outputs, asked
        assert cell.execution_count == expected.execution_count, asked
    assert sum(bool(cell.outputs) for cell in probes["anew"]) >= len(PROBES) - 2


def test_the_real_notebooks_are_the_same_to_the_byte(tmp_path: Path) -> None:
    """A vendor's executed notebook is one and the same from a copied and from a cold kernel."""
    vendors, firm = aq.read_inputs(ROOT / "data" / "vendors.csv", trials=256)
    plan = Plan(firm, Limits(), "assets", Allowance())
    texts = []
    for way in ("copied", "anew"):
        jobs = [
            replace(plan.vendor_job(vendors[key]), folder=str(tmp_path / way / key))
            for key in ("nimbus", "tallybrook")
        ]
        texts.append(executed(tmp_path / way, jobs, jobs[0] if way == "copied" else None))
    assert texts[0] == texts[1]
    cells = json.loads(texts[0]["nimbus"])["cells"]
    assert sum(bool(cell.get("outputs")) for cell in cells) >= 10


CHANGE = """\
import json, os, sys, random
import numpy as np, pandas as pd
import acquire
json.mark = acquire.mark = sys.mark = True
os.environ["MARK"] = "1"
os.chdir("/")
pd.set_option("display.max_rows", 3)
acquire.evaluation.evaluate = None
"""
LOOK = """\
import json, os, sys
import acquire, pandas as pd
seen = [hasattr(m, "mark") for m in (json, acquire, sys)] + ["MARK" in os.environ]
assert not any(seen), seen
assert pd.get_option("display.max_rows") == 60
assert acquire.evaluation.evaluate is not None
assert os.getcwd() != "/"
"""
DRAW = "import random, numpy as np; print(random.random(), np.random.rand())"


def test_notebooks_see_nothing_of_one_another(tmp_path: Path) -> None:
    """What one changes in modules, options and environment, the next on its slot does not see."""
    (tmp_path / "work").mkdir()
    jobs = []
    for i in range(3):
        jobs += [
            job(tmp_path, f"changes-{i}", "number = 1", CHANGE, DRAW, RECORD),
            job(tmp_path, f"looks-{i}", "number = 1", LOOK, DRAW, RECORD),
        ]
    rehearsal = job(tmp_path, "rehearsal", "number = 1", "import acquire")
    host = host_for(environment_for(tmp_path / "work"), tmp_path / "work", rehearsal)
    with Pool(1, host) as pool:
        assert {o.key: o.failure for o in pool.run(jobs)} == dict.fromkeys(j.key for j in jobs)
    drawn = [nbformat.read(Path(j.folder) / NOTEBOOK, 4).cells[-2].outputs[0].text for j in jobs]
    assert len(set(drawn)) == len(jobs)  # copies do not share their random numbers
