"""Datasources whose rows come out of a database: a file of SQLite, which every machine has."""

from __future__ import annotations

import csv
import datetime as dt
import io
import signal
import socket
import sqlite3
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

import amlwrap
from amlwrap import Client, Datasource, Rearrangement, RedshiftQuery, Schema
from amlwrap.exceptions import ConfigError, JobFailedError
from amlwrap.local import Engine, open_engine
from amlwrap.local.pipeline.fields import Unwritable, as_field
from amlwrap.local.task import Task

pytest.importorskip("sqlalchemy")
from sqlalchemy import URL
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

PASSWORD = "correct horse battery"
SCHEMA = Schema({"age": "NUMERIC", "note": "TEXT", "y": "BINARY"}, target="y", header=False)
ROWS = [(20 + n % 50, f'says "hi", then\r\nleaves {n}' if n % 3 else None, int(n % 50 > 25)) for n in range(400)]


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A database with customers."""
    path = tmp_path / "shop.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE customers (age INTEGER, note TEXT, y INTEGER)")
        connection.executemany("INSERT INTO customers VALUES (?, ?, ?)", ROWS)
        connection.commit()
    return path


@pytest.fixture
def aml(shop: Path, tmp_path: Path) -> Iterator[Client]:
    """A client on an engine that was told which database is cluster ``shop``."""
    with amlwrap.connect(f"local:{tmp_path}/home", progress=False, databases={"shop": f"sqlite:///{shop}"}) as client:
        yield client


def create(aml: Client, query: str, schema: Schema = SCHEMA, **arguments: Any) -> Datasource:
    """A datasource of the rows *query* gives."""
    asked = RedshiftQuery(cluster="shop", database="dev", query=query, user="ml", password=PASSWORD)
    return aml.datasources.create_from_redshift(asked, role="arn:role", schema=schema, **arguments)


def failure(aml: Client, query: str, schema: Schema = SCHEMA) -> str:
    """Why *query* cannot become a datasource; of its rows nothing is left."""
    with pytest.raises(JobFailedError) as raised:
        create(aml, query, schema).wait()
    assert [] == list(aml._world.store().list("s3://staging/"))
    return str(raised.value)


def text_of(aml: Client, data: Datasource) -> str:
    """The bytes that *data* was made of."""
    with aml._world.store().open(data.uri) as file:
        return file.read().decode()


def test_rows_become_a_file_like_any_other(aml: Client) -> None:
    """NULL is empty, quotes are doubled, a line break is a blank; what it is made of is where replies say."""
    data = create(aml, "SELECT age, note, y FROM customers ORDER BY rowid", name="customers").wait()

    lines = text_of(aml, data).splitlines()
    assert ["20,,0", '21,"says ""hi"", then leaves 1",0'] == lines[:2]
    assert len(ROWS) == len(lines)
    assert ("COMPLETED", 1, True) == (data.status, data.n_files, data.uri.startswith("s3://staging/queries/"))
    assert len(text_of(aml, data)) == data.n_bytes


def test_rows_are_trained_on_and_split(aml: Client) -> None:
    """The whole story, from a query to a measured model."""
    train, test = create(aml, "SELECT age, note, y FROM customers").wait().split(0.7, seed=3)

    metrics = aml.models.create(train).evaluate(test).wait().metrics

    assert metrics is not None
    assert (metrics.auc or 0) > 0.95


def test_a_rearrangement_takes_part_of_the_rows(aml: Client) -> None:
    """As of files; all rows are staged, the part is what counts."""
    data = create(aml, "SELECT age, note, y FROM customers", rearrangement=Rearrangement(0, 50), id="ds-half").wait()

    log = (Path(str(aml.describe()["target"].value).removeprefix("local:")) / "logs/datasource-ds-half.log").read_text()
    assert len(ROWS) == len(text_of(aml, data).splitlines())
    assert "rows of the query: 400" in log
    assert "records: valid=2" in log or "records: valid=1" in log


def test_a_header_is_written_if_the_schema_wants_one(aml: Client) -> None:
    """Then the columns have to be called as the attributes are."""
    headed = SCHEMA.replace(header=True)

    data = create(aml, "SELECT age, note, y FROM customers", headed).wait()
    assert "age,note,y" == text_of(aml, data).splitlines()[0]

    with pytest.raises(JobFailedError, match=r"expected column 2 to be 'note', .* found 'remark'\. Say AS \"note\""):
        create(aml, "SELECT age, note AS remark, y FROM customers", headed).wait()


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("SELECT age, y FROM customers", "expected 3 columns, as the schema has attributes, found 2 (age, y)"),
        ("SELECT age, note, y FROM customers WHERE age < 0", "expected at least one row, found none"),
        ("SELECT nonsense FROM customers", "found no such column: nonsense"),
        ("SELEC", "syntax error"),
        ("DELETE FROM customers", "attempt to write a readonly database"),
        ("DROP TABLE customers", "attempt to write a readonly database"),
        ("PRAGMA journal_mode", "expected 3 columns"),
        (
            "SELECT age, x'00ff', y FROM customers",
            "row 1 of the query: expected texts, numbers, truth values and times, found bytes",
        ),
        ("SELECT 1; SELECT 2", "one statement"),
        ("SAVEPOINT here", "expected a query that gives rows, such as a SELECT, found a statement that gives none"),
    ],
)
def test_what_gives_no_rows_says_why(aml: Client, shop: Path, query: str, words: str) -> None:
    """The datasource fails with the database's own words, no file is left, and nothing in the database is changed."""
    before = shop.read_bytes()

    assert words in failure(aml, query)
    assert before == shop.read_bytes()


