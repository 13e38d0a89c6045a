"""The shape of a payoff's distribution, against counting."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from acquire.distribution import BINS, distribute, distribute_mixture
from acquire.evaluation import distribution, evaluate, evaluate_with_draws
from tests.samples import GENERIC, STRATEGIC, UNCERTAIN, firm, vendor


def test_shares_are_counts() -> None:
    """Each interval's share is the share of values that a comparison finds in it."""
    rng = np.random.default_rng(1)
    values = rng.lognormal(0.0, 1.0, 5000) - 1.0
    found = distribute(values)
    for i, share in enumerate(found.success):
        low = found.low + i * found.width
        inside = (values >= low) & (values < low + found.width)
        assert share == pytest.approx(inside.mean(), abs=2.5 / values.size)
    assert found.below == pytest.approx((values < found.low).mean())
    assert found.above == pytest.approx((values > found.high).mean())
    assert found.below == pytest.approx(0.005, abs=1e-3)


@given(st.lists(st.floats(-1e12, 1e12), min_size=1, max_size=50), st.floats(0.0, 1.0))
def test_shares_add_up(values: list[float], p: float) -> None:
    """All shares together are 1, whatever the values, and those of success are its chance."""
    dual = np.array(values)
    found = distribute_mixture(dual, dual - 1e6, np.full(dual.size, p))
    inside = sum(found.success) + sum(found.failure)
    assert inside + found.below + found.above == pytest.approx(1.0)
    assert sum(found.success) <= p + 1e-9


def test_a_certain_value_is_one_interval() -> None:
    """Equal values make one interval with all of them."""
    found = distribute(np.full(8, 3.0))
    assert (found.low, found.high, found.success, found.below, found.above) == (3, 3, (1.0,), 0, 0)


@pytest.mark.parametrize("row", [STRATEGIC | UNCERTAIN, GENERIC, GENERIC | UNCERTAIN])
def test_of_an_evaluation(row: dict[str, object]) -> None:
    """The mean of the distribution is the payoff's, as far as intervals can tell; draws or not."""
    evaluation, ledger = evaluate_with_draws(vendor(row), firm(trials=4096))
    found = distribution(evaluation, ledger)
    assert found == distribution(evaluation)
    assert evaluation == evaluate(vendor(row), firm(trials=4096))
    payoff = evaluation.payoffs.defined[evaluation.decision.strategy or "go_external"]
    failure = found.failure or (0.0,) * len(found.success)
    shares = [a + b for a, b in zip(found.success, failure, strict=True)]
    mean = sum(s * m for s, m in zip(shares, found.middles, strict=True)) / sum(shares)
    assert mean == pytest.approx(payoff.mean, abs=0.03 * (found.high - found.low or 1.0))
    assert len(shares) in (1, BINS)
    if found.failure:
        p = evaluation.success_probability
        assert sum(found.success) == pytest.approx(p, abs=0.011)
