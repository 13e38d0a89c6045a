"""The ledger: blocks are one sample, and sets of draws are samples of their own."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from acquire.decision import each
from acquire.ledger import Ledger, through_cases
from acquire.ranges import Array
from acquire.simulation import Point, draws_for, sample
from acquire.streams import Timeline
from tests.samples import STRATEGIC, UNCERTAIN, firm, vendor

FIRM = firm(trials=64)
VENDOR = FIRM.complete(vendor(STRATEGIC | UNCERTAIN))
(BLOCK,) = sample(VENDOR, draws_for(FIRM))


def part(of: slice) -> Point:
    return {n: v[of] if isinstance(v, np.ndarray) else v for n, v in BLOCK.items()}


def ledger(*parts: Point) -> Ledger:
    return through_cases(parts, VENDOR, Timeline(FIRM), strategic=True)


def test_blocks_are_one_sample() -> None:
    """Draws in three blocks of unequal size give what they give in one, flows included."""
    one = ledger(BLOCK)
    three = ledger(part(slice(0, 8)), part(slice(8, 24)), part(slice(24, 64)))
    for name, value in dataclasses.asdict(one.means()).items():
        assert dataclasses.asdict(three.means())[name] == pytest.approx(value, rel=1e-12), name
    for name in one.names:
        np.testing.assert_allclose(three.payoff(name), one.payoff(name), rtol=1e-12)
        assert three.flows(name) == pytest.approx(one.flows(name), rel=1e-12)
        assert three.terminal_value(name) == pytest.approx(one.terminal_value(name), rel=1e-12)


def test_sets_are_samples_of_their_own() -> None:
    """The means of each of four sets of consecutive draws are those of these draws alone."""
    sets = each(ledger(BLOCK).means_of_sets(4))
    for i, found in enumerate(sets):
        alone = ledger(part(slice(16 * i, 16 * i + 16))).means()
        for name, value in dataclasses.asdict(alone).items():
            assert dataclasses.asdict(found)[name] == pytest.approx(value, rel=1e-12), name
    assert len({means.go_external for means in sets}) == 4


def test_means_given_an_outcome() -> None:
    """Means given success or failure weigh each draw by the probability of it, as NumPy does."""
    found = ledger(BLOCK)
    p, means = found.success, found.means()
    weighted: tuple[tuple[float, str, Array], ...] = (
        (means.dual_given_success, "dual_market", p),
        (means.failure_given_failure, "failure", 1.0 - p),
    )
    for value, name, weights in weighted:
        expected = np.average(found.payoff(name), weights=weights)
        assert value == pytest.approx(expected, rel=1e-12)
