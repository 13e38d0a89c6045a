"""The peer that takes one draw at a time: the model as one writes it in plain Python at first.

It is the function that packages calling a function per trial are given, and nothing but the
standard library, yet written to be quick: what cases share is worked out once per draw. It is
checked against the package before it is timed. `vendor_of_20_inputs` is the vendor that all of them
are timed on.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

import acquire as aq
from acquire.assumptions import Assumptions
from acquire.cases import CASES, build_cases
from acquire.scoring import classify
from acquire.simulation import Draws, sample
from acquire.streams import Timeline, settle
from acquire.vendor import CRITERIA, Vendor, mid_values, ranges_of, replaced

DATA = Path(__file__).parents[2] / "data"

SURPLUS = (
    "transaction_cost_rate", "bad_debt_rate", "receivables_write_off", "satisfaction_erosion",
    "strategic_leak", "skills_headcount", "hiring_cost",
)  # fmt: skip
"""Ranges of the vendor beyond the 20 that are kept; they become numbers, like the criteria."""

OUTSIDE = ("dual_market", "failure")


def vendor_of_20_inputs() -> tuple[Vendor, Assumptions]:
    """A vendor of the sample file without empty cells and 20 ranges, and the firm's assumptions."""
    firm = aq.read_assumptions(DATA / "assumptions.yaml")
    vendor = firm.complete(aq.read_vendors(DATA / "vendors.csv")["nimbus"])
    mid = mid_values(vendor)
    vendor = replaced(vendor, **{name: mid[name] for name in (*SURPLUS, *CRITERIA)})
    assert len(ranges_of(vendor)) == 20
    return vendor, firm


