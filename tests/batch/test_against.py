"""Reports held against former ones: the page of what changed, and the links that lead to it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import acquire as aq
from acquire.archive import archive
from acquire.batch.plan import COMPARISON, METHOD
from acquire.errors import InputError
from acquire.inputs import write_assumptions, write_vendors
from acquire.report.changes import CHANGES
from tests.batch.small import some_vendors, use, write_notebook
from tests.files import run
from tests.pages import ROOT, Visit
from tests.samples import GENERIC, firm, vendor
from tests.test_page import addresses

FIRM = firm(trials=64)
IDS = ["a", "b"]
BROKEN = 'import os\nif os.environ.get("BROKEN") in all_vendors:\n    raise ValueError("broken")'


@pytest.fixture
def small_notebooks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Notebooks of a few lines in place of the package's."""
    path = write_notebook(tmp_path / "small.ipynb", BROKEN)
    use(path, monkeypatch.setattr)


def render(out: Path, vendors: aq.Vendors | None = None, **options: Any) -> Any:
    """Render vendors of which "b" may differ."""
    return aq.render(vendors or some_vendors(IDS), FIRM, out, **options)


def dearer() -> aq.Vendors:
    """The same vendors, the price of "b" another."""
    other = vendor(GENERIC, vendor_id="b", name="The b", price=2500.0)
    return aq.Vendors([other if v.vendor_id == "b" else v for v in some_vendors(IDS).values()])


def page(out: Path, name: str) -> str:
    return (out / name).read_text("utf-8")


@pytest.mark.usefixtures("small_notebooks")
def test_pages_index_and_changes_lead_to_each_other(tmp_path: Path) -> None:
    """Each report leads to its place on the page of what changed, and the index to the page."""
    old, out = tmp_path / "october", tmp_path / "november"
    render(old)
    assert not (old / CHANGES).exists()
    assert "hat changed" not in page(old, "index.html") + page(old, "vendors/a.html")
    rendered = render(out, dearer(), against=old)
    assert rendered.notes == ()
    assert f'<a href="{CHANGES}">What changed since <bdi>october</bdi></a>' in page(
        out, "index.html"
    )
    made = page(out, CHANGES)
    for key in IDS:
        assert f'href="../{CHANGES}#{key}"' in page(out, f"vendors/{key}.html")
        assert f'id="{key}"' in made
        assert f"vendors/{key}.html" in addresses(made)
    assert "hat changed" not in page(out, COMPARISON)
    assert re.findall(r'<section id="(.*?)">', made) == ["b"]
    assert "from october to november" in made
    archive(out, tmp_path / "november.zip")  # which looks at every link


@pytest.mark.usefixtures("small_notebooks")
def test_the_link_is_part_of_a_report(tmp_path: Path) -> None:
    """With and without former reports are two reports; which former ones does not matter."""
    old, other, out = (tmp_path / name for name in ("old", "other", "out"))
    render(old)
    render(other, dearer())
    assert set(render(out).rendered) == {*IDS, COMPARISON, METHOD}
    assert set(render(out, against=old).rendered) == set(IDS)
    assert '<section id="b">' not in page(out, CHANGES)
    assert set(render(out, against=other / "results.json").rendered) == set()
    assert '<section id="b">' in page(out, CHANGES)
    assert "since <bdi>other</bdi>" in page(out, "index.html")
    assert set(render(out).rendered) == set(IDS)
    assert CHANGES not in page(out, "index.html")


