"""The slow oracle: the model worked out a second time, to test the package against.

It was written from the model's description alone, one draw and one year at a time, with plain
Python and its standard library; it shares nothing with the package.

A vendor is a mapping of columns: a numeric cell is a number or a tuple (low, mid, high), texts are
strings, and what is missing takes its default. The input is taken to be valid: nothing is checked.
Results have the shape of the machine-readable result, without reasons, explanations and
sensitivity.
"""

import math
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist, stdev
from typing import Any

Row = Mapping[str, Any]

CRITERIA = ("differentiation", "client_impact", "scarcity", "specificity", "knowledge")
CASES = ("internal_only", "dual_market", "failure", "compromised")
TOLERANCE = 1e-9
STANDARD = NormalDist()

# fmt: off
DEFAULTS: Row = {
    "offering": "", "channel": "direct", "approved_by": "", "channel_margin": 0.1,
    "integration_years": 2, "ramp_years": 3, "failure_year": 3, "build_years": 2,
    "transaction_cost_rate": 0.03, "internal_fixed_share": 0.6, "days_sales_outstanding": 30.0,
    "internal_growth": 0.0, "specialisation_saving": 0.0, "strategic_value": 0.0,
    "advantage_decay": 0.0, "external_growth": 0.0, "competitor_share": 0.0,
    "customer_churn": 0.0, "go_to_market_cost": 0.0, "bad_debt_rate": 0.0, "exit_cost": 0.0,
    "failure_revenue_share": 0.5, "receivables_write_off": 0.2, "satisfaction_erosion": 0.25,
    "strategic_leak": 0.6, "skills_headcount": 0.0, "hiring_cost": 0.0,
}
ASSUMPTIONS: Row = {
    "currency": "USD", "horizon_years": 10, "discount_rate": 0.09, "tax_rate": 0.25,
    "cost_inflation": 0.02, "terminal_growth": 0.02, "weights": {}, "strategic_threshold": 60.0,
    "differentiation_floor": 4.0, "min_client_satisfaction": 80.0, "min_competence": 7.0,
    "negotiable_discount": 0.35, "approval_margin": 10.0, "correlations": (), "defaults": {},
    "trials": 16384, "seed": 1,
}
AMOUNTS = (
    "price", "integration_cost", "internal_spend", "strategic_value", "fixed_cost", "exit_cost",
    "external_revenue", "external_cost_ratio", "go_to_market_cost", "skills_headcount",
    "hiring_cost",
)
# fmt: on
WEIGHTS: Mapping[str, float] = dict(zip(CRITERIA, (0.30, 0.25, 0.20, 0.10, 0.15), strict=True))

# Bounds of the columns that may be a range, where they are not the 0 to 1 of a share.
BOUNDS: Mapping[str, tuple[float, float | None]] = {
    **dict.fromkeys(CRITERIA, (0.0, 10.0)),
    **dict.fromkeys(AMOUNTS, (0.0, None)),
    **dict.fromkeys(("internal_growth", "external_growth"), (-0.5, 1.0)),
    "days_sales_outstanding": (0.0, 365.0),
}


@dataclass(frozen=True)
class Flows:
    """Cash flows of years 0 to T without the terminal value, the latter, and the payoff."""

    flows: list[float]
    terminal_value: float
    payoff: float


def at_least(a: float, b: float, price: float = 0.0) -> bool:
    """Whether a >= b, equal despite rounding counting as equal; with a price for money."""
    return a >= b - TOLERANCE * max(abs(a), abs(b), price)


def below(a: float, b: float, price: float = 0.0) -> bool:
    return not at_least(a, b, price)


def average(values: Iterable[float]) -> float:
    listed = list(values)
    return math.fsum(listed) / len(listed)


def assumptions(firm: Row) -> Row:
    return {**ASSUMPTIONS, **firm}


