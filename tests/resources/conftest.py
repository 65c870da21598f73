"""What the resources' tests share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from amlwrap import Client, Schema
from amlwrap.objects import Folder
from tests.scripted import Script, client_on

SCHEMA = Schema({"age": "NUMERIC", "job": "TEXT", "y": "BINARY"}, target="y")


@pytest.fixture
def schema() -> Schema:
    """Of bank clients."""
    return SCHEMA


@pytest.fixture
def script() -> Script:
    """A service that makes whatever it is asked to make."""
    return Script(
        CreateDataSourceFromS3=echoing("DataSourceId"),
        CreateMLModel=echoing("MLModelId"),
        CreateEvaluation=echoing("EvaluationId"),
        CreateBatchPrediction=echoing("BatchPredictionId"),
    )


def echoing(member: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """An answer that repeats one *member* of the request."""
    return lambda params: {member: params[member]}


@pytest.fixture
def store(tmp_path: Path) -> Folder:
    """Where the client stages."""
    return Folder(tmp_path / "s3")


@pytest.fixture
def aml(script: Script, tmp_path: Path) -> Client:
    """A client of *script* that stages into a folder."""
    return client_on(script, tmp_path / "s3")


@pytest.fixture
def datasource(schema: Schema) -> Callable[..., dict[str, Any]]:
    """Replies to GetDataSource."""

    def reply(**changes: Any) -> dict[str, Any]:
        return {
            "DataSourceId": "ds-1",
            "Name": "bank",
            "Status": "COMPLETED",
            "DataLocationS3": "s3://b/bank.csv",
            "DataSizeInBytes": 648150,
            "NumberOfFiles": 1,
            "ComputeStatistics": True,
            "DataSourceSchema": schema.render(),
            **changes,
        }

    return reply


@pytest.fixture
def model(schema: Schema) -> Callable[..., dict[str, Any]]:
    """Replies to GetMLModel."""

    def reply(**changes: Any) -> dict[str, Any]:
        return {
            "MLModelId": "ml-1",
            "Name": "bank model",
            "Status": "COMPLETED",
            "MLModelType": "BINARY",
            "TrainingDataSourceId": "ds-1",
            "SizeInBytes": 279823,
            "Schema": schema.render(),
            "Recipe": '{"groups":{},"assignments":{},"outputs":["ALL_NUMERIC"]}',
            "TrainingParameters": {"algorithm": "sgd", "sgd.maxPasses": "20", "sgd.shuffleType": "auto"},
            **changes,
        }

    return reply
