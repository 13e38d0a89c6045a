"""The explorer as a Jupyter widget: a session whose state is in synchronised traits.

Each change comes as one message and is answered by one update that holds figures in words and
charts of the same state, so a page that is reloaded, and a second view, show what the kernel has.
The charts are the report's own, drawn by plotly.js itself: a `FigureWidget` sends its library with
every figure and forgets later changes when a page is reloaded. The library travels once, in a model
of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import anywidget
import ipywidgets
import plotly
from traitlets import Bytes, Dict, Instance, List, Unicode

from acquire.assumptions import Assumptions
from acquire.errors import AcquireError, InputError, Problem
from acquire.evaluation import Evaluation
from acquire.explorer import files
from acquire.explorer.case import BASE_RATES
from acquire.explorer.controls import controls
from acquire.explorer.screen import analysis, charts, encoded, form, screen
from acquire.explorer.session import PRESETS, Session
from acquire.explorer.still import still
from acquire.figures.frame import TEMPLATE
from acquire.vendor import Vendors

ASSETS = Path(__file__).parent / "assets"


class Library(ipywidgets.Widget):
    """plotly.js, sent to a page once however many explorers it shows."""

    source = Bytes().tag(sync=True)


@cache
def _library() -> Library:
    script = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
    return Library(source=script.read_bytes())


def _slim_template() -> dict[str, Any]:
    """The figures' template with margins as they are given: measuring labels costs a drawing."""
    layout: dict[str, Any] = dict(TEMPLATE["layout"])
    for axis in ("xaxis", "yaxis"):
        layout[axis] = {**layout[axis], "automargin": False, "ticklabeloverflow": "allow"}
    return {"layout": layout}


