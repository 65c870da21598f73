"""What a stage returned, as replies show it: the short part always, the long part on request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["PRIVATE_PREFIX", "SPOILT", "STATISTICS", "join", "split"]

PRIVATE_PREFIX = "amlwrap."
"""Marks what the service itself never sends: members of a reply, and properties of an evaluation."""

STATISTICS = "statistics"
"""What a reply to who asks for a datasource's statistics calls them, behind that prefix."""

SPOILT = "statistics_spoilt"
"""What it calls the reason, in their place, when they are there and cannot be read."""

_LONG = ("Recipe", "Schema", "DataSourceSchema")


def split(result: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """
    The short part of *result*, and the long one.

    >>> split({"SizeInBytes": 8, "Schema": "{}"})
    ({'SizeInBytes': 8}, {'Schema': '{}'})
    >>> split({"Properties": {"BinaryAUC": "0.9", "amlwrap.accuracy": "0.8"}})
    ({'Properties': {'BinaryAUC': '0.9'}}, {'Properties': {'amlwrap.accuracy': '0.8'}})
    """
    long = {name: value for name, value in result.items() if name in _LONG or name.startswith(PRIVATE_PREFIX)}
    short = {name: value for name, value in result.items() if name not in long}
    properties: Mapping[str, str] | None = result.get("Properties")
    if properties is not None:
        short["Properties"] = {name: value for name, value in properties.items() if not name.startswith(PRIVATE_PREFIX)}
        long["Properties"] = {name: value for name, value in properties.items() if name.startswith(PRIVATE_PREFIX)}
    return short, long


def join(short: Mapping[str, Any], long: Mapping[str, Any]) -> dict[str, Any]:
    """What `split` took apart."""
    whole = {**long, **short}
    if "Properties" in short and "Properties" in long:
        whole["Properties"] = {**short["Properties"], **long["Properties"]}
    return whole
