"""Vendors, notebooks and a browser's window for the tests of reports."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from playwright.sync_api import BrowserContext, Dialog

import acquire as aq
from acquire.batch import Rendered
from acquire.batch.job import Allowance, Job
from acquire.notebook import RESULT_TYPE
from acquire.report.page import PLOTLY_TYPE
from tests.samples import GENERIC, STRATEGIC, UNCERTAIN, firm, vendor

ROOT = Path(__file__).parents[1]

LONG = "ACQUIRE_TESTS_LONG"
"""Set in the environment where promises are tried at their full counts."""

BROWSER_ARGUMENTS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]

CURRENCY = "<b>$€$</b>"

HOSTILE = (
    '<img src=x onerror="pwned=1"></script><script>pwned=2</script> $x$ $y$ %{x} ${x} {{ x }} '
    "=1+1 ../../x \N{RIGHT-TO-LEFT OVERRIDE}live\N{POP DIRECTIONAL FORMATTING} 'q' & "
    "\N{GRINNING FACE} "
)
LONG = "W" * 200


def hostile_vendors() -> tuple[aq.Vendors, aq.Assumptions]:
    """Three vendors with hostile texts and with ids that are names of other files."""
    return aq.Vendors(
        [
            vendor(
                STRATEGIC | UNCERTAIN,
                vendor_id="index",
                name=HOSTILE,
                offering=HOSTILE + "x" * 300,
                approved_by=HOSTILE,
            ),
            vendor(GENERIC, vendor_id="con", name=LONG, channel="product_managers"),
            vendor(
                GENERIC,
                vendor_id="comparison",
                name=LONG[:-1] + "!",
                external_revenue=0.0,
                go_to_market_cost=0.0,
                skills_headcount=0.0,
            ),
        ]
    ), firm(currency=CURRENCY)


@dataclass(frozen=True)
class Folder:
    """A rendered folder and what it was rendered from."""

    vendors: aq.Vendors
    firm: aq.Assumptions
    rendered: Rendered

    @property
    def out(self) -> Path:
        return self.rendered.out

    @property
    def pages(self) -> list[str]:
        """Every page, relative to the folder."""
        return sorted(path.relative_to(self.out).as_posix() for path in self.out.rglob("*.html"))


# notebooks


def code(source: str, *outputs: Any, tags: Sequence[str] = (), count: int | None = 1) -> Any:
    """A code cell, executed unless `count` is None."""
    return nbformat.v4.new_code_cell(
        source, outputs=list(outputs), execution_count=count, metadata={"tags": list(tags)}
    )


def shows(**data: Any) -> Any:
    """An output with text and HTML."""
    return nbformat.v4.new_output("display_data", {k.replace("_", "/"): v for k, v in data.items()})


def chart(figure: Any) -> Any:
    """An output with a plotly figure, as a kernel sends it."""
    shown = figure if isinstance(figure, dict) else figure.to_plotly_json()
    return nbformat.v4.new_output("display_data", {PLOTLY_TYPE: shown})


def notebook(*cells: Any) -> Any:
    """A notebook of the python3 kernel."""
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return nbformat.v4.new_notebook(cells=list(cells), metadata={"kernelspec": kernel})


RECORD = f"""\
from IPython.display import display
display({{"{RESULT_TYPE}": [{{"answer": 42}}]}}, raw=True)
"""


def job(
    folder: Path, key: str, *sources: str, allowance: Allowance | None = None, **parameters: Any
) -> Job:
    """A job whose notebook has these cells, the first of them with its parameters."""
    first, *others = sources
    cells = [code(first, tags=["parameters"], count=None), *(code(s, count=None) for s in others)]
    return Job(
        key=key,
        notebook=nbformat.writes(notebook(*cells)),
        parameters=parameters,
        files={},
        title=key,
        subtitle="",
        home=None,
        assets="assets",
        allowance=allowance or Allowance(),
        folder=str(folder / key),
    )


# the browser


def browser_path() -> str | None:
    """Where Chromium is on this machine."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next(filter(None, map(shutil.which, names)), None)


class Visit:
    """A window with one page; requests to anything but files and this machine are refused."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.requests: list[str] = []
        self.said: list[str] = []
        context.route("**/*", self._route)
        self.page = context.new_page()
        self.page.on("console", lambda m: self.said.append(f"{m.type}: {m.text}"))
        self.page.on("pageerror", lambda error: self.said.append(f"page error: {error}"))
        self.page.on("dialog", self._dismiss)
        self.page.goto(address)

    def _route(self, route: Any) -> None:
        self.requests.append(route.request.url)
        if route.request.url.startswith(("file:", "http://127.0.0.1")):
            route.continue_()
        else:
            route.abort()

    def _dismiss(self, dialog: Dialog) -> None:
        self.said.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def wait_for_charts(self) -> int:
        """Wait until every chart is drawn; their number."""
        self.page.wait_for_function(
            "[...document.querySelectorAll('figure.chart')].every("
            "f => f.dataset.drawn === 'yes' && f.querySelector('.main-svg'))"
        )
        return self.page.locator("figure.chart").count()

    def texts(self, selector: str) -> list[str]:
        """The texts of all elements that fit, as a reader sees them."""
        return [text.strip() for text in self.page.locator(selector).all_inner_texts()]


# processes


def alive(process: int) -> bool:
    """Whether a process with this id runs."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True
