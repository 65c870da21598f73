"""
Adopting: taking in an entity that stood elsewhere, as the reply to a Get described it there.

No operation of the service does this, so nothing of it can be reached over the wire.
"""

from __future__ import annotations

import hashlib
import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from amlwrap.local import results
from amlwrap.local.faults import InvalidInput
from amlwrap.local.kinds import OWNER, Kind, Status
from amlwrap.local.state import Adoption, Link, NewEntity, adopt

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from amlwrap.local.service.context import Context

__all__ = ["Adopted", "adopt_entity"]

Adopted: TypeAlias = Literal["new", "same", "taken"]
"""Recorded now; there from before, out of the same record; or the id belongs to something else."""

_ID = re.compile(r"[a-zA-Z0-9_.-]{1,64}")
_MEMBERS = {
    Kind.DATASOURCE: (
        *("DataLocationS3", "DataRearrangement", "ComputeStatistics"),
        "RoleARN",
    ),
    Kind.MODEL: ("TrainingDataSourceId", "InputDataLocationS3", "MLModelType", "TrainingParameters"),
    Kind.EVALUATION: ("MLModelId", "EvaluationDataSourceId", "InputDataLocationS3"),
    Kind.BATCH_PREDICTION: ("MLModelId", "BatchPredictionDataSourceId", "InputDataLocationS3", "OutputUri"),
}
_SETTINGS = ("ScoreThreshold", "ScoreThresholdLastUpdatedAt")
_DATABASES = ("RDSMetadata", "RedshiftMetadata")
_DETAILS = ("DataSourceSchema", "Schema", "Recipe", f"{results.PRIVATE_PREFIX}{results.STATISTICS}", *_DATABASES)
_RESULTS = ("DataSizeInBytes", "NumberOfFiles", "SizeInBytes", "TotalRecordCount", "InvalidRecordCount")
_DATASOURCES = ("TrainingDataSourceId", "EvaluationDataSourceId", "BatchPredictionDataSourceId")
_PASSING = ("LogUri", "ResponseMetadata", "EndpointInfo")  # another Get of the same entity may have others


def adopt_entity(
    context: Context,
    kind: Kind,
    reply: Mapping[str, Any],
    *,
    tags: Mapping[str, str | None],
    status: Status,
    message: str | None,
    usable: bool,
) -> Adopted:
    """
    Record the entity that *reply* describes; see `Engine.adopt <amlwrap.local.engine.Engine.adopt>`.

    Raises:
        InvalidInput: Its id cannot be one.
    """
    run = status == Status.PENDING
    adoption = Adoption(
        new=_entity(context, kind, reply, _digest(kind, reply, tags)),
        status=status,
        message=message,
        created_ms=_milliseconds(reply.get("CreatedAt")) or context.now(),
        updated_ms=_milliseconds(reply.get("LastUpdatedAt")) or context.now(),
        started_ms=None if run else _milliseconds(reply.get("StartedAt")),
        finished_ms=None if run else _milliseconds(reply.get("FinishedAt")),
        compute_ms=None if run else reply.get("ComputeTime"),
        summary={} if run else _results(reply)[0],
        tags=tags,
        record_only=not usable,
        run=run,
    )
    existing = adopt(context.database, adoption)
    if existing is not None:
        return "same" if existing.digest == adoption.new.digest else "taken"
    if run:
        context.workers.wake()
    return "new"


