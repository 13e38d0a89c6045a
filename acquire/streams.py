"""Streams of cash, and what cases made of them come to, at one point or at n draws.

Every benefit, cost and balance of a case is a `Stream`: an amount per draw, times its own growth
factor of each year, times a weight of the year that no draw touches (a ramp, cost inflation, the
years in which it is paid). Sums over the years are therefore one matrix product of weights and
powers, shared by all cases; nothing else is approximated or left out. A deterministic run is
n = 1, through the same lines.

Signs: amounts are positive; a case lists its benefits and its costs. Money is nominal and falls at
year ends, year 0 is the closing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby

import numpy as np

from acquire.assumptions import Assumptions
from acquire.ranges import Array
from acquire.simulation import Point
from acquire.ties import TIE


class Timeline:
    """Years 1…T and what the firm's assumptions make of them; every array of shape (T,)."""

    def __init__(self, firm: Assumptions) -> None:
        self.horizon = firm.horizon_years
        self.years = np.arange(1, self.horizon + 1)
        self.discount = (1.0 + firm.discount_rate) ** -self.years.astype(float)
        self.inflation = (1.0 + firm.cost_inflation) ** self.years.astype(float)
        self.keep = 1.0 - firm.tax_rate
        """What is left of a profit after tax."""
        self.rate = firm.discount_rate
        self.terminal_growth = firm.terminal_growth
        self.all = np.ones(self.horizon)
        self.flat = Growth(np.ones((self.horizon, 1)))
        # Σ −(receivablesₜ − receivablesₜ₋₁)·discountₜ = −Σ receivablesₜ·carryingₜ
        self.carrying = self.discount - np.append(self.discount[1:], 0.0)
        if firm.terminal_growth is None:
            self.carrying[-1] = 0.0  # collected at the horizon

    def only(self, first: int, last: int) -> Array:
        """1 in the years from `first` to `last`, else 0."""
        return _only(self.horizon, first, last)

    def ramp(self, years: int, *, after: int = 0) -> Array:
        """Linear from 0 in year `after` to 1, `years` later."""
        return _ramp(self.horizon, years, after)


@lru_cache(maxsize=256)
def _only(horizon: int, first: int, last: int) -> Array:
    years = np.arange(1, horizon + 1)
    return ((years >= first) & (years <= last)).astype(float)


@lru_cache(maxsize=256)
def _ramp(horizon: int, years: int, after: int) -> Array:
    return np.clip((np.arange(1, horizon + 1) - after) / years, 0.0, 1.0)


@dataclass(frozen=True, eq=False)
class Growth:
    """Growth factors of years 1…T, shared by streams.

    Args:
        powers: shape (T, n), or (T, 1) where no draw touches them.
    """

    powers: Array
    _summed: dict[bytes, Array] = field(default_factory=dict, init=False, repr=False)
    _delayed: dict[int, Growth] = field(default_factory=dict, init=False, repr=False)

    @classmethod
    def compound(cls, factor: float | Array, years: int, *, first: int = 1) -> Growth:
        """factorᵗ for t = `first` (0 or 1), `first` + 1, …; `years` of them."""
        if not isinstance(factor, np.ndarray):
            return cls(factor ** np.arange(first, first + years, dtype=float)[:, np.newaxis])
        powers = np.empty((years, factor.size))
        powers[0] = factor if first else 1.0
        for t in range(1, years):
            np.multiply(powers[t - 1], factor, out=powers[t])
        return cls(powers)

    def delayed(self, years: int) -> Growth:
        """The same factors, `years` later, and 0 until then."""
        if years not in self._delayed:
            late = np.zeros_like(self.powers)
            late[years:] = self.powers[:-years]
            self._delayed[years] = Growth(late)
        return self._delayed[years]

    def summed(self, weights: Array) -> Array:
        """Σₜ weightsₜ·powersₜ, shape (n,) or (1,); most streams of most cases share it."""
        key = weights.tobytes()
        if key not in self._summed:
            self._summed[key] = weights @ self.powers
        return self._summed[key]


