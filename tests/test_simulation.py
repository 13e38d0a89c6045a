"""Simulation: the draws of the uncertain inputs, and what they give against plain Monte Carlo."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import spearmanr

from acquire.assumptions import Assumptions
from acquire.columns import Column
from acquire.evaluation import evaluate
from acquire.simulation import BLOCK, Draws, bounds_of, draws_for, sample
from acquire.vendor import COLUMNS, CRITERIA, RANGED, Vendor
from tests import reference
from tests.samples import STRATEGIC, UNCERTAIN, Row, firm, vendor

Array = NDArray[np.float64]

CORRELATIONS = (("internal_growth", "external_growth", 0.7), ("price", "external_revenue", -0.5))


def drawn(one: Vendor, assumptions: Assumptions) -> dict[str, Array]:
    """Every uncertain input with all its draws."""
    blocks = list(sample(assumptions.complete(one), draws_for(assumptions)))
    names = [n for n, v in blocks[0].items() if isinstance(v, np.ndarray)]
    return {n: np.concatenate([np.atleast_1d(block[n]) for block in blocks]) for n in names}


def test_draws_have_the_percentiles_of_their_range() -> None:
    """The P10, P50 and P90 of every drawn input are low, mid and high."""
    # published: the metalog of a range meets its three percentiles
    found = drawn(vendor(**UNCERTAIN), firm(trials=2**14))
    assert set(found) == set(UNCERTAIN)
    for name, (low, mid, high) in UNCERTAIN.items():
        percentiles = np.quantile(found[name], (0.1, 0.5, 0.9))
        assert percentiles == pytest.approx([low, mid, high], abs=0.002 * (high - low))


def test_every_input_follows_its_whole_distribution() -> None:
    """The ordered draws of an input are its metalog's quantiles at even steps."""
    # oracle: the reference's metalog; the points are one per step of 1/n, so within 1/n
    n = 1024
    for name, values in drawn(vendor(**UNCERTAIN), firm(trials=n)).items():
        bounds = reference.BOUNDS.get(name, (0.0, 1.0))
        steps = [
            reference.metalog(*UNCERTAIN[name], *bounds, y)
            for y in np.clip(np.arange(n + 1) / n, 1e-12, 1 - 1e-12)
        ]
        ordered = np.sort(values)
        assert np.all(ordered >= np.array(steps[:-1]) * (1 - 1e-12) - 1e-12)
        assert np.all(ordered <= np.array(steps[1:]) * (1 + 1e-12) + 1e-12)


def test_columns_are_drawn_independently() -> None:
    """Without correlations no two columns go together."""
    # property; the correlation of independent ranks of 2**13 points is within 4/√2**13 = 0.044
    ranks = Draws(2**13, 1).uniform.argsort(axis=1).argsort(axis=1)
    found = np.corrcoef(ranks)
    np.fill_diagonal(found, 0.0)
    assert found.shape == (len(RANGED), len(RANGED))
    assert float(np.abs(found).max()) < 0.05


def test_correlations_as_asked() -> None:
    """Correlated columns have the rank correlation asked for, and all others none."""
    # oracle: scipy's Spearman rank correlation
    found = drawn(vendor(**UNCERTAIN), firm(trials=2**13, correlations=CORRELATIONS))
    asked = {frozenset(pair[:2]): pair[2] for pair in CORRELATIONS}
    for one, other in itertools.combinations(found, 2):
        rank = spearmanr(found[one], found[other]).statistic
        assert rank == pytest.approx(asked.get(frozenset((one, other)), 0.0), abs=0.05)


def test_correlated_draws_keep_their_own_distribution() -> None:
    """Correlations leave the distribution of each input as it is."""
    found = drawn(vendor(**UNCERTAIN), firm(trials=2**14, correlations=CORRELATIONS))
    for name, (low, mid, high) in UNCERTAIN.items():
        percentiles = np.quantile(found[name], (0.1, 0.5, 0.9))
        assert percentiles == pytest.approx([low, mid, high], abs=0.01 * (high - low))


