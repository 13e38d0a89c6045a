"""Figures: what they draw is what was evaluated, with titles, units and harmless labels."""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from acquire import figures
from acquire.decision import VERDICTS
from acquire.evaluation import CASE_TITLES, Evaluation, evaluate
from acquire.vendor import CRITERIA, replaced
from tests.samples import GENERIC, STRATEGIC, UNCERTAIN, Row, firm, vendor

OF_ONE = (
    figures.payoffs,
    figures.distribution,
    figures.cash_flows,
    figures.success,
    figures.costing,
    figures.score,
)
OF_MANY = (figures.ranking, figures.strategic_map)
NO_MARKET: Row = {"external_revenue": 0.0, "go_to_market_cost": 0.0, "skills_headcount": 0.0}


def strategic(**changes: Any) -> Evaluation:
    return evaluate(vendor(STRATEGIC | UNCERTAIN, **changes), firm())


def generic(**changes: Any) -> Evaluation:
    return evaluate(vendor(GENERIC, **changes), firm())


def named(figure: Any, name: str) -> Any:
    """The last trace of that name."""
    return [trace for trace in figure.data if trace.name == name][-1]


def rows_of(figure: Any) -> list[str]:
    """The keys of the rows that have a mean, from below."""
    return list(named(figure, "mean").y)


@pytest.mark.parametrize("draw", OF_ONE, ids=lambda draw: draw.__name__)
@pytest.mark.parametrize(
    "evaluation",
    [
        strategic(),
        generic(),
        generic(**NO_MARKET),
        evaluate(vendor(), firm(horizon_years=4)),
        evaluate(vendor(STRATEGIC | UNCERTAIN), firm(horizon_years=50)),
    ],
    ids=["strategic", "generic", "no-market", "four-years", "fifty-years"],
)
def test_figures_of_one_vendor(draw: Callable[[Evaluation], Any], evaluation: Evaluation) -> None:
    """Every figure of every kind of vendor has traces, a title and a title on its x axis."""
    figure = draw(evaluation)
    assert figure.data
    assert figure.layout.title.text
    assert figure.layout.xaxis.title.text
    assert figure.layout.height


@pytest.mark.parametrize("draw", OF_MANY, ids=lambda draw: draw.__name__)
def test_figures_of_several_vendors(draw: Callable[[list[Evaluation]], Any]) -> None:
    """The figures that compare vendors have traces, a title and a title on the x axis."""
    figure = draw([strategic(), generic()])
    assert figure.data
    assert figure.layout.title.text
    assert figure.layout.xaxis.title.text


@pytest.mark.parametrize(
    ("draw", "axis"),
    [
        (figures.payoffs, "xaxis"),
        (figures.cash_flows, "yaxis"),
        (figures.success, "yaxis"),
        (figures.costing, "yaxis"),
    ],
)
def test_money_has_its_unit(draw: Callable[[Evaluation], Any], axis: str) -> None:
    """An axis of money names the unit and the currency."""
    evaluation = evaluate(vendor(), firm(currency="CHF"))
    assert "thousand CHF" in draw(evaluation).layout[axis].title.text or draw is figures.costing
    assert draw(evaluation).layout[axis].title.text.endswith("CHF")


def test_payoffs() -> None:
    """Each case has its row, from top to bottom as in the table, with its mean and percentiles."""
    evaluation = strategic()
    figure = figures.payoffs(evaluation)
    scale = evaluation.payoffs.scale.size
    assert rows_of(figure) == list(reversed(evaluation.payoffs.defined))
    labels = dict(zip(figure.layout.yaxis.tickvals, figure.layout.yaxis.ticktext, strict=True))
    assert labels == {name: CASE_TITLES[name] for name in evaluation.payoffs.defined}
    bar, median, mean = figure.data
    for i, payoff in enumerate(reversed(evaluation.payoffs.defined.values())):
        assert bar.base[i] == pytest.approx(payoff.p10 / scale)
        assert bar.base[i] + bar.x[i] == pytest.approx(payoff.p90 / scale)
        assert median.x[i] == pytest.approx(payoff.p50 / scale)
        assert mean.x[i] == pytest.approx(payoff.mean / scale)


def test_payoffs_against_others() -> None:
    """Another evaluation's payoffs are outlined in the same rows and unit, behind."""
    evaluation, other = strategic(), strategic(price=400.0)
    figure = figures.payoffs(evaluation, other)
    bars = named(figure, "pinned: P10 to P90")
    assert list(bars.y) == rows_of(figure)
    scale = max(e.payoffs.scale.size for e in (evaluation, other))
    for name, low, width in zip(bars.y, bars.base, bars.x, strict=True):
        payoff = other.payoffs.defined[name]
        assert low == pytest.approx(payoff.p10 / scale)
        assert low + width == pytest.approx(payoff.p90 / scale)
    left, right = figure.layout.xaxis.range
    assert left < min(bars.base)
    assert right > max(b + w for b, w in zip(bars.base, bars.x, strict=True))


