"""Tables of one vendor."""

from __future__ import annotations

from collections.abc import Mapping

from acquire.assumptions import NESTED, SETTINGS
from acquire.conditions import CONDITION_TITLES
from acquire.decision import STRATEGIES, VERDICTS
from acquire.display import (
    MoneyScale,
    Table,
    money,
    percent,
    short_number,
)
from acquire.evaluation import CASE_TITLES, Evaluation
from acquire.ranges import Range
from acquire.vendor import COLUMNS


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
