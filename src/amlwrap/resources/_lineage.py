"""Lineage as a value: what a resource was made from, and what was made of it; shown as text, Mermaid or HTML."""

from __future__ import annotations

import attrs

from amlwrap.resources import _drawings

__all__ = ["Lineage", "Node"]


@attrs.frozen
class Node:
    """
    One resource of a lineage.

    Attributes:
        kind: ``"datasource"``, ``"model"``, ``"evaluation"`` or ``"batch prediction"``.
        status: DELETED also where the service no longer knows it; empty where it was not asked.
        detail: Which rows, which type, which metric, or how many rows.
        uri: Of a datasource, where its data lie; empty where that is not known.
    """

    kind: str
    id: str
    name: str = ""
    status: str = ""
    detail: str = ""
    uri: str = ""


@attrs.frozen(repr=False)
class Lineage:
    """
    Where a resource comes from and what came of it.

    ``print(lineage)`` shows it as a tree, a notebook as a list, and `mermaid` gives the text of a picture. A cycle
    cannot be: datasources come first, models are made of them, evaluations and batch predictions of both.

    Attributes:
        focus: The resource that was asked.
        nodes: It, all it comes from, other slices of the same data, and all that came of it with what else that comes
            from.
        edges: Pairs of a node and one that was made of it.
        complete: Whether all of that is here; if not, there was more than the allowed calls could find.
    """

    focus: Node
    nodes: tuple[Node, ...]
    edges: tuple[tuple[Node, Node], ...]
    complete: bool = True

    def parents(self, node: Node) -> tuple[Node, ...]:
        """What *node* was made of."""
        return tuple(parent for parent, child in self.edges if child == node)

    def children(self, node: Node) -> tuple[Node, ...]:
        """What was made of *node*."""
        return tuple(child for parent, child in self.edges if parent == node)

    def mermaid(self) -> str:
        """
        The text of a Mermaid flowchart, as many wikis, forges and notebooks draw it.

        >>> data, model = Node("datasource", "ds-1", 'the "best"', "COMPLETED", uri="s3://b/k"), Node("model", "ml-1")
        >>> print(Lineage(model, (data, model), ((data, model),)).mermaid())
        flowchart LR
          subgraph s0["s3#58;#47;#47;b#47;k"]
            n0["datasource ds#45;1<br/>the #34;best#34;<br/>COMPLETED"]
          end
          n1["model ml#45;1<br/>not asked"]
          n0 --> n1
          style n1 stroke-width:4px
        """
        return _drawings.mermaid(self)

    def html(self) -> str:
        """All of it as nested lists, escaped, without style or script."""
        return _drawings.html(self)

    def _repr_html_(self) -> str:
        return _drawings.small_html(self)

    def __str__(self) -> str:
        return _drawings.text(self)

    def __repr__(self) -> str:
        return f"<Lineage of {self.focus.kind} {self.focus.id!r}, with {len(self.nodes) - 1} others>"
