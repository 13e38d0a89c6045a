"""Pages: an executed notebook as HTML, complete or not at all, and asking for nothing outside."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from typing import Any

import nbformat
import pytest

from acquire import figures
from acquire.evaluation import evaluate
from acquire.report.page import (
    PLOTLY_FILE,
    SCRIPT_FILE,
    WHAT_IF_FILE,
    PageError,
    asset_files,
    page_of,
)
from acquire.report.whatif import settings_of
from acquire.sensitivity import discounting
from tests.pages import HOSTILE, chart, code, notebook, shows
from tests.samples import STRATEGIC, UNCERTAIN, firm, vendor

SMALL = {"data": [{"y": [1, 2]}], "layout": {"title": {"text": "A title"}, "height": 300}}


class Elements(HTMLParser):
    """The elements of a page: name, attributes and the text directly within."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None], str]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs), ""))

    def handle_data(self, data: str) -> None:
        if self.found:
            tag, attrs, text = self.found[-1]
            self.found[-1] = (tag, attrs, text + data)

    def of(self, name: str) -> list[tuple[dict[str, str | None], str]]:
        return [(attrs, text.strip()) for tag, attrs, text in self.found if tag == name]


def policy_of(html: str) -> dict[str, str]:
    """The content security policy by directive."""
    (text,) = (
        a["content"] for a, _ in Elements(html).of("meta") if "http-equiv" in a and a["content"]
    )
    return {d.split()[0]: d.partition(" ")[2] for d in text.split("; ")} if text else {}


def addresses(html: str) -> list[str]:
    """Whatever a page would load or lead to."""
    found = Elements(html).found
    return [a[name] or "" for _, a, _ in found for name in ("src", "href") if name in a]


def charts_of(html: str) -> list[Any]:
    """What the page's script is to draw."""
    scripts = Elements(html).of("script")
    found = [json.loads(text) for a, text in scripts if a.get("type") == "application/json"]
    return [chart for chart in found if "layout" in chart]


def test_prose_and_outputs_in_their_order() -> None:
    """A page holds the prose and what the cells show, in the notebook's order, and no code."""
    page = page_of(
        notebook(
            nbformat.v4.new_markdown_cell("## First heading\n\nSome *prose*."),
            code("secret_call()", shows(text_html="<table><caption>T</caption></table>")),
            nbformat.v4.new_markdown_cell("## Second heading"),
            code("figure", chart(SMALL), tags=["chart"]),
        ),
        title="Title",
    )
    parts = ["First heading", "<em>prose</em>", "<caption>T", "Second heading", "<figure"]
    places = [page.html.index(part) for part in parts]
    assert places == sorted(places)
    assert "secret_call" not in page.html
    assert page.charts == 1


def test_cells_for_the_lab_alone() -> None:
    """What is meant for the analyst in JupyterLab is no part of the page."""
    cell = nbformat.v4.new_markdown_cell("# Change the parameters", metadata={"tags": ["lab-only"]})
    shown = code("1", shows(text_plain="lab output"), tags=["lab-only"])
    page = page_of(notebook(cell, shown), title="Title")
    assert "Change the parameters" not in page.html
    assert "lab output" not in page.html


def test_a_lost_chart_is_an_error() -> None:
    """A cell that is tagged as a chart and shows none makes no page, whatever else it shows."""
    lost = code("figure", shows(text_html="<div>figure</div>"), tags=["chart"])
    with pytest.raises(PageError, match=rf"cell 2 \({lost.id}\) shows no chart, though it should"):
        page_of(notebook(code("other", chart(SMALL), tags=["chart"]), lost), title="Title")


def test_every_chart_counts() -> None:
    """Charts are counted one by one, also two of one cell and those that nobody tagged."""
    page = page_of(
        notebook(
            code("two", chart(SMALL), chart(SMALL), tags=["chart"]), code("one", chart(SMALL))
        ),
        title="Title",
    )
    assert page.charts == 3
    assert [a["id"] for a, _ in Elements(page.html).of("figure")] == [
        "chart-1",
        "chart-2",
        "chart-3",
    ]
    assert len(charts_of(page.html)) == 3


