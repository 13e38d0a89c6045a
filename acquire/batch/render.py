"""`render`: the notebooks, one run per vendor, into a folder of pages with an index.

Everything is written into a hidden folder first and moved into place file by file once it is
complete, the index last: a reader never meets half a page, and a run that is interrupted leaves
the last good reports as they were.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from acquire.assumptions import Assumptions
from acquire.batch.pool import Pool
from acquire.batch.worker import Job, Outcome
from acquire.errors import InputError, Problem
from acquire.inputs import fingerprint, write_assumptions, write_vendors
from acquire.notebook import notebook_path
from acquire.portfolio import Limits, read_limits
from acquire.report.index import Entry, index_page
from acquire.report.page import asset_files
from acquire.vendor import Vendor, Vendors

COMPARISON = "comparison"
VENDORS_FOLDER = "vendors"
TIMEOUT = 300.0
"""Seconds a vendor may take."""

Progress = Callable[[Iterable[Outcome]], Iterable[Outcome]]


@dataclass(frozen=True)
class Rendered:
    """What a run left behind.

    Args:
        out: the folder.
        index: its index page.
        pages: pages written, the comparison's included.
        charts: number of charts on them.
        failures: why, by vendor id; "comparison.html" for the comparison.
    """

    out: Path
    index: Path
    pages: int
    charts: int
    failures: Mapping[str, str]


def render(
    vendors: Vendors | Mapping[str, Vendor],
    firm: Assumptions | None = None,
    out: str | Path = "reports",
    *,
    workers: int | None = None,
    timeout: float = TIMEOUT,
    standalone: bool = False,
    budget: float | str | None = None,
    max_deals: int | str | None = None,
    progress: Progress = iter,
) -> Rendered:
    """Render one HTML report per vendor, a comparison and an index into a folder.

    The folder gets `index.html`, `comparison.html`, `vendors/<vendor_id>.html`, `results.json`
    and `assets/`. Reports of a former run stay until their successors are complete.

    Args:
        vendors: by id.
        firm: the firm's assumptions; the defaults when left out.
        out: the folder, made when it does not exist.
        workers: processes; one per processor when left out.
        timeout: seconds after which a vendor is given up and listed as failed.
        standalone: put the scripts into every page, so that one can be mailed by itself.
        budget: money for purchases at closing, for the comparison; None for no limit.
        max_deals: vendors to buy at most, likewise.
        progress: wraps the outcomes, to show how far the run is.

    Raises:
        InputError: there is no vendor, one lacks what the firm has no default for, an argument
            is out of its bounds, or the folder cannot be used.
    """
    firm = firm or Assumptions()
    vendors = vendors if isinstance(vendors, Vendors) else Vendors(list(vendors.values()))
    problems = _problems(vendors, firm, workers, timeout)
    limits = Limits()
    try:
        limits = read_limits(None, budget=budget, max_deals=max_deals)
    except InputError as error:
        problems += error.problems
    if problems:
        raise InputError(problems)
    out = Path(out).resolve()
    assets = None if standalone else "assets"
    with _staging(out) as staging:
        (staging / VENDORS_FOLDER).mkdir()
        jobs = _jobs(vendors, firm, limits, staging, assets)
        environment = _environment(staging)
        count = min(workers or os.cpu_count() or 1, len(jobs))
        with Pool(count, timeout, environment) as pool:
            outcomes = {outcome.key: outcome for outcome in progress(pool.run(jobs))}
        return _publish(vendors, firm, outcomes, staging, out, assets)


def _problems(
    vendors: Vendors, firm: Assumptions, workers: int | None, timeout: float
) -> list[Problem]:
    """Everything that is wrong with the arguments of `render`."""
    problems: list[Problem] = []
    if not vendors:
        problems.append(Problem("at least one vendor", wrong="there is none"))
    if workers is not None and workers < 1:
        problems.append(Problem("at least 1 process", column="workers", value=workers))
    if not timeout > 0:  # not a number is not either
        problems.append(Problem("seconds above 0", column="timeout", value=timeout))
    for vendor in vendors.values():
        try:
            firm.complete(vendor)
        except InputError as error:
            problems += error.problems
    return problems


@contextmanager
def _staging(out: Path) -> Iterator[Path]:
    """A hidden folder within `out`, gone afterwards."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=".staging-", dir=out))
    except OSError as error:
        raise InputError(
            Problem(
                "a folder that can be written to",
                file=str(out.name),
                wrong=str(error.strerror).lower(),
            )
        ) from None
    try:
        yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _environment(staging: Path) -> dict[str, str]:
    """Of workers and kernels: the same everywhere, and nothing of the user's own Jupyter."""
    private = staging / "jupyter"
    private.mkdir()
    return dict(os.environ) | {
        "IPYTHONDIR": str(private),
        "JUPYTER_CONFIG_DIR": str(private),
        "JUPYTER_DATA_DIR": str(private),
        "JUPYTER_PATH": "",
        "JUPYTER_PLATFORM_DIRS": "1",
        "JUPYTER_RUNTIME_DIR": str(private),
        "PLOTLY_RENDERER": "plotly_mimetype",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONSAFEPATH": "1",
        "PYTHONSTARTUP": "",
        "PYTHONUTF8": "1",
        "TMPDIR": str(private),
        "TZ": "UTC",
    }


