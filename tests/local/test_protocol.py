from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amlwrap.local.description import describe
from amlwrap.local.faults import (
    BodyTooLarge,
    Fault,
    IdempotentParameterMismatch,
    InternalFailure,
    InvalidInput,
    InvalidTag,
    MalformedBody,
    ResourceNotFound,
    TagLimitExceeded,
    UnknownOperation,
)
from amlwrap.local.protocol import Protocol
from amlwrap.local.service import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

TARGET = "AmazonML_20141212.GetMLModel"
GOOD = b'{"MLModelId":"ml-1"}'


@attrs.define
class OneAnswer:
    """A service with one thing to say."""

    answer: Answer | BaseException
    calls: list[tuple[str, Mapping[str, Any], str]] = attrs.field(factory=list[Any])

    def call(
        self, operation: str, request: Mapping[str, Any], *, details: str = "", address: str | None = None
    ) -> Answer:
        self.calls.append((operation, request, details))
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer


def protocol(answer: Answer | BaseException | None = None) -> tuple[Protocol, OneAnswer]:
    """A protocol on a service that always says *answer*, and that service."""
    service = OneAnswer(answer or Answer({}))
    fake: Any = service
    return Protocol(fake, describe(), new_request_id=lambda: "id-1"), service


@pytest.mark.parametrize("target", [TARGET, TARGET.encode()], ids=["text", "bytes"])
def test_a_request_reaches_the_operation(target: str | bytes) -> None:
    """The target may be text or bytes; the body is read, and the reply's members that are None stay away."""
    wire, service = protocol(Answer({"MLModelId": "ml-1", "Name": None, "EndpointInfo": {"CreatedAt": None}}))

    reply = wire.answer(target, GOOD, details="1")

    assert [("GetMLModel", {"MLModelId": "ml-1"}, "1")] == service.calls
    assert (200, {"MLModelId": "ml-1", "EndpointInfo": {}}) == (reply.status, json.loads(reply.body))
    assert {
        "Content-Type": "application/x-amz-json-1.1",
        "Content-Length": str(len(reply.body)),
        "x-amzn-RequestId": "id-1",
    } == reply.headers


def test_times_are_epoch_seconds_to_the_millisecond() -> None:
    """A time is a plain JSON number, every digit of its milliseconds there."""
    wire, _ = protocol(Answer({"CreatedAt": 1486834110483 / 1000}))

    assert b'{"CreatedAt":1486834110.483}' == wire.answer(TARGET, GOOD).body


def test_an_empty_body_is_an_empty_document() -> None:
    """Operations without required members take no body at all."""
    wire, service = protocol()

    assert wire.answer("AmazonML_20141212.DescribeMLModels", b"").status == 200
    assert [("DescribeMLModels", {}, "")] == service.calls


@pytest.mark.parametrize(
    ("at", "header"),
    [
        ((0.42, "pass 4 of 10"), "0.420 pass 4 of 10"),
        ((7.0, ""), "1.000"),
        ((-1.0, "a\r\nx-evil: ü"), "0.000 a x-evil: ?"),
    ],
)
def test_progress_is_one_clean_header(at: tuple[float, str], header: str) -> None:
    """Whatever a stage says, the header is a fraction and one line of ASCII."""
    wire, _ = protocol(Answer({}, at))

    assert header == wire.answer(TARGET, GOOD).headers["x-amlwrap-progress"]


@pytest.mark.parametrize(
    ("fault", "status", "name"),
    [
        (InvalidInput, 400, "InvalidInputException"),
        (IdempotentParameterMismatch, 400, "IdempotentParameterMismatchException"),
        (ResourceNotFound, 400, "ResourceNotFoundException"),
        (InvalidTag, 400, "InvalidTagException"),
        (TagLimitExceeded, 400, "TagLimitExceededException"),
        (MalformedBody, 400, "SerializationException"),
        (UnknownOperation, 404, "UnknownOperationException"),
        (BodyTooLarge, 413, "RequestEntityTooLargeException"),
        (InternalFailure, 500, "InternalServerException"),
    ],
)
def test_each_fault_has_its_name_and_status(fault: Callable[[str], Fault], status: int, name: str) -> None:
    """A fault is a body with __type and message."""
    wire, _ = protocol(fault("because"))

    reply = wire.answer(TARGET, GOOD)

    assert (status, {"__type": name, "message": "because"}) == (reply.status, json.loads(reply.body))
    assert reply.headers["x-amzn-RequestId"] == "id-1"


def test_a_message_is_no_longer_than_it_may_be() -> None:
    """A message ends after 2,048 characters."""
    wire, _ = protocol(InvalidInput("x" * 5000))

    assert len(json.loads(wire.answer(TARGET, GOOD).body)["message"]) == 2048


