"""Batch predictions: a model's answer to every record of a datasource, written to files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amlwrap.local.faults import InvalidInput
from amlwrap.local.kinds import Kind
from amlwrap.local.service.context import usable
from amlwrap.local.service.creating import create
from amlwrap.local.service.evaluations import links
from amlwrap.local.state import NewEntity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from amlwrap.local.service.context import Context

__all__ = ["create_batch_prediction"]

_FORBIDDEN = (":", "//", "/./", "/../")


def create_batch_prediction(context: Context, request: Mapping[str, Any]) -> dict[str, Any]:
    """``CreateBatchPrediction``."""
    return create(context, Kind.BATCH_PREDICTION, request, _plan)


def _plan(context: Context, request: Mapping[str, Any], digest: str) -> NewEntity:
    _check_output(request["OutputUri"])
    model = usable(context, Kind.MODEL, "MLModelId", request)
    datasource = usable(context, Kind.DATASOURCE, "BatchPredictionDataSourceId", request)
    members = {
        "MLModelId": model.id,
        "BatchPredictionDataSourceId": datasource.id,
        "InputDataLocationS3": datasource.data_uri,
        "OutputUri": request["OutputUri"],
    }
    return NewEntity(
        kind=Kind.BATCH_PREDICTION,
        id=request["BatchPredictionId"],
        name=request.get("BatchPredictionName", ""),
        digest=digest,
        members=members,
        request=request,
        data_uri=datasource.data_uri,
        datasource_id=datasource.id,
        model_id=model.id,
        links=links(model, datasource),
    )


def _check_output(uri: str) -> None:
    if not uri.endswith("/"):
        raise InvalidInput(f"OutputUri: expected a folder, which ends in '/', found {uri!r}.")
    path = uri[uri.index("/", len("s3://")) :]
    for part in _FORBIDDEN:
        if part in path:
            raise InvalidInput(f"OutputUri: expected no {part!r} after the bucket, found {uri!r}.")
