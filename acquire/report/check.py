"""The last look at a page before it is published: complete, and in need of nothing outside."""

from __future__ import annotations

from html.parser import HTMLParser

from acquire.report.page import Page, PageError

LARGEST = 20 * 2**20
"""Bytes of a page; those with their scripts inside have some 6 MB."""

LOADING = {"src", "srcset", "data", "poster", "background"}
"""Attributes whose address a browser loads by itself."""


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.charts = 0
        self.outside: list[str] = []
        self.ended = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "class" and tag == "figure" and "chart" in (value or "").split():
                self.charts += 1
            loads = name in LOADING or (name == "href" and tag == "link")
            address = (value or "").strip().lower()
            outside = ":" in address or address.startswith("//")
            if loads and outside and not address.startswith("data:"):
                self.outside.append(f"{tag} {name}={value}")

    def handle_endtag(self, tag: str) -> None:
        self.ended = self.ended or tag == "html"


def check(page: Page) -> None:
    """Refuse a page that is not what a reviewer should get.

    Raises:
        PageError: it is cut off, lacks a chart, would load something from elsewhere, or is huge.
    """
    if len(page.html) > LARGEST:
        raise PageError(f"the page has {len(page.html) / 2**20:,.0f} MiB")
    reader = _Reader()
    reader.feed(page.html)
    reader.close()
    if not reader.ended:
        raise PageError("the page is cut off")
    if reader.charts != page.charts:
        raise PageError(f"the page has {reader.charts} charts of {page.charts}")
    if reader.outside:
        raise PageError(f"the page would load {reader.outside[0]}")
