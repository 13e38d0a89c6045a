"""Cases: cash flows, terminal values and payoffs, by hand and by property."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import numpy_financial
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acquire.evaluation import Evaluation, evaluate
from tests import reference
from tests.samples import (
    GENERIC,
    MONEY,
    STRATEGIC,
    Row,
    firm,
    points,
    random_firm,
    random_row,
    seeded,
    vendor,
)

HAND: Row = STRATEGIC | {
    "price": 100.0,
    "transaction_cost_rate": 0.1,
    "integration_cost": 20.0,
    "integration_years": 2,
    "internal_spend": 50.0,
    "internal_growth": 1.0,
    "internal_cost_ratio": 0.5,
    "specialisation_saving": 0.1,
    "ramp_years": 2,
    "strategic_value": 40.0,
    "advantage_decay": 0.5,
    "fixed_cost": 15.0,
    "internal_fixed_share": 0.5,
    "external_revenue": 91.25,
    "external_growth": 1.0,
    "external_cost_ratio": 0.3,
    "competitor_share": 0.5,
    "customer_churn": 0.2,
    "go_to_market_cost": 5.0,
    "days_sales_outstanding": 100.0,
    "bad_debt_rate": 0.2,
    "success_probability": 0.4,
    "failure_year": 2,
    "failure_revenue_share": 0.5,
    "exit_cost": 8.0,
    "receivables_write_off": 0.25,
    "satisfaction_erosion": 0.2,
    "strategic_leak": 0.5,
    "skills_headcount": 2.0,
    "hiring_cost": 5.0,
    "build_years": 1,
}
"""A strategic vendor in numbers for mental arithmetic: everything doubles every year."""

HAND_FIRM: Row = {
    "horizon_years": 4,
    "discount_rate": 0.25,
    "tax_rate": 0.5,
    "cost_inflation": 1.0,
    "terminal_growth": None,
}
"""Discount factors 0.8, 0.64, 0.512, 0.4096; half of every profit goes in tax."""

# All by hand. Inside, years 1 to 4: spend 100, 200, 400, 800; insourced 50, 100, 200, 400;
# saving at ramp ½, 1, 1, 1: 5, 20, 40, 80; strategic 40·½, 40·½, 40·¼, 40·⅛ = 20, 20, 10, 5.
# Fixed 30, 60, 120, 240, half of it without external sales; integration 10, 10, 0, 0.
# Outside: revenue 91.25·0.8·0.5·2ᵗ = 73, 146, 292, 584; contribution half of it, 36.5, 73, 146,
# 292; go to market 10, 20, 40, 80; receivables 100/365 of revenue, 20, 40, 80, 160.
HAND_FLOWS = {
    # profit 50 + 5 + 20 − 15 − 10 − 8 = 42; 100 + 20 + 20 − 30 − 10 = 100;
    # 200 + 40 + 10 − 60 = 190; 400 + 80 + 5 − 120 = 365; half of each
    "internal_only": [-110.0, 21.0, 50.0, 95.0, 182.5],
    # profit 75 + 36.5 − 10 − 30 − 10 = 61.5; 140 + 73 − 20 − 60 − 10 = 123;
    # 250 + 146 − 40 − 120 = 236; 485 + 292 − 80 − 240 = 457;
    # half of each, less 20, 20 and 40 of receivables, and 80 of them collected in year 4
    "dual_market": [-110.0, 10.75, 41.5, 78.0, 308.5],
    # revenue 36.5, 73; profit 75 + 18.25 − 10 − 30 − 10 = 43.25;
    # 140 + 36.5 − 20 − 60 − 10 − 8 − ¼·20 = 73.5; then 190 and 365 as above;
    # half of each, less 10 of receivables in year 1, which end in year 2
    "failure": [-110.0, 11.625, 46.75, 95.0, 182.5],
    # revenue doubled: 146, 292, 584, 1168; inside 0.8·55, 120, 240, 480 = 44, 96, 192, 384;
    # strategic half; profit 44 + 10 + 73 − 50 = 77; 96 + 10 + 146 − 90 = 162;
    # 192 + 5 + 292 − 160 = 329; 384 + 2.5 + 584 − 320 = 650.5;
    # half of each, less 40, 40 and 80 of receivables, and 160 collected in year 4
    "compromised": [-110.0, -1.5, 41.0, 84.5, 485.25],
    # profit −15 − 10 = −25; −30 + 100 + 20 = 90; −60 + 200 + 20 = 160; −120 + 400 + 10 = 290
    "build": [0.0, -12.5, 45.0, 80.0, 145.0],
}
HAND_PAYOFFS = {
    # −110 + 0.8·flow₁ + 0.64·flow₂ + 0.512·flow₃ + 0.4096·flow₄
    "internal_only": 16.8 + 32.0 + 48.64 + 74.752 - 110.0,
    "dual_market": 8.6 + 26.56 + 39.936 + 126.3616 - 110.0,
    "failure": 9.3 + 29.92 + 48.64 + 74.752 - 110.0,
    "compromised": -1.2 + 26.24 + 43.264 + 198.7584 - 110.0,
    "build": -10.0 + 28.8 + 40.96 + 59.392,
}
HAND_TERMINAL = {
    # terminal growth −¼, r − g = ½: (base·¾ + ¼·receivables)/½,
    # base half of the profit without the strategic benefit of 5 (2.5 when leaked, 10 when built)
    "internal_only": 180.0 * 0.75 / 0.5,
    "dual_market": (226.0 * 0.75 + 0.25 * 160.0) / 0.5,
    "failure": 180.0 * 0.75 / 0.5,
    "compromised": (324.0 * 0.75 + 0.25 * 320.0) / 0.5,
    "build": 140.0 * 0.75 / 0.5,
}
OPEN_AT_THE_END = {"dual_market": 160.0, "compromised": 320.0}
"""Receivables of year 4, which are not collected when there is a terminal value."""

OWNED = ("internal_only", "dual_market", "failure", "compromised")


def payoffs(evaluation: Evaluation) -> dict[str, float]:
    return {name: payoff.mean for name, payoff in evaluation.payoffs.defined.items()}


def by_hand(terminal_growth: float | None, **changes: Any) -> Evaluation:
    settings = HAND_FIRM | {"terminal_growth": terminal_growth}
    return evaluate(vendor(HAND, **changes), firm(**settings))


@pytest.mark.parametrize("case", HAND_FLOWS)
def test_flows_by_hand(case: str) -> None:
    """Without terminal value, flows and payoff of every case are those worked out by hand."""
    result = by_hand(None)
    assert result.cash_flows[case] == pytest.approx(HAND_FLOWS[case], rel=1e-12)
    assert result.terminal_values[case] == 0.0
    assert payoffs(result)[case] == pytest.approx(HAND_PAYOFFS[case], rel=1e-12)


@pytest.mark.parametrize("case", HAND_FLOWS)
def test_terminal_values_by_hand(case: str) -> None:
    """With a shrinking terminal value, receivables stay open and add to it as by hand."""
    result = by_hand(-0.25)
    still_open = OPEN_AT_THE_END.get(case, 0.0)
    *before, last = HAND_FLOWS[case]
    assert result.cash_flows[case] == pytest.approx([*before, last - still_open], rel=1e-12)
    assert result.terminal_values[case] == pytest.approx(HAND_TERMINAL[case], rel=1e-12)
    change = 0.4096 * (HAND_TERMINAL[case] - still_open)
    assert payoffs(result)[case] == pytest.approx(HAND_PAYOFFS[case] + change, rel=1e-12)


def test_going_outside_by_hand() -> None:
    """Going outside is worth the chances' mean of success and failure."""
    # hand: 0.4·91.4576 + 0.6·52.612
    assert payoffs(by_hand(None))["go_external"] == pytest.approx(68.15024, rel=1e-12)


