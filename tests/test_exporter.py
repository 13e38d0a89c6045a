"""The report as a format of nbconvert: the same page, from an executed notebook alone."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jupyter_server.nbconvert.handlers import _format_regex
from nbconvert.exporters import get_exporter
from nbconvert.utils.exceptions import ConversionException

from acquire.report.exporter import ReportExporter
from acquire.report.page import page_of
from tests.pages import Folder, code, notebook

CHART = (
    "import plotly.graph_objects as go\ngo.Figure(go.Bar(y=[1, 2]), {'title': {'text': 'Bars'}})"
)


def exported(node: Any, **settings: Any) -> str:
    html, _ = ReportExporter(**settings).from_notebook_node(node)
    return str(html)


def test_it_is_registered() -> None:
    """nbconvert, and so JupyterLab, know it by its name, and offer it by words."""
    found = get_exporter("acquire_report")
    assert found is ReportExporter
    assert found().file_extension == ".html"
    assert found.export_from_notebook == "Acquisition report"
    assert re.fullmatch(_format_regex, "acquire_report")  # or Jupyter Server would not find it


def test_a_report_is_the_page_of_the_batch(folder: Folder) -> None:
    """The executed notebook that a run leaves gives the run's own figures, under its title."""
    key, vendor = next(iter(folder.vendors.items()))
    node = nbformat.read(folder.out / "notebooks" / f"{key}.ipynb", as_version=4)
    expected = page_of(node, title=str(vendor.name), assets="../assets").html
    assert exported(node, assets="../assets") == expected
    published = (folder.out / "vendors" / f"{key}.html").read_text("utf-8")
    for part in ("<figure", "<table", "<h2"):
        assert expected.count(part) == published.count(part) - (part == "<table")
        assert expected.count(part) > 5


def test_titles() -> None:
    """As asked for, or the first heading, or what the notebook is called."""
    headed = notebook(nbformat.v4.new_markdown_cell("Some words\n\n# The heading \n\n# Another"))
    assert "<title>Mine</title>" in exported(headed, title="Mine")
    assert "<title>The heading</title>" in exported(headed)
    named = {"metadata": {"name": "some-name"}}
    html, _ = ReportExporter().from_notebook_node(notebook(), named)
    assert "<title>some-name</title>" in html


def test_what_is_incomplete_is_no_report() -> None:
    """A cell that did not run stops it, and the message says what to do."""
    with pytest.raises(ConversionException, match=r"cell 1 .*did not run.*run all cells"):
        exported(notebook(code("1 + 1", count=None)))


def nbconvert(path: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = ["-m", "nbconvert", "--to", "acquire_report", *options, str(path)]
    return subprocess.run(
        [sys.executable, *command], capture_output=True, text=True, check=False, timeout=300
    )


def test_the_command(tmp_path: Path) -> None:
    """`jupyter nbconvert` executes a notebook and writes one file, charts and scripts inside."""
    path = tmp_path / "mine.ipynb"
    nbformat.write(notebook(code(CHART, count=None, tags=["chart"])), path)
    refused = nbconvert(path)
    assert refused.returncode == 1
    assert "did not run to its end" in refused.stderr
    assert not list(tmp_path.glob("*.html"))
    done = nbconvert(path, "--execute")
    assert done.returncode == 0, done.stderr
    html = (tmp_path / "mine.html").read_text("utf-8")
    assert html.count('<figure class="chart"') == 1
    assert not re.search("<script[^>]* src=", html)
    assert len(html) > 3e6
