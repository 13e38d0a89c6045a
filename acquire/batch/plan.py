"""What a run consists of: one job per vendor, and one that compares them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from acquire.assumptions import Assumptions
from acquire.batch.job import NOTEBOOK, PAGE, RESULT, Allowance, Job
from acquire.inputs import assumptions_text, vendors_text
from acquire.notebook import notebook_path
from acquire.portfolio import Limits
from acquire.vendor import Vendor, Vendors

COMPARISON = "comparison.html"
"""Key of the comparison's job, which no vendor's can be: no vendor_id has a point in it."""
VENDORS_FILE, ASSUMPTIONS_FILE = "vendors.yaml", "assumptions.yaml"
"""What a notebook finds in its working folder."""


@dataclass(frozen=True)
class Plan:
    """Makes the jobs of a run.

    Args:
        firm: the firm's assumptions.
        limits: of the portfolio in the comparison.
        assets: address of the scripts, relative to the index; None to put them into every page.
        allowance: what each notebook may use.
    """

    firm: Assumptions
    limits: Limits
    assets: str | None
    allowance: Allowance

    def vendor_job(self, vendor: Vendor) -> Job:
        """The job of a vendor's report."""
        shown = self.firm.complete(vendor)
        return Job(
            key=vendor.vendor_id,
            notebook=notebook_path("evaluate_vendor").read_text("utf-8"),
            parameters={
                "vendor_id": vendor.vendor_id,
                "vendors": VENDORS_FILE,
                "assumptions": ASSUMPTIONS_FILE,
            },
            files=self._files(Vendors([vendor])),
            title=shown.name,
            subtitle=shown.offering or "",
            home="../index.html",
            assets=self.assets and f"../{self.assets}",
            allowance=self.allowance,
        )

    def comparison_job(self, vendors: Vendors, left_out: Sequence[str] = ()) -> Job:
        """The job of the comparison, without vendors that could not be evaluated."""
        compared = vendors.only([v for v in vendors if v not in left_out])
        limited = {"budget": self.limits.budget, "max_deals": self.limits.max_deals}
        given = {name: limit for name, limit in limited.items() if limit is not None}
        files = {"vendors": VENDORS_FILE, "assumptions": ASSUMPTIONS_FILE}
        failed = f", of {len(vendors)}; not compared: {', '.join(left_out)}" if left_out else ""
        return Job(
            key=COMPARISON,
            notebook=notebook_path("compare_vendors").read_text("utf-8"),
            parameters=files | given,
            files=self._files(compared),
            title="Comparison of all vendors",
            subtitle=f"{len(compared)} vendor{'s' * (len(compared) != 1)}{failed}",
            home="index.html",
            assets=self.assets,
            allowance=self.allowance,
        )

    def _files(self, vendors: Vendors) -> dict[str, str]:
        return {VENDORS_FILE: vendors_text(vendors), ASSUMPTIONS_FILE: self._assumptions}

    @cached_property
    def _assumptions(self) -> str:
        return assumptions_text(self.firm)


def page_address(key: str) -> str:
    """Where the page of a job is published, relative to the index."""
    return COMPARISON if key == COMPARISON else f"vendors/{key}.html"


def addresses(key: str) -> dict[str, str]:
    """Where the files of a job are published, the page last, by their names in its folder."""
    if key == COMPARISON:
        return {NOTEBOOK: "comparison.ipynb", PAGE: COMPARISON}
    return {
        RESULT: f"results/{key}.json",
        NOTEBOOK: f"notebooks/{key}.ipynb",
        PAGE: page_address(key),
    }


def failure_addresses(key: str) -> dict[str, str]:
    """Where a failed job's page and its unfinished notebook are published."""
    if key == COMPARISON:
        return {NOTEBOOK: "comparison-failed.ipynb", PAGE: "comparison-failed.html"}
    return {NOTEBOOK: f"failures/{key}.ipynb", PAGE: f"failures/{key}.html"}