def test_strongest_correlations_stay_strictly_within() -> None:
    """Even nearly perfect correlations give probabilities strictly between 0 and 1."""
    uniform = Draws(2**12, 1, (("price", "fixed_cost", 0.9999),)).uniform
    assert float(uniform.min()) > 0.0
    assert float(uniform.max()) < 1.0
    assert np.all(np.isfinite(Draws(2**12, 1, (("price", "fixed_cost", 0.9999),)).logits))


@pytest.mark.parametrize("trials", [1, 2, 64, 2**14])
def test_points_are_strictly_between_0_and_1(trials: int) -> None:
    """Every number of trials has that many points, none of them 0 or 1."""
    uniform = Draws(trials, 0).uniform
    assert uniform.shape == (len(RANGED), trials)
    assert float(uniform.min()) > 0.0
    assert float(uniform.max()) < 1.0


def test_points_are_in_the_middle_of_their_cells() -> None:
    """Points lie in the middle of the generator's cells, so none of them can be 0 or 1."""
    # property: scipy's Sobol points are multiples of 2⁻³⁰, their middles odd ones of 2⁻³¹
    assert np.all(Draws(1024, 4).uniform * 2.0**31 % 2.0 == 1.0)


def test_logits_of_the_points() -> None:
    """The logit of a point y is ln(y/(1 − y)), and (y − ½) times that."""
    draws = Draws(64, 3)
    logit, skewed = draws.logits
    y = draws.uniform
    assert logit == pytest.approx(np.log(y / (1 - y)), rel=1e-9, abs=1e-12)
    assert skewed == pytest.approx((y - 0.5) * np.log(y / (1 - y)), rel=1e-9, abs=1e-12)


def test_points_are_even_in_every_direction() -> None:
    """Halves of the points, by any column, hold each half of any other column evenly."""
    # property of a Sobol sequence of 2ᵐ points, scrambled or not: one point per elementary
    # interval of each column; a plain random generator would miss by about √n
    uniform = Draws(256, 7).uniform
    for row in uniform:
        assert np.bincount((row * 256).astype(int), minlength=256).tolist() == [1] * 256


def test_seeds() -> None:
    """The same seed gives the same draws, another one others; 0 is a seed like any other."""
    one, other = vendor(**UNCERTAIN), vendor(**UNCERTAIN)
    by_seed = {s: drawn(one, firm(seed=s)) for s in (0, 1, 2)}
    for a, b in itertools.combinations(by_seed, 2):
        for name in UNCERTAIN:
            assert not np.array_equal(by_seed[a][name], by_seed[b][name])
    again = Draws(256, 0).uniform
    assert np.array_equal(again, draws_for(firm(seed=0)).uniform)
    assert evaluate(one, firm(seed=0)) == evaluate(other, firm(seed=0))
    assert evaluate(one, firm(seed=0)).payoffs != evaluate(one, firm(seed=1)).payoffs


def test_weights_have_a_stream_of_their_own() -> None:
    """Weights of the criteria come from the seed, and not from the points of the inputs."""
    mean = (0.2,) * 5
    assert np.array_equal(Draws(64, 0).weights(mean), Draws(64, 0).weights(mean))
    assert not np.array_equal(Draws(64, 0).weights(mean), Draws(64, 1).weights(mean))
    drawn_weights = Draws(2**13, 0).weights(mean)
    found = [
        abs(float(np.corrcoef(weight, row)[0, 1]))
        for weight in drawn_weights
        for row in Draws(2**13, 0).uniform
    ]
    assert max(found) < 0.06


def test_weights_by_their_moments() -> None:
    """Drawn weights have sum 1 and the mean and variance of a Dirichlet distribution."""
    # published: mean w, variance w(1 − w)/(50 + 1)
    mean = (0.30, 0.25, 0.20, 0.10, 0.15)
    weights = Draws(2**16, 2).weights(mean)
    assert weights.sum(axis=0) == pytest.approx(np.ones(2**16))
    assert weights.mean(axis=1) == pytest.approx(mean, abs=0.001)
    variance = [w * (1 - w) / 51.0 for w in mean]
    assert weights.var(axis=1) == pytest.approx(variance, rel=0.03)


def test_a_zero_weight_stays_zero() -> None:
    """A criterion of weight 0 has weight 0 in every draw."""
    weights = Draws(1024, 1).weights((0.5, 0.0, 0.5, 0.0, 0.0))
    assert not weights[[1, 3, 4]].any()
    assert weights[0] + weights[2] == pytest.approx(np.ones(1024))


