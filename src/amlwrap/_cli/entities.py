"""Resources as a shell names and sees them: by id, by kind, as plain fields."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import attrs
import click
from click.shell_completion import CompletionItem

from amlwrap._cli.session import Session
from amlwrap.exceptions import AmlwrapError, NotFoundError

if TYPE_CHECKING:
    from amlwrap import Client
    from amlwrap.resources import Collection, Entity

__all__ = ["COLLECTIONS", "collection_of", "completed", "fields_of", "find", "is_interactive", "kind_option"]

COLLECTIONS = ("datasources", "models", "evaluations", "batch-predictions")
KINDS = {
    "datasource": ("datasources", "ds-"),
    "model": ("models", "ml-"),
    "evaluation": ("evaluations", "ev-"),
    "batch-prediction": ("batch-predictions", "bp-"),
}
_PREFIXES = tuple(prefix for _, prefix in KINDS.values())
_MOST_COMPLETIONS = 200

kind_option = click.option(
    "--kind", type=click.Choice(list(KINDS)), help="By default told by the start of the id, or tried."
)


def completed(context: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Ids that begin so, asked of whoever is connected to; none when nobody answers."""
    session = context.find_root().ensure_object(Session)
    try:
        with session.connect(looking=True) as aml:
            return [CompletionItem(one.id, help=f"{one.status} {one.name}") for one in _beginning(aml, incomplete)]
    except AmlwrapError:
        return []


def _beginning(aml: Client, start: str) -> Iterator[Entity]:
    n_left = _MOST_COMPLETIONS
    for name, prefix in KINDS.values():
        if not (prefix.startswith(start) or start.startswith(prefix) or not start.startswith(_PREFIXES)):
            continue
        for one in collection_of(aml, name).list(order="desc"):
            if one.id.startswith(start) and n_left:
                n_left -= 1
                yield one


def collection_of(aml: Client, name: str) -> Collection[Any]:
    """The collection that is called *name*."""
    found: Collection[Any] = getattr(aml, name.replace("-", "_"))
    return found


def find(aml: Client, id: str, kind: str | None = None) -> Entity:
    """
    The resource with *id*: of the *kind* told, of the one its prefix tells, or of whichever kind has it.

    Raises:
        NotFoundError: There is none.
    """
    if kind is not None:
        told: Entity = collection_of(aml, KINDS[kind][0]).get(id)
        return told
    for name, _ in sorted(KINDS.values(), key=lambda each: not id.startswith(each[1])):
        try:
            found: Entity = collection_of(aml, name).get(id)
        except NotFoundError:
            continue
        return found
    raise NotFoundError("Get…", f"{id!r}", "ResourceNotFoundException", "no resource of any kind has this id")


def fields_of(one: Entity) -> dict[str, Any]:
    """What a snapshot knows of itself; its documents and the service's own reply left out."""
    names = [field.name for field in attrs.fields(type(one)) if not field.name.startswith("_") and field.name != "raw"]
    return {"kind": one._kind.noun.replace(" ", "-"), **{name: getattr(one, name) for name in names}}


def is_interactive() -> bool:
    """Whether somebody could answer a question."""
    return os.isatty(0) and os.isatty(2)
