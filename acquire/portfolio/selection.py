"""The best set of deals under a budget, on arrays, and what more budget is worth."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from acquire.portfolio.programme import SCALE, Chosen, Programme, relaxation, solve
from acquire.ranges import Array
from acquire.ties import TIE

NUDGE = 1e-6
"""Share of the dearest deal by which the budget is raised to see what more of it is worth."""


def best_selection(
    gains: Array,
    outlays: Array,
    *,
    budget: float | None = None,
    max_deals: int | None = None,
    exclusive: Sequence[Sequence[int]] = (),
    requires: Sequence[tuple[int, int]] = (),
) -> Chosen:
    """Which deals to choose for the largest sum of gains, shape (deals,).

    An integer programme. What the linear relaxation proves is fixed; a few deals that remain are
    tried in every combination, many go to HiGHS. The choice is within the limits in the numbers
    as given, no tolerance of a solver's counting, and optimal but for rounding (within 1e-9 of the
    largest gain for each deal). Only where HiGHS takes too long to prove that (`NODES`; deals that
    pay the same per unit of outlay, nearly all sums of which are alike) it is optimal within 1e-5.
    A deal without gain of its own is chosen only where one with gain requires it.

    Args:
        gains: money, of either sign.
        outlays: money, above 0.
        budget: most that the outlays may sum to, despite rounding (a relative 1e-9); None for any.
        max_deals: most deals; None for any.
        exclusive: places of deals of which at most one may be chosen.
        requires: pairs of places; the first is chosen only if the second is.

    Raises:
        RuntimeError: the solver failed.
    """
    limit = math.inf if budget is None else budget * (1.0 + TIE)
    whole = Programme(gains, outlays, limit, *_rows(gains.size, max_deals, exclusive, requires))
    possible = ~reached(outlays > limit, [(other, one) for one, other in requires])
    chosen = possible & (gains > 0.0)
    if whole.allows(chosen):
        return chosen
    kept = np.flatnonzero(reached(chosen, requires))
    scaled = gains[kept] / gains[kept].max()
    part = whole.part(kept, np.zeros(gains.size, dtype=bool))
    part = replace(part, gains=np.maximum(scaled, -2.0 * kept.size))  # less is never made up for
    chosen = np.zeros(gains.size, dtype=bool)
    chosen[kept] = solve(part)
    _drop_idle(chosen, gains, requires)
    chosen = whole.filled(chosen)
    if not whole.allows(chosen):
        raise RuntimeError("the solver broke a limit that it was given")
    return chosen


def shadow_price(
    gains: Array,
    outlays: Array,
    budget: float,
    *,
    max_deals: int | None = None,
    exclusive: Sequence[Sequence[int]] = (),
    requires: Sequence[tuple[int, int]] = (),
) -> float:
    """What one more unit of budget adds to the sum of gains, were parts of deals for sale.

    The dual value of the budget in the linear relaxation; where that has a kink, to its right.

    Args:
        gains, outlays, budget, max_deals, exclusive, requires: as for `best_selection`.

    Raises:
        RuntimeError: the solver failed.
    """
    gain, outlay = float(np.abs(gains).max(initial=0.0)), float(outlays.max(initial=0.0))
    if not gain or budget >= float(outlays.sum()):
        return 0.0
    limits = _rows(gains.size, max_deals, exclusive, requires)
    _, multipliers = relaxation(Programme(gains / gain, outlays, budget + NUDGE * outlay, *limits))
    return float(multipliers[-1]) * SCALE * gain / outlay


def reached(marked: Chosen, links: Sequence[tuple[int, int]]) -> Chosen:
    """The deals marked, and those that links lead to from them, one after the other.

    Args:
        marked: shape (deals,).
        links: pairs of places, from the first to the second.
    """
    found, before = marked.copy(), -1
    while (count := int(found.sum())) > before:
        before = count
        for one, other in links:
            found[other] |= found[one]
    return found


def _rows(
    size: int,
    max_deals: int | None,
    exclusive: Sequence[Sequence[int]],
    requires: Sequence[tuple[int, int]],
) -> tuple[Array, Array]:
    """The limits other than the budget: rows of coefficients, and what each may sum to at most."""
    rows, most = [], []
    if max_deals is not None:
        rows.append(np.ones(size))
        most.append(float(max_deals))
    for group in dict.fromkeys(tuple(sorted(group)) for group in exclusive):
        rows.append(np.zeros(size))
        rows[-1][list(group)] = 1.0
        most.append(1.0)
    for one, other in dict.fromkeys(requires):
        rows.append(np.zeros(size))
        rows[-1][one], rows[-1][other] = 1.0, -1.0
        most.append(0.0)
    return np.array(rows).reshape(len(rows), size), np.array(most)


def _drop_idle(chosen: Chosen, gains: Array, requires: Sequence[tuple[int, int]]) -> None:
    """Leave out deals that neither gain anything nor are required by one chosen."""
    while True:
        needed = {other for one, other in requires if chosen[one]}
        idle = [i for i in np.flatnonzero(chosen & (gains <= 0.0)) if i not in needed]
        if not idle:
            return
        chosen[idle] = False
