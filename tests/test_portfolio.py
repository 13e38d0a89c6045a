"""Which vendors to buy under a budget: the choice, its frontier, its risk and its words."""

from __future__ import annotations

import json
import math
import os
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.stats import spearmanr

import acquire as aq
from acquire import figures, tables
from acquire.portfolio import (
    JOINT_DRAWS,
    ROBUSTNESS_DRAWS,
    Portfolio,
    best_selection,
    programme,
    read_limits,
    select_portfolio,
    selection,
    shadow_price,
)
from acquire.portfolio.joint import draw_jointly
from acquire.portfolio.programme import ROUGH, cover_of
from tests.files import HOSTILE, run, vendor_csv, written
from tests.samples import GENERIC, MONEY, STRATEGIC, UNCERTAIN, Row, firm, vendor

Array = NDArray[np.float64]
Rules = dict[str, Any]
DATA = Path(__file__).parents[1] / "data" / "vendors.csv"
VENDORS, FIRM = aq.read_inputs(DATA, trials=2048)
EVALUATIONS = list(aq.evaluate_all(VENDORS, FIRM))
BY_ID = {e.vendor.vendor_id: e for e in EVALUATIONS}

# KNAPSACK_01 of J. Burkardt, Florida State University: capacity, optimum, weights, profits.
# p01 to p07 come from Martello and Toth (1990) and Kreher and Stinson (1999).
KNAPSACKS = {
    "p01": (165, 309, [23, 31, 29, 44, 53, 38, 63, 85, 89, 82],
            [92, 57, 49, 68, 60, 43, 67, 84, 87, 72]),
    "p02": (26, 51, [12, 7, 11, 8, 9], [24, 13, 23, 15, 16]),
    "p05": (104, 900, [25, 35, 45, 5, 25, 3, 2, 2], [350, 400, 450, 20, 70, 8, 5, 5]),
    "p07": (750, 1458, [70, 73, 77, 80, 82, 87, 90, 94, 98, 106, 110, 113, 115, 118, 120],
            [135, 139, 149, 150, 156, 163, 173, 184, 192, 201, 210, 214, 221, 229, 240]),
    "p08": (6404180, 13549094,
            [382745, 799601, 909247, 729069, 467902, 44328, 34610, 698150, 823460, 903959, 853665,
             551830, 610856, 670702, 488960, 951111, 323046, 446298, 931161, 31385, 496951, 264724,
             224916, 169684],
            [825594, 1677009, 1676628, 1523970, 943972, 97426, 69666, 1296457, 1679693, 1902996,
             1844992, 1049289, 1252836, 1319836, 953277, 2067538, 675367, 853655, 1826027, 65731,
             901489, 577243, 466257, 369261]),
}  # fmt: skip


def brute_force(gains: Array, outlays: Array, budget: float | None = None, **rules: Any) -> float:
    """The largest sum of gains over all subsets that the rules allow."""
    n = gains.size
    sets = (np.arange(2**n)[:, np.newaxis] >> np.arange(n)) & 1 == 1
    allowed = np.ones(2**n, dtype=bool)
    if budget is not None:
        allowed &= sets @ outlays <= budget * (1.0 + 1e-9)
    if rules.get("max_deals") is not None:
        allowed &= sets.sum(axis=1) <= rules["max_deals"]
    for group in rules.get("exclusive", ()):
        allowed &= sets[:, list(group)].sum(axis=1) <= 1
    for one, other in rules.get("requires", ()):
        allowed &= ~sets[:, one] | sets[:, other]
    return float((sets @ gains)[allowed].max())


def random_rules(rng: np.random.Generator, n: int) -> Rules:
    """Random limits other than the budget."""
    some = range(int(rng.integers(0, 4))) if n > 1 else ()
    return {
        "max_deals": None if rng.random() < 0.5 else int(rng.integers(0, n + 1)),
        "exclusive": [
            rng.choice(n, int(rng.integers(2, min(n, 4) + 1)), replace=False).tolist() for _ in some
        ],
        "requires": [tuple(rng.choice(n, 2, replace=False).tolist()) for _ in some],
    }


