"""Where reports are published: a local folder, or any place that fsspec reaches.

Either keeps, beside the reports, a journal to which events are only ever added, and a lock by
which one run at a time writes to it. A reader never meets half a file.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import IO, Any, Protocol

from acquire.errors import InputError, Problem

STATE = ".acquire"
"""Folder of the journal, the lock and unfinished work, hidden beside the reports."""
JOURNAL = "journal.jsonl"


class Store(Protocol):
    """Files by their addresses relative to the index."""

    name: str
    """What messages call it."""

    def __str__(self) -> str:
        """Its whole address."""

    def locked(self) -> Any:
        """Keep other runs away within this context, which gives a local folder for work."""

    def events(self) -> list[dict[str, Any]]:
        """The journal."""

    def record(self, event: Mapping[str, Any]) -> None:
        """Add an event to the journal, to stay."""

    def publish(self, files: Mapping[str, Path]) -> None:
        """Put local files at addresses, each at once, in this order."""

    def read(self, address: str) -> bytes | None:
        """A file's content, None where there is none."""

    def remove(self, address: str) -> None:
        """Remove a file, if it is there."""

    def holds(self, address: str, digest: str, size: int) -> bool:
        """Whether a file is there as it was published."""


def lines_of(content: bytes) -> list[dict[str, Any]]:
    """The events of a journal; what was cut off when a run was killed is none."""
    events = []
    for line in content.split(b"\n"):
        with contextlib.suppress(ValueError, RecursionError):
            event = json.loads(line)
            if isinstance(event, dict):
                events.append(event)
    return events


def holder() -> str:
    """This process, in the words for another one that finds the lock taken."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return f"process {os.getpid()} on {socket.gethostname()} since {now}"


def taken(name: str, by: str) -> InputError:
    """What a run says that finds another at work."""
    return InputError(
        Problem(
            "one run at a time, or another place with --out",
            file=name,
            wrong=f"another run is writing to it ({by or 'which has just started'})",
        )
    )


class LocalStore:
    """A folder of this machine, made when it does not exist.

    Raises:
        InputError: it cannot be used.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.name = self.folder.name or str(self.folder)
        self._state = self.folder / STATE
        try:
            self._state.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self._state):
                pass
        except OSError as error:
            raise InputError(
                Problem(
                    "a folder that can be written to",
                    file=self.name,
                    wrong=str(error.strerror).lower(),
                )
            ) from None

    def __str__(self) -> str:
        return str(self.folder)

    @contextmanager
    def locked(self) -> Iterator[Path]:
        """Keep other runs away; the system lets go of the lock however this process ends."""
        with (self._state / "lock").open("a+", encoding="utf-8") as lock:
            if not _take(lock):
                raise taken(self.name, _who_has(lock))
            lock.truncate(0)
            lock.write(holder())
            lock.flush()
            for left in self._state.glob("work*"):  # of runs that were killed
                shutil.rmtree(left, ignore_errors=True)
            # of this run alone: what is left of a killed one may still remove its own
            work = self._state / f"work-{uuid.uuid4().hex[:12]}"
            work.mkdir()
            try:
                yield work
            finally:
                shutil.rmtree(work, ignore_errors=True)
                lock.truncate(0)

    def events(self) -> list[dict[str, Any]]:
        """The journal."""
        try:
            return lines_of((self._state / JOURNAL).read_bytes())
        except FileNotFoundError:
            return []

    def record(self, event: Mapping[str, Any]) -> None:
        """Add an event to the journal, on the disk when this returns."""
        with (self._state / JOURNAL).open("ab+", buffering=0) as file:
            line = json.dumps(event).encode() + b"\n"
            if file.seek(0, os.SEEK_END):
                file.seek(-1, os.SEEK_END)
                line = b"\n" * (file.read(1) != b"\n") + line  # after one that was cut off
            while line:  # a disk takes what it has room for, and says so only when asked again
                line = line[file.write(line) :]
            os.fsync(file.fileno())

    def publish(self, files: Mapping[str, Path]) -> None:
        """Move files into place, each at once."""
        folders = set()
        for address, source in files.items():
            target = self.folder / address
            target.parent.mkdir(exist_ok=True)
            source.replace(target)
            folders.add(target.parent)
        for folder in folders:
            _sync_folder(folder)

    def read(self, address: str) -> bytes | None:
        """A file's content, None where there is none."""
        try:
            return (self.folder / address).read_bytes()
        except OSError:
            return None

    def remove(self, address: str) -> None:
        """Remove a file, if it is there."""
        (self.folder / address).unlink(missing_ok=True)

    def holds(self, address: str, digest: str, size: int) -> bool:
        """Whether a file is there as it was published."""
        try:
            path = self.folder / address
            return path.stat().st_size == size and fingerprint(path) == digest
        except OSError:
            return False


@contextmanager
def undisturbed(folder: Path) -> Iterator[None]:
    """Keep runs away from a folder of reports while it is read; several may read at a time.

    Raises:
        InputError: a run is writing to it.
    """
    try:
        lock = (folder / STATE / "lock").open(encoding="utf-8")
    except OSError:  # a copy, or of another user: nobody writes to it, as far as can be told
        yield
        return
    with lock:
        if not _take(lock, alone=False):
            raise InputError(
                Problem(
                    "its end, and then the same command again",
                    file=folder.name or str(folder),
                    wrong=f"a run is writing to it ({_who_has(lock) or 'which has just started'})",
                )
            )
        yield


def fingerprint(path: Path) -> str:
    """SHA-256 of a file."""
    return sha256(path.read_bytes()).hexdigest()


def _who_has(lock: IO[str], patience: float = 1.0) -> str:
    """What the one that has taken the lock says of itself, which it does at once."""
    end = time.monotonic() + patience
    while True:
        lock.seek(0)
        by = lock.read()
        if by or time.monotonic() > end:
            return by
        time.sleep(0.01)


def _take(lock: IO[str], *, alone: bool = True) -> bool:
    """Whether the lock could be had, for oneself alone or together with others like oneself."""
    try:
        import fcntl
    except ImportError:
        return _take_on_windows(lock)
    try:
        fcntl.flock(lock, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _take_on_windows(lock: IO[str]) -> bool:
    import msvcrt

    lock.seek(2**20)  # far behind what is written, which others may read
    try:
        msvcrt.locking(lock.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
    except OSError:
        return False
    finally:
        lock.seek(0)
    return True


def _sync_folder(folder: Path) -> None:
    """Have the names in a folder on the disk, where the system can."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def store_at(out: str | Path) -> Store:
    """The store at a folder or an URL such as `s3://bucket/reports`.

    Raises:
        InputError: it cannot be used.
    """
    if "://" in str(out):
        from acquire.batch.remote import RemoteStore

        remote: Store = RemoteStore(str(out))
        return remote
    return LocalStore(Path(out))
