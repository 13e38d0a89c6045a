"""The firm's side: settings that are the same for every vendor, and the defaults of columns."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from acquire.columns import CellError, Column, Kind, column, columns_of
from acquire.errors import InputError, Problem, nearest_name
from acquire.ranges import Array
from acquire.vendor import COLUMNS, CRITERIA, RANGED, Vendor, missing

DEFAULT_WEIGHTS = dict(zip(CRITERIA, (0.30, 0.25, 0.20, 0.10, 0.15), strict=True))

MOST_TRIALS = 2**20

MODEL = "The model"
JUDGEMENT = "Strategic or generic"
CONDITIONS = "The conditions of selling outside"
DECISION = "The decision"
DRAWS = "Draws"


def _setting(meaning: str, default: Any, group: str, **options: Any) -> Any:
    return column(meaning=meaning, default=default, group=group, **options)


@dataclass(frozen=True, kw_only=True)
class Assumptions:
    """The firm's assumptions; every field is a key of the assumptions file.

    Rates are fractions per year (0.09, not 9); a field left out takes its default.
    `terminal_growth=None` means no terminal value.

    Raises:
        InputError: one problem per setting that is not allowed.
    """

    currency: str = _setting(
        "in which all money is given", "USD", MODEL, kind=Kind.TEXT, longest=12
    )
    horizon_years: int = _setting(
        "years that are planned one by one",
        10,
        MODEL,
        unit="years",
        kind=Kind.WHOLE,
        lower=4,
        upper=50,
    )
    discount_rate: float = _setting(
        "nominal, after tax", 0.09, MODEL, unit="fraction per year", lower=0, upper=1
    )
    tax_rate: float = _setting(
        "on profits; losses shield tax at once",
        0.25,
        MODEL,
        unit="share of profit",
        lower=0,
        upper=1,
        upper_open=True,
    )
    cost_inflation: float = _setting(
        "growth of fixed and go-to-market cost",
        0.02,
        MODEL,
        unit="fraction per year",
        lower=-0.5,
        upper=1,
    )
    terminal_growth: float | None = field(
        default=0.02,
        metadata={
            "column": Column(
                meaning="growth after the horizon, below discount_rate; null: no terminal value",
                default=0.02,
                group=MODEL,
                unit="fraction per year",
                lower=-1,
                lower_open=True,
                upper=1,
            )
        },
    )
    strategic_threshold: float = _setting(
        "score from which a vendor is strategic", 60.0, JUDGEMENT, unit="score", lower=0, upper=100
    )
    differentiation_floor: float = _setting(
        "differentiation below which nothing is strategic",
        4.0,
        JUDGEMENT,
        unit="score",
        lower=0,
        upper=10,
    )
    min_client_satisfaction: float = _setting(
        "satisfaction of internal clients before selling outside",
        80.0,
        CONDITIONS,
        unit="survey score",
        lower=0,
        upper=100,
    )
    min_competence: float = _setting(
        "competence before selling outside", 7.0, CONDITIONS, unit="score", lower=0, upper=10
    )
    approval_margin: float = _setting(
        "points below strategic_threshold from which a generic vendor's judgement needs approval",
        10.0,
        CONDITIONS,
        unit="score",
        lower=0,
        upper=100,
    )
    negotiable_discount: float = _setting(
        "price cut that is worth negotiating for",
        0.35,
        DECISION,
        unit="share of price",
        lower=0,
        upper=1,
    )
    risk_tolerance: float | None = _setting(
        "of exponential utility: the R at which the firm would just take an even chance of winning "
        "R or losing R/2; null: risk neutral",
        None,
        DECISION,
        unit="money",
        lower=0,
        lower_open=True,
    )
    trials: int = _setting(
        "draws per vendor, a power of two",
        16384,
        DRAWS,
        kind=Kind.WHOLE,
        lower=1,
        upper=MOST_TRIALS,
    )
    seed: int = _setting("of the draws", 1, DRAWS, kind=Kind.WHOLE, lower=0, upper=2**53)
    weights: Mapping[str, float] = field(default_factory=dict)
    """Weight per criterion; those left out keep their default. Used as shares of their sum."""
    correlations: Sequence[tuple[str, str, float]] = ()
    """Rank correlations [column, column, correlation] between columns that may be ranges."""
    defaults: Mapping[str, Any] = field(default_factory=dict)
    """Column → cell that replaces the column's default, for required columns too."""

    def __post_init__(self) -> None:
        values, problems = each_checked({name: getattr(self, name) for name in SETTING_NAMES})
        for name, value in values.items():
            object.__setattr__(self, name, value)
        problems += self._contradictions({str(problem.column) for problem in problems})
        if problems:
            raise InputError(problems)

    def _contradictions(self, wrong: set[str]) -> Iterator[Problem]:
        """Problems of settings that do not go together, those that are `wrong` left aside."""
        growth, rate = self.terminal_growth, self.discount_rate
        both_right = not wrong & {"terminal_growth", "discount_rate"}
        if both_right and growth is not None and growth >= rate:
            yield Problem(
                f"less than discount_rate ({rate:g}), or null for no terminal value",
                column="terminal_growth",
                value=growth,
            )
        if "horizon_years" not in wrong:
            for name, value in self.defaults.items():
                try:
                    COLUMNS[name].check_horizon(value, self.horizon_years)
                except CellError as error:
                    yield _problem(f"defaults.{name}", value, error)

    @property
    def criteria_weights(self) -> Array:
        """The weights in the order of the criteria, of sum 1, shape (5,)."""
        weights = np.array([self.weights[name] for name in CRITERIA])
        shares: Array = weights / weights.sum()
        return shares

    def complete(self, vendor: Vendor) -> Vendor:
        """`vendor` with every empty cell filled by the firm's default, else the column's.

        Raises:
            InputError: a required cell is empty, or years do not fit into the horizon.
        """
        values: dict[str, Any] = {}
        problems = []
        for name, spec in COLUMNS.items():
            value = getattr(vendor, name)
            if value is None:
                value = self.defaults.get(name, spec.default)
            try:
                if value is None and spec.required:
                    raise missing(spec)
                spec.check_horizon(value, self.horizon_years)
            except CellError as error:
                problems.append(vendor.problem(name, error))
            values[name] = value
        if problems:
            raise InputError(problems)
        return Vendor(**values, source=vendor.source)


