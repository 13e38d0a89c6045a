"""Evaluation: the whole model against its reference, and properties of whole results."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acquire.assumptions import Assumptions
from acquire.evaluation import Evaluation, evaluate, evaluate_all, through_other_channel
from acquire.simulation import BLOCK
from acquire.vendor import Vendors, replaced
from tests import reference
from tests.samples import (
    GENERIC,
    STRATEGIC,
    UNCERTAIN,
    Row,
    differences,
    figures,
    firm,
    points,
    random_firm,
    random_row,
    seeded,
    vendor,
)

ORDER = ("acquire", "acquire_internal_only", "not_yet", "negotiate", "do_not_acquire")
"""Verdicts from the best to the worst."""

SEEDS = range(70)


def against_reference(seed: int, *, uncertain: bool) -> tuple[Evaluation, list[str]]:
    """A random vendor and where its result differs from the reference at the same draws."""
    rng = seeded(seed)
    settings = random_firm(rng)
    row = random_row(rng, settings["horizon_years"], uncertain=uncertain)
    assumptions = Assumptions(**settings)
    result = evaluate(vendor(row), assumptions)
    ours = figures(result)
    theirs = reference.evaluate(row, settings, points(result.inputs, assumptions))
    sure = [kind["classification"].pop("p_strategic") for kind in (ours, theirs)]
    # both are drawn, by generators of their own: at 256 draws within five standard errors
    assert abs(sure[0] - sure[1]) <= 5.0 * math.sqrt(0.5 / 256)
    flows = [abs(v) for case in theirs["cash_flows"].values() for v in case]
    scale = max(*flows, *map(abs, theirs["terminal_values"].values()))
    return result, list(differences(ours, theirs, scale))


@pytest.mark.parametrize("seed", SEEDS)
def test_every_figure_without_ranges(seed: int) -> None:
    """Every figure of a random vendor without ranges is the reference's to nine digits."""
    # oracle: tests/reference.py
    assert not against_reference(seed, uncertain=False)[1]


@pytest.mark.parametrize("seed", SEEDS)
def test_every_figure_with_ranges(seed: int) -> None:
    """Every figure of a random vendor with ranges is the reference's at the same draws."""
    # oracle: tests/reference.py, given the draws of the package
    assert not against_reference(seed, uncertain=True)[1]


def test_the_random_vendors_reach_every_outcome() -> None:
    """The random vendors between them have every verdict, flag and status of a condition."""
    results = [against_reference(seed, uncertain=False)[0] for seed in range(150)]
    verdicts = {result.decision.verdict for result in results}
    flags = {flag for result in results for flag in result.decision.flags}
    states = {
        f"{name} {condition.status}"
        for result in results
        for name, condition in result.conditions.items()
    }
    assert verdicts == set(ORDER)
    assert len(flags) == 5
    assert len(states) == 3 + 3 + 3 + 2


def test_shape_of_the_result() -> None:
    """The machine-readable result has the model's names in the model's order."""
    # source: section 8 of the model
    result = evaluate(vendor(**UNCERTAIN), firm()).to_dict()
    assert list(result) == [
        *("vendor_id", "name", "currency", "price", "success_probability", "classification"),
        *("conditions", "payoffs", "cash_flows", "terminal_values", "costing"),
        *("best_alternative", "strategy", "value", "verdict", "flags", "reasons"),
        *("break_even_probability", "walk_away_price", "cost_of_skills"),
        *("cost_of_skills_per_head", "compromise", "trials", "seed"),
    ]
    cases = ["internal_only", "dual_market", "failure", "compromised", "build"]
    assert list(result["payoffs"]) == [*cases, "go_external"]
    assert list(result["cash_flows"]) == cases == list(result["terminal_values"])
    assert list(result["payoffs"]["build"]) == [
        *("mean", "p10", "p50", "p90", "p_loss", "p_below_alternative"),
        *("expected_shortfall", "standard_error"),
    ]
    assert all(
        list(condition) == ["status", "value", "limit", "explanation"]
        for condition in result["conditions"].values()
    )
    assert [len(flows) for flows in result["cash_flows"].values()] == [11] * 5
    assert len(result["costing"]) == 10


@pytest.mark.parametrize("row", [STRATEGIC, GENERIC | {"skills_headcount": 0.0}])
def test_the_result_is_plain_json(row: Row) -> None:
    """The machine-readable result is standard JSON that reads back the same."""
    result = evaluate(vendor(row), firm()).to_dict()
    assert json.loads(json.dumps(result, allow_nan=False)) == result
    hired = row["skills_headcount"] > 0
    for part in ("payoffs", "cash_flows", "terminal_values"):
        assert (result[part]["build"] is not None) is hired
    assert (result["cost_of_skills_per_head"] is not None) is hired


