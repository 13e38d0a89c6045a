"""Figures of a sensitivity: they draw what was analysed, with units, in colour and in grey."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import acquire as aq
from acquire import figures
from acquire.decision import VERDICTS
from acquire.figures.frame import HIGH, LOW, MOST_INPUTS
from acquire.figures.regions import REGIONS
from acquire.figures.safety import FARTHEST
from acquire.sensitivity import ALTERNATIVES, Sensitivity, analyse, region_maps
from acquire.sensitivity.sobol import Z_95
from tests.samples import GENERIC, STRATEGIC, UNCERTAIN, firm, vendor

DATA = Path(__file__).parents[2] / "data"
VENDORS, FIRM = aq.read_inputs(DATA / "vendors.csv", trials=512)

KINDS: dict[str, Callable[[], aq.Evaluation]] = {
    "nimbus": lambda: aq.evaluate(VENDORS["nimbus"], FIRM),
    "without-ranges": lambda: aq.evaluate(VENDORS["tollivard"], FIRM),
    "forbidden": lambda: aq.evaluate(VENDORS["gearhaven"], FIRM),
    "strategic": lambda: aq.evaluate(vendor(STRATEGIC | UNCERTAIN), firm(currency="CHF")),
    "generic": lambda: aq.evaluate(vendor(GENERIC, external_revenue=0.0), firm()),
}


@cache
def analysed(kind: str) -> tuple[aq.Evaluation, Sensitivity]:
    evaluation = KINDS[kind]()
    return evaluation, analyse(evaluation)


def drawn(kind: str) -> dict[str, Any]:
    evaluation, found = analysed(kind)
    maps = {m.x_input + m.y_input: m for m in region_maps(evaluation)}
    return {
        "tornado": figures.tornado(found),
        "sobol": figures.sobol(found),
        "agenda": figures.agenda(found),
        "safety": figures.safety(found),
        "flips": figures.flips(evaluation, found),
        "verdict_safety": figures.verdict_safety([evaluation], [found]),
    } | {key: figures.region_map(m, found.currency) for key, m in maps.items()}


def trace(figure: Any, name: str) -> Any:
    return next(t for t in figure.data if t.name and t.name.startswith(name))


@pytest.mark.parametrize("kind", KINDS)
def test_every_figure_says_what_it_shows(kind: str) -> None:
    """Each has a title and a height, and either a titled x axis or a notice why it is empty."""
    for name, figure in drawn(kind).items():
        assert figure.layout.title.text, name
        assert figure.layout.height, name
        if figure.data:
            assert figure.layout.xaxis.title.text, name
        else:
            assert figure.layout.annotations[0].text, name


def test_money_has_its_unit() -> None:
    """Axes of payoffs, prices and of the value of information name unit and currency."""
    shown = drawn("strategic")
    for name in ("tornado", "agenda"):
        assert "CHF" in shown[name].layout.xaxis.title.text, name
    prices = shown["pricesuccess_probability"].layout
    assert prices.xaxis.title.text.endswith("thousand CHF")
    assert prices.yaxis.title.text == "success probability, &#37;"
    values = shown["strategic_valuesuccess_probability"].layout.xaxis.title.text
    assert values.endswith("CHF per year")


def test_tornado_draws_its_bars_and_marks_what_flips() -> None:
    """Bars begin at the base and end at the payoffs; a diamond stands at each changed verdict."""
    _, found = analysed("nimbus")
    figure = figures.tornado(found)
    one_way = found.one_way
    size = 1e6
    low = trace(figure, "input at its P10")
    ends = dict(zip(low.y, low.customdata, strict=True))
    for bar in one_way.bars[:5]:
        assert ends[bar.input] == pytest.approx(bar.low / size)
    assert list(low.x) == pytest.approx([v - one_way.base / size for v in low.customdata])
    assert list(low.y)[-1] == one_way.bars[0].input  # the widest on top
    marks = trace(figure, "there the verdict")
    expected = sum(
        verdict != one_way.verdict
        for bar in one_way.bars
        for verdict in (bar.low_verdict, bar.high_verdict)
    )
    assert len(marks.x) == expected > 0
    assert set(marks.customdata) <= set(VERDICTS.values())
    joint = trace(figure, "the same, all others drawn")
    assert len(joint.x) == 2 * len(low.y) <= 2 * MOST_INPUTS


def test_sobol_intervals_are_drawn() -> None:
    """Each index is a dot with its 95 % interval, in per cent."""
    _, found = analysed("nimbus")
    figure = figures.sobol(found)
    alone = trace(figure, "alone")
    for index in found.sobol[:5]:
        i = list(alone.y).index(index.input)
        assert alone.x[i] == pytest.approx(100.0 * index.first)
        assert alone.error_x.array[i] == pytest.approx(100.0 * Z_95 * index.first_error)


def test_agenda_is_sorted_below_everything() -> None:
    """The most valuable input stands right below everything, which is worth the most."""
    _, found = analysed("nimbus")
    figure = figures.agenda(found)
    single, everything = figure.data
    assert list(single.x) == sorted(single.x)
    assert everything.x[0] == pytest.approx(found.evpi / 1e6)
    assert everything.x[0] >= max(single.x)
    labels = figure.layout.yaxis.ticktext
    assert labels[-1] == "everything (EVPI)"
    assert labels[-2] == "whether sales succeed"


def test_safety_draws_both_shares() -> None:
    """Every open alternative has a bar in expectation and one in hindsight."""
    _, found = analysed("nimbus")
    figure = figures.safety(found)
    bars = trace(figure, "in expectation")
    assert {n: x / 100.0 for n, x in zip(bars.y, bars.x, strict=True)} == pytest.approx(
        dict(found.safety.shares)
    )
    hatched = trace(figure, "in hindsight")
    assert sum(hatched.x) == pytest.approx(100.0)
    assert ALTERNATIVES[found.safety.choice] in figure.layout.title.text


def test_flips_are_as_far_as_they_are() -> None:
    """Marks lie at their distance in ranges, on the side on which the value lies."""
    evaluation, found = analysed("nimbus")
    figure = figures.flips(evaluation, found)
    places = {
        name: x
        for t in figure.data
        if t.name.startswith("flips to")
        for name, x in zip(t.y, t.x, strict=True)
    }
    shown = [f for f in found.flips if f.ranges is not None and f.ranges <= FARTHEST]
    assert set(places) == {flip.input for flip in shown}
    for flip in shown:
        assert flip.value is not None
        assert flip.ranges is not None
        sign = 1.0 if flip.value >= flip.today else -1.0
        assert places[flip.input] == pytest.approx(sign * flip.ranges)
    left, right = figure.layout.xaxis.range
    assert left < min(places.values()) < max(places.values()) < right


def test_without_ranges_flips_are_in_per_cent() -> None:
    """A vendor of plain numbers shows how many per cent each may change."""
    evaluation, found = analysed("without-ranges")
    figure = figures.flips(evaluation, found)
    assert figure.layout.xaxis.title.text.endswith("% of that value")
    price = next(f for f in found.flips if f.input == "price")
    assert price.change is not None
    if abs(price.change) <= 1.0:
        assert any(100.0 * price.change == pytest.approx(x) for t in figure.data for x in t.x)


def test_a_map_is_coloured_by_what_is_best() -> None:
    """Codes, colours and legend agree, and the case as estimated is marked where it is."""
    evaluation, found = analysed("nimbus")
    region = region_maps(evaluation)[0]
    figure = figures.region_map(region, found.currency)
    area = figure.data[0]
    names = [n for n in REGIONS if any(n in row for row in region.best)]
    for row, codes in zip(region.best[::20], area.z[::20], strict=True):
        assert [names[int(code)] for code in codes] == list(row)
    for i, name in enumerate(names):
        share = (i + 0.5) / len(names)
        below = [colour for edge, colour in area.colorscale if edge <= share]
        assert below[-1] == REGIONS[name]
    mark = trace(figure, "as estimated")
    assert mark.x[0] == pytest.approx(region.today[0] / 1e6)
    assert mark.y[0] == pytest.approx(100.0 * region.today[1])


def test_a_map_says_what_it_assumes() -> None:
    """Where selling outside is forbidden today the title says that the map supposes otherwise."""
    evaluation, found = analysed("forbidden")
    assert not evaluation.conditions.hold
    title = figures.region_map(region_maps(evaluation)[0], found.currency).layout.title.text
    assert "if the conditions of selling outside held" in title


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    channels = [int(colour[i : i + 2], 16) / 255.0 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_colours_are_told_apart_in_grey() -> None:
    """Neighbouring regions, and P10 and P90, differ in lightness by a contrast of 1.5 at least."""
    shades = [luminance(colour) for colour in REGIONS.values()]
    assert shades == sorted(shades)
    for dark, light in [*pairwise(shades), (luminance(HIGH), luminance(LOW))]:
        assert (light + 0.05) / (dark + 0.05) >= 1.5
