"""The firm's assumptions: settings, weights, correlations, defaults of columns."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy.stats import multivariate_normal, spearmanr

from acquire.assumptions import SETTINGS, Assumptions, changed, normal_correlations
from acquire.errors import InputError
from acquire.ranges import Range
from acquire.vendor import CRITERIA, RANGED
from tests import reference
from tests.samples import STRATEGIC, vendor


def problems(**settings: Any) -> list[tuple[str | None, str]]:
    with pytest.raises(InputError) as caught:
        Assumptions(**settings)
    return [(p.column, f"{p.wrong or ''}|{p.expected}") for p in caught.value.problems]


def test_defaults_are_those_of_the_model() -> None:
    """Every setting has the default that the model's text gives it."""
    # source: the reference's copy of that list
    nested = {"weights", "correlations", "defaults"}
    expected = {n: v for n, v in reference.ASSUMPTIONS.items() if n not in nested}
    expected["risk_tolerance"] = None  # risk neutral, like the reference
    assert {n: getattr(Assumptions(), n) for n in SETTINGS} == expected
    assert Assumptions().weights == reference.WEIGHTS
    assert Assumptions().correlations == ()
    assert Assumptions().defaults == {}


def test_text_and_empty_settings() -> None:
    """Settings may be texts, and an empty one takes its default but for the terminal growth."""
    firm = Assumptions(horizon_years="12", tax_rate="", terminal_growth=None)
    assert (firm.horizon_years, firm.tax_rate, firm.terminal_growth) == (12, 0.25, None)


@pytest.mark.parametrize(
    ("name", "allowed", "refused"),
    [
        ("horizon_years", [4, 50], [3, 51, 10.5]),
        ("discount_rate", [1], [-0.01, 1.01]),
        ("tax_rate", [0, 0.99], [1, -0.1]),
        ("cost_inflation", [-0.5, 1], [-0.51, 1.01]),
        ("terminal_growth", [-0.99, 0.0899], [-1, 1.1]),
        ("strategic_threshold", [0, 100], [-1, 101]),
        ("differentiation_floor", [0, 10], [-1, 11]),
        ("min_client_satisfaction", [0, 100], [-1, 101]),
        ("min_competence", [0, 10], [-1, 11]),
        ("approval_margin", [0, 100], [-1]),
        ("negotiable_discount", [0, 1], [-0.1, 1.1]),
        ("trials", [1, 2, 2**20], [0, 2**21, -4]),
        ("seed", [0, 2**53], [-1, 0.5]),
        ("currency", ["EUR", "x" * 12], ["x" * 13, 7]),
    ],
)
def test_limits(name: str, allowed: list[Any], refused: list[Any]) -> None:
    """Every setting has the limits that the model's text gives it."""
    for value in allowed:
        assert getattr(Assumptions(**{name: value}), name) == value
    for value in refused:
        assert [column for column, _ in problems(**{name: value})] == [name]


@pytest.mark.parametrize(("trials", "near"), [(3, "4"), (1000, "1024"), (16383, "16384")])
def test_trials_are_a_power_of_two(trials: int, near: str) -> None:
    """Other numbers of trials are refused with the nearest power of two."""
    assert problems(trials=trials) == [("trials", f"|a power of two, such as {near}")]


@pytest.mark.parametrize(("rate", "growth"), [(0.09, 0.09), (0.09, 0.1), (0.0, 0.0)])
def test_terminal_growth_below_the_discount_rate(rate: float, growth: float) -> None:
    """Growth for ever at the discount rate or more is refused."""
    (column, said), *others = problems(discount_rate=rate, terminal_growth=growth)
    assert column == "terminal_growth"
    assert not others
    assert f"less than discount_rate ({rate:g}), or null for no terminal value" in said


def test_no_discounting_without_or_with_falling_terminal_value() -> None:
    """A discount rate of 0 goes with no terminal value or a shrinking business."""
    assert Assumptions(discount_rate=0, terminal_growth=None).terminal_growth is None
    assert Assumptions(discount_rate=0, terminal_growth=-0.1).terminal_growth == -0.1


def test_every_problem_at_once() -> None:
    """Wrong settings are reported together, nested ones too."""
    found = problems(tax_rate=25, trials=5, weights={"scarcity": -1}, defaults={"prize": 1})
    assert [column for column, _ in found] == ["tax_rate", "trials", "weights.scarcity", "defaults"]
    assert "is it per cent? write 0.25" in found[0][1]


def test_weights_named_and_not_named() -> None:
    """A mapping of weights keeps the defaults of the criteria it does not name."""
    firm = Assumptions(weights={"knowledge": 0, "scarcity": "1.2", "specificity": None})
    # hand: 0.30, 0.25, 1.2, 0.10, 0, of sum 1.85
    assert firm.weights == dict(zip(CRITERIA, (0.30, 0.25, 1.2, 0.10, 0.0), strict=True))
    expected = np.array([0.30, 0.25, 1.2, 0.10, 0.0]) / 1.85
    assert firm.criteria_weights == pytest.approx(expected)


@pytest.mark.parametrize(
    ("weights", "column", "said"),
    [
        ([1, 2], "weights", "a mapping criterion: weight"),
        ({"knowhow": 1}, "weights", "no such name"),
        ({"scarcity": "x"}, "weights.scarcity", "is not a number"),
        ({"scarcity": -0.1}, "weights.scarcity", "of at least 0"),
        (dict.fromkeys(CRITERIA, 0), "weights", "at least one weight above 0"),
    ],
)
def test_wrong_weights(weights: Any, column: str, said: str) -> None:
    """Weights have to be numbers of at least 0 of the criteria, not all of them 0."""
    (found, words), *others = problems(weights=weights)
    assert found == column
    assert said in words
    assert not others


