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


def test_success_that_goes_with_the_payoff() -> None:
    """The mean given success weighs each draw by its probability.

    Two draws with p = 0.9 and 0.1, worth 10 and 0 if it succeeds, −3 if it fails, against 0: doing
    it now is worth (0.9·10 − 0.1·3 + 0 − 0.9·3)/2 = 3; knowing success (9 + 0)/2 = 4.5: 1.5 more.
    """
    won = np.array([[0.0, 0.0], [10.0, 0.0]])
    lost = np.array([[0.0, 0.0], [-3.0, -3.0]])
    assert success_information(won, lost, np.array([0.9, 0.1])) == pytest.approx(1.5, abs=1e-12)


def test_information_is_capped_by_perfect_information() -> None:
    """Neither estimate exceeds what the caller knows to be the most."""
    _, p2, payoffs = two_decisions()
    worth = partial_information("p2", p2, payoffs, most=0.2)
    assert (worth.value, worth.by_bins) == (0.2, 0.2)


def test_what_does_not_vary_is_worth_nothing() -> None:
    """An input with the same value in every draw tells nothing, alone or in a group."""
    p1, _, payoffs = two_decisions()
    constant = np.full(N, 7.0)
    alone = partial_information("constant", constant, payoffs)
    assert alone.value == pytest.approx(0.0, abs=1e-9)
    group = partial_information("group", np.array([p1, constant]), payoffs)
    assert group.value == pytest.approx(partial_information("p1", p1, payoffs).value, rel=1e-9)


@pytest.mark.parametrize(
    ("power", "exact"), [(2, 2.0 * np.exp(-0.5) / np.sqrt(2.0 * np.pi)), (3, np.sqrt(2.0 / np.pi))]
)
def test_a_bent_payoff_of_a_normal_input(power: int, exact: float) -> None:
    """Exact: E max(0, z² − 1) = 2·φ(1) and E max(0, z³) = √(2/π); either has a mean of 0."""
    z = ndtri(uniform(1)[0])
    payoff = z**2 - 1.0 if power == 2 else z**3
    worth = partial_information("z", z, np.array([np.zeros(N), payoff]))
    assert worth.value == pytest.approx(exact, rel=5e-3)


def test_what_two_inputs_do_together() -> None:
    """Neither factor of a product of two normals is worth anything alone; both are E|z₁z₂|/2.

    E|z₁z₂| = (E|z|)² = 2/π. A group has no estimate by bins of its own.
    """
    z = ndtri(uniform(2))
    payoffs = np.array([np.zeros(N), z[0] * z[1]])
    assert partial_information("one", z[0], payoffs).value < 0.02
    both = partial_information("both", z, payoffs)
    assert both.value == pytest.approx(1.0 / np.pi, rel=5e-3)
    assert both.by_bins == both.value


def test_the_error_takes_in_the_distance_to_the_bins() -> None:
    """Where regression cannot follow a payoff, the error is no less than bins say it is off."""
    z = ndtri(uniform(1)[0])
    worth = partial_information("z", z, np.array([np.zeros(N), np.sign(np.sin(6.0 * z))]))
    assert abs(worth.value - worth.by_bins) > 0.1
    assert worth.error >= abs(worth.value - worth.by_bins)


def test_few_draws_are_not_split() -> None:
    """With 64 draws of payoffs {0, z} the error is that of the mean of max(0, z), as if drawn."""
    z = ndtri((np.arange(64) + 0.5) / 64)
    worth = partial_information("z", z, np.array([np.zeros(64), z]))
    sampled = np.std(np.maximum(z, 0.0), ddof=1) / 8.0
    assert worth.error == pytest.approx(np.hypot(sampled, worth.value - worth.by_bins), rel=1e-6)


@pytest.mark.parametrize("sobol", [False, True], ids=["random", "sobol"])
def test_the_stated_error_is_that_of_the_scatter(sobol: bool) -> None:
    """Over 60 samples estimates scatter by what each states: independent draws, or Sobol points.

    Sobol points do better than independent ones of their number, which the error knows, though
    not all of it: it comes from parts of the sample.
    """
    n, runs = 2**11, 60
    values, errors, independent = [], [], []
    for seed in range(runs):
        rng = np.random.default_rng(seed)
        u = qmc.Sobol(2, rng=rng).random(n).T if sobol else rng.random((2, n))
        z = ndtri(np.clip(u, 1e-12, 1 - 1e-12))
        worth = partial_information("both", z, np.array([np.zeros(n), z[0] - z[1]]))
        values.append(worth.value)
        errors.append(worth.error)
        independent.append(np.std(np.maximum(z[0] - z[1], 0.0)) / np.sqrt(n))
    scatter, stated = np.std(values, ddof=1), np.mean(errors)
    if sobol:
        assert scatter < stated < 0.5 * np.mean(independent)
    else:
        assert 0.7 * scatter < stated < 1.4 * scatter
