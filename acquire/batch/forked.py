"""A kernel that is a copy of a process in which everything is imported: the copy's side.

What a new process would have to itself is made its own here: session, descriptors, environment,
working folder, random numbers. Outputs are those of a kernel started anew, which a test compares.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections.abc import Mapping, Sequence


def run_kernel(arguments: Sequence[str], folder: str, environment: Mapping[str, str]) -> None:
    """Be an IPython kernel until it is asked to shut down.

    Args:
        arguments: of the kernel's command line, its connection file among them.
        folder: to work in.
        environment: all variables of the process.
    """
    os.setsid()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    os.closerange(3, os.sysconf("SC_OPEN_MAX") if nowhere > 1024 else 1024)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGPIPE):
        signal.signal(number, signal.SIG_IGN if number == signal.SIGPIPE else signal.SIG_DFL)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    random.seed()
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed()
    sys.argv = ["ipykernel_launcher", *arguments]

    from ipykernel.kernelapp import IPKernelApp

    application = IPKernelApp.instance()
    application.initialize(sys.argv[1:])
    application.start()
