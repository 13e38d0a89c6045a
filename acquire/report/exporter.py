"""The page of an executed notebook for whoever has nbconvert or JupyterLab, and no batch.

Registered with nbconvert as `acquire_report` (Jupyter Server finds no name with a hyphen), so that
`jupyter nbconvert --to acquire_report` and JupyterLab's "Save and export notebook as" give the
page that `acquire render` publishes.
"""

from __future__ import annotations

import re
from typing import Any

from nbconvert.exporters import Exporter
from nbconvert.utils.exceptions import ConversionException
from traitlets import Unicode, default

from acquire.notebook import results_of
from acquire.report.page import PageError, page_of


class ReportExporter(Exporter):
    """One HTML file: code hidden, charts drawn without a network, nothing dropped silently."""

    export_from_notebook = "Acquisition report"
    output_mimetype = "text/html"

    title = Unicode(
        "",
        help="Title of the page; by default the vendor of a notebook that evaluates one, or else "
        "the notebook's first heading, or else its name.",
    ).tag(config=True)
    assets = Unicode(
        "",
        help="Address of a folder with the scripts of `acquire render`, relative to the page; by "
        "default they are in the page, which makes it a single file of some 5 MB.",
    ).tag(config=True)

    @default("file_extension")
    def _file_extension_default(self) -> str:
        return ".html"

    def from_notebook_node(  # type: ignore[override] # its base says what it takes, not gives
        self, nb: Any, resources: Any = None, **options: Any
    ) -> tuple[str, dict[str, Any]]:
        """The page.

        Raises:
            ConversionException: a cell did not run, ended in an error, or shows no chart though
                it should.
        """
        notebook, found = super().from_notebook_node(nb, resources, **options)
        file = str(found.get("metadata", {}).get("name", "notebook"))
        try:
            page = page_of(
                notebook, title=self.title or _title(notebook, file), assets=self.assets or None
            )
        except PageError as error:
            said = f"{file}: {error}; run all cells, save the notebook, and export it again"
            raise ConversionException(said) from error
        return page.html, found


def _title(notebook: Any, file: str) -> str:
    """The one vendor that was evaluated, or else the first heading, or else the file's name."""
    results = results_of(notebook) or []
    if len(results) == 1:
        return str(results[0]["name"])
    prose = (cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    heading = re.search(r"^# +(.+?)\s*$", "\n".join(prose), flags=re.MULTILINE)
    return heading[1] if heading else file
