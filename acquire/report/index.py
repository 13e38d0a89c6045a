"""The index of a folder of reports: every vendor with its verdict, the failed ones too."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from acquire.conditions import CONDITION_TITLES, Status
from acquire.decision import VERDICTS
from acquire.display import MoneyScale, chance
from acquire.report.changes import CHANGES
from acquire.report.page import render_template
from acquire.tables import facts
from acquire.vendor import Vendor

GLYPHS = {
    Status.MET: "✓",
    Status.NOT_MET: "✗",
    Status.NEEDS_APPROVAL: "!",
    Status.NOT_APPLICABLE: "–",
}
HEADINGS = (
    ("Vendor", "text"),
    ("Verdict", "text"),
    ("Type", "text"),
    ("Price", "figure"),
    ("Value", "figure"),
    ("Walk-away price", "figure"),
    ("P(loss)", "figure"),
    ("Conditions", "text"),
    ("Flags", "text"),
    ("Rendered, UTC", "text"),
)


@dataclass(frozen=True)
class Made:
    """How a report came about, which is no part of it.

    Args:
        when: the time when it was complete, or failed.
        user: who started the run.
        seconds: from the start of its kernel to its page.
    """

    when: datetime
    user: str
    seconds: float


@dataclass(frozen=True)
class Entry:
    """One vendor of the index.

    Args:
        vendor: without empty cells.
        result: what `brief` keeps of the recorded evaluation, None where there is no report.
        address: of the report, or of the page that says why there is none, relative to the index.
        failure: why there is no report; None also where it has not been rendered yet.
        former: address of a report of earlier inputs, where there is no other.
        made: how the report, or the failure, came about; None where that is not known.
    """

    vendor: Vendor
    result: Mapping[str, Any] | None = None
    address: str | None = None
    failure: str | None = None
    former: str | None = None
    made: Made | None = None


def brief(result: Mapping[str, Any]) -> dict[str, Any]:
    """What the index shows of a recorded evaluation, which is a hundred times larger.

    Raises:
        ValueError, KeyError, TypeError, AttributeError: it is none.
    """
    kept = ("strategy", "verdict", "classification", "price", "value", "walk_away_price", "flags")
    decisive = result["payoffs"][result["strategy"] or "go_external"]
    shown = {name: result[name] for name in kept} | {
        "p_loss": decisive["p_loss"],
        "conditions": {name: c["status"] for name, c in result["conditions"].items()},
    }
    for name in ("price", "value", "walk_away_price", "p_loss"):
        figure = shown[name]
        if figure is not None and not math.isfinite(figure):  # of a text, a TypeError
            raise ValueError(name)
    _row(Entry(Vendor(), shown), MoneyScale.of(1.0, ""))
    return shown


def index_page(
    entries: Sequence[Entry],
    *,
    currency: str,
    comparison: str | None,
    comparison_of_today: bool = True,
    comparison_failure: str | None = None,
    method: str | None = None,
    method_failure: str | None = None,
    provenance: Mapping[str, str],
    assets: str | None = "assets",
    scenario: str = "",
    since: str | None = None,
    run: Mapping[str, str] | None = None,
) -> str:
    """The index as an HTML document.

    Args:
        entries: in the order of the vendor file.
        currency: of all money.
        comparison: address of the comparison's page.
        comparison_of_today: whether it compares these very reports, and not former ones.
        comparison_failure: address of the page that says why there is none.
        method, method_failure: the same two of the page that explains the method.
        provenance: names and values that say where this comes from.
        assets: as for `page_of`.
        scenario: what the page says of the scenario that it is of, if there is one.
        since: what the former reports are called that `changes.html` holds these against; None
            where there is no such page.
        run: names and values that say who rendered when, which no report depends on.
    """
    results = [e.result for e in entries if e.result is not None]
    scale = MoneyScale.of(min((r["price"] for r in results), default=1.0), currency)
    counted = Counter(r["verdict"] for r in results)
    counts = [(v, words, counted[v]) for v, words in VERDICTS.items() if counted[v]]
    failed = sum(1 for e in entries if e.failure is not None)
    waiting = len(entries) - len(results) - failed
    counts += [
        (name, words, number)
        for name, words, number in (("failed", "failed", failed), ("waiting", "to render", waiting))
        if number
    ]
    return render_template(
        "index.html.j2",
        assets,
        title="Vendor acquisitions: the index",
        subtitle="; ".join(filter(None, (_counted(len(results), len(entries)), scenario))),
        home=None,
        changes=None if since is None else CHANGES,
        since=since,
        counts=counts,
        comparison=comparison,
        comparison_of_today=comparison_of_today,
        comparison_failure=comparison_failure,
        method=method,
        method_failure=method_failure,
        unit=scale.unit,
        headings=HEADINGS,
        rows=[_row(entry, scale) for entry in entries],
        condition_titles="; ".join(CONDITION_TITLES.values()).lower(),
        provenance=facts("Where this comes from", provenance)._repr_html_(),
        run=facts("The last run", run)._repr_html_() if run else None,
    )


def _row(entry: Entry, scale: MoneyScale) -> dict[str, Any]:
    shown = {
        "name": entry.vendor.name,
        "offering": entry.vendor.offering or "",
        "address": entry.address,
        "failed": entry.failure,
        "former": entry.former,
        "missing": entry.result is None,
        "made": entry.made and _made(entry.made),
    }
    result = entry.result
    if result is None:
        return shown
    statuses = {name: Status(status) for name, status in result["conditions"].items()}
    return shown | {
        "verdict": result["verdict"],
        "verdict_words": VERDICTS[result["verdict"]],
        "rank": list(VERDICTS).index(result["verdict"]),
        "kind": "strategic" if result["classification"]["strategic"] else "generic",
        "price": scale.show(result["price"]),
        "price_sort": result["price"],
        "value": scale.show(result["value"]),
        "value_sort": _sortable(result["value"]),
        "walk_away": scale.show(result["walk_away_price"]),
        "walk_away_sort": _sortable(result["walk_away_price"]),
        "loss": chance(result["p_loss"]),
        "loss_sort": result["p_loss"],
        "conditions_met": sum(status.holds for status in statuses.values()),
        "conditions": [
            {
                "status": status.value,
                "title": CONDITION_TITLES[name],
                "words": status.words,
                "glyph": GLYPHS[status],
            }
            for name, status in statuses.items()
        ],
        "flags": ", ".join(flag.replace("_", " ") for flag in result["flags"]) or "–",
    }


def _made(made: Made) -> dict[str, Any]:
    return {
        "at": f"{made.when:%Y-%m-%d %H:%M}",
        "sort": made.when.timestamp(),
        "how": f"in {made.seconds:.1f} s by {made.user}",
    }


def _counted(evaluated: int, vendors: int) -> str:
    of_them = "" if evaluated == vendors else f"{evaluated} of "
    return f"{of_them}{vendors} vendor{'s' * (vendors != 1)} evaluated"


def _sortable(value: float | None) -> float:
    return math.nan if value is None else value
