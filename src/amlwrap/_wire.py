"""The one SDK module that spells the service's names: replies become fields, fields become requests."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast

import attrs

from amlwrap.documents.databases import RDSQuery, RedshiftQuery

__all__ = [
    "BATCH_PREDICTION",
    "DATASOURCE",
    "EVALUATION",
    "KINDS",
    "MODEL",
    "Kind",
    "batch_prediction_fields",
    "create_batch_prediction",
    "create_datasource",
    "create_datasource_from_query",
    "create_endpoint",
    "create_evaluation",
    "create_model",
    "datasource_fields",
    "delete_endpoint",
    "endpoint_fields",
    "evaluation_fields",
    "is_what_was_asked",
    "model_fields",
    "predict",
    "prediction_fields",
    "progress_of",
    "redacted",
    "tags_of",
    "update",
]

Reply = Mapping[str, Any]
Params = dict[str, Any]
DETAILS_HEADER = "x-amlwrap-details"
PROGRESS_HEADER = "x-amlwrap-progress"
DETAIL_PREFIX = "amlwrap."

_COMMON_FILTERS = {
    "created_at": "CreatedAt",
    "updated_at": "LastUpdatedAt",
    "status": "Status",
    "name": "Name",
    "user": "IAMUser",
}
_SPECS = ("DataSpec", "RDSData")
"""Members of creates that say where rows come from."""
_CHILD_FILTERS = {"model": "MLModelId", "datasource": "DataSourceId", "uri": "DataURI"}


@attrs.frozen(kw_only=True)
class Kind:
    """What one kind of resource is called, by us and by the service."""

    noun: str
    prefix: str
    """Start of an id made by us, as the service's console makes them."""
    collection: str
    """Attribute of a client."""
    service: str
    """The service's own word, inside the names of its operations and tags."""
    verbose: bool = False
    """Whether its get operation can be asked for documents too."""
    filters: Mapping[str, str] = attrs.field(factory=dict[str, str], eq=False)

    @property
    def id_member(self) -> str:
        return f"{self.service}Id"

    @property
    def get(self) -> str:
        return f"Get{self.service}"

    @property
    def update(self) -> str:
        return f"Update{self.service}"

    @property
    def delete(self) -> str:
        return f"Delete{self.service}"

    @property
    def describe(self) -> str:
        return f"Describe{self.service}s"


DATASOURCE = Kind(
    noun="datasource",
    prefix="ds-",
    collection="datasources",
    service="DataSource",
    verbose=True,
    filters={**_COMMON_FILTERS, "uri": "DataLocationS3"},
)
MODEL = Kind(
    noun="model",
    prefix="ml-",
    collection="models",
    service="MLModel",
    verbose=True,
    filters={
        **_COMMON_FILTERS,
        "datasource": "TrainingDataSourceId",
        "endpoint_status": "RealtimeEndpointStatus",
        "type": "MLModelType",
        "algorithm": "Algorithm",
        "uri": "TrainingDataURI",
    },
)
EVALUATION = Kind(
    noun="evaluation",
    prefix="ev-",
    collection="evaluations",
    service="Evaluation",
    filters={**_COMMON_FILTERS, **_CHILD_FILTERS},
)
BATCH_PREDICTION = Kind(
    noun="batch prediction",
    prefix="bp-",
    collection="batch_predictions",
    service="BatchPrediction",
    filters={**_COMMON_FILTERS, **_CHILD_FILTERS},
)

KINDS = (DATASOURCE, MODEL, EVALUATION, BATCH_PREDICTION)


# Replies.


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
        "statistics": (f"{DETAIL_PREFIX}statistics",),
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


# Requests.


def get(kind: Kind, id: str, *, verbose: bool) -> Params:
    """Parameters of a get."""
    return {kind.id_member: id, **({"Verbose": True} if verbose and kind.verbose else {})}


def tags(kind: Kind, id: str) -> Params:
    """Parameters of ``DescribeTags``."""
    return {"ResourceId": id, "ResourceType": kind.service}


def add_tags(kind: Kind, id: str, given: Mapping[str, str]) -> Params:
    """Parameters of ``AddTags``."""
    return {**tags(kind, id), "Tags": [{"Key": key, "Value": value} for key, value in given.items()]}


def delete_tags(kind: Kind, id: str, keys: list[str]) -> Params:
    """Parameters of ``DeleteTags``."""
    return {**tags(kind, id), "TagKeys": keys}


