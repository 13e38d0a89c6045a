"""Kernels that end with the worker that started them, whenever and however it ends.

A kernel looks every second whether its parent is still there, but only once it has started, and
only for a parent of process 1. On Linux the system itself is asked to end it.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from jupyter_client.manager import AsyncKernelManager

PR_SET_PDEATHSIG = 1


class Kernel(AsyncKernelManager):
    """The manager of a kernel that does not outlive this process."""

    async def start_kernel(self, **options: Any) -> None:  # type: ignore[override] # as its base
        """Start the kernel."""
        if sys.platform == "linux":
            options["preexec_fn"] = _end_with(os.getpid())
        await super().start_kernel(**options)


def _end_with(parent: int) -> Callable[[], None]:
    prctl = ctypes.CDLL(None).prctl  # loaded here: the new process may only call it

    def ask() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it has ended before it was asked
            os._exit(1)

    return ask