def complete(vendor: Row, firm: Row) -> Row:
    """The vendor's row with the defaults in its gaps; those of the firm come first."""
    filled = {column: cell for column, cell in vendor.items() if cell not in (None, "")}
    return {**DEFAULTS, **assumptions(firm)["defaults"], **filled}


def ranges(row: Row) -> dict[str, tuple[float, float, float]]:
    return {column: cell for column, cell in row.items() if isinstance(cell, tuple)}


def at_mid(row: Row) -> Row:
    return {column: cell[1] if isinstance(cell, tuple) else cell for column, cell in row.items()}


def metalog(
    low: float, mid: float, high: float, lower: float, upper: float | None, y: float
) -> float:
    """Quantile y of the metalog with these P10, P50, P90; without upper bound, log metalog."""

    def transformed(x: float) -> float:
        return math.log(x - lower) if upper is None else math.log((x - lower) / (upper - x))

    g10, g50, g90 = transformed(low), transformed(mid), transformed(high)
    a1 = g50
    a2 = (g90 - g10) / (2 * math.log(9))
    a3 = (g10 + g90 - 2 * g50) / (0.8 * math.log(9))
    logit = math.log(y / (1 - y))
    m = a1 + a2 * logit + a3 * (y - 0.5) * logit
    if upper is None:
        return lower + math.exp(m)
    share = 1 / (1 + math.exp(-m)) if m >= 0 else math.exp(m) / (1 + math.exp(m))
    return lower + (upper - lower) * share


def cholesky(matrix: list[list[float]]) -> list[list[float]]:
    root = [[0.0] * len(matrix) for _ in matrix]
    for i in range(len(matrix)):
        for j in range(i + 1):
            rest = matrix[i][j] - sum(root[i][k] * root[j][k] for k in range(j))
            root[i][j] = math.sqrt(rest) if i == j else rest / root[j][j]
    return root


def draw(vendor: Row, firm: Row, rng: random.Random) -> list[Row]:
    """Independent draws of the uncertain columns, through the Gaussian copula."""
    f, row = assumptions(firm), complete(vendor, firm)
    cells = ranges(row)
    columns = list(cells)
    matrix = [[float(a == b) for b in columns] for a in columns]
    for first, second, rank in f["correlations"]:
        if first in cells and second in cells:
            i, j = columns.index(first), columns.index(second)
            matrix[i][j] = matrix[j][i] = 2 * math.sin(math.pi * rank / 6)
    root = cholesky(matrix)
    points: list[Row] = []
    for _ in range(f["trials"]):
        normal = [rng.gauss(0, 1) for _ in columns]
        point: dict[str, float] = {}
        for column, line in zip(columns, root, strict=True):
            y = STANDARD.cdf(sum(a * z for a, z in zip(line, normal, strict=True)))
            point[column] = metalog(*cells[column], *BOUNDS.get(column, (0.0, 1.0)), y)
        points.append(point)
    return points


def normalised_weights(firm: Row) -> dict[str, float]:
    weights = {**WEIGHTS, **assumptions(firm)["weights"]}
    total = math.fsum(weights.values())
    return {criterion: weights[criterion] / total for criterion in CRITERIA}


def verdict_on_criteria(row: Row, weights: Mapping[str, float], firm: Row) -> tuple[float, bool]:
    f = assumptions(firm)
    score = 100 * math.fsum(weights[criterion] * row[criterion] / 10 for criterion in CRITERIA)
    sets_apart = at_least(row["differentiation"], f["differentiation_floor"])
    return score, sets_apart and at_least(score, f["strategic_threshold"])


def classify(vendor_mid: Row, firm: Row) -> dict[str, Any]:
    row = complete(vendor_mid, firm)
    score, strategic = verdict_on_criteria(row, normalised_weights(firm), firm)
    impact = at_least((row["differentiation"] + row["client_impact"]) / 2, 5)
    risk = at_least((row["scarcity"] + row["specificity"]) / 2, 5)
    names = {(True, True): "strategic", (False, True): "bottleneck", (True, False): "leverage"}
    return {
        "score": score,
        "strategic": strategic,
        "differentiation": row["differentiation"],
        "quadrant": names.get((impact, risk), "routine"),
        "strategic_value_left_out": 0.0 if strategic else row["strategic_value"],
    }


