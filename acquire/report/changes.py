"""The page of what changed since former reports: flips first, a waterfall per vendor that moved."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from acquire import figures
from acquire.changes import Changes, Listed, VendorChange
from acquire.decision import VERDICTS
from acquire.display import MoneyScale
from acquire.report.page import Page, chart_html, render_template
from acquire.tables import bridge, figures_moved, inputs_changed, settings_changed
from acquire.tables.what_changed import METHOD, payoff_line, strategy_line, turned, verdict_line

CHANGES = "changes.html"
"""Where the page is published, relative to the index."""

TEMPLATE = "changes.html.j2"

MOST_SECTIONS = 500
"""Vendors with charts and tables of their own; some 20 KB each, while a page may have 20 MB."""


def changes_page(
    changes: Changes,
    *,
    home: str | None = None,
    method: str | None = None,
    assets: str | None = None,
    linked: bool = False,
) -> Page:
    """The page as an HTML document; every vendor of the new reports has its id as an anchor.

    Args:
        changes: what changed.
        home, method: addresses of the index and of the page that explains the method, relative to
            the page.
        assets: as for `page_of`.
        linked: whether the vendors' reports are where they are beside an index.
    """
    told = changes.vendors[:MOST_SECTIONS]
    moved = [change for change in told if change.bridge is not None]
    numbers = {change.vendor_id: i for i, change in enumerate(moved, start=1)}
    sections = [_section(v, changes.currency, numbers.get(v.vendor_id)) for v in told]
    payoffs = [v.bridge.new for v in moved if v.bridge is not None]
    scale = MoneyScale.of(max(map(abs, payoffs), default=1.0), changes.currency)
    html = render_template(
        TEMPLATE,
        assets,
        charts=len(moved),
        title="What changed",
        subtitle=f"from {changes.old} to {changes.new}",
        home=home,
        method_page=method,
        waiting=False,
        linked=linked,
        counts=changes.counts,
        problems=[str(problem) for problem in changes.problems],
        unit=scale.unit,
        overview=[
            _overview(v, scale) | {"told": i < MOST_SECTIONS} for i, v in enumerate(changes.vendors)
        ],
        left_out=len(changes.vendors) - len(told),
        settings=settings_changed(changes)._repr_html_() if changes.settings else "",
        method=METHOD,
        sections=sections,
        lists=[
            ("Added", _listed(changes.added), linked),
            ("Gone", _listed(changes.gone), False),
            ("Without a result now", _listed(changes.missing), False),
            ("Unchanged", _listed(changes.unchanged), linked),
        ],
    )
    return Page(html, len(moved))


def waiting_page(old: str, *, home: str, assets: str | None) -> str:
    """The page while the run that is to write it goes on.

    Args:
        old: what the former reports are called.
        home, assets: as for `changes_page`.
    """
    return render_template(
        TEMPLATE, assets, title="What changed", subtitle=f"since {old}", home=home, waiting=True
    )


def _overview(vendor: VendorChange, scale: MoneyScale) -> dict[str, Any]:
    """One row of the table of all that changed."""
    old, new = vendor.verdicts
    made = vendor.bridge
    return {
        "vendor_id": vendor.vendor_id,
        "name": vendor.name,
        "old": old,
        "old_words": VERDICTS[old],
        "new": new,
        "new_words": VERDICTS[new],
        "flipped": vendor.flipped,
        "by": scale.show(vendor.payoff),
        "before": scale.show(made.old) if made else "",
        "now": scale.show(made.new) if made else "",
    }


def _section(vendor: VendorChange, currency: str, number: int | None) -> dict[str, Any]:
    """What the page says of one vendor.

    Args:
        vendor: that changed.
        currency: of all money.
        number: of its chart, from 1; None where it has none.
    """
    strategy = strategy_line(vendor)
    tables = [figures_moved(vendor, currency)] if vendor.moves else []
    if vendor.bridge is not None:
        tables.append(bridge(vendor, currency))
    elif vendor.inputs:
        tables.append(inputs_changed(vendor, currency))
    chart = ""
    if number is not None:
        drawn = json.loads(figures.bridge(vendor, currency).to_json())
        chart = chart_html(drawn, f"chart_{number}")  # no vendor_id has an underscore in it
    return {
        "vendor_id": vendor.vendor_id,
        "name": vendor.name,
        "verdict": verdict_line(vendor),
        "flipped": vendor.flipped,
        "facts": [
            payoff_line(vendor, currency),
            *([strategy] if strategy else []),
            *turned(vendor),
        ],
        "chart": chart,
        "tables": [table._repr_html_() for table in tables],
    }


def _listed(vendors: Sequence[Listed]) -> list[dict[str, str]]:
    return [
        {"vendor_id": v.vendor_id, "name": v.name, "verdict": VERDICTS[v.verdict]} for v in vendors
    ]
