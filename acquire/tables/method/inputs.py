"""How a vendor's inputs are read: its criteria as a kind, a range as a distribution."""

from __future__ import annotations

from acquire.display import Table, number, quantity, words
from acquire.ranges import LN_9, Range, metalog
from acquire.simulation import bounds_of, draws_for
from acquire.tables.method.worked import Worked
from acquire.ties import reaches
from acquire.vendor import COLUMNS, Vendor, ranges_of


def kind(worked: Worked) -> Table:
    """The two tests of a strategic vendor, with their figures."""
    found = worked.evaluation.classification
    tests = [
        ("score ≥ strategic_threshold", found.score, found.threshold),
        ("differentiation ≥ differentiation_floor", found.differentiation, found.floor),
    ]
    rows = [
        (
            test,
            f"{number(value)} against {number(limit)}",
            "holds" if reaches(value, limit) else "does not hold",
        )
        for test, value, limit in tests
    ]
    rows.append(("both", "", found.kind))
    return Table(
        ("test", "figures", "outcome"),
        rows,
        "Strategic when both hold, otherwise generic; at mid values",
        emphasised=frozenset({2}),
        text_columns=frozenset({1, 2}),
    )


def example_range(vendor: Vendor) -> tuple[str, Range] | None:
    """The range that serves as an example: the price, or else the first; None without ranges."""
    found = ranges_of(vendor)
    return next(((n, found[n]) for n in sorted(found, key="price".__ne__)), None)


def range_as_distribution(worked: Worked) -> Table:
    """How three percentiles become the coefficients of a metalog."""
    e = worked.evaluation
    example = example_range(e.inputs)
    headings = ("step", "formula", "value")
    if example is None:
        row = ("ranges", "every input is a plain number", "nothing is drawn")
        return Table(headings, [row], "A range as a distribution", text_columns=frozenset({1, 2}))
    name, values = example
    lower, upper = bounds_of(COLUMNS[name])
    m = metalog(values, lower, upper)

    def shown(value: float) -> str:
        return quantity(value, COLUMNS[name].unit, e.firm.currency)

    # the transformed percentiles, back from the coefficients
    g10 = m.a1 + 0.4 * LN_9 * m.a3 - LN_9 * m.a2
    g90 = m.a1 + 0.4 * LN_9 * m.a3 + LN_9 * m.a2
    transform = "ln(x − l)" if upper is None else "ln((x − l)/(u − x))"
    bounds = f"l = {shown(lower)}" + ("" if upper is None else f", u = {shown(upper)}")
    mean = float(draws_for(e.firm).of(name, values).mean())
    rows = [
        (
            "given",
            "P10, P50, P90",
            ", ".join(shown(v) for v in (values.low, values.mid, values.high)),
        ),
        ("bounds of the column", transform, bounds),
        ("g₁₀, g₅₀, g₉₀", "the three values transformed", _list(g10, m.a1, g90)),
        ("a₁", "g₅₀", number(m.a1, 4)),
        ("a₂", "(g₉₀ − g₁₀)/(2·ln 9)", number(m.a2, 4)),
        ("a₃", "(g₁₀ + g₉₀ − 2·g₅₀)/(0.8·ln 9)", number(m.a3, 4)),
        ("mid value", "P50", shown(values.mid)),
        ("mean", f"over {e.firm.trials:,} draws", shown(mean)),
    ]
    return Table(
        headings,
        rows,
        f"The range of {words(name)} as a {'log' if upper is None else 'logit'} metalog",
        text_columns=frozenset({1, 2}),
    )


def _list(*values: float) -> str:
    return ", ".join(number(value, 4) for value in values)
