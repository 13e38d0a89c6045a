"""What Linux offers to end processes for certain: descendants, orphans inherited, deaths told.

A process that starts others in new sessions cannot be ended by its group alone. Here a keeper
inherits every orphan below it (as a "subreaper"), and kills what is below it until nothing is.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Collection
from typing import Any, NoReturn

LINUX = sys.platform == "linux"

_SET_DEATH_SIGNAL, _SET_SUBREAPER = 1, 36
_prctl = ctypes.CDLL(None).prctl if LINUX else None  # loaded here: a new process may only call it


def die_with(parent: int) -> None:
    """Have this process killed when its parent ends, and end at once if it has already."""
    if _prctl is not None:
        _prctl(_SET_DEATH_SIGNAL, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)


def outlive_parent() -> None:
    """Undo `die_with`."""
    if _prctl is not None:
        _prctl(_SET_DEATH_SIGNAL, 0)


def inherit_orphans() -> None:
    """Become the parent of every process below this one whose own parent ends."""
    if _prctl is not None:
        _prctl(_SET_SUBREAPER, 1, 0, 0, 0)


def reap() -> dict[int, int]:
    """The children that have ended since the last call: exit code, or minus the signal."""
    ended: dict[int, int] = {}
    while True:
        try:
            process, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return ended
        if not process:
            return ended
        ended[process] = os.waitstatus_to_exitcode(status)


def _words(process: int | str, file: str) -> list[str]:
    """What the system says of a process, behind its name; nothing where it has ended."""
    try:
        with open(f"/proc/{process}/{file}") as said:  # noqa: PTH123 - several times a second
            return said.read().rpartition(")")[2].split()
    except OSError:
        return []


def _by_parent() -> dict[int, list[int]]:
    """The processes of this machine that still run, by their parents."""
    below: dict[int, list[int]] = {}
    for name in filter(str.isdigit, os.listdir("/proc")):  # noqa: PTH208 - likewise
        words = _words(name, "stat")
        if words and words[0] not in "ZX":  # ended, but not yet noticed by their parents
            below.setdefault(int(words[1]), []).append(int(name))
    return below


def children() -> set[int]:
    """The processes whose parent is this one."""
    return set(_by_parent().get(os.getpid(), ()))


def descendants(spared: Collection[int] = ()) -> list[int]:
    """All processes below this one but the spared ones, of which only what is below them counts."""
    below = _by_parent()
    found, open_ = [], [os.getpid()]
    while open_:
        lower = below.get(open_.pop(), [])
        found += [process for process in lower if process not in spared]
        open_ += lower
    return found


def resident(processes: Collection[int]) -> int:
    """Bytes of memory that processes hold, shared pages counted in each."""
    found = (_words(process, "statm") for process in processes)
    return sum(int(words[1]) for words in found if words) * os.sysconf("SC_PAGE_SIZE")


def kill(processes: Collection[int]) -> None:
    """Kill processes, of which some may have ended."""
    for process in processes:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(process, signal.SIGKILL)


def kill_descendants(spared: Collection[int] = (), patience: float = 5.0) -> dict[int, int]:
    """Kill what is below this process until nothing is; the exit codes of its children."""
    ended, deadline = reap(), time.monotonic() + patience
    while left := descendants(spared):
        kill(left)
        ended |= reap()
        if time.monotonic() > deadline:
            break  # one that hangs in the system itself, such as on a dead network disk
        time.sleep(0.001)
        ended |= reap()
    return ended


def run_and_exit(function: Callable[..., object], *arguments: Any, **options: Any) -> NoReturn:
    """Call a function in a copy of a process and end the copy, whatever happens."""
    code = 1
    try:
        function(*arguments, **options)
        code = 0
    except BaseException:  # noqa: BLE001 - a copy must not return to what its original was doing
        traceback.print_exc()
    finally:
        with contextlib.suppress(Exception):
            sys.stderr.flush()
        os._exit(code)
