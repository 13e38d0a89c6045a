"""Tables of a portfolio: each vendor with why it is bought or not, and the frontier."""

from __future__ import annotations

from acquire.decision import VERDICTS
from acquire.display import NONE, MoneyScale, Table, chance, number
from acquire.portfolio import ROBUSTNESS_DRAWS, Membership, Portfolio

MOST_NAMED = 6
"""Vendors of a portfolio that a row names."""


def deals(portfolio: Portfolio) -> Table:
    """Every vendor: bought or not, what it costs and gains, how often it is right, and why not."""
    by_id = {deal.vendor_id: deal for deal in portfolio.deals}
    scale = MoneyScale.of(min((d.outlay for d in by_id.values()), default=1.0), portfolio.currency)
    rows = []
    for vendor_id in _order(portfolio):
        deal, name = by_id.get(vendor_id), portfolio.names[vendor_id]
        bought = vendor_id in portfolio.chosen
        rows.append(
            (
                name,
                vendor_id,
                "yes" if bought else "no",
                VERDICTS[portfolio.verdicts[vendor_id]],
                NONE if deal is None else scale.show(deal.outlay),
                NONE if deal is None else scale.show(deal.gain),
                NONE if deal is None else share(portfolio.robustness[vendor_id]),
                _why(portfolio, vendor_id) if bought else portfolio.left_out[vendor_id],
            )
        )
    return Table(
        ("vendor", "vendor_id", "buy", "verdict by itself", "outlay", "gain", "best in", "because"),
        rows,
        f"Which vendors to buy: outlay at closing, and gain against the best other way (expected "
        f"net present value), {scale.unit}. Best in: share of {ROBUSTNESS_DRAWS} joint draws of "
        f"the inputs in which it belongs to the best portfolio, with its standard error; "
        f"{portfolio.assumption}",
        emphasised=frozenset(range(len(portfolio.chosen))),
        text_columns=frozenset({1, 2, 3, 7}),
    )


def frontier(portfolio: Portfolio) -> Table:
    """The best portfolio at rising budgets; the one chosen is emphasised."""
    points = portfolio.frontier
    costly = [point for point in points if point.outlay > 0.0]
    scale = MoneyScale.of(costly[0].outlay if costly else 1.0, portfolio.currency)
    return Table(
        ("from a budget of", "value", "worst 5 %", "vendors", "which"),
        [
            (
                scale.show(point.outlay),
                scale.show(point.value),
                scale.show(point.expected_shortfall),
                str(len(point.vendor_ids)),
                ", ".join(point.vendor_ids[:MOST_NAMED])
                + ", …" * (len(point.vendor_ids) > MOST_NAMED)
                or "none",
            )
            for point in points
        ],
        f"What more budget buys: the best portfolios found, {scale.unit}; {portfolio.assumption}",
        emphasised=frozenset(
            i for i, point in enumerate(points) if point.vendor_ids == portfolio.chosen
        ),
        text_columns=frozenset({4}),
    )


def share(membership: Membership) -> str:
    """A share of the joint draws with its standard error, such as "40 % ± 3"."""
    shown = chance(membership.share)
    error = 100.0 * membership.standard_error
    return f"{shown} ± {number(error, 0 if error >= 1.0 else 1)}" if error else shown


def _order(portfolio: Portfolio) -> list[str]:
    """Ids: what is bought, then the other deals by gain, then what has no permitted strategy."""
    gains = {deal.vendor_id: deal.gain for deal in portfolio.deals}
    return sorted(
        portfolio.names,
        key=lambda i: (i not in portfolio.chosen, i not in gains, -gains.get(i, 0.0)),
    )


def _why(portfolio: Portfolio, vendor_id: str) -> str:
    """What a bought vendor is bought for."""
    gain = next(deal.gain for deal in portfolio.deals if deal.vendor_id == vendor_id)
    if gain > 0.0:
        return "worth more than the best other way"
    users = [x for x, y in portfolio.limits.requires if y == vendor_id and x in portfolio.chosen]
    return f"required by {', '.join(dict.fromkeys(users))}"
