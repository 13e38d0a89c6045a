"""`render`: a folder of reports that is complete, repeatable, and safe from what goes wrong."""

from __future__ import annotations

import json
import os
from html import unescape
from pathlib import Path
from typing import Any

import nbformat
import pytest

import acquire as aq
from acquire.batch import render
from acquire.inputs import given_of
from acquire.report.page import NEIGHBOURS_FILE, PLOTLY_FILE, SCRIPT_FILE, WHAT_IF_FILE
from tests.batch.small import contents, use
from tests.pages import ROOT, Folder, code, notebook
from tests.samples import GENERIC, firm, vendor

PARAMETERS = 'vendor_id = ""\nvendors = ""\nassumptions = ""'
EVALUATE = """\
import os
import acquire as aq
all_vendors, firm = aq.notebook.open_inputs(vendors, assumptions)
ids = [vendor_id] if vendor_id else all_vendors
evaluations = [aq.evaluate(all_vendors[i], firm) for i in ids]
if vendor_id == "dies":
    os._exit(1)
if vendor_id == "fails":
    raise OSError("no such luck")
"""
SHOW = "print(os.environ.get('SETTING'))\naq.notebook.record(evaluations, vendors, assumptions)"


@pytest.fixture
def plain_notebooks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Notebooks that draw nothing, and so need not wait for the libraries that do."""
    path = tmp_path / "plain {notebook}.ipynb"
    cells = [code(PARAMETERS, tags=["parameters"], count=None)]
    cells += [code(source, count=None) for source in (EVALUATE, SHOW)]
    nbformat.write(notebook(*cells), path)
    use(path, monkeypatch.setattr)


# a real folder


def test_the_folder_holds_what_was_promised(folder: Folder) -> None:
    """Index, comparison, page, notebook and results per vendor, scripts, a journal; no more."""
    assert folder.rendered.failures == {}
    ids = ("index", "con", "comparison")
    assert set(contents(folder.out.parent, hidden=True)) == {
        f"{folder.out.name}/{name}"
        for name in (
            "index.html",
            "comparison.html",
            "comparison.ipynb",
            "method.html",
            "method.ipynb",
            "results.json",
            *(f"vendors/{key}.html" for key in ids),
            *(f"notebooks/{key}.ipynb" for key in ids),
            *(f"results/{key}.json" for key in ids),
            f"assets/{PLOTLY_FILE}",
            f"assets/{SCRIPT_FILE}",
            f"assets/{WHAT_IF_FILE}",
            f"assets/{NEIGHBOURS_FILE}",
            ".acquire/journal.jsonl",
            ".acquire/lock",
        )
    }
    assert folder.rendered.index == folder.out / "index.html"
    assert set(folder.rendered.rendered) == {*ids, "comparison.html", "method.html"}
    assert folder.rendered.pages == 5
    strategic = sum(
        aq.evaluate(v, folder.firm).classification.strategic for v in folder.vendors.values()
    )
    assert folder.rendered.charts == 3 * 13 + strategic + 5 + 2


def test_results_are_those_of_evaluate(folder: Folder) -> None:
    """results.json holds every evaluation at full precision, in the order of the vendors."""
    results = json.loads((folder.out / "results.json").read_text("utf-8"))
    expected = [
        e.to_dict() | {"given": given_of(e.vendor, e.firm), "sensitivity": aq.analyse(e).to_dict()}
        for e in aq.evaluate_all(folder.vendors, folder.firm)
    ]
    assert results == json.loads(json.dumps(expected))


def test_names_of_other_pages_are_fine_as_ids(folder: Folder) -> None:
    """A vendor called index or comparison has its own page, and leaves theirs to them."""
    index = (folder.out / "index.html").read_text("utf-8")
    for vendor_id, shown in folder.vendors.items():
        page = (folder.out / "vendors" / f"{vendor_id}.html").read_text("utf-8")
        assert f"<h1><bdi>{shown.name}</bdi></h1>" in unescape(page)
        assert 'href="../index.html"' in page
        assert f'href="vendors/{vendor_id}.html"' in index
    comparison = (folder.out / "comparison.html").read_text("utf-8")
    assert "<h1><bdi>Comparison of all vendors</bdi></h1>" in comparison
    assert "<h1><bdi>Vendor acquisitions: the index</bdi></h1>" in index


def test_the_same_inputs_give_the_same_bytes(folder: Folder, tmp_path: Path) -> None:
    """A run in other surroundings and over other reports leaves just what the first run left."""
    (tmp_path / "vendors").mkdir()
    for name in ("index.html", "results.json", "vendors/con.html"):
        (tmp_path / name).write_text("of a former run")
    render(folder.vendors, folder.firm, tmp_path, workers=3)
    assert contents(tmp_path) == contents(folder.out)


# what goes wrong


@pytest.mark.usefixtures("plain_notebooks")
def test_failures_stay_with_their_vendor(tmp_path: Path) -> None:
    """One that fails or dies is listed with its reason and keeps its former page."""
    out = tmp_path / "out"
    (out / "vendors").mkdir(parents=True)
    for name in ("good", "dies"):
        (out / "vendors" / f"{name}.html").write_text("of a former run")
    ids = ("good", "dies", "fails")
    vendors = aq.Vendors([vendor(GENERIC, vendor_id=i, name=f"The {i}") for i in ids])
    rendered = render(vendors, firm(), out)
    assert set(rendered.failures) == {"dies", "fails"}
    assert "the kernel ended by itself, with exit code 1" in rendered.failures["dies"]
    assert rendered.failures["fails"].endswith("OSError: no such luck")
    assert rendered.pages == 3
    assert (out / "vendors" / "dies.html").read_text() == "of a former run"
    for key in ("dies", "fails"):
        page = (out / "failures" / f"{key}.html").read_text("utf-8")
        assert f"The {key}" in page
        assert rendered.failures[key] in page
        assert f'acquire.render(vendors, firm, out, only=["{key}"])' in unescape(page)
        assert f'href="failures/{key}.html"' in (out / "index.html").read_text("utf-8")
    assert "The good" in (out / "vendors" / "good.html").read_text("utf-8")
    assert not (out / "vendors" / "fails.html").exists()
    index = (out / "index.html").read_text("utf-8")
    assert "The dies" in index
    assert "OSError: no such luck" in index
    assert 'href="vendors/dies.html"' not in index
    results = json.loads((out / "results.json").read_text("utf-8"))
    assert [result["vendor_id"] for result in results] == ["good"]


@pytest.mark.usefixtures("plain_notebooks")
def test_when_everything_fails(tmp_path: Path) -> None:
    """Where not even the comparison is made, the index says so and leads nowhere."""
    one = vendor(vendor_id="dies", name="The dies")
    rendered = render({"dies": one, "fails": vendor(vendor_id="fails")}, firm(), tmp_path / "a")
    assert set(rendered.failures) == {"dies", "fails"}, rendered.failures  # x
    late = render({"dies": one}, firm(), tmp_path / "b", timeout=1e-3)
    assert set(late.failures) == {"dies", "comparison.html", "method.html"}
    assert late.pages == 0
    index = Path(late.index).read_text("utf-8")
    assert index.count("took longer than 0.001 seconds") == 1
    assert 'href="comparison.html"' not in index
    assert 'href="comparison-failed.html"' in index
    assert 'href="method.html"' not in index
    assert 'href="method-failed.html"' in index


@pytest.mark.usefixtures("plain_notebooks")
def test_the_users_start_up_file_is_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a user's interactive sessions begin with has no place in a report."""
    start = tmp_path / "start.py"
    start.write_text("import os; os.environ['SETTING'] = 'of the user'")
    monkeypatch.setenv("PYTHONSTARTUP", str(start))
    rendered = render({"one": vendor(vendor_id="one")}, firm(), tmp_path / "out")
    assert rendered.failures == {}
    page = (tmp_path / "out" / "vendors" / "one.html").read_text("utf-8")
    assert "<pre>None" in page
    assert "of the user" not in page


