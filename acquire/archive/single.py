"""One vendor's published page as a single file that can be mailed: all it needs is inside."""

from __future__ import annotations

import mimetypes
import re
from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from html import escape
from html.parser import HTMLParser
from pathlib import Path

from acquire.archive.links import target_of
from acquire.archive.package import report_folder
from acquire.batch.plan import page_address
from acquire.batch.store import undisturbed
from acquire.errors import InputError, Problem, nearest_name, place_of
from acquire.files import write_whole
from acquire.report.check import check
from acquire.report.page import Page, PageError

Attributes = dict[str, str | None]


def single_page(
    reports: str | Path, vendor_id: str, out: str | Path, *, force: bool = False
) -> None:
    """Write one vendor's page with its scripts, styles and pictures inside, and no other link.

    The page is the published one; nothing is rendered again. Links to other pages become text; the
    menu and the links to the method go.

    Args:
        reports: the folder of reports.
        vendor_id: of the vendor.
        out: the file.
        force: whether a file that is there may be replaced.

    Raises:
        InputError: there is no such page, a run is going on there, or `out` cannot be used.
        PageError: the page asks for a file that is not there.
        OSError: a file cannot be read or written.
    """
    folder = report_folder(reports)
    with undisturbed(folder):
        address = page_address(vendor_id)
        known = sorted(path.stem for path in (folder / "vendors").glob("*.html"))
        if vendor_id not in known:
            raise InputError(
                Problem(
                    "a vendor with a report",
                    file=place_of(reports),
                    value=vendor_id,
                    wrong="has no page",
                    nearest=nearest_name(vendor_id, known),
                )
            )
        page = (folder / address).read_bytes().decode()
        write_whole(Path(out), self_contained(folder, address, page).encode(), force=force)


def self_contained(folder: Path, address: str, html: str) -> str:
    """A page with the files that it loads inside, and without links to others.

    Args:
        folder: of the page's files.
        address: of the page in it.
        html: its content.

    Raises:
        PageError: a file is missing, or the page would still ask for something.
    """
    rewriter = _Rewriter(folder, address, html)
    made = rewriter.result()
    left = _Rewriter(folder, address, made)
    left.result()
    if left.changed:
        raise PageError(f"the page would still ask for {left.changed[0]}")
    if left.policy is not None:  # that lets in just the scripts that are there now
        start, stop, policy = left.policy
        hashes = " ".join(_hash(script) for script in _scripts(made)) or "'none'"
        policy = re.sub("script-src [^;]*", lambda _: f"script-src {hashes}", policy)
        tag = f'<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">'
        made = made[:start] + tag + made[stop:]
    check(Page(made, rewriter.charts))
    return made