class RowModel:
    """The cases of a vendor without empty cells, one draw at a time.

    Args:
        vendor: gives the whole years and the channel.
        firm: the assumptions.
        strategic: whether the vendor was classified as strategic.
    """

    def __init__(self, vendor: Vendor, firm: Assumptions, *, strategic: bool) -> None:
        self.years = range(1, firm.horizon_years + 1)
        self.strategic = strategic
        self.through_managers = vendor.channel == "product_managers"
        self.integration_years = vendor.integration_years or 1
        self.failure_year, self.build_years = vendor.failure_year or 1, vendor.build_years or 1
        self.ramp_years = vendor.ramp_years or 1
        self.keep, self.rate = 1 - firm.tax_rate, firm.discount_rate
        self.growth = firm.terminal_growth
        self.inflation = [(1 + firm.cost_inflation) ** t for t in self.years]
        self.discount = [(1 + firm.discount_rate) ** -t for t in self.years]
        self.ramp = [min(1, t / self.ramp_years) for t in self.years]

    def go_external(self, x: Mapping[str, float]) -> float:
        """Payoff of selling outside as well, success and failure weighed."""
        value, p = self.payoffs(x, OUTSIDE), x["success_probability"]
        return p * value["dual_market"] + (1 - p) * value["failure"]

    def payoffs(self, x: Mapping[str, float], wanted: Sequence[str] = CASES) -> dict[str, float]:
        """Payoff of each wanted case at one draw: every column that may be a range."""
        years, ramp = self.years, self.ramp
        spend = [x["internal_spend"] * (1 + x["internal_growth"]) ** t for t in years]
        own, save = 1 - x["internal_cost_ratio"], x["specialisation_saving"]
        inside = [s * (own + save * r) for s, r in zip(spend, ramp, strict=True)]
        advantage = [0.0 for _ in years]
        if self.strategic:
            stays = 1 - x["advantage_decay"]
            advantage = [
                x["strategic_value"] * r * stays ** (t - 1)
                for t, r in zip(years, ramp, strict=True)
            ]
        margin = 1 - x["external_cost_ratio"] - x["bad_debt_rate"]
        if self.through_managers:
            margin -= x["channel_margin"]
        start, up = x["external_revenue"] * (1 - x["customer_churn"]), 1 + x["external_growth"]
        all_sales = [start * up**t for t in years]
        kept = 1 - x["competitor_share"] if self.strategic else 1.0
        sales = [s * kept for s in all_sales]
        days = x["days_sales_outstanding"] / 365
        outside = [x["go_to_market_cost"] * i for i in self.inflation]
        fixed = [x["fixed_cost"] * i for i in self.inflation]
        share, exit_cost = x["internal_fixed_share"], x["exit_cost"]
        k = self.integration_years
        integration = [x["integration_cost"] / k if t <= k else 0.0 for t in years]
        outlay = x["price"] * (1 + x["transaction_cost_rate"])
        none = [0.0 for _ in years]

        found = {}
        if "internal_only" in wanted:
            profits = [
                i + a - share * f - c
                for i, a, f, c in zip(inside, advantage, fixed, integration, strict=True)
            ]
            profits[0] -= exit_cost
            found["internal_only"] = self._settle(profits, advantage[-1], none, outlay)
        if "dual_market" in wanted:
            profits = [
                i + a + s * margin - o - f - c
                for i, a, s, o, f, c in zip(
                    inside, advantage, sales, outside, fixed, integration, strict=True
                )
            ]
            owed = [s * days for s in sales]
            found["dual_market"] = self._settle(profits, advantage[-1], owed, outlay)
        if "failure" in wanted:
            last, part = self.failure_year, x["failure_revenue_share"]
            profits, owed = [], []
            for t, i, a, s, o, f, c in zip(
                years, inside, advantage, sales, outside, fixed, integration, strict=True
            ):
                if t > last:
                    profits.append(i + a - share * f - c)
                    owed.append(0.0)
                    continue
                profit, credit = i + a + s * part * margin - o - f - c, s * part * days
                if t == last:
                    profit -= exit_cost + x["receivables_write_off"] * credit
                    credit = 0.0
                profits.append(profit)
                owed.append(credit)
            found["failure"] = self._settle(profits, advantage[-1], owed, outlay)
        if "compromised" in wanted:
            whole, leak = 1 - x["satisfaction_erosion"], 1 - x["strategic_leak"]
            profits = [
                i * whole + a * leak + s * margin - o - f - c
                for i, a, s, o, f, c in zip(
                    inside, advantage, all_sales, outside, fixed, integration, strict=True
                )
            ]
            owed = [s * days for s in all_sales]
            found["compromised"] = self._settle(profits, advantage[-1] * leak, owed, outlay)
        if "build" in wanted:
            after, late = self.build_years, 0.0
            profits = [-share * f for f in fixed]
            profits[0] -= x["skills_headcount"] * x["hiring_cost"]
            for t in years[after:]:
                late = advantage[t - after - 1]
                profits[t - 1] += spend[t - 1] * own + late
            found["build"] = self._settle(profits, late, none, 0.0)
        return found

    def _settle(
        self, profits: list[float], strategic: float, owed: list[float], outlay: float
    ) -> float:
        """Net present value with what follows the horizon."""
        before, value, growth = 0.0, -outlay, self.growth
        if growth is None:
            owed = [*owed[:-1], 0.0]
        for profit, now, discount in zip(profits, owed, self.discount, strict=True):
            value += (profit * self.keep - now + before) * discount
            before = now
        if growth is None:
            return value
        base = (profits[-1] - strategic) * self.keep
        end = before
        if base > 0:
            end = (base * (1 + growth) - growth * before) / (self.rate - growth)
        return value + end * self.discount[-1]


def check_rows(vendor: Vendor, firm: Assumptions) -> None:
    """The plain function computes what the package computes, at 64 of the package's own draws."""
    time = Timeline(firm)
    strategic = classify(vendor, firm, Draws(64, 1)).strategic
    model = RowModel(vendor, firm, strategic=strategic)
    (x,) = sample(vendor, Draws(64, 1, tuple(firm.correlations)))
    cases = build_cases(x, vendor, time, strategic=strategic)
    ours = settle(list(cases.values()), time, x["price"], 64).payoffs
    columns = {name: np.broadcast_to(value, 64) for name, value in x.items()}
    for j in range(64):
        theirs = model.payoffs({name: float(column[j]) for name, column in columns.items()})
        for case, value in zip(cases, ours[:, j], strict=True):
            if case in theirs:
                assert math.isclose(value, theirs[case], rel_tol=1e-9, abs_tol=1e-3), case
