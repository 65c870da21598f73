"""What a create asks for when rows come out of a database: checked, with a place of its own for the rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from amlwrap import _wire
from amlwrap._staging import normalised
from amlwrap.documents import RDSQuery, Rearrangement, RedshiftQuery, Schema
from amlwrap.exceptions import ConfigError
from amlwrap.resources._world import World

__all__ = ["query_call"]


def query_call(
    world: World,
    id: str,
    query: RDSQuery | RedshiftQuery,
    *,
    role: str,
    schema: Schema | str | Mapping[str, object] | None,
    schema_uri: str | None,
    staging: str | None,
    rearrangement: Rearrangement | None,
    statistics: bool,
    name: str | None,
) -> tuple[str, dict[str, Any]]:
    """Operation and parameters that make datasource *id* of the rows *query* gives."""
    _demand_password(query)
    return _wire.create_datasource_from_query(
        id,
        query,
        name=name,
        role=role,
        staging=_place(world, id, staging),
        schema=_rendered(schema, schema_uri),
        schema_uri=schema_uri,
        rearrangement=None if rearrangement is None else rearrangement.render(),
        statistics=statistics,
    )


def _demand_password(query: RDSQuery | RedshiftQuery) -> None:
    if not query.password:
        remedy = "Give it back: query.replace(password=…)."
        raise ConfigError("password", "none, as in every query unpickled", "the database user's password", remedy)


def _place(world: World, id: str, staging: str | None) -> str:
    """Where the rows go: by default a folder of their own, so that nothing else is taken for them."""
    if staging is None:
        return f"{world.staging.require('the rows of a query are put there')}queries/{id}/"
    return str(normalised(staging))


def _rendered(schema: Schema | str | Mapping[str, object] | None, uri: str | None) -> str | None:
    if (schema is None) == (uri is None):
        found = "neither" if schema is None else "both"
        raise ConfigError("schema", found, "one of schema and schema_uri; the rows of a query tell no types")
    if schema is None:
        return None
    return (schema if isinstance(schema, Schema) else Schema.parse(schema)).render()