class _Rewriter(HTMLParser):
    """Replaces the tags that load or lead to other files; all else stays as it is, to the byte."""

    def __init__(self, folder: Path, address: str, html: str) -> None:
        super().__init__(convert_charrefs=False)
        self._folder, self._address, self._html = folder, address, html
        self._lines = [0]
        for line in html.split("\n")[:-1]:
            self._lines.append(self._lines[-1] + len(line) + 1)
        self._edits: list[tuple[int, int, str]] = []
        self._anchors: list[bool] = []
        self._left_out: tuple[str, int] | None = None
        self.changed: list[str] = []
        self.charts = 0
        self.policy: tuple[int, int, str] | None = None
        """Where the content security policy stands, from and to, and what it says."""

    def result(self) -> str:
        """The page with everything replaced."""
        self.feed(self._html)
        self.close()
        parts, end = [], 0
        for start, stop, text in self._edits:
            if start >= end:  # not within what is left out already
                parts += [self._html[end:start], text]
                end = stop
        return "".join([*parts, self._html[end:]])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given: Attributes = dict(attrs)
        if tag == "figure" and "chart" in (given.get("class") or "").split():
            self.charts += 1
        if tag == "nav" or (given.get("class") or "").split() == ["how"]:
            self._left_out = tag, self._place()
        elif tag == "meta" and given.get("http-equiv") == "Content-Security-Policy":
            start = self._place()
            stop = start + len(self.get_starttag_text() or "")
            self.policy = start, stop, given.get("content") or ""
        elif tag == "a":
            self._anchor(given)
        elif tag == "script" and given.get("src") is not None:
            script = self._file(given["src"]).decode()
            if "</script" in script.lower():
                raise PageError(f"{given['src']} cannot stand in a page")
            self._replace(f"<script>{script}", given["src"])
        elif tag == "link" and not _inside(given.get("href")):
            self._link(given)
        else:
            self._pictures(tag, given)

    handle_startendtag = handle_starttag

    def handle_endtag(self, tag: str) -> None:
        if self._left_out is not None and tag == self._left_out[0]:
            start, stop = self._left_out[1], self._html.index(">", self._place()) + 1
            self._edits = [edit for edit in self._edits if edit[0] < start]
            self._edits.append((start, stop, ""))
            self._left_out = None
        elif tag == "a" and self._anchors and self._anchors.pop():
            start = self._place()
            self._edits.append((start, self._html.index(">", start) + 1, "</span>"))

    def _anchor(self, given: Attributes) -> None:
        """Keep a link to a place in the page; make text of any other, which looks the same."""
        leads_away = given.get("href") is not None and not (given["href"] or "").startswith("#")
        self._anchors.append(leads_away)
        if leads_away:
            kind = given.get("class")
            self._replace(f'<span class="{escape(kind)}">' if kind else "<span>", given["href"])

    def _link(self, given: Attributes) -> None:
        """Put a style into the page; leave out any other file that goes with it."""
        if (given.get("rel") or "").lower() == "stylesheet":
            style = self._file(given.get("href")).decode()
            if "</style" in style.lower():
                raise PageError(f"{given.get('href')} cannot stand in a page")
            self._replace(f"<style>{style}</style>", given.get("href"))
        else:
            self._replace("", given.get("href"))

    def _pictures(self, tag: str, given: Attributes) -> None:
        """Put pictures and the like into the page."""
        loads = [n for n in ("src", "data", "poster") if n in given and not _inside(given[n])]
        if not loads:
            return
        for name in loads:
            link = given[name] or ""
            kind = mimetypes.guess_type(link)[0] or "application/octet-stream"
            given[name] = f"data:{kind};base64,{b64encode(self._file(link)).decode()}"
        listed = "".join(f' {n}="{escape(v or "")}"' for n, v in given.items() if n != "srcset")
        self._replace(f"<{tag}{listed}>", loads[0])

    def _file(self, link: str | None) -> bytes:
        """The content of the file that a link leads to."""
        target = target_of(self._address, link or "")
        try:
            return (self._folder / (target or "")).read_bytes()
        except OSError:
            raise PageError(f"{self._address} asks for {link}, which is not there") from None

    def _replace(self, text: str, what: str | None) -> None:
        start = self._place()
        self._edits.append((start, start + len(self.get_starttag_text() or ""), text))
        self.changed.append(str(what))

    def _place(self) -> int:
        line, column = self.getpos()
        return self._lines[line - 1] + column


def _inside(address: str | None) -> bool:
    """Whether an address holds the content itself, or a place in the page."""
    return (address or "").strip().lower().startswith(("data:", "#"))


class _Scripts(HTMLParser):
    """The scripts of a page that a browser runs."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._runs = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        kind = dict(attrs).get("type") or ""
        self._runs = tag == "script" and kind in ("", "module", "text/javascript")
        if self._runs:
            self.found.append("")

    def handle_endtag(self, tag: str) -> None:
        self._runs = self._runs and tag != "script"

    def handle_data(self, data: str) -> None:
        if self._runs:
            self.found[-1] += data


def _scripts(html: str) -> Sequence[str]:
    reader = _Scripts()
    reader.feed(html)
    reader.close()
    return [script for script in reader.found if script]


def _hash(script: str) -> str:
    return f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'"
