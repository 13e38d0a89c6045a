"""The page of a report that failed: what failed, where, and how to try it again."""

from __future__ import annotations

from typing import Protocol

from acquire.report.page import render_template


class Failure(Protocol):
    """What is known of a failure; see `acquire.batch.job.Failure`."""

    @property
    def what(self) -> str:
        """In one line."""

    @property
    def cell(self) -> int | None:
        """Number of the cell that failed."""

    @property
    def source(self) -> str:
        """Of that cell."""

    @property
    def traceback(self) -> str:
        """What the cell showed."""


def failure_page(
    failure: Failure,
    *,
    title: str,
    home: str | None,
    method: str | None = None,
    notebook: str | None = None,
    former: str | None = None,
    rerun: str | None = None,
) -> str:
    """The page as an HTML document, in need of no other file.

    Args:
        failure: what is known of it.
        title: what the report would have been called.
        home, method, notebook, former: addresses, relative to the page, of the index, of the page
            that explains the method, of the unfinished notebook, and of an earlier report.
        rerun: the command that renders it again.
    """
    return render_template(
        "failure.html.j2",
        None,
        title=title,
        subtitle="not rendered",
        home=home,
        method_page=method,
        failure=failure,
        notebook=notebook,
        former=former,
        rerun=rerun,
    )
