"""Realtime endpoints as boto3 sees them: made, shown, listed, deleted, and what they forbid meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from amlwrap.local.limits import Limits
from tests.local.conftest import Host, checked_client
from tests.local.doubles import Recorder, datasource_request, model_request
from tests.local.test_service import everything, refused

if TYPE_CHECKING:
    from amlwrap.local import Engine

URL = "https://realtime.amlwrap.invalid"
NONE = {"EndpointStatus": "NONE", "PeakRequestsPerSecond": 0}


@pytest.fixture
def model(host: Host) -> dict[str, str]:
    """A COMPLETED model, as the operations name it."""
    everything(host)
    return {"MLModelId": "ml-1"}


def ready(host: Host) -> dict[str, Any]:
    """What is said of an endpoint made now."""
    made = datetime.fromtimestamp(host.clock.now, tz=UTC)
    return {"EndpointStatus": "READY", "PeakRequestsPerSecond": 200, "CreatedAt": made, "EndpointUrl": URL}


def shown(host: Host) -> dict[str, Any]:
    """The endpoint as Get and Describe show it, which is the same."""
    info: dict[str, Any] = host.boto.get_ml_model(MLModelId="ml-1")["EndpointInfo"]
    assert [info] == [one["EndpointInfo"] for one in host.boto.describe_ml_models()["Results"]]
    return info


def listed(host: Host, status: str) -> list[str]:
    """Models whose endpoint has *status*."""
    reply = host.boto.describe_ml_models(FilterVariable="RealtimeEndpointStatus", EQ=status)
    return [one["MLModelId"] for one in reply["Results"]]


def test_an_endpoint_is_updating_when_it_is_made_and_ready_at_the_next_look(host: Host, model: dict[str, str]) -> None:
    """The reply says UPDATING once; after that, and to another create, it is READY since the same moment."""
    expected = ready(host)
    created = host.boto.create_realtime_endpoint(**model)
    host.clock.advance(60)
    again = host.boto.create_realtime_endpoint(**model)

    assert ("ml-1", {**expected, "EndpointStatus": "UPDATING"}) == (
        created["MLModelId"],
        created["RealtimeEndpointInfo"],
    )
    assert expected == again["RealtimeEndpointInfo"]
    assert expected == shown(host)


def test_an_endpoint_is_gone_when_it_is_deleted(host: Host, model: dict[str, str]) -> None:
    """At once; deleting what is not there says the same."""
    host.boto.create_realtime_endpoint(**model)

    replies = [host.boto.delete_realtime_endpoint(**model) for _ in range(2)]

    assert [("ml-1", NONE)] * 2 == [(reply["MLModelId"], reply["RealtimeEndpointInfo"]) for reply in replies]
    assert shown(host) == NONE


def test_models_are_found_by_their_endpoint(host: Host, model: dict[str, str]) -> None:
    """The filter sees what Get shows."""
    before = listed(host, "NONE"), listed(host, "READY")
    host.boto.create_realtime_endpoint(**model)
    after = listed(host, "NONE"), listed(host, "READY")

    assert ((["ml-1"], []), ([], ["ml-1"])) == (before, after)


def test_an_endpoint_is_there_when_the_folder_is_opened_again(host: Host, opened: Callable[..., Engine]) -> None:
    """It is state like any other."""
    everything(host)
    expected = ready(host)
    host.boto.create_realtime_endpoint(MLModelId="ml-1")
    host.engine.close()

    again = checked_client(opened())
    assert expected == again.get_ml_model(MLModelId="ml-1")["EndpointInfo"]


def test_only_a_completed_model_gets_an_endpoint(host: Host) -> None:
    """PENDING, FAILED and DELETED ones are refused, and none is left with an endpoint."""
    host.recorder.errors = {"ml-2": RuntimeError()}
    host.boto.create_data_source_from_s3(**datasource_request())
    host.boto.create_ml_model(**model_request("ml-2"))
    host.run()
    host.boto.create_ml_model(**model_request("ml-1"))
    host.boto.create_ml_model(**model_request("ml-3"))
    host.boto.delete_ml_model(MLModelId="ml-3")

    for name, status in [("ml-1", "PENDING"), ("ml-2", "FAILED"), ("ml-3", "DELETED")]:
        code, message = refused(host.boto.create_realtime_endpoint, MLModelId=name)
        assert ("InvalidInputException", True) == (code, f"found {name!r}, which is {status}" in message)
    assert ["ml-1", "ml-2"] == sorted(listed(host, "NONE"))


def test_an_endpoint_holds_threshold_and_model_fast(host: Host, model: dict[str, str]) -> None:
    """While it is there the threshold cannot be set nor the model deleted; the name may change; afterwards all may."""
    host.boto.create_realtime_endpoint(**model)

    code, message = refused(host.boto.update_ml_model, ScoreThreshold=0.25, **model)
    assert ("InvalidInputException", True) == (code, "Delete the endpoint first" in message)
    code, message = refused(host.boto.delete_ml_model, **model)
    assert ("InvalidInputException", "MLModel 'ml-1' has a realtime endpoint: delete that first.") == (code, message)
    host.boto.update_ml_model(MLModelName="served", **model)
    assert host.boto.get_ml_model(**model)["Status"] == "COMPLETED"

    host.boto.delete_realtime_endpoint(**model)
    host.boto.update_ml_model(ScoreThreshold=0.25, **model)
    host.boto.delete_ml_model(**model)
    assert host.boto.get_ml_model(**model)["Status"] == "DELETED"


@pytest.mark.parametrize("method", ["create_realtime_endpoint", "delete_realtime_endpoint"])
def test_no_model_no_endpoint(host: Host, method: str) -> None:
    """Strangers are not found."""
    assert refused(getattr(host.boto, method), MLModelId="ml-0") == (
        "ResourceNotFoundException",
        "No MLModel with id 'ml-0' exists.",
    )


def test_only_a_mounted_model_predicts(host: Host, model: dict[str, str]) -> None:
    """No endpoint, no model, a deleted model: each refusal has its own name or words."""
    question: dict[str, Any] = {"Record": {"age": "3"}, "PredictEndpoint": URL}

    assert refused(host.boto.predict, MLModelId="ml-0", **question)[0] == "ResourceNotFoundException"
    assert refused(host.boto.predict, **model, **question) == (
        "PredictorNotMountedException",
        "MLModel 'ml-1' has no realtime endpoint.",
    )
    host.boto.delete_ml_model(**model)
    assert refused(host.boto.predict, **model, **question) == (
        "PredictorNotMountedException",
        "MLModel 'ml-1' has no realtime endpoint, and is DELETED.",
    )


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        ({"PredictEndpoint": "https://realtime.machinelearning.us-east-1.amazonaws.com"}, f"expected {URL}, the"),
        ({"Record": {"a": "é" * 51_200, "b": ""}}, "Record: expected at most 102400 bytes, found 102401."),
    ],
)
def test_a_wrong_question_is_refused(host: Host, model: dict[str, str], request_: dict[str, Any], words: str) -> None:
    """The address is the model's, and the record no longer than a batch's may be."""
    host.boto.create_realtime_endpoint(**model)

    code, message = refused(host.boto.predict, **{**model, "PredictEndpoint": URL, "Record": {}, **request_})

    assert ("InvalidInputException", True) == (code, words in message)


def test_a_model_without_its_files_says_where_they_should_be(host: Host, model: dict[str, str]) -> None:
    """Gone, they will not come back by asking again; broken, they are the engine's fault."""
    host.boto.create_realtime_endpoint(**model)
    question: dict[str, Any] = {"Record": {}, "PredictEndpoint": f"{URL}/", **model}
    folder = host.engine.home.model("ml-1")

    assert refused(host.boto.predict, **question) == (
        "InvalidInputException",
        f"MLModel 'ml-1' has no weights in {folder}: train it again.",
    )
    folder.mkdir()
    (folder / "model.json").write_text("{")
    code, message = refused(host.boto.predict, **question)
    assert ("InternalServerException", True) == (code, f"MLModel 'ml-1' cannot be loaded from {folder}: " in message)


def test_a_carrier_hands_out_its_own_address(opened: Callable[..., Engine]) -> None:
    """A server is asked for predictions where its clients reach it; a limit is lifted by name."""
    engine = opened(
        stages=Recorder().stages, inline=True, endpoint_url="http://127.0.0.1:8228", limits=Limits(record_bytes=3)
    )
    boto = checked_client(engine)
    boto.create_data_source_from_s3(**datasource_request())
    boto.create_ml_model(**model_request())

    info = boto.create_realtime_endpoint(MLModelId="ml-1")["RealtimeEndpointInfo"]

    assert info["EndpointUrl"] == "http://127.0.0.1:8228"
    question = {"MLModelId": "ml-1", "PredictEndpoint": info["EndpointUrl"]}
    assert refused(boto.predict, Record={"a": "1234"}, **question)[1].startswith(
        "Record: expected at most 3 bytes, found 4. "
    )
