"""Everything a client says about every entity, attribute by attribute, so that two worlds can be compared."""

from __future__ import annotations

from typing import Any, TypeAlias

import attrs

from amlwrap import Client

Told: TypeAlias = dict[tuple[str, str], dict[str, Any]]

PASSING = {"raw", "log_uri", "world"}


def told(aml: Client, *deleted: str) -> Told:
    """What there is to say of all that is listed, and of *deleted* datasources."""
    found: Told = {}
    for name, collection in (
        ("datasource", aml.datasources),
        ("model", aml.models),
        ("evaluation", aml.evaluations),
        ("batch_prediction", aml.batch_predictions),
    ):
        listed = [entity.id for entity in collection.list()]
        for one in [*listed, *(deleted if name == "datasource" else ())]:
            entity = collection.get(one)
            fields = [field.alias for field in attrs.fields(type(entity))]
            values = {name: getattr(entity, name, None) for name in fields if name not in PASSING}
            documents = {
                name: getattr(entity, name)
                for name in ("schema", "recipe", "parameters", "rearrangement")
                if hasattr(type(entity), name)
            }
            metrics = getattr(entity, "metrics", None)
            found[name, one] = {
                **values,
                **documents,
                "tags": dict(entity.tags),
                "metrics": None if metrics is None else (metrics, metrics._confusion_counts, metrics._curve_points),
            }
    return found
