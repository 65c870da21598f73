"""Tables kept in memory: one file is parsed once, however many ask for it at the same time."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable, Sequence
from concurrent.futures import Future

from amlwrap.documents.schema import Schema
from amlwrap.exceptions import AmlwrapError
from amlwrap.local.ingest.table import Table
from amlwrap.objects import ObjectInfo


def table_key(
    files: Sequence[ObjectInfo],
    schema: Schema,
    *,
    as_text: Collection[str] = frozenset(),
    skip: Collection[str] = frozenset(),
) -> Hashable:
    """What decides a table's content: the files as they are now, and how their columns are read."""
    return (
        tuple((info.uri, info.etag) for info in files),
        schema.header,
        tuple((attribute.name, attribute.type) for attribute in schema.attributes),
        frozenset(as_text),
        frozenset(skip),
    )


class TableCache:
    """
    Tables by key, the least recently used dropped when they hold too much memory. Safe for threads.

    A table larger than all the room there is serves those who wait for it and is not kept.

    Args:
        max_bytes: Memory the kept tables may hold.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._n_bytes = 0
        self._kept: OrderedDict[Hashable, Table] = OrderedDict()
        self._flights: dict[Hashable, Future[Table]] = {}
        self._lock = threading.Lock()

    @property
    def nbytes(self) -> int:
        """Memory the kept tables hold."""
        return self._n_bytes

    def get(self, key: Hashable, read: Callable[[], Table]) -> Table:
        """
        The table of *key*: kept, being read by another thread, or read now with *read*.

        An error of the data is raised in every thread that waits for it, and not remembered; when a reading ends
        otherwise, its job cancelled for example, the next thread that waits reads in its stead.
        """
        while True:
            with self._lock:
                if key in self._kept:
                    self._kept.move_to_end(key)
                    return self._kept[key]
                flight = self._flights.get(key)
                if flight is None:
                    flight = self._flights[key] = Future()
                    break
            error = flight.exception()
            if error is None:
                return flight.result()
            if isinstance(error, AmlwrapError):
                raise error
        return self._fly(key, flight, read)

    def peek(self, key: Hashable) -> Table | None:
        """The table of *key* if it is kept."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def clear(self) -> None:
        """Drop all tables."""
        with self._lock:
            self._kept.clear()
            self._n_bytes = 0

    def _fly(self, key: Hashable, flight: Future[Table], read: Callable[[], Table]) -> Table:
        """Read the table for everybody who waits for it."""
        try:
            table = read()
        except BaseException as error:
            with self._lock:
                del self._flights[key]
            flight.set_exception(error)
            raise
        with self._lock:
            del self._flights[key]
            self._keep(key, table)
        flight.set_result(table)
        return table

    def _keep(self, key: Hashable, table: Table) -> None:
        if table.nbytes > self._max_bytes:
            return
        self._kept[key] = table
        self._n_bytes += table.nbytes
        while self._n_bytes > self._max_bytes:
            _, dropped = self._kept.popitem(last=False)
            self._n_bytes -= dropped.nbytes