class Growths:
    """Growth factors by the draws they are of, kept for the next time that these draws come.

    Of every input only the last draws are kept; numbers, which cost nothing, are not.
    """

    def __init__(self) -> None:
        self._kept: dict[str, tuple[Array, Growth]] = {}

    def compound(
        self, name: str, x: Point, years: int, *, sign: float = 1.0, first: int = 1
    ) -> Growth:
        """(1 + sign·xᵢ)ᵗ of an input; see `Growth.compound`."""
        rate = x[name]
        if not isinstance(rate, np.ndarray):
            return Growth.compound(1.0 + sign * rate, years, first=first)
        if name not in self._kept or self._kept[name][0] is not rate:
            self._kept[name] = rate, Growth.compound(1.0 + sign * rate, years, first=first)
        return self._kept[name][1]


@dataclass(frozen=True, eq=False)
class Stream:
    """amountⱼ·powersₜⱼ·weightsₜ for draw j and year t.

    Args:
        amount: money per draw, shape (n,), or a float.
        growth: growth factors.
        weights: factor of each year, shape (T,).
        term: of the profit that it is part of, as the formulas name it.
    """

    amount: float | Array
    growth: Growth
    weights: Array
    term: str = ""

    def times(self, factor: float | Array) -> Stream:
        """The stream with its amount multiplied, per draw."""
        return Stream(self.amount * factor, self.growth, self.weights, self.term)

    def during(self, years: Array) -> Stream:
        """The stream with its weights multiplied, per year."""
        return Stream(self.amount, self.growth, self.weights * years, self.term)

    def called(self, term: str) -> Stream:
        """The same stream as another term."""
        return Stream(self.amount, self.growth, self.weights, term)

    def each_year(self, draws: int) -> Array:
        """Amounts of years 1…T, shape (T, n)."""
        amounts: Array = self.amount * self.growth.powers * self.weights[:, np.newaxis]
        return np.broadcast_to(amounts, (self.weights.size, draws))


@dataclass(frozen=True, eq=False)
class Case:
    """One way to go on: what it brings and costs.

    Args:
        benefits, costs: streams before tax.
        strategic: that of the benefits that is an advantage over competitors, never capitalised
            beyond the horizon.
        receivables: trade credit outstanding at each year's end, None without external sales.
        outlay: what is paid at closing, per draw.
    """

    benefits: Sequence[Stream]
    costs: Sequence[Stream]
    strategic: Stream
    receivables: Stream | None
    outlay: float | Array


@dataclass(frozen=True, eq=False)
class Running:
    """What cases bring until the horizon, in their order.

    Args:
        payoffs: net present value without what comes after the horizon, shape (cases, n).
        bases: earned in year T after tax without the strategic benefit, shape (cases, n); 0
            where nothing is worth anything after the horizon.
        left: receivables at the horizon, shape (cases, n), likewise.
    """

    payoffs: Array
    bases: Array
    left: Array


@dataclass(frozen=True, eq=False)
class Settled:
    """What cases come to, in their order.

    Args:
        payoffs: net present value against the status quo, shape (cases, n).
        flows: mean cash flow of years 0…T without terminal value, shape (cases, T + 1).
        terminal_values: mean value at year T of everything after it, shape (cases,).
    """

    payoffs: Array
    flows: Array
    terminal_values: Array