def confidence(vendor: Row, firm: Row, rng: random.Random) -> float:
    """p_strategic: the share of own draws of weights and criteria that come out strategic."""
    row, weights = complete(vendor, firm), normalised_weights(firm)
    criteria = {criterion: row[criterion] for criterion in CRITERIA}
    hits = 0
    points = draw(criteria, {**firm, "defaults": {}}, rng)
    for point in points:
        gammas = {c: rng.gammavariate(50 * w, 1) if w > 0 else 0.0 for c, w in weights.items()}
        total = math.fsum(gammas.values())
        drawn = {criterion: gamma / total for criterion, gamma in gammas.items()}
        hits += verdict_on_criteria({**criteria, **point}, drawn, firm)[1]
    return hits / len(points)


def variable_rate(row: Row) -> float:
    margin = row["channel_margin"] if row["channel"] == "product_managers" else 0.0
    return float(row["external_cost_ratio"] + row["bad_debt_rate"] + margin)


def planned_revenue(row: Row, year: int, competitors_served: bool) -> float:
    kept = 1.0 if competitors_served else 1 - row["competitor_share"]
    start = row["external_revenue"] * (1 - row["customer_churn"]) * kept
    return float(start * (1 + row["external_growth"]) ** year)


def spend(row: Row, year: int) -> float:
    return float(row["internal_spend"] * (1 + row["internal_growth"]) ** year)


def advantage(row: Row, year: int, strategic: bool) -> float:
    """Strategic value in a year counted from the start of the benefits."""
    if not strategic:
        return 0.0
    ramp = min(1, year / row["ramp_years"])
    return float(row["strategic_value"] * ramp * (1 - row["advantage_decay"]) ** (year - 1))


def closed(yearly: list[float], base: float, receivables: float, row: Row, f: Row) -> Flows:
    """Add what follows year T, and discount."""
    r, g = f["discount_rate"], f["terminal_growth"]
    if g is None:
        terminal = 0.0
    elif below(0, base, row["price"]):
        terminal = (base * (1 + g) - g * receivables) / (r - g)
    else:
        terminal = receivables
    payoff = math.fsum(flow / (1 + r) ** year for year, flow in enumerate(yearly))
    return Flows(yearly, terminal, payoff + terminal / (1 + r) ** (len(yearly) - 1))


def owned(row: Row, f: Row, strategic: bool, case: str) -> Flows:
    """A case after buying. `served` is `compromised` without its damage inside."""
    horizon, closing = f["horizon_years"], row["failure_year"]
    damaged = case == "compromised"
    yearly = [-row["price"] * (1 + row["transaction_cost_rate"])]
    receivables = profit = strategic_benefit = 0.0
    for year in range(1, horizon + 1):
        sells = case != "internal_only" and not (case == "failure" and year > closing)
        inflation = (1 + f["cost_inflation"]) ** year

        internal = spend(row, year) * (1 - row["internal_cost_ratio"])
        ramp = min(1, year / row["ramp_years"])
        internal += row["specialisation_saving"] * spend(row, year) * ramp
        strategic_benefit = advantage(row, year, strategic)
        if damaged:
            internal *= 1 - row["satisfaction_erosion"]
            strategic_benefit *= 1 - row["strategic_leak"]

        revenue = go_to_market = 0.0
        fixed = row["fixed_cost"] * inflation
        if sells:
            revenue = planned_revenue(row, year, not strategic or case in ("compromised", "served"))
            if case == "failure":
                revenue *= row["failure_revenue_share"]
            go_to_market = row["go_to_market_cost"] * inflation
        else:
            fixed *= row["internal_fixed_share"]

        one_off = 0.0
        if year <= row["integration_years"]:
            one_off += row["integration_cost"] / row["integration_years"]
        if case == "internal_only" and year == 1:
            one_off += row["exit_cost"]
        before, receivables = receivables, revenue * row["days_sales_outstanding"] / 365
        if case == "failure" and year == closing:
            one_off += row["exit_cost"] + row["receivables_write_off"] * receivables
            receivables = 0.0
        if f["terminal_growth"] is None and year == horizon:
            receivables = 0.0

        contribution = revenue * (1 - variable_rate(row))
        profit = internal + strategic_benefit + contribution - go_to_market - fixed - one_off
        yearly.append(profit * (1 - f["tax_rate"]) - (receivables - before))
    base = (profit - strategic_benefit) * (1 - f["tax_rate"])
    return closed(yearly, base, receivables, row, f)


