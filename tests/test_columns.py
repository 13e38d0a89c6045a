"""Columns: how the text of one cell becomes its value, and what is refused."""

from __future__ import annotations

import datetime
import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acquire.columns import CellError, Column, Decimals, Kind
from acquire.ranges import Range
from acquire.vendor import COLUMNS

MONEY = COLUMNS["internal_spend"]
SHARE = COLUMNS["internal_cost_ratio"]
GROWTH = COLUMNS["internal_growth"]
YEARS = COLUMNS["failure_year"]
SLUG = COLUMNS["vendor_id"]
TEXT = COLUMNS["name"]
CHANNEL = COLUMNS["channel"]
SIGNATURE = COLUMNS["approved_by"]


def refusal(column: Column, cell: object, decimals: Decimals = Decimals.POINT) -> CellError:
    with pytest.raises(CellError) as caught:
        column.parse(cell, decimals)
    return caught.value


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("12", 12.0),
        ("+12.5", 12.5),
        (" 1e3\t", 1000.0),
        ("2.5E-2", 0.025),
        ("1.234", 1.234),
        (7, 7.0),
        (np.int64(7), 7.0),
        (np.float32(0.5), 0.5),
        (Fraction(1, 4), 0.25),
        ("1e18", 1e18),
        ("10..20..30", Range(10.0, 20.0, 30.0)),
        ("1.5 .. 2.5 ..\t4", Range(1.5, 2.5, 4.0)),
        (Range(10, 20, 30), Range(10.0, 20.0, 30.0)),
        (Range("10", 20, "3e1"), Range(10.0, 20.0, 30.0)),  # type: ignore[arg-type]
    ],
    ids=repr,
)
def test_numbers_that_are_read(cell: object, value: float | Range) -> None:
    """A number or range is read as it stands, and always becomes plain floats."""
    # source: the decimal notation of the cell itself
    parsed = MONEY.parse(cell)
    assert parsed == value
    parts = (parsed.low, parsed.mid, parsed.high) if isinstance(parsed, Range) else (parsed,)
    assert all(type(part) is float for part in parts)


@pytest.mark.parametrize(
    "cell",
    [
        *(None, "", "  ", "na", "N/A", "#N/A", "nan", "NaN", "null", "None", "~"),
        *(math.nan, np.float64("nan")),
    ],
    ids=repr,
)
def test_empty_cells(cell: object) -> None:
    """Empty cells and the usual words for nothing are None in columns of every kind."""
    for column in (MONEY, YEARS, SLUG, TEXT, CHANNEL, SIGNATURE):
        assert column.parse(cell) is None


@pytest.mark.parametrize(
    "cell",
    [
        *("1_000", "0x10", "1e", "--5", ".5", "5.", "inf", "-Infinity", "$5", "5 USD", "12 34"),
        *("١٢٣", "１２", "\N{MINUS SIGN}5", "²", "ten", "1e5.5", "=1+1", "10...20..30"),
    ],
)
def test_what_is_no_number(cell: str) -> None:
    """Other notations of numbers are refused and not guessed at."""
    error = refusal(MONEY, cell)
    assert error.wrong == "is not a number"
    assert error.expected.startswith("a number above 0 (money per year)")


@pytest.mark.parametrize(
    "cell",
    ["1,234", "1,234,567", "1.234.567", "1,5", "1,234.5", "1.234,5", "1 000", "1'000", "1,2..3..4"],
)
def test_separators_of_thousands(cell: str) -> None:
    """Thousands separators and decimal commas are refused with the remedy."""
    assert "without thousands separator and with a decimal point" in refusal(MONEY, cell).expected


@pytest.mark.parametrize("cell", ["8%", "8 %", "8%..9%..10%"])
def test_per_cent_signs(cell: str) -> None:
    """Per cent is refused with the fraction to write."""
    assert refusal(MONEY, cell).expected.endswith("a fraction, such as 0.08 for 8 %")


