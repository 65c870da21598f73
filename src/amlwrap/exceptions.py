"""
Every error amlwrap raises on purpose, as one tree.

::

    AmlwrapError
    ├── UsageError                  what the caller gave cannot be right
    │   ├── ConfigError             a setting, target or argument
    │   ├── DocumentError           a schema, recipe, rearrangement, parameters or manifest
    │   ├── DataError               bytes or rows that cannot be read
    │   └── MissingExtraError       an optional package is not installed
    ├── ServiceError                the service answered with an error
    │   ├── NotFoundError
    │   ├── ConflictError
    │   ├── InvalidInputError
    │   ├── LimitExceededError
    │   ├── ThrottledError
    │   ├── EndpointNotReadyError
    │   ├── AccessDeniedError
    │   │   └── ServiceClosedError
    │   └── InternalServiceError
    ├── TransportError              no answer came back
    ├── JobError                    a job ended without a result
    │   ├── JobFailedError
    │   └── JobDeletedError
    ├── PromotionError              a tag moved only half way
    └── WaitTimeoutError            the deadline passed first (also a TimeoutError)

Fields are positional, so every error survives pickle, its notes included; ``str(error)`` is a whole sentence, with the
remedy where one is known.
"""

from __future__ import annotations

import attrs

__all__ = [
    "AccessDeniedError",
    "AmlwrapError",
    "ConfigError",
    "ConflictError",
    "DataError",
    "DocumentError",
    "EndpointNotReadyError",
    "InternalServiceError",
    "InvalidInputError",
    "JobDeletedError",
    "JobError",
    "JobFailedError",
    "LimitExceededError",
    "MissingExtraError",
    "NotFoundError",
    "PromotionError",
    "ServiceClosedError",
    "ServiceError",
    "ThrottledError",
    "TransportError",
    "UsageError",
    "WaitTimeoutError",
]


def _sentence(text: str, *, remedy: str = "") -> str:
    """*text* closed with a full stop, followed by *remedy* when there is one."""
    closed = text if text.endswith((".", "!", "?")) else f"{text}."
    return f"{closed} {remedy}" if remedy else closed


def _unpickled(kind: type[AmlwrapError], fields: tuple[object, ...], notes: tuple[str, ...]) -> AmlwrapError:
    error = kind(*fields)
    for note in notes:
        error.add_note(note)
    return error


class AmlwrapError(Exception):
    """Root of all errors raised by amlwrap."""

    def __reduce__(self) -> tuple[object, ...]:
        return _unpickled, (type(self), self.args, tuple(getattr(self, "__notes__", ())))


class UsageError(AmlwrapError):
    """What the caller gave cannot be right."""


@attrs.define(eq=False)
class ConfigError(UsageError):
    """A setting, target or argument that cannot be used."""

    setting: str
    found: str
    expected: str
    remedy: str = ""

    def __str__(self) -> str:
        return _sentence(f"{self.setting}: expected {self.expected}, found {self.found}", remedy=self.remedy)


@attrs.define(eq=False)
class DocumentError(UsageError):
    """A document that says something it cannot mean, and where it says so."""

    document: str
    """Which kind of document: ``"schema"``, ``"recipe"`` …"""
    path: str
    """Where inside it, in JSON-path style: ``"outputs[3]"``; empty for the whole."""
    expected: str
    found: str
    remedy: str = ""

    def __str__(self) -> str:
        place = f"{self.document} at {self.path}" if self.path else self.document
        return _sentence(f"{place}: expected {self.expected}, found {self.found}", remedy=self.remedy)


@attrs.define(eq=False)
class DataError(UsageError):
    """Bytes or rows that cannot be read as what they should be."""

    source: str
    """The file, URI or object that was read."""
    place: str
    """Where in it: ``"line 3"``, ``"column 'age'"``, ``"byte 1024"``; empty for the whole."""
    expected: str
    found: str
    remedy: str = ""

    def __str__(self) -> str:
        place = f"{self.source}, {self.place}" if self.place else self.source
        return _sentence(f"{place}: expected {self.expected}, found {self.found}", remedy=self.remedy)


@attrs.define(eq=False)
class MissingExtraError(UsageError):
    """A feature was asked for whose optional packages are not installed."""

    feature: str
    extra: str

    def __str__(self) -> str:
        return f"{self.feature} needs packages that are not installed: pip install 'amlwrap[{self.extra}]'."


