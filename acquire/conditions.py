"""The four conditions of selling outside, and the full costing behind the fourth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from acquire.assumptions import Assumptions
from acquire.cases import DAYS_PER_YEAR
from acquire.display import MoneyScale, Table, money, number, percent
from acquire.ranges import Array
from acquire.scoring import Classification
from acquire.simulation import Draws, Point, sample
from acquire.streams import Timeline
from acquire.ties import TIE, at_least, reaches
from acquire.vendor import Vendor, mid_values


class Status(StrEnum):
    """How a condition comes out."""

    MET = "met"
    NOT_MET = "not_met"
    NEEDS_APPROVAL = "needs_approval"
    NOT_APPLICABLE = "not_applicable"

    @property
    def holds(self) -> bool:
        """Whether the condition lets the vendor sell outside."""
        return self in (Status.MET, Status.NOT_APPLICABLE)

    @property
    def words(self) -> str:
        """The status as words."""
        return self.value.replace("_", " ")


@dataclass(frozen=True)
class Condition:
    """One condition: how it comes out, its figure and the limit it was held against."""

    status: Status
    value: float | None
    limit: float | None
    explanation: str


CONDITION_TITLES = {
    "internal_clients_first": "Internal clients come first and are satisfied",
    "distinctive_competence": "Distinctive competence in its niche",
    "nothing_strategic_to_competitors": "Nothing strategic is sold to competitors",
    "never_lose_money": "Never a loss on external sales, at full cost",
}


@dataclass(frozen=True)
class Conditions(Mapping[str, Condition]):
    """The four conditions, by name and in their order."""

    internal_clients_first: Condition
    distinctive_competence: Condition
    nothing_strategic_to_competitors: Condition
    never_lose_money: Condition

    @property
    def hold(self) -> bool:
        """Whether selling outside is permitted."""
        return all(condition.status.holds for condition in self.values())

    @property
    def failing(self) -> tuple[str, ...]:
        """Names of the conditions that do not hold."""
        return tuple(name for name, condition in self.items() if not condition.status.holds)

    @property
    def table(self) -> Table:
        """Condition, status, and the explanation with figure and limit."""
        return Table(
            ("condition", "status", "figure and limit"),
            [(CONDITION_TITLES[n], c.status.words, c.explanation) for n, c in self.items()],
            "The four conditions of selling outside",
            text_columns=frozenset({1, 2}),
        )

    def __getitem__(self, name: str) -> Condition:
        if name not in CONDITION_TITLES:
            raise KeyError(name)
        condition: Condition = getattr(self, name)
        return condition

    def __iter__(self) -> Iterator[str]:
        return iter(CONDITION_TITLES)

    def __len__(self) -> int:
        return len(CONDITION_TITLES)

    def _repr_html_(self) -> str:
        return self.table._repr_html_()


@dataclass(frozen=True)
class CostingYear:
    """One year of the external business in `dual_market` at full cost, money at mid values.

    Args:
        year: 1…T.
        revenue: external, as permitted.
        variable_cost: with bad debts and the product managers' margin.
        go_to_market: sales, marketing, service, contracts, collection.
        fixed_cost_share: by revenue, of the fixed cost for both markets.
        credit_cost: of financing receivables, before tax.
        profit: revenue less all costs.
    """

    year: int
    revenue: float
    variable_cost: float
    go_to_market: float
    fixed_cost_share: float
    credit_cost: float
    profit: float


@dataclass(frozen=True)
class Costing:
    """The full-costing table of `dual_market`, years 1…T."""

    years: tuple[CostingYear, ...]
    currency: str

    @property
    def table(self) -> Table:
        """Every year with its costs, one unit of money for all."""
        scale = MoneyScale.of(max(abs(y.revenue) for y in self.years) or 1.0, self.currency)
        names = [f.name for f in fields(CostingYear)][1:]
        return Table(
            ("year", *(name.replace("_", " ") for name in names)),
            [(str(y.year), *(scale.show(getattr(y, n), 2) for n in names)) for y in self.years],
            f"External business at full cost, mid values, {scale.unit}",
        )

    def _repr_html_(self) -> str:
        return self.table._repr_html_()


def full_costing(vendor: Vendor, firm: Assumptions, *, strategic: bool) -> Costing:
    """The external business of `dual_market` at full cost, at mid values."""
    columns = external_business(mid_values(vendor), vendor, Timeline(firm), strategic=strategic)
    return Costing(
        tuple(
            CostingYear(year, *(float(column[year - 1, 0]) for column in columns))
            for year in range(1, firm.horizon_years + 1)
        ),
        firm.currency,
    )


def external_business(
    x: Point, vendor: Vendor, time: Timeline, *, strategic: bool
) -> tuple[Array, ...]:
    """The columns of `CostingYear` after the year, at a point or at n draws; shape (T, n) each.

    Fixed cost is shared by revenue between the two markets; credit costs what the firm must earn
    before tax to carry the receivables: r/(1 − tax) of them.
    """
    years, inflation = time.years[:, np.newaxis], time.inflation[:, np.newaxis]
    kept = (1.0 - x["customer_churn"]) * (1.0 - (x["competitor_share"] if strategic else 0.0))
    revenue = x["external_revenue"] * kept * (1.0 + x["external_growth"]) ** years
    spend = x["internal_spend"] * (1.0 + x["internal_growth"]) ** years
    ratio = x["external_cost_ratio"] + x["bad_debt_rate"]
    if vendor.channel == "product_managers":
        ratio = ratio + x["channel_margin"]
    variable_cost = revenue * ratio
    go_to_market = x["go_to_market_cost"] * inflation
    fixed_share = x["fixed_cost"] * inflation * revenue / (revenue + spend)
    receivables = revenue * x["days_sales_outstanding"] / DAYS_PER_YEAR
    credit_cost = time.rate / time.keep * receivables
    profit = revenue - variable_cost - go_to_market - fixed_share - credit_cost
    columns = (revenue, variable_cost, go_to_market, fixed_share, credit_cost, profit)
    return tuple(np.broadcast_arrays(*columns))


def slack(
    x: Point, vendor: Vendor, time: Timeline, firm: Assumptions, classification: Classification
) -> Array:
    """How far selling outside is from being forbidden (or permitted), at n points, shape (n,).

    The worst year's full-cost profit in money, negative where that condition does not hold; minus
    infinity where another one does not, which none of the inputs here brings about gradually. The
    sign is that of `Conditions.hold`.

    Args:
        x: mid values, some of them replaced by arrays of shape (n,).
        vendor: gives channel, client satisfaction, competence and signature.
        time: the years.
        firm: gives the limits.
        classification: as it stands; no criterion is among what is replaced.
    """
    revenue, *_, profit = external_business(x, vendor, time, strategic=classification.strategic)
    never_lose: Array = np.where(_unsold(revenue), -np.inf, worst_year(profit, x["price"]))
    if vendor.channel == "product_managers":
        return never_lose
    served = np.asarray(x["external_revenue"] * x["competitor_share"]) != 0.0
    signed = bool(vendor.approved_by) or _clearly_generic(classification, firm)
    competitors = np.where(served & (not signed), -np.inf, np.inf)
    by_limit = all(
        reaches(value, limit)
        for value, limit in (
            (vendor.client_satisfaction, firm.min_client_satisfaction),
            (vendor.competence, firm.min_competence),
        )
    )
    least: Array = np.minimum(np.minimum(never_lose, competitors), np.inf if by_limit else -np.inf)
    return least


def shares(
    vendor: Vendor, firm: Assumptions, conditions: Conditions, draws: Draws, *, strategic: bool
) -> dict[str, float]:
    """In which share of the draws each condition holds, the fourth in every year.

    Classification stays at mid values here as everywhere, so the first three, whose figures are
    no ranges or matter only by being zero, hold in all draws or in none.
    """
    time = Timeline(firm)
    holding = total = 0
    for x in sample(vendor, draws):
        revenue, *_, profit = external_business(x, vendor, time, strategic=strategic)
        n = max(np.size(value) for value in x.values())
        fine = ~_loses(revenue, profit, x["price"])
        holding += int(np.count_nonzero(np.broadcast_to(fine, (n,))))
        total += n
    found = {name: float(condition.status.holds) for name, condition in conditions.items()}
    return found | {"never_lose_money": holding / total}


def judge(
    vendor: Vendor, firm: Assumptions, classification: Classification, costing: Costing
) -> Conditions:
    """How the four conditions come out, at mid values; `vendor` has no empty cell.

    The first three are rules for selling directly, so they do not apply to a vendor sold through
    the firm's own product managers.
    """
    x = mid_values(vendor)
    return Conditions(
        _clients_first(vendor, firm),
        _competence(vendor, firm),
        _competitors(vendor, firm, classification, x),
        _never_lose(firm, costing, x),
    )


BY_PRODUCT_MANAGERS = "sold through the firm's own product managers: a rule for selling directly"


def _by_limit(vendor: Vendor, value: float, limit: float, what: str, unit: str) -> Condition:
    met = reaches(value, limit)
    explanation = (
        f"{what} is {number(value)}{unit}, "
        f"{'at least' if met else 'below'} the required {number(limit)}"
    )
    if vendor.channel == "product_managers":
        return Condition(
            Status.NOT_APPLICABLE, value, limit, f"{BY_PRODUCT_MANAGERS} ({explanation})"
        )
    return Condition(Status.MET if met else Status.NOT_MET, value, limit, explanation)


def _clients_first(vendor: Vendor, firm: Assumptions) -> Condition:
    what = "internal clients' satisfaction"
    limit = firm.min_client_satisfaction
    return _by_limit(vendor, vendor.client_satisfaction, limit, what, " of 100")


def _competence(vendor: Vendor, firm: Assumptions) -> Condition:
    what = "competence against other vendors"
    return _by_limit(vendor, vendor.competence, firm.min_competence, what, " of 10")


def _competitors(
    vendor: Vendor, firm: Assumptions, classification: Classification, x: Mapping[str, float]
) -> Condition:
    share = x["competitor_share"]
    served = f"competitors bring {percent(share)} of external revenue"
    left_out = "it is left out of every permitted case" if classification.strategic else ""
    if vendor.channel == "product_managers":
        words = "; ".join(filter(None, (BY_PRODUCT_MANAGERS, served, left_out)))
        return Condition(Status.NOT_APPLICABLE, share, None, words)
    if x["external_revenue"] * share == 0:
        return Condition(Status.MET, share, None, "no external revenue comes from competitors")
    score = f"score {number(classification.score)}"
    if _clearly_generic(classification, firm):
        words = f"{served}; clearly generic ({score}), so nothing strategic reaches them"
        return Condition(Status.MET, share, None, words)
    if vendor.approved_by:
        signed = f"the judgement '{classification.kind}' was approved by {vendor.approved_by}"
        words = "; ".join(filter(None, (served, left_out, signed)))
        return Condition(Status.MET, share, None, words)
    wanted = (
        f"the judgement '{classification.kind}' ({score}, strategic from "
        f"{number(firm.strategic_threshold)}) needs a signature at executive level"
    )
    words = "; ".join(filter(None, (served, left_out, wanted)))
    return Condition(Status.NEEDS_APPROVAL, share, None, words)


def worst_year(profit: Array, price: float | Array) -> Array:
    """The least of a year's external profit (T, n), below 0 where a year counts as losing."""
    worst = np.abs(profit.min(axis=0))
    found: Array = np.where(losing(profit, price), -worst, worst)
    return found


