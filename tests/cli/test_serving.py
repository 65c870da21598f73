"""The server as a process: it says where it is, answers, and ends in order."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import amlwrap
from amlwrap.local.http import Server
from tests.cli.conftest import CSV, SCHEMA, Call, command, environment


@contextmanager
def serving(*arguments: object) -> Generator[subprocess.Popen[str]]:
    """``amlwrap serve``, ended by its id whatever happens."""
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command("serve", *arguments), text=True, env=environment(), **pipes) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_a_server_runs_until_it_is_told(end: signal.Signals, tmp_path: Path) -> None:
    """The first line of stdout is its URL, and clients may connect then; it ends with 0, its jobs back in the queue."""
    with serving("--home", tmp_path / "home", "--port", 0) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        with amlwrap.connect(url, progress=False) as aml:
            data = aml.datasources.create(CSV, schema=SCHEMA, id="ds-bank")
            model = aml.models.create(data).wait()
            with model.endpoint() as endpoint:
                answer = endpoint.predict({"age": 31, "job": "cook"})
            slow = aml.models.create(data, passes=100)
        process.send_signal(end)
        out, err = process.communicate(timeout=60)

    assert (0, "") == (process.returncode, out)
    assert "1" == answer.label
    assert err == f"Serving {tmp_path / 'home'}; Ctrl-C ends it.\nStopped.\n"
    with amlwrap.connect(f"local:{tmp_path / 'home'}", progress=False) as aml:
        assert ("COMPLETED", "COMPLETED") == (
            aml.datasources.get("ds-bank").status,
            aml.models.get(slow.id).wait().status,
        )


def test_a_server_tells_programs_where_it_is(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As JSON; and warns when others can reach it."""

    def run(_: Server, ready: Callable[[], None]) -> None:
        ready()

    monkeypatch.setattr(Server, "run", run)

    here = call("serve", "--home", tmp_path, "--port", 0)
    assert here.out.startswith("http://127.0.0.1:")
    assert "Warning" not in here.err

    done = call("serve", "--home", tmp_path, "--port", 0, "--host", "0.0.0.0", "--allow-host", "aml", "--json")

    assert (0, str(tmp_path)) == (done.code, json.loads(done.out)["home"])
    assert done.json["url"].startswith("http://127.0.0.1:")
    assert "Warning: 0.0.0.0 can be reached by others" in done.err


def test_a_server_takes_other_limits(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By name and as often as is wanted; what is no NAME=NUMBER is refused before anything is opened."""

    def run(_: Server, ready: Callable[[], None]) -> None:
        ready()

    monkeypatch.setattr(Server, "run", run)

    done = call(
        "serve", "--home", tmp_path, "--port", 0, "--limit", "classes=500", "--limit", "tags=none", "--memory", "1 GB"
    )
    refused = call("serve", "--home", tmp_path / "other", "--port", 0, "--limit", "classes")

    assert (0, True) == (done.code, done.out.startswith("http://127.0.0.1:"))
    assert (2, False) == (refused.code, (tmp_path / "other").exists())
    assert "--limit" in refused.err
    assert "NAME=NUMBER or NAME=none" in refused.err
