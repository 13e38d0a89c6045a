"""An integer programme of deals, solved exactly: relaxation, enumeration, branch and bound."""

from __future__ import annotations

import ctypes
import math
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np
from numpy.typing import NDArray

from acquire.ranges import Array

Chosen = NDArray[np.bool_]
Places = NDArray[np.intp]

FEW = 14
"""Deals that are tried in all combinations."""

SCALE = 1000.0
"""Size of the largest gain and of the dearest outlay in HiGHS, whose tolerances are 1e-6."""

NODES = 50_000
"""Nodes of branch and bound, shared among the deals, after which a proof to `ROUGH` will do."""

ROUGH = 1e-5

EPSILON = 1e-12
"""Relative rounding of sums."""


@dataclass(frozen=True)
class Programme:
    """An integer programme: which deals, each or not, for the largest sum of gains.

    Args:
        gains, outlays: shape (deals,).
        limit: most that the outlays may sum to; infinite for any.
        rows, most: coefficients of the other limits, shape (limits, deals), and what each may sum
            to at most; whole numbers.
    """

    gains: Array
    outlays: Array
    limit: float
    rows: Array
    most: Array

    @property
    def matrix(self) -> tuple[Array, Array]:
        """The other limits and, below them, the budget where there is one, for a solver."""
        if not math.isfinite(self.limit):
            return self.rows, self.most
        unit = float(self.outlays.max()) / SCALE
        return np.vstack([self.rows, self.outlays / unit]), np.append(self.most, self.limit / unit)

    def value(self, chosen: Chosen) -> float:
        """Sum of the gains chosen."""
        return float(self.gains[chosen].sum())

    def allows(self, chosen: Chosen) -> bool:
        """Whether a choice is within all limits."""
        spent = self.outlays[chosen].sum()
        return bool(
            spent <= self.limit * (1.0 + EPSILON) and (self.rows @ chosen <= self.most).all()
        )

    def part(self, free: Places, fixed: Chosen) -> Programme:
        """The programme of the free deals, once others are fixed as chosen."""
        return Programme(
            self.gains[free],
            self.outlays[free],
            self.limit - float(self.outlays[fixed].sum()),
            self.rows[:, free],
            self.most - self.rows @ fixed,
        )

    def filled(self, chosen: Chosen) -> Chosen:
        """A choice with every further gain that still fits, the largest first."""
        chosen = chosen.copy()
        room = self.limit - float(self.outlays[chosen].sum())
        slack = self.most - self.rows @ chosen
        for place in np.argsort(-self.gains, kind="stable"):
            if self.gains[place] <= 0.0:
                break
            row = self.rows[:, place]
            if not chosen[place] and self.outlays[place] <= room and (row <= slack).all():
                chosen[place] = True
                room -= float(self.outlays[place])
                slack = slack - row
        return chosen


def solve(programme: Programme) -> Chosen:
    """The best choice, by the cheapest way that proves it."""
    p, size = programme, programme.gains.size
    if size <= FEW:
        return _enumerated(p) if size else np.zeros(0, dtype=bool)
    rounded, reduced, bound = _relaxed(p)
    loss = np.abs(reduced)  # of the bound, where a deal is decided against its reduced gain
    best = p.filled(rounded)
    for last in (False, True):
        open_ = loss <= bound - p.value(best) + EPSILON * bound
        fixed = np.where(open_, rounded, reduced > 0.0)
        free = np.flatnonzero(open_)
        if last or free.size <= FEW:
            break
        core = free[np.argsort(loss[free], kind="stable")[:FEW]]
        best = max(best, _within(p, fixed, core, _enumerated), key=p.value)
    enough = bound - p.value(best) <= ROUGH * bound
    branched = partial(_branched, enough=enough)
    found = _within(p, fixed, free, _enumerated if free.size <= FEW else branched)
    return max(best, found, key=p.value)


def _within(
    programme: Programme, fixed: Chosen, free: Places, solve: Callable[[Programme], Chosen]
) -> Chosen:
    """The best choice with all but the free deals as they are."""
    chosen = fixed.copy()
    chosen[free] = False
    chosen[free] = solve(programme.part(free, chosen))
    return chosen if programme.allows(chosen) else np.zeros_like(chosen)


