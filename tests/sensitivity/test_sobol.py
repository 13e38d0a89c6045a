"""Sobol indices against published and exact answers."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from acquire.sensitivity import Index, sobol_indices

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
