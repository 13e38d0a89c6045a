"""Tornado, Sobol indices and the diligence agenda."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from numpy.typing import NDArray

import acquire as aq
from acquire.cli import acquire
from acquire.ledger import simulate
from acquire.sensitivity import SUCCESS, Sensitivity, analyse
from acquire.simulation import draws_for
from acquire.vendor import CRITERIA, ranges_of, replaced
from tests.samples import GENERIC, STRATEGIC, UNCERTAIN, firm, vendor

Array = NDArray[np.float64]
DATA = Path(__file__).parents[2] / "data"
VENDORS, FIRM = aq.read_inputs(DATA / "vendors.csv", trials=4096)


@pytest.fixture(scope="module")
def nimbus() -> tuple[aq.Evaluation, Sensitivity]:
    evaluation = aq.evaluate(VENDORS["nimbus"], FIRM)
    return evaluation, analyse(evaluation)


def test_what_is_compared_is_what_is_analysed(nimbus: tuple[aq.Evaluation, Sensitivity]) -> None:
    """The outlook is the analysis without what drives the payoff."""
    evaluation, found = nimbus
    seen = aq.outlook(evaluation)
    assert vars(seen).items() <= vars(found).items()
    assert seen.nearest == found.flips[0]
    assert seen.evppi


def test_a_bar_is_the_payoff_with_one_input_moved(
    nimbus: tuple[aq.Evaluation, Sensitivity],
) -> None:
    """Each end of a tornado bar equals evaluating the vendor with plain values, that one moved."""
    evaluation, found = nimbus
    mids = {name: values.mid for name, values in ranges_of(evaluation.inputs).items()}
    plain = replaced(evaluation.inputs, **mids)
    for bar in found.one_way.bars[:4]:
        values = ranges_of(evaluation.inputs)[bar.input]
        for end, value in ((bar.low, values.low), (bar.high, values.high)):
            moved = aq.evaluate(replaced(plain, **{bar.input: value}), FIRM)
            payoff = moved.payoffs[found.strategy]
            assert payoff is not None
            assert end == pytest.approx(payoff.mean, rel=1e-9)


def test_a_joint_bar_is_the_mean_with_one_input_moved(
    nimbus: tuple[aq.Evaluation, Sensitivity],
) -> None:
    """Each end of a joint bar equals evaluating with that input moved and all others drawn.

    Within 0.5 % of the widest swing: the joint bars take part of the draws.
    """
    evaluation, found = nimbus
    widest = found.joint.bars[0].swing
    for bar in found.joint.bars[::5]:
        values = ranges_of(evaluation.inputs)[bar.input]
        for end, verdict, value in (
            (bar.low, bar.low_verdict, values.low),
            (bar.high, bar.high_verdict, values.high),
        ):
            moved = aq.evaluate(replaced(evaluation.inputs, **{bar.input: value}), FIRM)
            assert end == pytest.approx(
                moved.payoffs.defined[found.strategy].mean, abs=0.005 * widest
            )
            assert verdict == moved.decision.verdict


def test_a_group_is_all_its_inputs_at_their_worse_ends(
    nimbus: tuple[aq.Evaluation, Sensitivity],
) -> None:
    """The bar of all inputs is the payoff with each at the end that its own bar shows as worse."""
    evaluation, found = nimbus
    ranges = ranges_of(evaluation.inputs)
    mids = {name: values.mid for name, values in ranges.items()}
    worse = {
        bar.input: ranges[bar.input].low if bar.low <= bar.high else ranges[bar.input].high
        for bar in found.one_way.bars
    }
    everything = next(b for b in found.one_way.groups if b.input == "all uncertain inputs")
    there = aq.evaluate(replaced(evaluation.inputs, **(mids | worse)), FIRM)
    payoff = there.payoffs.defined[found.strategy]
    assert everything.low == pytest.approx(payoff.mean, rel=1e-9)
    assert everything.low_verdict == there.decision.verdict
    assert everything.low < found.one_way.base < everything.high


def test_regression_and_bins_agree_within_the_error(
    nimbus: tuple[aq.Evaluation, Sensitivity],
) -> None:
    """Two estimates of the same differ by less than 1 % of what perfect information is worth."""
    _, found = nimbus
    for worth in found.evppi:
        assert abs(worth.value - worth.by_bins) <= max(worth.error, 0.01 * found.evpi)


def test_a_bar_says_the_verdict_at_its_ends(nimbus: tuple[aq.Evaluation, Sensitivity]) -> None:
    """A bar changes the verdict where evaluating at its end gives another than at mid."""
    evaluation, found = nimbus
    ranges = ranges_of(evaluation.inputs)
    plain = replaced(evaluation.inputs, **{name: values.mid for name, values in ranges.items()})
    assert found.one_way.verdict == aq.evaluate(plain, FIRM).decision.verdict
    changing = [bar for bar in found.one_way.bars if found.one_way.flips(bar)]
    assert 0 < len(changing) < len(found.one_way.bars)
    for bar in found.one_way.bars[:6]:
        for verdict, value in (
            (bar.low_verdict, ranges[bar.input].low),
            (bar.high_verdict, ranges[bar.input].high),
        ):
            moved = aq.evaluate(replaced(plain, **{bar.input: value}), FIRM)
            assert verdict == moved.decision.verdict


def test_bars_cover_every_uncertain_input_widest_first(
    nimbus: tuple[aq.Evaluation, Sensitivity],
) -> None:
    """The tornado has a bar for each range but the criteria, which move no payoff."""
    evaluation, found = nimbus
    assert {bar.input for bar in found.one_way.bars} == set(ranges_of(evaluation.inputs)) - {
        *CRITERIA
    }
    widths = [abs(bar.high - bar.low) for bar in found.one_way.bars]
    assert widths == sorted(widths, reverse=True)


def test_information_is_worth_no_more_than_perfect_information(
    nimbus: tuple[aq.Evaluation, Sensitivity],
) -> None:
    """EVPI ≥ EVPPI ≥ 0 for every input and group, the most valuable first."""
    _, found = nimbus
    values = [worth.value for worth in found.evppi]
    assert values == sorted(values, reverse=True)
    assert all(0 <= worth.value <= found.evpi for worth in (*found.evppi, *found.groups))
    assert SUCCESS in {worth.input for worth in found.evppi}
    assert found.evpi > 0


def test_a_group_is_worth_at_least_its_members(
    nimbus: tuple[aq.Evaluation, Sensitivity],
) -> None:
    """Knowing all market inputs is worth no less than knowing one of them, within the error."""
    _, found = nimbus
    market = next(worth for worth in found.groups if worth.input == "all market inputs")
    growth = next(worth for worth in found.evppi if worth.input == "external_growth")
    assert market.value >= growth.value - 3 * (market.error + growth.error)


@pytest.mark.parametrize("vendor_id", ["nimbus", "corvane", "gearhaven"])
def test_partial_information_agrees_with_a_large_sample(vendor_id: str) -> None:
    """EVPPI at 16,384 draws is within 1 % of EVPI of 256 bins of 2**19 draws of another seed."""
    small = analyse(aq.evaluate(VENDORS[vendor_id], aq.Assumptions(trials=2**14)))
    from acquire.ledger import simulate
    from acquire.simulation import Draws

    firm = aq.Assumptions()
    evaluation = aq.evaluate(VENDORS[vendor_id], firm)
    draws = Draws(2**19, 77)
    strategic = evaluation.classification.strategic
    ledger = simulate(evaluation.inputs, firm, draws, strategic=strategic)
    p, n = ledger.success, ledger.success.size
    payoffs = [np.zeros(n)]
    if "build" in ledger:
        payoffs.append(ledger.payoff("build"))
    if strategic:
        payoffs.append(ledger.payoff("internal_only"))
    if evaluation.conditions.hold:
        payoffs.append(p * ledger.payoff("dual_market") + (1 - p) * ledger.payoff("failure"))
    table = np.array(payoffs)
    base = table.mean(axis=1).max()
    for worth in [w for w in small.evppi if w.input != SUCCESS][:5]:
        x = draws.of(worth.input, ranges_of(evaluation.inputs)[worth.input])
        bins = np.argsort(x).reshape(256, -1)
        nested = table[:, bins].mean(axis=2).max(axis=0).mean() - base
        assert abs(worth.value - nested) < 0.01 * max(small.evpi, 1.0), worth.input


def test_without_ranges_only_success_is_left_to_learn() -> None:
    """A vendor without ranges has no tornado and no indices; whether it succeeds stays open."""
    found = analyse(aq.evaluate(VENDORS["tollivard"], FIRM))
    assert (found.one_way.bars, found.sobol, found.groups) == ((), (), ())
    assert [worth.input for worth in found.evppi] == [SUCCESS]
    assert found.evppi[0].value == pytest.approx(found.evpi, abs=1e-6)


def test_command_line_adds_the_key_sensitivity() -> None:
    """`evaluate --json --sensitivity` adds every part, under the names that JSON has them."""
    arguments = ["evaluate", str(DATA / "vendors.csv"), "nimbus", "tollivard", "--json"]
    done = CliRunner().invoke(acquire, [*arguments, "--sensitivity", "--trials", "512"])
    assert done.exit_code == 0, done.output
    nimbus, tollivard = json.loads(done.stdout)
    parts = {
        "tornado": {"input", "low", "high"},
        "tornado_joint": {"input", "low", "high"},
        "tornado_groups": {"input", "low", "high"},
        "sobol": {"input", "first", "total", "first_interval", "total_interval"},
        "evppi": {"input", "value", "by_bins", "error"},
        "evppi_groups": {"input", "value", "error"},
        "flips": {"input", "today", "value", "verdict", "ranges", "change"},
        "violation": {"damage", "against", "today", "value"},
    }
    for part, names in parts.items():
        assert names <= set(nimbus["sensitivity"][part][0]), part
    assert nimbus["sensitivity"]["evpi"] > 0.0
    assert set(nimbus["sensitivity"]["verdict_shares"]) == {
        "go_external",
        "internal_only",
        "build",
        "status_quo",
    }
    assert set(nimbus["sensitivity"]["condition_shares"]) == set(nimbus["conditions"])
    assert nimbus["sensitivity"]["best_two"]["undecided"] is False
    assert tollivard["sensitivity"]["tornado"] == []
    assert [worth["input"] for worth in tollivard["sensitivity"]["evppi"]] == [SUCCESS]
    plain = CliRunner().invoke(acquire, [*arguments, "--trials", "512"])
    assert all("sensitivity" not in row for row in json.loads(plain.stdout))


def test_command_line_prints_the_diligence_agenda() -> None:
    """Without --json the agenda follows the evaluation, with everything known at its end."""
    arguments = ["evaluate", str(DATA / "vendors.csv"), "nimbus", "--sensitivity"]
    done = CliRunner().invoke(acquire, [*arguments, "--trials", "512"])
    assert done.exit_code == 0, done.output
    assert "Diligence agenda" in done.stdout
    assert "everything (EVPI)" in done.stdout.splitlines()[-1]


def test_what_is_analysed_is_the_best_permitted_strategy() -> None:
    """Where only internal use is permitted its payoff is what swings, not that of going outside."""
    evaluation = aq.evaluate(vendor(STRATEGIC | UNCERTAIN, competence=2.0), firm(trials=64))
    found = analyse(evaluation)
    assert found.strategy == evaluation.decision.strategy == "internal_only"
    assert found.joint.base == pytest.approx(
        evaluation.payoffs.defined["internal_only"].mean, rel=1e-9
    )
    moving = {index.input for index in found.sobol if index.total > 1e-9}
    assert moving == {"price", "internal_spend", "internal_growth", "internal_cost_ratio"} | {
        "strategic_value"
    }


@pytest.mark.parametrize("correlations", [(), (("price", "internal_spend", 0.5),)])
def test_correlations_are_said(correlations: tuple[tuple[str, str, float], ...]) -> None:
    """The record says whether the firm has correlations, which its Sobol indices leave out."""
    used = firm(trials=64, correlations=correlations)
    assert analyse(aq.evaluate(vendor(GENERIC), used)).correlated is bool(correlations)


def test_perfect_information_draw_by_draw(nimbus: tuple[aq.Evaluation, Sensitivity]) -> None:
    """Perfect information, and that of success, are what plain loops over the draws find."""
    evaluation, found = nimbus
    ledger = simulate(evaluation.inputs, FIRM, draws_for(FIRM), strategic=True)
    cases = {n: ledger.payoff(n).tolist() for n in ("dual_market", "failure", "internal_only")}
    cases["build"] = ledger.payoff("build").tolist()
    known, won, lost = 0.0, [0.0] * 4, [0.0] * 4
    for j, p in enumerate(ledger.success.tolist()):
        same = (cases["internal_only"][j], cases["build"][j], 0.0)
        if_won, if_lost = (cases["dual_market"][j], *same), (cases["failure"][j], *same)
        known += p * max(if_won) + (1.0 - p) * max(if_lost)
        for i in range(4):
            won[i] += p * if_won[i]
            lost[i] += (1.0 - p) * if_lost[i]
    now, n = max(w + ell for w, ell in zip(won, lost, strict=True)), ledger.success.size
    success = next(worth for worth in found.evppi if worth.input == SUCCESS)
    assert found.evpi == pytest.approx((known - now) / n, rel=1e-9)
    assert success.value == pytest.approx((max(won) + max(lost) - now) / n, rel=1e-9)
    assert 0.0 < success.value < found.evpi


def test_groups_of_what_is_uncertain() -> None:
    """Two uncertain inputs of a kind are a group to learn of; one alone is none."""
    changes = {
        "external_revenue": (250.0, 400.0, 700.0),
        "customer_churn": (0.05, 0.1, 0.2),
        "fixed_cost": (50.0, 90.0, 150.0),
    }
    found = analyse(aq.evaluate(vendor(GENERIC, **changes), firm(trials=64)))
    assert [worth.input for worth in found.groups] == ["all market inputs"]


def test_every_part_of_the_record_is_in_json(nimbus: tuple[aq.Evaluation, Sensitivity]) -> None:
    """Each key of the JSON holds the part of the record of its name, field by field."""
    _, found = nimbus
    result = found.to_dict()
    for key, part in (
        ("tornado", found.one_way.bars),
        ("tornado_joint", found.joint.bars),
        ("tornado_groups", found.one_way.groups),
        ("sobol", found.sobol),
        ("evppi", found.evppi),
        ("evppi_groups", found.groups),
        ("flips", found.flips),
        ("violation", found.harm),
    ):
        assert len(result[key]) == len(part) > 0
        for row, record in zip(result[key], part, strict=True):
            for name, value in row.items():
                given = getattr(record, name)
                assert value == (list(given) if isinstance(given, tuple) else given), (key, name)
    safe = found.safety
    assert result["verdict_shares"] == safe.shares
    assert result["hindsight_shares"] == safe.hindsight
    assert safe.shares != safe.hindsight
    assert result["condition_shares"] == safe.conditions
    for name in ("best", "second", "difference", "error", "undecided"):
        assert result["best_two"][name] == getattr(safe, name)
    assert (result["strategy"], result["choice"]) == (found.strategy, safe.choice)
