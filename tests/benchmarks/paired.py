"""Timing contenders against each other in one run: in turn, repeatedly, ratios within a round."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from statistics import median
from time import perf_counter

Seconds = dict[str, list[float]]


def print_setting(*packages: str) -> None:
    """Versions, and how many threads linear algebra may take."""
    versions = [f"{name} {version(name)}" for name in ("numpy", "scipy", *packages)]
    threads = os.environ.get("OPENBLAS_NUM_THREADS", f"all {os.cpu_count()}")
    print(f"Python {platform.python_version()}, {', '.join(versions)}; threads: {threads}\n")


def in_turn(contenders: Mapping[str, Callable[[], object]], repeats: int) -> Seconds:
    """Seconds of each contender in each round; every other round goes backwards."""
    seconds: Seconds = {name: [] for name in contenders}
    for turn in range(repeats):
        for name in list(contenders)[:: -1 if turn % 2 else 1]:
            start = perf_counter()
            contenders[name]()
            seconds[name].append(perf_counter() - start)
    return seconds


def print_table(title: str, figures: Mapping[str, Sequence[float]], base: str) -> None:
    """Minimum and median of each row, and its ratio to `base` within a round.

    The ratio is the median of the rounds, then the least and the most of them.
    """
    print(f"{title:44}{'min':>11}{'median':>11}{'ratio':>11}")
    for name, values in figures.items():
        ratios = [value / other for value, other in zip(values, figures[base], strict=True)]
        print(
            f"{name:44}{shown(min(values)):>11}{shown(median(values)):>11}"
            f"{shown(median(ratios)) + '×':>11}  {shown(min(ratios))} to {shown(max(ratios))}"
        )


def shown(value: float) -> str:
    """Three significant digits, thousands with commas."""
    return f"{value:,.0f}" if value >= 100 else f"{value:#.3g}"


def sum_of(*parts: Sequence[float]) -> list[float]:
    """Figures of work in parts, round by round."""
    return [sum(values) for values in zip(*parts, strict=True)]


def times(factor: float, values: Sequence[float]) -> list[float]:
    """Every figure multiplied, such as seconds of a part of the work."""
    return [factor * value for value in values]
