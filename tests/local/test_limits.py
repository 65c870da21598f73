"""Limits: each holds by default, says its name when somebody runs into it, and can be lifted by that name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

import amlwrap
from amlwrap.local import Limits, open_engine
from amlwrap.local.limits import how_to_lift
from tests.local.doubles import Clock

ROWS = [f"{label},{n}" for n in range(40) for label in "abc"]


def world(home: Path, limits: Mapping[str, Any] | None = None, **settings: Any) -> Any:
    """A boto3 client on an engine that runs jobs as they are made, with a table of three classes in its bucket."""
    bucket = home / "s3" / "b"
    bucket.mkdir(parents=True, exist_ok=True)
    (bucket / "t.csv").write_text("\n".join(ROWS) + "\n")
    return open_engine(home, inline=True, limits=Limits.of(limits), **settings).boto3_client()


def schema(**types: str) -> str:
    """A schema without a header; the first is the target."""
    document = {
        "version": "1.0",
        "targetAttributeName": next(iter(types)),
        "dataFormat": "CSV",
        "dataFileContainsHeader": False,
        "attributes": [{"attributeName": name, "attributeType": kind} for name, kind in types.items()],
    }
    return json.dumps(document)


def datasource(boto: Any, text: str | None = None) -> tuple[str, str]:
    """Status and message of a datasource of the table."""
    spec = {"DataLocationS3": "s3://b/t.csv", "DataSchema": text or schema(y="CATEGORICAL", x="NUMERIC")}
    boto.create_data_source_from_s3(DataSourceId="ds", DataSpec=spec, ComputeStatistics=True)
    return told(boto.get_data_source(DataSourceId="ds"))


def model(boto: Any, **request: Any) -> tuple[str, str]:
    """Status and message of a model of that datasource."""
    boto.create_ml_model(MLModelId="ml", MLModelType="MULTICLASS", TrainingDataSourceId="ds", **request)
    return told(boto.get_ml_model(MLModelId="ml"))


def batch(boto: Any) -> tuple[str, str]:
    """Status and message of a batch prediction of that model."""
    names = {"BatchPredictionId": "bp", "MLModelId": "ml", "BatchPredictionDataSourceId": "ds"}
    boto.create_batch_prediction(**names, OutputUri="s3://b/out/")
    return told(boto.get_batch_prediction(BatchPredictionId="bp"))


def told(reply: Mapping[str, Any]) -> tuple[str, str]:
    """What a reply says of the job."""
    return reply["Status"], reply.get("Message", "")


def test_classes(tmp_path: Path) -> None:
    """A model of too many fails; lifted by name, it is trained."""
    with closing(world(tmp_path / "a", {"classes": 2})) as boto:
        datasource(boto)
        status, message = model(boto)
    assert "FAILED" == status
    assert "at most 2 classes, found 3" in message
    assert message.endswith(how_to_lift("classes"))

    with closing(world(tmp_path / "b", {"classes": 3})) as boto:
        datasource(boto)
        assert ("COMPLETED", "") == model(boto)


def test_sizes_of_data(tmp_path: Path) -> None:
    """What a model may learn from, and what a batch may predict."""
    with closing(world(tmp_path / "a", {"training_bytes": 100})) as boto:
        datasource(boto)
        status, message = model(boto)
    assert "FAILED" == status
    assert "s3://b/t.csv: expected at most 100 bytes, found 5" in message
    assert message.endswith(how_to_lift("training_bytes"))

    for limit, most in (("batch_bytes", "bytes"), ("batch_records", "records")):
        with closing(world(tmp_path / limit, {limit: 100})) as boto:
            datasource(boto)
            assert ("COMPLETED", "") == model(boto)
            status, message = batch(boto)
        assert "FAILED" == status
        assert f"expected at most 100 {most}" in message
        assert message.endswith(how_to_lift(limit))


@pytest.mark.parametrize(
    ("limits", "told_why"),
    [
        (
            {"rejected_records": 5, "rejected_share": None},
            "expected at most 5 rejected records, found 120 of 120 (100%)",
        ),
        ({"rejected_records": None}, "expected less than 10% of all"),
    ],
)
def test_rejections(tmp_path: Path, limits: dict[str, Any], told_why: str) -> None:
    """Either limit of bad records can be moved alone; with neither, any number is passed over."""
    numbers = schema(y="NUMERIC", x="NUMERIC")
    with closing(world(tmp_path / "a", limits)) as boto:
        status, message = datasource(boto, numbers)
    assert "FAILED" == status
    assert told_why in message

    with closing(world(tmp_path / "b", {"rejected_records": "none", "rejected_share": "none"})) as boto:
        assert ("COMPLETED", "") == datasource(boto, numbers)


@pytest.mark.parametrize(("share", "n_bad", "told_why"), [(0.07, 7, "7%"), (0.015, 2, "1.5%"), (0.5, 50, "50%")])
def test_a_share_is_not_reached(tmp_path: Path, share: float, n_bad: int, told_why: str) -> None:
    """Whatever floats make of it: as many as the share are too many, and one less is not."""
    for n, status in ((n_bad, "FAILED"), (n_bad - 1, "COMPLETED")):
        with closing(world(tmp_path / status, {"rejected_share": share})) as boto:
            lines = ["one"] * n + ["a,1"] * (100 - n)
            (tmp_path / status / "s3" / "b" / "t.csv").write_text("\n".join(lines) + "\n")
            reply = datasource(boto)
        assert status == reply[0]
        assert not reply[1] or f"and less than {told_why} of all, found {n} of 100 ({n}%)" in reply[1]


def test_a_suggested_recipe_beyond_the_bounds(tmp_path: Path) -> None:
    """It is the job that finds out, and says which limit it is, too."""
    with closing(world(tmp_path, {"recipe_outputs": 1})) as boto:
        (tmp_path / "s3" / "b" / "t.csv").write_text("".join(f"{row},{row}\n" for row in ROWS))
        datasource(boto, schema(y="CATEGORICAL", x="NUMERIC", k="CATEGORICAL", z="NUMERIC"))
        status, message = model(boto)
    assert "FAILED" == status
    assert message.endswith(how_to_lift("recipe_outputs"))


def test_bytes_of_a_record(tmp_path: Path) -> None:
    """A long line is unreadable under the limit, and read above it."""
    for limits, n_invalid in (({}, 1), ({"record_bytes": 200_000}, 0), ({"record_bytes": None}, 0)):
        home = tmp_path / str(limits.get("record_bytes", "default"))
        with closing(world(home, limits)) as boto:
            long = "a," + "1" * 150_000
            (home / "s3" / "b" / "t.csv").write_text("\n".join([*ROWS, long]) + "\n")
            assert ("COMPLETED", "") == datasource(boto, schema(y="CATEGORICAL", x="TEXT"))
            assert ("COMPLETED", "") == model(boto)
            assert ("COMPLETED", "") == batch(boto)
            assert n_invalid == boto.get_batch_prediction(BatchPredictionId="bp")["InvalidRecordCount"]


def test_a_record_too_large_says_how_large(tmp_path: Path) -> None:
    """The service's words for the service's limit; ours for another."""
    with closing(world(tmp_path, {"record_bytes": 3})) as boto:
        status, message = datasource(boto)
    assert "FAILED" == status
    assert "record is larger than 3 bytes" in message.lower()


@pytest.mark.parametrize("names", [[], [""]])
def test_too_little_is_no_matter_of_limits(tmp_path: Path, names: list[str]) -> None:
    """No lifting helps a schema without attributes, or an attribute without a name."""
    text = json.dumps({"attributes": [{"attributeName": name, "attributeType": "TEXT"} for name in names]})
    with closing(world(tmp_path)) as boto, pytest.raises(ClientError, match="InvalidInputException") as caught:
        datasource(boto, text)

    assert "limits=" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("attributes", schema(y="CATEGORICAL", **{f"x{n}": "NUMERIC" for n in range(1_000)})),
        ("attribute_name", schema(y="CATEGORICAL", **{"x" * 65: "NUMERIC"})),
    ],
)
def test_a_schema_beyond_the_bounds(tmp_path: Path, name: str, text: str) -> None:
    """Refused when the datasource is made; lifted, the job itself can read it."""
    with closing(world(tmp_path / "a")) as boto, pytest.raises(ClientError, match="InvalidInputException") as caught:
        datasource(boto, text)
    assert how_to_lift(name) in str(caught.value)

    with closing(world(tmp_path / "b", {name: None})) as boto:
        status, message = datasource(boto, text)
    assert how_to_lift(name) not in message
    assert ("FAILED" if name == "attributes" else "COMPLETED") == status  # the table has two columns


@pytest.mark.parametrize(
    ("name", "request_"),
    [
        ("passes", {"Parameters": {"sgd.maxPasses": "10001"}}),
        ("model_bytes", {"Parameters": {"sgd.maxMLModelSizeInBytes": "2147483649"}}),
        ("recipe_outputs", {"Recipe": '{"groups":{},"assignments":{},"outputs":["ALL_INPUTS"]}'}),
    ],
)
def test_a_model_beyond_the_bounds(tmp_path: Path, name: str, request_: dict[str, Any]) -> None:
    """Refused when the model is made; lifted, it is trained."""
    text = schema(y="CATEGORICAL", x="NUMERIC")
    with closing(world(tmp_path / "a", {"recipe_outputs": 1, "classes": 3})) as boto:
        datasource(boto, text)
        if name == "recipe_outputs":
            request_ = {"Recipe": '{"groups":{},"assignments":{},"outputs":["x","quantile_bin(x,5)"]}'}
        with pytest.raises(ClientError, match="InvalidInputException") as caught:
            model(boto, **request_)
    assert how_to_lift(name) in str(caught.value)

    with closing(world(tmp_path / "b", {name: None})) as boto:
        datasource(boto, text)
        assert ("COMPLETED", "") == model(boto, **request_)


def test_tags(tmp_path: Path) -> None:
    """One more than there may be is refused; lifted, it is taken."""
    tags = [{"Key": f"k{n}", "Value": ""} for n in range(51)]
    for limits in (None, {"tags": None}):
        with closing(world(tmp_path / str(limits), limits)) as boto:
            datasource(boto)
            ask = {"Tags": tags, "ResourceId": "ds", "ResourceType": "DataSource"}
            if limits is None:
                with pytest.raises(ClientError, match=r"TagLimitExceeded.*limits=\{\"tags\": None\}"):
                    boto.add_tags(**ask)
            else:
                boto.add_tags(**ask)
                assert 51 == len(boto.describe_tags(ResourceId="ds", ResourceType="DataSource")["Tags"])


def served(boto: Any, name: str = "ml", **request: Any) -> dict[str, Any]:
    """What to ask of another model of that datasource, which has an endpoint."""
    boto.create_ml_model(MLModelId=name, MLModelType="MULTICLASS", TrainingDataSourceId="ds", **request)
    info = boto.create_realtime_endpoint(MLModelId=name)["RealtimeEndpointInfo"]
    return {"MLModelId": name, "PredictEndpoint": info["EndpointUrl"], "Record": {"x": "3"}}


@pytest.mark.parametrize(("limit", "whose"), [("endpoint_requests", "of MLModel 'ml'"), ("requests", "of all")])
def test_predictions_in_a_second(tmp_path: Path, limit: str, whose: str) -> None:
    """Off by default; set, what is more is refused in the service's way, and a moment later it is not."""
    clock = Clock()
    with closing(world(tmp_path, {limit: 2}, clock=clock)) as boto:
        datasource(boto)
        question = served(boto)
        answers = [boto.predict(**question)["Prediction"] for _ in range(2)]
        with pytest.raises(boto.exceptions.LimitExceededException) as caught:
            boto.predict(**question)
        clock.advance(0.5)
        answers.append(boto.predict(**question)["Prediction"])
        peak = boto.get_ml_model(MLModelId="ml")["EndpointInfo"]["PeakRequestsPerSecond"]

    assert [answers[0]] * 3 == answers
    assert f"At most 2 predictions a second {whose}" in str(caught.value)
    assert str(caught.value).endswith(how_to_lift(limit))
    assert 400 == caught.value.response["ResponseMetadata"]["HTTPStatusCode"]
    assert (2 if limit == "endpoint_requests" else 200) == peak


