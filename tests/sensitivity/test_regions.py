"""Maps of two inputs."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

import acquire as aq
from acquire.sensitivity import RegionMap, region_maps
from acquire.vendor import mid_values, replaced
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

    Alternatives within a millionth of the price of the best may stand for it.
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
            assert values[chosen] >= max(values.values()) - 1e-6 * evaluation.price


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


def test_a_generic_vendor_counts_with_the_worse_of_both_markets() -> None:
    """Where winning outside costs more than it brings, no cell gains by it or by internal use.

    A generic vendor's worth outside is at most that of success, and internal use alone, though
    it pays here, is no alternative.
    """
    losing = vendor(GENERIC, external_cost_ratio=1.2, price=900.0, skills_headcount=0.0)
    evaluation = aq.evaluate(losing, firm(trials=64))
    payoffs = evaluation.payoffs.defined
    assert payoffs["internal_only"].mean > 0.0
    assert payoffs["dual_market"].mean < 0.0 < payoffs["go_external"].mean
    region = region_maps(evaluation)[0]
    seen = set()
    for j in range(0, len(region.y), 20):
        for i in range(0, len(region.x), 10):
            there = evaluated(region, evaluation, region.x[i], region.y[j])
            values = worth(there, permitted=True)
            seen.add(region.best[j][i])
            assert values[region.best[j][i]] >= max(values.values()) - 1e-6
    assert "status_quo" in seen


def test_no_row_sells_outside_where_credit_costs_too_much() -> None:
    """A rate at which a full evaluation forbids selling outside has no cell that does."""
    credit = vendor(GENERIC, external_cost_ratio=0.6, days_sales_outstanding=365.0, price=300.0)
    evaluation = aq.evaluate(credit, firm(trials=64))
    assert evaluation.conditions.hold
    region = next(m for m in region_maps(evaluation) if m.y_input == "discount_rate")
    held = []
    for j in range(0, len(region.y), 10):
        there = evaluated(region, evaluation, region.x[0], region.y[j])
        held.append(there.conditions.hold)
        assert ("go_external" in region.best[j]) == there.conditions.hold
    assert {True, False} == set(held)


def test_today_is_marked_at_its_values() -> None:
    """The case as estimated stands at the mid of each range and at the firm's rate."""
    evaluation = aq.evaluate(VENDORS["nimbus"], FIRM)
    mids = mid_values(evaluation.inputs) | {"discount_rate": FIRM.discount_rate}
    for region in region_maps(evaluation):
        assert region.today == (mids[region.x_input], mids[region.y_input])


@pytest.mark.parametrize("vendor_id", ["ohmstead", "tollivard", "plinthware", "foldmark", "nimbus"])
def test_the_price_axis_shows_the_walk_away_price(vendor_id: str) -> None:
    """Prices reach from a third of today's to 1.6 times it, and beyond the walk-away price."""
    evaluation = aq.evaluate(VENDORS[vendor_id], FIRM)
    region = region_maps(evaluation)[0]
    away, price = evaluation.decision.walk_away_price, evaluation.price
    assert away is not None
    assert region.x[0] <= min(price / 3.0, 0.9 * away) * (1 + 1e-9)
    assert region.x[-1] >= max(1.6 * price, 1.1 * away) * (1 - 1e-9)


@pytest.mark.parametrize(
    ("given", "most"), [((10.0, 40.0, 90.0), 180.0), (40.0, 80.0), (0.0, 200.0)]
)
def test_the_axis_of_strategic_value(given: object, most: float) -> None:
    """From nothing to twice the value (its P90), or to a fifth of the price of 1000 without one."""
    evaluation = aq.evaluate(vendor(strategic_value=given), firm(trials=64))
    region = next(m for m in region_maps(evaluation) if m.x_input == "strategic_value")
    assert (region.x[0], region.x[-1]) == pytest.approx((0.0, most))


@pytest.mark.parametrize("rate", [0.004, 0.09, 0.3])
def test_the_axis_of_discount_rates_holds_todays(rate: float) -> None:
    """Whatever the firm's rate, it is on the axis, and so is a fifth; none meets the growth."""
    used = firm(trials=64, discount_rate=rate, terminal_growth=-0.05)
    region = region_maps(aq.evaluate(vendor(GENERIC), used))[-1]
    assert region.y_input == "discount_rate"
    assert 0.0 <= region.y[0] <= rate < region.y[-1]
    assert region.y[-1] >= 0.2
