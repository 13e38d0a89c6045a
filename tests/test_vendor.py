"""The vendor: its columns, their defaults and limits, and records made in Python."""

from __future__ import annotations

import dataclasses

import pytest

from acquire.errors import InputError, UnknownNameError
from acquire.ranges import Range
from acquire.vendor import (
    COLUMNS,
    CRITERIA,
    RANGED,
    Vendor,
    Vendors,
    mid_values,
    missing,
    ranges_of,
    replaced,
)
from tests import reference
from tests.samples import STRATEGIC, UNCERTAIN, vendor

REQUIRED = {
    "vendor_id",
    "name",
    *CRITERIA,
    "price",
    "integration_cost",
    "internal_spend",
    "internal_cost_ratio",
    "fixed_cost",
    "external_revenue",
    "external_cost_ratio",
    "success_probability",
    "client_satisfaction",
    "competence",
}
"""The columns that the model's table calls required."""

NEVER_RANGES = {
    "vendor_id",
    "name",
    "offering",
    "integration_years",
    "ramp_years",
    "channel",
    "failure_year",
    "client_satisfaction",
    "competence",
    "approved_by",
    "build_years",
}
"""The columns without "R" in the model's table."""


def test_defaults_are_those_of_the_model() -> None:
    """Every optional column has the default of the model's table."""
    # source: the reference's copy of that table
    defaults = {n: c.default for n, c in COLUMNS.items() if not c.required}
    assert defaults == reference.DEFAULTS


def test_required_columns() -> None:
    """The required columns are those of the model's table and have no default."""
    assert {n for n, c in COLUMNS.items() if c.required} == REQUIRED
    assert all(COLUMNS[name].default is None for name in REQUIRED)


def test_ranged_columns_and_their_bounds() -> None:
    """The columns that may be ranges are those of the model's table, with its bounds."""
    assert set(RANGED) == set(COLUMNS) - NEVER_RANGES
    bounds = {n: (COLUMNS[n].lower, COLUMNS[n].upper) for n in RANGED}
    assert bounds == {n: reference.BOUNDS.get(n, (0.0, 1.0)) for n in RANGED}


def test_every_column_explains_itself() -> None:
    """Every column has a meaning, a group and a place its figure comes from; numbers a unit."""
    for column in COLUMNS.values():
        assert all((column.meaning, column.group, column.practice))
        assert column.unit or column.kind.value in ("slug", "text", "choice")


def test_text_of_cells_and_python_values_are_the_same() -> None:
    """A vendor made of the text of cells equals the one made of Python values."""
    texts = {n: str(v) for n, v in STRATEGIC.items()}
    assert Vendor(**texts) == vendor()
    as_text = {n: "..".join(map(repr, v)) for n, v in UNCERTAIN.items()}
    assert Vendor(**(STRATEGIC | as_text)) == vendor(**UNCERTAIN)


def test_empty_cells_stay_empty() -> None:
    """What is not given is None until assumptions fill it."""
    row = {n: v for n, v in STRATEGIC.items() if n != "price"}
    one = Vendor(**row, channel="")
    assert (one.price, one.channel, one.build_years) == (None, None, None)


def test_every_problem_at_once() -> None:
    """A vendor with several wrong values reports each of them with column and value."""
    with pytest.raises(InputError) as caught:
        vendor(price=-1.0, internal_growth=8, channel="shop", failure_year=2.5)
    problems = caught.value.problems
    assert [p.column for p in problems] == ["price", "internal_growth", "channel", "failure_year"]
    assert [p.value for p in problems] == [-1.0, 8, "shop", 2.5]
    assert all(p.file == "vendor strategic-one" for p in problems)
    assert "internal_growth = 8: is it per cent? write 0.08; expected a number from -0.5" in str(
        caught.value
    )


def test_problems_name_the_source() -> None:
    """A vendor that was read somewhere says where."""
    with pytest.raises(InputError, match=r"^vendors.csv, row 7, price = 0: expected a number abo"):
        Vendor(**(STRATEGIC | {"price": 0}), source="vendors.csv, row 7")
    with pytest.raises(InputError, match=r"^vendor \(no id\), price = 0"):
        Vendor(**(STRATEGIC | {"price": 0, "vendor_id": ""}))