ENDLESS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x), 'w', 1 FROM n"


def test_a_query_without_an_end_is_stopped_in_time(shop: Path, tmp_path: Path) -> None:
    """No row of it ever comes, and yet the job hears that its time is up."""
    databases, limits = {"shop": f"sqlite:///{shop}"}, {"job_seconds": 0.5}
    with amlwrap.connect(f"local:{tmp_path}/home", progress=False, databases=databases, limits=limits) as aml:
        assert "The job ran longer than 0.5 seconds." in failure(aml, ENDLESS)


def test_a_query_of_what_is_deleted_is_stopped(shop: Path, tmp_path: Path) -> None:
    """The only worker is free for the next."""
    with open_engine(tmp_path / "home", workers=1, databases={"shop": f"sqlite:///{shop}"}) as engine:
        (tmp_path / "home/s3/staging").mkdir()
        aml = amlwrap.connect(engine.boto3_client(), progress=False, staging="s3://staging/")
        endless = create(aml, ENDLESS)
        while endless.refresh().status != "INPROGRESS":
            pass
        endless.delete()

        assert "COMPLETED" == create(aml, "SELECT age, note, y FROM customers").wait().status


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_a_server_that_never_answers_is_waited_for_no_longer_than_a_job_may_take(kind: str, tmp_path: Path) -> None:
    """It takes the connection and says nothing: no driver's own patience decides."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"{kind}://ml:{PASSWORD}@127.0.0.1:{silent.getsockname()[1]}/dev".replace(" ", "%20")
        settings: dict[str, Any] = {"databases": {"shop": url}, "limits": {"job_seconds": 1}}
        with (
            amlwrap.connect(f"local:{tmp_path}/home", progress=False, **settings) as aml,
            pytest.raises(JobFailedError, match="The job ran longer than 1 seconds"),
        ):
            create(aml, "SELECT 1").wait()


def test_types_conflict_as_in_any_file(aml: Client) -> None:
    """Values that do not fit their attribute are counted and told, not refused here."""
    some = "CASE WHEN rowid % 20 THEN age ELSE 'young' END"
    data = create(aml, f"SELECT {some}, note, y FROM customers", id="ds-conflict").wait()

    assert "COMPLETED" == data.status
    home = str(aml.describe()["target"].value).removeprefix("local:")
    assert "attribute 'age': invalid=20" in (Path(home) / "logs/datasource-ds-conflict.log").read_text()


def test_a_percent_sign_is_no_placeholder(aml: Client) -> None:
    """Queries are taken as they stand."""
    data = create(aml, "SELECT age, note, y FROM customers WHERE note LIKE '%leaves 1' OR note = ':x'").wait()

    assert 1 == len(text_of(aml, data).splitlines())


def test_a_file_that_is_not_there_stays_so(tmp_path: Path) -> None:
    """Asking a database does not make one."""
    with amlwrap.connect("local:", progress=False, databases={"shop": f"sqlite:///{tmp_path}/no/such.db"}) as aml:
        assert "databases['shop']: expected a file, found" in failure(aml, "SELECT 1")
    with amlwrap.connect("local:", progress=False, databases={"shop": f"sqlite:///{tmp_path}/such.db"}) as aml:
        assert "where there is none" in failure(aml, "SELECT 1")
    assert [] == list(tmp_path.iterdir())


def test_an_engine_that_was_not_told_says_how(tmp_path: Path) -> None:
    """The name, those it knows, and the way to tell it."""
    with amlwrap.connect("local:", progress=False) as aml:
        assert "found 'shop'. Tell it: connect(" in failure(aml, "SELECT 1")


class Stranger(SQLiteDialect_pysqlite):
    """A database SQLAlchemy knows through somebody's plug-in; it takes a login, and cannot forbid writing."""

    name = "stranger"
    supports_statement_cache = True

    def create_connect_args(self, url: URL) -> Any:
        assert ("ml", PASSWORD) == (url.username, url.password)
        return [url.database], {}


