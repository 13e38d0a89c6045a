"""The method page: its worked example is the model's, and every link to it leads somewhere."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

import nbformat
import papermill
import pytest

import acquire as aq
from acquire.assumptions import Assumptions
from acquire.batch import plan
from acquire.display import number
from acquire.inputs import write_assumptions, write_vendors
from acquire.report.method import METHOD
from acquire.report.page import HOW, page_of
from acquire.tables.banner import EXPLAINED_IN
from acquire.tables.method import Worked, work
from acquire.vendor import ranges_of, replaced
from tests.batch.small import PARAMETERS
from tests.pages import CURRENCY, HOSTILE, ROOT, code, notebook, shows
from tests.samples import GENERIC, STRATEGIC, UNCERTAIN, firm, vendor

NOTEBOOK = ROOT / "notebooks" / "method.ipynb"
VENDORS = {
    "strategic": vendor(STRATEGIC | UNCERTAIN),
    "generic": vendor(GENERIC | UNCERTAIN),
    "certain": vendor(STRATEGIC),
    "product managers": vendor(GENERIC, channel="product_managers", skills_headcount=0.0),
    "losing": vendor(GENERIC, internal_cost_ratio=0.99, external_cost_ratio=0.99),
    "unsold": vendor(GENERIC, external_revenue=0.0),
}
FIRMS = {"as usual": firm(trials=64), "no terminal value": firm(trials=64, terminal_growth=None)}

of_every_case = pytest.mark.parametrize(
    ("given", "settings"),
    [(v, f) for v in VENDORS.values() for f in FIRMS.values()],
    ids=[f"{v}, {f}" for v in VENDORS for f in FIRMS],
)
runs_a_kernel = pytest.mark.filterwarnings("default")  # what papermill's libraries warn of


@of_every_case
def test_the_example_adds_up_to_what_evaluate_says(given: aq.Vendor, settings: Assumptions) -> None:
    """The net present values are those of `evaluate` with every range replaced by its mid."""
    worked = work(aq.evaluate(given, settings))
    mid = replaced(given, **{name: r.mid for name, r in ranges_of(given).items()})
    expected = aq.evaluate(mid, settings)
    found = {name: case.payoff for name, case in worked.cases.items()}
    found["go_external"] = worked.go_external
    assert found == pytest.approx(
        {name: payoff.mean for name, payoff in expected.payoffs.defined.items()}, rel=1e-9, abs=1e-9
    )
    table = aq.tables.method.agreement(worked)
    assert {row[3] for row in table.rows} == {"agree"}


@of_every_case
def test_every_year_is_the_sum_of_its_terms(given: aq.Vendor, settings: Assumptions) -> None:
    """Terms make the profit, profit and credit the flow, and flows are those of `evaluate`."""
    worked = work(aq.evaluate(given, settings))
    for name, case in worked.cases.items():
        assert len(case.flows) == len(case.factors) == settings.horizon_years + 1
        for t, after_tax in enumerate(case.after_tax):
            profit = sum(amounts[t] for amounts in case.terms.values())
            assert after_tax == pytest.approx((1.0 - settings.tax_rate) * profit, abs=1e-9)
        credit = sum(case.flows[1:]) - sum(case.after_tax)
        assert credit == pytest.approx(-case.receivables, abs=1e-9)
        assert list(case.flows) == pytest.approx(worked.at_mid.cash_flows[name], abs=1e-9)
        assert case.terminal_value == pytest.approx(worked.at_mid.terminal_values[name], abs=1e-9)
        assert case.payoff == pytest.approx(sum(case.present_values), abs=1e-9)


def shown(worked: Worked) -> dict[str, Any]:
    """The last row of each case's table, by the table's caption."""
    return {t.caption.partition(":")[0]: t.rows[-1] for t in aq.tables.method.case_tables(worked)}


def test_the_last_line_of_a_case_is_its_payoff() -> None:
    """Each case has a table of every year whose last line is the net present value."""
    worked = work(aq.evaluate(VENDORS["strategic"], FIRMS["as usual"]))
    titles = aq.evaluation.CASE_TITLES
    for name, case in worked.cases.items():
        row = shown(worked)[titles[name]]
        assert row[0] == "payoff (NPV)"
        assert row[-1] == worked.scale.show(case.payoff, 2)


@pytest.mark.parametrize("given", VENDORS.values(), ids=VENDORS)
def test_the_row_of_the_verdict_applies(given: aq.Vendor) -> None:
    """Of the table of verdicts the one row applies that the decision names."""
    evaluation = aq.evaluate(given, FIRMS["as usual"])
    table = aq.tables.method.rules(work(evaluation))
    (row,) = (row for row in table.rows if row[-1] == "applies")
    assert row[1] == evaluation.decision.title
    assert table.emphasised == {table.rows.index(row)}


def test_the_formulas_are_filled_with_the_figures_of_the_decision() -> None:
    """Break-even probability and walk-away price follow from the figures beside them."""
    worked = work(aq.evaluate(VENDORS["strategic"], FIRMS["as usual"]))
    even, price = aq.tables.method.limits(worked).rows
    for row, value in (
        (even, worked.evaluation.decision.break_even_probability),
        (price, worked.evaluation.decision.walk_away_price),
    ):
        assert value is not None
        sum_ = row[2].replace("−", "-").replace(",", "")
        scale = 1.0 if row is even else worked.scale.size
        assert eval(sum_) * scale == pytest.approx(value, abs=0.05 * scale)  # noqa: S307


def test_the_metalog_is_that_of_the_range() -> None:
    """The three transformed values are those of the percentiles that were given."""
    worked = work(aq.evaluate(VENDORS["strategic"], FIRMS["as usual"]))
    rows = {row[0]: row[2] for row in aq.tables.method.range_as_distribution(worked).rows}
    assert rows["g₁₀, g₅₀, g₉₀"] == "6.6846, 6.9078, 7.1701"  # ln of 800, 1000 and 1300


# the notebook


def executed(folder: Path, given: aq.Vendor) -> Any:
    """The notebook, executed by plain papermill on a file whose first vendor this is."""
    other = replaced(VENDORS["certain"], vendor_id="other")
    write_vendors(aq.Vendors([given, other]), folder / "vendors.yaml")
    write_assumptions(firm(trials=64, currency=CURRENCY), folder / "assumptions.yaml")
    parameters = {"vendors": str(folder / "vendors.yaml")}
    return papermill.execute_notebook(
        NOTEBOOK, None, parameters, cwd=str(folder), progress_bar=False
    )


@runs_a_kernel
@pytest.mark.parametrize("which", ["strategic", "generic", "certain"])
def test_the_notebook_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, which: str) -> None:
    """Plain papermill makes a whole page of it with every anchor, whatever texts are given."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    given = replaced(VENDORS[which], name=HOSTILE, offering=HOSTILE, approved_by=HOSTILE)
    page = page_of(executed(tmp_path, given), title="Method")
    assert page.charts == 2
    anchors = set(re.findall(r'\bid="([^"]+)"', page.html))
    assert {*HOW.values(), *EXPLAINED_IN} <= anchors
    assert "<img" not in page.html
    assert CURRENCY not in page.html
    assert "&lt;b&gt;" in page.html
    assert which != "strategic" or "&lt;img src=x" in page.html
    worked = work(aq.evaluate(given, FIRMS["as usual"]))
    assert number(worked.cases["dual_market"].payoff, 2) in page.html


