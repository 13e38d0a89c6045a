"""The verdict's own block: a sentence, the figures that carry it, what would change it, why."""

from __future__ import annotations

import math
from dataclasses import dataclass

from acquire.assumptions import SETTINGS
from acquire.conditions import CONDITION_TITLES, Status
from acquire.decision import FLAGS, STRATEGIES, VERDICTS, rule
from acquire.display import chance, escape, money, percent, quantity, words
from acquire.evaluation import Evaluation
from acquire.sensitivity import Flip, Sensitivity
from acquire.vendor import COLUMNS

NEAREST = 3
"""Inputs named of those that would change the verdict."""


EXPLAINED_IN = (
    "Cash-flow-and-payoff-of-a-case",
    "Mean-over-the-draws,-and-success-weighed-against-failure",
    "Break-even-probability-and-walk-away-price",
    "Break-even-probability-and-walk-away-price",
)
"""Sections of the page about the method that say how the key figures come about."""


@dataclass(frozen=True)
class Banner:
    """The verdict first: a sentence, the figures that carry it, what would change it, why.

    Args:
        evaluation: of the vendor.
        sensitivity: of it, for the inputs that would change the verdict; None to leave them out.
    """

    evaluation: Evaluation
    sensitivity: Sensitivity | None = None

    @property
    def key_figures(self) -> list[tuple[str, str, str]]:
        """(what, figure, remark) of the figures an approver asks for first.

        Where the verdict waits for a condition they are those of what waits.
        """
        e, decision = self.evaluation, self.evaluation.decision
        strategy = None if decision.verdict == "not_yet" else decision.strategy
        payoff = e.payoffs[strategy or "go_external"]
        assert payoff is not None  # only `build` may be undefined, and it is no strategy
        currency = e.firm.currency
        plan = STRATEGIES.get(strategy or "", "if selling outside were permitted")
        spread = (
            f"P10 to P90: {money(payoff.p10, currency)} to {money(payoff.p90, currency)}"
            if e.uncertain or strategy != "internal_only"
            else "no input is uncertain"
        )
        value = payoff.mean if strategy is None else decision.value
        worse = ""
        if decision.best_alternative > 0.0:
            worse = f"; worse than hiring in {chance(payoff.p_below_alternative)}"
        return [
            (
                "Value against going on as today"
                if strategy is not None
                else "Value if selling outside were permitted",
                money(value, currency),
                spread if strategy is None else f"{plan}; {spread}",
            ),
            ("Probability of a loss", chance(payoff.p_loss), f"{plan}{worse}"),
            (
                "Walk-away price",
                money(self._walk_away, currency),
                f"expected: {money(e.price, currency)}; {plan}",
            ),
            (
                "Break-even probability",
                percent(decision.break_even_probability, 0)
                if decision.break_even_probability
                else decision.break_even.partition(":")[0],
                f"estimated: {percent(e.success_probability, 0)}"
                if decision.break_even_probability
                else decision.break_even.partition(": ")[2],
            ),
        ]

    @property
    def _walk_away(self) -> float | None:
        """The walk-away price; where the verdict waits for a condition, once that holds."""
        e = self.evaluation
        if e.decision.verdict != "not_yet":
            return e.decision.walk_away_price
        strategic = e.classification.strategic
        return rule(e.means, e.firm, strategic=strategic, permitted=math.inf).walk_away

    @property
    def caution(self) -> str | None:
        """What a firm that dislikes risk as much as this one would do, where that is otherwise."""
        risk, firm = self.evaluation.risk, self.evaluation.firm
        if risk is None or risk.verdict == self.evaluation.decision.verdict:
            return None
        return (
            f"with its risk tolerance of {money(risk.tolerance, firm.currency)} the firm would "
            f"decide otherwise: {VERDICTS[risk.verdict].lower()} (walk-away price "
            f"{money(risk.walk_away_price, firm.currency)})"
        )

    @property
    def would_change_it(self) -> list[str]:
        """What else would turn the verdict: conditions that it waits for, then single inputs.

        Price and probability of success have their limits in `must_be_true`. The nearest inputs
        with a range come first; of the others, which have no such distance, the nearest is named.
        """
        found = self.sensitivity
        if found is None:
            return []
        flips = [f for f in found.flips if f.value is not None and f.input not in self._limited]
        near = [flip for flip in flips if flip.ranges is not None][:NEAREST]
        plain = [flip for flip in flips if flip.ranges is None]
        near += plain[: 1 if near else NEAREST]
        return self._awaited + [self._said(flip) for flip in near] or [
            "no value of a single other input that was looked at"
        ]

    @property
    def _limited(self) -> set[str]:
        """Inputs whose limits are named among what must be true."""
        limits = {
            "price": self._walk_away,
            "success_probability": self.evaluation.decision.break_even_probability,
        }
        return {name for name, limit in limits.items() if limit is not None and limit > 0.0}

    @property
    def _awaited(self) -> list[str]:
        """What the verdict waits for, if for anything."""
        e = self.evaluation
        if e.decision.verdict != "not_yet":
            return []
        signing = Status.NEEDS_APPROVAL
        missing = [
            f"“{CONDITION_TITLES[name].lower()}” {'approved' if status is signing else 'met'}"
            for name, status in ((n, c.status) for n, c in e.conditions.items())
            if not status.holds
        ]
        return [f"{' and '.join(missing)}: {VERDICTS['acquire'].lower()}"]

    def _said(self, flip: Flip) -> str:
        spec = COLUMNS.get(flip.input) or SETTINGS[flip.input]
        currency = self.evaluation.firm.currency
        return (
            f"{words(flip.input)} at {flip.shown(currency)} instead of "
            f"{quantity(flip.today, spec.unit, currency)}: {VERDICTS[flip.verdict or ''].lower()}"
        )

    @property
    def must_be_true(self) -> list[tuple[bool, str]]:
        """What selling outside rests on, each with whether it holds as things stand."""
        e, decision = self.evaluation, self.evaluation.decision
        found = [
            (condition.status.holds, f"{CONDITION_TITLES[name]}: {condition.status.words}")
            for name, condition in e.conditions.items()
        ]
        even, away = decision.break_even_probability, self._walk_away
        if even is not None and "success_probability" in self._limited:
            said = f"external sales succeed with a probability of at least {percent(even, 0)}"
            estimate = e.success_probability
            found.append((estimate >= even, f"{said} (estimated: {percent(estimate, 0)})"))
        if away is not None and "price" in self._limited:
            currency = e.firm.currency
            said = f"the price is at most {money(away, currency)}"
            reached = e.price <= away
            found.append((reached, f"{said} (expected: {money(e.price, currency)})"))
        return found

    def __str__(self) -> str:
        figures = "\n".join(f"{what}: {value} ({note})" for what, value, note in self.key_figures)
        caution = f"\n  ! {self.caution}" if self.caution else ""
        return f"{self.evaluation.decision.argument}{caution}\n{figures}"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        decision = self.evaluation.decision
        reasons = "".join(f"<li>{escape(reason)}</li>" for reason in decision.reasons)
        flags = "".join(
            f"<li><strong>{escape(flag.replace('_', ' '))}</strong>: {escape(FLAGS[flag])}</li>"
            for flag in decision.flags
        )
        if self.caution:
            flags += f"<li><strong>risk attitude</strong>: {escape(self.caution)}</li>"
        cards = "".join(
            f'<li><span class="what" data-method="{section}">{escape(what)}:</span> '
            f'<strong class="amount">{escape(value)}</strong> '
            f'<span class="note">({escape(note)})</span></li>'
            for (what, value, note), section in zip(self.key_figures, EXPLAINED_IN, strict=True)
        )
        rests = "".join(
            f'<li class="{"holds" if holds else "fails"}">'
            f'<span aria-hidden="true">{"✓" if holds else "✗"}</span> {escape(said)}'
            f"{'' if holds else ' <strong>(does not hold)</strong>'}</li>"
            for holds, said in self.must_be_true
        )
        changes = "".join(f"<li>{escape(said)}</li>" for said in self.would_change_it)
        return (
            f'<section class="verdict {decision.verdict} tex2jax_ignore mathjax_ignore">'
            f'<p class="title"><strong>{escape(decision.title)}</strong></p>'
            f'<p class="sentence">{escape(hinges(self.evaluation))}</p>'
            f'<ul class="figures">{cards}</ul>'
            '<div class="columns"><div><p class="why">What must be true:</p>'
            f'<ul class="rests">{rests}</ul></div>'
            + (
                '<div><p class="why">What else would change it, by itself:</p>'
                f"<ul>{changes}</ul></div>"
                if changes
                else ""
            )
            + "</div>"
            f'<p class="why">Why, in the order in which the rule looked:</p><ol>{reasons}</ol>'
            + (f'<p class="why">To be noted:</p><ul class="flags">{flags}</ul>' if flags else "")
            + "</section>"
        )


