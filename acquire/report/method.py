"""The page that explains the method: where it is, and what stands there until it is rendered."""

from __future__ import annotations

from acquire.report.page import render_template

METHOD = "method.html"
"""Where the page is published, relative to the index."""


def waiting_method_page(*, home: str, assets: str | None) -> str:
    """The page where none has been rendered yet, so that every link to it leads somewhere.

    Args:
        home: address of the index, relative to the page.
        assets: as for `page_of`.
    """
    return render_template(
        "waiting.html.j2",
        assets,
        title="How the figures come about: the method",
        subtitle="not rendered yet",
        home=home,
        words="The page that explains the method has not been rendered yet. A run that is not "
        "limited to some of the vendors does so; if that failed, the index leads to the reason.",
    )
