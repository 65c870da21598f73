"""The socket and what stands behind it: start, answer, stop."""

from __future__ import annotations

import json
import logging
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config

import amlwrap
from amlwrap.exceptions import ConfigError, DataError, InternalServiceError, MissingExtraError
from amlwrap.local import open_engine
from amlwrap.local.http import Listener, Server, app
from amlwrap.local.http.uploads import NoSuchUpload, Uploads
from tests.local.http.conftest import Site


def test_boto3_needs_only_the_address(site: Site) -> None:
    """Signed or not, it gets what the service would say."""
    session: Any = boto3.Session("AKIA", "secret", region_name="us-east-1")
    for config in (None, Config(signature_version=UNSIGNED)):
        client = session.client("machinelearning", endpoint_url=site.url, config=config)
        assert [] == client.describe_ml_models()["Results"]
        with pytest.raises(client.exceptions.ResourceNotFoundException):
            client.get_ml_model(MLModelId="nobody")


def test_a_call_does_not_wait_for_acknowledgements(site: Site) -> None:
    """With Nagle's algorithm and delayed acknowledgements a call would take 40 ms."""
    client = amlwrap.boto3_client(site.url)
    client.describe_ml_models()
    times: list[float] = []
    for _ in range(20):
        began = time.perf_counter()
        client.describe_ml_models()
        times.append(time.perf_counter() - began)

    assert min(times) < 0.02


def test_the_front_page_is_for_people_and_programs(site: Site) -> None:
    """HTML for a browser, JSON for everybody else."""
    page = site.ask("GET", "/", Accept="text/html,*/*")
    status = site.ask("GET", "/")

    assert "text/html; charset=utf-8" == page.headers["content-type"]
    assert f'amlwrap.connect("{site.url}")'.encode() in page.body
    assert {"server": "amlwrap", "version": amlwrap.__version__, "objects": "/s3"} == json.loads(status.body)


@pytest.mark.parametrize("n_bytes", [5 * 1024 * 1024, 64 * 1024 * 1024])
def test_a_body_that_is_too_long_is_told_so(site: Site, n_bytes: int) -> None:
    """Who is still sending hears it too, since what is more is read and dropped."""
    answer = site.ask("POST", "/", b"x" * n_bytes, X_Amz_Target="AmazonML_20141212.DescribeMLModels")

    assert (413, "RequestEntityTooLargeException") == (answer.status, json.loads(answer.body)["__type"])
    assert "at most 4194304 bytes for DescribeMLModels, found more" in answer.body.decode()


