"""What a report depends on, as one hash: the same hash, the same bytes, and so nothing to do."""

from __future__ import annotations

import json
import platform
import re
from dataclasses import asdict
from functools import cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from acquire.batch.job import Job
from acquire.notebook import DISTRIBUTION

SOURCES = ("*.py", "*.j2", "*.css", "*.js")
"""Files of the package that make a page what it is."""


@cache
def environment() -> str:
    """Hash of this package's files, and of the versions of Python and of all it depends on."""
    package = Path(__file__).parents[1]
    files = sorted(path for pattern in SOURCES for path in package.rglob(pattern))
    content = {path.relative_to(package).as_posix(): path.read_text("utf-8") for path in files}
    return _hash([platform.python_version(), versions(), content])


def versions() -> dict[str, str]:
    """Versions of the installed packages that this one depends on, directly or not, by name."""
    found: dict[str, str] = {}
    waiting = [DISTRIBUTION]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        try:
            package = distribution(name)
        except PackageNotFoundError:  # of another platform, or an extra that is not installed
            continue
        found[name] = package.version
        for requirement in package.requires or ():
            wanted = re.match(r"[\w.-]+", requirement)
            if wanted and "extra ==" not in requirement:
                waiting.append(re.sub(r"[-_.]+", "-", wanted[0]).lower())
    return dict(sorted(found.items()))


def identity(job: Job) -> str:
    """Hash of everything a job's page and notebook depend on."""
    content = asdict(job)
    for of_the_run in ("key", "folder", "allowance"):
        del content[of_the_run]
    return _hash([environment(), content])


def provenance(job: Job) -> dict[str, str]:
    """What made a job's page, for its reader: hashes that the journal and others can be held to."""
    return {
        "notebook": f"SHA-256 {sha256(job.notebook.encode()).hexdigest()}",
        "package, templates and versions": f"SHA-256 {environment()}",
        "all of this report's inputs together": f"SHA-256 {identity(job)} (as in the journal)",
    }


def _hash(content: object) -> str:
    return sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
