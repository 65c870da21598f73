"""Datasources made of a query: whose rows are put into a file first, and whose password is written down nowhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amlwrap.local.kinds import Kind
from amlwrap.local.service.creating import create
from amlwrap.local.service.datasources import planned

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from amlwrap.local.service.context import Context
    from amlwrap.local.state import NewEntity

__all__ = ["create_from_rds", "create_from_redshift"]


def create_from_rds(context: Context, request: Mapping[str, Any]) -> dict[str, Any]:
    """``CreateDataSourceFromRDS``."""
    return _create(context, request, "RDSData", _rds_metadata)


def create_from_redshift(context: Context, request: Mapping[str, Any]) -> dict[str, Any]:
    """``CreateDataSourceFromRedshift``."""
    return _create(context, request, "DataSpec", _redshift_metadata)


def _create(
    context: Context,
    request: Mapping[str, Any],
    member: str,
    metadata: Callable[[Mapping[str, Any]], tuple[str, dict[str, Any]]],
) -> dict[str, Any]:
    """
    Record *request* without its password, which is lent to the job.

    So the password is no part of what a repeated create must say again: with another one, nothing changes.
    """
    spec = request[member]
    credentials = spec["DatabaseCredentials"]
    said = {**request, member: {**spec, "DatabaseCredentials": {"Username": credentials["Username"]}}}

    def plan(context: Context, request: Mapping[str, Any], digest: str) -> NewEntity:
        called, told = metadata(spec)
        new = planned(
            context,
            request,
            digest,
            member=member,
            uri=f"{spec['S3StagingLocation'].rstrip('/')}/{request['DataSourceId']}.csv",
            members={"RoleARN": request["RoleARN"], called: told},
            details={called: {**told, "SelectSqlQuery": spec["SelectSqlQuery"]}},
        )
        context.databases.lend(new.id, credentials["Password"])
        return new

    return create(context, Kind.DATASOURCE, said, plan)


def _rds_metadata(spec: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    roles = {name: spec[name] for name in ("ResourceRole", "ServiceRole")}
    return "RDSMetadata", {"Database": spec["DatabaseInformation"], **_user(spec), **roles}


def _redshift_metadata(spec: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    return "RedshiftMetadata", {"RedshiftDatabase": spec["DatabaseInformation"], **_user(spec)}


def _user(spec: Mapping[str, Any]) -> dict[str, Any]:
    return {"DatabaseUserName": spec["DatabaseCredentials"]["Username"]}
