"""One bad vendor among many: its own report fails, and nothing else is any different."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path

import pytest
from click.testing import CliRunner

from acquire.batch.plan import COMPARISON
from acquire.cli import acquire
from tests.batch.small import contents, use, write_inputs, write_notebook

pytestmark = pytest.mark.promise

BAD = "vendor-bad"
FAILS = f"""\
how = os.environ.get("HOW", "")
if "{BAD}" in all_vendors and (vendor_id or "anywhere" in how):
    if "raises" in how:
        raise OSError("no such luck")
    if "dies" in how:
        os.kill(os.getpid(), 9)
"""
FAILURE = {"raises": "OSError: no such luck", "dies": "ended by SIGKILL"}

Contents = dict[str, bytes]


def render(here: Path, vendors: list[str], *options: str) -> tuple[int, str, Contents]:
    """The command line in this process: exit code, what it says, and what the folder then has."""
    here.mkdir(exist_ok=True)
    command = ["render", str(write_inputs(here, vendors)), "-o", str(here / "reports"), *options]
    result = CliRunner().invoke(acquire, command, catch_exceptions=False)
    return result.exit_code, result.output, contents(here / "reports")


@pytest.fixture(scope="module")
def good(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[list[str], Contents]]:
    """Vendors without a bad one, and what is rendered of them; by a notebook that can fail."""
    here = tmp_path_factory.mktemp("good")
    notebook = write_notebook(here / "small.ipynb", FAILS)
    ids = [f"vendor-{i:04}" for i in range(999 if request.config.getoption("--long") else 11)]
    with pytest.MonkeyPatch.context() as patch:
        use(notebook, patch.setattr)
        code, said, found = render(here, ids)
        assert code == 0, said
        yield ids, found


WAYS = ("raises anywhere", "dies alone", "raises alone", "dies anywhere")


IDENTITY = re.compile(r"[0-9a-f]{64} \(as in the journal\)")
"""Hash of all inputs of a page, its subtitle among them."""


@pytest.mark.parametrize("number", range(len(WAYS)), ids=WAYS)
def test_one_bad_vendor(
    good: tuple[list[str], Contents],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    times: Callable[[int, int], int],
    number: int,
) -> None:
    """It is listed, all else is as without it, comparison included, and it can be tried again."""
    if number >= times(2, len(WAYS)):
        pytest.skip("only with --long")
    (ids, undisturbed), how = good, WAYS[number]
    monkeypatch.setenv("HOW", how)
    code, said, found = render(tmp_path, [*ids, BAD])
    assert code == 1
    assert said.endswith("1 failed; the index links to what is known of each\n")
    summaries = {"index.html", "results.json", COMPARISON, "comparison.ipynb", "assets/vendors.js"}
    assert {n: c for n, c in found.items() if n not in summaries | {*failures(found)}} == {
        n: c for n, c in undisturbed.items() if n not in summaries
    }
    assert found["results.json"] == undisturbed["results.json"]
    index, reason = found["index.html"].decode(), FAILURE[how.split()[0]]
    rows = rows_of(index)
    assert rows[:-1] == rows_of(undisturbed["index.html"].decode())
    row = rows[-1]
    assert f"The {BAD}" in row
    assert f'<a href="failures/{BAD}.html">' in row
    assert reason in unescape(row)
    assert f'href="{COMPARISON}"' in index
    assert failures(found) == [f"failures/{BAD}.html", f"failures/{BAD}.ipynb"]
    assert reason in unescape(found[f"failures/{BAD}.html"].decode())
    page = found[COMPARISON].decode()
    if "anywhere" in how:
        assert found["comparison.ipynb"] == undisturbed["comparison.ipynb"]
        many = f"{len(ids)} vendors"
        assert page.count(f"{many}, of {len(ids) + 1}; not compared: {BAD}") == 1
        page = page.replace(f", of {len(ids) + 1}; not compared: {BAD}", "")
        alike = [IDENTITY.sub("", text) for text in (page, undisturbed[COMPARISON].decode())]
        assert alike[0] == alike[1]
    else:
        assert f"{len(ids) + 1} vendors" in page
        assert BAD in found["comparison.ipynb"].decode()
    monkeypatch.setenv("HOW", "")
    code, said, found = render(tmp_path, [*ids, BAD])
    assert code == 0, said
    assert set(found) == set(undisturbed) | {
        f"{folder}/{BAD}.{kind}"
        for folder, kind in (("vendors", "html"), ("notebooks", "ipynb"), ("results", "json"))
    }
    assert [r["vendor_id"] for r in json.loads(found["results.json"])] == [*ids, BAD]
    assert "not compared" not in found[COMPARISON].decode()


def rows_of(index: str) -> list[str]:
    """The rows of vendors in an index."""
    rows = re.findall(r"<tr.*?</tr>", index, re.DOTALL)
    return [row for row in rows if "The vendor-" in row]


def failures(found: Contents) -> list[str]:
    """What a folder holds of reports that failed."""
    return sorted(name for name in found if "fail" in name)


def test_names_of_the_batchs_own_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A vendor may be called what a run calls its own files, even while another one fails."""
    here = tmp_path / "here"
    wait = f"""\
import time, IPython
page = {str(here / "reports" / "failures" / f"{BAD}.html")!r}
while IPython.get_ipython() and vendor_id and not os.path.exists(page):
    time.sleep(0.01)
"""
    notebook = write_notebook(tmp_path / "small.ipynb", FAILS, wait)
    use(notebook, monkeypatch.setattr)
    monkeypatch.setenv("HOW", "raises alone")
    own = ["jobs", "jupyter", "rehearsal", "results", "work", "written"]
    code, said, found = render(here, [BAD, *own], "--workers", str(2 + len(own)))
    assert code == 1
    assert said.endswith("1 failed; the index links to what is known of each\n")
    assert [r["vendor_id"] for r in json.loads(found["results.json"])] == own
    assert {f"vendors/{i}.html" for i in own} <= set(found)
