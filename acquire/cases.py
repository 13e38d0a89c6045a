"""The cash flows of each case, at one point or at n draws: the model itself.

Every benefit, cost and balance of a case is a `Stream`: an amount per draw, times its own growth
factor of each year, times a weight of the year that no draw touches (a ramp, cost inflation, the
years in which it is paid). Sums over the years are therefore one matrix product of weights and
powers, shared by all cases; nothing else is approximated or left out. A deterministic run is
n = 1, through the same lines.

Signs: amounts are positive; a case lists its benefits and its costs. Money is nominal and falls at
year ends, year 0 is the closing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from acquire.assumptions import Assumptions
from acquire.ranges import Array
from acquire.simulation import Point
from acquire.ties import TIE
from acquire.vendor import Vendor

CASES = ("internal_only", "dual_market", "failure", "compromised", "build")

DAYS_PER_YEAR = 365.0


class Growth:
    """Growth factors of years 1…T.

    Args:
        powers: shape (T, n), or (T, 1) where no draw touches them.
    """

    def __init__(self, powers: Array) -> None:
        self.powers = powers
        self._sums: dict[bytes, Array] = {}

    @classmethod
    def compound(cls, factor: float | Array, years: int, *, first: int = 1) -> Growth:
        """factorᵗ for t = `first`, `first` + 1, …; `years` of them."""
        base = np.atleast_1d(np.asarray(factor, dtype=float))
        powers = np.empty((years, base.size))
        powers[0] = base**first
        for t in range(1, years):
            np.multiply(powers[t - 1], base, out=powers[t])
        return cls(powers)

    def delayed(self, years: int) -> Growth:
        """The same factors, `years` later, and 0 until then."""
        late = np.zeros_like(self.powers)
        late[years:] = self.powers[: len(self.powers) - years]
        return Growth(late)

    def weighted_sum(self, weights: Array) -> Array:
        """Σₜ weightsₜ·powersₜ per draw, shape (n,) or (1,); remembered."""
        key = weights.tobytes()
        if key not in self._sums:
            self._sums[key] = weights @ self.powers
        return self._sums[key]


class Timeline:
    """Years 1…T and what the firm's assumptions make of them; every array of shape (T,)."""

    def __init__(self, firm: Assumptions) -> None:
        self.horizon = firm.horizon_years
        self.years = np.arange(1, self.horizon + 1)
        self.discount = (1.0 + firm.discount_rate) ** -self.years.astype(float)
        self.inflation = (1.0 + firm.cost_inflation) ** self.years.astype(float)
        self.keep = 1.0 - firm.tax_rate
        """What is left of a profit after tax."""
        self.rate = firm.discount_rate
        self.terminal_growth = firm.terminal_growth
        self.all = np.ones(self.horizon)
        # Σ −(receivablesₜ − receivablesₜ₋₁)·discountₜ = −Σ receivablesₜ·carryingₜ
        following = np.append(self.discount[1:], 0.0)
        self.carrying = self.discount - following
        if firm.terminal_growth is None:
            self.carrying[-1] = 0.0  # collected at the horizon

    def only(self, first: int, last: int) -> Array:
        """1 in the years from `first` to `last`, else 0."""
        return ((self.years >= first) & (self.years <= last)).astype(float)

    def ramp(self, years: int, *, after: int = 0) -> Array:
        """Linear from 0 in year `after` to 1, `years` later."""
        return np.clip((self.years - after) / years, 0.0, 1.0)


@dataclass(frozen=True, eq=False)
class Stream:
    """amountⱼ·powersₜⱼ·weightsₜ for draw j and year t.

    Args:
        amount: money per draw, shape (n,), or a float.
        growth: growth factors.
        weights: factor of each year, shape (T,).
        time: the years.
    """

    amount: float | Array
    growth: Growth
    weights: Array
    time: Timeline

    def times(self, factor: float | Array) -> Stream:
        """The stream with its amount multiplied, per draw."""
        return Stream(self.amount * factor, self.growth, self.weights, self.time)

    def during(self, years: Array) -> Stream:
        """The stream with its weights multiplied, per year."""
        return Stream(self.amount, self.growth, self.weights * years, self.time)

    @cached_property
    def present_value(self) -> float | Array:
        """Σₜ streamₜ/(1 + r)ᵗ per draw."""
        return self.amount * self.growth.weighted_sum(self.weights * self.time.discount)

    @cached_property
    def carrying_cost(self) -> float | Array:
        """Present value of financing the stream as a balance that changes year by year."""
        return self.amount * self.growth.weighted_sum(self.weights * self.time.carrying)

    @cached_property
    def last(self) -> float | Array:
        """The stream in year T, per draw."""
        return self.amount * (self.growth.powers[-1] * self.weights[-1])

    @cached_property
    def mean(self) -> Array:
        """Mean over the draws of each year, shape (T,)."""
        powers, amount = self.growth.powers, np.asarray(self.amount)
        if powers.shape[1] == 1 or amount.size == 1:
            return self.weights * powers.mean(axis=1) * amount.mean()
        return self.weights * (powers @ amount) / amount.size


