"""One suite, several carriers: what holds on one has to hold on all."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config

import amlwrap
from amlwrap import Client, Polling, Retry
from amlwrap._calls import Calls, SystemClock
from amlwrap._description import client_of
from amlwrap._settings import Settings
from amlwrap._staging import Staging
from amlwrap.local import Engine, Limits, open_engine
from amlwrap.local.http import Listener, Server
from amlwrap.resources import World
from tests.hidden import service_hidden


@pytest.fixture(params=["botocore's description", "our description"])
def _description(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What both sides know of the service: from botocore, or from us when botocore has dropped it."""
    if request.param == "our description":
        with service_hidden(tmp_path_factory.mktemp("botocore")):
            yield
    else:
        yield


@pytest.fixture
def databases() -> dict[str, str]:
    """What the engine is told of databases: by default, of none."""
    return {}


@pytest.fixture
def limits() -> dict[str, int]:
    """What the engine is told of limits: by default, nothing."""
    return {}


@pytest.fixture(params=["in-process", "over HTTP", "as AWS"])
def aml(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    databases: dict[str, str],
    limits: dict[str, int],
    _description: None,
) -> Iterator[Client]:
    """A client on each carrier, with nothing in it yet."""
    home = tmp_path / "home"
    if request.param == "in-process":
        with amlwrap.connect(f"local:{home}", progress=False, databases=databases, limits=limits) as client:
            yield client
    elif request.param == "over HTTP":
        with over_http(home, databases, limits) as client:
            yield client
    else:
        with open_engine(home, databases=databases, limits=Limits.of(limits)) as engine:
            yield as_aws(engine)


@contextmanager
def over_http(
    home: Path, databases: dict[str, str] | None = None, limits: dict[str, int] | None = None
) -> Generator[Client]:
    """A client that knows of the engine nothing but its server's address."""
    with (
        Listener(port=0) as listener,
        open_engine(home, endpoint_url=listener.url, databases=databases, limits=Limits.of(limits)) as engine,
        Server(engine, listener).in_background() as url,
        amlwrap.connect(url, progress=False) as client,
    ):
        yield client


def as_aws(engine: Engine) -> Client:
    """
    A client that signs and sends as to AWS, whose requests *engine* answers as AWS would.

    It is never told of details, so it gets the replies AWS gives, and no more.
    """
    session: Any = boto3.Session("AKIA", "secret", region_name="eu-west-1")

    def make() -> Any:
        client = client_of(session, config=Config(retries={"total_max_attempts": 1}))
        client.meta.events.register("before-send", answer)
        return client

    def answer(request: Any, **_: Any) -> AWSResponse:
        assert "x-amlwrap-details" not in request.headers
        assert b"AWS4-HMAC-SHA256" in request.headers["Authorization"]
        reply = engine.protocol.answer(request.headers["X-Amz-Target"], request.body)
        body = reply.body.replace(b'"LogUri":"file://', f'"LogUri":"{_LOGS}'.encode())
        return AWSResponse(request.url, reply.status, dict(reply.headers), _Raw(body))

    (engine.home.objects / "staging").mkdir()
    world = World(
        calls=Calls(make, Retry()),
        polling=Polling.local(),
        clock=SystemClock(),
        progress=False,
        staging=Staging("s3://staging/in/", lambda: engine.store),
        store=lambda: engine.store,
        expression="aml",
        opener=lambda url: Path(url.removeprefix(_LOGS)).open("rb"),  # noqa: SIM115 - whoever reads closes it
    )
    return Client(world, Settings({}), lambda: None)


_LOGS = "https://logs.example"
"""Where AWS would have the logs."""


class _Raw:
    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        yield self._content
