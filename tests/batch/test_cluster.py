"""A run on a Dask cluster: the same reports, whatever becomes of its workers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import acquire as aq
from acquire.batch import cluster as module
from acquire.batch.cluster import connect, on_cluster
from acquire.batch.identity import versions
from acquire.batch.job import NOTEBOOK, PAGE, RESULT
from acquire.batch.processes import LINUX
from tests.batch.small import contents, some_vendors, use, write_notebook
from tests.pages import RECORD, ROOT, job
from tests.samples import firm

dask = pytest.importorskip("dask")
distributed = pytest.importorskip("distributed")

NOTHING = "number: int = 1  # of nothing"
FIRM = firm(trials=64)


class Cluster:
    """Two worker processes on this machine, with the nannies that replace them."""

    def __init__(self, folder: Path, workers: int = 2) -> None:
        self.mark = f"CLUSTER_OF_A_TEST={uuid.uuid4().hex}"
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv(*self.mark.split("="))
            self.local = distributed.LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                dashboard_address="127.0.0.1:0",
                worker_dashboard_address="127.0.0.1:0",
                local_directory=str(folder),
            )
        self.client = connect(self.local.scheduler_address)

    def busy(self) -> int:
        """Process of a worker that has a task, once there is one."""
        until(lambda: any(self.client.processing().values()))
        address = next(a for a, running in self.client.processing().items() if running)
        return int(self.client.run(os.getpid, workers=[address])[address])

    def processes(self) -> set[int]:
        """Everything that the cluster has started: its workers, and all below them."""
        found = set()
        for process in Path("/proc").glob("[0-9]*"):
            try:
                marked = self.mark.encode() in (process / "environ").read_bytes()
                tracker = b"resource_tracker" in (process / "cmdline").read_bytes()
            except OSError:
                continue
            if marked and not tracker:  # which ends with the process of the tests
                found.add(int(process.name))
        return found

    def close(self) -> None:
        self.client.close()
        self.local.close()


def until(condition: Callable[[], bool]) -> None:
    """Wait for something that happens soon."""
    deadline = time.monotonic() + 20.0
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path_factory.mktemp("cluster"))
    yield cluster
    cluster.close()
    if LINUX:
        until(lambda: not cluster.processes())  # servers, slots and kernels have ended as well


@pytest.fixture
def notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Puts a notebook of a few cells in place of the package's."""

    def put(*cells: str) -> None:
        use(write_notebook(tmp_path / "small.ipynb", *cells), monkeypatch.setattr)

    return put


# runs


def test_a_worker_killed_in_the_middle_of_a_task(
    cluster: Cluster, notebook: Callable[..., None], tmp_path: Path
) -> None:
    """All reports are there, the same to the byte as those of a run on this machine alone."""
    notebook("import time; time.sleep(0.3)")
    killed = []

    def listen(event: Any) -> None:
        if event["event"] == "report" and not killed:
            killed.append(cluster.busy())
            os.kill(killed[0], signal.SIGKILL)

    vendors = some_vendors(6)
    there = aq.render(vendors, FIRM, tmp_path / "there", client=cluster.client, listen=listen)
    here = aq.render(vendors, FIRM, tmp_path / "here", workers=2)
    assert killed
    assert there.failures == here.failures == {}
    assert there.pages == 8
    assert contents(tmp_path / "there") == contents(tmp_path / "here")


def test_a_notebook_that_fails(
    cluster: Cluster, notebook: Callable[..., None], tmp_path: Path
) -> None:
    """It fails as it does on this machine, alone, and leaves as much."""
    notebook("assert 'vendor-0001' not in all_vendors")
    vendors = some_vendors(2)
    rendered = [
        aq.render(vendors, FIRM, tmp_path / name, client=client)
        for name, client in (("here", None), ("there", cluster.client))
    ]
    assert rendered[0].failures == rendered[1].failures
    assert "AssertionError" in rendered[1].failures["vendor-0001"]
    here, there = contents(tmp_path / "here"), contents(tmp_path / "there")
    assert here.keys() == there.keys()
    assert there["failures/vendor-0001.ipynb"]


def test_a_second_run_renders_nothing(
    cluster: Cluster, notebook: Callable[..., None], tmp_path: Path
) -> None:
    """What a cluster has rendered is up to date for this machine, and the other way round."""
    notebook()
    first = aq.render(some_vendors(1), FIRM, tmp_path, client=cluster.client)
    assert len(first.rendered) == 3  # with the comparison and the method
    assert aq.render(some_vendors(1), FIRM, tmp_path).rendered == ()
    assert aq.render(some_vendors(1), FIRM, tmp_path, client=cluster.client).rendered == ()


def test_without_a_rehearsal(cluster: Cluster, tmp_path: Path) -> None:
    """Kernels may be started anew on the workers too; all files come back, and no other."""
    (outcome,) = on_cluster(cluster.client, None)([job(tmp_path, "a", NOTHING, RECORD)])
    assert outcome.failure is None
    folder = tmp_path / "a"
    assert {path.name for path in folder.iterdir()} == {PAGE, NOTEBOOK, RESULT}


def test_an_interrupted_run_takes_its_tasks_back(
    cluster: Cluster, notebook: Callable[..., None], tmp_path: Path
) -> None:
    """What no worker has begun is begun by none."""
    notebook()

    def listen(event: Any) -> None:
        if event["event"] == "report":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        aq.render(some_vendors(12), FIRM, tmp_path, client=cluster.client, listen=listen)
    until(lambda: not cluster.local.scheduler.tasks)


