"""A folder of reports rendered once, and a browser without a network."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

import acquire as aq
from acquire.vendor import replaced

ROOT = Path(__file__).parents[2]
HOSTILE = (
    "<script>window.pwned=1</script><img src=x onerror=window.pwned=2>../../etc =cmd|' /C calc'!A0 "
    "$a$ \N{RIGHT-TO-LEFT OVERRIDE}abc 🤖 </title>"
)


@dataclass
class Watched:
    """A page with everything it asked for and complained of."""

    page: Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


@pytest.fixture(scope="session")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Reports of a strategic, a generic and a hostile vendor."""
    vendors, firm = aq.read_inputs(ROOT / "data" / "vendors.csv", trials=1024)
    hostile = replaced(
        vendors["hearthline"],
        vendor_id="index",
        name=HOSTILE[:200],
        offering=(HOSTILE + "x" * 300),
        approved_by=HOSTILE[:200],
    )
    chosen = [vendors["nimbus"], vendors["tollivard"], hostile]
    out = tmp_path_factory.mktemp("reports") / "out"
    rendered = aq.render({v.vendor_id: v for v in chosen}, firm, out)
    assert rendered.failures == {}
    return out


@pytest.fixture
def watched(chromium: Browser) -> Iterator[Watched]:
    """A new page, watched."""
    context = chromium.new_context(viewport={"width": 1200, "height": 900})
    page = context.new_page()
    watched = Watched(page)
    page.on("request", lambda request: watched.requests.append(request.url))
    page.on("pageerror", lambda error: watched.complaints.append(str(error)))
    page.on(
        "console",
        lambda message: (
            watched.complaints.append(message.text)
            if message.type in {"error", "warning"}
            else None
        ),
    )
    page.on("dialog", lambda dialog: watched.complaints.append(f"dialog {dialog.message}"))
    yield watched
    context.close()