class Explorer(anywidget.AnyWidget):
    """An explorer of vendors; see `acquire.explore`.

    Args:
        session: what is explored.
        folder: where scenarios are saved.
    """

    _esm = ASSETS / "explorer.js"
    _css = ASSETS / "explorer.css"
    library = Instance(Library).tag(sync=True, **ipywidgets.widget_serialization)
    plotly_version = Unicode(plotly.__version__).tag(sync=True)
    template = Dict().tag(sync=True)
    controls: Any = List().tag(sync=True)
    presets = Dict().tag(sync=True)
    form = Dict().tag(sync=True)
    screen = Dict().tag(sync=True)
    charts = Bytes().tag(sync=True)
    analysis = Bytes().tag(sync=True)

    def __init__(self, session: Session, folder: Path) -> None:
        self.session, self.folder = session, folder
        self._revision = 0
        self._still: Any = None
        super().__init__(
            library=_library(),
            template=_slim_template(),
            controls=[control.to_dict() for control in controls().values()],
            presets={key: words for key, (words, _) in PRESETS.items()},
            **self._state(),
        )
        self.on_msg(self._received)

    @property
    def evaluation(self) -> Evaluation:
        """What is on the screen."""
        return self.session.now.evaluation

    def _state(self, **more: Any) -> dict[str, Any]:
        self._revision += 1
        shown = screen(self.session) | {
            "revision": self._revision,
            "files": files.names(self.folder),
            "done": None,
            "refused": None,
            "said": "",
        }
        return {
            "form": form(self.session),
            "screen": shown | more,
            "charts": encoded(charts(self.session)),
            "analysis": encoded(analysis(self.session)) if self.session.analysed else b"",
        }

    def _received(self, _: Any, message: Mapping[str, Any], __: Any) -> None:
        """Do what a view asks for, and show the state that follows, or why it was refused."""
        more: dict[str, Any] = {"done": [message.get("view"), message.get("id")]}
        if message.get("do") == "pictures":  # nobody's doing, so nothing to be said
            self._keep_pictures(message.get("pictures"))
            self.screen = self.screen | more
            return
        entries = len(self.session.log)
        last = self.session.log[-1:]
        try:
            said = self._do(message)
        except (InputError, OSError) as error:
            more["refused"] = {"name": message.get("name"), "message": _told(error)}
            more["said"] = _told(error)
        else:
            log = self.session.log
            new = len(log) != entries or log[-1:] != last
            more["said"] = said or (str(log[-1]) if new and log else "")
        self._update(**more)

    def _do(self, message: Mapping[str, Any]) -> str | None:
        session = self.session
        what, name = message.get("do"), str(message.get("name", ""))
        actions: dict[Any, Callable[[], Any]] = {
            "enter": lambda: session.enter(name, str(message.get("text", ""))),
            "move": lambda: session.move(
                name, float(message["value"]), str(message.get("gesture", ""))
            ),
            "uncertain": lambda: session.make_uncertain(name),
            "reset": lambda: session.reset(name),
            "undo": session.undo,
            "redo": session.redo,
            "pin": session.pin,
            "unpin": session.unpin,
            "preset": lambda: self._preset(str(message.get("key"))),
            "choose": lambda: session.choose(str(message.get("vendor"))),
            "analyse": session.analyse,
            "save": lambda: self.save(str(message.get("file", ""))),
            "load": lambda: self.load(str(message.get("file", ""))),
            "export": lambda: self._export(message),
        }
        said = actions[what]()
        return said if isinstance(said, str) else None

    def _preset(self, key: str) -> str | None:
        if key not in PRESETS:
            return None
        self.session.preset(key)
        if key != "base_rates":
            return None
        sources = "; ".join(f"{name}: {why}" for name, (_, why) in BASE_RATES.items())
        return f"Base rates. {sources}"

    def save(self, name: str) -> str:
        """Save what differs from the vendor file as a scenario.

        Args:
            name: of the file, without its ending.

        Returns:
            Where it is, in words.

        Raises:
            InputError: a name that is none.
            OSError: the file cannot be written.
        """
        return files.save(self.session, self.folder, name)

    def load(self, name: str) -> str:
        """Turn to a saved scenario; see `save`."""
        said = files.load(self.session, self.folder, name)
        self._update()
        return said

    def _ipython_display_(self) -> None:
        """Show the widget, and the still that takes its place in a page without a kernel."""
        from IPython.display import HTML, display

        bundle = self._repr_mimebundle_()
        assert bundle is not None  # as for every widget that is not closed
        # instead of a name of the object, which a page without a kernel would show
        display(bundle[0] | {"text/html": "<!-- an explorer -->"}, raw=True)
        self._still = display(HTML(still(self.session, {})), display_id=True)

    def _keep_pictures(self, pictures: Any) -> None:
        """Put the charts as the browser has drawn them into the still."""
        from IPython.display import HTML

        if self._still is not None:
            self._still.update(HTML(still(self.session, pictures)))

    def _export(self, message: Mapping[str, Any]) -> str:
        made = files.export(self.session, str(message.get("format")))
        answer = {"do": "file", "view": message.get("view"), "file": made.name, "type": made.type}
        self.send(answer, buffers=[made.content])
        return f"{made.name} exported"

    def _update(self, **more: Any) -> None:
        """Show the session as it is: all traits in one message."""
        before = self.screen["revision"], self.charts
        state = self._state(**more)
        if state["charts"] == before[1]:  # nothing was drawn anew, so nothing is sent
            self._revision = state["screen"]["revision"] = before[0]
        with self.hold_sync():
            for name, value in state.items():
                setattr(self, name, value)


def explore(
    vendors: Vendors | Mapping[str, Any],
    firm: Assumptions | None = None,
    vendor_id: str | None = None,
    *,
    scenario: str | Path | None = None,
    folder: str | Path = "scenarios",
) -> Explorer:
    """An explorer of vendors, for the last line of a notebook's cell.

    Args:
        vendors: by id.
        firm: the firm's assumptions; the defaults when left out.
        vendor_id: of the vendor to begin with; the first when left out.
        scenario: file of a saved scenario to begin with.
        folder: where scenarios are saved and found.

    Raises:
        InputError: no such vendor, it lacks what the firm has no default for, or something is
            wrong with the scenario.
    """
    known = vendors if isinstance(vendors, Vendors) else Vendors(list(vendors.values()))
    if not known:
        raise InputError(Problem("at least one vendor", wrong="there is none"))
    session = Session(known, firm or Assumptions(), vendor_id or next(iter(known)))
    if scenario:
        files.load(session, Path(folder), str(scenario))
    return Explorer(session, Path(folder))


def _told(error: Exception) -> str:
    """What is wrong, for the control that it belongs to."""
    if isinstance(error, InputError):
        return "\n".join(str(problem) for problem in error.problems)
    if isinstance(error, AcquireError):
        return str(error)
    return f"the file cannot be used: {error}"
