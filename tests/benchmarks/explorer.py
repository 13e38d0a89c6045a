"""How fast the explorer answers, against `ipywidgets.interact`, in one JupyterLab.

    python -m tests.benchmarks.explorer [--presses 40] [--rounds 4]

Both evaluate a vendor at 32,768 draws and show its verdict, its figures in words and the same four
plotly figures, each in a page of JupyterLab in headless Chromium. They take turns, some presses of
ArrowRight on the slider of the price at a time. A press is timed from the key until the frame is
painted in which the new state stands in the page: first in words, then in all four charts.

- numbers, figures: milliseconds, median and 95th percentile.
- burst: 30 presses at the pace of a held key; from the last of them until its state is on screen.
- ready: from opening a page whose kernel runs until the charts are drawn.
- sent: bytes over the websocket, plotly.js apart, before the first change; and per change.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from time import perf_counter

from playwright.sync_api import Browser, Page, WebSocket, sync_playwright

from tests.benchmarks.paired import print_setting
from tests.e2e.lab import Lab, open_page, ready, run_all, serving
from tests.pages import BROWSER_ARGUMENTS, browser_path

ROOT = Path(__file__).parents[2]
HELD = 1.0 / 30.0
"""Seconds between two presses of a key that is held."""
OURS = f"""
import acquire as aq
vendors, firm = aq.read_inputs({str(ROOT / "data" / "vendors.csv")!r}, trials=32768)
aq.explore(vendors, firm, "nimbus")
"""
INTERACT = f"""
import ipywidgets, plotly.io
import acquire as aq
from acquire.evaluation import distribution
from acquire.sensitivity import price_map
from acquire.vendor import replaced
vendors, firm = aq.read_inputs({str(ROOT / "data" / "vendors.csv")!r}, trials=32768)

def show(price):
    evaluation = aq.evaluate(replaced(vendors["nimbus"], price=price), firm)
    display(aq.tables.verdict(evaluation), evaluation.payoffs, evaluation.conditions)
    for figure in (
        aq.figures.payoffs(evaluation),
        aq.figures.distribution(evaluation, distribution(evaluation)),
        aq.figures.success(evaluation),
        aq.figures.region_map(price_map(evaluation), "USD"),
    ):
        display(figure)

slider = ipywidgets.FloatSlider(
    value=100e6, min=2e6, max=350e6, step=1e6, continuous_update=True, readout=False
)
ipywidgets.interact(show, price=slider);
"""
OURS_STATE = """
  words: () => document.querySelector(".acquire-explorer").dataset.revision,
  charts: () => document.querySelector(".acquire-explorer .views .charts").dataset.revision,
  same: (words, charts) => words === charts,
"""
INTERACT_STATE = """
  words: () => document.querySelector(".widget-interact .verdict .figures")?.textContent,
  charts: () => {
    const drawn = document.querySelectorAll(".widget-interact .js-plotly-plot .main-svg .xtitle");
    const plots = new Set([...drawn].map((title) => title.closest(".js-plotly-plot")));
    return plots.size === 4 ? [...plots].map((plot) => (plot.mine ??= Math.random())).join() : "";
  },
  same: () => true,
