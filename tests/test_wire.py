"""The service's names and ours: replies become fields, fields become requests botocore accepts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import boto3
import pytest
from botocore.validate import ParamValidator
from hypothesis import given
from hypothesis import strategies as st

from amlwrap import _wire
from amlwrap._wire import BATCH_PREDICTION, DATASOURCE, EVALUATION, MODEL

KINDS = [DATASOURCE, MODEL, EVALUATION, BATCH_PREDICTION]
SESSION: Any = boto3.Session(region_name="us-east-1")
SERVICE: Any = SESSION.client("machinelearning").meta.service_model
GET_MODEL = {
    "MLModelId": "ml-1",
    "Name": "digits",
    "Status": "COMPLETED",
    "CreatedAt": 1486834110.483,
    "FinishedAt": datetime(2017, 2, 11, 18, 35),  # noqa: DTZ001 - what a parser might hand over
    "ComputeTime": "880000",
    "SizeInBytes": 1415234,
    "TrainingDataSourceId": "ds-1",
    "MLModelType": "BINARY",
    "ScoreThreshold": 0.77,
    "EndpointInfo": {"EndpointStatus": "READY", "EndpointUrl": "https://realtime", "PeakRequestsPerSecond": 200},
    "ResponseMetadata": {"RequestId": "1"},
}


def test_a_model_is_read() -> None:
    """Numbers may come as strings, times in any shape; metadata of the response is dropped."""
    fields = _wire.model_fields(GET_MODEL)

    assert ("ml-1", "digits", "COMPLETED", "BINARY", "ds-1") == tuple(
        fields[name] for name in ("id", "name", "status", "type", "datasource_id")
    )
    assert datetime(2017, 2, 11, 17, 28, 30, 483000, UTC) == fields["created_at"]
    assert datetime(2017, 2, 11, 18, 35, tzinfo=UTC) == fields["finished_at"]
    assert (880.0, 1415234, 0.77) == (fields["compute_seconds"], fields["size_bytes"], fields["threshold"])
    assert ("READY", "https://realtime") == (fields["endpoint_status"], fields["endpoint_url"])
    assert "ResponseMetadata" not in fields["raw"]


def test_times_in_other_zones_become_utc() -> None:
    """An aware time keeps its moment."""
    there = datetime(2026, 1, 1, 3, tzinfo=timezone(timedelta(hours=3)))

    fields = _wire.datasource_fields({"DataSourceId": "ds-1", "StartedAt": there})

    assert datetime(2026, 1, 1, tzinfo=UTC) == fields["started_at"]
    assert UTC is fields["started_at"].tzinfo


def test_what_is_absent_is_none_or_empty() -> None:
    """The service leaves members out; nothing breaks."""
    datasource = _wire.datasource_fields({"DataSourceId": "ds-1"})
    batch = _wire.batch_prediction_fields({"BatchPredictionId": "bp-1", "TotalRecordCount": "28000"})
    evaluation = _wire.evaluation_fields({"EvaluationId": "ev-1"})
    model = _wire.model_fields({"MLModelId": "ml-1"})

    assert (None, None, False) == (datasource["n_bytes"], datasource["created_at"], datasource["has_statistics"])
    assert (28000, None) == (batch["n_total"], batch["n_invalid"])
    assert ({}, "") == (evaluation["properties"], evaluation["message"])
    assert (None, "NONE") == (model["threshold"], model["endpoint_status"])


def test_metrics_of_the_service_and_of_the_engine() -> None:
    """AWS tells one number; what our engine adds is read beside it."""
    bare = _wire.metric_fields({"BinaryAUC": "0.9412"})
    full = _wire.metric_fields(
        {
            "MulticlassAvgFScore": "0.91",
            "amlwrap.accuracy": "0.9167",
            "amlwrap.baseline": "0.0185",
            "amlwrap.confusion": '{"classes":["0","1"],"counts":[[5,1],[0,4]]}',
            "amlwrap.n_scored": "10",
            "amlwrap.n_invalid": "0",
        }
    )

    assert (0.9412, 0.5, None, None) == (bare["auc"], bare["baseline"], bare["accuracy"], bare["confusion_counts"])
    assert (0.91, 0.9167, 0.0185, 10, 0) == tuple(
        full[name] for name in ("macro_f1", "accuracy", "baseline", "n_scored", "n_invalid")
    )
    assert [[5, 1], [0, 4]] == full["confusion_counts"]["counts"]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("0.42 pass 4 of 10", (0.42, "pass 4 of 10")),
        ("1.7", (1.0, "")),
        ("soon", (None, "")),
        ("", (None, "")),
    ],
)
def test_progress_is_read_from_a_header(header: str, expected: tuple[float | None, str]) -> None:
    """Fraction and words if they are there, nothing if they are not or make no sense."""
    reply = {"ResponseMetadata": {"HTTPHeaders": {"x-amlwrap-progress": header}}}

    assert expected == _wire.progress_of(reply)
    assert (None, "") == _wire.progress_of({})


def test_tags_without_value_are_blank() -> None:
    """A tag may be a key alone."""
    assert {"team": "ml", "old": ""} == _wire.tags_of({"Tags": [{"Key": "team", "Value": "ml"}, {"Key": "old"}]})


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.noun)
def test_every_name_is_the_services(kind: _wire.Kind) -> None:
    """Operations, members, filters and tag types are in botocore's description of the service."""
    operations = set(SERVICE.operation_names)
    describe = SERVICE.operation_model(kind.describe).input_shape.members

    assert {kind.get, kind.update, kind.delete, kind.describe} <= operations
    assert kind.id_member in SERVICE.operation_model(kind.get).input_shape.members
    assert kind.verbose == ("Verbose" in SERVICE.operation_model(kind.get).input_shape.members)
    assert set(kind.filters.values()) <= set(describe["FilterVariable"].enum)
    assert kind.service in SERVICE.shape_for("TaggableResourceType").enum


