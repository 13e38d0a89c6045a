"""What a report depends on, changed: just the reports that it moves are rendered again."""

from __future__ import annotations

import dataclasses
import math
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from importlib.metadata import requires
from pathlib import Path
from typing import Any

import nbformat
import pytest
from packaging.requirements import Requirement

import acquire as aq
from acquire.assumptions import SETTINGS
from acquire.batch import identity
from acquire.batch.plan import COMPARISON, METHOD
from acquire.columns import Column, Kind
from acquire.notebook import DISTRIBUTION
from acquire.vendor import COLUMNS, CRITERIA, replaced
from tests.batch.small import contents, some_vendors, use, write_notebook
from tests.samples import UNCERTAIN, firm

pytestmark = pytest.mark.promise

IDS = ["a", "b", "c"]
ALL = {COMPARISON, METHOD, *IDS}
VENDORS = some_vendors(IDS)
FIRM = firm(trials=64)
RENDER = import_module("acquire.batch.render")
PLAN = import_module("acquire.batch.plan")


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A complete folder; its notebook is that of all runs of this process."""
    here = tmp_path_factory.mktemp("finished")
    notebook = write_notebook(here / "small.ipynb")
    with pytest.MonkeyPatch.context() as patch:
        use(notebook, patch.setattr)
        assert aq.render(VENDORS, FIRM, here / "out").failures == {}
        yield here


@pytest.fixture
def out(finished: Path, tmp_path: Path) -> Path:
    """A copy of the complete folder."""
    return Path(shutil.copytree(finished / "out", tmp_path / "another folder"))


@pytest.fixture
def new_surroundings() -> Iterator[None]:
    """Package and versions are looked at anew, and once more afterwards."""
    identity.environment.cache_clear()
    yield
    identity.environment.cache_clear()


def stale(
    out: Path,
    vendors: Mapping[str, aq.Vendor] = VENDORS,
    firm: aq.Assumptions = FIRM,
    **options: Any,
) -> set[str]:
    """The reports that a run would render."""
    chosen: list[str] = []

    @contextmanager
    def executor(*_: Any) -> Iterator[Any]:
        yield lambda jobs: iter([chosen.append(job.key) for job in jobs][:0])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RENDER, "_executor", executor)
        aq.render(vendors, firm, out, **options)
    return set(chosen)


def other(column: Column, value: Any) -> Any:
    """Another value that a column allows."""
    if column.kind is Kind.CHOICE:
        return next(choice for choice in column.choices if choice != value)
    if column.kind is Kind.TEXT:
        return f"{value or ''}!"
    if column.kind is Kind.WHOLE:
        return (value or 4) + 1
    if value is None or value == 0:
        return 0.01
    return value * 0.99


def test_nothing_has_changed(out: Path) -> None:
    """The same inputs in another folder leave nothing to do."""
    assert stale(out) == set()


# the vendors


@pytest.mark.parametrize("name", [name for name in COLUMNS if name != "vendor_id"])
def test_a_cell(out: Path, name: str) -> None:
    """A vendor's cell moves its report and the comparison, whatever the column."""
    changed = replaced(VENDORS["b"], **{name: other(COLUMNS[name], getattr(VENDORS["b"], name))})
    assert stale(out, dict(VENDORS) | {"b": changed}) == {"b", COMPARISON}


@pytest.mark.parametrize("name", UNCERTAIN)
def test_a_range(out: Path, name: str) -> None:
    """A number made a range moves as much, though its middle stays."""
    mid = getattr(VENDORS["b"], name)
    changed = replaced(VENDORS["b"], **{name: f"{mid * 0.9}..{mid}..{mid * 1.1}"})
    assert stale(out, dict(VENDORS) | {"b": changed}) == {"b", COMPARISON}


def test_the_last_digit_of_a_cell(out: Path) -> None:
    """A number next to another is another one."""
    changed = replaced(VENDORS["b"], price=math.nextafter(VENDORS["b"].price, math.inf))
    assert stale(out, dict(VENDORS) | {"b": changed}) == {"b", COMPARISON}


