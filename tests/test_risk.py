"""Certainty equivalents under exponential utility, and the verdict on them."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import ndtri

import acquire as aq
from acquire.risk import certainty_equivalent
from acquire.vendor import replaced

DATA = Path(__file__).parents[1] / "data"
VENDORS, FIRM = aq.read_inputs(DATA / "vendors.csv", trials=1024)


def test_a_normal_payoff() -> None:
    """For a normal payoff it is mean − variance/(2R), exactly (Pratt 1964)."""
    z = ndtri((np.arange(2**16) + 0.5) / 2**16)
    found = certainty_equivalent(10.0 + 3.0 * z, 6.0)
    assert found == pytest.approx(10.0 - 9.0 / 12.0, abs=1e-3)


def test_an_even_chance_of_a_hundred_or_nothing() -> None:
    """With R = 100: −100·ln((e⁻¹ + 1)/2) = 37.99."""
    expected = -100.0 * math.log((math.exp(-1.0) + 1.0) / 2.0)
    assert certainty_equivalent(np.array([0.0, 100.0]), 100.0) == pytest.approx(expected)
    assert expected == pytest.approx(37.99, abs=0.005)


def test_the_question_that_assesses_the_tolerance() -> None:
    """An even chance of R or −R/2 is worth next to nothing (Clemen, Making Hard Decisions)."""
    assert certainty_equivalent(np.array([80.0, -40.0]), 80.0) == pytest.approx(0.0, abs=1.0)


def test_weights_count_as_repeated_draws() -> None:
    """A weight of three quarters is three draws of four; a weight of 0 is no draw."""
    weighted = certainty_equivalent(np.array([1.0, 5.0, -1e9]), 2.0, np.array([0.75, 0.25, 0.0]))
    assert weighted == pytest.approx(certainty_equivalent(np.array([1.0, 1.0, 1.0, 5.0]), 2.0))


payoffs = arrays(np.float64, st.integers(1, 20), elements=st.floats(-1e9, 1e9))


@given(payoffs, st.floats(1.0, 1e12), st.floats(-1e9, 1e9))
def test_between_worst_and_mean_and_shifted_by_what_is_certain(
    values: np.ndarray, tolerance: float, sure: float
) -> None:
    """It is at least the worst value, at most the mean, and a sure amount adds just itself."""
    found = certainty_equivalent(values, tolerance)
    slack = 1e-9 * (1.0 + np.abs(values).max() + abs(sure) + tolerance)
    assert values.min() - slack <= found <= values.mean() + slack
    assert certainty_equivalent(values + sure, tolerance) == pytest.approx(found + sure, abs=slack)


def test_limits_of_the_tolerance() -> None:
    """A huge tolerance gives the mean, a tiny one the worst value, without overflow."""
    values = np.array([-3e8, 1e8, 5e8])
    assert certainty_equivalent(values, 1e15) == pytest.approx(1e8, rel=1e-5)
    assert certainty_equivalent(values, 1.0) == pytest.approx(-3e8, rel=1e-6)


def test_a_neutral_firm_has_no_second_verdict() -> None:
    """Without a tolerance there is nothing beside the means, in the record and in JSON."""
    evaluation = aq.evaluate(VENDORS["nimbus"], FIRM)
    assert evaluation.risk is None
    assert "risk" not in evaluation.to_dict()


def test_a_huge_tolerance_decides_as_the_means() -> None:
    """As the tolerance grows, certainty equivalents, verdict and walk-away price are the means'."""
    nearly = dataclasses.replace(FIRM, risk_tolerance=1e17)
    for vendor_id in VENDORS:
        evaluation = aq.evaluate(VENDORS[vendor_id], nearly)
        risk, decision = evaluation.risk, evaluation.decision
        assert risk is not None
        assert risk.verdict == decision.verdict
        for name, payoff in evaluation.payoffs.defined.items():
            found = risk.certainty_equivalents[name]
            assert found == pytest.approx(payoff.mean, abs=1e-5 * evaluation.price)


def test_a_cautious_firm_may_decide_otherwise() -> None:
    """The same vendor is one to negotiate for a firm that dislikes its risk, and JSON says so."""
    cautious = dataclasses.replace(FIRM, risk_tolerance=200e6)
    evaluation = aq.evaluate(VENDORS["nimbus"], cautious)
    assert evaluation.decision.verdict == "acquire"
    assert evaluation.risk is not None
    assert evaluation.risk.verdict != "acquire"
    assert evaluation.to_dict()["risk"]["verdict"] == evaluation.risk.verdict


def test_the_walk_away_price_of_a_cautious_firm() -> None:
    """At that price, where price and costs are certain, value and best alternative are equal."""
    cautious = dataclasses.replace(FIRM, risk_tolerance=400e6)
    sure = replaced(VENDORS["stratolet"], price=295e6, transaction_cost_rate=0.03)
    risk = aq.evaluate(sure, cautious).risk
    assert risk is not None
    assert risk.walk_away_price is not None
    there = aq.evaluate(replaced(sure, price=risk.walk_away_price), cautious).risk
    assert there is not None
    assert there.value == pytest.approx(there.best_alternative, abs=1e-6 * 295e6)


@pytest.mark.parametrize("impossible", [-1e17, -math.inf])
def test_a_weight_of_nothing_costs_no_precision(impossible: float) -> None:
    """An impossible value, however bad, leaves the others as exact as if it were not there."""
    values, weights = np.array([impossible, 1.0, 5.0]), np.array([0.0, 0.5, 0.5])
    weighted = certainty_equivalent(values, 2.0, weights)
    assert weighted == pytest.approx(certainty_equivalent(np.array([1.0, 5.0]), 2.0), rel=1e-12)


def test_the_alternative_is_risky_too() -> None:
    """Hiring counts with its own certainty equivalent, and not at all where nobody is hired."""
    cautious = dataclasses.replace(FIRM, risk_tolerance=200e6)
    evaluation = aq.evaluate(VENDORS["nimbus"], cautious)
    assert evaluation.risk is not None
    build = evaluation.risk.certainty_equivalents["build"]
    assert build is not None
    assert 0.0 < build < evaluation.decision.best_alternative
    assert evaluation.risk.best_alternative == build
    nobody = aq.evaluate(replaced(VENDORS["nimbus"], skills_headcount=0), cautious).risk
    assert nobody is not None
    assert nobody.certainty_equivalents["build"] is None
    assert nobody.best_alternative == 0.0
