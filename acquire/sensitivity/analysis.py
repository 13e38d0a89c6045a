"""What drives the decision: tornado, Sobol indices, and what knowing each input is worth."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from acquire.assumptions import Assumptions
from acquire.cases import Timeline, build_cases, settle
from acquire.evaluation import Evaluation
from acquire.information import (
    Worth,
    partial_information,
    perfect_information,
    success_information,
)
from acquire.ledger import Ledger, simulate
from acquire.ranges import Array, Range, metalog
from acquire.simulation import BLOCK, Point, bounds_of, draws_for
from acquire.vendor import COLUMNS, CRITERIA, Vendor, mid_values, ranges_of

SUCCESS = "external_success"
"""Name of the chance event whether external sales succeed, among the inputs."""

SOBOL_STREAM = 2
RESAMPLES = 200
"""Bootstrap resamples behind the error of a Sobol index."""

GROUPS = {
    "all market inputs": (
        "external_revenue",
        "external_growth",
        "competitor_share",
        "customer_churn",
        "days_sales_outstanding",
        "bad_debt_rate",
        "success_probability",
        "failure_revenue_share",
    ),
    "all cost inputs": (
        "integration_cost",
        "internal_cost_ratio",
        "fixed_cost",
        "internal_fixed_share",
        "external_cost_ratio",
        "go_to_market_cost",
        "channel_margin",
        "exit_cost",
        "hiring_cost",
    ),
}


@dataclass(frozen=True)
class Bar:
    """Payoff with one input at its 10th and at its 90th percentile, the others at their mid."""

    input: str
    low: float
    high: float


@dataclass(frozen=True)
class Index:
    """Share of the payoff's variance that an input explains.

    Args:
        input: name of the column.
        first: by itself.
        total: with all its interactions.
        first_error, total_error: standard errors, by bootstrap.
    """

    input: str
    first: float
    total: float
    first_error: float
    total_error: float


@dataclass(frozen=True)
class Sensitivity:
    """What drives the payoff of one strategy, and what information is worth; money.

    Args:
        strategy: the best permitted one, or go_external where none is permitted.
        base: its payoff with every input at its mid.
        tornado: widest bar first; empty without ranges.
        sobol: largest total first; empty without ranges. Correlations are switched off for them.
        evpi: expected value of perfect information.
        evppi: the diligence agenda, most valuable first: every uncertain input, and whether
            external sales succeed.
        groups: the same for groups of inputs known together.
        correlated: whether the firm has correlations, which `sobol` leaves out.
    """

    strategy: str
    base: float
    tornado: tuple[Bar, ...]
    sobol: tuple[Index, ...]
    evpi: float
    evppi: tuple[Worth, ...]
    groups: tuple[Worth, ...]
    correlated: bool

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain JSON values."""
        return {
            "tornado": [asdict(bar) for bar in self.tornado],
            "sobol": [asdict(index) for index in self.sobol],
            "evpi": self.evpi,
            "evppi": [asdict(worth) for worth in self.evppi],
            "evppi_groups": [asdict(worth) for worth in self.groups],
        }


def analyse(evaluation: Evaluation) -> Sensitivity:
    """Tornado, Sobol indices and value of information of an evaluated vendor."""
    vendor, firm = evaluation.inputs, evaluation.firm
    strategic = evaluation.classification.strategic
    strategy = evaluation.decision.strategy or "go_external"
    uncertain = {n: r for n, r in ranges_of(vendor).items() if n not in CRITERIA}
    payoff = _payoff_of(strategy, vendor, firm, strategic=strategic)
    mid = mid_values(vendor)

    tornado = [
        Bar(name, *(float(payoff(mid | {name: v}, 1)[0]) for v in (values.low, values.high)))
        for name, values in uncertain.items()
    ]
    tornado.sort(key=lambda bar: -abs(bar.high - bar.low))
    ledger = simulate(vendor, firm, draws_for(firm), strategic=strategic)
    evpi, evppi, groups = _information(evaluation, ledger, uncertain)
    return Sensitivity(
        strategy=strategy,
        base=float(payoff(mid, 1)[0]),
        tornado=tuple(tornado),
        sobol=_indices(payoff, uncertain, mid, firm),
        evpi=evpi,
        evppi=evppi,
        groups=groups,
        correlated=bool(firm.correlations),
    )


Payoff = Callable[[Point, int], Array]


def _payoff_of(strategy: str, vendor: Vendor, firm: Assumptions, *, strategic: bool) -> Payoff:
    """Payoff of a strategy at a point or at n draws, shape (n,)."""
    time = Timeline(firm)

    def payoff(x: Point, n: int) -> Array:
        cases = build_cases(x, vendor, time, strategic=strategic)
        if strategy == "internal_only":
            alone: Array = settle([cases["internal_only"]], time, x["price"], n).payoffs[0]
            return alone
        both = [cases["dual_market"], cases["failure"]]
        dual, failure = settle(both, time, x["price"], n).payoffs
        p = x["success_probability"]
        value: Array = p * dual + (1.0 - p) * failure
        return value

    return payoff


