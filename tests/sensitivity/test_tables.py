"""Tables of a sensitivity: each figure in its place, and words where there is none."""

from __future__ import annotations

import dataclasses
import re
from functools import cache
from pathlib import Path

import pytest

import acquire as aq
from acquire import tables
from acquire.decision import VERDICTS
from acquire.display import Table
from acquire.sensitivity import Sensitivity, analyse
from tests.samples import GENERIC, firm, vendor

DATA = Path(__file__).parents[2] / "data"
VENDORS, FIRM = aq.read_inputs(DATA / "vendors.csv", trials=512)
MINUS = "\N{MINUS SIGN}"


@cache
def analysed(vendor_id: str) -> tuple[aq.Evaluation, Sensitivity]:
    evaluation = aq.evaluate(VENDORS[vendor_id], FIRM)
    return evaluation, analyse(evaluation)


def number(text: str) -> float:
    found = re.search(rf"[-{MINUS}]?[\d,]+(\.\d+)?", text)
    assert found
    return float(found[0].replace(",", "").replace(MINUS, "-"))


def cells(table: Table) -> dict[str, list[str]]:
    return {row[0]: list(row[1:]) for row in table.rows}


def every_table(evaluation: aq.Evaluation, found: Sensitivity) -> list[Table]:
    return [
        tables.drivers(found),
        tables.swings(found),
        tables.agenda(found),
        tables.safety(found),
        tables.condition_shares(evaluation, found),
        tables.flips(found),
        tables.violation(found),
        tables.risk(evaluation),
        tables.overview([evaluation], [found]),
    ]


@pytest.mark.parametrize("vendor_id", list(VENDORS))
def test_every_table_is_whole(vendor_id: str) -> None:
    """A caption, a text in every heading, as many cells in a row as headings, at least one row."""
    for table in every_table(*analysed(vendor_id)):
        assert table.caption
        assert all(table.headings)
        assert table.rows
        assert {len(row) for row in table.rows} == {len(table.headings)}
        assert all(isinstance(cell, str) for row in table.rows for cell in row)


def test_drivers() -> None:
    """Each input has its bar, its verdicts and its shares of variance."""
    _, found = analysed("nimbus")
    rows = cells(tables.drivers(found))
    bar = found.one_way.bars[0]
    shown = rows[bar.input.replace("_", " ")]
    assert number(shown[0]) == pytest.approx(bar.low / 1e6, abs=0.05)
    assert number(shown[1]) == pytest.approx(bar.high / 1e6, abs=0.05)
    assert ("negotiate" in shown[4]) == ("negotiate" in (bar.low_verdict, bar.high_verdict))
    index = next(i for i in found.sobol if i.input == bar.input)
    assert number(shown[5]) == pytest.approx(100.0 * index.first, abs=0.05)
    assert number(shown[6]) == pytest.approx(100.0 * index.total, abs=0.05)


def test_the_agenda_says_at_most() -> None:
    """Every line says what knowing it is worth at most; everything comes last."""
    _, found = analysed("nimbus")
    rows = tables.agenda(found).rows
    assert rows[0][0] == "knowing whether external sales succeed"
    assert rows[-1][0] == "knowing everything (EVPI)"
    assert number(rows[-1][1]) == pytest.approx(found.evpi / 1e6, abs=0.005)
    assert all(row[1].startswith("at most ") or row[1] == "nothing" for row in rows)


def test_nothing_to_learn_is_said() -> None:
    """Where no knowledge could change the choice, the agenda says so in words."""
    _, found = analysed("tallybrook")
    assert found.evpi == 0.0
    assert "worth nothing" in tables.agenda(found).rows[0][1]
    assert "no input of this vendor is a range" in tables.drivers(found).rows[0][1]


def test_undecided_is_said() -> None:
    """When the draws cannot tell the best two apart the caption and the overview say so."""
    evaluation, found = analysed("nimbus")
    even = dataclasses.replace(found.safety, difference=1.0, error=1.0)
    unsure = dataclasses.replace(found, safety=even)
    assert even.undecided
    assert "Undecided within error" in tables.safety(unsure).caption
    assert "undecided" in tables.overview([evaluation], [unsure]).rows[0][2]
    assert "Undecided" not in tables.safety(found).caption


def test_flips_name_value_and_verdict() -> None:
    """The nearest flip is the first row; inputs that flip nothing are counted in the last."""
    _, found = analysed("nimbus")
    rows = tables.flips(found).rows
    first = found.flips[0]
    assert rows[0][0] == first.input.replace("_", " ")
    assert first.value is not None
    assert (first.input, rows[0][3]) == ("external_growth", "per year")
    assert rows[0][2].endswith(" %")
    assert number(rows[0][2].removesuffix(" %")) == pytest.approx(100.0 * first.value, abs=0.0051)
    assert rows[0][6].startswith("\N{MINUS SIGN}")
    row = next(row for row in rows if row[0] == "internal spend")
    assert (row[1], row[3], row[6][0]) == ("USD 28.5 million", "per year", "\N{MINUS SIGN}")
    assert any(row[6].startswith("+") for row in rows)
    assert rows[0][4] == VERDICTS[first.verdict or ""]
    silent = sum(flip.value is None for flip in found.flips)
    assert rows[-1][0] == f"any of the other {silent}"
    assert len(rows) == len(found.flips) - silent + 1


def test_violation_in_words() -> None:
    """A limit below, above or beyond the estimate is said for what it means."""
    _, found = analysed("nimbus")
    said = {row[4] for row in tables.violation(found).rows}
    assert "even losing all of it, the win is worth more" in said
    assert "from there on the win is worth less" in said
    worthless = analyse(
        aq.evaluate(vendor(GENERIC, satisfaction_erosion=1.0, price=5000.0), firm(trials=64))
    )
    meanings = [row[4] for row in tables.violation(worthless).rows]
    assert any("not worth it" in meaning for meaning in meanings)


def test_risk_attitude() -> None:
    """Without a tolerance the table says risk neutral; with one it shows both verdicts."""
    evaluation, _ = analysed("nimbus")
    assert "risk neutral" in tables.risk(evaluation).rows[0][1]
    cautious = dataclasses.replace(FIRM, risk_tolerance=200e6)
    averse = aq.evaluate(VENDORS["nimbus"], cautious)
    assert averse.risk is not None
    rows = cells(tables.risk(averse))
    assert rows["verdict"] == ["Acquire", VERDICTS[averse.risk.verdict]]
    assert "would decide otherwise" in str(tables.verdict(averse))
    assert "would decide otherwise" in tables.verdict(averse)._repr_html_()
    assert "would decide otherwise" not in str(tables.verdict(evaluation))


def test_overview_names_the_choice_and_what_to_find_out() -> None:
    """One row a vendor: verdict, share, what knowing is worth, and the nearest change."""
    pairs = [analysed(vendor_id) for vendor_id in ("nimbus", "tallybrook")]
    rows = cells(tables.overview([e for e, _ in pairs], [s for _, s in pairs]))
    nimbus = rows["Nimbus Aislework Robotics"]
    assert nimbus[0] == "Acquire"
    assert nimbus[3].startswith("external success: ")
    assert nimbus[4].startswith("external growth at ")
    assert rows["Tallybrook Payroll Bureau"][3] == "–"
