"""The bridge: which input moved the payoff by how much, adding up exactly."""

from __future__ import annotations

import dataclasses
import itertools
from pathlib import Path
from typing import Any

import pytest

import acquire as aq
from acquire.changes import Bridge, VendorChange, diff
from acquire.changes.bridge import CALCULATION
from tests.changes.folders import random_pair, recorded, results
from tests.samples import GENERIC, STRATEGIC, UNCERTAIN, firm, vendor

Given = tuple[aq.Vendor, aq.Assumptions]


def change(folder: Path, old: Given, new: Given) -> VendorChange:
    """What changed between two evaluations of a vendor."""
    folders = [results(folder / n, recorded(*g)) for n, g in (("old", old), ("new", new))]
    found = diff(*folders)
    assert found.problems == []
    (vendor,) = found.vendors
    return vendor


def bridge(folder: Path, old: Given, new: Given) -> Bridge:
    """The bridge between two evaluations of a vendor."""
    found = change(folder, old, new).bridge
    assert found is not None
    return found


def payoff(given: Given, way: str) -> float:
    found = aq.evaluate(*given).payoffs[way]
    assert found is not None
    return found.mean


@pytest.mark.parametrize("uncertain", [False, True])
@pytest.mark.parametrize("seed", range(12))
def test_steps_add_up(tmp_path: Path, seed: int, uncertain: bool) -> None:
    """Whatever changed, each order and the means of both lead from one evaluation to the other."""
    old, new = random_pair(seed, uncertain=uncertain)
    found = bridge(tmp_path, old, new)
    scale = 1e-9 * max(aq.evaluate(*given).price for given in (old, new))
    assert found.old == payoff(old, found.strategy)
    assert found.new == payoff(new, found.strategy)
    for part in ("amount", "forward", "reverse"):
        moved = sum(getattr(step, part) for step in found.steps)
        assert found.old + moved == pytest.approx(found.new, abs=scale, rel=0)
    for step in found.steps:
        assert step.amount == (step.forward + step.reverse) / 2
    assert len(found.steps) > 10
    assert CALCULATION not in {step.label for step in found.steps}


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("price", 900.0),
        ("success_probability", (0.3, 0.5, 0.6)),
        ("ramp_years", 5),
        ("differentiation", 1.0),
        ("channel", "product_managers"),
    ],
)
def test_one_changed_column(tmp_path: Path, column: str, value: Any) -> None:
    """With one input changed there is one step: the difference of two calls of `evaluate`."""
    old = vendor(STRATEGIC | UNCERTAIN), firm()
    new = vendor(STRATEGIC | UNCERTAIN, **{column: value}), firm()
    found = bridge(tmp_path, old, new)
    (step,) = found.steps
    expected = payoff(new, found.strategy) - payoff(old, found.strategy)
    assert step.amount == pytest.approx(expected, abs=1e-6)
    assert (step.forward, step.reverse) == (step.amount, step.amount)
    assert [c.name for c in step.inputs] == [column]
    assert (step.inputs[0].old, step.inputs[0].new) == (
        getattr(aq.Assumptions().complete(old[0]), column),
        getattr(new[0], column),
    )


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("discount_rate", 0.12),
        ("terminal_growth", None),
        ("weights", {"differentiation": 0.9}),
        ("correlations", [["price", "internal_spend", 0.6], ["internal_growth", "price", -0.5]]),
        ("strategic_threshold", 90.0),
        ("horizon_years", 12),
    ],
)
def test_one_changed_setting(tmp_path: Path, setting: str, value: Any) -> None:
    """A setting of the firm is a step as a column is, whether it moves money, kind or draws."""
    old = vendor(STRATEGIC | UNCERTAIN), firm(strategic_threshold=70.0)
    new = old[0], dataclasses.replace(old[1], **{setting: value})
    folders = [results(tmp_path / n, recorded(*g)) for n, g in (("old", old), ("new", new))]
    found = diff(*folders)
    assert [c.name for c in found.settings] == [setting]
    if not found.vendors:  # weights that leave the kind as it is
        assert setting == "weights"
        return
    made = found.vendors[0].bridge
    if made is not None:
        expected = payoff(new, made.strategy) - payoff(old, made.strategy)
        assert sum(step.amount for step in made.steps) == pytest.approx(expected, abs=1e-6)
        assert [c.name for step in made.steps for c in step.inputs] == [setting]


def test_two_changed_inputs_by_hand(tmp_path: Path) -> None:
    """Of two inputs that work on each other, each counts the mean of being changed first and last.

    The oracle is four calls of `evaluate`, one for each combination.
    """
    old, new = vendor(), vendor(internal_spend=600.0, internal_cost_ratio=0.4)
    mixed = [vendor(internal_spend=600.0), vendor(internal_cost_ratio=0.4)]
    found = bridge(tmp_path, (old, firm()), (new, firm()))
    a, b, c, d = (payoff((v, firm()), found.strategy) for v in (old, *mixed, new))
    spend, ratio = found.steps
    assert spend.label == "internal spend"
    assert (spend.forward, spend.reverse) == pytest.approx((b - a, d - c))
    assert (ratio.forward, ratio.reverse) == pytest.approx((d - b, c - a))
    assert spend.amount == pytest.approx((b - a + d - c) / 2)
    assert abs(spend.forward - spend.reverse) > 1.0


