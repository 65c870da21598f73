# pyright: reportUnnecessaryTypeIgnoreComment=true
"""Documents, results and errors, as type checkers see them; read by them and never run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, assert_type

import numpy as np
from numpy.typing import NDArray

from amlwrap import AmlwrapError, AttributeType, BatchPrediction, Rearrangement, Recipe, Schema, TrainingParameters
from amlwrap.documents import LearnerReport, TrainingLog
from amlwrap.exceptions import JobFailedError, ServiceError, ThrottledError, WaitTimeoutError
from amlwrap.labels import Comparison, ConfusionMatrix, Labels, PredictedRow, ProbabilityMatrix, TopLabels


def documents(schema: Schema) -> None:
    """Documents parse and render."""
    assert_type(Schema.infer("bank.csv", target="y"), Schema)
    assert_type(Schema.parse("{}"), Schema)
    assert_type(schema.render(), str)
    assert_type(schema.target, str | None)
    assert_type(schema["age"].type, AttributeType)
    assert_type(Recipe.parse("{}"), Recipe)
    assert_type(TrainingLog.parse("").learners, tuple[LearnerReport, ...])
    assert_type(Rearrangement.split(0.7, 1), tuple[Rearrangement, Rearrangement])
    assert_type(TrainingParameters(passes=3).to_map(), dict[str, str])
    Schema({"age": "NUMERIC"}, taget="y")  # type: ignore[call-arg]
    Schema.parse(3)  # type: ignore[arg-type]
    schema.target = "z"  # type: ignore[misc]
    TrainingParameters(passes=[3])  # type: ignore[arg-type]
    TrainingParameters(pases=3)  # type: ignore[call-arg]
    Rearrangement.split("most", 1)  # type: ignore[arg-type]


def results(batch: BatchPrediction) -> None:
    """From result files to labels and figures."""
    matrix = batch.probabilities()
    assert_type(matrix, ProbabilityMatrix)
    assert_type(batch.labels(), Labels)
    assert_type(batch.labels(threshold=0.5), Labels)
    assert_type(batch.scores(), NDArray[np.floating])
    assert_type(batch.rows(), Iterator[PredictedRow])
    assert_type(batch.compare(["1", "0"]), Comparison)
    assert_type(batch.download("folder"), list[Path])
    assert_type(matrix.labels(), Labels)
    assert_type(matrix.top(3), TopLabels)
    assert_type(matrix.margin(), NDArray[np.float64])
    assert_type(matrix.entropy(), NDArray[np.float64])
    costs = [[0, 1], [1, 0]]
    assert_type(matrix.expected_cost(costs), NDArray[np.float64])
    assert_type(matrix.cheapest(costs), Labels)
    assert_type(matrix.labels().to_numpy(), NDArray[np.str_])
    assert_type(matrix.labels().confusion(), ConfusionMatrix)
    assert_type(ProbabilityMatrix.read("s3://b/manifest"), ProbabilityMatrix)
    matrix.labels(threshold="half")  # type: ignore[arg-type]
    matrix.top("three")  # type: ignore[arg-type]
    matrix.values = np.eye(2)  # type: ignore[misc]


def errors(error: Any) -> None:
    """One root; each kind has typed fields."""
    assert isinstance(error, AmlwrapError)
    if isinstance(error, ServiceError):
        assert_type(error.operation, str)
        assert_type(error.attempts, int)
    if isinstance(error, JobFailedError):
        assert_type(error.log_uri, str | None)
    if isinstance(error, WaitTimeoutError):
        caught: TimeoutError = error
        assert_type(error.waited_seconds, float)
        print(caught)  # noqa: T201
    print(ThrottledError("Predict", "", "Throttling", "slow down").attmepts)  # type: ignore[attr-defined]  # noqa: T201
