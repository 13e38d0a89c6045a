"""A folder of reports as one zip file: the same folder, the same bytes."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

from acquire.archive.links import BrokenLinksError, broken_links
from acquire.batch.store import JOURNAL, STATE, lines_of, undisturbed
from acquire.errors import InputError, Problem, place_of
from acquire.files import whole
from acquire.notebook import DISTRIBUTION

MANIFEST, SUMS = "MANIFEST.json", "SHA256SUMS"
"""What an archive says of itself: every file with size and hash, and the same for `sha256sum -c`,
the manifest included."""

INDEX = "index.html"
SCHEMA = 1
EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The time of every file of a zip; it knows none before."""
MODE = 0o100644 << 16
UNIX = 3


@dataclass(frozen=True)
class Archived:
    """What was archived.

    Args:
        path: of the zip file.
        files: number of files of the folder in it.
        bytes: of the zip file.
    """

    path: Path
    files: int
    bytes: int


def archive(reports: str | Path, out: str | Path, *, force: bool = False) -> Archived:
    """Put everything published in a folder of reports into one zip file, with its hashes.

    Args:
        reports: the folder; its journal and lock stay out.
        out: the zip file, outside the folder.
        force: whether a file that is there may be replaced.

    Raises:
        InputError: there are no reports, a run is going on there, or `out` cannot be used.
        BrokenLinksError: a page would lead nowhere once unzipped elsewhere.
        OSError: a file cannot be read or written; nothing is left half-written.
    """
    folder, out = report_folder(reports), Path(out)
    if out.resolve().is_relative_to(folder.resolve()):
        raise InputError(Problem("a place outside the folder of reports", file=place_of(out)))
    with undisturbed(folder):
        paths = published(folder)
        broken = [
            found
            for path in paths
            if path.lower().endswith((".html", ".htm"))
            for found in broken_links(path, _text(folder / path), paths)
        ]
        if broken:
            raise BrokenLinksError(broken)
        with whole(out, force=force) as beside:
            _write(folder, paths, beside)
            size = beside.stat().st_size
    return Archived(out, len(paths), size)


def report_folder(reports: str | Path) -> Path:
    """The folder of reports.

    Raises:
        InputError: it is none.
    """
    folder = Path(reports)
    if not (folder / INDEX).is_file():
        wrong = f"holds no {INDEX}" if folder.is_dir() else "there is no such folder"
        raise InputError(
            Problem("a folder that `acquire render` wrote", file=place_of(reports), wrong=wrong)
        )
    return folder


def published(folder: Path) -> dict[str, None]:
    """The paths of all files published in a folder, sorted; those of the store's own left out."""
    found = (p.relative_to(folder) for p in folder.rglob("*") if p.is_file())
    own = {MANIFEST, SUMS}
    paths = {path.as_posix() for path in found if path.parts[0] != STATE} - own
    return dict.fromkeys(sorted(paths))


def _write(folder: Path, paths: Iterable[str], target: Path) -> None:
    files: list[dict[str, Any]] = []
    with zipfile.ZipFile(target, "x", zipfile.ZIP_DEFLATED, compresslevel=9) as file:
        for path in paths:
            content = (folder / path).read_bytes()
            files.append({"path": path, "size": len(content), "sha256": digest(content)})
            _add(file, path, content)
        manifest = _manifest(folder, files)
        _add(file, MANIFEST, manifest)
        sums = {entry["path"]: entry["sha256"] for entry in files} | {MANIFEST: digest(manifest)}
        _add(file, SUMS, sums_text(sums).encode())


def _add(file: zipfile.ZipFile, path: str, content: bytes) -> None:
    info = zipfile.ZipInfo(path, EARLIEST)
    info.compress_type, info.external_attr, info.create_system = zipfile.ZIP_DEFLATED, MODE, UNIX
    file.writestr(info, content)


def _manifest(folder: Path, files: list[dict[str, Any]]) -> bytes:
    (index,) = (entry for entry in files if entry["path"] == INDEX)
    content = {
        "schema": SCHEMA,
        "acquire": version(DISTRIBUTION),
        "index": index | {"run": _last_run(folder)},
        "files": files,
    }
    return json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False).encode() + b"\n"


def _last_run(folder: Path) -> dict[str, Any] | None:
    """The run that wrote the index: its id, when it ended, and how; None without a journal."""
    try:
        events = lines_of((folder / STATE / JOURNAL).read_bytes())
    except OSError:
        return None
    ends = [event for event in events if event.get("event") == "end"]
    return {name: ends[-1].get(name) for name in ("run", "time", "status")} if ends else None


def sums_text(sums: Mapping[str, str]) -> str:
    """Hashes by path as `sha256sum` writes them, in the order of the paths."""
    lines = []
    for path, value in sorted(sums.items()):
        name = path.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
        mark = "\\" if name != path else ""
        lines.append(f"{mark}{value}  {name}\n")
    return "".join(lines)


def digest(content: bytes) -> str:
    """SHA-256, as text."""
    return sha256(content).hexdigest()


def _text(path: Path) -> str:
    return path.read_bytes().decode("utf-8", errors="replace")
