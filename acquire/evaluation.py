"""One vendor from inputs to decision: `evaluate`, and the frozen record it returns."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from acquire.assumptions import Assumptions
from acquire.cases import CASES
from acquire.conditions import Conditions, Costing, full_costing, judge
from acquire.decision import Decision, Means, decide
from acquire.display import MoneyScale, Table, chance, plain_value
from acquire.distribution import Distribution, distribute, distribute_mixture
from acquire.ledger import Ledger, simulate
from acquire.machine import one_thread
from acquire.outcomes import Payoff, summarise, summarise_mixture
from acquire.risk import RiskAttitude, risk_averse
from acquire.scoring import Classification, classify
from acquire.simulation import draws_for
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
        means: what the decision looked at.
        risk: the decision of a firm that dislikes risk; None for one that is risk neutral.
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
    means: Means
    risk: RiskAttitude | None = None

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
        if self.risk is not None:
            result["risk"] = dataclasses.asdict(self.risk)
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
    return evaluate_with_draws(vendor, firm or Assumptions())[0]


@one_thread
def evaluate_with_draws(vendor: Vendor, firm: Assumptions) -> tuple[Evaluation, Ledger]:
    """The evaluation of one vendor, and the payoffs of all its draws; see `evaluate`."""
    inputs = firm.complete(vendor)
    draws = draws_for(firm)
    classification = classify(inputs, firm, draws)
    costing = full_costing(inputs, firm, strategic=classification.strategic)
    conditions = judge(inputs, firm, classification, costing)

    ledger = simulate(inputs, firm, draws, strategic=classification.strategic)
    means = ledger.means()
    alternative, price = means.best_alternative, means.price
    payoffs: dict[str, Payoff | None] = {
        name: summarise(ledger.payoff(name), alternative, price) if name in ledger else None
        for name in CASES
    }
    dual, failure = ledger.payoff("dual_market"), ledger.payoff("failure")
    payoffs["go_external"] = summarise_mixture(dual, failure, ledger.success, alternative, price)
    evaluation = Evaluation(
        vendor=vendor,
        inputs=inputs,
        firm=firm,
        classification=classification,
        conditions=conditions,
        costing=costing,
        payoffs=Payoffs(payoffs, firm.currency),
        cash_flows={n: ledger.flows(n) if n in ledger else None for n in CASES},
        terminal_values={n: ledger.terminal_value(n) if n in ledger else None for n in CASES},
        compromise=_compromise(ledger),
        decision=decide(means, classification, conditions, firm),
        price=price,
        success_probability=means.success_probability,
        means=means,
        risk=risk_averse(ledger, firm, conditions, strategic=classification.strategic),
    )
    return evaluation, ledger


@one_thread
def distribution(evaluation: Evaluation, ledger: Ledger | None = None) -> Distribution:
    """How the payoff is distributed of the strategy that the verdict chooses.

    That of selling outside where no strategy is permitted.

    Args:
        evaluation: of the vendor.
        ledger: the payoffs of its draws, which are computed again when left out.
    """
    if ledger is None:
        draws = draws_for(evaluation.firm)
        strategic = evaluation.classification.strategic
        ledger = simulate(evaluation.inputs, evaluation.firm, draws, strategic=strategic)
    if evaluation.decision.strategy == "internal_only":
        return distribute(ledger.payoff("internal_only"))
    dual, failure = ledger.payoff("dual_market"), ledger.payoff("failure")
    return distribute_mixture(dual, failure, ledger.success)


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


def by_value(evaluations: Iterable[Evaluation]) -> list[Evaluation]:
    """The evaluations, the highest value first; those without a permitted strategy last."""
    return sorted(
        evaluations,
        key=lambda e: (e.decision.value is not None, e.decision.value or 0.0),
        reverse=True,
    )


def through_other_channel(evaluation: Evaluation) -> Evaluation:
    """The same vendor sold through product managers instead of directly, or the reverse."""
    now = evaluation.inputs.channel
    other = "direct" if now == "product_managers" else "product_managers"
    return evaluate(dataclasses.replace(evaluation.inputs, channel=other), evaluation.firm)


def _compromise(ledger: Ledger) -> Compromise:
    """What breaking the conditions would do."""
    dual, compromised = ledger.mean("dual_market"), ledger.mean("compromised")
    undamaged = ledger.mean("undamaged") if "undamaged" in ledger else dual
    return Compromise(
        gain_over_failure=compromised - ledger.mean("failure"),
        cost_inside=dual - compromised,
        internal_lost=undamaged - compromised,
        competitor_revenue_gained=undamaged - dual,
    )


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return plain_value(value)
