"""What a run consists of: a job per vendor, one that compares them, one of the method."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from acquire.assumptions import Assumptions
from acquire.batch.job import NOTEBOOK, PAGE, RESULT, Allowance, Job
from acquire.changes import Published
from acquire.inputs import assumptions_text, vendors_text
from acquire.notebook import notebook_path
from acquire.portfolio import Limits
from acquire.report.changes import CHANGES
from acquire.report.method import METHOD
from acquire.scenario import Scenario, scenario_text
from acquire.vendor import Vendor, Vendors

COMPARISON = "comparison.html"
"""Key of the comparison's job, which no vendor's can be: no vendor_id has a point in it."""
OF_THE_RUN = (COMPARISON, METHOD)
"""Keys of the jobs that are no vendor's."""
VENDORS_FILE, ASSUMPTIONS_FILE = "vendors.yaml", "assumptions.yaml"
"""What a notebook finds in its working folder."""


@dataclass(frozen=True)
class Given:
    """A scenario, and the vendors and firm that it is applied to."""

    scenario: Scenario
    vendors: Vendors
    firm: Assumptions

    @property
    def file(self) -> str:
        """Where a notebook finds the scenario, in a folder of its own as its name is anyone's."""
        return f"scenarios/{self.scenario.name}.yaml"

    @property
    def title(self) -> str:
        """What a page says of it."""
        return f"scenario {self.scenario.name}"

    def text(self) -> str:
        """The scenario's content, wherever its vendor file is."""
        return scenario_text(replace(self.scenario, vendors_file=None))


@dataclass(frozen=True)
class Plan:
    """Makes the jobs of a run.

    Where there is a scenario, the notebook of its vendor and the comparison get vendors and firm
    as given and apply it themselves, so that they can say what differs. The other vendors, whom
    only its changes of the firm concern, get these as their assumptions.

    Args:
        firm: the firm's assumptions, as they are in the scenario if there is one.
        limits: of the portfolio in the comparison.
        assets: address of the scripts, relative to the index; None to put them into every page.
        allowance: what each notebook may use.
        given: the scenario and what it was applied to, if there is one.
        against: results of former reports that these are held against, if there are any.
    """

    firm: Assumptions
    limits: Limits
    assets: str | None
    allowance: Allowance
    given: Given | None = None
    against: Published | None = None

    def vendor_job(self, vendor: Vendor) -> Job:
        """The job of a vendor's report; the vendor as it is in the scenario, if there is one."""
        shown = self.firm.complete(vendor)
        files, parameters = self._inputs(Vendors([vendor]))
        return Job(
            key=vendor.vendor_id,
            notebook=notebook_path("evaluate_vendor").read_text("utf-8"),
            parameters={"vendor_id": vendor.vendor_id} | parameters,
            files=files,
            title=shown.name,
            subtitle=self._noted(shown.offering or ""),
            home="../index.html",
            changes=f"../{CHANGES}#{vendor.vendor_id}" if self.against else None,
            method=f"../{METHOD}",
            assets=self.assets and f"../{self.assets}",
            allowance=self.allowance,
        )

    def comparison_job(self, vendors: Vendors, left_out: Sequence[str] = ()) -> Job:
        """The job of the comparison, without vendors that could not be evaluated."""
        compared = vendors.only([v for v in vendors if v not in left_out])
        limited = {"budget": self.limits.budget, "max_deals": self.limits.max_deals}
        given = {name: limit for name, limit in limited.items() if limit is not None}
        files, parameters = self._inputs(compared)
        failed = f", of {len(vendors)}; not compared: {', '.join(left_out)}" if left_out else ""
        return Job(
            key=COMPARISON,
            notebook=notebook_path("compare_vendors").read_text("utf-8"),
            parameters=parameters | given,
            files=files,
            title="Comparison of all vendors",
            subtitle=self._noted(f"{len(compared)} vendor{'s' * (len(compared) != 1)}{failed}"),
            home="index.html",
            method=METHOD,
            assets=self.assets,
            allowance=self.allowance,
        )

    def method_job(self, vendors: Vendors) -> Job:
        """The job of the page that explains the method, which knows of one vendor alone.

        The example is worked on the scenario's vendor, or else on the first.

        Args:
            vendors: as they are in the scenario, if there is one.
        """
        chosen = self.given.scenario.vendor_id if self.given else next(iter(vendors))
        shown = self.firm.complete(vendors[chosen])
        return Job(
            key=METHOD,
            notebook=notebook_path("method").read_text("utf-8"),
            parameters={"vendors": VENDORS_FILE, "assumptions": ASSUMPTIONS_FILE},
            files={
                VENDORS_FILE: vendors_text(vendors.only([chosen])),
                ASSUMPTIONS_FILE: self._assumptions,
            },
            title="How the figures come about: the method",
            subtitle=self._noted(f"every formula, worked on {shown.name}"),
            home="index.html",
            assets=self.assets,
            allowance=self.allowance,
        )

    def _inputs(self, vendors: Vendors) -> tuple[dict[str, str], dict[str, Any]]:
        """The files of a notebook about these vendors, and the parameters that name them."""
        parameters = {"vendors": VENDORS_FILE, "assumptions": ASSUMPTIONS_FILE}
        if self.given is None or self.given.scenario.vendor_id not in vendors:
            files = {VENDORS_FILE: vendors_text(vendors), ASSUMPTIONS_FILE: self._assumptions}
            return files, parameters
        as_given = self.given.vendors.only(list(vendors))
        files = {
            VENDORS_FILE: vendors_text(as_given),
            ASSUMPTIONS_FILE: assumptions_text(self.given.firm),
            self.given.file: self.given.text(),
        }
        return files, parameters | {"scenario": self.given.file}

    def _noted(self, subtitle: str) -> str:
        """A subtitle that names the scenario, if there is one."""
        named = [self.given.title] if self.given else []
        return "; ".join([*([subtitle] if subtitle else []), *named])

    @cached_property
    def _assumptions(self) -> str:
        return assumptions_text(self.firm)


def page_address(key: str) -> str:
    """Where the page of a job is published, relative to the index."""
    return key if key in OF_THE_RUN else f"vendors/{key}.html"


def addresses(key: str) -> dict[str, str]:
    """Where the files of a job are published, the page last, by their names in its folder."""
    if key in OF_THE_RUN:
        return {NOTEBOOK: f"{_stem(key)}.ipynb", PAGE: key}
    return {
        RESULT: f"results/{key}.json",
        NOTEBOOK: f"notebooks/{key}.ipynb",
        PAGE: page_address(key),
    }


def failure_addresses(key: str) -> dict[str, str]:
    """Where a failed job's page and its unfinished notebook are published."""
    if key in OF_THE_RUN:
        return {NOTEBOOK: f"{_stem(key)}-failed.ipynb", PAGE: f"{_stem(key)}-failed.html"}
    return {NOTEBOOK: f"failures/{key}.ipynb", PAGE: f"failures/{key}.html"}


def _stem(key: str) -> str:
    return key.removesuffix(".html")