def losing(profit: Array, price: float | Array) -> NDArray[np.bool_]:
    """Whether a year's external profit (T, n) is below 0; shape (n,)."""
    found: NDArray[np.bool_] = np.any(profit < -TIE * np.maximum(np.abs(profit), price), axis=0)
    return found


def _loses(revenue: Array, profit: Array, price: float | Array) -> NDArray[np.bool_]:
    """The same, and where nothing is sold at all."""
    return np.logical_or(losing(profit, price), _unsold(revenue))


def _unsold(revenue: Array) -> NDArray[np.bool_]:
    nothing: NDArray[np.bool_] = np.all(revenue == 0.0, axis=0)
    return nothing


def _clearly_generic(classification: Classification, firm: Assumptions) -> bool:
    close = reaches(classification.score, firm.strategic_threshold - firm.approval_margin)
    return not classification.strategic and not close


def _never_lose(firm: Assumptions, costing: Costing, x: Mapping[str, float]) -> Condition:
    worst = min(costing.years, key=lambda y: y.profit)
    if all(y.revenue == 0 for y in costing.years):
        return Condition(Status.NOT_MET, worst.profit, 0.0, "there is no external revenue to sell")
    price = x["price"]
    losing = [y for y in costing.years if not at_least(y.profit, 0.0, price)]
    if losing:
        first = losing[0]
        words = (
            f"at full cost, external sales first lose money in year {first.year}: "
            f"{money(first.profit, firm.currency)}; they do in {_out_of(losing, costing.years)}, "
            f"at worst in year {worst.year}: {money(worst.profit, firm.currency)}"
        )
        return Condition(Status.NOT_MET, worst.profit, 0.0, words)
    words = (
        f"at full cost, external sales earn at least {money(worst.profit, firm.currency)} a year "
        f"(year {worst.year})"
    )
    return Condition(Status.MET, worst.profit, 0.0, words)


def _out_of(some: Sequence[CostingYear], years: Sequence[CostingYear]) -> str:
    if len(some) == len(years):
        return f"all {len(years)} years"
    return f"{len(some)} of {len(years)} years"
