"""Outcomes: percentiles, chances, tail and error of a payoff."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acquire.outcomes import (
    BINS,
    Payoff,
    standard_error,
    summarise,
    summarise_mixture,
    weighted_percentiles,
)
from tests import reference

SHARES = (0.05, 0.1, 0.5, 0.9, 0.95)


def sorted_one_by_one(
    values: Sequence[float], weights: Sequence[float], shares: Sequence[float]
) -> list[float]:
    """The naive percentiles: sort, add weights up one by one, take the first that reaches."""
    pairs = sorted((v, w) for v, w in zip(values, weights, strict=True) if w > 0)
    until = np.cumsum([w for _, w in pairs])
    return [
        next((v for (v, _), reached in zip(pairs, until, strict=True) if reached >= share - 1e-9))
        for share in shares
    ]


def test_percentiles_by_hand() -> None:
    """A percentile is the smallest value whose cumulative weight reaches it."""
    # hand: sorted 1, 2, 3, 4 with weights 0.1, 0.4, 0.4, 0.1, cumulated 0.1, 0.5, 0.9, 1
    values, weights = np.array([3.0, 1.0, 4.0, 2.0]), np.array([0.4, 0.1, 0.1, 0.4])
    shares = (0.05, 0.1, 0.1 + 1e-10, 0.1 + 1e-8, 0.5, 0.51, 0.9, 0.91, 1.0)
    expected = [1.0, 1.0, 1.0, 2.0, 2.0, 3.0, 3.0, 4.0, 4.0]
    assert weighted_percentiles(values, weights, shares) == expected


def test_a_value_without_weight_is_no_percentile() -> None:
    """A value of weight 0 is never a percentile, at whatever end it stands."""
    values, weights = np.array([-9.0, 1.0, 2.0, 9.0]), np.array([0.0, 0.5, 0.5, 0.0])
    assert weighted_percentiles(values, weights, (0.0, 0.5, 1.0)) == [1.0, 1.0, 2.0]


def test_equal_weights_need_no_array() -> None:
    """Without weights every value counts the same."""
    # hand: ten values; the P10 is the first, the P50 the fifth, the P90 the ninth
    values = np.arange(10.0, 0.0, -1.0)
    assert weighted_percentiles(values, None, (0.1, 0.5, 0.9)) == [1.0, 5.0, 9.0]


@settings(deadline=None, derandomize=True, max_examples=200)
@given(
    st.lists(
        st.tuples(st.sampled_from([-3.0, 0.0, 1.0, 1e6]) | st.floats(-1e9, 1e9), st.floats(0, 1)),
        min_size=1,
        max_size=60,
    ).filter(lambda pairs: sum(w for _, w in pairs) > 0.01)
)
def test_percentiles_of_few_values(pairs: list[tuple[float, float]]) -> None:
    """Few values, tied or without weight, have the percentiles of a naive sort."""
    values = np.array([v for v, _ in pairs])
    weights = np.array([w for _, w in pairs])
    weights /= weights.sum()
    found = weighted_percentiles(values, weights, SHARES)
    assert found == sorted_one_by_one(values.tolist(), weights.tolist(), SHARES)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(
    st.integers(0, 10**6),
    st.integers(BINS - 1, 3000),
    st.sampled_from(["normal", "heavy", "tied", "outlier", "constant", "two", "huge"]),
    st.sampled_from(["none", "even", "random", "zeros", "one", "steep"]),
)
def test_percentiles_of_many_values(seed: int, size: int, shape: str, weighting: str) -> None:
    """Many values of any shape and weights have the percentiles of a naive sort."""
    rng = np.random.default_rng(seed)
    values = {
        "normal": lambda: rng.normal(3.0, 100.0, size),
        "heavy": lambda: rng.standard_cauchy(size) ** 3,
        "tied": lambda: rng.integers(0, 5, size).astype(float),
        "outlier": lambda: np.append(rng.normal(size=size - 1), 1e15),
        "constant": lambda: np.full(size, -7.0),
        "two": lambda: np.where(rng.random(size) < 0.1, -1.0, 2.0),
        "huge": lambda: rng.normal(size=size) * 1e200,
    }[shape]()
    weights = {
        "none": lambda: None,
        "even": lambda: np.full(size, 1.0),
        "random": lambda: rng.random(size),
        "zeros": lambda: rng.random(size) * (rng.random(size) < 0.3),
        "one": lambda: (np.arange(size) == size // 2).astype(float),
        "steep": lambda: rng.random(size) ** 40,
    }[weighting]()
    if weights is not None:
        weights /= weights.sum()
    even = [1.0 / size] * size
    expected = sorted_one_by_one(
        values.tolist(), even if weights is None else weights.tolist(), SHARES
    )
    assert weighted_percentiles(values, weights, SHARES) == expected


def test_two_halves_of_a_mixture() -> None:
    """Many values that lie apart from as many without any weight have their percentiles."""
    # hand: success is impossible, so the worst 900 of the failing payoffs are the P90
    failure = np.arange(1000.0)
    result = summarise_mixture(failure + 1e6, failure, np.zeros(1000), 0.0, 1.0)
    assert (result.p10, result.p50, result.p90) == (99.0, 499.0, 899.0)


def test_expected_shortfall_takes_part_of_the_draw_at_the_boundary() -> None:
    """The worst 5 % of thirty draws are one and a half of them."""
    # hand: 5 % of 30 = 1.5 draws; (−100 + ½·(−40))/1.5 = −80
    values = np.array([*np.arange(28.0), -100.0, -40.0])
    assert summarise(values, 0.0, 1.0).expected_shortfall == pytest.approx(-80.0)


def test_expected_shortfall_of_a_mixture_takes_part_too() -> None:
    """The worst 5 % of success and failure take the boundary draw in part."""
    # hand: failing payoffs −100 and −50 of weight 0.04 each, then success 10 and 20:
    # (0.04·(−100) + 0.01·(−50))/0.05 = −90
    result = summarise_mixture(
        np.array([10.0, 20.0]), np.array([-50.0, -100.0]), np.full(2, 0.92), 0.0, 1.0
    )
    assert result.expected_shortfall == pytest.approx(-90.0)
    # cumulated 0.04, 0.08, 0.54, 1; mean 0.92·15 + 0.08·(−75)
    assert (result.p10, result.p50, result.p90) == (10.0, 10.0, 20.0)
    assert result.p_loss == pytest.approx(0.08)
    assert result.mean == pytest.approx(7.8)
    # of 0.92·10 − 0.08·50 = 5.2 and 0.92·20 − 0.08·100 = 10.4: their difference/√2, over √2
    assert result.standard_error == pytest.approx(2.6)


def test_one_certain_payoff() -> None:
    """A payoff without ranges is its own mean, percentiles and tail, with error 0."""
    one = summarise(np.array([-3.0]), 2.0, 1.0)
    assert one == Payoff(-3.0, -3.0, -3.0, -3.0, 1.0, 1.0, pytest.approx(-3.0), 0.0)


def test_success_or_failure_without_ranges() -> None:
    """Without ranges going outside still has two outcomes."""
    # hand: 8 with 0.3, −2 with 0.7; all of the worst 5 % is −2
    result = summarise_mixture(np.array([8.0]), np.array([-2.0]), np.array([0.3]), 9.0, 1.0)
    assert result == Payoff(
        mean=pytest.approx(1.0),
        p10=-2.0,
        p50=-2.0,
        p90=8.0,
        p_loss=pytest.approx(0.7),
        p_below_alternative=1.0,
        expected_shortfall=pytest.approx(-2.0),
        standard_error=0.0,
    )


@pytest.mark.parametrize("p", [0.0, 1.0])
def test_what_cannot_happen_has_no_part(p: float) -> None:
    """An outcome of probability 0 is in no percentile, chance or tail."""
    rng = np.random.default_rng(5)
    dual, failure = rng.normal(50.0, 10.0, 64), rng.normal(-50.0, 10.0, 64)
    mixture = summarise_mixture(dual, failure, np.full(64, p), 45.0, 1.0)
    alone = summarise(dual if p else failure, 45.0, 1.0)
    for part in Payoff.__dataclass_fields__:
        assert getattr(mixture, part) == pytest.approx(getattr(alone, part))


@pytest.mark.parametrize(
    ("values", "loss", "below"),
    [
        ([-1.0, 0.0, 1.0, 5.0], 0.25, 0.75),
        # within 1e-9 of the price of 1000 counts as equal
        ([-0.9e-6, -1.1e-6, 5.0 - 0.9e-6, 5.0 - 1.1e-6], 0.25, 0.75),
    ],
)
def test_chances(values: list[float], loss: float, below: float) -> None:
    """The chance of a loss or of less than the alternative counts values truly below it."""
    result = summarise(np.array(values), 5.0, 1000.0)
    assert (result.p_loss, result.p_below_alternative) == (loss, below)


def test_chances_beside_a_large_alternative() -> None:
    """Money is equal within 1e-9 of the alternative too, where that is larger than the price."""
    values = np.array([1e6 - 0.9e-3, 1e6 - 1.1e-3])
    assert summarise(values, 1e6, 1.0).p_below_alternative == 0.5


def test_standard_error() -> None:
    """The standard error is the sample's standard deviation over the root of its size."""
    # hand: 1, 2, 3, 4, 5 have the variance 10/4; √(2.5/5)
    assert standard_error(np.array([1.0, 2.0, 3.0, 4.0, 5.0])) == pytest.approx(math.sqrt(0.5))
    assert standard_error(np.array([1.0])) == 0.0


@settings(deadline=None, derandomize=True, max_examples=60)
@given(st.integers(0, 10**6), st.integers(1, 200), st.floats(-5.0, 5.0))
def test_summaries_agree_with_the_reference(seed: int, size: int, alternative: float) -> None:
    """Every figure of a distribution and of a mixture is the reference's."""
    rng = np.random.default_rng(seed)
    dual, failure = rng.normal(5.0, 9.0, size), rng.normal(-5.0, 4.0, size).round(1)
    success = rng.beta(0.5, 0.5, size)
    equal = reference.summary(dual.tolist(), [1.0] * size, alternative, 10.0)
    mixed = reference.summary(
        [*dual.tolist(), *failure.tolist()],
        [*success.tolist(), *(1 - success).tolist()],
        alternative,
        10.0,
    )
    pairs = (
        (summarise(dual, alternative, 10.0), equal),
        (summarise_mixture(dual, failure, success, alternative, 10.0), mixed),
    )
    for ours, theirs in pairs:
        for part, expected in theirs.items():
            assert getattr(ours, part) == pytest.approx(expected, rel=1e-9, abs=1e-9)
