"""The server of a run: a process that has imported everything, of which all others are copies.

It has one thread and no sockets of ZeroMQ, so that it can be copied at any time. For every slot
of the run it makes a copy, the slot's keeper, which copies itself again for the driver and for
each kernel. When its control socket closes, because the run is over or has been killed, it ends
everything below it and removes the run's working folder.
"""

from __future__ import annotations

import gc
import os
import select
import shutil
import socket
import sys
import traceback
from pathlib import Path

from acquire.batch.job import Job
from acquire.batch.keeper import keep
from acquire.batch.processes import (
    children,
    die_with,
    inherit_orphans,
    kill,
    kill_descendants,
    outlive_parent,
    reap,
    run_and_exit,
)
from acquire.batch.warm import COLD, REHEARSED, less_than, warm_up

READY = b"."
"""What the server sends when it is ready to be copied."""
REAP = 0.5
"""Seconds between looks at processes that have ended."""


def serve(control: socket.socket, *, cold: bool) -> None:
    """Copy this process for each slot that is asked for, until the socket closes.

    Args:
        control: each message is one byte with two file descriptors, where the slot's keeper
            reads jobs and where it writes outcomes.
        cold: kernels are started anew rather than copied.
    """
    keepers: set[int] = set()
    while True:
        ready, _, _ = select.select([control], [], [], REAP)
        keepers -= reap().keys()
        kill(children() - keepers)  # orphans of a keeper that was killed
        if not ready:
            continue
        try:
            message, descriptors, _, _ = socket.recv_fds(control, 1, 2)
        except ConnectionResetError:
            return
        if not message:
            return
        sys.stdout.flush()
        process = os.fork()
        if not process:
            control.close()
            run_and_exit(keep, *descriptors, cold=cold)
        keepers.add(process)
        for descriptor in descriptors:
            os.close(descriptor)


def main() -> None:
    """Serve a run: `python -m acquire.batch.server DESCRIPTOR PARENT FOLDER MODE REHEARSAL`.

    FOLDER is removed at the end. MODE is one of `warm.MODES`; REHEARSAL is a file with a job.
    """
    descriptor, parent, folder, mode, rehearsal = sys.argv[1:]
    die_with(int(parent))  # nothing is below it yet
    inherit_orphans()
    control = socket.socket(fileno=int(descriptor))
    try:
        job = Job.from_line(Path(rehearsal).read_bytes()) if mode == REHEARSED else None
        try:
            warm_up(job, kernels=mode != COLD)
        except RuntimeError:  # copies would not be safe: start again, with less
            arguments = [descriptor, parent, folder, less_than(mode), rehearsal]
            command = [sys.executable, "-P", "-m", "acquire.batch.server", *arguments]
            os.execv(sys.executable, command)  # noqa: S606
        gc.collect()
        gc.freeze()  # or else every copy would touch, and so copy, every object
        outlive_parent()
        control.send(READY)
        serve(control, cold=mode == COLD)
        kill_descendants()
        shutil.rmtree(folder, ignore_errors=True)
    except OSError:
        traceback.print_exc()
    finally:
        kill_descendants()


if __name__ == "__main__":
    main()