def test_operations_in_a_second(tmp_path: Path) -> None:
    """Off by default; set, what is more is throttled in the service's way; predictions do not count."""
    clock = Clock()
    with closing(world(tmp_path, {"operations": 4}, clock=clock)) as boto:
        datasource(boto)
        question = served(boto)
        with pytest.raises(ClientError) as caught:
            boto.describe_ml_models()
        answers = [boto.predict(**question) for _ in range(9)]
        clock.advance(0.25)
        listed = boto.describe_ml_models()["Results"]

    raised: Any = caught.value
    error: dict[str, Any] = raised.response
    assert (9, 1) == (len(answers), len(listed))
    assert ("ThrottlingException", 400) == (error["Error"]["Code"], error["ResponseMetadata"]["HTTPStatusCode"])
    told = "At most 4 operations a second are answered. Ask again in a moment."
    assert f"{told} {how_to_lift('operations')}" in str(raised)


def test_nobody_is_held_to_a_rate_unless_asked(tmp_path: Path) -> None:
    """A loop over a table is no burden to anybody but its own process."""
    with closing(world(tmp_path, clock=Clock())) as boto:
        datasource(boto)
        question = served(boto)
        assert 300 == len([boto.predict(**question) for _ in range(300)])


def test_memory_of_endpoints(tmp_path: Path) -> None:
    """A model that would not fit beside the others gets no endpoint, until one of those goes."""
    with closing(world(tmp_path / "a")) as boto:
        datasource(boto)
        served(boto)
        size = boto.get_ml_model(MLModelId="ml")["SizeInBytes"]

    with closing(world(tmp_path / "b", {"endpoint_bytes": round(1.5 * size)})) as boto:
        datasource(boto)
        served(boto)
        with pytest.raises(boto.exceptions.InvalidInputException, match="expected at most") as caught:
            served(boto, "other")
        assert "NONE" == boto.get_ml_model(MLModelId="other")["EndpointInfo"]["EndpointStatus"]
        boto.create_realtime_endpoint(MLModelId="ml")
        boto.delete_realtime_endpoint(MLModelId="ml")
        boto.create_realtime_endpoint(MLModelId="other")
        assert "READY" == boto.get_ml_model(MLModelId="other")["EndpointInfo"]["EndpointStatus"]
    assert "with 'other'. Delete an endpoint that nobody asks. " in str(caught.value)
    assert str(caught.value).endswith(how_to_lift("endpoint_bytes"))


def test_time_of_a_job(tmp_path: Path) -> None:
    """A job that takes longer than it may is stopped where it is, and fails."""
    with closing(world(tmp_path / "a", {"job_seconds": "1e-9"})) as boto:
        status, message = datasource(boto)
    assert "FAILED" == status
    assert f"The job ran longer than 1e-09 seconds. {how_to_lift('job_seconds')}" == message

    with closing(world(tmp_path / "b", {"job_seconds": None})) as boto:
        assert ("COMPLETED", "") == datasource(boto)


def test_documents_can_be_made_for_such_an_engine() -> None:
    """Here and now, and nowhere else."""
    with amlwrap.documents.within(attributes=None):
        assert 1_500 == len(amlwrap.Schema({f"x{n}": "NUMERIC" for n in range(1_500)}).attributes)
    with pytest.raises(amlwrap.exceptions.DocumentError, match="1 to 1,000 attributes"):
        amlwrap.Schema({f"x{n}": "NUMERIC" for n in range(1_500)})
