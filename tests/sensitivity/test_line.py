"""Means along an input are those of evaluating the vendor with it, to nine digits."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path

import pytest

import acquire as aq
from acquire.assumptions import Assumptions
from acquire.decision import Means
from acquire.sensitivity.line import LINEAR
from acquire.sensitivity.ways import DAMAGE
from acquire.sensitivity.whatif import WhatIf
from acquire.vendor import COLUMNS, CRITERIA, RANGED, replaced
from tests.samples import seeded

DATA = Path(__file__).parents[2] / "data"
VENDORS, FIRM = aq.read_inputs(DATA / "vendors.csv", trials=4096)
WITHOUT_AFTERMATH = dataclasses.replace(FIRM, terminal_growth=None)
SHORT_CYCLE = ("nimbus", "peregrade", "tollivard", "foldmark")


def assert_evaluated(
    whatif: WhatIf, evaluation: aq.Evaluation, changes: Mapping[str, float], used: Assumptions
) -> None:
    """What is asked for is what a full evaluation of the changed vendor finds."""
    means, ruling = whatif.asked(**changes)
    full = aq.evaluate(replaced(evaluation.inputs, **changes), used)
    assert ruling.verdict == full.decision.verdict, changes
    for field in dataclasses.fields(Means):
        expected, found = getattr(full.means, field.name), getattr(means, field.name)
        if expected is None:
            assert found is None, field.name
        else:
            assert found == pytest.approx(expected, rel=1e-9, abs=1e-6), (field.name, changes)


@pytest.mark.parametrize("used", [FIRM, WITHOUT_AFTERMATH], ids=["going on", "horizon only"])
@pytest.mark.parametrize("vendor_id", SHORT_CYCLE)
def test_asking_along_an_input_is_evaluating(vendor_id: str, used: Assumptions) -> None:
    """Also where most draws are closed at the horizon, and where one more goes on."""
    evaluation = aq.evaluate(VENDORS[vendor_id], used)
    whatif, rng = WhatIf(evaluation, violations=True), seeded(5)
    for name in sorted(LINEAR):
        spec, today = COLUMNS[name], whatif.mid[name]
        assert spec.lower is not None
        least = float(spec.lower) + (0.01 * today if spec.lower_open else 0.0)
        most = float(spec.upper) if spec.upper is not None else 3.0 * today + 1.0
        for value in (least, today, rng.uniform(least, most)):
            if name == "skills_headcount" and not (value and today):
                continue  # nobody to hire: then there is one case less
            assert_evaluated(whatif, evaluation, {name: value}, used)


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_both_kinds_of_damage_together(share: float) -> None:
    """Erosion and leak harm different benefits, so they add up."""
    evaluation = aq.evaluate(VENDORS["nimbus"], FIRM)
    whatif = WhatIf(evaluation, violations=True)
    assert_evaluated(whatif, evaluation, dict.fromkeys(DAMAGE, share), FIRM)


def test_every_input_of_the_cases_is_linear_or_known_not_to_be() -> None:
    """A new column has to be thought about: is every amount linear in it?"""
    others = {
        *("internal_growth", "external_growth", "advantage_decay"),  # compound
        *("price", "success_probability"),  # closed forms
        *CRITERIA,
    }
    assert set(RANGED) == LINEAR | others


def test_a_few_draws_tell_the_change_from_today() -> None:
    """Estimated from few draws the means are exact today, and within 1 % of a big change."""
    evaluation = aq.evaluate(VENDORS["nimbus"], FIRM)
    whatif = WhatIf(evaluation)
    exact, near = whatif.means(fixed_cost=0.0), whatif.nearly(fixed_cost=0.0)[0]
    change = abs(exact.go_external - whatif.means().go_external)
    assert 0.0 < abs(near.go_external - exact.go_external) < 0.01 * change
