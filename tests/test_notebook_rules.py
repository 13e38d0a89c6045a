"""What every notebook of the project keeps to, and that plain papermill runs them."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import papermill
import pytest

import acquire as aq
from acquire.notebook import results_of

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
PARAMETERS = {
    "evaluate_vendor": ["vendor_id", "vendors", "assumptions", "trials", "seed"],
    "compare_vendors": ["vendors", "assumptions", "trials", "seed"],
}


def code_cells(path: Path) -> list[nbformat.NotebookNode]:
    return [c for c in nbformat.read(path, 4).cells if c.cell_type == "code"]


def test_the_notebooks_are_there() -> None:
    """The rules below hold something: both notebooks exist."""
    assert {path.stem for path in NOTEBOOKS} >= set(PARAMETERS)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_arguments_prose_and_calls(path: Path) -> None:
    """A dozen code cells at most, no definitions, no outputs, valid, on the python3 kernel."""
    notebook = nbformat.read(path, 4)
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec.name == "python3"
    cells = code_cells(path)
    assert len(cells) <= 12
    for cell in cells:
        assert cell.outputs == []
        assert cell.execution_count is None
        defined = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
        assert not any(isinstance(node, defined) for node in ast.walk(ast.parse(cell.source)))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_parameters_are_typed_and_explained(path: Path) -> None:
    """One cell is tagged `parameters`; papermill reads a type and a comment for each name."""
    tagged = [c for c in code_cells(path) if "parameters" in c.metadata.get("tags", [])]
    assert len(tagged) == 1
    found = papermill.inspect_notebook(str(path))
    assert list(found) == PARAMETERS[path.stem]
    for parameter in found.values():
        assert parameter["inferred_type_name"] in {"str", "int"}
        assert parameter["help"]


def run(notebook: str, out: Path, cwd: Path, **parameters: object) -> nbformat.NotebookNode:
    return papermill.execute_notebook(
        str(ROOT / "notebooks" / f"{notebook}.ipynb"),
        str(out),
        parameters=parameters,
        cwd=str(cwd),
        progress_bar=False,
        execution_timeout=300,
    )


@pytest.mark.filterwarnings("default")  # of papermill and its kernel client
@pytest.mark.parametrize("cwd", [ROOT, ROOT / "notebooks"], ids=["root", "notebooks"])
def test_plain_papermill_runs_the_evaluation(tmp_path: Path, cwd: Path) -> None:
    """From the root or its own folder, the notebook records what `evaluate` returns."""
    done = run("evaluate_vendor", tmp_path / "out.ipynb", cwd, vendor_id="tollivard", trials=1024)
    vendors, firm = aq.read_inputs(ROOT / "data" / "vendors.csv", trials=1024)
    recorded = results_of(done)
    assert recorded is not None
    assert len(recorded) == 1
    expected = aq.evaluate(vendors["tollivard"], firm).to_dict()
    assert {k: recorded[0][k] for k in expected} == json.loads(json.dumps(expected))


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"vendr_id": "nimbus"}, "did you mean vendor_id?"),
        ({"vendor_id": "nimbuss"}, "did you mean nimbus?"),
        ({"trials": 1000}, "a power of two, such as 1024"),
    ],
)
def test_a_wrong_parameter_stops_the_notebook(
    tmp_path: Path, parameters: dict[str, object], said: str
) -> None:
    """A misspelt name or value is an error that names the remedy, without a traceback."""
    out = tmp_path / "out.ipynb"
    with pytest.raises(papermill.PapermillExecutionError) as error:
        run("evaluate_vendor", out, ROOT, **parameters)
    assert said in str(error.value.evalue)
    outputs = [o for c in code_cells(out) for o in c.outputs if o.output_type == "error"]
    assert len(outputs) >= 1
    assert "Traceback" not in "\n".join(outputs[-1].traceback)
    assert 'File "' not in "\n".join(outputs[-1].traceback)


def test_the_papermill_command_runs_the_evaluation(tmp_path: Path) -> None:
    """The README's papermill command works as it stands there."""
    out = tmp_path / "out.ipynb"
    command = "notebooks/evaluate_vendor.ipynb", str(out), "-p", "vendor_id", "nimbus"
    done = subprocess.run(
        [sys.executable, "-m", "papermill", *command],
        cwd=ROOT,
        env=dict(os.environ) | {"IPYTHONDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    recorded = results_of(nbformat.read(out, 4))
    assert recorded is not None
    assert recorded[0]["vendor_id"] == "nimbus"
