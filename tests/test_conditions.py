"""Conditions: the four rules of selling outside, and the costing behind the fourth."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from acquire.assumptions import Assumptions
from acquire.conditions import (
    CONDITION_TITLES,
    Conditions,
    Costing,
    Status,
    full_costing,
    judge,
    shares,
    slack,
)
from acquire.evaluation import evaluate
from acquire.scoring import classify
from acquire.simulation import draws_for
from acquire.streams import Timeline
from acquire.vendor import CRITERIA, RANGED, mid_values
from tests.samples import (
    GENERIC,
    STRATEGIC,
    Row,
    conditions,
    firm,
    random_firm,
    random_row,
    seeded,
    vendor,
)
from tests.test_cases import HAND, HAND_FIRM


def judged(row: Row = STRATEGIC, **changes: Any) -> tuple[Conditions, Costing]:
    """The conditions of a vendor; what is no column is a setting of the firm."""
    settings = {n: v for n, v in changes.items() if n not in vendor().__dict__}
    assumptions = firm(**settings)
    cells = {n: v for n, v in changes.items() if n not in settings}
    inputs = assumptions.complete(vendor(row, **cells))
    kind = classify(inputs, assumptions, draws_for(assumptions))
    costing = full_costing(inputs, assumptions, strategic=kind.strategic)
    return judge(inputs, assumptions, kind, costing), costing


@pytest.mark.parametrize(
    ("name", "column", "setting", "limit"),
    [
        ("internal_clients_first", "client_satisfaction", "min_client_satisfaction", 80.0),
        ("distinctive_competence", "competence", "min_competence", 7.0),
    ],
)
def test_scores_against_their_limits(name: str, column: str, setting: str, limit: float) -> None:
    """Satisfaction and competence are met from their limit on, rounding apart."""
    for value, status in (
        (limit, Status.MET),
        (limit * (1 - 0.9e-9), Status.MET),
        (limit * (1 - 1.1e-9), Status.NOT_MET),
        (limit - 0.1, Status.NOT_MET),
    ):
        found = judged(**{column: value})[0][name]
        assert (found.status, found.value, found.limit) == (status, value, limit)
    lower = judged(**{column: limit - 1.0, setting: limit - 1.0})[0][name]
    assert (lower.status, lower.limit) == (Status.MET, limit - 1.0)
    assert (
        "below the required 7.0" in judged(competence=6.0)[0]["distinctive_competence"].explanation
    )


def test_one_score_does_not_stand_for_the_other() -> None:
    """Each condition looks at its own figure."""
    unhappy = judged(client_satisfaction=10.0)[0]
    assert unhappy.failing == ("internal_clients_first",)
    clumsy = judged(competence=1.0)[0]
    assert clumsy.failing == ("distinctive_competence",)


@pytest.mark.parametrize("row", [STRATEGIC, GENERIC], ids=["strategic", "generic"])
def test_product_managers_are_exempt_from_three(row: Row) -> None:
    """Through product managers only the fourth condition applies, whatever the figures."""
    found, _ = judged(
        row, channel="product_managers", client_satisfaction=0.0, competence=0.0, approved_by=""
    )
    statuses = [found[name].status for name in CONDITION_TITLES]
    assert statuses == [Status.NOT_APPLICABLE] * 3 + [Status.MET]
    assert found.hold
    values = [found[name].value for name in CONDITION_TITLES][:3]
    assert values == [0.0, 0.0, 0.2]
    losing, _ = judged(row, channel="product_managers", channel_margin=0.9)
    assert losing.failing == ("never_lose_money",)


@pytest.mark.parametrize(
    ("level", "share", "revenue", "signed", "status"),
    [
        (8.0, 0.2, 400.0, "", Status.NEEDS_APPROVAL),
        (8.0, 0.2, 400.0, "A. Chair", Status.MET),
        (8.0, 0.0, 400.0, "", Status.MET),  # no competitors
        (8.0, 0.2, 0.0, "", Status.MET),  # no revenue
        (6.0, 0.2, 400.0, "", Status.NEEDS_APPROVAL),  # strategic, at the threshold
        (5.9, 0.2, 400.0, "", Status.NEEDS_APPROVAL),  # generic, close
        (5.9, 0.2, 400.0, "A. Chair", Status.MET),
        (5.0, 0.2, 400.0, "", Status.NEEDS_APPROVAL),  # generic, at the margin of 10
        (4.99, 0.2, 400.0, "", Status.MET),  # clearly generic
        (3.0, 1.0, 400.0, "", Status.MET),
    ],
)
def test_nothing_strategic_to_competitors(
    level: float, share: float, revenue: float, signed: str, status: Status
) -> None:
    """Competitors' revenue needs a signature for a strategic or nearly strategic vendor."""
    found, _ = judged(
        **dict.fromkeys(CRITERIA, level),
        competitor_share=share,
        external_revenue=revenue,
        approved_by=signed,
    )
    third = found["nothing_strategic_to_competitors"]
    assert (third.status, third.value, third.limit) == (status, share, None)
    assert ("approved by A. Chair" in third.explanation) is bool(signed)
    assert ("needs a signature" in third.explanation) is (status is Status.NEEDS_APPROVAL)
    served = share > 0 and revenue > 0
    assert ("left out" in third.explanation) is (served and level >= 6.0)


