"""Doubles for what tests cannot have: a service that answers from a script, and a clock that only pretends."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import attrs
import boto3
from botocore import UNSIGNED
from botocore.awsrequest import AWSResponse
from botocore.config import Config

if TYPE_CHECKING:
    from amlwrap import Client, Polling
    from amlwrap.typing import ProgressSetting

ENDPOINT = "https://machinelearning.us-east-1.amazonaws.com"


@attrs.frozen
class Fault:
    """An error the service answers with."""

    code: str
    message: str = "said the service"
    status: int = 400
    headers: Mapping[str, str] = attrs.field(factory=dict[str, str])


@attrs.frozen
class Headed:
    """A reply that comes with headers."""

    reply: Mapping[str, Any]
    headers: Mapping[str, str]


Answer: TypeAlias = "Mapping[str, Any] | Fault | Headed | BaseException | Callable[[dict[str, Any]], Any]"


class VirtualClock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.naps: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float, /) -> None:
        self.naps.append(seconds)
        self.now += seconds


class Script:
    """
    A service that answers each operation with what it was told, the last answer for ever.

    Requests are made and replies parsed by a real botocore client; only the socket is missing.
    """

    def __init__(self, **answers: Any) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.headers: list[dict[str, str]] = []
        self._answers: dict[str, list[Answer]] = {}
        for operation, given in answers.items():
            self.on(operation, *(given if _is_list(given) else [given]))

    def on(self, operation: str, *answers: Answer) -> None:
        self._answers[operation] = list(answers)

    def params(self, operation: str) -> list[dict[str, Any]]:
        """What *operation* was called with, each time."""
        return [params for called, params in self.calls if called == operation]

    def operations(self) -> list[str]:
        return [called for called, _ in self.calls]

    def client(self) -> Any:
        """A botocore client that only ever meets this script."""
        config = Config(signature_version=UNSIGNED, retries={"total_max_attempts": 1})
        client = _session().client("machinelearning", region_name="us-east-1", config=config)
        client.meta.events.register("before-send", self._answer)
        return client

    def _answer(self, request: Any, **_: Any) -> AWSResponse:
        target = request.headers["X-Amz-Target"]
        operation = (target.decode() if isinstance(target, bytes) else target).rpartition(".")[2]
        params = json.loads(request.body)
        self.calls.append((operation, params))
        self.headers.append({key.lower(): str(value) for key, value in request.headers.items()})
        queue = self._answers[operation]
        answer = queue.pop(0) if len(queue) > 1 else queue[0]
        return _response(request.url, answer(params) if callable(answer) else answer)


def client_on(
    script: Script,
    folder: Path | None = None,
    *,
    clock: VirtualClock | None = None,
    progress: ProgressSetting = False,
    polling: Polling | None = None,
    expression: str = "aml",
) -> Client:
    """A client of *script*, staging into *folder* if there is one, whose ids are counted from 1."""
    from amlwrap import Client, Polling, Retry
    from amlwrap._calls import Calls
    from amlwrap._settings import Settings
    from amlwrap._staging import Staging
    from amlwrap.objects import Folder
    from amlwrap.resources import World

    time = clock or VirtualClock()
    numbers = itertools.count(1)

    def store() -> Folder:
        assert folder is not None
        return Folder(folder)

    world = World(
        calls=Calls(script.client, Retry(jitter=0.0), time),
        polling=polling or Polling(jitter=0.0),
        clock=time,
        progress=progress,
        staging=Staging(None if folder is None else "s3://staging/in/", store),
        store=store,
        expression=expression,
        suffix=lambda: f"{next(numbers)}",
    )
    return Client(world, Settings({}), lambda: None)


def _is_list(value: object) -> bool:
    return isinstance(value, list)


@cache
def _session() -> Any:
    return boto3.Session(region_name="us-east-1")


def _response(url: str, answer: Any) -> AWSResponse:
    if isinstance(answer, BaseException):
        raise answer
    status = answer.status if isinstance(answer, Fault) else 200
    body: Any = answer.reply if isinstance(answer, Headed) else answer
    if isinstance(answer, Fault):
        body = {"__type": answer.code, "message": answer.message}
    headers = {"Content-Type": "application/x-amz-json-1.1", "x-amzn-RequestId": "request-1"}
    headers |= dict(answer.headers) if isinstance(answer, Headed | Fault) else {}
    return AWSResponse(url, status, headers, _Raw(json.dumps(body).encode()))


class _Raw:
    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self, *_: Any, **__: Any) -> Any:
        yield self._content
