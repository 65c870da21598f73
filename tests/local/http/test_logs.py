"""Logs over HTTP: those of the jobs, and nothing else of the machine."""

from __future__ import annotations

import urllib.error
import urllib.request
from pathlib import Path

import pytest

from amlwrap.local import open_engine
from amlwrap.local.http import Listener, Server
from amlwrap.local.kinds import Kind


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("model/ml-1", 200),
        ("model/ml-2", 404),
        ("evaluation/ml-1", 404),
        ("nonsense/ml-1", 404),
        ("model/..%2F..%2Fstate.sqlite", 404),
        ("model/ml%00", 404),
    ],
)
def test_only_logs_are_served(tmp_path: Path, path: str, status: int) -> None:
    """As text that no browser takes for a page."""
    with Listener(port=0) as listener, open_engine(tmp_path) as engine, Server(engine, listener).in_background() as url:
        engine.home.log(Kind.MODEL, "ml-1").parent.mkdir(exist_ok=True)
        engine.home.log(Kind.MODEL, "ml-1").write_text("26/11/24 10:00:00 INFO: <b>\n")
        try:
            with urllib.request.urlopen(f"{url}/logs/{path}") as answer:
                assert b"26/11/24 10:00:00 INFO: <b>\n" == answer.read()
                assert "nosniff" == answer.headers["X-Content-Type-Options"]
                found = answer.status
        except urllib.error.HTTPError as error:
            found = error.code
            error.close()
    assert status == found
