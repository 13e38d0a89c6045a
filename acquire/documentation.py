"""The page of columns and settings, `data/README.md`, written from the code that enforces them.

python -m acquire.documentation        # writes data/README.md; a test holds it
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from acquire.assumptions import DEFAULT_WEIGHTS, NESTED, SETTINGS
from acquire.columns import Column, Kind
from acquire.vendor import COLUMNS

DATA = Path(__file__).parent.parent / "data"

HEAD = """\
# Vendors and assumptions: what the files hold

This page is written by `python -m acquire.documentation` from the same table that checks the
files. `acquire check FILE` says everything that is wrong with one.

- `vendors.csv`: twelve made-up vendors that between them show every verdict, every flag and every
  state of the conditions.
- `assumptions.yaml`: the firm's side, the same for all vendors.
- `notes.yaml`: what each made-up vendor is there to show; it is printed at the end of this page.

## How a vendor file is written

One row per vendor, the columns in any order: `.csv` (UTF-8; commas, or semicolons with decimal
points or commas), `.xlsx` (its only sheet, or the one named `vendors`), or `.yaml` (a list of
mappings). A numeric cell is a number, `0.08`, or where the table says so a range `low..mid..high`,
`0.05..0.08..0.12`: the 10th, 50th and 90th percentiles of what you believe. An empty cell, `NA` or
`null` takes the default; without one the column is required. Money is nominal, in one currency and
positive; rates and shares are fractions (`0.08`, never `8`); years are whole; year 0 is the
closing. T is the horizon. Unknown columns are errors.
"""

ASSUMPTIONS = """
## The assumptions

A YAML file of settings, `name: value`. `acquire` takes the file named by `--assumptions`, else
`assumptions.yaml` beside the vendor file, else these defaults. Unknown settings are errors.
"""

NESTED_MEANINGS = {
    "weights": "weights of the criteria, as shares of their sum; those left out keep their "
    "default: " + ", ".join(f"{name} {weight:g}" for name, weight in DEFAULT_WEIGHTS.items()),
    "correlations": "rank correlations between columns that may hold ranges, a list of "
    "`[column, column, correlation]`; without effect for a vendor with no range there",
    "defaults": "a mapping `column: value` that replaces the defaults above, for required "
    "columns too",
}

STORIES = """
## The twelve made-up vendors

Everything about them is invented, the multiples, counts and surveys as well. What their figures
show is where such a figure comes from in practice.
"""


def columns_page(notes: Mapping[str, Mapping[str, Any]] | None = None) -> str:
    """The page as Markdown.

    Args:
        notes: per vendor id a `story`, and `figures`: where the figure of a column comes from.
    """
    parts = [HEAD]
    for group in dict.fromkeys(spec.group for spec in COLUMNS.values()):
        parts.append(f"\n## {group}\n")
        parts.append("| column | meaning | unit | allowed | default | range | in practice |")
        parts.append("| --- | --- | --- | --- | --- | --- | --- |")
        parts += [
            f"| `{name}` | {spec.meaning} | {spec.unit} | {_allowed(spec)} | {_default(spec)} "
            f"| {'yes' if spec.ranged else ''} | {spec.practice} |"
            for name, spec in COLUMNS.items()
            if spec.group == group
        ]
    parts += [ASSUMPTIONS, "| setting | meaning | unit | allowed | default |"]
    parts.append("| --- | --- | --- | --- | --- |")
    parts += [
        f"| `{name}` | {spec.meaning} | {spec.unit} | {_allowed(spec)} | {_default(spec)} |"
        for name, spec in SETTINGS.items()
    ]
    parts += [f"| `{name}` | {NESTED_MEANINGS[name]} | | | |" for name in NESTED]
    if notes:
        parts.append(STORIES)
        for vendor_id, note in notes.items():
            parts.append(f"**`{vendor_id}`**: {note['story'].strip()}\n")
            parts += [f"- `{column}`: {where}" for column, where in note["figures"].items()]
            parts.append("")
    return "\n".join(parts).rstrip() + "\n"


def _allowed(spec: Column) -> str:
    if spec.kind is Kind.SLUG:
        return f"`[a-z0-9][a-z0-9-]*`, at most {spec.longest}"
    if spec.kind is Kind.TEXT:
        return f"at most {spec.longest} characters"
    if spec.kind is Kind.CHOICE:
        return ", ".join(f"`{choice}`" for choice in spec.choices)
    if spec.short_of_horizon is not None:
        return f"{spec.lower:g} to T" + (
            f" − {spec.short_of_horizon}" * bool(spec.short_of_horizon)
        )
    return spec.bounds.removeprefix("of ").removeprefix("from ")


def _default(spec: Column) -> str:
    if spec.required:
        return "required"
    if isinstance(spec.default, int | float):
        return f"{spec.default:g}" if spec.default < 1e4 else str(spec.default)
    return f"`{spec.default}`" if spec.default else ""


def main() -> None:
    """Write data/README.md."""
    notes = yaml.safe_load((DATA / "notes.yaml").read_text("utf-8"))
    (DATA / "README.md").write_text(columns_page(notes), encoding="utf-8")


if __name__ == "__main__":
    main()
