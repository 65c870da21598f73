"""AWS JSON 1.1: bytes to operation and document, and back; faults to error bodies."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import attrs

from amlwrap.local.faults import BodyTooLarge, Fault, InternalFailure, MalformedBody, UnknownOperation
from amlwrap.local.plain import is_list, is_object
from amlwrap.local.validation import validated

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from amlwrap.local.description import Description
    from amlwrap.local.service import Service

__all__ = ["DETAILS_HEADER", "MOST_BYTES", "PROGRESS_HEADER", "Protocol", "WireReply"]

CONTENT_TYPE = "application/x-amz-json-1.1"
PROGRESS_HEADER = "x-amlwrap-progress"
"""On a Get of a job that has not ended: the fraction done and a few words, ``0.42 pass 4 of 10``."""

DETAILS_HEADER = "x-amlwrap-details"
"""On a request: also send what the service itself never sends."""

MOST_BYTES = 100 * 1024 * 1024
"""Of a request: the longest holds an SQL query of 16 MiB, each of whose characters JSON may spell with six."""

_MOST_MESSAGE = 2048


@attrs.frozen
class WireReply:
    """What goes back over the wire."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Protocol:
    """
    Answers requests as they come over the wire, whatever carries them.

    Args:
        service: Does the operations.
        description: Says which there are, and of what shape.
        new_request_id: Makes the id that every reply carries.
    """

    def __init__(
        self, service: Service, description: Description, new_request_id: Callable[[], str] = lambda: str(uuid.uuid4())
    ) -> None:
        self._service = service
        self._description = description
        self._new_request_id = new_request_id

    def answer(
        self, target: str | bytes | None, body: bytes, *, details: bool = False, address: str | None = None
    ) -> WireReply:
        """
        The reply to one request; a bug in the engine raises as itself.

        Args:
            target: The header ``X-Amz-Target``.
            body: A JSON object, or nothing.
            details: True when the request carries `DETAILS_HEADER`.
            address: Where the client has reached us and will find us again; None where that is clear.
        """
        try:
            operation = self._operation(target)
            request = validated(_document(body), self._description.input_shape(operation))
            answer = self._service.call(operation, request, details=details, address=address)
        except Fault as fault:
            return self.refusal(fault)
        headers = {} if answer.progress is None else {PROGRESS_HEADER: _progress(*answer.progress)}
        return self._reply(200, answer.document, headers)

    def refusal(self, fault: Fault) -> WireReply:
        """The reply that says *fault*."""
        return self._reply(fault.status, {"__type": fault.code, "message": fault.reason[:_MOST_MESSAGE]}, {})

    def breakdown(self) -> WireReply:
        """The reply of a carrier that must answer although the engine raised something that is no fault."""
        return self.refusal(InternalFailure("Internal error of the embedded engine."))

    def _operation(self, target: str | bytes | None) -> str:
        text = target.decode("latin-1") if isinstance(target, bytes) else target or ""
        prefix, _, operation = text.partition(".")
        if prefix != self._description.target_prefix or operation not in self._description.operations:
            raise UnknownOperation(f"X-Amz-Target: no operation is called {text[:200]!r}.")
        return operation

    def _reply(self, status: int, document: Mapping[str, Any], headers: Mapping[str, str]) -> WireReply:
        body = json.dumps(_without_nones(document), allow_nan=False, separators=(",", ":")).encode()
        always = {
            "Content-Type": CONTENT_TYPE,
            "Content-Length": str(len(body)),
            "x-amzn-RequestId": self._new_request_id(),
        }
        return WireReply(status, {**always, **headers}, body)


def _document(body: bytes) -> dict[str, Any]:
    if len(body) > MOST_BYTES:
        raise BodyTooLarge(f"The body has {len(body)} bytes; at most {MOST_BYTES} are read.")
    try:
        document = json.loads(body or b"{}", parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise MalformedBody(f"The body is no JSON: {error}") from error
    if not is_object(document):
        raise MalformedBody("The body is no JSON object.")
    return document


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON number")


def _without_nones(value: Any) -> Any:
    if is_object(value):
        return {name: _without_nones(item) for name, item in value.items() if item is not None}
    if is_list(value):
        return [_without_nones(item) for item in value]
    return value


def _progress(fraction: float, words: str) -> str:
    """A header's value: one line of ASCII."""
    line = " ".join(words.split()).encode("ascii", "replace").decode()[:200]
    return f"{min(max(fraction, 0.0), 1.0):.3f} {line}".rstrip()