@pytest.mark.parametrize(
    "cell",
    [
        *("1e999", "-1e999", "1e19", math.inf, -math.inf, 10**19),
        pytest.param(10**400, id="401 digits"),
    ],
)
def test_beyond_all_measure(cell: object) -> None:
    """Numbers beyond 1e18 are refused as a slip, whatever their type."""
    assert refusal(MONEY, cell).wrong == "is beyond 1e+18"


@pytest.mark.parametrize(
    ("cell", "wrong"),
    [
        (True, "is true or false"),
        (np.True_, "is of type bool"),
        (datetime.date(2024, 5, 1), "is a date or time"),
        (datetime.datetime(2024, 5, 1, tzinfo=datetime.UTC), "is a date or time"),
        (datetime.time(12), "is a date or time"),
        ([1, 2, 3], "is a list or mapping"),
        ((1, 2, 3), "is a list or mapping"),
        ({"low": 1}, "is a list or mapping"),
        (b"1", "is of type bytes"),
        (1 + 0j, "is of type complex"),
        (Decimal("1.5"), "is of type Decimal"),
        (Range(True, 2, 3), "is true or false"),
    ],
    ids=repr,
)
def test_values_of_another_kind(cell: object, wrong: str) -> None:
    """Booleans, dates, lists and other objects are no numbers, and are named."""
    assert str(refusal(MONEY, cell).wrong).startswith(wrong)


@pytest.mark.parametrize(
    ("cell", "parts"), [("1..2", 2), ("..", 2), ("1..2..3..4", 4), ("10…20…30", 1)]
)
def test_ranges_have_three_parts(cell: str, parts: int) -> None:
    """A range of other than three numbers is refused with the number of its parts."""
    error = refusal(MONEY, cell)
    assert "low..mid..high" in error.expected
    assert error.wrong == f"has {parts} parts"


@pytest.mark.parametrize("cell", ["1....3", "1..x..3", "..2..3", "1..nan..3", "1..2..3 4"])
def test_ranges_of_other_than_numbers(cell: str) -> None:
    """Every part of a range has to be a number of its own."""
    assert refusal(MONEY, cell).wrong == "is not a number"


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("3..2..4", "rising order"),
        ("2..2..4", "rising order"),
        ("0.1..0.5..1", "strictly between 0 and 1"),
        ("0.1..0.8..0.81", "less skewed"),
    ],
)
def test_ranges_that_are_no_distribution(cell: str, said: str) -> None:
    """What the metalog refuses, the column refuses with the same words."""
    assert said in refusal(SHARE if cell.startswith("0") else MONEY, cell).expected


def test_ranges_where_none_is_allowed() -> None:
    """A range in a column without ranges is refused as such."""
    for column in (YEARS, COLUMNS["competence"]):
        for cell in ("1..2..3", Range(1.0, 2.0, 3.0)):
            assert refusal(column, cell).wrong == "is a range, which this column does not allow"


@pytest.mark.parametrize(
    ("column", "allowed", "refused"),
    [
        (MONEY, [1e-9, 1e18], [0, -0.0, -1]),
        (SHARE, [0, 1, 0.5], [-1e-9, 1.0000001]),
        (GROWTH, [-0.5, 1], [-0.51, 1.01]),
        (COLUMNS["days_sales_outstanding"], [0, 365], [366]),
        (COLUMNS["external_cost_ratio"], [0, 1.3], [-0.1]),
        (YEARS, [1, 49], [0, -1]),
        (Column(meaning="", lower=0, upper=1, upper_open=True), [0, 0.999], [1]),
        (Column(meaning="", lower=0, upper=1, lower_open=True), [1, 0.001], [0]),
        (Column(meaning=""), [-5, 5], []),
    ],
)
def test_limits(column: Column, allowed: list[float], refused: list[float]) -> None:
    """A limit is allowed itself unless it is open, and nothing beyond it is."""
    for cell in allowed:
        assert column.parse(cell) == cell
    for cell in refused:
        assert refusal(column, cell).expected == column.allowed


def test_each_part_of_a_range_keeps_the_limits() -> None:
    """A range beyond a limit is refused like a number beyond it."""
    assert refusal(SHARE, "0.5..0.6..1.2").expected == SHARE.allowed


