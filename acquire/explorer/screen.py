"""What the explorer shows of a session: values, verdict, numbers and charts, all of one state."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import numpy as np

from acquire import figures
from acquire.conditions import CONDITION_TITLES
from acquire.display import NONE, Table, chance, money, percent
from acquire.evaluation import CASE_TITLES, Evaluation
from acquire.explorer.controls import controls, slider, spec_of, typed, usual
from acquire.explorer.session import Seen, Session, spoken
from acquire.figures.frame import Chart
from acquire.ranges import Range
from acquire.sensitivity import price_map, region_maps
from acquire.tables import hinges
from acquire.ties import TIE

LOG_SHOWN = 30
"""Changes that the log shows, the latest first."""

CHARTS = {
    "payoffs": "payoff of every case",
    "distribution": "distribution of the payoff",
    "success": "break-even probability of success",
    "map": "best strategy by price and probability of success",
}
"""The charts that follow every change, by key, in words."""


def form(session: Session) -> dict[str, Any]:
    """What the controls are for the vendor at hand: sliders, marks, which are folded away."""
    given = session.given
    shown = {}
    for name in controls():
        value = given.value(name)
        notches = slider(name, value)
        mark = value.mid if isinstance(value, Range) else value
        shown[name] = {
            "usual": usual(name, given),
            "given": typed(given.cell(name)),
            "mark": float(mark) if notches and mark is not None else None,
            "slider": notches and [notches.low, notches.high, notches.step],
        }
    return {
        "vendor": session.now.vendor_id,
        "currency": session.firm.currency,
        "vendors": {i: v.name for i, v in session.vendors.items()},
        "controls": shown,
    }


def screen(session: Session) -> dict[str, Any]:
    """Everything but the charts, as plain JSON values."""
    now, pinned = session.now, session.pinned
    decision = now.evaluation.decision
    return {
        "vendor": now.vendor_id,
        "name": now.case.vendor.name,
        "values": values(session),
        "differs": session.differences(),
        "verdict": decision.verdict,
        "title": decision.title,
        "hinges": hinges(now.evaluation),
        "reasons": list(decision.reasons),
        "numbers": numbers(now, pinned)._repr_html_(),
        "conditions": conditions(now, pinned)._repr_html_(),
        "pinned": pinned and f"{pinned.case.vendor.name}: {pinned.evaluation.decision.title}",
        "log": [str(entry) for entry in session.log[: -LOG_SHOWN - 1 : -1]],
        "can_undo": session.can_undo,
        "can_redo": session.can_redo,
        "analysis": session.analysed and ("stale", "current")[session.analysed[0] is now],
    }


def values(session: Session) -> dict[str, list[str]]:
    """By control: the cell as typed, what it amounts to as typed, and that in words."""
    case = session.now.case
    found = {}
    for name in controls():
        value = case.value(name)
        said = spoken(value, spec_of(name).unit, case.firm.currency)
        found[name] = [typed(case.cell(name)), typed(value), said]
    return found


def numbers(now: Seen, pinned: Seen | None) -> Table:
    """The figures of the decision and of every case, beside those pinned with the difference."""
    rows = list(_figures(now.evaluation))
    currency = now.evaluation.firm.currency
    if pinned is None:
        return Table(
            ("figure", "now"),
            [(what, shown) for what, _, shown in rows],
            "Net present value against going on as today",
        )
    others = {what: (value, shown) for what, value, shown in _figures(pinned.evaluation)}
    table = []
    for what, value, shown in rows:
        other, other_shown = others.get(what, (None, NONE))
        table.append((what, shown, other_shown, _difference(what, value, other, currency)))
    return Table(
        ("figure", "now", "pinned", "difference"),
        table,
        f"Net present value against going on as today; pinned: {pinned.case.vendor.name}",
    )


SHARES = ("Probability of a loss", "Break-even probability", "Probability of success")


def _figures(evaluation: Evaluation) -> Iterator[tuple[str, float | None, str]]:
    """What, its value and the value in words."""
    decision, currency = evaluation.decision, evaluation.firm.currency
    chosen = evaluation.payoffs.defined[decision.strategy or "go_external"]
    yield "Value", decision.value, money(decision.value, currency)
    yield SHARES[0], chosen.p_loss, chance(chosen.p_loss)
    yield "Price", evaluation.price, money(evaluation.price, currency)
    yield "Walk-away price", decision.walk_away_price, money(decision.walk_away_price, currency)
    p = evaluation.success_probability
    yield SHARES[2], p, percent(p, 0)
    even = decision.break_even_probability
    yield SHARES[1], even, percent(even, 0) if even else decision.break_even.partition(":")[0]
    yield "Best alternative", decision.best_alternative, money(decision.best_alternative, currency)
    for name, payoff in evaluation.payoffs.defined.items():
        yield CASE_TITLES[name], payoff.mean, money(payoff.mean, currency)
        for label, value in (("P10", payoff.p10), ("P90", payoff.p90)):
            yield f"… {label} of {CASE_TITLES[name].lower()}", value, money(value, currency)


def _difference(what: str, value: float | None, other: float | None, currency: str) -> str:
    if value is None or other is None:
        return NONE
    change = value - other
    if abs(change) <= TIE * max(abs(value), abs(other)):
        return "same"
    shown = f"{percent(change, 1)[:-2]} points" if what in SHARES else money(change, currency)
    return f"+{shown}" if change > 0.0 else shown


def conditions(now: Seen, pinned: Seen | None) -> Table:
    """The four conditions with their status, beside those pinned."""
    held = now.evaluation.conditions
    rows = []
    for name, condition in held.items():
        row = [CONDITION_TITLES[name], condition.status.words]
        if pinned is not None:
            row.append(pinned.evaluation.conditions[name].status.words)
        rows.append([*row, condition.explanation])
    heads = ["condition", "now", *(["pinned"] if pinned else []), "figure and limit"]
    texts = frozenset(range(1, len(heads)))
    return Table(heads, rows, "The four conditions of selling outside", text_columns=texts)


def charts(session: Session) -> dict[str, Chart]:
    """The charts that follow every change, by key of `CHARTS`."""
    now, pinned = session.now, session.pinned
    evaluation, currency = now.evaluation, now.evaluation.firm.currency
    price = price_map(evaluation)
    if pinned is None:
        other, shape, there = None, None, None
    else:
        other, shape = pinned.evaluation, pinned.shape
        there = price_map(other).today
    return {
        "payoffs": figures.payoffs.chart(evaluation, other),
        "distribution": figures.distribution.chart(evaluation, now.shape, shape),
        "success": figures.success.chart(evaluation, other),
        "map": figures.region_map.chart(price, currency, there),
    }


def analysis(session: Session) -> dict[str, Chart]:
    """The charts of a sensitivity analysis, of the case for which it was asked last."""
    if session.analysed is None:
        return {}
    seen, sensitivity = session.analysed
    evaluation = seen.evaluation
    others = region_maps(evaluation)[1:]
    maps = {
        f"map-{region.x_input}-{region.y_input}": figures.region_map.chart(
            region, evaluation.firm.currency
        )
        for region in others
    }
    return {
        "tornado": figures.tornado.chart(sensitivity),
        "flips": figures.flips.chart(evaluation, sensitivity),
        "safety": figures.safety.chart(sensitivity),
    } | maps


def encoded(drawn: dict[str, Chart]) -> bytes:
    """Charts as JSON in UTF-8, arrays as plotly.js reads them, without the shared template."""
    content = {key: {"data": c.data, "layout": c.layout} for key, c in drawn.items()}
    return json.dumps(content, default=_array, ensure_ascii=False, separators=(",", ":")).encode()


def _array(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return {
            "dtype": value.dtype.str[1:],
            "bdata": b64encode(np.ascontiguousarray(value).tobytes()).decode("ascii"),
            "shape": ", ".join(map(str, value.shape)),
        }
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"a {type(value).__name__} in a chart")
