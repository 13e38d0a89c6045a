"""An executed notebook as one HTML page: code hidden, charts drawn by a file beside the page.

Charts leave the kernel as plotly's own media type, which a browser does not know. Here each
becomes a figure with its JSON beside it, drawn by `assets/report.js`; none is dropped silently.
"""

from __future__ import annotations

import html
import json
import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jinja2
import plotly

from acquire.display import escape
from acquire.errors import AcquireError
from acquire.notebook import WHAT_IF_TYPE
from acquire.report.whatif import values_of
from acquire.tables import facts

PLOTLY_TYPE = "application/vnd.plotly.v1+json"
CHART_TAG = "chart"
LAB_ONLY_TAG = "lab-only"
HOW = {
    "type-text": "Strategic-or-generic",
    "payoff-text": "Cash-flow-and-payoff-of-a-case",
    "conditions-text": "The-four-conditions-of-selling-outside",
    "drivers-text": "What-the-figures-of-sensitivity-mean",
    "agenda-text": "formula-evppi",
    "price-text": "Break-even-probability-and-walk-away-price",
    "failure-text": "formula-skills",
    "map-text": "Strategic-or-generic",
    "safety-text": "What-the-figures-of-sensitivity-mean",
    "verdict-text": "The-verdict",
}
"""Cells of the notebooks whose figures have a formula, and where the method explains it."""
SIGN_OFF_TAG = "sign-off"
HEADING = re.compile(r'<h2 id="([^"]+)">(.*?)</h2>', re.DOTALL)
MARKUP = re.compile("<[^>]+>")
EXPLAINED = re.compile(r'<span class="what" data-method="([^"<>]+)">([^<]*)</span>')
HERE = Path(__file__).parent
PLOTLY_FILE = f"plotly-{version('plotly')}.min.js"
SCRIPT_FILE = "report.js"
WHAT_IF_FILE = "whatif.js"
NEIGHBOURS_FILE = "vendors.js"


class PageError(AcquireError):
    """An executed notebook that makes no complete page."""


@dataclass(frozen=True)
class Page:
    """One HTML page.

    Args:
        html: the whole document.
        charts: number of charts in it.
    """

    html: str
    charts: int


def page_of(
    notebook: Any,
    *,
    title: str,
    subtitle: str = "",
    home: str | None = None,
    changes: str | None = None,
    method: str | None = None,
    assets: str | None = "assets",
    vendor_id: str | None = None,
    provenance: Mapping[str, str] | None = None,
) -> Page:
    """The page of an executed notebook.

    Args:
        notebook: an `nbformat` notebook, executed without an error.
        title, subtitle: plain text.
        home: address of the index, relative to the page.
        changes: address of the page of what changed of it, likewise; None where there is none.
        method: address of the page that explains the method, likewise; sections lead to it.
        assets: address of the folder with the scripts, relative to the page; None puts the
            scripts into the page, which makes it a single file of some 5 MB.
        vendor_id: of the vendor that it is about; its neighbours are linked, as the file
            `vendors.js` of the assets lists them.
        provenance: names and values that say what made the page, beyond what it says itself.

    Raises:
        PageError: a cell did not run, ended in an error, or lacks the chart it is tagged with.
    """
    from nbconvert.filters import markdown2html  # seconds, of use to the workers only

    parts: list[Mapping[str, str]] = []
    charts = 0
    asking = False
    for number, cell in enumerate(notebook.cells, start=1):
        tags = cell.metadata.get("tags", [])
        if LAB_ONLY_TAG in tags:
            continue
        if cell.cell_type == "markdown":
            kind = "prose sign-off" if SIGN_OFF_TAG in tags else "prose"
            shown = markdown2html(cell.source).replace("<th>", '<th scope="col">')
            if SIGN_OFF_TAG in tags:
                shown = shown.replace("<table>", "<table><caption>To be signed</caption>")
            shown += _how(cell.id, method)
            parts.append({"kind": kind, "id": cell.id, "html": shown})
        elif cell.cell_type == "code":
            before = charts
            for output in _outputs(cell, number):
                if PLOTLY_TYPE in output:
                    charts += 1
                    figure = chart_html(output[PLOTLY_TYPE], f"chart-{charts}")
                    parts.append({"kind": "chart", "id": cell.id, "html": figure})
                elif WHAT_IF_TYPE in output:
                    asking = True
                    html_of = _environment().get_template("whatif.html.j2").render
                    shown = html_of(**values_of(output[WHAT_IF_TYPE]))
                    parts.append({"kind": "output", "id": cell.id, "html": shown})
                else:
                    shown = _with_links(_shown(output), method)
                    parts.append({"kind": "output", "id": cell.id, "html": shown})
            if CHART_TAG in tags and charts == before:
                raise PageError(f"cell {number} ({cell.id}) shows no chart, though it should")
    document = (
        _environment()
        .get_template("page.html.j2")
        .render(
            title=title,
            subtitle=subtitle,
            home=home,
            changes=changes,
            method_page=method,
            parts=parts,
            contents=[entry for part in parts for entry in _headings(part)],
            vendor_id=vendor_id,
            provenance=facts("What made this page", provenance) if provenance else None,
            **_frame(assets, charts=charts > 0, asking=asking, neighbours=vendor_id is not None),
        )
    )
    return Page(document, charts)