@pytest.mark.parametrize("seed", [0, 2, 3, 4, 7, 8])
def test_swapping_old_and_new_turns_the_signs(tmp_path: Path, seed: int) -> None:
    """The way back takes each step with the other sign, its two orders exchanged."""
    old, new = random_pair(seed, uncertain=True)
    there, back = bridge(tmp_path / "a", old, new), bridge(tmp_path / "b", new, old)
    assert there.strategy == back.strategy  # of these seeds
    price = aq.evaluate(*new).price
    for one, other in zip(there.steps, back.steps, strict=True):
        assert one.label == other.label
        assert one.amount == pytest.approx(-other.amount, abs=1e-9 * price)
        assert one.forward == pytest.approx(-other.reverse, abs=1e-9 * price)


def test_the_step_at_which_the_verdict_flips(tmp_path: Path) -> None:
    """The flip stands at the first column whose change, after those before it, flips it.

    The oracle is `evaluate` with the columns changed one by one.
    """
    changes = {"price": 900.0, "internal_spend": 150.0, "external_revenue": 10.0}
    cells = dict(STRATEGIC)
    verdicts = [aq.evaluate(vendor(cells), firm()).decision.verdict]
    for name, value in changes.items():
        cells[name] = value
        verdicts.append(aq.evaluate(vendor(cells), firm()).decision.verdict)
    found = bridge(tmp_path, (vendor(), firm()), (vendor(cells), firm()))
    expected = [(a, b) if a != b else None for a, b in itertools.pairwise(verdicts)]
    assert [step.verdicts for step in found.steps] == expected
    assert any(expected)


def test_a_flip_without_a_move(tmp_path: Path) -> None:
    """An input that moves no money but a condition has its step, of nothing, with the flip."""
    new = vendor(client_satisfaction=10.0)
    found = change(tmp_path, (vendor(STRATEGIC), firm()), (new, firm()))
    assert found.bridge is not None
    assert found.flipped
    last = found.bridge.steps[-1]
    assert last.label == "client satisfaction"
    assert last.amount == 0.0
    assert last.verdicts == found.verdicts


def test_years_go_with_the_horizon(tmp_path: Path) -> None:
    """Years that do not fit into the other horizon are changed together with it, as one step."""
    long, short = firm(horizon_years=20), firm(horizon_years=5)
    old, new = vendor(build_years=12, ramp_years=5), vendor(build_years=3, ramp_years=2)
    found = bridge(tmp_path, (old, long), (new, short))
    assert [step.label for step in found.steps] == [
        "ramp years",
        "build years and horizon years",
    ]


def test_growth_goes_with_the_discount_rate(tmp_path: Path) -> None:
    """A growth that is not below the other discount rate is changed together with it."""
    old = vendor(), firm(discount_rate=0.12, terminal_growth=0.08)
    new = vendor(), firm(discount_rate=0.06, terminal_growth=0.01)
    assert [step.label for step in bridge(tmp_path / "tied", old, new).steps] == [
        "discount rate and terminal growth"
    ]
    free = vendor(), firm(discount_rate=0.1, terminal_growth=0.01)
    assert [step.label for step in bridge(tmp_path / "free", old, free).steps] == [
        "discount rate",
        "terminal growth",
    ]


def test_a_default_of_the_firm_counts_as_the_cell_it_fills(tmp_path: Path) -> None:
    """An empty cell that the firm fills otherwise is a step of its column."""
    old = vendor(), firm()
    new = vendor(), firm(defaults={"transaction_cost_rate": 0.1})
    (step,) = bridge(tmp_path, old, new).steps
    assert step.to_dict()["inputs"] == [{"input": "transaction_cost_rate", "old": 0.03, "new": 0.1}]


def test_other_draws_are_a_step_of_their_own(tmp_path: Path) -> None:
    """What comes of another seed is no input's, and stands first."""
    row = STRATEGIC | UNCERTAIN
    old, new = (vendor(row), firm(seed=1)), (vendor(row, internal_growth=0.08), firm(seed=2))
    found = bridge(tmp_path, old, new)
    assert [step.label for step in found.steps] == [CALCULATION, "internal growth"]
    between = payoff((old[0], new[1]), found.strategy)
    assert found.steps[0].amount == pytest.approx(between - found.old, abs=1e-6)
    assert found.steps[1].amount == pytest.approx(found.new - between, abs=1e-6)
    former = payoff((new[0], old[1]), found.strategy) - found.old
    assert abs(found.steps[1].amount - former) > 1e-3  # over the former draws it is another


def test_another_calculation_is_a_step_of_its_own(tmp_path: Path) -> None:
    """A payoff that moved though no input did was calculated by another version."""
    one = recorded(vendor(GENERIC), firm())
    other = recorded(vendor(GENERIC), firm())
    other["payoffs"]["go_external"]["mean"] += 7.0
    (found,) = diff(results(tmp_path / "old", one), results(tmp_path / "new", other)).vendors
    assert found.bridge is not None
    (step,) = found.bridge.steps
    assert (step.label, step.amount) == (CALCULATION, pytest.approx(7.0))
    assert list(found.inputs) == []
