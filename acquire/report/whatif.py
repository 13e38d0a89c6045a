"""The part of a page in which a reader asks "what if", without a kernel."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from acquire.display import MoneyScale, money, percent
from acquire.evaluation import CASE_TITLES

PER_CENT = 0.01

FIGURES = {
    "verdict": "verdict",
    "value": "value of the best permitted strategy",
    "walk_away": "walk-away price",
    "break_even": "break-even probability of success",
    "never_lose": "never a loss on external sales, at full cost",
}
CASES = ("go_external", "internal_only", "dual_market", "failure", "build")


def settings_of(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The sliders of a page: what they are called, and between which ends they move.

    Args:
        data: `sensitivity.Discounting` as plain values, with the currency.
    """
    price, rate, growth = data["price"], data["discount_rate"], data["terminal_growth"]
    scale = MoneyScale.of(price, data["currency"])
    high = _rounded(2.5 * price / scale.size)
    apart = "; its range goes with other inputs, a number does not" if data["correlated"] else ""
    found = [
        {
            "name": "price",
            "label": "Price",
            "unit": scale.size,
            "words": scale.unit,
            "low": high / 200,
            "high": high,
            "step": high / 200,
            "evaluated": f"{money(price, data['currency'])} in the mean",
        },
        _share("probability", "Probability that external sales succeed", "%", 0, 100, 1)
        | {"evaluated": f"{percent(data['probability'])} in the mean{apart}"},
        _share("rate", "Discount rate", "% per year", 0, max(30, 250 * rate), 0.25)
        | {"evaluated": percent(rate, 2)},
    ]
    if growth is not None:
        ends = (min(-5, 150 * growth), max(10, 150 * growth))
        found.append(
            _share("growth", "Growth after the horizon", "% per year", *ends, 0.25)
            | {"evaluated": percent(growth, 2)}
        )
    return found


def _share(
    name: str, label: str, words: str, low: float, high: float, step: float
) -> dict[str, Any]:
    return {
        "name": name,
        "label": label,
        "unit": PER_CENT,
        "words": words,
        "low": low,
        "high": high,
        "step": step,
    }


def _rounded(value: float) -> float:
    """Two significant digits."""
    return float(f"{value:.2g}")


def values_of(data: Mapping[str, Any]) -> dict[str, Any]:
    """What the template of the part needs."""
    cases = [
        (name, CASE_TITLES[name]) for name in CASES if name in {"go_external", *data["streams"]}
    ]
    # "</" would end the script element; escaped, it is the same JSON
    text = json.dumps(data, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
    figures = [*FIGURES.items(), *cases]
    return {"settings": settings_of(data), "figures": figures, "data": text, "id": "what-if"}
