"""The cache of tables: one reading for all, least recently used out first."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from amlwrap.exceptions import DataError
from amlwrap.local.ingest.cache import TableCache, table_key
from amlwrap.local.ingest.columns import NumericColumn
from amlwrap.local.ingest.table import Table
from tests.local.ingest.memory import Memory
from tests.local.ingest.test_reader import schema_of


def table_of(n: int) -> Table:
    """A table of 17 bytes a row."""
    return Table.of({"a": NumericColumn(np.zeros(n, np.uint8))})


def no_reading() -> Table:
    """A reader that must not be asked."""
    pytest.fail("read again")


def test_kept_table_is_not_read_again() -> None:
    """The second who asks gets the very table of the first."""
    cache = TableCache(1_000)
    first = cache.get("a", lambda: table_of(3))

    assert first is cache.get("a", no_reading)
    assert 51 == cache.nbytes
    cache.clear()
    assert 0 == cache.nbytes
    assert first is not cache.get("a", lambda: table_of(3))


def test_peeking_reads_nothing() -> None:
    """Who only looks whether a table is there gets it or None, and keeps it from being dropped next."""
    cache = TableCache(120)
    first = cache.get("a", lambda: table_of(3))

    assert cache.peek("b") is None
    cache.get("b", lambda: table_of(3))
    assert first is cache.peek("a")
    cache.get("c", lambda: table_of(3))
    assert first is cache.peek("a")
    assert cache.peek("b") is None


def test_least_recently_used_goes_first() -> None:
    """When room runs out, the table nobody asked for the longest is dropped; one too large is never kept."""
    cache = TableCache(40 * 17)
    for key, n in [("a", 15), ("b", 15), ("a", 15), ("huge", 41), ("c", 15)]:
        cache.get(key, lambda n=n: table_of(n))  # type: ignore[misc] # mypy cannot infer a default's type

    cache.get("a", no_reading)
    cache.get("c", no_reading)
    assert 30 * 17 == cache.nbytes
    with pytest.raises(pytest.fail.Exception):
        cache.get("b", no_reading)


class Gate:
    """A reading that begins, and ends when it is told to."""

    def __init__(self, ending: Callable[[], Table]) -> None:
        self.n_begun = 0
        self.begun, self.may_end = threading.Event(), threading.Event()
        self._ending = ending

    def __call__(self) -> Table:
        self.n_begun += 1
        self.begun.set()
        assert self.may_end.wait(10)
        return self._ending()


def test_threads_share_one_reading() -> None:
    """Threads that ask while a table is read wait for it."""
    cache, gate = TableCache(1_000), Gate(lambda: table_of(3))
    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(cache.get, "a", gate) for _ in range(4)]
        assert gate.begun.wait(10)
        gate.may_end.set()
        tables = {id(future.result()) for future in asked}

    assert (1, 1) == (gate.n_begun, len(tables))


def _fail_with(error: BaseException) -> Table:
    raise error


def test_errors_of_the_data_reach_all_who_wait() -> None:
    """An error of the data is everybody's, and the next who asks reads anew."""
    cache, gate = TableCache(1_000), Gate(lambda: _fail_with(DataError("a.csv", "", "rows", "none")))
    with ThreadPoolExecutor(2) as pool:
        leader = pool.submit(cache.get, "a", gate)
        assert gate.begun.wait(10)
        follower = pool.submit(cache.get, "a", gate)
        gate.may_end.set()
        for future in (leader, follower):
            with pytest.raises(DataError):
                future.result()

    assert 3 == cache.get("a", lambda: table_of(3)).n_rows


def test_cancelled_reading_is_taken_over() -> None:
    """When the one who reads gives up, one of those who wait reads in its stead."""
    cache, gate = TableCache(1_000), Gate(lambda: _fail_with(InterruptedError()))
    with ThreadPoolExecutor(2) as pool:
        leader = pool.submit(cache.get, "a", gate)
        assert gate.begun.wait(10)
        follower = pool.submit(cache.get, "a", lambda: table_of(5))
        gate.may_end.set()
        with pytest.raises(InterruptedError):
            leader.result()

        assert 5 == follower.result().n_rows


def test_key_changes_with_whatever_changes_the_table() -> None:
    """Bytes, types, header, text and skipped columns are in the key; the target is not."""
    store, other = Memory({"s3://b/k": b"1,2\n"}), Memory({"s3://b/k": b"1,3\n"})
    files, schema = store.list("s3://b/"), schema_of("NC")
    keys = [
        table_key(files, schema),
        table_key(other.list("s3://b/"), schema),
        table_key(files, schema_of("NN")),
        table_key(files, schema_of("NC", header=True)),
        table_key(files, schema, as_text={"a"}),
        table_key(files, schema, skip={"a"}),
    ]

    assert 6 == len(set(keys))
    assert keys[0] == table_key(files, schema.replace(target="b"))
