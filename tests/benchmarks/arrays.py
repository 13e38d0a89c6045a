"""The peer with whole (trials × years) arrays: the model as one writes it in NumPy at first.

Every input is drawn for all trials at once and every line of a cash flow is an array of shape
(trials, years). It is checked against the package before it is timed.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import qmc

from acquire.assumptions import Assumptions
from acquire.ranges import Range, metalog
from acquire.simulation import bounds_of
from acquire.vendor import COLUMNS, RANGED, Vendor

Array = NDArray[np.float64]


def draw(vendor: Vendor, firm: Assumptions) -> dict[str, Array]:
    """All inputs of a vendor for all trials, shape (trials, 1) each."""
    sobol = qmc.Sobol(len(RANGED), rng=np.random.default_rng(firm.seed))
    uniform = sobol.random_base2(firm.trials.bit_length() - 1) + 2.0**-31
    drawn = {}
    for i, name in enumerate(RANGED):
        value = getattr(vendor, name)
        if isinstance(value, Range):
            y = uniform[:, i]
            logit = np.log(y / (1 - y))
            m = metalog(value, *bounds_of(COLUMNS[name]))
            x = m.a1 + m.a2 * logit + m.a3 * (y - 0.5) * logit
            if m.upper is None:
                x = m.lower + np.exp(x)
            else:
                x = m.lower + (m.upper - m.lower) / (1 + np.exp(-x))
        else:
            x = np.full(firm.trials, float(value))
        drawn[name] = x[:, None]
    return drawn


def payoffs(
    x: dict[str, Array], vendor: Vendor, firm: Assumptions, *, strategic: bool
) -> dict[str, Array]:
    """Payoff of every case, shape (trials,) each."""
    T = firm.horizon_years
    t = np.arange(1, T + 1)[None, :]
    keep, rate, growth = 1 - firm.tax_rate, firm.discount_rate, firm.terminal_growth
    inflation = (1 + firm.cost_inflation) ** t
    ramp = np.minimum(1, t / vendor.ramp_years)
    k, b = vendor.failure_year, vendor.build_years

    spend = x["internal_spend"] * (1 + x["internal_growth"]) ** t
    insourced = spend * (1 - x["internal_cost_ratio"])
    saving = x["specialisation_saving"] * spend * ramp
    advantage = x["strategic_value"] * ramp * (1 - x["advantage_decay"]) ** (t - 1) * strategic
    m = x["channel_margin"] if vendor.channel == "product_managers" else 0.0
    margin = 1 - x["external_cost_ratio"] - x["bad_debt_rate"] - m
    all_sales = x["external_revenue"] * (1 - x["customer_churn"]) * (1 + x["external_growth"]) ** t
    sales = all_sales * (1 - x["competitor_share"] * strategic)
    to_market = x["go_to_market_cost"] * inflation
    fixed = x["fixed_cost"] * inflation
    internal_fixed = fixed * x["internal_fixed_share"]
    integration = x["integration_cost"] / vendor.integration_years * (t <= vendor.integration_years)
    days = x["days_sales_outstanding"] / 365
    outlay = (x["price"] * (1 + x["transaction_cost_rate"]))[:, 0]

    def payoff(
        profit: Array, strategic_part: Array, receivables: Array, paid: Array | float
    ) -> Array:
        balance = receivables.copy()
        if growth is None:
            balance[:, -1] = 0
        before = np.concatenate([np.zeros((len(balance), 1)), balance[:, :-1]], axis=1)
        flows = profit * keep - (balance - before)
        value = (flows / (1 + rate) ** t).sum(axis=1) - paid
        if growth is not None:
            base = (profit[:, -1] - strategic_part[:, -1]) * keep
            last = balance[:, -1]
            end = np.where(base > 0, (base * (1 + growth) - growth * last) / (rate - growth), last)
            value = value + end / (1 + rate) ** T
        return value

    none = np.zeros_like(spend)
    inside = insourced + saving + advantage
    result = {
        "internal_only": payoff(
            inside - internal_fixed - integration - x["exit_cost"] * (t == 1),
            advantage,
            none,
            outlay,
        ),
        "dual_market": payoff(
            inside + sales * margin - to_market - fixed - integration,
            advantage,
            sales * days,
            outlay,
        ),
    }
    trying = t <= k
    reached = sales * x["failure_revenue_share"] * trying
    result["failure"] = payoff(
        inside
        + reached * margin
        - to_market * trying
        - np.where(trying, fixed, internal_fixed)
        - integration
        - (x["exit_cost"] + x["receivables_write_off"] * reached * days) * (t == k),
        advantage,
        reached * days * (t < k),
        outlay,
    )
    kept = 1 - x["satisfaction_erosion"]
    leaked = advantage * (1 - x["strategic_leak"])
    result["compromised"] = payoff(
        (insourced + saving) * kept + leaked + all_sales * margin - to_market - fixed - integration,
        leaked,
        all_sales * days,
        outlay,
    )
    late = np.where(
        t > b,
        x["strategic_value"]
        * np.minimum(1, (t - b) / vendor.ramp_years)
        * (1 - x["advantage_decay"]) ** np.maximum(t - b - 1, 0)
        * strategic,
        0.0,
    )
    result["build"] = payoff(
        -internal_fixed
        - (t == 1) * x["skills_headcount"] * x["hiring_cost"]
        + (t > b) * (insourced + late),
        late,
        none,
        0.0,
    )
    return result


def summary(values: Array, weights: Array) -> tuple[float, ...]:
    """Mean, P10, P50, P90, P(loss) and the mean of the worst 5 %, by sorting everything."""
    order = np.argsort(values)
    ordered, until = values[order], np.cumsum(weights[order])
    levels = [float(ordered[np.searchsorted(until, q)]) for q in (0.1, 0.5, 0.9)]
    tail = float(values[order][until <= 0.05].mean())
    return (float(values @ weights), *levels, float(weights @ (values < 0)), tail)


def evaluate(vendor: Vendor, firm: Assumptions, *, strategic: bool) -> dict[str, tuple[float, ...]]:
    """Draws, payoffs and their summaries."""
    x = draw(vendor, firm)
    values = payoffs(x, vendor, firm, strategic=strategic)
    n = firm.trials
    even = np.full(n, 1.0 / n)
    result = {name: summary(value, even) for name, value in values.items()}
    p = x["success_probability"][:, 0]
    result["go_external"] = summary(
        np.concatenate([values["dual_market"], values["failure"]]),
        np.concatenate([p, 1 - p]) / n,
    )
    return result
