"""Fields of ours become requests of the service."""

from __future__ import annotations

from collections.abc import Mapping

from amlwrap._wire.kinds import Kind, Params, Reply
from amlwrap.documents.databases import RDSQuery, RedshiftQuery

__all__ = [
    "add_tags",
    "create_batch_prediction",
    "create_datasource",
    "create_datasource_from_query",
    "create_endpoint",
    "create_evaluation",
    "create_model",
    "delete_endpoint",
    "delete_tags",
    "get",
    "given",
    "predict",
    "tags",
    "update",
]


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
    return {kind.id_member: id, **given({f"{kind.service}Name": name, "ScoreThreshold": threshold})}


def create_datasource(
    id: str, *, name: str | None, uri: str, schema: str, rearrangement: str | None, statistics: bool
) -> tuple[str, Params]:
    """Operation and parameters that make a datasource of files."""
    spec = given({"DataLocationS3": uri, "DataSchema": schema, "DataRearrangement": rearrangement})
    params = given({"DataSourceId": id, "DataSourceName": name, "DataSpec": spec, "ComputeStatistics": statistics})
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
    return operation, given({**common, member: given({"DatabaseInformation": database, **spec})})


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
    return "CreateMLModel", given(params)


def create_evaluation(id: str, *, name: str | None, model_id: str, datasource_id: str) -> tuple[str, Params]:
    """Operation and parameters that evaluate a model."""
    params = {
        "EvaluationId": id,
        "EvaluationName": name,
        "MLModelId": model_id,
        "EvaluationDataSourceId": datasource_id,
    }
    return "CreateEvaluation", given(params)


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
    return "CreateBatchPrediction", given(params)


def create_endpoint(model_id: str) -> tuple[str, Params]:
    """Operation and parameters that give a model an endpoint."""
    return "CreateRealtimeEndpoint", {"MLModelId": model_id}


def delete_endpoint(model_id: str) -> tuple[str, Params]:
    """Operation and parameters that take a model's endpoint away."""
    return "DeleteRealtimeEndpoint", {"MLModelId": model_id}


def predict(model_id: str, url: str, record: Mapping[str, str]) -> tuple[str, Params]:
    """Operation and parameters that predict one record."""
    return "Predict", {"MLModelId": model_id, "PredictEndpoint": url, "Record": dict(record)}


def given(params: Reply) -> Params:
    """*params* without those that were not given."""
    return {key: value for key, value in params.items() if value is not None}