def settle(
    cases: Sequence[Case],
    time: Timeline,
    price: float | Array,
    draws: int,
    *,
    yearly: bool = True,
) -> Settled:
    """Flows, terminal values and payoffs of cases, all at once.

    A business that earns nothing at the horizon (without its strategic benefit) is closed there
    and its receivables are collected; one within rounding of nothing counts as earning nothing.

    Args:
        cases: of one vendor.
        time: the years.
        price: the scale of comparisons with zero, per draw.
        draws: n, the length of the amounts that are no floats; 1 when all are.
        yearly: whether the mean flow of each year is wanted; without it the flows are 0.
    """
    until = run(cases, time, draws)
    after = after_horizon(until, time, price)
    flows, terminal_values = np.zeros((len(cases), time.horizon + 1)), np.zeros(len(cases))
    if yearly:
        flows = mean_flows(cases, time, draws)
        terminal_values = after.mean(axis=1) / time.discount[-1]
    after += until.payoffs
    return Settled(after, flows, terminal_values)


def after_horizon(until: Running, time: Timeline, price: float | Array) -> Array:
    """Present value of everything after the horizon, shape (cases, n); see `settle`."""
    if time.terminal_growth is None:
        return np.zeros_like(until.payoffs)
    value = terminal_value(until.bases, until.left, TIE * price, time)
    value *= time.discount[-1]
    return value


def run(cases: Sequence[Case], time: Timeline, draws: int) -> Running:
    """What cases bring until the horizon; arguments as of `settle`.

    Cases share most of their streams, and streams their growth. Each stream is summed over the
    years once; a case is a row of signs over them.
    """
    streams, signs = _signs(cases, time)
    payoffs = signs @ _sum_over_years(streams, time.discount, draws)
    selling = {row: case.receivables for row, case in enumerate(cases) if case.receivables}
    owed = list(selling.values())
    for row, value in zip(selling, _sum_over_years(owed, time.carrying, draws), strict=True):
        payoffs[row] -= value
    for row, case in enumerate(cases):
        payoffs[row] -= case.outlay

    bases, left = np.zeros((2, *payoffs.shape))
    if time.terminal_growth is not None:
        lasting = signs * [stream.weights[-1] for stream in streams]
        lasting[range(len(cases)), [streams.index(case.strategic) for case in cases]] = 0.0
        used = np.flatnonzero(lasting.any(axis=0))
        bases = lasting[:, used] @ _last_years([streams[i] for i in used], draws)
        for row, stream in selling.items():
            if stream.weights[-1]:
                left[row] = stream.amount * stream.growth.powers[-1] * stream.weights[-1]

    return Running(payoffs, bases, left)


def mean_flows(
    cases: Sequence[Case], time: Timeline, draws: int, weights: Array | None = None
) -> Array:
    """Mean cash flow of years 0…T without terminal value, shape (cases, T + 1).

    Args:
        cases, time, draws: as of `settle`.
        weights: of the draws, shape (n,); None for 1 each.
    """
    streams, signs = _signs(cases, time)
    flows = np.empty((len(cases), time.horizon + 1))
    outlays = np.array([np.broadcast_to(case.outlay, (draws,)) for case in cases])
    flows[:, 0] = -(outlays.mean(axis=1) if weights is None else outlays @ weights / draws)
    flows[:, 1:] = signs @ _mean_years(streams, time, draws, weights)
    selling = {row: case.receivables for row, case in enumerate(cases) if case.receivables}
    if selling:
        means = _mean_years(list(selling.values()), time, draws, weights)
        if time.terminal_growth is None:
            means[:, -1] = 0.0  # collected at the horizon
        flows[list(selling), 1:] -= np.diff(means, prepend=0.0, axis=1)
    return flows


def _signs(cases: Sequence[Case], time: Timeline) -> tuple[list[Stream], Array]:
    """Every stream once, and its sign after tax in each case, shape (cases, streams)."""
    streams = list(dict.fromkeys(s for case in cases for s in (*case.benefits, *case.costs)))
    place = {stream: i for i, stream in enumerate(streams)}
    signs = np.zeros((len(cases), len(streams)))
    for row, case in enumerate(cases):
        signs[row, [place[stream] for stream in case.benefits]] = time.keep
        signs[row, [place[stream] for stream in case.costs]] = -time.keep
    return streams, signs


