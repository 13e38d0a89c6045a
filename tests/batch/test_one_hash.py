"""The same inputs give the same bytes: in any folder, at any time, by any number of workers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

import acquire as aq
from tests.batch.small import contents, start, write_inputs, write_notebook
from tests.pages import ROOT
from tests.samples import seeded

pytestmark = pytest.mark.promise

FOLDERS = ("out", "with some space", 'it\'s "quoted"', "{braces} %s $HOME", "föld€r 文件", "a/b/c")
SURROUNDINGS = {
    "TZ": ("UTC", "Asia/Tokyo", "America/St_Johns"),
    "LANG": ("C", "de_DE.UTF-8", "tr_TR.UTF-8"),
    "LC_ALL": ("", "C", "POSIX"),
    "PYTHONHASHSEED": ("0", "7", "random"),
    "HOME": ("/root", "/nowhere", "/tmp"),  # noqa: S108
    "COLUMNS": ("20", "80", "300"),
    "PYTHONWARNINGS": ("", "always", "error"),
    "PYTHONOPTIMIZE": ("", "2", ""),
    "NO_COLOR": ("", "1", "1"),
    "IPYTHONDIR": ("/nowhere", "", ""),
    "MPLBACKEND": ("agg", "tkagg", ""),
    "OMP_NUM_THREADS": ("1", "3", "16"),
}


SHOWS = """\
import locale, tempfile, time, warnings
import pandas as pd
print(time.localtime(0)[:6], time.tzname, {"a", "b", "c", "d"}, locale.getpreferredencoding())
print(pd.DataFrame([range(60)]), os.environ["OMP_NUM_THREADS"], __debug__)
warnings.warn("one of a library", ImportWarning, stacklevel=2)
pd.DataFrame([range(60)])
"""
"""What differs between surroundings, were they let into a notebook."""


def hash_of(folder: Path) -> str:
    """One hash of all published files and their names."""
    total = sha256()
    for name, content in sorted(contents(folder).items()):
        total.update(f"{name}\0{len(content)}\0".encode() + content)
    return total.hexdigest()


def finish(process: subprocess.Popen[str]) -> None:
    """Wait for a command that succeeds."""
    said = process.communicate(timeout=600)
    assert process.returncode == 0, said


def test_one_hash_in_all_surroundings(tmp_path: Path, times: Callable[[int, int], int]) -> None:
    """Runs in other folders and surroundings, interrupted or not, publish the same files."""
    notebook, file = write_notebook(tmp_path / "small.ipynb", SHOWS), write_inputs(tmp_path, 3)
    hashes: dict[str, str] = {}
    rng = seeded(4)
    for i in range(times(3, 20)):
        around = {name: rng.choice(values) for name, values in SURROUNDINGS.items()}
        out = tmp_path / str(i) / FOLDERS[(2 * i + i // 3) % len(FOLDERS)]
        command = (notebook, "render", file, "-o", out, "--workers", str(1 + i % 3))
        before = os.umask(rng.choice([0o022, 0o077, 0o000]))
        try:
            if i % 3 == 1:
                interrupted = start(*command, environment=around)
                while interrupted.poll() is None and not list(out.glob("vendors/*.html")):
                    time.sleep(0.02)
                interrupted.send_signal(signal.SIGTERM)
                interrupted.communicate(timeout=600)
                around["TZ"] = "Pacific/Kiritimati"
            finish(start(*command, *["--cold"] * (i % 3 == 2), environment=around))
        finally:
            os.umask(before)
        hashes[f"{out} {around}"] = hash_of(out)
    assert len(set(hashes.values())) == 1, hashes


def test_one_hash_of_the_real_reports(tmp_path: Path, times: Callable[[int, int], int]) -> None:
    """The package's own notebooks too, with all their charts; from new kernels or from copies."""
    vendors, firm = aq.read_inputs(ROOT / "data" / "vendors.csv", trials=512)
    chosen = vendors.only(list(vendors)[:3])
    first = aq.render(chosen, firm, tmp_path / "first", workers=1, cold=times(0, 1) == 1)
    assert first.failures == {}
    assert first.charts > 3
    command = ["render", str(ROOT / "data" / "vendors.csv"), *chosen, "--trials", "512"]
    subprocess.run(
        [sys.executable, "-m", "acquire.cli", *command, "--workers", "2", "-o", "se{c}ond 'one'"],
        cwd=tmp_path,
        env=os.environ | {name: values[1] for name, values in SURROUNDINGS.items()},
        check=True,
        capture_output=True,
        timeout=600,
    )
    assert hash_of(tmp_path / "se{c}ond 'one'") == hash_of(tmp_path / "first")
