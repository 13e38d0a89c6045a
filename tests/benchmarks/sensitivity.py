"""What drives a decision, and how precisely: the package against SALib and plain Monte Carlo.

    python -m tests.benchmarks.sensitivity [--points 16384] [--rows 16384] [--repeats 5]
                                           [--seeds 64]

First the full sensitivity of one vendor with 20 uncertain inputs, against SALib's documented
workflow for Sobol indices alone at the same sample size: its sample, the model in a loop over the
rows, its analysis with the usual 100 resamples. The loop runs on a part of the rows and is scaled.
SALib is also given the package's own vectorised model, so that only its sampling and its analysis
count. Both must find the same indices before anything is printed.

Then the error of the mean payoff, of the probability of a loss and of the 5th percentile: few
scrambled Sobol points with success weighed, against many pseudo-random draws.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np
from SALib import ProblemSpec
from SALib.analyze import sobol as salib_analysis
from SALib.sample import sobol as salib_sample
from scipy.special import ndtr, ndtri

from acquire.assumptions import Assumptions, changed, normal_correlations
from acquire.cases import build_cases
from acquire.evaluation import evaluate
from acquire.ledger import Ledger, simulate
from acquire.outcomes import weighted_percentiles
from acquire.ranges import Array, metalog
from acquire.sensitivity import Sensitivity, analyse, sobol_indices
from acquire.simulation import BLOCK, Draws, bounds_of
from acquire.streams import Timeline, settle
from acquire.vendor import COLUMNS, RANGED, Vendor, mid_values, ranges_of
from tests import reference
from tests.benchmarks.paired import in_turn, print_setting, print_table, shown, sum_of, times
from tests.benchmarks.rows import RowModel, check_rows, vendor_of_20_inputs
from tests.benchmarks.throughput import as_reference

FEW, MANY = 512, 65536
"""Points of the Sobol sequence, and pseudo-random draws, whose errors are compared."""

TAIL = 0.05


class Question:
    """Payoff of go_external as a function of a vendor's uncertain inputs, in every dialect."""

    def __init__(self, vendor: Vendor, firm: Assumptions, *, strategic: bool) -> None:
        self.vendor, self.strategic = vendor, strategic
        self.time = Timeline(firm)
        self.ranges, self.mid = ranges_of(vendor), mid_values(vendor)
        self.names = list(self.ranges)
        self.metalogs = [metalog(r, *bounds_of(COLUMNS[n])) for n, r in self.ranges.items()]
        self.row_model = RowModel(vendor, firm, strategic=strategic)
        self.first_written = as_reference(vendor) | self.mid
        self.settings = {
            name: getattr(firm, name) for name in reference.ASSUMPTIONS if name != "weights"
        }

    def draw(self, uniform: Array) -> Array:
        """Inputs at probabilities, shape (inputs, n) each."""
        logit = np.log(uniform) - np.log1p(-uniform)
        skewed = (uniform - 0.5) * logit
        pairs = zip(self.metalogs, logit, skewed, strict=True)
        return np.array([m.quantile(row, skew) for m, row, skew in pairs])

    def vectorised(self, x: Array) -> Array:
        """Payoffs of inputs of shape (inputs, n), by the package."""
        found = np.empty(x.shape[1])
        for start in range(0, x.shape[1], BLOCK):
            here = slice(start, start + BLOCK)
            part = x[:, here]
            point = dict(self.mid) | dict(zip(self.names, part, strict=True))
            cases = build_cases(point, self.vendor, self.time, strategic=self.strategic)
            both = [cases["dual_market"], cases["failure"]]
            dual, failure = settle(both, self.time, point["price"], part.shape[1]).payoffs
            p = point["success_probability"]
            found[here] = p * dual + (1.0 - p) * failure
        return found

    def loop(self, rows: Array) -> Array:
        """Payoffs of rows of inputs, a call of a quick plain function each."""
        found = np.zeros(len(rows))
        for i, row in enumerate(rows):
            x = self.mid | dict(zip(self.names, row.tolist(), strict=True))
            found[i] = self.row_model.go_external(x)
        return found

    def first_loop(self, rows: Array) -> Array:
        """Payoffs of rows of inputs, a call of a plain function written to be read each."""
        found = np.zeros(len(rows))
        for i, row in enumerate(rows):
            x = {**self.first_written, **dict(zip(self.names, row.tolist(), strict=True))}
            dual, failure = (
                reference.owned(x, self.settings, self.strategic, case).payoff
                for case in ("dual_market", "failure")
            )
            p = x["success_probability"]
            found[i] = p * dual + (1 - p) * failure
        return found


