"""Tables: each figure of an evaluation in its place, with its unit, as text and as HTML."""

from __future__ import annotations

import re
from typing import Any

import pytest

from acquire import tables
from acquire.assumptions import SETTINGS
from acquire.conditions import CONDITION_TITLES
from acquire.decision import FLAGS, VERDICTS
from acquire.display import Table, chance, money, percent
from acquire.evaluation import CASE_TITLES, Evaluation, evaluate, through_other_channel
from acquire.ranges import Range
from acquire.sensitivity import analyse
from acquire.vendor import COLUMNS, replaced
from tests.samples import GENERIC, STRATEGIC, UNCERTAIN, firm, vendor

MINUS = "\N{MINUS SIGN}"


def strategic(**changes: Any) -> Evaluation:
    return evaluate(vendor(STRATEGIC, **changes), firm())


def generic(**changes: Any) -> Evaluation:
    return evaluate(vendor(GENERIC, **changes), firm())


def cells(table: Table) -> dict[str, list[str]]:
    """The rows by their first cell."""
    return {row[0]: list(row[1:]) for row in table.rows}


def number(text: str) -> float:
    return float(text.replace(",", "").replace(MINUS, "-"))


def every_table(evaluation: Evaluation) -> list[Table]:
    other = through_other_channel(evaluation)
    return [
        tables.cash_flows(evaluation),
        tables.price(evaluation),
        tables.channels(evaluation, other),
        tables.failure(evaluation),
        tables.inputs(evaluation),
        tables.assumptions(evaluation),
        tables.ranking([evaluation, other]),
        tables.condition_overview([evaluation]),
        tables.classifications([(evaluation.inputs.name, evaluation.classification)]),
    ]


@pytest.mark.parametrize("evaluation", [strategic(), generic()], ids=["strategic", "generic"])
def test_every_table_is_whole(evaluation: Evaluation) -> None:
    """A table has a caption, a text in every heading, and as many cells in a row as headings."""
    for table in every_table(evaluation):
        assert table.caption
        assert all(table.headings)
        assert {len(row) for row in table.rows} == {len(table.headings)}
        assert all(isinstance(cell, str) for row in table.rows for cell in row)


def test_the_verdict_comes_first() -> None:
    """The block of the verdict says title, figures, reasons and flags, in this order."""
    evaluation = evaluate(vendor(success_probability=0.3, price=2400.0), firm())
    decision = evaluation.decision
    assert decision.flags
    shown = tables.verdict(evaluation)._repr_html_()
    places = [
        shown.index(text)
        for text in (
            decision.title,
            "Probability of a loss",
            "Break-even probability",
            f"<li>{decision.reasons[0][:9]}",
            FLAGS[decision.flags[0]],
        )
    ]
    assert places == sorted(places)
    assert shown.startswith(f'<section class="verdict {decision.verdict} ')
    text = str(tables.verdict(evaluation))
    assert text.startswith(f"Verdict: {decision.title}\n")
    assert "Walk-away price: " in text


def test_figures_of_the_verdict() -> None:
    """Value, loss, walk-away price and break-even are those of the decision."""
    evaluation = evaluate(vendor(STRATEGIC | UNCERTAIN), firm(currency="CHF"))
    figures = {what: (value, note) for what, value, note in tables.verdict(evaluation).key_figures}
    assert evaluation.decision.value == pytest.approx(2600, rel=0.05)
    assert figures["Value against going on as today"][0].startswith("CHF 2.")
    assert "P10 to P90: CHF" in figures["Value against going on as today"][1]
    assert figures["Walk-away price"][1].startswith("expected: CHF 1.0 thousand")
    assert figures["Break-even probability"][1] == "estimated: 41 %"


def test_a_certain_case_has_no_spread() -> None:
    """Where no input is a range the value of internal use is one figure, and it says so."""
    evaluation = strategic(client_satisfaction=10.0, success_probability=0.0)
    decision = evaluation.decision
    assert (decision.strategy, decision.verdict) == ("internal_only", "negotiate")
    value = tables.verdict(evaluation).key_figures[0]
    assert value[2] == "internal use only; no input is uncertain"


