"""The same work on a Dask cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from acquire.batch.job import Job, Outcome


def connect(address: str) -> Any:
    """A client of the scheduler at an address."""
    raise NotImplementedError(address)


def on_cluster(client: Any, rehearsal: Job | None) -> Callable[[Sequence[Job]], Iterator[Outcome]]:
    """What runs jobs on the workers of a client."""
    raise NotImplementedError(client, rehearsal)