def _how(cell_id: str, method: str | None) -> str:
    """A link from a section to where the method explains its figures."""
    if method is None or cell_id not in HOW:
        return ""
    return (
        f'<p class="how"><a href="{escape(method)}#{HOW[cell_id]}">How these figures come '
        "about</a></p>"
    )


def _with_links(shown: str, method: str | None) -> str:
    """What is marked as explained by the method leads there."""
    if method is None:
        return shown
    return EXPLAINED.sub(
        lambda mark: f'<a class="what" href="{escape(method)}#{mark[1]}">{mark[2]}</a>', shown
    )


def _headings(part: Mapping[str, str]) -> list[tuple[str, str]]:
    """Anchor and text of the headings of a part of prose."""
    if not part["kind"].startswith("prose"):
        return []
    found = HEADING.findall(part["html"])
    return [(anchor, html.unescape(MARKUP.sub("", text)).rstrip("¶")) for anchor, text in found]


def load() -> None:
    """Import what `page_of` needs and read its templates, before there is a page to make."""
    from nbconvert.filters import markdown2html

    markdown2html("")
    _environment().get_template("page.html.j2")


def render_template(name: str, assets: str | None, *, charts: int = 0, **values: Any) -> str:
    """Another page of the same frame, such as the index.

    Args:
        name: file name of the template.
        assets: as for `page_of`.
        charts: number of charts in it.
        values: for the template, which escapes them.
    """
    return _environment().get_template(name).render(**values, **_frame(assets, charts=charts > 0))


def asset_files() -> dict[str, bytes]:
    """The scripts that pages load, by file name."""
    own = {name: _own_script(name).encode() for name in (SCRIPT_FILE, WHAT_IF_FILE)}
    return {PLOTLY_FILE: _plotly_script().encode()} | own


def vendors_script(names: Mapping[str, str]) -> bytes:
    """The script that tells pages which vendors there are, in their order.

    Args:
        names: by vendor id.
    """
    listed = json.dumps(list(names.items()), ensure_ascii=False).replace("<", "\\u003c")
    return f"window.acquireVendors = {listed};\n".encode()


def _frame(
    assets: str | None, *, charts: bool, asking: bool = False, neighbours: bool = False
) -> dict[str, Any]:
    """Style, scripts and the content security policy that lets in just these."""
    wanted = [PLOTLY_FILE] * charts + [SCRIPT_FILE] + [WHAT_IF_FILE] * asking
    inline, files = [], []
    if assets is None:
        inline = [_plotly_script() if n == PLOTLY_FILE else _own_script(n) for n in wanted]
    else:
        files = [f"{assets}/{name}" for name in [NEIGHBOURS_FILE] * neighbours + wanted]
    digests = (f"'sha256-{b64encode(sha256(s.encode()).digest()).decode()}'" for s in inline)
    scripts = " ".join(digests) if inline else "'self' file:"
    policy = (
        f"default-src 'none'; img-src data: blob:; font-src data:; style-src 'unsafe-inline'; "
        f"script-src {scripts}; base-uri 'none'; form-action 'none'"
    )
    return {
        "policy": policy,
        "style": (HERE / "assets" / "report.css").read_text("utf-8"),
        "inline_scripts": inline,
        "script_files": files,
    }


def _outputs(cell: Any, number: int) -> list[Mapping[str, Any]]:
    """What a code cell shows, as bundles by media type."""
    if cell.source.strip() and cell.get("execution_count") is None:
        raise PageError(f"cell {number} ({cell.id}) did not run to its end")
    bundles: list[Mapping[str, Any]] = []
    for output in cell.get("outputs", []):
        if output.output_type == "error":
            raise PageError(f"cell {number} ({cell.id}): {output.ename}: {output.evalue}")
        if output.output_type == "stream":
            if output.name == "stdout":  # warnings and progress are for the analyst
                bundles.append({"text/plain": output.text})
        else:
            bundles.append(output.data)
    return bundles


def _shown(output: Mapping[str, Any]) -> str:
    if "text/html" in output:
        return str(output["text/html"])
    if "image/png" in output:
        return f'<img alt="" src="data:image/png;base64,{escape(output["image/png"]).strip()}">'
    return f"<pre>{escape(output.get('text/plain', ''))}</pre>"


def chart_html(figure: Mapping[str, Any], chart_id: str) -> str:
    """A figure whose title is text of the page, which wraps, and whose JSON a script draws."""
    title = figure["layout"].get("title", {}).get("text", "Chart")
    layout = {k: v for k, v in figure["layout"].items() if k != "title"} | {"margin": {"t": 28}}
    height = int(layout.get("height", 450))
    drawn = {"data": figure["data"], "layout": layout}
    # "</" would end the script element; escaped, it is the same JSON
    data = json.dumps(drawn, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
    return (
        f'<figure class="chart" id="{chart_id}">'
        f"<figcaption>{escape(html.unescape(title))}</figcaption>"
        f'<div class="plot" role="group" aria-label="{html.escape(html.unescape(title))}" '
        f'style="height:{height}px"><p class="waiting">This chart is drawn by '
        "the scripts in the folder “assets” beside these reports; its figures are in the tables."
        f'</p></div><script type="application/json">{data}</script>'
        '<details class="data"><summary>Figures of this chart</summary></details></figure>'
    )


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _plotly_script() -> str:
    return str(plotly.offline.get_plotlyjs())


@cache
def _own_script(name: str) -> str:
    return (HERE / "assets" / name).read_text("utf-8")
