"""AWS JSON 1.1: bytes to operation and document, and back; faults to error bodies."""

from __future__ import annotations

import json
import re
import uuid
from typing import TYPE_CHECKING, Any

import attrs

from amlwrap.local.faults import BodyTooLarge, Fault, InternalFailure, MalformedBody, UnknownOperation
from amlwrap.local.limits import Limits
from amlwrap.local.plain import is_object
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
"""Of a request with an SQL query: of up to 16 MiB, each of whose characters JSON may spell with six."""

_USUAL_BYTES = 4 * 1024 * 1024
"""Of any other: the longest member is a schema or recipe of 131,071 characters, each spelled with twelve at worst."""

_MOST_STRUCTURE = 1024 * 1024
"""Of a request, its strings left out: brackets grow thirtyfold when they are read."""

_LONG = frozenset({"CreateDataSourceFromRDS", "CreateDataSourceFromRedshift"})
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)', re.DOTALL)  # one that is not closed, too, is walked over once

_MOST_MESSAGE = 2048
_NESTED = (dict, list)


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
        record_bytes: Of a record to predict, if there is a limit.
        new_request_id: Makes the id that every reply carries.
    """

    def __init__(
        self,
        service: Service,
        description: Description,
        record_bytes: int | None = Limits().record_bytes,
        new_request_id: Callable[[], str] = lambda: str(uuid.uuid4()),
    ) -> None:
        self._service = service
        self._description = description
        self._record_bytes = record_bytes
        self._new_request_id = new_request_id

    def answer(
        self, target: str | bytes | None, body: bytes, *, details: str = "", address: str | None = None
    ) -> WireReply:
        """
        The reply to one request; a bug in the engine raises as itself.

        Args:
            target: The header ``X-Amz-Target``.
            body: A JSON object, or nothing.
            details: What the request's `DETAILS_HEADER` says; empty when it carries none.
            address: Where the client has reached us and will find us again; None where that is clear.
        """
        try:
            operation = self._operation(target)
            most = self.most_bytes(target)
            if len(body) > most:
                raise _too_large(operation, f"{len(body)}", most)
            request = validated(_document(body), self._description.input_shape(operation))
            answer = self._service.call(operation, request, details=details, address=address)
        except Fault as fault:
            return self.refusal(fault)
        headers = {} if answer.progress is None else {PROGRESS_HEADER: _progress(*answer.progress)}
        return self._reply(200, answer.document, headers)

    def most_bytes(self, target: str | bytes | None) -> int:
        """How long the body of a request may be that is sent with *target*."""
        operation = _text(target).partition(".")[2]
        if operation in _LONG:
            return MOST_BYTES
        if operation != "Predict":
            return _USUAL_BYTES
        return MOST_BYTES if self._record_bytes is None else _USUAL_BYTES + 6 * self._record_bytes

    def too_large(self, target: str | bytes | None) -> WireReply:
        """The reply of a carrier that has stopped reading behind `most_bytes`."""
        most = self.most_bytes(target)
        return self.refusal(_too_large(_text(target).partition(".")[2][:200], "more", most))

    def refusal(self, fault: Fault) -> WireReply:
        """The reply that says *fault*."""
        return self._reply(fault.status, {"__type": fault.code, "message": fault.reason[:_MOST_MESSAGE]}, {})

    def breakdown(self) -> WireReply:
        """The reply of a carrier that must answer although the engine raised something that is no fault."""
        return self.refusal(InternalFailure("Internal error of the embedded engine."))

    def _operation(self, target: str | bytes | None) -> str:
        text = _text(target)
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


def _text(target: str | bytes | None) -> str:
    return target.decode("latin-1") if isinstance(target, bytes) else target or ""


def _too_large(operation: str, found: str, most: int) -> BodyTooLarge:
    return BodyTooLarge(f"The body of a request: expected at most {most} bytes for {operation}, found {found}.")


def _document(body: bytes) -> dict[str, Any]:
    if len(body) > _MOST_STRUCTURE and len(_STRING.sub(b"", body)) > _MOST_STRUCTURE:
        raise BodyTooLarge(f"The body of a request: expected at most {_MOST_STRUCTURE} bytes beside its strings.")
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
        return {
            name: _without_nones(item) if isinstance(item, _NESTED) else item
            for name, item in value.items()
            if item is not None
        }
    return [_without_nones(item) if isinstance(item, _NESTED) else item for item in value]


def _progress(fraction: float, words: str) -> str:
    """A header's value: one line of ASCII."""
    line = " ".join(words.split()).encode("ascii", "replace").decode()[:200]
    return f"{min(max(fraction, 0.0), 1.0):.3f} {line}".rstrip()
