"""The page of what changed and its charts: complete, escaped, and in need of nothing outside."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest

import acquire as aq
from acquire import figures
from acquire.changes import Bridge, Changes, InputChange, Step, VendorChange
from acquire.decision import VERDICTS
from acquire.figures.changes import MOST_STEPS
from acquire.report.changes import changes_page, waiting_page
from acquire.report.check import check
from acquire.report.page import PLOTLY_FILE
from tests.changes.folders import random_pair, recorded, results
from tests.files import run
from tests.pages import HOSTILE, LONG, Visit
from tests.samples import GENERIC, firm, vendor
from tests.test_page import Elements, addresses

NAME = HOSTILE[:200].strip()


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Reports of hostile vendors: one that flipped, one that moved, and all the other kinds."""
    here = tmp_path_factory.mktemp("changes")
    assumed = firm(currency="<b>€$</b>")

    def of(vendor_id: str, name: str = NAME, **cells: object) -> object:
        return recorded(vendor(vendor_id=vendor_id, name=name, offering=NAME, **cells), assumed)

    old = results(
        here / "<i>old",
        of("chart-1", price=900.0, approved_by=NAME),
        of("moved", name=LONG),
        of("same"),
        of("gone"),
    )
    new = results(
        here / "new & {{ x }}",
        of("chart-1", price=1900.0, approved_by="A. Chair"),
        of("moved", name=LONG, internal_spend=510.0),
        of("same"),
        of("added"),
    )
    return old, new


@pytest.fixture(scope="module")
def changes(folders: tuple[Path, Path]) -> Changes:
    return aq.diff(*folders)


def test_the_page_is_complete(changes: Changes) -> None:
    """It passes the reports' own check, with a chart for each vendor that moved, flips first."""
    page = changes_page(changes)
    check(page)
    assert page.charts == 2
    found = Elements(page.html)
    order = [a["id"] for a, _ in found.of("section") if "id" in a]
    assert order == ["chart-1", "moved"]
    ids = [a["id"] for _, a, _ in found.found if a.get("id")]
    assert len(set(ids)) == len(ids)
    assert {"chart-1", "moved", "same", "added"} <= set(ids)
    assert "gone" not in ids
    text = unescape(page.html)
    for verdict in {v for c in changes.vendors for v in c.verdicts}:
        assert VERDICTS[verdict] in text
    assert text.count("moves the payoff by") == 2


def test_hostile_texts_are_shown_and_nothing_more(changes: Changes) -> None:
    """Names, texts, folders and the currency stand on the page as they are, without markup."""
    page = changes_page(changes).html
    elements = Elements(page)
    assert elements.of("img") == []
    assert elements.of("i") == []
    assert {a for a in addresses(page) if not a.startswith("#")} == {"data:,"}
    assert "onerror" not in "".join(name for _, a, _ in elements.found for name in a)
    assert "<bdi>from &lt;i&gt;old to new &amp; {{ x }}</bdi>" in page
    assert NAME[:20] in unescape(page)
    (section,) = re.findall(r'<section id="moved">.*?</section>', page, re.DOTALL)
    assert f"<h2><bdi>{LONG}</bdi></h2>" in section


def test_links_where_the_reports_are_beside_it(changes: Changes) -> None:
    """Beside an index the page leads to it and to the report of every vendor that there is."""
    page = changes_page(changes, home="index.html", assets="assets", linked=True).html
    outside = {a for a in addresses(page) if not a.startswith(("#", "data:"))}
    assert outside == {
        "index.html",
        f"assets/{PLOTLY_FILE}",
        "assets/report.js",
        *(f"vendors/{i}.html" for i in ("chart-1", "moved", "same", "added")),
    }


def test_the_page_of_a_run_that_goes_on() -> None:
    """Until a run has ended its page says so, and leads back to the index."""
    page = waiting_page(NAME, home="index.html", assets="assets")
    assert "has not come to its end yet" in page
    assert {a for a in addresses(page) if not a.startswith("data:")} == {
        "index.html",
        "assets/report.js",
    }


@pytest.mark.browser
def test_the_page_in_a_browser(
    folders: tuple[Path, Path], tmp_path: Path, visit: Callable[..., Visit]
) -> None:
    """The command's page opens alone: charts drawn, no request, nothing said, not too wide."""
    file = tmp_path / "page" / "changes.html"
    assert run("diff", *folders, "--html", file).code == 0
    assert [path.name for path in file.parent.iterdir()] == [file.name]
    for width in (1280, 400):
        seen = visit(file.as_uri(), width)
        assert seen.wait_for_charts() == 2
        assert seen.requests == [file.as_uri()]
        assert seen.said == []
        assert seen.page.evaluate("document.documentElement.scrollWidth") <= width
        assert seen.page.evaluate("window.pwned") is None
    assert "▼" in (seen.page.locator("#chart_1 .main-svg").first.text_content() or "")


