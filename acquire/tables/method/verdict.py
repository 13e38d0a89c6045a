"""From the figures to the verdict: conditions, rules, limits, and what they depend on."""

from __future__ import annotations

import math

from acquire.decision import STRATEGIES, VERDICTS, rule
from acquire.display import Table, money, number, percent, words
from acquire.sensitivity import Sensitivity
from acquire.tables.method.worked import DIGITS, Worked
from acquire.tables.vendor import shown_value


def worst_year(worked: Worked) -> Table:
    """The year in which the external business earns least at full cost, term by term."""
    e, scale = worked.evaluation, worked.scale
    year = min(e.costing.years, key=lambda y: y.profit)
    parts = [
        ("revenue", "external, as permitted", year.revenue),
        ("variable cost", "with bad debts and product managers", -year.variable_cost),
        ("go to market", "go_to_market_cost, inflated", -year.go_to_market),
        ("fixed cost", "its share by revenue: revenue/(revenue + spend)", -year.fixed_cost_share),
        ("credit", "r/(1 − tax_rate) of the receivables", -year.credit_cost),
        ("profit", "the sum; it may not be below 0 in any year", year.profit),
    ]
    return Table(
        ("term", "meaning", "amount"),
        [(term, meaning, scale.show(amount, DIGITS)) for term, meaning, amount in parts],
        f"The fourth condition in its worst year, year {year.year}, {scale.unit}",
        emphasised=frozenset({len(parts) - 1}),
        text_columns=frozenset({1}),
    )


def rules(worked: Worked) -> Table:
    """The table of verdicts with the figures of this vendor; the row that applies is set bold."""
    e = worked.evaluation
    means, strategic, currency = e.means, e.classification.strategic, e.firm.currency
    permitted = math.inf if e.conditions.hold else -math.inf
    ruling = rule(means, e.firm, strategic=strategic, permitted=permitted)

    def show(value: float | None) -> str:
        return money(value, currency)

    holding = "they hold" if e.conditions.hold else "they do not hold"
    compared = f"{show(ruling.outside)} against {show(ruling.target)}"
    limit = (1.0 - e.firm.negotiable_discount) * means.price
    told = {
        "acquire": (
            "conditions hold and go_external ≥ max(A, payoff(internal_only))"
            if strategic
            else "conditions hold and min(go_external, payoff(dual_market)) ≥ A",
            f"{holding}; {compared}",
        ),
        "acquire_internal_only": (
            ("payoff(internal_only) ≥ A", f"{show(means.internal_only)} against {_best(worked)}")
            if strategic
            else ("never, for a generic vendor", "")
        ),
        "not_yet": (
            "the conditions do not hold, and row 1 would if they did",
            f"{holding}; {compared}",
        ),
        "negotiate": (
            "walk-away price ≥ (1 − negotiable_discount)·price",
            f"{show(ruling.walk_away)} against {show(limit)}",
        ),
        "do_not_acquire": ("otherwise", ""),
    }
    order = list(VERDICTS)
    at = order.index(e.decision.verdict)
    outcomes = ["does not hold"] * at + ["applies"] + ["not looked at"] * (len(order) - at - 1)
    rows = [
        (str(i), VERDICTS[name], *told[name], outcome)
        for i, (name, outcome) in enumerate(zip(order, outcomes, strict=True), start=1)
    ]
    return Table(
        ("row", "verdict", "holds when", "figures", "outcome"),
        rows,
        f"The verdict is the first row that holds, for a {e.classification.kind} vendor; "
        f"A = {_best(worked)}",
        emphasised=frozenset({at}),
        text_columns=frozenset({1, 2, 3, 4}),
    )


def _best(worked: Worked) -> str:
    e = worked.evaluation
    return money(e.decision.best_alternative, e.firm.currency)


def limits(worked: Worked) -> Table:
    """Break-even probability and walk-away price, their formulas filled in."""
    e, scale, means = worked.evaluation, worked.scale, worked.evaluation.means
    permitted = math.inf if e.conditions.hold else -math.inf
    ruling = rule(means, e.firm, strategic=e.classification.strategic, permitted=permitted)

    def show(value: float | None) -> str:
        return scale.show(value, DIGITS)

    won, lost = means.dual_given_success, means.failure_given_failure
    even = e.decision.break_even_probability
    filled = (
        f"({show(ruling.target)} − ({show(lost)}))/({show(won)} − ({show(lost)}))"
        if even
        else f"success {show(won)}, failure {show(lost)}, target {show(ruling.target)}"
    )
    rows = [
        (
            "break-even probability",
            "(target − failure)/(success − failure)",
            filled,
            e.decision.break_even,
        )
    ]
    value, alternative = e.decision.value, e.decision.best_alternative
    paid, rate = show(means.outlay), number(means.transaction_cost_rate, 4)
    rows.append(
        (
            "walk-away price",
            "(V − A + price·(1 + transaction cost rate))/(1 + transaction cost rate)",
            "no strategy is permitted, so there is no V"
            if value is None
            else f"({show(value)} − {show(alternative)} + {paid})/(1 + {rate})",
            money(e.decision.walk_away_price, e.firm.currency),
        )
    )
    strategy = STRATEGIES.get(e.decision.strategy or "", "none permitted")
    return Table(
        ("figure", "formula", "with its figures", "result"),
        rows,
        f"How far price and probability may go, {scale.unit}; V is of: {strategy}",
        text_columns=frozenset({1, 2, 3}),
    )


def reading(worked: Worked, sensitivity: Sensitivity) -> Table:
    """The sensitivity figures of this vendor, one read aloud of each kind."""
    currency = worked.evaluation.firm.currency
    found = sensitivity
    nothing = "no input is a range"
    rows = [
        ("tornado", nothing),
        ("Sobol index", nothing),
        ("EVPI", money(found.evpi, currency) + " for knowing everything, success included"),
    ]
    if found.one_way.bars:
        bar = found.one_way.bars[0]
        low, high = money(bar.low, currency), money(bar.high, currency)
        said = f"{words(bar.input)} at its P10 gives {low}, at its P90 {high}, all others at mid"
        rows[0] = ("tornado", said)
    if found.sobol:
        first = found.sobol[0]
        alone, together = percent(first.first, 0), percent(first.total, 0)
        said = f"{words(first.input)} explains {alone} of the payoff's variance alone"
        rows[1] = ("Sobol index", f"{said}, {together} together with the others")
    if found.evppi:
        most = found.evppi[0]
        said = f"knowing {words(most.input)} is worth at most {money(most.value, currency)}"
        rows.append(("EVPPI", f"{said} (± {money(most.error, currency)})"))
    nearest = next((f for f in found.flips if f.value is not None and f.verdict), None)
    if nearest is None:
        rows.append(("flip", "no single input changes the verdict"))
    else:
        values = f"{shown_value(nearest.value)} instead of {shown_value(nearest.today)}"
        turned = VERDICTS[nearest.verdict or ""].lower()
        rows.append(("flip", f"{words(nearest.input)} at {values}: {turned}"))
    return Table(
        ("figure", "of this vendor"),
        rows,
        "The figures of sensitivity, read aloud",
        text_columns=frozenset({1}),
    )
