"""Value of information against published and exact answers."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import ndtri
from scipy.stats import qmc

from acquire.sensitivity.information import (
    partial_information,
    perfect_information,
    success_information,
)

Array = NDArray[np.float64]
N = 2**14
HALF = np.full(N, 0.5)


def uniform(dimensions: int) -> Array:
    points: Array = qmc.Sobol(dimensions, rng=np.random.default_rng(3)).random(N).T
    return np.clip(points, 1e-12, 1 - 1e-12)


def two_decisions() -> tuple[Array, Array, Array]:
    """The uncertain inputs p1 ~ N(1, 1) and p2 ~ N(0, 2), and net benefits {0, p1 − p2}."""
    u = uniform(2)
    p1, p2 = 1.0 + ndtri(u[0]), 2.0 * ndtri(u[1])
    return p1, p2, np.array([np.zeros(N), p1 - p2])


def test_perfect_information_of_two_normal_decisions() -> None:
    """EVPI of {0, p1 − p2} is that of a normal of mean 1 and variance 5.

    Exact: E max(0, X) − 1 = √5·φ(1/√5) − Φ(−1/√5) = 0.479811.
    """
    _, _, payoffs = two_decisions()
    assert perfect_information(payoffs, payoffs, HALF) == pytest.approx(0.479811, abs=2e-4)


@pytest.mark.parametrize(("which", "exact"), [(0, 0.083315), (1, 0.395593)])
def test_partial_information_of_two_normal_decisions(which: int, exact: float) -> None:
    """EVPPI of p1 is E max(0, p1) − 1 = 0.083315, of p2 E max(0, 1 − p2) − 1 = 0.395593."""
    *inputs, payoffs = two_decisions()
    worth = partial_information("p", inputs[which], payoffs)
    assert worth.value == pytest.approx(exact, abs=1.5e-3)
    assert abs(worth.value - exact) < 4 * worth.error
    assert worth.error < 0.01


def test_knowing_all_inputs_of_a_group_is_perfect_information() -> None:
    """The EVPPI of both inputs together is the EVPI, payoffs being linear in them."""
    p1, p2, payoffs = two_decisions()
    evpi = perfect_information(payoffs, payoffs, HALF)
    both = partial_information("both", np.array([p1, p2]), payoffs)
    assert both.value == pytest.approx(evpi, rel=1e-6)


def test_an_irrelevant_input_is_worth_nothing() -> None:
    """Knowing what moves no payoff is worth 0 within its error."""
    _, _, payoffs = two_decisions()
    worth = partial_information("other", uniform(3)[2], payoffs)
    assert worth.value <= 2 * worth.error + 1e-9
    assert worth.value < 2e-3


def test_oil_wildcatter() -> None:
    """Raiffa's wildcatter: EV 140, EVPI of the oil 155 and of the cost 10 (thousands).

    Cost 150/300/500 with .2/.6/.2, oil worth 0/700/1200 with .5/.3/.2; drill or do nothing.
    EV = .3·700 + .2·1200 − (.2·150 + .6·300 + .2·500) = 450 − 310 = 140; knowing the oil:
    .3·(700 − 310) + .2·(1200 − 310) − 140 = 155; knowing the cost: .2·300 + .6·150 − 140 = 10.
    """
    u = uniform(2)
    cost = np.select([u[0] < 0.2, u[0] < 0.8], [150.0, 300.0], 500.0)
    oil = np.select([u[1] < 0.5, u[1] < 0.8], [0.0, 700.0], 1200.0)
    payoffs = np.array([np.zeros(N), oil - cost])
    assert payoffs[1].mean() == pytest.approx(140, abs=0.5)
    assert partial_information("oil", oil, payoffs).value == pytest.approx(155, abs=1.0)
    assert partial_information("cost", cost, payoffs).value == pytest.approx(10, abs=1.0)


def test_knowing_success_alone() -> None:
    """Knowing a coin's fall is worth what the better decision in either state gains.

    {0, +3 or −1 at ½}: EV 1; knowing it ½·3 + ½·0 = 1.5, so 0.5.
    """
    won = np.array([np.zeros(N), np.full(N, 3.0)])
    lost = np.array([np.zeros(N), np.full(N, -1.0)])
    assert success_information(won, lost, HALF) == pytest.approx(0.5, abs=1e-12)
    assert perfect_information(won, lost, HALF) == pytest.approx(0.5, abs=1e-12)


@pytest.mark.parametrize("probability", [0.0, 1.0])
def test_a_certain_outcome_is_worth_nothing_to_know(probability: float) -> None:
    """With success impossible or certain, knowing it changes nothing."""
    won = np.array([np.zeros(N), np.full(N, 3.0)])
    lost = np.array([np.zeros(N), np.full(N, -1.0)])
    assert success_information(won, lost, np.full(N, probability)) == 0.0