@pytest.mark.parametrize(
    ("output", "message"),
    [
        (nbformat.v4.new_output("error", ename="E", evalue="why", traceback=[]), "E: why"),
        (None, "did not run to its end"),
    ],
    ids=["failed", "never-ran"],
)
def test_a_cell_without_its_result_is_an_error(output: Any, message: str) -> None:
    """A cell that failed, or that did not come to its end, makes no page."""
    cell = code("call()", output) if output else code("call()", count=None)
    with pytest.raises(PageError, match=rf"cell 1 \({cell.id}\).*{message}"):
        page_of(notebook(cell), title="Title")


def test_empty_cells_need_no_result() -> None:
    """A cell without code is never counted by a kernel, and is no error."""
    assert page_of(notebook(code(" \n", count=None)), title="Title").charts == 0


def test_printed_text() -> None:
    """What a cell prints is shown as text; warnings on the error stream are not."""
    out = nbformat.v4.new_output("stream", name="stdout", text="a < b & <b>c</b>")
    err = nbformat.v4.new_output("stream", name="stderr", text="DeprecationWarning")
    page = page_of(notebook(code("call()", out, err)), title="Title")
    assert "<pre>a &lt; b &amp; &lt;b&gt;c&lt;/b&gt;</pre>" in page.html
    assert "DeprecationWarning" not in page.html


def test_the_richest_form_is_shown() -> None:
    """HTML goes before a picture, a picture before text."""
    html = shows(text_plain="plain", image_png="aGk=", text_html="<i>rich</i>")
    picture = shows(text_plain="other", image_png="aGk=\n")
    page = page_of(notebook(code("a", html), code("b", picture)), title="Title").html
    assert "<i>rich</i>" in page
    assert "plain" not in Elements(page).of("div")[0][1]
    assert ("data:image/png;base64,aGk=") in addresses(page)
    assert "other" not in page


def test_a_chart_is_its_data_and_a_caption() -> None:
    """A chart keeps its data; its title is text of the page, which wraps, and its height stays."""
    figure = figures.payoffs(evaluate(vendor(name="<b>"), firm()))
    page = page_of(notebook(code("figure", chart(figure))), title="Title").html
    (drawn,) = charts_of(page)
    expected = json.loads(figure.to_json())
    assert drawn["data"] == expected["data"]
    assert "title" not in drawn["layout"]
    assert drawn["layout"]["xaxis"] == expected["layout"]["xaxis"]
    ((_, caption),) = Elements(page).of("figcaption")
    assert caption == "Payoff of each case against going on as today"
    assert f"height:{figure.layout.height}px" in page


def test_the_data_of_a_chart_cannot_end_its_script() -> None:
    """Markup within a chart's data stays data."""
    text = "</script><script>pwned=1</script><!--"
    figure = {"data": [{"name": text}], "layout": {"title": {"text": "&lt;b&gt; &#36;"}}}
    page = page_of(notebook(code("figure", chart(figure))), title="Title").html
    assert charts_of(page)[0]["data"][0]["name"] == text
    assert "pwned" not in re.sub(r'<script type="application/json">.*?</script>', "", page)
    assert "<figcaption>&lt;b&gt; <span>$</span></figcaption>" in page


def test_a_chart_without_a_title() -> None:
    """A figure that nobody titled is still a chart with a caption and a height."""
    page = page_of(notebook(code("f", chart({"data": [], "layout": {}}))), title="Title").html
    assert "<figcaption>Chart</figcaption>" in page
    assert "height:450px" in page


def test_titles_are_text() -> None:
    """Title and subtitle appear as they were typed, in the heading and in the window's bar."""
    page = page_of(notebook(), title=HOSTILE, subtitle=HOSTILE).html
    elements = Elements(page)
    assert [text for _, text in elements.of("title")] == [HOSTILE.strip()]
    assert [text for _, text in elements.of("bdi")] == [HOSTILE.strip()] * 2
    assert not elements.of("img")
    assert "pwned" not in "".join(text for _, text in elements.of("script"))


