"""The frozen record of a portfolio: what to buy, what it is worth, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from acquire.display import Table, chance, money, number, one_line, short_number
from acquire.portfolio.limits import Limits


@dataclass(frozen=True)
class Deal:
    """One vendor that may be bought; money.

    Args:
        vendor_id, name: of the vendor.
        verdict: on the vendor by itself, a key of `VERDICTS`.
        strategy: the best permitted one.
        outlay: cash at closing, which the budget limits: mean of price·(1 + transaction costs).
        gain: expected net present value of the strategy, less that of the best other way.
    """

    vendor_id: str
    name: str
    verdict: str
    strategy: str
    outlay: float
    gain: float


@dataclass(frozen=True)
class FrontierPoint:
    """The best portfolio at one budget; money.

    Args:
        budget: the least one looked at whose best portfolio this is.
        outlay: what it costs at closing.
        value: sum of gains.
        expected_shortfall: mean gain of the worst 5 % of the joint draws.
        vendor_ids: what is bought.
    """

    budget: float
    outlay: float
    value: float
    expected_shortfall: float
    vendor_ids: tuple[str, ...]


@dataclass(frozen=True)
class Membership:
    """In which share of the joint draws a vendor belongs to the best portfolio.

    Args:
        share: of the draws of the inputs, success of external sales weighed.
        standard_error: binomial, of that share.
    """

    share: float
    standard_error: float


@dataclass(frozen=True)
class Portfolio:
    """What to buy, what it is worth, and how sure that is; money is expected net present value.

    Args:
        deals: every vendor with a permitted strategy, in the file's order.
        names, verdicts: of every vendor evaluated, by id.
        chosen: ids of what to buy, in the file's order.
        left_out: why each other vendor is not bought, by id.
        value: sum of the chosen gains.
        outlay: sum of the chosen outlays.
        limits: what was allowed.
        expected_shortfall: mean of the worst 5 % of the joint draws of what the chosen gain, with
            external sales having succeeded or failed.
        p_loss: probability that they gain less than 0: less than the best other ways.
        shadow_price: what one more unit of budget would add, were parts of deals for sale; 0 where
            the budget does not bind, None without one.
        frontier: the best portfolio at rising budgets.
        robustness: of every deal, by id.
        currency: of all money.
    """

    deals: tuple[Deal, ...]
    names: Mapping[str, str]
    verdicts: Mapping[str, str]
    chosen: tuple[str, ...]
    left_out: Mapping[str, str]
    value: float
    outlay: float
    limits: Limits
    expected_shortfall: float
    p_loss: float
    shadow_price: float | None
    frontier: tuple[FrontierPoint, ...]
    robustness: Mapping[str, Membership]
    currency: str

    @property
    def budget(self) -> float | None:
        """Most that the outlays may sum to; None for any."""
        return self.limits.budget

    @property
    def correlation(self) -> float:
        """Rank correlation of any two vendors' payoffs."""
        return self.limits.correlation

    @property
    def marginal(self) -> str:
        """What more budget is worth, in words."""
        worth, currency = self.shadow_price, self.currency
        if worth is None:
            return "there is no limit to it"
        if worth == 0.0:
            return f"worth nothing: the next {currency} of it would not be spent"
        shown = number(worth, 2) if worth >= 0.01 else short_number(worth)
        return (
            f"the next {currency} of budget is worth {currency} {shown}, were parts of deals for "
            "sale"
        )

    @property
    def assumption(self) -> str:
        """What the joint draws assume, in words."""
        if self.correlation == 0.0:
            return "vendors taken as independent of each other"
        return f"rank correlation of vendors {self.correlation:g}"

    @property
    def figures(self) -> Table:
        """The figures of the portfolio, ready to read."""
        money_of = partial(money, currency=self.currency)
        bought = ", ".join(self.names[i] for i in self.chosen) or "nothing"
        of = "" if self.budget is None else f" of a budget of {money_of(self.budget)}"
        rows = [
            ("buy", f"{len(self.chosen)} of {len(self.names)}: {bought}"),
            ("outlay", f"{money_of(self.outlay)}{of}"),
            ("value", f"{money_of(self.value)} more than the best other ways, in expectation"),
            ("worst 5 %", f"{money_of(self.expected_shortfall)} on average, {self.assumption}"),
            ("loss", f"{chance(self.p_loss)} chance of being worth less than the best other ways"),
            ("more budget", self.marginal),
        ]
        return Table(("figure", "value"), rows, "Which vendors to buy", text_columns=frozenset({1}))

    def to_dict(self) -> dict[str, Any]:
        """The portfolio as plain JSON values, at full precision; None where not defined."""
        return {
            "currency": self.currency,
            **asdict(self.limits),
            "chosen": list(self.chosen),
            "outlay": self.outlay,
            "value": self.value,
            "expected_shortfall": self.expected_shortfall,
            "p_loss": self.p_loss,
            "shadow_price": self.shadow_price,
            "deals": [asdict(deal) for deal in self.deals],
            "left_out": dict(self.left_out),
            "robustness": {i: asdict(share) for i, share in self.robustness.items()},
            "frontier": [asdict(point) for point in self.frontier],
        }

    def __str__(self) -> str:
        return "\n".join(one_line(f"{what.capitalize()}: {of}") for what, of in self.figures.rows)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return self.figures._repr_html_()
