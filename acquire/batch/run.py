"""One run: which reports are missing or stale, what becomes of them, and the index.

Every report is rendered in a working folder, checked, moved into place, and noted in the journal:
a reader never meets half a page, and a run that is stopped, whatever stops it, goes on where it
was when it is started again.
"""

from __future__ import annotations

import getpass
import json
import os
import platform
import shutil
import socket
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

from acquire.batch.identity import identity
from acquire.batch.job import NOTEBOOK, PAGE, RESULT, Failure, Job, Outcome
from acquire.batch.plan import (
    COMPARISON,
    OF_THE_RUN,
    Plan,
    addresses,
    failure_addresses,
    page_address,
)
from acquire.batch.state import DONE, FAILED, Event, Listener, known_from, note
from acquire.batch.store import Store, fingerprint
from acquire.changes import compare, results_in
from acquire.changes.published import RESULTS
from acquire.display import span
from acquire.errors import Problem
from acquire.inputs import assumptions_text, vendors_text
from acquire.report.changes import CHANGES, changes_page, waiting_page
from acquire.report.check import check
from acquire.report.failure import failure_page
from acquire.report.index import Entry, brief, index_page
from acquire.report.method import METHOD, waiting_method_page
from acquire.report.page import NEIGHBOURS_FILE, asset_files, vendors_script
from acquire.vendor import Vendor, Vendors

Executor = Callable[[Sequence[Job]], Iterator[Outcome]]
"""Runs jobs, each in its folder; yields one outcome for each, as they come."""

REFRESH = 5.0
"""Seconds between two writings of the index while a run goes on, at least."""


@dataclass(frozen=True)
class Rendered:
    """What a run left behind.

    Args:
        out: the folder, or the URL.
        index: its index page.
        pages: complete pages of the run's vendors, the comparison and the method included.
        charts: number of charts on them.
        failures: why, by vendor id; "comparison.html" for the comparison, "method.html" for the
            page that explains the method.
        rendered: keys of the reports that this run has rendered; the others were up to date.
        notes: what could not be told of what changed since former reports.
    """

    out: Path | str
    index: Path | str
    pages: int
    charts: int
    failures: Mapping[str, str]
    rendered: Sequence[str] = ()
    notes: Sequence[Problem] = ()


