"""How long choosing among many vendors takes, against plain dynamic programming over money.

    python -m tests.benchmarks.portfolio [--deals 50 100 200] [--trials 4096] [--grid 10000]

The deals are those of data/vendors.csv, the money of each multiplied by a random factor and its
estimates moved a little. The peer is the textbook recursion over a grid of budgets, in NumPy, one
row per deal: outlays are rounded up to the grid, so what it finds is allowed and may be worth less.
It knows a budget only; its table gives all budgets at once, so it stands beside one selection and
beside the whole frontier. For the fewest deals, all subsets are tried as well.
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path
from time import perf_counter

import numpy as np

from acquire.assumptions import changed
from acquire.evaluation import Evaluation, evaluate
from acquire.inputs import read_inputs
from acquire.portfolio import (
    FRONTIER_BUDGETS,
    ROBUSTNESS_DRAWS,
    best_selection,
    select_portfolio,
    shadow_price,
)
from acquire.portfolio.joint import draw_jointly
from acquire.ranges import Array, Range
from acquire.vendor import RANGED, Vendor, replaced
from tests.samples import MONEY

DATA = Path(__file__).parents[2] / "data" / "vendors.csv"


def made_up(count: int, trials: int) -> list[Evaluation]:
    """Evaluations with a permitted strategy, of vendors like those of the sample file."""
    vendors, firm = read_inputs(DATA)
    rng = random.Random(3)
    firm, found = changed(firm, trials=trials), []
    rows = list(vendors.values())
    while len(found) < count:
        evaluation = evaluate(_like(rng.choice(rows), len(found), rng), firm)
        if evaluation.decision.value is not None:
            found.append(evaluation)
    return found


def _like(row: Vendor, number: int, rng: random.Random) -> Vendor:
    """A vendor like another one, smaller or larger, its price within a tenth of what it was."""
    factor = rng.lognormvariate(0.0, 0.7)
    changes: dict[str, object] = {"vendor_id": f"v{number}", "name": f"Vendor {number}"}
    for name in set(MONEY) & set(RANGED):
        value, by = getattr(row, name), factor
        if name == "price":
            by *= rng.uniform(0.9, 1.1)
        if isinstance(value, Range):
            changes[name] = Range(value.low * by, value.mid * by, value.high * by)
        elif value is not None:
            changes[name] = value * by
    return replaced(row, **changes)


def by_grid(gains: Array, outlays: Array, budget: float, steps: int) -> float:
    """The value that dynamic programming finds over a grid of budgets."""
    sizes = np.ceil(outlays / (budget / steps)).astype(int)
    table = np.zeros(steps + 1)
    for gain, size in zip(gains, sizes, strict=True):
        if gain > 0.0 and size <= steps:
            table[size:] = np.maximum(table[size:], table[: steps + 1 - size] + gain)
    return float(table[-1])


def by_subsets(gains: Array, outlays: Array, budget: float) -> float:
    """The value of the best of all subsets."""
    value, spent = np.zeros(1), np.zeros(1)
    for gain, outlay in zip(gains, outlays, strict=True):
        value, spent = np.append(value, value + gain), np.append(spent, spent + outlay)
    return float(value[spent <= budget].max())


def report(evaluations: list[Evaluation], steps: int) -> None:
    """Time every part for these deals, and print it."""
    start = perf_counter()
    joint = draw_jointly(evaluations, 0.0)
    drawing = perf_counter() - start
    values = [e.decision.value or 0.0 for e in evaluations]
    gains = np.array(values) - [e.decision.best_alternative for e in evaluations]
    outlays = joint.outlays
    budget = 0.3 * float(outlays[gains > 0.0].sum())
    best_selection(gains, outlays, budget=budget)  # imports are made once

    start = perf_counter()
    chosen = best_selection(gains, outlays, budget=budget)
    one = perf_counter() - start
    start = perf_counter()
    for level in np.linspace(0.0, budget / 0.3, FRONTIER_BUDGETS):
        best_selection(gains, outlays, budget=level)
    frontier = perf_counter() - start
    start = perf_counter()
    for draw in joint.expected[:, :ROBUSTNESS_DRAWS].T:
        best_selection(draw, outlays, budget=budget)
    robustness = perf_counter() - start
    start = perf_counter()
    shadow_price(gains, outlays, budget)
    pricing = perf_counter() - start
    start = perf_counter()
    select_portfolio(evaluations, budget=budget)
    whole = perf_counter() - start
    start = perf_counter()
    grid = by_grid(gains, outlays, budget, steps)
    gridding = perf_counter() - start

    value = float(gains[chosen].sum())
    print(f"{len(evaluations)} deals, {int(chosen.sum())} chosen, worth {value:,.0f}")
    for what, seconds in (
        ("joint draws", drawing),
        ("one selection", one),
        (f"frontier, {FRONTIER_BUDGETS} budgets", frontier),
        (f"robustness, {ROBUSTNESS_DRAWS} draws", robustness),
        ("shadow price", pricing),
        ("select_portfolio, all of it", whole),
        (f"peer: grid of {steps:,} budgets", gridding),
    ):
        print(f"  {what:32} {1e3 * seconds:10,.1f} ms")
    print(f"  the grid's value is {grid / value - 1.0:+.4%} of the one chosen")
    few = slice(0, 18)
    limit = 0.3 * float(outlays[few].sum())
    start = perf_counter()
    best = by_subsets(gains[few], outlays[few], limit)
    trying = perf_counter() - start
    start = perf_counter()
    found = float(gains[few][best_selection(gains[few], outlays[few], budget=limit)].sum())
    print(
        f"  18 of them: all subsets {1e3 * trying:,.1f} ms, selection "
        f"{1e3 * (perf_counter() - start):,.1f} ms, values differ by {found - best:+.2f}"
    )


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--deals", type=int, nargs="+", default=[50, 100, 200])
    parser.add_argument("--trials", type=int, default=4096)
    parser.add_argument("--grid", type=int, default=10_000)
    asked = parser.parse_args()
    evaluations = made_up(max(asked.deals), asked.trials)
    for count in asked.deals:
        report(evaluations[:count], asked.grid)


if __name__ == "__main__":
    main()