def _jobs(
    vendors: Vendors, firm: Assumptions, limits: Limits, staging: Path, assets: str | None
) -> list[Job]:
    inputs = staging / "inputs"
    inputs.mkdir()
    assumptions = inputs / "assumptions.yaml"
    write_assumptions(firm, assumptions)
    everything = inputs / "vendors.yaml"
    write_vendors(vendors, everything)
    jobs = []
    for vendor_id, vendor in vendors.items():
        shown = firm.complete(vendor)
        own = inputs / f"{vendor_id}.vendor.yaml"
        write_vendors(Vendors([vendor]), own)
        jobs.append(
            Job(
                key=vendor_id,
                notebook=str(notebook_path("evaluate_vendor")),
                parameters={
                    "vendor_id": vendor_id,
                    "vendors": str(own),
                    "assumptions": str(assumptions),
                },
                page=str(staging / VENDORS_FOLDER / f"{vendor_id}.html"),
                title=shown.name,
                subtitle=shown.offering or "",
                home="../index.html",
                assets=assets and f"../{assets}",
            )
        )
    limited = {"budget": limits.budget, "max_deals": limits.max_deals}
    given = {name: limit for name, limit in limited.items() if limit is not None}
    comparison = Job(
        key=f"{COMPARISON}.html",  # no vendor_id has a point in it
        notebook=str(notebook_path("compare_vendors")),
        parameters={"vendors": str(everything), "assumptions": str(assumptions)} | given,
        page=str(staging / f"{COMPARISON}.html"),
        title="Comparison of all vendors",
        subtitle=f"{len(vendors)} vendors",
        home="index.html",
        assets=assets,
    )
    return [comparison, *jobs]


def _publish(
    vendors: Vendors,
    firm: Assumptions,
    outcomes: Mapping[str, Outcome],
    staging: Path,
    out: Path,
    assets: str | None,
) -> Rendered:
    """Complete the staged folder and move it into place, pages first, the index last."""
    entries = []
    results: list[dict[str, Any]] = []
    pages: list[str] = []
    for vendor_id, vendor in vendors.items():
        shown, outcome = firm.complete(vendor), outcomes[vendor_id]
        if outcome.failure is None and outcome.results:
            address = f"{VENDORS_FOLDER}/{vendor_id}.html"
            pages.append(address)
            results += outcome.results
            entries.append(Entry(shown, outcome.results[0], address))
        else:
            entries.append(Entry(shown, failure=outcome.failure or "no result"))
    comparison = f"{COMPARISON}.html"
    compared = outcomes[comparison].failure is None
    if compared:
        pages.append(comparison)
    if assets is not None:
        (staging / assets).mkdir()
        for name, content in asset_files().items():
            (staging / assets / name).write_bytes(content)
            pages.insert(0, f"{assets}/{name}")
    (staging / "results.json").write_text(
        json.dumps(results, ensure_ascii=False, allow_nan=False, indent=1) + "\n", encoding="utf-8"
    )
    (staging / "index.html").write_text(
        index_page(
            entries,
            currency=firm.currency,
            comparison=comparison if compared else None,
            provenance=_provenance(firm, staging / "inputs"),
            assets=assets,
        ),
        encoding="utf-8",
    )
    for name in (*pages, "results.json", "index.html"):
        target = out / name
        target.parent.mkdir(exist_ok=True)
        (staging / name).replace(target)
    failures = {key: o.failure for key, o in outcomes.items() if o.failure is not None}
    return Rendered(
        out=out,
        index=out / "index.html",
        pages=sum(name.endswith(".html") for name in pages),
        charts=sum(outcome.charts for outcome in outcomes.values()),
        failures=failures,
    )


def _provenance(firm: Assumptions, inputs: Path) -> dict[str, str]:
    return {
        "vendors": f"SHA-256 {fingerprint(inputs / 'vendors.yaml')} (as read)",
        "assumptions": f"SHA-256 {fingerprint(inputs / 'assumptions.yaml')} (as read)",
        "draws": f"{firm.trials:,} (scrambled Sobol sequence), seed {firm.seed}",
        "acquire": version("vendor-acquire"),
        "Python": platform.python_version(),
    }
