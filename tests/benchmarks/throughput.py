"""How long a draw takes: the package against a plain loop and against whole arrays, in one run.

    python -m tests.benchmarks.throughput [--vendors 100] [--trials 16384] [--repeats 3]

Every column that may be a range is one, for every vendor. Each contender draws its inputs,
computes all cases and summarises them (percentiles, chances, tail). The loop and the arrays run on
fewer vendors, being slower; figures are nanoseconds per trial and vendor, the best of the repeats,
taken in turn.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable
from time import perf_counter

import numpy as np

from acquire.assumptions import Assumptions
from acquire.cases import build_cases
from acquire.evaluation import evaluate, evaluate_all
from acquire.ranges import Range
from acquire.scoring import classify
from acquire.simulation import draws_for, sample
from acquire.streams import Timeline, settle
from acquire.vendor import RANGED, Vendor, Vendors
from tests import reference
from tests.benchmarks import arrays

MIDS = {
    "differentiation": 7, "client_impact": 6, "scarcity": 6, "specificity": 5, "knowledge": 6,
    "price": 90e6, "transaction_cost_rate": 0.03, "integration_cost": 6e6, "internal_spend": 40e6,
    "internal_growth": 0.03, "internal_cost_ratio": 0.6, "specialisation_saving": 0.06,
    "strategic_value": 7e6, "advantage_decay": 0.1, "fixed_cost": 9e6, "internal_fixed_share": 0.6,
    "external_revenue": 35e6, "external_growth": 0.04, "external_cost_ratio": 0.5,
    "competitor_share": 0.2, "customer_churn": 0.08, "go_to_market_cost": 2e6,
    "days_sales_outstanding": 45, "bad_debt_rate": 0.01, "channel_margin": 0.1,
    "success_probability": 0.5, "failure_revenue_share": 0.5, "exit_cost": 3e6,
    "receivables_write_off": 0.2, "satisfaction_erosion": 0.25, "strategic_leak": 0.6,
    "skills_headcount": 120, "hiring_cost": 60e3,
}  # fmt: skip


def vendors_of(count: int) -> Vendors:
    """Vendors with a range in every column that may be one."""
    rng = random.Random(7)
    vendors = []
    for i in range(count):
        ranges = {}
        for name in RANGED:
            mid = MIDS[name] * rng.uniform(0.9, 1.1)
            ranges[name] = Range(mid * 0.85, mid, mid * 1.2)
        whole = {"client_satisfaction": 85, "competence": 8, "channel": "product_managers"}
        vendors.append(Vendor(vendor_id=f"v{i}", name=f"Vendor {i}", **ranges, **whole))
    return Vendors(vendors)


def check_arrays(vendor: Vendor, firm: Assumptions) -> None:
    """The arrays compute what the package computes, from the package's own draws."""
    inputs = firm.complete(vendor)
    strategic = classify(inputs, firm, draws_for(firm)).strategic
    time = Timeline(firm)
    for x in sample(inputs, draws_for(firm)):
        columns = {name: np.reshape(np.asarray(value), (-1, 1)) for name, value in x.items()}
        theirs = arrays.payoffs(columns, inputs, firm, strategic=strategic)
        cases = build_cases(x, inputs, time, strategic=strategic)
        n = len(next(iter(theirs.values())))
        settled = settle(list(cases.values()), time, x["price"], n)
        for name, ours in zip(cases, settled.payoffs, strict=True):
            if name in theirs:
                np.testing.assert_allclose(ours, theirs[name], rtol=1e-9, atol=1e-3)


def as_reference(vendor: Vendor) -> dict[str, object]:
    """The vendor as the plain loop takes it."""
    row: dict[str, object] = {}
    for name in Vendor.__dataclass_fields__:
        value = getattr(vendor, name)
        if isinstance(value, Range):
            row[name] = (value.low, value.mid, value.high)
        elif value is not None and name != "source":
            row[name] = value
    return row


def timed(run: Callable[[], object], units: int) -> float:
    """Nanoseconds per unit."""
    start = perf_counter()
    run()
    return (perf_counter() - start) / units * 1e9


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vendors", type=int, default=100)
    parser.add_argument("--trials", type=int, default=16384)
    parser.add_argument("--repeats", type=int, default=3)
    asked = parser.parse_args()
    vendors, firm = vendors_of(asked.vendors), Assumptions(trials=asked.trials)
    some = list(vendors.values())[:4]
    check_arrays(some[0], firm)
    loop_firm = {"trials": 512}
    row = as_reference(some[0])
    inputs = [firm.complete(vendor) for vendor in some]
    evaluate(some[0], firm)  # imports and the draws, which a batch shares, are made once

    best = dict.fromkeys(("package", "arrays", "loop"), float("inf"))
    for _ in range(asked.repeats):
        runs = {
            "package": timed(
                lambda: list(evaluate_all(vendors, firm)), asked.vendors * asked.trials
            ),
            "arrays": timed(
                lambda: [arrays.evaluate(v, firm, strategic=True) for v in inputs],
                len(inputs) * asked.trials,
            ),
            "loop": timed(lambda: reference.evaluate(row, loop_firm), loop_firm["trials"]),
        }
        best = {name: min(best[name], runs[name]) for name in best}
    print(f"{asked.vendors} vendors x {asked.trials} trials, {len(RANGED)} ranges each")
    for name, value in best.items():
        print(f"{name:8} {value:12,.0f} ns per trial and vendor   {value / best['package']:8.1f}x")


if __name__ == "__main__":
    main()
