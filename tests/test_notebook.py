"""What notebooks need of Jupyter: their parameters checked, their result recorded."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from acquire import notebook as module
from acquire.assumptions import Assumptions
from acquire.errors import InputError
from acquire.evaluation import evaluate
from acquire.inputs import given_of, read_given, write_assumptions, write_vendors
from acquire.notebook import (
    RESULT_TYPE,
    check_parameters,
    differences,
    notebook_path,
    open_inputs,
    record,
    results_of,
)
from acquire.vendor import COLUMNS, Vendors
from tests.files import written
from tests.pages import HOSTILE, code, notebook, shows
from tests.samples import STRATEGIC, UNCERTAIN, firm, vendor

PARAMETERS = 'vendor_id: str = "nimbus"  # which\nvendors: str = "vendors.csv"\ntrials: int = None'


def run_cells(monkeypatch: pytest.MonkeyPatch, *cells: str) -> None:
    """Make the kernel look as if it had executed these cells so far."""
    shell = SimpleNamespace(user_ns={"In": ["", *cells]})
    monkeypatch.setattr("IPython.core.getipython.get_ipython", lambda: shell)


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder with a vendor file and the assumptions beside it."""
    write_vendors(Vendors([vendor()]), tmp_path / "vendors.yaml")
    write_assumptions(Assumptions(trials=512, seed=3), tmp_path / "assumptions.yaml")
    return tmp_path


def test_an_unknown_parameter_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A parameter that papermill injects under a misspelt name is an error with the nearest."""
    run_cells(monkeypatch, PARAMETERS, '# Parameters\nvendr_id = "x"\nvendors = "y"\nsead = 1\n')
    with pytest.raises(InputError) as caught:
        check_parameters()
    one, other = caught.value.problems
    assert str(one) == (
        "parameters, vendr_id: this notebook has no such parameter; "
        "expected one of vendor_id, vendors, trials; did you mean vendor_id?"
    )
    assert (other.column, other.nearest) == ("sead", None)


@pytest.mark.parametrize(
    "cells",
    [
        (PARAMETERS,),
        (PARAMETERS, '# Parameters\nvendor_id = "x"\ntrials = 64\n'),
        (PARAMETERS, "# Parameters\n"),
        (PARAMETERS, "# Parameters of mine, wrong on purpose (\n"),
        ('# Parameters\nvendr_id = "x"\n',),
        (),
    ],
    ids=["none", "known", "empty", "no-code", "nothing-before", "no-cell"],
)
def test_parameters_that_are_fine(monkeypatch: pytest.MonkeyPatch, cells: tuple[str, ...]) -> None:
    """Parameters that the cell before them has, and cells that only look alike, are fine."""
    run_cells(monkeypatch, *cells)
    check_parameters()


def test_without_a_kernel_nothing_is_checked() -> None:
    """Outside a notebook there are no parameters to be wrong."""
    check_parameters()


def test_parameters_are_checked_before_the_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """A misspelt parameter is what is reported, not the default that is read in its place."""
    run_cells(monkeypatch, PARAMETERS, '# Parameters\nvendr_id = "x"\n')
    with pytest.raises(InputError, match="did you mean vendor_id"):
        open_inputs("no-such-file.csv")


def test_files_are_found_from_a_folder_below(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Relative paths hold from the notebook's own folder as well; trials and seed replace."""
    (files / "notebooks").mkdir()
    monkeypatch.chdir(files / "notebooks")
    vendors, assumptions = open_inputs("vendors.yaml", seed=0)
    assert list(vendors) == ["strategic-one"]
    assert (assumptions.trials, assumptions.seed) == (512, 0)
    assert open_inputs("vendors.yaml", "assumptions.yaml", 64)[1].trials == 64


