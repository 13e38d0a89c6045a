"""The pool: one outcome for every job, whatever a notebook, its kernel or its worker does."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import nbformat
import pytest

from acquire.batch import pool as module
from acquire.batch.hosts import PATIENCE, ProcessHost, environment_for, host_for
from acquire.batch.job import NOTEBOOK, PAGE, RESULT, Allowance, Failure, Job, Outcome
from acquire.batch.pool import Pool
from acquire.batch.processes import LINUX
from tests.pages import RECORD, alive, job

NOTHING = "number: int = 1  # of nothing"
SHORT = {"copied": 4.0, "anew": 8.0, "plain": 12.0}
"""Seconds in which a kernel starts on any machine."""
WAYS = list(SHORT) if LINUX else ["plain"]
"""How kernels come about: copies, or started anew, below a keeper; without a keeper."""


@contextlib.contextmanager
def pool_in(folder: Path, way: str, workers: int = 2) -> Iterator[Pool]:
    """A pool whose processes work below a folder."""
    work = folder / "work"
    work.mkdir()
    rehearsal = job(work, "rehearsal", NOTHING, "import acquire") if way == "copied" else None
    host = host_for(environment_for(work), work, rehearsal, kept=way != "plain")
    with Pool(workers, host) as pool:
        yield pool


def outcomes(folder: Path, jobs: list[Job], way: str, workers: int = 2) -> dict[str, Outcome]:
    """The outcome of each job; each has just one."""
    with pool_in(folder, way, workers) as pool:
        found = list(pool.run(jobs))
    assert sorted(outcome.key for outcome in found) == sorted(job.key for job in jobs)
    return {outcome.key: outcome for outcome in found}


def wait_for_the_end_of(processes: list[int]) -> None:
    """Fail where one of the processes is still there after a while."""
    deadline = time.monotonic() + 15.0
    while left := [process for process in processes if alive(process)]:
        assert time.monotonic() < deadline, left
        time.sleep(0.05)


# notebooks good and bad


class Found(NamedTuple):
    """What becomes of notebooks that are run together."""

    place: Path
    way: str
    outcomes: dict[str, Outcome]

    def failure(self, key: str) -> Failure:
        """Why a job failed."""
        failure = self.outcomes[key].failure
        assert failure is not None
        return failure

    def files(self, key: str) -> set[str]:
        """What a job has left in its folder."""
        folder = self.place / key
        return (
            {path.name for path in folder.iterdir() if path.is_file()} if folder.is_dir() else set()
        )


@pytest.fixture(scope="module", params=WAYS)
def found(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Found:
    """Good and bad notebooks, by each way to start their kernels."""
    place = tmp_path_factory.mktemp("jobs")
    kill_parent = "import os, signal; os.kill(os.getppid(), signal.SIGKILL)"
    tries = f"open({str(place / 'tries')!r}, 'a').write('x')"
    jobs = [
        job(place, "good", NOTHING, RECORD),
        job(place, "parameters", NOTHING, "assert number == 7", RECORD, number=7),
        job(place, "wrong", NOTHING, "'before'", "1 / 0", RECORD),
        job(place, "silent", NOTHING, "1 + 1"),
        job(place, "dies", NOTHING, RECORD, "import os; os._exit(3)"),
        job(place, "kills", NOTHING, tries, RECORD, kill_parent),
        job(place, "prints", NOTHING, "print('{}', flush=True)", RECORD),
        job(
            place, "chatters", NOTHING, "print('x' * 3000)", RECORD, allowance=Allowance(output=999)
        ),
        job(place, "last", NOTHING, RECORD),
    ]
    return Found(place, request.param, outcomes(place, jobs, request.param))


def test_a_good_notebook_has_its_files(found: Found) -> None:
    """Page, executed notebook and what it recorded are written."""
    good = found.outcomes["good"]
    assert good.failure is None
    assert found.files("good") == {PAGE, NOTEBOOK, RESULT}
    folder = found.place / "good"
    assert "<title>good</title>" in (folder / PAGE).read_text("utf-8")
    assert json.loads((folder / RESULT).read_text("utf-8")) == [{"answer": 42}]
    notebook = nbformat.read(folder / NOTEBOOK, 4)
    nbformat.validate(notebook)
    assert [cell.execution_count for cell in notebook.cells] == [1, 2]


def test_parameters_reach_the_notebook(found: Found) -> None:
    """A job's parameters are those of its notebook's run."""
    assert found.outcomes["parameters"].failure is None


def test_a_failed_cell(found: Found) -> None:
    """An exception is the failure's reason, with cell and traceback; there is no page."""
    failure = found.failure("wrong")
    assert failure.what == "cell 3: ZeroDivisionError: division by zero"
    assert (failure.cell, failure.source) == (3, "1 / 0")
    assert "ZeroDivisionError" in failure.traceback
    assert "\x1b" not in failure.traceback
    assert found.files("wrong") == {NOTEBOOK}
    cells = nbformat.read(found.place / "wrong" / NOTEBOOK, 4).cells
    assert cells[1].outputs[0].data["text/plain"] == "'before'"
    assert [cell.execution_count for cell in cells] == [1, 2, 3, None]


