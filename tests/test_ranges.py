"""Ranges: the metalog through three percentiles, and what it refuses."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from acquire.ranges import MOST_SKEW, Metalog, Range, metalog
from tests import reference

BOUNDS = [(0.0, None), (0.0, 1.0), (0.0, 10.0), (-0.5, 1.0), (0.0, 365.0)]
"""Every pair of bounds that a column with ranges has."""


def quantile(curve: Metalog, *probabilities: float) -> list[float]:
    y = np.array(probabilities)
    logit = np.log(y / (1.0 - y))
    return [float(x) for x in curve.quantile(logit, (y - 0.5) * logit)]


@pytest.mark.parametrize(
    ("values", "lower", "upper"),
    [
        (Range(10.0, 20.0, 40.0), 0.0, None),
        (Range(10.0, 18.0, 22.0), 0.0, None),
        (Range(0.1, 0.2, 0.6), 0.0, 1.0),
        (Range(-0.1, 0.02, 0.3), -0.5, 1.0),
        (Range(20.0, 30.0, 75.0), 0.0, 365.0),
    ],
)
def test_the_three_values_are_its_percentiles(
    values: Range, lower: float, upper: float | None
) -> None:
    """The quantiles at 0.1, 0.5 and 0.9 are low, mid and high."""
    # Keelin 2016: the symmetric-percentile triplet is met exactly
    found = quantile(metalog(values, lower, upper), 0.1, 0.5, 0.9)
    assert found == pytest.approx([values.low, values.mid, values.high], rel=1e-12)


def test_symmetric_in_logarithms_is_log_logistic() -> None:
    """A range in constant proportions has its quartiles at constant proportions too."""
    # a3 = 0 and M(y) = ln 20 + (ln 2/ln 9)·L; at the quartiles L = ±ln 3 = ±ln 9/2,
    # so they are 20·2^(±1/2)
    curve = metalog(Range(10.0, 20.0, 40.0), 0.0, None)
    assert curve.a3 == pytest.approx(0.0, abs=1e-15)
    assert quantile(curve, 0.25, 0.75) == pytest.approx([20 / math.sqrt(2), 20 * math.sqrt(2)])


def test_even_percentiles_of_a_share_are_uniform() -> None:
    """The share 0.1..0.5..0.9 is uniform between 0 and 1."""
    # g = ∓ln 9, 0: a1 = 0, a2 = 1, a3 = 0, and x = 1/(1 + exp(−L)) = y
    y = [0.001, 0.05, 0.3, 0.77, 0.999]
    assert quantile(metalog(Range(0.1, 0.5, 0.9), 0.0, 1.0), *y) == pytest.approx(y)


def test_skewed_range_by_hand() -> None:
    """A skewed range bounded below has the third quartile worked out by hand."""
    # lower 2, g = 0, 0.4, 1.2: a2 = 0.6/ln 9, a3 = 0.4/(0.8·ln 9) = 0.5/ln 9;
    # M(¾) = 0.4 + 0.6/2 + 0.5·¼/2 = 0.7625 and M(¼) = 0.4 − 0.3 + 0.0625 = 0.1625
    curve = metalog(Range(2 + math.exp(0.0), 2 + math.exp(0.4), 2 + math.exp(1.2)), 2.0, None)
    assert (curve.a1, curve.a2, curve.a3) == pytest.approx(
        (0.4, 0.6 / math.log(9), 0.5 / math.log(9))
    )
    expected = [2 + math.exp(0.1625), 2 + math.exp(0.7625)]
    assert quantile(curve, 0.25, 0.75) == pytest.approx(expected, rel=1e-12)


@settings(deadline=None, derandomize=True, max_examples=150)
@given(
    st.sampled_from(BOUNDS),
    st.floats(0.02, 0.95),
    st.floats(0.05, 0.45),
    st.floats(-0.6, 0.6),
    st.floats(1e-9, 1 - 1e-9),
)
def test_agrees_with_the_reference_and_stays_within_bounds(
    bounds: tuple[float, float | None], place: float, spread: float, skew: float, y: float
) -> None:
    """Any quantile is the reference's, and lies within what the column allows."""
    lower, upper = bounds
    odds = place / (1 - place)

    def at(factor: float) -> float:
        if upper is None:
            return lower + odds * factor
        return lower + (upper - lower) * odds * factor / (1 + odds * factor)

    values = Range(at(math.exp(-spread * (1 - skew))), at(1.0), at(math.exp(spread * (1 + skew))))
    found = quantile(metalog(values, lower, upper), y)[0]
    expected = reference.metalog(values.low, values.mid, values.high, lower, upper, y)
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-9)
    assert lower <= found <= (math.inf if upper is None else upper)