def test_a_bug_raises_as_itself() -> None:
    """What is no fault is the carrier's to handle; over a socket it answers with a breakdown that tells nothing."""
    wire, _ = protocol(ZeroDivisionError("secret"))

    with pytest.raises(ZeroDivisionError):
        wire.answer(TARGET, GOOD)

    assert wire.breakdown().status == 500
    assert b"secret" not in wire.breakdown().body


@pytest.mark.parametrize(
    "target",
    [None, "", "GetMLModel", "AmazonML_20141212", "AmazonML_20141212.Get", "Other.GetMLModel", b"\xff.\xff"],
    ids=range(7),
)
def test_an_unknown_operation_is_named(target: str | bytes | None) -> None:
    """A target that is not the service's is UnknownOperationException."""
    wire, _ = protocol()

    assert json.loads(wire.answer(target, GOOD).body)["__type"] == "UnknownOperationException"


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b"\xff", b'{"a":NaN}', b'"x"', b"1" * 5000, b"[" * 200_000, b'{"a":1e999}x'], ids=range(8)
)
def test_a_malformed_body_is_refused(body: bytes) -> None:
    """What is no JSON object is SerializationException, however it is broken."""
    wire, service = protocol()

    reply = wire.answer(TARGET, body)

    assert (400, "SerializationException") == (reply.status, json.loads(reply.body)["__type"])
    assert [] == service.calls


MIB = 1024 * 1024


@pytest.mark.parametrize(
    ("operation", "record_bytes", "most"),
    [
        ("CreateDataSourceFromRDS", 102_400, 100 * MIB),
        ("CreateDataSourceFromRedshift", 102_400, 100 * MIB),
        ("CreateMLModel", 102_400, 4 * MIB),
        ("Predict", 102_400, 4 * MIB + 614_400),
        ("Predict", 1_000_000, 4 * MIB + 6_000_000),
        ("Predict", None, 100 * MIB),
    ],
)
def test_a_body_is_bounded(operation: str, record_bytes: int | None, most: int) -> None:
    """A body longer than any request of its operation is refused before it is read; a shorter one is read."""
    service: Any = OneAnswer(Answer({}))
    wire = Protocol(service, describe(), record_bytes)
    target = f"AmazonML_20141212.{operation}"
    padding = b" " * (MIB - 2)

    reply = wire.answer(target, b" " * (most + 1))

    assert most == wire.most_bytes(target)
    assert 413 == reply.status
    assert {
        "__type": "RequestEntityTooLargeException",
        "message": f"The body of a request: expected at most {most} bytes for {operation}, found {most + 1}.",
    } == json.loads(reply.body)
    assert 400 == wire.answer(target, b"{" + padding + b"}").status


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":[' + b"[]," * MIB + b"[]]}",
        b'{"a":[' + b'"",' * MIB + b'""]}',
        b"[" * 2 * MIB,
    ],
    ids=["lists", "strings", "depth"],
)
def test_what_grows_when_it_is_read_is_bounded(body: bytes) -> None:
    """Little may stand outside of strings, whatever the body's length."""
    wire, service = protocol()

    reply = wire.answer("AmazonML_20141212.CreateDataSourceFromRDS", body)

    assert 413 == reply.status
    assert "expected at most 1048576 bytes beside its strings" in json.loads(reply.body)["message"]
    assert [] == service.calls


@pytest.mark.parametrize(
    "query", ["x" * 2 * MIB, '"\\' * MIB, "\U0001f600" * 200_000], ids=["plain", "escaped", "emoji"]
)
def test_a_long_string_is_no_structure(query: str) -> None:
    """Texts may be long, and hold quotes."""
    wire, service = protocol()

    reply = wire.answer("AmazonML_20141212.CreateDataSourceFromRDS", json.dumps({"RoleARN": query}).encode())

    assert (400, "InvalidInputException") == (reply.status, json.loads(reply.body)["__type"])
    assert [] == service.calls


def test_a_string_without_end_is_walked_over_once() -> None:
    """Time grows with length, and no faster."""
    wire, _ = protocol()

    assert 400 == wire.answer(TARGET, b'{"a":"' + b'\\"' * MIB).status


@given(st.binary(max_size=30), st.binary(max_size=60))
def test_any_bytes_get_an_answer(target: bytes, body: bytes) -> None:
    """Strangers' bytes are answered with a fault, never with an exception."""
    wire, _ = protocol()

    assert 400 <= wire.answer(target, body).status < 500
    assert wire.answer(TARGET, body).status == 400
