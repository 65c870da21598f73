"""Replies of the service become fields of ours."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from amlwrap._wire.details import DETAIL_PREFIX, SPOILT, STATISTICS
from amlwrap._wire.kinds import (
    BATCH_PREDICTION,
    DATASOURCE,
    EVALUATION,
    MODEL,
    PROGRESS_HEADER,
    Kind,
    Params,
    Reply,
)

__all__ = [
    "batch_prediction_fields",
    "datasource_fields",
    "document",
    "endpoint_fields",
    "entity_fields",
    "evaluation_fields",
    "metric_fields",
    "model_fields",
    "prediction_fields",
    "progress_of",
    "rds_fields",
    "redshift_fields",
    "tags_of",
]


def entity_fields(kind: Kind, reply: Reply) -> Params:
    """What every kind of resource has; ``ResponseMetadata`` is no part of it."""
    compute = _integer(reply.get("ComputeTime"))
    return {
        "id": str(reply[kind.id_member]),
        "name": reply.get("Name", ""),
        "status": reply.get("Status", "PENDING"),
        "message": reply.get("Message", ""),
        "created_at": _time(reply.get("CreatedAt")),
        "updated_at": _time(reply.get("LastUpdatedAt")),
        "started_at": _time(reply.get("StartedAt")),
        "finished_at": _time(reply.get("FinishedAt")),
        "compute_seconds": None if compute is None else compute / 1000,
        "log_uri": reply.get("LogUri"),
        "raw": {key: value for key, value in reply.items() if key != "ResponseMetadata"},
    }


def datasource_fields(reply: Reply) -> Params:
    """Fields of a `Datasource`."""
    return {
        **entity_fields(DATASOURCE, reply),
        "uri": reply.get("DataLocationS3", ""),
        "has_statistics": bool(reply.get("ComputeStatistics", False)),
        "n_bytes": _integer(reply.get("DataSizeInBytes")),
        "n_files": _integer(reply.get("NumberOfFiles")),
        "rearrangement_text": reply.get("DataRearrangement") or None,
        "role": reply.get("RoleARN"),
    }


def rds_fields(reply: Reply) -> Params | None:
    """Fields of `RDSMetadata`, when the rows came out of RDS."""
    found: Reply | None = reply.get("RDSMetadata")
    if not found:
        return None
    database: Reply = found.get("Database") or {}
    return {
        "instance": database.get("InstanceIdentifier", ""),
        "database": database.get("DatabaseName", ""),
        "user": found.get("DatabaseUserName", ""),
        "query": found.get("SelectSqlQuery"),
        "resource_role": found.get("ResourceRole"),
        "service_role": found.get("ServiceRole"),
        "pipeline_id": found.get("DataPipelineId"),
    }


def redshift_fields(reply: Reply) -> Params | None:
    """Fields of `RedshiftMetadata`, when the rows came out of Redshift."""
    found: Reply | None = reply.get("RedshiftMetadata")
    if not found:
        return None
    database: Reply = found.get("RedshiftDatabase") or {}
    return {
        "cluster": database.get("ClusterIdentifier", ""),
        "database": database.get("DatabaseName", ""),
        "user": found.get("DatabaseUserName", ""),
        "query": found.get("SelectSqlQuery"),
    }


def model_fields(reply: Reply) -> Params:
    """Fields of a `Model`."""
    threshold = reply.get("ScoreThreshold")
    return {
        **entity_fields(MODEL, reply),
        "type": reply.get("MLModelType", ""),
        "datasource_id": reply.get("TrainingDataSourceId", ""),
        "threshold": None if threshold is None else float(threshold),
        "threshold_updated_at": _time(reply.get("ScoreThresholdLastUpdatedAt")),
        "size_bytes": _integer(reply.get("SizeInBytes")),
        "input_uri": reply.get("InputDataLocationS3", ""),
        **endpoint_fields(reply),
    }


def endpoint_fields(reply: Reply) -> Params:
    """Fields of a `Model` that tell of its endpoint, from any reply that does."""
    info: Reply = reply.get("RealtimeEndpointInfo") or reply.get("EndpointInfo") or {}
    return {
        "endpoint_status": info.get("EndpointStatus", "NONE"),
        "endpoint_url": info.get("EndpointUrl"),
        "endpoint_created_at": _time(info.get("CreatedAt")),
        "endpoint_peak": _integer(info.get("PeakRequestsPerSecond")) or 0,
    }


def evaluation_fields(reply: Reply) -> Params:
    """Fields of an `Evaluation`; its metrics still as the service's strings."""
    performance: Reply = reply.get("PerformanceMetrics") or {}
    return {
        **entity_fields(EVALUATION, reply),
        "model_id": reply.get("MLModelId", ""),
        "datasource_id": reply.get("EvaluationDataSourceId", ""),
        "input_uri": reply.get("InputDataLocationS3", ""),
        "properties": dict(performance.get("Properties") or {}),
    }


