"""Sobol indices against published and exact answers."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

import acquire as aq
from acquire.ledger import through_cases
from acquire.ranges import metalog
from acquire.sensitivity import Index, sobol_indices
from acquire.sensitivity.sobol import indices
from acquire.simulation import bounds_of, draws_for
from acquire.streams import Timeline
from acquire.vendor import COLUMNS, mid_values, ranges_of, replaced
from tests.samples import GENERIC, firm, vendor

Array = NDArray[np.float64]


def ishigami(x: Array) -> Array:
    value: Array = np.sin(x[0]) + 7 * np.sin(x[1]) ** 2 + 0.1 * x[2] ** 4 * np.sin(x[0])
    return value


def test_indices_of_the_ishigami_function() -> None:
    """S1 = .313905, .442411, 0 and ST = .557589, .442411, .243684 (Ishigami and Homma 1990)."""
    first, total, first_error, total_error = sobol_indices(
        ishigami, lambda u: np.pi * (2 * u - 1), 3, 2**14, 1
    )
    np.testing.assert_allclose(first, [0.313905, 0.442411, 0], atol=2e-3)
    np.testing.assert_allclose(total, [0.557589, 0.442411, 0.243684], atol=2e-3)
    assert (np.abs(first - [0.313905, 0.442411, 0]) < 3 * first_error).all()
    assert (np.abs(total - [0.557589, 0.442411, 0.243684]) < 3 * total_error).all()


def test_indices_of_the_g_function() -> None:
    """S1 and ST of Sobol's g-function with a = (0, 1, 4.5, 9, 99, …) (Saltelli et al. 2010)."""
    a = np.array([0, 1, 4.5, 9, 99, 99, 99, 99])[:, np.newaxis]

    def g(x: Array) -> Array:
        value: Array = np.prod((np.abs(4 * x - 2) + a) / (1 + a), axis=0)
        return value

    first, total, *_ = sobol_indices(g, lambda u: u, 8, 2**14, 1)
    np.testing.assert_allclose(first[:4], [0.71619, 0.17905, 0.02368, 0.00716], atol=2e-3)
    np.testing.assert_allclose(total[:4], [0.78714, 0.24220, 0.03432, 0.01046], atol=2e-3)


def test_indices_of_an_additive_model_sum_to_one() -> None:
    """Without interactions both indices are the shares of variance: 1, 4 and 9 of 14."""
    weights = np.array([1.0, 2.0, 3.0])
    first, total, *_ = sobol_indices(lambda x: weights @ x, lambda u: u, 3, 2**14, 5)
    np.testing.assert_allclose(first, weights**2 / 14, atol=2e-3)
    np.testing.assert_allclose(total, weights**2 / 14, atol=2e-3)
    assert first.sum() == pytest.approx(1.0, abs=3e-3)


def test_a_constant_has_no_indices() -> None:
    """A result that nothing moves is explained by nothing, and divides by no zero."""
    assert (sobol_indices(lambda x: 0 * x[0] + 3.0, lambda u: u, 2, 64, 1) == 0).all()


def test_the_interval_is_that_of_a_normal_error() -> None:
    """95 % of a normal distribution lie within 1.96 standard errors."""
    index = Index("x", 0.4, 0.5, 0.01, 0.02)
    assert index.first_interval == pytest.approx((0.4 - 0.0196, 0.4 + 0.0196), abs=1e-6)
    assert index.total_interval == pytest.approx((0.5 - 0.0392, 0.5 + 0.0392), abs=1e-6)


def test_the_error_is_no_smaller_than_the_scatter_over_seeds() -> None:
    """Estimates of 40 seeds scatter by no more than the error that each of them states."""
    found = np.array(
        [sobol_indices(ishigami, lambda u: np.pi * (2 * u - 1), 3, 2**10, s) for s in range(40)]
    )
    scatter = found[:, :2].std(axis=0, ddof=1)
    stated = found[:, 2:].mean(axis=0)
    assert (scatter < 1.3 * stated + 1e-4).all()


@pytest.mark.parametrize("weights", [(1.0, 2.0, 2.0), (3.0, 1.0, 0.0)])
def test_the_error_of_a_model_that_points_sample_no_better_than_chance(
    weights: tuple[float, float, float],
) -> None:
    """Where a model is as rough as noise, errors are neither too small nor too large.

    Two signs that change a million times over the unit interval, and their product: the variance
    is the sum of squared weights. Indices of 100 samples scatter by what each sample states.
    """
    a, b, c = weights

    def noise(x: Array) -> Array:
        one, other = np.sign(np.sin(1e6 * x[0])), np.sign(np.sin(2.3e6 * x[1]))
        value: Array = a * one + b * other + c * one * other
        return value

    found = np.array([sobol_indices(noise, lambda u: u, 2, 2**10, s) for s in range(100)])
    first, total = np.array([[a**2, b**2], [a**2 + c**2, b**2 + c**2]]) / (a**2 + b**2 + c**2)
    np.testing.assert_allclose(found[:, 0].mean(axis=0), first, atol=0.02)
    np.testing.assert_allclose(found[:, 1].mean(axis=0), total, atol=0.02)
    scatter, stated = found[:, :2].std(axis=0, ddof=1), found[:, 2:].mean(axis=0)
    assert (stated > 0.75 * scatter).all()
    assert (stated < 1.35 * scatter).all()