@dataclass(frozen=True, eq=False)
class Case:
    """One way to go on: what it brings and costs, year by year.

    Args:
        time: the years.
        benefits, costs: streams before tax.
        strategic: those of the benefits that are advantages over competitors, never capitalised
            beyond the horizon.
        receivables: trade credit outstanding at each year's end, None without external sales.
        outlay: what is paid at closing, per draw.
        price: the scale of a comparison with zero, per draw.
    """

    time: Timeline
    benefits: Sequence[Stream]
    costs: Sequence[Stream]
    strategic: Stream | None
    receivables: Stream | None
    outlay: float | Array
    price: float | Array

    @cached_property
    def terminal_value(self) -> float | Array:
        """Value at year T of everything after it, per draw.

        A business that earns nothing then (without its strategic benefit) is closed and its
        receivables are collected; one within rounding of nothing counts as earning nothing.
        """
        growth = self.time.terminal_growth
        if growth is None:
            return 0.0
        earning = _total(s.last for s in self.benefits) - _total(s.last for s in self.costs)
        if self.strategic is not None:
            earning = earning - self.strategic.last
        base = earning * self.time.keep
        open_then = 0.0 if self.receivables is None else self.receivables.last
        going_on = (base * (1.0 + growth) - growth * open_then) / (self.time.rate - growth)
        return np.where(base > TIE * self.price, going_on, open_then)

    @cached_property
    def payoff(self) -> Array:
        """Net present value against the status quo per draw, shape (n,) or (1,)."""
        profits = _total(s.present_value for s in self.benefits)
        profits = profits - _total(s.present_value for s in self.costs)
        value = profits * self.time.keep - self.outlay
        if self.receivables is not None:
            value = value - self.receivables.carrying_cost
        return np.atleast_1d(value + self.terminal_value * self.time.discount[-1])

    def mean_flows(self) -> Array:
        """Mean cash flow of years 0…T, shape (T + 1,); without the terminal value."""
        profits = sum(s.mean for s in self.benefits) - sum(s.mean for s in self.costs)
        flows = np.empty(self.time.horizon + 1)
        flows[0] = -np.mean(self.outlay)
        flows[1:] = profits * self.time.keep
        if self.receivables is not None:
            balance = self.receivables.mean.copy()
            if self.time.terminal_growth is None:
                balance[-1] = 0.0  # collected at the horizon
            flows[1:] -= np.diff(balance, prepend=0.0)
        return flows

    def mean_terminal_value(self) -> float:
        """Mean over the draws, at year T."""
        return float(np.mean(self.terminal_value))


def _total(parts: Iterable[float | Array]) -> float | Array:
    total: float | Array = 0.0
    for part in parts:
        total = total + part
    return total


