"""The explorer as its users meet it: in a real JupyterLab, in Chromium, by keyboard."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from base64 import b64decode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect

import acquire as aq
from acquire.cli.explore import CULLING
from acquire.explorer.screen import CHARTS, charts, encoded
from acquire.explorer.session import Session
from acquire.ranges import Range
from tests.e2e.lab import Lab, open_page, ready, run_all, serving
from tests.pages import ROOT

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("default"),
]
VENDORS = ROOT / "data" / "vendors.csv"
TRIALS = 1024
SOURCE = f"""
import acquire as aq
vendors, firm = aq.read_inputs({str(VENDORS)!r}, trials={TRIALS})
explorer = aq.explore(vendors, firm)
explorer
"""
EXPLORER = ".acquire-explorer"
PLOTTED = """(root) => Object.fromEntries([...root.querySelectorAll("[data-chart]")].map(
  (figure) => [figure.dataset.chart, figure.querySelector(".plot").data.map(
    ({ type, x, y, z, base, name }) => JSON.parse(JSON.stringify({ type, x, y, z, base, name }))
  )]
))"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with serving(tmp_path_factory.mktemp("lab")) as lab:
        yield lab


@pytest.fixture(scope="module")
def desk(lab: Lab, chromium: Browser) -> Iterator[Page]:
    """A window with a notebook that shows an explorer, for all tests that need no other."""
    page = open_page(chromium, lab.notebook("desk.ipynb", SOURCE))
    yield page
    page.context.close()


@pytest.fixture
def visit(
    lab: Lab, chromium: Browser, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Page]]:
    """Runs a notebook with an explorer, and fails where its page asked for more than it may.

    Without cells it is the notebook on the desk, whose cell is run again: that starts anew.
    """
    pages: list[Page] = []

    def visit(*cells: str) -> Page:
        if cells:
            name = f"{request.node.name}.ipynb".replace("[", "-").replace("]", "")
            page = open_page(chromium, lab.notebook(name, *cells))
        else:
            page = request.getfixturevalue("desk")
        pages.append(page)
        page.evaluate(f"document.querySelectorAll('{EXPLORER}').forEach((e) => e.id = 'former')")
        run_all(page)
        page.wait_for_selector("#former", state="detached")
        ready(page)
        return page

    yield visit
    for page in pages:
        outside = page.outside  # type: ignore[attr-defined]
        assert [url for url in outside if "fortawesome" not in url] == []
        if "desk.ipynb" not in page.url:
            page.context.close()


def session() -> Session:
    """What the explorer's kernel starts with."""
    vendors, firm = aq.read_inputs(VENDORS, trials=TRIALS)
    return Session(vendors, firm, next(iter(vendors)))


def control(page: Page, name: str) -> Locator:
    return page.locator(f'{EXPLORER} [data-name="{name}"]').first


def slider(page: Page, name: str) -> Locator:
    return control(page, name).locator("input[type=range]")


def box(page: Page, name: str) -> Locator:
    return control(page, name).get_by_label(control_label(name), exact=True)


def control_label(name: str) -> str:
    return name.replace("_", " ")


def settle(page: Page) -> None:
    """Wait until words and charts are of one state, and nothing is under way."""
    page.wait_for_function(
        """() => {
          const root = document.querySelector(".acquire-explorer");
          const drawn = root.querySelector(".charts").dataset.revision;
          return drawn === root.dataset.revision && root.dataset.busy === "no";
        }"""
    )


