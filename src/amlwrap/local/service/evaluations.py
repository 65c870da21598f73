"""Evaluations: how well a model does on a datasource."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amlwrap.documents.schema import Schema
from amlwrap.local.faults import InvalidInput
from amlwrap.local.kinds import Kind
from amlwrap.local.service.context import usable
from amlwrap.local.service.creating import create
from amlwrap.local.service.datasources import schema_of
from amlwrap.local.state import Link, NewEntity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from amlwrap.local.service.context import Context
    from amlwrap.local.state import Entity

__all__ = ["create_evaluation", "links"]


def create_evaluation(context: Context, request: Mapping[str, Any]) -> dict[str, Any]:
    """``CreateEvaluation``."""
    return create(context, Kind.EVALUATION, request, _plan)


def links(model: Entity, datasource: Entity) -> tuple[Link, ...]:
    """
    What an evaluation or batch prediction builds on.

    The training datasource is looked at and not waited for: a model stays usable when its datasource is deleted.
    """
    return (
        Link("model", Kind.MODEL, model.id),
        Link("datasource", Kind.DATASOURCE, datasource.id),
        Link("training_datasource", Kind.DATASOURCE, model.datasource_id, required=False),
    )


def _plan(context: Context, request: Mapping[str, Any], digest: str) -> NewEntity:
    model = usable(context, Kind.MODEL, "MLModelId", request)
    datasource = usable(context, Kind.DATASOURCE, "EvaluationDataSourceId", request)
    _check_target(context, model, datasource)
    members = {
        "MLModelId": model.id,
        "EvaluationDataSourceId": datasource.id,
        "InputDataLocationS3": datasource.data_uri,
    }
    return NewEntity(
        kind=Kind.EVALUATION,
        id=request["EvaluationId"],
        name=request.get("EvaluationName", ""),
        digest=digest,
        members=members,
        request=request,
        data_uri=datasource.data_uri,
        datasource_id=datasource.id,
        model_id=model.id,
        links=links(model, datasource),
    )


def _check_target(context: Context, model: Entity, datasource: Entity) -> None:
    _, details = context.entities.documents(model.seq)
    target = Schema.parse(details["Schema"]).target
    names = schema_of(context, datasource).names
    if target not in names:
        lacking = f"which DataSource {datasource.id!r} does not hold"
        raise InvalidInput(f"EvaluationDataSourceId: MLModel {model.id!r} predicts {target!r}, {lacking}.")