def test_product_managers_take_their_margin() -> None:
    """The product managers' margin is taken off contribution in their channel only."""
    # hand: 0.1 of the revenue 73, 146, 292, 584, half of it after tax
    direct, through = (
        by_hand(None, channel=channel, channel_margin=0.1)
        for channel in ("direct", "product_managers")
    )
    lost = np.subtract(direct.cash_flows["dual_market"], through.cash_flows["dual_market"])
    assert lost == pytest.approx([0.0, 3.65, 7.3, 14.6, 29.2])
    assert direct.cash_flows["internal_only"] == through.cash_flows["internal_only"]


def test_generic_vendor_by_hand() -> None:
    """A generic vendor has no strategic value in any case and serves competitors in all."""
    # hand: internal profit less 20, 20, 10, 5; contribution 73, 146, 292, 584 (x = 0);
    # receivables 40, 80, 160
    generic = by_hand(None, **dict.fromkeys(("differentiation", "client_impact"), 0.0))
    assert not generic.classification.strategic
    flows = generic.cash_flows
    assert flows["internal_only"] == pytest.approx([-110.0, 11.0, 40.0, 90.0, 180.0])
    after_tax = [(55 + 73 - 50) / 2, (120 + 146 - 90) / 2, (240 + 292 - 160) / 2, 744 / 2]
    owed = [40.0, 40.0, 80.0, -160.0]
    assert flows["dual_market"][1:] == pytest.approx(np.subtract(after_tax, owed))
    # hired: −25, 90 − 20, 160 − 20, 290 − 10, halved
    assert flows["build"] == pytest.approx([0.0, -12.5, 35.0, 70.0, 140.0])


