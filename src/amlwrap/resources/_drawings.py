"""Drawings of a lineage: a tree of text, nested lists of HTML, a Mermaid flowchart; no name breaks out of any."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import attrs

from amlwrap._html import MAX_BYTES, escape, fitting, plain

if TYPE_CHECKING:
    from amlwrap.resources._lineage import Lineage, Node

__all__ = ["html", "mermaid", "small_html", "text"]

_LONGEST_LINE = 400
_INCOMPLETE = "There is more: lineage(max_calls=…) asks further."
_UNKNOWN_PLACE = "data whose location is not known"


@attrs.frozen
class _Branch:
    """A location (no *node*) or a node, and what hangs on it."""

    title: str
    node: Node | None
    branches: tuple[_Branch, ...]


def _trunk(lineage: Lineage) -> tuple[_Branch, ...]:
    """
    The tree in which each node stands once.

    Datasources hang on their location, models on what they are trained on, evaluations and batch predictions on their
    model.
    """
    places = dict.fromkeys(node.uri for node in lineage.nodes if node.kind == "datasource")
    return tuple(
        _Branch(
            place or _UNKNOWN_PLACE,
            None,
            tuple(_grown(lineage, node) for node in lineage.nodes if node.kind == "datasource" and node.uri == place),
        )
        for place in places
    )


def _grown(lineage: Lineage, node: Node) -> _Branch:
    hanging = [child for child in lineage.children(node) if _holder(lineage, child) == node]
    return _Branch(_title(lineage, node), node, tuple(_grown(lineage, child) for child in hanging))


def _holder(lineage: Lineage, node: Node) -> Node | None:
    """The parent a node hangs on: its model, if it has one."""
    parents = lineage.parents(node)
    return next((parent for parent in parents if parent.kind == "model"), parents[0] if parents else None)


def _title(lineage: Lineage, node: Node) -> str:
    others = [parent for parent in lineage.parents(node) if parent != _holder(lineage, node)]
    told = f"on {' and '.join(f'{other.kind} {other.id}' for other in others)}" if others else ""
    named = f"{node.kind} {node.id} {plain(node.name)!r}" if node.name else f"{node.kind} {node.id}"
    words = [named, node.detail, told, node.status or "not asked"]
    return ", ".join(word for word in words if word)


def text(lineage: Lineage) -> str:
    """A tree, with an arrow at the resource that was asked."""
    lines = [line for place in _trunk(lineage) for line in (_line(lineage, place), *_lines(lineage, place.branches))]
    return "\n".join([*lines, *([] if lineage.complete else [_INCOMPLETE])])


def _lines(lineage: Lineage, branches: tuple[_Branch, ...]) -> Iterator[str]:
    for branch in branches:
        is_last = branch is branches[-1]
        yield f"{'└── ' if is_last else '├── '}{_line(lineage, branch)}"
        for line in _lines(lineage, branch.branches):
            yield f"{'    ' if is_last else '│   '}{line}"


def _line(lineage: Lineage, branch: _Branch) -> str:
    return f"{plain(branch.title, _LONGEST_LINE)}{'  ←' if branch.node == lineage.focus else ''}"


def html(lineage: Lineage) -> str:
    """Nested lists."""
    items = "".join(_item(lineage, place) for place in _trunk(lineage))
    return f"<ul>{items}</ul>{'' if lineage.complete else f'<p>{_INCOMPLETE}</p>'}"


def _item(lineage: Lineage, branch: _Branch) -> str:
    title = escape(branch.title, _LONGEST_LINE)
    shown = f"<b>{title}</b>" if branch.node == lineage.focus else title
    below = "".join(_item(lineage, each) for each in branch.branches)
    return f"<li>{shown}{f'<ul>{below}</ul>' if below else ''}</li>"


def small_html(lineage: Lineage) -> str:
    """Nested lists or, where these are too long for a notebook, as many lines of the tree as fit."""
    whole = html(lineage)
    if len(whole.encode()) < MAX_BYTES:
        return whole
    lines = text(lineage).splitlines()
    shown, n_shown = fitting("<pre>", (f"{escape(line, _LONGEST_LINE)}\n" for line in lines), "</pre>")
    return f"{shown}<p>… and {len(lines) - n_shown:,} lines more</p>"


def mermaid(lineage: Lineage) -> str:
    """A flowchart, its datasources boxed by location, the resource that was asked with a thick border."""
    names = {node: f"n{place}" for place, node in enumerate(lineage.nodes)}
    places = dict.fromkeys(node.uri for node in lineage.nodes if node.kind == "datasource")
    lines = ["flowchart LR"]
    for number, place in enumerate(places):
        lines.append(f'  subgraph s{number}["{_entities(place or _UNKNOWN_PLACE)}"]')
        lines += [
            f"    {names[node]}{_label(node)}"
            for node in lineage.nodes
            if node.kind == "datasource" and node.uri == place
        ]
        lines.append("  end")
    lines += [f"  {names[node]}{_label(node)}" for node in lineage.nodes if node.kind != "datasource"]
    lines += [f"  {names[parent]} --> {names[child]}" for parent, child in lineage.edges]
    lines += [f"  style {names[lineage.focus]} stroke-width:4px"]
    return "\n".join(lines)


def _label(node: Node) -> str:
    words = [f"{node.kind} {node.id}", node.name, node.detail, node.status or "not asked"]
    return f'["{"<br/>".join(_entities(word) for word in words if word)}"]'


def _entities(words: str) -> str:
    """Words for a quoted label: whatever Mermaid, Markdown or HTML might understand stands as a code point."""
    return "".join(
        character if character.isalnum() or character == " " else f"#{ord(character)};" for character in plain(words)
    )
