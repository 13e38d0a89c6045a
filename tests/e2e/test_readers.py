"""Reports as their readers meet them: on any screen, on paper, by keyboard, without sight."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

import acquire as aq
from acquire.report.index import Entry, brief, index_page
from acquire.report.page import asset_files
from tests.pages import Folder, Visit

pytestmark = pytest.mark.browser

WIDTHS = (390, 800, 1400)


def pages(folder: Folder) -> list[str]:
    """All pages of a folder of reports, relative to it."""
    return sorted(p.relative_to(folder.out).as_posix() for p in folder.out.rglob("*.html"))


def one_of_each(folder: Folder) -> list[str]:
    """The pages of the run, and that of the vendor with the longest name."""
    return [name for name in pages(folder) if "/" not in name] + ["vendors/con.html"]


def address(folder: Folder, page: str) -> str:
    return (folder.out / page).as_uri()


COLOURED = """() => {
  const plain = new Set(["text", "short", "long"]);
  for (const element of document.body.querySelectorAll("*")) {
    const later = element.matches("tbody tr:nth-child(n + 4):not([class]) > :not([style])");
    if (!later || ![...element.classList].every((name) => plain.has(name))) {
      element.setAttribute("data-coloured", "");
    }
  }
  axe.configure({ rules: [{ id: "color-contrast", selector: "[data-coloured]" }] });
}"""
"""Has axe compare colours, but in plain cells of later rows, which look like those of the first."""


def barriers(page: Page, **options: Any) -> list[dict[str, Any]]:
    """What axe finds on a page in which it was put.

    Of a chart it sees the figure, its name and the first rows of its table, not plotly's thousands
    of shapes.
    """
    context = {"exclude": [[".plot"], ["figure.chart tbody tr:nth-child(n + 4)"]]}
    options = {"resultTypes": ["violations"], **options}
    run = "([context, options]) => axe.run(context, options)"
    found: list[dict[str, Any]] = page.evaluate(run, [context, options])["violations"]
    return found


def test_no_barrier_on_any_page(folder: Folder, visit: Callable[..., Visit]) -> None:
    """Axe finds nothing serious or critical on any page, all details open.

    In the dark, where only colours differ, it looks at one page of each kind.
    """
    axe, colours = Axe().axe_script, {"type": "rule", "values": ["color-contrast"]}
    for name in pages(folder):
        visited = visit(address(folder, name))
        page = visited.page
        visited.wait_for_charts()
        for details in page.locator("details").all():
            details.evaluate("(element) => { element.open = true; }")
        page.evaluate(axe)
        page.evaluate(COLOURED)
        found = barriers(page)
        if name in one_of_each(folder):
            page.emulate_media(color_scheme="dark")
            found += barriers(page, runOnly=colours)
        bad = [v for v in found if v["impact"] in ("serious", "critical")]
        told = [(v["id"], v["nodes"][0]["html"][:200]) for v in bad]
        assert not bad, f"{name}: {json.dumps(told, indent=1)}"


def test_nothing_is_wider_than_the_window(folder: Folder, visit: Callable[..., Visit]) -> None:
    """On a phone no page has to be scrolled sideways, in larger windows none of any kind."""
    for name in pages(folder):
        visited = visit(address(folder, name), WIDTHS[0])
        for width in WIDTHS if name in one_of_each(folder) else WIDTHS[:1]:
            visited.page.set_viewport_size({"width": width, "height": 900})
            visited.wait_for_charts()
            overflow = visited.page.evaluate(
                "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            assert overflow <= 0, f"{name} at {width}"


def vendor_page(folder: Folder) -> str:
    return next(name for name in pages(folder) if name.startswith("vendors/"))


def test_what_if_by_keyboard(folder: Folder, visit: Callable[..., Visit]) -> None:
    """A slider moved by a key changes the decision as the package would, and is led back."""
    name = vendor_page(folder)
    page = visit(address(folder, name)).page
    section = page.locator("section.what-if")
    before = section.locator('tr[data-figure="walk_away"] td').all_inner_texts()
    assert before[0] == before[1]
    slider = section.locator('[data-setting="probability"] input[type=range]')
    slider.focus()
    page.keyboard.press("Home")
    vendor = folder.vendors[Path(name).stem]
    changed = aq.evaluate(aq.vendor.replaced(vendor, success_probability=0.0), folder.firm)
    shown = section.locator('tr[data-figure="go_external"] td').nth(1).inner_text()
    mean = changed.payoffs.defined["go_external"].mean
    assert shown == aq.display.money(mean, folder.firm.currency)
    assert section.get_attribute("data-changed") == "yes"
    assert "With your changes" in section.get_by_role("status").inner_text()
    back = section.get_by_role("button", name="Back to the evaluated case")
    back.focus()
    page.keyboard.press("Enter")
    assert section.get_attribute("data-changed") == "no"
    assert section.locator('tr[data-figure="walk_away"] td').all_inner_texts() == before


def test_what_if_knows_the_evaluated_case(folder: Folder, visit: Callable[..., Visit]) -> None:
    """Typing what a box shows, however the mean is rounded, is no change; another figure is one."""
    page = visit(address(folder, vendor_page(folder))).page
    section = page.locator("section.what-if")
    for box in section.locator("input[type=text]").all():
        shown = box.input_value()
        assert len(shown.replace(".", "")) <= 4
        box.fill(f"0{shown}")
        page.keyboard.press("Enter")
        assert section.get_attribute("data-changed") == "no"
        box.fill(str(float(shown) * 0.99))
        page.keyboard.press("Enter")
        assert section.get_attribute("data-changed") == "yes"
        box.fill(shown)
        page.keyboard.press("Enter")
        assert section.get_attribute("data-changed") == "no"


def test_what_if_refuses_what_cannot_be(folder: Folder, visit: Callable[..., Visit]) -> None:
    """A value that is not allowed stays in its box with the reason, and changes nothing."""
    page = visit(address(folder, vendor_page(folder))).page
    section = page.locator("section.what-if")
    before = section.locator("tbody").inner_text()
    for setting, text, why in (
        ("price", "-5", "above 0"),
        ("price", "many", "expected a number"),
        ("probability", "101", "0 to 100 %"),
        ("rate", "1", "more than the terminal growth"),
        ("growth", "50", "less than the discount rate"),
    ):
        row = section.locator(f'[data-setting="{setting}"]')
        if not row.count():
            continue
        box = row.locator("input[type=text]")
        box.fill(text)
        page.keyboard.press("Enter")
        assert why in row.get_by_role("alert").inner_text()
        assert box.get_attribute("aria-invalid") == "true"
        assert section.locator("tbody").inner_text() == before


def test_figures_behind_a_chart(folder: Folder, visit: Callable[..., Visit]) -> None:
    """Every chart has a name, and its figures as a table when they are asked for."""
    visited = visit(address(folder, vendor_page(folder)))
    visited.wait_for_charts()
    page = visited.page
    for chart in page.locator("figure.chart").all():
        assert chart.locator(".plot").get_attribute("aria-label")
        details = chart.locator("details.data")
        details.locator("summary").focus()
        page.keyboard.press("Enter")
        data = json.loads(chart.locator("script").text_content() or "")["data"]
        if data:
            details.locator("table tbody tr").first.wait_for()
            assert details.locator("table caption").first.inner_text()


def test_neighbours_lead_through_all_vendors(folder: Folder, visit: Callable[..., Visit]) -> None:
    """From the first vendor's page the links to the next lead to the last one, and back."""
    vendors = [v for v in folder.vendors if (folder.out / "vendors" / f"{v}.html").exists()]
    page = visit(address(folder, f"vendors/{vendors[0]}.html")).page
    seen = [vendors[0]]
    while page.locator('a[rel="next"]').count():
        page.locator('a[rel="next"]').click()
        page.wait_for_load_state()
        seen.append(Path(page.url).stem)
    assert seen == vendors
    page.locator('a[rel="prev"]').click()
    assert Path(page.url).stem == vendors[-2]


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_on_paper(folder: Folder, visit: Callable[..., Visit], tmp_path: Path, paper: str) -> None:
    """Printed, the verdict is on the first page, pages are numbered, and changes are visible."""
    if shutil.which("pdftotext") is None:
        pytest.skip("no pdftotext")
    visited = visit(address(folder, vendor_page(folder)))
    visited.wait_for_charts()
    section = visited.page.locator("section.what-if")
    section.locator('[data-setting="probability"] input[type=range]').focus()
    visited.page.keyboard.press("Home")
    file = tmp_path / "page.pdf"
    visited.page.pdf(path=file, format=paper)
    done = subprocess.run(["pdftotext", "-layout", file, "-"], capture_output=True, check=True)
    printed = done.stdout.decode().split("\f")
    assert "What must be true" in printed[0]
    number = len(printed) - 1
    for i, text in enumerate(printed[:-1], start=1):
        assert f"page {i} of {number}" in text
    assert "With your changes" in done.stdout.decode()