def test_compromise_by_hand() -> None:
    """The cost of a violation splits into what is lost inside and competitors' revenue."""
    # hand, after tax and discounted: lost inside half of 11 + 10, 24 + 10, 48 + 5, 96 + 2.5
    lost = 0.8 * 10.5 + 0.64 * 17.0 + 0.512 * 26.5 + 0.4096 * 49.25
    # gained half of 36.5, 73, 146, 292 less receivables 20, 20, 40, −80
    gained = 0.8 * -1.75 + 0.64 * 16.5 + 0.512 * 33.0 + 0.4096 * 226.0
    found = by_hand(None).compromise
    assert found.internal_lost == pytest.approx(lost)
    assert found.competitor_revenue_gained == pytest.approx(gained)
    assert found.cost_inside == pytest.approx(lost - gained)
    assert found.gain_over_failure == pytest.approx(
        HAND_PAYOFFS["compromised"] - HAND_PAYOFFS["failure"]
    )


def test_published_net_present_value() -> None:
    """Flows of −40000, 5000, 8000, 12000 and 30000 at 8 % are worth 3065.22267."""
    # published: the documentation of numpy-financial's npv. The flows are made of insourced
    # margin growing by q a year, less one third of the integration cost I in years 1 to 3, plus
    # an advantage c lost after one year: m·q⁴ = 30000, m·q³ − m·q² = 4000, m·q³ − I = 12000
    q = (15.0 - 105.0**0.5) / 4.0
    margin = 30000.0 / q**4
    integration = margin * q**3 - 12000.0
    zero = dict.fromkeys((*MONEY, "transaction_cost_rate", "specialisation_saving"), 0.0)
    row = (
        STRATEGIC
        | zero
        | {
            "price": 40000.0,
            "internal_spend": margin,
            "internal_cost_ratio": 0.0,
            "internal_growth": q - 1.0,
            "integration_cost": 3.0 * integration,
            "integration_years": 3,
            "strategic_value": 5000.0 - (margin * q - integration),
            "advantage_decay": 1.0,
            "ramp_years": 1,
        }
    )
    settings = {"horizon_years": 4, "discount_rate": 0.08, "tax_rate": 0.0}
    result = evaluate(vendor(row), firm(**settings, terminal_growth=None))
    flows = [-40000.0, 5000.0, 8000.0, 12000.0, 30000.0]
    assert result.cash_flows["internal_only"] == pytest.approx(flows)
    assert payoffs(result)["internal_only"] == pytest.approx(3065.22267, abs=5e-6)


