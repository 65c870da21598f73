"""A server with an engine behind it, and plain HTTP to ask it with."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import attrs
import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config

from amlwrap.local import Engine, open_engine
from amlwrap.local.http import Listener, Server


@attrs.frozen
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes


@attrs.frozen
class Site:
    """A running server."""

    url: str
    engine: Engine

    @property
    def host(self) -> str:
        return urlsplit(self.url).netloc

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """One request over a connection of its own, its path sent as it stands."""
        connection = http.client.HTTPConnection(self.host, timeout=30)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, named)
            response = connection.getresponse()
            lowered = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, lowered, response.read())
        finally:
            connection.close()

    def s3(self) -> Any:
        """boto3's S3 client, told nothing but where the server is."""
        config = Config(signature_version=UNSIGNED)
        session: Any = boto3.Session(region_name="us-east-1")
        return session.client("s3", endpoint_url=f"{self.url}/s3", config=config)

    def file(self, bucket: str, key: str) -> Path:
        return self.engine.home.objects / bucket / key


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server whose engine runs no jobs."""
    with (
        open_engine(tmp_path_factory.mktemp("home"), workers=0) as engine,
        Listener(port=0) as listener,
        Server(engine, listener, names=["aml.example"]).in_background() as url,
    ):
        yield Site(url, engine)
