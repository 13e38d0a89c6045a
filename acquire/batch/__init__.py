"""For batch runs: one report per vendor and an index, on papermill, several at a time."""

from __future__ import annotations

from acquire.batch.render import Rendered, render

__all__ = ["Rendered", "render"]