def test_figures_without_a_permitted_strategy() -> None:
    """Where nothing is permitted the figures are those of selling outside, said so."""
    evaluation = generic(competence=1.0)
    assert evaluation.decision.strategy is None
    value, loss, away, even = tables.verdict(evaluation).key_figures
    assert value[0] == "Value if selling outside were permitted"
    assert value[2].startswith("P10 to P90: ")
    worse = chance(evaluation.payoffs.defined["go_external"].p_below_alternative)
    assert loss[2] == f"if selling outside were permitted; worse than hiring in {worse}"
    assert evaluation.decision.verdict == "not_yet"
    assert away[1] == money(generic(competence=9.0).decision.walk_away_price, "USD")
    never = generic(competence=1.0, price=9000.0)
    assert (never.decision.verdict, never.decision.strategy) == ("do_not_acquire", None)
    assert tables.verdict(never).key_figures[2][1] == "–"
    assert even[2].startswith("estimated: ")
    assert cells(tables.price(evaluation))["walk-away price"][2].startswith("no strategy")


def test_the_sentence_of_the_verdict() -> None:
    """It names value, price and chance at which the verdict turns, and there it does turn."""
    evaluation = evaluate(vendor(success_probability=0.7), firm())
    decision = evaluation.decision
    assert decision.verdict == "acquire"
    said = tables.hinges(evaluation)
    assert f"is worth {money(decision.value, 'USD')}" in said
    assert f"up to a price of {money(decision.walk_away_price, 'USD')} (expected: USD 1.0" in said
    even, away = decision.break_even_probability, decision.walk_away_price
    assert even is not None
    assert away is not None
    assert f"success of {percent(even, 0)} (estimated: 70 %)" in said
    for changes in ({"success_probability": even - 0.001}, {"price": away * 1.001}):
        other = evaluate(vendor(**({"success_probability": 0.7} | changes)), firm())
        assert other.decision.verdict != "acquire"
    blocked = tables.hinges(generic(competence=1.0))
    assert blocked.startswith("Nothing is permitted as things stand; selling outside would be ")
    assert blocked.endswith("what does not hold: distinctive competence in its niche.")
    dear = evaluate(vendor(GENERIC, price=9000.0), firm())
    limit = money(dear.decision.walk_away_price, "USD")
    assert tables.hinges(dear).endswith(
        f"It would pay at up to {limit} (expected: USD 9.0 thousand)."
    )


def test_what_must_be_true_and_what_would_change_it() -> None:
    """Conditions, chance and price each say whether they hold; the nearest flips come first."""
    evaluation = evaluate(vendor(STRATEGIC | UNCERTAIN, competence=1.0, price=5000.0), firm())
    found = analyse(evaluation)
    banner = tables.verdict(evaluation, found)
    rests = {said.split(":")[0]: holds for holds, said in banner.must_be_true}
    for name, condition in evaluation.conditions.items():
        assert rests[CONDITION_TITLES[name]] == condition.status.holds
    assert not rests["Distinctive competence in its niche"]
    away = evaluation.decision.walk_away_price
    assert away is not None
    price = next(holds for holds, said in banner.must_be_true if "price" in said)
    assert price == (evaluation.price <= away)
    flips = [f for f in found.flips if f.value and f.input not in ("price", "success_probability")]
    nearest = [flip for flip in flips if flip.ranges is not None][:3]
    nearest.append(next(flip for flip in flips if flip.ranges is None))
    assert len(banner.would_change_it) == len(nearest) == 4
    for said, flip in zip(banner.would_change_it, nearest, strict=True):
        assert said.startswith(f"{flip.input.replace('_', ' ')} at {flip.shown('USD')} instead of ")
        assert said.endswith(VERDICTS[flip.verdict or ""].lower())
    shown = banner._repr_html_()
    assert shown.count("(does not hold)") == sum(not holds for holds, _ in banner.must_be_true)
    assert "What else would change it" not in tables.verdict(evaluation)._repr_html_()


def test_a_limit_that_is_named_nowhere_else_is_a_change() -> None:
    """Where no walk-away price is among what must be true, the price may be what changes it."""
    evaluation = evaluate(
        vendor(GENERIC | UNCERTAIN, competence=1.0, price=(900.0, 9000.0, 20000.0)), firm()
    )
    banner = tables.verdict(evaluation, analyse(evaluation))
    assert not any("the price is" in said for _, said in banner.must_be_true)
    assert any(said.startswith("price at ") for said in banner.would_change_it)


