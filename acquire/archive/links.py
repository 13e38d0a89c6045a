"""Where the pages of a folder lead, and whether they would still do so somewhere else."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterator
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

from acquire.errors import AcquireError, printable
from acquire.report.check import LOADING

LINKING = LOADING | {"href", "action", "formaction", "cite", "longdesc"}
"""Attributes that hold an address."""


class BrokenLinksError(AcquireError):
    """Pages that would lead nowhere in an archive.

    Args:
        broken: the pages, by their paths in the folder, each with a link of it.
    """

    def __init__(self, broken: Collection[tuple[str, str]]) -> None:
        self.broken = list(broken)
        super().__init__(
            "\n".join(
                f"{printable(page)}: the link {printable(link)} leads to no file of the archive"
                for page, link in self.broken
            )
        )


class _Links(HTMLParser):
    """The addresses of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        for name, value in values.items():
            if name == "srcset":
                self.found += [part.split()[0] for part in value.split(",") if part.split()]
            elif name in LINKING:
                self.found.append(value)
        if tag == "meta" and values.get("http-equiv", "").lower() == "refresh":
            self.found.append(values.get("content", "").partition("=")[2])


def links_of(html: str) -> list[str]:
    """Every address in a page's tags, as it stands there."""
    reader = _Links()
    reader.feed(html)
    reader.close()
    return reader.found


def target_of(page: str, link: str) -> str | None:
    """The file that a link leads to, by its path in the folder; the page for a place within it.

    Args:
        page: path of the page in the folder.
        link: as it stands there.

    Returns:
        None for what is no relative address of a file within the folder.
    """
    try:
        parts = urlsplit(link.strip())
    except ValueError:
        return None
    if parts.scheme or parts.netloc or parts.path.startswith(("/", "\\")):
        return None
    if not parts.path:
        return page
    path = posixpath.normpath(posixpath.join(posixpath.dirname(page), unquote(parts.path)))
    return None if path == ".." or path.startswith("../") else path


def broken_links(page: str, html: str, files: Collection[str]) -> Iterator[tuple[str, str]]:
    """The links of a page that lead to none of the files, with the page.

    Args:
        page: its path in the folder.
        html: its content.
        files: paths of all files of the folder.
    """
    for link in dict.fromkeys(links_of(html)):
        inside = link.strip().lower().startswith("data:")
        if not inside and target_of(page, link) not in files:
            yield page, link
