"""A case in the explorer: what may be changed, what is refused, and how ranges move."""

from __future__ import annotations

import dataclasses
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acquire.errors import InputError
from acquire.explorer.case import BASE_RATES, Case, at_base_rates, shifted, spread
from acquire.explorer.controls import WEIGHT, controls, slider, spec_of, typed
from acquire.ranges import Range, metalog
from acquire.simulation import bounds_of
from acquire.vendor import COLUMNS, CRITERIA, RANGED, replaced
from tests.samples import STRATEGIC, UNCERTAIN, firm, vendor

CASE = Case(vendor(STRATEGIC | UNCERTAIN), firm())


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("price", "1250", 1250.0),
        ("price", "900..1000..1150", Range(900.0, 1000.0, 1150.0)),
        ("channel", "product_managers", "product_managers"),
        ("approved_by", "", ""),
        ("exit_cost", "", 0.0),
        ("discount_rate", "0.11", 0.11),
        ("terminal_growth", "", None),
        ("weights.scarcity", "0.7", 0.7),
        ("failure_year", "5", 5),
    ],
)
def test_a_changed_input_is_what_a_file_would_have_given(
    name: str, text: str, value: object
) -> None:
    """The text of an input means what it means in a file; all others stay as they are."""
    case = CASE.changed(name, text)
    assert case.value(name) == value
    assert list(case.differences(CASE)) in ([name], [])
    assert case.changed(name, CASE.cell(name)) == CASE


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("price", "-3", "price = -3: expected a number above 0 (money)"),
        ("success_probability", "50", "is it per cent? write 0.5"),
        ("success_probability", "0.5..0.4..0.6", "low, mid and high in rising order"),
        ("channel", "directly", "did you mean direct?"),
        ("failure_year", "10", "a whole number from 1 to 9 (the horizon is 10 years)"),
        ("horizon_years", "3", "expected a whole number from 4 to 50"),
        ("terminal_growth", "0.5", "expected less than discount_rate (0.09)"),
        ("weights.scarcity", "-1", "weights"),
        ("internal_spend", "", "is required and empty"),
        ("approved_by", "tbd", "names nobody"),
    ],
)
def test_what_is_not_allowed_is_refused_with_the_reason(name: str, text: str, said: str) -> None:
    """A value that a file may not hold is refused in the words of the file's own message."""
    with pytest.raises(InputError) as refused:
        CASE.changed(name, text)
    assert said in str(refused.value)


def test_a_horizon_too_short_for_the_vendor_is_refused() -> None:
    """A setting of the firm that the vendor's years do not fit into is refused."""
    case = CASE.changed("failure_year", "6")
    with pytest.raises(InputError, match="the horizon is 5 years"):
        case.changed("horizon_years", "5")


@given(
    name=st.sampled_from([n for n in RANGED if n not in CRITERIA]),
    place=st.floats(0.05, 0.95),
    to=st.floats(0.02, 0.98),
    width=st.floats(0.05, 0.5),
)
def test_a_range_that_moves_keeps_its_shape(
    name: str, place: float, to: float, width: float
) -> None:
    """A range that is moved has the same metalog but for its median, as far as it is rounded."""
    lower, upper = bounds_of(COLUMNS[name])
    span = 1000.0 if upper is None else upper - lower

    def at(share: float) -> float:
        odds = share / (1.0 - share)
        return lower + span * (odds if upper is None else share)

    def around(share: float) -> Range:
        logit = math.log(share / (1.0 - share))
        ends = (1.0 / (1.0 + math.exp(-logit - by)) for by in (-width, 0.0, width * 1.2))
        return Range(*(at(end) for end in ends))

    before = around(place)
    after = shifted(before, at(to), lower, upper)
    one, other = (metalog(values, lower, upper) for values in (before, after))
    assert after.mid == at(to)
    assert other.a2 == pytest.approx(one.a2, rel=1e-3, abs=1e-4)
    assert other.a3 == pytest.approx(one.a3, rel=1e-2, abs=1e-3)


def test_a_range_may_not_be_moved_onto_a_bound() -> None:
    """Moving a range to where its column ends is refused; a plain number may go there."""
    case = CASE.changed("success_probability", "0.4..0.5..0.6")
    with pytest.raises(InputError, match="a mid between 0 and 1, or a plain number instead"):
        case.moved("success_probability", 1.0)
    assert case.changed("success_probability", 0.5).moved("success_probability", 1.0)


@given(
    name=st.sampled_from(RANGED),
    share=st.floats(0.001, 0.999),
)
def test_a_range_can_be_put_around_every_number(name: str, share: float) -> None:
    """Around every number strictly within its column there is a range that the column allows."""
    lower, upper = bounds_of(COLUMNS[name])
    value = lower + share * (1e6 if upper is None else upper - lower)
    values = spread(value, name)
    assert values.mid == value
    metalog(values, lower, upper)


def test_no_range_around_a_bound() -> None:
    """Around a bound of its column there is no range, and the message says between which."""
    with pytest.raises(InputError, match="a number between 0 and 1 to put a range around"):
        spread(0.0, "success_probability")


def test_base_rates_have_sources_and_are_allowed() -> None:
    """Each base rate is a value of its column and names who says so."""
    case = at_base_rates(CASE)
    assert set(case.differences(CASE)) == set(BASE_RATES)
    assert all("(" in source or "20" in source for _, source in BASE_RATES.values())
    assert case.vendor.success_probability == Range(0.1, 0.15, 0.2)
    assert case.vendor.integration_cost == Range(10.0, 40.0, 120.0)  # shares of a price of 1,000


def test_every_input_has_one_control() -> None:
    """All columns but the vendor's names, all settings but the currency, and all weights."""
    names = set(controls())
    columns = {n for n in COLUMNS if n not in ("vendor_id", "name", "offering")}
    weights = {WEIGHT + n for n in CRITERIA}
    settings = {f.name for f in dataclasses.fields(CASE.firm)} - {"weights", "correlations"}
    assert names == columns | weights | settings - {"defaults", "currency"}


def test_sliders_hold_what_is_given_and_only_what_is_allowed() -> None:
    """The given value lies within its slider, and a number at either end is allowed."""
    for name in controls():
        notches = slider(name, CASE.value(name))
        if notches is None:
            continue
        value = CASE.value(name)
        mid = value.mid if isinstance(value, Range) else value
        assert notches.step > 0.0
        assert mid is None or notches.low <= mid <= notches.high
        spec = spec_of(name)
        for end in (notches.low, notches.high):
            assert spec.parse(end) is not None


@pytest.mark.parametrize("value", [0.1 + 0.2, 24e6, 1e-9, Range(0.1, 1 / 3, 0.7), 3, "direct"])
def test_what_is_typed_is_read_back(value: object) -> None:
    """A value as it is typed is read back as exactly that value."""
    name = "channel" if isinstance(value, str) else "ramp_years" if value == 3 else "bad_debt_rate"
    name = "price" if value == 24e6 else name
    assert COLUMNS[name].parse(typed(value)) == value


def test_all_at_their_low() -> None:
    """Every range is replaced by the number chosen of it, and nothing else changes."""
    low = CASE.mapped(lambda values: values.low)
    expected = replaced(CASE.vendor, **{name: cells[0] for name, cells in UNCERTAIN.items()})
    assert low == Case(expected, CASE.firm)
