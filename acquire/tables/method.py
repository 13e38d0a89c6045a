"""Where a vendor's figures come from: its formulas with their figures, step by step.

Every row is what the model's own functions give at mid values; the sums are taken here once more,
year by year in the order of a textbook, and held against those of `evaluate`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from acquire.cases import CASES, build_cases, internal_spend
from acquire.decision import STRATEGIES, VERDICTS, rule
from acquire.display import MoneyScale, Table, money, number, percent, quantity, words
from acquire.evaluation import CASE_TITLES, Evaluation, evaluate
from acquire.ranges import LN_9, Range, metalog
from acquire.sensitivity import Sensitivity
from acquire.simulation import bounds_of, draws_for
from acquire.streams import Timeline, terminal_value, terms
from acquire.streams import yearly as flows_of
from acquire.tables.vendor import shown_value
from acquire.ties import TIE, reaches
from acquire.vendor import COLUMNS, Vendor, mid_values, ranges_of, replaced

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


# strategic or generic


def kind(worked: Worked) -> Table:
    """The two tests of a strategic vendor, with their figures."""
    found = worked.evaluation.classification
    tests = [
        ("score ≥ strategic_threshold", found.score, found.threshold),
        ("differentiation ≥ differentiation_floor", found.differentiation, found.floor),
    ]
    rows = [
        (
            test,
            f"{number(value)} against {number(limit)}",
            "holds" if reaches(value, limit) else "does not hold",
        )
        for test, value, limit in tests
    ]
    rows.append(("both", "", found.kind))
    return Table(
        ("test", "figures", "outcome"),
        rows,
        "Strategic when both hold, otherwise generic; at mid values",
        emphasised=frozenset({2}),
        text_columns=frozenset({1, 2}),
    )


# a range


def example_range(vendor: Vendor) -> tuple[str, Range] | None:
    """The range that serves as an example: the price, or else the first; None without ranges."""
    found = ranges_of(vendor)
    return next(((n, found[n]) for n in sorted(found, key="price".__ne__)), None)


def range_as_distribution(worked: Worked) -> Table:
    """How three percentiles become the coefficients of a metalog."""
    e = worked.evaluation
    example = example_range(e.inputs)
    headings = ("step", "formula", "value")
    if example is None:
        row = ("ranges", "every input is a plain number", "nothing is drawn")
        return Table(headings, [row], "A range as a distribution", text_columns=frozenset({1, 2}))
    name, values = example
    lower, upper = bounds_of(COLUMNS[name])
    m = metalog(values, lower, upper)

    def shown(value: float) -> str:
        return quantity(value, COLUMNS[name].unit, e.firm.currency)

    # the transformed percentiles, back from the coefficients
    g10 = m.a1 + 0.4 * LN_9 * m.a3 - LN_9 * m.a2
    g90 = m.a1 + 0.4 * LN_9 * m.a3 + LN_9 * m.a2
    transform = "ln(x − l)" if upper is None else "ln((x − l)/(u − x))"
    bounds = f"l = {shown(lower)}" + ("" if upper is None else f", u = {shown(upper)}")
    mean = float(draws_for(e.firm).of(name, values).mean())
    rows = [
        (
            "given",
            "P10, P50, P90",
            ", ".join(shown(v) for v in (values.low, values.mid, values.high)),
        ),
        ("bounds of the column", transform, bounds),
        ("g₁₀, g₅₀, g₉₀", "the three values transformed", _list(g10, m.a1, g90)),
        ("a₁", "g₅₀", number(m.a1, 4)),
        ("a₂", "(g₉₀ − g₁₀)/(2·ln 9)", number(m.a2, 4)),
        ("a₃", "(g₁₀ + g₉₀ − 2·g₅₀)/(0.8·ln 9)", number(m.a3, 4)),
        ("mid value", "P50", shown(values.mid)),
        ("mean", f"over {e.firm.trials:,} draws", shown(mean)),
    ]
    return Table(
        headings,
        rows,
        f"The range of {words(name)} as a {'log' if upper is None else 'logit'} metalog",
        text_columns=frozenset({1, 2}),
    )


def _list(*values: float) -> str:
    return ", ".join(number(value, 4) for value in values)


# benefits and external business


def inside(worked: Worked) -> Table:
    """What the vendor is worth inside, before tax, year by year."""
    e, scale = worked.evaluation, worked.scale
    x, time = mid_values(e.inputs), Timeline(e.firm)
    spend = internal_spend(x, time).each_year(1)[:, 0]
    ramp = time.ramp(e.inputs.ramp_years or 1)
    found = worked.cases["internal_only"].terms
    rows = [
        (
            str(t),
            scale.show(float(spend[t - 1]), DIGITS),
            percent(float(ramp[t - 1]), 0),
            *(scale.show(found[n][t - 1], DIGITS) for n in ("insourced", "saving", "strategic")),
        )
        for t in range(1, time.horizon + 1)
    ]
    left_out = e.classification.strategic_value_left_out
    note = (
        f"; the strategic value of {money(left_out, e.firm.currency)} a year is left out, as the "
        "vendor is generic"
        if left_out
        else ""
    )
    return Table(
        ("year", "spend", "ramp", "insourced", "saving", "strategic"),
        rows,
        f"Benefits inside before tax, at mid values, {scale.unit}{note}",
    )


def outside(worked: Worked) -> Table:
    """The external business of `dual_market` before fixed cost, year by year."""
    e, scale = worked.evaluation, worked.scale
    time, case = Timeline(e.firm), worked.cases["dual_market"]
    built = build_cases(mid_values(e.inputs), e.inputs, time, strategic=e.classification.strategic)[
        "dual_market"
    ]
    assert built.receivables is not None  # it sells outside
    owed = built.receivables.each_year(1)[:, 0]
    rows = [
        (
            str(year.year),
            *(
                scale.show(amount, DIGITS)
                for amount in (
                    year.revenue,
                    case.terms["contribution"][year.year - 1],
                    case.terms["go_to_market"][year.year - 1],
                    float(owed[year.year - 1]),
                )
            ),
        )
        for year in e.costing.years
    ]
    return Table(
        ("year", "revenue", "contribution", "go to market", "receivables"),
        rows,
        f"External business of “{CASE_TITLES['dual_market'].lower()}”, at mid values, {scale.unit}",
    )


# cash flows and payoffs


def case_tables(worked: Worked) -> list[Table]:
    """Every case's cash flow, year by year from its terms to its present value."""
    return [_case_table(worked, name) for name in worked.cases]


