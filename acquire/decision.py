"""Which strategies are permitted, what the best is worth, and the verdict with its reasons."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from acquire.assumptions import Assumptions
from acquire.conditions import CONDITION_TITLES, Conditions, Status
from acquire.display import Table, chance, money, one_line, percent
from acquire.ranges import Array
from acquire.scoring import Classification
from acquire.ties import at_least, gaps, less

VERDICTS = {
    "acquire": "Acquire",
    "acquire_internal_only": "Acquire, for internal use only",
    "not_yet": "Not yet",
    "negotiate": "Negotiate the price",
    "do_not_acquire": "Do not acquire",
}

FLAGS = {
    "depends_on_market": "it pays only if external sales succeed",
    "external_blocked": "selling outside would be worth more, but its conditions do not hold",
    "build_is_better": "hiring the skills is worth more than buying the vendor as now permitted",
    "pays_only_by_violation": "it pays only by breaking the conditions: the marginal case",
    "rule_against_numbers": "the figures say that the margin saved pays for internal use alone, "
    "yet the vendor is generic: a competitive market would give most of it without buying",
}

STRATEGIES = {
    "internal_only": "internal use only",
    "go_external": "selling outside as well",
}


@dataclass(frozen=True)
class Means:
    """What the decision looks at: mean payoffs and conditional means, in money.

    Args:
        internal_only, dual_market, failure, go_external: mean payoffs.
        dual_given_success, failure_given_failure: means weighted by the probability of either.
        price: mean price.
        transaction_cost_rate: its mean.
        outlay: mean of price·(1 + transaction_cost_rate).
        headcount: mean number of people to hire.
        success_probability: its mean.
        compromised: mean payoff of breaking the conditions, None where nobody asks.
        build: mean payoff of hiring, None where that is no alternative.
    """

    internal_only: float
    dual_market: float
    failure: float
    go_external: float
    dual_given_success: float
    failure_given_failure: float
    price: float
    transaction_cost_rate: float
    outlay: float
    headcount: float
    success_probability: float
    compromised: float | None = None
    build: float | None = None

    @property
    def best_alternative(self) -> float:
        """The better of going on as today (0) and hiring."""
        return max(0.0, self.build or 0.0)


@dataclass(frozen=True)
class Decision:
    """The verdict, its reasons, and the figures it turns on; money is net present value.

    Args:
        verdict: a key of `VERDICTS`.
        strategy: the best permitted strategy, None where none is permitted.
        value: what it is worth; for a generic vendor the smaller of go_external and dual_market.
        best_alternative: the better of the status quo (0) and hiring.
        flags: keys of `FLAGS`.
        reasons: sentences, in the order in which the rule looked.
        break_even_probability: of success, from which going outside reaches its target; None
            where not even success does.
        walk_away_price: price at which the value equals the best alternative; None without value.
        cost_of_skills: what failing costs more than the best alternative.
        cost_of_skills_per_head: the same per person to hire, None where nobody is.
        currency: of all money.
    """

    verdict: str
    strategy: str | None
    value: float | None
    best_alternative: float
    flags: tuple[str, ...]
    reasons: tuple[str, ...]
    break_even_probability: float | None
    walk_away_price: float | None
    cost_of_skills: float
    cost_of_skills_per_head: float | None
    currency: str

    @property
    def title(self) -> str:
        """The verdict in words."""
        return VERDICTS[self.verdict]

    @property
    def break_even(self) -> str:
        """The break-even probability in words."""
        if self.break_even_probability is None:
            return "none: not even success reaches the target"
        if self.break_even_probability == 0.0:
            return "none needed: it reaches the target even if it fails"
        return percent(self.break_even_probability)

    @property
    def figures(self) -> Table:
        """The figures of the decision, ready to read."""
        rows = [
            ("best permitted strategy", STRATEGIES.get(self.strategy or "", "none is permitted")),
            ("its value", money(self.value, self.currency)),
            ("best alternative", money(self.best_alternative, self.currency)),
            ("walk-away price", money(self.walk_away_price, self.currency)),
            ("break-even probability of success", self.break_even),
            ("cost of skills if it fails", money(self.cost_of_skills, self.currency)),
        ]
        if self.cost_of_skills_per_head is not None:
            rows.append(("… per head", money(self.cost_of_skills_per_head, self.currency)))
        return Table(("figure", "value"), rows, f"Decision: {self.title}")

    @property
    def argument(self) -> str:
        """Verdict, reasons and flags as lines of text."""
        lines = [f"Verdict: {self.title}"]
        lines += [f"  - {one_line(reason)}" for reason in self.reasons]
        lines += [f"  ! {FLAGS[flag]}" for flag in self.flags]
        return "\n".join(lines)

    def __str__(self) -> str:
        return (
            f"{self.argument}\n"
            f"Walk-away price: {money(self.walk_away_price, self.currency)}\n"
            f"Break-even probability: {self.break_even}"
        )

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return self.figures._repr_html_()


@dataclass(frozen=True)
class Ruling:
    """What the rule makes of mean payoffs, without words; money is net present value.

    Args:
        verdict: a key of `VERDICTS`.
        strategy: the best permitted strategy, None where none is permitted.
        value: what it is worth, None likewise.
        outside: what selling outside counts with: for a generic vendor the smaller of go_external
            and dual_market.
        target: what it must reach.
        walk_away: price at which the value equals the best alternative, None without value.
        slacks: by how much the means satisfy the rule of each verdict, negative where they do
            not: only the verdict's own is positive (or 0), and each is continuous in the means.
    """

    verdict: str
    strategy: str | None
    value: float | None
    outside: float
    target: float
    walk_away: float | None
    slacks: Mapping[str, float]


def rule(means: Means, firm: Assumptions, *, strategic: bool, permitted: float) -> Ruling:
    """The first row of the table of verdicts that holds.

    Args:
        means: of the payoffs.
        firm: gives the negotiable discount.
        strategic: whether the vendor is.
        permitted: positive (or 0) where selling outside is permitted; how far from being
            otherwise, as `conditions.slack` has it, or just plus or minus infinity.
    """
    one = {name: np.array([value]) for name, value in vars(means).items() if value is not None}
    return rules(one, firm, strategic=strategic, permitted=np.array([permitted]))[0]


def each(sets: Mapping[str, Array]) -> list[Means]:
    """Means of several sets of draws, every field an array of shape (sets,), one by one."""
    rows = np.array(list(sets.values())).T.tolist()
    return [Means(**dict(zip(sets, row, strict=True))) for row in rows]


def rules(
    sets: Mapping[str, Array], firm: Assumptions, *, strategic: bool, permitted: Array
) -> list[Ruling]:
    """The same for several sets of draws, all at once.

    Args:
        sets: every field of `Means` that is known, shape (sets,).
        firm, strategic: as of `rule`.
        permitted: likewise, shape (sets,).
    """
    price, inside, go_external = (sets[n] for n in ("price", "internal_only", "go_external"))
    alternative = np.maximum(sets.get("build", 0.0), np.zeros_like(price))
    allowed = permitted >= 0.0
    if strategic:
        outside, target = go_external, np.maximum(alternative, inside)
        outwards = allowed & (gaps(outside, inside, price) >= 0.0)  # a tie goes to going outside
        value, some = np.where(outwards, outside, inside), np.ones_like(allowed)
        pays_inside = gaps(inside, alternative, price)
    else:
        outside, target = np.minimum(go_external, sets["dual_market"]), alternative
        outwards, value, some = allowed, outside, allowed
        pays_inside = np.full_like(price, -np.inf)
    walk_away = (value - alternative + sets["outlay"]) / (1.0 + sets["transaction_cost_rate"])
    pays = gaps(outside, target, price)
    lowest = (1.0 - firm.negotiable_discount) * price
    negotiable = np.where(some, gaps(walk_away, lowest, price), -np.inf)
    sells = np.minimum(permitted, pays)
    too_little = np.minimum(-pays, -pays_inside)
    slacks = {
        "acquire": sells,
        "acquire_internal_only": np.minimum(pays_inside, -sells),
        "not_yet": np.minimum(np.minimum(-permitted, pays), -pays_inside),
        "negotiate": np.minimum(negotiable, too_little),
        "do_not_acquire": np.minimum(-negotiable, too_little),
    }
    columns = (outwards, some, value, outside, target, walk_away)
    rulings = []
    for i, (outward, has, worth, beyond, aim, limit) in enumerate(
        zip(*(column.tolist() for column in columns), strict=True)
    ):
        here = {name: float(slack[i]) for name, slack in slacks.items()}
        verdict = next(name for name, slack in here.items() if slack >= 0.0)
        strategy = "go_external" if outward else "internal_only"
        if has:
            rulings.append(Ruling(verdict, strategy, worth, beyond, aim, limit, here))
        else:
            rulings.append(Ruling(verdict, None, None, beyond, aim, None, here))
    return rulings


def decide(
    means: Means, classification: Classification, conditions: Conditions, firm: Assumptions
) -> Decision:
    """The verdict: the first rule that holds, on mean payoffs."""
    strategic = classification.strategic
    price, alternative = means.price, means.best_alternative
    permitted = math.inf if conditions.hold else -math.inf
    ruling = rule(means, firm, strategic=strategic, permitted=permitted)
    verdict, value = ruling.verdict, ruling.value
    outside_pays = at_least(ruling.outside, ruling.target, price)

    survives_failure = at_least(means.failure, alternative, price)
    holds = {
        "depends_on_market": verdict == "acquire" and not survives_failure,
        "external_blocked": verdict == "acquire_internal_only"
        and not conditions.hold
        and outside_pays,
        "build_is_better": less(0.0, alternative, price) and less(value, alternative, price),
        "pays_only_by_violation": verdict != "not_yet"
        and at_least(means.compromised, alternative, price)
        and less(value, alternative, price),
        "rule_against_numbers": not strategic
        and verdict != "acquire"
        and at_least(means.internal_only, alternative, price),
    }
    cost_of_skills = max(0.0, alternative - means.failure)
    judgement = _Judgement(means, classification, conditions, firm, ruling)
    return Decision(
        verdict=verdict,
        strategy=ruling.strategy,
        value=value,
        best_alternative=alternative,
        flags=tuple(flag for flag in FLAGS if holds[flag]),
        reasons=tuple(judgement.reasons()),
        break_even_probability=_break_even(means, ruling.target),
        walk_away_price=ruling.walk_away,
        cost_of_skills=cost_of_skills,
        cost_of_skills_per_head=cost_of_skills / means.headcount if means.headcount else None,
        currency=firm.currency,
    )


def _break_even(means: Means, target: float) -> float | None:
    success, failure = means.dual_given_success, means.failure_given_failure
    if less(success, target, means.price):
        return None
    if at_least(failure, target, means.price):
        return 0.0
    return min((target - failure) / (success - failure), 1.0)


@dataclass(frozen=True)
class _Judgement:
    """What the rule looked at, for its reasons in words and figures."""

    means: Means
    classification: Classification
    conditions: Conditions
    firm: Assumptions
    ruling: Ruling

    def reasons(self) -> list[str]:
        """One sentence per step of the rule, up to the one that decided."""
        verdict = self.ruling.verdict
        said = [self.classification.sentence]
        if self.classification.strategic_value_left_out:
            left_out = self._money(self.classification.strategic_value_left_out)
            said.append(f"As it is generic, its strategic value of {left_out} a year is left out.")
        said += [self._conditions(), self._outside()]
        if verdict == "acquire":
            return [*said, self._even_if_the_market_says_no()]
        said.append(self._internal())
        if verdict == "acquire_internal_only":
            return said
        if verdict == "not_yet":
            said.append(f"It would pay at this price {self._once()}.")
            return said
        said.append(self._price(self.ruling.walk_away, negotiable=verdict == "negotiate"))
        return said

    def _once(self) -> str:
        """What is to come about before selling outside is permitted."""
        steps = [
            "the judgement is approved at executive level"
            if self.conditions[name].status is Status.NEEDS_APPROVAL
            else f"this holds: {CONDITION_TITLES[name].lower()}"
            for name in self.conditions.failing
        ]
        return "once " + ", and once ".join(steps)

    def _money(self, amount: float | None) -> str:
        return money(amount, self.firm.currency)

    @property
    def _alternative(self) -> str:
        """The best other way, in words."""
        better = less(0.0, self.means.best_alternative, self.means.price)
        return "hiring the skills" if better else "going on as today"

    def _conditions(self) -> str:
        if self.conditions.hold:
            return "All four conditions of selling outside are met or do not apply."
        failing = "; ".join(
            f"{CONDITION_TITLES[n].lower()} – {self.conditions[n].status.words} "
            f"({self.conditions[n].explanation})"
            for n in self.conditions.failing
        )
        return f"Selling outside is not permitted: {failing}."

    def _outside(self) -> str:
        m = self.means
        worth = f"Selling outside as well is worth {self._money(m.go_external)} in expectation"
        if self.classification.strategic:
            best = f"the better of internal use alone and {self._alternative}"
        else:
            worth += f" and {self._money(m.dual_market)} if it succeeds"
            best = self._alternative
        outside, target = self.ruling.outside, self.ruling.target
        compared = "no less" if at_least(outside, target, m.price) else "less"
        smaller = "" if self.classification.strategic else ", the smaller of which counts"
        return f"{worth}{smaller}: {compared} than {best} ({self._money(target)})."

    def _internal(self) -> str:
        m = self.means
        worth = f"Internal use alone is worth {self._money(m.internal_only)}"
        alternative = f"{self._alternative} ({self._money(m.best_alternative)})"
        if not self.classification.strategic:
            return f"{worth}, which does not decide: a generic vendor must pay in both markets."
        if at_least(m.internal_only, m.best_alternative, m.price):
            return f"{worth}: no less than {alternative}."
        return f"{worth}: less than {alternative}."

    def _even_if_the_market_says_no(self) -> str:
        m = self.means
        best = self._money(m.best_alternative)
        against = f"{self._money(m.failure)} against {best} for {self._alternative}"
        if at_least(m.failure, m.best_alternative, m.price):
            return f"It pays off even if the external market says no ({against})."
        return (
            f"It does not pay off if the external market says no ({against}); "
            f"success has a chance of {chance(m.success_probability)}."
        )

    def _price(self, walk_away: float | None, *, negotiable: bool) -> str:
        if walk_away is None:
            return "No strategy is permitted as things stand, so no price is right yet."
        price, discount = self.means.price, self.firm.negotiable_discount
        limit = f"{self._money((1.0 - discount) * price)} ({percent(discount, 0)} off)"
        worth = (
            f"It would be worth as much as {self._alternative} at a price of "
            f"{self._money(walk_away)} instead of the expected {self._money(price)}"
        )
        if negotiable:
            return f"{worth}: within reach of a negotiation, down to {limit}."
        if walk_away < 0:
            return f"{worth}: not even as a gift."
        return f"{worth}: out of reach of a negotiation, down to {limit}."
