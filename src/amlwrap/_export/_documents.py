"""The plain files that stand beside an entity's reply: each of its documents alone, as people look for them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from amlwrap import _wire
from amlwrap._export._records import rendered

__all__ = ["documents_of", "references_of"]

_REFERENCES = (
    ("datasource", "TrainingDataSourceId"),
    ("datasource", "EvaluationDataSourceId"),
    ("datasource", "BatchPredictionDataSourceId"),
    ("model", "MLModelId"),
)


def documents_of(kind: str, reply: Mapping[str, Any]) -> dict[str, bytes]:
    """
    Contents by file name, the reply itself last.

    >>> reply = {"MLModelId": "ml-1", "Recipe": "{}", "TrainingParameters": {"sgd.maxPasses": "5"}}
    >>> sorted(documents_of("model", reply))
    ['model.json', 'parameters.json', 'recipe.json']
    """
    performance: Mapping[str, Any] = reply.get("PerformanceMetrics") or {}
    found: dict[str, Any] = {
        "schema.json": _wire.document(reply, "schema"),
        "recipe.json": _wire.document(reply, "recipe"),
        "parameters.json": _wire.document(reply, "parameters"),
        "rearrangement.json": reply.get("DataRearrangement"),
        "metrics.json": performance.get("Properties"),
    }
    files = {name: _pretty(document) for name, document in found.items() if document}
    for member in ("RDSMetadata", "RedshiftMetadata"):
        metadata: Mapping[str, Any] = reply.get(member) or {}
        if "SelectSqlQuery" in metadata:
            files["query.sql"] = metadata["SelectSqlQuery"].encode("utf-8", "backslashreplace")
    return {**files, f"{kind}.json": rendered(reply)}


def references_of(kind: str, reply: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Kind and id of what the entity was made from."""
    return [(other, str(reply[member])) for other, member in _REFERENCES if other != kind and reply.get(member)]


def _pretty(document: Any) -> bytes:
    """A document on lines of its own; what is no JSON stays as it is."""
    if not isinstance(document, str):
        return rendered(document)
    try:
        return rendered(json.loads(document))
    except (ValueError, RecursionError):
        return document.encode("utf-8", "backslashreplace")