def _relaxed(programme: Programme) -> tuple[Chosen, Array, float]:
    """The linear relaxation: its solution rounded down, reduced gains, and a bound on any choice.

    The bound is that of Lagrange with the multipliers found: it holds however exact they are, and
    falls by the absolute reduced gain of each deal that is decided against it.
    """
    p = programme
    matrix, upper = p.matrix
    solution, multipliers = relaxation(p)
    reduced = p.gains - multipliers @ matrix
    bound = float(multipliers @ upper + np.maximum(reduced, 0.0).sum())
    rounded: Chosen = solution > 1.0 - 1e-6
    return rounded if p.allows(rounded) else np.zeros_like(rounded), reduced, bound


def relaxation(programme: Programme) -> tuple[Array, Array]:
    """The programme with parts of deals allowed: shares of the deals, multipliers of its matrix.

    Raises:
        RuntimeError: the solver failed.
    """
    from scipy.optimize import linprog

    matrix, upper = programme.matrix
    # presolving, HiGHS takes some programmes for infeasible although choosing nothing is allowed
    found = linprog(
        -programme.gains,
        matrix,
        upper,
        bounds=(0.0, 1.0),
        method="highs",
        options={"presolve": False},
    )
    if not found.success:
        raise RuntimeError(f"the linear relaxation was not solved: {found.message}")
    return found.x, np.maximum(-found.ineqlin.marginals, 0.0)


@lru_cache(maxsize=FEW + 1)
def _combinations(size: int) -> Array:
    """All choices among so many deals, one a row, as 0 and 1; the first is none of them."""
    return ((np.arange(2**size)[:, np.newaxis] >> np.arange(size)) & 1).astype(float)


def _enumerated(programme: Programme) -> Chosen:
    """The best of all choices; none where none is allowed."""
    p, sets = programme, _combinations(programme.gains.size)
    allowed = sets @ p.outlays <= p.limit
    for row, most in zip(p.rows, p.most, strict=True):
        if row.any():
            allowed &= sets @ row <= most
    best = int(np.argmax(np.where(allowed, sets @ p.gains, -np.inf)))
    chosen: Chosen = sets[best] > 0.0
    return chosen


def _branched(programme: Programme, *, enough: bool) -> Chosen:
    """The best choice by branch and bound: HiGHS.

    Args:
        programme: with many deals.
        enough: whether a choice is known already that is optimal within `ROUGH`.
    """
    p = programme
    matrix, upper = p.matrix
    while True:
        chosen = _highs(p.gains, matrix, upper, enough=enough)
        if p.outlays[chosen].sum() <= p.limit:
            return chosen
        cover, fewer = cover_of(p.outlays, chosen, p.limit)  # a tolerance let it pass
        matrix, upper = np.vstack([matrix, cover]), np.append(upper, fewer)


def _highs(gains: Array, matrix: Array, upper: Array, *, enough: bool) -> Chosen:
    """The best of the solver's solutions, whose rows hold but for its tolerance."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    exactly = {"mip_rel_gap": 0.0, "node_limit": NODES // gains.size}
    for options in (exactly, {"mip_rel_gap": ROUGH}):
        with _quiet():
            found = milp(
                -SCALE * gains,
                integrality=np.ones(gains.size),
                bounds=Bounds(0.0, 1.0),
                constraints=LinearConstraint(matrix, -np.inf, upper),
                options={"presolve": False, **options},
            )
        if found.x is not None and (found.status == 0 or enough or found.mip_gap <= ROUGH):
            chosen: Chosen = found.x > 0.5
            return chosen
        if enough:
            return np.zeros(gains.size, dtype=bool)
    raise RuntimeError(f"no selection was found: {found.message}")


def cover_of(outlays: Array, chosen: Chosen, limit: float) -> tuple[Array, float]:
    """A row that rules out deals which exceed the limit together: coefficients, and their most.

    The fewest of them, dearest first, that already exceed it, and with them every deal at least as
    dear: of all those, one fewer must do (an extended cover inequality).
    """
    places = np.flatnonzero(chosen)
    dearest = places[np.argsort(-outlays[places], kind="stable")]
    fitting = int(np.searchsorted(np.cumsum(outlays[dearest]), limit, side="right"))
    fewest = dearest[: fitting + 1]
    cover = outlays >= outlays[fewest[0]]
    cover[fewest] = True
    return cover.astype(float), float(fewest.size - 1)


@contextmanager
def _quiet() -> Iterator[None]:
    """Nothing that a C library prints reaches standard output.

    Some releases of HiGHS print a line for their own debugging, whatever they are told.
    """
    try:
        kept = os.dup(1)
    except OSError:  # closed already
        yield
        return
    library = ctypes.CDLL("ucrtbase" if os.name == "nt" else None)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    library.fflush(None)
    try:
        os.dup2(nowhere, 1)
        yield
    finally:
        library.fflush(None)
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)
