"""Files that are there whole or not at all."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from acquire.errors import InputError, Problem


@contextmanager
def whole(path: Path, *, force: bool = True) -> Iterator[Path]:
    """A path to write to, whose file takes its place when all has gone well; its folder is made.

    Args:
        path: of the file. What is there stays until then, and for good where anything goes wrong.
        force: whether a file that is there may be replaced.

    Raises:
        InputError: a file is there that may not be replaced, or a folder.
        OSError: the file cannot be written.
    """
    _refuse(path, force=force)
    path.parent.mkdir(parents=True, exist_ok=True)
    target = Path(os.path.realpath(path))  # behind a link, which stays
    beside = target.with_name(f".{target.name[:200]}.{uuid.uuid4().hex[:12]}")
    try:
        yield beside
        with beside.open("rb+") as file:
            os.fsync(file.fileno())
        _refuse(path, force=force)
        if target.exists():
            shutil.copymode(target, beside)
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)


def _refuse(path: Path, *, force: bool) -> None:
    """Refuse a place that is taken."""
    if path.is_dir():
        raise InputError(Problem("a file to write to", file=str(path), wrong="is a folder"))
    if path.exists() and not force:
        raise InputError(
            Problem("another place, or --force to replace it", file=str(path), wrong="exists")
        )


def write_whole(path: Path, content: bytes, *, force: bool = True) -> None:
    """Write a file, at once or not at all; see `whole`."""
    with whole(path, force=force) as beside:
        beside.write_bytes(content)
