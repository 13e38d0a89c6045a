"""Scoring: strategic or generic, why, and how sure that is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from acquire.scoring import Classification, classify
from acquire.simulation import draws_for
from acquire.vendor import CRITERIA
from tests.samples import firm, vendor


def classified(criteria: tuple[Any, ...], **settings: Any) -> Classification:
    """The classification of a vendor with these criteria, in the order of the table."""
    assumptions = firm(**settings)
    cells = dict(zip(CRITERIA, criteria, strict=True))
    return classify(assumptions.complete(vendor(**cells)), assumptions, draws_for(assumptions))


def test_score_by_hand() -> None:
    """The score is 100 times the weighted mean of the criteria over 10."""
    # hand: 10·(0.30·9 + 0.25·7 + 0.20·5 + 0.10·3 + 0.15·1) = 27 + 17.5 + 10 + 3 + 1.5
    found = classified((9.0, 7.0, 5.0, 3.0, 1.0))
    assert found.score == pytest.approx(59.0)
    points = [found.points(name) for name in CRITERIA]
    assert points == pytest.approx([27.0, 17.5, 10.0, 3.0, 1.5])
    assert (found.strategic, found.kind, found.differentiation) == (False, "generic", 9.0)
    assert found.criteria == dict(zip(CRITERIA, (9.0, 7.0, 5.0, 3.0, 1.0), strict=True))


def test_weights_are_normalised() -> None:
    """Weights of another sum count by their shares."""
    # hand: weights 3, 0.25, 0.2, 0.1, 0.15 of sum 3.7; 10·(3·8 + 0.7·2)/3.7
    found = classified((8.0, 2.0, 2.0, 2.0, 2.0), weights={"differentiation": 3})
    assert found.score == pytest.approx(10 * 25.4 / 3.7)
    assert sum(found.weights.values()) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("criteria", "strategic"),
    [
        ((6.0, 6.0, 6.0, 6.0, 6.0), True),
        ((6.0, 6.0, 6.0, 6.0, 5.99), False),
        ((4.0, 7.0, 7.0, 7.0, 7.0), True),  # score 61 at the floor
        ((3.99, 9.0, 9.0, 9.0, 9.0), False),  # score 75, below the floor
        ((4.0 * (1 - 0.9e-9), 7.0, 7.0, 7.0, 7.0), True),
        ((4.0 * (1 - 1.1e-9), 7.0, 7.0, 7.0, 7.0), False),
    ],
)
def test_both_limits_have_to_be_reached(criteria: tuple[float, ...], strategic: bool) -> None:
    """A vendor is strategic from the threshold on, if it reaches the floor of differentiation."""
    assert classified(criteria).strategic is strategic


def test_a_score_at_the_threshold_counts_despite_rounding() -> None:
    """A score that is 60 but for rounding is strategic."""
    # a score of exactly 60 in real numbers that floating-point numbers miss from below:
    # weights in fifths of unequal size, criteria mirrored around 6
    found = []
    rng = np.random.default_rng(0)
    for _ in range(200):
        a, b = rng.integers(1, 40, 2) / 10.0
        criteria = (6.0 + a / 3.0, 6.0, 6.0 - a / 2.0, 6.0 - b / 1.0, 6.0 + b / 1.5)
        found.append(classified(criteria, trials=1))  # 0.3·a/3 = 0.2·a/2, 0.1·b = 0.15·b/1.5
    assert any(kind.score < 60.0 for kind in found)
    assert all(kind.score == pytest.approx(60.0, rel=1e-12) for kind in found)
    assert all(kind.strategic for kind in found)


def test_limits_are_the_firms() -> None:
    """Threshold and floor are those of the firm's assumptions."""
    seven = (7.0, 7.0, 7.0, 7.0, 7.0)
    assert not classified(seven, strategic_threshold=71).strategic
    assert not classified(seven, differentiation_floor=7.5).strategic
    found = classified(seven, strategic_threshold=70, differentiation_floor=7)
    assert found.strategic
    assert (found.threshold, found.floor) == (70.0, 7.0)


def test_a_range_counts_with_its_mid() -> None:
    """A criterion that is a range is classified at its mid value."""
    sure = classified((6.0, 6.0, 6.0, 6.0, 6.0))
    unsure = classified(((4.0, 6.0, 7.0), 6.0, 6.0, 6.0, 6.0))
    assert unsure.score == sure.score
    assert unsure.strategic
    assert unsure.differentiation == 6.0


@pytest.mark.parametrize(
    ("criteria", "quadrant"),
    [
        ((5.0, 5.0, 5.0, 5.0, 0.0), "strategic"),
        ((0.0, 10.0, 10.0, 0.0, 0.0), "strategic"),
        ((4.9, 5.0, 5.0, 5.0, 0.0), "bottleneck"),
        ((5.0, 5.0, 5.0, 4.9, 0.0), "leverage"),
        ((4.9, 5.0, 4.9, 5.0, 10.0), "routine"),
        ((4.7, 5.3, 5.1, 4.9, 0.0), "strategic"),  # means of 5 but for rounding
    ],
)
def test_quadrants(criteria: tuple[float, ...], quadrant: str) -> None:
    """The Kraljic quadrant splits both means at 5, which counts as high."""
    # source: Kraljic 1983; impact = first two criteria, risk = third and fourth
    assert classified(criteria).quadrant == quadrant


