"""What a create asked for, as the service will tell it: for the first snapshot, and to recognise what is there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from amlwrap._wire.kinds import Kind, Params, Reply
from amlwrap._wire.requests import given

__all__ = ["is_what_was_asked", "pending", "redacted"]

_SPECS = ("DataSpec", "RDSData")
"""Members of creates that say where rows come from."""


def pending(kind: Kind, params: Reply) -> Params:
    """A create's *params* in the shape of the reply a get would give at once, before any job has run."""
    flat = _flat(params)
    renamed = {
        f"{kind.service}Name": "Name",
        "DataSchema": "DataSourceSchema",
        "Parameters": "TrainingParameters",
    }
    return {"Status": "PENDING", **{renamed.get(key, key): value for key, value in flat.items()}}


def is_what_was_asked(params: Reply, found: Reply) -> bool:
    """Whether every plain value of a create's *params* is what *found*, the reply to the matching get, holds."""
    return _agrees({("Name" if key.endswith("Name") else key): value for key, value in _flat(params).items()}, found)


def redacted(text: str, params: Reply) -> str:
    """*text* without the password that *params* hold, if they hold one."""
    for member in _SPECS:
        password = params.get(member, {}).get("DatabaseCredentials", {}).get("Password")
        text = text.replace(password, "***") if password else text
    return text


def _flat(params: Reply) -> Params:
    """A create's *params* and what is inside a datasource's spec, side by side, as replies spell it; no password."""
    flat = {key: value for key, value in params.items() if key not in _SPECS}
    for member in _SPECS:
        spec: Reply = params.get(member, {})
        flat |= _of_query(spec) if "DatabaseInformation" in spec else spec
    return flat


def _of_query(spec: Reply) -> Params:
    plain = given({key: spec.get(key) for key in ("DataRearrangement", "DataSchema")})
    told = {"DatabaseUserName": spec["DatabaseCredentials"]["Username"], "SelectSqlQuery": spec["SelectSqlQuery"]}
    database = spec["DatabaseInformation"]
    if "ClusterIdentifier" in database:
        return {**plain, "RedshiftMetadata": {"RedshiftDatabase": database, **told}}
    roles = {key: spec[key] for key in ("ResourceRole", "ServiceRole")}
    return {**plain, "RDSMetadata": {"Database": database, **told, **roles}}


def _agrees(asked: Any, found: Any) -> bool:
    """Whether texts are the same wherever both sides have one; what else there is depends on how it was spelled."""
    if isinstance(asked, Mapping) and isinstance(found, Mapping):
        wanted, known = cast("Reply", asked), cast("Reply", found)
        return all(_agrees(value, known[key]) for key, value in wanted.items() if key in known)
    return bool(asked == found) if isinstance(asked, str) else True