def test_score_alone_makes_a_generic_vendor_close() -> None:
    """A generic vendor below the floor whose score is high needs approval too."""
    found, _ = judged(differentiation=3.0, client_impact=10.0, scarcity=10.0, approved_by="")
    assert found["nothing_strategic_to_competitors"].status is Status.NEEDS_APPROVAL


@pytest.mark.parametrize(("margin", "status"), [(10, "met"), (10.5, "needs_approval"), (0, "met")])
def test_the_margin_is_the_firms(margin: float, status: str) -> None:
    """How close to strategic a generic vendor needs approval is the firm's to say."""
    # score 49.6, threshold 60: a margin of 10.4 reaches it
    found, _ = judged(**dict.fromkeys(CRITERIA, 4.96), approved_by="", approval_margin=margin)
    assert found["nothing_strategic_to_competitors"].status == status


def test_competitors_count_at_mid() -> None:
    """A range of competitors' share or revenue counts with its mid value."""
    found, _ = judged(competitor_share=(0.1, 0.3, 0.5), external_revenue=(300.0, 400.0, 550.0))
    assert found["nothing_strategic_to_competitors"].value == 0.3


def test_costing_by_hand() -> None:
    """Every line of the full costing is the one worked out by hand."""
    # hand, years 1 to 4: revenue 73, 146, 292, 584; half of it variable; go to market 10, 20,
    # 40, 80; fixed 30, 60, 120, 240 times 73/173, 146/346, 292/692, 584/1384 (all 0.42197);
    # credit 0.25/(1 − 0.5) of receivables 20, 40, 80, 160
    _, costing = judged(HAND, **HAND_FIRM)
    for t, year in enumerate(costing.years, start=1):
        double = 2.0 ** (t - 1)
        assert year.year == t
        assert year.revenue == pytest.approx(73.0 * double)
        assert year.variable_cost == pytest.approx(36.5 * double)
        assert year.go_to_market == pytest.approx(10.0 * double)
        assert year.fixed_cost_share == pytest.approx(30.0 * 73.0 / 173.0 * double)
        assert year.credit_cost == pytest.approx(10.0 * double)
        assert year.profit == pytest.approx((16.5 - 30.0 * 73.0 / 173.0) * double)
    assert len(costing.years) == 4


def test_costing_of_product_managers_and_generic_vendors() -> None:
    """The margin of product managers is variable cost; a generic vendor serves competitors."""
    # hand: year 1, as above; 0.1 of 73; revenue 146 when competitors are served
    _, costing = judged(HAND, **HAND_FIRM, channel="product_managers", channel_margin=0.1)
    assert costing.years[0].variable_cost == pytest.approx(36.5 + 7.3)
    _, costing = judged(HAND, **HAND_FIRM, **dict.fromkeys(CRITERIA, 1.0))
    assert costing.years[0].revenue == pytest.approx(146.0)
    assert costing.years[0].credit_cost == pytest.approx(20.0)


@pytest.mark.parametrize("row", [STRATEGIC, GENERIC], ids=["strategic", "generic"])
def test_costing_adds_up(row: Row) -> None:
    """Profit is revenue less every cost, in every year."""
    _, costing = judged(row, horizon_years=30, channel="product_managers")
    assert [year.year for year in costing.years] == list(range(1, 31))
    for y in costing.years:
        costs = y.variable_cost + y.go_to_market + y.fixed_cost_share + y.credit_cost
        assert y.profit == pytest.approx(y.revenue - costs)


def test_costing_is_at_mid_values() -> None:
    """Ranges count with their mid values in the costing."""
    _, sure = judged()
    _, unsure = judged(
        external_revenue=(200.0, 400.0, 700.0),
        days_sales_outstanding=(20.0, 30.0, 60.0),
        fixed_cost=(50.0, 90.0, 140.0),
    )
    assert unsure == sure


