"""Vendors on which an analysis could stumble: kinks, ties, heavy tails, nothing to sell."""

from __future__ import annotations

import random

import numpy as np
import pytest

import acquire as aq
from acquire.risk import certainty_equivalent
from acquire.sensitivity import SUCCESS, analyse
from acquire.sensitivity.whatif import WhatIf
from acquire.vendor import replaced
from tests.samples import GENERIC, STRATEGIC, UNCERTAIN, Row, firm, random_firm, random_row, vendor

CORRELATED = (
    ("internal_growth", "external_growth", 0.3),
    ("internal_cost_ratio", "external_cost_ratio", 0.6),
    ("external_growth", "success_probability", 0.25),
)

PASSED_THROUGH: Row = GENERIC | {
    "external_cost_ratio": 1.0,
    "bad_debt_rate": 0.0,
    "go_to_market_cost": 0.0,
    "fixed_cost": 0.0,
    "days_sales_outstanding": 0.0,
    "exit_cost": 0.0,
    "skills_headcount": 0.0,
    "price": 700.0,
}
"""An external business that earns exactly nothing: the fourth condition is met by a tie."""


@pytest.mark.parametrize("seed", [7129, 7139, 7261, 7277, 7301])
def test_a_verdict_that_the_mid_of_a_range_would_not_give(seed: int) -> None:
    """Where today's range and its mid lead to different verdicts, the flip is the mid itself.

    Random vendors, long horizons among them, whose few draws and all draws disagree in places.
    """
    rng = random.Random(seed)
    settings = random_firm(rng, trials=16384) | {"correlations": CORRELATED}
    row = random_row(rng, settings["horizon_years"], uncertain=True)
    evaluation = aq.evaluate(vendor(row), aq.Assumptions(**settings))
    found = analyse(evaluation)
    for flip in found.flips:
        if flip.value == flip.today and flip.ranges == 0.0:
            there = replaced(evaluation.inputs, **{flip.input: flip.today})
            verdict = aq.evaluate(there, evaluation.firm).decision.verdict
            assert verdict == flip.verdict != found.verdict


def test_nothing_to_sell_is_forbidden_at_every_value() -> None:
    """Without external revenue and its costs, no condition that is not met counts as a tie."""
    row = GENERIC | {"external_revenue": 0.0, "go_to_market_cost": 0.0, "exit_cost": 0.0}
    evaluation = aq.evaluate(vendor(row, price=300.0), firm(trials=64))
    found = analyse(evaluation)
    assert evaluation.decision.verdict == found.one_way.verdict == "not_yet"
    assert all(flip.value != flip.today for flip in found.flips)


def test_losing_all_revenue_is_a_flip() -> None:
    """A vendor to acquire may not be acquired with all of its external revenue gone."""
    evaluation = aq.evaluate(vendor(GENERIC, go_to_market_cost=0.0), firm(trials=64))
    assert evaluation.decision.verdict == "acquire"
    flips = {flip.input: flip for flip in analyse(evaluation).flips}
    assert flips["customer_churn"].value is not None
    assert flips["external_revenue"].value is not None


def test_a_tie_is_no_flip() -> None:
    """A condition that holds by a tie does not make every value of every input a flip."""
    evaluation = aq.evaluate(vendor(PASSED_THROUGH), firm(trials=64))
    assert evaluation.decision.verdict == "acquire"
    checked = 0
    for flip in analyse(evaluation).flips:
        if flip.value is None or flip.input not in ("price", "internal_spend", "integration_cost"):
            continue
        for part, changed in ((0.999, False), (1.001, True)):
            value = flip.today + part * (flip.value - flip.today)
            there = aq.evaluate(replaced(evaluation.inputs, **{flip.input: value}), firm(trials=64))
            assert (there.decision.verdict != "acquire") == changed, flip
            checked += 1
    assert checked >= 4


def test_heavy_tails_do_not_make_every_input_worth_everything() -> None:
    """Over 50 years growth has a heavy tail; what bins see as worthless is not worth the EVPI."""
    evaluation = aq.evaluate(vendor(STRATEGIC | UNCERTAIN), firm(horizon_years=50, trials=16384))
    found = analyse(evaluation)
    for worth in found.evppi:
        assert worth.error <= found.evpi
        if worth.by_bins == 0.0:
            assert worth.value < 0.5 * found.evpi


def test_hiring_nobody_is_not_asked_for() -> None:
    """Without people to hire, hiring is no alternative at any cost or in any time."""
    evaluation = aq.evaluate(vendor(skills_headcount=0.0), firm(trials=64))
    asked = {flip.input for flip in analyse(evaluation).flips}
    assert not asked & {"skills_headcount", "hiring_cost", "build_years"}


def test_a_discount_rate_at_its_bound() -> None:
    """With the growth just below a discount rate of 1, no rate beyond what is allowed is tried."""
    extreme = firm(trials=64, discount_rate=1.0, terminal_growth=0.99995)
    found = analyse(aq.evaluate(vendor(), extreme))
    rate = next(flip for flip in found.flips if flip.input == "discount_rate")
    assert rate.value is None or 0.99995 < rate.value <= 1.0


def test_knowing_success_is_never_worth_more_than_everything() -> None:
    """Rounding does not lift the value of knowing the outcome above that of knowing everything."""
    for seed in range(12):
        rng = random.Random(seed)
        settings = random_firm(rng, trials=64)
        row = random_row(rng, settings["horizon_years"], uncertain=bool(seed % 2))
        found = analyse(aq.evaluate(vendor(row), aq.Assumptions(**settings)))
        worth = next(w for w in found.evppi if w.input == SUCCESS)
        assert 0.0 <= worth.value <= found.evpi
        assert max(found.safety.hindsight.values()) <= 1.0


@pytest.mark.parametrize("tolerance", [1e6, 1e12, 1e15, 1e17])
def test_a_large_tolerance_loses_no_digits(tolerance: float) -> None:
    """Far beyond the payoffs the premium is variance/(2R), to nine digits of the payoffs."""
    values = np.random.default_rng(5).normal(1000.0, 300.0, 16384)
    expected = values.mean() - values.var() / (2.0 * tolerance)
    assert certainty_equivalent(values, tolerance) == pytest.approx(expected, rel=1e-9)


def test_few_trials_have_no_indices() -> None:
    """Below 64 trials no Sobol index is worth its name, and the table says nothing of it."""
    found = analyse(aq.evaluate(vendor(STRATEGIC | UNCERTAIN), firm(trials=4)))
    assert found.sobol == ()
    assert {row[6] for row in aq.tables.drivers(found).rows} == {"–"}


def test_a_whole_year_that_only_all_draws_tell() -> None:
    """At a price where some draws let the verdict stand a year on and all do not, it flips there.

    The price is between the walk-away prices of four years to full benefits by either.
    """
    settings, row = firm(trials=4096, seed=1), GENERIC | UNCERTAIN
    whatif = WhatIf(aq.evaluate(vendor(row, price=1000.0), settings))
    prices = [
        ruling.walk_away or 0.0
        for ruling in (whatif.ruling(ramp_years=4), whatif.nearly(ramp_years=4)[1])
    ]
    evaluation = aq.evaluate(vendor(row, price=sum(prices) / 2.0), settings)
    four = aq.evaluate(replaced(evaluation.inputs, ramp_years=4), settings).decision.verdict
    assert four != evaluation.decision.verdict
    found = {flip.input: flip for flip in analyse(evaluation).flips}
    assert (found["ramp_years"].value, found["ramp_years"].verdict) == (4.0, four)