@pytest.mark.parametrize("uncertain", [False, True])
@pytest.mark.parametrize("seed", range(12))
def test_payoffs_are_net_present_values(seed: int, uncertain: bool) -> None:
    """A payoff is the net present value of the mean flows and the mean terminal value."""
    # numpy_financial.npv takes its first flow as today's
    rng = seeded(seed)
    settings = random_firm(rng)
    result = evaluate(
        vendor(random_row(rng, settings["horizon_years"], uncertain=uncertain)), firm(**settings)
    )
    for case, payoff in result.payoffs.defined.items():
        if case == "go_external":
            continue
        flows = list(result.cash_flows[case] or ())
        flows[-1] += result.terminal_values[case] or 0.0
        expected = numpy_financial.npv(settings["discount_rate"], flows)
        assert payoff.mean == pytest.approx(expected, rel=1e-9, abs=1e-9 * max(map(abs, flows)))


def nothing_but(**amounts: float) -> Row:
    """A generic vendor of price 1 whose other money is 0 but for `amounts`."""
    zero = dict.fromkeys((*MONEY, "transaction_cost_rate", "specialisation_saving"), 0.0)
    return GENERIC | zero | {"price": 1.0, "internal_spend": 1e-9} | amounts


def test_growth_and_inflation_start_in_year_one() -> None:
    """Amounts are today's, so year 1 has grown once already."""
    # hand: 100·1.5ᵗ insourced, less 40·1.1ᵗ fixed
    row = nothing_but(internal_spend=100.0, fixed_cost=40.0) | {
        "internal_growth": 0.5,
        "internal_cost_ratio": 0.0,
        "internal_fixed_share": 1.0,
    }
    result = evaluate(
        vendor(row), firm(horizon_years=4, tax_rate=0.0, cost_inflation=0.1, terminal_growth=None)
    )
    expected = [100 * 1.5**t - 40 * 1.1**t for t in range(1, 5)]
    assert result.cash_flows["internal_only"][1:] == pytest.approx(expected)


@pytest.mark.parametrize(("profit", "capitalised"), [(2e-7, True), (0.5e-7, False), (-1.0, False)])
def test_a_business_within_rounding_of_nothing_is_closed(profit: float, capitalised: bool) -> None:
    """A base of at most 1e-9 of the price earns nothing for ever: receivables are collected."""
    # hand: price 100, external contribution 0.1·73 = 7.3 less a fixed cost that leaves `profit`,
    # receivables 73/365·365 = 73; capitalised (base·1.02 − 0.02·73)/0.07, else 73
    row = nothing_but(price=100.0, external_revenue=73.0, fixed_cost=7.3 + 1e-9 - profit) | {
        "internal_growth": 0.0,
        "internal_cost_ratio": 0.0,
        "external_growth": 0.0,
        "external_cost_ratio": 0.9,
        "bad_debt_rate": 0.0,
        "customer_churn": 0.0,
        "days_sales_outstanding": 365.0,
    }
    settings = {"horizon_years": 4, "cost_inflation": 0.0, "tax_rate": 0.0}
    result = evaluate(vendor(row), firm(**settings))
    expected = (profit * 1.02 - 0.02 * 73.0) / 0.07 if capitalised else 73.0
    assert result.terminal_values["dual_market"] == pytest.approx(expected, abs=1e-6)
    # the failing business has neither sales nor receivables then
    assert result.terminal_values["failure"] == 0.0