def test_the_result_is_recorded(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The record is the evaluation at full precision, as JSON, beside what a reader sees."""
    monkeypatch.chdir(files)
    evaluation = evaluate(vendor(), firm())
    bundle = record(evaluation, "vendors.yaml")._repr_mimebundle_()
    (result,) = json.loads(json.dumps(bundle[RESULT_TYPE], allow_nan=False))
    given = result.pop("given")
    assert result == evaluation.to_dict()
    assert given["vendor"]["price"] == 1000.0
    assert given["assumptions"]["trials"] == 256
    assert "<caption>Where this comes from" in bundle["text/html"]
    several = record([evaluation, evaluation], "vendors.yaml")
    assert len(several._repr_mimebundle_()[RESULT_TYPE]) == 2


def test_a_recorded_result_is_evaluated_again(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was given comes back equal from JSON, ranges and empty cells too: the same figures."""
    monkeypatch.chdir(files)
    one = vendor(STRATEGIC | UNCERTAIN, name=HOSTILE[:200].strip(), offering=None, ramp_years=None)
    assumed = firm(
        terminal_growth=None,
        weights={"scarcity": 1 / 3},
        correlations=[["price", "fixed_cost", 0.1 + 0.2]],
        defaults={"hiring_cost": "1..2..3.5", "ramp_years": 4},
    )
    evaluation = evaluate(one, assumed)
    recorded = record(evaluation, "vendors.yaml")._repr_mimebundle_()[RESULT_TYPE]
    (result,) = json.loads(json.dumps(recorded, allow_nan=False))
    assert set(result["given"]["vendor"]) == {n for n in COLUMNS if getattr(one, n) is not None}
    assert read_given(result["given"]) == (one, assumed)
    assert evaluate(*read_given(result["given"])).to_dict() == evaluation.to_dict()


def test_what_was_given_to_another_version() -> None:
    """Names and values that this version does not know are problems, all of them at once."""
    given = given_of(vendor(), firm())
    given["vendor"] |= {"colour": "red", "price": 1}
    given["assumptions"]["tax_rate"] = 25
    with pytest.raises(InputError) as caught:
        read_given(given, "results.json, nimbus")
    assert [(p.file, p.column) for p in caught.value.problems] == [
        ("results.json, nimbus", "colour"),
        ("results.json, nimbus", "tax_rate"),
    ]
    with pytest.raises(InputError, match="expected cells by name"):
        read_given(None)


def test_provenance(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The record names both files with their fingerprints, the draws and the versions."""
    monkeypatch.chdir(files)
    evaluation = evaluate(vendor(), firm(seed=0))
    facts = dict(record(evaluation, "vendors.yaml", "assumptions.yaml").provenance.rows)
    assert facts["vendors: vendors.yaml"] == f"SHA-256 {digest(files / 'vendors.yaml')}"
    assert facts["assumptions: assumptions.yaml"] == f"SHA-256 {digest(files / 'assumptions.yaml')}"
    assert facts["draws"] == "256 (scrambled Sobol sequence), seed 0"
    assert {"acquire", "Python", "numpy", "scipy", "plotly"} < set(facts)


def test_provenance_of_assumptions_that_nobody_named(
    files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The assumptions beside the vendor file count as read, so they are named too."""
    monkeypatch.chdir(files)
    evaluation = evaluate(vendor(), firm())
    assert "assumptions: assumptions.yaml" in dict(
        record(evaluation, "vendors.yaml").provenance.rows
    )
    (files / "assumptions.yaml").unlink()
    rows = dict(record(evaluation, "vendors.yaml").provenance.rows)
    assert not any(name.startswith("assumptions") for name in rows)


def test_files_of_the_same_name_are_both_named(files: Path) -> None:
    """Two files of one name in different folders have a line each."""
    (files / "firm").mkdir()
    other = files / "firm" / "vendors.yaml"
    write_assumptions(Assumptions(), other)
    found = record(evaluate(vendor(), firm()), str(files / "vendors.yaml"), str(other))
    shas = [value for value in dict(found.provenance.rows).values() if value.startswith("SHA")]
    assert shas == [f"SHA-256 {digest(files / 'vendors.yaml')}", f"SHA-256 {digest(other)}"]


def test_results_of_a_notebook() -> None:
    """The first record of an executed notebook is its result; without one there is none."""
    recorded = code("record()", shows(text_plain="…"))
    recorded.outputs[0].data[RESULT_TYPE] = [{"vendor_id": "nimbus"}]
    printed = code("print()", {"output_type": "stream", "name": "stdout", "text": "x"})
    assert results_of(notebook(printed, recorded)) == [{"vendor_id": "nimbus"}]
    assert results_of(notebook(printed)) is None


def test_notebooks_that_come_with_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A notebook is found beside the package, or inside it where it is installed."""
    assert notebook_path("evaluate_vendor").is_file()
    installed = tmp_path / "acquire" / "notebooks" / "evaluate_vendor.ipynb"
    installed.parent.mkdir(parents=True)
    installed.touch()
    monkeypatch.setattr(module, "__file__", str(tmp_path / "acquire" / "notebook.py"))
    assert notebook_path("evaluate_vendor") == installed
    with pytest.raises(FileNotFoundError, match=r"notebook none\.ipynb"):
        notebook_path("none")


def test_without_an_installed_distribution_the_version_says_so(
    files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A copy of the package that was never installed still records its results."""
    monkeypatch.setattr(module, "DISTRIBUTION", "no-such-distribution")
    found = record(evaluate(vendor(), firm()), str(files / "vendors.yaml"))
    assert dict(found.provenance.rows)["acquire"] == "not installed"


@pytest.fixture
def scenario_file(files: Path) -> Path:
    """A scenario of the vendor, beside the vendor file."""
    return written(
        files / "low.yaml",
        "schema: 1\nvendor: strategic-one\ninputs:\n  price: 900\nassumptions:\n  trials: 64\n",
    )


def test_a_scenario_is_applied(scenario_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The scenario is found from a folder below too; parameters still replace what it sets."""
    below = scenario_file.parent / "notebooks"
    below.mkdir()
    monkeypatch.chdir(below)
    vendors, assumptions = open_inputs("vendors.yaml", scenario="low.yaml")
    assert (vendors["strategic-one"].price, assumptions.trials) == (900.0, 64)
    assert open_inputs("vendors.yaml", trials=32, scenario="low.yaml")[1].trials == 32
    (table,) = differences("low.yaml", "vendors.yaml")
    assert [row[0] for row in table.rows] == ["price", "trials"]
    (table,) = differences("low.yaml", "vendors.yaml", trials=32)
    assert [row[0] for row in table.rows] == ["price"]
    assert differences("", "no-such-file.csv") == []


def test_a_scenario_of_another_vendor(scenario_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A notebook about one vendor refuses a scenario of another."""
    monkeypatch.chdir(scenario_file.parent)
    open_inputs("vendors.yaml", scenario="low.yaml", vendor_id="strategic-one")
    with pytest.raises(InputError) as caught:
        open_inputs("vendors.yaml", scenario="low.yaml", vendor_id="generic-one")
    assert [str(problem) for problem in caught.value.problems] == [
        "vendor_id = generic-one: expected strategic-one, the vendor of the scenario low.yaml"
    ]


def test_provenance_of_a_scenario(scenario_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The record names the scenario file with its fingerprint, and none where there is none."""
    monkeypatch.chdir(scenario_file.parent)
    evaluation = evaluate(vendor(), firm())
    facts = dict(record(evaluation, "vendors.yaml", scenario="low.yaml").provenance.rows)
    assert facts["scenario: low.yaml"] == f"SHA-256 {digest(scenario_file)}"
    rows = dict(record(evaluation, "vendors.yaml").provenance.rows)
    assert not any(name.startswith("scenario") for name in rows)
