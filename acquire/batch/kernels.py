"""Kernels for the driver, through what jupyter_client offers for the purpose.

A manager whose kernels are reached over sockets with a unique name, in place of TCP ports on
which two kernels can collide; a client that waits for the kernel's own word that it is idle; and
a provisioner that has the keeper copy itself for a kernel, or adopt one that was started anew.
"""

from __future__ import annotations

import asyncio
import os
import select
import signal
import uuid
from pathlib import Path
from queue import Empty
from typing import Any

import zmq
from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.factory import KernelProvisionerFactory
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from acquire.batch.channel import Channel
from acquire.batch.processes import LINUX, die_with

PROVISIONER = "acquire-kept"
"""Name of the provisioner's entry point."""


SOON = 3
"""Milliseconds until a client that finds no kernel yet tries again; libzmq waits a hundred."""


class Client(AsyncKernelClient):
    """A client that is ready when the kernel says it is idle, not a fifth of a second later."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.context.setsockopt(zmq.RECONNECT_IVL, SOON)

    async def _async_wait_for_ready(self, timeout: float | None = None) -> None:
        end = asyncio.get_running_loop().time() + (timeout or 60.0)
        while True:
            asked = self.kernel_info()
            try:
                reply = await self._async_get_shell_msg(timeout=1)
            except Empty:
                reply = None
            if reply is not None and reply["msg_type"] == "kernel_info_reply":
                if await self._idle_after(asked):
                    self._handle_kernel_info_reply(reply)
                    return
            elif not await self._async_is_alive():
                raise RuntimeError("the kernel died before it was ready")
            if asyncio.get_running_loop().time() > end:
                raise RuntimeError(f"the kernel was not ready after {timeout:g} seconds")

    async def _idle_after(self, request: str) -> bool:
        """Whether the outputs of this kernel are heard; if not, it has to be asked again."""
        while True:
            try:
                message = await self._async_get_iopub_msg(timeout=0.2)
            except Empty:
                return False
            own = message["parent_header"].get("msg_id") == request
            if own and message["content"].get("execution_state") == "idle":
                return True

    wait_for_ready = _async_wait_for_ready


class Kernel(AsyncKernelManager):
    """The manager of a kernel that ends with this process."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.client_factory = Client
        if LINUX:
            self.transport = "ipc"
            self.ip = f"@acquire-{uuid.uuid4().hex}"  # in no folder, so nothing is left of it

    async def _async_wait(self, pollinterval: float = 0.1) -> None:
        """Wait for the kernel to end, and notice it at once."""
        if isinstance(self.provisioner, KeptProvisioner):
            await self.provisioner.ended()
        await super()._async_wait(pollinterval)


class Copy:
    """A process that the keeper has copied for a kernel, used like `subprocess.Popen`."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._descriptor = os.pidfd_open(pid)

    def poll(self) -> int | None:
        """None while it runs."""
        if self.returncode is None and select.select([self._descriptor], [], [], 0)[0]:
            self.returncode = 1
        return self.returncode

    async def ended(self) -> None:
        """Return as soon as it has ended."""
        loop, over = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(self._descriptor, over.set)
        try:
            await over.wait()
        finally:
            loop.remove_reader(self._descriptor)

    def wait(self) -> int | None:
        """Its exit code; only called once it has ended."""
        self.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal."""
        signal.pidfd_send_signal(self._descriptor, number)

    def __del__(self) -> None:
        self.close()

    def close(self) -> None:
        """Forget it."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


class KeptProvisioner(LocalProvisioner):
    """Kernels below the keeper of a slot, which ends them and whatever they start."""

    keeper: Channel | None = None
    """To the keeper of this process; without one kernels just end with this process."""
    cold = True
    """Kernels are started anew."""

    async def launch_kernel(self, cmd: list[str], **options: Any) -> Any:
        """Start a kernel."""
        cls = type(self)
        if cls.cold:
            if LINUX:
                parent = os.getpid()
                options["preexec_fn"] = lambda: die_with(parent)
            info = await super().launch_kernel(cmd, **options)
            if cls.keeper is not None:
                cls.keeper.ask(("adopt", self.pid))
            return info
        assert cls.keeper is not None  # copies come from keepers
        launcher = next(i for i, word in enumerate(cmd) if word.startswith("ipykernel"))
        arguments = {
            "arguments": cmd[launcher + 1 :],
            "folder": str(options.get("cwd") or Path.cwd()),
            "environment": dict(options["env"]),
        }
        self.pid = self.pgid = cls.keeper.ask(("start_kernel", arguments))
        self.process = Copy(self.pid)  # type: ignore[assignment] # it is used alike
        return self.connection_info

    async def ended(self) -> None:
        """Return as soon as a copy has ended; at once for what was started anew."""
        if isinstance(self.process, Copy) and await self.poll() is None:
            await self.process.ended()

    async def wait(self) -> int | None:
        """Wait for the kernel to end."""
        await self.ended()
        return await super().wait()


def use(keeper: Channel | None, *, cold: bool) -> None:
    """Have all kernels of this process started by way of a keeper.

    Args:
        keeper: None where there is none.
        cold: kernels are started anew rather than copied.
    """
    KeptProvisioner.keeper, KeptProvisioner.cold = keeper, cold
    KernelProvisionerFactory.instance().default_provisioner_name = PROVISIONER


def stop(provisioner: KeptProvisioner, reason: str) -> None:
    """Kill a kernel from within a cell's execution."""
    if provisioner.keeper is not None:
        provisioner.keeper.ask(("stop_kernel", reason))
    elif provisioner.process is not None:
        provisioner.process.kill()


def why(pid: int | None) -> str | None:
    """Why a kernel has ended, in words, where that is known."""
    keeper = KeptProvisioner.keeper
    found = keeper.ask(("why", pid)) if keeper is not None and pid else {}
    if found.get("reason"):
        return str(found["reason"])
    code = found.get("code")
    if code is None:
        return None
    if code < 0:
        return f"the kernel was ended by {signal.Signals(-code).name}"
    return f"the kernel ended by itself, with exit code {code}"