def hired(row: Row, f: Row, strategic: bool) -> Flows:
    """The alternative `build`: a team hired instead."""
    yearly = [0.0]
    profit = strategic_benefit = 0.0
    for year in range(1, f["horizon_years"] + 1):
        fixed = row["fixed_cost"] * (1 + f["cost_inflation"]) ** year
        profit = -row["internal_fixed_share"] * fixed
        if year == 1:
            profit -= row["skills_headcount"] * row["hiring_cost"]
        if year > row["build_years"]:
            strategic_benefit = advantage(row, year - row["build_years"], strategic)
            insourced = spend(row, year) * (1 - row["internal_cost_ratio"])
            profit += insourced + strategic_benefit
        yearly.append(profit * (1 - f["tax_rate"]))
    return closed(yearly, (profit - strategic_benefit) * (1 - f["tax_rate"]), 0.0, row, f)


def flows(point: Row, firm: Row, strategic: bool) -> dict[str, Flows]:
    """Every case at one point, a row without ranges; `build` only where it is defined."""
    f, row = assumptions(firm), complete(point, firm)
    cases = {case: owned(row, f, strategic, case) for case in CASES}
    if row["skills_headcount"] > 0:
        cases["build"] = hired(row, f, strategic)
    return cases


def costing(vendor_mid: Row, firm: Row, strategic: bool) -> list[dict[str, float]]:
    """The full-cost external profit of `dual_market`, year by year."""
    f, row = assumptions(firm), complete(vendor_mid, firm)
    table: list[dict[str, float]] = []
    for year in range(1, f["horizon_years"] + 1):
        inflation = (1 + f["cost_inflation"]) ** year
        revenue = planned_revenue(row, year, not strategic)
        share = revenue / (revenue + spend(row, year))
        credit = revenue * row["days_sales_outstanding"] / 365
        line = {
            "year": year,
            "revenue": revenue,
            "variable_cost": revenue * variable_rate(row),
            "go_to_market": row["go_to_market_cost"] * inflation,
            "fixed_cost_share": row["fixed_cost"] * inflation * share,
            "credit_cost": f["discount_rate"] / (1 - f["tax_rate"]) * credit,
        }
        costs = ("variable_cost", "go_to_market", "fixed_cost_share", "credit_cost")
        line["profit"] = revenue - math.fsum(line[cost] for cost in costs)
        table.append(line)
    return table


