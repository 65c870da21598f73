"""Faults: the errors an operation may answer with, each with its name on the wire and its HTTP status."""

from __future__ import annotations

from typing import ClassVar

import attrs

from amlwrap.exceptions import AmlwrapError

__all__ = [
    "BodyTooLarge",
    "Fault",
    "IdempotentParameterMismatch",
    "InternalFailure",
    "InvalidInput",
    "InvalidTag",
    "LimitExceeded",
    "MalformedBody",
    "PredictorNotMounted",
    "ResourceNotFound",
    "TagLimitExceeded",
    "Throttled",
    "UnknownOperation",
]


@attrs.define(eq=False)
class Fault(AmlwrapError):
    """An answer other than 200; *reason* becomes the body's ``message``."""

    code: ClassVar[str] = "InternalServerException"
    status: ClassVar[int] = 500

    reason: str

    def __str__(self) -> str:
        return f"{self.code}: {self.reason}"


class InvalidInput(Fault):
    """A value the service does not accept."""

    code = "InvalidInputException"
    status = 400


class IdempotentParameterMismatch(Fault):
    """The id is taken by an object that was created with other arguments."""

    code = "IdempotentParameterMismatchException"
    status = 400


class ResourceNotFound(Fault):
    """No object has this id."""

    code = "ResourceNotFoundException"
    status = 400


class PredictorNotMounted(Fault):
    """The model has no realtime endpoint."""

    code = "PredictorNotMountedException"
    status = 400


class LimitExceeded(Fault):
    """More predictions in a second than there may be."""

    code = "LimitExceededException"
    status = 400


class Throttled(Fault):
    """More operations in a second than there may be."""

    code = "ThrottlingException"
    status = 400


class InvalidTag(Fault):
    """A tag key or value that cannot be."""

    code = "InvalidTagException"
    status = 400


class TagLimitExceeded(Fault):
    """More tags on one object than it may carry."""

    code = "TagLimitExceededException"
    status = 400


class MalformedBody(Fault):
    """A request body that is no JSON object."""

    code = "SerializationException"
    status = 400


class BodyTooLarge(Fault):
    """A request body longer than any request can be."""

    code = "RequestEntityTooLargeException"
    status = 413


class UnknownOperation(Fault):
    """``X-Amz-Target`` names no operation of the service."""

    code = "UnknownOperationException"
    status = 404


class InternalFailure(Fault):
    """A fault of the engine itself."""
