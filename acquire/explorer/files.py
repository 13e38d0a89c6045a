"""What an explorer leaves behind: scenarios saved and loaded, figures exported."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

from acquire.explorer.case import Case
from acquire.explorer.controls import controls, typed
from acquire.explorer.screen import conditions, numbers
from acquire.explorer.session import Session
from acquire.scenario import read_scenario, scenario_of, write_scenario


@dataclass(frozen=True)
class Made:
    """A file for the user's browser to save.

    Args:
        name: of the file.
        type: media type.
        content: of the file.
    """

    name: str
    type: str
    content: bytes


def names(folder: Path) -> list[str]:
    """The scenarios in a folder."""
    return sorted(path.stem for path in folder.glob("*.yaml")) if folder.is_dir() else []


def export(session: Session, format: str) -> Made:  # noqa: A002 - what a user calls it
    """Figures, conditions and inputs as they are on the screen.

    Args:
        session: what is shown.
        format: "csv" or "xlsx".
    """
    import pandas as pd

    now, pinned, given = session.now, session.pinned, session.given
    frames = {
        "figures": numbers(now, pinned).to_frame().reset_index(),
        "conditions": conditions(now, pinned).to_frame().reset_index(),
        "inputs": pd.DataFrame(
            [
                {
                    "input": name,
                    "now": typed(now.case.value(name)),
                    "as given": typed(given.value(name)),
                    "pinned": typed(pinned.case.value(name)) if pinned else "",
                    "unit": control.unit,
                    "meaning": control.meaning,
                }
                for name, control in controls().items()
            ]
        ),
    }
    name = now.vendor_id
    if format == "csv":
        long = [
            frame.astype(str).assign(table=table).set_index("table").reset_index()
            for table, frame in frames.items()
        ]
        content = "\n".join(frame.to_csv(index=False) for frame in long)
        return Made(f"{name}.csv", "text/csv", content.encode("utf-8-sig"))
    buffer = io.BytesIO()
    with pd.ExcelWriter(buffer, engine="openpyxl") as book:
        for table, frame in frames.items():
            frame.to_excel(book, sheet_name=table, index=False)
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return Made(f"{name}.xlsx", kind, buffer.getvalue())


def save(session: Session, folder: Path, name: str) -> str:
    """Save what differs from the vendor and the firm as given.

    Args:
        session: what is shown.
        folder: made when it does not exist.
        name: of the scenario.

    Returns:
        What was saved and where, in words.

    Raises:
        InputError: the name is none.
        OSError: the file cannot be written.
    """
    given, now = session.given, session.now.case
    vendors_file = session.vendors.path
    scenario = scenario_of(name, given.vendor, given.firm, now.vendor, now.firm, vendors_file)
    path = folder / f"{name}.yaml"
    write_scenario(scenario, path)
    differing = len(session.differences())
    return f"{differing} input{'s' * (differing != 1)} saved to {path.as_posix()}"


def load(session: Session, folder: Path, name: str) -> str:
    """Turn to a saved scenario, on top of the vendors and the firm as given.

    Args:
        session: what is shown.
        folder: where the scenario is.
        name: of the scenario, or the path of its file.

    Returns:
        What was loaded, in words.

    Raises:
        InputError: there is no such scenario, or something is wrong with it.
    """
    path = Path(name) if name.endswith((".yaml", ".yml")) else folder / f"{name}.yaml"
    scenario = read_scenario(path)
    vendors, firm = scenario.apply(session.vendors, session.firm)
    words = f"scenario {scenario.name} loaded"
    session.take(Case(vendors[scenario.vendor_id], firm), words)
    return words
