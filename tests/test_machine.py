"""One thread for the linear algebra while a function runs."""

from __future__ import annotations

import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from acquire.machine import one_thread


@one_thread
def threads() -> set[int]:
    """The threads of linear algebra."""
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


def test_one_thread_while_it_runs() -> None:
    """Linear algebra has one thread inside, and as many as before again outside."""
    with threadpool_limits(limits=2, user_api="blas"):
        before = threads.__wrapped__()  # type: ignore[attr-defined]
        if before != {2}:
            pytest.skip("linear algebra of another kind, or on one thread only")
        assert threads() == {1}
        assert threads.__wrapped__() == {2}  # type: ignore[attr-defined]


def test_the_function_keeps_its_name() -> None:
    """What is limited is still called, and documented, as it was."""
    assert threads.__name__ == "threads"
    assert threads.__doc__ == "The threads of linear algebra."
