"""What every operation works with, and the checks that several of them share."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import attrs

from amlwrap.exceptions import AmlwrapError, DocumentError
from amlwrap.local.databases import Databases
from amlwrap.local.faults import InvalidInput, ResourceNotFound
from amlwrap.local.kinds import Status
from amlwrap.local.limits import Limits, in_full
from amlwrap.local.state import ParentUnusable

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from amlwrap.local.home import Home
    from amlwrap.local.kinds import Kind
    from amlwrap.local.state import Database, Entities, Entity, Tags
    from amlwrap.objects import ObjectStore

    Documents: TypeAlias = "Callable[[int], tuple[Mapping[str, Any], Mapping[str, Any]]]"

__all__ = [
    "ENDPOINT_URL",
    "Context",
    "Predictors",
    "Rates",
    "Workers",
    "document_faults",
    "found",
    "known",
    "read_text",
    "substantial",
    "usable",
]


ENDPOINT_URL = "https://realtime.amlwrap.invalid"
"""Of realtime endpoints inside the process. The name is one that never resolves, so no record can be sent to it."""


class Predictors(Protocol):
    """What the operations ask of whoever keeps trained models at hand."""

    def predict(self, model: Entity, documents: Documents, record: Mapping[str, str]) -> dict[str, Any]:
        """The members of a ``Prediction``."""
        ...

    def forget(self, model: Entity) -> None:
        """The model is gone."""


class Rates(Protocol):
    """What the operations ask of whoever counts them."""

    def exceeded(self, model_id: str) -> str | None:
        """The limit that one more would break; None, and it is counted, when there is none."""
        ...

    def throttled(self) -> bool:
        """Whether one more operation that is no prediction would be too many; if not, it is counted."""
        ...

    def forget(self, model_id: str) -> None:
        """The endpoint is gone."""


class Workers(Protocol):
    """What the operations ask of whoever runs the jobs."""

    def wake(self) -> None:
        """There is a new job."""

    def cancel(self, seq: int) -> None:
        """The entity is gone."""

    def progress(self, seq: int) -> tuple[float, str] | None:
        """How far a job is."""


@attrs.frozen(kw_only=True)
class Context:
    """
    The engine, as its operations see it; *now* gives epoch milliseconds.

    Attributes:
        endpoint_url: What models with a realtime endpoint answer as its address.
        logs_url: Where clients on other machines find logs; None where they are files to them.
    """

    database: Database
    entities: Entities
    tags: Tags
    workers: Workers
    predictors: Predictors
    rates: Rates
    store: ObjectStore
    home: Home
    now: Callable[[], int]
    limits: Limits = attrs.field(factory=Limits)
    databases: Databases = attrs.field(factory=Databases)
    endpoint_url: str = ENDPOINT_URL
    logs_url: str | None = None


def known(context: Context, kind: Kind, request: Mapping[str, Any]) -> Entity:
    """
    The entity that *request* names, whatever its status.

    Raises:
        ResourceNotFound: There is none.
    """
    return found(context, kind, request[kind.id_member])


def found(context: Context, kind: Kind, id: str) -> Entity:
    """
    The entity with *id*, whatever its status.

    Raises:
        ResourceNotFound: There is none.
    """
    entity = context.entities.get(kind, id)
    if entity is None:
        raise ResourceNotFound(f"No {kind.service_name} with id {id!r} exists.")
    return entity


def usable(context: Context, kind: Kind, member: str, request: Mapping[str, Any]) -> Entity:
    """
    The parent that *member* names: there, neither failed nor deleted, and more than a record.

    Raises:
        InvalidInput: It is not.
    """
    entity = context.entities.get(kind, request[member])
    if entity is None:
        raise InvalidInput(f"{member}: {ParentUnusable(kind, request[member], None)}.")
    if entity.status in (Status.FAILED, Status.DELETED):
        raise InvalidInput(f"{member}: {ParentUnusable(kind, entity.id, entity.status, entity.message or '')}.")
    return substantial(entity, member)


def substantial(entity: Entity, member: str) -> Entity:
    """
    *entity*, which *member* names, if there is more of it here than its record.

    Raises:
        InvalidInput: There is not; its own message says why, and what to do.
    """
    if entity.record_only:
        raise InvalidInput(f"{member}: {entity.kind.service_name} {entity.id!r} is only a record. {entity.message}")
    return entity


@contextmanager
def document_faults(member: str) -> Generator[None]:
    """Turn what is wrong with a document into a fault of the request that brought it in *member*."""
    try:
        yield
    except DocumentError as error:
        raise InvalidInput(f"{member}: {in_full(error)}") from error


def read_text(context: Context, uri: str, member: str, most: int = 131_071) -> str:
    """
    The text at *uri*, at most as long as one given inline may be.

    Raises:
        InvalidInput: It is not there, too long, or no UTF-8.
    """
    try:
        with context.store.open(uri) as file:
            text = file.read(4 * most + 4).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{member}: the object at {uri} is not UTF-8 text ({error}).") from error
    except (AmlwrapError, OSError) as error:
        raise InvalidInput(f"{member}: the object at {uri} cannot be read ({error}).") from error
    if len(text) > most:
        raise InvalidInput(f"{member}: the object at {uri} is longer than {most} characters.")
    return text
