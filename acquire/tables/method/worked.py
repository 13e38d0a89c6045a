"""The example worked on a vendor: every case at mid values, added up once more.

Every figure is what the model's own functions give; the sums are taken here, year by year in the
order of a textbook, and held against those of `evaluate`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from acquire.cases import CASES, build_cases
from acquire.display import MoneyScale
from acquire.evaluation import Evaluation, evaluate
from acquire.streams import Timeline, terminal_value, terms
from acquire.streams import yearly as flows_of
from acquire.ties import TIE
from acquire.vendor import mid_values, ranges_of, replaced

DIGITS = 2
"""After the point, of money in a table."""
TERMS = (
    "insourced",
    "saving",
    "strategic",
    "contribution",
    "go_to_market",
    "fixed",
    "one_off",
)
"""Of the profit, in the order of its formula."""


@dataclass(frozen=True)
class WorkedCase:
    """One case at mid values, year by year; money.

    Args:
        terms: of the profit before tax in years 1…T, costs negative, by the formulas' names.
        after_tax: what is left of the profit, years 1…T.
        flows: years 0…T, without terminal value.
        factors: by which years 0…T are discounted.
        base: what year T earns after tax, without the strategic benefit.
        receivables: outstanding at the end of year T.
        terminal_value: at year T, of everything after it.
        sells: whether there is an external business.
    """

    terms: Mapping[str, tuple[float, ...]]
    after_tax: tuple[float, ...]
    flows: tuple[float, ...]
    factors: tuple[float, ...]
    base: float
    receivables: float
    terminal_value: float
    sells: bool

    @property
    def profits(self) -> tuple[float, ...]:
        """Before tax, years 1…T: the sum of the terms."""
        return tuple(map(sum, zip(*self.terms.values(), strict=True)))

    @property
    def present_values(self) -> tuple[float, ...]:
        """Of years 0…T, and of the terminal value last."""
        discounted = [f * d for f, d in zip(self.flows, self.factors, strict=True)]
        return (*discounted, self.terminal_value * self.factors[-1])

    @property
    def payoff(self) -> float:
        """Net present value: the sum of the present values."""
        return math.fsum(self.present_values)


@dataclass(frozen=True)
class Worked:
    """A vendor's evaluation with the example worked on it.

    Args:
        evaluation: of the vendor.
        at_mid: of the same vendor with every range replaced by its mid value.
        cases: at mid values, by name.
    """

    evaluation: Evaluation
    at_mid: Evaluation
    cases: Mapping[str, WorkedCase]

    @property
    def scale(self) -> MoneyScale:
        """One unit of money for all tables."""
        e = self.evaluation
        return MoneyScale.of(e.price, e.firm.currency)

    @property
    def success(self) -> float:
        """Probability of success, the mid value."""
        return mid_values(self.evaluation.inputs)["success_probability"]

    @property
    def go_external(self) -> float:
        """Selling outside at mid values."""
        p = self.success
        return p * self.cases["dual_market"].payoff + (1.0 - p) * self.cases["failure"].payoff


def work(evaluation: Evaluation) -> Worked:
    """Work the example on a vendor."""
    inputs, firm = evaluation.inputs, evaluation.firm
    mid = replaced(inputs, **{name: values.mid for name, values in ranges_of(inputs).items()})
    return Worked(evaluation, evaluate(mid, firm), _worked_cases(evaluation))


def _worked_cases(evaluation: Evaluation) -> dict[str, WorkedCase]:
    x, time = mid_values(evaluation.inputs), Timeline(evaluation.firm)
    strategic = evaluation.classification.strategic
    cases = build_cases(x, evaluation.inputs, time, strategic=strategic)
    worked = {}
    for name in CASES:
        if name not in cases:
            continue
        case = cases[name]
        flows, base, left = flows_of(case, time, 1)
        end = 0.0
        if time.terminal_growth is not None:
            end = float(terminal_value(base, left, TIE * x["price"], time)[0])
        found = terms(case, 1)
        by_term = {n: tuple(found[n][:, 0].tolist()) for n in sorted(found, key=TERMS.index)}
        profits = map(sum, zip(*by_term.values(), strict=True))
        worked[name] = WorkedCase(
            terms=by_term,
            after_tax=tuple(time.keep * profit for profit in profits),
            flows=tuple(flows[:, 0].tolist()),
            factors=(1.0, *time.discount.tolist()),
            base=float(base[0]),
            receivables=float(left[0]),
            terminal_value=end,
            sells=case.receivables is not None,
        )
    return worked