def test_strategic_value_left_out() -> None:
    """A generic vendor says how much strategic value a year is left out, at mid."""
    settings = firm()
    for cell, expected in ((40.0, 40.0), ((10.0, 40.0, 90.0), 40.0)):
        for level, left_out in ((3.0, expected), (8.0, 0.0)):
            row = vendor(strategic_value=cell, **dict.fromkeys(CRITERIA, level))
            found = classify(settings.complete(row), settings, draws_for(settings))
            assert found.strategic_value_left_out == left_out


def simulated(
    criteria: np.ndarray, weights: np.ndarray, threshold: float = 60.0, floor: float = 4.0
) -> float:
    """The share of strategic ones among draws of criteria and weights, shape (5, n)."""
    scores = 10.0 * (criteria * weights).sum(axis=0)
    return float(np.mean((scores >= threshold) & (criteria[0] >= floor)))


@pytest.mark.parametrize("weights", [{}, {"knowledge": 0.0}, {"client_impact": 0.5}], ids=str)
def test_confidence_over_weights(weights: dict[str, float]) -> None:
    """Confidence is the share of Dirichlet weights under which the vendor is strategic."""
    # oracle: numpy's Dirichlet distribution with concentration 50·w (error 0.001)
    criteria = (7.0, 5.0, 6.5, 4.0, 7.5)
    found = classified(criteria, weights=weights, trials=2**15)
    mean = np.array([found.weights[name] for name in CRITERIA])
    rng = np.random.default_rng(3)
    positive = mean > 0
    drawn = np.zeros((5, 2**18))
    drawn[positive] = rng.dirichlet(50.0 * mean[positive], 2**18).T
    expected = simulated(np.array(criteria)[:, None], drawn)
    assert 0.05 < expected < 0.95
    assert found.p_strategic == pytest.approx(expected, abs=0.01)


def test_confidence_over_criteria() -> None:
    """Confidence is over the ranges of the criteria too, the floor included."""
    # 1..5..9 between 0 and 10 has g = ∓ln 9, 0: uniform from 0 to 10. Criteria 2 and 3 as well
    uniform = (1.0, 5.0, 9.0)
    found = classified((uniform, uniform, uniform, 9.0, 9.0), trials=2**15)
    rng = np.random.default_rng(4)
    weights = rng.dirichlet(50.0 * np.array([0.30, 0.25, 0.20, 0.10, 0.15]), 2**18).T
    criteria = np.concatenate([rng.uniform(0.0, 10.0, (3, 2**18)), np.full((2, 2**18), 9.0)])
    expected = simulated(criteria, weights)
    without_floor = simulated(criteria, weights, floor=0.0)
    assert abs(expected - without_floor) > 0.02
    assert found.p_strategic == pytest.approx(expected, abs=0.01)


def test_confidence_of_the_floor_alone() -> None:
    """Where only the floor is in question, confidence is the chance of reaching it."""
    # hand: differentiation uniform from 0 to 10 reaches 4 with 0.6; the score always reaches 0
    found = classified(((1.0, 5.0, 9.0), 9.0, 9.0, 9.0, 9.0), strategic_threshold=0, trials=2**14)
    assert found.p_strategic == pytest.approx(0.6, abs=0.001)


def test_certain_confidence() -> None:
    """What is strategic under every weight is so with certainty, ties included."""
    assert classified((6.0,) * 5).p_strategic == 1.0
    assert classified((5.9,) * 5).p_strategic == 0.0
    assert classified((4.0, 9.0, 9.0, 9.0, 9.0), weights={"differentiation": 0}).p_strategic == 1.0


def test_correlated_criteria() -> None:
    """Correlations between criteria count in the confidence."""
    # uniform criteria with all the weight on two of them: the sum of two equal ones is as
    # uncertain as one (P(both mean ≥ 8) = 0.2), that of opposite ones is certain
    uniform = (1.0, 5.0, 9.0)
    settings: dict[str, Any] = {
        "weights": dict.fromkeys(CRITERIA, 0) | {"client_impact": 1, "scarcity": 1},
        "strategic_threshold": 80,
        "trials": 2**14,
    }
    criteria = (9.0, uniform, uniform, 0.0, 0.0)
    shares = [
        classified(
            criteria, **settings, correlations=[("client_impact", "scarcity", rank)]
        ).p_strategic
        for rank in (0.99, -0.99)
    ]
    assert shares[0] == pytest.approx(0.2, abs=0.02)
    assert shares[1] == pytest.approx(0.0, abs=0.001)


def test_words() -> None:
    """The sentence and the table say kind, score, limits and confidence."""
    found = classified((9.0, 7.0, 5.0, 3.0, 1.0), trials=1024)
    assert found.sentence.startswith(
        "Generic: score 59.0 (strategic from 60), differentiation 9.0 (at least 4); it comes out "
        "generic in "
    )
    rows = list(found.why.rows)
    assert rows[0][:4] == ("differentiation", "9.0", "30 %", "27.0")
    assert rows[5][3:] == ("59.0", "strategic from 60")
    sure = classified((9.0,) * 5)
    assert "strategic in 100 % of the draws" in sure.sentence
