"""The nearest value of one input at which the verdict flips."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import acquire as aq
from acquire.decision import Ruling
from acquire.sensitivity.flips import Flip, flips, nearest_flip
from acquire.sensitivity.search import Search, root
from acquire.sensitivity.ways import DISCOUNT_RATE
from acquire.sensitivity.whatif import WhatIf
from acquire.vendor import COLUMNS, replaced
from tests.samples import GENERIC, UNCERTAIN, firm, seeded, vendor

DATA = Path(__file__).parents[2] / "data"
VENDORS, FIRM = aq.read_inputs(DATA / "vendors.csv", trials=512)


@pytest.mark.parametrize("vendor_id", VENDORS)
def test_the_nearest_flip_is_the_first_of_all(vendor_id: str) -> None:
    """What a quick look passes over is never nearer; None where nothing alters the verdict."""
    evaluation = aq.evaluate(VENDORS[vendor_id], FIRM)
    first = flips(evaluation, WhatIf(evaluation))[0]
    nearest = nearest_flip(evaluation, WhatIf(evaluation))
    assert nearest == (None if first.value is None else first)


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


def test_distances_of_a_flip() -> None:
    """How far a flip is, in widths of the range and as a share of today's value, signed."""
    evaluation = aq.evaluate(VENDORS["nimbus"], FIRM)
    below = above = 0
    for flip in found(evaluation).values():
        if flip.value is None:
            continue
        below, above = below + (flip.value < flip.today), above + (flip.value > flip.today)
        if flip.today:
            assert flip.change is not None
            assert flip.today * (1.0 + flip.change) == pytest.approx(flip.value, rel=1e-12)
        given = getattr(evaluation.inputs, flip.input, None)
        if isinstance(given, aq.Range):
            assert flip.ranges is not None
            expected = abs(flip.value - given.mid)
            assert flip.ranges * (given.high - given.low) == pytest.approx(expected, rel=1e-12)
        else:
            assert flip.ranges is None
    assert below > 0
    assert above > 0


def walk_away(years: int) -> float:
    """The price up to which a vendor whose integration takes so many years is bought."""
    slow = aq.evaluate(vendor(GENERIC, integration_years=years), firm(trials=64))
    assert slow.decision.walk_away_price is not None
    return slow.decision.walk_away_price


@pytest.mark.parametrize(("today", "flips_at"), [(3, 1), (5, 4), (5, 7), (7, 9)])
def test_whole_years_from_first_to_last(today: int, flips_at: int) -> None:
    """The later integration is paid, the more a vendor is worth: bought or not from some year on.

    The price is just that of the year before, on the way from today's. Years are 1 to 9.
    """
    earlier = flips_at < today
    last = flips_at + 1 if earlier else flips_at - 1
    price = walk_away(last) * (1.0 - 1e-6 if earlier else 1.0 + 1e-6)
    given = vendor(GENERIC, integration_years=today, price=price)
    evaluation = aq.evaluate(given, firm(trials=64))
    assert evaluation.decision.verdict == ("acquire" if earlier else "negotiate")
    assert found(evaluation)["integration_years"].value == flips_at


def test_no_year_beyond_what_is_allowed() -> None:
    """Bought with the integration paid over 1 to 9 years, there is no flip at the horizon of 10."""
    bought = vendor(GENERIC, integration_years=9, price=walk_away(1) * (1.0 - 1e-6))
    evaluation = aq.evaluate(bought, firm(trials=64))
    assert evaluation.decision.verdict == "acquire"
    assert found(evaluation)["integration_years"].value is None


@pytest.mark.parametrize("seed", range(4))
def test_whole_years_are_told_by_all_draws(seed: int) -> None:
    """A flip at whole years is one by a full evaluation, where part of the draws tell otherwise.

    The price lies between what all draws and the first of them say a slower ramp is worth.
    """
    many = firm(trials=4096, seed=seed)
    given = GENERIC | UNCERTAIN | {"price": 1000.0}
    whatif = WhatIf(aq.evaluate(vendor(given), many))
    exact, rough = whatif.ruling(ramp_years=4), whatif.nearly(ramp_years=4)[1]
    assert exact.walk_away is not None
    assert rough.walk_away is not None
    assert abs(exact.walk_away - rough.walk_away) > 1e-6
    between = (exact.walk_away + rough.walk_away) / 2.0
    evaluation = aq.evaluate(vendor(given, price=between), many)
    assert evaluation.decision.verdict == "acquire"
    flip = found(evaluation)["ramp_years"]
    assert flip.value is not None
    assert flip.verdict == verdict_at(evaluation, "ramp_years", flip.value) != "acquire"


def test_a_limit_that_is_met_exactly() -> None:
    """Satisfaction right at the firm's minimum meets it, and anything below does not."""
    evaluation = aq.evaluate(vendor(client_satisfaction=80.0), firm(trials=64))
    assert evaluation.decision.verdict == "acquire"
    flip = found(evaluation)["client_satisfaction"]
    assert (flip.value, flip.change) == (80.0, 0.0)
    assert flip.verdict == verdict_at(evaluation, "client_satisfaction", 79.9) != "acquire"


def test_a_range_whose_mid_decides_otherwise() -> None:
    """Where the mean price is too high and its mid is not, a sure price flips it where it is."""
    away = aq.evaluate(vendor(GENERIC), firm(trials=64)).decision.walk_away_price
    assert away is not None
    skewed = (0.7 * away, 0.97 * away, 1.9 * away)
    evaluation = aq.evaluate(vendor(GENERIC, price=skewed), firm(trials=64))
    assert evaluation.decision.verdict == "negotiate"
    flip = found(evaluation)["price"]
    assert (flip.value, flip.verdict, flip.ranges) == (0.97 * away, "acquire", 0.0)


