"""Many resources, fetched page by page as they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, Generic, TypeVar

import attrs

from amlwrap.exceptions import ConfigError, NotFoundError

__all__ = ["Listing"]

T = TypeVar("T")


@attrs.frozen(eq=False)
class Listing(Generic[T]):
    """
    A lazy listing: each iteration asks the service anew, and reads on until it says there is no more.

    No call is made before the first item is asked for, and none per item.
    """

    _title: str
    _pages: Callable[[], Iterable[Iterable[Any]]] = attrs.field(repr=False)
    _make: Callable[[Any], T] = attrs.field(repr=False)

    def __iter__(self) -> Iterator[T]:
        for page in self._pages():
            yield from map(self._make, page)

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
        return sum(1 for page in self._pages() for _ in page)
