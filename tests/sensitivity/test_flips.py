"""The nearest value of one input at which the verdict flips."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

import acquire as aq
from acquire.sensitivity.flips import Flip, flips, root
from acquire.sensitivity.whatif import DISCOUNT_RATE, WhatIf
from acquire.vendor import COLUMNS, replaced
from tests.samples import GENERIC, firm, seeded, vendor

DATA = Path(__file__).parents[2] / "data"
VENDORS, FIRM = aq.read_inputs(DATA / "vendors.csv", trials=512)


def found(evaluation: aq.Evaluation) -> dict[str, Flip]:
    return {flip.input: flip for flip in flips(evaluation, WhatIf(evaluation))}


def verdict_at(evaluation: aq.Evaluation, name: str, value: float) -> str:
    """The verdict by evaluating the vendor with the input replaced: another way to the same."""
    if name == DISCOUNT_RATE:
        other = dataclasses.replace(evaluation.firm, discount_rate=value)
        return aq.evaluate(evaluation.vendor, other).decision.verdict
    given = round(value) if COLUMNS[name].kind.value == "whole number" else value
    changed = replaced(evaluation.inputs, **{name: given})
    return aq.evaluate(changed, evaluation.firm).decision.verdict


@pytest.mark.parametrize("vendor_id", list(VENDORS))
def test_the_verdict_is_another_just_beyond_and_not_before(vendor_id: str) -> None:
    """Evaluating on either side of each flip gives the standing verdict and the one it names."""
    evaluation = aq.evaluate(VENDORS[vendor_id], FIRM)
    standing = evaluation.decision.verdict
    flipping = [flip for flip in found(evaluation).values() if flip.value is not None]
    assert len(flipping) >= 4
    for flip in flipping:
        assert flip.value is not None
        whole = flip.input != DISCOUNT_RATE and COLUMNS[flip.input].kind.value == "whole number"
        step = np.sign(flip.value - flip.today) if whole else 1e-5 * (flip.value - flip.today)
        if flip.value == flip.today:  # the range alone decides: its mid has another verdict
            assert verdict_at(evaluation, flip.input, flip.value) == flip.verdict, flip
            continue
        before = flip.value - step
        beyond = flip.value if whole else flip.value + step
        allowed = DISCOUNT_RATE if flip.input == DISCOUNT_RATE else COLUMNS[flip.input]
        assert allowed
        assert verdict_at(evaluation, flip.input, before) == standing, flip
        try:
            assert verdict_at(evaluation, flip.input, beyond) == flip.verdict, flip
        except aq.InputError:  # it flips at the very end of what the column allows
            assert verdict_at(evaluation, flip.input, flip.value) == flip.verdict, flip


@pytest.mark.parametrize("vendor_id", list(VENDORS))
def test_nothing_nearer_flips_it(vendor_id: str) -> None:
    """Between today's value and the flip, or anywhere where there is none, the verdict stands."""
    evaluation = aq.evaluate(VENDORS[vendor_id], FIRM)
    rng = seeded(len(vendor_id))
    for flip in found(evaluation).values():
        if flip.input == DISCOUNT_RATE or COLUMNS[flip.input].kind.value == "whole number":
            continue
        spec = COLUMNS[flip.input]
        if flip.value is None:
            assert spec.lower is not None
            low = spec.lower + 1e-3 * flip.today * spec.lower_open
            high = spec.upper if spec.upper is not None else 5.0 * flip.today
        else:
            low, high = sorted((flip.today, flip.value))
        for _ in range(3):
            value = low + (high - low) * rng.uniform(0.0, 0.999)
            if flip.value is not None and flip.value < flip.today:
                value = high - (value - low)
            if value == flip.today:
                continue
            assert verdict_at(evaluation, flip.input, value) == evaluation.decision.verdict, (
                flip,
                value,
            )


def test_price_flips_at_the_walk_away_price() -> None:
    """Without ranges a generic vendor to acquire is one up to its walk-away price, exactly."""
    evaluation = aq.evaluate(VENDORS["tollivard"], FIRM)
    assert evaluation.decision.verdict == "acquire"
    flip = found(evaluation)["price"]
    assert flip.value == pytest.approx(evaluation.decision.walk_away_price, rel=1e-9)


