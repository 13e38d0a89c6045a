"""For batch runs: one report per vendor and an index, on papermill, several at a time."""

from __future__ import annotations

from acquire.batch.render import render
from acquire.batch.run import Rendered

__all__ = ["Rendered", "render"]
