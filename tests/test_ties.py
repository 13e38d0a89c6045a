"""Ties: equal counts as equal despite rounding."""

from __future__ import annotations

import pytest

from acquire.ties import at_least, less, reaches


@pytest.mark.parametrize(
    ("value", "limit", "expected"),
    [
        (60.0, 60.0, True),
        (59.99999999999999, 60.0, True),
        (60.0 * (1 - 0.9e-9), 60.0, True),
        (60.0 * (1 - 1.1e-9), 60.0, False),
        (61.0, 60.0, True),
        (0.0, 0.0, True),
        (-1e-9, 0.0, False),
        (-10.0, -10.0 * (1 - 0.9e-9), True),
    ],
)
def test_scores(value: float, limit: float, expected: bool) -> None:
    """A score reaches its limit within a relative 1e-9."""
    # source: the model, "scores and limits within a relative 1e-9"
    assert reaches(value, limit) is expected


@pytest.mark.parametrize(
    ("money", "other", "price", "expected"),
    [
        (100.0, 100.0, 1.0, True),
        (0.0, 0.9e-6, 1000.0, True),  # within 1e-9 of the price
        (0.0, 1.1e-6, 1000.0, False),
        (5000.0 - 4e-6, 5000.0, 1.0, True),  # within 1e-9 of the larger amount
        (5000.0 - 6e-6, 5000.0, 1.0, False),
        (-5000.0 - 4e-6, -5000.0, 1.0, True),
        (None, -1e18, 1.0, False),
    ],
)
def test_money(money: float | None, other: float, price: float, expected: bool) -> None:
    """Money is at least an amount within 1e-9 of the largest of both and the price."""
    # source: the model, "money within 1e-9·max(|a|, |b|, price)"; none is minus infinity
    assert at_least(money, other, price) is expected
    assert less(money, other, price) is not expected
