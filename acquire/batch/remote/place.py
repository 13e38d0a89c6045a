"""Files at a URL, whatever kind of place it is: each is there at once and as a whole."""

from __future__ import annotations

import errno
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from acquire.batch.store import STATE
from acquire.errors import InputError, Problem, printable

OBJECT_STORES = frozenset({"s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "oss", "oci"})
"""Protocols by which a file is there at once and as a whole, in folders that need not be made."""
UPLOAD, CLOCK = f"{STATE}/upload-", f"{STATE}/clock-"
"""What the names of files begin with that are not yet whole, and that only tell the time."""


class Place:
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