def _case_table(worked: Worked, name: str) -> Table:
    case, scale = worked.cases[name], worked.scale

    def show(*amounts: float) -> list[str]:
        return [scale.show(amount, DIGITS) for amount in amounts]

    values = case.present_values
    columns = [*case.terms, "profit", "after tax", *(["credit given"] if case.sells else [])]
    empty = [""] * len(columns)
    rows: list[tuple[str, ...]] = [
        ("0", *empty, *show(case.flows[0]), number(1.0, 4), *show(values[0]))
    ]
    for t in range(1, len(case.flows)):
        credit = [case.flows[t] - case.after_tax[t - 1]] if case.sells else []
        amounts = (
            *(amounts[t - 1] for amounts in case.terms.values()),
            case.profits[t - 1],
            case.after_tax[t - 1],
            *credit,
            case.flows[t],
        )
        rows.append((str(t), *show(*amounts), number(case.factors[t], 4), *show(values[t])))
    end = show(case.terminal_value)
    rows.append(("terminal value", *empty, *end, number(case.factors[-1], 4), *show(values[-1])))
    rows.append(("payoff (NPV)", *empty, "", "", *show(case.payoff)))
    return Table(
        ("year", *map(words, columns), "flow", "1/(1 + r)ᵗ", "present value"),
        rows,
        f"{CASE_TITLES[name]}: cash flow at mid values, {scale.unit}",
        emphasised=frozenset({len(rows) - 1}),
    )


def terminal_values(worked: Worked) -> Table:
    """Which of the two terminal values each case has, and why."""
    firm, scale = worked.evaluation.firm, worked.scale
    r, g = firm.discount_rate, firm.terminal_growth
    rows = []
    for name, case in worked.cases.items():
        base, owed = scale.show(case.base, DIGITS), scale.show(case.receivables, DIGITS)
        if g is None:
            how = "none: terminal_growth is null, receivables are collected in year T"
        elif case.base > TIE * mid_values(worked.evaluation.inputs)["price"]:
            rate, growth = number(r, 4), number(g, 4)
            how = f"({base}·(1 + {growth}) − {growth}·{owed})/({rate} − {growth})"
        else:
            how = "closed at the horizon: receivables are collected"
        rows.append((CASE_TITLES[name], base, owed, how, scale.show(case.terminal_value, DIGITS)))
    return Table(
        ("case", "base", "receivables", "formula with its figures", "terminal value"),
        rows,
        f"Terminal value at year {firm.horizon_years}, at mid values, {scale.unit}",
        text_columns=frozenset({3}),
    )


def agreement(worked: Worked) -> Table:
    """The sums above beside `evaluate` at mid values, and the means over the draws."""
    e, mid = worked.evaluation, worked.at_mid
    sums = {name: case.payoff for name, case in worked.cases.items()}
    sums["go_external"] = worked.go_external
    rows = []
    for name, added in sums.items():
        evaluated, drawn = mid.payoffs.defined[name].mean, e.payoffs.defined[name]
        same = abs(added - evaluated) <= TIE * max(abs(added), abs(evaluated), mid.price)
        rows.append(
            (
                CASE_TITLES[name],
                number(added, 2),
                number(evaluated, 2),
                "agree" if same else f"differ by {number(added - evaluated, 2)}",
                number(drawn.mean, 2),
                number(drawn.mean - evaluated, 2),
                number(drawn.standard_error, 2),
            )
        )
    return Table(
        (
            "case",
            "added up here",
            "evaluated at mid values",
            "the two",
            "mean over the draws",
            "mean less mid",
            "error of mean",
        ),
        rows,
        f"Net present value of each case, {e.firm.currency}",
        text_columns=frozenset({3}),
    )


def mixture(worked: Worked) -> Table:
    """Selling outside as success and failure weighed by their probability."""
    e, scale, means = worked.evaluation, worked.scale, worked.evaluation.means

    def row(what: str, p: float, success: float, failure: float, mixed: float) -> tuple[str, ...]:
        won, lost = scale.show(success, DIGITS), scale.show(failure, DIGITS)
        filled = f"{number(p, 4)} · ({won}) + {number(1.0 - p, 4)} · ({lost})"
        return (what, percent(p), won, lost, filled, scale.show(mixed, DIGITS))

    dual, failure = (worked.cases[name].payoff for name in ("dual_market", "failure"))
    rows = [row("at mid values", worked.success, dual, failure, worked.go_external)]
    if e.uncertain:
        rows.append(
            row(
                "means over the draws",
                means.success_probability,
                means.dual_given_success,
                means.failure_given_failure,
                means.go_external,
            )
        )
    return Table(
        ("figures", "p", "if it succeeds", "if it fails", "p·success + (1 − p)·failure", "sum"),
        rows,
        f"Selling outside as well (go_external), {scale.unit}",
        text_columns=frozenset({4}),
    )


# conditions and verdict


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


# what drives it


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
