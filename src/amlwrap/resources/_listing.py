"""Many resources, fetched page by page as they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from typing import Any, Generic, TypeVar

import attrs

from amlwrap._html import paragraph, shown_value, table
from amlwrap.exceptions import AmlwrapError, ConfigError, NotFoundError
from amlwrap.resources._entity import Entity

__all__ = ["Listing"]

T = TypeVar("T", bound=Entity)
_SHOWN = 20


@attrs.frozen(eq=False, repr=False)
class Listing(Generic[T]):
    """
    A lazy listing: each iteration asks the service anew, and reads on until it says there is no more.

    No call is made before the first item is asked for, and none per item. A listing is true when it holds something,
    which costs a call. It has no ``len()``, because Python would ask for it whenever a list is made, and everything
    would be read twice; `count` says how many there are.
    """

    _title: str
    _pages: Callable[[], Iterable[Iterable[Any]]]
    _make: Callable[[Any], T]
    _limit: int | None = None
    _probes: bool = False
    """Whether it costs calls to see what is on a page."""

    def __iter__(self) -> Iterator[T]:
        return map(self._make, self._replies())

    def __bool__(self) -> bool:
        return self.first() is not None

    def __repr__(self) -> str:
        return f"<Listing of {self._title}>"

    def _repr_html_(self) -> str:
        if self._probes:
            return paragraph(f"{self._title}: looking costs a call for each candidate; loop over it, or use first().")
        try:
            page = list(islice(next(iter(self._pages()), ()), self._limit))
        except AmlwrapError as error:
            return paragraph(error)
        items = list(map(self._make, page))
        head = ("name", "id", "status", "created", "")
        rows = [
            (each.name, each.id, each.status, shown_value(each.created_at), each._detail()) for each in items[:_SHOWN]
        ]
        more = f"… and more; the first {_SHOWN} are shown" if len(items) > _SHOWN else ""
        return table(self._title, head, rows, more=more or ("" if items else "none on the first page"))

    def first(self) -> T | None:
        """The first item; ``None`` when there is none."""
        return next(iter(self), None)

    def one(self) -> T:
        """
        The only item.

        Raises:
            NotFoundError: There is none.
            ConfigError: There are more.
        """
        found = list(islice(self, 2))
        if not found:
            raise NotFoundError("one()", self._title, "NotFound", "nothing matches")
        if len(found) > 1:
            raise ConfigError("one()", "several", f"one of {self._title}", "Use first(), or list more narrowly.")
        return found[0]

    def count(self) -> int:
        """How many there are; every page is read."""
        return sum(1 for _ in self._replies())

    def ids(self) -> list[str]:
        """The ids of all; every page is read."""
        return [item.id for item in self]

    def __reduce__(self) -> tuple[Any, ...]:
        raise ConfigError(
            "pickle", repr(self), "its items", "A listing asks its connection; list(…) holds what it found."
        )

    def _replies(self) -> Iterator[Any]:
        return islice(chain.from_iterable(self._pages()), self._limit)