def test_what_waits_for_a_signature() -> None:
    """The figures are those of selling outside, and signed it would be just these."""
    waiting = evaluate(vendor(STRATEGIC | UNCERTAIN, approved_by=None, price=800.0), firm())
    signed = evaluate(replaced(waiting.inputs, approved_by="somebody"), waiting.firm)
    assert (waiting.decision.verdict, signed.decision.verdict) == ("not_yet", "acquire")
    assert signed.decision.value != waiting.decision.value
    one, other = (tables.verdict(e, analyse(e)) for e in (waiting, signed))
    assert [value for _, value, _ in one.key_figures] == [v for _, v, _ in other.key_figures]
    assert one.must_be_true[4:] == other.must_be_true[4:]
    assert [holds for holds, _ in one.must_be_true] == [True, True, False, True, True, True]
    assert one.would_change_it[0] == "“nothing strategic is sold to competitors” approved: acquire"
    assert "signed" not in other.would_change_it[0]


def test_cash_flows_and_terminal_value() -> None:
    """Years 0 to T and the terminal value stand below each other, in one unit."""
    evaluation = strategic()
    table = tables.cash_flows(evaluation)
    rows = cells(table)
    assert list(rows) == [*map(str, range(11)), "terminal value"]
    assert "thousand USD" in table.caption
    for column, name in enumerate(n for n, f in evaluation.cash_flows.items() if f is not None):
        assert table.headings[column + 1] == CASE_TITLES[name]
        flows, end = evaluation.cash_flows[name], evaluation.terminal_values[name]
        assert flows is not None
        assert end is not None
        for year in range(11):
            assert number(rows[str(year)][column]) == pytest.approx(flows[year] / 1e3, abs=0.0051)
        assert number(rows["terminal value"][column]) == pytest.approx(end / 1e3, abs=0.0051)


def test_small_flows_stay_visible_beside_large_ones() -> None:
    """The unit fits the price, not the largest flow of a far year."""
    evaluation = evaluate(
        vendor(price=120e6, internal_spend=30e6, internal_growth=0.4), firm(horizon_years=30)
    )
    table = tables.cash_flows(evaluation)
    assert "million USD" in table.caption
    assert number(cells(table)["30"][0]) > 1000.0


def test_no_column_for_a_case_that_does_not_exist() -> None:
    """Hiring has a column only where it is an alternative."""
    assert CASE_TITLES["build"] in tables.cash_flows(strategic()).headings
    assert CASE_TITLES["build"] not in tables.cash_flows(strategic(skills_headcount=0)).headings


@pytest.mark.parametrize(("price", "side"), [(500.0, "above"), (100_000.0, "below")])
def test_walk_away_price_against_the_expected_one(price: float, side: str) -> None:
    """The walk-away price is so many per cent above or below the expected price."""
    evaluation = strategic(price=price)
    away = evaluation.decision.walk_away_price
    assert away is not None
    meaning = cells(tables.price(evaluation))["walk-away price"][2]
    found = re.search(r"(\d+) % (above|below) the expected price$", meaning)
    assert found
    assert found[2] == side
    assert float(found[1]) == pytest.approx(100.0 * abs(away / price - 1.0), abs=0.5)


def test_break_even_in_words() -> None:
    """Where no probability of success is enough, the table says so instead of a figure."""
    row = cells(tables.price(generic(external_cost_ratio=2.0)))["break-even probability"]
    assert row[0] == "–"
    assert row[2] == "none: not even success reaches the target"


def test_the_other_channel_stands_beside_the_planned_one() -> None:
    """Each channel has its column with its own verdict and conditions, the planned one first."""
    planned = generic(competence=1.0)
    other = through_other_channel(planned)
    table = tables.channels(planned, other)
    assert table.headings[1] == "sold directly (as planned)"
    assert table.headings[2] == "through product managers"
    rows = cells(table)
    verdicts = [VERDICTS[planned.decision.verdict], VERDICTS[other.decision.verdict]]
    assert rows["verdict"] == verdicts
    assert rows["conditions that do not hold"] == [
        CONDITION_TITLES["distinctive_competence"],
        "none",
    ]
    reverse = tables.channels(other, planned)
    assert reverse.headings[1] == "through product managers (as planned)"
    assert cells(reverse)["verdict"] == verdicts[::-1]


def test_failure_and_compromise() -> None:
    """What failing costs stands per head too, where there are heads to hire."""
    rows = cells(tables.failure(strategic()))
    assert rows["… per head"][1] == "per person to hire instead"
    none = cells(tables.failure(strategic(skills_headcount=0.0)))
    assert none["… per head"] == ["–", "hiring is no alternative here"]
    gained = "… competitors' revenue gained"
    assert rows[gained][1].startswith("from serving competitors")
    assert cells(tables.failure(generic()))[gained][1].startswith("nothing")


