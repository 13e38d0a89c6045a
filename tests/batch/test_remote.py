"""Reports at a URL: the same as in a folder, in a bucket as S3 has them and at other places."""

from __future__ import annotations

import itertools
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import acquire as aq
from acquire.batch.remote import RemoteStore, journal, lock
from acquire.batch.remote.journal import JOURNAL
from acquire.batch.remote.lock import LOCK
from acquire.batch.remote.place import UPLOAD, Place
from tests.batch.small import (
    contents,
    some_vendors,
    start,
    use,
    without_the_run,
    write_inputs,
    write_notebook,
)
from tests.pages import ROOT
from tests.samples import firm

fsspec = pytest.importorskip("fsspec")

FIRM = firm(trials=64)
SECRET = "not-to-be-shown"  # noqa: S105 - of nobody
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "someone",
    "AWS_SECRET_ACCESS_KEY": SECRET,
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "NO_PROXY": "127.0.0.1",
}


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    """A bucket of a server on this machine that speaks as S3 does."""
    pytest.importorskip("s3fs")
    server_module = pytest.importorskip("moto.server")
    server = server_module.ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    with pytest.MonkeyPatch.context() as environment:
        address = "http://{}:{}".format(*server.get_host_and_port())
        for name, value in ENVIRONMENT.items() | {("AWS_ENDPOINT_URL", address)}:
            environment.setenv(name, value)
        fsspec.filesystem("s3").mkdir("reports")
        yield "s3://reports"
    server.stop()


NUMBERS = itertools.count()


