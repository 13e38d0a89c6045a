"""How a run is shown while it goes on: a bar, plain lines without a terminal, or JSON lines."""

from __future__ import annotations

import json
import time
from typing import Any, TextIO

from tqdm import tqdm

from acquire.batch.state import DONE, Event
from acquire.display import one_line, span

PAUSE = 5.0
"""Seconds between two plain lines, at least; failures are always told."""


class Lines:
    """Plain lines of how far a run is, for a log."""

    def __init__(self, to: TextIO) -> None:
        self._to, self._last = to, float("-inf")
        self._counts = _Counts()

    def __call__(self, event: Event) -> None:
        """Tell of an event."""
        self._counts.take_in(event)
        if event["event"] == "start":
            self._say(self._counts.begin())
        elif event["event"] == "report":
            if event["status"] != DONE:
                self._say(one_line(f"{event['key']}: {event['what']}"))
            now = time.monotonic()
            if now - self._last >= PAUSE:
                self._last = now
                self._say(str(self._counts))
        elif self._counts.to_render:
            self._say(str(self._counts))

    def _say(self, text: str) -> None:
        print(text, file=self._to, flush=True)


class Bar:
    """One bar on a terminal, and a line above it for each failure."""

    def __init__(self, to: TextIO) -> None:
        self._to, self._counts = to, _Counts()
        self._bar: Any = None

    def __call__(self, event: Event) -> None:
        """Tell of an event."""
        self._counts.take_in(event)
        if event["event"] == "start":
            self._bar = tqdm(
                total=self._counts.to_render,
                desc=self._counts.begin(),
                file=self._to,
                leave=False,
                mininterval=0,
                miniters=1,
                bar_format="{percentage:3.0f}% |{bar:24}| {desc}",
            )
        elif event["event"] == "report":
            if event["status"] != DONE:
                tqdm.write(one_line(f"{event['key']}: {event['what']}"), file=self._to)
            self._bar.set_description_str(str(self._counts), refresh=False)
            self._bar.update()
        elif self._bar is not None:
            self._bar.close()


class JsonLines:
    """Every event as a line of JSON, for programs."""

    def __init__(self, to: TextIO) -> None:
        self._to = to

    def __call__(self, event: Event) -> None:
        """Tell of an event."""
        print(json.dumps(event), file=self._to, flush=True)


def display_for(to: TextIO) -> Lines | Bar:
    """What suits a stream."""
    return Bar(to) if to.isatty() else Lines(to)


class _Counts:
    """How many reports are done, how fast they come, and when the rest will be there."""

    def __init__(self) -> None:
        self.to_render = self.done = self.failed = 0
        self._fresh = 0
        self._began = time.monotonic()
        self._first: float | None = None

    def take_in(self, event: Event) -> None:
        """Count an event."""
        if event["event"] == "start":
            self.to_render = event["to_render"]
            self._fresh = event["total"] - event["to_render"]
        elif event["event"] == "report":
            self._first = self._first or time.monotonic()
            self.done += event["status"] == DONE
            self.failed += event["status"] != DONE
            self.to_render = max(self.to_render, self.done + self.failed)

    def begin(self) -> str:
        """What there is to do."""
        fresh = f", {self._fresh} left as they are" if self._fresh else ""
        return f"{self.to_render} report{'s' * (self.to_render != 1)} to render{fresh}"

    def __str__(self) -> str:
        ended = self.done + self.failed
        text = f"{self.done} of {self.to_render} done, {self.failed} failed"
        seconds = time.monotonic() - (self._first or self._began)
        if ended < 2 or seconds <= 0:
            return text
        rate = (ended - 1) / seconds  # without the start, which comes once
        left = max(self.to_render - ended, 0) / rate
        pace = f"{rate:.1f} a second" if rate >= 1 else f"{60 * rate:.0f} a minute"
        return f"{text}, {pace}, {span(left)} left"