def test_inputs_say_where_they_come_from() -> None:
    """Every column is listed with its value and whether vendor, firm or default gave it."""
    evaluation = evaluate(
        vendor(STRATEGIC | UNCERTAIN), firm(defaults={"ramp_years": 4}, currency="CHF")
    )
    rows = cells(tables.inputs(evaluation))
    assert list(rows) == list(COLUMNS)
    assert rows["price"][:3] == ["800..1000..1300", "CHF", "given"]
    assert rows["internal_spend"][1] == "CHF per year"
    assert rows["ramp_years"][:3] == ["4", "years", "firm's default"]
    assert rows["days_sales_outstanding"][:3] == ["30", "days", "default"]
    assert rows["offering"][0] == "–"


def test_assumptions_say_where_they_come_from() -> None:
    """Every setting is listed with its value and whether it is the default."""
    assumptions = firm(
        discount_rate=0.11,
        terminal_growth=None,
        correlations=[("internal_growth", "external_growth", 0.5)],
        defaults={"competitor_share": Range(0.1, 0.2, 0.4)},
    )
    rows = cells(tables.assumptions(evaluate(vendor(), assumptions)))
    assert set(rows) == {*SETTINGS, "weights", "correlations", "defaults"}
    assert rows["discount_rate"][0] == "0.11"
    assert rows["discount_rate"][2] == "given"
    assert rows["tax_rate"][2] == "default"
    assert rows["terminal_growth"][0] == "none"
    assert rows["correlations"][0] == "internal_growth with external_growth: 0.5"
    assert rows["defaults"][0] == "competitor_share = 0.1..0.2..0.4"
    assert rows["weights"][0].startswith("differentiation 0.3, client_impact 0.25")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Range(-0.5, 0.25, 0.75), f"{MINUS}0.5..0.25..0.75"),
        (1_234_567.0, "1,234,567"),
        (0, "0"),
        ("direct", "direct"),
        ("", "–"),
        (None, "–"),
    ],
)
def test_values_as_typed(value: object, shown: str) -> None:
    """An input shows as it is typed, an empty one as a dash."""
    assert tables.shown_value(value) == shown


def test_facts() -> None:
    """Facts are rows of a name and a text."""
    table = tables.facts("Source", {"seed": "1"})
    assert (table.caption, list(table.rows)) == ("Source", [("seed", "1")])


def test_ranking() -> None:
    """The highest value comes first; vendors without a permitted strategy come last."""
    none = generic(vendor_id="forbidden", competence=1.0)
    good = strategic(vendor_id="good")
    bad = strategic(vendor_id="bad", price=9000.0)
    assert none.decision.value is None
    rows = tables.ranking([none, bad, good]).rows
    assert [row[1] for row in rows] == ["good", "bad", "forbidden"]
    assert rows[2][5] == "–"


def test_the_cheapest_vendor_stays_visible_in_the_ranking() -> None:
    """The unit of the ranking fits the lowest price, so that no price shows as nothing."""
    cheap, dear = strategic(vendor_id="cheap", price=2e6), strategic(vendor_id="dear", price=7e9)
    table = tables.ranking([dear, cheap])
    assert "million USD" in table.caption
    assert {row[1]: row[4] for row in table.rows} == {"cheap": "2.0", "dear": "7,000.0"}


def test_conditions_of_several_vendors() -> None:
    """Each vendor has the state of each condition, under the condition's title."""
    table = tables.condition_overview([generic(competence=1.0), generic()])
    assert list(table.headings[1:]) == list(CONDITION_TITLES.values())
    assert [row[2] for row in table.rows] == ["not met", "met"]


def test_classifications() -> None:
    """Type, score and quadrant stand beside the vendor's name."""
    kind = strategic().classification
    (row,) = tables.classifications([("Strategic One", kind)]).rows
    assert row == ("Strategic One", "strategic", "80.0", "8.0", "100 %", "strategic")


def test_hostile_text_in_tables() -> None:
    """Markup in a name, a signature or the currency shows as text in every table."""
    text = "<script>alert(1)</script>"
    evaluation = evaluate(vendor(name=text, offering=text, approved_by=text), firm(currency="<b>$"))
    shown = "".join(t._repr_html_() for t in every_table(evaluation))
    shown += tables.verdict(evaluation)._repr_html_() + evaluation.conditions._repr_html_()
    assert "&lt;script&gt;" in shown
    assert "<script" not in shown
    assert "<b>" not in shown