@pytest.fixture(params=["s3", "file", "memory"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A place where nothing is, of each kind that a test does not choose among."""
    if request.param == "s3":
        return f"{request.getfixturevalue('bucket')}/some/{next(NUMBERS)}"
    if request.param == "file":
        return f"file://{tmp_path}/remote"
    return f"memory://some/{next(NUMBERS)}"


@pytest.fixture(autouse=True)
def notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A notebook of a few lines in place of the package's."""
    path = write_notebook(tmp_path / "small.ipynb")
    use(path, monkeypatch.setattr)
    return path


def names(url: str) -> list[str]:
    """The addresses of all files at a URL."""
    files, root = fsspec.core.url_to_fs(url)
    files.invalidate_cache()
    return [path[len(root) + 1 :] for path in files.find(root)]


def there(url: str, *, hidden: bool = False) -> dict[str, bytes]:
    """Every file at a URL by its address; those of the journal and the lock only if asked."""
    files, root = fsspec.core.url_to_fs(url)
    found = [name for name in names(url) if hidden or not name.startswith(".acquire/")]
    return {name: without_the_run(name, files.cat_file(f"{root}/{name}")) for name in found}


def put(url: str, address: str, content: bytes) -> None:
    """Put a file at a URL behind the back of whoever uses it."""
    files, root = fsspec.core.url_to_fs(url)
    files.makedirs(f"{root}/{address}".rpartition("/")[0], exist_ok=True)
    files.pipe_file(f"{root}/{address}", content)


def locks(url: str) -> list[str]:
    return [name for name in names(url) if name.startswith(LOCK)]


def until(condition: Callable[[], object]) -> None:
    """Wait for something that happens soon."""
    deadline = time.monotonic() + 30.0
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


RENDERED = pytest.mark.parametrize("url", ["s3", "file"], indirect=True)

# runs


@RENDERED
def test_the_same_as_in_a_folder(url: str, tmp_path: Path) -> None:
    """The same files with the same bytes, and nothing of the run but its journal."""
    here = aq.render(some_vendors(2), FIRM, tmp_path / "here")
    rendered = aq.render(some_vendors(2), FIRM, url)
    assert (rendered.out, rendered.index) == (url, f"{url}/index.html")
    assert (rendered.pages, rendered.failures) == (here.pages, {})
    assert there(url) == contents(tmp_path / "here")
    assert all(name.startswith(JOURNAL) for name in names(url) if ".acquire/" in name)


@RENDERED
def test_only_what_changed_is_rendered_again(url: str) -> None:
    """A second run renders nothing, one with another price of a vendor that vendor alone."""
    aq.render(some_vendors(3), FIRM, url)
    assert aq.render(some_vendors(3), FIRM, url).rendered == ()
    first, second, third = some_vendors(3).values()
    vendors = aq.Vendors([first, replace(second, price=7.0), third])
    again = aq.render(vendors, FIRM, url)
    assert sorted(again.rendered) == ["comparison.html", "vendor-0001"]
    assert aq.render(vendors, FIRM, url).rendered == ()


@pytest.mark.parametrize("url", ["s3"], indirect=True)
def test_what_is_missing_is_rendered_again(url: str) -> None:
    """A page that somebody has removed or cut off comes back."""
    aq.render(some_vendors(3), FIRM, url)
    before = there(url)
    files, root = fsspec.core.url_to_fs(url)
    files.rm_file(f"{root}/vendors/vendor-0001.html")
    files.pipe_file(f"{root}/vendors/vendor-0002.html", b"<html>")
    again = aq.render(some_vendors(3), FIRM, url)
    assert sorted(again.rendered) == ["vendor-0001", "vendor-0002"]
    assert there(url) == before


@pytest.mark.parametrize("url", ["s3"], indirect=True)
def test_failures_and_their_end(url: str, tmp_path: Path) -> None:
    """What failed has a page that says why, which is gone once it succeeds."""
    write_notebook(tmp_path / "small.ipynb", "assert 'vendor-0001' not in all_vendors")
    assert set(aq.render(some_vendors(2), FIRM, url).failures) == {"vendor-0001"}
    assert "failures/vendor-0001.html" in there(url)
    write_notebook(tmp_path / "small.ipynb")
    assert aq.render(some_vendors(2), FIRM, url).failures == {}
    assert [name for name in there(url) if "fail" in name] == []


def test_a_browser_is_told_what_a_page_is(bucket: str) -> None:
    """Objects carry their type, so that a bucket can be looked at as it is."""
    aq.render(some_vendors(1), FIRM, f"{bucket}/typed")
    files = fsspec.filesystem("s3")
    for address in ("index.html", "vendors/vendor-0000.html"):
        assert files.info(f"reports/typed/{address}")["ContentType"] == "text/html"
    assert files.info("reports/typed/results.json")["ContentType"] == "application/json"


@pytest.mark.usefixtures("bucket")
def test_a_place_that_vanishes() -> None:
    """The run stops with an error of the system, whatever its library calls it."""
    files = fsspec.filesystem("s3")
    files.mkdir("doomed")

    def listen(event: Any) -> None:
        if event["event"] == "report":
            files.rm("doomed", recursive=True)

    with pytest.raises(OSError, match="bucket does not exist"):
        aq.render(some_vendors(3), FIRM, "s3://doomed/reports", listen=listen)


def test_a_run_that_is_killed(bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next one takes over after a while, goes on where it was, and leaves the same files."""
    slow = write_notebook(tmp_path / "small.ipynb", "import time; time.sleep(0.2)")
    file = write_inputs(tmp_path, 8)
    vendors, assumptions = aq.read_inputs(file)
    url = f"{bucket}/killed"
    (temporary := tmp_path / "temporary").mkdir()
    place = {"TMPDIR": str(temporary)}
    run = start(slow, "render", file, "--out", url, "--workers", "1", environment=place)
    until(lambda: sum(name.startswith("vendors/") for name in names(url)) >= 2)
    run.send_signal(signal.SIGKILL)
    run.communicate()
    done = sum(name.startswith("vendors/") for name in names(url))
    until(lambda: not list(temporary.iterdir()))  # its processes have cleared away what it used
    with pytest.raises(aq.InputError, match="another run is writing to it"):
        aq.render(vendors, assumptions, url)
    monkeypatch.setattr(lock, "ABANDONED", 0.5)
    time.sleep(2.0)  # S3 tells times in whole seconds
    rendered = aq.render(vendors, assumptions, url)
    assert rendered.failures == {}
    assert 1 <= len(rendered.rendered) <= 9 - done + 1  # one perhaps was not in the journal yet
    aq.render(vendors, assumptions, tmp_path / "whole")
    assert there(url) == contents(tmp_path / "whole")
    assert locks(url) == []


# one run at a time


@RENDERED
def test_two_runs_at_a_time(url: str) -> None:
    """The second is refused, in words that tell which is the first, and disturbs nothing."""
    said = []

    def listen(event: Any) -> None:
        if event["event"] == "report":
            with pytest.raises(aq.InputError) as caught:
                aq.render(some_vendors(1), FIRM, url)
            said.append(str(caught.value))

    assert aq.render(some_vendors(1), FIRM, url, listen=listen).failures == {}
    assert f"another run is writing to it (process {os.getpid()} on " in said[0]
    assert re.search(r", last heard of \d+ seconds? ago\)", said[0])
    assert all(name.startswith(JOURNAL) for name in names(url) if ".acquire/" in name)


def test_many_runs_that_begin_together(url: str) -> None:
    """One of them begins, and no more."""
    barrier, begun, refused = threading.Barrier(6), [], []

    def run() -> None:
        barrier.wait()
        try:
            with RemoteStore(url).locked():
                begun.append(1)
                until(lambda: len(begun) + len(refused) == 6)
        except aq.InputError:
            refused.append(1)

    threads = [threading.Thread(target=run) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(begun) <= 1
    assert len(begun) + len(refused) == 6
    assert locks(url) == []
    assert begun


def test_an_abandoned_lock(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is respected while it may be somebody's, whatever time it tells, and taken over then."""
    put(url, f"{LOCK}00000007", b'{"holder": "process 1 on another machine", "renewed": 0}')
    with pytest.raises(aq.InputError, match="process 1 on another machine, last heard of"):
        aq.render(some_vendors(1), FIRM, url)
    monkeypatch.setattr(lock, "ABANDONED", 0.5)
    time.sleep(2.0)  # S3 tells times in whole seconds
    with RemoteStore(url).locked():
        assert locks(url) == [f"{LOCK}00000008"]
    assert locks(url) == []


def test_a_lock_is_renewed(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that takes long is not taken for a dead one."""
    monkeypatch.setattr(lock, "RENEWAL", 0.1)
    with RemoteStore(url).locked():
        before = there(url, hidden=True)
        until(lambda: there(url, hidden=True) != before)
        assert locks(url) == [f"{LOCK}00000001"]


def test_a_run_that_was_taken_for_dead(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run whose machine slept writes no more once another has taken over."""
    store = RemoteStore(url)
    with store.locked() as work:
        (work / "page").write_text("a page")
        files, root = fsspec.core.url_to_fs(url)
        files.rm_file(f"{root}/{locks(url)[0]}")
        put(url, f"{LOCK}00000002", b'{"token": "another"}')
        monkeypatch.setattr(lock, "RENEWAL", 0.0)  # as if that time had passed
        for write in (
            lambda: store.record({"event": "report"}),
            lambda: store.publish({"index.html": work / "page"}),
        ):
            with pytest.raises(OSError, match="another run has taken over"):
                write()
    assert names(url) == [f"{LOCK}00000002"]


# the journal and the files


def test_events_stay_in_order_whatever_clocks_say(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another machine's clock may be behind; what it adds still comes last."""
    for number, now in enumerate((2_000, 1_000, 3_000)):
        monkeypatch.setattr(journal.time, "time_ns", lambda now=now: now)
        store = RemoteStore(url)
        with store.locked():
            store.record({"number": number})
    with store.locked():
        assert [event["number"] for event in store.events()] == [0, 1, 2]


def test_many_events_become_one_object(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many runs there are, there are not many objects, and all events."""
    monkeypatch.setattr(journal, "MANY", 4)
    for run in range(5):
        store = RemoteStore(url)
        with store.locked():
            store.record({"number": 2 * run})
            store.record({"number": 2 * run + 1})
            assert [e["number"] for e in store.events()] == list(range(2 * run + 2))
        assert sum(name.startswith(JOURNAL) for name in names(url)) < 4


@pytest.mark.parametrize("removed", [0, 2])
def test_killed_while_events_become_one_object(
    url: str, monkeypatch: pytest.MonkeyPatch, removed: int
) -> None:
    """No event is lost, and the last of a report is still its last."""
    monkeypatch.setattr(journal, "MANY", 5)
    store = RemoteStore(url)

    def die(place: Any, *addresses: str) -> None:
        for address in addresses[:removed]:
            remove(place, address)
        raise KeyboardInterrupt

    remove = Place.remove
    with pytest.raises(KeyboardInterrupt), store.locked():  # noqa: PT012 - it ends in between
        for number in range(6):
            store.record({"number": number})
        monkeypatch.setattr(Place, "remove", die)
    monkeypatch.setattr(Place, "remove", remove)
    monkeypatch.setattr(lock, "ABANDONED", -1.0)
    for _ in range(2):
        with store.locked():
            numbers = [event["number"] for event in store.events()]
            assert set(numbers) == set(range(6))
            assert numbers[-6:] == list(range(6))


def test_files_come_and_go(url: str) -> None:
    """What was published is read, held by its size, and removed, in this run and the next."""
    store = RemoteStore(url)
    with store.locked() as work:
        assert store.read("results/a.json") is None
        store.remove("results/a.json")
        for name in ("a", "b", "c"):
            (work / name).write_text(f"[{name}]")
            store.publish({f"results/{name}.json": work / name})
        (work / "page").write_text("page")
        store.publish({"vendors/a.html": work / "page"})
        assert store.read("results/a.json") == b"[a]"
        assert store.read("vendors/a.html") == b"page"
    with (store := RemoteStore(url)).locked():
        assert store.holds("results/a.json", "any", 3)
        assert not store.holds("results/a.json", "any", 4)
        assert [store.read(f"results/{name}.json") for name in "abc"] == [b"[a]", b"[b]", b"[c]"]
        store.remove("results/a.json")
        assert store.read("results/a.json") is None
        assert not store.holds("results/a.json", "any", 3)
        assert set(there(url)) == {"results/b.json", "results/c.json", "vendors/a.html"}


def test_a_file_that_vanishes_during_the_run(url: str) -> None:
    """It is none, and those beside it are read all the same."""
    put(url, "results/a.json", b"[a]")
    put(url, "results/b.json", b"[b]")
    with (store := RemoteStore(url)).locked():
        files, root = fsspec.core.url_to_fs(url)
        files.rm_file(f"{root}/results/b.json")
        assert store.read("results/b.json") is None
        assert store.read("results/a.json") == b"[a]"


def test_half_a_file_is_never_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is written bit by bit has another name until it is whole; one cut off goes."""
    url = f"file://{tmp_path}/remote"
    put(url, "index.html", b"former")
    files, _ = fsspec.core.url_to_fs(url)

    def stop(_: object, source: str, target: str, **__: Any) -> None:
        Path(target).write_bytes(Path(source).read_bytes()[:3])
        raise OSError("the line is cut")

    store = RemoteStore(url)
    with store.locked() as work:
        (work / "page").write_text("present")
        with monkeypatch.context() as patch:
            patch.setattr(type(files), "put_file", stop)
            with pytest.raises(OSError, match="the line is cut"):
                store.publish({"index.html": work / "page"})
        assert there(url) == {"index.html": b"former"}
    assert any(name.startswith(UPLOAD) for name in names(url))
    with store.locked():
        pass
    assert names(url) == ["index.html"]


def test_a_place_without_conditions(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody says who was first, a run that overwrote another's lock still notices."""
    write = Place.put

    def also_put(place: Any, address: str, content: bytes) -> None:
        write(place, address, content)
        write(place, address, b'{"token": "of one who was as fast"}')

    monkeypatch.setattr(Place, "put_new", also_put)
    with pytest.raises(aq.InputError, match="which has just started"), RemoteStore(url).locked():
        pass
    assert locks(url) == [f"{LOCK}00000001"]


# what is wrong


def render_there(url: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command line."""
    return subprocess.run(
        [sys.executable, "-m", "acquire.cli", "render", "data/vendors.csv", "--out", url],
        check=False,
        cwd=ROOT,
        env=dict(os.environ) | environment,
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize(
    ("place", "environment", "wrong"),
    [
        ("s3://nowhere/reports", {}, "the specified bucket does not exist"),
        (
            "s3://reports/x",
            {
                "AWS_ACCESS_KEY_ID": "",
                "AWS_SECRET_ACCESS_KEY": "",
                "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
                "AWS_CONFIG_FILE": "/dev/null",
            },
            "unable to locate credentials",
        ),
    ],
)
@pytest.mark.usefixtures("bucket")
def test_a_bucket_that_cannot_be_written_to(
    place: str, environment: dict[str, str], wrong: str
) -> None:
    """The command line says why in one line, shows no secret, and exits with 2."""
    done = render_there(place, **environment)
    expected = "a place that can be reached and written to"
    assert done.stderr == f"{place}: {wrong}; expected {expected}\n1 problem; nothing was written\n"
    assert done.returncode == 2


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("nowhere://x", "protocol not known: nowhere; expected a folder, or a URL such as"),
        ("s3://", "it names no place"),
        ("file:///proc/reports", "expected a place that can be reached and written to"),
        ("memory://a*b", "takes for a pattern"),
    ],
)
def test_urls_that_are_wrong(url: str, said: str) -> None:
    """What cannot be used is said before anything is rendered."""
    if url.startswith("s3:"):
        pytest.importorskip("s3fs")
    with pytest.raises(aq.InputError) as caught:
        aq.render(some_vendors(1), FIRM, url)
    assert str(caught.value).startswith(f"{url}: ")
    assert said in str(caught.value)


def test_passwords_are_not_repeated() -> None:
    """A URL may hold one, which no message shows."""
    with pytest.raises(aq.InputError) as caught:
        RemoteStore(f"ftp://me:{SECRET}@127.0.0.1:1/reports")
    assert "ftp://127.0.0.1:1/reports: connection refused" in str(caught.value)
    assert SECRET not in str(caught.value)
    assert str(RemoteStore(f"memory://me:{SECRET}@place/x")) == "memory://place/x"


@pytest.mark.parametrize("missing", ["fsspec.core", "s3fs"])
def test_packages_that_are_missing(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message says how to install them."""
    registry = import_module("fsspec.registry")  # which something else hides by its name
    monkeypatch.delitem(registry._registry, "s3", raising=False)
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(aq.InputError) as caught:
        RemoteStore("s3://reports/x")
    assert str(caught.value) == (
        "s3://reports/x: what s3:// needs is not installed; "
        'expected its package: pip install "vendor-acquire[s3]"'
    )
