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
from acquire.sensitivity import SUCCESS, Sensitivity, analyse, sobol_indices
from acquire.vendor import CRITERIA, ranges_of, replaced

Array = NDArray[np.float64]
DATA = Path(__file__).parents[1] / "data"
VENDORS, FIRM = aq.read_inputs(DATA / "vendors.csv", trials=4096)


def ishigami(x: Array) -> Array:
    value: Array = np.sin(x[0]) + 7 * np.sin(x[1]) ** 2 + 0.1 * x[2] ** 4 * np.sin(x[0])
    return value


def test_indices_of_the_ishigami_function() -> None:
    """S1 = .313905, .442411, 0 and ST = .557589, .442411, .243684 (Ishigami and Homma 1990)."""
    first, total, first_error, total_error = sobol_indices(
        ishigami, lambda u: np.pi * (2 * u - 1), 3, 2**14, 1
    )
    np.testing.assert_allclose(first, [0.313905, 0.442411, 0], atol=2e-3)
    np.testing.assert_allclose(total, [0.557589, 0.442411, 0.243684], atol=2e-3)
    assert (np.abs(first - [0.313905, 0.442411, 0]) < 3 * first_error).all()
    assert (np.abs(total - [0.557589, 0.442411, 0.243684]) < 3 * total_error).all()


def test_indices_of_the_g_function() -> None:
    """S1 and ST of Sobol's g-function with a = (0, 1, 4.5, 9, 99, …) (Saltelli et al. 2010)."""
    a = np.array([0, 1, 4.5, 9, 99, 99, 99, 99])[:, np.newaxis]

    def g(x: Array) -> Array:
        value: Array = np.prod((np.abs(4 * x - 2) + a) / (1 + a), axis=0)
        return value

    first, total, *_ = sobol_indices(g, lambda u: u, 8, 2**14, 1)
    np.testing.assert_allclose(first[:4], [0.71619, 0.17905, 0.02368, 0.00716], atol=2e-3)
    np.testing.assert_allclose(total[:4], [0.78714, 0.24220, 0.03432, 0.01046], atol=2e-3)


def test_indices_of_an_additive_model_sum_to_one() -> None:
    """Without interactions both indices are the shares of variance: 1, 4 and 9 of 14."""
    weights = np.array([1.0, 2.0, 3.0])
    first, total, *_ = sobol_indices(lambda x: weights @ x, lambda u: u, 3, 2**14, 5)
    np.testing.assert_allclose(first, weights**2 / 14, atol=2e-3)
    np.testing.assert_allclose(total, weights**2 / 14, atol=2e-3)
    assert first.sum() == pytest.approx(1.0, abs=3e-3)


def test_a_constant_has_no_indices() -> None:
    """A result that nothing moves is explained by nothing, and divides by no zero."""
    assert (sobol_indices(lambda x: 0 * x[0] + 3.0, lambda u: u, 2, 64, 1) == 0).all()


@pytest.fixture(scope="module")
def nimbus() -> tuple[aq.Evaluation, Sensitivity]:
    evaluation = aq.evaluate(VENDORS["nimbus"], FIRM)
    return evaluation, analyse(evaluation)


def test_a_bar_is_the_payoff_with_one_input_moved(
    nimbus: tuple[aq.Evaluation, Sensitivity],
) -> None:
    """Each end of a tornado bar equals evaluating the vendor with plain values, that one moved."""
    evaluation, found = nimbus
    mids = {name: values.mid for name, values in ranges_of(evaluation.inputs).items()}
    plain = replaced(evaluation.inputs, **mids)
    for bar in found.tornado[:4]:
        values = ranges_of(evaluation.inputs)[bar.input]
        for end, value in ((bar.low, values.low), (bar.high, values.high)):
            moved = aq.evaluate(replaced(plain, **{bar.input: value}), FIRM)
            payoff = moved.payoffs[found.strategy]
            assert payoff is not None
            assert end == pytest.approx(payoff.mean, rel=1e-9)


def test_bars_cover_every_uncertain_input_widest_first(
    nimbus: tuple[aq.Evaluation, Sensitivity],
) -> None:
    """The tornado has a bar for each range but the criteria, which move no payoff."""
    evaluation, found = nimbus
    assert {bar.input for bar in found.tornado} == set(ranges_of(evaluation.inputs)) - {*CRITERIA}
    widths = [abs(bar.high - bar.low) for bar in found.tornado]
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
    assert (found.tornado, found.sobol, found.groups) == ((), (), ())
    assert [worth.input for worth in found.evppi] == [SUCCESS]
    assert found.evppi[0].value == pytest.approx(found.evpi, abs=1e-6)


def test_command_line_adds_the_key_sensitivity() -> None:
    """`evaluate --json --sensitivity` adds what the description of the result lists, no more."""
    arguments = ["evaluate", str(DATA / "vendors.csv"), "nimbus", "tollivard", "--json"]
    done = CliRunner().invoke(acquire, [*arguments, "--sensitivity", "--trials", "512"])
    assert done.exit_code == 0, done.output
    nimbus, tollivard = json.loads(done.stdout)
    assert {"tornado", "sobol", "evpi", "evppi"} <= set(nimbus["sensitivity"])
    assert {"input", "low", "high"} == set(nimbus["sensitivity"]["tornado"][0])
    assert {"input", "first", "total"} <= set(nimbus["sensitivity"]["sobol"][0])
    assert {"input", "value", "error"} == set(nimbus["sensitivity"]["evppi"][0])
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
