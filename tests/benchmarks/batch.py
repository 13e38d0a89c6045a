"""How fast `acquire render` is, against other ways to get a page per vendor, in one run.

    python -m tests.benchmarks.batch [--vendors 8 40 200] [--workers 2] [--peers-sample 40]

Each contender renders notebooks/evaluate_vendor.ipynb with data/assumptions.yaml, for the vendors
of data/vendors.csv with their prices varied until there are enough. They take turns: the command
at the start, in the middle and at the end of a batch, the others in rounds of ten vendors between.

- ours: the whole command, start-up, comparison of all vendors and index included, which the others
  do not make. "Further" is what each vendor beyond the smaller batch adds; "steady" the time
  between reports once the comparison is done.
- (a) `papermill` and `jupyter nbconvert --to html`, one vendor after the other, as in a shell loop.
- (b) `papermill.execute_notebook` and one `HTMLExporter` per process, in a pool of processes.
- (c) the same with `ploomber_engine.execute_notebook`, which has no kernel but runs the cells in
  the process itself, where what one notebook leaves behind is there for the next.
- (d) the limit: CPU of the cells alone, one vendor after the other in one warm process, outputs
  formatted and dropped, each vendor in a file of its own as in ours.

(a), (b) and (c) are timed on the first vendors of a large batch: what a vendor takes does not
depend on how many there are, but for reading the vendor file, whose time is shown. Of (b) and (c)
the start of processes and imports is shared by the whole batch, and processes that are idle at the
end of a round do not count. Their plotly is told to put charts into pages, which it does not by
itself, in the way that takes least: the pages load its script from the network. All this favours
them.
"""

from __future__ import annotations

import argparse
import csv
import html
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import pairwise
from math import isnan
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any, Self

from tests.benchmarks.paired import print_setting, shown

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "notebooks" / "evaluate_vendor.ipynb"
ASSUMPTIONS = ROOT / "data" / "assumptions.yaml"
VENDORS = ROOT / "data" / "vendors.csv"
BIN = Path(sys.executable).parent
SERVE = "import sys; from tests.benchmarks import batch; batch.serve(*sys.argv[1:])"
"""Not as the main module: ploomber-engine puts another in its place, where a pool would search."""
RENDERER = "notebook_connected"
ENVIRONMENT = dict(os.environ) | {"OPENBLAS_NUM_THREADS": "1", "PLOTLY_RENDERER": RENDERER}
BLOCK = 10
"""Vendors of a round."""
VERDICT = re.compile(r"<h2[^>]*>\s*Verdict\b")
CHART = re.compile(r"Plotly\.newPlot|<figure class=\"chart\"")
SHELL, PAPERMILL, PLOOMBER, CELLS = "(a)", "(b)", "(c)", "(d)"
PEERS = {
    SHELL: "command lines papermill and jupyter nbconvert, one vendor after the other",
    PAPERMILL: "papermill.execute_notebook and HTMLExporter, in a pool",
    PLOOMBER: "ploomber_engine.execute_notebook and HTMLExporter, in a pool",
    CELLS: "the limit: CPU of the cells alone in one warm process",
}