def batch_prediction_fields(reply: Reply) -> Params:
    """Fields of a `BatchPrediction`."""
    return {
        **entity_fields(BATCH_PREDICTION, reply),
        "model_id": reply.get("MLModelId", ""),
        "datasource_id": reply.get("BatchPredictionDataSourceId", ""),
        "input_uri": reply.get("InputDataLocationS3", ""),
        "output_uri": reply.get("OutputUri", ""),
        "n_total": _integer(reply.get("TotalRecordCount")),
        "n_invalid": _integer(reply.get("InvalidRecordCount")),
    }


def prediction_fields(reply: Reply) -> Params:
    """Fields of a `Prediction`; the one score of a BINARY model is that of class 1, whatever it stands under."""
    found: Reply = reply.get("Prediction") or {}
    kind = found.get("details", {}).get("PredictiveModelType", "")
    scores: dict[str, float] = {label: float(score) for label, score in found.get("predictedScores", {}).items()}
    if kind == "BINARY" and len(scores) == 1:
        (one,) = scores.values()
        scores = {"0": 1.0 - one, "1": one}
    value = found.get("predictedValue")
    return {
        "type": kind,
        "label": found.get("predictedLabel"),
        "value": None if value is None else float(value),
        "scores": scores,
        "raw": dict(found),
    }


def metric_fields(properties: Mapping[str, str]) -> Params:
    """Fields of `Metrics`: the one number the service gives, and what our engine adds to it."""
    own = {key.removeprefix(DETAIL_PREFIX): text for key, text in properties.items() if key.startswith(DETAIL_PREFIX)}
    baseline = _number(own.get("baseline"))
    if baseline is None and "BinaryAUC" in properties:
        baseline = 0.5
    return {
        "auc": _number(properties.get("BinaryAUC")),
        "rmse": _number(properties.get("RegressionRMSE")),
        "macro_f1": _number(properties.get("MulticlassAvgFScore")),
        "baseline": baseline,
        "accuracy": _number(own.get("accuracy")),
        "n_scored": _integer(own.get("n_scored")),
        "n_invalid": _integer(own.get("n_invalid")),
        "confusion_counts": json.loads(own["confusion"]) if "confusion" in own else None,
        "curve_points": json.loads(own["curve"]) if "curve" in own else None,
    }


def document(reply: Reply, name: str) -> Any:
    """The text or map of a *document* a verbose get returns, ``None`` when it is not there."""
    members = {
        "schema": ("DataSourceSchema", "Schema"),
        "recipe": ("Recipe",),
        "parameters": ("TrainingParameters",),
        STATISTICS: (f"{DETAIL_PREFIX}{STATISTICS}",),
        SPOILT: (f"{DETAIL_PREFIX}{SPOILT}",),
    }
    return next((reply[member] for member in members[name] if reply.get(member)), None)


def progress_of(reply: Reply) -> tuple[float | None, str]:
    """Fraction done and words, when the carrier tells; ``(None, "")`` when it does not."""
    headers: Mapping[str, str] = reply.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    fraction, _, words = headers.get(PROGRESS_HEADER, "").partition(" ")
    try:
        return min(max(float(fraction), 0.0), 1.0), words
    except ValueError:
        return None, words


def tags_of(reply: Reply) -> dict[str, str]:
    """Tags by key; a tag without a value has the empty one."""
    return {tag["Key"]: tag.get("Value") or "" for tag in reply.get("Tags", [])}


def _time(value: Any) -> datetime | None:
    """Aware UTC from what botocore parsed, or from epoch seconds."""
    if value is None:
        return None
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return datetime.fromtimestamp(float(value), UTC)


def _integer(value: Any) -> int | None:
    """Counts come as numbers, in some of the service's own samples as strings."""
    return None if value in (None, "") else int(float(value)) if isinstance(value, str | float) else int(value)


def _number(text: str | None) -> float | None:
    return None if text in (None, "") else float(text)
