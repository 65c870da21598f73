"""The command line as programs and people meet it: in this process, through pipes, and on a terminal of its own."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import attrs
import pytest

import amlwrap
from amlwrap import Schema
from amlwrap._cli import main

ROOT = Path(__file__).parent.parent.parent
SAMPLES = ROOT / "docs" / "samples"
SCHEMA = Schema({"age": "NUMERIC", "job": "CATEGORICAL", "y": "BINARY"}, target="y")
CSV = b"age,job,y\n" + b"31,cook,1\n44,smith,0\n58,cook,1\n23,none,0\n" * 50
IDS = {"datasources": "ds-bank", "models": "ml-bank", "evaluations": "ev-bank", "batch-predictions": "bp-bank"}


@attrs.frozen
class Done:
    """What a command left."""

    code: int
    out: str
    err: str = ""

    @property
    def json(self) -> Any:
        """Its one result."""
        (line,) = self.out.splitlines()
        return json.loads(line)

    @property
    def jsons(self) -> list[Any]:
        """Its results."""
        return [json.loads(line) for line in self.out.splitlines()]


Call: TypeAlias = Callable[..., Done]


@pytest.fixture
def call(capfd: pytest.CaptureFixture[str]) -> Call:
    """Runs a command in this process."""

    def run(*arguments: object) -> Done:
        capfd.readouterr()
        code = main([str(one) for one in arguments])
        captured = capfd.readouterr()
        return Done(code, captured.out, captured.err)

    return run


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A target with one resource of each kind, all completed; for looking at."""
    target = f"local:{tmp_path_factory.mktemp('cli') / 'home'}"
    with amlwrap.connect(target, progress=False) as aml:
        data = aml.datasources.create(CSV, schema=SCHEMA, name="bank", id="ds-bank")
        model = aml.models.create(data, name="bank model", id="ml-bank")
        evaluation = model.evaluate(data, name="bank evaluation", id="ev-bank", allow_training=True)
        batch = aml.batch_predictions.create(model, data, name="bank predictions", id="bp-bank")
        amlwrap.wait_all(data, model, evaluation, batch)
    return target


def environment(**more: str) -> dict[str, str]:
    """The variables of a process of its own."""
    clean = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "COLUMNS", "LINES"}}
    return {**clean, "TERM": "xterm-256color", "PYTHONIOENCODING": "utf-8", **more}


def command(*arguments: object) -> list[str]:
    """What a shell would run."""
    return [sys.executable, "-m", "amlwrap", *map(str, arguments)]


def on_terminal(
    *arguments: object, answers: Sequence[str] = (), columns: int = 100, timeout: float = 120, **more: str
) -> Done:
    """
    Run a command on a terminal that is *columns* wide; `Done.out` is what it showed.

    Args:
        answers: What is typed, a line for each question mark at the end of what is shown.
    """
    ours, theirs = os.openpty()
    termios.tcsetwinsize(theirs, (40, columns))
    process = subprocess.Popen(
        command(*arguments), stdin=theirs, stdout=theirs, stderr=theirs, env=environment(**more), start_new_session=True
    )
    os.close(theirs)
    try:
        shown = _conversation(ours, list(answers), time.monotonic() + timeout)
        return Done(process.wait(timeout), shown)
    finally:
        os.close(ours)
        process.kill()
        process.wait()


def _conversation(terminal: int, answers: list[str], deadline: float) -> str:
    shown = b""
    while time.monotonic() < deadline:
        if not select.select([terminal], [], [], 1.0)[0]:
            continue
        try:
            block = os.read(terminal, 65536)
        except OSError:  # Linux: the other end is closed
            break
        if not block:
            break
        shown += block
        if answers and shown.endswith(b"]: "):
            os.write(terminal, f"{answers.pop(0)}\n".encode())
    return shown.decode().replace("\r\n", "\n")
