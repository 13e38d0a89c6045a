"""What the notebooks need beyond the model: their parameters checked, their result recorded."""

from __future__ import annotations

import ast
import platform
from collections.abc import Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from acquire.assumptions import Assumptions
from acquire.decision import STRATEGIES, VERDICTS
from acquire.display import Table, money, one_line
from acquire.errors import InputError, Problem, UnknownNameError, nearest_name
from acquire.evaluation import Evaluation
from acquire.inputs import ASSUMPTIONS_FILE, fingerprint, given_of, locate
from acquire.scenario import Scenario, read_together
from acquire.sensitivity import Sensitivity, discounting
from acquire.tables import facts
from acquire.tables import scenario as table_of
from acquire.vendor import Vendors

RESULT_TYPE = "application/vnd.acquire.evaluation+json"
"""Media type under which a notebook keeps its machine-readable result."""

WHAT_IF_TYPE = "application/vnd.acquire.whatif+json"
"""Media type of what a page needs to answer "what if" without a kernel."""

INJECTED = "# Parameters"
"""First line of the cell that papermill puts after the parameters cell."""

DISTRIBUTION = "vendor-acquire"


def open_inputs(
    vendors: str,
    assumptions: str = "",
    trials: int | None = None,
    seed: int | None = None,
    scenario: str = "",
    vendor_id: str = "",
) -> tuple[Vendors, Assumptions]:
    """Check the notebook's parameters and read its files.

    Relative paths are looked for in the working folder and in the folders above it.

    Args:
        vendors, assumptions: files; without assumptions those beside the vendor file.
        trials, seed: replace those of the files; None to leave them.
        scenario: file of what to change of one vendor and of the firm; empty for nothing.
        vendor_id: the vendor the notebook is about, where it is about one; with a scenario it
            has to be the scenario's.

    Raises:
        InputError: every problem of the files, or a parameter the notebook does not have.
    """
    check_parameters()
    given, firm, changes = _read(vendors, assumptions, trials, seed, scenario)
    if changes is None:
        return given, firm
    if vendor_id and vendor_id != changes.vendor_id:
        raise InputError(
            Problem(
                f"{changes.vendor_id}, the vendor of the scenario {changes.place}",
                column="vendor_id",
                value=vendor_id,
            )
        )
    return changes.apply(given, firm)


def differences(
    scenario: str,
    vendors: str,
    assumptions: str = "",
    trials: int | None = None,
    seed: int | None = None,
) -> list[Table]:
    """What a scenario changes, as a table to be displayed; nothing where there is no scenario.

    Args:
        scenario, vendors, assumptions, trials, seed: as given to `open_inputs`.

    Raises:
        InputError: every problem of the files.
    """
    if not scenario:
        return []
    given, firm, changes = _read(vendors, assumptions, trials, seed, scenario)
    return [] if changes is None else [table_of(changes, given[changes.vendor_id], firm)]


def _read(
    vendors: str, assumptions: str, trials: int | None, seed: int | None, scenario: str
) -> tuple[Vendors, Assumptions, Scenario | None]:
    """The notebook's files, found from the folders below theirs too."""
    return read_together(
        locate(vendors),
        locate(assumptions) if assumptions else None,
        locate(scenario) if scenario else None,
        trials=trials,
        seed=seed,
    )


def check_parameters() -> None:
    """Refuse injected parameters that the notebook does not have.

    Papermill only warns of them, so a misspelt name would leave the default in force unseen.

    Raises:
        InputError: one problem per unknown name.
    """
    cells = _cells_so_far()
    for i, cell in enumerate(cells):
        if i and cell.lstrip().startswith(INJECTED):
            known = _assigned(cells[i - 1])
            unknown = [name for name in _assigned(cell) if name not in known]
            if unknown:
                raise UnknownNameError(
                    Problem(
                        f"one of {', '.join(known)}",
                        file="parameters",
                        column=name,
                        wrong="this notebook has no such parameter",
                        nearest=nearest_name(name, known),
                    )
                    for name in unknown
                )


def _cells_so_far() -> list[str]:
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    if shell is None:
        return []
    return [cell for cell in shell.user_ns.get("In", []) if cell]


def _assigned(source: str) -> list[str]:
    try:
        body = ast.parse(source).body
    except SyntaxError:
        return []
    names = []
    for statement in body:
        if isinstance(statement, ast.Assign):
            targets = statement.targets
        elif isinstance(statement, ast.AnnAssign):
            targets = [statement.target]
        else:
            continue
        names += [target.id for target in targets if isinstance(target, ast.Name)]
    return names


