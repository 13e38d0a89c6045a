"""What a batch does when a notebook, a kernel, a worker or the whole run comes to grief."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import nbformat
import pytest
from acquire.batch.worker import Job, Outcome

import acquire as aq
from acquire.batch.pool import Pool
from acquire.report.page import PageError, page_of

ROOT = Path(__file__).parents[1]
DATA = ROOT / "data" / "vendors.csv"
RECORD = """\
from IPython.display import display
display({"application/vnd.acquire.evaluation+json": [{"verdict": "made up"}]}, raw=True)
"""
PATIENCE = 30.0


def job(folder: Path, key: str, source: str) -> Job:
    """A job whose notebook is one cell after its parameters."""
    cells = [
        nbformat.v4.new_code_cell("x: int = 1  # any", metadata={"tags": ["parameters"]}),
        nbformat.v4.new_code_cell(source),
    ]
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    path = folder / f"{key}.ipynb"
    nbformat.write(notebook, path)
    return Job(
        key=key,
        notebook=str(path),
        parameters={},
        page=str(folder / f"{key}.html"),
        title=key,
        subtitle="",
        home=None,
        assets="assets",
    )


def outcomes(jobs: list[Job], timeout: float) -> dict[str, Outcome]:
    with Pool(2, timeout, dict(os.environ)) as pool:
        return {outcome.key: outcome for outcome in pool.run(jobs)}


def test_every_job_has_an_outcome_whatever_happens(tmp_path: Path) -> None:
    """A dead kernel, a wrong cell and a silent notebook fail alone; the good one has its page."""
    found = outcomes(
        [
            job(tmp_path, "dead", "import os; os._exit(3)"),
            job(tmp_path, "wrong", "1 / 0"),
            job(tmp_path, "silent", "1 + 1"),
            job(tmp_path, "good", RECORD),
        ],
        timeout=240,
    )
    assert {key for key, outcome in found.items() if outcome.failure} == {"dead", "wrong", "silent"}
    assert "ZeroDivisionError" in str(found["wrong"].failure)
    assert "recorded no evaluation" in str(found["silent"].failure)
    assert found["good"].results == [{"verdict": "made up"}]
    assert {path.stem for path in tmp_path.glob("*.html")} == {"good"}


def test_a_job_that_never_ends_is_given_up(tmp_path: Path) -> None:
    """An endless cell fails after its time, and the next job is done by a new worker."""
    found = outcomes(
        [job(tmp_path, "endless", "while True: pass"), job(tmp_path, "good", RECORD)], timeout=25
    )
    assert found["endless"].failure == "took longer than 25 seconds"
    assert found["good"].failure is None


def alive(mark: str) -> set[int]:
    """Processes that carry the mark in their environment."""
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (process / "environ").read_bytes():
                found.add(int(process.name))
        except OSError:
            continue
    return found - {os.getpid()}


def until(condition: object, what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="reads /proc")
@pytest.mark.parametrize(
    ("sent", "code"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -signal.SIGKILL)],
    ids=["interrupt", "terminate", "kill"],
)
def test_a_stopped_run_leaves_nothing_behind(
    tmp_path: Path, sent: signal.Signals, code: int
) -> None:
    """Interrupted, terminated or killed: no process survives, and what was there is as it was."""
    out = tmp_path / "reports"
    out.mkdir()
    (out / "index.html").write_text("the last good index")
    mark = f"MARK={uuid.uuid4()}"
    name, value = mark.split("=")
    run = subprocess.Popen(
        [sys.executable, "-m", "acquire.cli", "render", str(DATA), "-o", str(out)],
        env=dict(os.environ) | {name: value},
        stderr=subprocess.PIPE,
        text=True,
    )
    until(lambda: len(alive(mark)) >= 5, "a parent, two workers, two kernels")
    run.send_signal(sent)
    _, said = run.communicate(timeout=PATIENCE)
    assert run.returncode == code
    assert "Traceback" not in said
    until(lambda: not alive(mark), "workers and kernels end")
    assert (out / "index.html").read_text() == "the last good index"
    if sent != signal.SIGKILL:
        assert [path.name for path in out.iterdir()] == ["index.html"]


def test_a_failed_vendor_is_listed_and_its_last_page_stays(tmp_path: Path) -> None:
    """With too little time every vendor fails: the index says why, former pages stay."""
    vendors, firm = aq.read_inputs(DATA, trials=512)
    (tmp_path / "vendors").mkdir()
    (tmp_path / "vendors" / "nimbus.html").write_text("the last good report")
    rendered = aq.render(vendors.only(["nimbus"]), firm, tmp_path, timeout=1)
    assert set(rendered.failures) == {"nimbus", "comparison.html"}
    index = rendered.index.read_text("utf-8")
    assert "not rendered" in index
    assert "took longer than 1 seconds" in index
    assert (tmp_path / "vendors" / "nimbus.html").read_text() == "the last good report"
    assert json.loads((tmp_path / "results.json").read_text()) == []


def test_two_renders_are_the_same_to_the_byte(tmp_path: Path) -> None:
    """The same inputs give the same pages, so that a difference means something."""
    vendors, firm = aq.read_inputs(DATA, trials=512)
    pages = []
    for name in ("one", "two"):
        rendered = aq.render(vendors.only(["tollivard"]), firm, tmp_path / name)
        assert rendered.failures == {}
        files = sorted(p for p in (tmp_path / name).rglob("*") if p.is_file())
        pages.append({p.relative_to(tmp_path / name): p.read_bytes() for p in files})
    assert pages[0] == pages[1]


def executed(source: str, outputs: list[nbformat.NotebookNode]) -> nbformat.NotebookNode:
    cell = nbformat.v4.new_code_cell(
        source, execution_count=1, outputs=outputs, metadata={"tags": ["chart"]}
    )
    return nbformat.v4.new_notebook(cells=[cell])


def test_a_lost_chart_is_a_failure() -> None:
    """A cell that should show a chart and shows none makes no page."""
    table = nbformat.v4.new_output("display_data", {"text/html": "<table></table>"})
    with pytest.raises(PageError, match="shows no chart"):
        page_of(executed("figure", [table]), title="A vendor")


def test_charts_are_counted() -> None:
    """A plotly output becomes one chart of the page, with its JSON unable to end the script."""
    figure = {"data": [], "layout": {"title": {"text": "</script><b>"}}}
    chart = nbformat.v4.new_output("display_data", {"application/vnd.plotly.v1+json": figure})
    page = page_of(executed("figure", [chart]), title="A <vendor>")
    assert page.charts == 1
    assert page.html.count("<figure") == 1
    assert "</script><b>" not in page.html
    assert "A &lt;vendor&gt;" in page.html


def test_a_cell_that_did_not_run_is_a_failure() -> None:
    """A notebook whose cell has no execution count is no result."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 + 1")])
    with pytest.raises(PageError, match="did not run"):
        page_of(notebook, title="A vendor")


def test_a_folder_that_cannot_be_used_is_wrong_input(tmp_path: Path) -> None:
    """A file where the folder should be is refused before anything is rendered."""
    (tmp_path / "taken").write_text("")
    vendors, firm = aq.read_inputs(DATA, trials=512)
    with pytest.raises(aq.InputError, match="folder"):
        aq.render(vendors, firm, tmp_path / "taken")
