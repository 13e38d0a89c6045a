"""Tables of several vendors, one vendor a row."""

from __future__ import annotations

from collections.abc import Sequence

from acquire.conditions import CONDITION_TITLES
from acquire.decision import VERDICTS
from acquire.display import MoneyScale, Table, chance, number
from acquire.evaluation import Evaluation, by_value
from acquire.scoring import Classification


def ranking(evaluations: Sequence[Evaluation]) -> Table:
    """All vendors, the highest value first; those without a permitted strategy last."""
    rows = []
    scale = MoneyScale.of(min(e.price for e in evaluations), evaluations[0].firm.currency)
    for e in by_value(evaluations):
        payoff = e.payoffs[e.decision.strategy or "go_external"]
        assert payoff is not None
        rows.append(
            (
                e.inputs.name,
                e.inputs.vendor_id,
                VERDICTS[e.decision.verdict],
                e.classification.kind,
                scale.show(e.price),
                scale.show(e.decision.value),
                scale.show(payoff.p10),
                scale.show(payoff.p90),
                chance(payoff.p_loss),
                scale.show(e.decision.walk_away_price),
                ", ".join(flag.replace("_", " ") for flag in e.decision.flags) or "–",
            )
        )
    return Table(
        (
            "vendor",
            "vendor_id",
            "verdict",
            "type",
            "price",
            "value",
            "P10",
            "P90",
            "P(loss)",
            "walk-away price",
            "flags",
        ),
        rows,
        f"Vendors by the value of their best permitted strategy, {scale.unit}",
        text_columns=frozenset({1, 2, 3, 10}),
    )


def condition_overview(evaluations: Sequence[Evaluation]) -> Table:
    """Which condition holds for which vendor."""
    return Table(
        ("vendor", *CONDITION_TITLES.values()),
        [
            (e.inputs.name, *(condition.status.words for condition in e.conditions.values()))
            for e in evaluations
        ],
        "The four conditions of selling outside",
        text_columns=frozenset(range(1, 5)),
    )


def classifications(judged: Sequence[tuple[str, Classification]]) -> Table:
    """Score, type, confidence and quadrant of vendors, given their names."""
    return Table(
        ("vendor", "type", "score", "differentiation", "P(strategic)", "Kraljic quadrant"),
        [
            (
                name,
                kind.kind,
                number(kind.score),
                number(kind.differentiation),
                chance(kind.p_strategic),
                kind.quadrant,
            )
            for name, kind in judged
        ],
        "Strategic or generic",
        text_columns=frozenset({1, 5}),
    )
