"""A wire that fails half of all calls, before or after the work is done; the same seed fails in the same way."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

import attrs
import botocore.exceptions as b
from botocore.awsrequest import AWSResponse

from amlwrap.local import Engine

URL = "https://machinelearning.us-east-1.amazonaws.com"


@attrs.define
class Chaos:
    """
    Stands before *engine* on the way of every request.

    Attributes:
        share: Of calls that fail.
        met: How often each kind of trouble was made; ``"none"`` counts what went well.
        done: Operations that the engine carried out although the caller was not told.
    """

    engine: Engine
    seed: int
    share: float = 0.5
    met: Counter[str] = attrs.field(factory=Counter[str])
    done: Counter[str] = attrs.field(factory=Counter[str])
    _dice: random.Random = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._dice = random.Random(self.seed)

    def client(self) -> Any:
        """A boto3 client on the engine whose calls go through this."""
        client = self.engine.boto3_client()
        client.meta.events.register_first("before-send.machine-learning", self)
        return client

    def __call__(self, request: Any, **_: Any) -> AWSResponse | None:
        """Answer with trouble, or let the engine answer."""
        trouble = self._dice.choice(list(TROUBLE)) if self._dice.random() < self.share else "none"
        self.met[trouble] += 1
        if trouble.endswith("afterwards"):
            target = request.headers["X-Amz-Target"]
            reply = self.engine.protocol.answer(target, request.body)
            if reply.status == 200:
                self.done[str(target.decode() if isinstance(target, bytes) else target).rpartition(".")[2]] += 1
        return None if trouble == "none" else TROUBLE[trouble](request.url)


def _refusal(code: str, status: int) -> Any:
    body = f'{{"__type": "{code}", "message": "chaos"}}'.encode()

    def refused(url: str) -> AWSResponse:
        return AWSResponse(url, status, {"Content-Type": "application/x-amz-json-1.1"}, _Raw(body))

    return refused


def _no_json(url: str) -> AWSResponse:
    return AWSResponse(url, 502, {"Content-Type": "text/html"}, _Raw(b"<html>Bad Gateway</html>"))


def _breaking(error: Exception) -> Any:
    def broken(_: str) -> AWSResponse:
        raise error

    return broken


TROUBLE = {
    "throttled": _refusal("ThrottlingException", 400),
    "too many": _refusal("TooManyRequestsException", 429),
    "failed before": _refusal("InternalServerException", 500),
    "failed afterwards": _refusal("InternalServerException", 500),
    "a gateway before": _no_json,
    "a gateway afterwards": _no_json,
    "refused": _breaking(b.EndpointConnectionError(endpoint_url=URL)),
    "reset before": _breaking(b.ConnectionClosedError(endpoint_url=URL)),
    "reset afterwards": _breaking(b.ConnectionClosedError(endpoint_url=URL)),
    "silence afterwards": _breaking(b.ReadTimeoutError(endpoint_url=URL)),
    "half a reply afterwards": _breaking(b.IncompleteReadError(actual_bytes=7, expected_bytes=70)),
}


class _Raw:
    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        yield self._content