@settings(deadline=None, derandomize=True, max_examples=100)
@given(st.sampled_from(BOUNDS), st.lists(st.floats(0.01, 0.99), min_size=3, max_size=3))
def test_quantiles_rise(bounds: tuple[float, float | None], places: list[float]) -> None:
    """Whatever range is accepted has quantiles that never fall."""
    lower, upper = bounds
    low, mid, high = (lower + (upper or 100.0) * place for place in sorted(places))
    assume(low < mid < high and (upper is None or high < upper))
    try:
        curve = metalog(Range(low, mid, high), lower, upper)
    except ValueError:
        assume(False)
    grid = np.linspace(0.0005, 0.9995, 1000)
    found = np.array(quantile(curve, *grid))
    assert np.all(np.diff(found) >= -1e-12 * np.abs(found[1:]))


def test_certain_draws_at_the_edges_stay_finite() -> None:
    """Probabilities next to 0 and 1 give values within the bounds, without a warning."""
    # the widest skew allowed, at the smallest probability a draw can have
    curve = metalog(Range(1e-9, 0.5, 1 - 1e-9), 0.0, 1.0)
    edge = math.log(2.0**-53)
    values = curve.quantile(np.array([edge, -edge]), np.array([-0.5 * edge, -0.5 * edge]))
    assert values.tolist() == pytest.approx([0.0, 1.0], abs=1e-15)


def test_a_column_bounded_below_keeps_its_bound() -> None:
    """The lower bound shifts a log metalog and nothing else."""
    # ln(x − l) of 15..25..45 above 5 is that of 10..20..40 above 0
    shifted = quantile(metalog(Range(15.0, 25.0, 45.0), 5.0, None), 0.03, 0.6)
    plain = quantile(metalog(Range(10.0, 20.0, 40.0), 0.0, None), 0.03, 0.6)
    assert shifted == pytest.approx([x + 5.0 for x in plain])


@pytest.mark.parametrize(
    "values",
    [
        Range(20.0, 10.0, 30.0),
        Range(10.0, 30.0, 20.0),
        Range(30.0, 20.0, 10.0),
        Range(10.0, 10.0, 20.0),
        Range(10.0, 20.0, 20.0),
        Range(10.0, 10.0, 10.0),
        Range(math.nan, 10.0, 20.0),
    ],
    ids=str,
)
def test_disorder_and_ties_are_refused(values: Range) -> None:
    """Values out of order, tied or not a number are refused by name."""
    with pytest.raises(ValueError, match="rising order, no two equal"):
        metalog(values, 0.0, None)


@pytest.mark.parametrize(
    ("values", "upper", "said"),
    [
        (Range(0.0, 1.0, 2.0), None, "above 0"),
        (Range(-1.0, 1.0, 2.0), None, "above 0"),
        (Range(0.0, 0.4, 0.5), 1.0, "strictly between 0 and 1"),
        (Range(0.3, 0.4, 1.0), 1.0, "strictly between 0 and 1"),
        (Range(0.3, 0.4, 1.5), 1.0, "strictly between 0 and 1"),
    ],
    ids=str,
)
def test_touching_a_bound_is_refused(values: Range, upper: float | None, said: str) -> None:
    """A range on or beyond a bound of its column is refused, with the bounds."""
    with pytest.raises(ValueError, match=f"{said} .a range may not touch"):
        metalog(values, 0.0, upper)


def test_values_equal_after_the_transform_are_refused() -> None:
    """Values that differ by less than the transform resolves are refused, not divided by 0."""
    # all three logarithms of numbers next to 1e18 are the same double
    close = [1e18, math.nextafter(1e18, math.inf), math.nextafter(1e18 + 256, math.inf)]
    with pytest.raises(ValueError, match="further apart"):
        metalog(Range(*close), 0.0, None)


@pytest.mark.parametrize("sign", [-1.0, 1.0])
@pytest.mark.parametrize("bounds", BOUNDS)
def test_too_skewed_from_the_published_limit_on(
    bounds: tuple[float, float | None], sign: float
) -> None:
    """A range is allowed below |a₃| = 1.66711·a₂ and refused from there."""
    # Keelin 2016, feasibility of the three-term metalog
    lower, upper = bounds

    def skewed(ratio: float) -> Range:
        # g10, g90 = ∓0.1 (a2 = 0.1/ln 9) and g50 = −0.4·ln 9·a3, so a3 = ratio·a2
        g50 = -0.4 * ratio * 0.1 * sign
        values = [math.exp(g) for g in (-0.1, g50, 0.1)]
        if upper is not None:
            values = [(upper - lower) * v / (1 + v) for v in values]
        return Range(*(lower + v for v in values))

    metalog(skewed(MOST_SKEW - 1e-4), lower, upper)
    with pytest.raises(ValueError, match="less skewed"):
        metalog(skewed(MOST_SKEW + 1e-4), lower, upper)


