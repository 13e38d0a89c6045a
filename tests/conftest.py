"""What several test files share: one folder of real reports, and a browser without a network."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

import acquire as aq
from tests.pages import BROWSER_ARGUMENTS, LONG, Folder, Visit, browser_path, hostile_vendors


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="promises at their full counts")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--long"):
        os.environ[LONG] = "yes"  # for processes that tests start too


@pytest.fixture
def times(request: pytest.FixtureRequest) -> Callable[[int, int], int]:
    """How often a promise is tried: `times(short, long)`, the latter with --long."""
    return lambda short, long: long if request.config.getoption("--long") else short


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """Three vendors whose texts are as hostile as can be, rendered for real.

    The surroundings are hostile too: a kernel of the user's own that does not start, charts that
    would open in a browser, another order of sets, another zone of time, and an odd folder.
    """
    vendors, firm = hostile_vendors()
    here = tmp_path_factory.mktemp("rendered")
    kernel = here / "kernels" / "python3" / "kernel.json"
    kernel.parent.mkdir(parents=True)
    kernel.write_text('{"argv": ["false"], "display_name": "Python 3", "language": "python"}')
    with pytest.MonkeyPatch.context() as surroundings:
        for name, value in (
            ("JUPYTER_PATH", str(here)),
            ("JUPYTER_DATA_DIR", str(here)),
            ("JUPYTER_PREFER_ENV_PATH", "0"),
            ("PLOTLY_RENDERER", "browser"),
            ("PYTHONHASHSEED", "7"),
            ("TZ", "Asia/Tokyo"),
        ):
            surroundings.setenv(name, value)
        rendered = aq.render(vendors, firm, here / "out" / 'it\'s {a} "folder" & more')
    return Folder(vendors, firm, rendered)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The system's Chromium; without one the test is skipped, or fails where one is required."""
    path = browser_path()
    if path is None:
        if os.environ.get("ACQUIRE_REQUIRE_BROWSER"):
            pytest.fail("ACQUIRE_REQUIRE_BROWSER is set, and there is no Chromium")
        pytest.skip("no Chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=BROWSER_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: Browser) -> Iterator[Callable[..., Visit]]:
    """Opens an address in a window of its own, and notes what the page asks for and says."""
    contexts = []

    def open_page(address: str, width: int = 1280) -> Visit:
        context = chromium.new_context(viewport={"width": width, "height": 900})
        contexts.append(context)
        return Visit(context, address)

    yield open_page
    for context in contexts:
        context.close()