def test_a_notebook_without_a_result(found: Found) -> None:
    """A notebook that ran and recorded nothing has failed."""
    assert found.failure("silent").what == "PageError: the notebook recorded no evaluation"
    assert found.files("silent") == {NOTEBOOK}


def test_a_kernel_that_dies(found: Found) -> None:
    """A kernel that ends by itself has failed, even where it had recorded a result before."""
    what = {"copied": "the kernel ended by itself, with exit code 3"}.get(
        found.way, "the kernel died"
    )
    assert found.failure("dies").what == f"cell 3: {what}"
    assert found.files("dies") == {NOTEBOOK}


def test_a_process_that_vanishes_is_replaced(found: Found) -> None:
    """The job of a dead process is tried once more; then it has failed, and the rest goes on."""
    assert found.failure("kills").lost
    assert (found.place / "tries").read_text() == "x" * module.STARTS
    assert found.outcomes["last"].failure is None


def test_what_a_notebook_prints_is_no_answer(found: Found) -> None:
    """A line on the standard output of a kernel is not taken for an outcome."""
    assert found.outcomes["prints"].failure is None


def test_too_much_output(found: Found) -> None:
    """A notebook that shows more than it may is stopped there."""
    assert found.failure("chatters").what == "cell 2: showed more than 0 MiB"


@pytest.mark.parametrize("way", WAYS)
def test_a_job_that_takes_too_long_is_given_up(tmp_path: Path, way: str) -> None:
    """An endless cell is ended after its time, its kernel too, and the next job has its turn."""
    limit = SHORT[way]
    endless = f"import os; open({str(tmp_path / 'kernel')!r}, 'w').write(str(os.getpid()))\n"
    endless += "import time\nwhile True: time.sleep(1)"
    slow = job(tmp_path, "endless", NOTHING, endless, allowance=Allowance(time=limit))
    found = outcomes(tmp_path, [slow, job(tmp_path, "next", NOTHING, RECORD)], way, workers=1)
    failure = found["endless"].failure
    assert failure is not None
    assert failure.what.endswith(f"took longer than {limit:g} seconds")
    assert failure.cell == (None if way == "plain" else 2)
    assert found["next"].failure is None
    wait_for_the_end_of([int((tmp_path / "kernel").read_text())])


@pytest.mark.parametrize("way", WAYS)
def test_leaving_the_pool_ends_everything(tmp_path: Path, way: str) -> None:
    """Whoever stops listening leaves neither workers nor kernels behind, nor waits for them."""
    endless = (
        f"import os; os.chdir({str(tmp_path)!r})\n"
        "open(f'worker-{os.getppid()}', 'w'); open(f'kernel-{os.getpid()}', 'w')\n"
        "while True: pass"
    )
    jobs = [job(tmp_path, f"endless-{i}", NOTHING, endless) for i in range(2)]
    with pool_in(tmp_path, way, workers=3) as pool:
        for outcome in pool.run([*jobs, job(tmp_path, "quick", NOTHING, RECORD)]):
            assert outcome.key == "quick"
            while len(list(tmp_path.glob("kernel-*"))) < 2:
                time.sleep(0.05)
            break
    names = [path.name for path in tmp_path.iterdir()]
    ids = [int(name[7:]) for name in names if name.startswith(("kernel-", "worker-"))]
    assert len(ids) == 4
    wait_for_the_end_of(ids)


@pytest.mark.skipif(not LINUX, reason="elsewhere there is no server")
def test_a_server_that_is_killed_is_started_again(tmp_path: Path) -> None:
    """Slots go on without the server, and a new slot has a new one."""
    kill = "import os, signal\nkeeper = os.getppid()\n"
    server = f"{kill}line = open(f'/proc/{{keeper}}/stat').read().rpartition(')')[2].split()\n"
    both = f"{server}os.kill(int(line[1]), signal.SIGKILL); os.kill(keeper, signal.SIGKILL)"
    jobs = [job(tmp_path, key, NOTHING, RECORD) for key in ("a", "b", "c")]
    jobs.insert(1, job(tmp_path, "kills", NOTHING, both))
    found = outcomes(tmp_path, jobs, "copied")
    assert {key for key, outcome in found.items() if outcome.failure} == {"kills"}


