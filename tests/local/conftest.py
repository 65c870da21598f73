"""Engines for tests: in a folder of their own, with stages that need no data, every reply held against its shape."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from botocore.validate import ParamValidator

from amlwrap.local import Engine, open_engine
from amlwrap.local.description import describe
from amlwrap.local.inprocess import client_for
from tests.local.doubles import Clock, Recorder

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

    from amlwrap.local.protocol import Protocol, WireReply


class CheckedProtocol:
    """A protocol whose good replies must fit the shapes of the service's description, and hold nothing else."""

    def __init__(self, protocol: Protocol) -> None:
        self._protocol = protocol

    def answer(self, target: str | bytes | None, body: bytes, *, details: str = "") -> WireReply:
        reply = self._protocol.answer(target, body, details=details)
        if reply.status == 200:
            text = target.decode() if isinstance(target, bytes) else target or ""
            shape = describe().output_shape(text.partition(".")[2])
            validator: Any = ParamValidator()
            errors = validator.validate(json.loads(reply.body), shape)
            assert not errors.has_errors(), errors.generate_report()
        return reply


@attrs.frozen
class Host:
    """An engine that runs jobs when it is told to, and everything a test wants to know of it."""

    engine: Engine
    boto: Any
    clock: Clock
    recorder: Recorder

    def run(self) -> int:
        return self.engine.run_until_idle()


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still."""
    return Clock()


@pytest.fixture
def opened(tmp_path: Path, clock: Clock) -> Generator[Callable[..., Engine]]:
    """Opens engines on the test's folder and closes them at its end."""
    engines: list[Engine] = []

    def open_one(**settings: Any) -> Engine:
        defaults: dict[str, Any] = {"workers": 0, "clock": clock, "stages": {}}
        engines.append(open_engine(tmp_path / "home", **defaults | settings))
        return engines[-1]

    yield open_one
    for engine in engines:
        engine.close()


@pytest.fixture
def host(opened: Callable[..., Engine], clock: Clock) -> Host:
    """An engine without threads, its stages recorded."""
    recorder = Recorder()
    engine = opened(stages=recorder.stages)
    return Host(engine, checked_client(engine), clock, recorder)


def checked_client(engine: Engine) -> Any:
    """A client on *engine* whose replies are checked."""
    checked: Any = CheckedProtocol(engine.protocol)
    return client_for(checked)
