"""Our own description of the service, against botocore's and in its place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import boto3
import botocore
import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ParamValidationError, UnknownServiceError
from botocore.loaders import Loader

import amlwrap
from amlwrap._description import FOLDER, SERVICE, shared_loader
from amlwrap.exceptions import ConfigError
from tests.hidden import service_hidden
from tests.own_description import DERIVED_FROM, PARTS, botocores, ours, place

KEY, SECRET = "AKIA", "secret"


@pytest.fixture
def hidden(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """botocore no longer knows the service."""
    with service_hidden(tmp_path_factory.mktemp("botocore")):
        yield


def session() -> Any:
    """Of somebody who knows nothing of amlwrap."""
    return boto3.Session(KEY, SECRET, region_name="eu-west-1")


def requests_of(client: Any) -> list[Any]:
    """What *client* sends from now on; it is answered with nothing."""
    sent: list[Any] = []

    def keep(request: Any, **_: Any) -> AWSResponse:
        sent.append(request)
        return AWSResponse(request.url, 200, dict[str, str](), Nothing())

    client.meta.events.register("before-send", keep)
    return sent


class Nothing:
    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        yield b"{}"


def known_to_botocore() -> bool:
    """Whether the installed botocore has a description of its own."""
    loader: Any = Loader()
    return SERVICE in loader.list_available_services("service-2")


def test_botocore_still_describes_the_service() -> None:
    """When this fails, botocore has dropped it, and everybody works on our description: expect this test, and go on."""
    assert known_to_botocore()


def version(text: str) -> tuple[int, ...]:
    """A version as numbers."""
    return tuple(int(part) for part in re.findall(r"\d+", text)[:3])


@pytest.mark.skipif(
    version(botocore.__version__) < version(DERIVED_FROM), reason="older than the botocore ours was written from"
)
@pytest.mark.parametrize("part", PARTS)
def test_ours_says_what_botocores_says(part: str) -> None:
    """When this fails, AWS has changed something: read the difference, then write ours anew."""
    if not known_to_botocore():
        pytest.skip("botocore has dropped the service; ours stands alone")
    assert botocores(part) == ours(part)


@pytest.mark.parametrize("part", PARTS)
def test_ours_tells_no_prose(part: str) -> None:
    """Names, shapes and numbers are facts; sentences are somebody's."""
    text = place(part).read_text(encoding="utf-8")

    assert '"documentation"' not in text
    assert "<p>" not in text


def test_as_long_as_botocore_has_one_it_is_used() -> None:
    """Ours comes last in the search."""
    assert str(FOLDER) == shared_loader().search_paths[-1]
    assert "documentation" in shared_loader().load_service_model(SERVICE, "service-2")


@pytest.mark.usefixtures("hidden")
def test_hiding_hides() -> None:
    """Plain boto3 no longer finds the service."""
    with pytest.raises(UnknownServiceError):
        session().client(SERVICE)


@pytest.mark.usefixtures("hidden")
@pytest.mark.parametrize("target", ["session", None, "http://127.0.0.1:9"])
def test_every_world_works_on_ours(target: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Operations, errors, pages, waiters and the host are there; requests are signed as before."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    client: Any = amlwrap.connect(session() if target == "session" else target).boto
    sent = requests_of(client)

    client.describe_tags(ResourceId="ds-1", ResourceType="DataSource")

    expected = target if str(target).startswith("http") else "https://machinelearning.eu-west-1.amazonaws.com"
    assert expected == client.meta.endpoint_url
    assert ["AmazonML_20141212.DescribeTags"] == [_text(request.headers["X-Amz-Target"]) for request in sent]
    assert (expected != target) == (
        "eu-west-1/machinelearning/aws4_request" in str(sent[0].headers.get("Authorization", ""))
    )
    assert client.can_paginate("describe_ml_models")
    assert 4 == len(client.waiter_names)
    assert issubclass(client.exceptions.PredictorNotMountedException, client.exceptions.ClientError)


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


@pytest.mark.usefixtures("hidden")
def test_predictions_go_where_they_say() -> None:
    """botocore's handler that changes the host has gone with its description; the signature is for the new host."""
    client: Any = amlwrap.boto3_client(session())
    sent = requests_of(client)

    client.predict(MLModelId="ml-1", Record={"a": "1"}, PredictEndpoint="https://realtime.example.com")

    assert "https://realtime.example.com/" == sent[0].url
    assert "SignedHeaders=" in _text(sent[0].headers.get("Authorization", ""))


@pytest.mark.usefixtures("hidden")
def test_an_endpoint_that_is_no_address_changes_nothing() -> None:
    """The service will say what it thinks of it."""
    client: Any = amlwrap.boto3_client(session())
    sent = requests_of(client)

    client.predict(MLModelId="ml-1", Record={"a": "1"}, PredictEndpoint="realtime")

    assert "https://machinelearning.eu-west-1.amazonaws.com/" == sent[0].url


@pytest.mark.usefixtures("hidden")
def test_predictions_without_an_endpoint_are_refused_before_they_leave() -> None:
    """The description has the constraint."""
    with pytest.raises(ParamValidationError, match="PredictEndpoint"):
        amlwrap.boto3_client(session()).predict(MLModelId="ml-1", Record={})


@pytest.mark.usefixtures("hidden")
def test_a_users_session_stays_as_it_is() -> None:
    """Only the client we make knows our description."""
    theirs = session()
    core = theirs._session
    loader = core.get_component("data_loader")
    before = (list(loader.search_paths), core.get_credentials())

    amlwrap.boto3_client(theirs)

    assert loader is core.get_component("data_loader")
    assert before == (list(loader.search_paths), core.get_credentials())
    with pytest.raises(UnknownServiceError):
        theirs.client(SERVICE)


@pytest.mark.usefixtures("hidden")
def test_what_wraps_no_botocore_session_is_refused() -> None:
    """A session of another make cannot be given our description, and the error names the service."""

    class Other:
        region_name = "eu-west-1"

        def client(self, name: str, **_: Any) -> Any:
            raise UnknownServiceError(service_name=name, known_service_names="s3")

    with pytest.raises(ConfigError, match="machinelearning"):
        _ = amlwrap.connect(Other()).boto


@pytest.mark.usefixtures("hidden")
def test_the_engine_works_on_ours() -> None:
    """Requests are checked, made and parsed by our shapes."""
    boto: Any = amlwrap.boto3_client("local:")

    assert [] == boto.describe_ml_models()["Results"]