class Batch:
    """Vendors in a file, and each in one of its own.

    Args:
        size: number of vendors.
        sample: number of vendors that the peers are timed on, at most.
        folder: for the files, and for what is rendered.
    """

    def __init__(self, size: int, sample: int, folder: Path) -> None:
        self.size, self.folder = size, folder
        with VENDORS.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        varied = [_variant(rows[i % len(rows)], i // len(rows)) for i in range(size)]
        self.names = {row["vendor_id"]: row["name"] for row in varied}
        self.file = self._write("vendors", varied)
        self.charts: dict[str, int] = {}
        self.sample = list(self.names)[:sample]
        self.alone = {
            row["vendor_id"]: self._write(row["vendor_id"], [row])
            for row in varied
            if row["vendor_id"] in self.sample
        }

    def _write(self, name: str, rows: Sequence[Mapping[str, str]]) -> Path:
        path = self.folder / f"{name}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(rows)
        return path

    def rounds(self) -> list[list[str]]:
        """The sample in blocks, two at least."""
        number = max(-(-len(self.sample) // BLOCK), min(2, len(self.sample)))
        bounds = [i * len(self.sample) // number for i in range(number + 1)]
        return [self.sample[low:high] for low, high in pairwise(bounds)]

    def orders(self, vendor_ids: Sequence[str], out: Path, *, alone: bool) -> list[dict[str, Any]]:
        """What a contender gets for each vendor: parameters of the notebook, files to write."""
        return [
            {
                "parameters": {
                    "vendor_id": vendor_id,
                    "vendors": str(self.alone[vendor_id] if alone else self.file),
                    "assumptions": str(ASSUMPTIONS),
                },
                "notebook": str(out / f"{vendor_id}.ipynb"),
                "page": str(out / f"{vendor_id}.html"),
            }
            for vendor_id in vendor_ids
        ]

    def check_page(self, page: Path, vendor_id: str, who: str) -> None:
        """End the run if a page is not there, not the vendor's, or lacks a chart of another's."""
        content = page.read_text("utf-8") if page.exists() else ""
        name = html.escape(self.names[vendor_id])
        if not VERDICT.search(content) or name not in content:
            raise SystemExit(f"{who} has rendered no page with a verdict on {vendor_id}")
        charts = len(CHART.findall(content))
        if charts != self.charts.setdefault(vendor_id, charts) or not charts:
            expected = self.charts[vendor_id] or "some"
            raise SystemExit(f"{who} shows {charts} charts of {vendor_id}, not {expected}")


def _variant(row: Mapping[str, str], turn: int) -> dict[str, str]:
    """A vendor under another name and at another price."""
    if not turn:
        return dict(row)
    factor = 1 + (turn % 21 - 10) / 1000
    price = "..".join(f"{float(part) * factor:.0f}" for part in row["price"].split(".."))
    new = {"vendor_id": f"{row['vendor_id']}-{turn}", "name": f"{row['name']} {turn}"}
    return {**row, **new, "price": price}


@dataclass(frozen=True)
class Run:
    """One run of the command: seconds, and those between two reports after the comparison's."""

    wall: float
    cpu: float
    steady: float


@dataclass
class Spent:
    """Seconds of a peer over all rounds, and what it needs once, however many vendors there are."""

    wall: float = 0.0
    cpu: float = 0.0
    once_wall: float = 0.0
    once_cpu: float = 0.0


@dataclass
class Measured:
    """Seconds and CPU per vendor of a batch by contender, and every run of the command."""

    batch: Batch
    ours: list[Run]
    peers: dict[str, Spent]

    def per_vendor(self, what: str) -> dict[str, float]:
        """Of ours the median of the runs."""
        found = {"ours": median(getattr(run, what) for run in self.ours) / self.batch.size}
        for name, spent in self.peers.items():
            once, each = getattr(spent, f"once_{what}"), getattr(spent, what)
            found[name] = once / self.batch.size + each / len(self.batch.sample)
        return found


def used_by_children() -> float:
    """Seconds of CPU of the processes below this one that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def run_command(*command: str | Path) -> str:
    """The standard output of a command; end the run with its last words if it fails."""
    done = subprocess.run(
        command, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        words = "\n".join(done.stderr.strip().splitlines()[-15:])
        raise SystemExit(f"{Path(command[0]).name} ended with code {done.returncode}:\n{words}")
    return done.stdout


def run_ours(batch: Batch, workers: int) -> Run:
    """`acquire render` of the whole batch into a new folder."""
    with tempfile.TemporaryDirectory(dir=batch.folder) as folder:
        out = Path(folder)
        options = ("--assumptions", ASSUMPTIONS, "-o", out, "-w", str(workers), "--json")
        before, start = used_by_children(), perf_counter()
        said = run_command(BIN / "acquire", "render", batch.file, *options)
        wall, cpu = perf_counter() - start, used_by_children() - before
        for vendor_id in batch.names:
            batch.check_page(out / "vendors" / f"{vendor_id}.html", vendor_id, "acquire")
        for name in ("comparison.html", "index.html"):
            if not (out / name).exists():
                raise SystemExit(f"acquire has rendered no {name}")
    return Run(wall, cpu, _steady(said))


def _steady(said: str) -> float:
    """Seconds from report to report once the comparison is there; not a number for too few."""
    events = [json.loads(line) for line in said.splitlines()]
    reports = [event for event in events if event["event"] == "report"]
    compared = [event["key"] for event in reports].index("comparison.html")
    times = [datetime.fromisoformat(event["time"]) for event in reports[compared:]]
    if len(times) < 2:
        return float("nan")
    return (times[-1] - times[0]).total_seconds() / (len(times) - 1)


class Shell:
    """Two commands per vendor."""

    def __init__(self, spent: Spent) -> None:
        self._spent = spent

    def run(self, orders: Sequence[Mapping[str, Any]]) -> None:
        """Execute and convert."""
        before, start = used_by_children(), perf_counter()
        for order in orders:
            given = [p for name, v in order["parameters"].items() for p in ("-p", name, v)]
            run_command(BIN / "papermill", NOTEBOOK, order["notebook"], *given, "--no-progress-bar")
            run_command(BIN / "jupyter", "nbconvert", "--to", "html", order["notebook"])
        self._spent.wall += perf_counter() - start
        self._spent.cpu += used_by_children() - before

    def close(self) -> None:
        """Nothing is kept."""


class Kept:
    """A contender in a process that stays between rounds: takes a line of orders, answers one.

    Args:
        peer: which one.
        workers: processes of its pool.
        spent: is told the seconds.
        folder: for what it says on standard error.
    """

    def __init__(self, peer: str, workers: int, spent: Spent, folder: Path) -> None:
        self._peer, self._workers, self._spent = peer, workers, spent
        self._errors = folder / f"{peer}.txt"
        start = perf_counter()
        with self._errors.open("wb") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-c", SERVE, peer, str(workers)],
                cwd=ROOT,
                env=ENVIRONMENT | ({"PLOTLY_RENDERER": "plotly_mimetype"} if peer == CELLS else {}),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        self._answer()
        spent.once_wall = perf_counter() - start

    def _answer(self) -> Any:
        assert self._process.stdout is not None  # both are pipes
        line = self._process.stdout.readline()
        if not line:
            words = "\n".join(self._errors.read_text("utf-8").strip().splitlines()[-15:])
            raise SystemExit(f"{self._peer} has failed:\n{words}")
        return json.loads(line)

    def run(self, orders: Sequence[Mapping[str, Any]], *, counts: bool = True) -> None:
        """Carry out orders."""
        assert self._process.stdin is not None  # likewise
        self._process.stdin.write(json.dumps(orders) + "\n")
        self._process.stdin.flush()
        took = self._answer()
        if counts:
            self._spent.wall += sum(wall for wall, _ in took) / self._workers
            self._spent.cpu += sum(cpu for _, cpu in took)

    def close(self) -> None:
        """End the process; the CPU that no vendor took was needed once."""
        before = used_by_children()
        self._process.communicate()
        self._spent.once_cpu = used_by_children() - before - self._spent.cpu


def measure(batch: Batch, workers: int) -> Measured:
    """All contenders in turn; every other round goes backwards."""
    measured = Measured(batch, [], {peer: Spent() for peer in PEERS})
    rounds = batch.rounds()
    contenders: dict[str, Shell | Kept] = {}
    with ExitStack() as stack:
        for turn, vendor_ids in enumerate(rounds):
            if turn in (0, len(rounds) // 2):
                measured.ours.append(run_ours(batch, workers))
            for peer in list(PEERS)[:: -1 if turn % 2 else 1]:
                spent = measured.peers[peer]
                if peer not in contenders:
                    contenders[peer] = _contender(peer, workers, spent, batch)
                    stack.callback(contenders[peer].close)
                out = Path(tempfile.mkdtemp(dir=batch.folder))
                contenders[peer].run(batch.orders(vendor_ids, out, alone=peer == CELLS))
                for vendor_id in vendor_ids if peer != CELLS else ():
                    batch.check_page(out / f"{vendor_id}.html", vendor_id, peer)
                shutil.rmtree(out)
        measured.ours.append(run_ours(batch, workers))
    limit = measured.peers[CELLS]  # of which only what it takes when warm counts
    limit.wall = limit.cpu
    limit.once_wall = limit.once_cpu = 0.0
    return measured


def _contender(peer: str, workers: int, spent: Spent, batch: Batch) -> Shell | Kept:
    if peer == SHELL:
        return Shell(spent)
    kept = Kept(peer, 1 if peer == CELLS else workers, spent, batch.folder)
    if peer == CELLS:
        kept.run(batch.orders(batch.sample[:1], batch.folder, alone=True), counts=False)
    return kept


# What runs in the processes of (b), (c) and (d)


def execute_with_papermill(order: Mapping[str, Any]) -> Any:
    """The executed notebook, by way of a kernel."""
    import papermill

    return papermill.execute_notebook(
        NOTEBOOK, order["notebook"], parameters=order["parameters"], progress_bar=False
    )


def execute_with_ploomber(order: Mapping[str, Any]) -> Any:
    """The executed notebook, in this process."""
    import ploomber_engine
    from plotly.io import renderers

    renderers.default = RENDERER  # or only the first page of a process would load the script
    return ploomber_engine.execute_notebook(
        NOTEBOOK, order["notebook"], parameters=order["parameters"], progress_bar=False
    )


EXECUTE: dict[str, Callable[[Mapping[str, Any]], Any]] = {
    PAPERMILL: execute_with_papermill,
    PLOOMBER: execute_with_ploomber,
}


@cache
def exporter() -> Any:
    """The one of this process."""
    from nbconvert import HTMLExporter

    return HTMLExporter()


def get_ready(peer: str, all_started: Any) -> None:
    """Import what a process of a pool needs, and wait until the others have."""
    exporter()
    if peer == PAPERMILL:
        import papermill  # noqa: F401
    else:
        import ploomber_engine  # noqa: F401

        import acquire.figures
        import acquire.notebook
        import acquire.tables  # noqa: F401
    all_started.wait()


def render_page(peer: str, order: Mapping[str, Any]) -> tuple[float, float]:
    """Execute a notebook and write its page; seconds and seconds of CPU."""
    start, before = perf_counter(), process_time() + used_by_children()
    page, _ = exporter().from_notebook_node(EXECUTE[peer](order))
    Path(order["page"]).write_text(page, encoding="utf-8")
    return perf_counter() - start, process_time() + used_by_children() - before


def serve_pool(peer: str, workers: int, answer: Callable[[Any], None]) -> None:
    """Render what comes on standard input in a pool of processes."""
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    context = get_context("spawn")
    given = (peer, context.Barrier(workers))
    with ProcessPoolExecutor(workers, context, get_ready, given) as pool:
        list(pool.map(abs, range(workers)))  # each starts one more process
        answer(None)
        for orders in _orders():
            answer(list(pool.map(render_page, [peer] * len(orders), orders)))


def serve_cells(answer: Callable[[Any], None]) -> None:
    """Run the notebook's code alone for what comes on standard input."""
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.utils.capture import capture_output
    from traitlets.config import Config

    shell = InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
    cells = [
        c for c in json.loads(NOTEBOOK.read_text("utf-8"))["cells"] if c["cell_type"] == "code"
    ]
    shows = sum("chart" in cell["metadata"].get("tags", ()) for cell in cells)

    def run(order: Mapping[str, Any]) -> tuple[float, float]:
        start, before, outputs = perf_counter(), process_time(), 0
        for cell in cells:
            with capture_output() as captured:
                done = shell.run_cell("".join(cell["source"]))
            done.raise_error()
            outputs += len(captured.outputs)
            if "parameters" in cell["metadata"].get("tags", ()):
                shell.push(order["parameters"])
        took = perf_counter() - start, process_time() - before
        if outputs <= shows:
            raise RuntimeError(f"{outputs} outputs")
        return took

    answer(None)
    for orders in _orders():
        answer([run(order) for order in orders])


def _orders() -> Iterator[list[dict[str, Any]]]:
    return map(json.loads, sys.stdin)


def serve(peer: str, workers: str) -> None:
    """Answer on what was standard output; whatever prints goes to standard error."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

    def answer(value: Any) -> None:
        answers.write(json.dumps(value) + "\n")
        answers.flush()

    serve_cells(answer) if peer == CELLS else serve_pool(peer, int(workers), answer)


# What is printed


@dataclass(frozen=True)
class Table:
    """Rows of figures below a title and names of columns."""

    title: str
    columns: Sequence[str]

    def head(self) -> Self:
        """Print the first line."""
        print(f"\n{self.title:32}" + "".join(f"{name:>13}" for name in self.columns))
        return self

    def row(self, name: str, figures: Sequence[float]) -> None:
        """Print a line."""
        texts = ["–" if isnan(figure) else shown(figure) for figure in figures]
        print(f"{name:32}" + "".join(f"{text:>13}" for text in texts))


def print_measured(found: Sequence[Measured], workers: int) -> None:
    """Seconds per vendor of each contender, ratios, and what each further vendor takes."""
    titles = {m.batch.size: _title(m.batch) for m in found}
    for what, title in (("wall", "seconds per vendor"), ("cpu", "CPU seconds per vendor")):
        table = Table(title, ("ours", *PEERS)).head()
        for m in found:
            table.row(titles[m.batch.size], list(m.per_vendor(what).values()))
    table = Table(
        "times as long as ours", (SHELL, f"(a) by {workers}*", PAPERMILL, PLOOMBER)
    ).head()
    for m in found:
        each = m.per_vendor("wall")
        ratios = [each[peer] / each["ours"] for peer in (SHELL, PAPERMILL, PLOOMBER)]
        table.row(titles[m.batch.size], [ratios[0], ratios[0] / workers, *ratios[1:]])
    print(f"* if run {workers} at a time, which here it is not, and no vendor waited for another")
    table = Table("ours: seconds of a run", ("least", "median", "most", "steady")).head()
    for m in found:
        walls = sorted(run.wall for run in m.ours)
        steady = median(run.steady for run in m.ours)
        table.row(titles[m.batch.size], [walls[0], median(walls), walls[-1], steady])
    print("steady: from report to report, once the comparison is done")
    print_further(found)


def print_further(found: Sequence[Measured]) -> None:
    """What each vendor takes beyond those of a smaller batch, against the cells alone."""
    columns = ("seconds", "CPU seconds", "seconds/(d)", "CPU/(d)")
    table = Table("ours: per further vendor", columns).head()
    rates = []
    for less, more in pairwise(found):
        wall, cpu = further(less, more, "wall"), further(less, more, "cpu")
        limit = more.per_vendor("cpu")[CELLS]
        name = f"from {less.batch.size} to {more.batch.size}"
        table.row(name, [wall, cpu, wall / limit, cpu / limit])
        rates.append(wall)
    if len(rates) > 1:
        print(f"flat in batch size if 1: {shown(rates[-1] / rates[0])} (seconds, last to first)")


def further(less: Measured, more: Measured, what: str) -> float:
    """Seconds of ours for each vendor of a batch beyond those of a smaller one."""
    whole = [m.per_vendor(what)["ours"] * m.batch.size for m in (less, more)]
    return (whole[1] - whole[0]) / (more.batch.size - less.batch.size)


def _title(batch: Batch) -> str:
    timed = len(batch.sample)
    return f"{batch.size} vendors" + (f", peers on {timed}" if timed < batch.size else "")


def reading_seconds(batch: Batch) -> float:
    """How long a notebook of (a), (b) and (c) takes to read the vendor file."""
    from acquire.inputs import read_inputs

    start = perf_counter()
    read_inputs(batch.file, ASSUMPTIONS)
    return perf_counter() - start


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vendors", type=int, nargs="+", default=[8, 40, 200])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--peers-sample", type=int, default=40)
    asked = parser.parse_args()
    os.environ.update(ENVIRONMENT)
    print(f"{os.cpu_count()} processors, {asked.workers} workers; ", end="")
    print_setting("ipykernel", "papermill", "nbclient", "nbconvert", "ploomber-engine")
    for peer, what in PEERS.items():
        print(f"{peer} {what}")
    found = []
    for size in sorted(set(asked.vendors)):
        with tempfile.TemporaryDirectory() as folder:
            vendors = Batch(size, asked.peers_sample, Path(folder))
            found.append(measure(vendors, asked.workers))
            reading_seconds(vendors)  # which imports what reading needs
            print(f"reading the file of {size} vendors: {shown(reading_seconds(vendors))} s")
    print_measured(found, asked.workers)


if __name__ == "__main__":
    main()
