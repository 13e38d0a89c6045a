"""Reports published at any place that fsspec reaches, such as a bucket of S3.

Nothing can be added to an object there, so that each event of the journal is an object of its
own, whose name tells its time; many of them are put together into one when a run begins or ends.
The lock is an object too: it is written anew every few seconds, and one that is not any more was
left by a run that has died.
"""

from __future__ import annotations

import errno
import json
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from acquire.batch.store import STATE, holder, lines_of, taken
from acquire.errors import InputError, Problem, printable

OBJECT_STORES = frozenset({"s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "oss", "oci"})
"""Protocols by which a file is there at once and as a whole, in folders that need not be made."""
JOURNAL, LOCK = f"{STATE}/journal/", f"{STATE}/locks/"
UPLOAD, CLOCK = f"{STATE}/upload-", f"{STATE}/clock-"
"""What the names of such objects begin with."""
RENEWAL, ABANDONED = 20.0, 60.0
"""Seconds after which a lock is renewed, and after which one that was not is nobody's."""
MANY = 32
"""Objects of the journal from which they are put together."""
TOGETHER = 64
"""Files that are read ahead with one."""


class RemoteStore:
    """A store at a URL.

    Raises:
        InputError: the URL is none that fsspec knows, or what it needs is not installed.
    """

    def __init__(self, url: str) -> None:
        self._place = _Place(url)
        self.name = self._place.name
        self._lock = _Lock(self._place)
        self._journal = _Journal(self._place)
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
            self._lock = _Lock(self._place)
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


class _Place:
    """Files at a URL, whatever kind of place it is; all that goes wrong is an OSError."""

    def __init__(self, url: str) -> None:
        secret, at, _ = urlsplit(url).netloc.rpartition("@")
        self._secret = secret
        self.name = url.replace(secret + at, "", 1)
        protocol = url.partition("://")[0]
        if any(wildcard in url for wildcard in "*?["):
            raise self._wrong_url("it has one of * ? [, which fsspec takes for a pattern")
        try:
            from fsspec.core import url_to_fs

            self._files, root = url_to_fs(url)
        except ImportError as error:
            ours = protocol in ("s3", "s3a") or (error.name or "").startswith("fsspec")
            how = 'pip install "vendor-acquire[s3]"' if ours else self._words(error)
            raise InputError(
                Problem(
                    f"its package: {how}",
                    file=self.name,
                    wrong=f"what {protocol}:// needs is not installed",
                )
            ) from None
        except ValueError as error:
            raise self._wrong_url(self._words(error)) from None
        except Exception as error:  # noqa: BLE001 - some connect at once, each with its own errors
            raise self.unusable(error) from None
        self._root = root.rstrip("/")
        if not self._root:
            raise self._wrong_url("it names no place")
        protocols = self._files.protocol
        self._folders = OBJECT_STORES.isdisjoint(
            [protocols] if isinstance(protocols, str) else protocols
        )
        self._made: set[str] = set()

    def _wrong_url(self, wrong: str) -> InputError:
        expected = "a folder, or a URL such as s3://bucket/reports"
        return InputError(Problem(expected, file=self.name, wrong=wrong))

    def unusable(self, error: Exception) -> InputError:
        """What a run says that cannot begin."""
        said = self._words(error)
        return InputError(
            Problem("a place that can be reached and written to", file=self.name, wrong=said)
        )

    def _words(self, error: Exception) -> str:
        said = (error.strerror if isinstance(error, OSError) else None) or str(error)
        said = said or type(error).__name__
        if self._secret:
            said = said.replace(self._secret, "…")
        if said[1:2].islower():
            said = said[0].lower() + said[1:]
        return printable(said).rstrip(".")

    @contextmanager
    def _as_os_errors(self) -> Iterator[None]:
        """What libraries come up with, as errors of the system, with the place's name."""
        try:
            yield
        except (FileNotFoundError, FileExistsError):
            raise
        except OSError as error:
            raise OSError(error.errno or errno.EIO, self._words(error), self.name) from None
        except Exception as error:  # noqa: BLE001 - each has its own
            raise OSError(errno.EIO, self._words(error), self.name) from None

    def _path(self, address: str) -> str:
        return f"{self._root}/{address}"

    def sizes(self, beginning: str = "") -> dict[str, int]:
        """Sizes of the files there, by their addresses in order."""
        with self._as_os_errors():
            self._files.invalidate_cache()
            folder = self._path(beginning).rpartition("/")[0]
            found = self._files.find(folder, detail=True)
        sizes = {path[len(self._root) + 1 :]: found[path]["size"] for path in sorted(found)}
        return {address: s for address, s in sizes.items() if address.startswith(beginning)}

    def read(self, addresses: Sequence[str]) -> dict[str, bytes]:
        """Contents, read at the same time where the place can; files that are gone are left out."""
        if not addresses:
            return {}
        paths = [self._path(address) for address in addresses]
        found: dict[str, bytes] = {}
        with self._as_os_errors():
            contents = self._files.cat_ranges(paths, None, None, on_error="return")
            for address, content in zip(addresses, contents, strict=True):
                if isinstance(content, bytes):
                    found[address] = content
                elif not isinstance(content, FileNotFoundError):
                    raise content
        return found

    def put_file(self, address: str, source: Path) -> None:
        """Put a local file there, at once."""
        with self._as_os_errors(), self._at_once(address) as path:
            self._files.put_file(str(source), path)

    def put(self, address: str, content: bytes) -> None:
        """Put bytes there, at once."""
        with self._as_os_errors(), self._at_once(address) as path:
            self._files.pipe_file(path, content)

    @contextmanager
    def _at_once(self, address: str) -> Iterator[str]:
        """A path to write to, of a file that is moved to its address once it is complete."""
        path = self._path(address)
        if not self._folders:
            yield path
            return
        beside = self._path(f"{UPLOAD}{uuid.uuid4().hex}")
        self._make_folders(path, beside)
        yield beside
        self._files.mv(beside, path)

    def _make_folders(self, *paths: str) -> None:
        for folder in {path.rpartition("/")[0] for path in paths} - self._made:
            self._files.makedirs(folder, exist_ok=True)
            self._made.add(folder)

    def put_new(self, address: str, content: bytes) -> None:
        """Put bytes where nothing is.

        Raises:
            FileExistsError: something is, as far as the place can tell.
        """
        path = self._path(address)
        with self._as_os_errors():
            try:
                if self._folders:  # where a file is made by one alone, as the system has it
                    self._make_folders(path)
                    with self._files.open(path, "xb") as file:
                        file.write(content)
                else:
                    self._files.pipe_file(path, content, mode="create")
            except OSError as error:
                if error.errno == errno.ENOSYS:  # a place that knows no conditions
                    self._files.pipe_file(path, content)
                elif not isinstance(error, FileNotFoundError) and self._files.exists(path):
                    raise FileExistsError(address) from None  # not every place says it so
                else:
                    raise

    def remove(self, *addresses: str) -> None:
        """Remove files, of which some may be gone."""
        with self._as_os_errors(), suppress(FileNotFoundError):
            if len(addresses) == 1:
                self._files.rm_file(self._path(addresses[0]))
            elif addresses:
                self._files.rm([self._path(address) for address in addresses])

    def age(self, address: str) -> float | None:
        """Seconds since a file was written, by the place's own clock; None where it has none."""
        now = f"{CLOCK}{uuid.uuid4().hex}"
        with self._as_os_errors():
            self.put(now, b"")
            try:
                self._files.invalidate_cache()
                return float((self._time(now) - self._time(address)).total_seconds())
            except KeyError:
                return None
            finally:
                self.remove(now)

    def _time(self, address: str) -> Any:
        try:
            return self._files.modified(self._path(address))
        except NotImplementedError:
            return self._files.info(self._path(address))["mtime"]  # as SFTP has it


class _Lock:
    """The lock of a place: an object whose number is above those of abandoned ones.

    Two runs cannot both make the object of a number; where a place does not keep them from it,
    the one whose object was overwritten notices when it looks again.
    """

    def __init__(self, place: _Place) -> None:
        self._place = place
        self._token = uuid.uuid4().hex
        self._address = ""
        self._holder = ""
        self._renewed = 0.0
        self._lost = False
        self._using = threading.Lock()
        self._released = threading.Event()
        self._thread = threading.Thread(target=self._keep_renewing, daemon=True)

    def take(self) -> None:
        """Have it from here on.

        Raises:
            InputError: another run has it.
        """
        found = self._found()
        for address, content in found.items():
            self._refuse_unless_abandoned(address, content)
        highest = max((int(address.removeprefix(LOCK)) for address in found), default=0)
        self._address, self._holder = f"{LOCK}{highest + 1:08}", holder()
        own = self._content()
        try:
            self._place.put_new(self._address, own)
        except FileExistsError:
            raise taken(self._place.name, "") from None
        self._renewed = time.time()
        if self._found() != found | {self._address: own}:
            self.release()
            raise taken(self._place.name, "")
        self._place.remove(*found)
        self._thread.start()

    def _found(self) -> dict[str, bytes]:
        names = [a for a in self._place.sizes(LOCK) if a.removeprefix(LOCK).isdecimal()]
        return self._place.read(names)

    def _refuse_unless_abandoned(self, address: str, content: bytes) -> None:
        said = next(iter(lines_of(content)), {})
        try:
            age = self._place.age(address)
        except FileNotFoundError:  # it has just been given back, for another run to take
            raise taken(self._place.name, "") from None
        if age is None:
            age = time.time() - said.get("renewed", time.time())
        if age <= ABANDONED:
            by = f"{said.get('holder')}, last heard of {max(age, 0.0):.0f} seconds ago"
            raise taken(self._place.name, by if said else "")

    def _content(self) -> bytes:
        said = {"holder": self._holder, "token": self._token, "renewed": time.time()}
        return json.dumps(said).encode()

    def _is_own(self, content: bytes) -> bool:
        return any(said.get("token") == self._token for said in lines_of(content))

    def _keep_renewing(self) -> None:
        while not self._released.wait(RENEWAL):
            with suppress(OSError):  # the next time, or `check`, may have more luck
                self._renew()

    def _renew(self) -> None:
        with self._using:
            found = self._found()
            if list(found) != [self._address] or not self._is_own(found[self._address]):
                self._lost = True
            if not self._lost and not self._released.is_set():
                self._place.put(self._address, self._content())
                self._renewed = time.time()

    def check(self) -> None:
        """Make sure that this run has the lock, though the machine may have slept meanwhile.

        Raises:
            OSError: it has not any more.
        """
        if time.time() - self._renewed > 2 * RENEWAL:
            self._renew()
        if self._lost:
            said = "another run has taken over"
            raise OSError(errno.ENOLCK, said, self._place.name)

    def release(self) -> None:
        """Give it back; where the place does not answer, it is abandoned."""
        self._released.set()
        with self._using, suppress(OSError):
            if self._address and self._is_own(
                self._place.read([self._address]).get(self._address, b"")
            ):
                self._place.remove(self._address)


class _Journal:
    """Events, each in an object of its own but for those put together."""

    def __init__(self, place: _Place) -> None:
        self._place = place
        self._parts: dict[str, bytes] = {}

    def load(self, addresses: Sequence[str]) -> None:
        """Read the objects of the journal."""
        names = sorted(addresses)
        found = self._place.read(names)
        self._parts = {name: found[name] for name in names if name in found}

    def events(self) -> list[dict[str, Any]]:
        """All events, in order; some perhaps twice."""
        return lines_of(b"\n".join(self._parts.values()))

    def add(self, event: Mapping[str, Any]) -> None:
        """Add an event behind all others, whatever clocks say."""
        name = f"{JOURNAL}{max(time.time_ns(), self._last() + 1):020}-{uuid.uuid4().hex[:8]}.json"
        content = json.dumps(event).encode()
        self._place.put(name, content)
        self._parts[name] = content

    def _last(self) -> int:
        """The time in the last object's name."""
        name = next(reversed(self._parts), "")
        return int(name.removeprefix(JOURNAL).partition("-")[0] or 0)

    def put_together(self) -> None:
        """Have one object in place of many; whenever this ends, no event is missing."""
        if len(self._parts) < MANY:
            return
        together = f"{JOURNAL}{self._last():020}-together-{uuid.uuid4().hex[:8]}.jsonl"
        content = b"\n".join(self._parts.values())
        self._place.put(together, content)
        self._place.remove(*self._parts)
        self._parts = {together: content}