def test_vendors_come_and_go(out: Path) -> None:
    """A new vendor, and one without which the others are compared, move no other's report."""
    more = some_vendors([*IDS, "d"])
    assert stale(out, more) == {"d", COMPARISON}
    assert stale(out, VENDORS.only(["a", "c"])) == {COMPARISON}
    renamed = dict(VENDORS)
    del renamed["b"]
    renamed["z"] = replaced(VENDORS["b"], vendor_id="z")
    assert stale(out, renamed) == {"z", COMPARISON}
    assert stale(out) == set()


def test_the_order_of_vendors(out: Path) -> None:
    """Their order is that of the comparison, and no report's; the method is of the first."""
    assert stale(out, aq.Vendors([VENDORS[i] for i in ("a", "c", "b")])) == {COMPARISON}
    assert stale(out, aq.Vendors([VENDORS[i] for i in reversed(IDS)])) == {COMPARISON, METHOD}


def test_the_vendor_of_the_method(out: Path) -> None:
    """A cell of the vendor that the method is worked on moves that page as well."""
    changed = replaced(VENDORS["a"], price=999.0)
    assert stale(out, dict(VENDORS) | {"a": changed}) == {"a", COMPARISON, METHOD}


# the firm


@pytest.mark.parametrize("name", SETTINGS)
def test_an_assumption(out: Path, name: str) -> None:
    """Every setting of the firm moves every report."""
    value = 128 if name == "trials" else other(SETTINGS[name], getattr(FIRM, name))
    assert stale(out, firm=dataclasses.replace(FIRM, **{name: value})) == ALL


@pytest.mark.parametrize(
    "setting",
    [
        {"weights": {CRITERIA[0]: 0.31}},
        {"correlations": [("price", "internal_spend", 0.5)]},
        {"defaults": {"exit_cost": 1.0}},
        {"terminal_growth": None},
    ],
    ids=str,
)
def test_a_setting_of_several_values(out: Path, setting: dict[str, Any]) -> None:
    """So do weights, correlations and defaults."""
    assert stale(out, firm=dataclasses.replace(FIRM, **setting)) == ALL


# how they are rendered


