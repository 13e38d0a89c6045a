"""What the explorer shows: figures, differences and charts are those of the evaluation."""

from __future__ import annotations

import io
import json
from base64 import b64decode
from typing import Any

import numpy as np
import pandas as pd
import pytest
from openpyxl import load_workbook

import acquire as aq
from acquire import figures
from acquire.evaluation import distribution
from acquire.explorer import files
from acquire.explorer.screen import CHARTS, charts, encoded, form, numbers, screen
from acquire.explorer.session import Session
from acquire.explorer.still import still
from acquire.sensitivity import price_map
from acquire.vendor import Vendors
from tests.samples import GENERIC, STRATEGIC, UNCERTAIN, firm, vendor

HOSTILE = "<img src=x onerror=alert(1)>$x$"


def session(row: Any = STRATEGIC | UNCERTAIN) -> Session:
    one = vendor(row)
    return Session(Vendors([one]), firm(), one.vendor_id)


def plain(value: Any) -> Any:
    """Arrays as lists, whichever way they are written."""
    if isinstance(value, dict):
        if "bdata" in value:
            flat = np.frombuffer(b64decode(value["bdata"]), dtype=value["dtype"])
            shape = [int(n) for n in str(value.get("shape", flat.size)).split(",")]
            return flat.reshape(shape).tolist()
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return value


@pytest.mark.parametrize("row", [STRATEGIC, STRATEGIC | UNCERTAIN, GENERIC])
def test_charts_are_the_reports_own(row: Any) -> None:
    """What is sent to the browser is the report's plotly figure, but for the shared template."""
    s = session(row)
    e = s.now.evaluation
    expected = {
        "payoffs": figures.payoffs(e),
        "distribution": figures.distribution(e, distribution(e)),
        "success": figures.success(e),
        "map": figures.region_map(price_map(e), "USD"),
    }
    sent = json.loads(encoded(charts(s)))
    assert list(sent) == list(CHARTS) == list(expected)
    for key, figure in expected.items():
        whole = json.loads(figure.to_json())
        del whole["layout"]["template"]
        assert plain(sent[key]) == plain(whole)


def test_differences_are_now_less_pinned() -> None:
    """Every figure stands beside the pinned one, with the change in its own unit."""
    s = session()
    s.pin()
    s.enter("price", "500")
    table = numbers(s.now, s.pinned)
    rows = {row[0]: row[1:] for row in table.rows}
    assert rows["Price"] == ("USD 500", "USD 1.0 thousand", "USD −532")
    assert rows["Best alternative"][2] == "same"
    one, other = (seen.evaluation.decision.value for seen in (s.now, s.pinned) if seen)
    assert rows["Value"][2] == f"+USD {(one or 0.0) - (other or 0.0):,.0f}"
    assert rows["Probability of a loss"][2].endswith("points")


def test_pinned_charts_show_both() -> None:
    """With a pinned case every chart has traces of it, named so."""
    s = session()
    s.pin()
    s.enter("price", "500")
    for key, chart in charts(s).items():
        named = [t["name"] for t in chart.data if t.get("name", "").startswith("pinned")]
        assert named, key
        chart.figure()


def test_values_and_marks() -> None:
    """The controls are told the cell, its meaning and where the given value lies."""
    s = session()
    s.enter("price", "500")
    shown = screen(s)
    assert shown["values"]["price"] == ["500", "500", "USD 500"]
    assert shown["values"]["channel"] == ["", "direct", "direct"]
    assert shown["differs"] == ["price"]
    control = form(s)["controls"]["price"]
    assert control["given"] == "800..1000..1300"
    assert control["mark"] == 1000.0


def test_everything_is_plain_json() -> None:
    """The state can be written as JSON that every program reads."""
    s = session()
    s.pin()
    s.analyse()
    state = [screen(s), form(s)]
    assert json.loads(json.dumps(state, allow_nan=False)) == state


def test_the_analysis_says_of_which_state_it_is() -> None:
    """An analysis is current until something changes, and again after undoing."""
    s = session()
    assert screen(s)["analysis"] is None
    s.analyse()
    assert screen(s)["analysis"] == "current"
    s.enter("price", "500")
    assert screen(s)["analysis"] == "stale"
    s.undo()
    assert screen(s)["analysis"] == "current"


def test_exports_hold_what_is_on_the_screen() -> None:
    """The workbook and the CSV hold the figures, the conditions and every input with its unit."""
    s = session()
    s.pin()
    s.enter("price", "500")
    book = files.export(s, "xlsx")
    sheets = pd.read_excel(io.BytesIO(book.content), sheet_name=None, dtype=str)
    assert list(sheets) == ["figures", "conditions", "inputs"]
    inputs = sheets["inputs"].set_index("input")
    assert tuple(inputs.loc["price"])[:3] == ("500", "800..1000..1300", "800..1000..1300")
    table = numbers(s.now, s.pinned)
    assert sheets["figures"].to_numpy().tolist() == [list(row) for row in table.rows]
    text = files.export(s, "csv").content.decode("utf-8-sig")
    assert "inputs,price,500,800..1000..1300,800..1000..1300,money," in text


def test_an_export_runs_no_formula() -> None:
    """A name that looks like a formula is text in the workbook."""
    s = session(STRATEGIC | {"approved_by": "=1+1", "name": "=cmd|' /C calc'!A0"})
    book = load_workbook(io.BytesIO(files.export(s, "xlsx").content))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [cell.value for cell in cells if cell.data_type == "f"]
    assert "=1+1" in [cell.value for cell in cells]
    text = files.export(s, "csv").content.decode("utf-8-sig")
    assert "inputs,approved_by,'=1+1,'=1+1," in text


def test_the_still_holds_the_state_and_no_markup_of_others() -> None:
    """The still shows verdict, figures, changes and pictures; what comes from outside is text."""
    s = session(STRATEGIC | {"name": HOSTILE})
    s.enter("price", "500")
    pictures = {
        "payoffs": {"address": "data:image/svg+xml,%3Csvg%3E", "caption": HOSTILE},
        "bad": {"address": 'javascript:alert(1)" onload="x', "caption": "x"},
        "worse": "x",
    }
    html = still(s, pictures)
    assert s.now.evaluation.decision.title in html
    assert "<img src=x" not in html
    assert "javascript" not in html
    assert html.count("<img ") == 1
    assert 'src="data:image/svg+xml,%3Csvg%3E"' in html
    assert "price USD 1.0 thousand → USD 500" in html


def test_base_figures_equal_evaluate() -> None:
    """What stands on the screen is what `evaluate` gives."""
    s = session()
    s.enter("price", "800..1000..1400")
    expected = aq.evaluate(s.now.case.vendor, s.now.case.firm)
    assert s.now.evaluation == expected
    assert s.now.shape == distribution(expected)