def test_reports_are_light(folder: Folder) -> None:
    """A vendor's report weighs at most 300 kB beside the shared scripts."""
    for name in pages(folder):
        assert (folder.out / name).stat().st_size <= 300_000, name


def test_every_page_has_a_policy(folder: Folder) -> None:
    """Every page lets in nothing but its own scripts and pictures."""
    for name in pages(folder):
        text = (folder.out / name).read_text("utf-8")
        policy: Any = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', text)
        assert policy
        assert policy[1].startswith("default-src &#39;none&#39;;")
        assert "unsafe-eval" not in policy[1]


def test_an_index_of_many_vendors(
    folder: Folder, visit: Callable[..., Visit], tmp_path: Path
) -> None:
    """Of many vendors the first are shown; sorting, verdict and words choose among all."""
    evaluations = [aq.evaluate(vendor, folder.firm) for vendor in folder.vendors.values()]
    entries = []
    for i in range(300):
        evaluation = evaluations[i % len(evaluations)]
        shown = aq.vendor.replaced(evaluation.inputs, vendor_id=f"v-{i}", name=f"Vendor {i}")
        result = brief(evaluation.to_dict()) | {"value": float(i)}
        entries.append(Entry(shown, result, f"vendors/v-{i}.html"))
    page_text = index_page(entries, currency="USD", comparison=None, provenance={"a": "b"})
    (tmp_path / "index.html").write_text(page_text, encoding="utf-8")
    (tmp_path / "assets").mkdir()
    for name, content in asset_files().items():
        (tmp_path / "assets" / name).write_bytes(content)
    page = visit((tmp_path / "index.html").as_uri()).page
    rows = page.locator("table.sortable tbody tr")
    count = page.locator("[data-count]")
    assert rows.count() == 100
    assert count.inner_text() == "100 shown of 300 found, 300 in all"
    page.get_by_role("button", name="Value").click()
    assert rows.first.inner_text().startswith("Vendor 299")
    verdict = entries[0].result["verdict"] if entries[0].result else ""
    page.get_by_label("Verdict", exact=True).select_option(verdict)
    same = sum(e.result["verdict"] == verdict for e in entries if e.result)
    assert f"{same} found" in count.inner_text() or f"{same} of 300" in count.inner_text()
    page.get_by_label("Verdict", exact=True).select_option("")
    page.locator("input[type=search]").fill("vendor 7")
    assert "Vendor 7" in rows.nth(rows.count() - 1).inner_text()
    page.locator("input[type=search]").fill("")
    page.get_by_role("button", name="Show all").click()
    assert rows.count() == 300