def test_the_notebook(out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A template moves the reports that are made from it, its texts included."""
    path = tmp_path / "changed.ipynb"
    former = PLAN.notebook_path("")
    changed = nbformat.read(former, as_version=4)
    changed.cells.insert(1, nbformat.v4.new_markdown_cell("Some words", id="words"))
    nbformat.write(changed, path)
    for names, moved in (
        ({"evaluate_vendor"}, set(IDS)),
        ({"compare_vendors"}, {COMPARISON}),
        ({"method"}, {METHOD}),
        ({"evaluate_vendor", "compare_vendors", "method"}, ALL),
    ):
        monkeypatch.setattr(
            PLAN, "notebook_path", lambda name, names=names: path if name in names else former
        )
        assert stale(out) == moved


def test_options_that_show_in_pages(out: Path) -> None:
    """Pages with their scripts are other pages; limits of the portfolio are the comparison's."""
    assert stale(out, standalone=True) == ALL
    for limits in ({"budget": 1e6}, {"budget": "1e6"}, {"max_deals": 2}):
        assert stale(out, **limits) == {COMPARISON}
    assert stale(out) == set()


PACKAGE = Path(aq.__file__).parent


@pytest.mark.parametrize("file", ["cases.py", "*.j2", "*.css", "*.js"])
@pytest.mark.usefixtures("new_surroundings")
def test_a_file_of_the_package(
    out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str
) -> None:
    """A byte of the package's code, templates or scripts moves every report; its place does not."""
    copied = Path(shutil.copytree(PACKAGE, tmp_path / "elsewhere" / "acquire"))
    monkeypatch.setattr(identity, "__file__", str(copied / "batch" / "identity.py"))
    (copied / "notes.txt").write_text("no part of a page")
    assert stale(out) == set()
    identity.environment.cache_clear()
    with next(copied.rglob(file)).open("a") as changed:
        changed.write("\n")
    assert stale(out) == ALL


def test_every_file_of_the_package_counts() -> None:
    """There is no kind of file in the package that a page is made of and that does not count."""
    kinds = {path.suffix for path in PACKAGE.rglob("*") if path.is_file()}
    assert kinds - {".pyc", ".ipynb"} <= {Path(pattern).suffix for pattern in identity.SOURCES}


@pytest.mark.usefixtures("new_surroundings")
def test_a_dependency(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another version of anything that is depended on, or of Python, moves every report."""
    known = identity.versions()
    wanted = [Requirement(text) for text in requires(DISTRIBUTION) or ()]
    direct = {w.name for w in wanted if w.marker is None}
    assert direct | {"nbclient", "jinja2", "nbformat"} <= set(known)
    for name in sorted(direct):
        with monkeypatch.context() as patch:
            patch.setattr(identity, "versions", lambda name=name: known | {name: "0.0"})
            identity.environment.cache_clear()
            assert stale(out) == ALL, name
    with monkeypatch.context() as patch:
        patch.setattr(identity.platform, "python_version", lambda: "3.99.0")
        identity.environment.cache_clear()
        assert stale(out) == ALL
    identity.environment.cache_clear()
    assert stale(out) == set()


# what does not matter


@pytest.mark.parametrize(
    "options",
    [
        {"timeout": 99.0},
        {"memory": 999.0},
        {"output": 9.0},
        {"workers": 7},
        {"cold": True},
        {"listen": lambda _: None},
        {"rerun": str},
    ],
    ids=lambda options: next(iter(options)),
)
def test_how_a_run_goes_does_not_matter(out: Path, options: dict[str, Any]) -> None:
    """What a notebook may use, and how many run at a time, moves nothing."""
    assert stale(out, **options) == set()


@pytest.mark.usefixtures("new_surroundings")
def test_where_a_run_goes_does_not_matter(
    out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor do the folder, the time of day, the zone of time, the user, or the environment."""
    moved = out.rename(tmp_path / 'it\'s {a} "föld€r" & more')
    for path in moved.rglob("*"):
        os.utime(path, (0, 0))
    for name in ("TZ", "LANG", "HOME", "USER", "PYTHONHASHSEED", "PLOTLY_RENDERER", "ANYTHING"):
        monkeypatch.setenv(name, "Asia/Tokyo")
    monkeypatch.chdir(tmp_path)
    time.tzset()
    try:
        assert stale(moved) == set()
        assert stale(Path(moved.name)) == set()
    finally:
        monkeypatch.undo()
        time.tzset()


# for real


def test_only_what_has_changed_is_rendered(out: Path, tmp_path: Path) -> None:
    """Real runs write the reports that moved and leave the others, and all is as from scratch."""
    before = contents(out)
    times = {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()}
    vendors = dict(VENDORS) | {"b": replaced(VENDORS["b"], price=999.0)}
    rendered = aq.render(vendors, FIRM, out)
    assert set(rendered.rendered) == {"b", COMPARISON}
    moved = {"b.html", "b.ipynb", "b.json", COMPARISON, "comparison.ipynb"}
    after = contents(out)
    changed = {name.rpartition("/")[2] for name in after if after[name] != before[name]}
    assert changed == moved | {"index.html", "results.json"}
    for path, written in times.items():
        if path.name not in changed and ".acquire" not in path.parts:
            assert path.stat().st_mtime_ns == written, path
    assert aq.render(vendors, FIRM, tmp_path / "scratch").failures == {}
    assert contents(tmp_path / "scratch") == after
    assert set(aq.render(VENDORS, FIRM, out).rendered) == {"b", COMPARISON}
    assert contents(out) == before
