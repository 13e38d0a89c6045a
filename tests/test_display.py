"""Display: numbers, money, tables, and text from outside made harmless."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acquire.display import (
    MoneyScale,
    Table,
    chance,
    escape,
    money,
    number,
    one_line,
    percent,
    plain_value,
    short_number,
)

MINUS = "\N{MINUS SIGN}"


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (1234567.891, 1, "1,234,567.9"),
        (1234.5, 0, "1,234"),
        (-4200.0, 0, f"{MINUS}4,200"),
        (-0.04, 1, "0.0"),
        (-0.06, 1, f"{MINUS}0.1"),
        (0.0, 2, "0.00"),
        (-0.0, 0, "0"),
        (None, 1, "–"),
    ],
)
def test_numbers(value: float | None, digits: int, text: str) -> None:
    """Numbers have thousands separators, a true minus sign, and no negative nothing."""
    assert number(value, digits) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.08, "0.08"),
        (1234.5, "1234"),
        (0.123456, "0.1235"),
        (-0.5, f"{MINUS}0.5"),
        (12345.6, "12,346"),
        (1e6, "1,000,000"),
        (9999.6, "10,000"),
        (0.0, "0"),
    ],
)
def test_short_numbers(value: float, text: str) -> None:
    """Inputs show with four significant digits and never in scientific notation."""
    assert short_number(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "USD 0"),
        (-4.2, f"USD {MINUS}4"),
        (949.0, "USD 949"),
        (4200.0, "USD 4.2 thousand"),
        (-12_345_678.0, f"USD {MINUS}12.3 million"),
        (2.5e9, "USD 2.5 billion"),
        (7e12, "USD 7,000.0 billion"),
        (999_949.0, "USD 999.9 thousand"),
        (999_950.0, "USD 1.0 million"),
        (999.4, "USD 999"),
        (None, "–"),
    ],
)
def test_money(value: float | None, text: str) -> None:
    """Money shows in the unit that keeps it short, rounded to the same unit."""
    assert money(value, "USD") == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.085, "8.5 %"), (1.0, "100.0 %"), (-0.02, f"{MINUS}2.0 %"), (None, "–")]
)
def test_per_cent(value: float | None, text: str) -> None:
    """Fractions show as per cent with a space before the sign."""
    assert percent(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0 %"),
        (1e-9, "< 1 %"),
        (0.0049, "< 1 %"),
        (0.006, "1 %"),
        (0.25, "25 %"),
        (0.994, "99 %"),
        (0.995, "> 99 %"),
        (1.0 - 1e-12, "> 99 %"),
        (1.0, "100 %"),
        (None, "–"),
    ],
)
def test_chances(value: float | None, text: str) -> None:
    """Chances show as whole per cent."""
    assert chance(value) == text


@settings(deadline=None, derandomize=True, max_examples=200)
@given(st.floats(0.0, 1.0, exclude_min=True, exclude_max=True) | st.just(0.005) | st.just(0.995))
def test_what_is_possible_never_shows_as_impossible_or_certain(value: float) -> None:
    """A chance strictly between 0 and 1 never shows as 0 % or 100 %."""
    assert chance(value) not in {"0 %", "100 %"}


@pytest.mark.parametrize(
    ("largest", "unit", "shown"),
    [
        (5e9, "billion USD", "1.5"),
        (-5e6, "million USD", "1,500.0"),
        (5e3, "thousand USD", "1,500,000.0"),
        (999.0, "USD", "1,500,000,000.0"),
    ],
)
def test_one_unit_for_a_table(largest: float, unit: str, shown: str) -> None:
    """All money of a table has the unit of its largest amount, whatever its sign."""
    scale = MoneyScale.of(largest, "USD")
    assert scale.unit == unit
    assert scale.show(1.5e9) == shown
    assert scale.show(None) == "–"
    assert scale.show(0.0, 2) == "0.00"


TABLE = Table(
    ("case", "mean", "remark"),
    [("first", "1.0", "a <b>$x$</b>"), ("second", f"{MINUS}12.5", "line\nbreak")],
    "Payoffs & more",
    emphasised=frozenset({1}),
    text_columns=frozenset({2}),
)


def test_a_table_as_text() -> None:
    """A table's text aligns words left and figures right, one line per row."""
    assert str(TABLE).splitlines() == [
        "Payoffs & more",
        "case     mean  remark",
        "------  -----  ------------",
        "first     1.0  a <b>$x$</b>",
        f"second  {MINUS}12.5  line\N{REPLACEMENT CHARACTER}break",
    ]
    assert repr(TABLE) == str(TABLE)
    assert str(Table(("a",), [("b",)])).splitlines() == ["a", "-", "b"]


def test_a_table_as_html() -> None:
    """A table's HTML has scoped headings, a caption, and every text escaped."""
    html = TABLE._repr_html_()
    assert "<caption>Payoffs &amp; more</caption>" in html
    assert html.count('scope="col"') == 3
    assert html.count('scope="row"') == 2
    assert html.count('<tr class="emphasised">') == 1
    assert "a &lt;b&gt;<span>$</span>x<span>$</span>&lt;/b&gt;" in html
    assert "<b>" not in html
    assert "<caption>" not in Table(("a",), [("b",)])._repr_html_()


def test_a_table_as_a_data_frame() -> None:
    """A table as a data frame has its first column as index."""
    frame = TABLE.to_frame()
    assert list(frame.columns) == ["mean", "remark"]
    assert list(frame.index) == ["first", "second"]
    assert frame.loc["second", "mean"] == f"{MINUS}12.5"


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("<script>alert('x')</script>", "&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt;"),
        ('"&', "&quot;&amp;"),
        ("$a$", "<span>$</span>a<span>$</span>"),
        ("a\x00\x1b[31m\rb", "a\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}[31m"),
        ("a\tb\nc", "a\tb\nc"),
        ("a\u202eb", "<bdi>a\u202eb</bdi>"),
        ("\u2066x", "<bdi>\u2066x</bdi>"),
        ("\u05d0", "<bdi>\u05d0</bdi>"),
        ("\u0627<", "<bdi>\u0627&lt;</bdi>"),
        ("Zürich – 東京", "Zürich – 東京"),
        (7, "7"),
    ],
)
def test_escaping(text: object, safe: str) -> None:
    """Markup, mathematics, control characters and direction marks are made harmless."""
    assert escape(text).startswith(safe)


@settings(deadline=None, derandomize=True, max_examples=200)
@given(st.text())
def test_nothing_escapes(text: str) -> None:
    """No text puts markup, a quote or a bare dollar sign on a page."""
    safe = escape(text).replace("<span>$</span>", "").removeprefix("<bdi>").removesuffix("</bdi>")
    assert not set("<>\"'$") & set(safe)


@settings(deadline=None, derandomize=True, max_examples=200)
@given(st.text())
def test_one_line_is_one_line(text: str) -> None:
    """On a terminal a text keeps its length, on one line without control characters."""
    shown = one_line(text)
    assert len(shown) == len(text)
    assert shown.isprintable()
    assert len(f"x{shown}x".splitlines()) == 1


def test_plain_values() -> None:
    """NumPy scalars become Python numbers, and what is not finite becomes None."""
    assert [plain_value(v) for v in (np.float64(1.5), np.int32(2), "a", None, True)] == [
        1.5,
        2,
        "a",
        None,
        True,
    ]
    assert type(plain_value(np.float64(1.5))) is float
    assert type(plain_value(np.bool_(True))) is bool
    assert [plain_value(v) for v in (float("nan"), np.float64("inf"), -np.inf)] == [None] * 3
