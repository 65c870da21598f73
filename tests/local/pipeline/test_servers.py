"""Datasources out of PostgreSQL and MariaDB, which are really asked, on machines that have them."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import amlwrap
from amlwrap import Client, Datasource, RDSQuery, Schema
from amlwrap.exceptions import JobFailedError
from amlwrap.local import open_engine
from amlwrap.local.task import Task
from tests.local.pipeline import servers
from tests.local.pipeline.servers import PASSWORD, USER, Server

pytest.importorskip("sqlalchemy")
SCHEMA = Schema({"n": "NUMERIC", "note": "TEXT", "y": "BINARY"}, target="y", header=False)
TYPES = {
    "postgresql": """CREATE TABLE kinds (i BIGINT, d NUMERIC(20, 6), f DOUBLE PRECISION, b BOOLEAN, t TEXT, day DATE,
        moment TIMESTAMP, zoned TIMESTAMPTZ, clock TIME, span INTERVAL, id UUID, c CHAR(3))""",
    "mysql": """CREATE TABLE kinds (i BIGINT, d NUMERIC(20, 6), f DOUBLE, b BOOLEAN, t TEXT, day DATE,
        moment DATETIME(6), zoned DATETIME, clock TIME, span TIME, id CHAR(36), c CHAR(3)) CHARACTER SET utf8mb4""",
}
VALUES = {
    "postgresql": """INSERT INTO kinds VALUES (9007199254740993, 12345678901234.500000, 0.1, true,
        E'say "é, 🙂"\\r\\nand', '2026-11-24', '2026-11-24 08:30:00.25', '2026-11-24 08:30:00+00', '08:30',
        '26 hours 30 seconds', '00000000-0000-0000-0000-000000000001', 'ab')""",
    "mysql": """INSERT INTO kinds VALUES (9007199254740993, 12345678901234.500000, 0.1, true, 'say "é, 🙂"\\r\\nand',
        '2026-11-24', '2026-11-24 08:30:00.25', '2026-11-24 08:30:00', '08:30', '26:00:30',
        '00000000-0000-0000-0000-000000000001', 'ab')""",
}
EXPECTED = {
    "postgresql": '9007199254740993,12345678901234.500000,0.1,1,"say ""é, 🙂"" and",2026-11-24,'
    "2026-11-24 08:30:00.250000,2026-11-24 08:30:00+00:00,08:30:00,26:00:30,00000000-0000-0000-0000-000000000001,ab ",
    "mysql": '9007199254740993,12345678901234.500000,0.1,1,"say ""é, 🙂"" and",2026-11-24,'
    "2026-11-24 08:30:00.250000,2026-11-24 08:30:00,08:30:00,26:00:30,00000000-0000-0000-0000-000000000001,ab",
}
COUNTING = {
    "postgresql": "SELECT n, 'w', n % 2 FROM generate_series(1, {}) AS s(n)",
    "mysql": "SELECT seq, 'w', seq % 2 FROM seq_1_to_{}",
}
SLEEPING = {
    "postgresql": (
        "SELECT 1, pg_sleep(3600)::text, 1",
        "SELECT count(*), 'w', 1 FROM pg_stat_activity WHERE query LIKE '%pg_sleep(3600)%' AND pid <> pg_backend_pid()",
    ),
    "mysql": (
        "SELECT SLEEP(3600), 'w', 1",
        "SELECT count(*), 'w', 1 FROM information_schema.processlist WHERE state = 'User sleep'",
    ),
}
WRITING = {
    "postgresql": [
        "SELECT nextval('numbers'), 'w', 1",
        "WITH x AS (INSERT INTO things VALUES (9) RETURNING n) SELECT n, 'w', 1 FROM x",
    ],
    "mysql": ["INSERT INTO things VALUES (9) RETURNING n, 'w', 1", "DELETE FROM things"],
}


@pytest.fixture(scope="module", params=["postgresql", "mariadb"])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """One server of each make, with things in it."""
    start: Callable[[], Any] = getattr(servers, request.param)
    with start() as running:
        running.run(TYPES[running.name], VALUES[running.name], "INSERT INTO kinds (t) VALUES (NULL)")
        running.run("CREATE TABLE things (n INTEGER)", "INSERT INTO things VALUES (1)")
        if running.name == "postgresql":
            running.run("CREATE SEQUENCE numbers")
        yield running


@pytest.fixture
def aml(server: Server, tmp_path: Path) -> Iterator[Client]:
    """A client on an engine that was told where the server is, and neither as whom to ask nor what."""
    with amlwrap.connect(f"local:{tmp_path}/home", progress=False, databases={"shop": server.url}) as client:
        yield client


def create(aml: Client, query: str, schema: Schema = SCHEMA, **changes: Any) -> Datasource:
    """A datasource of the rows *query* gives."""
    asked = RDSQuery(
        instance="shop",
        database="orders",
        query=query,
        user=USER,
        password=PASSWORD,
        resource_role="resource",
        service_role="service",
        subnet="subnet-1",
        security_groups=["sg-1"],
    )
    return aml.datasources.create_from_rds(asked.replace(**changes), role="arn:role", schema=schema)


def text_of(aml: Client, data: Datasource) -> str:
    """The bytes that *data* was made of."""
    with aml._world.store().open(data.uri) as file:
        return file.read().decode()


def test_every_type_is_written_exactly(aml: Client, server: Server) -> None:
    """No digit lost, no line broken, nothing where nothing is."""
    names = ["i", "d", "f", "b", "t", "day", "moment", "zoned", "clock", "span", "id", "c"]
    schema = Schema(dict.fromkeys(names, "TEXT"))

    data = create(aml, "SELECT * FROM kinds ORDER BY i IS NULL", schema).wait()

    assert [",".join(names), EXPECTED[server.name], ",,,,,,,,,,,"] == text_of(aml, data).splitlines()


def test_a_percent_sign_is_no_placeholder(aml: Client) -> None:
    """Queries are taken as they stand, a semicolon at their end too."""
    data = create(aml, "SELECT i, t, b FROM kinds WHERE t LIKE '%say%' AND i % 2 = 1;").wait()

    assert 1 == len(text_of(aml, data).splitlines())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"password": "hunter2hunter2"}, "(?i)password authentication failed|access denied"),
        ({"database": "nowhere"}, "(?i)does not exist|access denied|unknown database"),
        ({"query": "SELECT nothing FROM kinds"}, '(?i)column "?.?nothing'),
        ({"query": "SELEC"}, "(?i)syntax"),
        ({"query": "SELECT i FROM kinds"}, "expected 3 columns"),
        ({"query": "SELECT i, t, b FROM kinds WHERE i < 0"}, "expected at least one row"),
        ({"query": "SELECT 1; SELECT 2"}, "(?i)multiple|syntax"),
    ],
)
def test_what_is_wrong_is_said_without_the_password(
    aml: Client, tmp_path: Path, changes: dict[str, Any], words: str
) -> None:
    """In the words of the database, cleaned; no file is left, and the password is in none."""
    query = changes.get("query", "SELECT i, t, b FROM kinds")

    with pytest.raises(JobFailedError, match=words) as raised:
        create(aml, **{"query": query, **changes}).wait()

    secret = changes.get("password", PASSWORD)
    assert secret not in str(raised.value)
    kept = [path for path in (tmp_path / "home").rglob("*") if path.is_file()]
    assert [] == [path for path in kept if secret.encode() in path.read_bytes()]
    assert [] == list(aml._world.store().list("s3://staging/"))


@pytest.mark.parametrize("which", [0, 1])
def test_nothing_is_changed(aml: Client, server: Server, which: int) -> None:
    """The session cannot write, whatever the user may do."""
    with pytest.raises(JobFailedError, match=r"(?i)read.only|syntax|data-modifying"):
        create(aml, WRITING[server.name][which]).wait()

    data = create(aml, "SELECT n, 'w', 1 FROM things").wait()
    assert "1,w,1\n" == text_of(aml, data)


def test_rows_stay_on_the_server_until_they_are_wanted(
    aml: Client, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A long result takes no more memory than a short one; PostgreSQL says that it keeps a cursor."""
    if server.name == "postgresql":
        data = create(aml, "SELECT 1, statement, 1 FROM pg_cursors").wait()
        assert "DECLARE" in text_of(aml, data)
    peaks: list[int] = []
    progress = Task.progress

    def note(task: Task, fraction: float, words: str = "") -> None:
        if "rows" in words:
            peaks.append(tracemalloc.get_traced_memory()[1])
        progress(task, fraction, words)

    monkeypatch.setattr(Task, "progress", note)
    tracemalloc.start()
    data = create(aml, COUNTING[server.name].format(50_000)).wait()
    tracemalloc.stop()

    assert 50_000 == len(text_of(aml, data).splitlines())
    assert max(peaks[5:]) < 2 * max(peaks[:5])


