"""Two hundred hostile strings in every field: shown as they were typed, and none of them runs.

The browser is told to ignore the pages' content security policy, so what holds is the escaping
alone; the policy is a second wall that tests/test_page.py looks at.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest
from playwright.sync_api import Browser

import acquire as aq
from acquire.batch.job import Failure
from acquire.report.failure import failure_page
from acquire.vendor import replaced
from tests.samples import GENERIC, STRATEGIC, UNCERTAIN, firm, vendor

pytestmark = pytest.mark.browser

OUT_OF = (
    *("", '">', "'>", "</script>", "</title>", "</style>", "</bdi></td></table>", "--> "),
    *("]]>", "</noscript></textarea>", "x\\", '"}]}</script>', "`;"),
)
"""Ends of what a text may stand in."""
BODIES = (
    "<script>pwned=1</script>",
    "<img src=x onerror=pwned=1>",
    "<svg/onload=pwned=1>",
    "<svg><script>pwned=1</script></svg>",
    '<iframe srcdoc="<script>parent.pwned=1</script>"></iframe>',
    '<a href="javascript:pwned=1">a link</a>',
    "<details open ontoggle=pwned=1>",
    "<input autofocus onfocus=pwned=1>",
    '<object data="data:text/html,<script>parent.pwned=1</script>"></object>',
    '<meta http-equiv="refresh" content="0;url=javascript:pwned=1">',
    "<form><button formaction=javascript:pwned=1 autofocus>go</button></form>",
    "&lt;script&gt;pwned=1&lt;/script&gt;",
    "\\u003cscript\\u003epwned=1\\u003c/script\\u003e",
    "$\\href{javascript:pwned=1}{x}$ %{x} ${pwned=1} {{ pwned=1 }} {% raw %}",
    ";pwned=1;//'\N{LINE SEPARATOR}pwned=1//",
    "<math><mtext><style><img src=x onerror=pwned=1></style>",
)
STRINGS = [f"{start}{body}" for body, start in product(BODIES, OUT_OF)][:200]

LOOK = """() => {
  for (const details of document.querySelectorAll("details")) details.open = true;
  const all = [...document.querySelectorAll("*")];
  const addresses = all.flatMap((e) => [...e.attributes])
    .filter((a) => /^(xlink:)?(href|src|action|formaction|data|srcdoc)$/.test(a.name));
  return {
    pwned: window.pwned ?? null,
    handlers: all.flatMap((e) => [...e.attributes]).filter((a) => a.name.startsWith("on")).length,
    javascript: addresses.filter((a) => /^\\s*javascript:/i.test(a.value)).length,
    foreign: document.querySelectorAll("iframe, object, embed, base, form, math, template").length,
    refreshing: document.querySelectorAll("meta[http-equiv=refresh i]").length,
    scripts: [...document.scripts]
      .filter((s) => !s.src.includes("/assets/") && s.type !== "application/json").length,
    pictures: document.querySelectorAll("img[src=x]").length,
  };
}"""
NOTHING = {
    "pwned": None,
    **dict.fromkeys(("handlers", "javascript", "foreign", "refreshing", "scripts", "pictures"), 0),
}


def made(count: int) -> aq.Vendors:
    """Vendors that have, between them, each of the first strings in each of their fields."""
    strings = STRINGS[:: len(STRINGS) // count][:count]
    return aq.Vendors(
        [
            replaced(
                vendor(STRATEGIC | UNCERTAIN if i % 2 else GENERIC),
                vendor_id=f"vendor-{i:03}",
                name=strings[i],
                offering=strings[(i + count // 3) % count],
                approved_by=strings[(i + 2 * count // 3) % count],
            )
            for i in range(count)
        ]
    )


def failures(folder: Path, vendors: aq.Vendors) -> None:
    """Pages of failures in which everything is hostile."""
    folder.mkdir()
    for key, shown in vendors.items():
        text = str(shown.name)
        failure = Failure(what=text, cell=1, source=text, traceback=text)
        page = failure_page(failure, title=text, home="../index.html", rerun=text)
        (folder / f"{key}.html").write_text(page, "utf-8")


def test_no_hostile_string_runs(
    tmp_path: Path, chromium: Browser, times: Callable[[int, int], int]
) -> None:
    """On every page each is a text, and the page has no element, handler or address of theirs."""
    assert len(set(STRINGS)) == 200
    vendors, used = made(times(3, 200)), firm(currency="<b>$€$</b>", trials=64)
    before = {key: replaced(vendors[key], price=700.0) for key in [*vendors][::2]}
    assert aq.render(before, used, tmp_path / "<i>old").failures == {}
    out = tmp_path / "out"
    assert aq.render(vendors, used, out, against=tmp_path / "<i>old").failures == {}
    failures(out / "failed", vendors)
    context = chromium.new_context(bypass_csp=True)
    page = context.new_page()
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    paths = sorted(out.rglob("*.html"))
    assert len(paths) == 2 * len(vendors) + 4
    for path in paths:
        page.goto(path.as_uri())
        page.evaluate(LOOK)
        page.wait_for_timeout(150)
        own = int(path.parent.name == "failed")  # whose script is in the page
        assert page.evaluate(LOOK) == NOTHING | {"scripts": own}, path
        if path.parent.name in ("vendors", "failed"):
            name = str(vendors[path.stem].name)
            shown = page.locator("h1").evaluate("e => e.textContent")
            assert " ".join(shown.split()) == " ".join(name.split()), path
    assert dialogs == []
    context.close()
