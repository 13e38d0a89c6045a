"""The vendor: one row of a vendor file, and the one table of its columns.

Adding an input is one field here and one term in the formula that uses it. Names, bounds, defaults
and meanings are those of `data/README.md`, which is generated from this file.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from copy import copy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from acquire.columns import CellError, Column, Kind, column, columns_of
from acquire.errors import InputError, Problem, UnknownNameError, nearest_name
from acquire.ranges import Range

Number = float | Range
"""A plain number or a range, in the column's unit."""

CRITERIA = ("differentiation", "client_impact", "scarcity", "specificity", "knowledge")

SIGNATURES_REFUSED = frozenset({"no", "false", "tbd", "pending", "open", "-", "?"})

IDENTITY = "Who"
STRATEGIC = "Strategic or generic"
DEAL = "The purchase"
INTERNAL = "Inside the firm"
EXTERNAL = "The external market"
OUTCOMES = "Success, failure, violation"
CONDITIONS = "The conditions of selling outside"
SKILLS = "Hiring the skills instead"


def _criterion(meaning: str, practice: str) -> Any:
    return column(
        meaning=meaning,
        unit="score",
        group=STRATEGIC,
        lower=0,
        upper=10,
        required=True,
        ranged=True,
        practice=practice,
    )


def _money(meaning: str, practice: str, *, unit: str = "money", **options: Any) -> Any:
    return column(
        meaning=meaning,
        unit=unit,
        **({"lower": 0, "ranged": True, "practice": practice} | options),
    )


def _share(meaning: str, practice: str, *, unit: str, **options: Any) -> Any:
    return column(
        meaning=meaning,
        unit=unit,
        **({"lower": 0, "upper": 1, "ranged": True, "practice": practice} | options),
    )


def _growth(meaning: str, practice: str, group: str) -> Any:
    return column(
        meaning=meaning,
        unit="fraction per year",
        group=group,
        lower=-0.5,
        upper=1,
        default=0.0,
        ranged=True,
        practice=practice,
    )


def _years(meaning: str, practice: str, *, default: int, short_of_horizon: int, group: str) -> Any:
    return column(
        meaning=meaning,
        unit="years",
        kind=Kind.WHOLE,
        group=group,
        lower=1,
        default=default,
        short_of_horizon=short_of_horizon,
        practice=practice,
    )


