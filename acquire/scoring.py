"""Strategic or generic, why, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from acquire.assumptions import Assumptions
from acquire.display import Table, chance, number, percent
from acquire.ranges import Range
from acquire.simulation import Draws
from acquire.ties import TIE, reaches
from acquire.vendor import COLUMNS, CRITERIA, Vendor, mid_values

KRALJIC_SPLIT = 5.0
QUADRANTS = {
    (True, True): "strategic",
    (False, True): "bottleneck",
    (True, False): "leverage",
    (False, False): "routine",
}
"""(high results impact, high supply risk) → quadrant of Kraljic (Harvard Business Review, 1983)."""


@dataclass(frozen=True)
class Classification:
    """What a vendor sells to the firm: strategic or generic.

    Args:
        score: 100·Σ weight·criterion/10 at mid values, 0 to 100.
        strategic: whether score and differentiation reach the firm's thresholds.
        p_strategic: share of draws of weights and criteria in which the vendor is strategic.
        differentiation: mid value, 0 to 10.
        quadrant: of the Kraljic matrix; it informs and does not decide.
        strategic_value_left_out: mid strategic value per year at full ramp that a generic
            vendor's cases leave out; 0 for a strategic one.
        criteria: mid value per criterion, 0 to 10.
        weights: share per criterion, of sum 1.
        threshold, floor: the firm's limits for score and differentiation.
    """

    score: float
    strategic: bool
    p_strategic: float
    differentiation: float
    quadrant: str
    strategic_value_left_out: float
    criteria: Mapping[str, float]
    weights: Mapping[str, float]
    threshold: float
    floor: float

    @property
    def kind(self) -> str:
        """In a word: strategic or generic."""
        return "strategic" if self.strategic else "generic"

    @property
    def why(self) -> Table:
        """Which criteria made it strategic or generic, and how sure that is."""
        rows = [
            (
                name.replace("_", " "),
                number(self.criteria[name]),
                percent(self.weights[name], 0),
                number(self.points(name)),
                COLUMNS[name].meaning,
            )
            for name in CRITERIA
        ]
        rows.append(
            ("score", "", "100 %", number(self.score), f"strategic from {self.threshold:g}")
        )
        view = f"{self.quadrant} (Kraljic; it informs, it does not decide)"
        rows.append(("quadrant", "", "", "", view))
        return Table(
            ("criterion", "0 to 10", "weight", "points", "meaning"),
            rows,
            self.sentence,
            emphasised=frozenset({len(CRITERIA)}),
            text_columns=frozenset({4}),
        )

    @property
    def sentence(self) -> str:
        """The judgement in one sentence with its figures."""
        score = f"score {number(self.score)} (strategic from {self.threshold:g})"
        floor = f"differentiation {number(self.differentiation)} (at least {self.floor:g})"
        sure = self.p_strategic if self.strategic else 1.0 - self.p_strategic
        return (
            f"{self.kind.capitalize()}: {score}, {floor}; it comes out {self.kind} in "
            f"{chance(sure)} of the draws of weights and criteria."
        )

    def points(self, criterion: str) -> float:
        """What a criterion adds to the score, 0 to 100."""
        return 10.0 * self.weights[criterion] * self.criteria[criterion]


def judged(criteria: Mapping[str, float], firm: Assumptions) -> tuple[float, bool]:
    """Score, 0 to 100, and whether that and the differentiation make it strategic.

    Args:
        criteria: value per criterion, 0 to 10.
        firm: gives weights, threshold and floor.
    """
    pairs = zip(firm.criteria_weights.tolist(), CRITERIA, strict=True)
    # summed in this order on every processor, where linear algebra may choose another
    score = 10.0 * sum(weight * criteria[name] for weight, name in pairs)
    strategic = reaches(score, firm.strategic_threshold) and reaches(
        criteria["differentiation"], firm.differentiation_floor
    )
    return score, strategic


def classify(vendor: Vendor, firm: Assumptions, draws: Draws) -> Classification:
    """Classify a vendor without empty cells.

    The confidence is that of stochastic multicriteria acceptability analysis (Lahdelma and
    Salminen 2001): weights from a Dirichlet distribution around the firm's, criteria from their
    ranges. Classification itself takes mid values; so does the strategic value left out, which
    belongs to it.
    """
    mid = mid_values(vendor)
    weights = firm.criteria_weights
    criteria = np.array([mid[name] for name in CRITERIA])
    score, strategic = judged(mid, firm)

    drawn_weights = draws.weights(tuple(weights.tolist()))
    scores = np.zeros(draws.trials)
    differentiation: np.ndarray | float = mid["differentiation"]
    for name, weight in zip(CRITERIA, drawn_weights, strict=True):
        value = getattr(vendor, name)
        if isinstance(value, Range):
            drawn = draws.of(name, value)
            scores += weight * drawn
            if name == "differentiation":
                differentiation = drawn
        else:
            scores += weight * float(value)
    slack = 1.0 - TIE
    came_out = (10.0 * scores >= firm.strategic_threshold * slack) & (
        differentiation >= firm.differentiation_floor * slack
    )

    impact = (mid["differentiation"] + mid["client_impact"]) / 2.0
    risk = (mid["scarcity"] + mid["specificity"]) / 2.0
    return Classification(
        score=score,
        strategic=strategic,
        p_strategic=float(np.count_nonzero(came_out)) / draws.trials,
        differentiation=mid["differentiation"],
        quadrant=QUADRANTS[reaches(impact, KRALJIC_SPLIT), reaches(risk, KRALJIC_SPLIT)],
        strategic_value_left_out=0.0 if strategic else mid["strategic_value"],
        criteria=dict(zip(CRITERIA, criteria.tolist(), strict=True)),
        weights=dict(zip(CRITERIA, weights.tolist(), strict=True)),
        threshold=firm.strategic_threshold,
        floor=firm.differentiation_floor,
    )
