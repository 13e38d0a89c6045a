"""How safe the verdict is: shares of the draws, and the error of the best two."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

import acquire as aq
from acquire.conditions import shares
from acquire.ledger import simulate
from acquire.sensitivity.alternatives import Alternatives, alternatives_of, safety
from acquire.simulation import Draws, draws_for
from acquire.vendor import ranges_of, replaced
from tests.samples import GENERIC, firm, vendor

DATA = Path(__file__).parents[2] / "data"
VENDORS, FIRM = aq.read_inputs(DATA / "vendors.csv", trials=4096)


def of(evaluation: aq.Evaluation) -> Alternatives:
    draws = draws_for(evaluation.firm)
    strategic = evaluation.classification.strategic
    ledger = simulate(evaluation.inputs, evaluation.firm, draws, strategic=strategic)
    payoffs = {name: ledger.payoff(name) for name in ledger.names}
    return alternatives_of(evaluation, payoffs, ledger.success)


def test_shares_count_the_best() -> None:
    """Payoffs built by hand: each alternative's share is that of the draws it wins, ties first."""
    payoffs = np.array([[5.0, 1.0, -1.0, 2.0], [0.0, 3.0, -2.0, 2.0], [0.0, 0.0, 0.0, 0.0]])
    half = np.full(4, 0.5)
    names = ("go_external", "build", "status_quo")
    alternatives = Alternatives(names, payoffs, payoffs, half)
    counted = alternatives.shares_best(payoffs, np.ones(4), 100.0)
    assert counted == {"go_external": 0.5, "build": 0.25, "status_quo": 0.25}


@pytest.mark.parametrize("vendor_id", list(VENDORS))
def test_shares_sum_to_one(vendor_id: str) -> None:
    """Some alternative is best in every draw, in expectation and in hindsight."""
    evaluation = aq.evaluate(VENDORS[vendor_id], FIRM)
    found = safety(evaluation, of(evaluation))
    assert sum(found.shares.values()) == pytest.approx(1.0, abs=1e-12)
    assert sum(found.hindsight.values()) == pytest.approx(1.0, abs=1e-12)
    assert set(found.shares) == set(found.hindsight)
    assert ("go_external" in found.shares) == evaluation.conditions.hold
    assert ("internal_only" in found.shares) == evaluation.classification.strategic


def test_without_ranges_the_share_is_all_or_nothing() -> None:
    """One point: what the verdict chooses is best in all of it; in hindsight success decides."""
    evaluation = aq.evaluate(VENDORS["tollivard"], FIRM)
    found = safety(evaluation, of(evaluation))
    assert found.choice == found.best == "go_external"
    assert found.shares["go_external"] == 1.0
    assert not found.undecided


def test_in_hindsight_the_outcome_decides() -> None:
    """Where failing is worse than internal use, selling was best as often as success comes."""
    evaluation = aq.evaluate(
        vendor(failure_revenue_share=0.0, skills_headcount=0.0), firm(trials=64)
    )
    payoffs = evaluation.payoffs.defined
    assert payoffs["failure"].mean < payoffs["internal_only"].mean < payoffs["dual_market"].mean
    found = safety(evaluation, of(evaluation))
    assert found.hindsight["go_external"] == pytest.approx(evaluation.success_probability)
    assert found.hindsight["internal_only"] == pytest.approx(1.0 - evaluation.success_probability)


def test_difference_and_error_of_the_best_two() -> None:
    """The best two differ by their mean payoffs; the error is that of independent draws."""
    evaluation = aq.evaluate(VENDORS["nimbus"], FIRM)
    found = safety(evaluation, of(evaluation))
    go, build = (evaluation.payoffs[n] for n in ("go_external", "build"))
    assert go is not None
    assert build is not None
    assert (found.best, found.second) == ("go_external", "build")
    assert found.difference == pytest.approx(go.mean - build.mean, rel=1e-9)
    assert found.error is not None
    assert 0.0 < found.error < go.standard_error + build.standard_error