def build_cases(
    x: Point, vendor: Vendor, firm: Assumptions, *, strategic: bool
) -> dict[str, Case]:
    """The cases of a vendor at a point or a block of draws.

    Args:
        x: the inputs that may be ranges, floats or arrays of shape (n,).
        vendor: without empty cells; gives the whole years and the channel.
        firm: the firm's assumptions.
        strategic: whether the vendor was classified as strategic.

    Returns:
        The cases of `CASES`, without `build` where nobody could be hired, and `undamaged` for a
        strategic vendor: `dual_market` serving competitors too, yet without harm inside, by
        which the cost of a violation is split.
    """
    time = Timeline(firm)
    T = time.horizon
    flat = Growth(np.ones((T, 1)))
    spend_growth = Growth.compound(1.0 + x["internal_growth"], T)
    sales_growth = Growth.compound(1.0 + x["external_growth"], T)
    decay = Growth.compound(1.0 - x["advantage_decay"], T, first=0)

    # inside the firm
    ramp = time.ramp(vendor.ramp_years or 1)
    insourced = Stream(
        x["internal_spend"] * (1.0 - x["internal_cost_ratio"]), spend_growth, time.all, time
    )
    saving = Stream(x["internal_spend"] * x["specialisation_saving"], spend_growth, ramp, time)
    advantage = Stream(x["strategic_value"] if strategic else 0.0, decay, ramp, time)

    # the external business as planned, and with competitors served
    margin = 1.0 - x["external_cost_ratio"] - x["bad_debt_rate"]
    if vendor.channel == "product_managers":
        margin = margin - x["channel_margin"]
    credit_years = x["days_sales_outstanding"] / DAYS_PER_YEAR
    all_sales = Stream(
        x["external_revenue"] * (1.0 - x["customer_churn"]), sales_growth, time.all, time
    )
    sales = all_sales.times(1.0 - x["competitor_share"]) if strategic else all_sales
    contribution, receivables = sales.times(margin), sales.times(credit_years)
    go_to_market = Stream(x["go_to_market_cost"], flat, time.inflation, time)

    # fixed and one-off costs
    fixed = Stream(x["fixed_cost"], flat, time.inflation, time)
    internal_fixed = fixed.times(x["internal_fixed_share"])
    k_integration = vendor.integration_years or 1
    integration = Stream(
        x["integration_cost"] / k_integration, flat, time.only(1, k_integration), time
    )
    exit_cost = Stream(x["exit_cost"], flat, time.all, time)
    outlay = x["price"] * (1.0 + x["transaction_cost_rate"])

    def case(
        benefits: list[Stream],
        costs: list[Stream],
        receivables: Stream | None = None,
        strategic: Stream = advantage,
        outlay: float | Array = outlay,
    ) -> Case:
        return Case(time, [*benefits, strategic], costs, strategic, receivables, outlay, x["price"])

    inside = [insourced, saving]
    cases = {
        "internal_only": case(
            inside, [internal_fixed, integration, exit_cost.during(time.only(1, 1))]
        ),
        "dual_market": case(
            [*inside, contribution], [go_to_market, fixed, integration], receivables
        ),
    }

    k = vendor.failure_year or 1
    trying, closed, closing = time.only(1, k), time.only(k + 1, T), time.only(k, k)
    reached = receivables.times(x["failure_revenue_share"])
    cases["failure"] = case(
        [*inside, contribution.times(x["failure_revenue_share"]).during(trying)],
        [
            go_to_market.during(trying),
            fixed.during(trying),
            internal_fixed.during(closed),
            integration,
            exit_cost.during(closing),
            reached.times(x["receivables_write_off"]).during(closing),
        ],
        reached.during(time.only(1, k - 1)),
    )

    all_contribution, all_receivables = contribution, receivables
    if strategic:
        all_contribution, all_receivables = all_sales.times(margin), all_sales.times(credit_years)
        cases["undamaged"] = case(
            [*inside, all_contribution], [go_to_market, fixed, integration], all_receivables
        )
    kept = 1.0 - x["satisfaction_erosion"]
    cases["compromised"] = case(
        [insourced.times(kept), saving.times(kept), all_contribution],
        [go_to_market, fixed, integration],
        all_receivables,
        strategic=advantage.times(1.0 - x["strategic_leak"]),
    )

    if can_build(vendor):
        b = vendor.build_years or 1
        # min(1, (t − b)/ramp_years)·(1 − advantage_decay)^(t − b − 1), from year b + 1 on
        late_ramp = time.ramp(vendor.ramp_years or 1, after=b)
        hiring = Stream(
            x["skills_headcount"] * x["hiring_cost"], flat, time.only(1, 1), time
        )
        cases["build"] = case(
            [insourced.during(time.only(b + 1, T))],
            [internal_fixed, hiring],
            strategic=Stream(advantage.amount, decay.delayed(b), late_ramp, time),
            outlay=0.0,
        )
    return cases


def can_build(vendor: Vendor) -> bool:
    """Whether hiring the skills is an alternative: somebody could be hired."""
    return vendor.skills_headcount != 0