def terminal_value(
    base: Array, left: float | Array, nothing: float | Array, time: Timeline
) -> Array:
    """What a business is worth at year T that earns `base` after tax, with `left` outstanding.

    One that earns no more than `nothing` is closed and collects what is outstanding.
    """
    assert time.terminal_growth is not None
    g, spread = time.terminal_growth, time.rate - time.terminal_growth
    value = base * ((1.0 + g) / spread)
    value -= np.asarray(left) * (g / spread)
    np.copyto(value, left, where=base <= nothing)
    return value


def yearly(case: Case, time: Timeline, draws: int) -> tuple[Array, Array, Array]:
    """What a case comes to before it is discounted, draw by draw.

    Args:
        case: one of `build_cases`.
        time: the years.
        draws: n.

    Returns:
        Cash flows of years 0…T without terminal value, shape (T + 1, n); what year T earns after
        tax without the strategic benefit, shape (n,); receivables at the horizon, shape (n,).
    """
    profits = np.zeros((time.horizon, draws))
    for sign, streams in ((1.0, case.benefits), (-1.0, case.costs)):
        for stream in streams:
            profits += sign * stream.each_year(draws)
    flows = np.empty((time.horizon + 1, draws))
    flows[0] = np.negative(case.outlay)
    flows[1:] = time.keep * profits
    base = time.keep * (profits[-1] - case.strategic.each_year(draws)[-1])
    left = np.zeros(draws)
    if case.receivables is not None:
        owed = case.receivables.each_year(draws).copy()
        if time.terminal_growth is None:
            owed[-1] = 0.0  # collected at the horizon
        flows[1:] -= np.diff(owed, axis=0, prepend=0.0)
        left = owed[-1]
    return flows, base, left


def terms(case: Case, draws: int) -> dict[str, Array]:
    """The terms of a case's profit before tax in years 1…T, costs negative; shape (T, n) each."""
    found: dict[str, Array] = {}
    for sign, streams in ((1.0, case.benefits), (-1.0, case.costs)):
        for stream in streams:
            amounts = sign * stream.each_year(draws)
            found[stream.term] = found.get(stream.term, 0.0) + amounts
    return found


def _sum_over_years(streams: Sequence[Stream], factors: Array, draws: int) -> Array:
    """Σₜ streamₜ·factorsₜ, shape (streams, n)."""
    sums = np.empty((len(streams), draws))
    for row, stream in zip(sums, streams, strict=True):
        np.multiply(stream.amount, stream.growth.summed(stream.weights * factors), out=row)
    return sums


def _last_years(streams: Sequence[Stream], draws: int) -> Array:
    """Year T without its weight, shape (streams, n)."""
    ends = np.empty((len(streams), draws))
    for row, stream in zip(ends, streams, strict=True):
        np.multiply(stream.amount, stream.growth.powers[-1], out=row)
    return ends


def _mean_years(
    streams: Sequence[Stream], time: Timeline, draws: int, of_draws: Array | None
) -> Array:
    """Mean amount of years 1…T, shape (streams, T)."""
    means = np.zeros((len(streams), time.horizon))
    by_growth = sorted(range(len(streams)), key=lambda i: id(streams[i].growth))
    for _, group in groupby(by_growth, key=lambda i: id(streams[i].growth)):
        rows = list(group)
        powers = streams[rows[0]].growth.powers
        amounts = np.array([np.broadcast_to(streams[i].amount, (draws,)) for i in rows])
        if of_draws is not None:
            amounts *= of_draws
        if powers.shape[1] == 1:
            means[rows] = amounts.sum(axis=1, keepdims=True) / draws * powers.T
        else:
            means[rows] = amounts @ powers.T / draws
    weights = np.array([stream.weights for stream in streams]).reshape(means.shape)
    weighted: Array = means * weights
    return weighted