@pytest.mark.parametrize("correlations", [(), CORRELATIONS], ids=["independent", "correlated"])
def test_one_cell_moves_no_other_draws(correlations: tuple[Any, ...]) -> None:
    """The draws of a column do not change when another cell becomes a range."""
    settings = firm(correlations=correlations)
    few = drawn(vendor(external_growth=UNCERTAIN["external_growth"]), settings)
    many = drawn(vendor(**UNCERTAIN, exit_cost=(10.0, 20.0, 35.0)), settings)
    assert np.array_equal(few["external_growth"], many["external_growth"])


def test_other_vendors_have_the_same_draws() -> None:
    """Two vendors with the same range in a column have the same draws of it."""
    cell = (1.0, 2.0, 3.0)
    one = drawn(vendor(hiring_cost=cell), firm())
    other = drawn(vendor(vendor_id="x", price=7.0, hiring_cost=cell), firm())
    assert np.array_equal(one["hiring_cost"], other["hiring_cost"])


def test_price_and_assumptions_move_no_draws() -> None:
    """Settings other than trials, seed and correlations leave the draws as they are."""
    one = drawn(vendor(**UNCERTAIN), firm())
    other = drawn(vendor(**UNCERTAIN), firm(discount_rate=0.2, tax_rate=0.1, horizon_years=6))
    assert all(np.array_equal(one[name], other[name]) for name in UNCERTAIN)


def test_points_without_ranges() -> None:
    """A vendor without ranges is one point of plain numbers, with every column of the cases."""
    (point,) = sample(firm().complete(vendor()), draws_for(firm()))
    assert set(point) >= set(RANGED) - set(CRITERIA)
    assert all(type(value) is float for value in point.values())
    assert point["price"] == STRATEGIC["price"]


def test_blocks_join_without_a_gap() -> None:
    """More trials than a block are split into blocks that together are all the draws."""
    settings = firm(trials=4 * BLOCK)
    blocks = list(sample(settings.complete(vendor(**UNCERTAIN)), draws_for(settings)))
    assert [np.size(block["price"]) for block in blocks] == [BLOCK] * 4
    draws = draws_for(settings)
    for name in UNCERTAIN:
        joined = np.concatenate([np.atleast_1d(block[name]) for block in blocks])
        whole = draws.of(name, getattr(vendor(**UNCERTAIN), name))
        assert joined == pytest.approx(whole, rel=1e-14)


def test_bounds_of_a_range() -> None:
    """The bounds of a range are the limits of its column."""
    assert bounds_of(COLUMNS["price"]) == (0.0, None)
    assert bounds_of(COLUMNS["internal_growth"]) == (-0.5, 1.0)
    assert bounds_of(Column(meaning="", lower=2, upper=5)) == (2.0, 5.0)


def test_a_range_collapses_to_its_mid() -> None:
    """The narrower the ranges, the closer all results to those of their mid values."""
    # property: an error of the order of the relative width, for every case and percentile
    mid = {n: c[1] for n, c in UNCERTAIN.items()}
    certain = evaluate(vendor(**mid), firm())
    for width in (1e-3, 1e-5, 1e-7):
        narrow = {n: (c - width * abs(c), c, c + width * abs(c)) for n, c in mid.items()}
        result = evaluate(vendor(**narrow), firm())
        for case, payoff in result.payoffs.defined.items():
            expected = certain.payoffs.defined[case]
            for part in ("mean", "p10", "p50", "p90", "expected_shortfall"):
                gap = abs(getattr(payoff, part) - getattr(expected, part))
                assert gap <= 50_000.0 * width
        assert result.decision.verdict == certain.decision.verdict


# --- against plain Monte Carlo: the model once more in a few lines, vectorised