@pytest.mark.usefixtures("plain_notebooks")
def test_pages_that_can_be_mailed(tmp_path: Path) -> None:
    """With `standalone` the scripts are in the pages, and there is no folder of them."""
    seen: list[Any] = []
    one = {"one": vendor(vendor_id="one")}
    render(one, firm(), tmp_path / "out", standalone=True, listen=seen.append)
    found = contents(tmp_path / "out")
    assert set(found) == {
        *("index.html", "comparison.html", "comparison.ipynb", "results.json"),
        *("method.html", "method.ipynb"),
        *("vendors/one.html", "notebooks/one.ipynb", "results/one.json"),
    }
    assert all(b"<script>" in found[name] for name in found if name.endswith(".html"))
    assert [event["event"] for event in seen] == ["start", *["report"] * 3, "end"]
    keys = sorted(event["key"] for event in seen[1:4])
    assert keys == ["comparison.html", "method.html", "one"]


@pytest.mark.usefixtures("plain_notebooks")
def test_the_firms_defaults_name_a_vendor(tmp_path: Path) -> None:
    """An empty cell that the firm has a default for is filled in titles and in the index too."""
    assumptions = firm(defaults={"name": "Named by the firm", "offering": "something"})
    rendered = render({"one": vendor(vendor_id="one", name=None)}, assumptions, tmp_path / "out")
    assert rendered.failures == {}
    page = (tmp_path / "out" / "vendors" / "one.html").read_text("utf-8")
    for html in (page, Path(rendered.index).read_text("utf-8")):
        assert "Named by the firm" in html
        assert "something" in html
        assert "None" not in html.replace("<pre>None", "")


