"""What changed between two folders of reports: as tables, and as text for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from acquire.changes import Changes, InputChange, Listed, Move, Step, VendorChange
from acquire.changes.comparison import MONEY
from acquire.conditions import CONDITION_TITLES, Status
from acquire.decision import STRATEGIES, VERDICTS
from acquire.display import (
    CAPTION,
    MINUS,
    NONE,
    MoneyScale,
    Table,
    chance,
    money,
    number,
    one_line,
    percent,
)
from acquire.tables.differences import input_change

FIGURE_TITLES = {
    "value": "value of the best permitted strategy",
    "payoff": "payoff",
    "walk_away_price": "walk-away price",
    "price": "price",
    "break_even_probability": "break-even probability",
    "success_probability": "probability of success",
    "p_loss": "P(loss)",
    "p_strategic": "P(strategic)",
    "score": "score",
}
"""Figures that may move, by name."""

METHOD = (
    "Each input counts with the mean of two steps: the inputs are changed one by one in the order "
    "of the table, and in the reverse order. The verdict stands where it flips in the order of "
    "the table."
)
"""How the steps of a bridge come about."""

MOST_TOLD, MOST_STEPS, MOST_LISTED = 5, 8, 20
"""On a terminal: vendors with the same verdict that are told in full, steps of a bridge, and names
of one list."""


def settings_changed(changes: Changes) -> Table:
    """The settings of the firm that changed."""
    return _inputs(changes.settings, changes.currency, "Settings of the firm that changed")


def inputs_changed(vendor: VendorChange, currency: str) -> Table:
    """The columns of a vendor that changed."""
    return _inputs(vendor.inputs, currency, "Inputs that changed")


def _inputs(changed: Sequence[InputChange], currency: str, caption: str) -> Table:
    rows = [input_change(c.name, c.old, c.new, currency) for c in changed]
    return Table(("input", "before", "now", "unit"), rows, caption, text_columns=frozenset({3}))


def figures_moved(vendor: VendorChange, currency: str) -> Table:
    """The figures of a vendor that moved."""
    rows = []
    for move in vendor.moves:
        title = FIGURE_TITLES[move.figure]
        if move.figure in ("payoff", "p_loss"):
            title += f" of {STRATEGIES[vendor.way]}"
        rows.append((title, *_figure(move, currency)))
    return Table(("figure", "before", "now", "moved by"), rows, "Figures that moved")


def _figure(move: Move, currency: str) -> tuple[str, str, str]:
    """Before, now and by how much; where rounding would hide the move, with more digits."""
    if move.figure in MONEY:
        by = None if move.by is None else signed_money(move.by, currency)
        return money(move.old, currency), money(move.new, currency), by or NONE
    if move.figure == "score":
        by = None if move.by is None else _signed(move.by, number(abs(move.by), 2))
        return number(move.old, 2), number(move.new, 2), by or NONE
    show = chance if move.figure in ("p_loss", "p_strategic") else percent
    points = None
    if move.by is not None:
        points = _signed(move.by, f"{number(abs(100.0 * move.by), 1)} points")
    return show(move.old), show(move.new), points or NONE


def signed_money(value: float, currency: str) -> str:
    """Such as "+USD 1.2 million"."""
    return _signed(value, money(abs(value), currency))


def _signed(value: float, shown: str) -> str:
    return f"{MINUS if value < 0 else '+'}{shown}"


def bridge(vendor: VendorChange, currency: str, most: int | None = None) -> Table:
    """The steps of a vendor's bridge, from the payoff before to the payoff now.

    Args:
        vendor: of which they are.
        currency: of all money.
        most: number of steps beyond which the smallest that flip nothing are summed up; None for
            no limit.

    Raises:
        ValueError: the vendor has none.
    """
    made = vendor.bridge
    if made is None:
        raise ValueError(f"no bridge of {vendor.vendor_id}")
    sizes = (made.old, made.new, *(step.amount for step in made.steps))
    scale = MoneyScale.of(max(map(abs, sizes)) or 1.0, currency)
    first = ("payoff before", "", "", scale.show(made.old, 2), "")
    last = ("payoff now", "", "", scale.show(made.new, 2), "")
    kept, others = _largest(made.steps, most)
    rows = [first, *(_step(step, scale, currency) for step in kept)]
    if others:
        amount = sum(step.amount for step in others)
        rows.append((f"{len(others)} others", "", "", _moved(amount, scale), ""))
    rows.append(last)
    return Table(
        ("what changed", "before", "now", "moves the payoff by", "verdict"),
        rows,
        f"From the payoff before to the payoff now of {STRATEGIES[made.strategy]}, {scale.unit}",
        emphasised=frozenset({0, len(rows) - 1}),
        text_columns=frozenset({4}),
    )


def _largest(steps: Sequence[Step], most: int | None) -> tuple[list[Step], list[Step]]:
    """The steps to be shown, in their order, and those to be summed up."""
    if most is None or len(steps) <= most:
        return list(steps), []
    by_size = sorted(steps, key=lambda step: (step.verdicts is None, -abs(step.amount)))
    shown = {id(step) for step in by_size[: most - 1]}
    kept = [step for step in steps if id(step) in shown]
    return kept, [step for step in steps if id(step) not in shown]


def _moved(amount: float, scale: MoneyScale) -> str:
    shown = scale.show(abs(amount), 2)
    return _signed(amount, shown) if amount else shown


def _step(step: Step, scale: MoneyScale, currency: str) -> tuple[str, str, str, str, str]:
    shown = [input_change(c.name, c.old, c.new, currency) for c in step.inputs]
    before, now = ("; ".join(row[i] for row in shown) for i in (1, 2))
    label = step.label if shown else "calculation (draws, or another version)"
    flip = "" if step.verdicts is None else f"→ {VERDICTS[step.verdicts[1]]}"
    return label, before, now, _moved(step.amount, scale), flip


def turned(vendor: VendorChange) -> list[str]:
    """The conditions that turned, in words."""
    return [
        f"{CONDITION_TITLES[turn.condition]}: {Status(turn.old).words} → {Status(turn.new).words}"
        for turn in vendor.conditions
    ]


def verdict_line(vendor: VendorChange) -> str:
    """The verdict, or what it was and what it is."""
    old, new = (VERDICTS[verdict] for verdict in vendor.verdicts)
    return f"{old} → {new}" if vendor.flipped else f"{new}, as before"


def payoff_line(vendor: VendorChange, currency: str) -> str:
    """By how much the payoff moved."""
    for move in vendor.moves:
        if move.figure == "payoff":
            before, now, by = _figure(move, currency)
            return f"payoff of {STRATEGIES[vendor.way]}: {before} → {now} ({by})"
    return f"payoff of {STRATEGIES[vendor.way]}: as before"


def strategy_line(vendor: VendorChange) -> str | None:
    """The best permitted strategy where it is another."""
    old, new = (STRATEGIES[s] if s else "none permitted" for s in vendor.strategies)
    return None if old == new else f"best strategy: {old} → {new}"


def what_changed(changes: Changes) -> str:
    """The most important of it as text: flipped verdicts first, then the largest moves."""
    head = one_line(f"What changed from {changes.old} to {changes.new}")
    counted = ", ".join(f"{number} {words}" for words, number in changes.counts.items())
    parts = [f"{head}\n{counted}"]
    currency, flips = changes.currency, changes.flips[:MOST_LISTED]
    others = changes.vendors[len(flips) :]
    parts += [_vendor_text(vendor, currency) for vendor in flips]
    if changes.settings:
        parts.append(str(settings_changed(changes)))
    parts += [_vendor_text(vendor, currency) for vendor in others[:MOST_TOLD]]
    lines = [_vendor_line(v, currency) for v in others[MOST_TOLD:][:MOST_LISTED]]
    more = len(others) - MOST_TOLD - len(lines)
    if lines:
        lines += [f"{more} more that moved less; JSON and page have all"] * (more > 0)
        parts.append("\n".join(["Moved less:", *(f"  {line}" for line in lines)]))
    lists = (
        ("Added", changes.added),
        ("Gone", changes.gone),
        ("Without a result now", changes.missing),
    )
    parts += [f"{title}: {_listed(vendors)}" for title, vendors in lists if vendors]
    if any(vendor.bridge for vendor in changes.vendors):
        parts.append(textwrap.fill(METHOD, CAPTION))
    return "\n\n".join(parts)


def _vendor_text(vendor: VendorChange, currency: str) -> str:
    lines = [one_line(f"{vendor.name} ({vendor.vendor_id}): {verdict_line(vendor)}")]
    lines.append(one_line(f"  {payoff_line(vendor, currency)}"))
    strategy = strategy_line(vendor)
    lines += [f"  {line}" for line in ([strategy] if strategy else []) + turned(vendor)]
    tables = []
    others = [row for row in figures_moved(vendor, currency).rows if not _is_payoff(row)]
    if others:
        tables.append(Table(("figure", "before", "now", "moved by"), others))
    if vendor.bridge is not None:
        tables.append(bridge(vendor, currency, MOST_STEPS))
    elif vendor.inputs:
        tables.append(inputs_changed(vendor, currency))
    for table in tables:
        lines += ["", *(f"  {line}" for line in str(table).split("\n"))]
    return "\n".join(lines)


def _vendor_line(vendor: VendorChange, currency: str) -> str:
    """What changed of a vendor in one line, with the input that moved it most."""
    line = f"{vendor.name} ({vendor.vendor_id}): {verdict_line(vendor)}"
    line += f"; {payoff_line(vendor, currency)}"
    steps = vendor.bridge.steps if vendor.bridge is not None else ()
    if steps:
        line += f", most by {max(steps, key=lambda step: abs(step.amount)).label}"
    return one_line(line)


def _is_payoff(row: Sequence[str]) -> bool:
    return row[0].startswith("payoff of")


def _listed(vendors: Sequence[Listed]) -> str:
    shown = [
        one_line(f"{v.name} ({v.vendor_id}): {VERDICTS[v.verdict]}") for v in vendors[:MOST_LISTED]
    ]
    more = len(vendors) - len(shown)
    return "; ".join(shown + [f"{more} more"] * bool(more))