def test_more_vendors_than_a_page_can_hold(
    changes: Changes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that changed least stand in the table alone, anchors too, and the page says so."""
    monkeypatch.setattr("acquire.report.changes.MOST_SECTIONS", 1)
    page = changes_page(changes, linked=True)
    check(page)
    assert page.charts == 1
    assert "The 1 vendors that changed least" in page.html
    anchors = {a["id"]: tag for tag, a, _ in Elements(page.html).found if a.get("id")}
    assert (anchors["chart-1"], anchors["moved"]) == ("section", "th")
    assert "vendors/moved.html" in addresses(page.html)


def moved(*amounts: float, old: float = 100.0) -> VendorChange:
    """A vendor whose payoff these steps moved."""
    steps = [
        Step((InputChange(f"input_{i}", 0.0, 1.0),), amount, amount, amount)
        for i, amount in enumerate(amounts)
    ]
    made = Bridge("go_external", old, old + sum(amounts), steps)
    return VendorChange(
        vendor_id="one",
        name="One",
        verdicts=("acquire", "acquire"),
        strategies=("go_external", "go_external"),
        way="go_external",
        conditions=[],
        moves=[],
        inputs=[],
        bridge=made,
    )


def test_bars_lead_from_total_to_total() -> None:
    """Each bar begins where the one above it ends, from the payoff before to that now."""
    figure = figures.bridge(moved(5.0, 0.0, -40.0, 20.0), "USD")
    totals, rises, falls = figure.data
    assert list(totals.x) == [100.0, 85.0]
    bars = {y: (b, x) for t in (rises, falls) for y, b, x in zip(t.y, t.base, t.x, strict=True)}
    at = 100.0
    for key in sorted(bars, key=int):
        base, amount = bars[key]
        assert base == at
        at += amount
    assert at == 85.0
    assert [bars[key][1] for key in ("1", "2", "3")] == [-40.0, 20.0, 5.0]
    labels = dict(zip(figure.layout.yaxis.tickvals, figure.layout.yaxis.ticktext, strict=True))
    assert [labels[str(i)] for i in range(5)] == ["before", "input 2", "input 3", "input 0", "now"]
    assert "USD" in figure.layout.xaxis.title.text


def test_rises_and_falls_without_colour() -> None:
    """Up and down differ by pattern, by sign and by mark, not by colour alone."""
    _, rises, falls = figures.bridge(moved(5.0, -4.0), "USD").data
    assert (rises.marker.pattern.shape, falls.marker.pattern.shape) == ("", "/")
    assert list(rises.text) == ["▲ +5.0"]
    assert list(falls.text) == ["▼ −4.0"]


def test_many_steps_are_summed_up() -> None:
    """At most fourteen bars: the two totals, the largest steps, and the sum of all the others."""
    amounts = [float(i + 1) * (-1) ** i for i in range(40)]
    figure = figures.bridge(moved(*amounts), "USD")
    totals, rises, falls = figure.data
    assert len(totals.x) + len(rises.x) + len(falls.x) == MOST_STEPS + 2 == 14
    assert sum(rises.x) + sum(falls.x) == pytest.approx(sum(amounts))
    assert figure.layout.yaxis.ticktext[1] == "29 others"
    exactly = figures.bridge(moved(*amounts[:MOST_STEPS]), "USD")
    assert not any("others" in label for label in exactly.layout.yaxis.ticktext)


def test_a_figure_of_what_is_not_known() -> None:
    """Where there is no bridge the figure says so; a random one is of plotly's schema."""
    nothing = moved(1.0)
    object.__setattr__(nothing, "bridge", None)
    assert "not known" in figures.bridge(nothing, "USD").layout.annotations[0].text


@pytest.mark.parametrize("seed", range(3))
def test_real_bridges_are_drawn(tmp_path: Path, seed: int) -> None:
    """The bars of a real bridge end at the payoff now, whatever the inputs were."""
    pair = random_pair(seed, uncertain=False)
    found = aq.diff(*(results(tmp_path / n, recorded(*g)) for n, g in zip("ab", pair, strict=True)))
    (one,) = found.vendors
    totals, rises, falls = figures.bridge(one, found.currency).data
    moved_by = sum(rises.x) + sum(falls.x)
    assert totals.x[0] + moved_by == pytest.approx(totals.x[1], abs=1e-6 * max(map(abs, totals.x)))


def test_tables_of_a_generic_vendor(tmp_path: Path) -> None:
    """A vendor of which only texts changed is told without chart or steps."""
    a = results(tmp_path / "a", recorded(vendor(GENERIC), firm()))
    b = results(tmp_path / "b", recorded(vendor(GENERIC, offering="x"), firm()))
    page = changes_page(aq.diff(a, b))
    assert page.charts == 0
    assert "Inputs that changed" in page.html
    assert PLOTLY_FILE not in page.html