def test_an_input_of_nothing_may_grow() -> None:
    """Marketing that costs nothing today flips the verdict at a cost, which is no share of 0."""
    evaluation = aq.evaluate(vendor(GENERIC, go_to_market_cost=0.0), firm(trials=64))
    flip = found(evaluation)["go_to_market_cost"]
    assert flip.value is not None
    assert 0.01 * evaluation.price < flip.value < evaluation.price
    assert flip.change is None
    name = "go_to_market_cost"
    assert verdict_at(evaluation, name, flip.value * (1 - 1e-6)) == evaluation.decision.verdict
    assert verdict_at(evaluation, name, flip.value * (1 + 1e-6)) == flip.verdict


class MadeUp:
    """A vendor whose slack is any function of one input, known roughly and exactly."""

    def __init__(
        self,
        exact: Callable[[float], float],
        rough: Callable[[float], float] | None = None,
        beyond: Callable[[float], str] = lambda _: "negotiate",
    ) -> None:
        self.exact, self.rough, self.beyond = exact, rough or exact, beyond
        self.mid = {"price": 1.0}
        self.vendor = SimpleNamespace(x=10.0)
        self.calls = 0

    def _ruled(self, slack: float, at: float) -> Ruling:
        assert 0.0 <= at <= 100.0, "asked for beyond what is allowed"
        verdict = "acquire" if slack >= 0.0 else self.beyond(at)
        return Ruling(verdict, None, None, 0.0, 0.0, None, {"acquire": slack})

    def ruling(self, *, x: float) -> Ruling:
        self.calls += 1
        return self._ruled(self.exact(x), x)

    def nearly(self, *, x: float) -> tuple[None, Ruling]:
        return None, self._ruled(self.rough(x), x)

    def rulings(self, _: str, values: Any, **_draws: int) -> list[Ruling]:
        return [self._ruled(self.rough(float(x)), float(x)) for x in values]

    def flip(self) -> tuple[float, str] | None:
        """The flip of the input, which is 10 today and may be from 0 to 100."""
        search = Search("x", 10.0, (0.0, 100.0), "acquire", self)  # type: ignore[arg-type]
        return search.found()


def test_the_nearer_of_two_sides() -> None:
    """A verdict that stands from 1 to 12 flips at 12 seen from 10, and at 9 if it does from 9."""
    assert MadeUp(lambda x: min(x - 1.0, 12.0 - x)).flip() == (pytest.approx(12.0), "negotiate")
    assert MadeUp(lambda x: min(x - 9.0, 12.0 - x)).flip() == (pytest.approx(9.0), "negotiate")
    assert MadeUp(lambda x: 1.0 + 0.0 * x).flip() is None


@pytest.mark.parametrize("zero", [17.0, 19.0, 21.0, 24.0, 29.0])
def test_all_draws_correct_what_few_say(zero: float) -> None:
    """Few draws see the flip at 20 wherever it is; it is found, and what lies just beyond it."""
    made = MadeUp(
        lambda x: zero - x,
        lambda x: 20.0 - x,
        lambda x: "negotiate" if x < zero + 0.1 else "do_not_acquire",
    )
    assert made.flip() == (pytest.approx(zero, rel=1e-9), "negotiate")


def test_a_slope_that_misleads_asks_for_nothing_that_is_not_allowed() -> None:
    """A step with a slope that few draws see a thousand times too small stays within the ends."""
    made = MadeUp(lambda x: 21.0 - x, lambda x: 1e-3 * (20.0 - x))
    assert made.flip() == (pytest.approx(21.0, rel=1e-9), "negotiate")


def test_a_curve_takes_a_few_evaluations() -> None:
    """A bent slack's zero, at 21 = 7·3, is exact, and found at all draws in half a dozen times."""
    made = MadeUp(
        lambda x: math.exp(3.0) - math.exp(x / 7.0), lambda x: math.exp(2.9) - math.exp(x / 7.0)
    )
    assert made.flip() == (pytest.approx(21.0, rel=1e-8), "negotiate")
    assert made.calls <= 7


def test_a_jump_is_found_where_it_is() -> None:
    """A slack that falls from far above 0 to far below flips at that value, not just before it."""
    made = MadeUp(lambda x: 5.0 - 0.1 * x if x < 17.3 else -4.0)
    found = made.flip()
    assert found == (pytest.approx(17.3, rel=1e-9), "negotiate")
    assert made.calls <= 20


def test_a_vendor_whose_slack_jumps() -> None:
    """Just short of the growth at which selling outside is permitted the verdict still stands."""
    evaluation = aq.evaluate(VENDORS["peregrade"], FIRM)
    flip = found(evaluation)["external_growth"]
    assert flip.value is not None
    for beside, verdict in ((-1e-9, evaluation.decision.verdict), (1e-9, flip.verdict)):
        assert verdict_at(evaluation, "external_growth", flip.value + beside) == verdict


def test_a_jump_that_some_draws_see_elsewhere() -> None:
    """Where the draws decide about a jump, all of them do."""
    made = MadeUp(
        lambda x: 5.0 - 0.1 * x if x < 17.2 else -4.0,
        lambda x: 5.0 - 0.1 * x if x < 17.3 else -4.0,
    )
    assert made.flip() == (pytest.approx(17.2, rel=1e-9), "negotiate")
