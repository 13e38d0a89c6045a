"""`diff`: what changed between two folders of reports, and why."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from acquire.cli.group import acquire
from acquire.cli.options import JSON, WRONG_INPUT, as_json_text, options, progress, show


@acquire.command()
@click.argument("old", type=click.Path(path_type=Path), metavar="OLD")
@click.argument("new", type=click.Path(path_type=Path), metavar="NEW")
@options(JSON)
@click.option(
    "--html",
    "page",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write a page as well, with a chart of what moved each vendor; it needs no network.",
)
def diff(old: Path, new: Path, as_json: bool, page: Path | None) -> None:
    """What changed from the reports in folder OLD to those in NEW, and which input moved what.

    Flipped verdicts come first, then the largest moves of the payoff, each with the inputs that
    moved it and by how much: the steps add up from the old payoff to the new one. The folders
    suffice, or their results.json; the vendor files are not asked for.

    Reports of a version that did not keep its inputs are compared without the inputs; the exit
    code is 2 then.
    """
    from acquire import tables
    from acquire.changes import diff as compare

    changes = compare(old, new, lambda pairs: progress(pairs, len(pairs), "comparing"))
    if page is not None:
        from acquire.files import write_whole
        from acquire.report.changes import changes_page
        from acquire.report.check import check

        made = changes_page(changes)
        check(made)
        write_whole(page, made.html.encode())
    if as_json:
        click.echo(as_json_text(changes.to_dict()))
    else:
        show(tables.what_changed(changes))
    for problem in changes.problems:
        click.echo(str(problem), err=True)
    if changes.problems:
        sys.exit(WRONG_INPUT)
