"""The explorer: where an analyst turns the knobs of a case and sees it move.

`case` is what is explored, `session` what was done with it, `screen` what is shown of it,
`controls` what it is changed by, `files` what is saved and exported, `widget` the Jupyter widget
that joins them with `assets/explorer.js`.
"""

from acquire.explorer.widget import Explorer, explore

__all__ = ["Explorer", "explore"]
