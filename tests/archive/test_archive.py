"""Archives: the same folder, the same bytes; every link works; whatever differs is found."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest

from acquire.archive import BrokenLinksError, archive, verify
from acquire.archive.links import broken_links, target_of
from acquire.archive.package import sums_text
from acquire.archive.verify import read_sums
from acquire.batch.store import LocalStore
from acquire.errors import InputError
from tests.batch.small import contents
from tests.files import run
from tests.pages import Folder

PAGE = '<html><body><a href="{}">x</a></body></html>'


def small(folder: Path) -> Path:
    """A folder of reports with pages of a few words, as a run leaves it."""
    for name, text in {
        "index.html": '<a href="vendors/a.html">a</a><script src="assets/s.js"></script>',
        "vendors/a.html": '<a href="../index.html#x">i</a><a href="#y">y</a><img src="data:,">',
        "assets/s.js": "1",
        "results/a.json": "[]",
        ".acquire/journal.jsonl": '{"event": "start", "run": "r1"}\n'
        '{"event": "end", "run": "r1", "time": "t1", "status": "done", "done": 1}\n',
        ".acquire/lock": "",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    return small(tmp_path / "reports")


def test_a_real_folder_unzipped_elsewhere(folder: Folder, tmp_path: Path) -> None:
    """Everything published is in it, to the byte, and `sha256sum -c` finds it so."""
    made = archive(folder.out, tmp_path / "q4.zip")
    assert (made.path, made.bytes) == (tmp_path / "q4.zip", (tmp_path / "q4.zip").stat().st_size)
    shutil.unpack_archive(made.path, tmp_path / "elsewhere")
    found = contents(tmp_path / "elsewhere", hidden=True, keep=lambda _, content: content)
    manifest, sums = (found.pop(name) for name in ("MANIFEST.json", "SHA256SUMS"))
    assert found == contents(folder.out, keep=lambda _, content: content)
    assert made.files == len(found)
    done = subprocess.run(
        ["sha256sum", "--check", "--strict", "SHA256SUMS"],
        cwd=tmp_path / "elsewhere",
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.count(": OK\n") == sums.count(b"\n") == len(found) + 1
    listed = json.loads(manifest)
    assert listed["acquire"] == version("vendor-acquire")
    assert listed["files"] == [
        {"path": path, "sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
        for path, content in sorted(found.items())
    ]
    journal = (folder.out / ".acquire" / "journal.jsonl").read_text().splitlines()
    end = json.loads(journal[-1])
    assert listed["index"]["run"] == {n: end[n] for n in ("run", "time", "status")}
    assert listed["index"]["sha256"] == hashlib.sha256(found["index.html"]).hexdigest()
    assert verify(made.path, folder.out) == verify(tmp_path / "elsewhere", folder.out) == []


def test_the_same_folder_gives_the_same_bytes(reports: Path, tmp_path: Path) -> None:
    """Neither times nor rights nor the order of the files nor the place show in the archive."""
    first = archive(reports, tmp_path / "first.zip")
    other = tmp_path / "other"
    for name in sorted(contents(reports, hidden=True), reverse=True):
        (other / name).parent.mkdir(parents=True, exist_ok=True)
        (other / name).write_bytes((reports / name).read_bytes())
        (other / name).chmod(0o600)
        os.utime(other / name, (1e9, 1e9))
    archive(other, tmp_path / "second.zip")
    assert first.path.read_bytes() == (tmp_path / "second.zip").read_bytes()
    (other / "assets" / "s.js").write_text("2")
    archive(other, tmp_path / "third.zip")
    assert first.path.read_bytes() != (tmp_path / "third.zip").read_bytes()
    with zipfile.ZipFile(first.path) as file:
        assert file.namelist() == [
            *("assets/s.js", "index.html", "results/a.json", "vendors/a.html"),
            *("MANIFEST.json", "SHA256SUMS"),
        ]
        assert {info.date_time for info in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_an_archive_of_an_unzipped_archive(reports: Path, tmp_path: Path) -> None:
    """What an archive says of itself is written anew, and is not part of what it holds."""
    archive(reports, tmp_path / "a.zip")
    shutil.unpack_archive(tmp_path / "a.zip", tmp_path / "a")
    assert archive(tmp_path / "a", tmp_path / "b.zip").files == 4
    assert verify(tmp_path / "b.zip", reports) == []


# links


@pytest.mark.parametrize(
    ("link", "target"),
    [
        ("b.html", "vendors/b.html"),
        ("../index.html?x=1#y", "index.html"),
        ("./../a%20b.html", "a b.html"),
        ("", "vendors/a.html"),
        ("#x", "vendors/a.html"),
        ("../../index.html", None),
        ("/index.html", None),
        ("\\\\host\\x", None),
        ("//host/x", None),
        ("https://host/x", None),
        ("file:///x", None),
        ("javascript:x", None),
        ("http://[", None),
    ],
)
def test_where_a_link_leads(link: str, target: str | None) -> None:
    """A relative address is that of a file of the folder; any other leads out of it."""
    assert target_of("vendors/a.html", link) == target


@pytest.mark.parametrize(
    "html",
    [
        '<a href="none.html">',
        '<img src="none.png">',
        '<img srcset="index.html 1x, none.png 2x">',
        '<link rel="stylesheet" href="none.css">',
        '<object data="none">',
        '<video poster="none">',
        '<form action="none">',
        '<meta http-equiv="Refresh" content="0; url=none">',
        '<a href="https://example.test/">',
        "<a href='vendors'>",
    ],
)
def test_links_that_lead_nowhere(html: str) -> None:
    """Whatever a page loads or leads to is looked at; a folder is no page."""
    assert len(list(broken_links("index.html", html, {"index.html", "vendors/a.html"}))) == 1


def test_links_that_are_no_links() -> None:
    """Text, scripts, comments and what stands in the page itself lead nowhere to be checked."""
    html = (
        '<script>"<a href=none>"</script><!-- <a href=none> --><p>href="none"</p>'
        '<script type="application/json">{"x": "<img src=none>"}</script>'
        '<a href="#x">x</a><img src="data:image/png;base64,AAAA"><a name="x">y</a>'
    )
    assert list(broken_links("index.html", html, {"index.html"})) == []


def test_a_broken_link_is_named(reports: Path, tmp_path: Path) -> None:
    """Nothing is written where a link leads nowhere: exit code 1, with page and link."""
    (reports / "vendors" / "a.html").write_text('<a href="../gone.html">')
    (reports / "vendors" / "b.html").write_text('<img src="\x1b[2Jx">')
    ended = run("archive", reports, "-o", tmp_path / "q4.zip")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.splitlines() == [
        "vendors/a.html: the link ../gone.html leads to no file of the archive",
        "vendors/b.html: the link \\x1b[2Jx leads to no file of the archive",
        "nothing was written",
    ]
    with pytest.raises(BrokenLinksError):
        archive(reports, tmp_path / "q4.zip")
    assert list(tmp_path.iterdir()) == [reports]


# what is refused


def test_a_file_that_is_there(reports: Path, tmp_path: Path) -> None:
    """An archive replaces nothing, unless it is told to."""
    out = tmp_path / "q4.zip"
    out.write_text("former")
    ended = run("archive", reports, "-o", out)
    assert (ended.code, out.read_text()) == (2, "former")
    assert "exists; expected another place, or --force to replace it" in ended.err
    assert run("archive", reports, "-o", out, "--force").code == 0
    assert verify(out) == []


def test_a_run_that_is_going_on(reports: Path, tmp_path: Path) -> None:
    """While a run writes to the folder there is no archive of it; several archives may be made."""
    with LocalStore(reports).locked():
        ended = run("archive", reports, "-o", tmp_path / "q4.zip")
        single = run("archive", reports, "--single-file", "a", "-o", tmp_path / "a.html")
    assert ended.code == single.code == 2
    assert ended.err.startswith(f"reports: a run is writing to it (process {os.getpid()} on ")
    assert "expected its end, and then the same command again" in ended.err
    assert list(tmp_path.iterdir()) == [reports]
    with (reports / ".acquire" / "lock").open() as other:
        fcntl.flock(other, fcntl.LOCK_SH)
        archive(reports, tmp_path / "q4.zip")
        with pytest.raises(InputError, match="another run"), LocalStore(reports).locked():
            pass


def test_what_is_no_folder_of_reports(reports: Path, tmp_path: Path) -> None:
    """A place without an index, and an archive within its own folder, are refused."""
    assert "no such folder" in run("archive", tmp_path / "none", "-o", tmp_path / "x.zip").err
    assert "holds no index.html" in run("archive", tmp_path, "-o", tmp_path / "x.zip").err
    ended = run("archive", reports, "-o", reports / "x.zip")
    assert ended.code == 2
    assert "expected a place outside the folder of reports" in ended.err
    assert run("archive", reports).code == run("archive", "-o", "x.zip").code == 2
    assert run("archive", "--verify", reports, "--force").code == 2


# verification


@pytest.mark.parametrize("zipped", [True, False])
def test_what_differs_is_named(reports: Path, tmp_path: Path, zipped: bool) -> None:
    """A changed, a missing and an additional file are found, zipped or not."""
    archive(reports, tmp_path / "q4.zip")
    place = tmp_path / "unzipped"
    shutil.unpack_archive(tmp_path / "q4.zip", place)
    assert run("archive", "--verify", place).out == f"{place}: every file is what it was\n"
    content = bytearray((place / "results" / "a.json").read_bytes())
    content[0] ^= 1
    (place / "results" / "a.json").write_bytes(content)
    (place / "vendors" / "a.html").unlink()
    (place / "vendors" / "b.html").write_text("new")
    if zipped:
        place = Path(shutil.make_archive(str(tmp_path / "changed"), "zip", place))
    ended = run("archive", "--verify", place)
    assert ended.code == 1
    assert sorted(ended.out.splitlines()) == [
        "results/a.json is not what it was",
        "vendors/a.html is missing",
        "vendors/b.html was not there",
    ]
    assert ended.err == "3 differences\n"


def test_any_changed_byte_of_the_content_is_found(reports: Path, tmp_path: Path) -> None:
    """Wherever a byte of a file's compressed content is flipped, the archive is not what it was.

    But for the bits that fill up the last byte, which mean nothing.
    """
    path = archive(reports, tmp_path / "q4.zip").path
    whole = path.read_bytes()
    with zipfile.ZipFile(path) as file:
        infos = file.infolist()
    for info in (infos[0], infos[1], *infos[-2:]):
        start = info.header_offset + 30 + len(info.filename)
        for place in range(start, start + info.compress_size - 1):
            changed = bytearray(whole)
            changed[place] ^= 0xFF
            path.write_bytes(changed)
            assert verify(path) != [], (info.filename, place)


@pytest.mark.parametrize("kept", [0, 10, 200, -1, -30])
def test_an_archive_that_is_cut_off(reports: Path, tmp_path: Path, kept: int) -> None:
    """Half an archive, or something else, is said to be none."""
    path = archive(reports, tmp_path / "q4.zip").path
    path.write_bytes(path.read_bytes()[:kept])
    (found,) = verify(path)
    assert found.startswith("q4.zip is no zip file, or a damaged one: ")


def test_what_an_archive_says_of_itself(reports: Path, tmp_path: Path) -> None:
    """The manifest has its own hash, both lists have to agree, and neither may be missing."""
    archive(reports, tmp_path / "q4.zip")
    place = tmp_path / "unzipped"
    shutil.unpack_archive(tmp_path / "q4.zip", place)
    manifest, sums = place / "MANIFEST.json", place / "SHA256SUMS"
    before = manifest.read_bytes(), sums.read_bytes()
    manifest.write_bytes(before[0].replace(b'"size": 1', b'"size": 2'))
    assert verify(place) == ["MANIFEST.json is not what it was"]
    listed = json.loads(before[0])
    listed["files"].pop()
    manifest.write_text(json.dumps(listed))
    hashed = read_sums(before[1].decode()) | {
        "MANIFEST.json": hashlib.sha256(manifest.read_bytes()).hexdigest()
    }
    sums.write_text(sums_text(hashed))
    assert verify(place) == ["MANIFEST.json and SHA256SUMS differ"]
    sums.write_text("")
    assert verify(place) == ["SHA256SUMS holds no hashes"]
    sums.unlink()
    manifest.unlink()
    assert verify(place) == ["MANIFEST.json is missing", "SHA256SUMS is missing"]
    assert run("archive", "--verify", tmp_path / "none").code == 2


def test_a_folder_against_its_archive(reports: Path, tmp_path: Path) -> None:
    """Named together, a folder of reports is held against the archive as well."""
    archive(reports, tmp_path / "q4.zip")
    assert run("archive", reports, "--verify", tmp_path / "q4.zip").code == 0
    (reports / "assets" / "s.js").write_text("2")
    (reports / "results" / "a.json").unlink()
    (reports / "results" / "b.json").write_text("")
    assert verify(tmp_path / "q4.zip") == []
    ended = run("archive", reports, "--verify", tmp_path / "q4.zip")
    assert ended.code == 1
    assert ended.out.splitlines() == [
        "assets/s.js of reports differs from the archive",
        "results/a.json is no more in reports",
        "results/b.json of reports is not in the archive",
    ]


def test_odd_names_in_the_list_of_hashes(tmp_path: Path) -> None:
    """Names with line breaks and backslashes are written as `sha256sum` writes and reads them."""
    names = ["a b", "line\nbreak", "back\\slash", "\\n", "é", "carriage\rreturn"]
    for name in names:
        (tmp_path / name).write_text(name)
    sums = {n: hashlib.sha256(n.encode()).hexdigest() for n in names}
    (tmp_path / "SUMS").write_text(sums_text(sums), newline="")
    assert read_sums(sums_text(sums)) == sums
    checked = ["sha256sum", "--check", "--strict", "--quiet", "SUMS"]
    subprocess.run(checked, cwd=tmp_path, check=True, capture_output=True)