class Recorded:
    """The notebook's result: shown as provenance, kept as JSON in the cell's output."""

    def __init__(self, results: Sequence[dict[str, Any]], provenance: Table) -> None:
        self.results, self.provenance = list(results), provenance

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        return {
            RESULT_TYPE: self.results,
            "text/html": self.provenance._repr_html_(),
            "text/plain": str(self.provenance),
        }


class WhatIf:
    """The decision at other prices, probabilities, rates and growths: sliders of the page."""

    def __init__(self, evaluation: Evaluation) -> None:
        self.data = discounting(evaluation).to_dict() | {
            "currency": evaluation.firm.currency,
            "verdicts": dict(VERDICTS),
        }

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        words = "In the rendered page, sliders for price, success, rate and growth stand here."
        return {WHAT_IF_TYPE: self.data, "text/plain": words}


def what_if(evaluation: Evaluation) -> WhatIf:
    """Sliders in the rendered page that need no kernel."""
    return WhatIf(evaluation)


def record(
    evaluations: Evaluation | Sequence[Evaluation],
    vendors: str,
    assumptions: str = "",
    sensitivity: Sensitivity | None = None,
    scenario: str = "",
) -> Recorded:
    """Keep the evaluations in the notebook and show where they come from.

    Each is kept with the vendor and the assumptions it is of, so that a folder of results can be
    compared with another, and evaluated again, by itself.

    Args:
        evaluations: one or more, of the same assumptions.
        vendors, assumptions: the files they were read from, as given to `open_inputs`.
        sensitivity: of the evaluation, where there is just one.
        scenario: the scenario file, as given to `open_inputs`.
    """
    several = [evaluations] if isinstance(evaluations, Evaluation) else list(evaluations)
    firm = several[0].firm
    files = {
        "vendors": locate(vendors),
        "assumptions": _assumptions_file(vendors, assumptions),
        "scenario": locate(scenario) if scenario else None,
    }
    rows = {
        f"{what}: {one_line(path.name)}": f"SHA-256 {fingerprint(path)}"
        for what, path in files.items()
        if path
    }
    rows |= {
        "draws": f"{firm.trials:,} (scrambled Sobol sequence), seed {firm.seed}",
        **_error_of(several),
        "acquire": installed(DISTRIBUTION),
        "Python": platform.python_version(),
        **{name: installed(name) for name in ("numpy", "scipy", "plotly")},
    }
    results = [e.to_dict() | {"given": given_of(e.vendor, e.firm)} for e in several]
    if sensitivity is not None:
        results[0]["sensitivity"] = sensitivity.to_dict()
    return Recorded(results, facts("Where this comes from", rows))


def _error_of(evaluations: Sequence[Evaluation]) -> dict[str, str]:
    """The Monte Carlo error of what a single evaluation turns on."""
    if len(evaluations) != 1:
        return {}
    (evaluation,) = evaluations
    strategy = evaluation.decision.strategy or "go_external"
    error = evaluation.payoffs.defined[strategy].standard_error
    said = f"{money(error, evaluation.firm.currency)} of the mean of {STRATEGIES[strategy]}"
    return {"Monte Carlo error": f"at most {said} (as if the draws were independent)"}


def _assumptions_file(vendors: str, assumptions: str) -> Path | None:
    if assumptions:
        return locate(assumptions)
    beside = locate(vendors).parent / ASSUMPTIONS_FILE
    return beside if beside.exists() else None


@cache
def installed(distribution: str) -> str:
    """The version of a distribution."""
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "not installed"


def results_of(notebook: Any) -> list[dict[str, Any]] | None:
    """The evaluations that a notebook recorded last as it ran, None where it recorded none.

    Args:
        notebook: an executed `nbformat` notebook.
    """
    found = None
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            found = output.get("data", {}).get(RESULT_TYPE, found)
    return None if found is None else list(found)


def notebook_path(name: str) -> Path:
    """A notebook that comes with the package: beside it in a checkout, inside it when installed.

    Raises:
        FileNotFoundError: no such notebook.
    """
    here = Path(__file__).parent
    for folder in (here / "notebooks", here.parent / "notebooks"):
        if (folder / f"{name}.ipynb").is_file():
            return folder / f"{name}.ipynb"
    raise FileNotFoundError(f"notebook {name}.ipynb")