def test_an_advantage_is_never_capitalised() -> None:
    """Strategic value counts until the horizon, in whatever case, and not beyond it."""
    # property: with and without it the terminal values are the same
    settings = firm(terminal_growth=0.03)
    with_it, without = (evaluate(vendor(strategic_value=value), settings) for value in (500.0, 0.0))
    assert with_it.terminal_values == pytest.approx(without.terminal_values)
    assert payoffs(with_it)["internal_only"] > payoffs(without)["internal_only"]


def test_an_advantage_alone_does_not_keep_a_business_going() -> None:
    """A business that loses money without its advantage is closed at the horizon."""
    result = evaluate(vendor(strategic_value=5000.0, fixed_cost=1000.0), firm())
    assert result.cash_flows["internal_only"][-1] > 0
    assert result.terminal_values["internal_only"] == 0.0


@pytest.mark.parametrize("seed", range(20))
def test_scale_of_money(seed: int) -> None:
    """All money in another unit scales payoffs alike and leaves verdict and shares as they are."""
    rng = seeded(seed)
    settings = firm(**random_firm(rng))
    row = random_row(rng, settings.horizon_years, uncertain=seed % 2 == 1)
    factor = rng.choice([1e-3, 0.37, 1e6])

    def scaled(cell: Any) -> Any:
        return tuple(factor * v for v in cell) if isinstance(cell, tuple) else factor * cell

    one = evaluate(vendor(row), settings)
    other = evaluate(vendor(row | {n: scaled(row[n]) for n in MONEY if n in row}), settings)
    assert other.decision.verdict == one.decision.verdict
    assert other.decision.flags == one.decision.flags
    assert other.classification == dataclasses.replace(
        one.classification,
        strategic_value_left_out=other.classification.strategic_value_left_out,
    )
    for name, payoff in one.payoffs.defined.items():
        twin = other.payoffs.defined[name]
        size = 1e-9 * factor * one.price
        for part in ("mean", "p10", "p50", "p90", "expected_shortfall", "standard_error"):
            expected = factor * getattr(payoff, part)
            assert getattr(twin, part) == pytest.approx(expected, rel=1e-9, abs=size)
        assert (twin.p_loss, twin.p_below_alternative) == pytest.approx(
            (payoff.p_loss, payoff.p_below_alternative)
        )
    breaks = one.decision.break_even_probability
    assert other.decision.break_even_probability == (
        None if breaks is None else pytest.approx(breaks, rel=1e-6)
    )


@pytest.mark.parametrize("row", [STRATEGIC, GENERIC], ids=["strategic", "generic"])
def test_without_external_revenue(row: Row) -> None:
    """Without external revenue, both markets differ from one by the costs of being outside."""
    # hand: internal_only pays exit_cost in year 1; dual_market pays go-to-market and the part of
    # the fixed cost that internal work does not need, every year; all after tax of 25 %
    empty = row | {"external_revenue": 0.0, "internal_fixed_share": 0.6}
    settings = firm(terminal_growth=None)
    flows = evaluate(vendor(empty), settings).cash_flows
    outside = [0.75 * (25.0 + 0.4 * 90.0) * 1.02**t for t in range(1, 11)]
    outside[0] -= 0.75 * 30.0
    assert np.subtract(flows["internal_only"], flows["dual_market"]) == pytest.approx(
        [0.0, *outside]
    )
    free = empty | {"go_to_market_cost": 0.0, "exit_cost": 0.0, "internal_fixed_share": 1.0}
    for growth in (None, 0.02):
        found = payoffs(evaluate(vendor(free), firm(terminal_growth=growth)))
        assert found["dual_market"] == pytest.approx(found["internal_only"])
        assert found["failure"] == pytest.approx(found["internal_only"])


