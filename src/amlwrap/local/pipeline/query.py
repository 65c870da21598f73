"""The rows of a query, streamed out of a database into the file that a datasource is then made of."""

from __future__ import annotations

import csv
import io
import threading
from concurrent.futures import Future, wait
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from amlwrap.exceptions import DataError
from amlwrap.local.pipeline.fields import Unwritable, as_field
from amlwrap.local.task import Cancelled

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
    from typing import BinaryIO

    from sqlalchemy import Connection

    from amlwrap.documents.schema import Schema
    from amlwrap.local.databases import Login
    from amlwrap.local.task import Task

    Rows = Sequence[Sequence[Any]]

__all__ = ["stage_rows"]

_LOST = (
    "The password that came with the request was only in the memory of the process that took it: "
    "put one into the engine's databases setting, and create this again under a new id."
)

_BATCH = 1_000
_LOOK_SECONDS = 0.1
_READ_ONLY = {
    "postgresql": "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
    "mysql": "SET SESSION TRANSACTION READ ONLY",
    "mariadb": "SET SESSION TRANSACTION READ ONLY",
    "sqlite": "PRAGMA query_only = ON",
}
"""Asked before the query, so that no query changes anything; other databases know no such thing, or another."""


def stage_rows(task: Task, schema: Schema) -> None:
    """
    Ask the query of *task*, and put its rows where its files are looked for; all of them, or nothing.

    Raises:
        ConfigError: The engine was not told of the database.
        DataError: It gives no rows, or other columns than *schema* has.
    """
    spec = task.request["DataSpec"]
    asked = spec["DatabaseInformation"]
    name = asked.get("InstanceIdentifier") or asked["ClusterIdentifier"]
    user = spec["DatabaseCredentials"]["Username"]
    login = task.databases.login(name, id=task.id, user=user, database=asked["DatabaseName"])
    task.log(f"asking {name!r}, which is {login.url.get_backend_name()} here")
    task.progress(0.0, f"asking {name}")
    with task.store.writer(spec["DataLocationS3"]) as file:
        answer = _answer(task, login, spec["SelectSqlQuery"])
        try:
            n_rows = _write(task, login.name, schema, answer, file)
        finally:
            answer.close()
    task.log(f"rows of the query: {n_rows}, now in {spec['DataLocationS3']}")


def _answer(task: Task, login: Login, sql: str) -> Generator[Rows]:
    """
    The names of the columns, as the only row of a first batch; then the rows. Nothing, when it is no query.

    No more of them are held at a time than a batch, where the driver can leave the others on the server.
    """
    try:
        with _connected(task, login) as connection:
            _forbid_writing(connection)
            streaming = connection.execution_options(
                stream_results=True,
                max_row_buffer=_BATCH,
                no_parameters=True,  # or a "%" in the query is one
            )
            with _stoppable(task, login, connection), streaming.exec_driver_sql(sql) as result:
                if result.returns_rows:
                    yield [tuple(result.keys())]
                    yield from result.partitions(_BATCH)
    except Exception as error:  # noqa: BLE001 - drivers have errors of their own, and those may hold the password
        if task.cancelled():
            raise Cancelled from None
        raise _refused(login, error) from None


def _connected(task: Task, login: Login) -> Connection:
    """
    A connection, unless the job is to stop before there is one.

    Who listens at a host need not answer, and no driver can be told to wait no longer. So it is another thread that
    waits; a connection that comes too late is closed.
    """
    if login.url.host is None:
        return _connect(login)  # a file, whose connections may be bound to their thread
    made: Future[Connection] = Future()

    def connect() -> None:
        try:
            made.set_result(_connect(login))
        except BaseException as error:  # noqa: BLE001 - it is raised where the connection is asked for
            made.set_exception(error)

    threading.Thread(target=connect, name="amlwrap_connect", daemon=True).start()
    while not wait([made], _LOOK_SECONDS).done:
        if task.cancelled():
            made.add_done_callback(_close)
            raise Cancelled
    return made.result()


def _connect(login: Login) -> Connection:
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    return create_engine(login.url, poolclass=NullPool).connect()


def _close(made: Future[Connection]) -> None:
    if made.exception() is None:
        made.result().close()


