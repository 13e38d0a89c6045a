"""How long a trial takes in packages for Monte Carlo, how a batch grows, and how low it could go.

    python -m tests.benchmarks.peers [--trials 16384] [--repeats 5] [--batches 100 300 1000]

1. The time per trial of one vendor with 20 uncertain inputs, 10 years and 5 cases: the package,
   whole NumPy arrays, and `monaco` and `squigglepy` with a function per trial, as their
   documentation does it. These two run fewer trials. Their function is the quick plain one, which
   is checked against the package first.
2. `evaluate_all` over batches of vendors: seconds per vendor, and how much the peak of resident
   memory grows, in a fresh process each.
3. Where the time of `evaluate` goes, and how far its kernel is from reading each uncertain input
   and writing each case's payoff once, with and without one `exp` per input.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any
from unittest.mock import patch

import monaco
import numpy as np
import squigglepy
from scipy.stats import rv_continuous

import acquire as aq
from acquire import evaluation, ledger
from acquire.assumptions import Assumptions, changed
from acquire.evaluation import evaluate, evaluate_all
from acquire.ledger import simulate
from acquire.ranges import Array, Metalog, Range, metalog
from acquire.scoring import classify
from acquire.simulation import BLOCK, Draws, bounds_of, draws_for
from acquire.vendor import (
    COLUMNS,
    CRITERIA,
    RANGED,
    Vendor,
    Vendors,
    mid_values,
    ranges_of,
    replaced,
)
from tests.benchmarks import arrays
from tests.benchmarks.paired import (
    Seconds,
    in_turn,
    print_setting,
    print_table,
    shown,
    sum_of,
    times,
)
from tests.benchmarks.rows import DATA, RowModel, check_rows, vendor_of_20_inputs
from tests.benchmarks.throughput import check_arrays, vendors_of

FEWER = 2048
"""Trials of the packages that call a function per trial."""


class MetalogDistribution(rv_continuous):  # type: ignore[misc]
    """A metalog as the custom distribution of SciPy that monaco takes."""

    def __init__(self, quantiles: Metalog, **options: Any) -> None:
        upper = np.inf if quantiles.upper is None else quantiles.upper
        super().__init__(**{"a": quantiles.lower, "b": upper} | options)
        self.quantiles = quantiles

    def _ppf(self, y: Array) -> Array:
        logit = np.log(y) - np.log1p(-y)
        return self.quantiles.quantile(logit, (y - 0.5) * logit)

    def _updated_ctor_param(self) -> dict[str, Any]:
        return super()._updated_ctor_param() | {"quantiles": self.quantiles}


class Peers:
    """One vendor evaluated by every package, each returning the mean payoff of every case."""

    def __init__(self, vendor: Vendor, firm: Assumptions) -> None:
        self.vendor, self.firm = vendor, firm
        self.strategic = classify(vendor, firm, draws_for(firm)).strategic
        self.model = RowModel(vendor, firm, strategic=self.strategic)
        self.ranges, self.mid = ranges_of(vendor), mid_values(vendor)
        self.names = list(self.ranges)
        self.seeds = count(1000)
        self.distributions = {
            name: MetalogDistribution(metalog(r, *bounds_of(COLUMNS[name])))
            for name, r in self.ranges.items()
        }
        # squigglepy has no metalog: lognormal, or normal below 0, with the same P10 and P90
        self.intervals = {
            name: squigglepy.to(r.low, r.high, credibility=80) for name, r in self.ranges.items()
        }

    def package(self) -> dict[str, float]:
        """With draws of its own, like the others."""
        found = evaluate(self.vendor, changed(self.firm, seed=next(self.seeds)))
        return {name: payoff.mean for name, payoff in found.payoffs.defined.items()}

    def package_in_a_batch(self) -> dict[str, float]:
        """With the draws that a batch shares."""
        found = evaluate(self.vendor, self.firm)
        return {name: payoff.mean for name, payoff in found.payoffs.defined.items()}

    def arrays(self) -> dict[str, float]:
        """Whole arrays, with draws of their own."""
        found = arrays.evaluate(self.vendor, self.firm, strategic=self.strategic)
        return {name: summary[0] for name, summary in found.items()}

    def monaco(self) -> dict[str, float]:
        """A preprocessing, a running and a postprocessing function per trial."""

        def preprocess(case: monaco.Case) -> tuple[dict[str, float]]:
            return (self.mid | {name: case.invals[name].val for name in self.names},)

        def run(x: dict[str, float]) -> tuple[dict[str, float]]:
            return (self.model.payoffs(x),)

        def postprocess(case: monaco.Case, found: dict[str, float]) -> None:
            for name, payoff in found.items():
                case.addOutVal(name, payoff)

        functions = monaco.SimulationFunctions(preprocess, run, postprocess)
        seed = next(self.seeds)
        sim = monaco.Sim("acquisition", FEWER, functions, seed=seed, verbose=False, debug=True)
        for name, distribution in self.distributions.items():
            sim.addInVar(name, dist=distribution)
        sim.runSim()
        return self._means({name: out.nums for name, out in sim.outvars.items()})

    def squigglepy(self) -> dict[str, float]:
        """A model function per trial, which draws its inputs one by one."""

        def model() -> list[float]:
            x = self.mid | {name: ~interval for name, interval in self.intervals.items()}
            return list(self.model.payoffs(x).values())

        found = squigglepy.sample(model, n=FEWER)
        return self._means(dict(zip(self.model.payoffs(self.mid), found.T, strict=True)))

    def _means(self, payoffs: dict[str, Any]) -> dict[str, float]:
        """With the percentiles that the others give as well."""
        even = np.full(FEWER, 1.0 / FEWER)
        return {name: arrays.summary(np.array(v), even)[0] for name, v in payoffs.items()}


def compare_packages(trials: int, repeats: int) -> None:
    """Nanoseconds per trial."""
    vendor, firm = vendor_of_20_inputs()
    firm = changed(firm, trials=trials)
    check_rows(vendor, firm)
    check_arrays(vendor, firm)
    peers = Peers(vendor, firm)
    contenders: dict[str, Callable[[], dict[str, float]]] = {
        "acquire, draws shared as in a batch": peers.package_in_a_batch,
        "acquire, draws of its own": peers.package,
        "whole arrays": peers.arrays,
        "monaco": peers.monaco,
        "squigglepy": peers.squigglepy,
    }
    print(f"{len(peers.names)} uncertain inputs, {firm.horizon_years} years, 5 cases; mean payoff "
          "in millions")  # fmt: skip
    for name, run in contenders.items():  # the first run of each, untimed
        means = run()
        print(
            f"  {name:42}"
            + "".join(f"{c} {means[c] / 1e6:.1f}  " for c in ("dual_market", "build"))
        )
    took = in_turn(contenders, repeats)
    print(f"monaco and squigglepy with {FEWER} trials, the others with {trials}; squigglepy's "
          "inputs are lognormal or normal")  # fmt: skip
    figures = {
        name: times(1e9 / (FEWER if name in ("monaco", "squigglepy") else trials), seconds)
        for name, seconds in took.items()
    }
    print_table("nanoseconds per trial", figures, "acquire, draws of its own")


def portfolio(number: int) -> tuple[Vendors, Assumptions]:
    """Perturbed copies of the sample vendors, a range in every column whose value can vary."""
    firm = aq.read_assumptions(DATA / "assumptions.yaml")
    samples = [firm.complete(v) for v in aq.read_vendors(DATA / "vendors.csv").values()]
    rng = random.Random(3)
    vendors = []
    for i in range(number):
        vendor = samples[i % len(samples)]
        changes: dict[str, Any] = {"vendor_id": f"{vendor.vendor_id}-{i}"}
        for name in RANGED:
            changes[name] = perturbed(getattr(vendor, name), *bounds_of(COLUMNS[name]), rng)
        vendors.append(replaced(vendor, **changes))
    return Vendors(vendors), firm


def perturbed(
    value: float | Range, lower: float, upper: float | None, rng: random.Random
) -> float | Range:
    """A range near a value or range: amounts are scaled, numbers but 0 get 15 % either way."""
    factor = rng.uniform(0.9, 1.1) if upper is None else 1.0
    if isinstance(value, Range):
        return Range(value.low * factor, value.mid * factor, value.high * factor)
    mid = value * factor
    room = min(abs(mid), mid - lower, (upper if upper is not None else np.inf) - mid)
    return Range(mid - 0.15 * room, mid, mid + 0.15 * room) if room > 0 else value


def page_faults() -> int:
    """Pages of memory this process was given by the system so far; 0 where it does not say."""
    try:
        import resource
    except ImportError:
        return 0
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt


def peak_megabytes() -> float:
    """Most memory of this process that was resident so far; 0 where the system does not say."""
    status = Path("/proc/self/status")
    lines = status.read_text("ascii").splitlines() if status.exists() else []
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), 0.0)


def measure_batch(number: int, trials: int) -> None:
    """In a process of its own: print seconds, the peak's growth and the peak, as JSON."""
    vendors, firm = portfolio(number)
    firm = changed(firm, trials=trials)
    evaluate(next(iter(vendors.values())), firm)  # imports, and the draws a batch shares
    before, start = peak_megabytes(), perf_counter()
    for _ in evaluate_all(vendors, firm):
        pass
    seconds, peak = perf_counter() - start, peak_megabytes()
    print(json.dumps([seconds, peak - before, peak]))