def test_one_heading_and_a_way_back() -> None:
    """A page has one h1, and a link to the index where there is one."""
    page = page_of(notebook(), title="Title", home="../index.html").html
    assert len(Elements(page).of("h1")) == 1
    assert addresses(page) == ["data:,", "assets/report.js", "../index.html"]
    assert "<nav" not in page_of(notebook(), title="Title").html


def test_scripts_beside_the_page() -> None:
    """A page loads its scripts from the folder it is given, plotly only where it has charts."""
    page = page_of(notebook(code("f", chart(SMALL))), title="Title", assets="../assets").html
    assert addresses(page) == ["data:,", f"../assets/{PLOTLY_FILE}", f"../assets/{SCRIPT_FILE}"]
    without = page_of(notebook(), title="Title", assets="../assets").html
    assert addresses(without) == ["data:,", f"../assets/{SCRIPT_FILE}"]
    assert set(asset_files()) == {PLOTLY_FILE, SCRIPT_FILE, WHAT_IF_FILE}
    assert all(asset_files().values())


def test_policy_of_a_page_with_files() -> None:
    """Nothing may be loaded but scripts of the page's own place, and nothing inline runs."""
    policy = policy_of(page_of(notebook(code("f", chart(SMALL))), title="Title").html)
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self' file:"
    assert policy["img-src"] == "data: blob:"
    assert policy["base-uri"] == policy["form-action"] == "'none'"
    assert "connect-src" not in policy  # falls back to default-src


@pytest.mark.parametrize("charts", [0, 1])
def test_a_page_in_a_single_file(charts: int) -> None:
    """Without a folder the scripts are in the page, and its policy lets in just these."""
    cells = [code("f", chart(SMALL))] * charts
    page = page_of(notebook(*cells), title="Title", assets=None).html
    assert addresses(page) == ["data:,"]
    inline = re.findall(r"<script>(.*?)</script>", page, flags=re.DOTALL)
    assert len(inline) == 1 + charts
    digests = {base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() for s in inline}
    assert policy_of(page)["script-src"] == " ".join(
        f"'sha256-{d}'" for d in sorted(digests, key=policy_of(page)["script-src"].index)
    )
    assert (len(page) > 1e6) == bool(charts)


def test_no_address_outside() -> None:
    """Besides the library of charts, no file of a page names a server."""
    page = page_of(
        notebook(code("f", chart(figures.score(evaluate(vendor(), firm()))))), title="Title"
    ).html
    for text in (page, asset_files()[SCRIPT_FILE].decode()):
        assert not re.search(r"(https?:)?//[a-z0-9-]+\.[a-z]", text)
        assert "cdn" not in text.lower()


def test_the_same_notebook_gives_the_same_page() -> None:
    """Ids, times and counts of a run leave no trace in the page."""
    pages = set()
    for count in (1, 7):
        cell = code("figure", chart(SMALL), shows(text_html="<p>x</p>"), count=count)
        cell.metadata["papermill"] = {"duration": count}
        pages.add(page_of(notebook(cell), title="Title").html)
    assert len(pages) == 1


@pytest.mark.parametrize("correlated", [True, False])
def test_what_if_says_what_a_number_leaves_behind(correlated: bool) -> None:
    """A probability drawn together with other inputs is not the same as its mean, and says so."""
    pair = ("success_probability", "external_growth", 0.5)
    used = firm(trials=64, correlations=[pair] if correlated else [])
    known = discounting(evaluate(vendor(STRATEGIC | UNCERTAIN), used))
    settings = {s["name"]: s for s in settings_of(known.to_dict() | {"currency": "USD"})}
    said = settings["probability"]["evaluated"]
    assert ("its range goes with other inputs, a number does not" in said) == correlated
    assert "goes with" not in settings["price"]["evaluated"]
