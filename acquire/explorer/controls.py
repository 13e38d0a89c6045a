"""The controls of the explorer, from the tables of columns and settings.

A control's values are those of the files: fractions, and money in full. What a slider offers
between is taken from the column's bounds, or from what the vendor file says where it has none.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

from acquire import assumptions, scenario, vendor
from acquire.assumptions import SETTINGS
from acquire.columns import Column, Kind
from acquire.display import words
from acquire.explorer.case import WEIGHT, Case
from acquire.ranges import Range
from acquire.vendor import COLUMNS, CRITERIA

NOTCHES = 200
"""Steps of the keyboard from one end of a slider to the other, about."""

GROUPS = {
    "Deal": (vendor.DEAL,),
    "Inside the firm": (vendor.INTERNAL,),
    "External market": (vendor.EXTERNAL,),
    "Success, failure, violation": (vendor.OUTCOMES,),
    "Criteria, weights, conditions": (vendor.STRATEGIC, vendor.CONDITIONS),
    "Hiring instead": (vendor.SKILLS,),
    "The firm": (
        assumptions.MODEL,
        assumptions.JUDGEMENT,
        assumptions.CONDITIONS,
        assumptions.DECISION,
        assumptions.DRAWS,
    ),
}
"""Headings, and the groups of columns and settings that stand under each."""

DRAWS = ("trials", "seed")
"""Settings that no slider moves: one is a power of two, the other means nothing by itself."""

USUAL_SETTINGS = ("discount_rate", "terminal_growth", "tax_rate", "negotiable_discount")
"""Settings of the firm that are not folded away."""


@dataclass(frozen=True)
class Control:
    """One control.

    Args:
        name: of the column or setting; `weights.<criterion>` for a weight.
        group: heading, a key of `GROUPS`.
        label, meaning, unit: for people.
        kind: value of a `columns.Kind`.
        allowed: what may be entered.
        choices: of a choice.
        ranged: whether low..mid..high may be entered.
        of_firm: whether it is a setting of the firm.
        default: what an empty cell means, as text; empty where there is no such thing.
    """

    name: str
    group: str
    label: str
    meaning: str
    unit: str
    kind: str
    allowed: str
    choices: tuple[str, ...]
    ranged: bool
    of_firm: bool
    default: str

    def to_dict(self) -> dict[str, Any]:
        """The control as plain JSON values."""
        return asdict(self)


@cache
def controls() -> dict[str, Control]:
    """Every control by its name, group after group."""
    return {control.name: control for control in _controls()}


def spec_of(name: str) -> Column:
    """The column or setting of a control."""
    if name.startswith(WEIGHT):
        return Column(
            meaning=f"weight of {words(name.removeprefix(WEIGHT))}; shares of their sum count",
            unit="weight",
            lower=0.0,
        )
    return COLUMNS[name] if name in COLUMNS else SETTINGS[name]


def _controls() -> Iterator[Control]:
    for heading, groups in GROUPS.items():
        for name, spec in [*COLUMNS.items(), *SETTINGS.items()]:
            if spec.group in groups and _is_firms(heading) == (name in SETTINGS):
                if name != "currency":  # another name for the same figures
                    yield _control(name, heading, spec)
                if name in CRITERIA:
                    weight = WEIGHT + name
                    yield _control(weight, heading, spec_of(weight))


def _is_firms(heading: str) -> bool:
    return heading == "The firm"


def _control(name: str, group: str, spec: Column) -> Control:
    label = words(name.removeprefix(WEIGHT))
    return Control(
        name=name,
        group=group,
        label=f"weight of {label}" if name.startswith(WEIGHT) else label,
        meaning=spec.meaning.replace("`", ""),
        unit=spec.unit,
        kind=spec.kind.value,
        allowed=spec.allowed,
        choices=spec.choices,
        ranged=spec.ranged,
        of_firm=name in SETTINGS or name.startswith(WEIGHT),
        default="" if spec.default in (None, "") else typed(spec.default),
    )


def usual(name: str, given: Case) -> bool:
    """Whether a control matters enough not to be folded away.

    It does where the vendor file fills the cell; of the firm's settings, those that most asked
    about are.
    """
    if name.startswith(WEIGHT):
        return False
    return name in USUAL_SETTINGS if name in SETTINGS else getattr(given.vendor, name) is not None


def typed(value: Any) -> str:
    """A value as it is typed into a file, at full precision; empty for None."""
    return "" if value is None else scenario.typed(value)


@dataclass(frozen=True)
class Slider:
    """What a slider offers: from `low` to `high`, the keyboard moving by `step`."""

    low: float
    high: float
    step: float


def slider(name: str, given: Any) -> Slider | None:
    """The slider of a control; None where its values are no numbers.

    Args:
        name: of the control.
        given: the value as the vendor file or the firm has it, which the slider's ends depend on
            where the column has no bounds.
    """
    spec = spec_of(name)
    if spec.kind not in (Kind.NUMBER, Kind.WHOLE) or name in DRAWS:
        return None
    largest = given.high if isinstance(given, Range) else abs(float(given or 0.0))
    lower = -1.0 if spec.lower is None else float(spec.lower)
    if spec.short_of_horizon is not None:
        upper = 20.0
    elif spec.kind is Kind.WHOLE:
        upper = float(spec.upper or 2.0 * largest)
    elif spec.unit == "fraction per year":
        lower, upper = max(lower, -0.3 if lower < 0.0 else 0.0), max(0.4, 2.0 * largest)
    elif spec.upper is not None:
        small = spec.unit.startswith("share") and 0.0 < largest <= 0.1
        upper = _round_up(4.0 * largest) if small else float(spec.upper)
    elif name.startswith(WEIGHT) or spec.unit.startswith("share"):
        upper = max(1.0, 2.0 * largest)
    else:
        upper = _round_up(2.5 * largest) if largest > 0.0 else _usual_upper(spec)
    if spec.kind is Kind.WHOLE:
        return Slider(lower, upper, 1.0)
    step = _nice((upper - lower) / NOTCHES)
    if spec.upper_open and upper == spec.upper:
        upper -= step
    return Slider(step if spec.lower_open and lower == 0.0 else lower, upper, step)


def _usual_upper(spec: Column) -> float:
    """Of a slider for which neither the column nor the vendor file gives an end."""
    return {"people": 100.0, "money per person": 200_000.0}.get(spec.unit, 10_000_000.0)


def _nice(step: float) -> float:
    """The nearest of 1, 2 and 5 times a power of ten that is not below."""
    power = float(f"1e{math.floor(math.log10(step))}")
    return next(m * power for m in (1.0, 2.0, 5.0, 10.0) if m * power >= step * (1.0 - 1e-9))


def _round_up(value: float) -> float:
    """The next of ten to a hundred times a power of ten."""
    power = float(f"1e{math.floor(math.log10(value)) - 1}")
    return math.ceil(value / power - 1e-9) * power
