"""The widget as its kernel side: messages in, one consistent state out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import acquire as aq
from acquire.errors import InputError
from acquire.explorer import Explorer
from acquire.vendor import Vendors
from tests.samples import GENERIC, STRATEGIC, UNCERTAIN, firm, vendor

VENDORS = Vendors([vendor(STRATEGIC | UNCERTAIN), vendor(GENERIC)])


def explorer(folder: Path, **options: Any) -> Explorer:
    return aq.explore(VENDORS, firm(), folder=folder, **options)


def tell(widget: Explorer, **message: Any) -> dict[str, Any]:
    widget._received(widget, {"view": "v", "id": 7} | message, [])
    return dict(widget.screen)


def drawn(widget: Explorer) -> dict[str, Any]:
    return dict(json.loads(widget.charts))


def test_a_change_is_answered_by_one_state(tmp_path: Path) -> None:
    """After a message, words and charts are those of the new case, and the view is told."""
    widget = explorer(tmp_path)
    before, revision = drawn(widget), widget.screen["revision"]
    screen = tell(widget, do="enter", name="price", text="500")
    assert screen["done"] == ["v", 7]
    assert screen["revision"] == revision + 1
    assert screen["refused"] is None
    assert screen["values"]["price"][0] == "500"
    assert "price USD 1.0 thousand (USD 800 to USD 1.3 thousand) → USD 500" in screen["said"]
    now = drawn(widget)
    assert now["success"] != before["success"]
    assert widget.evaluation == aq.evaluate(widget.session.now.case.vendor, firm())


def test_what_is_refused_changes_nothing(tmp_path: Path) -> None:
    """A refused value is answered with the reason at its control; all else is as before."""
    widget = explorer(tmp_path)
    before = {n: v for n, v in widget.screen.items() if n not in ("done", "refused", "said")}
    charts = widget.charts
    screen = tell(widget, do="enter", name="success_probability", text="50")
    assert screen["refused"]["name"] == "success_probability"
    assert "is it per cent? write 0.5" in screen["refused"]["message"]
    assert {n: screen[n] for n in before} == before
    assert widget.charts == charts


def test_saving_loading_and_files(tmp_path: Path) -> None:
    """Saved scenarios are listed at once, and loading one brings its case back."""
    widget = explorer(tmp_path / "s")
    tell(widget, do="move", name="price", value=700.0, gesture="a")
    case = widget.session.now.case
    screen = tell(widget, do="save", file="lower")
    assert screen["files"] == ["lower"]
    assert "1 input saved to" in screen["said"]
    tell(widget, do="preset", key="given")
    assert tell(widget, do="load", file="lower")["differs"] == ["price"]
    assert widget.session.now.case == case
    assert explorer(tmp_path / "s", scenario="lower").session.now.case == case
    said = tell(widget, do="load", file="nothing")["said"]
    assert "nothing.yaml" in said


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """Where the scenarios' folder is a file, saving says so and nothing breaks."""
    (tmp_path / "s").write_text("a file")
    screen = tell(explorer(tmp_path / "s"), do="save", file="lower")
    assert "cannot be used" in screen["refused"]["message"]


@pytest.mark.parametrize("what", ["undo", "redo", "pin", "unpin", "analyse"])
def test_commands_without_an_effect_are_harmless(tmp_path: Path, what: str) -> None:
    """A command that has nothing to do is answered all the same."""
    widget = explorer(tmp_path)
    assert tell(widget, do=what)["done"] == ["v", 7]


def test_base_rates_name_their_sources(tmp_path: Path) -> None:
    """The preset of base rates says who reports them."""
    said = tell(explorer(tmp_path), do="preset", key="base_rates")["said"]
    assert "KPMG 2019" in said


def test_little_is_sent(tmp_path: Path) -> None:
    """A change sends at most 60 kB, and the state of a new page at most 1 MB beyond plotly.js."""
    vendors, assumptions = aq.read_inputs(Path(__file__).parents[2] / "data" / "vendors.csv")
    widget = aq.explore(vendors, assumptions, folder=tmp_path)
    tell(widget, do="pin")
    tell(widget, do="enter", name="price", text="90000000")
    change = len(json.dumps(widget.screen)) + len(widget.charts)
    assert change < 60_000
    everything = sum(
        len(json.dumps(getattr(widget, name))) for name in ("controls", "form", "template")
    )
    assets = (Path(aq.__file__).parent / "explorer" / "assets").iterdir()
    assert change + everything + sum(path.stat().st_size for path in assets) < 1_000_000


def test_no_vendor_or_no_such_vendor(tmp_path: Path) -> None:
    """Without vendors, or with the name of none, the message says what is there."""
    with pytest.raises(InputError, match="at least one vendor"):
        aq.explore({}, firm(), folder=tmp_path)
    with pytest.raises(InputError, match=r"did you mean strategic-one\?"):
        explorer(tmp_path, vendor_id="strategic-on")