def test_a_query_that_takes_too_long_is_stopped(server: Server, tmp_path: Path) -> None:
    """Not only waited for no longer: the server itself leaves it."""
    asleep, running = SLEEPING[server.name]
    settings: dict[str, Any] = {"databases": {"shop": server.url}, "limits": {"job_seconds": 1}}
    with (
        amlwrap.connect(f"local:{tmp_path}/limited", progress=False, **settings) as aml,
        pytest.raises(JobFailedError, match="The job ran longer than 1 seconds"),
    ):
        create(aml, asleep).wait()
    with amlwrap.connect(f"local:{tmp_path}/home", progress=False, databases={"shop": server.url}) as aml:
        counted = create(aml, running).wait()
        assert "0,w,1\n" == text_of(aml, counted)


def test_a_long_result_is_left_early(aml: Client, server: Server) -> None:
    """Nobody wants rows that do not fit, and the connection is given back in order."""
    with pytest.raises(JobFailedError, match="expected 3 columns"):
        create(aml, COUNTING[server.name].format(20_000).replace(", 'w'", "")).wait()


@pytest.mark.parametrize("own", [False, True])
def test_a_request_of_another_process_needs_a_password_in_the_url(server: Server, tmp_path: Path, own: bool) -> None:
    """The one that came with the request went with the process that took it."""
    with open_engine(tmp_path / "home", workers=0, databases={"shop": server.url}) as engine:
        (tmp_path / "home/s3/staging").mkdir()
        asked = {"Username": USER, "Password": PASSWORD}
        engine.boto3_client().create_data_source_from_redshift(
            DataSourceId="ds-1",
            RoleARN="arn:role",
            DataSpec={
                "DatabaseInformation": {"DatabaseName": "orders", "ClusterIdentifier": "shop"},
                "SelectSqlQuery": "SELECT n, 'w', 1 FROM things",
                "DatabaseCredentials": asked,
                "S3StagingLocation": "s3://staging/",
                "DataSchema": SCHEMA.render(),
            },
        )

    url = server.url.replace("://", f"://{USER}:{PASSWORD}@", 1) if own else server.url
    with open_engine(tmp_path / "home", workers=0, databases={"shop": url}) as engine:
        engine.run_until_idle()
        reply = engine.boto3_client().get_data_source(DataSourceId="ds-1")

    if own:
        assert "COMPLETED" == reply["Status"], reply["Message"]
    else:
        assert "only in the memory of the process that took it" in reply["Message"]
