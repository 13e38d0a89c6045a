"""A folder of reports rendered once, and a browser without a network."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

import acquire as aq
from acquire.vendor import replaced

ROOT = Path(__file__).parents[2]
HOSTILE = (
    "<script>window.pwned=1</script><img src=x onerror=window.pwned=2>../../etc =cmd|' /C calc'!A0 "
    "$a$ \N{RIGHT-TO-LEFT OVERRIDE}abc 🤖 </title>"
)
SERVERS = ("chromium", "chromium-browser", "google-chrome")
QUIET = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND",
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


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium; without one, tests skip unless ACQUIRE_REQUIRE_BROWSER is set."""
    path = next(filter(None, map(shutil.which, SERVERS)), None)
    if path is None:
        if os.environ.get("ACQUIRE_REQUIRE_BROWSER"):
            pytest.fail("no Chromium, though ACQUIRE_REQUIRE_BROWSER is set")
        pytest.skip("no Chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(QUIET))
        yield browser
        browser.close()


@pytest.fixture
def watched(browser: Browser) -> Iterator[Watched]:
    """A new page, watched."""
    context = browser.new_context(viewport={"width": 1200, "height": 900})
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
