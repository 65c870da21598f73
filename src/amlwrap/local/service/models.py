"""Models: what is to be learned from which datasource, by which recipe, with which parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amlwrap.documents.parameters import TrainingParameters
from amlwrap.documents.recipe import Recipe
from amlwrap.local.faults import InvalidInput
from amlwrap.local.kinds import Kind, Status
from amlwrap.local.service.context import document_faults, known, read_text, usable
from amlwrap.local.service.creating import create
from amlwrap.local.service.datasources import schema_of
from amlwrap.local.service.updating import record
from amlwrap.local.state import Link, NewEntity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from amlwrap.documents.schema import Schema
    from amlwrap.local.service.context import Context
    from amlwrap.local.state import Entity

__all__ = ["create_model", "update_model"]

_DEFAULT_THRESHOLD = 0.5


def create_model(context: Context, request: Mapping[str, Any]) -> dict[str, Any]:
    """``CreateMLModel``."""
    return create(context, Kind.MODEL, request, _plan)


def update_model(context: Context, request: Mapping[str, Any]) -> dict[str, Any]:
    """``UpdateMLModel``: another name, another score threshold, or both."""
    model = known(context, Kind.MODEL, request)
    name, threshold = request.get("MLModelName"), request.get("ScoreThreshold")
    if name is None and threshold is None:
        raise InvalidInput("UpdateMLModel: expected MLModelName or ScoreThreshold, found neither.")
    settings = None
    if threshold is not None:
        _check_threshold(model, threshold)
        settings = {**model.settings, "ScoreThreshold": threshold, "ScoreThresholdLastUpdatedAt": context.now() / 1000}
    return record(context, model, name=name, settings=settings)


def _check_threshold(model: Entity, threshold: float) -> None:
    if model.model_type != "BINARY":
        raise InvalidInput(f"ScoreThreshold: expected a BINARY model, found a {model.model_type} one.")
    if model.status not in (Status.COMPLETED, Status.DELETED):
        raise InvalidInput(f"ScoreThreshold: expected a COMPLETED model, found one that is {model.status}.")
    if model.endpoint != "NONE":
        remedy = "Delete the endpoint first."
        raise InvalidInput(f"ScoreThreshold: expected a model without realtime endpoint, found {model.id!r}. {remedy}")
    if not 0 <= threshold <= 1:
        raise InvalidInput(f"ScoreThreshold: expected 0 to 1, found {threshold}.")


def _plan(context: Context, request: Mapping[str, Any], digest: str) -> NewEntity:
    datasource = usable(context, Kind.DATASOURCE, "TrainingDataSourceId", request)
    if not datasource.members["ComputeStatistics"]:
        raise InvalidInput(f"TrainingDataSourceId: DataSource {datasource.id!r} was created without ComputeStatistics.")
    schema = schema_of(context, datasource)
    _check_target(schema, request["MLModelType"])
    parameters = _parameters(request.get("Parameters", {}))
    recipe, shown = _recipe(context, request, schema)
    members = {
        "TrainingDataSourceId": datasource.id,
        "InputDataLocationS3": datasource.data_uri,
        "MLModelType": request["MLModelType"],
        "TrainingParameters": parameters,
    }
    return NewEntity(
        kind=Kind.MODEL,
        id=request["MLModelId"],
        name=request.get("MLModelName", ""),
        digest=digest,
        members=members,
        request={**request, "Recipe": recipe},
        settings={"ScoreThreshold": _DEFAULT_THRESHOLD} if request["MLModelType"] == "BINARY" else {},
        details={"Schema": schema.render(), **({"Recipe": shown} if recipe else {})},
        data_uri=datasource.data_uri,
        datasource_id=datasource.id,
        model_type=request["MLModelType"],
        endpoint="NONE",
        links=(Link("datasource", Kind.DATASOURCE, datasource.id),),
    )


def _check_target(schema: Schema, model_type: str) -> None:
    if schema.target is None:
        raise InvalidInput(
            "TrainingDataSourceId: the schema names no target (targetAttributeName), so there is nothing to learn."
        )
    if schema.model_type != model_type:
        target = f"the target {schema.target!r} is {schema.type_of(schema.target)}"
        raise InvalidInput(f"MLModelType: {target}, so expected {schema.model_type}, found {model_type}.")


def _parameters(given: Mapping[str, str]) -> dict[str, str]:
    """All parameters as replies list them: what was given stays as it was written."""
    with document_faults("Parameters"):
        parsed = TrainingParameters.parse(given)
    return {"algorithm": "sgd", **parsed.to_map(), **given}


def _recipe(context: Context, request: Mapping[str, Any], schema: Schema) -> tuple[str, str]:
    """The recipe's text, and the form in which the service shows it; both empty when the suggested one is meant."""
    inline, uri = request.get("Recipe"), request.get("RecipeUri")
    if inline and uri:
        raise InvalidInput("Recipe: expected at most one of Recipe and RecipeUri, found both.")
    if not inline and not uri:
        return "", ""
    member = "Recipe" if inline else "RecipeUri"
    text: str = inline or read_text(context, str(uri), member)
    with document_faults(member):
        recipe = Recipe.parse(text)
        recipe.validate(schema)
    return text, recipe.render(indent=2)
