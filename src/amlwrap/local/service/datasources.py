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

__all__ = ["create_from_s3", "planned", "schema_of"]


def create_from_s3(context: Context, request: Mapping[str, Any]) -> dict[str, Any]:
    """``CreateDataSourceFromS3``."""
    return create(context, Kind.DATASOURCE, request, _plan)


def schema_of(context: Context, datasource: Entity) -> Schema:
    """The schema *datasource* was created with."""
    request, _ = context.entities.documents(datasource.seq)
    return Schema.parse(request["DataSpec"]["DataSchema"])


def planned(
    context: Context,
    request: Mapping[str, Any],
    digest: str,
    *,
    member: str,
    uri: str,
    members: Mapping[str, Any] | None = None,
    details: Mapping[str, Any] | None = None,
) -> NewEntity:
    """
    What a create records; wherever the rows come from, it is recorded as if they were in files at *uri*.

    Args:
        member: Holds the spec in *request*.
        members: What replies say beside what they say of files.
        details: What verbose ones say beside.
    """
    spec = request[member]
    text, schema = _schema(context, spec, member)
    rearrangement = spec.get("DataRearrangement")
    if rearrangement:
        with document_faults(f"{member}.DataRearrangement"):
            Rearrangement.parse(rearrangement)
    shown = {"DataLocationS3": uri, "ComputeStatistics": request.get("ComputeStatistics", False), **(members or {})}
    if rearrangement is not None:
        shown["DataRearrangement"] = rearrangement
    others = {name: value for name, value in request.items() if name != member}
    return NewEntity(
        kind=Kind.DATASOURCE,
        id=request["DataSourceId"],
        name=request.get("DataSourceName", ""),
        digest=digest,
        members=shown,
        request={**others, "DataSpec": {**spec, "DataLocationS3": uri, "DataSchema": text}},
        details={"DataSourceSchema": schema.render(), **(details or {})},
        data_uri=uri,
    )


def _plan(context: Context, request: Mapping[str, Any], digest: str) -> NewEntity:
    return planned(context, request, digest, member="DataSpec", uri=request["DataSpec"]["DataLocationS3"])


def _schema(context: Context, spec: Mapping[str, Any], member: str) -> tuple[str, Schema]:
    elsewhere = "DataSchemaUri" if "SelectSqlQuery" in spec else "DataSchemaLocationS3"
    inline, uri = spec.get("DataSchema"), spec.get(elsewhere)
    if bool(inline) == bool(uri):
        found = "both" if inline else "neither"
        raise InvalidInput(f"{member}: expected one of DataSchema and {elsewhere}, found {found}.")
    source = f"{member}.DataSchema" if inline else f"{member}.{elsewhere}"
    text: str = inline or read_text(context, str(uri), source)
    with document_faults(source):
        schema = Schema.parse(text)
    return text, schema
