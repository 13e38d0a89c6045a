"""Batches that are over soon: the real command and machinery around a notebook of a few lines.

As a script it is the command line with another notebook in place of both of the package's:
`python -m tests.batch.small NOTEBOOK render FILE -o FOLDER …`.
"""

from __future__ import annotations

import atexit
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import nbformat

import acquire as aq
from acquire.batch.hosts import SharedHost, environment_for, host_for
from acquire.batch.job import Job
from acquire.batch.warm import LOADED
from acquire.inputs import write_assumptions, write_vendors
from tests.pages import LONG, ROOT, code, notebook
from tests.samples import GENERIC, firm, vendor

PARAMETERS = 'vendor_id = ""\nvendors = ""\nassumptions = ""'
EVALUATE = """\
import os
import acquire as aq
all_vendors, firm = aq.notebook.open_inputs(vendors, assumptions)
evaluations = [aq.evaluate(v, firm) for v in all_vendors.values()]
"""
RECORD = "aq.notebook.record(evaluations, vendors, assumptions)"


def write_notebook(path: Path, *cells: str) -> Path:
    """A notebook that evaluates and records its vendors, with cells of one's own in between."""
    sources = (EVALUATE, *cells, RECORD)
    first = code(PARAMETERS, tags=["parameters"], count=None)
    nbformat.write(notebook(first, *(code(source, count=None) for source in sources)), path)
    return path


def use(path: Path, patch: Callable[[Any, str, Any], None] | None = None) -> None:
    """Put a notebook in place of all of the package's.

    Except at full counts, servers do not rehearse what those would show but this one does not,
    and runs of one process share a server.

    Args:
        path: of the notebook.
        patch: of a monkeypatch; without one the process is for one run.
    """
    put = patch or setattr
    put(import_module("acquire.batch.plan"), "notebook_path", lambda _: path)
    if LONG not in os.environ:
        put(import_module("acquire.batch.hosts"), "REHEARSED", LOADED)
        if patch:
            put(import_module("acquire.batch.render"), "host_for", _kept_host)


_kept: dict[frozenset[Any], SharedHost] = {}
"""The last hosts, by the surroundings in which their servers were started."""


def _kept_host(_: Mapping[str, str], __: Path, rehearsal: Job | None) -> SharedHost:
    """A host that outlasts the run."""
    around = {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}
    surroundings = frozenset({"cold": rehearsal is None, **around}.items())
    if surroundings not in _kept:
        if len(_kept) > 1:
            _kept.pop(next(iter(_kept))).close_for_good()
        place = Path(tempfile.mkdtemp(prefix="acquire-"))
        _kept[surroundings] = SharedHost(host_for(environment_for(place), place, rehearsal))
        atexit.register(_kept[surroundings].close_for_good)
        atexit.register(shutil.rmtree, place, ignore_errors=True)
    return _kept[surroundings]


def some_vendors(count: int | Sequence[str]) -> aq.Vendors:
    """Vendors that differ in id, name and price, by number or by id."""
    ids = [f"vendor-{i:04}" for i in range(count)] if isinstance(count, int) else count
    return aq.Vendors(
        [
            vendor(GENERIC, vendor_id=key, name=f"The {key}", price=1000.0 + i)
            for i, key in enumerate(ids)
        ]
    )


def write_inputs(folder: Path, count: int | Sequence[str], **settings: Any) -> Path:
    """A vendor file with assumptions beside it; the path of the vendor file."""
    write_vendors(some_vendors(count), folder / "vendors.yaml")
    write_assumptions(firm(**{"trials": 64, **settings}), folder / "assumptions.yaml")
    return folder / "vendors.yaml"


def start(
    notebook_file: Path, *arguments: str | Path, environment: dict[str, str] | None = None
) -> subprocess.Popen[str]:
    """The command line with another notebook, as a process."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.batch.small", str(notebook_file), *map(str, arguments)],
        cwd=ROOT,
        env=dict(os.environ) | (environment or {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def without_the_run(name: str, content: bytes) -> bytes:
    """A published file; of the index all but who rendered when, which nothing else depends on."""
    if name != "index.html":
        return content
    rest = re.sub(rb'(<td class="text run")[^>]*>.*?</td>', rb"\1>", content)
    return re.sub(rb'<section class="run">.*?</section>', b"", rest, flags=re.DOTALL)


def contents(
    folder: Path, *, hidden: bool = False, keep: Callable[[str, bytes], bytes] = without_the_run
) -> dict[str, bytes]:
    """Every file of a folder by its path; those of the journal and its lock only if asked.

    Args:
        folder: its path.
        hidden: the journal and its lock too.
        keep: what of a file's content, by its name.
    """
    names = {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file()}
    return {
        name: keep(name, path.read_bytes())
        for name, path in names.items()
        if hidden or not name.startswith(".acquire/")
    }


def main() -> None:
    """Run the command line."""
    from acquire import cli

    use(Path(sys.argv.pop(1)))
    cli.main()


if __name__ == "__main__":
    main()
