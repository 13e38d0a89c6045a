"""The price of a violation."""

from __future__ import annotations

from pathlib import Path

import pytest

import acquire as aq
from acquire.sensitivity.violation import BOTH, Harm, harm
from acquire.vendor import replaced
from tests.samples import GENERIC, STRATEGIC, firm, vendor

DATA = Path(__file__).parents[2] / "data"
VENDORS, FIRM = aq.read_inputs(DATA / "vendors.csv", trials=512)


def level(evaluation: aq.Evaluation, against: str) -> float:
    payoffs, decision = evaluation.payoffs.defined, evaluation.decision
    if against == "failure":
        return payoffs["failure"].mean
    if evaluation.classification.strategic:
        return max(decision.best_alternative, payoffs["internal_only"].mean)
    return decision.best_alternative


def found(evaluation: aq.Evaluation) -> tuple[Harm, ...]:
    return harm(evaluation)


@pytest.mark.parametrize("vendor_id", list(VENDORS))
def test_at_the_limit_both_are_worth_the_same(vendor_id: str) -> None:
    """Evaluated with the damage at its limit, a compromised win equals not winning."""
    evaluation = aq.evaluate(VENDORS[vendor_id], FIRM)
    rows = found(evaluation)
    assert {row.against for row in rows} == {"failure", "not_selling"}
    for row in rows:
        columns = ("satisfaction_erosion", "strategic_leak") if row.damage == BOTH else [row.damage]
        at = {0.0: 0.0, None: 1.0}.get(row.value, row.value)
        there = aq.evaluate(replaced(evaluation.inputs, **dict.fromkeys(columns, at)), FIRM)
        gain = there.payoffs.defined["compromised"].mean - level(evaluation, row.against)
        if row.value is None:
            assert gain >= 0.0
        elif row.value == 0.0:
            assert gain < 0.0
        else:
            assert gain == pytest.approx(0.0, abs=1e-8 * evaluation.price)


def test_erosion_by_hand() -> None:
    """One year's margin of 100 lost in part: the limit is where erosion takes what winning adds.

    Without terminal value, tax, growth, inflation and discount over 4 years: success 4·(50 + 40)
    − 10 of fixed cost a year; failing in year 1 at no revenue 4·50 less fixed cost 10 in year 1
    and 6 later. So a win eroded by e brings 4·(50·(1 − e) + 40 − 10) = 320 − 200e, failing
    200 − 10 − 18 = 172, each less the price: e = 148/200 = 0.74.
    """
    row = GENERIC | {
        "price": 100.0,
        "transaction_cost_rate": 0.0,
        "integration_cost": 0.0,
        "internal_spend": 100.0,
        "internal_growth": 0.0,
        "internal_cost_ratio": 0.5,
        "specialisation_saving": 0.0,
        "fixed_cost": 10.0,
        "internal_fixed_share": 0.6,
        "external_revenue": 80.0,
        "external_growth": 0.0,
        "external_cost_ratio": 0.5,
        "competitor_share": 0.0,
        "customer_churn": 0.0,
        "go_to_market_cost": 0.0,
        "days_sales_outstanding": 0.0,
        "bad_debt_rate": 0.0,
        "failure_year": 1,
        "failure_revenue_share": 0.0,
        "exit_cost": 0.0,
        "skills_headcount": 0.0,
        "integration_years": 1,
        "build_years": 1,
    }
    plain = firm(
        horizon_years=4,
        discount_rate=0.0,
        tax_rate=0.0,
        cost_inflation=0.0,
        terminal_growth=None,
        trials=64,
    )
    rows = {r.against: r for r in found(aq.evaluate(vendor(row), plain))}
    assert rows["failure"].value == pytest.approx(0.74, rel=1e-9)
    # against going on as today: 320 − 200e − 100 = 0 is beyond e = 1
    assert rows["not_selling"].value is None
    assert rows["failure"].damage == "satisfaction_erosion"


def test_a_generic_vendor_has_nothing_strategic_to_leak() -> None:
    """Only the erosion counts for a generic vendor."""
    rows = found(aq.evaluate(vendor(GENERIC), firm(trials=64)))
    assert {row.damage for row in rows} == {"satisfaction_erosion"}
    rows = found(aq.evaluate(vendor(STRATEGIC), firm(trials=64)))
    assert {row.damage for row in rows} == {"satisfaction_erosion", "strategic_leak", BOTH}


@pytest.mark.parametrize("nearly", [0.0, 1e-8])
def test_a_win_worth_as_much_with_everything_lost_is_worth_it(nearly: float) -> None:
    """At full damage the win is worth exactly nothing, rounding apart: still no less than none.

    By hand, without tax, growth or discount: 4 years of external contribution 40 less fixed cost
    10 are 120, the price; everything inside is lost.
    """
    row = GENERIC | dict.fromkeys(
        (
            *("transaction_cost_rate", "integration_cost", "internal_growth", "external_growth"),
            *("specialisation_saving", "competitor_share", "customer_churn", "go_to_market_cost"),
            *("days_sales_outstanding", "bad_debt_rate", "skills_headcount"),
        ),
        0.0,
    )
    row |= {"price": 120.0 + nearly, "internal_spend": 100.0, "external_revenue": 80.0}
    row |= {"external_cost_ratio": 0.5, "fixed_cost": 10.0}
    plain = firm(
        horizon_years=4,
        discount_rate=0.0,
        tax_rate=0.0,
        cost_inflation=0.0,
        terminal_growth=None,
        trials=64,
    )
    rows = {r.against: r for r in found(aq.evaluate(vendor(row), plain))}
    assert rows["not_selling"].value is None


def test_the_estimate_is_the_mid() -> None:
    """The damage as estimated stands beside its limit; both together have no one estimate."""
    damage = {"satisfaction_erosion": (0.05, 0.1, 0.3), "strategic_leak": 0.4}
    rows = found(aq.evaluate(vendor(STRATEGIC, **damage), firm(trials=64)))
    estimates = {"satisfaction_erosion": 0.1, "strategic_leak": 0.4, BOTH: None}
    assert {row.damage: row.today for row in rows} == estimates
