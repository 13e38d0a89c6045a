"""Vendor files for the tests of what comes in, and the command line run on them."""

from __future__ import annotations

import contextlib
import csv
import io
import re
import signal
import subprocess
import sys
import textwrap
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from acquire.cli import main
from acquire.errors import InputError
from acquire.inputs import read_inputs

Cells = dict[str, str]

CELLS: Cells = {
    "vendor_id": "nimbus",
    "name": "Nimbus Robotics",
    "differentiation": "8",
    "client_impact": "7",
    "scarcity": "6",
    "specificity": "5",
    "knowledge": "4",
    "price": "1000",
    "integration_cost": "60",
    "internal_spend": "500",
    "internal_cost_ratio": "0.5",
    "strategic_value": "10..40..90",
    "fixed_cost": "90",
    "external_revenue": "400",
    "external_cost_ratio": "0.45",
    "success_probability": "0.4",
    "client_satisfaction": "85",
    "competence": "8",
}
"""The cells of a strategic vendor: all that are required, and one range."""

HOSTILE = {
    "markup": "<script>alert(1)</script>",
    "path": "../../etc/passwd",
    "formula": '=HYPERLINK("http://x.test","y")',
    "right-to-left override": "abc\u202edcba",
    "terminal escape": "\x1b[2J\x1b]0;title\x07red",
    "line breaks": "one\nVerdict: forged\r\ntwo",
    "emoji": "🤖👩‍🚀",
    "Excel macro": "=cmd|' /C calc'!A0",
    "template": "{{ 7 * 7 }} ${7*7} %s {0}",
    "separators": "a\u2028b\u2029c\x85d\x0be",
}
"""Texts that mean something to a page, a shell, a spreadsheet or a terminal."""


def rows(*changes: Cells) -> list[Cells]:
    """A vendor per mapping, with these cells changed."""
    return [CELLS | change for change in changes or ({},)]


def csv_text(*changes: Cells, delimiter: str = ",", end: str = "\n") -> str:
    """A CSV file of vendors; columns that only some of them have are empty for the others."""
    table = rows(*changes)
    names = list(dict.fromkeys(name for row in table for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, names, delimiter=delimiter, lineterminator=end, restval="")
    writer.writeheader()
    writer.writerows(table)
    return text.getvalue()


def written(path: Path, content: str | bytes) -> Path:
    """`path`, with this content."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def vendor_csv(folder: Path, *changes: Cells) -> Path:
    """A CSV file of vendors in a folder."""
    return written(folder / "vendors.csv", csv_text(*changes))


def grid(*lines: Iterable[Any]) -> Callable[[Worksheet], None]:
    """An edit of an empty worksheet that fills it row by row."""

    def fill(sheet: Worksheet) -> None:
        for line in lines:
            sheet.append(list(line))

    return fill


def workbook(path: Path, edit: Callable[[Worksheet], None]) -> Path:
    """A workbook with one edited sheet."""
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    edit(sheet)
    book.save(path)
    return path


def vendor_workbook(path: Path, *changes: dict[str, Any]) -> Path:
    """A workbook of vendors whose cells may be values of any kind."""
    table: list[dict[str, Any]] = [CELLS | change for change in changes or ({},)]
    names = list(dict.fromkeys(name for row in table for name in row))
    return workbook(path, grid(names, *([row.get(name) for name in names] for row in table)))


def patched(path: Path, old: str, new: str, part: str = "xl/worksheets/sheet1.xml") -> Path:
    """A workbook in whose file `old` is replaced, as no spreadsheet would write it."""
    with zipfile.ZipFile(path) as archive:
        parts = {info.filename: archive.read(info) for info in archive.infolist()}
    assert old.encode() in parts[part]
    parts[part] = parts[part].replace(old.encode(), new.encode())
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def messages(text: str) -> list[str]:
    """The messages of an indented text, one a line; a line that is indented more goes on."""
    return re.sub(r"\n +", " ", textwrap.dedent(text).strip()).split("\n")


def problems(*arguments: Any, **options: Any) -> list[str]:
    """What `read_inputs` says is wrong, a message each."""
    with pytest.raises(InputError) as caught:
        read_inputs(*arguments, **options)
    return [str(problem) for problem in caught.value.problems]


@dataclass(frozen=True)
class Ended:
    """A run of the command line: its exit code and what it printed."""

    code: int
    out: str
    err: str


def run(*arguments: str | Path) -> Ended:
    """Run the command line within this process."""
    streams = [io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2)]
    before = signal.getsignal(signal.SIGTERM)
    try:
        with (
            mock.patch.object(sys, "argv", ["acquire", *map(str, arguments)]),
            contextlib.redirect_stdout(streams[0]),
            contextlib.redirect_stderr(streams[1]),
            pytest.raises(SystemExit) as ended,
        ):
            main()
    finally:
        signal.signal(signal.SIGTERM, before)
    out, err = (stream.buffer.getvalue().decode() for stream in streams)  # type: ignore[attr-defined]
    assert isinstance(ended.value.code, int)
    return Ended(ended.value.code, out, err)


def start(*arguments: str | bytes | Path, **options: Any) -> subprocess.Popen[bytes]:
    """Start the command line as a process of its own, with pipes for what it prints."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen([sys.executable, "-m", "acquire.cli", *arguments], **(pipes | options))
