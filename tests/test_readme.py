"""The README's commands and the project's other promises about itself, held against the files."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

from acquire.documentation import columns_page

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
COMMANDS = re.findall(r"```console\n\$ (.+)\n((?:.*\n)*?)```", README)


@pytest.mark.parametrize(("command", "output"), COMMANDS)
def test_console_examples_print_what_the_readme_shows(command: str, output: str) -> None:
    """Every console example of the README gives its output when it is run."""
    program, *arguments = shlex.split(command)
    assert program == "acquire"
    done = subprocess.run(
        [sys.executable, "-m", "acquire.cli", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == output


def test_readme_has_a_console_example() -> None:
    """The README shows the command line at work, so the test above has something to hold."""
    assert COMMANDS


def test_readme_lists_every_module() -> None:
    """The map of modules names each module and folder of the package, and nothing else."""
    table = README.split("## Where things are")[1].split("\n## ")[0]
    named = set(re.findall(r"`(\w+)`", table.split("| --- | --- |")[1].replace("`evaluate`:", "")))
    there = {p.stem for p in (ROOT / "acquire").glob("*.py")} - {"__init__"}
    there |= {p.parent.name for p in (ROOT / "acquire").glob("*/__init__.py")}
    assert there <= named
    within = {p.stem for p in (ROOT / "acquire").glob("*/*.py")}
    within |= {p.parent.name for p in (ROOT / "acquire").glob("*/*/__init__.py")}
    assert named - there <= within


def test_readme_links_and_picture_exist() -> None:
    """Every link of the README leads to a file of the repository."""
    targets = re.findall(r"\]\(([^)]+)\)", README)
    assert targets
    inside = [t for t in targets if not t.startswith(("#", "https:"))]
    assert [t for t in inside if not (ROOT / t).is_file()] == []


def test_page_of_columns_is_written_from_the_code() -> None:
    """data/README.md is what `python -m acquire.documentation` would write now."""
    notes = yaml.safe_load((ROOT / "data" / "notes.yaml").read_text("utf-8"))
    assert (ROOT / "data" / "README.md").read_text("utf-8") == columns_page(notes)


def _project() -> dict[str, dict[str, Requirement]]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    groups = {"run": project["project"]["dependencies"], **project["dependency-groups"]}
    return {
        group: {(r := Requirement(text)).name: r for text in texts}
        for group, texts in groups.items()
    }


def test_environment_file_asks_for_the_projects_versions() -> None:
    """environment.yml holds every dependency of pyproject.toml with the same versions."""
    environment = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))
    asked = [Requirement(d) for d in environment["dependencies"] if isinstance(d, str)]
    versions = {r.name: r.specifier for r in asked}
    wanted = {name: r.specifier for name, r in _project()["run"].items()}
    wanted["pytest"] = _project()["test"]["pytest"].specifier
    python = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert str(versions.pop("python")) == python["requires-python"]
    assert versions.pop("pip") == Requirement("pip").specifier
    assert versions == wanted
    assert environment["dependencies"][-1] == {"pip": ["--editable ."]}


def _locked(file: str) -> dict[str, set[str]]:
    lock = (ROOT / file).read_text("utf-8")
    pins = re.findall(r"^([\w.-]+)==([^ ;\\]+)", lock, flags=re.MULTILINE)
    locked: dict[str, set[str]] = {}
    for name, version in pins:
        locked.setdefault(name.lower(), set()).add(version)
    return locked


def test_lock_files_hold_a_fitting_version_of_every_requirement() -> None:
    """The locks pin each requirement of pyproject.toml to a version it allows."""
    locks = {"benchmark": _locked("benchmarks.lock")}
    for group, requirements in _project().items():
        locked = locks.get(group, _locked("requirements.lock"))
        for name, requirement in requirements.items():
            versions = locked.get(name.lower(), set())
            assert versions, name
            assert all(requirement.specifier.contains(v) for v in versions), name


def test_benchmarks_change_no_version_of_the_environment() -> None:
    """What both locks pin has the same versions: benchmarks.lock is installed on top."""
    environment, benchmarks = _locked("requirements.lock"), _locked("benchmarks.lock")
    both = environment.keys() & benchmarks.keys()
    assert {"numpy", "pandas", "scipy"} <= both
    assert {n: benchmarks[n] for n in both} == {n: environment[n] for n in both}


def test_importing_the_package_loads_no_heavy_library() -> None:
    """`import acquire` pulls in none of papermill, ipywidgets and plotly."""
    code = "import sys, acquire; print({'papermill', 'ipywidgets', 'plotly'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
