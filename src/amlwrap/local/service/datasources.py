"""Datasources: where rows lie, what their columns mean, and which part of them is meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amlwrap.documents.rearrangement import Rearrangement
from amlwrap.documents.schema import Schema
from amlwrap.local.faults import InvalidInput
from amlwrap.local.kinds import Kind
from amlwrap.local.service.context import document_faults, read_text
from amlwrap.local.service.creating import create
from amlwrap.local.state import NewEntity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from amlwrap.local.service.context import Context
    from amlwrap.local.state import Entity

__all__ = ["create_from_s3", "schema_of"]


def create_from_s3(context: Context, request: Mapping[str, Any]) -> dict[str, Any]:
    """``CreateDataSourceFromS3``."""
    return create(context, Kind.DATASOURCE, request, _plan)


def schema_of(context: Context, datasource: Entity) -> Schema:
    """The schema *datasource* was created with."""
    request, _ = context.entities.documents(datasource.seq)
    return Schema.parse(request["DataSpec"]["DataSchema"])


def _plan(context: Context, request: Mapping[str, Any], digest: str) -> NewEntity:
    spec = request["DataSpec"]
    text, schema = _schema(context, spec)
    rearrangement = spec.get("DataRearrangement")
    if rearrangement:
        with document_faults("DataSpec.DataRearrangement"):
            Rearrangement.parse(rearrangement)
    members = {"DataLocationS3": spec["DataLocationS3"], "ComputeStatistics": request.get("ComputeStatistics", False)}
    if rearrangement is not None:
        members["DataRearrangement"] = rearrangement
    return NewEntity(
        kind=Kind.DATASOURCE,
        id=request["DataSourceId"],
        name=request.get("DataSourceName", ""),
        digest=digest,
        members=members,
        request={**request, "DataSpec": {**spec, "DataSchema": text}},
        details={"DataSourceSchema": schema.render()},
        data_uri=spec["DataLocationS3"],
    )


def _schema(context: Context, spec: Mapping[str, Any]) -> tuple[str, Schema]:
    inline, uri = spec.get("DataSchema"), spec.get("DataSchemaLocationS3")
    if bool(inline) == bool(uri):
        found = "both" if inline else "neither"
        raise InvalidInput(f"DataSpec: expected one of DataSchema and DataSchemaLocationS3, found {found}.")
    member = "DataSpec.DataSchema" if inline else "DataSpec.DataSchemaLocationS3"
    text: str = inline or read_text(context, str(uri), member)
    with document_faults(member):
        schema = Schema.parse(text)
    return text, schema
