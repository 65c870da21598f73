"""Promotion: a tag goes to a new holder, and leaves the old ones only when it has arrived."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Generic, TypeVar

import attrs

from amlwrap.exceptions import AmlwrapError, NotFoundError, PromotionError
from amlwrap.resources._entity import Entity
from amlwrap.resources._tags import drop_tags, put_tags, read_tags
from amlwrap.resources._world import World

__all__ = ["Promotion", "promoted"]

E = TypeVar("E", bound=Entity)


@attrs.frozen
class Promotion(Generic[E]):
    """
    What promoting changed.

    Attributes:
        holder: Who carries the tag now.
        added: Whether it did not carry it before.
        demoted: Who no longer carries it.
    """

    key: str
    value: str
    holder: E
    added: bool
    demoted: tuple[E, ...]


def promoted(world: World, holder: E, key: str, value: str, others: Iterable[E]) -> Promotion[E]:
    """
    Put a tag on *holder*, see it there, then take it off *others*, who are only looked for then.

    Raises:
        PromotionError: The tag is not to be seen on *holder*, or could not be taken off somebody.
    """
    kind = holder._kind
    added = _value(world, holder, key) != value
    if added:
        put_tags(world, kind, holder.id, {key: value})
        _confirm(world, holder, key, value)
    demoted: list[E] = []
    try:
        for other in others:
            _demote(world, other, key)
            demoted.append(other)
    except AmlwrapError as error:
        gone = tuple(other.id for other in demoted)
        reason = f"It may still be on others as well, for taking it off failed: {error}"
        raise PromotionError(kind.noun, holder.id, key, value, gone, reason, held=True) from error
    return Promotion(key, value, holder, added, tuple(demoted))


def _value(world: World, entity: Entity, key: str) -> str | None:
    return read_tags(world, entity._kind, entity.id).get(key)


def _confirm(world: World, holder: Entity, key: str, value: str) -> None:
    """See that the tag has arrived."""
    noun = holder._kind.noun
    try:
        found = _value(world, holder, key)
    except AmlwrapError as error:
        reason = f"Whether it arrived could not be seen: {error}"
        raise PromotionError(noun, holder.id, key, value, (), reason, held=False) from error
    if found != value:
        raise PromotionError(noun, holder.id, key, value, (), "It was sent, and is not to be seen there.", held=False)


def _demote(world: World, other: Entity, key: str) -> None:
    try:
        drop_tags(world, other._kind, other.id, [key])
    except NotFoundError:  # who is gone holds nothing
        return