def update(kind: Kind, id: str, *, name: str | None = None, threshold: float | None = None) -> Params:
    """Parameters of an update."""
    return {kind.id_member: id, **_given({f"{kind.service}Name": name, "ScoreThreshold": threshold})}


def create_datasource(
    id: str, *, name: str | None, uri: str, schema: str, rearrangement: str | None, statistics: bool
) -> tuple[str, Params]:
    """Operation and parameters that make a datasource of files."""
    spec = _given({"DataLocationS3": uri, "DataSchema": schema, "DataRearrangement": rearrangement})
    params = _given({"DataSourceId": id, "DataSourceName": name, "DataSpec": spec, "ComputeStatistics": statistics})
    return "CreateDataSourceFromS3", params


def create_datasource_from_query(
    id: str,
    query: RDSQuery | RedshiftQuery,
    *,
    name: str | None,
    role: str,
    staging: str,
    schema: str | None,
    schema_uri: str | None,
    rearrangement: str | None,
    statistics: bool,
) -> tuple[str, Params]:
    """Operation and parameters that make a datasource of the rows *query* gives."""
    spec: Params = {
        "SelectSqlQuery": query.query,
        "DatabaseCredentials": {"Username": query.user, "Password": query.password},
        "S3StagingLocation": staging,
        "DataRearrangement": rearrangement,
        "DataSchema": schema,
        "DataSchemaUri": schema_uri,
    }
    common = {"DataSourceId": id, "DataSourceName": name, "RoleARN": role, "ComputeStatistics": statistics}
    if isinstance(query, RedshiftQuery):
        database = {"DatabaseName": query.database, "ClusterIdentifier": query.cluster}
        operation, member = "CreateDataSourceFromRedshift", "DataSpec"
    else:
        database = {"InstanceIdentifier": query.instance, "DatabaseName": query.database}
        spec |= {
            "ResourceRole": query.resource_role,
            "ServiceRole": query.service_role,
            "SubnetId": query.subnet,
            "SecurityGroupIds": list(query.security_groups),
        }
        operation, member = "CreateDataSourceFromRDS", "RDSData"
    return operation, _given({**common, member: _given({"DatabaseInformation": database, **spec})})


def create_model(
    id: str,
    *,
    name: str | None,
    type: str,
    datasource_id: str,
    recipe: str | None,
    parameters: Mapping[str, str] | None,
) -> tuple[str, Params]:
    """Operation and parameters that train a model."""
    params = {
        "MLModelId": id,
        "MLModelName": name,
        "MLModelType": type,
        "TrainingDataSourceId": datasource_id,
        "Recipe": recipe,
        "Parameters": dict(parameters) if parameters else None,
    }
    return "CreateMLModel", _given(params)


def create_evaluation(id: str, *, name: str | None, model_id: str, datasource_id: str) -> tuple[str, Params]:
    """Operation and parameters that evaluate a model."""
    params = {
        "EvaluationId": id,
        "EvaluationName": name,
        "MLModelId": model_id,
        "EvaluationDataSourceId": datasource_id,
    }
    return "CreateEvaluation", _given(params)


def create_batch_prediction(
    id: str, *, name: str | None, model_id: str, datasource_id: str, output_uri: str
) -> tuple[str, Params]:
    """Operation and parameters that predict a datasource."""
    params = {
        "BatchPredictionId": id,
        "BatchPredictionName": name,
        "MLModelId": model_id,
        "BatchPredictionDataSourceId": datasource_id,
        "OutputUri": output_uri,
    }
    return "CreateBatchPrediction", _given(params)


def create_endpoint(model_id: str) -> tuple[str, Params]:
    """Operation and parameters that give a model an endpoint."""
    return "CreateRealtimeEndpoint", {"MLModelId": model_id}


def delete_endpoint(model_id: str) -> tuple[str, Params]:
    """Operation and parameters that take a model's endpoint away."""
    return "DeleteRealtimeEndpoint", {"MLModelId": model_id}


def predict(model_id: str, url: str, record: Mapping[str, str]) -> tuple[str, Params]:
    """Operation and parameters that predict one record."""
    return "Predict", {"MLModelId": model_id, "PredictEndpoint": url, "Record": dict(record)}


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
    plain = _given({key: spec.get(key) for key in ("DataRearrangement", "DataSchema")})
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


def _given(params: Reply) -> Params:
    return {key: value for key, value in params.items() if value is not None}


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
