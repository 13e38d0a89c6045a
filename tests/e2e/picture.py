"""Takes the README's picture: the top of a real report, rendered now.

python -m tests.e2e.picture        # writes README.png; needs Chromium
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

import acquire as aq

ROOT = Path(__file__).parents[2]


def main() -> None:
    """Render one vendor and photograph its report."""
    vendors, firm = aq.read_inputs(ROOT / "data" / "vendors.csv")
    browser_path = shutil.which("chromium") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        aq.render(vendors.only(["nimbus"]), firm, folder)
        browser = playwright.chromium.launch(
            executable_path=browser_path, args=["--no-sandbox", "--disable-background-networking"]
        )
        page = browser.new_page(viewport={"width": 1180, "height": 1180})
        page.goto((Path(folder) / "vendors" / "nimbus.html").as_uri())
        page.locator("figure.chart[data-drawn=yes]").first.wait_for()
        page.wait_for_timeout(300)  # the fonts of the charts
        page.screenshot(path=ROOT / "README.png")
        browser.close()


if __name__ == "__main__":
    main()
