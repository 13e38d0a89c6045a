"""The sliders of an offline page against the package, in a real browser."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import acquire as aq
from acquire.report.page import asset_files
from acquire.sensitivity import discounting
from acquire.vendor import Vendor, replaced
from tests.pages import Folder, Visit
from tests.samples import random_firm, random_row, seeded, vendor

pytestmark = pytest.mark.browser

SETTINGS = 200
"""Random settings, spread over vendors."""


def cases() -> list[tuple[Vendor, aq.Assumptions]]:
    """The vendors of the examples, and random ones with ranges, correlations and odd firms."""
    vendors, firm = aq.read_inputs(Path(__file__).parents[2] / "data" / "vendors.csv", trials=256)
    found = [(v, firm) for v in vendors.values()]
    correlated = replace(
        firm,
        correlations=(("price", "success_probability", 0.6), *firm.correlations[1:]),
    )
    found.append((vendors["nimbus"], correlated))
    found.append((vendors["nimbus"], replace(firm, terminal_growth=None)))
    found.append((vendors["peregrade"], replace(firm, discount_rate=0.0, terminal_growth=-0.02)))
    for i in range(12):
        rng = seeded(i)
        settings = random_firm(rng) | {"trials": 64}
        row = random_row(rng, settings["horizon_years"], uncertain=i % 3 > 0)
        found.append((vendor(row), aq.Assumptions(**settings)))
    return found


def asked(rng: random.Random, given: Vendor, firm: aq.Assumptions) -> dict[str, float | None]:
    """Settings a reader may choose, some of them as evaluated."""
    e = aq.evaluate(given, firm)
    rate = rng.choice([firm.discount_rate, rng.uniform(0.01, 0.4)])
    growth = firm.terminal_growth
    if growth is not None:
        growth = rng.choice([growth, rng.uniform(-0.2, 0.2)])
        if growth >= rate:
            growth = rate - 0.01
    return {
        "price": rng.choice([None, e.price * rng.uniform(0.05, 3.0)]),
        "probability": rng.choice([None, 0.0, 1.0, rng.random()]),
        "rate": rate,
        "growth": growth,
    }


def evaluated(given: Vendor, firm: aq.Assumptions, at: dict[str, float | None]) -> aq.Evaluation:
    """The same by the package."""
    changes = {
        column: at[name]
        for name, column in (("price", "price"), ("probability", "success_probability"))
        if at[name] is not None
    }
    other = replace(firm, discount_rate=at["rate"], terminal_growth=at["growth"])
    return aq.evaluate(replaced(given, **changes), other)


def test_the_page_decides_as_the_package(folder: Folder, visit: Callable[..., Visit]) -> None:
    """At 200 random settings verdict, payoffs, limits and condition 4 are the package's."""
    page = visit((folder.out / "index.html").as_uri()).page
    script = asset_files()["whatif.js"].decode()
    page.evaluate(f"() => {{ {script}\n window.decide = decide; }}")
    rng, verdicts = seeded(7), set()
    everything = cases()
    for turn in range(SETTINGS):
        given, firm = everything[turn % len(everything)]
        evaluation = aq.evaluate(given, firm)
        at = asked(rng, given, firm)
        data = json.loads(json.dumps(discounting(evaluation).to_dict()))
        found: dict[str, Any] = page.evaluate("([data, at]) => window.decide(data, at)", [data, at])
        expected = evaluated(given, firm, at)
        price, decision = expected.price, expected.decision
        where = f"{turn}: {given.vendor_id} at {at}"
        close = {"rel": 1e-9, "abs": 1e-9 * price}
        for name, payoff in expected.payoffs.items():
            if payoff is not None:
                assert found["payoffs"][name] == pytest.approx(payoff.mean, **close), where
        assert found["verdict"] == decision.verdict, where
        assert found["strategy"] == decision.strategy, where
        for name, value in (("value", decision.value), ("walkAway", decision.walk_away_price)):
            assert found[name] == (value and pytest.approx(value, **close)), where
        even = decision.break_even_probability
        assert found["breakEven"] == (even and pytest.approx(even, rel=1e-7, abs=1e-9)), where
        fourth = expected.conditions["never_lose_money"]
        assert found["neverLoses"] == fourth.status.holds, where
        assert found["worst"] == pytest.approx(fourth.value, **close), where
        verdicts.add(decision.verdict)
    assert len(verdicts) == 5