@pytest.mark.parametrize(
    ("cell", "hint"),
    [
        (8, "is it per cent? write 0.08"),
        ("35", "is it per cent? write 0.35"),
        (100, "is it per cent? write 1"),
        (101, None),
        (-8, None),
    ],
)
def test_per_cent_is_recognised(cell: object, hint: str | None) -> None:
    """A share between 1 and 100 is taken for per cent, and the fraction is proposed."""
    assert refusal(SHARE, cell).wrong == hint


def test_whole_numbers() -> None:
    """Whole years are read from any notation of a whole number, and nothing is rounded."""
    for cell in (2, 2.0, "2", "2.0", "0.2e1", np.int64(2)):
        assert YEARS.parse(cell) == 2
        assert type(YEARS.parse(cell)) is int
    for cell in (2.5, "2.5", True):
        assert refusal(YEARS, cell).expected == YEARS.allowed


@pytest.mark.parametrize(("value", "fits"), [(None, True), (1, True), (9, True), (10, False)])
def test_years_fit_into_the_horizon(value: int | None, fits: bool) -> None:
    """Years that end before the horizon are at most one less than it."""
    if fits:
        YEARS.check_horizon(value, 10)
        return
    with pytest.raises(CellError, match=r"from 1 to 9 \(the horizon is 10 years\)"):
        YEARS.check_horizon(value, 10)


def test_ramp_may_last_to_the_horizon() -> None:
    """The ramp may be as long as the horizon and no longer; other columns know no horizon."""
    COLUMNS["ramp_years"].check_horizon(10, 10)
    MONEY.check_horizon(1e9, 10)
    with pytest.raises(CellError):
        COLUMNS["ramp_years"].check_horizon(11, 10)


@pytest.mark.parametrize(
    ("decimals", "cell", "value"),
    [
        (Decimals.COMMA, "1,5", 1.5),
        (Decimals.COMMA, "1,234", 1.234),
        (Decimals.COMMA, "1,5e3", 1500.0),
        (Decimals.COMMA, "7", 7.0),
        (Decimals.COMMA, "1,5..2,5..4,5", Range(1.5, 2.5, 4.5)),
        (Decimals.EITHER, "1,5", 1.5),
        (Decimals.EITHER, "1.5", 1.5),
        (Decimals.EITHER, "1234,567", 1234.567),
        (Decimals.EITHER, "0.123", 0.123),
        (Decimals.EITHER, "0,123", 0.123),
        (Decimals.EITHER, "1.2345", 1.2345),
        (Decimals.EITHER, "1234", 1234.0),
    ],
)
def test_decimal_commas(decimals: Decimals, cell: str, value: float | Range) -> None:
    """Decimal commas are read where the file writes them, if they cannot be anything else."""
    assert MONEY.parse(cell, decimals) == value


@pytest.mark.parametrize(
    ("decimals", "cell", "said"),
    [
        (Decimals.COMMA, "1.5", "decimal commas throughout"),
        (Decimals.COMMA, "1.234", "decimal commas throughout"),
        (Decimals.COMMA, "1.234,5", "without thousands separator"),
        (Decimals.EITHER, "1,234", "1234, or 1,2340"),
        (Decimals.EITHER, "1.234", "1234, or 1.2340"),
        (Decimals.EITHER, "1,234,567", "without thousands separator"),
    ],
)
def test_ambiguous_decimals_are_refused(decimals: Decimals, cell: str, said: str) -> None:
    """What may be thousands or a fraction is refused, whatever the file's habit."""
    assert said in refusal(MONEY, cell, decimals).expected


@pytest.mark.parametrize("cell", ["a", "7", "nimbus-robotics", "0-", "a" * 64])
def test_slugs(cell: str) -> None:
    """Lower-case letters, digits and hyphens make a slug of at most 64 characters."""
    assert SLUG.parse(cell) == cell


