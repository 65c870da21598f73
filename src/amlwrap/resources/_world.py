"""What every resource of one client shares: its calls, its policies, its staging place and its collections."""

from __future__ import annotations

import secrets
import string
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

import attrs

from amlwrap._calls import Calls
from amlwrap._logs import Opener, open_url, read_log
from amlwrap._staging import Staging
from amlwrap._waiting import Polling
from amlwrap.exceptions import ConfigError
from amlwrap.objects import ObjectStore
from amlwrap.typing import Clock, ProgressSetting

if TYPE_CHECKING:
    from amlwrap._wire import Kind
    from amlwrap.resources._collection import Collection
    from amlwrap.resources.batch_prediction import BatchPredictions
    from amlwrap.resources.datasource import Datasources
    from amlwrap.resources.evaluation import Evaluations
    from amlwrap.resources.model import Models

__all__ = ["Adopter", "World", "random_suffix"]

_ALPHABET = string.ascii_letters + string.digits
_SUFFIX_LENGTH = 11


def random_suffix() -> str:
    """Eleven letters and digits nobody else has, as the service's own console puts behind ``ml-``."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_SUFFIX_LENGTH))


class Adopter(Protocol):
    """Takes in entities and objects that stood elsewhere, which no operation of the service does: an engine of ours."""

    def adopt(
        self,
        kind: str,
        reply: Mapping[str, Any],
        *,
        tags: Mapping[str, str | None],
        status: str,
        message: str | None = None,
        usable: bool = True,
        log: bytes | None = None,
    ) -> Literal["new", "same", "taken"]:
        """Take in the entity that *reply* describes."""
        ...

    def adopt_object(self, uri: str, path: Path) -> Literal["new", "same", "taken"]:
        """Copy the file at *path* to *uri*."""
        ...


class HasWorld(Protocol):
    """A client."""

    @property
    def _world(self) -> World: ...


def _own_clock(world: World) -> Clock:
    return world.clock


@attrs.frozen(kw_only=True, eq=False, slots=False)
class World:
    """
    One connection, seen from its resources.

    Attributes:
        waiting: The clock of those who wait for jobs: where it can, its sleep ends when there is news.
        expression: Python that comes back to this connection, for messages.
        lasting: Whether jobs outlive the connection; those of an engine that is gone at close do not.
        adopter: Takes in what stood elsewhere; ``None`` where there is only the wire.
        opener: Fetches logs.
        suffix: Ends of new ids.
        again: Connects again as this was connected, from names alone; ``None`` when somebody else had configured it.
    """

    calls: Calls
    polling: Polling
    clock: Clock = attrs.field(repr=False)
    progress: ProgressSetting
    staging: Staging
    store: Callable[[], ObjectStore] = attrs.field(repr=False)
    expression: str
    waiting: Clock = attrs.field(default=attrs.Factory(_own_clock, takes_self=True), repr=False)
    lasting: bool = True
    adopter: Adopter | None = attrs.field(default=None, repr=False)
    opener: Opener = attrs.field(default=open_url, repr=False)
    suffix: Callable[[], str] = attrs.field(default=random_suffix, repr=False)
    again: Callable[[], HasWorld] | None = attrs.field(default=None, repr=False)

    def log(self, uri: str) -> bytes:
        """
        The log at *uri*; a ``file:`` address is followed only if the engine is of this process.

        Raises:
            Unavailable: It cannot be read.
        """
        own = self.adopter is not None
        server = "" if own else str(self.calls.client.meta.endpoint_url)
        return read_log(uri, self.opener, files_allowed=own, server=server)

    def reconnection(self) -> Callable[[], HasWorld]:
        """
        What connects again, for a pickle, which must hold no credentials.

        Raises:
            ConfigError: This was not connected from names alone.
        """
        if self.again is None:
            expected = "one that was connected by the name of a profile, folder or server"
            remedy = "Connect again where it is needed; resources and listings' items do pickle."
            raise ConfigError("pickle", f"the connection {self.expression!r}", expected, remedy)
        return self.again

    def __reduce__(self) -> tuple[Any, ...]:
        return _world_of, (self.reconnection(),)

    def collection(self, kind: Kind) -> Collection[Any]:
        """The collection of a kind."""
        found: Collection[Any] = getattr(self, kind.collection)
        return found

    @cached_property
    def datasources(self) -> Datasources:
        """All datasources."""
        from amlwrap.resources.datasource import Datasources

        return Datasources(self)

    @cached_property
    def models(self) -> Models:
        """All models."""
        from amlwrap.resources.model import Models

        return Models(self)

    @cached_property
    def evaluations(self) -> Evaluations:
        """All evaluations."""
        from amlwrap.resources.evaluation import Evaluations

        return Evaluations(self)

    @cached_property
    def batch_predictions(self) -> BatchPredictions:
        """All batch predictions."""
        from amlwrap.resources.batch_prediction import BatchPredictions

        return BatchPredictions(self)


def _world_of(connect: Callable[[], HasWorld]) -> World:
    return connect()._world
