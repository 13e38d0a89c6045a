"""What the decision needs at any price, probability, discount rate and terminal growth.

Mean payoffs are linear in price and probability of success, and for any discount rate and growth
they are the discounted sum of the mean cash flows and of the mean parts of the terminal value: of
what earns something at the horizon and goes on, and of what is closed there and collects its
receivables. Which draws are closed depends on neither rate nor growth. So a page that carries
these means knows the decision at any of the four, exactly, without the draws.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from acquire.cases import build_cases
from acquire.conditions import external_business, worst_year
from acquire.decision import Means
from acquire.display import plain_value
from acquire.evaluation import Evaluation
from acquire.ledger import broadcast
from acquire.machine import one_thread
from acquire.ranges import Array
from acquire.simulation import draws_for, sample
from acquire.streams import Timeline, mean_flows, run
from acquire.ties import TIE
from acquire.vendor import mid_values, ranges_of

IF_SUCCESS, IF_FAILURE = "if_success", "if_failure"
"""Payoff of success weighted by its probability, and of failure by what is left of 1."""


@dataclass(frozen=True)
class Stream:
    """Means of a case over the draws, from which its mean payoff follows; money.

    Args:
        flows: years 0…T, without terminal value.
        base: after tax in year T, without the strategic benefit; of draws that go on.
        open: receivables at the horizon of draws that go on.
        closing: receivables at the horizon of draws that are closed there.
    """

    flows: tuple[float, ...]
    base: float
    open: float
    closing: float

    def payoff(self, rate: Array, growth: float | None) -> Array:
        """Mean payoff at discount rates and a terminal growth; None for no terminal value."""
        value = np.polyval(self.flows[::-1], 1.0 / (1.0 + rate))
        if growth is None:
            return np.asarray(value, dtype=float)
        end = (self.base * (1.0 + growth) - growth * self.open) / (rate - growth) + self.closing
        return value + end / (1.0 + rate) ** (len(self.flows) - 1)


@dataclass(frozen=True)
class Discounting:
    """Everything for the decision at other prices, probabilities, discount rates and growths.

    Args:
        streams: by case, and `IF_SUCCESS` and `IF_FAILURE`.
        price, rate, probability: means of the price, of the transaction cost's rate and of the
            probability of success.
        rate_if_success, rate_if_failure: means of that rate, weighted as the streams.
        mid_price: the scale of comparisons in the costing.
        strategic: whether the vendor is.
        others_hold: whether the conditions of selling outside but the fourth hold.
        before_credit: external profit at full cost but for trade credit, years 1…T, at mid values.
        credit: what trade credit costs in addition, per unit of the discount rate.
        unsold: whether there is no external revenue in any year.
        correlated: whether the probability of success is drawn together with other inputs.
        discount_rate, terminal_growth, negotiable_discount: of the firm.
    """

    streams: Mapping[str, Stream]
    price: float
    rate: float
    rate_if_success: float
    rate_if_failure: float
    probability: float
    mid_price: float
    strategic: bool
    others_hold: bool
    before_credit: tuple[float, ...]
    credit: tuple[float, ...]
    unsold: bool
    correlated: bool
    discount_rate: float
    terminal_growth: float | None
    negotiable_discount: float

    def means(
        self,
        today: Means,
        *,
        price: float | Array | None = None,
        probability: float | Array | None = None,
        rate: float | Array | None = None,
    ) -> dict[str, Array]:
        """What the decision looks at elsewhere, exactly; None for what stays as evaluated.

        Args:
            today: as evaluated.
            price, probability: numbers in place of what was drawn, or arrays of shape (k,).
            rate: the discount rate, likewise.

        Returns:
            Every field of `Means`, shape (k,).
        """
        at = np.atleast_1d(self.discount_rate if rate is None else rate)

        def worth(name: str, weight: float = 1.0, weighted_rate: float = self.rate) -> Array:
            stream = self.streams[name]
            value = stream.payoff(at, self.terminal_growth)
            if price is None or name == "build":
                return value
            return value - stream.flows[0] - price * (weight + weighted_rate)

        found: dict[str, float | Array] = {n: v for n, v in vars(today).items() if v is not None}
        cases = ("internal_only", "dual_market", "failure", "compromised", "build")
        found |= {name: worth(name) for name in cases if name in found}
        if price is not None:
            found |= {"price": price, "outlay": price * (1.0 + self.rate)}
        p = self.probability if probability is None else probability
        success, failure = found["dual_market"], found["failure"]
        good, bad = p * success, (1.0 - p) * failure
        if probability is None:
            p = self.probability
            good = worth(IF_SUCCESS, p, self.rate_if_success)
            bad = worth(IF_FAILURE, 1.0 - p, self.rate_if_failure)
            success = good / p if p > 0.0 else success
            failure = bad / (1.0 - p) if p < 1.0 else failure
        found |= {
            "go_external": good + bad,
            "dual_given_success": success,
            "failure_given_failure": failure,
            "success_probability": p,
        }
        return broadcast({name: np.atleast_1d(value) for name, value in found.items()})

    def permitted(self, rates: Array) -> Array:
        """How far selling outside is from being forbidden at discount rates, shape (k,).

        At mid values, as `conditions.slack` has it.
        """
        before, credit = (np.array(v)[:, np.newaxis] for v in (self.before_credit, self.credit))
        profit = before - rates * credit
        slack = worst_year(profit, self.mid_price)
        return slack if self.others_hold and not self.unsold else np.full_like(slack, -np.inf)

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON values, at full precision."""
        found = dict(self.__dict__)
        found["streams"] = {
            name: {
                "flows": list(stream.flows),
                "base": stream.base,
                "open": stream.open,
                "closing": stream.closing,
            }
            for name, stream in self.streams.items()
        }
        return {
            name: list(value) if isinstance(value, tuple) else plain_value(value)
            for name, value in found.items()
        }