def test_what_the_draws_cannot_tell_apart_is_undecided() -> None:
    """With the price at which both are worth the same, more draws could turn the order."""
    evaluation = aq.evaluate(VENDORS["nimbus"], FIRM)
    away = evaluation.decision.walk_away_price
    mean_price = evaluation.price
    assert away is not None
    given = evaluation.inputs.price
    assert isinstance(given, aq.Range)
    shifted = aq.Range(*(v + away - mean_price for v in (given.low, given.mid, given.high)))
    even = aq.evaluate(replaced(evaluation.inputs, price=shifted), FIRM)
    found = safety(even, of(even))
    assert {found.best, found.second} == {"go_external", "build"}
    assert found.undecided


def test_condition_shares_count_draws() -> None:
    """The share of draws without a loss equals judging each draw's vendor by itself."""
    draws = Draws(64, 5)
    small = dataclasses.replace(FIRM, trials=64, seed=5, correlations=())
    evaluation = aq.evaluate(VENDORS["nimbus"], small)
    strategic = evaluation.classification.strategic
    ranges = {n: r for n, r in ranges_of(evaluation.inputs).items() if n != "differentiation"}
    drawn = {name: draws.of(name, r) for name, r in ranges.items()}
    criteria = ("client_impact", "scarcity", "specificity", "knowledge")
    held = 0
    for j in range(64):
        values = {n: float(x[j]) for n, x in drawn.items() if n not in criteria}
        single = aq.evaluate(replaced(evaluation.inputs, **values), small)
        held += single.conditions["never_lose_money"].status.value == "met"
    counted = shares(evaluation.inputs, small, evaluation.conditions, draws, strategic=strategic)
    assert 0 < held < 64
    assert counted["never_lose_money"] == held / 64
    assert counted["internal_clients_first"] == 1.0


def test_nothing_to_sell_holds_in_no_draw() -> None:
    """Without external revenue the fourth condition is not met, in the draws as at mid."""
    evaluation = aq.evaluate(vendor(GENERIC, external_revenue=0.0), firm(trials=64))
    found = safety(evaluation, of(evaluation))
    assert found.conditions["never_lose_money"] == 0.0
    assert found.conditions["internal_clients_first"] == 1.0


@pytest.mark.parametrize(("short", "first"), [(0.9e-7, 1.0), (1.1e-7, 0.0)])
def test_a_tie_is_within_rounding_of_the_price(short: float, first: float) -> None:
    """A payoff short of the best by 1e-9 of the price still wins as the first, no more than it."""
    payoffs = np.array([[1.0 - short, -short], [1.0, 0.0]])
    alternatives = Alternatives(("build", "status_quo"), payoffs, payoffs, np.ones(2))
    assert alternatives.shares_best(payoffs, np.ones(2), 100.0)["build"] == first


def test_the_error_is_that_of_the_paired_difference() -> None:
    """Alternatives share their draws, so the error is that of the difference in each draw."""
    evaluation = aq.evaluate(VENDORS["nimbus"], FIRM)
    strategic = evaluation.classification.strategic
    ledger = simulate(evaluation.inputs, FIRM, draws_for(FIRM), strategic=strategic)
    p = ledger.success
    outside = p * ledger.payoff("dual_market") + (1.0 - p) * ledger.payoff("failure")
    difference = outside - ledger.payoff("build")
    found = safety(evaluation, of(evaluation))
    assert {found.best, found.second} == {"go_external", "build"}
    assert found.error == pytest.approx(np.std(difference, ddof=1) / np.sqrt(p.size), rel=1e-9)


@pytest.mark.parametrize(
    ("changes", "verdict", "choice"),
    [
        ({"price": 300.0}, "acquire", "go_external"),
        ({"price": 300.0, "competence": 2.0}, "acquire_internal_only", "internal_only"),
        ({"price": 3300.0, "skills_headcount": 0.0}, "negotiate", "status_quo"),
        ({"price": 1500.0, "hiring_cost": 1.0}, "negotiate", "build"),
        ({"price": 50000.0, "skills_headcount": 0.0}, "do_not_acquire", "status_quo"),
    ],
)
def test_what_the_verdict_chooses(changes: dict[str, float], verdict: str, choice: str) -> None:
    """A verdict to acquire chooses its strategy; any other, hiring where that pays, or nothing."""
    evaluation = aq.evaluate(vendor(**changes), firm(trials=64))
    assert evaluation.decision.verdict == verdict
    assert safety(evaluation, of(evaluation)).choice == choice
