"""Doubles for testing the engine's host: a clock that is told the time, and stages that need no data."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

from amlwrap.local.kinds import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from amlwrap.local.task import Stage, Task

SCHEMA = json.dumps(
    {
        "version": "1.0",
        "targetAttributeName": "y",
        "dataFormat": "CSV",
        "dataFileContainsHeader": True,
        "attributes": [
            {"attributeName": "age", "attributeType": "NUMERIC"},
            {"attributeName": "y", "attributeType": "BINARY"},
        ],
    }
)
RECIPE = json.dumps({"groups": {}, "assignments": {}, "outputs": ["ALL_NUMERIC"]})
DATA = "s3://bucket/data.csv"


class Clock:
    """Epoch seconds that pass when told to."""

    def __init__(self, now: float = 1_480_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


class Recorder:
    """Stages that answer at once, or raise what they were told to, and remember what they were given."""

    def __init__(self, results: Mapping[Kind, Mapping[str, Any]] | None = None) -> None:
        self.tasks: list[Task] = []
        self.errors: dict[str, BaseException] = {}
        self._results = results or RESULTS

    @property
    def stages(self) -> dict[str, Stage]:
        return all_kinds(self._run)

    def _run(self, task: Task) -> Mapping[str, Any]:
        self.tasks.append(task)
        if task.id in self.errors:
            raise self.errors[task.id]
        task.log("Working.")
        return self._results[task.kind]


def all_kinds(stage: Stage) -> dict[str, Stage]:
    """*stage* for each kind of job."""
    return dict.fromkeys(Kind, stage)


class Gate:
    """A stage that says it has begun, and goes on when it is let, or when it is cancelled."""

    def __init__(self) -> None:
        self.begun = threading.Semaphore(0)
        self._open = threading.Event()

    def open(self) -> None:
        self._open.set()

    def __call__(self, task: Task) -> Mapping[str, Any]:
        task.progress(0.42, "pass 4 of 10")
        self.begun.release()
        while not self._open.wait(0.01):
            task.progress(0.42, "pass 4 of 10")
        return RESULTS[task.kind]


RESULTS: Mapping[Kind, Mapping[str, Any]] = {
    Kind.DATASOURCE: {"DataSizeInBytes": 648150, "NumberOfFiles": 1},
    Kind.MODEL: {"SizeInBytes": 1415234, "Recipe": RECIPE, "Schema": SCHEMA},
    Kind.EVALUATION: {"Properties": {"BinaryAUC": "0.9375", "amlwrap.accuracy": "0.875", "amlwrap.n_scored": "8"}},
    Kind.BATCH_PREDICTION: {"TotalRecordCount": 10, "InvalidRecordCount": 1},
}


def datasource_request(id: str = "ds-1", **members: Any) -> dict[str, Any]:
    """Arguments of a good ``create_data_source_from_s3``."""
    spec = {"DataLocationS3": DATA, "DataSchema": SCHEMA}
    return {"DataSourceId": id, "DataSpec": spec, "ComputeStatistics": True} | members


def model_request(id: str = "ml-1", datasource: str = "ds-1", **members: Any) -> dict[str, Any]:
    """Arguments of a good ``create_ml_model``."""
    return {"MLModelId": id, "MLModelType": "BINARY", "TrainingDataSourceId": datasource} | members


def evaluation_request(id: str = "ev-1", **members: Any) -> dict[str, Any]:
    """Arguments of a good ``create_evaluation``."""
    return {"EvaluationId": id, "MLModelId": "ml-1", "EvaluationDataSourceId": "ds-1"} | members


def batch_request(id: str = "bp-1", **members: Any) -> dict[str, Any]:
    """Arguments of a good ``create_batch_prediction``."""
    return {
        "BatchPredictionId": id,
        "MLModelId": "ml-1",
        "BatchPredictionDataSourceId": "ds-1",
        "OutputUri": "s3://bucket/out/",
    } | members