@dataclass
class Run:
    """One run: what is to be done, what has been, and the index of both.

    Args:
        store: where it publishes.
        plan: makes its jobs.
        vendors: by id, as they are in the plan's scenario if there is one.
        work: a local folder, empty at first.
        listen: is told its events.
        rerun: the command that renders a vendor alone.
    """

    store: Store
    plan: Plan
    vendors: Vendors
    work: Path
    listen: Listener
    rerun: Callable[[str], str]
    run_id: str = field(default_factory=lambda: uuid.uuid4().hex[:12])
    rendered: list[str] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.known = known_from(self.store.events())
        self.jobs = {v.vendor_id: self.plan.vendor_job(v) for v in self.vendors.values()}
        comparison, method = (
            self.plan.comparison_job(self.vendors),
            self.plan.method_job(self.vendors),
        )
        self.all_jobs = {job.key: job for job in (comparison, *self.jobs.values(), method)}
        self.identities = {key: identity(job) for key, job in self.all_jobs.items()}
        self.fresh = {key for key in self.identities if self._is_fresh(key)}
        self._refreshed = (float("-inf"), 0.0)
        self.user, self._began = _user(), datetime.now(UTC)

    def _is_fresh(self, key: str) -> bool:
        """Whether a report is complete and what it would be if it were rendered now."""
        known = self.known.get(key)
        return (
            known is not None
            and known.status == DONE
            and known.identity == self.identities[key]
            and all(self.store.holds(a, digest, size) for a, (digest, size) in known.files.items())
        )

    def choose(self, *, force: bool, only: Sequence[str], failed: bool) -> list[Job]:
        """The jobs to run, the longest first, and the method, which is no vendor's news, last."""
        keys = list(self.all_jobs)
        if only:
            keys = [key for key in keys if key in only]
        if failed:
            keys = [k for k in keys if k in self.known and self.known[k].status == FAILED]
        if not force:
            keys = [key for key in keys if key not in self.fresh]
        return [self.all_jobs[key] for key in keys]

    def render(self, chosen: Sequence[Job], execute: Executor) -> None:
        """Run jobs and publish what they bring; whatever stops it, the index is what it was."""
        who = {"user": self.user, "host": socket.gethostname(), "process": os.getpid()}
        self._say("start", total=len(self.identities), to_render=len(chosen), **who)
        status = "stopped"
        try:
            self._publish_assets()
            self._announce_changes()
            self._announce_method()
            folders = [replace(job, folder=str(self.work / job.key)) for job in chosen]
            for outcome in execute(folders) if folders else ():
                self._take_in(outcome)
                self._refresh_now_and_then()
            self._compare_the_rest(execute)
            self._write_summary(whole=True)
            status = FAILED if self._failures() else DONE
        except KeyboardInterrupt:
            status = "interrupted"
            raise
        finally:
            if status in ("interrupted", "stopped"):
                with suppress(OSError):
                    self._write_summary(whole=False)
            with suppress(OSError):
                done = len(self.rendered) - len(self._failures(self.rendered))
                self._say("end", status=status, done=done, failed=len(self._failures()))

    def _say(self, kind: str, **values: Any) -> None:
        """Note an event in the journal and tell who listens."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        event: Event = {"event": kind, "run": self.run_id, "time": now, **values}
        self.store.record(event)
        if kind == "report":
            note(self.known, event)
        self.listen(event)

    def _publish_assets(self) -> None:
        if self.plan.assets is None:
            return
        names = {key: vendor.name for key, vendor in self.vendors.items()}
        for name, content in (asset_files() | {NEIGHBOURS_FILE: vendors_script(names)}).items():
            address = f"{self.plan.assets}/{name}"
            if not self.store.holds(address, sha256(content).hexdigest(), len(content)):
                self._publish_bytes(address, content)

    def _publish_bytes(self, address: str, content: bytes) -> None:
        source = self.work / ".written"
        with source.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        self.store.publish({address: source})

    def _take_in(self, outcome: Outcome) -> None:
        """Publish a report, or why there is none."""
        outcome = self._looked_at(outcome)
        key, folder = outcome.key, self.work / outcome.key
        common = {"key": key, "seconds": round(outcome.seconds, 3), "user": self.user}
        if outcome.failure is None:
            files = {address: folder / name for name, address in addresses(key).items()}
            digests = {a: (fingerprint(path), path.stat().st_size) for a, path in files.items()}
            self.store.publish(files)
            for address in failure_addresses(key).values():
                self.store.remove(address)
            self.fresh.add(key)
            self._say(
                "report",
                status=DONE,
                identity=self.identities[key],
                files=digests,
                charts=outcome.charts,
                **common,
            )
        elif outcome.failure.errno is not None:
            raise OSError(outcome.failure.errno, os.strerror(outcome.failure.errno))
        else:
            self._publish_failure(key, outcome.failure, folder)
            self.fresh.discard(key)
            failure = outcome.failure
            self._say("report", status=FAILED, what=failure.what, cell=failure.cell, **common)
        self.rendered.append(key)
        shutil.rmtree(folder, ignore_errors=True)

    def _looked_at(self, outcome: Outcome) -> Outcome:
        """The outcome, failed where what the notebook recorded is no evaluation of its vendor."""
        if outcome.failure is None and outcome.key not in OF_THE_RUN:
            try:
                (result,) = json.loads((self.work / outcome.key / RESULT).read_bytes())
                brief(result)
                if result["vendor_id"] != outcome.key:
                    raise ValueError(result["vendor_id"])
            except (ValueError, KeyError, TypeError, AttributeError):
                what = "the notebook recorded something else than an evaluation of this vendor"
                return replace(outcome, failure=Failure(what))
        return outcome

    def _publish_failure(self, key: str, failure: Failure, folder: Path) -> None:
        places = failure_addresses(key)
        executed = folder / NOTEBOOK
        job = self.all_jobs[key]
        page = failure_page(
            failure,
            title=job.title,
            home=job.home,
            method=job.method,
            notebook=Path(places[NOTEBOOK]).name if executed.exists() else None,
            former=self._former(key, "" if key in OF_THE_RUN else "../"),
            rerun=None if key in OF_THE_RUN else self.rerun(key),
        )
        if executed.exists():
            self.store.publish({places[NOTEBOOK]: executed})
        self._publish_bytes(places[PAGE], page.encode())

    def _former(self, key: str, back: str = "") -> str | None:
        """Address of an earlier report that is still there."""
        known = self.known.get(key)
        return f"{back}{page_address(key)}" if known and known.identity else None

    def _compare_the_rest(self, execute: Executor) -> None:
        """Compare without the vendors that failed, where they keep all from being compared."""
        failed = [key for key in self._failures() if key not in OF_THE_RUN]
        if not failed or COMPARISON in self.fresh or COMPARISON not in self.rendered:
            return
        if len(failed) == len(self.vendors):
            return
        job = self.plan.comparison_job(self.vendors, failed)
        self.identities[COMPARISON] = identity(job)
        self.rendered.remove(COMPARISON)
        for outcome in execute([replace(job, folder=str(self.work / job.key))]):
            self._take_in(outcome)

    def _failures(self, keys: Iterable[str] | None = None) -> dict[str, str]:
        return {
            key: self.known[key].what
            for key in (self.identities if keys is None else keys)
            if key in self.known and self.known[key].status == FAILED
        }

    # the index

    def _refresh_now_and_then(self) -> None:
        """Write the index while the run goes on, but for no more than a fiftieth of the time."""
        last, took = self._refreshed
        began = time.monotonic()
        if began - last > max(REFRESH, 50 * took):
            self._write_index()
            self._refreshed = began, time.monotonic() - began

    def _write_summary(self, *, whole: bool) -> None:
        """Results, what changed, and the index last, which is what leads to everything.

        Args:
            whole: whether the run has come to its end; what changed is told only then.
        """
        results = self.work / ".results"
        with results.open("wb") as file:
            file.write(b"[")
            separator = b"\n"
            for key in self.vendors:
                content = self.store.read(f"results/{key}.json") if key in self.fresh else None
                if content is not None:
                    file.write(separator + content.strip()[1:-1])
                    separator = b",\n"
            file.write(b"\n]\n")
            file.flush()
            os.fsync(file.fileno())
        self.store.publish({RESULTS: results})
        if whole:
            self._write_changes()
        self._write_index(over=whole)

    def _announce_changes(self) -> None:
        """Put a page where the reports' links to what changed lead while the run goes on."""
        against = self.plan.against
        if against is not None and self.store.read(CHANGES) is None:
            page = waiting_page(against.name, home="index.html", assets=self.plan.assets)
            self._publish_bytes(CHANGES, page.encode())

    def _announce_method(self) -> None:
        """Put a page where the links to the method lead until that is rendered."""
        if self.store.read(METHOD) is None:
            page = waiting_method_page(home="index.html", assets=self.plan.assets)
            self._publish_bytes(METHOD, page.encode())

    def _write_changes(self) -> None:
        """The page of what changed since the former reports, if there are any."""
        against, content = self.plan.against, self.store.read(RESULTS)
        if against is None or content is None or not json.loads(content):
            return
        changes = compare(against, results_in(content, self.store.name), expected=self.vendors)
        page = changes_page(
            changes, home="index.html", method=METHOD, assets=self.plan.assets, linked=True
        )
        check(page)
        self._publish_bytes(CHANGES, page.html.encode())
        self.notes = list(changes.problems)

    def _write_index(self, *, over: bool = False) -> None:
        compared, explained = (key in self.fresh for key in OF_THE_RUN)
        page = index_page(
            [self._entry(vendor) for vendor in self.vendors.values()],
            currency=self.plan.firm.currency,
            comparison=COMPARISON if compared else self._former(COMPARISON),
            comparison_of_today=compared,
            comparison_failure=None if compared else self._failure_page(COMPARISON),
            method=METHOD if explained else None,
            method_failure=None if explained else self._failure_page(METHOD),
            provenance=self._provenance(),
            assets=self.plan.assets,
            scenario=self.plan.given.title if self.plan.given else "",
            since=self.plan.against.name if self.plan.against else None,
            run=self._of_the_run(over=over),
        )
        self._publish_bytes("index.html", page.encode())

    def _of_the_run(self, *, over: bool) -> dict[str, str]:
        """Who rendered when and how long, for the index alone: reports depend on none of it."""
        failed = len(self._failures(self.rendered))
        counts = [(len(self.rendered) - failed, "rendered"), (failed, "failed")]
        counts.append((len(self.fresh) - counts[0][0], "up to date before"))
        so_far = "" if over else ", not to its end when this was written"
        return {
            "started": f"{self._began:%Y-%m-%d %H:%M:%S} UTC",
            "by": f"{self.user} on {socket.gethostname()}",
            "took": span((datetime.now(UTC) - self._began).total_seconds()) + so_far,
            "pages": ", ".join(f"{n} {what}" for n, what in counts if n) or "none",
        }

    def _failure_page(self, key: str) -> str | None:
        """Address of the page that says why a job failed, None where it did not."""
        known = self.known.get(key)
        return failure_addresses(key)[PAGE] if known and known.status == FAILED else None

    def _entry(self, vendor: Vendor) -> Entry:
        key, shown = vendor.vendor_id, self.plan.firm.complete(vendor)
        known = self.known.get(key)
        content = self.store.read(f"results/{key}.json") if key in self.fresh else None
        made = known.made if known is not None else None
        if content is not None:
            return Entry(shown, brief(json.loads(content)[0]), page_address(key), made=made)
        if known is not None and known.status == FAILED:
            reason = failure_addresses(key)[PAGE]
            failure, former = known.what, self._former(key)
            return Entry(shown, failure=failure, address=reason, former=former, made=made)
        return Entry(shown, former=self._former(key))

    def _provenance(self) -> dict[str, str]:
        firm, given = self.plan.firm, self.plan.given
        texts = {
            "vendors": vendors_text(given.vendors if given else self.vendors),
            "assumptions": assumptions_text(given.firm if given else firm),
        }
        if given:
            texts[given.title] = given.text()
        return {
            **{what: f"SHA-256 {_digest(text)} (as read)" for what, text in texts.items()},
            "draws": f"{firm.trials:,} (scrambled Sobol sequence), seed {firm.seed}",
            "acquire": version("vendor-acquire"),
            "Python": platform.python_version(),
        }

    def result(self) -> Rendered:
        """What is there now."""
        complete = [key for key in self.identities if key in self.fresh]
        folder = getattr(self.store, "folder", None)
        return Rendered(
            out=folder or str(self.store),
            index=folder / "index.html" if folder else f"{self.store}/index.html",
            pages=len(complete),
            charts=sum(self.known[key].charts for key in complete),
            failures=self._failures(),
            rendered=tuple(self.rendered),
            notes=tuple(self.notes),
        )


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user without a name, as in some containers
        return "unknown"


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()
