from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING, Any

import botocore.session
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ParamValidationError

from amlwrap.local.inprocess import client_for
from tests.local.doubles import datasource_request, evaluation_request, model_request

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from amlwrap.local import Engine
    from tests.local.conftest import Host


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail the test when anything connects anywhere."""

    def refuse(*_: object) -> None:
        raise AssertionError("a request went out")

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.mark.usefixtures("no_network")
def test_nothing_of_the_users_configuration_is_asked(
    opened: Callable[..., Engine], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A missing profile, foreign endpoints, retry settings and a broken config file change nothing."""
    (tmp_path / "config").write_text("[broken")
    for name, value in {
        "AWS_PROFILE": "nobody",
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "config"),
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "AWS_REGION": "eu-north-1",
        "AWS_DEFAULT_REGION": "eu-north-1",
        "AWS_USE_FIPS_ENDPOINT": "true",
        "AWS_USE_DUALSTACK_ENDPOINT": "true",
        "AWS_MAX_ATTEMPTS": "7",
        "AWS_CA_BUNDLE": str(tmp_path / "none.pem"),
    }.items():
        monkeypatch.setenv(name, value)

    client = opened().boto3_client()

    assert [] == client.describe_ml_models()["Results"]
    assert client.meta.region_name == "us-east-1"


@pytest.mark.usefixtures("no_network")
def test_predict_stays_inside_whatever_its_endpoint(host: Host) -> None:
    """The operation that changes host is answered by the engine too."""
    with pytest.raises(host.boto.exceptions.ResourceNotFoundException):
        host.boto.predict(MLModelId="m", Record={"a": "b"}, PredictEndpoint="https://realtime.example:8443/x")


def test_only_its_own_client_is_answered(opened: Callable[..., Engine]) -> None:
    """Another client of the same process knows nothing of the engine."""
    opened().boto3_client()
    unsigned = Config(signature_version=UNSIGNED, retries={"total_max_attempts": 1})
    session: Any = botocore.session.Session()
    other = session.create_client("machinelearning", region_name="us-east-1", config=unsigned)
    sent: list[str] = []

    def stop(request: Any, **_: object) -> None:
        sent.append(request.url)
        raise ConnectionError

    other.meta.events.register("before-send", stop)
    with pytest.raises(ConnectionError):
        other.describe_ml_models()

    assert ["https://machinelearning.us-east-1.amazonaws.com/"] == sent


def test_errors_are_the_modelled_ones(host: Host) -> None:
    """botocore raises its own exception classes, with message, request id and status."""
    with pytest.raises(host.boto.exceptions.ResourceNotFoundException) as caught:
        host.boto.get_ml_model(MLModelId="none")

    response = caught.value.response
    assert "No MLModel with id 'none' exists." == response["Error"]["Message"]
    assert 400 == response["ResponseMetadata"]["HTTPStatusCode"]
    assert response["ResponseMetadata"]["RequestId"]
    assert 0 == response["ResponseMetadata"]["RetryAttempts"]


def test_botocore_checks_first(host: Host) -> None:
    """What botocore refuses by itself does not reach the engine."""
    with pytest.raises(ParamValidationError):
        host.boto.get_ml_model()


def test_a_bug_raises_as_itself_and_once() -> None:
    """An engine's bug is neither hidden in a 500 nor tried again."""
    calls: list[object] = []

    class Broken:
        def answer(self, *_: object, **__: object) -> None:
            calls.append(1)
            raise ZeroDivisionError

    broken: Any = Broken()
    with pytest.raises(ZeroDivisionError):
        client_for(broken).describe_ml_models()

    assert [1] == calls


def test_details_are_sent_to_whom_asks(host: Host) -> None:
    """With our header GetEvaluation also tells what the service never does; without it, exactly one property."""
    host.boto.create_data_source_from_s3(**datasource_request())
    host.boto.create_ml_model(**model_request())
    host.boto.create_evaluation(**evaluation_request())
    host.run()
    curious = host.engine.boto3_client()

    def ask(params: dict[str, Any], **_: object) -> None:
        params["headers"]["x-amlwrap-details"] = "1"

    curious.meta.events.register("before-call.machine-learning", ask)

    def properties(client: Any) -> dict[str, str]:
        reply: dict[str, str] = client.get_evaluation(EvaluationId="ev-1")["PerformanceMetrics"]["Properties"]
        return reply

    assert {"BinaryAUC": "0.9375"} == properties(host.boto)
    assert {"BinaryAUC": "0.9375", "amlwrap.accuracy": "0.875", "amlwrap.n_scored": "8"} == properties(curious)


def test_a_call_is_fast(host: Host) -> None:
    """A call through boto3 takes about a millisecond; ten times that would be a fault."""
    host.boto.create_data_source_from_s3(**datasource_request())
    best = float("inf")
    for _ in range(50):
        started = time.perf_counter()
        host.boto.get_data_source(DataSourceId="ds-1")
        best = min(best, time.perf_counter() - started)

    assert best < 0.010