def test_blocks_of_draws_make_one_result() -> None:
    """More draws than a block give the means, flows and percentiles of all of them."""
    # oracle: the deterministic reference at each of the package's draws, every 64th of them
    # compared one by one, all of them in the mean of the cheap case by numpy
    assumptions = firm(trials=4 * BLOCK, terminal_growth=None)
    cells = {"price": UNCERTAIN["price"], "exit_cost": (10.0, 30.0, 60.0)}
    result = evaluate(vendor(**cells), assumptions)
    rows = points(result.inputs, assumptions)
    assert len(rows) == 4 * BLOCK
    price = np.array([row["price"] for row in rows])
    exit_cost = np.array([row["exit_cost"] for row in rows])
    base = evaluate(vendor(exit_cost=0.0), firm(terminal_growth=None))
    expected = base.payoffs.defined["internal_only"].mean + 1.03 * (1000.0 - price)
    expected -= 0.75 * exit_cost / 1.09
    found = result.payoffs.defined["internal_only"]
    assert found.mean == pytest.approx(expected.mean())
    assert found.p10 == pytest.approx(np.sort(expected)[math.ceil(0.1 * len(rows)) - 1])
    flows = result.cash_flows["internal_only"]
    assert flows is not None
    assert flows[0] == pytest.approx(-1.03 * price.mean())
    assert result.price == pytest.approx(price.mean())


def test_ranges_of_criteria_alone_leave_payoffs_certain() -> None:
    """A vendor whose only ranges are criteria has deterministic payoffs."""
    unsure = evaluate(vendor(differentiation=(6.0, 8.0, 9.0)), firm())
    sure = evaluate(vendor(), firm())
    assert unsure.uncertain
    assert not sure.uncertain
    assert unsure.payoffs == sure.payoffs
    assert unsure.classification.p_strategic <= sure.classification.p_strategic


@pytest.mark.parametrize("seed", range(25))
def test_a_higher_price_never_improves_the_verdict(seed: int) -> None:
    """Along rising prices verdicts get no better."""
    rng = seeded(seed)
    assumptions = firm(**random_firm(rng, trials=32))
    row = random_row(rng, assumptions.horizon_years, uncertain=False)
    ladder = [row["price"] * factor for factor in (0.001, 0.1, 0.3, 0.6, 1.0, 1.5, 3.0, 10.0)]
    verdicts = [evaluate(vendor(row, price=p), assumptions).decision.verdict for p in ladder]
    ranks = [ORDER.index(verdict) for verdict in verdicts]
    assert ranks == sorted(ranks)


@pytest.mark.parametrize("uncertain", [False, True])
@pytest.mark.parametrize("seed", range(12))
def test_at_the_walk_away_price_v_is_the_alternative(seed: int, uncertain: bool) -> None:
    """Bought at the walk-away price, the best permitted strategy is worth its alternative."""
    rng = seeded(1000 + seed)
    assumptions = firm(**random_firm(rng))
    row = random_row(rng, assumptions.horizon_years, uncertain=uncertain)
    price = 1000.0
    if isinstance(row.get("transaction_cost_rate"), tuple):
        row["transaction_cost_rate"] = row["transaction_cost_rate"][1]
    first = evaluate(vendor(row, price=price), assumptions).decision
    if first.walk_away_price is None:
        assert first.value is None
        return
    if first.walk_away_price <= 0.0:
        return
    then = evaluate(vendor(row, price=first.walk_away_price), assumptions)
    assert then.decision.value == pytest.approx(
        then.decision.best_alternative, abs=1e-9 * max(price, first.walk_away_price)
    )


@pytest.mark.parametrize("uncertain", [False, True])
@pytest.mark.parametrize("row", [STRATEGIC, GENERIC], ids=["strategic", "generic"])
def test_at_the_break_even_probability_going_outside_pays(row: Row, uncertain: bool) -> None:
    """At the break-even probability of success going outside is worth its target."""
    cells = {n: c for n, c in UNCERTAIN.items() if uncertain and n != "success_probability"}
    # success pays and failing does not: dear for the generic one, sold in vain for the other
    price = 1700.0 if row is STRATEGIC else 3800.0
    cells |= {"price": price, "external_revenue": 900.0, "skills_headcount": 0.0}
    cells |= {"failure_revenue_share": 0.0}
    first = evaluate(vendor(row, **cells), firm()).decision
    assert first.break_even_probability is not None
    assert 0.0 < first.break_even_probability < 1.0
    then = evaluate(vendor(row, **cells, success_probability=first.break_even_probability), firm())
    payoffs = then.payoffs.defined
    target = payoffs["internal_only"].mean if row is STRATEGIC else 0.0
    assert target >= 0.0
    assert payoffs["go_external"].mean == pytest.approx(target, abs=1e-9 * price)


