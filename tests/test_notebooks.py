"""The notebooks: rules that each of them keeps, and that anyone's papermill can run them."""

from __future__ import annotations

import ast
import dataclasses
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import papermill
import pytest
from papermill.exceptions import PapermillExecutionError

import acquire as aq
from acquire.inputs import given_of
from acquire.notebook import RESULT_TYPE, results_of
from acquire.report.page import page_of
from tests.files import written
from tests.pages import ROOT

FOLDER = ROOT / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
PARAMETERS = {
    "compare_vendors": [
        *("vendors", "assumptions", "trials", "seed", "scenario"),
        *("budget", "max_deals", "most_analysed"),
    ],
    "method": ["vendors", "assumptions", "vendor_id", "trials", "seed"],
    "evaluate_vendor": ["vendor_id", "vendors", "assumptions", "trials", "seed", "scenario"],
}
CHARTS = {"compare_vendors": 5, "evaluate_vendor": 14}
"""Of the default vendors; a generic vendor has one map less."""
MOST_CELLS = 12

of_every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
runs_a_kernel = pytest.mark.filterwarnings("default")  # what papermill's libraries warn of


@pytest.fixture(autouse=True)
def own_jupyter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kernels leave the user's IPython folder alone, and know nothing of it."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))


def read(path: Path) -> Any:
    return nbformat.read(path, as_version=4)


def code_cells(path: Path) -> list[Any]:
    return [cell for cell in read(path).cells if cell.cell_type == "code"]


def tagged(path: Path, tag: str) -> list[Any]:
    return [cell for cell in code_cells(path) if tag in cell.metadata.get("tags", [])]


def execute(name: str, cwd: Path, out: Path | None = None, **parameters: Any) -> Any:
    """The notebook, executed by plain papermill as from that folder."""
    path = FOLDER / f"{name}.ipynb"
    return papermill.execute_notebook(path, out, parameters, cwd=cwd, progress_bar=False)


def result(vendor: aq.Vendor, firm: aq.Assumptions) -> Any:
    """What a vendor's notebook records: its evaluation and sensitivity, as JSON has them."""
    evaluation = aq.evaluate(vendor, firm)
    expected = recorded(evaluation) | {"sensitivity": aq.analyse(evaluation).to_dict()}
    return json.loads(json.dumps(expected))


def recorded(evaluation: aq.Evaluation) -> dict[str, Any]:
    """What a notebook records of an evaluation: its figures, and what it is of."""
    return evaluation.to_dict() | {"given": given_of(evaluation.vendor, evaluation.firm)}


def papermill_command(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The command line of papermill itself, run in the repository."""
    command = [sys.executable, "-m", "papermill", *arguments, "--no-progress-bar"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_there_are_notebooks_to_hold_to_the_rules() -> None:
    """The rules below are held against the notebooks that the package renders."""
    assert {path.stem for path in NOTEBOOKS} >= set(PARAMETERS)


@of_every_notebook
def test_a_notebook_is_valid_and_of_the_python_kernel(path: Path) -> None:
    """A notebook fits its format's schema and asks for the kernel every Jupyter has."""
    notebook = read(path)
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec.name == "python3"
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)


@of_every_notebook
def test_a_notebook_is_arguments_prose_and_calls(path: Path) -> None:
    """A notebook has at most a dozen code cells, and none of them defines anything."""
    cells = code_cells(path)
    assert len(cells) <= MOST_CELLS
    definitions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
    nodes = [node for cell in cells for node in ast.walk(ast.parse(cell.source))]
    assert not any(isinstance(node, definitions) for node in nodes)


@of_every_notebook
def test_a_notebook_is_kept_without_results(path: Path) -> None:
    """Neither outputs nor counts nor times of a run are kept."""
    for cell in code_cells(path):
        assert cell.outputs == []
        assert cell.execution_count is None
        assert not {"execution", "papermill"} & set(cell.metadata)
    assert not {"papermill", "widgets"} & set(read(path).metadata)


@of_every_notebook
def test_parameters_are_typed_and_explained(path: Path) -> None:
    """One cell holds the parameters, each with a type and a comment, as papermill reads them."""
    (cell,) = tagged(path, "parameters")
    found = papermill.inspect_notebook(str(path))
    assigned = [s.target.id for s in ast.parse(cell.source).body if isinstance(s, ast.AnnAssign)]
    assert list(found) == assigned
    assert list(found) == PARAMETERS.get(path.stem, assigned)
    for parameter in found.values():
        assert parameter["inferred_type_name"] in {"str", "int", "float", "bool"}
        assert parameter["help"]


@of_every_notebook
def test_charts_are_tagged(path: Path) -> None:
    """Every cell that calls a figure is tagged, so that a lost chart is noticed."""
    calling = [cell.id for cell in code_cells(path) if "aq.figures." in cell.source]
    assert calling == [cell.id for cell in tagged(path, "chart")]
    assert len(calling) > 2 or path.stem not in CHARTS


