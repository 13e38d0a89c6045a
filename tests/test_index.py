"""The index: every vendor in a row, the failed ones too, with keys to sort by."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from acquire.conditions import CONDITION_TITLES
from acquire.decision import VERDICTS
from acquire.evaluation import Evaluation, evaluate
from acquire.report.index import Entry, Made, brief, index_page
from tests.pages import HOSTILE
from tests.samples import GENERIC, STRATEGIC, firm, vendor


def evaluation(**changes: Any) -> Evaluation:
    return evaluate(vendor(STRATEGIC, **changes), firm())


def entry(found: Evaluation) -> Entry:
    vendor_id = found.inputs.vendor_id
    return Entry(found.inputs, brief(found.to_dict()), f"vendors/{vendor_id}.html")


def page(*entries: Entry, **options: Any) -> str:
    settings = {"currency": "USD", "comparison": "comparison.html", "provenance": {"seed": "1"}}
    return index_page(entries, **(settings | options))


def rows(html: str) -> list[str]:
    """The rows of the table of vendors."""
    body = re.search(r"<tbody>(.*?)</tbody>", html, flags=re.DOTALL)
    assert body
    return re.findall(r"<tr.*?</tr>", body[1], flags=re.DOTALL)


def texts(html: str) -> list[str]:
    """The texts between the tags."""
    return [text for text in re.sub(r"<[^>]*>", "\n", html).split("\n") if text.strip()]


def keys(row: str) -> list[float]:
    """What a row is sorted by: verdict, price, value, walk-away price, P(loss), conditions."""
    return [float(key) for key in re.findall(r'data-sort="([^"]*)"', row)]


def test_a_row_holds_what_an_approver_asks_first() -> None:
    """Verdict, type, price, value, walk-away price, P(loss), conditions and flags, with a link."""
    found = evaluate(vendor(competitor_share=0.0, offering="skills"), firm())
    (row,) = rows(page(entry(found)))
    decision, payoff = found.decision, found.payoffs[found.decision.strategy or ""]
    assert payoff is not None
    assert decision.value is not None
    assert decision.walk_away_price is not None
    assert '<a href="vendors/strategic-one.html"><bdi>Strategic One</bdi></a>' in row
    shown = texts(row)
    assert shown[:5] == ["Strategic One", "skills", "Acquire", "strategic", "1.0"]
    assert shown[5] == f"{decision.value / 1000.0:.1f}"
    assert shown[6] == f"{decision.walk_away_price / 1000.0:.1f}"
    assert shown[7] == "0 %"
    assert shown[8::2][:4] == ["✓"] * 4
    titles = re.findall(r'title="([^"]*)"', row)
    assert titles[:2] == [f"{title}: met" for title in CONDITION_TITLES.values()][:2]
    assert keys(row) == pytest.approx(
        [0.0, 1000.0, decision.value, decision.walk_away_price, payoff.p_loss, 4.0]
    )


def test_missing_figures_have_no_key() -> None:
    """Where nothing is permitted there is no value and no walk-away price to sort by."""
    found = evaluate(vendor(GENERIC, competence=1.0), firm())
    assert found.decision.strategy is None
    (row,) = rows(page(entry(found)))
    assert texts(row)[4:6] == ["–", "–"]
    assert re.findall(r'data-sort="nan"', row) == ['data-sort="nan"'] * 2
    assert keys(row)[-1] == 3.0


def test_a_failed_vendor_is_listed_with_its_reason() -> None:
    """A vendor without a report has a row that leads to the reason, and is counted."""
    failed = Entry(
        vendor(vendor_id="b", name="Bad"),
        failure="<no kernel>",
        address="failures/b.html",
        former="vendors/b.html",
    )
    good, bad = rows(page(entry(evaluation()), failed))
    assert "<a " in good
    assert texts(bad) == ["Bad", "failed", "&lt;no kernel&gt;", "former report", "–"]
    assert '<a href="failures/b.html">&lt;no kernel&gt;</a>' in bad
    assert '<a href="vendors/b.html">former report</a>' in bad
    assert 'colspan="7"' in bad  # to the end of the row
    html = page(entry(evaluation()), failed)
    assert '<li class="failed"><b>1</b> failed</li>' in html
    assert "1 of 2 vendors evaluated" in html


def test_a_vendor_to_be_rendered_is_listed() -> None:
    """A vendor without a report of today's inputs has a row that says so, not former figures."""
    html = page(entry(evaluation()), Entry(vendor(vendor_id="b"), former="vendors/b.html"))
    _, waiting = rows(html)
    assert [text.strip() for text in texts(waiting)[1:]] == [
        "to render",
        "missing or out of date; the next run renders it",
        "former report",
        "–",
    ]
    assert '<li class="waiting"><b>1</b> to render</li>' in html


