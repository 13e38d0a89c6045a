"""The store at a place: what is there, read ahead and published, a file at a time."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import Any

from acquire.batch.remote.journal import JOURNAL, Journal
from acquire.batch.remote.lock import Lock
from acquire.batch.remote.place import UPLOAD, Place

TOGETHER = 64
"""Files that are read ahead with one."""


class RemoteStore:
    """A store at a URL.

    Raises:
        InputError: the URL is none that fsspec knows, or what it needs is not installed.
    """

    def __init__(self, url: str) -> None:
        self._place = Place(url)
        self.name = self._place.name
        self._lock = Lock(self._place)
        self._journal = Journal(self._place)
        self._sizes: dict[str, int] = {}
        self._copies = Path()

    def __str__(self) -> str:
        return self.name

    @contextmanager
    def locked(self) -> Iterator[Path]:
        """Keep other runs away; what a run that has died has left is cleared away.

        Raises:
            InputError: another run is at work, or the place cannot be reached or written to.
        """
        with tempfile.TemporaryDirectory(prefix="acquire-", ignore_cleanup_errors=True) as folder:
            work = Path(folder)
            self._copies = work / ".copies"  # which no vendor's id can be
            self._lock = Lock(self._place)
            try:
                try:
                    self._lock.take()
                    self._look()
                except OSError as error:
                    raise self._place.unusable(error) from None
                yield work
                with suppress(OSError):  # the reports are there all the same
                    self._lock.check()
                    self._journal.put_together()
            finally:
                self._lock.release()

    def _look(self) -> None:
        """See what is there."""
        self._sizes = self._place.sizes()
        for address in [a for a in self._sizes if a.startswith(UPLOAD)]:
            self._place.remove(address)
        self._journal.load([address for address in self._sizes if address.startswith(JOURNAL)])
        self._journal.put_together()

    def events(self) -> list[dict[str, Any]]:
        """The journal, as it was found and has been added to since."""
        return self._journal.events()

    def record(self, event: Mapping[str, Any]) -> None:
        """Add an event to the journal, at the place when this returns."""
        self._lock.check()
        self._journal.add(event)

    def publish(self, files: Mapping[str, Path]) -> None:
        """Put local files at addresses, each at once, in this order; they are gone here then."""
        for address, source in files.items():
            self._lock.check()
            copy = self._copies / address
            copy.parent.mkdir(parents=True, exist_ok=True)
            source.replace(copy)  # whose name tells what is in it
            self._place.put_file(address, copy)
            self._sizes[address] = copy.stat().st_size
            if copy.suffix != ".json":  # what is read again
                copy.unlink()

    def read(self, address: str) -> bytes | None:
        """A file's content, None where there is none."""
        if address not in self._sizes:
            return None
        copy = self._copies / address
        if not copy.is_file():
            self._read_ahead(address)
        return copy.read_bytes() if copy.is_file() else None

    def _read_ahead(self, address: str) -> None:
        """Bring copies of a file and of some beside it that will be asked for next."""
        kind = PurePosixPath(address)
        beside = [
            other
            for other in self._sizes
            if (path := PurePosixPath(other)).parent == kind.parent
            and path.suffix == kind.suffix
            and other != address
            and not (self._copies / other).is_file()
        ]
        wanted = [address, *beside[: TOGETHER - 1]]
        (self._copies / address).parent.mkdir(parents=True, exist_ok=True)
        for name, content in self._place.read(wanted).items():
            (self._copies / name).write_bytes(content)

    def remove(self, address: str) -> None:
        """Remove a file, if it is there."""
        if address in self._sizes:
            self._lock.check()
            self._place.remove(address)
            del self._sizes[address]
            (self._copies / address).unlink(missing_ok=True)

    def holds(self, address: str, digest: str, size: int) -> bool:  # noqa: ARG002 - costs a reading
        """Whether a file of that size was there when the run began, or has been put there since."""
        return self._sizes.get(address) == size
