"""Files that are there whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from acquire.errors import InputError
from acquire.files import whole, write_whole


def test_a_file_is_written_with_its_folder(tmp_path: Path) -> None:
    """The folder is made, the content is there, and nothing else is left beside it."""
    path = tmp_path / "a" / "b" / "file.txt"
    write_whole(path, b"one")
    write_whole(path, b"two")
    assert path.read_bytes() == b"two"
    assert list(path.parent.iterdir()) == [path]


def test_what_goes_wrong_leaves_what_was_there(tmp_path: Path) -> None:
    """An error while writing leaves the former file, and no unfinished one."""
    path = tmp_path / "file.txt"
    path.write_bytes(b"former")

    def write() -> None:
        with whole(path) as beside:
            beside.write_bytes(b"half")
            raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        write()
    assert path.read_bytes() == b"former"
    assert list(tmp_path.iterdir()) == [path]


def test_a_place_that_is_taken(tmp_path: Path) -> None:
    """Without force a file that is there stays, even one that came in the meantime."""
    path = tmp_path / "file.txt"

    def write() -> None:
        with whole(path, force=False) as beside:
            beside.write_bytes(b"mine")
            path.write_bytes(b"another's")

    with pytest.raises(InputError, match="exists; expected another place, or --force to replace"):
        write()
    assert path.read_bytes() == b"another's"
    with pytest.raises(InputError, match="is a folder"):
        write_whole(tmp_path, b"")
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    """What a link leads to is replaced, with the rights it has, and the link stays."""
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_bytes(b"former")
    target.chmod(0o640)
    link.symlink_to(target)
    write_whole(link, b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
    assert target.stat().st_mode & 0o777 == 0o640