def compare_batches(numbers: list[int], trials: int, repeats: int) -> None:
    """Seconds per vendor and growth of memory of `evaluate_all`."""
    found: dict[int, list[list[float]]] = {number: [] for number in numbers}
    for _ in range(repeats):
        for number in numbers:
            command = [sys.executable, "-m", "tests.benchmarks.peers", "--trials", str(trials)]
            done = subprocess.run(
                [*command, "--measure", str(number)], check=True, capture_output=True, text=True
            )
            found[number].append(json.loads(done.stdout))
    vendors, _ = portfolio(12)
    uncertain = [len(ranges_of(vendor)) for vendor in vendors.values()]
    print(f"evaluate_all, {trials} trials, {min(uncertain)} to {max(uncertain)} ranges per vendor")
    rates = {f"{n} vendors": [run[0] / n * 1e3 for run in runs] for n, runs in found.items()}
    print_table("milliseconds per vendor", rates, f"{numbers[0]} vendors")
    for number, runs in found.items():
        growth, peak = median(run[1] for run in runs), median(run[2] for run in runs)
        print(f"{number:5} vendors: peak memory grew by {growth:.1f} MiB to {peak:.0f} MiB")


class Stages:
    """The seconds of one `evaluate` by stage, taken inside it."""

    WITHIN = (
        (ledger, "build_cases", "streams"),
        (ledger, "settle", "settling"),
        (evaluation, "summarise", "percentiles"),
        (evaluation, "summarise_mixture", "percentiles"),
        (evaluation, "classify", "classification"),
    )

    def __init__(self) -> None:
        self.rounds: list[dict[str, float]] = []
        self.faults: list[int] = []

    def evaluate(self, vendor: Vendor, firm: Assumptions) -> None:
        """Evaluate once, as a round."""
        spent = dict.fromkeys(("sampling", *(stage for *_, stage in self.WITHIN)), 0.0)

        def clocked(function: Callable[..., Any], stage: str) -> Callable[..., Any]:
            def run(*given: Any, **named: Any) -> Any:
                start = perf_counter()
                try:
                    return function(*given, **named)
                finally:
                    spent[stage] += perf_counter() - start

            return run

        def sampled(*given: Any) -> Iterator[Any]:
            points = original(*given)
            more = clocked(lambda: next(points, None), "sampling")
            while (point := more()) is not None:
                yield point

        original = ledger.sample
        with ExitStack() as patches:
            patches.enter_context(patch.object(ledger, "sample", sampled))
            for module, name, stage in self.WITHIN:
                there = getattr(module, name)
                patches.enter_context(patch.object(module, name, clocked(there, stage)))
            faults, start = page_faults(), perf_counter()
            evaluate(vendor, firm)
            whole = perf_counter() - start
            self.faults.append(page_faults() - faults)
        spent["rest"] = whole - sum(spent.values())
        self.rounds.append(spent)

    def seconds(self, stage: str) -> list[float]:
        """Of each round."""
        return [spent[stage] for spent in self.rounds]


