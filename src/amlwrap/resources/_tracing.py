"""Tracing: the calls that find out a lineage, nearest relatives first, and never more of them than allowed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

import attrs

from amlwrap._describing import describe
from amlwrap._wire import BATCH_PREDICTION, DATASOURCE, EVALUATION, MODEL, Kind
from amlwrap.exceptions import ConfigError, NotFoundError
from amlwrap.resources._entity import Entity
from amlwrap.resources._lineage import Lineage, Node
from amlwrap.resources._world import World

__all__ = ["trace"]

_Key: TypeAlias = tuple[Kind, str]
_CHILDREN = {DATASOURCE: (MODEL, EVALUATION, BATCH_PREDICTION), MODEL: (EVALUATION, BATCH_PREDICTION)}
_LONGEST_FILTER = 1024


def trace(focus: Entity, world: World, max_calls: int) -> Lineage:
    """
    The lineage of *focus*.

    First what it comes from, then other slices of the same data, then what came of it, then what else that comes from.
    """
    if max_calls < 0:
        raise ConfigError("max_calls", repr(max_calls), "a number of calls, 0 or more")
    trail = _Trail(world, max_calls)
    trail.add(focus)
    trail.ascend()
    trail.add_siblings()
    trail.descend(focus)
    trail.ascend()
    return trail.lineage(focus)


@attrs.define(eq=False)
class _Trail:
    """What is known so far, and how many calls are left."""

    world: World
    n_left: int
    known: dict[_Key, Entity | None] = attrs.field(factory=dict["_Key", "Entity | None"])
    """Resources by kind and id; ``None`` for those that are gone."""
    complete: bool = True

    def add(self, entity: Entity) -> None:
        self.known.setdefault((entity._kind, entity.id), entity)

    def ascend(self) -> None:
        """Ask for all parents, and theirs."""
        while missing := dict.fromkeys(key for key in self._parents() if key not in self.known):
            for key in missing:
                if not self._may_call():
                    return
                self.known[key] = self._found(*key)

    def add_siblings(self) -> None:
        """Ask for all slices of the data that the datasources so far are slices of."""
        uris = dict.fromkeys(getattr(entity, "uri", "") for entity in self.known.values() if entity is not None)
        for uri in uris:
            if 0 < len(uri) <= _LONGEST_FILTER:
                self._ask(DATASOURCE, uri=uri)

    def descend(self, entity: Entity) -> None:
        """Ask for all that was made of *entity*, and of that."""
        for kind in _CHILDREN.get(entity._kind, ()):
            self._ask(kind, **{entity._kind.noun: entity.id})
        if entity._kind == DATASOURCE:
            for model in [one for (kind, _), one in self.known.items() if kind == MODEL and one is not None]:
                self.descend(model)

    def lineage(self, focus: Entity) -> Lineage:
        """All of it as a value."""
        parents = self._parents()
        keys = dict.fromkeys([*self.known, *parents])
        nodes = {key: _node(key, self.known) for key in keys}
        edges = [
            (nodes[parent], nodes[key])
            for key, entity in self.known.items()
            if entity is not None
            for parent in entity._parents()
        ]
        complete = self.complete and all(parent in self.known for parent in parents)
        return Lineage(nodes[focus._kind, focus.id], tuple(nodes.values()), tuple(edges), complete)

    def _parents(self) -> list[_Key]:
        return [parent for entity in self.known.values() if entity is not None for parent in entity._parents()]

    def _found(self, kind: Kind, id: str) -> Entity | None:
        try:
            found: Entity = self.world.collection(kind)._snapshot(id)
        except NotFoundError:
            return None
        return found

    def _ask(self, kind: Kind, **filters: Any) -> None:
        """The first page of a listing that is not empty."""
        token: Mapping[str, str] = {}
        replies: Iterable[Mapping[str, Any]] = ()
        while not replies and self._may_call():
            reply = self.world.calls.call(kind.describe, **describe(kind, filters), **token)
            replies = reply.get("Results", [])
            token = {"NextToken": reply["NextToken"]} if reply.get("NextToken") else {}
            if not token:
                break
        self.complete = self.complete and not token
        for each in replies:
            self.add(self.world.collection(kind)._entity._of(each, self.world))

    def _may_call(self) -> bool:
        """Take one call from the budget; without one left, the lineage is not complete."""
        if self.n_left == 0:
            self.complete = False
            return False
        self.n_left -= 1
        return True


def _node(key: _Key, known: Mapping[_Key, Entity | None]) -> Node:
    noun, name = key[0].noun, key[1]
    if key not in known:
        return Node(noun, name)
    entity = known[key]
    if entity is None:
        return Node(noun, name, status="DELETED")
    return Node(noun, name, entity.name, entity.status, entity._detail(), getattr(entity, "uri", ""))