@contextmanager
def _stoppable(task: Task, login: Login, connection: Connection) -> Generator[None]:
    """
    While the block runs, the database is told to leave a query that it is at once the job is to stop.

    Until it gives its first row, the job's own thread does nothing but wait for it.
    """
    done, stop = threading.Event(), _how_to_stop(login, connection)

    def watch() -> None:
        while not done.wait(_LOOK_SECONDS):
            if task.cancelled():
                with suppress(Exception):  # it may have ended meanwhile
                    stop()
                return

    threading.Thread(target=watch, name="amlwrap_query", daemon=True).start()
    try:
        yield
    finally:
        done.set()


def _how_to_stop(login: Login, connection: Connection) -> Callable[[], object]:
    """What ends a query of *connection*, called in another thread; nothing, where the driver cannot."""
    driver: Any = connection.connection.dbapi_connection
    if connection.dialect.name in {"mysql", "mariadb"}:
        return lambda: _kill(login, driver.thread_id())
    for name in ("cancel", "interrupt"):
        if hasattr(driver, name):
            stop: Callable[[], object] = getattr(driver, name)
            return stop
    return lambda: None


def _kill(login: Login, number: int) -> None:
    """Over a connection of its own, as the other one is busy."""
    with _connect(login) as connection:
        connection.exec_driver_sql(f"KILL QUERY {number:d}")


def _forbid_writing(connection: Connection) -> None:
    statement = _READ_ONLY.get(connection.dialect.name)
    if statement:
        connection.exec_driver_sql(statement)
        connection.commit()


def _refused(login: Login, error: Exception) -> DataError:
    """What the database or its driver said, on one line."""
    from sqlalchemy.exc import OperationalError

    said = " ".join(str(getattr(error, "orig", None) or error).split())
    remedy = _LOST if login.lost and isinstance(error, OperationalError) else ""
    return _unlike(login.name, "the rows of the query", login.hides(said) or type(error).__name__, remedy)


def _write(task: Task, name: str, schema: Schema, answer: Iterator[Rows], file: BinaryIO) -> int:
    """All of *answer* as CSV into *file*; returns how many rows there were."""
    first = next(answer, None)
    if first is None:
        raise _unlike(name, "a query that gives rows, such as a SELECT", "a statement that gives none")
    columns = first[0]
    _check_columns(name, schema, columns)
    if schema.header:
        file.write(_csv([columns]))
    n_rows = 0
    for rows in answer:
        file.write(_csv(_fields(name, columns, rows, n_rows)))
        n_rows += len(rows)
        task.progress(0.0, f"{n_rows} rows of the query")
    if not n_rows:
        raise _unlike(name, "at least one row", "none", "The query is right, but nothing in the database fits it.")
    return n_rows


def _csv(rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def _fields(name: str, columns: Sequence[str], rows: Rows, n_before: int) -> Iterable[list[str]]:
    for number, row in enumerate(rows, n_before + 1):
        try:
            yield [as_field(value) for value in row]
        except Unwritable as error:
            place = f"row {number} of the query"
            expected = "texts, numbers, truth values and times"
            remedy = f"Have the query turn it into one ({', '.join(columns)})."
            raise DataError(_called(name), place, expected, str(error), remedy) from error


def _check_columns(name: str, schema: Schema, columns: Sequence[str]) -> None:
    """One column for each attribute; where the schema wants a header, of the same name too."""
    if len(columns) != len(schema.names):
        expected = f"{len(schema.names)} columns, as the schema has attributes"
        raise _unlike(name, expected, f"{len(columns)} ({', '.join(columns)})")
    if not schema.header:
        return
    for place, (column, attribute) in enumerate(zip(columns, schema.names, strict=True), 1):
        if column != attribute:
            remedy = f'Say AS "{attribute}" in the query; or dataFileContainsHeader false, and only the order counts.'
            raise _unlike(name, f"column {place} to be {attribute!r}, as in the schema", repr(column), remedy)


def _unlike(name: str, expected: str, found: str, remedy: str = "") -> DataError:
    return DataError(_called(name), "", expected, found, remedy)


def _called(name: str) -> str:
    return f"database {name!r}"