def test_any_database_that_sqlalchemy_knows_will_do(shop: Path) -> None:
    """The engine knows four well, and takes the others as they are."""
    registry.register("stranger", __name__, "Stranger")
    with amlwrap.connect("local:", progress=False, databases={"shop": f"stranger:///{shop}"}) as aml:
        data = create(aml, "SELECT age, note, y FROM customers").wait()

        assert len(ROWS) == len(text_of(aml, data).splitlines())


def test_nothing_of_a_password_is_kept(aml: Client, tmp_path: Path) -> None:
    """Whatever becomes of the job."""
    create(aml, "SELECT age, note, y FROM customers").wait()
    failure_id = create(aml, "SELEC")
    with pytest.raises(JobFailedError):
        failure_id.wait()

    kept = [path for path in (tmp_path / "home").rglob("*") if path.is_file()]
    assert len(kept) > 3
    assert [] == [path for path in kept if PASSWORD.encode() in path.read_bytes()]


@pytest.fixture
def hold(shop: Path, tmp_path: Path) -> Iterator[Callable[..., Engine]]:
    """Opens engines on one folder; their jobs run when they are told to."""
    engines: list[Engine] = []

    def open_one(*, told: bool = True) -> Engine:
        databases = {"shop": f"sqlite:///{shop}"} if told else None
        engines.append(open_engine(tmp_path / "home", workers=0, databases=databases))
        (tmp_path / "home/s3/staging").mkdir(exist_ok=True)
        return engines[-1]

    yield open_one
    for engine in engines:
        engine.close()


def ask(engine: Engine, id: str = "ds-1", query: str = "SELECT age, note, y FROM customers") -> Any:
    """A boto3 client that has asked for a datasource."""
    client = engine.boto3_client()
    client.create_data_source_from_redshift(
        DataSourceId=id,
        RoleARN="arn:role",
        ComputeStatistics=True,
        DataSpec={
            "DatabaseInformation": {"DatabaseName": "dev", "ClusterIdentifier": "shop"},
            "SelectSqlQuery": query,
            "DatabaseCredentials": {"Username": "ml", "Password": PASSWORD},
            "S3StagingLocation": "s3://staging",
            "DataSchema": SCHEMA.render(),
        },
    )
    return client


