"""The program: runs a command, and turns what goes wrong into messages and exit codes."""

from __future__ import annotations

import io
import os
import signal
import sys
from typing import Any

import click

from acquire.cli.group import acquire
from acquire.cli.options import FAILED, INTERRUPTED, WRONG_INPUT
from acquire.errors import InputError


def _interrupt(*_: Any) -> None:
    raise KeyboardInterrupt


def main() -> None:
    """Run the command line, with the exit codes of its help."""
    signal.signal(signal.SIGTERM, _interrupt)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # not every terminal knows every character
            stream.reconfigure(errors="backslashreplace")
    try:
        code = _run()
    except OSError as error:
        if not isinstance(error, BrokenPipeError):  # whose reader has seen enough
            click.echo(f"stopped by the system: {error}", err=True)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                os.dup2(nowhere, stream.fileno())
        code = FAILED
    sys.exit(code)


def _run() -> int:
    """Run the command line and say what went wrong; the exit code."""
    try:
        return acquire.main(standalone_mode=False) or 0
    except InputError as error:
        for problem in error.problems:
            click.echo(str(problem), err=True)
        many = len(error.problems)
        click.echo(f"{many} problem{'s' * (many != 1)}; nothing was written", err=True)
        return WRONG_INPUT
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted; nothing is half-written", err=True)
        return INTERRUPTED
