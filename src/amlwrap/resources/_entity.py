"""The life cycle all four kinds of resource share."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Self

import attrs

from amlwrap import _wire
from amlwrap._html import shown_value, table
from amlwrap._waiting import Polling, wait_all
from amlwrap._wire import Kind
from amlwrap.exceptions import ConfigError, NotFoundError
from amlwrap.resources._tags import Tags
from amlwrap.resources._world import World
from amlwrap.typing import Clock, ProgressSetting, Status

if TYPE_CHECKING:
    from amlwrap.resources._lineage import Lineage

__all__ = ["Entity"]


@attrs.frozen(kw_only=True, slots=False)
class Entity:
    """
    A snapshot of a resource; its methods give newer ones.

    Attributes:
        message: The service's words about the status; usually empty unless a job failed.
        created_at: Aware UTC, as all times here; ``None`` on the snapshot that a create returns.
        compute_seconds: What the job cost in processor time.
        log_uri: Where the job's log is, for a while.
        raw: The service's reply, unedited.
    """

    _kind: ClassVar[Kind]

    id: str
    name: str = ""
    status: Status = "PENDING"
    message: str = ""
    created_at: datetime | None = attrs.field(default=None, repr=False)
    updated_at: datetime | None = attrs.field(default=None, repr=False)
    started_at: datetime | None = attrs.field(default=None, repr=False)
    finished_at: datetime | None = attrs.field(default=None, repr=False)
    compute_seconds: float | None = attrs.field(default=None, repr=False)
    log_uri: str | None = attrs.field(default=None, repr=False, eq=False)
    raw: Mapping[str, Any] = attrs.field(factory=dict[str, Any], repr=False, eq=False)
    _world: World | None = attrs.field(default=None, repr=False, eq=False, alias="world")

    @property
    def tags(self) -> Tags:
        """The resource's tags, live: a mapping that asks the service when read, and tells it when changed."""
        return Tags(self)

    def refresh(self) -> Self:
        """
        How the resource is now, documents included.

        Raises:
            NotFoundError: It is gone.
        """
        return self._of(self._get(verbose=True), self._connection)

    def wait(self, timeout: float | None = None, *, progress: ProgressSetting | None = None) -> Self:
        """
        Wait until the job behind the resource has completed.

        Args:
            timeout: Seconds; by default what the client's `Polling` says.
            progress: Overrides what the client was told.

        Raises:
            JobFailedError: The job failed; the error holds the service's reason.
            JobDeletedError: The resource was deleted meanwhile.
            WaitTimeoutError: The time is over; the job goes on.
        """
        (completed,) = wait_all(self, timeout=timeout, progress=progress)
        return completed

    def update(self, *, name: str) -> Self:
        """The resource under a new *name*."""
        return self._updated(name=name)

    def delete(self) -> Self:
        """
        Delete the resource; it cannot be undone.

        Returns:
            The last snapshot, whose status is DELETED.
        """
        self._connection.calls.delete(self._kind.delete, _wire.get(self._kind, self.id, verbose=False))
        try:
            return self._of(self._get(verbose=False), self._connection)
        except NotFoundError:  # the service shows what is deleted for a while only
            return attrs.evolve(self, status="DELETED")

    def lineage(self, *, max_calls: int = 32) -> Lineage:
        """
        What this comes from, what came of it, and other slices of the same data.

        A handful of calls for most; two for each model of a datasource, and one for each other datasource or model that
        has a part in what came of it. What no longer exists is shown as deleted.

        Args:
            max_calls: The most calls to make; when they are spent, the lineage says that it is not complete.

        Raises:
            ConfigError: *max_calls* is negative.
        """
        from amlwrap.resources._tracing import trace

        return trace(self, self._connection, max_calls)

    @classmethod
    def _of(cls, reply: Mapping[str, Any], world: World) -> Self:
        return cls(world=world, **cls._read(reply))

    @staticmethod
    def _read(reply: Mapping[str, Any]) -> dict[str, Any]:
        raise NotImplementedError  # pragma: no cover - every kind reads its own reply

    @property
    def _connection(self) -> World:
        if self._world is None:
            remedy = f"Get it from a client: aml.{self._kind.collection}.get({self.id!r})."
            raise ConfigError("connection", "none, as in everything unpickled", "a resource of an open client", remedy)
        return self._world

    def _updated(self, *, name: str | None = None, threshold: float | None = None) -> Self:
        params = _wire.update(self._kind, self.id, name=name, threshold=threshold)
        self._connection.calls.call(self._kind.update, **params)
        return self.refresh()

    def _get(self, *, verbose: bool) -> Mapping[str, Any]:
        return self._connection.calls.call(self._kind.get, **_wire.get(self._kind, self.id, verbose=verbose))

    @cached_property
    def _verbose(self) -> Mapping[str, Any]:
        return self._get(verbose=True)

    def _document(self, name: str) -> Any:
        """A document out of the reply at hand or, when it has none, out of a verbose one."""
        found = _wire.document(self.raw, name)
        return _wire.document(self._verbose, name) if found is None else found

    # What lineages and notebooks show.

    def _parents(self) -> tuple[tuple[Kind, str], ...]:
        """What this was made of, by kind and id."""
        return ()

    def _detail(self) -> str:
        """What sets this apart from others of its kind, in a few words."""
        raise NotImplementedError  # pragma: no cover - every kind has its own

    def _repr_html_(self) -> str:
        names = [field.name for field in attrs.fields(type(self)) if field.name[0] != "_"]
        values = {name: getattr(self, name) for name in names if name not in ("raw", "log_uri")}
        rows = [(name, shown_value(value)) for name, value in values.items() if value not in (None, "")]
        words = ": ".join(filter(None, (self._kind.noun, self._detail())))
        return table(words, (), rows, longest=200)

    # What waiting asks.

    def _noun(self) -> str:
        return self._kind.noun

    def _resume(self) -> str:
        return f"{self._connection.expression}.{self._kind.collection}.get({self.id!r}).wait()"

    def _lasts(self) -> bool:
        return self._connection.lasting

    def _policy(self) -> tuple[Polling, Clock, ProgressSetting]:
        world = self._connection
        return world.polling, world.waiting, world.progress

    def _look(self) -> tuple[Self, float | None, str]:
        reply = self._get(verbose=False)
        return self._of(reply, self._connection), *_wire.progress_of(reply)

    # A pickle holds what was known, never the connection with its credentials.

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_world": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)


def demand_kind(given: object, noun: str) -> None:
    """
    Refuse what is no resource of the kind called *noun*.

    Raises:
        ConfigError: It is another, or none.
    """
    found = f"{given._noun()} {given.id!r}" if isinstance(given, Entity) else type(given).__name__
    if not found.startswith(f"{noun} '"):
        plural = f"aml.{noun}s"
        raise ConfigError(
            noun, found, f"a {noun}", f"{plural}.create(…) makes one, {plural}.get(…) gets one by its id."
        )
