"""The disk is full, at whatever byte: no earlier report is harmed, and the next run completes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import acquire as aq
from acquire.batch.processes import LINUX
from tests.batch.small import contents, some_vendors, use, write_inputs, write_notebook
from tests.pages import ROOT
from tests.samples import firm, seeded

pytestmark = [
    pytest.mark.promise,
    pytest.mark.skipif(not LINUX, reason="file systems and limits as Linux has them"),
]

resource = pytest.importorskip("resource")
VENDORS = some_vendors(4)
Contents = dict[str, bytes]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Contents, Contents]:
    """A folder with notebook, inputs and former reports in `old`; those, and what comes of it."""
    here = tmp_path_factory.mktemp("prepared")
    notebook = write_notebook(here / "small.ipynb")
    write_inputs(here, len(VENDORS))
    with pytest.MonkeyPatch.context() as patch:
        use(notebook, patch.setattr)
        for name, trials in (("old", 32), ("new", 64)):
            assert aq.render(VENDORS, firm(trials=trials), here / name).failures == {}
    return here, contents(here / "old"), contents(here / "new")


@pytest.fixture
def small_disk(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """A disk of 16 MiB; a user who may not mount one tries in a namespace of mounts."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if said("mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(disk)) is None:
        apart = ("unshare", "--map-root-user", "--mount")
        if INSIDE in os.environ or said(*apart, "true") is None:
            pytest.skip("no disk can be mounted here")
        test = [sys.executable, "-m", "pytest", f"{ROOT}/{request.node.nodeid}"]
        test += ["--long"] * request.config.getoption("--long")
        passed = said(*apart, "env", f"{INSIDE}=yes", *test)
        assert passed and " 1 passed" in passed
        pytest.skip("passed in a namespace of its own")
    yield disk
    assert said("umount", "--lazy", str(disk)) is not None


INSIDE = "ACQUIRE_TESTS_INSIDE"
"""Set within the namespace."""


def said(*command: str) -> str | None:
    """What a command says, None where it fails or there is none."""
    try:
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None


def render(here: Path, out: Path, limit: int | None = None) -> tuple[int, list[str]]:
    """Exit code and messages of the command, which may write files no longer than a limit."""

    def lower() -> None:
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    command = ["render", str(here / "vendors.yaml"), "-o", str(out), "--workers", "2"]
    process = subprocess.run(
        [sys.executable, "-m", "tests.batch.small", str(here / "small.ipynb"), *command],
        check=False,
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(out.parent)},
        preexec_fn=lower,
        capture_output=True,
        text=True,
        timeout=600,
    )
    return process.returncode, process.stderr.splitlines()


def fill(disk: Path, left: int) -> None:
    """Leave so many bytes of a disk, or a little more, as its blocks will have it."""
    free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_bsize
    with (disk / "filler").open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, free - left)


def assert_unharmed(out: Path, old: Contents, new: Contents) -> None:
    """Every report is the former one or the new one, and the summaries are whole ones of some."""
    found = contents(out)
    assert set(found) == set(old)
    for name, content in found.items():
        if name == "index.html":
            assert content.endswith(b"</html>")
        elif name == "results.json":
            assert isinstance(json.loads(content), list)
        else:
            assert content in (old[name], new[name]), name
    assert set(contents(out / ".acquire", hidden=True)) == {"journal.jsonl", "lock"}


def assert_stopped(said: list[str], why: str) -> None:
    """One line says why, and nothing failed on its own account."""
    assert [line for line in said if why in line] == [said[-1]], said
    assert said[-1].startswith("stopped by the system: ")
    assert not any(line.startswith(("Traceback", "vendor-", "comparison")) for line in said), said


def test_a_full_disk(
    prepared: tuple[Path, Contents, Contents], small_disk: Path, times: Callable[[int, int], int]
) -> None:
    """Filled up at a random byte, the disk keeps whole reports; with room the run is completed."""
    here, old, new = prepared
    out, rng, stopped = small_disk / "out", seeded(2), 0
    while stopped < times(2, 50):
        if not out.exists():
            shutil.copytree(here / "old", out)
        left = rng.choice([rng.randrange(20_000), rng.randrange(200_000)])
        fill(small_disk, left)
        code, said = render(here, out)
        assert_unharmed(out, old, new)
        if code:
            stopped += 1
            assert code == 1, (left, said)
            assert_stopped(said, "No space left on device")
        (small_disk / "filler").unlink()
        if not code or stopped % 2 == 0:
            assert render(here, out)[0] == 0
            assert contents(out) == new
            shutil.rmtree(out)


def test_a_disk_that_is_full_from_the_start(
    prepared: tuple[Path, Contents, Contents], small_disk: Path
) -> None:
    """Without room for the first file there is none, not even half of it."""
    here, _, new = prepared
    largest = max(map(len, new.values()))
    out = small_disk / "out"
    fill(small_disk, largest - 100_000)
    code, said = render(here, out)
    assert code == 1, said
    assert_stopped(said, "No space left on device")
    assert not any(name.startswith(("assets/plotly", "vendors/")) for name in contents(out))


def test_files_may_not_be_long(
    prepared: tuple[Path, Contents, Contents], tmp_path: Path, times: Callable[[int, int], int]
) -> None:
    """Stopped at a random byte of a file, by a limit of the user's, all is as on a full disk."""
    here, old, new = prepared
    out, rng = tmp_path / "out", seeded(3)
    shutil.copytree(here / "old", out)
    longest = len(new["comparison.ipynb"])
    for point in range(times(2, 50)):
        limit = int(longest ** rng.uniform(0.5, 1.0)) - 1
        code, said = render(here, out, limit)
        assert code == 1, (limit, said)
        assert_stopped(said, "File too large")
        assert_unharmed(out, old, new)
        if point % 10 == 1:
            assert render(here, out)[0] == 0
            assert contents(out) == new
            shutil.rmtree(out)
            shutil.copytree(here / "old", out)


def test_no_room_for_the_inputs_of_a_notebook(
    prepared: tuple[Path, Contents, Contents], tmp_path: Path
) -> None:
    """A file that cannot be written before a notebook starts stops the run, and is no failure."""
    here, old, _ = prepared
    out = Path(shutil.copytree(here / "old", tmp_path / "out"))
    shutil.copy(here / "small.ipynb", tmp_path)
    largest = write_inputs(tmp_path, 40).stat().st_size  # of all vendors, for the comparison
    code, said = render(tmp_path, out, largest - 1000)
    assert code == 1, said
    assert_stopped(said, "File too large")
    assert not any("failed" in name for name in contents(out))
    assert contents(out)["comparison.html"] == old["comparison.html"]