"""
"""A new state is a new text and four new plots: `interact` clears its output each time."""
WATCH = """
window.seen = { STATE };
window.timed = { pressed: 0, words: 0, charts: 0 };
// the first task after the frame that is being made has been painted
const painted = (then) => {
  const channel = new MessageChannel();
  channel.port1.onmessage = then;
  channel.port2.postMessage(0);
};
document.addEventListener("keydown", () => {
  const { words, charts, same } = window.seen;
  const before = [words(), charts()];
  const timed = (window.timed = { pressed: performance.now(), words: 0, charts: 0 });
  const mark = (what) => painted(() => (timed[what] ||= performance.now() - timed.pressed));
  const look = () => {
    if (timed !== window.timed) return;
    const now = [words(), charts()];
    if (!timed.words && now[0] && now[0] !== before[0]) mark("words");
    if (now[1] && now[1] !== before[1] && same(...now)) mark("charts");
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}, true);
"""


@dataclass
class Contender:
    """A page with a slider, and what was measured on it."""

    name: str
    page: Page
    slider: str
    sent: list[int]
    words: list[float] = field(default_factory=list)
    charts: list[float] = field(default_factory=list)
    per_change: list[int] = field(default_factory=list)
    bursts: list[float] = field(default_factory=list)
    before: int = 0
    ready: float = 0.0

    def press(self, presses: int) -> None:
        """Press the key so many times, each once the one before is on screen."""
        self.page.bring_to_front()
        self.page.locator(self.slider).focus()
        for _ in range(presses):
            self.page.wait_for_timeout(120)
            before = sum(self.sent)
            self.page.keyboard.press("ArrowRight")
            self.page.wait_for_function("() => window.timed.charts > 0", timeout=20_000)
            timed = self.page.evaluate("() => window.timed")
            self.words.append(timed["words"])
            self.charts.append(timed["charts"])
            self.page.wait_for_timeout(60)
            self.per_change.append(sum(self.sent) - before)

    def burst(self) -> None:
        """Hold the key for 30 steps; how long after the last its state is on screen."""
        self.page.bring_to_front()
        self.page.locator(self.slider).focus()
        start = perf_counter()
        for i in range(30):
            while perf_counter() < start + i * HELD:
                self.page.wait_for_timeout(1)
            self.page.keyboard.down("ArrowLeft")
        self.page.keyboard.up("ArrowLeft")
        released = self.page.evaluate("() => performance.now()")
        last = released
        for _ in range(60):  # until nothing has changed for a while
            self.page.wait_for_timeout(25)
            state = self.page.evaluate("() => [window.seen.words(), window.seen.charts()].join()")
            now = self.page.evaluate("() => performance.now()")
            if not hasattr(self, "_state") or state != self._state:
                self._state, last = state, now
        self.bursts.append(last - released)


def visited(
    browser: Browser, lab: Lab, name: str, source: str, state: str, slider: str
) -> Contender:
    """Run a notebook once, then open it again as a page whose kernel runs."""
    address = lab.notebook(f"{name}.ipynb", source)
    page = open_page(browser, address, 1920, 1200)
    sent: list[int] = []

    def watch(socket: WebSocket) -> None:
        socket.on("framereceived", lambda data: sent.append(len(data)))

    page.on("websocket", watch)
    run_all(page)
    page.wait_for_function(f"() => ({{{state}}}).charts()", timeout=120_000)
    page.wait_for_timeout(1500)
    contender = Contender(name, page, slider, sent)
    contender.before = sum(sent)
    if name == "explorer":
        page.keyboard.press("Control+s")
        page.wait_for_timeout(500)
        start = perf_counter()
        page.reload()
        ready(page)
        contender.ready = perf_counter() - start
    page.evaluate(WATCH.replace("STATE", state))
    return contender


def percentile(values: list[float], share: float) -> float:
    """The value that so large a share of the others does not exceed."""
    return sorted(values)[min(int(share * len(values)), len(values) - 1)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--presses", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--alone", action="store_true", help="without interact")
    given = parser.parse_args()
    print_setting("plotly", "ipywidgets", "anywidget", "jupyterlab")
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder)) as lab,
        sync_playwright() as playwright,
    ):
        path = browser_path()
        assert path is not None
        browser = playwright.chromium.launch(executable_path=path, args=BROWSER_ARGUMENTS)
        ours = '.acquire-explorer [data-name="price"] input[type=range]'
        contenders = [visited(browser, lab, "explorer", OURS, OURS_STATE, ours)]
        if not given.alone:
            theirs = ".widget-interact .noUi-handle"
            contenders.append(visited(browser, lab, "interact", INTERACT, INTERACT_STATE, theirs))
        for contender in contenders:
            contender.press(3)
            contender.words.clear(), contender.charts.clear(), contender.per_change.clear()
        for _ in range(given.rounds):
            for contender in contenders:
                contender.press(given.presses)
            contenders[0].burst()
        for contender in contenders:
            print(f"{contender.name}:")
            for what in ("words", "charts"):
                values = getattr(contender, what)
                print(
                    f"  {what}: median {median(values):.0f} ms, "
                    f"95th percentile {percentile(values, 0.95):.0f} ms of {len(values)}"
                )
            print(f"  sent before the first change: {contender.before / 1e6:.2f} MB")
            print(f"  sent per change: {median(contender.per_change) / 1e3:.1f} kB")
            if contender.ready:
                print(f"  ready after opening: {contender.ready:.1f} s")
            if contender.bursts:
                shown = ", ".join(f"{burst:.0f}" for burst in contender.bursts)
                print(f"  on screen after a burst: {shown} ms")
        if len(contenders) == 2:
            ratio = median(contenders[1].charts) / median(contenders[0].charts)
            print(f"interact takes {ratio:.1f} times as long")


if __name__ == "__main__":
    main()
