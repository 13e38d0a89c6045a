"""Comparisons that take equal for equal despite rounding."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

TIE = 1e-9
"""Relative difference up to which two numbers count as equal where that decides something."""


def reaches(value: float, limit: float) -> bool:
    """Whether a score reaches a limit: value ≥ limit, within a relative 1e-9."""
    return value >= limit - TIE * max(abs(value), abs(limit))


def gap(money: float | None, other: float, price: float) -> float:
    """By how much money exceeds other: by 0 within 1e-9·max(|money|, |other|, price).

    None is minus infinity.
    """
    if money is None:
        return -math.inf
    difference = money - other
    return 0.0 if abs(difference) <= TIE * max(abs(money), abs(other), price) else difference


def gaps(money: Array, other: Array, price: Array) -> Array:
    """The same for arrays of finite numbers, of one shape."""
    difference = money - other
    largest = np.maximum(np.maximum(np.abs(money), np.abs(other)), price)
    found: Array = np.where(np.abs(difference) <= TIE * largest, 0.0, difference)
    return found


def at_least(money: float | None, other: float, price: float) -> bool:
    """Whether money ≥ other, within 1e-9·max(|money|, |other|, price); None is minus infinity."""
    return gap(money, other, price) >= 0.0


def less(money: float | None, other: float, price: float) -> bool:
    """Whether money < other by more than rounding; None is minus infinity."""
    return not at_least(money, other, price)
