"""The state of a store, as its journal tells it, and the events by which a run is followed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from acquire.report.index import Made

Event = Mapping[str, Any]
Listener = Callable[[Event], None]
"""Is told every event of a run: plain JSON values, its kind under `event`.

- `start`: `total` reports of the run, of which `to_render` are missing or stale.
- `report`: `key` (a vendor's id, "comparison.html" or "method.html"), `status` ("done" or
  "failed"), `seconds`, `user`, and for a failure `what` and the `cell`.
- `end`: `status` ("done", "failed", "interrupted", "stopped"), numbers `done` and `failed`.

All have the `run` and the `time`.
"""

DONE, FAILED = "done", "failed"


@dataclass
class Known:
    """What is known of a report.

    Args:
        status: of the last time it was rendered, `DONE` or `FAILED`.
        what: why it failed.
        identity: of the job whose files are published; None where there never were any.
        files: their digests and sizes, by address.
        charts: number of charts on the page.
        made: when, by whom and how long it was rendered last, as far as the journal tells.
    """

    status: str
    what: str = ""
    identity: str | None = None
    files: dict[str, tuple[str, int]] = field(default_factory=dict)
    charts: int = 0
    made: Made | None = None


def known_from(events: Iterable[Event]) -> dict[str, Known]:
    """The reports of a store by key, from the events of its journal."""
    reports: dict[str, Known] = {}
    for event in events:
        if event.get("event") == "report":
            with suppress(KeyError, TypeError, ValueError, AttributeError):  # no event of ours
                note(reports, event)
    return reports


def note(reports: dict[str, Known], event: Event) -> None:
    """Take in what has become of a report."""
    if event["status"] == DONE:
        files = {address: (d, size) for address, (d, size) in event["files"].items()}
        reports[event["key"]] = Known(DONE, "", event["identity"], files, event["charts"])
    else:
        before = reports.get(event["key"]) or Known(FAILED)
        before.status, before.what = FAILED, event["what"]
        reports[event["key"]] = before
    with suppress(KeyError, TypeError, ValueError):  # of an earlier version
        when = datetime.fromisoformat(event["time"]).astimezone(UTC)
        made = Made(when, str(event["user"]), float(event["seconds"]))
        reports[event["key"]].made = made