def test_the_first_failing_year_is_named() -> None:
    """Losing money outside names the first year with its amount, and the worst."""
    # external revenue shrinks by a third a year: contribution falls below its costs for good
    found, costing = judged(external_growth=-0.3, currency="EUR")
    fourth = found["never_lose_money"]
    losing = [year for year in costing.years if year.profit < 0]
    worst = min(costing.years, key=lambda year: year.profit)
    assert 1 < losing[0].year < 10
    assert (fourth.status, fourth.value, fourth.limit) == (Status.NOT_MET, worst.profit, 0.0)
    assert f"in year {losing[0].year}: EUR \N{MINUS SIGN}" in fourth.explanation
    assert f"year {worst.year}" in fourth.explanation
    assert found.failing == ("never_lose_money",)


@pytest.mark.parametrize(
    ("profit", "status"),
    [(1e-3, Status.MET), (-0.9e-6, Status.MET), (-1.1e-6, Status.NOT_MET)],
)
def test_a_profit_of_nothing_is_no_loss(profit: float, status: Status) -> None:
    """A full-cost profit within 1e-9 of the price counts as nothing lost."""
    # hand: price 1000, level figures: contribution 60 % of 400, no credit, no fixed cost, and a
    # go-to-market cost that leaves `profit`
    found, _ = judged(
        GENERIC,
        external_growth=0.0,
        external_cost_ratio=0.4,
        bad_debt_rate=0.0,
        customer_churn=0.0,
        days_sales_outstanding=0.0,
        fixed_cost=0.0,
        go_to_market_cost=240.0 - profit,
        cost_inflation=0.0,
    )
    fourth = found["never_lose_money"]
    assert fourth.status is status
    assert fourth.value == pytest.approx(profit, abs=1e-12)


def test_the_worst_year_is_reported_where_none_loses() -> None:
    """Where no year loses money, the least profit and its year are named."""
    found, costing = judged()
    worst = min(costing.years, key=lambda year: year.profit)
    fourth = found["never_lose_money"]
    assert (fourth.status, fourth.value) == (Status.MET, worst.profit)
    assert f"year {worst.year}" in fourth.explanation


@pytest.mark.parametrize(
    "changes",
    [
        {"external_revenue": 0.0},
        {"customer_churn": 1.0},
        {"competitor_share": 1.0},
    ],
    ids=str,
)
def test_nothing_to_sell(changes: Row) -> None:
    """Without any external revenue the fourth condition is not met, though nothing is lost."""
    found, _ = judged(**changes, go_to_market_cost=0.0)
    fourth = found["never_lose_money"]
    assert (fourth.status, fourth.value) == (Status.NOT_MET, 0.0)
    assert "no external revenue" in fourth.explanation


@pytest.mark.parametrize(
    ("status", "holds"),
    [
        (Status.MET, True),
        (Status.NOT_APPLICABLE, True),
        (Status.NOT_MET, False),
        (Status.NEEDS_APPROVAL, False),
    ],
)
def test_which_states_permit(status: Status, holds: bool) -> None:
    """Conditions that are met or do not apply permit selling outside, the others do not."""
    assert status.holds is holds
    assert status.words == status.value.replace("_", " ")


def test_conditions_are_a_mapping() -> None:
    """The conditions are a mapping by name in the model's order."""
    four = conditions(hold=False)
    assert list(four) == list(CONDITION_TITLES)
    assert len(four) == 4
    assert four["distinctive_competence"].status is Status.NOT_MET
    assert (four.hold, four.failing) == (False, ("distinctive_competence",))
    assert conditions(hold=True).hold
    with pytest.raises(KeyError):
        four["hold"]


def test_tables() -> None:
    """The conditions and the costing show as tables of text."""
    found, costing = judged()
    rows = list(found.table.rows)
    assert [row[1] for row in rows] == ["met"] * 4
    assert "Internal clients come first" in found._repr_html_()
    # hand: 400·0.9·0.8·1.04 = 299.52 in year 1
    assert costing.table.rows[0][:2] == ("1", "299.52")
    assert costing.table.rows[9][0] == "10"
    assert "<table>" in costing._repr_html_()


