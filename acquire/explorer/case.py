"""What is being explored: a vendor and a firm, and the ways to change either."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from acquire.assumptions import SETTINGS, Assumptions
from acquire.errors import InputError, Problem
from acquire.ranges import Range, scale_of
from acquire.simulation import bounds_of
from acquire.vendor import COLUMNS, CRITERIA, Vendor, ranges_of, replaced

WEIGHT = "weights."
"""Begins the name of the weight of a criterion."""


@dataclass(frozen=True)
class Case:
    """A vendor under a firm's assumptions, as they stand in the explorer.

    Args:
        vendor: empty cells empty.
        firm: the assumptions.
    """

    vendor: Vendor
    firm: Assumptions

    def value(self, name: str) -> Any:
        """Of a column, empty cells filled, a setting, or a weight."""
        if name.startswith(WEIGHT):
            return self.firm.weights[name.removeprefix(WEIGHT)]
        if name in SETTINGS:
            return getattr(self.firm, name)
        given = getattr(self.vendor, name)
        return given if given is not None else self.firm.defaults.get(name, COLUMNS[name].default)

    def cell(self, name: str) -> Any:
        """The same, None for an empty cell."""
        return getattr(self.vendor, name) if name in COLUMNS else self.value(name)

    def changed(self, name: str, cell: Any) -> Case:
        """The case with another value.

        Args:
            name: of a column or setting, or `weights.<criterion>`.
            cell: a value, or its text as in a file; empty for the default.

        Raises:
            InputError: it is not allowed.
        """
        if name.startswith(WEIGHT):
            weights = dict(self.firm.weights) | {name.removeprefix(WEIGHT): cell}
            return self._with_firm(weights=weights)
        if name in SETTINGS:
            return self._with_firm(**{name: cell})
        case = Case(replaced(self.vendor, **{name: cell}), self.firm)
        case.firm.complete(case.vendor)
        return case

    def _with_firm(self, **settings: Any) -> Case:
        case = Case(self.vendor, dataclasses.replace(self.firm, **settings))
        case.firm.complete(case.vendor)  # years may not fit into another horizon
        return case

    def moved(self, name: str, mid: float) -> Case:
        """The case with a number, or with a range whose mid is that number.

        Low and high move along, so that the range keeps its shape between the column's bounds: a
        range of money keeps its ratios, one of shares the ratios of its odds.

        Raises:
            InputError: the number is not allowed.
        """
        value = self.value(name)
        if not isinstance(value, Range):
            return self.changed(name, mid)
        lower, upper = bounds_of(COLUMNS[name])
        if edge := _edge(mid, lower, upper):
            raise InputError(
                Problem(
                    f"a mid {edge}, or a plain number instead of the range",
                    column=name,
                    value=mid,
                    wrong="a range may not touch what its column allows",
                )
            )
        return self.changed(name, shifted(value, mid, lower, upper))

    def mapped(self, change: Callable[[Range], float]) -> Case:
        """The case with every range replaced by a number."""
        numbers = {name: change(values) for name, values in ranges_of(self.vendor).items()}
        return Case(replaced(self.vendor, **numbers), self.firm)

    def differences(self, given: Case) -> Iterator[str]:
        """Names of what differs from another case."""
        for name in COLUMNS:
            if getattr(self.vendor, name) != getattr(given.vendor, name):
                yield name
        for name in SETTINGS:
            if getattr(self.firm, name) != getattr(given.firm, name):
                yield name
        for name in CRITERIA:
            if self.firm.weights[name] != given.firm.weights[name]:
                yield WEIGHT + name


def shifted(values: Range, mid: float, lower: float, upper: float | None) -> Range:
    """A range around another mid, of the same shape on its column's scale."""
    if mid == values.mid:
        return values

    transform, restore = scale_of(lower, upper)
    by = transform(mid) - transform(values.mid)
    low, high = (rounded(restore(transform(end) + by)) for end in (values.low, values.high))
    return Range(low, mid, high)


def _edge(value: float, lower: float, upper: float | None) -> str:
    """Where a range may lie, if a value is not strictly within the bounds; else nothing."""
    if lower < value and (upper is None or value < upper):
        return ""
    return f"above {lower:g}" if upper is None else f"between {lower:g} and {upper:g}"


def rounded(value: float) -> float:
    """Six significant digits, as a person would type."""
    return float(f"{value:.6g}")


def spread(value: float, name: str) -> Range:
    """A range around a number, for an input that turns out to be uncertain.

    From 20 % less to 25 % more, or with the odds of a share between two thirds and half as much
    again.

    Raises:
        InputError: the number is a bound of its column, around which there is no range.
    """
    lower, upper = bounds_of(COLUMNS[name])
    if edge := _edge(value, lower, upper):
        raise InputError(
            Problem(f"a number {edge} to put a range around", column=name, value=value)
        )
    transform, restore = scale_of(lower, upper)
    by = math.log(1.25 if upper is None else 1.5)
    low, high = (rounded(restore(transform(value) + step)) for step in (-by, by))
    return Range(low, value, high)


BASE_RATES: Mapping[str, tuple[Callable[[Case], Any], str]] = {
    "success_probability": (
        lambda _: Range(0.1, 0.15, 0.2),
        "revenue synergies are reached in 10 to 20 % of deals (KPMG 2019)",
    ),
    "integration_cost": (
        lambda case: _of_price(case, 0.01, 0.04, 0.12),
        "1 to 4 % of the deal (EY, 229 deals), against 14 % (EY survey 2014)",
    ),
    "days_sales_outstanding": (
        lambda _: 40.1,
        "large US firms in 2023 (CFO/Hackett)",
    ),
    "bad_debt_rate": (lambda _: 0.013, "Western Europe, between firms, 2018"),
}
"""What is usual elsewhere, by column, with its source: an outside view of what was estimated."""


def _of_price(case: Case, *shares: float) -> Range:
    price = case.value("price")
    mid = price.mid if isinstance(price, Range) else float(price)
    return Range(*(rounded(share * mid) for share in shares))


def at_base_rates(case: Case) -> Case:
    """The case with the inputs for which there are base rates at these."""
    rates = {name: rate(case) for name, (rate, _) in BASE_RATES.items()}
    return Case(replaced(case.vendor, **rates), case.firm)
