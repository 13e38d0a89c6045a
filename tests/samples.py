"""Vendors and helpers for the tests of the model."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from acquire.assumptions import Assumptions
from acquire.conditions import Condition, Conditions, Status
from acquire.decision import Means
from acquire.evaluation import Evaluation
from acquire.ranges import Range
from acquire.scoring import Classification
from acquire.simulation import draws_for, sample
from acquire.vendor import CRITERIA, RANGED, Vendor
from tests import reference

Row = dict[str, Any]

MONEY = (
    "price",
    "integration_cost",
    "internal_spend",
    "strategic_value",
    "fixed_cost",
    "external_revenue",
    "go_to_market_cost",
    "exit_cost",
    "hiring_cost",
)
"""Columns that hold money or money per something."""

STRATEGIC: Row = {
    "vendor_id": "strategic-one",
    "name": "Strategic One",
    **dict.fromkeys(CRITERIA, 8.0),
    "price": 1000.0,
    "integration_cost": 60.0,
    "internal_spend": 500.0,
    "internal_growth": 0.03,
    "internal_cost_ratio": 0.5,
    "specialisation_saving": 0.05,
    "strategic_value": 40.0,
    "advantage_decay": 0.1,
    "fixed_cost": 90.0,
    "external_revenue": 400.0,
    "external_growth": 0.04,
    "external_cost_ratio": 0.45,
    "competitor_share": 0.2,
    "customer_churn": 0.1,
    "go_to_market_cost": 25.0,
    "bad_debt_rate": 0.02,
    "success_probability": 0.4,
    "exit_cost": 30.0,
    "client_satisfaction": 85.0,
    "competence": 8.0,
    "approved_by": "A. Chair",
    "skills_headcount": 10.0,
    "hiring_cost": 20.0,
}
"""A strategic vendor that meets every condition: every term of the model is at work."""

GENERIC: Row = STRATEGIC | {
    "vendor_id": "generic-one",
    "name": "Generic One",
    **dict.fromkeys(CRITERIA, 3.0),
}

UNCERTAIN: Row = {
    "price": (800.0, 1000.0, 1300.0),
    "internal_spend": (420.0, 500.0, 610.0),
    "internal_growth": (-0.02, 0.03, 0.09),
    "internal_cost_ratio": (0.4, 0.5, 0.62),
    "strategic_value": (10.0, 40.0, 90.0),
    "external_revenue": (250.0, 400.0, 700.0),
    "external_growth": (-0.05, 0.04, 0.1),
    "external_cost_ratio": (0.35, 0.45, 0.6),
    "go_to_market_cost": (15.0, 25.0, 50.0),
    "success_probability": (0.2, 0.4, 0.65),
}
"""Cells that make a vendor of this module uncertain where it matters."""


def seeded(seed: int) -> random.Random:
    """A generator of random test cases."""
    return random.Random(seed)


def vendor(row: Row = STRATEGIC, **changes: Any) -> Vendor:
    """A vendor of the package from a row whose ranges are tuples."""
    cells = row | changes
    return Vendor(**{n: Range(*c) if isinstance(c, tuple) else c for n, c in cells.items()})


def firm(**settings: Any) -> Assumptions:
    """The firm's assumptions with few trials, unless said otherwise."""
    return Assumptions(**({"trials": 256} | settings))


def points(inputs: Vendor, assumptions: Assumptions) -> list[Row]:
    """The package's own draws of a vendor without empty cells, one row per draw."""
    rows: list[Row] = []
    for block in sample(inputs, draws_for(assumptions)):
        drawn = {n: v for n, v in block.items() if isinstance(v, np.ndarray)}
        size = max((v.size for v in drawn.values()), default=1)
        rows += [{n: float(v[j]) for n, v in drawn.items()} for j in range(size)]
    return rows


def random_firm(rng: random.Random, **settings: Any) -> Row:
    """Valid assumptions, edges included, as a mapping of settings."""
    rate = rng.choice([0.0, 0.02, 0.09, 0.15, 0.3])
    return {
        "horizon_years": rng.choice([4, 5, 7, 10, 20, 30]),
        "discount_rate": rate,
        "terminal_growth": rng.choice([None, -0.3, -0.03] + [0.0, rate / 2] * (rate > 0)),
        "tax_rate": rng.choice([0.0, 0.19, 0.25, 0.6]),
        "cost_inflation": rng.choice([-0.1, 0.0, 0.02, 0.05]),
        "weights": rng.choice([{}, {"knowledge": 0.0}, {"scarcity": 2.0, "specificity": 0.5}]),
        "strategic_threshold": rng.choice([60.0, 45.0]),
        "negotiable_discount": rng.choice([0.0, 0.35, 0.7]),
        "approval_margin": rng.choice([0.0, 10.0, 40.0]),
        "trials": 256,
        "seed": rng.randrange(1000),
    } | settings