def conditions(vendor_mid: Row, firm: Row) -> dict[str, dict[str, Any]]:
    f, row = assumptions(firm), complete(vendor_mid, firm)
    kind = classify(row, firm)
    table = costing(row, firm, kind["strategic"])

    def held(value: float, limit: float, direct_only: bool, price: float = 0.0) -> dict[str, Any]:
        status = "met" if at_least(value, limit, price) else "not_met"
        if direct_only and row["channel"] == "product_managers":
            status = "not_applicable"
        return {"status": status, "value": value, "limit": limit}

    near = at_least(kind["score"], f["strategic_threshold"] - f["approval_margin"])
    unsigned = not row["approved_by"].strip()
    competitors = row["external_revenue"] * row["competitor_share"] > 0
    third = "met"
    if row["channel"] == "product_managers":
        third = "not_applicable"
    elif competitors and (kind["strategic"] or near) and unsigned:
        third = "needs_approval"
    fourth = held(min(line["profit"] for line in table), 0.0, False, row["price"])
    if table[0]["revenue"] == 0:
        fourth["status"] = "not_met"
    satisfied = held(row["client_satisfaction"], f["min_client_satisfaction"], True)
    signed = {"status": third, "value": row["competitor_share"], "limit": None}
    return {
        "internal_clients_first": satisfied,
        "distinctive_competence": held(row["competence"], f["min_competence"], True),
        "nothing_strategic_to_competitors": signed,
        "never_lose_money": fourth,
    }


def summary(
    values: Sequence[float], weights: Sequence[float], alternative: float, price: float
) -> dict[str, float]:
    """Statistics of weighted values; all but the standard error."""
    total = math.fsum(weights)
    pairs = sorted((v, w / total) for v, w in zip(values, weights, strict=True) if w > 0)

    def percentile(level: float) -> float:
        reached = 0.0
        for value, weight in pairs:
            reached += weight
            if reached >= level - TOLERANCE:
                return value
        return pairs[-1][0]

    left, worst = 0.05, []
    for value, weight in pairs:
        worst.append(value * min(weight, left))
        left -= min(weight, left)
    return {
        "mean": math.fsum(v * w for v, w in pairs),
        "p10": percentile(0.1),
        "p50": percentile(0.5),
        "p90": percentile(0.9),
        "p_loss": math.fsum(w for v, w in pairs if below(v, 0, price)),
        "p_below_alternative": math.fsum(w for v, w in pairs if below(v, alternative, price)),
        "expected_shortfall": math.fsum(worst) / 0.05,
    }


def standard_error(values: Sequence[float]) -> float:
    """Of the mean of independent draws, from the sample."""
    return stdev(values) / math.sqrt(len(values)) if len(values) > 1 else 0.0


def given(values: Sequence[float], weights: Sequence[float]) -> float:
    """Mean given an outcome with these probabilities; the plain mean where it is impossible."""
    total = math.fsum(weights)
    if total == 0:
        return average(values)
    return math.fsum(v * w for v, w in zip(values, weights, strict=True)) / total


def break_even(success: float, failure: float, target: float, price: float) -> float | None:
    if below(success, target, price):
        return None
    if at_least(failure, target, price):
        return 0.0
    return (target - failure) / (success - failure)


def decide(
    means: Mapping[str, float], best: float, f: Row, strategic: bool, hold: bool, price: float
) -> dict[str, Any]:
    """Strategy, value, walk-away price, verdict and flags."""
    internal, outside = means["internal_only"], means["go_external"]
    if not strategic:
        outside = min(outside, means["dual_market"])
    strategy, value = ("internal_only", internal) if strategic else (None, None)
    if hold and (value is None or at_least(outside, value, price)):
        strategy, value = "go_external", outside
    walk_away = None if value is None else (value - best + means["paid"]) / (1 + means["rate"])

    pays_outside = at_least(outside, max(best, internal) if strategic else best, price)
    pays_inside = at_least(internal, best, price)
    asked = (1 - f["negotiable_discount"]) * price
    if hold and pays_outside:
        verdict = "acquire"
    elif strategic and pays_inside:
        verdict = "acquire_internal_only"
    elif pays_outside:
        verdict = "not_yet"
    elif walk_away is not None and at_least(walk_away, asked, price):
        verdict = "negotiate"
    else:
        verdict = "do_not_acquire"

    dearer = value is None or below(value, best, price)
    violation = at_least(means["compromised"], best, price) and dearer
    flags = {
        "depends_on_market": verdict == "acquire" and below(means["failure"], best, price),
        "external_blocked": verdict == "acquire_internal_only" and not hold and pays_outside,
        "build_is_better": below(0, best, price) and dearer,
        "pays_only_by_violation": violation and verdict != "not_yet",
        "rule_against_numbers": not strategic and pays_inside and verdict != "acquire",
    }
    return {
        "strategy": strategy,
        "value": value,
        "verdict": verdict,
        "flags": [name for name, raised in flags.items() if raised],
        "walk_away_price": walk_away,
    }