def floor(inputs: int, cases: int, trials: int, *, exp: bool) -> Callable[[], None]:
    """Reading each input's draws once and writing each case's payoff once, block by block."""
    draws = np.random.default_rng(1).normal(size=(inputs, trials))
    payoffs = np.empty((cases, trials))
    total, term = np.empty((2, min(BLOCK, trials)))

    def run() -> None:
        for start in range(0, trials, BLOCK):
            here = slice(start, start + BLOCK)
            total[:] = 0.0
            for row in draws:
                if exp:
                    np.exp(row[here], out=term)
                    np.add(total, term, out=total)
                else:
                    np.add(total, row[here], out=total)
            for row in payoffs:
                np.copyto(row[here], total)

    return run


def compare_with_the_floor(vendor: Vendor, firm: Assumptions, repeats: int) -> None:
    """Nanoseconds per trial by stage, and the kernel against reading and writing."""
    trials = firm.trials
    strategic = classify(vendor, firm, draws_for(firm)).strategic
    cases = len(simulate(vendor, firm, draws_for(firm), strategic=strategic).names)
    inputs = len([name for name in ranges_of(vendor) if name not in CRITERIA])
    stages, seeds = Stages(), count(2000)
    stages.evaluate(vendor, firm)
    stages.rounds.clear()
    stages.faults.clear()
    took = in_turn(
        {
            "evaluate": lambda: stages.evaluate(vendor, firm),
            "bytes": floor(inputs, cases, trials, exp=False),
            "exp": floor(inputs, cases, trials, exp=True),
            "draws": lambda: Draws(trials, next(seeds), tuple(firm.correlations)).logits,
        },
        repeats,
    )
    parts: Seconds = {
        f"  {stage}": stages.seconds(stage)
        for stage in ("sampling", "streams", "settling", "percentiles", "classification", "rest")
    }
    kernel = sum_of(parts["  sampling"], parts["  streams"], parts["  settling"])
    low, high = "floor: bytes", "floor: bytes, exp"
    figures = {
        "evaluate": took["evaluate"],
        **parts,
        "kernel: sampling, streams, settling": kernel,
        low: took["bytes"],
        high: took["exp"],
        "draws, made once for a batch": took["draws"],
    }
    per_trial = {name: times(1e9 / trials, seconds) for name, seconds in figures.items()}
    print(f"{inputs} uncertain inputs, {cases} cases with the one behind the cost of a violation, "
          f"{8 * (inputs + cases)} bytes per trial")  # fmt: skip
    print_table("nanoseconds per trial", per_trial, "evaluate")
    print(f"{median(stages.faults):,.0f} page faults per vendor ({min(stages.faults):,} to "
          f"{max(stages.faults):,})")  # fmt: skip
    for name in (low, high):
        ratios = [k / f for k, f in zip(kernel, figures[name], strict=True)]
        print(f"the kernel takes {shown(median(ratios))} times the {name} "
              f"({shown(min(ratios))} to {shown(max(ratios))})")  # fmt: skip


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=16384)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--batches", type=int, nargs="+", default=[100, 300, 1000])
    parser.add_argument("--measure", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.measure:
        measure_batch(asked.measure, asked.trials)
        return
    print_setting("monaco", "squigglepy")
    compare_packages(asked.trials, asked.repeats)
    print()
    compare_batches(asked.batches, asked.trials, min(asked.repeats, 3))
    vendor, firm = vendor_of_20_inputs()
    firm = changed(firm, trials=asked.trials)
    widest = firm.complete(next(iter(vendors_of(1).values())))
    for each in (vendor, widest):
        print()
        compare_with_the_floor(each, firm, 4 * asked.repeats)


if __name__ == "__main__":
    main()