@pytest.mark.parametrize(
    ("correlations", "column", "said"),
    [
        ("price", "correlations", "a list of [column, column, rank correlation]"),
        ({"price": 1}, "correlations", "a list of"),
        ([["price", "fixed_cost"]], "correlations", "a list of"),
        (["abc"], "correlations", "a list of"),
        ([["price", "fixed_costs", 0.5]], "correlations", "no such name"),
        ([["price", "competence", 0.5]], "correlations", "no such name"),
        ([["price", "fixed_cost", 1]], "correlations.price.fixed_cost", "above -1 to below 1"),
        ([["price", "fixed_cost", -1]], "correlations.price.fixed_cost", "above -1 to below 1"),
        ([["price", "fixed_cost", None]], "correlations.price.fixed_cost", "is required"),
        ([["price", "price", 0.5]], "correlations.price.price", "two different columns"),
        (
            [["price", "fixed_cost", 0.5], ["fixed_cost", "price", 0.5]],
            "correlations.fixed_cost.price",
            "each pair once",
        ),
    ],
    ids=str,
)
def test_wrong_correlations(correlations: Any, column: str, said: str) -> None:
    """A correlation is of two different columns with ranges, once, strictly within ±1."""
    (found, words), *others = problems(correlations=correlations)
    assert found == column
    assert said in words
    assert not others


def test_correlations_that_contradict_each_other() -> None:
    """Correlations that cannot hold together are refused."""
    # of three columns that pairwise have −0.9, no two can follow: 1 + 3·(−0.9) + … < 0
    three = ("price", "fixed_cost", "exit_cost")
    pairs = [(a, b, -0.9) for i, a in enumerate(three) for b in three[i + 1 :]]
    (column, said), *others = problems(correlations=pairs)
    assert column == "correlations"
    assert "positive definite" in said
    assert not others


def test_correlations_of_normal_scores() -> None:
    """The normal correlation of a rank correlation ρ is 2·sin(πρ/6)."""
    # hand: 2·sin(π/12) = (√6 − √2)/2; columns come in the order of the vendor's table
    names, matrix = normal_correlations([("exit_cost", "price", 0.5)])
    assert names == ["price", "exit_cost"] == sorted(names, key=RANGED.index)
    normal = (math.sqrt(6) - math.sqrt(2)) / 2
    assert matrix == pytest.approx(np.array([[1, normal], [normal, 1]]))
    # and normal scores with it have that rank correlation (numpy's simulation, error 0.002)
    drawn = multivariate_normal(cov=matrix, seed=np.random.default_rng(1)).rvs(2**17)
    assert spearmanr(drawn).statistic == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize(
    ("defaults", "column", "said"),
    [
        ([1], "defaults", "a mapping column: value"),
        ({"vendor_id": "x"}, "defaults", "no such name"),
        ({"churn": 0.1}, "defaults", "no such name"),
        ({"customer_churn": 10}, "defaults.customer_churn", "is it per cent? write 0.1"),
    ],
)
def test_wrong_defaults(defaults: Any, column: str, said: str) -> None:
    """A default belongs to a column other than the id and obeys its limits."""
    (found, words), *others = problems(defaults=defaults)
    assert found == column
    assert said in words
    assert not others


def test_completing_a_vendor() -> None:
    """An empty cell takes the firm's default, else the column's; a given one stays."""
    row = {n: v for n, v in STRATEGIC.items() if n not in ("client_satisfaction", "exit_cost")}
    defaults = {
        "client_satisfaction": 90,
        "exit_cost": "1..2..3",
        "competence": 1,
        "offering": None,
        "build_years": 4,
    }
    full = Assumptions(defaults=defaults).complete(vendor(row))
    assert full.client_satisfaction == 90.0  # the firm's, of a required column
    assert full.exit_cost == Range(1.0, 2.0, 3.0)  # the firm's
    assert full.build_years == 4  # the firm's instead of the column's
    assert full.competence == STRATEGIC["competence"]  # given
    assert (full.ramp_years, full.channel) == (3, "direct")  # the column's
    assert not full.offering


def test_a_zero_cell_is_not_empty() -> None:
    """A cell of 0 stays 0 although there is a default."""
    full = Assumptions(defaults={"exit_cost": 5}).complete(vendor(exit_cost=0.0))
    assert full.exit_cost == 0.0


def test_what_cannot_be_completed() -> None:
    """Required cells that stay empty and years beyond the horizon are reported together."""
    row = {n: v for n, v in STRATEGIC.items() if n != "price"} | {"failure_year": 5}
    with pytest.raises(InputError) as caught:
        Assumptions(horizon_years=5).complete(vendor(row))
    assert [(p.column, p.wrong) for p in caught.value.problems] == [
        ("price", "is required and empty"),
        ("failure_year", None),
    ]


def test_completing_keeps_the_source() -> None:
    """A completed vendor still says where it was read."""
    one = type(vendor())(**STRATEGIC, source="vendors.csv, row 2")
    assert Assumptions().complete(one).source == "vendors.csv, row 2"


def test_changing_some_settings() -> None:
    """Changed settings replace the firm's, those that are None do not."""
    firm = changed(Assumptions(tax_rate=0.1), trials=64, seed=None)
    assert (firm.tax_rate, firm.trials, firm.seed) == (0.1, 64, 1)
