"""What the four collections share: get, list, find by tag, promote, iterate, and creates that may be repeated."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar, Generic, TypeVar

from amlwrap import _wire
from amlwrap._describing import describe
from amlwrap._wire import Kind
from amlwrap.exceptions import ConfigError, NotFoundError
from amlwrap.resources._entity import Entity
from amlwrap.resources._listing import Listing
from amlwrap.resources._promotion import Promotion, promoted
from amlwrap.resources._tags import checked_tags, put_tags, read_tags
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

    def _repr_html_(self) -> str:
        return self._listing({})._repr_html_()

    def get(self, id: str) -> E:
        """
        The resource called *id*, documents included.

        Raises:
            NotFoundError: There is none.
        """
        reply = self._world.calls.call(self._kind.get, **_wire.get(self._kind, id, verbose=True))
        return self._entity._of(reply, self._world)

    def list(self, **filters: Any) -> Listing[E]:
        """
        A lazy listing, narrowed by at most one filter: the service takes no more.

        Args:
            filters: ``name="x"``, ``name__prefix="x"``, ``status__ne="FAILED"``, ``created_at__ge=moment``,
                ``datasource=…``, ``model=…`` …; ``order="asc"`` or ``"desc"``, by the filtered variable or by
                ``order_by``; and ``limit``, the most items to list.

        Raises:
            ConfigError: No such filter, or a combination that the service cannot do.
        """
        return self._listing(filters)

    def by_tag(self, key: str, value: str | None = None, **filters: Any) -> Listing[E]:
        """
        A lazy listing of those that carry a tag.

        The service cannot filter by tags, so this costs a call for every candidate that is looked at, beside those of
        the listing itself. What vanishes meanwhile is passed over.

        Args:
            value: What the tag has to say; by default anything.
            filters: As of `list`; they make the candidates fewer.

        Raises:
            ConfigError: No such filter, or a combination that the service cannot do.
        """
        tag = repr(key) if value is None else f"{key!r}={value!r}"
        return self._listing(filters, lambda each: _carries(self._world, self._kind, each, key, value), f"tagged {tag}")

    def promote(self, resource: E, key: str, value: str = "") -> Promotion[E]:
        """
        Let *resource* be the one that carries a tag, such as ``"stage"="production"``.

        The tag is put on it and seen there before it is taken off the others that carry the same key and value. So
        there is a holder at every moment, and for a short while there are two. It may be repeated, also after an error.
        Finding the others costs a call for each of the collection. Let only one program promote at a time.

        Raises:
            PromotionError: It went half way; the error says who holds the tag now.
        """
        if not isinstance(resource, self._entity):
            raise ConfigError("promote()", repr(resource), f"one of {self!r}")
        others = (other for other in self.by_tag(key, value) if other.id != resource.id)
        return promoted(self._world, resource, key, value, others)

    def _snapshot(self, id: str) -> E:
        """The resource called *id*, without documents."""
        return self._entity._of(
            self._world.calls.call(self._kind.get, **_wire.get(self._kind, id, verbose=False)), self._world
        )

    def __iter__(self) -> Iterator[E]:
        return iter(self._listing({}))

    def _listing(
        self, filters: Mapping[str, Any], wanted: Callable[[str], bool] | None = None, words: str = ""
    ) -> Listing[E]:
        world, kind, params = self._world, self._kind, describe(self._kind, filters)
        narrowed = ", ".join(f"{key}={getattr(value, 'id', value)!r}" for key, value in filters.items())

        def pages() -> Iterator[Any]:
            if wanted is None:
                return world.calls.pages(kind.describe, **params)
            params.pop("Limit", None)
            found = world.calls.pages(kind.describe, **params)
            return ((reply for reply in page if wanted(reply[kind.id_member])) for page in found)

        return Listing(
            f"{kind.collection}({narrowed}) {words}".rstrip(),
            pages,
            lambda reply: self._entity._of(reply, world),
            filters.get("limit"),
            wanted is not None,
        )

    def _new_id(self, id: str | None) -> str:
        return self._kind.prefix + self._world.suffix() if id is None else id

    def _create(self, call: tuple[str, Mapping[str, Any]], tags: Mapping[str, str] | None = None) -> E:
        """
        One object for *call*, however often an answer is lost; its first snapshot costs no call.

        Its *tags* are put on once it is there; repeating the create puts on those that are missing.
        """
        operation, params = call
        checked_tags(tags)
        new = params[self._kind.id_member]
        get = _wire.get(self._kind, new, verbose=False)
        self._world.calls.create(operation, params, lambda: self._world.calls.call(self._kind.get, **get))
        put_tags(self._world, self._kind, new, tags or {})
        return self._entity._of(_wire.pending(self._kind, params), self._world)


def _carries(world: World, kind: Kind, id: str, key: str, value: str | None) -> bool:
    try:
        tags = read_tags(world, kind, id)
    except NotFoundError:
        return False
    return key in tags and value in (None, tags[key])
