"""`explore`: JupyterLab, or a page without a notebook, with the explorer of a vendor file."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from acquire.cli.group import acquire
from acquire.cli.options import ASSUMPTIONS, FILE_OR_SCENARIO, SCENARIO, SEED, TRIALS, options, read
from acquire.errors import InputError, Problem
from acquire.notebook import notebook_path

IDLE = 1200
"""Seconds after which a kernel whose page is closed is shut down."""

CULLING = (
    f"--MappingKernelManager.cull_idle_timeout={IDLE}",
    "--MappingKernelManager.cull_interval=60",
)


@acquire.command(context_settings={"ignore_unknown_options": True})
@options(FILE_OR_SCENARIO)
@click.argument("vendor_id", required=False, metavar="[VENDOR_ID]")
@click.argument("jupyter", nargs=-1, type=click.UNPROCESSED, metavar="[-- JUPYTER_OPTIONS]")
@options(ASSUMPTIONS, SCENARIO, TRIALS, SEED)
@click.option(
    "--notebook",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="The notebook to make in this folder; explore-<name of the vendor file>.ipynb when left "
    "out. One that is there with other parameters is left alone.",
)
@click.option("--voila", is_flag=True, help="As a page of its own, for people without Jupyter.")
def explore(
    file: Path | None,
    vendor_id: str | None,
    jupyter: tuple[str, ...],
    assumptions: Path | None,
    scenario: Path | None,
    trials: str | None,
    seed: str | None,
    notebook: Path | None,
    voila: bool,
) -> None:
    """Turn the knobs of a case and see it move: open the explorer in JupyterLab.

    Makes a notebook in this folder, opens it in JupyterLab (run its cells with Run > Run All
    Cells), and stays until JupyterLab ends. What follows -- goes to JupyterLab, or to Voila, as it
    is, such as -- --no-browser --port 8899.
    """
    if voila and find_spec("voila") is None:
        raise click.UsageError('Voila is not installed: pip install "vendor-acquire[voila]"')
    chosen = (vendor_id,) if vendor_id else ()
    given = read(file, chosen, assumptions, trials, seed, scenario, alone=False)
    read_from = given.vendors.path
    assert read_from is not None  # as of all vendors that come from a file
    place = notebook or Path(f"explore-{read_from.stem}.ipynb")
    parameters: dict[str, Any] = {"vendor_id": vendor_id or ""}
    paths = {"vendors": read_from, "assumptions": assumptions, "scenario": scenario}
    for name, path in paths.items():
        if path is not None:  # the kernel's working folder is that of the notebook
            parameters[name] = Path(os.path.relpath(path, place.parent)).as_posix()
    for name, number in (("trials", trials), ("seed", seed)):
        if number is not None:
            parameters[name] = int(number)
    _make(place, parameters)
    program, culling = ("voila", CULLING) if voila else ("jupyterlab", ())
    command = [sys.executable, "-m", program, str(place), *culling, *jupyter]
    click.echo(f"{place} is open until this command ends (Ctrl-C)", err=True)
    sys.exit(subprocess.call(command))  # noqa: S603 - of this very environment


def _make(place: Path, parameters: dict[str, Any]) -> None:
    """The explorer's notebook with these parameters at `place`, where it is not there yet.

    Raises:
        InputError: another notebook is there.
    """
    import nbformat
    from papermill.parameterize import parameterize_notebook

    original = nbformat.read(notebook_path("explore"), as_version=4)
    made = parameterize_notebook(original, parameters, kernel_name="python3", language="python")
    made.metadata.pop("papermill", None)
    for cell in made.cells:
        cell.metadata.pop("papermill", None)
    if place.exists():
        if _sources(nbformat.read(place, as_version=4)) == _sources(made):
            return
        raise InputError(
            Problem(
                "another name with --notebook, or that file moved away",
                file=place.name,
                wrong="is there with other parameters or cells",
            )
        )
    with place.open("x", encoding="utf-8") as file:
        nbformat.write(made, file)


def _sources(notebook: Any) -> list[str]:
    return [cell.source for cell in notebook.cells]