def test_success_probability_flips_at_the_break_even_probability() -> None:
    """Without ranges the chance of success may fall to the break-even probability, exactly."""
    evaluation = aq.evaluate(vendor(GENERIC, success_probability=0.8), firm(trials=64))
    assert evaluation.decision.verdict == "acquire"
    flip = found(evaluation)["success_probability"]
    expected = evaluation.decision.break_even_probability
    assert expected is not None
    assert 0.0 < expected < evaluation.success_probability
    assert flip.value == pytest.approx(expected, rel=1e-9)


def test_limits_are_where_judged_inputs_flip() -> None:
    """Satisfaction flips at the firm's minimum; a criterion where the score meets the threshold.

    Weights .30 .25 .20 .10 .15, criteria 7 throughout: the score is 70 and falls to the threshold
    of 60 where the second criterion is 7 − 10/2.5 = 3 and the third 7 − 10/2 = 2; the first would
    at 7 − 10/3 = 3.67, but the floor of 4 comes first; the fourth is not enough.
    """
    sevens = dict.fromkeys(("differentiation", "client_impact", "scarcity"), 7.0)
    sevens |= {"specificity": 7.0, "knowledge": 7.0}
    satisfied = found(aq.evaluate(vendor(**sevens), firm(trials=64)))
    assert satisfied["client_satisfaction"].value == 80.0
    assert satisfied["competence"].value == 7.0
    evaluation = aq.evaluate(vendor(**sevens, competence=2.0, price=300.0), firm(trials=64))
    assert evaluation.decision.verdict == "acquire_internal_only"
    flip = found(evaluation)
    assert flip["differentiation"].value == pytest.approx(4.0, rel=1e-12)
    assert flip["client_impact"].value == pytest.approx(3.0, rel=1e-12)
    assert flip["scarcity"].value == pytest.approx(2.0, rel=1e-12)
    assert flip["specificity"].value is None


def test_the_nearest_flips_come_first() -> None:
    """Uncertain inputs by distance in ranges, then the others by relative change, then none."""
    evaluation = aq.evaluate(VENDORS["nimbus"], FIRM)
    order = flips(evaluation, WhatIf(evaluation))
    ranged = [flip.ranges for flip in order if flip.ranges is not None]
    others = [abs(f.change) for f in order if f.value is not None and f.ranges is None if f.change]
    assert ranged == sorted(ranged)
    assert others == sorted(others)
    kinds = [(f.value is None, f.ranges is None) for f in order]
    assert kinds == sorted(kinds)
    assert {flip.input for flip in order} >= {"price", "discount_rate", "build_years", "competence"}


def test_an_input_of_no_effect_flips_nothing() -> None:
    """The margin of product managers is no question for a vendor sold directly."""
    assert "channel_margin" not in found(aq.evaluate(vendor(GENERIC), firm(trials=64)))
    managed = vendor(GENERIC, channel="product_managers")
    assert "channel_margin" in found(aq.evaluate(managed, firm(trials=64)))


def test_a_flip_at_the_very_end_is_found() -> None:
    """Serving no competitor at all is what ends the need for a signature: a flip at exactly 0."""
    unsigned = vendor(approved_by="", external_revenue=900.0)
    evaluation = aq.evaluate(unsigned, firm(trials=64))
    assert not evaluation.conditions.hold
    flip = found(evaluation)["competitor_share"]
    assert flip.value == 0.0
    assert flip.verdict == "acquire"


def test_root_of_a_line_and_of_a_step() -> None:
    """Brent's method is exact on a line and finds where a step is."""
    assert root(lambda x: 3.0 - 2.0 * x, 0.0, 4.0) == pytest.approx(1.5, rel=1e-12)
    assert root(lambda x: 1.0 if x < 0.3 else -1.0, 0.0, 1.0) == pytest.approx(0.3, rel=1e-9)
