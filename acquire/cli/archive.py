"""`archive`: a folder of reports as one file, and whether that is still what it was."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from acquire.cli.group import acquire
from acquire.cli.options import FAILED, show


@acquire.command()
@click.argument("reports", type=click.Path(path_type=Path), metavar="[REPORTS]", required=False)
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The file to write, such as q4.zip; with --single-file, such as nimbus.html.",
)
@click.option("--force", is_flag=True, help="Replace FILE if it is there.")
@click.option(
    "--single-file",
    "vendor_id",
    metavar="VENDOR_ID",
    help="Write just this vendor's page, with all that it needs inside, for a mail.",
)
@click.option(
    "--verify",
    "archived",
    type=click.Path(path_type=Path),
    metavar="ARCHIVE",
    help="Check the hashes of a zip, or of the folder that it was unzipped to, and that the folder "
    "REPORTS is what it holds if REPORTS is given; exit code 1 if anything differs.",
)
def archive(
    reports: Path | None,
    out: Path | None,
    force: bool,
    vendor_id: str | None,
    archived: Path | None,
) -> None:
    """Put the folder REPORTS into one zip file with its hashes, or one vendor's page into a file.

    The zip holds everything that is published, MANIFEST.json and SHA256SUMS (for sha256sum -c);
    the same folder gives the same bytes. It is written only if every link of every page leads to
    a file in it. Nothing is rendered again.
    """
    if archived is not None:
        if out is not None or vendor_id is not None or force:
            raise click.UsageError("--verify goes with none of --out, --single-file and --force.")
        _verify(archived, reports)
        return
    if reports is None:
        raise click.UsageError("Missing argument 'REPORTS'.")
    if out is None:
        raise click.UsageError("Missing option '--out'.")
    from acquire import archive as package
    from acquire.report.page import PageError

    try:
        if vendor_id is not None:
            package.single_page(reports, vendor_id, out, force=force)
            show(f"{out}: the page of {vendor_id}")
        else:
            made = package.archive(reports, out, force=force)
            show(f"{out}: {made.files} files, {made.bytes / 2**20:,.1f} MiB")
    except (package.BrokenLinksError, PageError) as error:
        click.echo(str(error), err=True)
        click.echo("nothing was written", err=True)
        sys.exit(FAILED)


def _verify(archived: Path, reports: Path | None) -> None:
    from acquire.archive import verify

    differences = verify(archived, reports)
    if not differences:
        show(f"{archived}: every file is what it was")
        return
    for difference in differences:
        show(difference)
    many = len(differences)
    click.echo(f"{many} difference{'s' * (many != 1)}", err=True)
    sys.exit(FAILED)
