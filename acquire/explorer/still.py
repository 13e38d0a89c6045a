"""An explorer as a still: its last state as text and pictures, for pages without a kernel.

An exported or reopened notebook cannot show a widget. Beside it stands this, hidden as long as the
widget is there, and it asks nothing of the network.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from acquire.display import Table, escape
from acquire.explorer.controls import controls, spec_of
from acquire.explorer.screen import conditions, numbers
from acquire.explorer.session import Session, spoken
from acquire.tables import hinges

PICTURE = re.compile(r"data:image/(svg\+xml|png)[;,][\w!~*'();:@&=+$,/?%.-]*", re.ASCII)
"""Addresses of pictures that carry themselves, as browsers make them."""


def still(session: Session, pictures: object) -> str:
    """The state of a session as HTML.

    Args:
        session: what is shown.
        pictures: by chart, its address and caption as a view sent them; what is none is left out.
    """
    now = session.now
    decision = now.evaluation.decision
    parts = [
        f"<h3>{escape(now.case.vendor.name)}: {escape(decision.title)}</h3>",
        f"<p>{escape(hinges(now.evaluation))}</p>",
        numbers(now, session.pinned)._repr_html_(),
        conditions(now, session.pinned)._repr_html_(),
        *_pictures(pictures),
    ]
    changes = _changes(session)
    if changes.rows:
        parts.append(changes._repr_html_())
    if session.log:
        entries = "".join(f"<li>{escape(entry)}</li>" for entry in session.log)
        parts.append(f"<p>Changes:</p><ol>{entries}</ol>")
    return f'<div class="acquire-still tex2jax_ignore mathjax_ignore">{"".join(parts)}</div>'


def _changes(session: Session) -> Table:
    given, now = session.given, session.now.case
    rows = []
    for name in session.differences():
        unit = spec_of(name).unit
        values = (spoken(case.value(name), unit, now.firm.currency) for case in (given, now))
        rows.append((controls()[name].label, *values))
    texts = frozenset({1, 2})
    return Table(("input", "as given", "here"), rows, "What was changed", text_columns=texts)


def _pictures(pictures: object) -> Iterator[str]:
    for picture in pictures.values() if isinstance(pictures, Mapping) else ():
        found: Mapping[str, Any] = picture if isinstance(picture, Mapping) else {}
        address, caption = str(found.get("address")), escape(found.get("caption", ""))
        if PICTURE.fullmatch(address):
            yield (
                f"<figure><figcaption>{caption}</figcaption>"
                f'<img alt="{caption}" src="{escape(address)}"></figure>'
            )
