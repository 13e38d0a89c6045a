"""The results that a folder of reports holds, as far as two of them are compared."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from acquire.assumptions import Assumptions
from acquire.columns import CellError
from acquire.conditions import CONDITION_TITLES, Status
from acquire.decision import STRATEGIES, VERDICTS
from acquire.errors import InputError, Problem, place_of
from acquire.inputs import read_given
from acquire.vendor import COLUMNS, Vendor

RESULTS = "results.json"
"""The file of a folder of reports that holds the results of all its vendors."""

FIGURES = (
    "value",
    "walk_away_price",
    "price",
    "break_even_probability",
    "success_probability",
)
"""Figures of a result that stand under its own keys."""


@dataclass(frozen=True)
class Result:
    """One vendor's recorded evaluation, without what is not compared.

    Args:
        vendor_id, name: of the vendor.
        currency: of all money.
        verdict: a key of `VERDICTS`.
        strategy: the best permitted strategy, None where none is permitted.
        figures: by name; money, probabilities from 0 to 1, and the score from 0 to 100; None where
            not defined.
        payoffs: mean payoff by strategy, in money.
        p_loss: probability of a loss by strategy.
        conditions: status by condition.
        given: what the evaluation was given, as `given_of` wrote it; None in results of versions
            that did not keep it.
    """

    vendor_id: str
    name: str
    currency: str
    verdict: str
    strategy: str | None
    figures: Mapping[str, float | None]
    payoffs: Mapping[str, float]
    p_loss: Mapping[str, float]
    conditions: Mapping[str, str]
    given: Any

    @property
    def way(self) -> str:
        """The strategy that counts: the best permitted one, else selling outside."""
        return self.strategy or "go_external"

    def inputs(self, source: str) -> tuple[Vendor, Assumptions]:
        """The vendor and the firm that were given.

        Args:
            source: what messages name.

        Raises:
            InputError: this version cannot read them.
        """
        return read_given(self.given, f"{source}, {self.vendor_id}")


@dataclass(frozen=True)
class Published:
    """The results of a folder of reports.

    Args:
        name: what messages and pages call the folder.
        results: by vendor_id, in the order of the vendors.
        currency: of all of them.
    """

    name: str
    results: Mapping[str, Result]
    currency: str

    @property
    def lacking(self) -> Problem | None:
        """What is wrong where some results lack their inputs, as those of older versions do."""
        without = sum(result.given is None for result in self.results.values())
        if not without:
            return None
        some = "its" if without == len(self.results) else f"{without} of {len(self.results)}"
        return Problem(
            "a folder that is rendered again",
            file=self.name,
            wrong=f"{some} results lack the inputs they are of, as an older version wrote them: "
            "verdicts, conditions and figures can be compared, but not which input moved them",
        )


def folder_of(path: str | Path) -> Path:
    """The folder of reports that a path names, itself or by its `results.json`."""
    path = Path(path)
    return path.parent if path.name == RESULTS and not path.is_dir() else path


def read_published(path: str | Path) -> Published:
    """The results of a folder of reports.

    Args:
        path: the folder, or its `results.json`.

    Raises:
        InputError: there is no such folder, it holds no results, or others than this package
            writes.
    """
    folder = folder_of(path)
    name = folder.name or folder.resolve().name or str(folder)
    if not folder.is_dir():
        raise InputError(
            Problem("a folder of reports", file=place_of(path), wrong="there is no such folder")
        )
    try:
        content = (folder / RESULTS).read_bytes()
    except OSError as error:
        why = str(error.strerror).lower()
        raise InputError(
            Problem(
                "a folder that `acquire render` wrote",
                file=place_of(path),
                wrong=f"holds no {RESULTS} ({why})",
            )
        ) from None
    return results_in(content, name)


def results_in(content: bytes, name: str) -> Published:
    """The results of a `results.json`.

    Args:
        content: of the file.
        name: what messages call its folder.

    Raises:
        InputError: they are not what this package writes, or in several currencies.
    """
    wrong = Problem("the results of `acquire render`", file=f"{name}/{RESULTS}")
    try:
        listed = json.loads(content)
        if not isinstance(listed, list):
            raise TypeError
        read = [_result(one) for one in listed]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise InputError(wrong) from None
    if not read:
        raise InputError(
            Problem("at least one vendor", file=f"{name}/{RESULTS}", wrong="holds none")
        )
    results = {result.vendor_id: result for result in read}
    currencies = sorted({result.currency for result in read})
    if len(results) < len(read) or len(currencies) > 1:
        raise InputError(wrong)
    return Published(name, results, currencies[0])


def _result(given: Any) -> Result:
    """What is compared of a recorded evaluation.

    Raises:
        ValueError, KeyError, TypeError, AttributeError: it is none.
    """
    vendor_id = given["vendor_id"]
    try:
        slug = COLUMNS["vendor_id"].parse(vendor_id) == vendor_id
    except CellError as error:
        raise ValueError(vendor_id) from error
    strategy, verdict = given["strategy"], given["verdict"]
    conditions = {name: Status(given["conditions"][name]["status"]) for name in CONDITION_TITLES}
    texts = given["name"], given["currency"]
    known = slug and verdict in VERDICTS and (strategy is None or strategy in STRATEGIES)
    if not known or not all(isinstance(text, str) for text in texts):
        raise ValueError(vendor_id)
    kind = given["classification"]
    figures = {name: _figure(given[name]) for name in FIGURES} | {
        "score": _number(kind["score"]),
        "p_strategic": _number(kind["p_strategic"]),
    }
    _number(figures["price"])
    return Result(
        vendor_id,
        *texts,
        verdict,
        strategy,
        figures,
        payoffs={name: _number(given["payoffs"][name]["mean"]) for name in STRATEGIES},
        p_loss={name: _number(given["payoffs"][name]["p_loss"]) for name in STRATEGIES},
        conditions={name: status.value for name, status in conditions.items()},
        given=given.get("given"),
    )


def _figure(value: Any) -> float | None:
    return None if value is None else _number(value)


def _number(value: Any) -> float:
    if isinstance(value, bool) or not math.isfinite(value):  # of a text, a TypeError
        raise ValueError(value)
    return float(value)
