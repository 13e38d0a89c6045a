"""How a run is shown: what a log, a terminal and a program are told of its events."""

from __future__ import annotations

import io
import json

import pytest

from acquire.batch import display
from acquire.batch.display import Bar, JsonLines, Lines, display_for

RUN = [
    {"event": "start", "total": 5, "to_render": 4},
    {"event": "report", "key": "a", "status": "done", "seconds": 1.0},
    {"event": "report", "key": "b", "status": "failed", "what": "cell 3: \x1b[31mno", "cell": 3},
    {"event": "report", "key": "c", "status": "done", "seconds": 1.0},
    {"event": "report", "key": "d", "status": "done", "seconds": 1.0},
    {"event": "end", "status": "failed", "done": 3, "failed": 1},
]


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What the clock shows, one reading after the other; each report takes two seconds."""
    now = [0.0]
    monkeypatch.setattr(display.time, "monotonic", lambda: now[0])
    return now


def follow(shown: Lines | Bar | JsonLines, now: list[float]) -> None:
    for event in RUN:
        now[0] += 2.0
        shown(event)


def test_a_log_has_plain_lines(seconds: list[float]) -> None:
    """What there is to do, every failure at once, how far it is now and then, and the end."""
    log = io.StringIO()
    follow(Lines(log), seconds)
    assert log.getvalue().split("\n") == [
        "4 reports to render, 1 left as they are",
        "1 of 4 done, 0 failed",
        "b: cell 3: �[31mno",
        "3 of 4 done, 1 failed, 30 a minute, 0 s left",
        "3 of 4 done, 1 failed, 22 a minute, 0 s left",
        "",
    ]


def test_the_time_that_is_left(seconds: list[float]) -> None:
    """It follows from the rate since the first report, without the start of the run."""
    log = io.StringIO()
    lines = Lines(log)
    lines({"event": "start", "total": 9001, "to_render": 9001})
    for _ in range(21):
        seconds[0] += 0.5
        lines({"event": "report", "key": "a", "status": "done"})
    assert (
        log.getvalue().strip().endswith("21 of 9001 done, 0 failed, 2.0 a second, 1 h 14 min left")
    )


def test_nothing_to_do_is_said_once(seconds: list[float]) -> None:
    """A run that finds everything up to date says just that."""
    log = io.StringIO()
    lines = Lines(log)
    lines({"event": "start", "total": 3, "to_render": 0})
    lines({"event": "end", "status": "done", "done": 0, "failed": 0})
    assert seconds == [0.0]
    assert log.getvalue() == "0 reports to render, 3 left as they are\n"


def test_a_terminal_has_a_bar(seconds: list[float]) -> None:
    """One bar with done, failed, rate and remaining time, and failures above it."""

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    bar = display_for(terminal)
    assert isinstance(bar, Bar)
    follow(bar, seconds)
    shown = terminal.getvalue()
    assert "b: cell 3: �[31mno\n" in shown.replace("\r", "\n")
    assert "100% |" in shown
    assert "3 of 4 done, 1 failed, 30 a minute, 0 s left" in shown
    assert isinstance(display_for(io.StringIO()), Lines)


def test_a_program_has_every_event(seconds: list[float]) -> None:
    """Each event is one line of JSON, as it was."""
    out = io.StringIO()
    follow(JsonLines(out), seconds)
    assert [json.loads(line) for line in out.getvalue().splitlines()] == RUN