class Salib:
    """SALib's workflow in its three steps; the inputs' distributions are applied to its sample."""

    def __init__(self, question: Question, points: int) -> None:
        self.question, self.points = question, points
        names = question.names
        bounds = [[0.0, 1.0]] * len(names)
        self.problem = ProblemSpec({"names": names, "bounds": bounds, "outputs": ["payoff"]})
        self.sample()
        self.vectorised()

    def sample(self) -> None:
        """Step 1: the rows, shape (points·(inputs + 2), inputs), and the inputs' values in them."""
        self.problem.sample(salib_sample.sample, self.points, calc_second_order=False, seed=1)
        # a scrambled sequence may hold 0, which a quantile function does not take
        uniform = np.maximum(self.problem.samples.T, 2.0**-31)
        self.inputs = self.question.draw(uniform)
        self.rows = np.ascontiguousarray(self.inputs.T)

    def vectorised(self) -> None:
        """Step 2 with the package's model instead of a loop."""
        self.problem.set_results(self.question.vectorised(self.inputs))

    def analyse(self) -> None:
        """Step 3, with its default of 100 resamples."""
        self.problem.analyze(salib_analysis.analyze, calc_second_order=False)


def check_same_indices(ours: Sensitivity, salib: Salib) -> None:
    """Both find the same indices within 4 standard errors, of which the largest gap is printed."""
    theirs = salib.problem.analysis
    place = {name: i for i, name in enumerate(salib.question.names)}
    assert {index.input for index in ours.sobol} == set(place)
    gaps, widest = [], 0.0
    for index in ours.sobol:
        i = place[index.input]
        for value, error, other, width in (
            (index.first, index.first_error, theirs["S1"][i], theirs["S1_conf"][i]),
            (index.total, index.total_error, theirs["ST"][i], theirs["ST_conf"][i]),
        ):
            gaps.append(abs(value - other) / np.hypot(error, width / 1.96))
            widest = max(widest, abs(value - other))
    assert max(gaps) < 4, max(gaps)
    print(f"{len(gaps)} indices agree: largest difference {widest:.4f}, "
          f"{max(gaps):.2f} standard errors")  # fmt: skip
    for index in ours.sobol[:4]:
        i = place[index.input]
        print(f"  {index.input:24} first {index.first:.4f} and {theirs['S1'][i]:.4f}, "
              f"total {index.total:.4f} and {theirs['ST'][i]:.4f}")  # fmt: skip