CREATES = [
    _wire.create_datasource("ds-1", name="d", uri="s3://b/k", schema="{}", rearrangement=None, statistics=True),
    _wire.create_datasource("ds-1", name=None, uri="s3://b/k", schema="{}", rearrangement="{}", statistics=False),
    _wire.create_model("ml-1", name="m", type="BINARY", datasource_id="ds-1", recipe="{}", parameters={"a": "1"}),
    _wire.create_model("ml-1", name=None, type="BINARY", datasource_id="ds-1", recipe=None, parameters=None),
    _wire.create_evaluation("ev-1", name="e", model_id="ml-1", datasource_id="ds-1"),
    _wire.create_batch_prediction("bp-1", name="b", model_id="ml-1", datasource_id="ds-1", output_uri="s3://b/o/"),
]


@pytest.mark.parametrize(("operation", "params"), CREATES)
def test_creates_are_what_botocore_accepts(operation: str, params: dict[str, Any]) -> None:
    """Every request passes botocore's own check, with nothing in it that is unset."""
    validator: Any = ParamValidator()

    report = validator.validate(params, SERVICE.operation_model(operation).input_shape)

    assert not report.has_errors(), report.generate_report()
    assert None not in params.values()


def test_a_pending_resource_reads_like_a_reply() -> None:
    """The first snapshot needs no call: it is the create's parameters in a reply's shape."""
    _, params = CREATES[1]

    fields = _wire.datasource_fields(_wire.pending(DATASOURCE, params))
    model = _wire.pending(MODEL, CREATES[2][1])

    assert ("ds-1", "PENDING", "s3://b/k", "{}") == (
        fields["id"],
        fields["status"],
        fields["uri"],
        fields["rearrangement_text"],
    )
    assert "{}" == _wire.document(fields["raw"], "schema")
    assert ("m", "{}", {"a": "1"}) == (model["Name"], model["Recipe"], model["TrainingParameters"])
    assert _wire.document(model, "schema") is None


@given(st.integers(0, 2**40))
def test_counts_survive_being_strings(count: int) -> None:
    """Some of the service's samples quote their numbers."""
    for value in (count, str(count)):
        assert count == _wire.datasource_fields({"DataSourceId": "d", "DataSizeInBytes": value})["n_bytes"]
