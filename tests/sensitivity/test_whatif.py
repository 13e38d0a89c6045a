"""The decision at other inputs equals evaluating the vendor with them."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

import acquire as aq
from acquire.decision import Means
from acquire.sensitivity.whatif import WhatIf
from acquire.vendor import replaced
from tests.samples import GENERIC, UNCERTAIN, firm, seeded, vendor

DATA = Path(__file__).parents[2] / "data"
VENDORS, FIRM = aq.read_inputs(DATA / "vendors.csv", trials=16384)
NIMBUS = aq.evaluate(VENDORS["nimbus"], FIRM)

CHANGES = [
    {},
    {"price": 90e6},
    {"external_growth": -0.2},
    {"success_probability": 0.9, "strategic_value": 0.0},
    {"failure_year": 5},
    {"differentiation": 2.0},
    {"client_satisfaction": 10.0},
    {"external_cost_ratio": 0.95},
]


@pytest.mark.parametrize("changes", CHANGES, ids=str)
def test_asking_is_evaluating(changes: dict[str, float]) -> None:
    """Verdict, value and walk-away price are those of a full evaluation of the changed vendor."""
    ruling = WhatIf(NIMBUS).ruling(**changes)
    full = aq.evaluate(replaced(NIMBUS.inputs, **changes), FIRM).decision
    assert ruling.verdict == full.verdict
    assert ruling.strategy == full.strategy
    assert ruling.value == (full.value if full.value is None else pytest.approx(full.value))
    assert ruling.walk_away == (
        full.walk_away_price
        if full.walk_away_price is None
        else pytest.approx(full.walk_away_price, rel=1e-9)
    )


def test_the_discount_rate_is_asked_for_like_an_input() -> None:
    """The firm's rate reaches the discounting and the costing of trade credit."""
    ruling = WhatIf(NIMBUS).ruling(discount_rate=0.15)
    full = aq.evaluate(VENDORS["nimbus"], dataclasses.replace(FIRM, discount_rate=0.15)).decision
    assert (ruling.verdict, ruling.value) == (full.verdict, pytest.approx(full.value))


@pytest.mark.parametrize("vendor_id", ["nimbus", "tollivard", "foldmark", "peregrade"])
def test_closed_forms_are_evaluating(vendor_id: str) -> None:
    """Means at other prices, chances and rates are those of a full evaluation, to nine digits."""
    evaluation = aq.evaluate(VENDORS[vendor_id], FIRM)
    whatif, rng = WhatIf(evaluation, violations=True), seeded(11)
    for _ in range(12):
        asked = {
            "price": rng.uniform(0.2, 3.0) * evaluation.price,
            "success_probability": rng.choice([0.0, 1.0, rng.random()]),
            "discount_rate": rng.uniform(0.04, 0.3),
        }
        changes = {name: value for name, value in asked.items() if rng.random() < 0.6}
        columns = {n: v for n, v in changes.items() if n != "discount_rate"}
        rate = changes.get("discount_rate", FIRM.discount_rate)
        there = dataclasses.replace(FIRM, discount_rate=rate)
        full = aq.evaluate(replaced(evaluation.inputs, **columns), there)
        means, ruling = whatif.asked(**changes)
        assert ruling.verdict == full.decision.verdict
        for field in dataclasses.fields(Means):
            expected = getattr(full.means, field.name)
            found = getattr(means, field.name)
            assert found == (expected and pytest.approx(expected, rel=1e-9, abs=1e-6)), field.name


def test_few_draws_are_exact_today_and_close_elsewhere() -> None:
    """The quick answers agree with all draws: exactly today, within 1 % of the payoff's range."""
    whatif = WhatIf(NIMBUS)
    values = np.array([0.1, 0.35, 0.5, 0.65, 0.9])
    scale = whatif.means().dual_market - whatif.means().failure
    for value, rough in zip(values, whatif.rulings("success_probability", values), strict=True):
        exact = whatif.ruling(success_probability=float(value))
        assert rough.outside == pytest.approx(exact.outside, abs=0.01 * scale)
        near = whatif.nearly(success_probability=float(value))[1]
        assert near.outside == pytest.approx(exact.outside, abs=0.004 * scale)
    today = whatif.nearly()[0]
    assert today.go_external == pytest.approx(whatif.means().go_external, rel=1e-12)


def test_many_places_are_each_of_them() -> None:
    """All at once gives what each gives alone; price and chance of success are exact."""
    whatif = WhatIf(NIMBUS)
    places: list[dict[str, float]] = [
        {"price": 90e6},
        {"fixed_cost": 0.0, "external_growth": 0.1},
        {"success_probability": 0.9},
        {"external_cost_ratio": 0.95},
        {},
    ]
    for place, (means, ruling) in zip(places, whatif.nearly_each(places), strict=True):
        alone, ruled = whatif.nearly(**place)
        assert means.go_external == pytest.approx(alone.go_external, rel=1e-9), place
        assert ruling.verdict == ruled.verdict
        assert ruling.outside == pytest.approx(ruled.outside, rel=1e-9)
    exact = whatif.means(price=90e6).go_external
    assert whatif.nearly_each(places[:1])[0][0].go_external == exact
    assert whatif.nearly_each([]) == []


def test_at_mid_nothing_is_drawn() -> None:
    """With the others at mid the means are those of the vendor with plain values."""
    whatif = WhatIf(NIMBUS, at_mid=True)
    mids = {n: v for n, v in whatif.mid.items() if n != "build_years"}
    plain = aq.evaluate(replaced(NIMBUS.inputs, **mids), FIRM)
    payoff = plain.payoffs["go_external"]
    assert payoff is not None
    assert whatif.means().go_external == pytest.approx(payoff.mean, rel=1e-9)


def test_many_values_are_exact_today() -> None:
    """At today's value of an input without a range, few draws give the means of all of them."""
    whatif = WhatIf(aq.evaluate(vendor(GENERIC | UNCERTAIN), firm(trials=2048)))
    (ruling,) = whatif.rulings("exit_cost", np.array([whatif.mid["exit_cost"]]))
    exact = whatif.ruling()
    assert ruling.outside == pytest.approx(exact.outside, rel=1e-9)
    assert ruling.walk_away == pytest.approx(exact.walk_away, rel=1e-9)


def test_violations_are_computed_where_asked_for() -> None:
    """The payoff of breaking the conditions is that of the evaluation, and None unless wanted."""
    assert WhatIf(NIMBUS).means().compromised is None
    asked = WhatIf(NIMBUS, violations=True).means().compromised
    assert asked == pytest.approx(NIMBUS.payoffs.defined["compromised"].mean, rel=1e-9)
