"""One vendor from inputs to decision: `evaluate`, and the frozen record it returns."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from acquire.assumptions import Assumptions
from acquire.cases import CASES, Settled, Timeline, build_cases, settle
from acquire.conditions import Conditions, Costing, full_costing, judge
from acquire.decision import Decision, Means, decide
from acquire.display import MoneyScale, Table, chance, plain_value
from acquire.outcomes import Payoff, summarise, summarise_mixture
from acquire.ranges import Array
from acquire.scoring import Classification, classify
from acquire.simulation import Draws, Point, draws_for, sample
from acquire.vendor import Vendor, ranges_of

PAYOFFS = (*CASES, "go_external")

CASE_TITLES = {
    "internal_only": "Internal use only",
    "dual_market": "Both markets, success",
    "failure": "Both markets, external failure",
    "compromised": "Success by breaking the conditions",
    "build": "Hire the skills instead",
    "go_external": "Selling outside, success or failure",
}


class Payoffs(Mapping[str, Payoff | None]):
    """The payoff of each case and of `go_external`, shown as a table.

    Args:
        payoffs: by case; None for `build` where hiring is no alternative.
        currency: of all money.
    """

    def __init__(self, payoffs: Mapping[str, Payoff | None], currency: str) -> None:
        self._payoffs, self._currency = dict(payoffs), currency

    @property
    def defined(self) -> dict[str, Payoff]:
        """The payoffs that exist, by case."""
        return {name: payoff for name, payoff in self._payoffs.items() if payoff is not None}

    @property
    def scale(self) -> MoneyScale:
        """One unit of money for all cases."""
        largest = max(abs(v) for p in self.defined.values() for v in (p.mean, p.p10, p.p90))
        return MoneyScale.of(largest or 1.0, self._currency)

    @property
    def table(self) -> Table:
        """Mean, percentiles, chances and tail of every case."""
        scale = self.scale
        rows = [
            (
                CASE_TITLES[name],
                *(scale.show(v) for v in (p.mean, p.p10, p.p50, p.p90)),
                chance(p.p_loss),
                chance(p.p_below_alternative),
                scale.show(p.expected_shortfall),
                scale.show(p.standard_error, 2),
            )
            for name, p in self.defined.items()
        ]
        return Table(
            (
                "case",
                "mean",
                "P10",
                "P50",
                "P90",
                "P(loss)",
                "P(below alternative)",
                "worst 5 %",
                "error of mean",
            ),
            rows,
            f"Payoff against going on as today: net present value, {scale.unit}",
        )

    def __getitem__(self, case: str) -> Payoff | None:
        return self._payoffs[case]

    def __iter__(self) -> Iterator[str]:
        return iter(self._payoffs)

    def __len__(self) -> int:
        return len(self._payoffs)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Payoffs) and self._payoffs == other._payoffs

    def __hash__(self) -> int:
        return hash(tuple(self._payoffs.items()))

    def __str__(self) -> str:
        return str(self.table)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return self.table._repr_html_()


@dataclass(frozen=True)
class Compromise:
    """What breaking the conditions would tempt to, and what it costs; payoffs, after tax.

    Args:
        gain_over_failure: compromised − failure.
        cost_inside: dual_market − compromised = internal_lost − competitor_revenue_gained.
        internal_lost: internal benefits and advantage lost, measured while competitors are
            served (the order matters only where a terminal value changes its sign).
        competitor_revenue_gained: from serving competitors, 0 for a generic vendor.
    """

    gain_over_failure: float
    cost_inside: float
    internal_lost: float
    competitor_revenue_gained: float


@dataclass(frozen=True)
class Evaluation:
    """Everything about one vendor under one set of assumptions.

    Args:
        vendor: as given.
        inputs: the same with every empty cell filled.
        firm: the assumptions.
        classification: strategic or generic.
        conditions: of selling outside.
        costing: the external business at full cost.
        payoffs: per case and go_external.
        cash_flows: mean flow of years 0…T per case, without terminal value; None for `build`
            where hiring is no alternative.
        terminal_values: mean per case, at year T.
        compromise: what breaking the conditions would do.
        decision: the verdict.
        price: mean.
        success_probability: mean.
    """

    vendor: Vendor
    inputs: Vendor
    firm: Assumptions
    classification: Classification
    conditions: Conditions
    costing: Costing
    payoffs: Payoffs
    cash_flows: Mapping[str, tuple[float, ...] | None]
    terminal_values: Mapping[str, float | None]
    compromise: Compromise
    decision: Decision
    price: float
    success_probability: float

    @property
    def uncertain(self) -> bool:
        """Whether any input is a range."""
        return bool(ranges_of(self.inputs))

    def to_dict(self) -> dict[str, Any]:
        """The evaluation as plain JSON values, at full precision; None where not defined."""
        kind, decision = self.classification, self.decision
        result: dict[str, Any] = {
            "vendor_id": self.vendor.vendor_id,
            "name": self.vendor.name,
            "currency": self.firm.currency,
            "price": self.price,
            "success_probability": self.success_probability,
            "classification": {
                "score": kind.score,
                "strategic": kind.strategic,
                "p_strategic": kind.p_strategic,
                "differentiation": kind.differentiation,
                "quadrant": kind.quadrant,
                "strategic_value_left_out": kind.strategic_value_left_out,
            },
            "conditions": {
                name: dataclasses.asdict(condition) | {"status": condition.status.value}
                for name, condition in self.conditions.items()
            },
            "payoffs": {
                name: payoff and dataclasses.asdict(payoff) for name, payoff in self.payoffs.items()
            },
            "cash_flows": {name: flows and list(flows) for name, flows in self.cash_flows.items()},
            "terminal_values": dict(self.terminal_values),
            "costing": [dataclasses.asdict(year) for year in self.costing.years],
            "best_alternative": decision.best_alternative,
            "strategy": decision.strategy,
            "value": decision.value,
            "verdict": decision.verdict,
            "flags": list(decision.flags),
            "reasons": list(decision.reasons),
            "break_even_probability": decision.break_even_probability,
            "walk_away_price": decision.walk_away_price,
            "cost_of_skills": decision.cost_of_skills,
            "cost_of_skills_per_head": decision.cost_of_skills_per_head,
            "compromise": dataclasses.asdict(self.compromise),
            "trials": self.firm.trials,
            "seed": self.firm.seed,
        }
        return _plain(result)  # type: ignore[no-any-return]

    def __repr__(self) -> str:
        return f"{self.inputs.name} ({self.vendor.vendor_id})\n{self.decision}"

    def _repr_html_(self) -> str:
        return self.decision._repr_html_()


def evaluate(vendor: Vendor, firm: Assumptions | None = None) -> Evaluation:
    """Evaluate the acquisition of one vendor.

    Args:
        vendor: one row of a vendor file.
        firm: the firm's assumptions; the defaults when left out.

    Raises:
        InputError: a required cell is empty that the firm has no default for, or years do not
            fit into the horizon.
    """
    firm = firm or Assumptions()
    inputs = firm.complete(vendor)
    draws = draws_for(firm)
    classification = classify(inputs, firm, draws)
    costing = full_costing(inputs, firm, strategic=classification.strategic)
    conditions = judge(inputs, firm, classification, costing)

    ledger = _simulate(inputs, firm, draws, strategic=classification.strategic)
    means = ledger.means()
    alternative, price = means.best_alternative, means.price
    payoffs: dict[str, Payoff | None] = {
        name: summarise(ledger.payoff(name), alternative, price) if name in ledger else None
        for name in CASES
    }
    dual, failure = ledger.payoff("dual_market"), ledger.payoff("failure")
    payoffs["go_external"] = summarise_mixture(dual, failure, ledger.success, alternative, price)
    return Evaluation(
        vendor=vendor,
        inputs=inputs,
        firm=firm,
        classification=classification,
        conditions=conditions,
        costing=costing,
        payoffs=Payoffs(payoffs, firm.currency),
        cash_flows={n: ledger.flows(n) if n in ledger else None for n in CASES},
        terminal_values={n: ledger.terminal_value(n) if n in ledger else None for n in CASES},
        compromise=ledger.compromise(),
        decision=decide(means, classification, conditions, firm),
        price=price,
        success_probability=means.success_probability,
    )


def evaluate_all(
    vendors: Mapping[str, Vendor],
    firm: Assumptions | None = None,
    progress: Callable[[Iterable[Vendor]], Iterable[Vendor]] = iter,
) -> Iterator[Evaluation]:
    """Evaluate vendor by vendor, in their order; memory does not grow with their number.

    Args:
        vendors: by id.
        firm: the firm's assumptions; the defaults when left out.
        progress: wraps the vendors, to show how far the work is.
    """
    for vendor in progress(vendors.values()):
        yield evaluate(vendor, firm)


def through_other_channel(evaluation: Evaluation) -> Evaluation:
    """The same vendor sold through product managers instead of directly, or the reverse."""
    now = evaluation.inputs.channel
    other = "direct" if now == "product_managers" else "product_managers"
    return evaluate(dataclasses.replace(evaluation.inputs, channel=other), evaluation.firm)


def _simulate(vendor: Vendor, firm: Assumptions, draws: Draws, *, strategic: bool) -> _Ledger:
    time = Timeline(firm)
    ledger = _Ledger()
    for x in sample(vendor, draws):
        cases = build_cases(x, vendor, time, strategic=strategic)
        n = max(np.size(value) for value in x.values())
        ledger.add(x, n, list(cases), settle(list(cases.values()), time, x["price"], n))
    ledger.close()
    return ledger


class _Ledger:
    """Payoffs of every draw, and means of what is reported as one, block by block."""

    KEPT = ("price", "transaction_cost_rate", "success_probability", "skills_headcount")

    def __init__(self) -> None:
        self.names: list[str] = []
        self._blocks: list[Settled] = []
        self._inputs: list[Array] = []

    def add(self, x: Point, n: int, names: list[str], settled: Settled) -> None:
        """Take in the cases of one block of n draws."""
        self.names = names
        self._blocks.append(settled)
        self._inputs.append(np.array([np.broadcast_to(x[name], (n,)) for name in self.KEPT]))

    def close(self) -> None:
        """Join the blocks."""
        sizes = np.array([block.payoffs.shape[1] for block in self._blocks])
        share = sizes / sizes.sum()
        self.payoffs = np.concatenate([block.payoffs for block in self._blocks], axis=1)
        self._flows = np.tensordot(share, [block.flows for block in self._blocks], axes=1)
        self._terminal = share @ np.array([block.terminal_values for block in self._blocks])
        inputs = np.concatenate(self._inputs, axis=1)
        self.price, self.rate, self.success, self.headcount = inputs

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def payoff(self, name: str) -> Array:
        """Payoffs of a case, shape (draws,)."""
        case: Array = self.payoffs[self.names.index(name)]
        return case

    def flows(self, name: str) -> tuple[float, ...]:
        """Mean flows of years 0…T."""
        return tuple(self._flows[self.names.index(name)].tolist())

    def terminal_value(self, name: str) -> float:
        """Mean at year T."""
        return float(self._terminal[self.names.index(name)])

    def mean(self, name: str) -> float:
        """Mean payoff of a case."""
        return float(self.payoff(name).mean())

    def means(self) -> Means:
        """What the decision looks at."""
        p, dual, failure = self.success, self.payoff("dual_market"), self.payoff("failure")
        return Means(
            internal_only=self.mean("internal_only"),
            dual_market=self.mean("dual_market"),
            failure=self.mean("failure"),
            compromised=self.mean("compromised"),
            go_external=float((p * dual + (1.0 - p) * failure).mean()),
            build=self.mean("build") if "build" in self else None,
            dual_given_success=_weighted_mean(dual, p),
            failure_given_failure=_weighted_mean(failure, 1.0 - p),
            price=float(self.price.mean()),
            transaction_cost_rate=float(self.rate.mean()),
            outlay=float((self.price * (1.0 + self.rate)).mean()),
            headcount=float(self.headcount.mean()),
            success_probability=float(p.mean()),
        )

    def compromise(self) -> Compromise:
        """What breaking the conditions would do."""
        dual, compromised = self.mean("dual_market"), self.mean("compromised")
        undamaged = self.mean("undamaged") if "undamaged" in self else dual
        return Compromise(
            gain_over_failure=compromised - self.mean("failure"),
            cost_inside=dual - compromised,
            internal_lost=undamaged - compromised,
            competitor_revenue_gained=undamaged - dual,
        )


def _weighted_mean(values: Array, weights: Array) -> float:
    """Mean given an event of these probabilities; the plain mean where it is impossible.

    An event of probability 0 in every draw says nothing about the draws.
    """
    total = float(weights.mean())
    return float((weights * values).mean()) / total if total > 0.0 else float(values.mean())


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return plain_value(value)