def test_break_even_with_an_uncertain_chance() -> None:
    """With ranges the break-even takes the means given success and given failure."""
    # hand: draws weighted with p and with 1 − p, at the package's own draws
    cells = UNCERTAIN | {"price": 3800.0, "external_revenue": (600.0, 900.0, 1500.0)}
    assumptions = firm()
    result = evaluate(vendor(GENERIC, **cells, skills_headcount=0.0), assumptions)
    rows = points(result.inputs, assumptions)
    mid = reference.at_mid(GENERIC | cells | {"skills_headcount": 0.0})
    drawn = [reference.flows(mid | row, {}, strategic=False) for row in rows]
    p = np.array([row["success_probability"] for row in rows])
    dual = np.array([cases["dual_market"].payoff for cases in drawn])
    failure = np.array([cases["failure"].payoff for cases in drawn])
    success = (p * dual).sum() / p.sum()
    failing = ((1 - p) * failure).sum() / (1 - p).sum()
    assert abs(success - dual.mean()) > 1.0
    expected = (0.0 - failing) / (success - failing)
    assert result.decision.break_even_probability == pytest.approx(expected)
    expected_mean = (p * dual + (1 - p) * failure).mean()
    assert result.payoffs.defined["go_external"].mean == pytest.approx(expected_mean)


@pytest.mark.parametrize("p", [0.0, 1.0])
def test_break_even_where_the_outcome_is_certain(p: float) -> None:
    """A success that is certain or impossible still has a break-even probability."""
    # property: without ranges it does not depend on the probability itself
    cells = {"price": 3800.0, "external_revenue": 900.0, "skills_headcount": 0.0}
    found = [
        evaluate(vendor(GENERIC, **cells, success_probability=q), firm()).decision for q in (p, 0.5)
    ]
    assert found[0].break_even_probability == pytest.approx(found[1].break_even_probability)
    assert found[1].break_even_probability not in {None, 0.0, 1.0}


@settings(deadline=None, derandomize=True, max_examples=25)
@given(st.floats(0.0, 1.0))
def test_going_outside_is_linear_in_its_chance(p: float) -> None:
    """Going outside is worth p of success and 1 − p of failure, and spreads over both."""
    payoffs = evaluate(vendor(success_probability=p), firm(trials=1)).payoffs.defined
    dual, failure = payoffs["dual_market"].mean, payoffs["failure"].mean
    outside = payoffs["go_external"]
    assert outside.mean == pytest.approx(p * dual + (1 - p) * failure, abs=1e-6)
    assert dual > failure
    assert outside.p10 == (failure if 1 - p >= 0.1 - 1e-9 else dual)
    assert outside.p90 == (failure if 1 - p >= 0.9 - 1e-9 else dual)


def test_the_compromise_adds_up() -> None:
    """What a violation costs inside is what is lost less what competitors bring."""
    for row in (STRATEGIC, GENERIC):
        result = evaluate(vendor(row, **UNCERTAIN), firm())
        payoffs, split = result.payoffs.defined, result.compromise
        cost = payoffs["dual_market"].mean - payoffs["compromised"].mean
        assert split.cost_inside == pytest.approx(cost)
        difference = split.internal_lost - split.competitor_revenue_gained
        assert split.cost_inside == pytest.approx(difference)
        assert split.internal_lost > 0
        assert (split.competitor_revenue_gained > 0) is (row is STRATEGIC)


def test_correlations_without_a_range_have_no_effect_on_results() -> None:
    """A correlation of which a vendor has no range leaves its distribution as it is."""
    # within Monte Carlo error: the draws are other ones of the same distribution
    cells = {"external_growth": UNCERTAIN["external_growth"]}
    pair = [("internal_growth", "external_growth", 0.8)]
    plain, tied = (
        evaluate(vendor(**cells), firm(trials=2**13, correlations=c)) for c in ([], pair)
    )
    for case, payoff in plain.payoffs.defined.items():
        twin = tied.payoffs.defined[case]
        assert twin.mean == pytest.approx(payoff.mean, abs=3 * payoff.standard_error + 1e-9)


