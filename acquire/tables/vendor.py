"""Tables of one vendor, and the verdict's own block."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from acquire.assumptions import NESTED, SETTINGS
from acquire.conditions import CONDITION_TITLES, Status
from acquire.decision import FLAGS, STRATEGIES, VERDICTS, rule
from acquire.display import (
    MoneyScale,
    Table,
    chance,
    escape,
    money,
    percent,
    quantity,
    short_number,
    words,
)
from acquire.evaluation import CASE_TITLES, Evaluation
from acquire.ranges import Range
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


def cash_flows(evaluation: Evaluation) -> Table:
    """Mean cash flow of every case in years 0…T, and the terminal value."""
    flows = {name: f for name, f in evaluation.cash_flows.items() if f is not None}
    scale = MoneyScale.of(evaluation.price, evaluation.firm.currency)
    rows = [
        (str(year), *(scale.show(flow[year], 2) for flow in flows.values()))
        for year in range(evaluation.firm.horizon_years + 1)
    ]
    ends = [scale.show(evaluation.terminal_values[name], 2) for name in flows]
    rows.append(("terminal value", *ends))
    return Table(
        ("year", *(CASE_TITLES[name] for name in flows)),
        rows,
        f"Cash flow after tax per year against going on as today (year 0 is the closing), "
        f"{scale.unit}",
        emphasised=frozenset({len(rows) - 1}),
    )


def price(evaluation: Evaluation) -> Table:
    """Break-even probability and walk-away price, each beside what is planned."""
    e, decision = evaluation, evaluation.decision
    currency = e.firm.currency
    asked = money(e.price, currency)
    away = decision.walk_away_price
    change = 0.0 if away is None else away / e.price - 1.0
    side = "below" if change < 0 else "above"
    return Table(
        ("figure", "limit", "as planned", "meaning"),
        [
            (
                "walk-away price",
                money(away, currency),
                asked,
                "no strategy is permitted as things stand, so no price is right yet"
                if away is None
                else f"there {STRATEGIES[decision.strategy or 'go_external']} is worth as much as "
                f"the best alternative: {percent(abs(change), 0)} {side} the expected price",
            ),
            (
                "break-even probability",
                percent(decision.break_even_probability),
                percent(e.success_probability),
                "from there on selling outside is worth its target"
                if decision.break_even_probability
                else decision.break_even,
            ),
        ],
        "How far price and probability of success may go",
        text_columns=frozenset({3}),
    )


def channels(evaluation: Evaluation, other: Evaluation) -> Table:
    """The vendor sold as planned beside the same sold through the other channel."""
    titles = {"direct": "sold directly", "product_managers": "through product managers"}
    pair = (evaluation, other)
    currency = evaluation.firm.currency

    def mean(e: Evaluation, name: str) -> str:
        payoff = e.payoffs[name]
        return money(payoff.mean if payoff else None, currency)

    def failing(e: Evaluation) -> str:
        return "; ".join(CONDITION_TITLES[n] for n in e.conditions.failing) or "none"

    rows = [
        ("verdict", *(VERDICTS[e.decision.verdict] for e in pair)),
        (
            "value of the best permitted strategy",
            *(money(e.decision.value, currency) for e in pair),
        ),
        (CASE_TITLES["go_external"], *(mean(e, "go_external") for e in pair)),
        (CASE_TITLES["dual_market"], *(mean(e, "dual_market") for e in pair)),
        ("walk-away price", *(money(e.decision.walk_away_price, currency) for e in pair)),
        (
            "break-even probability",
            *(percent(e.decision.break_even_probability) for e in pair),
        ),
        ("conditions that do not hold", *(failing(e) for e in pair)),
    ]
    return Table(
        (
            "figure",
            f"{titles[evaluation.inputs.channel or 'direct']} (as planned)",
            titles[other.inputs.channel or "direct"],
        ),
        rows,
        "The same vendor through the other channel, all other inputs as they are",
        text_columns=frozenset({1, 2}),
    )


def failure(evaluation: Evaluation) -> Table:
    """What failing outside costs, and what breaking the conditions would do."""
    e, decision = evaluation, evaluation.decision
    currency = e.firm.currency
    failed = e.payoffs["failure"]
    rows = [
        (
            "payoff if external sales fail",
            money(failed.mean if failed else None, currency),
            "net present value; the vendor is kept for internal work",
        ),
        (
            "cost of skills",
            money(decision.cost_of_skills, currency),
            "how much dearer failing is than the best other way (hiring, or staying as today)",
        ),
        (
            "… per head",
            money(decision.cost_of_skills_per_head, currency),
            "per person to hire instead"
            if decision.cost_of_skills_per_head is not None
            else "hiring is no alternative here",
        ),
        (
            "tempting: breaking the conditions instead of failing",
            money(e.compromise.gain_over_failure, currency),
            "payoff of the compromised win less that of failing",
        ),
        (
            "its price inside",
            money(e.compromise.cost_inside, currency),
            "payoff of a clean win less that of the compromised one",
        ),
        (
            "… internal benefits lost",
            money(e.compromise.internal_lost, currency),
            "erosion of internal benefits and leak of strategic value",
        ),
        (
            "… competitors' revenue gained",
            money(e.compromise.competitor_revenue_gained, currency),
            "from serving competitors, which no permitted case does"
            if e.classification.strategic
            else "nothing: a generic vendor may serve competitors anyway",
        ),
    ]
    return Table(
        ("figure", "amount", "meaning"),
        rows,
        "If it fails outside, and if it wins only by breaking the conditions",
        text_columns=frozenset({2}),
    )


def inputs(evaluation: Evaluation) -> Table:
    """Every input of the vendor with unit, value or range, and where it comes from."""
    rows = []
    for name, spec in COLUMNS.items():
        given = getattr(evaluation.vendor, name)
        origin = "given"
        if given is None:
            origin = "firm's default" if name in evaluation.firm.defaults else "default"
        value = getattr(evaluation.inputs, name)
        unit = spec.unit.replace("money", evaluation.firm.currency)
        rows.append((name, shown_value(value), unit, origin, spec.meaning.replace("`", "")))
    return Table(
        ("input", "value, or P10..P50..P90", "unit", "source", "meaning"),
        rows,
        "Every input of this vendor",
        text_columns=frozenset({2, 3, 4}),
    )


def assumptions(evaluation: Evaluation) -> Table:
    """Every setting of the firm with its value and the default."""
    firm = evaluation.firm
    rows = []
    for name, spec in SETTINGS.items():
        value = getattr(firm, name)
        source = "default" if value == spec.default else "given"
        shown = "none" if value is None else shown_value(value)
        rows.append((name, shown, spec.unit, source, spec.meaning))
    texts: dict[str, str] = {
        "weights": ", ".join(f"{k} {v:g}" for k, v in firm.weights.items()),
        "correlations": "; ".join(f"{a} with {b}: {c:g}" for a, b, c in firm.correlations),
        "defaults": ", ".join(f"{k} = {shown_value(v)}" for k, v in firm.defaults.items()),
    }
    meanings = {
        "weights": "of the criteria, as shares of their sum",
        "correlations": "rank correlations between uncertain inputs",
        "defaults": "that replace the columns' own",
    }
    rows += [(name, texts[name] or "none", "", "", meanings[name]) for name in NESTED]
    return Table(
        ("setting", "value", "unit", "source", "meaning"),
        rows,
        "The firm's assumptions, the same for every vendor",
        text_columns=frozenset({2, 3, 4}),
    )


def shown_value(value: object) -> str:
    """An input as a reader types it: numbers plainly, a range with its two dots."""
    if isinstance(value, Range):
        return "..".join(short_number(v) for v in (value.low, value.mid, value.high))
    if isinstance(value, int | float):
        return short_number(float(value))
    return str(value) if value not in (None, "") else "–"


def facts(caption: str, rows: Mapping[str, str]) -> Table:
    """Names and values, such as the provenance of a report."""
    return Table(("fact", "value"), list(rows.items()), caption, text_columns=frozenset({1}))
