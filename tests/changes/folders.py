"""Folders of results for the tests of what changed, written without rendering."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import acquire as aq
from acquire.inputs import given_of
from tests.samples import Row, random_firm, random_row, seeded, vendor


def recorded(one: aq.Vendor, assumed: aq.Assumptions) -> dict[str, Any]:
    """What a notebook records of a vendor."""
    return aq.evaluate(one, assumed).to_dict() | {"given": given_of(one, assumed)}


def results(folder: Path, *listed: dict[str, Any]) -> Path:
    """A folder that holds these results; its path."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "results.json").write_text(json.dumps(listed), "utf-8")
    return folder


def random_pair(seed: int, *, uncertain: bool) -> tuple[tuple[aq.Vendor, aq.Assumptions], ...]:
    """A vendor and a firm, old and new, of which about half of the inputs differ."""
    rng = seeded(seed)
    settings = [random_firm(rng, trials=64) for _ in range(2)]
    rows: list[Row] = [
        random_row(rng, firm["horizon_years"], uncertain=uncertain) for firm in settings
    ]
    kept = {n: v for n, v in rows[0].items() if rng.random() < 0.5 and "years" not in n}
    rows[1] |= {n: v for n, v in kept.items() if n != "failure_year"}
    settings[1]["seed"] = settings[0]["seed"]
    return tuple(
        (vendor(row), aq.Assumptions(**firm)) for row, firm in zip(rows, settings, strict=True)
    )