# wrong input


def wrong(out: Path, vendors: dict[str, Any], **options: Any) -> str:
    """What `render` says to wrong input; it starts nothing."""
    with pytest.raises(aq.InputError) as caught:
        render(vendors, firm(horizon_years=4), out, **options)
    return str(caught.value)


def test_wrong_arguments(tmp_path: Path) -> None:
    """Everything that is wrong with vendors and arguments is said at once, and nothing written."""
    out = tmp_path / "out"
    bad = {"a": vendor(vendor_id="a", build_years=9), "b": vendor(vendor_id="b", price=None)}
    said = wrong(out, bad, workers=0, timeout=float("nan")).split("\n")
    assert said[0] == "workers = 0: expected at least 1 process"
    assert said[1] == "timeout = nan: expected seconds above 0"
    assert said[2].startswith("vendor a, build_years = 9: ")
    assert said[3].startswith("vendor b, price: ")
    assert wrong(out, {}) == "there is none; expected at least one vendor"
    assert not out.exists()


@pytest.mark.parametrize("place", ["taken", "taken/deeper"])
def test_a_folder_that_cannot_be_made(tmp_path: Path, place: str) -> None:
    """A file in the folder's place is wrong input, and stays as it is."""
    (tmp_path / "taken").write_text("a file")
    said = wrong(tmp_path / place, {"a": vendor(vendor_id="a")})
    assert said.endswith("expected a folder that can be written to")
    assert (tmp_path / "taken").read_text() == "a file"


def test_a_folder_that_cannot_be_written_to(tmp_path: Path) -> None:
    """A folder without the right to write is wrong input."""
    (tmp_path / "closed").mkdir(mode=0o500)
    if os.access(tmp_path / "closed", os.W_OK):
        pytest.skip("this user may write anywhere")
    said = wrong(tmp_path / "closed", {"a": vendor(vendor_id="a")})
    assert said == "closed: permission denied; expected a folder that can be written to"


def test_a_budget_reaches_the_comparison(tmp_path: Path) -> None:
    """The comparison chooses under the budget that it was given, and says what it leaves out."""
    vendors, assumptions = aq.read_inputs(ROOT / "data" / "vendors.csv", trials=256)
    chosen = vendors.only(["nimbus", "ohmstead"])
    rendered = aq.render(chosen, assumptions, tmp_path, budget=130e6, max_deals=2)
    assert rendered.failures == {}
    page = unescape((tmp_path / "comparison.html").read_text("utf-8"))
    assert "of a budget of USD 130.0 million" in page
    assert "crowded out" in page


def test_a_wrong_budget_is_refused_before_anything_is_rendered(tmp_path: Path) -> None:
    """Budget and number of deals are checked with everything else, and nothing is written."""
    out = tmp_path / "out"
    with pytest.raises(aq.InputError) as error:
        aq.render({"a": vendor()}, firm(), out, budget=-1.0, max_deals=1.5)
    assert [p.column for p in error.value.problems] == ["budget", "max_deals"]
    assert not out.exists()