@attrs.define(eq=False)
class ServiceError(AmlwrapError):
    """The service understood the call and refused it."""

    operation: str
    """API operation, e.g. ``"GetMLModel"``."""
    subject: str
    """What the call was about, e.g. ``"model 'ml-1'"``; empty when nothing was named."""
    code: str
    """The service's own name for the error."""
    reason: str
    """The service's own words, unedited."""
    attempts: int = 1
    request_id: str = ""

    remedy = ""

    def __str__(self) -> str:
        tried = f" after {self.attempts} attempts" if self.attempts > 1 else ""
        about = f" on {self.subject}" if self.subject else ""
        refused = f"{self.operation}{about} was refused{tried} with {self.code}: {self.reason}"
        return _sentence(refused, remedy=self.remedy)


class NotFoundError(ServiceError):
    """No such object."""


class ConflictError(ServiceError):
    """The id is taken by an object made with other arguments."""

    remedy = "Ids are unique per kind: choose another id, or get the object that has this one."


class InvalidInputError(ServiceError):
    """A value the service does not accept."""


class LimitExceededError(ServiceError):
    """More than the service allows."""


class ThrottledError(ServiceError):
    """Too many calls in too short a time."""

    remedy = "Call less often, or give the client a larger retry budget."


class EndpointNotReadyError(ServiceError):
    """A realtime prediction was asked of a model without a ready endpoint."""

    remedy = "Create the model's endpoint and wait until it is READY."


class AccessDeniedError(ServiceError):
    """The credentials are not allowed to do this."""


class ServiceClosedError(AccessDeniedError):
    """This account was never admitted to the service, which takes no new users."""

    remedy = (
        "Amazon Machine Learning takes no new accounts; everything here also runs on the embedded engine: "
        'amlwrap.connect("local:./models"). An export made in time can be restored there: amlwrap.restore(folder, aml).'
    )


class InternalServiceError(ServiceError):
    """The service failed on its own side."""


@attrs.define(eq=False)
class TransportError(AmlwrapError):
    """The call left, and no answer came back."""

    operation: str
    endpoint: str
    reason: str
    attempts: int = 1

    def __str__(self) -> str:
        tried = f"{self.attempts} attempts" if self.attempts > 1 else "one attempt"
        return _sentence(f"{self.operation} got no answer from {self.endpoint} in {tried}: {self.reason}")


class JobError(AmlwrapError):
    """A job ended without a result."""


@attrs.define(eq=False)
class JobFailedError(JobError):
    """The service took the job and could not finish it."""

    kind: str
    id: str
    reason: str
    """The service's own words, unedited."""
    log_uri: str | None = None

    def __str__(self) -> str:
        log = f"The log: {self.log_uri}" if self.log_uri else ""
        return _sentence(f"{self.kind} {self.id!r} failed: {self.reason}", remedy=log)


@attrs.define(eq=False)
class JobDeletedError(JobError):
    """What somebody waits for is deleted, or was meanwhile."""

    kind: str
    id: str

    def __str__(self) -> str:
        return f"{self.kind} {self.id!r} is deleted, so there is nothing to wait for."


@attrs.define(eq=False)
class PromotionError(AmlwrapError):
    """A tag went only half of its way from the old holders to the new one."""

    kind: str
    id: str
    """Of the one that was promoted."""
    key: str
    value: str
    demoted: tuple[str, ...]
    """Ids of those that lost the tag."""
    reason: str
    held: bool = True
    """Whether the promoted one was seen to carry the tag; if not, nobody has lost it."""

    def __str__(self) -> str:
        lost = ", ".join(map(repr, self.demoted))
        holder = f"{self.kind} {self.id!r} holds the tag {self.key!r}={self.value!r}"
        if not self.held:
            holder = (
                f"{self.kind} {self.id!r} may not hold the tag {self.key!r}={self.value!r}; who held it, still does"
            )
        gone = f"; {lost} no longer {'does' if len(self.demoted) == 1 else 'do'}" if lost else ""
        return _sentence(f"{holder}{gone}. {self.reason}", remedy="Promoting again does no harm.")


@attrs.define(eq=False)
class WaitTimeoutError(AmlwrapError, TimeoutError):
    """The deadline passed before the job was done; the job goes on."""

    kind: str
    id: str
    status: str
    waited_seconds: float
    resume: str
    """A line of Python that comes back to the job; empty where the job ended with the waiting."""

    def __str__(self) -> str:
        late = f"{self.kind} {self.id!r} was still {self.status} after {self.waited_seconds:.0f} s."
        return f"{late} The job goes on; come back to it with {self.resume}" if self.resume else late