def test_distribution() -> None:
    """The bars' areas are the chances of success and failure, as far as the ends reach."""
    evaluation = strategic(differentiation=9.0, success_probability=0.7)
    figure = figures.distribution(evaluation)
    success, failure = (named(figure, f"external sales {what}") for what in ("succeed", "fail"))
    areas = [sum(bar.y) * bar.width / 100.0 for bar in (success, failure)]
    assert areas[0] == pytest.approx(0.7, abs=0.011)  # half a per cent lies beyond either end
    assert areas[1] == pytest.approx(0.3, abs=0.011)
    assert 0.985 < sum(areas) <= 1.0 + 1e-6
    assert "succeed" in figure.data[-1].name


def test_distribution_of_a_certain_payoff() -> None:
    """Without ranges there is a bar at each of the two payoffs, as high as its probability."""
    evaluation = evaluate(vendor(), firm())
    figure = figures.distribution(evaluation)
    strategy = evaluation.decision.strategy
    assert strategy is not None
    if strategy == "go_external":
        heights = sum(max(bar.y) for bar in figure.data)
        assert heights == pytest.approx(100.0 / figure.data[0].width)
    else:
        assert figure.data[-1].y == pytest.approx((100.0,))


def test_payoffs_lie_on_the_axis() -> None:
    """The axis of payoffs reaches beyond every bar, and the zero is on it."""
    evaluation = strategic()
    left, right = figures.payoffs(evaluation).layout.xaxis.range
    bar, *marks = figures.payoffs(evaluation).data
    drawn = [x for t in marks for x in t.x] + [*bar.base]
    drawn += [low + width for low, width in zip(bar.base, bar.x, strict=True)]
    assert left < min([*drawn, 0.0])
    assert right > max([*drawn, 0.0])


def test_the_alternative_is_a_line_where_there_is_one() -> None:
    """The best alternative is marked at its payoff where hiring is worth something."""
    evaluation = strategic(skills_headcount=1.0, hiring_cost=0.0)
    assert evaluation.decision.best_alternative > 0
    figure = figures.payoffs(evaluation)
    at = evaluation.decision.best_alternative / evaluation.payoffs.scale.size
    assert [note.text for note in figure.layout.annotations] == ["best alternative"]
    assert figure.layout.annotations[0].x == pytest.approx(at)
    assert not figures.payoffs(strategic(skills_headcount=0.0)).layout.annotations


def test_cash_flows_add_up_to_the_payoff_without_terminal_value() -> None:
    """The last point of a line is the case's mean payoff where nothing comes after the horizon."""
    evaluation = evaluate(vendor(), firm(terminal_growth=None))
    figure = figures.cash_flows(evaluation)
    largest = max(abs(v) for trace in figure.data for v in trace.y)
    for name in ("internal_only", "dual_market", "build"):
        payoff = evaluation.payoffs[name]
        assert payoff is not None
        line = named(figure, CASE_TITLES[name])
        assert list(line.x) == list(range(11))
        assert line.y[-1] == pytest.approx(payoff.mean / 1000.0, abs=1e-9 * largest)


def test_success_against_its_target() -> None:
    """Going outside is a line from failure to success, with the estimate and the break-even."""
    evaluation = strategic()
    figure = figures.success(evaluation)
    scale = evaluation.payoffs.scale.size
    failure, dual, outside = (
        evaluation.payoffs[name] for name in ("failure", "dual_market", "go_external")
    )
    assert failure is not None
    assert dual is not None
    assert outside is not None
    line, point = named(figure, "selling outside"), named(figure, "as estimated")
    assert line.y == pytest.approx((failure.mean / scale, dual.mean / scale))
    assert point.x == pytest.approx((100.0 * evaluation.success_probability,))
    assert point.y == pytest.approx((outside.mean / scale,))
    even = evaluation.decision.break_even_probability
    assert even is not None
    assert [note.x for note in figure.layout.annotations] == pytest.approx([100.0 * even])


def test_internal_use_is_a_target_of_strategic_vendors_only() -> None:
    """The line of internal use is drawn only where it is something to beat."""
    assert any(t.name == "internal use only" for t in figures.success(strategic()).data)
    assert not any(t.name == "internal use only" for t in figures.success(generic()).data)


