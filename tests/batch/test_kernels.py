"""Kernels are reached as soon as they are there, and missed as soon as they are gone."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import zmq

from acquire.batch.kernels import SOON, Client, Copy, KeptProvisioner, Kernel
from acquire.batch.processes import LINUX

linux = pytest.mark.skipif(not LINUX, reason="copies of processes are Linux's")


class Kept(KeptProvisioner):
    """A provisioner of a process that is no kernel."""

    def __init__(self, process: Copy) -> None:
        super().__init__()
        self.process = process  # type: ignore[assignment] # it is used alike


def alone(work: Coroutine[Any, Any, Any]) -> Any:
    """Run in a thread of its own: in this one a browser of other tests may have its loop."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


@linux
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_the_end_of_a_copy_is_told_by_the_system(number: int) -> None:
    """Whoever waits goes on when the process ends, without ever asleep; before, it has not."""
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    copy = Copy(process.pid)

    async def end() -> list[str]:
        said: list[str] = []

        async def wait() -> None:
            await Kept(copy).ended()
            said.append("ended")

        waiting = asyncio.ensure_future(wait())
        await asyncio.sleep(0)
        said.append(f"running: {copy.poll() is None}")
        copy.send_signal(number)
        await waiting
        return said

    try:
        assert alone(end()) == ["running: True", "ended"]
        assert copy.poll() is not None
    finally:
        process.kill()
        process.wait()
        copy.close()


@linux
def test_waiting_for_a_copy_may_be_given_up() -> None:
    """Given up after a while, nothing of the waiting is left, and it can be waited for again."""
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    copy = Copy(process.pid)

    async def impatient() -> None:
        for _ in range(2):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(copy.ended(), 0.01)
            assert not asyncio.get_running_loop().remove_reader(copy._descriptor)

    try:
        alone(impatient())
    finally:
        process.kill()
        process.wait()
        copy.close()


def test_a_client_looks_for_its_kernel_every_few_milliseconds(tmp_path: Path) -> None:
    """All its sockets do, which are made before the kernel has any."""
    manager = Kernel(connection_file=str(tmp_path / "kernel.json"))
    manager.write_connection_file()
    client = manager.client()
    assert isinstance(client, Client)
    client.start_channels(hb=False)
    try:
        for channel in (client.shell_channel, client.iopub_channel, client.control_channel):
            assert channel.socket.getsockopt(zmq.RECONNECT_IVL) == SOON < 10
    finally:
        client.stop_channels()
        os.unlink(manager.connection_file)  # noqa: PTH108