def _information(
    evaluation: Evaluation, ledger: Ledger, uncertain: Mapping[str, Range]
) -> tuple[float, tuple[Worth, ...], tuple[Worth, ...]]:
    """Value of perfect information, and of every input and group, most valuable first."""
    n = ledger.success.size
    always = [np.zeros(n)]
    if "build" in ledger:
        always.append(ledger.payoff("build"))
    if evaluation.classification.strategic:
        always.append(ledger.payoff("internal_only"))
    won, lost = list(always), list(always)
    if evaluation.conditions.hold:
        won.append(ledger.payoff("dual_market"))
        lost.append(ledger.payoff("failure"))
    given_success, given_failure, p = np.array(won), np.array(lost), ledger.success
    evpi = perfect_information(given_success, given_failure, p)
    expected = p * given_success + (1.0 - p) * given_failure
    draws = draws_for(evaluation.firm)
    values = {name: draws.of(name, r) for name, r in uncertain.items()}
    agenda = [partial_information(name, x, expected, most=evpi) for name, x in values.items()]
    agenda.append(Worth(SUCCESS, success_information(given_success, given_failure, p), 0.0))
    groups = []
    for name, members in GROUPS.items():
        drawn = [values[m] for m in members if m in values]
        if len(drawn) > 1:
            groups.append(partial_information(name, np.array(drawn), expected, most=evpi))
    ordered = sorted(agenda, key=lambda worth: -worth.value)
    return evpi, tuple(ordered), tuple(groups)


def _indices(
    payoff: Payoff, uncertain: Mapping[str, Range], mid: Mapping[str, float], firm: Assumptions
) -> tuple[Index, ...]:
    names = list(uncertain)
    if not names:
        return ()
    metalogs = [metalog(uncertain[name], *bounds_of(COLUMNS[name])) for name in names]

    def draw(uniform: Array) -> Array:
        logit = np.log(uniform) - np.log1p(-uniform)
        skewed = (uniform - 0.5) * logit
        return np.array(
            [m.quantile(row, skew) for m, row, skew in zip(metalogs, logit, skewed, strict=True)]
        )

    def model(x: Array) -> Array:
        blocks = [slice(start, start + BLOCK) for start in range(0, x.shape[1], BLOCK)]
        return np.concatenate(
            [
                payoff(dict(mid) | dict(zip(names, x[:, b], strict=True)), x[:, b].shape[1])
                for b in blocks
            ]
        )

    found = sobol_indices(model, draw, len(names), firm.trials, firm.seed)
    indices = [Index(name, *figures) for name, figures in zip(names, found.T.tolist(), strict=True)]
    return tuple(sorted(indices, key=lambda index: -index.total))


def sobol_indices(
    model: Callable[[Array], Array],
    draw: Callable[[Array], Array],
    dimensions: int,
    points: int,
    seed: int,
) -> Array:
    """First-order and total Sobol indices with their standard errors, shape (4, dimensions).

    First order by Saltelli et al. 2010, total by Jansen 1999, from `points`·(dimensions + 2) runs.

    Args:
        model: inputs of shape (dimensions, n) to results of shape (n,).
        draw: uniform points of that shape to inputs.
        dimensions: number of independent inputs.
        points: a power of two.
        seed: of the points and of the bootstrap.
    """
    from scipy.stats import qmc

    rng = np.random.default_rng([seed, SOBOL_STREAM])
    sobol = qmc.Sobol(2 * dimensions, scramble=True, rng=rng)
    uniform = sobol.random_base2(points.bit_length() - 1).T + 0.5 ** (sobol.bits + 1)
    one, other = draw(uniform[:dimensions]), draw(uniform[dimensions:])
    f_one, f_other = model(one), model(other)
    centre = (f_one.mean() + f_other.mean()) / 2.0
    first, total = np.empty((2, dimensions, points))
    for i in range(dimensions):
        mixed = one.copy()
        mixed[i] = other[i]
        f_mixed = model(mixed)
        first[i] = (f_other - centre) * (f_mixed - f_one)
        total[i] = 0.5 * (f_one - f_mixed) ** 2
    spread = 0.5 * ((f_one - centre) ** 2 + (f_other - centre) ** 2)

    variance = spread.mean()
    if not variance > 0.0:
        return np.zeros((4, dimensions))
    weights = rng.multinomial(points, np.full(points, 1.0 / points), RESAMPLES) / points
    again = (weights @ spread)[:, np.newaxis]
    return np.array(
        [
            first.mean(axis=1) / variance,
            total.mean(axis=1) / variance,
            (weights @ first.T / again).std(axis=0, ddof=1),
            (weights @ total.T / again).std(axis=0, ddof=1),
        ]
    )