def hinges(evaluation: Evaluation) -> str:
    """What the verdict stands for, and the price, chance or condition at which it would turn."""
    e, decision = evaluation, evaluation.decision
    currency = e.firm.currency
    failing = "; ".join(CONDITION_TITLES[name].lower() for name in e.conditions.failing)
    outside = money(e.payoffs.defined["go_external"].mean, currency)
    if decision.value is None:
        return (
            f"Nothing is permitted as things stand; selling outside would be worth {outside}. "
            f"It hinges on what does not hold: {failing}."
        )
    if decision.verdict == "not_yet":
        return (
            f"Selling outside would be worth {outside}, internal use only "
            f"{money(decision.value, currency)}. It hinges on what does not hold: {failing}."
        )
    what = STRATEGIES[decision.strategy or "go_external"]
    said = f"{what.capitalize()} is worth {money(decision.value, currency)}"
    if decision.best_alternative > 0.0:
        said += f", hiring {money(decision.best_alternative, currency)}"
    price, away = money(e.price, currency), money(decision.walk_away_price, currency)
    if decision.verdict in ("acquire", "acquire_internal_only"):
        said += f". It stands up to a price of {away} (expected: {price})"
        even = decision.break_even_probability
        if decision.verdict == "acquire" and even is not None and 0.0 < even < 1.0:
            said += (
                f" and down to a probability of success of {percent(even, 0)} "
                f"(estimated: {percent(e.success_probability, 0)})"
            )
        return f"{said}."
    if (decision.walk_away_price or 0.0) <= 0.0:
        return f"{said}. No price would make it better than the best alternative."
    return f"{said}. It would pay at up to {away} (expected: {price})."


def verdict(evaluation: Evaluation, sensitivity: Sensitivity | None = None) -> Banner:
    """The verdict with its reasons and key figures, and with what would change it."""
    return Banner(evaluation, sensitivity)
