"""The journal of a place, where nothing can be added to an object.

Each event is an object of its own, whose name tells its time; many of them are put together into
one when a run begins or ends.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from acquire.batch.remote.place import Place
from acquire.batch.store import STATE, lines_of

JOURNAL = f"{STATE}/journal/"
"""What the names of the journal's objects begin with."""
MANY = 32
"""Objects of the journal from which they are put together."""


class Journal:
    """Events, each in an object of its own but for those put together."""

    def __init__(self, place: Place) -> None:
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