def test_an_interrupted_job_leaves_nothing_and_runs_again(
    hold: Callable[..., Engine], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file appears whole or not at all; who opens the folder next starts anew, told of the database or not."""
    engine = hold()
    ask(engine)
    stopped: list[str] = []
    progress = Task.progress

    def stop(task: Task, fraction: float, words: str = "") -> None:
        if "rows" in words:
            stopped.append(words)
            engine._jobs.stop()
        progress(task, fraction, words)

    with monkeypatch.context() as patch:
        patch.setattr(Task, "progress", stop)
        engine.run_until_idle()
    assert ["400 rows of the query"] == stopped
    assert [] == list((tmp_path / "home/s3/staging").iterdir())
    engine.close()

    again = hold()
    again.run_until_idle()
    assert "COMPLETED" == again.boto3_client().get_data_source(DataSourceId="ds-1")["Status"]
    assert len(ROWS) == len((tmp_path / "home/s3/staging/ds-1.csv").read_text().splitlines())


KILLED = """
import os, signal, sys
from amlwrap.local import open_engine
from amlwrap.local.task import Task

def die(task, fraction, words=""):
    if "rows" in words:
        os.kill(os.getpid(), signal.SIGKILL)

Task.progress = die
open_engine(sys.argv[1], workers=0, databases={"shop": sys.argv[2]}).run_until_idle()
"""


def test_a_killed_process_leaves_no_half_made_file(hold: Callable[..., Engine], shop: Path, tmp_path: Path) -> None:
    """What it had written is not seen, and is swept away by who opens the folder next and asks again."""
    first = hold()
    ask(first)
    first.close()
    home, staging = tmp_path / "home", tmp_path / "home/s3/staging"

    done = subprocess.run([sys.executable, "-c", KILLED, str(home), f"sqlite:///{shop}"], check=False)

    assert -signal.SIGKILL == done.returncode
    assert [".part"] == [path.suffix for path in staging.iterdir()]
    assert [] == first.store.list("s3://staging/")
    again = hold()
    assert 1 == again.run_until_idle()
    assert "COMPLETED" == again.boto3_client().get_data_source(DataSourceId="ds-1")["Status"]
    assert [staging / "ds-1.csv"] == list(staging.iterdir())


def test_an_engine_without_threads_has_the_password_in_time(shop: Path, tmp_path: Path) -> None:
    """Inline, the job is done before the create returns; then nobody has the password any more."""
    (tmp_path / "home/s3/staging").mkdir(parents=True)
    with open_engine(tmp_path / "home", inline=True, databases={"shop": f"sqlite:///{shop}"}) as engine:
        client = ask(engine)

        assert "COMPLETED" == client.get_data_source(DataSourceId="ds-1")["Status"]
        assert {} == engine._jobs._databases._passwords


def test_what_is_deleted_needs_no_password(hold: Callable[..., Engine]) -> None:
    """Its job will never run."""
    engine = hold()
    client = ask(engine)
    assert {"ds-1": PASSWORD} == engine._jobs._databases._passwords

    client.delete_data_source(DataSourceId="ds-1")

    assert {} == engine._jobs._databases._passwords


def test_whoever_runs_the_job_has_to_know_the_database(hold: Callable[..., Engine]) -> None:
    """The folder does not say which it is: a URL may hold a password."""
    first = hold()
    ask(first)
    first.close()

    second = hold(told=False)
    second.run_until_idle()

    reply = second.boto3_client().get_data_source(DataSourceId="ds-1")
    assert ("FAILED", True) == (reply["Status"], "told of none" in reply["Message"])


def test_rows_are_streamed(hold: Callable[..., Engine], tmp_path: Path) -> None:
    """A hundred times the rows need no more memory, only a longer file."""

    def peak(id: str, n: int) -> int:
        endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT {}) SELECT i, 'w', i % 2 FROM n"
        engine = hold()
        task = ask(engine, id, endless.format(n))
        seen: list[int] = []
        tracemalloc.start()
        progress = Task.progress

        def note(self: Task, fraction: float, words: str = "") -> None:
            if "rows" in words:
                seen.append(tracemalloc.get_traced_memory()[1])
            progress(self, fraction, words)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Task, "progress", note)
            engine.run_until_idle()
        tracemalloc.stop()
        assert "COMPLETED" == task.get_data_source(DataSourceId=id)["Status"]
        engine.close()
        return seen[-1]

    peak("ds-warm", 2_000)
    few, many = peak("ds-few", 2_000), peak("ds-many", 60_000)
    assert many < 2 * few
    assert 60_000 == len((tmp_path / "home/s3/staging/ds-many.csv").read_text().splitlines())


def test_the_setting_may_come_from_the_environment(shop: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Names are shown, URLs never."""
    monkeypatch.setenv("AMLWRAP_DATABASES", f"shop=sqlite:///{shop}\nstock=postgresql://ml:hunter2hunter2@db/x")
    with amlwrap.connect("local:", progress=False) as aml:
        data = create(aml, "SELECT age, note, y FROM customers").wait()
        assert "COMPLETED" == data.status
        told = aml.describe()["databases"]
        assert ("shop, stock", "environment variable AMLWRAP_DATABASES") == (told.value, told.source)
        assert "hunter2" not in str(aml.describe()) + repr(aml)

    monkeypatch.setenv("AMLWRAP_DATABASES", "hunter2hunter2")
    with pytest.raises(ConfigError, match="NAME=URL") as raised:
        amlwrap.connect("local:")
    assert "hunter2" not in str(raised.value)
    monkeypatch.delenv("AMLWRAP_DATABASES")
    with amlwrap.connect("local:", databases={}) as aml:
        assert (None, "argument") == (aml.describe()["databases"].value, aml.describe()["databases"].source)


@pytest.mark.parametrize("target", [None, "http://127.0.0.1:9", object()])
def test_only_the_engine_is_told_of_databases(target: Any) -> None:
    """AWS knows its own."""
    with pytest.raises(ConfigError, match=r"databases: expected the embedded engine.*found shop") as raised:
        amlwrap.connect(target, region="us-east-1", databases={"shop": "postgresql://ml:hunter2hunter2@db/x"})
    assert "hunter2" not in str(raised.value)


def test_a_boto3_client_may_be_told_too(shop: Path) -> None:
    """For code that is written against boto3."""
    client = amlwrap.boto3_client("local:", databases={"shop": f"sqlite:///{shop}"})

    ask(client.amlwrap_engine)

    assert client.amlwrap_engine.wait_until_idle(60)
    assert "COMPLETED" == client.get_data_source(DataSourceId="ds-1")["Status"]
    client.amlwrap_engine.close()


VALUES = (
    st.none()
    | st.text(st.characters(codec="utf-8", exclude_characters="\0"))
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.decimals()
    | st.datetimes()
    | st.dates()
    | st.times()
    | st.timedeltas()
    | st.uuids()
)


@given(VALUES)
def test_every_value_is_one_field_on_one_line(value: Any) -> None:
    """What is written comes back as it was, but for line breaks."""
    line = io.StringIO(newline="")
    csv.writer(line, lineterminator="\n").writerow([as_field(value), "end"])

    assert 1 == line.getvalue().count("\n")
    assert "\r" not in line.getvalue()
    assert [[as_field(value), "end"]] == list(csv.reader([line.getvalue()]))


@given(st.floats(allow_nan=False))
def test_floats_are_written_exactly(value: float) -> None:
    """No digit is lost."""
    assert value == float(as_field(value))


@given(st.decimals(allow_nan=False))
def test_decimals_are_written_exactly(value: Decimal) -> None:
    """Nor of these."""
    assert value == Decimal(as_field(value))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, ""),
        (True, "1"),
        (False, "0"),
        (float("nan"), ""),
        (Decimal("NaN"), ""),
        (Decimal("1.50"), "1.50"),
        (1e300, "1e+300"),
        ("a\nb\r\nc\rd", "a b c d"),
        (dt.datetime(2026, 1, 2, 3, 4, 5, 6000, tzinfo=dt.UTC), "2026-01-02 03:04:05.006000+00:00"),
        (dt.date(2026, 1, 2), "2026-01-02"),
        (dt.time(3, 4), "03:04:00"),
        (dt.timedelta(days=2, seconds=1, microseconds=5), "48:00:01.000005"),
        (dt.timedelta(seconds=-1), "-00:00:01"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
    ],
)
def test_values_are_spelled_as_the_service_reads_them(value: Any, expected: str) -> None:
    """Each kind of value that databases give."""
    assert expected == as_field(value)


@pytest.mark.parametrize("value", [b"x", [1], {"a": 1}, object()])
def test_what_is_no_text_is_refused(value: Any) -> None:
    """Bytes, arrays and documents have no one spelling."""
    with pytest.raises(Unwritable, match=type(value).__name__):
        as_field(value)