@pytest.mark.parametrize(
    "cell", ["-a", "Nimbus", "a b", "a_b", "é", "a/../b", "a\n", "a" * 65, "٣"]
)
def test_no_slugs(cell: str) -> None:
    """Whatever could not be a file name everywhere is no slug."""
    stripped = cell.strip()
    if stripped != cell:  # blanks around a cell do not count
        assert SLUG.parse(cell) == stripped
    else:
        assert refusal(SLUG, cell).expected.startswith("1 to 64 characters")


def test_texts() -> None:
    """Text is stripped and otherwise kept, up to its longest length."""
    assert TEXT.parse("  Nimbus <b>&amp; ") == "Nimbus <b>&amp;"
    assert TEXT.parse("x" * 200) == "x" * 200
    assert refusal(TEXT, "x" * 201).wrong == "has 201 characters"


@pytest.mark.parametrize("cell", ["\ud800", "a\0b"])
def test_text_that_no_file_holds(cell: str) -> None:
    """Lone surrogates and NUL are refused in text."""
    assert "UTF-8" in refusal(TEXT, cell).expected


@pytest.mark.parametrize("cell", [7, 1.5, True, datetime.date(2024, 5, 1)], ids=repr)
def test_numbers_are_no_text(cell: object) -> None:
    """A number or date in a text column is refused, since what was typed may be lost."""
    for column in (TEXT, SLUG, CHANNEL):
        assert "may be lost" in str(refusal(column, cell).wrong)
    assert refusal(TEXT, ["a"]).wrong == "is a list or mapping"


def test_choices() -> None:
    """A choice is one of its words, and the nearest word is proposed for another."""
    assert CHANNEL.parse("product_managers") == "product_managers"
    error = refusal(CHANNEL, "Product managers")
    assert error.expected == "direct or product_managers"
    assert error.nearest == "product_managers"
    assert refusal(CHANNEL, "zzz").nearest is None


@pytest.mark.parametrize("cell", ["no", "No", "TBD", "pending", "-", "?", "open", "false"])
def test_signatures(cell: str) -> None:
    """Words that name nobody are no signature."""
    assert refusal(SIGNATURE, cell).wrong == "names nobody"
    assert SIGNATURE.parse("Noa Bold") == "Noa Bold"


@pytest.mark.parametrize(
    ("column", "words"),
    [
        (MONEY, "a number above 0 (money per year), or a range low..mid..high"),
        (COLUMNS["competence"], "a number from 0 to 10 (score)"),
        (COLUMNS["integration_cost"], "a number of at least 0 (money), or a range low..mid..high"),
        (YEARS, "a whole number from 1 to the horizon's years less 1 (years)"),
        (COLUMNS["ramp_years"], "a whole number from 1 to the horizon's years (years)"),
        (CHANNEL, "direct or product_managers"),
        (TEXT, "text of at most 200 characters"),
        (Column(meaning="", lower=0, upper=1, upper_open=True), "a number from 0 to below 1"),
        (
            Column(meaning="", lower=-1, upper=1, lower_open=True, upper_open=True),
            "a number above -1 to below 1",
        ),
        (Column(meaning="", kind=Kind.WHOLE, lower=4, upper=50), "a whole number from 4 to 50"),
    ],
)
def test_what_a_column_allows_in_words(column: Column, words: str) -> None:
    """What a column allows reads as the end of "expected …"."""
    assert column.allowed == words


@settings(deadline=None, derandomize=True, max_examples=300)
@given(
    st.one_of(
        st.text(max_size=12),
        st.text("0123456789.,eE+-_% ", max_size=12),
        st.floats(),
        st.integers(-(10**20), 10**20),
        st.booleans(),
        st.none(),
        st.binary(max_size=3),
        st.lists(st.integers(), max_size=2),
    ),
    st.sampled_from(list(COLUMNS.values())),
    st.sampled_from(Decimals),
)
def test_no_cell_crashes_a_column(cell: Any, column: Column, decimals: Decimals) -> None:
    """Any cell is read, empty or refused; what is read, is read the same again."""
    try:
        value = column.parse(cell, decimals)
    except CellError:
        return
    assert column.parse(value) == value