# the links to it


def test_sections_lead_to_the_method_in_a_set_of_reports_only() -> None:
    """A section with a formula leads to its explanation where there is one, and not otherwise."""
    cells = [nbformat.v4.new_markdown_cell("## One", id=key) for key in (*HOW, "inputs-text")]
    page = page_of(notebook(*cells), title="T", home="../index.html", method=f"../{METHOD}").html
    for anchor in HOW.values():
        assert f'<p class="how"><a href="../{METHOD}#{anchor}">' in page
    assert page.count('class="how"') == len(HOW)
    assert f'<a href="../{METHOD}">Method</a>' in page
    alone = page_of(notebook(*cells), title="T").html
    assert METHOD not in alone
    assert 'class="how"' not in alone


def test_key_figures_lead_to_the_method() -> None:
    """Each of the figures that carry the verdict is a link to its formula, in a set of reports."""
    banner = aq.tables.verdict(aq.evaluate(VENDORS["strategic"], FIRMS["as usual"]))
    cell = code("verdict", shows(text_html=banner._repr_html_()))
    page = page_of(notebook(cell), title="T", method=f"../{METHOD}").html
    for (what, _, _), section in zip(banner.key_figures, EXPLAINED_IN, strict=True):
        assert f'<a class="what" href="../{METHOD}#{section}">{what}:</a>' in page
    assert METHOD not in page_of(notebook(cell), title="T").html