def _entity(context: Context, kind: Kind, reply: Mapping[str, Any], digest: str) -> NewEntity:
    if not _ID.fullmatch(reply[kind.id_member]):
        raise InvalidInput(f"{kind.id_member}: expected a match of {_ID.pattern}, found {reply[kind.id_member]!r}.")
    members = {name: reply[name] for name in _MEMBERS[kind] if name in reply}
    if kind == Kind.DATASOURCE:
        members.setdefault("ComputeStatistics", False)
        members |= {name: _without_query(reply[name]) for name in _DATABASES if name in reply}
    datasource_id = next((reply[name] for name in _DATASOURCES if name in reply), "")
    model_id = "" if kind == Kind.MODEL else reply.get("MLModelId", "")
    return NewEntity(
        kind=kind,
        id=reply[kind.id_member],
        name=reply.get("Name", ""),
        owner=reply.get("CreatedByIamUser", OWNER),
        digest=digest,
        members=members,
        request=_REQUESTS[kind](reply),
        settings=_settings(reply),
        details={name: reply[name] for name in _DETAILS if name in reply} | _results(reply)[1],
        data_uri=reply.get("DataLocationS3" if kind == Kind.DATASOURCE else "InputDataLocationS3", ""),
        datasource_id=datasource_id,
        model_id=model_id,
        model_type=reply.get("MLModelType", ""),
        endpoint="NONE" if kind == Kind.MODEL else "",
        links=_links(context, datasource_id, model_id),
    )


def _without_query(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """What a reply tells of a database unless it is asked to be verbose."""
    return {name: value for name, value in metadata.items() if name != "SelectSqlQuery"}


def _digest(kind: Kind, reply: Mapping[str, Any], tags: Mapping[str, str | None]) -> str:
    lasting = {name: value for name, value in reply.items() if name not in _PASSING}
    return hashlib.sha256(json.dumps([kind, lasting, dict(tags)], sort_keys=True).encode()).hexdigest()


def _results(reply: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What its job returned: the short part and the long one."""
    found = {name: reply[name] for name in _RESULTS if name in reply}
    performance: Mapping[str, Any] = reply.get("PerformanceMetrics") or {}
    properties = performance.get("Properties")
    return results.split(found if properties is None else {**found, "Properties": properties})


def _settings(reply: Mapping[str, Any]) -> dict[str, Any]:
    given = {name: reply[name] for name in _SETTINGS if name in reply}
    moment = _milliseconds(given.get("ScoreThresholdLastUpdatedAt"))
    return given if moment is None else {**given, "ScoreThresholdLastUpdatedAt": moment / 1000}


def _links(context: Context, datasource_id: str, model_id: str) -> tuple[Link, ...]:
    links = [Link("datasource", Kind.DATASOURCE, datasource_id)]
    if model_id:
        model = context.entities.get(Kind.MODEL, model_id)
        trained_on = "" if model is None else model.datasource_id
        links.append(Link("model", Kind.MODEL, model_id))
        links.append(Link("training_datasource", Kind.DATASOURCE, trained_on, required=False))
    return tuple(link for link in links if link.id)


# What a create would have said; stages read it.


def _datasource_request(reply: Mapping[str, Any]) -> dict[str, Any]:
    spec = {
        "DataLocationS3": reply.get("DataLocationS3", ""),
        "DataSchema": reply.get("DataSourceSchema"),
        "DataRearrangement": reply.get("DataRearrangement"),
    }
    return {
        "DataSourceId": reply["DataSourceId"],
        "DataSpec": {name: value for name, value in spec.items() if value is not None},
        "ComputeStatistics": reply.get("ComputeStatistics", False),
    }


def _model_request(reply: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "MLModelId": reply["MLModelId"],
        "MLModelType": reply.get("MLModelType", ""),
        "TrainingDataSourceId": reply.get("TrainingDataSourceId", ""),
        "Parameters": dict(reply.get("TrainingParameters") or {}),
        "Recipe": reply.get("Recipe", ""),
    }


def _members_as_request(reply: Mapping[str, Any]) -> dict[str, Any]:
    names = ("EvaluationId", "BatchPredictionId", "MLModelId", *_DATASOURCES, "OutputUri")
    return {name: reply[name] for name in names if name in reply}


_REQUESTS: dict[Kind, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    Kind.DATASOURCE: _datasource_request,
    Kind.MODEL: _model_request,
    Kind.EVALUATION: _members_as_request,
    Kind.BATCH_PREDICTION: _members_as_request,
}


def _milliseconds(moment: Any) -> int | None:
    """Epoch milliseconds of epoch seconds or of a time in ISO 8601."""
    if isinstance(moment, str):
        parsed = datetime.fromisoformat(moment)
        moment = (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()
    return None if moment is None else round(float(moment) * 1000)
