"""YAML files: nothing in them is converted or constructed, texts stay texts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any

import yaml

from acquire.columns import Decimals, UnreadableCellError
from acquire.errors import InputError, Problem, printable
from acquire.tabular.content import read_text
from acquire.tabular.sheet import Row, Sheet

DEEPEST = 8
"""Levels of lists and mappings in a YAML file."""

PLAIN_TAGS = (None, "!", *(f"tag:yaml.org,2002:{kind}" for kind in ("str", "seq", "map")))

YAML_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
"""Knows texts only: nothing is converted and nothing constructed. In C where PyYAML has it."""


def read_yaml(path: Path) -> Sheet:
    """The vendors of a YAML file, a list or one under the key `vendors`.

    Raises:
        InputError: the file cannot be read, or holds no such list.
    """
    file = path.name
    root = yaml_root(path)
    problems: list[Problem] = []
    if root is not None and root.pairs is not None:
        entries, problems = yaml_entries(root, file)
        root = entries.pop("vendors", None)
        problems += [
            Problem(
                "nothing beside the list `vendors`",
                file=file,
                row=node.line,
                row_word="line",
                column=name,
            )
            for name, node in entries.items()
            if root is not None
        ]
    if root is None or root.items is None:
        problems.append(
            Problem(
                "a list of vendors, each a mapping column: value",
                file=file,
                wrong="holds no such list",
            )
        )
        raise InputError(problems)
    rows = []
    headings: dict[str, None] = {}
    for item in root.items:
        if item.pairs is None:
            problems.append(
                Problem(
                    "a vendor as column: value",
                    file=file,
                    row=item.line,
                    row_word="line",
                    value=yaml_value(item) or None,
                )
            )
            continue
        entries, wrong = yaml_entries(item, file)
        problems += wrong
        rows.append(Row(item.line, {name: yaml_value(node) for name, node in entries.items()}))
        headings |= dict.fromkeys(entries)
    return Sheet(file, tuple(headings), tuple(rows), Decimals.POINT, tuple(problems))


@dataclass
class YamlNode:
    """A text, a list or a mapping in a YAML file.

    Args:
        line: on which it starts, from 1.
        text: as it stands, nothing converted; an `UnreadableCellError` for a tag or an alias:
            tags are not acted upon and aliases not followed.
        items: of a list, else None.
        pairs: keys and values of a mapping, else None.
    """

    line: int
    text: str | UnreadableCellError = ""
    items: list[YamlNode] | None = None
    pairs: list[tuple[YamlNode, YamlNode]] | None = None


def yaml_root(path: Path) -> YamlNode | None:
    """What a YAML file holds; None when it is empty.

    Raises:
        InputError: it is not YAML.
    """
    text = read_text(path)
    try:
        events = yaml.parse(text, Loader=YAML_LOADER)
        roots = [_yaml_node(e, events, depth=0) for e in events if isinstance(e, yaml.NodeEvent)]
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        what = getattr(error, "problem", None) or getattr(error, "reason", None) or error
        raise InputError(
            Problem(
                "YAML",
                file=path.name,
                row=mark.line + 1 if mark else None,
                row_word="line",
                wrong=printable(what),
            )
        ) from None
    if len(roots) > 1:
        line = roots[1].line
        raise InputError(
            Problem("one document", file=path.name, row=line, row_word="line", wrong="is another")
        )
    return next((root for root in roots if root != YamlNode(root.line)), None)


def _yaml_node(event: Any, events: Iterator[Any], depth: int) -> YamlNode:
    """The node that `event` starts; the events of its children are taken from `events`."""
    if depth > DEEPEST:
        raise yaml.YAMLError(f"lists or mappings nested more than {DEEPEST} levels deep")
    children = []
    if isinstance(event, yaml.CollectionStartEvent):
        within = takewhile(lambda e: not isinstance(e, yaml.CollectionEndEvent), events)
        children = [_yaml_node(e, events, depth + 1) for e in within]
    line = event.start_mark.line + 1
    if isinstance(event, yaml.AliasEvent):
        alias = UnreadableCellError(f"*{event.anchor}", "the value itself", "is an alias")
        return YamlNode(line, alias)
    if event.tag not in PLAIN_TAGS:
        shown = event.tag.replace("tag:yaml.org,2002:", "!!")
        return YamlNode(line, UnreadableCellError(shown, "the value alone", "is a tag of YAML"))
    if isinstance(event, yaml.MappingStartEvent):
        return YamlNode(line, pairs=list(zip(children[::2], children[1::2], strict=True)))
    if isinstance(event, yaml.SequenceStartEvent):
        return YamlNode(line, items=children)
    return YamlNode(line, event.value)


def yaml_entries(node: YamlNode, file: str) -> tuple[dict[str, YamlNode], list[Problem]]:
    """The entries of a mapping by key, and a problem for a key that stands twice or is no text.

    The line of an entry is that of its key.
    """
    entries: dict[str, YamlNode] = {}
    problems = []
    for key, value in node.pairs or ():
        name = yaml_value(key)
        wrong = None
        if not isinstance(name, str):
            wrong = "is no plain text"
        elif name in entries:
            wrong = "stands twice"
        else:
            value.line = key.line
            entries[name] = value
        if wrong:
            problems.append(
                Problem(
                    "every key once, as plain text",
                    file=file,
                    row=key.line,
                    row_word="line",
                    column=str(name),
                    wrong=wrong,
                )
            )
    return entries, problems


def yaml_value(node: YamlNode) -> Any:
    """A node as text, list or mapping of texts."""
    if node.pairs is not None:
        return {str(yaml_value(key)): yaml_value(value) for key, value in node.pairs}
    if node.items is not None:
        return [yaml_value(item) for item in node.items]
    return node.text