def plain_draws(cells: Row, n: int, seed: int) -> dict[str, Array]:
    """Independent draws of a log or logit metalog by numpy's generator."""
    rng = np.random.default_rng(seed)
    found = {}
    for name, (low, mid, high) in cells.items():
        lower, upper = reference.BOUNDS.get(name, (0.0, 1.0))
        if upper is None:
            g10, g50, g90 = (math.log(x - lower) for x in (low, mid, high))
        else:
            g10, g50, g90 = (math.log((x - lower) / (upper - x)) for x in (low, mid, high))
        y = rng.random(n)
        logit = np.log(y / (1 - y))
        m = g50 + (g90 - g10) / math.log(81) * logit
        m += (g10 + g90 - 2 * g50) / (0.8 * math.log(9)) * (y - 0.5) * logit
        found[name] = lower + (np.exp(m) if upper is None else (upper - lower) / (1 + np.exp(-m)))
    return found


def plain_payoffs(x: dict[str, Any]) -> dict[str, Array]:
    """Payoffs of a strategic vendor under the default assumptions, sold directly."""
    r, g, tax, years = 0.09, 0.02, 0.25, 10
    found = {}
    for case in ("internal_only", "dual_market", "failure"):
        total = -x["price"] * 1.03
        before = base = np.zeros(1)
        for t in range(1, years + 1):
            sells = case == "dual_market" or (case == "failure" and t <= 3)
            share = {"internal_only": 0.0, "dual_market": 1.0, "failure": 0.5}[case] * sells
            spend = x["internal_spend"] * (1 + x["internal_growth"]) ** t
            ramp = min(1.0, t / 3)
            advantage = x["strategic_value"] * ramp * (1 - x["advantage_decay"]) ** (t - 1)
            lasting = spend * (1 - x["internal_cost_ratio"] + x["specialisation_saving"] * ramp)
            kept = (1 - x["customer_churn"]) * (1 - x["competitor_share"])
            revenue = share * kept * x["external_revenue"] * (1 + x["external_growth"]) ** t
            lasting = lasting + revenue * (1 - x["external_cost_ratio"] - x["bad_debt_rate"])
            inflation = 1.02**t
            lasting = lasting - x["fixed_cost"] * inflation * (1.0 if sells else 0.6)
            lasting = lasting - x["go_to_market_cost"] * inflation * sells
            lasting = lasting - x["integration_cost"] / 2 * (t <= 2)
            owed = revenue * 30 / 365
            if case == "internal_only":
                lasting = lasting - x["exit_cost"] * (t == 1)
            if case == "failure" and t == 3:
                lasting = lasting - x["exit_cost"] - 0.2 * owed
                owed = np.zeros(1)
            total = total + ((lasting + advantage) * (1 - tax) - (owed - before)) / (1 + r) ** t
            before, base = owed, lasting * (1 - tax)
        terminal = np.where(base > 0, (base * (1 + g) - g * before) / (r - g), before)
        found[case] = total + terminal / (1 + r) ** years
    return found


def test_against_plain_monte_carlo() -> None:
    """Means and percentiles are those of a million plain random draws of the model."""
    # oracle: 2**20 independent draws; the error of their mean is 0.001 standard deviations
    n = 2**20
    x = plain_draws(UNCERTAIN, n, seed=11)
    plain = plain_payoffs(STRATEGIC | x)
    p = x["success_probability"]
    heads = np.random.default_rng(12).random(n) < p
    plain["go_external"] = np.where(heads, plain["dual_market"], plain["failure"])
    result = evaluate(vendor(**UNCERTAIN), Assumptions(trials=2**14))
    for case, values in plain.items():
        found = result.payoffs.defined[case]
        expected = values
        if case == "go_external":  # the mean without the noise of the coin
            expected = p * plain["dual_market"] + (1 - p) * plain["failure"]
        deviation = float(values.std())
        assert found.mean == pytest.approx(float(expected.mean()), abs=0.004 * deviation)
        percentiles = np.quantile(values, (0.1, 0.5, 0.9))
        assert [found.p10, found.p50, found.p90] == pytest.approx(
            percentiles.tolist(), abs=0.03 * deviation
        )
        assert found.p_loss == pytest.approx(float(np.mean(values < 0)), abs=0.01)
        worst = np.sort(values)[: n // 20].mean()
        assert found.expected_shortfall == pytest.approx(float(worst), abs=0.03 * deviation)
        spread = float(expected.std()) / math.sqrt(2**14)
        assert found.standard_error == pytest.approx(spread, rel=0.03)
