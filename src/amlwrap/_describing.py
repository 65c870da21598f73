"""Keyword filters as the parameters of a describe operation, refused where the service could not do them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from amlwrap._wire import KINDS, Kind
from amlwrap.documents._parsing import close_matches
from amlwrap.exceptions import ConfigError

__all__ = ["MOST_PER_PAGE", "describe", "known_filters"]

MOST_PER_PAGE = 100
_OPERATORS = {"": "EQ", "eq": "EQ", "ne": "NE", "lt": "LT", "le": "LE", "gt": "GT", "ge": "GE", "prefix": "Prefix"}
_TIMES = ("created_at", "updated_at")
_ORDERS = {"asc": "asc", "desc": "dsc"}


def describe(kind: Kind, filters: Mapping[str, Any]) -> dict[str, Any]:
    """
    Parameters of a describe operation from keyword filters such as ``name="x"`` or ``created_at__ge=moment``.

    ``order`` is ``"asc"`` or ``"desc"`` by the filtered variable, or by ``order_by`` where nothing is filtered.

    Raises:
        ConfigError: No such filter, or no such combination of them.

    >>> from amlwrap._wire import MODEL
    >>> describe(MODEL, {"name__prefix": "bank", "order": "desc"})
    {'FilterVariable': 'Name', 'Prefix': 'bank', 'SortOrder': 'dsc'}
    """
    conditions = {key: value for key, value in filters.items() if key not in ("order", "order_by", "limit")}
    params: dict[str, Any] = {}
    for key, value in conditions.items():
        variable, comparator = _condition(kind, key)
        params = {"FilterVariable": kind.filters[variable], comparator: _comparable(kind, key, variable, value)}
    if len(conditions) > 1:
        remedy = "Filter by one, and look at the others in Python."
        expected = "one filter; the service takes no more"
        raise ConfigError(_listing(kind), " and ".join(sorted(conditions)), expected, remedy)
    return params | _order(kind, filters, params) | _limit(filters)


def known_filters(kind: Kind) -> set[str]:
    """The names of all filters of a kind."""
    names = {f"{variable}__{operator}".removesuffix("__") for variable in kind.filters for operator in _OPERATORS}
    return names - {f"{variable}__prefix" for variable in _TIMES}


def _listing(kind: Kind) -> str:
    return f"list() of {kind.collection}"


def _condition(kind: Kind, key: str) -> tuple[str, str]:
    variable, _, operator = key.partition("__")
    known = known_filters(kind)
    if key in known:
        return variable, _OPERATORS[operator]
    if variable in _TIMES and operator == "prefix":
        raise ConfigError(_listing(kind), repr(key), f"{variable}__ge or its like; a time has no prefix")
    expected = f"one of {', '.join(sorted(kind.filters))}, alone or with __{', __'.join(list(_OPERATORS)[1:])}"
    near = close_matches(key, sorted({*known, "limit", "order", "order_by"}))
    raise ConfigError(_listing(kind), repr(key), expected, near)


def _comparable(kind: Kind, key: str, variable: str, value: Any) -> str:
    if value is None:
        raise ConfigError(_listing(kind), f"{key}=None", "a value", "Leave the filter out to list everything.")
    theirs: Kind | None = getattr(value, "_kind", None)
    if theirs is not None and variable != theirs.noun:
        expected = f"a {variable} or its id" if variable in {kind.noun for kind in KINDS} else "a text"
        raise ConfigError(_listing(kind), f"{key}= the {theirs.noun} {value.id!r}", expected)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return str(getattr(value, "id", value))


def _order(kind: Kind, filters: Mapping[str, Any], params: Mapping[str, Any]) -> dict[str, str]:
    order, variable = filters.get("order"), filters.get("order_by")
    if order is not None and order not in _ORDERS:
        raise ConfigError("order", repr(order), '"asc" or "desc"')
    if variable is not None and variable not in kind.filters:
        expected, near = f"one of {', '.join(sorted(kind.filters))}", close_matches(str(variable), kind.filters)
        raise ConfigError("order_by", repr(variable), expected, near)
    if variable is not None and params.get("FilterVariable", kind.filters[variable]) != kind.filters[variable]:
        raise ConfigError("order_by", repr(variable), "the filtered variable; the service sorts by no other")
    by = {} if variable is None else {"FilterVariable": kind.filters[variable]}
    return by | ({} if order is None else {"SortOrder": _ORDERS[order]})


def _limit(filters: Mapping[str, Any]) -> dict[str, int]:
    limit = filters.get("limit")
    if limit is None:
        return {}
    if not isinstance(limit, int) or isinstance(limit, bool) or limit < 1:
        raise ConfigError("limit", repr(limit), "a whole number of items, at least 1")
    return {"Limit": min(limit, MOST_PER_PAGE)}
