"""`render` of a scenario: reports of what it changes, beside those of the vendors as given."""

from __future__ import annotations

import dataclasses
import json
from html import unescape
from pathlib import Path
from typing import Any

import nbformat
import pytest
import yaml

import acquire as aq
from acquire.batch import plan
from acquire.notebook import results_of
from acquire.scenario import Scenario
from tests.batch.small import some_vendors, use
from tests.files import run, written
from tests.pages import ROOT, code, notebook
from tests.samples import firm

VENDORS = some_vendors(["a", "b", "c"])
FIRM = firm(trials=64)
LOW = Scenario("low", "b", {"price": 700.0}, {"tax_rate": 0.1})
PARAMETERS = 'vendor_id = ""\nvendors = ""\nassumptions = ""\nscenario = ""'
EVALUATE = """\
import acquire as aq
all_vendors, firm = aq.notebook.open_inputs(
    vendors, assumptions, scenario=scenario, vendor_id=vendor_id
)
evaluations = [aq.evaluate(v, firm) for v in all_vendors.values()]
if "b" in all_vendors and firm.tax_rate == 0.2:
    raise OSError("no such luck")
"""
RECORD = "aq.notebook.record(evaluations, vendors, assumptions, scenario=scenario)"


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A notebook of a few lines that takes a scenario, in place of both of the package's."""
    path = tmp_path / "small.ipynb"
    first = code(PARAMETERS, tags=["parameters"], count=None)
    cells = [first, code(EVALUATE, count=None), code(RECORD, count=None)]
    nbformat.write(notebook(*cells), path)
    use(path, monkeypatch.setattr)


def changed(*ids: str, **settings: Any) -> Any:
    """What vendors come to under `LOW`, without the scenario's code, as JSON has it."""
    low = dataclasses.replace(FIRM, tax_rate=0.1, **settings)
    vendors = dict(VENDORS) | {"b": dataclasses.replace(VENDORS["b"], price=700.0)}
    return json.loads(json.dumps([aq.evaluate(vendors[i], low).to_dict() for i in ids]))


def evaluated(results: Any) -> list[dict[str, Any]]:
    """Recorded results without the inputs that they are of."""
    return [{n: v for n, v in result.items() if n != "given"} for result in results]


def test_a_real_report(tmp_path: Path) -> None:
    """The command's results are exactly those of `evaluate`, and its pages say what differs."""
    given = ROOT / "data" / "vendors.csv"
    text = "schema: 1\nvendor: nimbus\ninputs:\n  price: 24000000\nassumptions:\n  trials: 64\n"
    path = written(tmp_path / "low-price.yaml", f"{text}vendors: {given}\n")
    out = tmp_path / "out"
    ended = run("render", "--scenario", path, "-o", out)
    assert (ended.code, ended.out.split(" with ")[0]) == (0, "3 pages")
    vendors, firm = aq.read_inputs(given, trials=64)
    evaluation = aq.evaluate(dataclasses.replace(vendors["nimbus"], price=24e6), firm)
    expected = evaluation.to_dict() | {"sensitivity": aq.analyse(evaluation).to_dict()}
    results = evaluated(json.loads((out / "results" / "nimbus.json").read_text("utf-8")))
    assert results == json.loads(json.dumps([expected]))
    page = unescape((out / "vendors" / "nimbus.html").read_text("utf-8"))
    assert "Scenario low-price: what differs from the vendor as given" in page
    assert "; scenario low-price" in page.split('<p class="subtitle">')[1].split("</p>")[0]
    assert page.index("verdict acquire") < page.index("what differs") < page.rindex("How safe")
    index = (out / "index.html").read_text("utf-8")
    assert "1 vendor evaluated; scenario low-price" in index
    assert 'data-sort="24000000.0"' in index
    assert "scenario: low-price.yaml" in page
    compared = nbformat.read(out / "comparison.ipynb", as_version=4)
    assert evaluated(results_of(compared)) == json.loads(json.dumps([evaluation.to_dict()]))