def compare_workflows(points: int, part: int, repeats: int) -> None:
    """Time the full sensitivity, the indices alone, and SALib's workflow."""
    vendor, firm = vendor_of_20_inputs()
    firm = changed(firm, trials=points)
    check_rows(vendor, firm)
    evaluation = evaluate(vendor, firm)
    strategic = evaluation.classification.strategic
    question = Question(vendor, firm, strategic=strategic)
    salib = Salib(question, points)
    some = salib.rows[:: len(salib.rows) // part][:part]
    expected = question.vectorised(some.T)
    for loop in (question.loop, question.first_loop):
        np.testing.assert_allclose(loop(some[:64]), expected[:64], rtol=1e-9, atol=1e-3)

    ours = analyse(evaluation)
    assert ours.strategy == "go_external"
    salib.analyse()
    inputs, runs = len(question.names), len(salib.rows)
    print(f"{inputs} uncertain inputs, {points} points, {runs} runs of the model")
    check_same_indices(ours, salib)

    def indices_alone() -> Array:
        return sobol_indices(question.vectorised, question.draw, inputs, points, firm.seed)

    contenders: dict[str, Callable[[], object]] = {
        "full": lambda: analyse(evaluation),
        "alone": indices_alone,
        "sample": salib.sample,
        "loop": lambda: question.loop(some),
        "first loop": lambda: question.first_loop(some[: part // 4]),
        "vectorised": salib.vectorised,
        "analysis": salib.analyse,
    }
    took = in_turn(contenders, repeats)
    quick = times(runs / part, took["loop"])
    slow = times(runs / (part // 4), took["first loop"])
    around = sum_of(took["sample"], took["analysis"])
    table = {
        "full sensitivity, acquire": took["full"],
        "Sobol indices alone, acquire": took["alone"],
        "  SALib: sample": took["sample"],
        "  SALib: loop, quick plain function": quick,
        "  SALib: loop, first plain function": slow,
        "  SALib: our vectorised model": took["vectorised"],
        "  SALib: analysis": took["analysis"],
        "SALib, loop of the quick function": sum_of(around, quick),
        "SALib, loop of the first function": sum_of(around, slow),
        "SALib with our vectorised model": sum_of(around, took["vectorised"]),
    }
    print(f"the loops ran on {part} and {part // 4} of {runs} rows and are scaled")
    for base in ("full sensitivity, acquire", "Sobol indices alone, acquire"):
        print(f"\nratios to: {base}")
        print_table("seconds", table, base)


class PlainDraws(Draws):
    """The package's draws from a pseudo-random generator instead of a Sobol sequence."""

    @property
    def uniform(self) -> Array:
        """Probabilities, shape (columns of `RANGED`, trials)."""
        y = np.random.default_rng([self.seed, 99]).random((len(RANGED), self.trials))
        if self.correlations:
            names, matrix = normal_correlations(self.correlations)
            rows = [RANGED.index(name) for name in names]
            y[rows] = ndtr(np.linalg.cholesky(matrix) @ ndtri(y[rows]))
        return np.clip(y, 2.0**-53, 1.0 - 2.0**-53, out=y)


def weighed(ledger: Ledger) -> tuple[float, float, float]:
    """Mean payoff of go_external, P(loss) and P5, success and failure weighed in every draw."""
    p, dual, failure = ledger.success, ledger.payoff("dual_market"), ledger.payoff("failure")
    values, weights = np.concatenate([dual, failure]), np.concatenate([p, 1.0 - p]) / p.size
    (tail,) = weighted_percentiles(values, weights, (TAIL,))
    return float(weights @ values), float(weights @ (values < 0.0)), tail


def drawn(ledger: Ledger, seed: int) -> tuple[float, float, float]:
    """The same, with success or failure drawn."""
    p, dual, failure = ledger.success, ledger.payoff("dual_market"), ledger.payoff("failure")
    values = np.where(np.random.default_rng([seed, 98]).random(p.size) < p, dual, failure)
    (tail,) = weighted_percentiles(values, None, (TAIL,))
    return float(values.mean()), float((values < 0.0).mean()), tail


def compare_precision(seeds: int) -> None:
    """Root mean square errors over independent seeds, against 2^20 points."""
    vendor, firm = vendor_of_20_inputs()
    strategic = evaluate(vendor, firm).classification.strategic
    correlations = tuple(firm.correlations)

    def through(draws: Draws) -> Ledger:
        return simulate(vendor, firm, draws, strategic=strategic)

    blocks = np.array([weighed(through(Draws(MANY, 10_000 + i, correlations))) for i in range(16)])
    truth, doubt = blocks.mean(axis=0), blocks.std(axis=0, ddof=1) / 4.0

    few = f"Sobol, {FEW} points, success weighed"
    usual = f"Sobol, {firm.trials} points, success weighed"
    with_success = f"plain, {MANY} draws, success drawn"
    without = f"plain, {MANY} draws, success weighed"
    rows: dict[str, list[tuple[float, float, float]]] = {
        few: [
            weighed(through(Draws(FEW, seed, correlations))) for seed in range(1, 16 * seeds + 1)
        ],
        usual: [],
        with_success: [],
        without: [],
    }
    for seed in range(1, seeds + 1):
        rows[usual].append(weighed(through(Draws(firm.trials, seed, correlations))))
        ledger = through(PlainDraws(MANY, seed, correlations))
        rows[with_success].append(drawn(ledger, seed))
        rows[without].append(weighed(ledger))

    squares = {name: (np.array(found) - truth) ** 2 for name, found in rows.items()}
    errors = {name: np.sqrt(square.mean(axis=0)) for name, square in squares.items()}
    # relative standard error of a root mean square, from the spread of the squares
    doubts = {
        name: square.std(axis=0, ddof=1) / square.mean(axis=0) / np.sqrt(len(square)) / 2.0
        for name, square in squares.items()
    }
    print(
        f"go_external; reference of 2^20 points: mean {truth[0] / 1e6:.4f} ± {doubt[0] / 1e6:.4f} "
        f"million, P(loss) {truth[1]:.5f} ± {doubt[1]:.5f}, P5 {truth[2] / 1e6:.3f} ± "
        f"{doubt[2] / 1e6:.3f} million"
    )
    print(f"{'root mean square error':40}{'seeds':>6}{'mean, million':>16}{'P(loss)':>16}"
          f"{'P5, million':>16}")  # fmt: skip
    for name, error in errors.items():
        print(f"{name:40}{len(rows[name]):>6}{error[0] / 1e6:>16.4f}{error[1]:>16.5f}"
              f"{error[2] / 1e6:>16.4f}")  # fmt: skip
    for title, power, scale in (
        (f"ratio to {few}, ± its standard error", 1, 1.0),
        (f"plain draws of the same error as {FEW} Sobol points", 2, float(MANY)),
    ):
        print(title)
        for name in (with_success, without):
            values = scale * (errors[name] / errors[few]) ** power
            spread = values * power * np.hypot(doubts[name], doubts[few])
            cells = zip(values, spread, strict=True)
            print(f"{name:46}" + "".join(f"{f'{shown(v)} ± {shown(d)}':>16}" for v, d in cells))


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=16384)
    parser.add_argument("--rows", type=int, default=16384)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seeds", type=int, default=64)
    asked = parser.parse_args()
    print_setting("salib")
    compare_workflows(asked.points, asked.rows, asked.repeats)
    print()
    compare_precision(asked.seeds)


if __name__ == "__main__":
    main()
