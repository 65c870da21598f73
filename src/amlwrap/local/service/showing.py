"""Showing: an entity as Get and Describe replies spell it, with only the members it has at its stage of life."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amlwrap.exceptions import DataError
from amlwrap.local import results
from amlwrap.local.kinds import Kind, Status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from amlwrap.local.service.context import Context
    from amlwrap.local.state import Entity

__all__ = ["ALGORITHM", "endpoint_info", "get", "shown"]

ALGORITHM = "sgd"

_PEAK = 200
"""Requests per second, as the service shows them of every endpoint; here another limit may be set, or none."""


def get(context: Context, entity: Entity, request: Mapping[str, Any], *, details: str) -> dict[str, Any]:
    """
    The reply to ``GetDataSource`` and its like.

    Args:
        details: What is also wanted that the service itself never sends: nothing when empty, `results.STATISTICS` of a
            datasource, which are long, when they are named, and else all the rest.
    """
    reply = {**shown(context, entity), "LogUri": _log_uri(context, entity)}
    reply.pop("Algorithm", None)
    wanted = details if entity.kind == Kind.EVALUATION else request.get("Verbose", False)
    if not wanted:
        return reply
    _, long = context.entities.documents(entity.seq)
    if entity.kind == Kind.EVALUATION:
        return reply | _performance(results.join(entity.summary, long))
    if not details:
        return reply | {name: value for name, value in long.items() if not name.startswith(results.PRIVATE_PREFIX)}
    return reply | (_counted(context, entity) if details == results.STATISTICS else {}) | long


def _counted(context: Context, entity: Entity) -> dict[str, Any]:
    """
    What was counted in a datasource: put into words when somebody looks at it, which of most nobody does.

    Files that cannot be read take nothing but the statistics away; the datasource itself is told all the same.
    """
    if entity.kind != Kind.DATASOURCE or not context.home.datasource_statistics(entity.id).is_dir():
        return {}
    from amlwrap.local.pipeline.datasource import what_was_counted

    try:
        return {f"{results.PRIVATE_PREFIX}{results.STATISTICS}": what_was_counted(context.home, entity.id)}
    except DataError as error:
        return {f"{results.PRIVATE_PREFIX}{results.SPOILT}": f"{error.source}: {error.found}"}


def shown(context: Context, entity: Entity) -> dict[str, Any]:
    """An element of a Describe reply; members that are None are left out on the wire."""
    result = dict(entity.summary)
    performance = _performance(result) if entity.kind == Kind.EVALUATION else {}
    result.pop("Properties", None)
    model = _model_members(context, entity) if entity.kind == Kind.MODEL else {}
    return {**_common(entity), **entity.members, **entity.settings, **model, **result, **performance}


def endpoint_info(context: Context, model: Entity) -> dict[str, Any]:
    """The realtime endpoint of *model*, or that there is none."""
    if model.endpoint == "NONE":
        return {"EndpointStatus": "NONE", "PeakRequestsPerSecond": 0}
    return {
        "EndpointStatus": model.endpoint,
        "PeakRequestsPerSecond": context.limits.endpoint_requests or _PEAK,
        "CreatedAt": _seconds(model.endpoint_ms),
        "EndpointUrl": context.endpoint_url,
    }


def _common(entity: Entity) -> dict[str, Any]:
    ended = entity.status in (Status.COMPLETED, Status.FAILED)
    measured = entity.status == Status.COMPLETED and entity.members.get("ComputeStatistics", True)
    return {
        entity.kind.id_member: entity.id,
        "Name": entity.name or None,
        "Status": entity.status,
        "Message": entity.message,
        "CreatedByIamUser": entity.owner,
        "CreatedAt": _seconds(entity.created_ms),
        "LastUpdatedAt": _seconds(entity.updated_ms),
        "StartedAt": _seconds(entity.started_ms),
        "FinishedAt": _seconds(entity.finished_ms) if ended else None,
        "ComputeTime": entity.compute_ms if measured else None,
    }


def _model_members(context: Context, entity: Entity) -> dict[str, Any]:
    return {"Algorithm": ALGORITHM, "EndpointInfo": endpoint_info(context, entity)}


def _performance(result: Mapping[str, Any]) -> dict[str, Any]:
    properties = result.get("Properties")
    return {} if properties is None else {"PerformanceMetrics": {"Properties": properties}}


def _log_uri(context: Context, entity: Entity) -> str | None:
    path = context.home.log(entity.kind, entity.id)
    if not path.exists():
        return None
    return path.as_uri() if context.logs_url is None else f"{context.logs_url}/{entity.kind}/{entity.id}"


def _seconds(milliseconds: int | None) -> float | None:
    return None if milliseconds is None else milliseconds / 1000