SETTINGS: dict[str, Column] = columns_of(Assumptions)
NESTED = ("weights", "correlations", "defaults")
SETTING_NAMES = (*SETTINGS, *NESTED)


def each_checked(given: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    """The values of settings, each looked at by itself, and a problem per one not allowed.

    Args:
        given: settings by name, as they stand in a file or as Python values; names that exist.
    """
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, spec in SETTINGS.items():
        if name not in given:
            continue
        try:
            value = spec.parse(given[name])
            if value is None and name != "terminal_growth":
                value = spec.default
            values[name] = value
            if name == "trials" and value.bit_count() != 1:
                near = 2 ** round(math.log2(value))
                raise CellError(f"a power of two, such as {near}")
        except CellError as error:
            problems.append(_problem(name, given[name], error))
    for name, check in (
        ("weights", _weights),
        ("correlations", _correlations),
        ("defaults", _defaults),
    ):
        if name in given:
            values[name], wrong = check(given[name])
            problems += wrong
    return values, problems


def changed(firm: Assumptions, **settings: Any) -> Assumptions:
    """`firm` with some settings changed, those that are None left as they are."""
    return dataclasses.replace(firm, **{n: v for n, v in settings.items() if v is not None})


def _problem(name: str, value: object, error: CellError) -> Problem:
    return Problem(
        column=name,
        value=value,
        expected=error.expected,
        wrong=error.wrong,
        nearest=error.nearest,
    )


def _unknown(setting: str, name: object, valid: Sequence[str]) -> Problem:
    return Problem(
        f"one of {', '.join(valid)}" if len(valid) < 9 else "a column of data/README.md",
        column=setting,
        value=name,
        wrong="no such name",
        nearest=nearest_name(str(name), valid),
    )


def _weights(given: object) -> tuple[dict[str, float], list[Problem]]:
    weights = dict(DEFAULT_WEIGHTS)
    if given is None:
        return weights, []
    if not isinstance(given, Mapping):
        return weights, [Problem("a mapping criterion: weight", column="weights", value=given)]
    spec = Column(meaning="weight", lower=0)
    problems = []
    for name, value in given.items():
        if name not in CRITERIA:
            problems.append(_unknown("weights", name, CRITERIA))
            continue
        try:
            weight = spec.parse(value)
            weights[name] = DEFAULT_WEIGHTS[name] if weight is None else weight
        except CellError as error:
            problems.append(_problem(f"weights.{name}", value, error))
    if not problems and sum(weights.values()) <= 0:
        problems.append(Problem("at least one weight above 0", column="weights"))
    return weights, problems


def _correlations(given: object) -> tuple[tuple[tuple[str, str, float], ...], list[Problem]]:
    if given is None:
        return (), []
    shape = "a list of [column, column, rank correlation]"
    if not isinstance(given, Sequence) or isinstance(given, str):
        return (), [Problem(shape, column="correlations", value=given)]
    spec = Column(
        meaning="rank correlation",
        lower=-1,
        upper=1,
        lower_open=True,
        upper_open=True,
    )
    found: list[tuple[str, str, float]] = []
    problems: list[Problem] = []
    pairs: set[frozenset[str]] = set()
    for entry in given:
        if not isinstance(entry, Sequence) or isinstance(entry, str) or len(entry) != 3:
            problems.append(Problem(shape, column="correlations", value=entry))
            continue
        one, other, value = entry
        unknown = [n for n in (one, other) if n not in RANGED]
        problems += [_unknown("correlations", n, RANGED) for n in unknown]
        if unknown:
            continue
        pair = frozenset((one, other))
        label = f"correlations.{one}.{other}"
        if len(pair) == 1 or pair in pairs:
            problems.append(Problem("two different columns, each pair once", column=label))
            continue
        pairs.add(pair)
        try:
            rank = spec.parse(value)
            if rank is None:
                raise missing(spec)
            found.append((one, other, rank))
        except CellError as error:
            problems.append(_problem(label, value, error))
    if not problems and found:
        try:
            np.linalg.cholesky(normal_correlations(found)[1])
        except np.linalg.LinAlgError:
            problems.append(
                Problem(
                    "correlations that can hold together (a positive definite matrix); "
                    "make the strongest ones weaker",
                    column="correlations",
                )
            )
    return tuple(found), problems


def normal_correlations(
    correlations: Sequence[tuple[str, str, float]],
) -> tuple[list[str], Array]:
    """The columns that are correlated, and the correlation matrix of their normal scores.

    A rank correlation ρ belongs to a correlation 2·sin(πρ/6) of normal scores (Pearson 1907).
    """
    named = {name for one, other, _ in correlations for name in (one, other)}
    names = [name for name in RANGED if name in named]
    matrix = np.eye(len(names))
    for one, other, rank in correlations:
        i, j = names.index(one), names.index(other)
        matrix[i, j] = matrix[j, i] = 2.0 * math.sin(math.pi * rank / 6.0)
    return names, matrix


def _defaults(given: object) -> tuple[dict[str, Any], list[Problem]]:
    if given is None:
        return {}, []
    if not isinstance(given, Mapping):
        return {}, [Problem("a mapping column: value", column="defaults", value=given)]
    allowed = [name for name in COLUMNS if name != "vendor_id"]
    defaults: dict[str, Any] = {}
    problems = []
    for name, cell in given.items():
        if name not in allowed:
            problems.append(_unknown("defaults", name, allowed))
            continue
        try:
            value = COLUMNS[name].parse(cell)
        except CellError as error:
            problems.append(_problem(f"defaults.{name}", cell, error))
            continue
        if value is not None:
            defaults[name] = value
    return defaults, problems
