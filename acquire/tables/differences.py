"""What a scenario changes, in words: each input as given beside what it is in the scenario."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from acquire.assumptions import SETTINGS, Assumptions
from acquire.columns import Column
from acquire.display import NONE, MoneyScale, Table, one_line, quantity, words
from acquire.ranges import Range
from acquire.scenario import Scenario, typed
from acquire.vendor import COLUMNS, Vendor

Change = tuple[str, str, str, str]
"""What is changed, as given, in the scenario, and the unit."""

PLAIN = Column(meaning="a number or text without a unit")


def changes(scenario: Scenario, vendor: Vendor, firm: Assumptions) -> list[Change]:
    """What a scenario changes, in the order of the columns and settings.

    Args:
        scenario: of this vendor.
        vendor, firm: as given; a cell that is empty shows what the firm fills it with.
    """
    currencies = firm.currency, str(scenario.assumptions.get("currency", firm.currency))
    defaults = firm.defaults, _merged(firm.defaults, scenario.assumptions.get("defaults", {}))
    found = []
    for name, value in scenario.inputs.items():
        pair = getattr(vendor, name), value
        spec = COLUMNS[name]
        filled = [
            d.get(name, spec.default) if v is None else v
            for v, d in zip(pair, defaults, strict=True)
        ]
        found.append(_change(words(name), spec, filled[0], filled[1], currencies))
    for name, value in scenario.assumptions.items():
        given = getattr(firm, name)
        if name == "correlations":
            shown = _correlations(given), _correlations(value)
            found.append(("correlations", *shown, ""))
        elif isinstance(value, Mapping):
            what = {"weights": "weight", "defaults": "default"}[name]
            for inner, entry in value.items():
                spec = COLUMNS[inner] if name == "defaults" else PLAIN
                label = f"{what} of {words(inner)}"
                found.append(_change(label, spec, given.get(inner), entry, currencies))
        else:
            found.append(_change(words(name), SETTINGS[name], given, value, currencies))
    return found


def scenario(scenario: Scenario, vendor: Vendor, firm: Assumptions) -> Table:
    """What a scenario changes of a vendor and firm as given, as a table."""
    rows = changes(scenario, vendor, firm)
    what = "what differs" if rows else "nothing differs"
    return Table(
        ("input", "as given", "in this scenario", "unit"),
        rows,
        f"Scenario {scenario.name}: {what} from the vendor as given",
        text_columns=frozenset({3}),
    )


def scenario_line(scenario: Scenario, vendor: Vendor, firm: Assumptions) -> str:
    """What a scenario changes of a vendor and firm as given, in one line."""
    rows = changes(scenario, vendor, firm)
    line = ", ".join(f"{name} {given} → {now}" for name, given, now, _ in rows)
    return one_line(line) or "nothing differs"


def input_change(name: str, given: object, changed: object, currency: str) -> Change:
    """One change of a column or setting; of settings with entries, of those that are given.

    Args:
        name: of the column or setting.
        given, changed: its values, empty cells filled.
        currency: of all money.
    """
    if name == "correlations":
        return name, _correlations(given), _correlations(changed), ""
    if name in ("weights", "defaults"):
        return name, _entries(name, given, currency), _entries(name, changed, currency), ""
    spec = {**SETTINGS, **COLUMNS}[name]
    return _change(words(name), spec, given, changed, (currency, currency))


def _entries(name: str, values: object, currency: str) -> str:
    """The entries of weights or of defaults, in words."""
    listed = values.items() if isinstance(values, Mapping) else ()
    specs = COLUMNS if name == "defaults" else {}
    return ", ".join(
        f"{words(entry)} {_shown(value, specs.get(entry, PLAIN), currency)}"
        for entry, value in listed
    )


def _merged(firm: Mapping[str, Any], changed: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**firm, **changed}.items() if value is not None}


def _change(
    name: str, spec: Column, given: object, changed: object, currencies: tuple[str, str]
) -> Change:
    """One change; where both would look the same for being rounded, all digits are shown."""
    before, after = (
        _shown(value, spec, currency)
        for value, currency in zip((given, changed), currencies, strict=True)
    )
    if before == after and given != changed:
        before, after = typed(given), typed(changed)
    return name, before, after, spec.unit.replace("money", currencies[0])


def _shown(value: object, spec: Column, currency: str) -> str:
    if isinstance(value, Range):
        return _spread((value.low, value.mid, value.high), spec, currency)
    if isinstance(value, int | float):
        return quantity(float(value), spec.unit, currency).replace(".0 %", " %")
    if value is None:
        return "none"
    return str(value) or NONE


def _spread(ends: Sequence[float], spec: Column, currency: str) -> str:
    """A range with its unit once: "35..50..65 %", "85.0..95.0..110.0 million USD"."""
    if spec.unit.startswith("money"):
        scale = MoneyScale.of(max(ends), currency)
        if all(float(scale.show(end).replace(",", "")) * scale.size == end for end in ends):
            return f"{'..'.join(scale.show(end) for end in ends)} {scale.unit}"
    shown = [_shown(end, spec, currency) for end in ends]
    if all(text.endswith(" %") for text in shown):
        return "..".join(text.removesuffix(" %") for text in shown) + " %"
    return "..".join(shown)


def _correlations(pairs: object) -> str:
    listed = pairs if isinstance(pairs, list | tuple) else ()
    return "; ".join(f"{one} with {other}: {rank:g}" for one, other, rank in listed) or "none"