@pytest.mark.usefixtures("small")
def test_every_result_is_the_scenarios(tmp_path: Path) -> None:
    """The vendor is changed, the others are under the changed firm, the comparison is of both."""
    rendered = aq.render(VENDORS, FIRM, tmp_path / "out", scenario=LOW)
    assert rendered.failures == {}
    results = evaluated(json.loads((tmp_path / "out" / "results.json").read_text("utf-8")))
    assert results == changed("a", "b", "c")
    compared = nbformat.read(tmp_path / "out" / "comparison.ipynb", as_version=4)
    assert evaluated(results_of(compared)) == changed("a", "b", "c")
    for key in ("a", "b"):
        page = (tmp_path / "out" / "vendors" / f"{key}.html").read_text("utf-8")
        assert "scenario low" in page.split('<p class="subtitle">')[1].split("</p>")[0]


def test_notebooks_get_vendors_and_firm_as_given() -> None:
    """The scenario's own notebook can say what differs: it has both sides, in files of its own."""
    applied, low_firm = LOW.apply(VENDORS, FIRM)
    named = dataclasses.replace(LOW, name="vendors", vendors_file=Path("/somewhere/vendors.csv"))
    given = plan.Given(named, VENDORS, FIRM)
    jobs = plan.Plan(low_firm, plan.Limits(), "assets", plan.Allowance(), given)
    own = jobs.vendor_job(applied["b"])
    assert own.parameters["scenario"] == "scenarios/vendors.yaml"
    assert yaml.safe_load(own.files["vendors.yaml"])[0]["price"] == VENDORS["b"].price
    assert yaml.safe_load(own.files["assumptions.yaml"])["tax_rate"] == FIRM.tax_rate
    assert yaml.safe_load(own.files["scenarios/vendors.yaml"]) == {
        "schema": 1,
        "vendor": "b",
        "inputs": {"price": 700},
        "assumptions": {"tax_rate": 0.1},
    }
    other = jobs.vendor_job(applied["a"])
    assert "scenario" not in other.parameters
    assert yaml.safe_load(other.files["assumptions.yaml"])["tax_rate"] == 0.1
    assert "scenario" not in jobs.comparison_job(applied, ["b"]).parameters


@pytest.mark.usefixtures("small")
def test_what_makes_reports_of_a_scenario_stale(tmp_path: Path) -> None:
    """Its content does, for its vendor alone or for all; its path and comments do not."""
    out, path = tmp_path / "out", tmp_path / "low.yaml"

    def rendered(text: str, at: Path = path) -> set[str]:
        at.parent.mkdir(exist_ok=True)
        scenario = aq.read_scenario(written(at, f"schema: 1\nvendor: b\n{text}"))
        return set(aq.render(VENDORS, FIRM, out, scenario=scenario).rendered)

    everything = {"a", "b", "c", "comparison.html", "method.html"}
    assert rendered("inputs:\n  price: 700\n") == everything
    same = "# By me.\nvendors: x.csv\ninputs:\n  price: 7e2 # a guess\n"
    assert rendered(same, tmp_path / "elsewhere" / "low.yaml") == set()
    assert rendered("inputs:\n  price: 800\n") == {"b", "comparison.html", "method.html"}
    assert rendered("inputs:\n  price: 800\nassumptions:\n  tax_rate: 0.1\n") == everything


@pytest.mark.usefixtures("small")
def test_a_scenario_whose_vendor_fails(tmp_path: Path) -> None:
    """The others are compared without it, under the changed firm; its page says how to go on."""
    scenario = Scenario("low", "b", {"price": 700.0}, {"tax_rate": 0.2})
    rendered = aq.render(VENDORS, FIRM, tmp_path, scenario=scenario)
    assert set(rendered.failures) == {"b", "method.html"}
    page = unescape((tmp_path / "failures" / "b.html").read_text("utf-8"))
    assert 'acquire.render(vendors, firm, out, only=["b"], scenario=scenario)' in page
    compared = nbformat.read(tmp_path / "comparison.ipynb", as_version=4)
    under = dataclasses.replace(FIRM, tax_rate=0.2)
    expected = [aq.evaluate(VENDORS[i], under).to_dict() for i in ("a", "c")]
    assert evaluated(results_of(compared)) == json.loads(json.dumps(expected))


def test_a_scenario_that_does_not_fit(tmp_path: Path) -> None:
    """It is refused with every other problem, before anything is written."""
    scenario = Scenario("low", "d", {}, {"terminal_growth": 0.2})
    with pytest.raises(aq.InputError) as caught:
        aq.render(VENDORS, FIRM, tmp_path / "out", workers=0, scenario=scenario)
    assert [p.column for p in caught.value.problems] == ["workers", "vendor", "terminal_growth"]
    assert not (tmp_path / "out").exists()
