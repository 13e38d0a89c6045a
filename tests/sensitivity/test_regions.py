"""Maps of two inputs."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

import acquire as aq
from acquire.sensitivity import RegionMap, region_maps
from acquire.vendor import replaced
from tests.samples import GENERIC, firm, seeded, vendor

DATA = Path(__file__).parents[2] / "data"
VENDORS, FIRM = aq.read_inputs(DATA / "vendors.csv", trials=1024)


def worth(evaluation: aq.Evaluation, *, permitted: bool) -> dict[str, float]:
    """Mean payoff of every alternative, from a full evaluation."""
    payoffs = evaluation.payoffs.defined
    found = {"status_quo": 0.0}
    if permitted:
        found["go_external"] = payoffs["go_external"].mean
        if not evaluation.classification.strategic:
            found["go_external"] = min(found["go_external"], payoffs["dual_market"].mean)
    if evaluation.classification.strategic:
        found["internal_only"] = payoffs["internal_only"].mean
    if "build" in payoffs:
        found["build"] = payoffs["build"].mean
    return found


def evaluated(region: RegionMap, evaluation: aq.Evaluation, x: float, y: float) -> aq.Evaluation:
    changes = {region.x_input: x, region.y_input: y}
    rate = changes.pop("discount_rate", None)
    used = evaluation.firm
    if rate is not None:
        used = dataclasses.replace(used, discount_rate=rate)
    return aq.evaluate(replaced(evaluation.inputs, **changes), used)


@pytest.mark.parametrize("vendor_id", ["nimbus", "tollivard", "foldmark", "plinthware"])
def test_a_cell_is_the_best_of_a_full_evaluation(vendor_id: str) -> None:
    """At random cells the map names the alternative that evaluating the vendor there finds best.

    Alternatives within 0.1 % of the price of the best may stand for it: between discount rates
    the payoffs are interpolated.
    """
    evaluation = aq.evaluate(VENDORS[vendor_id], FIRM)
    rng = seeded(7)
    maps = region_maps(evaluation)
    assert {(m.x_input, m.y_input) for m in maps} >= {
        ("price", "success_probability"),
        ("price", "discount_rate"),
    }
    for region in maps:
        for _ in range(8):
            i, j = rng.randrange(len(region.x)), rng.randrange(len(region.y))
            there = evaluated(region, evaluation, region.x[i], region.y[j])
            permitted = there.conditions.hold or not region.permitted
            values = worth(there, permitted=permitted)
            chosen = region.best[j][i]
            assert values[chosen] >= max(values.values()) - 1e-3 * evaluation.price


def test_the_map_turns_at_the_break_even_probability() -> None:
    """Along today's price, selling outside begins to be best at the break-even probability."""
    evaluation = aq.evaluate(VENDORS["tollivard"], FIRM)
    region = region_maps(evaluation)[0]
    column = min(range(len(region.x)), key=lambda i: abs(region.x[i] - evaluation.price))
    first = next(
        y for y, row in zip(region.y, region.best, strict=True) if row[column] != "status_quo"
    )
    expected = evaluation.decision.break_even_probability
    assert first == pytest.approx(expected, abs=1.5 / len(region.y))


def test_strategic_value_has_a_map_only_where_it_counts() -> None:
    """A generic vendor's strategic value is left out, so there is nothing to map."""
    names = {m.x_input for m in region_maps(aq.evaluate(vendor(GENERIC), firm(trials=64)))}
    assert "strategic_value" not in names
    names = {m.x_input for m in region_maps(aq.evaluate(vendor(), firm(trials=64)))}
    assert "strategic_value" in names


def test_a_map_says_when_selling_outside_is_not_permitted() -> None:
    """Where the conditions do not hold today the map shows what would be best if they did."""
    evaluation = aq.evaluate(vendor(competence=2.0, success_probability=0.9), firm(trials=64))
    region = region_maps(evaluation)[0]
    assert not region.permitted
    assert any("go_external" in row for row in region.best)