# what a cluster may lack


def test_a_worker_with_another_environment(cluster: Cluster, tmp_path: Path) -> None:
    """Its tasks fail, with the versions that differ; a page it would make might be another."""

    def change() -> None:
        from acquire.batch import cluster as there
        from acquire.batch.identity import versions

        found = versions() | {"vendor-acquire": "0.0.1"}
        del found["click"]
        there.environment, there.versions = lambda: "another", lambda: found

    def change_back() -> None:
        from acquire.batch import cluster as there
        from acquire.batch import identity

        there.environment, there.versions = identity.environment, identity.versions

    cluster.client.run(change)
    try:
        (outcome,) = on_cluster(cluster.client, None)([job(tmp_path, "a", NOTHING, RECORD)])
    finally:
        cluster.client.run(change_back)
    assert outcome.failure is not None
    said = outcome.failure.what
    here = versions()
    assert "has another environment" in said
    assert f"vendor-acquire 0.0.1 (here {here['vendor-acquire']})" in said
    assert f"click missing (here {here['click']})" in said
    assert list((tmp_path / "a").iterdir()) == []


def test_the_difference_of_environments_in_words() -> None:
    """The package's own versions are named whatever else differs, and few of the others."""
    here = {"vendor-acquire": "1", "a": "1", "b": "1", "c": "1", "d": "1", "e": "1"}
    other = "has another environment: vendor-acquire 1 (here 1)"
    assert module._difference(here, here).endswith(f"{other}, of other files")
    assert module._difference(here, here | {"d": "2"}).endswith(f"{other}, d 2 (here 1)")
    there = dict.fromkeys(here, "2")
    assert module._difference(here, there).endswith("c 2 (here 1) and 2 more")


WAITS = "import time; time.sleep(60)"


def meanwhile(cluster: Cluster, what: Callable[[], object]) -> threading.Thread:
    """A thread that does something once the cluster has a task."""

    def do() -> None:
        until(lambda: bool(cluster.local.scheduler.tasks))
        what()

    thread = threading.Thread(target=do)
    thread.start()
    return thread


@pytest.fixture
def small_cluster(tmp_path: Path) -> Iterator[Callable[[int], Cluster]]:
    """Starts a cluster of a few workers; a task may take none of them with it."""
    clusters = []

    def start(workers: int) -> Cluster:
        with dask.config.set({"distributed.scheduler.allowed-failures": 0}):
            clusters.append(Cluster(tmp_path, workers))
        return clusters[-1]

    yield start
    for cluster in clusters:
        cluster.close()


def test_workers_that_die_of_a_job(small_cluster: Callable[[int], Cluster], tmp_path: Path) -> None:
    """A job whose workers die too often has failed, and the next one is run."""
    cluster = small_cluster(1)
    execute = on_cluster(cluster.client, None)
    thread = meanwhile(cluster, lambda: os.kill(cluster.busy(), signal.SIGKILL))
    (killed,) = execute([job(tmp_path, "kills", NOTHING, WAITS)])
    thread.join()
    assert killed.failure is not None
    assert killed.failure.what == "Dask workers died running it, 1 in a row"
    (good,) = execute([job(tmp_path, "good", NOTHING, RECORD)])
    assert good.failure is None


def test_a_cluster_that_vanishes(small_cluster: Callable[[int], Cluster], tmp_path: Path) -> None:
    """Every job fails, those included that were never begun."""
    cluster = small_cluster(0)
    jobs = [job(tmp_path, key, NOTHING, WAITS) for key in ("a", "b", "c")]
    thread = meanwhile(cluster, cluster.local.close)
    found = list(on_cluster(cluster.client, None)(jobs))
    thread.join()
    assert sorted(outcome.key for outcome in found) == ["a", "b", "c"]
    assert {o.failure and o.failure.what for o in found} == {module.LOST}


def test_a_cluster_without_workers(
    small_cluster: Callable[[int], Cluster], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Jobs fail when there has been nobody to run them for long."""
    monkeypatch.setattr(module, "DESERTED", 0.5)
    jobs = [job(tmp_path, key, NOTHING, RECORD) for key in ("a", "b")]
    found = list(on_cluster(small_cluster(0).client, None)(jobs))
    assert [outcome.key for outcome in found] == ["a", "b"]
    assert {o.failure and o.failure.what for o in found} == {"the cluster has no worker"}


# no cluster at all


def test_nobody_at_the_address(tmp_path: Path) -> None:
    """The command line says so in one line and exits with 2, before anything is written."""
    out = tmp_path / "out"
    command = ["render", "data/vendors.csv", "--out", str(out), "--dask", "tcp://127.0.0.1:1"]
    done = subprocess.run(
        [sys.executable, "-m", "acquire.cli", *command],
        check=False,
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert done.stderr == (
        "dask = tcp://127.0.0.1:1: no Dask scheduler answers there; expected the address of a "
        "scheduler, such as tcp://scheduler:8786\n1 problem; nothing was written\n"
    )
    assert not out.exists()


@pytest.mark.parametrize("address", ["", "nonsense", "tcp://", "tcp://host:port", "carrier://a:1"])
def test_malformed_addresses(address: str) -> None:
    """What is no address is refused at once, by the reason that Dask gives."""
    with pytest.raises(aq.InputError, match="no such address") as caught:
        connect(address)
    assert "such as tcp://scheduler:8786" in str(caught.value)


def test_dask_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message says how to install it."""
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(aq.InputError, match=r'pip install "vendor-acquire\[dask\]"'):
        connect("tcp://127.0.0.1:1")