def plain(value: Any) -> Any:
    """Arrays as lists, whichever way they are written; what is not there left out."""
    if isinstance(value, dict):
        if "bdata" in value:
            flat = np.frombuffer(b64decode(value["bdata"]), dtype=value["dtype"])
            return flat.reshape([int(n) for n in value["shape"].split(",")]).tolist()
        return {key: plain(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return value


def assert_shows(page: Page, expected: Session, which: int = 0) -> None:
    """Verdict, figures in words and the data of all four charts are those of a session."""
    settle(page)
    root = page.locator(EXPLORER).nth(which)
    now = expected.now.evaluation
    assert root.locator(".title").inner_text() == now.decision.title
    assert f"USD {now.price / 1e6:,.1f} million" in root.locator(".numbers").first.inner_text()
    sent = json.loads(encoded(charts(expected)))
    keys = ("type", "x", "y", "z", "base", "name")
    wanted = {
        key: [plain({k: trace.get(k) for k in keys}) for trace in chart["data"]]
        for key, chart in sent.items()
    }
    drawn = {k: plain(v) for k, v in root.evaluate(PLOTTED).items() if k in CHARTS}
    assert drawn == wanted


def test_a_key_moves_figures_and_charts(visit: Callable[..., Page]) -> None:
    """An arrow key on a slider moves the input by a step, and all that is shown with it."""
    page, expected = visit(), session()
    assert_shows(page, expected)
    slider(page, "price").focus()
    page.keyboard.press("ArrowRight")
    expected.move("price", 120e6)
    assert_shows(page, expected)
    assert box(page, "price").input_value() == "120000000"
    page.wait_for_timeout(2200)  # what follows is another change
    page.keyboard.press("PageDown")
    expected.move("price", 100e6)
    assert_shows(page, expected)
    expect(page.locator(f"{EXPLORER} .log li").first).to_contain_text("→ USD 100.0")


def test_a_held_key_ends_where_it_was_released(visit: Callable[..., Page]) -> None:
    """After thirty steps without a pause the last state is shown, and is one change to undo."""
    page, expected = visit(), session()
    slider(page, "success_probability").focus()
    slider(page, "success_probability").evaluate(
        """async (slider) => {
          for (let i = 0; i < 30; i++) {
            const held = { key: "ArrowRight", bubbles: true, repeat: i > 0 };
            slider.dispatchEvent(new KeyboardEvent("keydown", held));
            await new Promise((done) => setTimeout(done, 33));
          }
        }"""
    )
    expected.move("success_probability", 0.65)
    assert_shows(page, expected)
    page.locator(EXPLORER).get_by_role("button", name="Undo", exact=True).click()
    assert_shows(page, session())


def test_what_is_typed_and_what_is_refused(visit: Callable[..., Page]) -> None:
    """A typed range counts; a value that is not allowed stays in its box with the reason."""
    page, expected = visit(), session()
    part = control(page, "fixed_cost")
    part.get_by_role("button", name="make certain").click()
    expected.make_uncertain("fixed_cost")
    settle(page)
    box(page, "fixed_cost").fill("2e7")
    page.keyboard.press("Enter")
    expected.enter("fixed_cost", "2e7")
    assert_shows(page, expected)
    success = box(page, "success_probability")
    success.fill("50")
    page.keyboard.press("Tab")
    reason = control(page, "success_probability").get_by_role("alert")
    expect(reason).to_contain_text("is it per cent? write 0.5")
    assert success.input_value() == "50"
    assert success.get_attribute("aria-invalid") == "true"
    assert_shows(page, expected)
    slider(page, "price").focus()
    page.keyboard.press("ArrowRight")
    expected.move("price", 120e6)
    assert_shows(page, expected)
    assert success.input_value() == "50"
    success.focus()
    page.keyboard.press("Escape")
    assert success.input_value() == "0.5"
    expect(reason).to_be_hidden()


def test_pin_undo_redo_and_reset(visit: Callable[..., Page]) -> None:
    """What is pinned stands beside every figure; undo, redo and reset go back and forth."""
    page, expected = visit(), session()
    page.locator(EXPLORER).get_by_role("button", name="Pin", exact=True).click()
    expected.pin()
    slider(page, "price").focus()
    page.keyboard.press("PageUp")
    expected.move("price", 138e6)
    assert_shows(page, expected)
    row = page.locator(f"{EXPLORER} .numbers tr", has_text="Price").first
    now, before = (s.now.evaluation.price / 1e6 for s in (expected, session()))
    assert row.locator("td").all_inner_texts() == [
        f"USD {now:,.1f} million",
        f"USD {before:,.1f} million",
        f"+USD {now - before:,.1f} million",
    ]
    page.keyboard.press("Control+z")
    expected.undo()
    assert_shows(page, expected)
    page.locator(EXPLORER).get_by_role("button", name="Redo", exact=True).click()
    expected.redo()
    assert_shows(page, expected)
    control(page, "price").get_by_role("button", name="Reset price").click()
    expected.reset("price")
    assert_shows(page, expected)


def test_a_reloaded_page_and_a_second_view_show_the_same(visit: Callable[..., Page]) -> None:
    """After a reload the charts show what the sliders say; two views follow each other."""
    page, expected = visit(SOURCE, "explorer"), session()
    slider(page, "price").focus()
    page.keyboard.press("PageDown")
    expected.move("price", 100e6)
    assert_shows(page, expected)
    page.locator(EXPLORER).nth(1).scroll_into_view_if_needed()
    page.wait_for_function(
        "() => document.querySelectorAll('.acquire-explorer[data-ready=yes]').length === 2"
    )
    page.wait_for_timeout(500)
    assert_shows(page, expected, which=1)
    page.keyboard.press("Control+s")
    page.wait_for_timeout(1000)
    page.reload()
    ready(page)
    assert_shows(page, expected)
    assert slider(page, "price").input_value() == "100000000"
    slider(page, "price").focus()
    page.keyboard.press("ArrowRight")
    expected.move("price", 102e6)
    assert_shows(page, expected)


def test_a_saved_scenario_renders_to_what_was_seen(
    visit: Callable[..., Page], lab: Lab, tmp_path: Path
) -> None:
    """A scenario saved in the explorer gives, rendered, the figures and charts of the screen."""
    page, expected = visit(), session()
    for name, text in (("price", "100e6..110e6..125e6"), ("success_probability", "0.6")):
        expected.enter(name, text)
    low, mid, high = (control(page, "price").locator("input[type=text]").nth(i) for i in range(3))
    for place, text in ((low, "100e6"), (mid, "110e6"), (high, "125e6")):
        place.fill(text)
    page.keyboard.press("Enter")
    settle(page)
    control(page, "success_probability").get_by_role("button", name="make certain").click()
    settle(page)
    box(page, "success_probability").fill("0.6")
    page.keyboard.press("Enter")
    assert_shows(page, expected)
    page.get_by_label("Scenario", exact=True).fill("cheaper")
    page.locator(EXPLORER).get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(EXPLORER).get_by_role("status")).to_contain_text(
        "saved to scenarios/cheaper.yaml"
    )
    seen = page.locator(EXPLORER).first.evaluate(PLOTTED)
    file = lab.folder / "scenarios" / "cheaper.yaml"

    out = tmp_path / "out"
    command = [sys.executable, "-m", "acquire.cli", "render", "--scenario", str(file)]
    options = ["--trials", str(TRIALS), "-o", str(out)]
    subprocess.run([*command, *options], check=True, capture_output=True, cwd=tmp_path)
    (recorded,) = json.loads((out / "results" / "nimbus.json").read_text())
    assert expected.now.evaluation.to_dict().items() <= recorded.items()
    rendered = json.loads((out / "notebooks" / "nimbus.ipynb").read_text())
    figures = [
        output["data"]["application/vnd.plotly.v1+json"]["data"]
        for cell in rendered["cells"]
        for output in cell.get("outputs", [])
        if "application/vnd.plotly.v1+json" in output.get("data", {})
    ]
    keys = ("type", "x", "y", "z", "base", "name")
    known = [[plain({k: t.get(k) for k in keys}) for t in figure] for figure in figures]
    for key in CHARTS:
        assert plain(seen[key]) in known, key

    page.locator(EXPLORER).get_by_role("button", name="Reset all", exact=True).click()
    assert_shows(page, session())
    page.get_by_label("Scenario", exact=True).fill("cheaper")
    page.locator(EXPLORER).get_by_role("button", name="Load", exact=True).click()
    assert_shows(page, expected)


def test_exports(visit: Callable[..., Page]) -> None:
    """The figures come as CSV and XLSX, the charts as PNG and SVG files."""
    page = visit()
    for choice, count in (("csv", 1), ("xlsx", 1), ("png", 4), ("svg", 4)):
        files: list[Any] = []

        def keep(file: Any, files: list[Any] = files) -> None:
            files.append(file)

        page.on("download", keep)
        page.get_by_label("Export", exact=True).select_option(choice)
        for _ in range(100):
            if len(files) == count:
                break
            page.wait_for_timeout(100)
        page.remove_listener("download", keep)
        assert sorted(f.suggested_filename for f in files) == (
            [f"nimbus.{choice}"]
            if count == 1
            else sorted(f"nimbus-{key}.{choice}" for key in CHARTS)
        )
        content = files[0].path().read_bytes()
        start = {"csv": b"\xef\xbb\xbftable,", "xlsx": b"PK", "png": b"\x89PNG", "svg": b"<svg"}
        assert content.startswith(start[choice])
        if choice == "csv":
            lines = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
            price = session().now.evaluation.price / 1e6
            assert ["figures", "Price", f"USD {price:,.1f} million"] in lines


def test_the_still_in_an_exported_page(
    visit: Callable[..., Page], lab: Lab, chromium: Browser, tmp_path: Path
) -> None:
    """Exported to HTML, the last state is there as text and pictures, without a request."""
    page, expected = visit(SOURCE), session()
    slider(page, "price").focus()
    page.keyboard.press("PageDown")
    expected.move("price", 100e6)
    assert_shows(page, expected)
    still = ".acquire-still"
    expect(page.locator(still)).to_be_hidden()
    page.locator(".jp-NotebookPanel-toolbar").first.click()
    page.wait_for_function(
        f"() => document.querySelectorAll('{still} img').length === 4", timeout=60_000
    )
    name = "test_the_still_in_an_exported_page.ipynb"
    for _ in range(60):
        page.keyboard.press("Control+s")
        page.wait_for_timeout(500)
        if (lab.folder / name).read_text().count("data:image/") >= 4:
            break
    command = [sys.executable, "-m", "nbconvert", "--to", "html", name, "--output-dir"]
    urls = ["--HTMLExporter.require_js_url=", "--HTMLExporter.mathjax_url="]
    subprocess.run(
        [*command, str(tmp_path), *urls], check=True, capture_output=True, cwd=lab.folder
    )
    exported = open_page(chromium, (tmp_path / name).with_suffix(".html").as_uri())
    exported.outside.clear()  # type: ignore[attr-defined]
    exported.reload()
    outside = exported.outside  # type: ignore[attr-defined]
    assert [url for url in outside if not url.startswith("file:")] == []
    shown = exported.locator(still)
    expect(shown).to_be_visible()
    assert expected.now.evaluation.decision.title in shown.inner_text()
    assert "price USD 119.0 million" in shown.inner_text()
    widths = exported.evaluate(
        f"() => [...document.querySelectorAll('{still} img')].map((i) => i.naturalWidth)"
    )
    assert len(widths) == 4
    assert min(widths) > 200
    exported.context.close()


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_no_barrier_for_assistive_technology(visit: Callable[..., Page], theme: str) -> None:
    """Axe finds nothing serious or critical in the explorer, in either theme, refusals included."""
    page = visit()
    page.evaluate(
        "(theme) => window.jupyterapp.commands.execute('apputils:change-theme', { theme })", theme
    )
    page.wait_for_timeout(1500)
    for details in page.locator(f"{EXPLORER} details").all():
        details.evaluate("(element) => { element.open = true; }")
    box(page, "success_probability").fill("50")
    page.keyboard.press("Tab")
    expect(control(page, "success_probability").get_by_role("alert")).to_be_visible()
    page.locator(EXPLORER).get_by_role("button", name="Pin", exact=True).click()
    page.locator(EXPLORER).get_by_role("button", name="Analyse", exact=True).click()
    expect(page.locator(f'{EXPLORER} [data-chart="tornado"] .plot .main-svg').first).to_be_visible()
    found = Axe().run(page, context=EXPLORER).response["violations"]
    bad = [v for v in found if v["impact"] in ("serious", "critical")]
    assert not bad, json.dumps([(v["id"], v["nodes"][0]["html"][:300]) for v in bad], indent=1)


def test_every_control_has_a_name_and_the_focus_shows(visit: Callable[..., Page]) -> None:
    """Going through with the tab key alone, every stop has a name and a visible outline."""
    page = visit()
    page.locator(f"{EXPLORER} select").first.focus()
    seen = []
    for _ in range(40):
        stop = page.evaluate(
            """() => {
              const e = document.activeElement;
              if (!e.closest(".acquire-explorer")) return null;
              const name = e.getAttribute("aria-label") || e.labels?.[0]?.innerText || e.innerText;
              return [name.trim(), getComputedStyle(e).outlineStyle];
            }"""
        )
        assert stop is not None
        assert stop[0]
        assert stop[1] == "solid", stop
        seen.append(stop[0])
        page.keyboard.press("Tab")
    assert {"Undo", "price, slider", "price"} & set(seen) >= {"price, slider", "price"}


def test_an_analysis_on_demand(visit: Callable[..., Page]) -> None:
    """The tornado comes when asked for, and says when it is of an earlier state."""
    page = visit()
    page.locator(EXPLORER).get_by_role("button", name="Analyse", exact=True).click()
    expect(page.locator(f'{EXPLORER} [data-chart="tornado"] .plot .main-svg').first).to_be_visible()
    note = page.locator(f"{EXPLORER} .note")
    expect(note).to_have_text("of the case as it is")
    slider(page, "price").focus()
    page.keyboard.press("ArrowRight")
    expect(note).to_have_text("of an earlier state; analyse again")


def test_hostile_names(visit: Callable[..., Page]) -> None:
    """A vendor's name with markup is text wherever the explorer shows it."""
    source = SOURCE.replace(
        "explorer = ",
        "from acquire.vendor import replaced\n"
        "name = '<img src=x onerror=window.pwned=1><script>window.pwned=1</script>$a$' * 2\n"
        "vendors = {'a': replaced(vendors['nimbus'], vendor_id='a', name=name)}\n"
        "explorer = ",
    )
    page = visit(source)
    page.locator(EXPLORER).get_by_role("button", name="Pin", exact=True).click()
    slider(page, "price").focus()
    page.keyboard.press("ArrowRight")
    settle(page)
    assert page.evaluate("() => window.pwned") is None
    assert page.locator(f"{EXPLORER} img").count() == 0
    assert page.get_by_label("Vendor", exact=True).inner_text().startswith("<img")


def test_in_a_batch_run_it_ends(tmp_path: Path) -> None:
    """The notebook of the explorer runs to its end without a browser, and leaves a still."""
    out = tmp_path / "out.ipynb"
    notebook = str(ROOT / "notebooks" / "explore.ipynb")
    command = [sys.executable, "-m", "papermill", notebook, str(out), "-p", "trials", "64"]
    subprocess.run(command, check=True, capture_output=True, cwd=ROOT, timeout=120)
    cells = json.loads(out.read_text())["cells"]
    html = "".join(
        "".join(output.get("data", {}).get("text/html", ""))
        for cell in cells
        for output in cell.get("outputs", [])
    )
    assert "acquire-still" in html


def test_ranges_keep_their_shape_on_the_slider(visit: Callable[..., Page]) -> None:
    """Moving the slider of a range moves its three numbers, as the kernel would."""
    page, expected = visit(), session()
    slider(page, "strategic_value").focus()
    page.keyboard.press("ArrowRight")
    expected.move("strategic_value", 11.5e6)
    assert_shows(page, expected)
    moved = expected.now.case.vendor.strategic_value
    assert isinstance(moved, Range)
    boxes = control(page, "strategic_value").locator("input[type=text]")
    shown = [float(boxes.nth(i).input_value()) for i in range(3)]
    assert shown == [moved.low, moved.mid, moved.high]


def test_the_page_without_jupyter(tmp_path: Path, chromium: Browser) -> None:
    """Voila serves the same explorer, which works by keyboard and without a network.

    Voila's own page asks for a style sheet of icons that no explorer uses.
    """
    made = Lab("", tmp_path)
    made.notebook("page.ipynb", SOURCE)
    with serving(tmp_path, ("page.ipynb", *CULLING), program="voila") as served:
        page = open_page(chromium, served.address)
        ready(page)
        slider(page, "price").focus()
        page.keyboard.press("ArrowRight")
        expected = session()
        expected.move("price", 120e6)
        assert_shows(page, expected)
        outside = page.outside  # type: ignore[attr-defined]
        assert [url for url in outside if "fortawesome" not in url] == []
        page.context.close()