TWO = {"success_probability": (0.05, 0.2, 0.7), "external_revenue": (250.0, 400.0, 700.0)}


def test_indices_of_a_payoff_by_its_moments() -> None:
    """A payoff p·D(r) + (1 − p)·F(r), D and F linear: first and total index from moments alone.

    With D = a + b·r, F = c + d·r and independent p and r, its part that r moves alone is
    (p̄·b + (1 − p̄)·d)·r, that p moves alone (D(r̄) − F(r̄))·p, and the rest (b − d)·(p − p̄)·(r − r̄).
    """
    used = firm(trials=2**14)
    rows = vendor(GENERIC, **TWO, strategic_value=(10.0, 40.0, 90.0))
    ranges = ranges_of(rows)
    p, r = (draws_for(used).of(name, ranges[name]) for name in TWO)
    plain = vendor(GENERIC)
    at = {
        v: aq.evaluate(replaced(plain, external_revenue=v), used).payoffs.defined
        for v in (300.0, 500.0)
    }

    def line(case: str) -> tuple[float, float]:
        low, high = at[300.0][case].mean, at[500.0][case].mean
        slope = (high - low) / 200.0
        return low + slope * (float(r.mean()) - 300.0), slope

    (won, b), (lost, d) = line("dual_market"), line("failure")
    by_r = (p.mean() * b + (1.0 - p.mean()) * d) ** 2 * r.var()
    by_p, both = (won - lost) ** 2 * p.var(), (b - d) ** 2 * p.var() * r.var()
    variance = by_r + by_p + both
    found = indices(used.complete(rows), used, ranges, "go_external", strategic=False)
    values = {index.input: index for index in found}
    for name, alone in (("external_revenue", by_r), ("success_probability", by_p)):
        assert values[name].first == pytest.approx(alone / variance, abs=4e-3)
        assert values[name].total == pytest.approx((alone + both) / variance, abs=4e-3)
    assert both > 0.02 * variance
    assert values["strategic_value"].total == 0.0  # a generic vendor's does not count
    assert [index.input for index in found] == sorted(values, key=lambda n: -values[n].total)


def test_the_largest_total_comes_first() -> None:
    """Indices come in the order of the total one, where the first-order one has another order."""
    row = GENERIC | {"strategic_value": 0.0, "success_probability": (0.02, 0.06, 0.3)}
    row |= {"external_revenue": (250.0, 400.0, 700.0), "external_cost_ratio": (0.2, 0.45, 0.7)}
    row |= {"internal_spend": (470.0, 500.0, 530.0), "customer_churn": (0.02, 0.1, 0.5)}
    used = firm(trials=4096)
    rows = used.complete(vendor(row))
    found = indices(rows, used, ranges_of(rows), "go_external", strategic=False)
    totals = [index.total for index in found]
    assert totals == sorted(totals, reverse=True)
    firsts = [index.first for index in found]
    assert firsts != sorted(firsts, reverse=True)


GROWING = {
    "external_growth": (-0.02, 0.04, 0.12),
    "external_revenue": (250.0, 400.0, 700.0),
    "internal_growth": (-0.05, 0.0, 0.06),
}


@pytest.mark.parametrize("strategy", ["go_external", "internal_only"])
def test_what_is_kept_between_the_inputs_is_as_if_built_anew(strategy: str) -> None:
    """The same indices as of a model that goes through the cases from scratch each time."""
    rows, used = vendor(GENERIC | GROWING), firm(trials=1024)
    ranges, given = ranges_of(rows), used.complete(rows)

    def model(x: Array) -> Array:
        point = mid_values(given) | dict(zip(ranges, x, strict=True))
        ledger = through_cases([point], given, Timeline(used), strategic=False)
        if strategy == "internal_only":
            return ledger.payoff("internal_only")
        p = ledger.success
        value: Array = p * ledger.payoff("dual_market") + (1.0 - p) * ledger.payoff("failure")
        return value

    def draw(uniform: Array) -> Array:
        logit = np.log(uniform) - np.log1p(-uniform)
        metalogs = [metalog(r, *bounds_of(COLUMNS[name])) for name, r in ranges.items()]
        drawn = zip(metalogs, logit, (uniform - 0.5) * logit, strict=True)
        return np.array([m.quantile(row, skewed) for m, row, skewed in drawn])

    first, total, *_ = sobol_indices(model, draw, len(ranges), used.trials, used.seed)
    found = {i.input: i for i in indices(given, used, ranges, strategy, strategic=False)}
    for name, alone, with_all in zip(ranges, first, total, strict=True):
        assert found[name].first == pytest.approx(alone, abs=1e-9)
        assert found[name].total == pytest.approx(with_all, abs=1e-9)