def test_correlations_between_ranges_matter() -> None:
    """Correlated risks spread a payoff more than independent ones."""
    pair = [("internal_spend", "internal_growth", 0.9)]
    plain, tied = (
        evaluate(vendor(**UNCERTAIN), firm(trials=2**12, correlations=c)) for c in ([], pair)
    )
    spreads = [
        r.payoffs.defined["internal_only"].p90 - r.payoffs.defined["internal_only"].p10
        for r in (plain, tied)
    ]
    assert spreads[1] > 1.01 * spreads[0]


def test_correlated_draws_of_the_reference() -> None:
    """With correlations the reference's own random draws give the same distribution."""
    # oracle: 1024 independent draws, of which the mean has an error of 1/32 standard deviation
    cells = {n: UNCERTAIN[n] for n in ("price", "internal_spend", "internal_growth")}
    tied = [("internal_spend", "internal_growth", 0.7), ("price", "internal_growth", 0.6)]
    theirs = reference.evaluate(STRATEGIC | cells, {"correlations": tied, "trials": 1024})
    ours = evaluate(vendor(**cells), firm(trials=2**14, correlations=tied))
    for case in ("internal_only", "dual_market"):
        found, expected = ours.payoffs.defined[case], theirs["payoffs"][case]
        error = expected["standard_error"]
        assert found.mean == pytest.approx(expected["mean"], abs=4 * error)
        for part in ("p10", "p50", "p90"):
            assert getattr(found, part) == pytest.approx(expected[part], abs=8 * error)
    sure = theirs["classification"]["p_strategic"]
    assert ours.classification.p_strategic == pytest.approx(sure, abs=0.01)


def test_the_firms_defaults_fill_empty_cells() -> None:
    """An empty cell counts with the firm's default, and the vendor is kept as given."""
    row = {n: v for n, v in STRATEGIC.items() if n != "exit_cost"}
    given_one = vendor(row)
    result = evaluate(given_one, firm(defaults={"exit_cost": 30.0}))
    assert result.vendor is given_one
    assert result.inputs.exit_cost == 30.0
    assert figures(result) == figures(evaluate(vendor(), firm()))


def test_default_assumptions() -> None:
    """Without assumptions the firm's defaults count."""
    assert evaluate(vendor()).firm == Assumptions()


def test_many_vendors_in_their_order() -> None:
    """All vendors of a file are evaluated one by one in its order, with progress."""
    vendors = Vendors([vendor(vendor_id=i) for i in ("b", "a")])
    seen: list[Any] = []

    def progress(items: Any) -> Any:
        for item in items:
            seen.append(item.vendor_id)
            yield item

    results = evaluate_all(vendors, firm(), progress)
    assert next(results).vendor.vendor_id == "b"
    assert seen == ["b"]
    assert [result.vendor.vendor_id for result in results] == ["a"]
    assert len(list(evaluate_all(vendors, firm()))) == 2


def test_the_other_channel() -> None:
    """A vendor may be looked at through the other channel and back."""
    one = evaluate(vendor(), firm())
    other = through_other_channel(one)
    assert other.inputs.channel == "product_managers"
    expected = evaluate(replaced(vendor(), channel="product_managers"), firm())
    assert figures(other) == figures(expected)
    assert figures(through_other_channel(other)) == figures(one)


def test_payoffs_show_as_a_table() -> None:
    """Payoffs are a mapping by case that shows as one table in one unit of money."""
    result = evaluate(vendor(skills_headcount=0.0), firm(currency="EUR"))
    payoffs = result.payoffs
    assert list(payoffs)[-1] == "go_external"
    assert len(payoffs) == 6
    assert payoffs["build"] is None
    assert "build" not in payoffs.defined
    assert len(payoffs.table.rows) == 5
    assert "EUR" in str(payoffs)
    assert "<table>" in payoffs._repr_html_()
    again = evaluate(vendor(skills_headcount=0.0), firm(currency="EUR")).payoffs
    assert again == payoffs
    assert hash(again) == hash(payoffs)
    assert payoffs != 7


def test_an_evaluation_shows_its_decision() -> None:
    """An evaluation reads as the vendor's name and its decision."""
    result = evaluate(vendor(), firm())
    assert repr(result).startswith("Strategic One (strategic-one)\nVerdict: ")
    assert result._repr_html_() == result.decision._repr_html_()