@pytest.mark.usefixtures("small_notebooks")
def test_a_failure_leaves_its_vendor_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A vendor that failed now is said to be without a result; with none at all the page waits."""
    old, out, none = (tmp_path / name for name in ("old", "out", "none"))
    render(old)
    monkeypatch.setenv("BROKEN", "b")
    rendered = render(out, dearer(), against=old)
    assert "b" in rendered.failures
    made = page(out, CHANGES)
    assert "The b" in made.split("<h2>Without a result now</h2>")[1].split("</section>")[0]
    assert "<h2>Gone</h2>" not in made
    archive(out, tmp_path / "out.zip")
    only = aq.Vendors([dearer()["b"]])
    assert "b" in render(none, only, against=old).failures
    assert "has not come to its end" in page(none, CHANGES)


@pytest.mark.usefixtures("small_notebooks")
def test_an_interrupted_run_leaves_no_link_to_nothing(tmp_path: Path) -> None:
    """A run that is stopped has a page that says so where its reports lead to."""
    old, out = tmp_path / "old", tmp_path / "out"
    render(old)
    done: list[str] = []

    def stop(event: Any) -> None:
        if event["event"] == "report":
            done.append(event["key"])
            if len(done) == 1:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        render(out, dearer(), against=old, listen=stop)
    assert "has not come to its end yet" in page(out, CHANGES)
    archive(out, tmp_path / "out.zip")
    render(out, dearer(), against=old)
    assert '<section id="b">' in page(out, CHANGES)


def test_what_cannot_be_held_against(tmp_path: Path) -> None:
    """The folder itself, no folder and another currency are refused before anything is done."""
    out = tmp_path / "out"
    with pytest.raises(InputError, match="whose former state would be gone"):
        render(out, against=tmp_path / "x" / ".." / "out" / "results.json")
    with pytest.raises(InputError, match="there is no such folder"):
        render(out, against=tmp_path / "none")
    old = tmp_path / "old"
    old.mkdir()
    euro = aq.evaluate(vendor(), firm(currency="EUR")).to_dict()
    (old / "results.json").write_text(json.dumps([euro]))
    with pytest.raises(InputError, match="old is in EUR, out in USD"):
        render(out, against=old)
    assert not out.exists()


@pytest.mark.usefixtures("small_notebooks")
def test_former_reports_of_an_older_version(tmp_path: Path) -> None:
    """Without their inputs the page tells what it can, and the run says what it cannot."""
    write_vendors(dearer(), tmp_path / "vendors.yaml")
    write_assumptions(FIRM, tmp_path / "assumptions.yaml")
    old = tmp_path / "old"
    old.mkdir()
    former = [aq.evaluate(v, FIRM).to_dict() for v in some_vendors(IDS).values()]
    (old / "results.json").write_text(json.dumps(former))
    command = ("render", tmp_path / "vendors.yaml", "-o", tmp_path / "out", "--against", old)
    ended = run(*command, "--workers", "1")
    assert ended.code == 0
    assert "old: its results lack the inputs they are of" in ended.err
    assert "results lack the inputs" in page(tmp_path / "out", CHANGES)


# the package's own notebooks


@pytest.fixture(scope="module")
def two_months(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two vendors rendered for real, and again with the price of the first one changed."""
    here = tmp_path_factory.mktemp("months")
    vendors, assumed = aq.read_inputs(ROOT / "data" / "vendors.csv", trials=64)
    write_assumptions(assumed, here / "assumptions.yaml")
    chosen = [vendors["nimbus"], vendors["tollivard"]]
    write_vendors({v.vendor_id: v for v in chosen}, here / "vendors.yaml")
    folders = here / "october", here / "november"
    assert run("render", here / "vendors.yaml", "-o", folders[0]).code == 0
    text = (here / "vendors.yaml").read_text()
    (here / "vendors.yaml").write_text(re.sub(r"  price: .*", "  price: 160000000", text, count=1))
    against = ("--against", folders[0])
    assert run("render", here / "vendors.yaml", "-o", folders[1], *against).code == 0
    return folders


def test_a_changed_price_in_real_reports(two_months: tuple[Path, Path]) -> None:
    """The diff of two rendered folders has one vendor, one step, and the figures of `evaluate`."""
    vendors, assumed = aq.read_inputs(ROOT / "data" / "vendors.csv", trials=64)
    before = aq.evaluate(vendors["nimbus"], assumed)
    after = aq.evaluate(aq.Vendor(**vars(vendors["nimbus"]) | {"price": 160e6}), assumed)
    found = json.loads(run("diff", *two_months, "--json").out)
    assert (found["unchanged"], found["added"], found["gone"]) == (["tollivard"], [], [])
    (one,) = found["vendors"]
    assert one["vendor_id"] == "nimbus"
    assert one["verdict"] == {"old": before.decision.verdict, "new": after.decision.verdict}
    (step,) = one["bridge"]["steps"]
    (changed,) = step["inputs"]
    assert (changed["input"], changed["new"]) == ("price", 160e6)
    way = one["bridge"]["strategy"]
    payoffs = [e.payoffs.defined[way].mean for e in (before, after)]
    assert step["amount"] == pytest.approx(payoffs[1] - payoffs[0], abs=1e-9 * 160e6)


@pytest.mark.browser
def test_real_pages_lead_to_what_changed(
    two_months: tuple[Path, Path], visit: Callable[..., Visit]
) -> None:
    """From the index to what changed, to a report, and back to its place there, in a browser."""
    out = two_months[1]
    seen = visit((out / "index.html").as_uri())
    seen.page.click("text=What changed since october")
    seen.page.wait_for_selector("figure.chart[data-drawn=yes] .main-svg")
    seen.page.click("#nimbus >> text=report")
    assert seen.texts("h1") == ["Nimbus Aislework Robotics"]
    seen.page.click("nav >> text=What changed")
    assert seen.page.url == f"{(out / CHANGES).as_uri()}#nimbus"
    assert seen.said == []
    assert all(request.startswith(out.as_uri()) for request in seen.requests)