def test_limit_of_skew_is_where_quantiles_fall() -> None:
    """Beyond the limit of skew some quantile falls as its probability rises."""
    # property of the family: M'(y) ≥ 0 everywhere holds up to |a3|/a2 = 1.66711 only
    y = np.linspace(0.0005, 0.9995, 20_000)
    logit = np.log(y / (1 - y))
    for skew, rises in ((MOST_SKEW - 1e-3, True), (MOST_SKEW + 1e-3, False)):
        slope = np.diff(logit + skew * (y - 0.5) * logit)
        assert bool(np.all(slope >= 0)) is rises


def test_infinite_variance_is_refused() -> None:
    """A log metalog whose upper tail is as heavy as a power of −2 is refused."""
    # symmetric in logarithms: a2 = ln(high/mid)/ln 9, infinite from high = 3·mid on
    metalog(Range(1 / 2.999, 1.0, 2.999), 0.0, None)
    with pytest.raises(ValueError, match=r"variance is infinite.*a high .*\b3$"):
        metalog(Range(1 / 3, 1.0, 3.0 + 1e-9), 0.0, None)
    # skewed: a2 = (g90 − g10)/(2·ln 9), a3 = (g10 + g90 − 2·g50)/(0.8·ln 9), a2 + a3/2 = ½ where
    # 1.8·g90 + 0.2·g10 − 2·g50 = 0.8·ln 9: with g10 = −0.5, g50 = 0 at g90 = (0.8·ln 9 + 0.1)/1.8
    for g10, g90 in (
        (-0.5, (0.8 * math.log(9) + 0.1) / 1.8),
        (-2.0, (0.8 * math.log(9) + 0.4) / 1.8),
    ):
        metalog(Range(math.exp(g10), 1.0, math.exp(g90 - 1e-6)), 0.0, None)
        with pytest.raises(ValueError, match="variance is infinite"):
            metalog(Range(math.exp(g10), 1.0, math.exp(g90 + 1e-6)), 0.0, None)
    # a share may be as wide as that: it is bounded above
    metalog(Range(0.01, 0.5, 0.99), 0.0, 1.0)


@settings(deadline=None, derandomize=True, max_examples=300)
@given(
    st.sampled_from(BOUNDS), st.lists(st.floats(0.001, 0.999), min_size=3, max_size=3, unique=True)
)
def test_what_a_refusal_proposes_is_allowed(
    bounds: tuple[float, float | None], places: list[float]
) -> None:
    """A value that the message of a refused range proposes makes the range an allowed one."""
    lower, upper = bounds
    low, mid, high = sorted(places)
    if upper is None:  # over six orders of magnitude
        low, mid, high = (lower + 10 ** (6 * place) for place in (low, mid, high))
    else:
        low, mid, high = (lower + (upper - lower) * place for place in (low, mid, high))
    assume(low < mid < high)
    said = ""
    try:
        metalog(Range(low, mid, high), lower, upper)
    except ValueError as error:
        said = str(error)
    proposed = re.search(r"a (low|mid|high) (?:between (\S+) and (\S+)|(below|above) (\S+))$", said)
    if proposed is None:
        return
    which, least, most, side, limit = proposed.groups()
    if least is not None:
        start, end = float(least), float(most)
    elif side == "below":
        start, end = float(limit) * 0.9999, float(limit)
    else:
        start, end = float(limit), float(limit) * 1.0001
    assume(end - start > 1e-4 * abs(end) or side)  # the message rounds to six digits
    for part in (0.05, 0.5, 0.95):
        value = start + part * (end - start)
        ends = {"low": low, "mid": mid, "high": high} | {which: value}
        median = metalog(Range(**ends), lower, upper).quantile(np.zeros(1), np.zeros(1))
        assert median[0] == pytest.approx(ends["mid"], rel=1e-9)


def test_a_range_reads_as_it_is_typed() -> None:
    """The text of a range is low..mid..high."""
    assert str(Range(0.1, 2.0, 30.5)) == "0.1..2.0..30.5"