@dataclass(frozen=True, kw_only=True)
class Vendor:
    """One vendor; every field is a column of the vendor file, None where the cell is empty.

    Money is nominal and positive, in one currency; rates and shares are fractions (0.08, not 8).
    Numbers may be given as `Range`, or as the text of a cell (`"10..20..30"`).

    Raises:
        InputError: one problem per value that its column does not allow.
    """

    vendor_id: str = column(
        meaning="name in commands, addresses and file names; unique",
        kind=Kind.SLUG,
        group=IDENTITY,
        longest=64,
        required=True,
        practice="the supplier number or short name of the purchasing system",
    )
    name: str = column(
        meaning="display name",
        kind=Kind.TEXT,
        group=IDENTITY,
        longest=200,
        required=True,
        practice="the commercial register",
    )
    offering: str | None = column(
        meaning="what it sells to the firm",
        kind=Kind.TEXT,
        group=IDENTITY,
        default="",
        practice="the framework contract",
    )
    differentiation: Number = _criterion(
        "sets the firm's own products apart in its customers' eyes",
        "product management's win-loss interviews; 0 nobody would notice, 10 why customers buy",
    )
    client_impact: Number = _criterion(
        "moves internal clients' results",
        "the internal clients' own scorecards; 0 no figure of theirs moves, 10 their main one does",
    )
    scarcity: Number = _criterion(
        "few others could supply it",
        "the category manager's count of qualified bidders; 0 many, 10 none other",
    )
    specificity: Number = _criterion(
        "made for this firm, hard to switch",
        "engineering's estimate of switching effort; 0 a catalogue item, 10 years of rework",
    )
    knowledge: Number = _criterion(
        "holds know-how that would help a competitor",
        "legal and product security; 0 nothing a rival lacks, 10 the roadmap itself",
    )
    price: Number = _money(
        "enterprise value to pay at closing; cash-free, debt-free, trade receivables stay with "
        "the seller",
        "multiples of recent deals in the trade, the seller's expectation, a banker's range",
        group=DEAL,
        lower_open=True,
        required=True,
    )
    transaction_cost_rate: Number | None = _share(
        "advisers and due diligence",
        "fee quotes of advisers; 1 to 5 % is usual, more for small deals",
        unit="share of price",
        group=DEAL,
        default=0.03,
    )
    integration_cost: Number = _money(
        "one-off cost of joining the two, spread evenly over integration_years",
        "the integration office's plan; surveys range from 1 to 4 % of the deal (EY, 229 deals) to "
        "14 % (EY survey 2014)",
        group=DEAL,
        required=True,
    )
    integration_years: int | None = _years(
        "years over which the integration is paid",
        "the integration office's plan",
        default=2,
        short_of_horizon=1,
        group=DEAL,
    )
    internal_spend: Number = _money(
        "what the firm pays the vendor now",
        "accounts payable: the invoices of the last twelve months",
        unit="money per year",
        group=INTERNAL,
        lower_open=True,
        required=True,
    )
    internal_growth: Number | None = _growth(
        "growth of that spend", "the internal clients' budgets for the next years", INTERNAL
    )
    internal_cost_ratio: Number = _share(
        "the vendor's variable cost of serving the firm",
        "an open-book calculation, a should-cost analysis, or the vendor's gross margin",
        unit="share of internal spend",
        group=INTERNAL,
        required=True,
    )
    specialisation_saving: Number | None = _share(
        "cost and quality gain of a critical mass of specialists, at full ramp",
        "a pilot team's results; cost synergies reach their target in 30 to 40 % of deals "
        "(KPMG 2019)",
        unit="share of internal spend",
        group=INTERNAL,
        default=0.0,
    )
    ramp_years: int | None = _years(
        "years until benefits are full (linear)",
        "how long the last comparable integration took",
        default=3,
        short_of_horizon=0,
        group=INTERNAL,
    )
    strategic_value: Number | None = _money(
        "value of the competitive advantage to internal clients, at full ramp",
        "the internal clients' estimate of margin won by it, signed by their controller",
        unit="money per year",
        group=INTERNAL,
        default=0.0,
    )
    advantage_decay: Number | None = _share(
        "part of that advantage lost per year as rivals catch up",
        "how long the last advantage of this kind lasted: 1 divided by the years",
        unit="share per year",
        group=INTERNAL,
        default=0.0,
    )
    fixed_cost: Number = _money(
        "the vendor's fixed cost now",
        "the vendor's accounts: rent, management, development, systems",
        unit="money per year",
        group=INTERNAL,
        required=True,
    )
    internal_fixed_share: Number | None = _share(
        "part of the fixed cost that stays when only internal work remains",
        "due diligence: which sites and teams serve the firm",
        unit="share of fixed cost",
        group=INTERNAL,
        default=0.6,
    )
    external_revenue: Number = _money(
        "the vendor's revenue now from everyone else",
        "the vendor's accounts, less the firm's own invoices",
        unit="money per year",
        group=EXTERNAL,
        required=True,
    )
    external_growth: Number | None = _growth(
        "growth of that revenue",
        "market studies; after an announcement 89 % of targets slow down, by 12 % in the median "
        "(Mastering Revenue Growth in M&A)",
        EXTERNAL,
    )
    external_cost_ratio: Number = _money(
        "variable cost of external sales",
        "the vendor's gross margin by customer",
        unit="share of external revenue",
        group=EXTERNAL,
        required=True,
    )
    competitor_share: Number | None = _share(
        "part of external revenue that comes from the firm's competitors",
        "the vendor's customer list under a clean-team agreement",
        unit="share of external revenue",
        group=EXTERNAL,
        default=0.0,
    )
    customer_churn: Number | None = _share(
        "part of external revenue that leaves because of the change of owner",
        "customer calls in due diligence, change-of-control clauses",
        unit="share of external revenue",
        group=EXTERNAL,
        default=0.0,
    )
    go_to_market_cost: Number | None = _money(
        "extra sales, marketing, customer service, contracts and collection",
        "a plan of the sales force needed, at the firm's own cost per head",
        unit="money per year",
        group=EXTERNAL,
        default=0.0,
    )
    days_sales_outstanding: Number | None = column(
        meaning="trade credit given to external customers",
        unit="days",
        group=EXTERNAL,
        lower=0,
        upper=365,
        default=30.0,
        ranged=True,
        practice="the vendor's receivables ledger; large US firms 38.7 (2022), 40.1 (2023) days "
        "(CFO/Hackett)",
    )
    bad_debt_rate: Number | None = _share(
        "part of external revenue never collected",
        "the vendor's write-offs; Western Europe, between firms: 1.3 % (2018)",
        unit="share of external revenue",
        group=EXTERNAL,
        default=0.0,
    )
    channel: str | None = column(
        meaning="how it is sold outside: `direct`, or `product_managers`: through the firm's own "
        "externally focused product managers, the preferred way",
        kind=Kind.CHOICE,
        group=EXTERNAL,
        choices=("direct", "product_managers"),
        default="direct",
        practice="a decision of the firm",
    )
    channel_margin: Number | None = _share(
        "what those product managers cost in addition; counts only for that channel",
        "the product managers' budget over the revenue they bring",
        unit="share of external revenue",
        group=EXTERNAL,
        default=0.1,
    )
    success_probability: Number = _share(
        "chance that external sales succeed",
        "a calibrated estimate of people who do not own the deal; revenue synergies are reached in "
        "10 to 20 % of deals (KPMG 2019)",
        unit="probability",
        group=OUTCOMES,
        required=True,
    )
    failure_year: int | None = _years(
        "year in which a failing external business is closed",
        "how long the firm has kept failing ventures before",
        default=3,
        short_of_horizon=1,
        group=OUTCOMES,
    )
    failure_revenue_share: Number | None = _share(
        "revenue reached until a failing business is closed",
        "plan and actual figures of closed ventures",
        unit="share of plan",
        group=OUTCOMES,
        default=0.5,
    )
    exit_cost: Number | None = _money(
        "one-off cost of closing the external business",
        "severance, leases and contract penalties, from human resources and legal",
        group=OUTCOMES,
        default=0.0,
    )
    receivables_write_off: Number | None = _share(
        "part of the receivables open at exit that is lost",
        "the credit manager's experience with closed businesses",
        unit="share of receivables",
        group=OUTCOMES,
        default=0.2,
    )
    satisfaction_erosion: Number | None = _share(
        "part of internal benefits lost when external customers come first",
        "internal clients' experience with suppliers that preferred others",
        unit="share of internal benefits",
        group=OUTCOMES,
        default=0.25,
    )
    strategic_leak: Number | None = _share(
        "part of strategic value lost by selling to competitors",
        "product management's estimate of what a rival would copy",
        unit="share of strategic value",
        group=OUTCOMES,
        default=0.6,
    )
    client_satisfaction: float = column(
        meaning="internal clients' satisfaction with this service",
        unit="survey score",
        group=CONDITIONS,
        lower=0,
        upper=100,
        required=True,
        practice="the yearly survey of internal clients",
    )
    competence: float = column(
        meaning="distinctive competence in its niche against other vendors",
        unit="score",
        group=CONDITIONS,
        lower=0,
        upper=10,
        required=True,
        practice="a benchmark against at least two other vendors",
    )
    approved_by: str | None = column(
        meaning="who at executive level approved the strategic judgement",
        kind=Kind.TEXT,
        group=CONDITIONS,
        default="",
        refused=SIGNATURES_REFUSED,
        practice="the minutes of the board or the investment committee; empty until approved",
    )
    skills_headcount: Number | None = _money(
        "people to hire instead of buying; 0: hiring is no alternative",
        "the vendor's team that serves the firm",
        unit="people",
        group=SKILLS,
        default=0.0,
    )
    hiring_cost: Number | None = _money(
        "one-off cost per person hired (recruiting and ramp)",
        "human resources; about 4,150 USD to recruit (SHRM), months of pay until productive",
        unit="money per person",
        group=SKILLS,
        default=0.0,
    )
    build_years: int | None = _years(
        "years until a hired team replaces the vendor",
        "the ramp of the last team of this kind",
        default=2,
        short_of_horizon=1,
        group=SKILLS,
    )
    source: str | None = field(default=None, compare=False, repr=False)
    """Where the vendor was read, such as "vendors.csv, row 7"."""

    def __post_init__(self) -> None:
        problems = []
        for name, spec in COLUMNS.items():
            try:
                object.__setattr__(self, name, spec.parse(getattr(self, name)))
            except CellError as error:
                problems.append(self.problem(name, error))
        if problems:
            raise InputError(problems)

    def problem(self, name: str, error: CellError) -> Problem:
        """`error` as a problem of this vendor's column `name`."""
        return Problem(
            file=self.source or f"vendor {self.vendor_id or '(no id)'}",
            column=name,
            value=getattr(self, name),
            expected=error.expected,
            wrong=error.wrong,
            nearest=error.nearest,
        )


