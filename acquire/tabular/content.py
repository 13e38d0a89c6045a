"""What a file holds, as bytes or as text."""

from __future__ import annotations

from pathlib import Path

from acquire.errors import InputError, Problem, printable


def read_bytes(path: Path) -> bytes:
    """The file's content.

    Raises:
        InputError: it does not exist or cannot be read.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise InputError(
            Problem(
                "the path of a file that exists",
                file=path.name,
                wrong=f"no such file in {printable(path.parent)}",
            )
        ) from None
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the path
        wrong = getattr(error, "strerror", None) or str(error)
        raise InputError(
            Problem("a file that can be read", file=path.name, wrong=wrong.lower())
        ) from None


def read_text(path: Path) -> str:
    """The file's text, without a byte-order mark.

    Raises:
        InputError: it is not UTF-8.
    """
    wrong = None
    try:
        text = read_bytes(path).decode("utf-8-sig")
        if "\0" in text:
            wrong = "holds zero bytes"
    except UnicodeDecodeError as error:
        wrong = f"byte {error.start + 1} is no UTF-8"
    if wrong:
        hint = " (in a spreadsheet: save as 'CSV UTF-8')" if path.suffix.lower() == ".csv" else ""
        raise InputError(Problem(f"text in UTF-8{hint}", file=path.name, wrong=wrong))
    return text