def test_a_comparison_that_failed_has_a_page() -> None:
    """Where there is no comparison, the index leads to the reason."""
    html = page(entry(evaluation()), comparison=None, comparison_failure="comparison-failed.html")
    assert '<a href="comparison-failed.html">The comparison failed: why</a>' in html


def test_a_comparison_of_former_reports_is_called_so() -> None:
    """One that is out of date stays in reach, but does not pass for today's."""
    html = page(entry(evaluation()), comparison_of_today=False)
    assert '<a href="comparison.html">The former comparison of all vendors</a>, out of date' in html
    assert "Compare all vendors" not in html
    failed = page(entry(evaluation()), comparison_of_today=False, comparison_failure="f.html")
    assert '<a href="f.html">The comparison failed: why</a>' in failed
    assert '<a href="comparison.html">the former comparison</a>' in failed


def test_all_vendors_failed() -> None:
    """An index of nothing but failures, without a comparison, is still a page."""
    html = page(Entry(vendor(), failure="why"), comparison=None)
    assert "Compare all vendors" not in html
    assert "why" in rows(html)[0]


def test_verdicts_are_counted() -> None:
    """The summary counts each verdict that occurs, in the order of the rule."""
    found = [evaluation(), evaluation(price=9000.0), evaluation()]
    html = page(*map(entry, found))
    counted = re.findall(r'<li class="(\w+)"><b>(\d+)</b> ([^<]*)</li>', html)
    assert counted == [
        ("acquire", "2", VERDICTS["acquire"]),
        ("do_not_acquire", "1", VERDICTS["do_not_acquire"]),
    ]


def test_the_unit_fits_the_cheapest_vendor() -> None:
    """Prices of any size are seen: the unit is that of the lowest one."""
    html = page(entry(evaluation(price=2e6)), entry(evaluation(price=7e9)))
    assert "million USD" in html
    assert [texts(row)[3] for row in rows(html)] == ["2.0", "7,000.0"]


def test_headings_are_buttons() -> None:
    """Each heading of the table can be pressed, and figures are wanted the largest first."""
    html = page(entry(evaluation()))
    head = html[html.index("<thead>") : html.index("</thead>")]
    assert head.count('<button type="button">') == head.count('<th scope="col"') == 10
    largest_first = re.findall(r'data-first="down"><button type="button">([^<]*)<', head)
    assert largest_first == ["Price", "Value", "Walk-away price", "P(loss)"]


def test_hostile_text_in_the_index() -> None:
    """Name, offering, reason, currency and provenance appear as they were typed."""
    found = evaluation(name=HOSTILE, offering=HOSTILE)
    html = page(
        entry(found),
        Entry(found.inputs, failure=HOSTILE),
        currency="<b>$",
        provenance={"source": HOSTILE},
    )
    assert "<img" not in html
    assert "<script>" not in html
    assert "<b>$" not in html
    assert html.count("&lt;img src=x") == 6


def test_provenance_and_policy() -> None:
    """The index says where it comes from, and may load nothing but its own script."""
    html = page(entry(evaluation()))
    assert "<caption>Where this comes from</caption>" in html
    assert re.findall(r'<script[^>]*src="([^"]*)"', html) == ["assets/report.js"]
    assert "default-src 'none'" in html.replace("&#39;", "'")
    alone = page(entry(evaluation()), assets=None)
    assert not re.findall(r"<script[^>]*src=", alone)


def test_who_rendered_when_and_how_long() -> None:
    """A row has the time, the user and the seconds, the page the run; without them, none."""
    found = evaluation()
    when = datetime(2026, 3, 1, 23, 30, tzinfo=timezone(timedelta(hours=-2)))
    made = Made(when.astimezone(UTC), "<b>ada</b>", 1.25)
    run = {"started": "2026-03-02", "took": "3 s"}
    html = page(replace(entry(found), made=made), Entry(vendor(GENERIC)), run=run)
    done, waiting = rows(html)
    assert texts(done)[-2:] == ["2026-03-02 01:30", "in 1.2 s by &lt;b&gt;ada&lt;/b&gt;"]
    assert keys(done)[-1] == when.timestamp()
    assert texts(waiting)[-1] == "–"
    of_the_run = html.partition('<section class="run">')[2].partition("</section>")[0]
    assert [t for t in texts(of_the_run) if t in ("started", *run.values())] == [
        *("started", "2026-03-02", "3 s")
    ]
    assert 'class="run"' not in page(entry(found))