def slack_of(used: Assumptions, **changes: Any) -> float:
    """How far selling outside is from being forbidden, at mid values."""
    evaluation = evaluate(vendor(**changes), used)
    inputs = evaluation.inputs
    mid = {n: v for n, v in mid_values(inputs).items() if n in RANGED}
    (value,) = slack(mid, inputs, Timeline(used), used, evaluation.classification)
    return float(value)


def share_of(name: str, used: Assumptions, **changes: Any) -> float:
    """In which share of the draws of a generic vendor a condition holds."""
    evaluation = evaluate(vendor(GENERIC, **changes), used)
    four, inputs = evaluation.conditions, evaluation.inputs
    return shares(inputs, used, four, draws_for(used), strategic=False)[name]


@pytest.mark.parametrize("uncertain", [False, True])
def test_slack_has_the_sign_of_the_conditions(uncertain: bool) -> None:
    """Of 300 random vendors the slack is at least 0 just where judging them permits to sell.

    Where only the fourth condition is open, its size is the worst year's profit of the costing;
    it is minus infinity where another one does not hold, or nothing is sold at all.
    """
    rng = seeded(11)
    seen = set()
    for _ in range(300):
        settings = random_firm(rng, trials=64)
        used = Assumptions(**settings)
        row = random_row(rng, used.horizon_years, uncertain=uncertain)
        evaluation = evaluate(vendor(row), used)
        inputs, found = evaluation.inputs, evaluation.conditions
        mid = {n: v for n, v in mid_values(inputs).items() if n in RANGED}
        (value,) = slack(mid, inputs, Timeline(used), used, evaluation.classification)
        assert (value >= 0.0) == found.hold
        others = [n for n in found.failing if n != "never_lose_money"]
        worst = min(year.profit for year in evaluation.costing.years)
        if others or all(year.revenue == 0.0 for year in evaluation.costing.years):
            assert value == -np.inf
        else:
            assert abs(value) == pytest.approx(abs(worst), rel=1e-9, abs=1e-9)
        seen.add((found.hold, bool(others), inputs.channel))
    assert len(seen) >= 5


@pytest.mark.parametrize(
    ("changes", "permitted"),
    [
        ({}, True),
        ({"approved_by": ""}, False),
        ({"approved_by": "", "competitor_share": 0.0}, True),
        ({"approved_by": "", "channel": "product_managers"}, True),
        ({"client_satisfaction": 70.0}, False),
        ({"client_satisfaction": 70.0, "channel": "product_managers"}, True),
        ({"competence": 6.0}, False),
        ({"external_cost_ratio": 0.9}, False),
        ({"approved_by": "", **dict.fromkeys(CRITERIA, 3.0)}, True),
        ({"approved_by": "", **dict.fromkeys(CRITERIA, 5.5)}, False),
    ],
    ids=str,
)
def test_slack_of_each_condition(changes: Row, permitted: bool) -> None:
    """A single reason forbids selling outside, and is none where its rule does not apply."""
    assert (slack_of(firm(trials=64), **changes) >= 0.0) is permitted
    assert judged(**changes)[0].hold is permitted


@pytest.mark.parametrize(("profit", "holding"), [(-0.9e-6, 1.0), (-1.1e-6, 0.0)])
def test_shares_and_slack_know_rounding(profit: float, holding: float) -> None:
    """In the draws, and on the way, a profit within 1e-9 of the price counts as nothing lost."""
    level = dict.fromkeys(
        ("external_growth", "bad_debt_rate", "customer_churn", "days_sales_outstanding"), 0.0
    )
    level |= {"fixed_cost": 0.0, "external_cost_ratio": 0.4, "go_to_market_cost": 240.0 - profit}
    used = firm(cost_inflation=0.0)
    assert share_of("never_lose_money", used, **level) == holding
    assert (slack_of(used, **(GENERIC | level)) >= 0.0) == bool(holding)


def test_shares_of_what_is_not_drawn() -> None:
    """Where nothing outside is uncertain, the fourth condition holds in all draws or in none."""
    for cost_ratio, holding in ((0.45, 1.0), (0.95, 0.0)):
        changes = {"integration_cost": (40.0, 60.0, 90.0), "external_cost_ratio": cost_ratio}
        assert share_of("never_lose_money", firm(), **changes) == holding


@pytest.mark.parametrize("changes", [{"external_revenue": 0.0}, {"customer_churn": 1.0}], ids=str)
def test_nothing_to_sell_in_no_draw(changes: Row) -> None:
    """Nothing sold is not met in any draw, though without costs nothing is lost."""
    assert share_of("never_lose_money", firm(), **changes, go_to_market_cost=0.0) == 0.0
