"""Updating and deleting, which are alike for all kinds of entity."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amlwrap.local.faults import InvalidInput
from amlwrap.local.kinds import Kind
from amlwrap.local.service.context import known

if TYPE_CHECKING:
    from collections.abc import Mapping

    from amlwrap.local.service.context import Context
    from amlwrap.local.state import Entity

__all__ = ["delete", "record", "rename"]


def rename(context: Context, kind: Kind, request: Mapping[str, Any]) -> dict[str, Any]:
    """``UpdateDataSource``, ``UpdateEvaluation``, ``UpdateBatchPrediction``: another name."""
    return record(context, known(context, kind, request), name=request[kind.name_member])


def record(
    context: Context, entity: Entity, *, name: str | None = None, settings: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """
    Put another name or other settings down.

    Raises:
        InvalidInput: The entity is deleted.
    """
    if not context.entities.update(entity, name=name, settings=settings, now=context.now()):
        raise InvalidInput(f"{entity.kind.service_name} {entity.id!r} is DELETED and cannot be changed.")
    return {entity.kind.id_member: entity.id}


def delete(context: Context, kind: Kind, request: Mapping[str, Any]) -> dict[str, Any]:
    """
    ``DeleteDataSource`` and its like: for good, and whatever the status; deleting again changes nothing.

    Raises:
        InvalidInput: It is a model with a realtime endpoint.
    """
    entity = known(context, kind, request)
    if not context.entities.delete(entity, context.now()):
        raise InvalidInput(f"{kind.service_name} {entity.id!r} has a realtime endpoint: delete that first.")
    context.workers.cancel(entity.seq)
    if kind == Kind.DATASOURCE:
        context.databases.forget(entity.id)
    if kind == Kind.MODEL:
        context.predictors.forget(entity)
    context.home.discard_artefacts(kind, entity.id)
    context.workers.wake()
    return {kind.id_member: entity.id}
