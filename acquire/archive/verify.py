"""Whether an archive, zipped or unzipped, is still what it was."""

from __future__ import annotations

import json
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from acquire.archive.package import MANIFEST, SUMS, digest, published
from acquire.errors import InputError, Problem, place_of, printable

LINE = re.compile(r"(\\?)([0-9a-f]{64})  (.+)")
DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError)
"""What reading a damaged zip may raise."""

Reader = Callable[[str], bytes]
"""The content of a file by its path."""


def verify(archived: str | Path, reports: str | Path | None = None) -> list[str]:
    """What differs between an archive and its hashes, a sentence each; none where nothing does.

    Args:
        archived: the zip file, or the folder that it was unzipped to.
        reports: a folder of reports that is held against the archive as well.

    Raises:
        InputError: there is no such archive or folder.
    """
    path = Path(archived)
    for place in (path, *([] if reports is None else [Path(reports)])):
        if not place.exists():
            raise InputError(
                Problem(
                    "an archive, zipped or unzipped", file=place_of(place), wrong="is not there"
                )
            )
    if path.is_dir():
        names = [*published(path), *(n for n in (MANIFEST, SUMS) if (path / n).is_file())]
        found = _Archive(names, lambda name: (path / name).read_bytes())
        return [*found.differences(), *found.against(reports)]
    try:
        with zipfile.ZipFile(path) as file:
            names = [info.filename for info in file.infolist() if not info.is_dir()]
            found = _Archive(names, file.read)
            return [*found.differences(), *found.against(reports)]
    except DAMAGE as error:
        return [f"{printable(path.name)} is no zip file, or a damaged one: {printable(error)}"]


class _Archive:
    """The files of an archive, and what it says of them.

    Args:
        names: paths of the files, as often as they are there.
        read: gives the content of one.
    """

    def __init__(self, names: list[str], read: Reader) -> None:
        self._names, self._read = names, read
        self._sums: dict[str, str] = {}

    def differences(self) -> Iterator[str]:
        """What differs between the files and the hashes."""
        twice = sorted({name for name in self._names if self._names.count(name) > 1})
        yield from (f"{printable(name)} is there more than once" for name in twice)
        for name in (MANIFEST, SUMS):
            if name not in self._names:
                yield f"{name} is missing"
        sums = self._content(SUMS)
        if sums is None:
            if SUMS in self._names:
                yield f"{SUMS} is damaged"
            return
        self._sums = read_sums(sums.decode("utf-8", errors="replace"))
        if not self._sums:
            yield f"{SUMS} holds no hashes"
            return
        yield from self._differing()
        yield from self._manifest()

    def _differing(self) -> Iterator[str]:
        for name, expected in sorted(self._sums.items()):
            if name not in self._names:
                if name != MANIFEST:
                    yield f"{printable(name)} is missing"
                continue
            content = self._content(name)
            if content is None:
                yield f"{printable(name)} is damaged"
            elif digest(content) != expected:
                yield f"{printable(name)} is not what it was"
        more = sorted({*self._names} - {*self._sums, SUMS})
        yield from (f"{printable(name)} was not there" for name in more)

    def _manifest(self) -> Iterator[str]:
        """Where the two lists of hashes differ."""
        content = self._content(MANIFEST)
        if content is None:
            return
        try:
            listed = {entry["path"]: entry["sha256"] for entry in json.loads(content)["files"]}
        except (ValueError, KeyError, TypeError, RecursionError):
            yield f"{MANIFEST} cannot be read"
            return
        if listed != {name: value for name, value in self._sums.items() if name != MANIFEST}:
            yield f"{MANIFEST} and {SUMS} differ"

    def against(self, reports: str | Path | None) -> Iterator[str]:
        """What differs between a folder of reports and the archive's hashes."""
        if reports is None:
            return
        folder = Path(reports)
        called = printable(folder.name or folder.resolve().name)
        archived = {name: value for name, value in self._sums.items() if name != MANIFEST}
        there = published(folder)
        for name in sorted({*archived, *there}):
            if name not in there:
                yield f"{printable(name)} is no more in {called}"
            elif name not in archived:
                yield f"{printable(name)} of {called} is not in the archive"
            elif digest((folder / name).read_bytes()) != archived[name]:
                yield f"{printable(name)} of {called} differs from the archive"

    def _content(self, name: str) -> bytes | None:
        """The content of a file, None where it cannot be read."""
        try:
            return self._read(name) if name in self._names else None
        except (*DAMAGE, KeyError):
            return None


def read_sums(text: str) -> dict[str, str]:
    """Hashes by path, from what `sums_text` wrote; other lines are left out."""
    sums = {}
    for line in text.split("\n"):
        found = LINE.fullmatch(line)
        if found:
            escaped, value, name = found.groups()
            if escaped:
                name = re.sub(r"\\(.)", lambda m: {"n": "\n", "r": "\r"}.get(m[1], m[1]), name)
            sums[name] = value
    return sums
