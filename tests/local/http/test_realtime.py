"""Realtime endpoints of a server: at the address by which it was found."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config

from amlwrap.local import open_engine
from amlwrap.local.http import Listener, Server
from tests.local.doubles import Recorder, datasource_request, model_request
from tests.local.test_service import refused


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """A server whose engine has a model with an endpoint, and needs no data."""
    with (
        open_engine(tmp_path / "home", stages=Recorder().stages, inline=True) as engine,
        Listener(port=0) as listener,
        Server(engine, listener).in_background() as url,
    ):
        boto = engine.boto3_client()
        boto.create_data_source_from_s3(**datasource_request())
        boto.create_ml_model(**model_request())
        boto.create_realtime_endpoint(MLModelId="ml-1")
        yield url


def client_of(url: str) -> Any:
    """A client that is told nothing but the address."""
    session: Any = boto3.Session(region_name="us-east-1")
    config = Config(signature_version=UNSIGNED, retries={"total_max_attempts": 1})
    return session.client("machinelearning", endpoint_url=url, config=config)


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_an_endpoint_is_where_the_server_was_found(url: str, name: str) -> None:
    """Its address leads back to the server, and is the one a prediction has to name."""
    reached = url.replace("127.0.0.1", name)
    client = client_of(reached)

    told = client.get_ml_model(MLModelId="ml-1")["EndpointInfo"]["EndpointUrl"]
    code, message = refused(client.predict, MLModelId="ml-1", PredictEndpoint=told, Record={})

    assert reached == told
    assert ("InvalidInputException", True) == (code, "has no weights" in message)  # it was asked, and has no files
