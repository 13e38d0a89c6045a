"""The pool: one outcome for every job, whatever a notebook, its kernel or its worker does."""

from __future__ import annotations

import json
import os
import subprocess
import time
from dataclasses import asdict
from pathlib import Path

import pytest

from acquire.batch import pool as module
from acquire.batch.pool import Pool
from acquire.batch.worker import Job, Outcome
from tests.pages import RECORD, alive, job

NOTHING = "number: int = 1  # of nothing"
PATIENCE = 300.0
"""Seconds that no job of these tests needs on any machine."""
SHORT = 25.0
"""Seconds in which a small notebook is done on any machine."""


def outcomes(jobs: list[Job], timeout: float = PATIENCE, workers: int = 2) -> dict[str, Outcome]:
    """The outcome of each job; each has just one."""
    with Pool(workers, timeout, os.environ) as pool:
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


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("jobs")


@pytest.fixture(scope="module")
def found(place: Path) -> dict[str, Outcome]:
    """What becomes of notebooks that are run together."""
    kill_worker = "import os, signal; os.kill(os.getppid(), signal.SIGKILL)"
    return outcomes(
        [
            job(place, "good", NOTHING, RECORD),
            job(place, "parameters", NOTHING, "assert number == 7", RECORD, number=7),
            job(place, "wrong", NOTHING, "1 / 0"),
            job(place, "silent", NOTHING, "1 + 1"),
            job(place, "dies", NOTHING, RECORD, "import os; os._exit(0)"),
            job(place, "kills", NOTHING, "open('tries', 'a').write('x')", RECORD, kill_worker),
            job(place, "prints", NOTHING, "print('{}', flush=True)", RECORD),
            job(place, "last", NOTHING, RECORD),
        ]
    )


def test_a_good_notebook_has_its_page_and_result(place: Path, found: dict[str, Outcome]) -> None:
    """The page is written, and what the notebook recorded comes back."""
    assert found["good"] == Outcome("good", results=[{"answer": 42}])
    assert "<title>good</title>" in (place / "good.html").read_text("utf-8")


def test_parameters_reach_the_notebook(found: dict[str, Outcome]) -> None:
    """A job's parameters are those of its notebook's run."""
    assert found["parameters"].failure is None


def test_a_failed_cell(place: Path, found: dict[str, Outcome]) -> None:
    """An exception is the failure's reason, with its cell, and there is no page."""
    said = str(found["wrong"].failure)
    assert said.startswith("cell ")
    assert said.endswith(": ZeroDivisionError: division by zero")
    assert not (place / "wrong.html").exists()


def test_a_notebook_without_a_result(place: Path, found: dict[str, Outcome]) -> None:
    """A notebook that ran and recorded nothing has failed."""
    assert found["silent"].failure == "PageError: the notebook recorded no evaluation"
    assert not (place / "silent.html").exists()


def test_a_kernel_that_dies(place: Path, found: dict[str, Outcome]) -> None:
    """A kernel that ends by itself has failed, even where it had recorded a result before."""
    assert "DeadKernelError" in str(found["dies"].failure)
    assert not (place / "dies.html").exists()


def test_a_worker_that_dies_is_replaced(place: Path, found: dict[str, Outcome]) -> None:
    """The job of a dead worker is tried once more; then it has failed, and the rest goes on."""
    assert str(found["kills"].failure).startswith("the process died: ")
    assert (place / "tries").read_text() == "x" * module.STARTS
    assert found["last"].failure is None


def test_what_a_notebook_prints_is_no_answer(found: dict[str, Outcome]) -> None:
    """A line on the standard output of a kernel is not taken for an outcome."""
    assert found["prints"] == Outcome("prints", results=[{"answer": 42}])


def test_a_job_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    """An endless cell is ended after its time, its kernel too, and the next job has its turn."""
    endless = "import os; open('kernel', 'w').write(str(os.getpid()))\nwhile True: pass"
    found = outcomes(
        [job(tmp_path, "endless", NOTHING, endless), job(tmp_path, "next", NOTHING, RECORD)],
        timeout=SHORT,
        workers=1,
    )
    assert found["endless"].failure == f"took longer than {SHORT:g} seconds"
    assert found["next"].failure is None
    wait_for_the_end_of([int((tmp_path / "kernel").read_text())])


def test_leaving_the_pool_ends_everything(tmp_path: Path) -> None:
    """Whoever stops listening leaves neither workers nor kernels behind, nor waits for them."""
    endless = (
        "import os; open(f'worker-{os.getppid()}', 'w'); open(f'kernel-{os.getpid()}', 'w')\n"
        "while True: pass"
    )
    jobs = [job(tmp_path, f"endless-{i}", NOTHING, endless) for i in range(2)]
    with Pool(3, PATIENCE, os.environ) as pool:
        for outcome in pool.run([*jobs, job(tmp_path, "quick", NOTHING, RECORD)]):
            assert outcome.key == "quick"
            while len(list(tmp_path.glob("kernel-*"))) < 2:
                time.sleep(0.05)
            break
    names = [path.name for path in tmp_path.iterdir()]
    ids = [int(name[7:]) for name in names if name.startswith(("kernel-", "worker-"))]
    assert len(ids) == 4
    wait_for_the_end_of(ids)


# workers good and bad


def workers_are(script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a shell stand in for a worker."""
    start = subprocess.Popen
    monkeypatch.setattr(
        subprocess, "Popen", lambda _, **options: start(["sh", "-c", script], **options)
    )


def for_shells(key: str) -> Job:
    return Job(key, "", {}, "", "", "", None, None)


def test_half_an_answer_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that dies in the middle of its answer has not answered."""
    workers_are('read job; printf \'{"key": "a", "resu\'; echo \'no memory\' >&2', monkeypatch)
    assert outcomes([for_shells("a")])["a"].failure == "the process died: no memory"


def test_workers_that_cannot_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers that end at once fail every job, each after as many tries as any other."""
    workers_are("exit 3", monkeypatch)
    found = outcomes([for_shells(key) for key in "abc"])
    assert {outcome.failure for outcome in found.values()} == {"the process died: no message"}


def test_workers_take_one_job_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """There are no more workers than asked for, and each takes the next job when it is done."""
    script = r"""while read job; do
        key=$(printf %s "$job" | sed 's/.*"key": "\([^"]*\)".*/\1/')
        echo "{\"key\": \"$key\", \"failure\": \"worker $$\"}"
    done"""
    workers_are(script, monkeypatch)
    found = outcomes([for_shells(f"job-{i}") for i in range(40)], workers=3)
    assert 1 <= len({outcome.failure for outcome in found.values()}) <= 3


def test_no_job_no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without jobs nothing is started."""
    monkeypatch.setattr(module, "_Worker", None)
    assert outcomes([]) == {}


@pytest.mark.parametrize("timeout", [float("inf"), 1e300])
def test_without_a_limit(monkeypatch: pytest.MonkeyPatch, timeout: float) -> None:
    """A job may be given all the time there is."""
    workers_are("""read job; echo '{"key": "a", "failure": "done"}'; read more""", monkeypatch)
    assert outcomes([for_shells("a")], timeout)["a"].failure == "done"


def test_jobs_and_outcomes_survive_the_way() -> None:
    """What goes to a worker and comes back is the same, whatever text it holds."""
    text = 'a"b\n\N{RIGHT-TO-LEFT OVERRIDE}\N{GRINNING FACE}'
    job_sent = Job(text, text, {text: text}, text, text, text, None, text)
    for sent in (Outcome(text, text, [{text: text}], 3), job_sent):
        assert type(sent)(**json.loads(json.dumps(asdict(sent)))) == sent