@pytest.mark.skipif(not LINUX, reason="elsewhere there is no server")
def test_a_server_that_gets_ready_is_not_waited_for(tmp_path: Path) -> None:
    """A run that is over ends a server that would still be importing long after."""
    note = tmp_path / "server"
    (tmp_path / "sitecustomize.py").write_text(
        f"import os, time\nopen({str(note)!r}, 'w').write(str(os.getpid()))\ntime.sleep(600)\n"
    )
    work = tmp_path / "work"
    work.mkdir()
    environment = environment_for(work) | {"PYTHONPATH": str(tmp_path)}
    host = host_for(environment, work, None)
    slot = host.start(queue.Queue())
    while not note.exists() or not note.read_text():
        time.sleep(0.01)
    began = time.monotonic()
    host.end([slot], over=True)
    host.close()
    assert time.monotonic() - began < PATIENCE
    wait_for_the_end_of([int(note.read_text())])


# processes good and bad


def workers_are(script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a shell stand in for a driver."""
    start = subprocess.Popen
    monkeypatch.setattr(
        subprocess, "Popen", lambda _, **options: start(["sh", "-c", script], **options)
    )


def for_shells(key: str, timeout: float = 60.0) -> Job:
    return Job(key, "", {}, {}, "", "", None, None, Allowance(time=timeout))


def reasons(jobs: list[Job], workers: int = 2) -> dict[str, str]:
    """Why jobs failed that were given to shells."""
    with Pool(workers, ProcessHost(os.environ)) as pool:
        found = list(pool.run(jobs))
    assert sorted(outcome.key for outcome in found) == sorted(job.key for job in jobs)
    return {o.key: o.failure.what for o in found if o.failure}


def answer(key: str, what: str) -> str:
    return Outcome(key, Failure(what)).to_line().strip().replace('"', r"\"")


def test_half_an_answer_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that dies in the middle of its answer has not answered."""
    workers_are('read job; printf \'{"key": "a", "resu\'; echo \'no memory\' >&2', monkeypatch)
    assert reasons([for_shells("a")]) == {"a": "the process died: no memory"}


def test_workers_that_cannot_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers that end at once fail every job, each after as many tries as any other."""
    workers_are("exit 3", monkeypatch)
    assert set(reasons([for_shells(key) for key in "abc"]).values()) == {
        "the process died: no message"
    }


def test_workers_take_one_job_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """There are no more workers than asked for, and each takes the next job when it is done."""
    workers_are(
        r"""while read job; do
        key=$(printf %s "$job" | sed 's/.*"key": "\([^"]*\)".*/\1/')
        echo """
        f'"{answer("$key", "worker $$")}"\ndone',
        monkeypatch,
    )
    found = reasons([for_shells(f"job-{i}") for i in range(40)], workers=3)
    assert 1 <= len(set(found.values())) <= 3


def test_no_job_no_worker() -> None:
    """Without jobs nothing is started."""
    with Pool(2, None) as pool:  # type: ignore[arg-type]
        assert list(pool.run([])) == []
        pool._host = ProcessHost(os.environ)


@pytest.mark.parametrize("timeout", [float("inf"), 1e300])
def test_without_a_limit(monkeypatch: pytest.MonkeyPatch, timeout: float) -> None:
    """A job may be given all the time there is."""
    workers_are(f'read job; echo "{answer("a", "done")}"; read more', monkeypatch)
    assert reasons([for_shells("a", timeout)]) == {"a": "done"}


def test_jobs_and_outcomes_survive_the_way() -> None:
    """What goes to a worker and comes back is the same, whatever text it holds."""
    text = 'a"b\n\N{RIGHT-TO-LEFT OVERRIDE}\N{GRINNING FACE}'
    allowance = Allowance(1.5, 7, 9)
    sent = Job(text, text, {text: text}, {text: text}, text, text, None, text, allowance, text)
    assert Job.from_line(sent.to_line()) == sent
    for outcome in (
        Outcome(text, Failure(text, 3, text, text, lost=True, errno=28), 3, 0.5),
        Outcome(text),
    ):
        assert "\n" not in outcome.to_line().strip()
        assert Outcome.from_line(outcome.to_line()) == outcome
