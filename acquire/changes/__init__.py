"""What changed between two folders of reports, and which input moved each vendor by how much."""

from acquire.changes.bridge import Bridge, InputChange, Step
from acquire.changes.comparison import compare, diff
from acquire.changes.published import Published, read_published, results_in
from acquire.changes.record import Changes, Listed, Move, Turn, VendorChange

__all__ = [
    "Bridge",
    "Changes",
    "InputChange",
    "Listed",
    "Move",
    "Published",
    "Step",
    "Turn",
    "VendorChange",
    "compare",
    "diff",
    "read_published",
    "results_in",
]
