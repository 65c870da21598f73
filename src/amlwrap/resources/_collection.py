"""What the four collections share: get, list, iterate, and creates that may be repeated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Generic, TypeVar

from amlwrap import _wire
from amlwrap._wire import Kind
from amlwrap.resources._entity import Entity
from amlwrap.resources._listing import Listing
from amlwrap.resources._world import World

__all__ = ["Collection"]

E = TypeVar("E", bound=Entity)


class Collection(Generic[E]):
    """All resources of one kind."""

    _kind: ClassVar[Kind]
    _entity: type[E]

    def __init__(self, world: World) -> None:
        self._world = world

    def __repr__(self) -> str:
        return f"<{self._kind.collection} of {self._world.expression}>"

    def get(self, id: str) -> E:
        """
        The resource called *id*, documents included.

        Raises:
            NotFoundError: There is none.
        """
        reply = self._world.calls.call(self._kind.get, **_wire.get(self._kind, id, verbose=True))
        return self._entity._of(reply, self._world)  # pyright: ignore[reportPrivateUsage]

    def list(self, **filters: Any) -> Listing[E]:
        """
        A lazy listing, narrowed by at most one filter: the service takes no more.

        Args:
            filters: ``name="x"``, ``name__prefix="x"``, ``status__ne="DELETED"``, ``created_at__ge=moment``,
                ``datasource=…``, ``model=…`` …, and ``order="asc"`` or ``"desc"``, by the filtered variable.

        Raises:
            ConfigError: No such filter.
        """
        world, kind, params = self._world, self._kind, _wire.describe(self._kind, filters)
        shown = ", ".join(f"{key}={value!r}" for key, value in filters.items())
        return Listing(
            f"{kind.collection}({shown})",
            lambda: world.calls.pages(kind.describe, **params),
            lambda reply: self._entity._of(reply, world),  # pyright: ignore[reportPrivateUsage]
        )

    def __iter__(self) -> Iterator[E]:
        return iter(self.list())

    def _new_id(self, id: str | None) -> str:
        return self._kind.prefix + self._world.suffix() if id is None else id

    def _create(self, call: tuple[str, Mapping[str, Any]]) -> E:
        """One object for *call*, however often an answer is lost; its first snapshot costs no call."""
        operation, params = call
        get = _wire.get(self._kind, params[self._kind.id_member], verbose=False)
        self._world.calls.create(operation, params, lambda: self._world.calls.call(self._kind.get, **get))
        return self._entity._of(  # pyright: ignore[reportPrivateUsage]
            _wire.pending(self._kind, params), self._world
        )