@settings(deadline=None, derandomize=True, max_examples=40)
@given(st.floats(0.0, 365.0), st.integers(0, 10**6))
def test_receivables_come_back(days: float, seed: int) -> None:
    """Without terminal value all receivables come back: undiscounted, their days do not matter."""
    rng = seeded(seed)
    settings = firm(**random_firm(rng, discount_rate=0.0, terminal_growth=None))
    row = random_row(rng, settings.horizon_years, uncertain=False)
    totals = [
        payoffs(evaluate(vendor(row | {"days_sales_outstanding": d}), settings))
        for d in (days, 0.0)
    ]
    for case in ("internal_only", "dual_market", "compromised"):
        assert totals[0][case] == pytest.approx(totals[1][case], rel=1e-9, abs=1e-6)


def test_receivables_cost_their_carrying() -> None:
    """Constant receivables of R cost R today less R at the horizon, discounted from year 1."""
    # hand: R = 365·30/365 = 30 out in year 1 and in in year 10: 30/1.09 − 30/1.09¹⁰
    flat = STRATEGIC | {
        "external_revenue": 365.0,
        "external_growth": 0.0,
        "customer_churn": 0.0,
        "competitor_share": 0.0,
    }
    free, credit = (
        payoffs(evaluate(vendor(flat, days_sales_outstanding=d), firm(terminal_growth=None)))
        for d in (0.0, 30.0)
    )
    expected = 30.0 / 1.09 - 30.0 / 1.09**10
    assert free["dual_market"] - credit["dual_market"] == pytest.approx(expected)


def test_perpetual_receivables_grow_with_the_business() -> None:
    """With growth for ever a receivable is never collected and its growth is financed."""
    # property: a horizon one year longer changes nothing when all grows at g and prices are even
    steady = STRATEGIC | {
        "internal_growth": 0.02,
        "external_growth": 0.02,
        "strategic_value": 0.0,
        "advantage_decay": 0.0,
        "ramp_years": 1,
        "failure_year": 1,
    }
    short, long = (payoffs(evaluate(vendor(steady), firm(horizon_years=years))) for years in (6, 7))
    for case in (*OWNED, "build"):
        assert short[case] == pytest.approx(long[case], rel=1e-9)


@pytest.mark.parametrize("seed", range(10))
def test_payoffs_fall_by_the_price(seed: int) -> None:
    """A unit of price takes 1 + transaction_cost_rate off every payoff after buying."""
    rng = seeded(seed)
    settings = firm(**random_firm(rng))
    row = random_row(rng, settings.horizon_years, uncertain=False)
    row |= {"price": 500.0, "transaction_cost_rate": 0.04}
    cheap, dear = (payoffs(evaluate(vendor(row, price=p), settings)) for p in (500.0, 600.0))
    for case in (*OWNED, "go_external"):
        assert cheap[case] - dear[case] == pytest.approx(104.0)
    assert cheap.get("build") == dear.get("build")


def test_build_only_where_somebody_can_be_hired() -> None:
    """Hiring is an alternative only with a headcount above 0, or a range of it."""
    assert evaluate(vendor(skills_headcount=0.0), firm()).payoffs["build"] is None
    for heads in (0.5, (5.0, 8.0, 12.0)):
        assert evaluate(vendor(skills_headcount=heads), firm()).payoffs["build"] is not None


@pytest.mark.parametrize("seed", range(15))
def test_many_draws_are_many_points(seed: int) -> None:
    """A case at n draws is the mean of the case at each of them."""
    # property: the deterministic payoffs at the package's own draws average to the mean payoff
    rng = seeded(seed)
    settings = firm(**random_firm(rng, trials=16))
    row = random_row(rng, settings.horizon_years, uncertain=True)
    whole = evaluate(vendor(row), settings)
    mid = reference.at_mid(row)
    single = [
        payoffs(evaluate(vendor(mid | point), settings)) for point in points(whole.inputs, settings)
    ]
    for case, mean in payoffs(whole).items():
        found = float(np.mean([p[case] for p in single]))
        assert mean == pytest.approx(found, rel=1e-9, abs=1e-9 * whole.price)