def test_every_section_that_leads_there_is_one_of_the_notebooks() -> None:
    """The cells that links are put into exist, so that renaming one is noticed."""
    names = ("evaluate_vendor", "compare_vendors")
    read = [nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4) for name in names]
    assert set(HOW) <= {cell.id for one in read for cell in one.cells}


def small_notebook(path: Path, condition: str) -> None:
    """A notebook in place of all others, which fails under a condition."""
    first = code(PARAMETERS, tags=["parameters"], count=None)
    source = f"""\
import os
import acquire as aq
all_vendors, firm = aq.notebook.open_inputs(vendors, assumptions)
assert not ({condition})
evaluations = [aq.evaluate(v, firm) for v in all_vendors.values()]
aq.notebook.record(evaluations, vendors, assumptions)
"""
    nbformat.write(notebook(first, code(source, count=None)), path)


def test_a_method_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The index says why, links to it lead to a page all the same, and `failed` mends it."""
    path, out = tmp_path / "small.ipynb", tmp_path / "out"
    monkeypatch.setattr(plan, "notebook_path", lambda _: path)
    small_notebook(path, "len(all_vendors) == 1 and not vendor_id")
    ids = ("a", "b")
    vendors = aq.Vendors([dataclasses.replace(VENDORS["certain"], vendor_id=i) for i in ids])
    rendered = aq.render(vendors, FIRMS["as usual"], out)
    assert set(rendered.failures) == {METHOD}
    assert rendered.pages == 3
    index = (out / "index.html").read_text("utf-8")
    assert '<a href="method-failed.html">The page that explains the method failed: why' in index
    assert "AssertionError" in (out / "method-failed.html").read_text("utf-8")
    assert "not rendered yet" in (out / METHOD).read_text("utf-8")
    assert f'href="../{METHOD}"' in (out / "vendors" / "b.html").read_text("utf-8")
    small_notebook(path, "False")
    assert aq.render(vendors, FIRMS["as usual"], out, failed=True).rendered == (METHOD,)
    index = (out / "index.html").read_text("utf-8")
    assert f'<a href="{METHOD}">How these figures come about: the method</a>' in index
    assert "not rendered yet" not in (out / METHOD).read_text("utf-8")
    assert not (out / "method-failed.html").exists()


def test_one_vendor_alone_leaves_the_method_to_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With `only` the method is not rendered; what its links lead to says so."""
    path, out = tmp_path / "small.ipynb", tmp_path / "out"
    monkeypatch.setattr(plan, "notebook_path", lambda _: path)
    small_notebook(path, "False")
    ids = ("a", "b")
    vendors = aq.Vendors([dataclasses.replace(VENDORS["certain"], vendor_id=i) for i in ids])
    assert aq.render(vendors, FIRMS["as usual"], out, only=["a"]).rendered == ("a",)
    assert "not rendered yet" in (out / METHOD).read_text("utf-8")
    assert METHOD in aq.render(vendors, FIRMS["as usual"], out).rendered
