"""What goes to a worker and comes back: a notebook to execute, and what became of it.

Both travel as one line of JSON, between processes and between machines, and so hold all that is
needed: a job carries its notebook and its input files as text, not as paths.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

PAGE, NOTEBOOK, RESULT = "page.html", "notebook.ipynb", "result.json"
"""What a job leaves in its folder: the page, the executed notebook, and what it recorded."""


@dataclass(frozen=True)
class Allowance:
    """What a notebook may use before it is stopped.

    Args:
        time: seconds, from its start to its page.
        memory: bytes, of its kernel and the processes that the kernel has started.
        output: bytes of text and data shown by its cells.
    """

    time: float = 300.0
    memory: int = 4 * 2**30
    output: int = 50 * 2**20


@dataclass(frozen=True)
class Job:
    """One notebook to execute and one page to write.

    Args:
        key: names the job.
        notebook: the template, as the text of its file.
        parameters: of its parameters cell.
        files: texts by the names under which the notebook finds them in its working folder.
        title, subtitle: of the page.
        home: address of the index, relative to the page.
        assets: address of the scripts, relative to the page; None for a single file.
        allowance: what it may use.
        folder: of this machine, where the job's files go.
        changes: address of what changed since a former report, relative to the page.
        method: address of the page that explains the method, likewise.
    """

    key: str
    notebook: str
    parameters: Mapping[str, Any]
    files: Mapping[str, str]
    title: str
    subtitle: str
    home: str | None
    assets: str | None
    allowance: Allowance = field(default_factory=Allowance)
    folder: str = ""
    changes: str | None = None
    method: str | None = None

    def to_line(self) -> str:
        """As one line of JSON."""
        return json.dumps(asdict(self)) + "\n"

    @classmethod
    def from_line(cls, line: str | bytes) -> Self:
        """What `to_line` wrote."""
        values = json.loads(line)
        return cls(**values | {"allowance": Allowance(**values["allowance"])})


@dataclass(frozen=True)
class Failure:
    """Why there is no report.

    Args:
        what: in one line.
        cell: number of the cell that failed, from 1; None where no cell did.
        source: of that cell.
        traceback: what the cell showed, without colours.
        lost: the process vanished without an answer, so that another try may do better.
        errno: of the system, where the disk is full or closed and the next job would fail too.
    """

    what: str
    cell: int | None = None
    source: str = ""
    traceback: str = ""
    lost: bool = False
    errno: int | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of a job.

    Args:
        key: of the job.
        failure: None when page, notebook and result are complete in the job's folder.
        charts: number of charts on the page.
        seconds: from the start of the kernel to the page.
    """

    key: str
    failure: Failure | None = None
    charts: int = 0
    seconds: float = 0.0

    def to_line(self) -> str:
        """As one line of JSON."""
        return json.dumps(asdict(self)) + "\n"

    @classmethod
    def from_line(cls, line: str | bytes) -> Self:
        """What `to_line` wrote."""
        values = json.loads(line)
        failure = values["failure"]
        return cls(**values | {"failure": failure and Failure(**failure)})