def evaluate(vendor: Row, firm: Row, points: Sequence[Row] | None = None) -> dict[str, Any]:
    """The whole result; `points` are the draws to use, as columns and values, one per draw."""
    f, row = assumptions(firm), complete(vendor, firm)
    mid, rng = at_mid(row), random.Random(f["seed"])
    if points is None:
        points = draw(row, firm, rng) if ranges(row) else [{}]
    rows = [{**mid, **point} for point in points]
    kind = classify(mid, firm)
    strategic: bool = kind["strategic"]
    met = conditions(mid, firm)
    hold = all(condition["status"] in ("met", "not_applicable") for condition in met.values())

    drawn = [flows(point, firm, strategic) for point in rows]
    values = {case: [cases[case].payoff for cases in drawn] for case in drawn[0]}
    means = {case: average(payoffs) for case, payoffs in values.items()}
    served = average(owned(point, f, strategic, "served").payoff for point in rows)
    win = [point["success_probability"] for point in rows]
    lose = [1 - p for p in win]
    dual, failure = values["dual_market"], values["failure"]
    mixed = [p * d + q * x for p, q, d, x in zip(win, lose, dual, failure, strict=True)]
    best = max(0.0, means.get("build", 0.0))
    price = average(point["price"] for point in rows)

    payoffs: dict[str, dict[str, float] | None] = {"build": None}
    for case, sample in values.items():
        statistics = summary(sample, [1.0] * len(rows), best, price)
        payoffs[case] = {**statistics, "standard_error": standard_error(sample)}
    mixture = summary([*dual, *failure], [*win, *lose], best, price)
    payoffs["go_external"] = {**mixture, "standard_error": standard_error(mixed)}

    skills = max(0.0, best - means["failure"])
    heads = average(point["skills_headcount"] for point in rows)
    given_success, given_failure = given(dual, win), given(failure, lose)
    target = max(best, means["internal_only"]) if strategic else best
    rates = [point["transaction_cost_rate"] for point in rows]
    paid = [point["price"] * (1 + rate) for point, rate in zip(rows, rates, strict=True)]
    means |= {"go_external": average(mixed), "rate": average(rates), "paid": average(paid)}
    return {
        **{column: row[column] for column in ("vendor_id", "name")},
        **{setting: f[setting] for setting in ("currency", "trials", "seed")},
        "price": price,
        "success_probability": average(win),
        "classification": {**kind, "p_strategic": confidence(vendor, firm, rng)},
        "conditions": met,
        "payoffs": payoffs,
        "cash_flows": {
            case: [
                average(cases[case].flows[t] for cases in drawn)
                for t in range(f["horizon_years"] + 1)
            ]
            for case in values
        },
        "terminal_values": {
            case: average(cases[case].terminal_value for cases in drawn) for case in values
        },
        "costing": costing(mid, firm, strategic),
        "best_alternative": best,
        **decide(means, best, f, strategic, hold, price),
        "break_even_probability": break_even(given_success, given_failure, target, price),
        "cost_of_skills": skills,
        "cost_of_skills_per_head": skills / heads if heads > 0 else None,
        "compromise": {
            "gain_over_failure": means["compromised"] - means["failure"],
            "cost_inside": means["dual_market"] - means["compromised"],
            "internal_lost": served - means["compromised"],
            "competitor_revenue_gained": served - means["dual_market"],
        },
    }