COLUMNS: dict[str, Column] = columns_of(Vendor)
RANGED: tuple[str, ...] = tuple(name for name, spec in COLUMNS.items() if spec.ranged)
"""Columns that may hold a range; the place of a column here is its dimension of the draws."""


def missing(spec: Column) -> CellError:
    """The error of a required cell that is empty."""
    return CellError(spec.allowed, wrong="is required and empty")


def ranges_of(vendor: Vendor) -> dict[str, Range]:
    """The uncertain inputs of a vendor, by column."""
    return {name: value for name in RANGED if isinstance(value := getattr(vendor, name), Range)}


def mid_values(vendor: Vendor) -> dict[str, float]:
    """Every column that may be a range at its value or mid; `vendor` has no empty cell."""
    values = {name: getattr(vendor, name) for name in RANGED}
    return {n: float(v.mid if isinstance(v, Range) else v) for n, v in values.items()}


class Vendors(Mapping[str, Vendor]):
    """The vendors of a file by their id, in the file's order.

    Args:
        vendors: each id once.
        path: the file, where they come from one; vendors are equal whatever it is.

    Raises:
        InputError: an id stands twice.
    """

    def __init__(self, vendors: list[Vendor], path: Path | None = None) -> None:
        self.path = path
        self._vendors = {vendor.vendor_id: vendor for vendor in vendors}
        if len(self._vendors) < len(vendors):
            ids = [vendor.vendor_id for vendor in vendors]
            twice = sorted({i for i in ids if ids.count(i) > 1})
            raise InputError(
                Problem("every vendor_id once", column="vendor_id", value=i, wrong="stands twice")
                for i in twice
            )

    def __getitem__(self, vendor_id: str) -> Vendor:
        if vendor_id in self._vendors:
            return self._vendors[vendor_id]
        raise UnknownNameError(self._unknown(vendor_id))

    def __iter__(self) -> Iterator[str]:
        return iter(self._vendors)

    def __len__(self) -> int:
        return len(self._vendors)

    def __contains__(self, vendor_id: object) -> bool:
        return vendor_id in self._vendors

    def __repr__(self) -> str:
        return f"Vendors({', '.join(self._vendors)})"

    def only(self, vendor_ids: list[str] | tuple[str, ...]) -> Vendors:
        """The vendors named, in this order of theirs; all of them when none is named.

        Raises:
            InputError: one problem per unknown id.
        """
        unknown = [self._unknown(i) for i in vendor_ids if i not in self._vendors]
        if unknown:
            raise UnknownNameError(unknown)
        wanted = set(vendor_ids) or set(self._vendors)
        return Vendors([v for i, v in self._vendors.items() if i in wanted], self.path)

    def _unknown(self, vendor_id: str) -> Problem:
        known = list(self._vendors)
        shown = ", ".join(known[:12]) + (", …" if len(known) > 12 else "")
        return Problem(
            expected=f"one of {shown}",
            column="vendor_id",
            value=vendor_id,
            wrong="no such vendor",
            nearest=nearest_name(str(vendor_id), known),
        )


def replaced(vendor: Vendor, **changes: Any) -> Vendor:
    """`vendor` with some columns changed.

    Raises:
        InputError: a value its column does not allow, or a column that does not exist.
    """
    unknown = [name for name in changes if name not in COLUMNS]
    if unknown:
        raise UnknownNameError(unknown_column(name) for name in unknown)
    return dataclasses.replace(vendor, **changes)


def moved(vendor: Vendor, **numbers: float) -> Vendor:
    """`vendor` with some columns at numbers of our own, which are not checked: that takes long."""
    found = copy(vendor)
    for name, number in numbers.items():
        object.__setattr__(found, name, number)
    return found


def unknown_column(name: str, file: str | None = None) -> Problem:
    """The problem of a column that does not exist, with the nearest one that does."""
    return Problem(
        expected="a column of data/README.md",
        file=file,
        column=name,
        wrong="no such column",
        nearest=nearest_name(name, list(COLUMNS)),
    )
