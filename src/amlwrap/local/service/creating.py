"""Creating: once under an id; saying the same again changes nothing, saying something else is a conflict."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from amlwrap.local.faults import IdempotentParameterMismatch, InvalidInput
from amlwrap.local.kinds import Status
from amlwrap.local.state import ParentUnusable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from amlwrap.local.kinds import Kind
    from amlwrap.local.service.context import Context
    from amlwrap.local.state import Entity, NewEntity

__all__ = ["create"]


def create(
    context: Context,
    kind: Kind,
    request: Mapping[str, Any],
    plan: Callable[[Context, Mapping[str, Any], str], NewEntity],
) -> dict[str, Any]:
    """
    Record what *plan* makes of *request*, and its job; both are on the disk when this returns.

    Raises:
        InvalidInput: *plan* refuses, or the id is that of a deleted entity.
        IdempotentParameterMismatch: The id was given to another request.
    """
    digest = hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()
    existing = context.entities.get(kind, request[kind.id_member])
    if existing is None:
        try:
            existing = context.entities.create(plan(context, request, digest), context.now(), context.limits.tags)
        except ParentUnusable as error:
            raise InvalidInput(f"{error}.") from error
        if existing is None:
            context.workers.wake()
    if existing is not None:
        _same(existing, digest)
    return {kind.id_member: request[kind.id_member]}


def _same(existing: Entity, digest: str) -> None:
    subject = f"{existing.kind.service_name} {existing.id!r}"
    if existing.status == Status.DELETED:
        raise InvalidInput(f"{subject} existed and was deleted; an id is not used twice: choose another.")
    if existing.digest != digest:
        raise IdempotentParameterMismatch(f"{subject} exists and was created with other arguments.")
