"""
Listing: the Describe operations, with their filters, order and pages.

Where the service's own rules are unknown, these hold:

- without FilterVariable, entities are sorted by age, the oldest first; ``SortOrder`` ``dsc`` turns that round;
- a comparator needs a FilterVariable; several comparators must all be true;
- values are compared as text, capitals before small letters; times are given in ISO 8601 or epoch seconds, and have no
  Prefix;
- entities with equal values are sorted by age; DELETED entities are not listed;
- a NextToken belongs to the filter and order it was given for.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import operator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeGuard

from amlwrap.local.faults import InvalidInput
from amlwrap.local.kinds import Kind
from amlwrap.local.service.showing import ALGORITHM, shown
from amlwrap.local.state import Condition, Page, Query, read_page

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from amlwrap.local.service.context import Context
    from amlwrap.local.state import Cursor

__all__ = ["describe"]

_COMPARATORS = ("EQ", "GT", "LT", "GE", "LE", "NE", "Prefix")
_TIMES = {"CreatedAt": "created_ms", "LastUpdatedAt": "updated_ms"}
_CONSTANTS = {"Algorithm": ALGORITHM}
_TEXTS = {
    "IAMUser": "owner",
    "Status": "status",
    "Name": "name",
    "DataLocationS3": "data_uri",
    "TrainingDataURI": "data_uri",
    "DataURI": "data_uri",
    "TrainingDataSourceId": "datasource_id",
    "DataSourceId": "datasource_id",
    "MLModelId": "model_id",
    "MLModelType": "model_type",
    "RealtimeEndpointStatus": "endpoint",
}
_MATCHES: dict[str, Callable[[str, str], bool]] = {
    "EQ": operator.eq,
    "NE": operator.ne,
    "GT": operator.gt,
    "LT": operator.lt,
    "GE": operator.ge,
    "LE": operator.le,
    "Prefix": str.startswith,
}
_DEFAULT_LIMIT = 100
_FARTHEST_MS = 2**62
"""No time lies beyond, and SQLite takes no number much larger."""


def describe(context: Context, kind: Kind, request: Mapping[str, Any]) -> dict[str, Any]:
    """``DescribeDataSources`` and its like."""
    variable = request.get("FilterVariable")
    given = {name: request[name] for name in _COMPARATORS if name in request}
    if given and variable is None:
        raise InvalidInput(f"{next(iter(given))}: a comparator needs a FilterVariable.")
    fingerprint = _fingerprint(kind, request)
    after = _read_token(request["NextToken"], fingerprint) if "NextToken" in request else None
    page = _page(context, kind, request, given, after)
    token = None if page.after is None else _token(page.after, fingerprint)
    return {"Results": [shown(context, entity) for entity in page.entities], "NextToken": token}


def _page(
    context: Context, kind: Kind, request: Mapping[str, Any], given: Mapping[str, str], after: Cursor | None
) -> Page:
    variable = request.get("FilterVariable")
    column: str | None = None
    conditions: tuple[Condition, ...] = ()
    if variable in _CONSTANTS:
        if not all(_MATCHES[name](_CONSTANTS[variable], value) for name, value in given.items()):
            return Page((), None)
    elif variable is not None:
        column = _TIMES.get(variable) or _TEXTS[variable]
        conditions = tuple(Condition(name, _value(variable, name, value)) for name, value in given.items())
    query = Query(
        kind=kind,
        column=column,
        conditions=conditions,
        descending=request.get("SortOrder") == "dsc",
        limit=request.get("Limit", _DEFAULT_LIMIT),
        after=after,
    )
    return read_page(context.database, query)


def _value(variable: str, comparator: str, text: str) -> str | int:
    if variable not in _TIMES:
        return text
    if comparator == "Prefix":
        raise InvalidInput(f"Prefix: {variable} is a time and has no prefix.")
    return _milliseconds(comparator, text)


def _milliseconds(comparator: str, text: str) -> int:
    try:
        return min(max(round(float(text) * 1000), -_FARTHEST_MS), _FARTHEST_MS)
    except (ValueError, OverflowError):
        pass
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput(f"{comparator}: expected a time in ISO 8601 or in epoch seconds, found {text!r}.") from None
    return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


def _fingerprint(kind: Kind, request: Mapping[str, Any]) -> str:
    relevant = {name: request[name] for name in ("FilterVariable", "SortOrder", *_COMPARATORS) if name in request}
    return hashlib.sha256(json.dumps([kind, relevant], sort_keys=True).encode()).hexdigest()[:16]


def _storable(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and -_FARTHEST_MS <= value <= _FARTHEST_MS


def _token(after: Cursor, fingerprint: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([fingerprint, *after]).encode()).decode()


def _read_token(token: str, fingerprint: str) -> Cursor:
    try:
        given, value, seq = json.loads(base64.b64decode(token.encode(), altchars=b"-_", validate=True))
    except (ValueError, TypeError, binascii.Error, RecursionError):
        given, value, seq = None, None, None
    if given != fingerprint or not _storable(seq) or not (value is None or isinstance(value, str) or _storable(value)):
        raise InvalidInput("NextToken: expected the token of a reply to this same request, found another.")
    return value, seq
