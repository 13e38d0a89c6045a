"""From benefits and costs, year by year, to the present value of each case and their mixture."""

from __future__ import annotations

from acquire.cases import build_cases, internal_spend
from acquire.display import Table, money, number, percent, words
from acquire.evaluation import CASE_TITLES
from acquire.streams import Timeline
from acquire.tables.method.worked import DIGITS, Worked
from acquire.ties import TIE
from acquire.vendor import mid_values


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