def random_row(rng: random.Random, horizon: int, *, uncertain: bool) -> Row:
    """A valid vendor, edges included; with ranges in about half of its cells if `uncertain`."""

    def share(zero: float = 0.2) -> float:
        return 0.0 if rng.random() < zero else rng.uniform(0.02, 0.6)

    def money(size: float, zero: float = 0.2) -> float:
        return 0.0 if rng.random() < zero else size * rng.uniform(0.1, 2.0)

    level = rng.choice([3.0, 6.0, 8.0])
    row: Row = {
        "vendor_id": "random",
        "name": "Random",
        **{name: min(10.0, level * rng.uniform(0.7, 1.3)) for name in CRITERIA},
        "price": money(1000.0, 0.0),
        "transaction_cost_rate": share(),
        "integration_cost": money(80.0),
        "integration_years": rng.choice([1, 2, horizon - 1]),
        "internal_spend": money(500.0, 0.0),
        "internal_growth": rng.uniform(-0.2, 0.2),
        "internal_cost_ratio": rng.choice([0.0, 1.0, rng.uniform(0.2, 0.8)]),
        "specialisation_saving": share(),
        "ramp_years": rng.choice([1, 3, horizon]),
        "strategic_value": money(100.0),
        "advantage_decay": rng.choice([0.0, 1.0, rng.uniform(0.05, 0.5)]),
        "fixed_cost": money(100.0),
        "internal_fixed_share": share(),
        "external_revenue": money(600.0),
        "external_growth": rng.uniform(-0.3, 0.2),
        "external_cost_ratio": rng.choice([0.3, 0.5, 1.2]),
        "competitor_share": share(0.4),
        "customer_churn": share(),
        "go_to_market_cost": money(30.0),
        "days_sales_outstanding": rng.choice([0.0, 30.0, 365.0]),
        "bad_debt_rate": share(0.5) / 10.0,
        "channel": rng.choice(["direct", "product_managers"]),
        "channel_margin": share(),
        "success_probability": rng.choice([0.0, 1.0, rng.random(), rng.random()]),
        "failure_year": rng.choice([1, 2, horizon - 1]),
        "failure_revenue_share": share(),
        "exit_cost": money(50.0),
        "receivables_write_off": share(),
        "satisfaction_erosion": share(),
        "strategic_leak": share(),
        "client_satisfaction": rng.choice([60.0, 80.0, 90.0]),
        "competence": rng.choice([5.0, 7.0, 9.0]),
        "approved_by": rng.choice(["", "A. Chair"]),
        "skills_headcount": money(10.0, 0.4),
        "hiring_cost": money(20.0),
        "build_years": rng.choice([1, 2, horizon - 1]),
    }
    for name in RANGED:
        if uncertain and rng.random() < 0.5:
            row[name] = around(name, row[name], rng)
        elif rng.random() < 0.1 and name in reference.DEFAULTS:
            del row[name]
    return row


def around(name: str, mid: float, rng: random.Random) -> Any:
    """A valid range around `mid`, or `mid` itself where that touches the column's bounds."""
    lower, upper = reference.BOUNDS.get(name, (0.0, 1.0))
    if mid <= lower or (upper is not None and mid >= upper):
        return mid
    g = math.log(mid - lower) if upper is None else math.log((mid - lower) / (upper - mid))
    spread, skew = rng.uniform(0.05, 0.5), rng.uniform(-0.3, 0.3)

    def restored(x: float) -> float:
        if upper is None:
            return lower + math.exp(x)
        return lower + (upper - lower) / (1.0 + math.exp(-x))

    return restored(g - spread * (1.0 - skew)), mid, restored(g + spread * (1.0 + skew))


def figures(evaluation: Evaluation) -> Row:
    """The machine-readable result in the shape of the reference: without words."""
    result = evaluation.to_dict()
    del result["reasons"]
    for condition in result["conditions"].values():
        del condition["explanation"]
    for part in ("cash_flows", "terminal_values"):
        result[part] = {case: v for case, v in result[part].items() if v is not None}
    return result


def differences(ours: Any, theirs: Any, scale: float, place: str = "") -> Iterator[str]:
    """Where two results differ: numbers by more than 1e-9 of themselves.

    Args:
        scale: size of the sums that a figure is a difference of; 1e-12 of it is rounding.
    """
    if isinstance(theirs, Mapping):
        if set(ours) != set(theirs):
            yield f"{place}: names {set(ours) ^ set(theirs)}"
        for name in set(ours) & set(theirs):
            yield from differences(ours[name], theirs[name], scale, f"{place}/{name}")
    elif isinstance(theirs, list | tuple):
        if len(ours) != len(theirs):
            yield f"{place}: {len(ours)} against {len(theirs)}"
        for i, (one, other) in enumerate(zip(ours, theirs, strict=False)):
            yield from differences(one, other, scale, f"{place}/{i}")
    elif isinstance(theirs, float) and isinstance(ours, float | int):
        if not math.isclose(ours, theirs, rel_tol=1e-9, abs_tol=1e-12 * scale):
            yield f"{place}: {ours!r} against {theirs!r}"
    elif ours != theirs:
        yield f"{place}: {ours!r} against {theirs!r}"


def means(**changes: Any) -> Means:
    """Mean payoffs of a deal that pays in every way, at a price of 100 without other outlay."""
    return Means(
        **(
            {
                "internal_only": 10.0,
                "dual_market": 30.0,
                "failure": 5.0,
                "compromised": 20.0,
                "go_external": 17.5,
                "build": None,
                "dual_given_success": 30.0,
                "failure_given_failure": 5.0,
                "price": 100.0,
                "transaction_cost_rate": 0.0,
                "outlay": 100.0,
                "headcount": 0.0,
                "success_probability": 0.5,
            }
            | changes
        )
    )


def kind(*, strategic: bool) -> Classification:
    """A classification that nothing but its outcome is of interest in."""
    score = 70.0 if strategic else 30.0
    return Classification(
        score=score,
        strategic=strategic,
        p_strategic=1.0 if strategic else 0.0,
        differentiation=score / 10.0,
        quadrant="strategic" if strategic else "routine",
        strategic_value_left_out=0.0,
        criteria=dict.fromkeys(CRITERIA, score / 10.0),
        weights=dict.fromkeys(CRITERIA, 0.2),
        threshold=60.0,
        floor=4.0,
    )


def conditions(*, hold: bool) -> Conditions:
    """The four conditions, all of them met or the second one not."""
    met = Condition(Status.MET, 1.0, 0.0, "fine")
    second = met if hold else Condition(Status.NOT_MET, 5.0, 7.0, "5 is below 7")
    return Conditions(met, second, met, met)