_latest: list[tuple[Evaluation, Discounting]] = []
"""The last one asked for, since a report asks several times."""


def discounting(evaluation: Evaluation) -> Discounting:
    """The means of an evaluated vendor's draws that do not depend on how they are discounted."""
    for known, found in _latest:
        if known is evaluation:
            return found
    found = _discounting(evaluation)
    _latest[:] = [(evaluation, found)]
    return found


@one_thread
def _discounting(evaluation: Evaluation) -> Discounting:
    firm, vendor, means = evaluation.firm, evaluation.inputs, evaluation.means
    time, strategic = Timeline(firm), evaluation.classification.strategic
    sums: dict[str, list[Array]] = {}
    total = 0
    weighted_rates = 0.0
    for x in sample(vendor, draws_for(firm)):
        n = max(np.size(value) for value in x.values())
        total += n
        p = np.broadcast_to(x["success_probability"], (n,))
        weighted_rates += float(np.broadcast_to(x["transaction_cost_rate"], (n,)) @ p)
        nothing = TIE * np.broadcast_to(x["price"], (n,))
        cases = build_cases(x, vendor, time, strategic=strategic)
        until = run(list(cases.values()), time, n)
        for row, (name, case) in enumerate(cases.items()):
            weighted: dict[str, Array | None] = {name: None}
            weighted |= {IF_SUCCESS: p} if name == "dual_market" else {}
            weighted |= {IF_FAILURE: 1.0 - p} if name == "failure" else {}
            base, left = until.bases[row], until.left[row]
            goes_on = base > nothing
            ends = np.array([base * goes_on, left * goes_on, left * ~goes_on])
            for key, weights in weighted.items():
                flows = n * mean_flows([case], time, n, weights)[0]
                at_end = ends.sum(axis=1) if weights is None else ends @ weights
                sums.setdefault(key, []).append(np.append(flows, at_end))
    streams = {}
    for name, blocks in sums.items():
        *flows_of, base_of, open_of, closing_of = (np.sum(blocks, axis=0) / total).tolist()
        streams[name] = Stream(tuple(flows_of), base_of, open_of, closing_of)
    mid = mid_values(vendor)
    without, at_one = (
        external_business(
            mid,
            vendor,
            Timeline(replace(firm, discount_rate=rate, terminal_growth=None)),
            strategic=strategic,
        )
        for rate in (0.0, 1.0)
    )
    revenue, before_credit, credit = without[0][:, 0], without[5][:, 0], at_one[4][:, 0]
    held = evaluation.conditions
    return Discounting(
        streams=streams,
        price=means.price,
        rate=means.transaction_cost_rate,
        rate_if_success=weighted_rates / total,
        rate_if_failure=means.transaction_cost_rate - weighted_rates / total,
        probability=means.success_probability,
        mid_price=mid["price"],
        strategic=strategic,
        others_hold=all(c.status.holds for n, c in held.items() if n != "never_lose_money"),
        before_credit=tuple(before_credit.tolist()),
        credit=tuple(credit.tolist()),
        unsold=bool(np.all(revenue == 0.0)),
        correlated=any(
            "success_probability" in pair and ranges_of(vendor).keys() >= set(pair)
            for *pair, _ in firm.correlations
        ),
        discount_rate=firm.discount_rate,
        terminal_growth=firm.terminal_growth,
        negotiable_discount=firm.negotiable_discount,
    )