def test_a_body_is_read_no_further_than_it_may_be_long(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the end a connection is closed that will not stop."""
    monkeypatch.setattr(app, "MOST_BYTES", 0)

    with suppress(ConnectionError):
        answer = site.ask("POST", "/", b"x" * (64 * 1024 * 1024), X_Amz_Target="AmazonML_20141212.DescribeMLModels")
        assert (413, "close") == (answer.status, answer.headers["connection"])


@pytest.mark.parametrize(("path", "status"), [("/", 403), ("/s3/nowhere/k", 404), ("/else", 404)])
def test_what_was_not_read_is_no_request(site: Site, path: str, status: int) -> None:
    """A body nobody wanted is not taken for the next request: the connection ends."""
    answer = site.ask("PUT", path, "GET / HTTP/1.1\r\n", Origin="http://x.example" if status == 403 else site.url)

    assert (status, "close") == (answer.status, answer.headers["connection"])


def test_an_engine_that_breaks_answers_with_500(
    site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The client hears that it was not its fault, and the log why."""

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(site.engine.protocol, "answer", broken)
    with (
        caplog.at_level(logging.ERROR, "amlwrap.server"),
        amlwrap.connect(site.url, retry=amlwrap.Retry(attempts=1)) as aml,
        pytest.raises(InternalServiceError),
    ):
        aml.models.get("ml-1")

    assert ["The engine could not answer AmazonML_20141212.GetMLModel."] == [one.message for one in caplog.records]
    assert "a bug" in caplog.text


def test_data_goes_to_the_server(site: Site, tmp_path: Path) -> None:
    """The client needs no S3, no credentials and no folder in common."""
    with amlwrap.connect(site.url) as aml:
        data = aml.datasources.create(b"age,y\n31,1\n44,0\n", target="y")
        settings = aml.describe()

    assert ("s3://staging/", "default of amlwrap's server") == (settings["staging"].value, settings["staging"].source)
    assert b"age,y\n31,1\n44,0\n" == site.file("staging", data.uri.removeprefix("s3://staging/")).read_bytes()


@pytest.mark.parametrize(
    ("status", "error", "match"),
    [(404, ConfigError, r"not amlwrap's server.*connect\(staging="), (500, DataError, "500")],
)
def test_data_goes_to_no_other_server(status: int, error: type[Exception], match: str) -> None:
    """A server on the same wire that keeps no objects is told from ours before anything is sent."""
    with other_server(status) as (url, asked), amlwrap.connect(url) as aml:
        with pytest.raises(error, match=match):
            aml.datasources.create(b"age,y\n31,1\n", target="y")

        assert ["HEAD /s3/staging"] == asked


@contextmanager
def other_server(status: int) -> Generator[tuple[str, list[str]]]:
    """A server that answers everything with *status*, and what it was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            asked.append(f"{self.command} {self.path}")
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", asked
        finally:
            server.shutdown()
            thread.join()


def test_a_taken_port_is_an_error(site: Site) -> None:
    """It says which, and what to do."""
    port = urlsplit(site.url).port
    assert port is not None

    with pytest.raises(ConfigError, match=rf"127\.0\.0\.1:{port} .*0 for one that is free"):
        Listener(port=port)


@pytest.mark.parametrize(("host", "port"), [("nowhere.invalid", 0), ("203.0.113.9", 0), ("127.0.0.1", 70000)])
def test_a_place_that_is_not_ours_is_an_error(host: str, port: int) -> None:
    """A name nobody has, another machine's address, a port there is not."""
    with pytest.raises(ConfigError, match="a place of this machine to listen at"):
        Listener(host, port)


def test_places_are_told_as_clients_reach_them() -> None:
    """Everywhere is not an address to connect to."""
    with Listener("0.0.0.0", 0) as everywhere, Listener("localhost", 0) as here:
        assert everywhere.url.startswith("http://127.0.0.1:")
        assert (False, True) == (everywhere.is_loopback, here.is_loopback)


def test_the_extra_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the packages the error names the one line that installs them."""
    monkeypatch.setattr("importlib.util.find_spec", dict[str, object]().get)

    with pytest.raises(MissingExtraError, match=r"pip install 'amlwrap\[server\]'"):
        Listener(port=0)


def test_stopping_lets_the_last_answer_out(tmp_path: Path) -> None:
    """The port is free again, and an upload nobody ended leaves nothing."""
    with (
        open_engine(tmp_path, workers=0) as engine,
        Listener(port=0) as listener,
        Server(engine, listener).in_background() as url,
    ):
        Site(url, engine).s3().create_multipart_upload(Bucket="staging", Key="k")
    with Listener(port=urlsplit(url).port or 0) as again:
        assert url == again.url


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_that_comes_early_is_heard(number: signal.Signals, tmp_path: Path) -> None:
    """From the moment on in which clients are told to come; whoever had signals before has them again."""
    before = signal.getsignal(number)
    with open_engine(tmp_path, workers=0) as engine, Listener(port=0) as listener:
        Server(engine, listener).run(lambda: signal.raise_signal(number))

    assert before is signal.getsignal(number)


def test_buckets_are_asked_for_once(site: Site) -> None:
    """Those that are there; others may come."""
    with amlwrap.connect(site.url) as aml:
        store: Any = aml._world.store()
        assert [True, True, False] == [store.first.has_bucket(name) for name in ("staging", "staging", "nowhere")]


def test_a_part_that_breaks_off_counts_for_nothing() -> None:
    """As when its sender goes away."""
    uploads = Uploads()
    upload = uploads.begin("s3://b/k")
    with pytest.raises(ConnectionError), uploads.part(upload, "s3://b/k", "1"):
        raise ConnectionError

    assert [] == [path for path in uploads._place(upload, "s3://b/k").iterdir() if not path.suffix]
    uploads.close()
    with pytest.raises(NoSuchUpload):
        uploads._place(upload, "s3://b/k")


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_signal_ends_it_in_order(name: str, tmp_path: Path) -> None:
    """What stands behind the server in the program still runs."""
    program = f"""
import os, signal, threading
from amlwrap.local import open_engine
from amlwrap.local.http import Listener, Server
before = signal.getsignal(signal.SIGINT)
with open_engine({str(tmp_path)!r}, workers=0) as engine, Listener(port=0) as listener:
    server = Server(engine, listener)
    threading.Timer(0.3, os.kill, (os.getpid(), signal.{name})).start()
    server.run()
print("in order", signal.getsignal(signal.SIGINT) is before)
"""
    done = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True, timeout=60)

    assert (0, "in order True\n", "") == (done.returncode, done.stdout, done.stderr)
