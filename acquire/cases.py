"""The cases of a vendor, as streams of cash: the model itself.

What a vendor brings and costs when it is used inside only, in both markets, when external sales
fail, when they are won by breaking the conditions, and when its skills are hired instead.
"""

from __future__ import annotations

from acquire.ranges import Array
from acquire.simulation import Point
from acquire.streams import Case, Growths, Stream, Timeline
from acquire.vendor import Vendor

CASES = ("internal_only", "dual_market", "failure", "compromised", "build")

DAYS_PER_YEAR = 365.0


def internal_spend(x: Point, time: Timeline, growths: Growths | None = None) -> Stream:
    """What the firm would pay the vendor each year if it went on as today."""
    growth = (growths or Growths()).compound("internal_growth", x, time.horizon)
    return Stream(x["internal_spend"], growth, time.all, "spend")


def build_cases(
    x: Point,
    vendor: Vendor,
    time: Timeline,
    *,
    strategic: bool,
    violations: bool = True,
    growths: Growths | None = None,
) -> dict[str, Case]:
    """The cases of a vendor at a point or a block of draws.

    Args:
        x: the inputs that may be ranges, floats or arrays of shape (n,).
        vendor: without empty cells; gives the whole years and the channel.
        time: the years.
        strategic: whether the vendor was classified as strategic.
        violations: whether the cases that break the conditions are wanted.
        growths: of these draws, where they have come before or will come again.

    Returns:
        The cases of `CASES`, without `build` where nobody could be hired, and `undamaged` for a
        strategic vendor: `dual_market` serving competitors too, yet without harm inside, by
        which the cost of a violation is split.
    """
    T = time.horizon
    flat = time.flat
    growths = growths or Growths()
    sales_growth = growths.compound("external_growth", x, T)
    decay = growths.compound("advantage_decay", x, T, sign=-1.0, first=0)

    # inside the firm
    ramp = time.ramp(vendor.ramp_years or 1)
    spend = internal_spend(x, time, growths)
    insourced = spend.times(1.0 - x["internal_cost_ratio"]).called("insourced")
    saving = spend.times(x["specialisation_saving"]).during(ramp).called("saving")
    advantage = Stream(x["strategic_value"] if strategic else 0.0, decay, ramp, "strategic")

    # the external business as planned, and with competitors served
    margin = 1.0 - x["external_cost_ratio"] - x["bad_debt_rate"]
    if vendor.channel == "product_managers":
        margin = margin - x["channel_margin"]
    credit_years = x["days_sales_outstanding"] / DAYS_PER_YEAR
    all_sales = Stream(x["external_revenue"] * (1.0 - x["customer_churn"]), sales_growth, time.all)
    sales = all_sales.times(1.0 - x["competitor_share"]) if strategic else all_sales
    contribution, receivables = sales.times(margin), sales.times(credit_years)
    contribution = contribution.called("contribution")
    go_to_market = Stream(x["go_to_market_cost"], flat, time.inflation, "go_to_market")

    # fixed and one-off costs
    fixed = Stream(x["fixed_cost"], flat, time.inflation, "fixed")
    internal_fixed = fixed.times(x["internal_fixed_share"])
    k_integration = vendor.integration_years or 1
    integration = Stream(
        x["integration_cost"] / k_integration, flat, time.only(1, k_integration), "one_off"
    )
    exit_cost = Stream(x["exit_cost"], flat, time.all, "one_off")
    outlay = x["price"] * (1.0 + x["transaction_cost_rate"])

    def case(
        benefits: list[Stream],
        costs: list[Stream],
        receivables: Stream | None = None,
        strategic: Stream = advantage,
        outlay: float | Array = outlay,
    ) -> Case:
        return Case([*benefits, strategic], costs, strategic, receivables, outlay)

    inside = [insourced, saving]
    cases = {
        "internal_only": case(
            inside, [internal_fixed, integration, exit_cost.during(time.only(1, 1))]
        ),
        "dual_market": case(
            [*inside, contribution], [go_to_market, fixed, integration], receivables
        ),
    }

    k = vendor.failure_year or 1
    trying, closed, closing = time.only(1, k), time.only(k + 1, T), time.only(k, k)
    reached = receivables.times(x["failure_revenue_share"])
    cases["failure"] = case(
        [*inside, contribution.times(x["failure_revenue_share"]).during(trying)],
        [
            go_to_market.during(trying),
            fixed.during(trying),
            internal_fixed.during(closed),
            integration,
            exit_cost.during(closing),
            reached.times(x["receivables_write_off"]).during(closing).called("one_off"),
        ],
        reached.during(time.only(1, k - 1)),
    )

    if violations:
        all_contribution, all_receivables = contribution, receivables
        if strategic:
            all_contribution, all_receivables = (
                all_sales.times(margin).called("contribution"),
                all_sales.times(credit_years),
            )
            cases["undamaged"] = case(
                [*inside, all_contribution], [go_to_market, fixed, integration], all_receivables
            )
        kept = 1.0 - x["satisfaction_erosion"]
        cases["compromised"] = case(
            [insourced.times(kept), saving.times(kept), all_contribution],
            [go_to_market, fixed, integration],
            all_receivables,
            strategic=advantage.times(1.0 - x["strategic_leak"]),
        )

    if can_build(vendor):
        b = vendor.build_years or 1
        # min(1, (t − b)/ramp_years)·(1 − advantage_decay)^(t − b − 1), from year b + 1 on
        late_ramp = time.ramp(vendor.ramp_years or 1, after=b)
        hiring = Stream(x["skills_headcount"] * x["hiring_cost"], flat, time.only(1, 1), "one_off")
        cases["build"] = case(
            [insourced.during(time.only(b + 1, T))],
            [internal_fixed, hiring],
            strategic=Stream(advantage.amount, decay.delayed(b), late_ramp, "strategic"),
            outlay=0.0,
        )
    return cases


def can_build(vendor: Vendor) -> bool:
    """Whether hiring the skills is an alternative: somebody could be hired."""
    return vendor.skills_headcount != 0
