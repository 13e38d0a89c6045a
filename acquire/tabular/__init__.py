"""Files of rows as they stand: CSV, XLSX and YAML into cells with their places.

Nothing is interpreted here beyond the file's own format. Text stays text (`007`, `no`, `NA`);
only a workbook's cells have types of their own, and those are kept. What cannot be told apart or
read is a problem of its row or cell; the rest of the file is read all the same.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from acquire.errors import InputError, Problem, printable
from acquire.tabular.content import read_bytes, read_text
from acquire.tabular.delimited import read_csv
from acquire.tabular.sheet import Row, Sheet
from acquire.tabular.tree import YamlNode, read_yaml, yaml_entries, yaml_root, yaml_value
from acquire.tabular.workbook import read_workbook

__all__ = [
    "READERS",
    "Row",
    "Sheet",
    "YamlNode",
    "read_bytes",
    "read_sheet",
    "read_text",
    "yaml_entries",
    "yaml_root",
    "yaml_value",
]

READERS: dict[str, Callable[[Path], Sheet]] = {
    ".csv": read_csv,
    ".xlsx": read_workbook,
    ".yaml": read_yaml,
    ".yml": read_yaml,
}


def read_sheet(path: Path) -> Sheet:
    """The rows of a CSV, XLSX or YAML file, by the ending of its name.

    Raises:
        InputError: the file cannot be read, or holds nothing.
    """
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise InputError(
            Problem(
                "a file ending in .csv, .xlsx, .yaml or .yml",
                file=path.name,
                wrong=f"is a {printable(path.suffix) or 'file without ending'}",
            )
        )
    return reader(path)
