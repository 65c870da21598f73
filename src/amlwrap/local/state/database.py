"""The SQLite file: connections, transactions, and opening it at the newest form."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from amlwrap.exceptions import ConfigError
from amlwrap.local.state.migrations import migrate

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

__all__ = ["Database", "StateError", "StateUnavailable"]

StateError = sqlite3.Error
"""Whatever goes wrong with the file."""

StateUnavailable = sqlite3.OperationalError
"""The file cannot be used at the moment: full disk, lock not given in time."""

_BUSY_SECONDS = 30.0

_LOG_PAGES = 100
"""Of changes beside the file before they go into it: of SQLite's own thousand a nearly full disk has no room."""


class Database:
    """
    Transactions on one file, from any thread of any process.

    Every block has a connection to itself. Writers of this process queue at a lock of ours, which wakes them at once;
    SQLite's own, between processes, is asked again and again.

    Args:
        path: The file; made when it is not there.
        durable: A commit returns when its bytes are on the disk.
        now: Epoch milliseconds, for the record of migrations.

    Raises:
        ConfigError: The file is no state file, or that of a newer release.
    """

    def __init__(self, path: Path, *, durable: bool = True, now: int = 0) -> None:
        self._path = path
        self._synchronous = "FULL" if durable else "OFF"
        self._idle: list[sqlite3.Connection] = []
        self._guard = threading.Lock()
        self._writing = threading.Lock()
        self._closed = False
        try:
            with self._connection() as connection:
                connection.execute("PRAGMA journal_mode = WAL")
                migrate(connection, now)
        except sqlite3.DatabaseError as error:
            self.close()
            raise ConfigError(
                "state file of the embedded engine", f"{path} ({error})", "a state file of amlwrap"
            ) from error
        except ConfigError:
            self.close()
            raise

    @contextmanager
    def read(self) -> Generator[sqlite3.Connection]:
        """A connection for reading; each statement sees the newest commit."""
        with self._connection() as connection:
            yield connection

    @contextmanager
    def write(self) -> Generator[sqlite3.Connection]:
        """One transaction: committed when the block ends, undone when it raises."""
        with self._writing, self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def close(self) -> None:
        """Close every connection that is not in use now, and those in use when they are given back."""
        with self._guard:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    @contextmanager
    def _connection(self) -> Generator[sqlite3.Connection]:
        connection = self._take()
        try:
            yield connection
        finally:
            self._give_back(connection)

    def _take(self) -> sqlite3.Connection:
        with self._guard:
            if self._closed:
                raise ConfigError(
                    "embedded engine", f"{self._path}, which is closed", "an open engine", "Connect again."
                )
            if self._idle:
                return self._idle.pop()
        return self._open()

    def _give_back(self, connection: sqlite3.Connection) -> None:
        with self._guard:
            if not self._closed:
                self._idle.append(connection)
                return
        connection.close()

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            connection.row_factory = sqlite3.Row
            connection.execute(f"PRAGMA synchronous = {self._synchronous}")
            connection.execute(f"PRAGMA wal_autocheckpoint = {_LOG_PAGES}")
            connection.execute("PRAGMA foreign_keys = ON")
        except BaseException:
            connection.close()
            raise
        return connection
