"""The command line: each command is a skin on one function of the package.

Results go to standard output, messages and progress to standard error. Exit codes: 0 fine, 1 some
vendors failed or a fault of this program, 2 wrong input, 130 interrupted.
"""

from __future__ import annotations

from acquire.cli import archive, changes, evaluate, explore, portfolio, render  # noqa: F401 - add commands
from acquire.cli.group import acquire
from acquire.cli.program import main

__all__ = ["acquire", "main"]