def random_deals(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
    """Gains and outlays; whole numbers with many ties in a third of the cases."""
    outlays = rng.lognormal(17.0, 1.0, n)
    gains = outlays * rng.normal(0.1, 0.5, n)
    if rng.random() < 1.0 / 3.0:
        return np.round(gains, -7), np.round(outlays, -7) + 1e7
    return gains, outlays


def chosen_value(gains: Array, outlays: Array, budget: float | None, **rules: Any) -> float:
    """Sum of the gains chosen, once the choice is seen to be allowed."""
    chosen = best_selection(gains, outlays, budget=budget, **rules)
    assert budget is None or outlays[chosen].sum() <= budget * (1.0 + 1e-9)
    assert rules.get("max_deals") is None or chosen.sum() <= rules["max_deals"]
    assert all(chosen[list(group)].sum() <= 1 for group in rules.get("exclusive", ()))
    assert all(chosen[other] or not chosen[one] for one, other in rules.get("requires", ()))
    return float(gains[chosen].sum())


def portfolio(**limits: Any) -> Portfolio:
    return select_portfolio(EVALUATIONS, **limits)


def evaluated(row: Row = STRATEGIC, currency: str = "USD", **changes: Any) -> aq.Evaluation:
    return aq.evaluate(vendor(row, **changes), firm(currency=currency))


def problems(*, evaluations: Any = EVALUATIONS, **limits: Any) -> list[str]:
    """What is said to be wrong."""
    with pytest.raises(aq.InputError) as caught:
        select_portfolio(evaluations, **limits)
    return [str(problem) for problem in caught.value.problems]


# the choice


@pytest.mark.parametrize("few", [0, 3, programme.FEW])
def test_choice_is_the_best_of_all_subsets(few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """For 300 random cases of up to 10 deals and limits, no subset allowed is worth more.

    Whether all choices are tried, or what the relaxation leaves open goes to HiGHS.
    """
    monkeypatch.setattr(programme, "FEW", few)
    rng = np.random.default_rng(11)
    for _ in range(300):
        n = int(rng.integers(1, 11))
        gains, outlays = random_deals(rng, n)
        rules = random_rules(rng, n)
        budget = [None, float(outlays[: n // 2].sum()), rng.random() * float(outlays.sum())][
            int(rng.integers(0, 3))
        ]
        best = brute_force(gains, outlays, budget, **rules)
        found = chosen_value(gains, outlays, budget, **rules)
        assert found == pytest.approx(best, rel=1e-9, abs=1e-9 * float(np.abs(gains).max()))


@pytest.mark.parametrize("few", [4, 8, 12])
def test_fixing_what_is_proven_loses_nothing(few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """With 16 deals, budget and rules, trying few of them in all combinations finds the best."""
    monkeypatch.setattr(programme, "FEW", few)
    rng = np.random.default_rng(few)
    for _ in range(40):
        gains, outlays = random_deals(rng, 16)
        gains = np.abs(gains) * rng.choice([1.0, 1.0, 1.0, -0.3], 16)
        rules = random_rules(rng, 16)
        budget = float(rng.uniform(0.2, 0.8) * outlays.sum())
        best = brute_force(gains, outlays, budget, **rules)
        assert chosen_value(gains, outlays, budget, **rules) == pytest.approx(best, rel=1e-9)


@pytest.mark.parametrize("name", KNAPSACKS)
def test_published_knapsacks(name: str) -> None:
    """The 0/1 knapsacks of the KNAPSACK_01 collection come out at their known optima."""
    capacity, optimum, weights, profits = KNAPSACKS[name]
    found = chosen_value(np.array(profits, float), np.array(weights, float), float(capacity))
    assert found == optimum


@pytest.mark.parametrize("kind", ["uncorrelated", "weakly", "strongly"])
def test_choice_among_many_is_that_of_dynamic_programming(kind: str) -> None:
    """With whole outlays of 120 deals the value is that of the textbook recursion over budgets."""
    rng = np.random.default_rng(5)
    outlays = np.ceil(rng.lognormal(5.0, 1.0, 120)).astype(int)
    gains = np.round(
        {
            "uncorrelated": 300.0 * rng.random(120),
            "weakly": outlays * rng.uniform(0.9, 1.1, 120),
            "strongly": outlays + 20.0,
        }[kind],
        2,
    )
    budget = int(0.3 * outlays.sum())
    table = np.zeros(budget + 1)
    for gain, outlay in zip(gains, outlays, strict=True):
        if outlay <= budget:
            table[outlay:] = np.maximum(table[outlay:], table[: budget + 1 - outlay] + gain)
    found = chosen_value(gains, outlays.astype(float), float(budget))
    assert found == pytest.approx(table[budget], rel=1e-9)


def test_a_budget_that_rounding_would_miss_counts_as_met() -> None:
    """0.1 + 0.2 fits into 0.3 and into a hair less; a budget short by a millionth is too small."""
    gains, outlays = np.array([1.0, 1.0]), np.array([0.1, 0.2])
    assert best_selection(gains, outlays, budget=0.3).all()
    assert best_selection(gains, outlays, budget=0.3 * (1.0 - 5e-10)).all()
    assert best_selection(gains, outlays, budget=0.3 * (1.0 - 1e-6)).sum() == 1


def test_a_choice_just_beyond_the_budget_is_ruled_out() -> None:
    """Ten equal deals and a budget a hair below three of them: two are bought."""
    outlays = np.full(10, 5e7)
    gains = np.linspace(1e6, 2e6, 10)
    for short in (1e-2, 1.0, 100.0):
        chosen = best_selection(gains, outlays, budget=1.5e8 - short)
        assert np.flatnonzero(chosen).tolist() == [8, 9] if short > 0.15 else [7, 8, 9]


def test_covers_rule_out_nothing_that_fits() -> None:
    """The row that rules out what exceeds the limit holds for every subset within it."""
    rng = np.random.default_rng(3)
    for _ in range(50):
        outlays = np.ceil(rng.lognormal(1.0, 0.7, 8))
        limit = float(outlays.sum() * rng.uniform(0.2, 0.8))
        sets = (np.arange(256)[:, np.newaxis] >> np.arange(8)) & 1 == 1
        fits = sets @ outlays <= limit
        over = sets[rng.choice(np.flatnonzero(~fits))]
        row, most = cover_of(outlays, over, limit)
        assert row @ over > most
        assert (sets[fits] @ row <= most).all()


def test_deals_that_pay_alike_are_chosen_within_a_hundred_thousandth() -> None:
    """Where gains are proportional to outlays, nearly the whole budget is spent."""
    outlays = np.random.default_rng(30).lognormal(18.0, 1.0, 24)
    budget = float(0.3 * outlays.sum())
    found = chosen_value(0.1 * outlays, outlays, budget)
    assert found >= 0.1 * budget * (1.0 - 2.0 * ROUGH)


@pytest.mark.parametrize("few", [0, programme.FEW])
def test_gains_too_small_for_the_solver_still_count(
    few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A deal worth a millionth of a millionth of another is bought when there is money left."""
    monkeypatch.setattr(programme, "FEW", few)
    gains, outlays = np.array([1e9, 9e8, 1e-4]), np.array([2e9, 2e9, 1.0])
    assert best_selection(gains, outlays, budget=3e9).tolist() == [True, False, True]


@pytest.mark.parametrize("few", [0, programme.FEW])
def test_deals_without_gain_are_chosen_only_where_required(
    few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A deal worth less than nothing, or just nothing, is bought for another one alone."""
    monkeypatch.setattr(programme, "FEW", few)
    gains, outlays = np.array([10.0, -4.0, 0.0, -1.0]), np.ones(4)
    choose = best_selection
    assert choose(gains, outlays).tolist() == [True, False, False, False]
    chain = choose(gains, outlays, requires=[(0, 1), (1, 2)])
    assert chain.tolist() == [True, True, True, False]
    assert not choose(gains, outlays, requires=[(0, 1), (1, 2)], budget=2.0).any()
    assert not choose(gains, outlays, requires=[(0, 1)], exclusive=[(0, 1)]).any()
    assert not choose(np.array([10.0, -11.0]), outlays[:2], requires=[(0, 1)], budget=2.0).any()


def test_nothing_is_printed_by_the_solver(capfd: pytest.CaptureFixture[str]) -> None:
    """Standard output stays the caller's, whatever the solver's library says of itself."""
    for seed in (0, 2, 16, 17, 19):  # of which SciPy 1.17's HiGHS prints a line each
        rng = np.random.default_rng(seed)
        outlays = rng.lognormal(17.0, 1.0, 60)
        gains = outlays * rng.uniform(0.9, 1.1, 60)
        best_selection(gains, outlays, budget=float(0.3 * outlays.sum()))
    os.write(1, b"mine")
    assert capfd.readouterr() == ("mine", "")


def test_what_a_solver_leaves_undone_is_mended(monkeypatch: pytest.MonkeyPatch) -> None:
    """A useless deal is taken out and a gain that fits put in; a broken limit is never let pass."""
    gains, outlays = np.array([5.0, 4.0, 0.0, 1.0]), np.array([3.0, 3.0, 1.0, 1.0])
    rules: Rules = {"budget": 4.0, "requires": [(1, 2)]}
    sloppy = np.array([True, False, True, False])
    monkeypatch.setattr(selection, "solve", lambda _: sloppy)
    assert best_selection(gains, outlays, **rules).tolist() == [True, False, False, True]
    monkeypatch.setattr(selection, "solve", lambda _: np.ones(4, dtype=bool))
    with pytest.raises(RuntimeError, match="broke a limit"):
        best_selection(gains, outlays, **rules)


def test_a_limit_said_twice_is_no_contradiction() -> None:
    """Buying nothing is always allowed, so the relaxation has a solution.

    Presolving, SciPy 1.17's HiGHS takes this programme for infeasible.
    """
    rows = np.array([[0.0, 0.0, 1.0, 0.0, -1.0], [0, -1, 0, 1, 0], [0, 0, 1, 0, -1]])
    gains, outlays = (
        np.array([3.0, 14.0, 7.0, 1.0, 0.0]) / 14.0,
        np.array([2.0, 2.0, 2.0, 1.0, 1.0]),
    )
    twice = programme.Programme(gains, outlays, 2.0 * (1.0 + 1e-9), rows, np.zeros(3))
    shares, _ = programme.relaxation(twice)
    assert gains @ shares == pytest.approx(1.0)  # by hand: all money on the second deal
    chosen = best_selection(gains, outlays, budget=2.0, requires=[(2, 4), (3, 1), (2, 4)])
    assert np.flatnonzero(chosen).tolist() == [1]


def test_a_budget_beyond_all_measure_does_not_bind() -> None:
    """Where only the number of deals is limited, 1e18 of budget is as good as none."""
    rng = np.random.default_rng(2)
    gains, outlays = random_deals(rng, 40)
    pairs = [(int(a), int(b)) for a, b in rng.choice(40, (10, 2))]
    for few in (3, 12):
        rules: Rules = {"max_deals": few, "requires": pairs, "exclusive": [(0, 1, 2), (5, 6)]}
        ample, none = (best_selection(gains, outlays, budget=b, **rules) for b in (1e18, None))
        assert gains[ample].sum() == pytest.approx(gains[none].sum(), rel=1e-9)


# what more budget is worth


def relaxed(gains: Array, outlays: Array, budget: float, rules: Rules) -> float:
    """The value were parts of deals for sale."""
    rows, most = [outlays / 1e7], [budget / 1e7]
    if rules["max_deals"] is not None:
        rows, most = [*rows, np.ones(gains.size)], [*most, rules["max_deals"]]
    for group in rules["exclusive"]:
        rows, most = [*rows, np.isin(np.arange(gains.size), group) * 1.0], [*most, 1.0]
    for one, other in rules["requires"]:
        row = np.zeros(gains.size)
        row[one], row[other] = 1.0, -1.0
        rows, most = [*rows, row], [*most, 0.0]
    return -1e7 * float(linprog(-gains / 1e7, rows, most, bounds=(0, 1)).fun)


def test_shadow_price_is_the_slope_of_the_relaxation() -> None:
    """The marginal value is the finite difference of the linear programme, just above the budget.

    Differences at 1e-5 and 3e-5 of the dearest outlay; between kinks they agree.
    """
    rng = np.random.default_rng(8)
    seen = 0
    for _ in range(60):
        gains, outlays = random_deals(rng, 8)
        rules = random_rules(rng, 8)
        budget = float(rng.uniform(0.0, 0.8) * outlays.sum())
        at = [
            relaxed(gains, outlays, budget + step * float(outlays.max()), rules)
            for step in (1e-5, 3e-5)
        ]
        slope = (at[1] - at[0]) / (2e-5 * float(outlays.max()))
        price = shadow_price(gains, outlays, budget, **rules)
        assert price == pytest.approx(slope, abs=1e-4)
        seen += price > 0.0
    assert seen > 20


def test_shadow_price_at_a_kink_is_that_of_more_budget() -> None:
    """With nothing to spend the next unit buys the best part; with enough for all, nothing."""
    gains, outlays = np.array([3.0, 2.0, -1.0]), np.array([10.0, 4.0, 1.0])
    assert shadow_price(gains, outlays, 0.0) == pytest.approx(0.5)
    assert shadow_price(gains, outlays, 4.0) == pytest.approx(0.3)
    assert shadow_price(gains, outlays, 14.0) == 0.0
    # by hand: a share t of both costs 3t and gains 9t, of which the solver's corner knows nothing
    pair = {"max_deals": 1, "requires": [(1, 0)]}
    assert shadow_price(np.array([2.0, 7.0]), np.array([2.0, 1.0]), 0.0, **pair) == pytest.approx(3)
    assert shadow_price(gains, outlays, 1e18) == 0.0


# portfolios


def test_a_deal_is_worth_what_it_gains_over_the_best_other_way() -> None:
    """Gain is value less best alternative; outlay is the mean of price·(1 + transaction costs)."""
    found = portfolio(budget="150e6")
    assert [d.vendor_id for d in found.deals] == [
        i for i, e in BY_ID.items() if e.decision.value is not None
    ]
    for deal in found.deals:
        decision = BY_ID[deal.vendor_id].decision
        assert decision.value is not None
        assert deal.gain == decision.value - decision.best_alternative
        assert (deal.verdict, deal.strategy) == (decision.verdict, decision.strategy)
    plain = select_portfolio([evaluated(price=1000.0, transaction_cost_rate=0.04)])
    assert plain.deals[0].outlay == pytest.approx(1040.0)  # by hand
    assert plain.outlay in (0.0, plain.deals[0].outlay)


def test_portfolio_adds_up() -> None:
    """Value and outlay are sums over what is chosen; everybody is chosen or left out."""
    found = portfolio(budget=150e6)
    deals = {deal.vendor_id: deal for deal in found.deals}
    assert found.chosen == ("ohmstead", "tollivard")
    assert found.value == pytest.approx(sum(deals[i].gain for i in found.chosen))
    assert found.outlay == pytest.approx(sum(deals[i].outlay for i in found.chosen))
    assert found.outlay <= 150e6
    assert {*found.chosen, *found.left_out} == set(VENDORS)
    assert set(found.robustness) == set(deals)


def test_frontier_is_the_best_at_each_of_its_budgets() -> None:
    """At every budget of the frontier the value is that of the best of all subsets, and rises."""
    rules = {"max_deals": 4, "exclusive": ["corvane,stratolet"], "requires": ["nimbus:foldmark"]}
    for limits in ({"budget": 150e6}, rules, rules | {"budget": 700e6}):
        found = portfolio(**limits)
        place = {deal.vendor_id: i for i, deal in enumerate(found.deals)}
        gains = np.array([deal.gain for deal in found.deals])
        outlays = np.array([deal.outlay for deal in found.deals])
        indices: Rules = {
            "max_deals": found.limits.max_deals,
            "exclusive": [[place[i] for i in group] for group in found.limits.exclusive],
            "requires": [(place[x], place[y]) for x, y in found.limits.requires],
        }
        for point in found.frontier:
            best = brute_force(gains, outlays, point.budget, **indices)
            assert point.value == pytest.approx(best, abs=1.0)
            assert point.outlay <= point.budget * (1.0 + 1e-9)
        assert all(a.value < b.value and a.budget < b.budget for a, b in pairwise(found.frontier))
        assert len(found.frontier) <= 25
        assert (found.frontier[0].budget, found.frontier[0].vendor_ids) == (0.0, ())
        assert found.chosen in [point.vendor_ids for point in found.frontier]
        assert found.frontier[-1].value == pytest.approx(brute_force(gains, outlays, **indices))


def test_budgets_from_nothing_to_everything() -> None:
    """No money buys nothing; money without end buys what no budget at all does."""
    nothing, unlimited = portfolio(budget=0), portfolio()
    assert (nothing.chosen, nothing.value, nothing.expected_shortfall) == ((), 0.0, 0.0)
    assert unlimited.shadow_price is None
    everything = portfolio(budget=1e15)
    assert everything.chosen == unlimited.chosen
    assert everything.shadow_price == 0.0
    worthwhile = {deal.vendor_id for deal in unlimited.deals if deal.gain > 0.0}
    assert set(unlimited.chosen) == worthwhile
    assert portfolio(max_deals=0).chosen == ()


def test_each_left_out_vendor_has_its_reason() -> None:
    """The reasons name what stands in the way, the first that holds."""
    found = portfolio(
        budget=360e6,
        max_deals=2,
        exclusive=[("ohmstead", "tollivard")],
        requires=[("nimbus", "gearhaven")],
    )
    assert found.chosen == ("stratolet", "ohmstead")
    assert found.left_out == {
        "nimbus": "requires gearhaven, which is not bought",
        "tallybrook": "worth USD 43.0 million less than the best other way",
        "corvane": "beyond the budget",
        "hearthline": "no strategy is permitted as things stand",
        "quillmoor": "no strategy is permitted as things stand",
        "foldmark": "worth USD 12.8 million less than the best other way",
        "tollivard": "excluded by ohmstead",
        "gearhaven": "no strategy is permitted as things stand",
        "plinthware": found.left_out["plinthware"],
        "peregrade": found.left_out["peregrade"],
    }
    crowded = portfolio(budget=330e6, max_deals=2).left_out
    assert crowded["ohmstead"] == "crowded out: the budget is worth more with what is bought"
    assert portfolio(max_deals=2).left_out["ohmstead"] == (
        "crowded out: no more than 2 may be bought"
    )


def test_what_requires_a_hopeless_vendor_is_hopeless_itself() -> None:
    """Along a chain to a vendor without a permitted strategy nobody is bought, in no draw."""
    found = portfolio(requires=["corvane:stratolet", "stratolet:hearthline"])
    assert not {"corvane", "stratolet"} & set(found.chosen)
    assert found.robustness["corvane"].share == found.robustness["stratolet"].share == 0.0
    assert found.left_out["corvane"] == "requires stratolet, which is not bought"
    assert portfolio(requires=["hearthline:corvane"]).chosen == portfolio().chosen


def test_a_prerequisite_is_bought_for_what_requires_it() -> None:
    """A vendor worth less than the best other way is bought with the one that needs it."""
    found = portfolio(requires=["corvane:foldmark"], exclusive=["stratolet,foldmark"])
    assert {"corvane", "foldmark"} <= set(found.chosen)
    assert found.left_out["stratolet"] == "excluded by foldmark"
    rows = {row[1]: row for row in tables.deals(found).rows}
    assert rows["foldmark"][-1] == "required by corvane"


@pytest.mark.parametrize("factor", [1e-6, 1e6])
def test_the_unit_of_money_does_not_matter(factor: float) -> None:
    """With all money in another unit the same vendors are bought and all money is scaled."""
    prices = (300.0, 700.0, 1000.0, 1600.0, 2500.0)
    rows = [STRATEGIC | UNCERTAIN | {"vendor_id": f"v{p:.0f}", "price": p} for p in prices]

    def scaled(cell: Any) -> Any:
        return tuple(v * factor for v in cell) if isinstance(cell, tuple) else cell * factor

    others = [row | {name: scaled(row[name]) for name in MONEY} for row in rows]
    one = select_portfolio([evaluated(row) for row in rows], budget=2500.0)
    other = select_portfolio([evaluated(row) for row in others], budget=2500.0 * factor)
    assert 0 < len(one.chosen) < 5
    assert other.chosen == one.chosen
    assert other.robustness == one.robustness
    assert other.shadow_price == pytest.approx(one.shadow_price, rel=1e-6)
    for name in ("value", "outlay", "expected_shortfall"):
        assert getattr(other, name) == pytest.approx(factor * getattr(one, name), rel=1e-9)
    assert [p.vendor_ids for p in other.frontier] == [p.vendor_ids for p in one.frontier]


# joint draws


def test_shortfall_of_one_vendor_is_that_of_its_own_payoff() -> None:
    """Alone, the joint shortfall is the payoff's own less the best alternative, within 1 %."""
    for vendor_id in ("nimbus", "corvane", "stratolet", "ohmstead", "tollivard"):
        e = BY_ID[vendor_id]
        payoff = e.payoffs[e.decision.strategy or ""]
        assert payoff is not None
        found = select_portfolio([e])
        assert found.chosen == (vendor_id,)
        own = payoff.expected_shortfall - e.decision.best_alternative
        assert found.expected_shortfall == pytest.approx(own, rel=0.01)
        assert found.p_loss == pytest.approx(payoff.p_below_alternative, abs=0.002)


def test_joint_draws_keep_the_means() -> None:
    """Both gains have the deal's own gain as their mean, within 1 % of the outlay."""
    some = [BY_ID[i] for i in ("nimbus", "corvane", "stratolet", "ohmstead")]
    for correlation in (0.0, 0.6):
        joint = draw_jointly(some, correlation)
        for i, deal in enumerate(select_portfolio(some).deals):
            assert joint.expected[i].mean() == pytest.approx(deal.gain, abs=0.01 * deal.outlay)
            assert joint.outcome[i].mean() == pytest.approx(deal.gain, abs=0.01 * deal.outlay)


def test_independent_vendors_add_their_variances() -> None:
    """Without correlation the variance of the sum is the sum of variances, within 5 %."""
    outcome = draw_jointly([e for e in EVALUATIONS if e.decision.strategy], 0.0).outcome
    assert outcome.shape[1] == JOINT_DRAWS
    whole = outcome.sum(axis=0).var()
    assert whole == pytest.approx(outcome.var(axis=1).sum(), rel=0.05)
    assert np.abs(np.corrcoef(outcome[[0, 2, 3]])[~np.eye(3, dtype=bool)]).max() < 0.05


def test_vendors_that_move_together_add_their_shortfalls() -> None:
    """As the correlation nears 1 the shortfall of the sum becomes the sum of shortfalls."""
    names = ("nimbus", "corvane", "ohmstead")
    apart = sum(select_portfolio([BY_ID[i]]).expected_shortfall for i in names)
    some = [BY_ID[i] for i in names]
    falls = [
        select_portfolio(some, correlation=c).expected_shortfall for c in (0.0, 0.4, 0.8, 0.9999)
    ]
    assert falls[3] == pytest.approx(apart, rel=0.01)
    assert all(more < less for less, more in pairwise(falls))


@pytest.mark.parametrize("correlation", [0.3, 0.7])
def test_rank_correlation_is_the_one_asked_for(correlation: float) -> None:
    """Spearman's correlation of two vendors' expected gains is the one given, within 0.03."""
    some = [BY_ID[i] for i in ("nimbus", "corvane", "stratolet")]
    expected = draw_jointly(some, correlation).expected
    found = spearmanr(expected, axis=1).statistic
    np.testing.assert_allclose(found[np.triu_indices(3, 1)], correlation, atol=0.03)


def test_a_vendor_keeps_its_draws_whoever_else_is_there() -> None:
    """Other vendors, and their order, move no vendor's draws; the seed does, 0 included."""
    nimbus, corvane = BY_ID["nimbus"], BY_ID["corvane"]
    for correlation in (0.0, 0.5):
        alone = draw_jointly([nimbus], correlation).outcome[0]
        both = draw_jointly([corvane, nimbus], correlation).outcome
        assert (both[1] == alone).all()
    plain = BY_ID["tollivard"]  # without ranges: only the joint draws depend on the seed
    seeds = [
        draw_jointly([replace(plain, firm=replace(FIRM, seed=seed))], 0.0).outcome.tobytes()
        for seed in (0, 1, 2)
    ]
    assert len(set(seeds)) == 3


def test_without_ranges_a_vendor_belongs_or_does_not() -> None:
    """Where nothing is uncertain, membership is 0 or 1, without error, and that of the choice."""
    some = [evaluated(vendor_id=f"v{p}", price=float(p)) for p in (300, 900, 1500, 4000)]
    found = select_portfolio(some, budget=1900.0)
    assert 0 < len(found.chosen) < 4
    for vendor_id, member in found.robustness.items():
        assert (member.share, member.standard_error) == (float(vendor_id in found.chosen), 0.0)


def test_membership_without_limits_is_the_chance_of_a_gain() -> None:
    """With no limit a vendor belongs to the best portfolio where its expected gain is positive."""
    found = portfolio()
    some = [e for e in EVALUATIONS if e.decision.strategy]
    gains = draw_jointly(some, 0.0).expected[:, :ROBUSTNESS_DRAWS]
    for e, row in zip(some, gains, strict=True):
        member = found.robustness[e.vendor.vendor_id]
        assert member.share == pytest.approx((row > 0.0).mean())
        spread = member.share * (1.0 - member.share) / ROBUSTNESS_DRAWS  # binomial
        assert member.standard_error == pytest.approx(math.sqrt(spread))


def test_membership_is_counted_draw_by_draw() -> None:
    """Under a budget it is the share of draws whose best subset holds the vendor."""
    some = [BY_ID[i] for i in ("nimbus", "foldmark", "ohmstead", "tollivard")]
    found = select_portfolio(some, budget=150e6, correlation=0.4)
    joint = draw_jointly(some, 0.4)
    sets = (np.arange(16)[:, np.newaxis] >> np.arange(4)) & 1 == 1
    sets = sets[sets @ joint.outlays <= 150e6]
    best = (sets @ joint.expected[:, :ROBUSTNESS_DRAWS]).argmax(axis=0)
    shares = sets[best].mean(axis=0)
    assert [m.share for m in found.robustness.values()] == pytest.approx(shares.tolist())


# wrong input


def test_everything_wrong_is_said_at_once() -> None:
    """Every wrong limit is a problem of its own, with its value, remedy and nearest name."""
    group = "expected two or more different vendors, as a,b (at most one is bought)"
    pair = "expected two different vendors, as x:y (x is bought only if y is)"
    unknown = f"no such vendor; expected one of {', '.join(VENDORS)}"
    assert problems(
        budget=-5.0,
        max_deals=1.5,
        exclusive=["nimbus", ("corvane", "corvane"), "nimbuss,corvane"],
        requires=["nimbus", ("nimbus", "nimbus"), "a:b:c", "corvane:stratolt"],
        correlation=-0.1,
    ) == [
        "budget = -5.0: expected a number of at least 0 (money)",
        "max_deals = 1.5: expected a whole number of at least 0",
        "correlation = -0.1: expected a number from 0 to below 1",
        f"exclusive = nimbus: {group}",
        f"exclusive = corvane,corvane: {group}",
        f"exclusive = nimbuss: {unknown}; did you mean nimbus?",
        f"requires = nimbus: {pair}",
        f"requires = nimbus:nimbus: {pair}",
        f"requires = a:b:c: {pair}",
        *(f"requires = {i}: {unknown}" for i in ("a", "b", "c")),
        f"requires = stratolt: {unknown}; did you mean stratolet?",
    ]


@pytest.mark.parametrize("budget", [math.nan, math.inf, -math.inf, "nan", "", "abc", "-5", "1e400",
                                    "150 million", "1,5", True, [1], "10..20..30"])  # fmt: skip
def test_a_budget_is_a_finite_amount(budget: Any) -> None:
    """What is no amount of money of at least 0 is refused, whatever its type."""
    (problem,) = problems(budget=budget)
    assert problem.startswith("budget = ")
    assert "expected a number of at least 0" in problem


@pytest.mark.parametrize("correlation", [1, 1.0, -0.001, math.nan, "x", "30 %"])
def test_a_correlation_is_below_one(correlation: Any) -> None:
    """Rank correlations go from 0 to below 1."""
    (problem,) = problems(correlation=correlation)
    assert "expected a number from 0 to below 1" in problem


def test_max_deals_is_a_whole_number() -> None:
    """Half a deal is none; text of a number is one."""
    assert len(problems(max_deals=-1)) == len(problems(max_deals="two")) == 1
    assert read_limits(None, max_deals="3").max_deals == 3


def test_evaluations_belong_together() -> None:
    """No evaluation, one twice, or one under other assumptions is refused."""
    assert problems(evaluations=[]) == [
        "there is none; expected the evaluation of at least one vendor"
    ]
    nimbus = BY_ID["nimbus"]
    under = "was evaluated under other assumptions; expected the assumptions of nimbus"
    other = replace(BY_ID["corvane"], firm=replace(FIRM, tax_rate=0.1))
    assert problems(evaluations=[nimbus, nimbus, other], budget="x") == [
        "vendor_id = nimbus: is evaluated twice; expected every vendor once",
        f"vendor_id = corvane: {under}",
        "budget = x: is not a number; expected a number of at least 0 (money)",
    ]


# words, tables, figures


def test_portfolio_in_words() -> None:
    """Its text says what to buy, what that costs and is worth, its risk, and more budget's use."""
    lines = str(portfolio(budget=150e6)).split("\n")
    assert lines[0] == "Buy: 2 of 12: Ohmstead Test Laboratories, Tollivard Translations"
    assert lines[1] == "Outlay: USD 51.7 million of a budget of USD 150.0 million"
    assert "independent of each other" in lines[3]
    assert lines[5] == (
        "More budget: the next USD of budget is worth USD 0.31, were parts of deals for sale"
    )
    assert "rank correlation of vendors 0.5" in str(portfolio(correlation=0.5))
    assert "Buy: 0 of 12: nothing" in str(portfolio(budget=0))
    assert "would not be spent" in str(portfolio(budget=1e12))


def test_table_of_deals() -> None:
    """What is bought comes first and bold, then the other deals by gain, then who has no deal."""
    found = portfolio(budget=150e6)
    table = tables.deals(found)
    assert len(table.rows) == len(VENDORS)
    assert [row[2] for row in table.rows] == ["yes"] * 2 + ["no"] * 10
    assert table.emphasised == {0, 1}
    assert table.rows[0][:3] == ("Ohmstead Test Laboratories", "ohmstead", "yes")
    assert [row[4] for row in table.rows[-3:]] == ["–"] * 3
    assert "million USD" in table.caption
    assert "independent" in table.caption
    gains = [float(row[5].replace("−", "-")) for row in table.rows[2:-3]]
    assert gains == sorted(gains, reverse=True)


def test_table_of_the_frontier() -> None:
    """A row for each portfolio of the frontier; the chosen one is bold."""
    found = portfolio(budget=150e6)
    table = tables.frontier(found)
    assert len(table.rows) == len(found.frontier)
    (bold,) = table.emphasised
    assert table.rows[bold][-1] == "ohmstead, tollivard"
    assert table.rows[0] == ("0.0", "0.0", "0.0", "0", "none")


def test_figure_of_the_frontier() -> None:
    """Two lines of steps told apart by dash and symbol, in one unit, with the budget marked."""
    found = portfolio(budget=150e6)
    figure = figures.frontier(found)
    value, tail = figure.data
    size = value.y[-1] / found.frontier[-1].value
    assert value.y[:-1] == pytest.approx([p.value * size for p in found.frontier])
    assert value.x[:-1] == pytest.approx([p.outlay * size for p in found.frontier])
    assert tail.y[:-1] == pytest.approx([p.expected_shortfall * size for p in found.frontier])
    assert value.line.shape == tail.line.shape == "hv"
    assert value.line.dash != tail.line.dash
    assert value.marker.symbol != tail.marker.symbol
    assert figure.layout.shapes[1].x0 == pytest.approx(150e6 * size)
    for axis in (figure.layout.xaxis, figure.layout.yaxis):
        assert axis.title.text.endswith("million USD")
    assert len(figures.frontier(portfolio()).layout.shapes) == 1
    far = figures.frontier(portfolio(budget=1e15))
    assert "beyond" in far.layout.annotations[0].text
    assert far.layout.shapes[1].x0 < 2.0 * max(far.data[0].x)


def test_figure_of_robustness() -> None:
    """A bar for each deal with its share and error; what is not bought is hatched."""
    found = portfolio(budget=150e6)
    figure = figures.robustness(found)
    drawn = {i: x for bar in figure.data for i, x in zip(bar.y, bar.x, strict=True)}
    assert drawn == pytest.approx({i: 100 * m.share for i, m in found.robustness.items()})
    bought, rest = figure.data
    assert (bought.name, set(bought.y)) == ("bought", set(found.chosen))
    assert rest.marker.pattern.shape
    assert figure.layout.xaxis.title.text
    assert figure.layout.title.text


def test_figures_with_nothing_to_buy_say_so() -> None:
    """Without a worthwhile or permitted deal each figure gives the reason instead."""
    dear = select_portfolio([evaluated(price=1e6)])
    assert "worth more" in figures.frontier(dear).layout.annotations[0].text
    blocked = select_portfolio([evaluated(GENERIC, client_satisfaction=10.0)])
    assert (blocked.deals, blocked.robustness) == ((), {})
    assert figures.robustness(blocked).layout.annotations[0].text
    assert tables.deals(blocked).rows[0][-1] == "no strategy is permitted as things stand"
    assert tables.frontier(blocked).rows[0][-1] == "none"


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_names_are_just_text(name: str) -> None:
    """No name of a vendor acts as markup, template, line break or terminal command."""
    name = name.replace("\0", "")
    found = select_portfolio([evaluated(name=name, price=300.0)])
    assert found.chosen
    assert str(found).count("\n") == 5
    assert all(part.isprintable() for part in str(found).split("\n"))
    for shown in (found, tables.deals(found), tables.frontier(found)):
        assert "<script" not in shown._repr_html_()
    for figure in (figures.frontier(found), figures.robustness(found)):
        text = json.dumps(figure.to_plotly_json(), default=str)
        assert "<script" not in text
        assert "%{x:" not in json.dumps([trace.customdata for trace in figure.data], default=str)


# the command line


def test_command_line(tmp_path: Path) -> None:
    """`portfolio` prints the choice, the deals and the frontier; --json the record, strictly."""
    path = vendor_csv(
        tmp_path,
        {"vendor_id": "a", "price": "300..400..500"},
        {"vendor_id": "b", "price": "700"},
        {"vendor_id": "c", "price": "90000"},
    )
    written(tmp_path / "assumptions.yaml", "trials: 64\n")
    ended = run("portfolio", path, "--budget", "1e3", "--exclude", "a,b", "--requires", "c:b")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("Buy: 1 of 3: Nimbus Robotics\n")
    assert "What more budget buys" in ended.out
    machine = run("portfolio", path, "a", "b", "--json", "--max-deals", "1", "--seed", "3")
    result = json.loads(machine.out, parse_constant=pytest.fail)
    assert set(result) == {
        *("currency", "budget", "max_deals", "exclusive", "requires", "correlation", "chosen"),
        *("outlay", "value", "expected_shortfall", "p_loss", "shadow_price", "deals", "left_out"),
        *("robustness", "frontier"),
    }
    vendors, firm_of_file = aq.read_inputs(path, seed=3)
    some = aq.evaluate_all(vendors.only(("a", "b")), firm_of_file)
    assert result == json.loads(json.dumps(aq.select_portfolio(some, max_deals=1).to_dict()))
    assert set(result["deals"][0]) == {
        *("vendor_id", "name", "verdict", "strategy", "outlay", "gain")
    }
    assert set(result["frontier"][0]) == {
        *("budget", "outlay", "value", "expected_shortfall", "vendor_ids")
    }
    assert set(result["robustness"]["a"]) == {"share", "standard_error"}


def test_command_line_says_everything_wrong_at_once(tmp_path: Path) -> None:
    """Problems of the file and of the options come together, a line each, with exit code 2."""
    path = vendor_csv(tmp_path, {"price": "x"})
    options = ["--budget", "150 million", "--max-deals", "x", "--exclude", "a", "--requires", "a-b"]
    ended = run("portfolio", path, *options, "--correlation", "2", "--trials", "3")
    assert (ended.code, ended.out) == (2, "")
    places = [line.partition(":")[0] for line in ended.err.splitlines()]
    assert places == [
        "trials = 3",
        "vendors.csv, row 2, price = x",
        "budget = 150 million",
        "max_deals = x",
        "correlation = 2",
        "exclusive = a",
        "requires = a-b",
        "7 problems; nothing was written",
    ]
    unknown = run(
        "portfolio", vendor_csv(tmp_path), "--exclude", "nimbus,nimbos", "--requires", ":"
    )
    assert unknown.code == 2
    assert "did you mean nimbus?" in unknown.err
    assert "Traceback" not in unknown.err


def test_package_offers_it_by_name() -> None:
    """`acquire.select_portfolio` is there without an import of its own."""
    assert aq.select_portfolio is select_portfolio
