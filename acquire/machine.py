"""What the arithmetic asks of the machine: one thread for small products, and memory kept.

The matrices here are small (some streams by some years by a block of draws). On several threads
their products take as long on an idle machine, and many times longer on a busy one, where each
thread waits for the slowest.

A block's arrays are freed before the next block needs them again. The C library hands large freed
memory back to the system, which then has to clear every page anew: more work than the arithmetic.
It stops doing so up to the size of the largest array it has seen freed.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, wraps
from typing import Any, ParamSpec, TypeVar

import numpy as np

P = ParamSpec("P")
R = TypeVar("R")

KEPT = 2**25 - 2**16
"""Bytes, just below the largest array from which the GNU C library still learns."""


@cache
def _controller() -> Any:
    from threadpoolctl import ThreadpoolController

    np.empty(KEPT, dtype=np.uint8)  # never touched, so it costs nothing; freed at once
    return ThreadpoolController()


def one_thread(function: Callable[P, R]) -> Callable[P, R]:
    """`function` with linear algebra on one thread while it runs."""

    @wraps(function)
    def limited(*args: P.args, **kwargs: P.kwargs) -> R:
        with _controller().limit(limits=1, user_api="blas"):
            return function(*args, **kwargs)

    return limited