@runs_a_kernel
@pytest.mark.parametrize("cwd", [ROOT, FOLDER], ids=["root", "notebooks"])
def test_comparison_in_any_folder(cwd: Path) -> None:
    """With its default files the comparison runs in either folder and records everything."""
    executed = execute("compare_vendors", cwd, trials=256)
    vendors, firm = aq.read_inputs(ROOT / "data" / "vendors.csv", trials=256)
    expected = [recorded(evaluation) for evaluation in aq.evaluate_all(vendors, firm)]
    assert results_of(executed) == json.loads(json.dumps(expected))
    assert page_of(executed, title="Comparison").charts == CHARTS["compare_vendors"]


@runs_a_kernel
def test_evaluation_as_in_jupyterlab() -> None:
    """Run in its own folder with its default parameters, the evaluation is that of `evaluate`."""
    executed = execute("evaluate_vendor", FOLDER)
    vendors, firm = aq.read_inputs(ROOT / "data" / "vendors.csv")
    assert results_of(executed) == [result(vendors["nimbus"], firm)]
    assert page_of(executed, title="Nimbus").charts == CHARTS["evaluate_vendor"]


def test_evaluation_on_papermills_command_line(tmp_path: Path) -> None:
    """The command of the README evaluates the vendor it names, with the draws it asks for."""
    out = tmp_path / "out.ipynb"
    chosen = ["-p", "vendor_id", "tollivard", "-p", "trials", "64", "-p", "seed", "0"]
    done = papermill_command("notebooks/evaluate_vendor.ipynb", str(out), *chosen)
    assert done.returncode == 0, done.stderr
    vendors, firm = aq.read_inputs(ROOT / "data" / "vendors.csv", trials=64, seed=0)
    assert results_of(read(out)) == [result(vendors["tollivard"], firm)]


def test_scenario_on_papermills_command_line(tmp_path: Path) -> None:
    """The notebook of a scenario is that of the changed vendor and firm, and says what differs."""
    path = written(
        tmp_path / "low-price.yaml",
        "schema: 1\nvendor: tollivard\ninputs:\n  price: 24000000\n"
        "assumptions:\n  discount_rate: 0.1\n  trials: 64\n",
    )
    out = tmp_path / "out.ipynb"
    chosen = ["-p", "vendor_id", "tollivard", "-p", "scenario", str(path)]
    done = papermill_command("notebooks/evaluate_vendor.ipynb", str(out), *chosen)
    assert done.returncode == 0, done.stderr
    vendors, firm = aq.read_inputs(ROOT / "data" / "vendors.csv")
    # by hand what the scenario says, not by way of its code
    vendor = dataclasses.replace(vendors["tollivard"], price=24e6)
    firm = dataclasses.replace(firm, discount_rate=0.1, trials=64)
    assert results_of(read(out)) == [result(vendor, firm)]
    (verdict,) = (cell for cell in code_cells(out) if cell.id == "verdict")
    shown = [output.data["text/plain"] for output in verdict.outputs]
    assert len(shown) == 2
    assert shown[1].startswith("Scenario low-price: what differs from the vendor as given\n")
    (source,) = (o for c in code_cells(out) for o in c.outputs if RESULT_TYPE in o.get("data", {}))
    assert "scenario: low-price.yaml" in source.data["text/plain"]


@runs_a_kernel
def test_comparison_in_a_scenario(tmp_path: Path) -> None:
    """The comparison is of all vendors under the scenario's firm, its own vendor changed."""
    path = written(
        tmp_path / "low-price.yaml",
        "schema: 1\nvendor: tollivard\ninputs:\n  price: 24000000\nassumptions:\n  trials: 64\n",
    )
    executed = execute("compare_vendors", ROOT, scenario=str(path))
    vendors, firm = aq.read_inputs(ROOT / "data" / "vendors.csv", trials=64)
    changed = {i: dataclasses.replace(v, price=24e6) for i, v in vendors.items()}
    expected = [
        recorded(aq.evaluate(changed[i] if i == "tollivard" else v, firm))
        for i, v in vendors.items()
    ]
    assert results_of(executed) == json.loads(json.dumps(expected))


@runs_a_kernel
@pytest.mark.parametrize(
    ("parameters", "start", "end"),
    [
        (
            {"vendr_id": "nimbus", "seed": 1},
            "Wrong input: parameters, vendr_id: this notebook has no such parameter; expected ",
            "; did you mean vendor_id?",
        ),
        (
            {"vendor_id": "nimbuss", "trials": 64},
            "Wrong input: vendor_id = nimbuss: no such vendor; expected one of nimbus, ",
            "; did you mean nimbus?",
        ),
        ({"trials": 1000}, "Wrong input: trials = 1000: expected a power of two, ", "such as 1024"),
    ],
    ids=["parameter", "vendor", "trials"],
)
def test_wrong_parameters_end_the_run(
    tmp_path: Path, parameters: dict[str, Any], start: str, end: str
) -> None:
    """A misspelt parameter or vendor fails with the nearest name, and without a traceback."""
    out = tmp_path / "out.ipynb"
    with pytest.raises(PapermillExecutionError):
        execute("evaluate_vendor", ROOT, out, **parameters)
    outputs = [output for cell in code_cells(out) for output in cell.outputs]
    (error,) = (output for output in outputs if output.output_type == "error")
    (line,) = error.traceback
    assert line.startswith(start)
    assert line.endswith(end)
    assert results_of(read(out)) is None
