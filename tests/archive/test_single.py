"""One vendor's page as a single file: the published page, all inside, nothing asked for."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from acquire.archive import single_page
from acquire.archive.single import self_contained
from acquire.errors import InputError
from acquire.report.page import PLOTLY_FILE, PageError
from tests.files import run
from tests.pages import Folder, Visit
from tests.test_page import addresses, charts_of, policy_of


def page(folder: Path, html: str, **files: str) -> str:
    """A page made self-contained, with files beside it by name, "_" for a point."""
    for name, text in files.items():
        (folder / name.replace("_", ".")).write_text(text)
    return self_contained(folder, "index.html", f"<html>{html}</html>")


def test_nothing_leads_to_another_file(folder: Folder, tmp_path: Path) -> None:
    """The page has no address but of places in it, and all the text and charts it had."""
    out = tmp_path / "mail" / "index.html"
    ended = run("archive", folder.out, "--single-file", "index", "-o", out)
    assert (ended.code, ended.err) == (0, "")
    made = out.read_text("utf-8")
    published = (folder.out / "vendors" / "index.html").read_text("utf-8")
    assert {a for a in addresses(made) if not a.startswith("#")} == {"data:,"}
    assert "<nav" not in made
    assert charts_of(made) == charts_of(published)
    one, other = (re.search("<main>.*</main>", h, re.DOTALL) for h in (made, published))
    assert one is not None and other is not None
    linked = re.compile('<a class="what" href="[^"]*">(.*?)</a>')
    without = linked.sub(r'<span class="what">\1</span>', other[0])
    assert without != other[0]
    assert one[0] == re.sub('<p class="how">.*?</p>', "", without)
    assert "How these figures come about" in other[0]
    assert [path.name for path in out.parent.iterdir()] == [out.name]


def test_only_its_own_scripts_are_let_in(folder: Folder, tmp_path: Path) -> None:
    """The content security policy names the hashes of the scripts inside and no other source."""
    single_page(folder.out, "con", tmp_path / "con.html")
    made = (tmp_path / "con.html").read_text("utf-8")
    policy = policy_of(made)
    before = policy_of((folder.out / "vendors" / "con.html").read_text("utf-8"))
    assert re.fullmatch(r"('sha256-[\w+/]{43}=' ?){4}", policy.pop("script-src"))
    assert before.pop("script-src") == "'self' file:"
    assert policy == before
    assert f'src="../assets/{PLOTLY_FILE}' not in made


@pytest.mark.browser
@pytest.mark.parametrize("vendor_id", ["index", "con"])
def test_it_opens_alone(
    folder: Folder, tmp_path: Path, visit: Callable[..., Visit], vendor_id: str
) -> None:
    """Alone in a folder it draws every chart, asks for nothing and says nothing."""
    out = tmp_path / f"{vendor_id}.html"
    single_page(folder.out, vendor_id, out)
    seen = visit(out.as_uri())
    published = (folder.out / "vendors" / f"{vendor_id}.html").read_text("utf-8")
    assert seen.wait_for_charts() == len(charts_of(published)) > 0
    assert seen.requests == [out.as_uri()]
    assert seen.said == []
    assert seen.page.evaluate("window.pwned") is None
    name = folder.vendors[vendor_id].name
    assert seen.texts("h1")[0][:10] == name[:10]


def test_every_kind_of_file_is_put_inside(tmp_path: Path) -> None:
    """Scripts, styles and pictures stand in the page; links become text, places stay links."""
    made = page(
        tmp_path,
        '<head><link rel="stylesheet" href="s.css"><link rel="next" href="n.html">'
        '<script defer src="a.js"></script></head><body><nav><a href="i.html">All</a></nav>'
        '<p>T &amp; &lt;b&gt; &eacute; <a href="i.html" class="x">there <b>it</b> is</a> '
        '<a href="#y">here</a><a id="y">y</a><img alt="a &amp; b" src="p.png" srcset="p.png 2x">'
        "</p></body>",
        s_css="p { color: red }",
        a_js='if (1 < 2) document.write("</p>");',
        p_png="picture",
    )
    assert made == (
        "<html><head><style>p { color: red }</style>"
        '<script>if (1 < 2) document.write("</p>");</script></head><body>'
        '<p>T &amp; &lt;b&gt; &eacute; <span class="x">there <b>it</b> is</span> '
        '<a href="#y">here</a><a id="y">y</a>'
        '<img alt="a &amp; b" src="data:image/png;base64,cGljdHVyZQ==">'
        "</p></body></html>"
    )


def test_a_page_that_needs_nothing_stays_as_it_is(tmp_path: Path) -> None:
    """What is inside already is not touched, to the byte."""
    html = "<p>\r\n&nbsp; &unknown; < x\t</P><!-- <a href=x> --><script>'<a href=x>'</script>"
    assert page(tmp_path, html) == f"<html>{html}</html>"


@pytest.mark.parametrize(
    ("html", "what"),
    [
        ('<script src="none.js"></script>', "asks for none.js, which is not there"),
        ('<script src="../x.js"></script>', "asks for ../x.js, which is not there"),
        ('<img src="https://example.test/x">', "asks for https://example.test/x"),
        ('<script src="end.js"></script>', "end.js cannot stand in a page"),
        ('<body background="https://example.test/x">', "would load"),
    ],
)
def test_a_page_that_cannot_be_made_whole(tmp_path: Path, html: str, what: str) -> None:
    """A file that is missing, elsewhere, or would end its own script makes no page."""
    (tmp_path.parent / "x.js").write_text("outside")
    with pytest.raises(PageError, match=re.escape(what)):
        page(tmp_path, html, end_js='"</SCRIPT>"')


def test_a_vendor_without_a_page(folder: Folder, tmp_path: Path) -> None:
    """An id that has no page is refused with the nearest that has, and a taken place too."""
    with pytest.raises(InputError, match=r"comparisn: has no page.*did you mean comparison\?"):
        single_page(folder.out, "comparisn", tmp_path / "x.html")
    with pytest.raises(InputError, match="has no page"):
        single_page(folder.out, "../index", tmp_path / "x.html")
    (tmp_path / "x.html").write_text("former")
    ended = run("archive", folder.out, "--single-file", "con", "-o", tmp_path / "x.html")
    assert ended.code == 2
    assert (tmp_path / "x.html").read_text() == "former"


def test_a_missing_script_is_named(tmp_path: Path) -> None:
    """The command says what a page asks for in vain, and writes nothing."""
    (tmp_path / "vendors").mkdir()
    (tmp_path / "index.html").write_text("")
    (tmp_path / "vendors" / "a.html").write_text('<script src="../s.js"></script>')
    ended = run("archive", tmp_path, "--single-file", "a", "-o", tmp_path / "mail" / "a.html")
    assert ended.code == 1
    assert ended.err.startswith("vendors/a.html asks for ../s.js, which is not there\n")
    assert not (tmp_path / "mail" / "a.html").exists()
