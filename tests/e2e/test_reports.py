"""Rendered reports in a real browser, without a network."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import acquire as aq
from tests.e2e.conftest import HOSTILE, ROOT, Watched

pytestmark = pytest.mark.browser

CHARTS = {
    "vendors/nimbus.html": 5,
    "vendors/tollivard.html": 5,
    "comparison.html": 2,
    "method.html": 2,
    "vendors/index.html": 5,
    "index.html": 0,
}


@pytest.mark.parametrize("name", CHARTS)
def test_a_page_draws_its_charts_from_its_own_files(
    reports: Path, watched: Watched, name: str
) -> None:
    """As many charts as the notebook's cells are tagged to show; no request leaves the folder."""
    watched.page.goto((reports / name).as_uri())
    figures = watched.page.locator("figure.chart")
    assert figures.count() >= CHARTS[name]
    watched.page.wait_for_function(
        "n => document.querySelectorAll('figure.chart[data-drawn=yes] svg.main-svg').length >= n",
        arg=figures.count(),
    )
    drawn = watched.page.locator("figure.chart[data-drawn=yes]")
    assert drawn.count() == figures.count()
    for i in range(figures.count()):
        assert figures.nth(i).locator("svg.main-svg").count() >= 1
    watched.page.wait_for_timeout(500)
    base = reports.as_uri()
    assert watched.requests
    outside = [u for u in watched.requests if not u.startswith((base, "data:", "blob:"))]
    assert outside == []
    assert watched.complaints == []


def test_a_page_is_a_document_a_reader_can_trust(reports: Path, watched: Watched) -> None:
    """One h1, a content security policy, no code, the verdict before everything else."""
    page = watched.page
    page.goto((reports / "vendors" / "nimbus.html").as_uri())
    assert page.locator("h1").count() == 1
    assert page.locator("meta[http-equiv='Content-Security-Policy']").count() == 1
    assert page.locator("h2").first.inner_text() == "Verdict"
    assert "import acquire" not in page.content()
    assert page.locator("table:not(:has(caption))").count() == 0
    assert page.locator("thead th:not([scope])").count() == 0


def test_hostile_text_is_shown_and_never_run(reports: Path, watched: Watched) -> None:
    """Markup in any field appears as it was typed, on every page, within the page's width."""
    for name in ("vendors/index.html", "comparison.html", "index.html"):
        watched.page.goto((reports / name).as_uri())
        watched.page.wait_for_timeout(500)
        assert watched.page.evaluate("window.pwned") is None
        assert "<script>window.pwned=1</script>" in watched.page.inner_text("body")
        assert watched.page.evaluate("document.documentElement.scrollWidth") <= 1200
    assert watched.complaints == []
    assert not any("script" in path.name for path in reports.rglob("*"))


def test_the_index_lists_every_vendor(reports: Path, watched: Watched) -> None:
    """Each vendor has its verdict, value, P(loss) and four conditions, and a link that works."""
    page = watched.page
    page.goto((reports / "index.html").as_uri())
    rows = page.locator("table.sortable tbody tr")
    assert rows.count() == 3
    nimbus = rows.filter(has_text="Nimbus")
    assert "Acquire" in nimbus.inner_text()
    assert nimbus.locator(".mark").count() == 4
    assert re.search(r"\d+ %", nimbus.inner_text())
    nimbus.locator("a").click()
    assert page.locator("h1").inner_text().startswith("Nimbus")


def column(watched: Watched, index: int) -> list[str]:
    cells = watched.page.locator(f"table.sortable tbody tr > *:nth-child({index})")
    return [text.strip() for text in cells.all_inner_texts()]


def test_the_index_sorts_by_keyboard(reports: Path, watched: Watched) -> None:
    """Enter on a heading sorts numbers numerically, again reverses, the missing stay last."""
    page = watched.page
    page.goto((reports / "index.html").as_uri())
    heading = page.locator("thead th").nth(4)
    assert heading.inner_text().startswith("Value")
    heading.locator("button").focus()
    page.keyboard.press("Enter")
    assert heading.get_attribute("aria-sort") == "descending"
    down = column(watched, 5)
    page.keyboard.press("Enter")
    assert heading.get_attribute("aria-sort") == "ascending"
    up = column(watched, 5)
    assert down[-1] == up[-1] == "–"
    assert down[:-1] == up[:-1][::-1]
    figures = [float(text.replace("\N{MINUS SIGN}", "-").replace(",", "")) for text in up[:-1]]
    assert figures == sorted(figures)


def test_the_index_filters(reports: Path, watched: Watched) -> None:
    """Words in the field hide the rows without them, and the count says so."""
    page = watched.page
    page.goto((reports / "index.html").as_uri())
    page.locator("input[type=search]").fill("tolli")
    assert page.locator("table.sortable tbody tr:visible").count() == 1
    assert "1 of 3" in page.locator("[data-count]").inner_text()


def test_results_file_is_what_evaluate_returns(reports: Path) -> None:
    """results.json holds every vendor's evaluation, in order and at full precision."""
    results = json.loads((reports / "results.json").read_text("utf-8"))
    assert [r["vendor_id"] for r in results] == ["nimbus", "tollivard", "index"]
    vendors, firm = aq.read_inputs(ROOT / "data" / "vendors.csv", trials=1024)
    expected = aq.evaluate(vendors["nimbus"], firm).to_dict()
    assert {k: results[0][k] for k in expected} == json.loads(json.dumps(expected))


def test_names_reach_no_path(reports: Path) -> None:
    """Files are named by the validated ids alone."""
    names = {path.relative_to(reports).as_posix() for path in reports.rglob("*") if path.is_file()}
    pages = {n for n in names if n.endswith(".html")}
    assert pages == set(CHARTS)
    assert HOSTILE[:8] not in "".join(names)


OVERLAPS = """figure => {
  const seen = [];
  for (const axis of ['.ytick text', '.xtick text', '.textpoint text', '.legendtext']) {
    const texts = [...figure.querySelectorAll(axis)];
    const boxes = texts.map(t => [t.textContent, t.getBoundingClientRect()]);
    for (let i = 0; i < boxes.length; i++)
      for (let j = i + 1; j < boxes.length; j++) {
        const [a, b] = [boxes[i][1], boxes[j][1]];
        const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        if (across > 1 && down > 1) seen.push(boxes[i][0] + ' | ' + boxes[j][0]);
      }
  }
  return seen;
}"""


@pytest.mark.parametrize("width", [1280, 820])
def test_labels_do_not_overlap(reports: Path, watched: Watched, width: int) -> None:
    """With some 25 inputs in a chart, no label of an axis, a mark or the legend covers another."""
    page = watched.page
    page.set_viewport_size({"width": width, "height": 900})
    page.goto((reports / "vendors" / "nimbus.html").as_uri())
    figures = page.locator("figure.chart")
    page.wait_for_function(
        "n => document.querySelectorAll('figure.chart[data-drawn=yes] svg.main-svg').length >= n",
        arg=figures.count(),
    )
    crowded = 0
    for i in range(figures.count()):
        title = figures.nth(i).locator("figcaption").inner_text()
        assert figures.nth(i).evaluate(OVERLAPS) == [], title
        crowded = max(crowded, figures.nth(i).locator(".ytick text").count())
    assert crowded >= 20