@pytest.mark.parametrize(
    ("even", "anchor"), [(0.01, "left"), (0.5, "center"), (0.99, "right")], ids=str
)
def test_the_break_even_label_stays_inside(
    even: float, anchor: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Near an edge of the chart the label of the break-even is turned inwards."""
    evaluation = strategic()
    monkeypatch.setitem(evaluation.decision.__dict__, "break_even_probability", even)
    assert figures.success(evaluation).layout.annotations[0].xanchor == anchor


def test_costing_shows_every_cost() -> None:
    """The stacked bars are the year's whole cost: revenue less bars is the profit."""
    evaluation = generic()
    figure = figures.costing(evaluation)
    bars = [trace for trace in figure.data if trace.type == "bar"]
    revenue = named(figure, "revenue")
    assert figure.layout.barmode == "stack"
    for i, year in enumerate(evaluation.costing.years):
        assert revenue.x[i] == year.year
        left = revenue.y[i] - sum(bar.y[i] for bar in bars)
        assert left * _size(figure) == pytest.approx(year.profit)


def _size(figure: Any) -> float:
    return 1000.0 if "thousand" in figure.layout.yaxis.title.text else 1.0


def test_score_is_the_sum_of_its_bars() -> None:
    """The bars of the criteria add up to the score, and the threshold is marked."""
    evaluation = strategic()
    figure = figures.score(evaluation)
    assert [bar.name for bar in figure.data] == [name.replace("_", " ") for name in CRITERIA]
    assert sum(bar.x[0] for bar in figure.data) == pytest.approx(evaluation.classification.score)
    assert figure.layout.shapes[0].x0 == evaluation.firm.strategic_threshold


def test_ranking_puts_the_best_on_top() -> None:
    """Rows come by the mean payoff of the best permitted strategy, coloured by verdict."""
    good = strategic(vendor_id="good")
    bad = generic(vendor_id="bad", success_probability=0.01)
    best, worst = figures.deciding_payoff(good).mean, figures.deciding_payoff(bad).mean
    assert best > worst
    figure = figures.ranking([good, bad])
    assert rows_of(figure) == ["bad", "good"]
    mean = named(figure, "mean")
    colours = dict(zip(mean.y, mean.marker.color, strict=True))
    for evaluation in (good, bad):
        verdict = evaluation.decision.verdict
        assert colours[evaluation.inputs.vendor_id] == figures.VERDICT_COLOURS[verdict]
        assert named(figure, VERDICTS[verdict]).marker.color == figures.VERDICT_COLOURS[verdict]


def test_vendors_of_the_same_name_have_rows_of_their_own() -> None:
    """Two vendors whose names are equal, or equal as far as they are shown, are two rows."""
    name = "A name that is the same for as long as it is shown"
    evaluations = [
        generic(vendor_id="one", name=name),
        generic(vendor_id="two", name=name),
        generic(vendor_id="three", name=f"{name}, and differs then"),
    ]
    figure = figures.ranking(evaluations)
    assert set(rows_of(figure)) == {"one", "two", "three"}
    assert set(figure.layout.yaxis.tickvals) == {"one", "two", "three"}
    assert len(set(figure.layout.yaxis.ticktext)) == 1


def test_a_long_ranking_shows_the_best() -> None:
    """Beyond forty vendors the chart holds the best forty and says so."""
    few = [strategic(vendor_id="good"), generic(vendor_id="bad", success_probability=0.01)]
    bad = few[1]
    many = [
        replace(bad, inputs=replaced(bad.inputs, vendor_id=f"bad-{i}"))
        for i in range(figures.MOST_VENDORS)
    ] + [few[0]]
    figure = figures.ranking(many)
    assert len(rows_of(figure)) == figures.MOST_VENDORS
    assert rows_of(figure)[-1] == "good"
    assert "the best 40 of 41" in figure.layout.title.text
    assert "best 40" not in figures.ranking(few).layout.title.text


def test_map_of_vendors() -> None:
    """A vendor stands at its score and its payoff per unit of price."""
    evaluation = strategic()
    point = figures.strategic_map([evaluation, generic()]).data[0]
    assert point.x[0] == pytest.approx(evaluation.classification.score)
    payoff = figures.deciding_payoff(evaluation).mean
    assert point.y[0] == pytest.approx(payoff / evaluation.price)


def test_a_crowded_map_has_no_labels() -> None:
    """Names stand beside the points only as long as they can be read."""
    few, many = [generic()] * 2, [generic()] * (figures.MOST_VENDORS + 1)
    assert "text" in figures.strategic_map(few).data[0].mode
    assert "text" not in figures.strategic_map(many).data[0].mode


@pytest.mark.parametrize(
    "text",
    ["<b>bold</b>", "$a$ and $b$", "%{x}", 'a "quoted" name', "Müller & Söhne", "it's", "&amp;"],
)
def test_labels_show_text_as_it_stands(text: str) -> None:
    """A label is read as markup by plotly: what stands for the text gives just the text."""
    label = figures.plain(text)
    assert html.unescape(label) == text
    assert not set("<>$%") & set(label)
    assert "&quot;" not in label  # plotly shows it as it stands


def test_names_and_currency_are_harmless_in_figures() -> None:
    """Neither a vendor's name nor the currency is markup or mathematics in any figure."""
    evaluation = evaluate(vendor(name="<i>$x$ %{y}"), firm(currency="<b>$"))
    drawn = [draw(evaluation) for draw in OF_ONE] + [draw([evaluation]) for draw in OF_MANY]
    for figure in drawn:
        text = str(figure.to_dict())
        assert not any(bad in text for bad in ("<i>", "<b>", "$", "%{y}"))