def test_source_does_not_count_for_equality() -> None:
    """Two vendors with the same cells are equal wherever they were read."""
    assert dataclasses.replace(vendor(), source="a.csv, row 2") == vendor()


def test_a_vendor_is_frozen() -> None:
    """A vendor cannot be changed in place."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        vendor().price = 2.0  # type: ignore[misc]


def test_ranges_and_mid_values() -> None:
    """Uncertain cells are listed by column, and a range counts with its mid."""
    one = reference_complete(price=(1.0, 2.0, 3.5))
    assert ranges_of(one) == {"price": Range(1.0, 2.0, 3.5)}
    mid = mid_values(one)
    assert tuple(mid) == RANGED
    assert mid["price"] == 2.0
    assert mid["fixed_cost"] == STRATEGIC["fixed_cost"]


def reference_complete(**changes: object) -> Vendor:
    return vendor(reference.DEFAULTS | STRATEGIC, **changes)


def test_changing_some_columns() -> None:
    """A copy with some columns changed leaves the vendor as it was."""
    one = vendor()
    other = replaced(one, price="5..6..7", name="Other")
    assert (other.price, other.name, one.price) == (Range(5.0, 6.0, 7.0), "Other", 1000.0)
    assert other.fixed_cost == one.fixed_cost


def test_changing_what_does_not_exist() -> None:
    """An unknown column is refused with the nearest one, a wrong value like any other."""
    with pytest.raises(UnknownNameError, match=r"no such column.*did you mean price"):
        replaced(vendor(), prize=5)
    with pytest.raises(InputError, match="price = -5"):
        replaced(vendor(), price=-5)


def test_required_and_empty() -> None:
    """The error of an empty required cell says so and what is allowed."""
    error = missing(COLUMNS["price"])
    assert error.wrong == "is required and empty"
    assert error.expected == COLUMNS["price"].allowed


def many() -> Vendors:
    return Vendors([vendor(vendor_id=i) for i in ("nimbus", "alpha", "zeta")])


def test_vendors_by_id() -> None:
    """The vendors of a file are a mapping by id in the file's order."""
    vendors = many()
    assert list(vendors) == ["nimbus", "alpha", "zeta"]
    assert len(vendors) == 3
    assert vendors["alpha"].vendor_id == "alpha"
    assert "alpha" in vendors
    assert not {"beta", 7} & set(vendors)
    assert 7 not in vendors
    assert repr(vendors) == "Vendors(nimbus, alpha, zeta)"


def test_a_vendor_that_stands_twice() -> None:
    """Every id that stands more than once is a problem, once."""
    twice = [vendor(vendor_id=i) for i in ("b", "a", "b", "c", "a", "b")]
    with pytest.raises(InputError) as caught:
        Vendors(twice)
    assert [(p.value, p.wrong) for p in caught.value.problems] == [
        ("a", "stands twice"),
        ("b", "stands twice"),
    ]


def test_an_unknown_vendor() -> None:
    """An unknown id is refused with the ids there are and the nearest one."""
    with pytest.raises(KeyError, match=r"one of nimbus, alpha, zeta; did you mean nimbus\?"):
        many()["nimbos"]
    crowd = Vendors([vendor(vendor_id=f"v{i}") for i in range(13)])
    with pytest.raises(InputError, match="v11, …"):
        crowd["w"]


def test_only_some_vendors() -> None:
    """A choice keeps the file's order, none named means all, and every unknown id is reported."""
    assert list(many().only(["zeta", "nimbus"])) == ["nimbus", "zeta"]
    assert list(many().only([])) == ["nimbus", "alpha", "zeta"]
    with pytest.raises(UnknownNameError) as caught:
        many().only(["alpha", "x", "y"])
    assert [p.value for p in caught.value.problems] == ["x", "y"]
