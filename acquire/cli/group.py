"""The group of all commands."""

from __future__ import annotations

import click


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="vendor-acquire", prog_name="acquire")
def acquire() -> None:
    """Should we just buy that supplier?

    FILE holds one vendor per row (.csv, .xlsx or .yaml); data/README.md explains its columns.
    Start with `acquire check FILE`, read a verdict with `acquire evaluate FILE VENDOR_ID`, and
    write reports for those who approve with `acquire render FILE`.

    Exit codes: 0 fine, 1 some vendors failed, 2 wrong input, 130 interrupted.
    """
