from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amlwrap.exceptions import ConfigError
from amlwrap.local.kinds import OWNER, Kind, Status
from amlwrap.local.state import (
    Condition,
    Database,
    Entities,
    Link,
    NewEntity,
    ParentUnusable,
    Query,
    Queue,
    Tags,
    read_page,
)
from amlwrap.local.state.migrations import MIGRATIONS

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path


@pytest.fixture
def database(tmp_path: Path) -> Generator[Database]:
    """A new state file."""
    database = Database(tmp_path / "state.sqlite")
    yield database
    database.close()


@pytest.fixture
def entities(database: Database) -> Entities:
    """Its entities."""
    return Entities(database)


def new(id: str = "ds-1", kind: Kind = Kind.DATASOURCE, **members: Any) -> NewEntity:
    """An entity to record, plain but for *members*."""
    plain = NewEntity(kind=kind, id=id, name="", digest="d", members={}, request={})
    return attrs.evolve(plain, **members)


def queue(database: Database, owner: str = "me", now: int = 0, **settings: int) -> Queue:
    """The queue as the engine *owner* sees it, at the time *now*."""
    return Queue(database, owner=owner, now=lambda: 7, lease_now=lambda: now, **settings)


def status(entities: Entities, kind: Kind, id: str) -> Status:
    """The status of an entity that is there."""
    entity = entities.get(kind, id)
    assert entity is not None
    return entity.status


def test_an_entity_comes_back_as_it_was_recorded(entities: Entities) -> None:
    """What a create records is what a get reads, documents apart."""
    entities.create(new(name="Zoë", members={"a": 1}, request={"b": "ü"}, details={"c": None}), now=5)

    entity = entities.get(Kind.DATASOURCE, "ds-1")

    assert entity is not None
    assert ("Zoë", Status.PENDING, 5, 5, {"a": 1}) == (
        entity.name,
        entity.status,
        entity.created_ms,
        entity.updated_ms,
        entity.members,
    )
    assert ({"b": "ü"}, {"c": None}) == entities.documents(entity.seq)


def test_an_id_is_recorded_once_per_kind(entities: Entities) -> None:
    """The second create with an id gets the first one's entity; another kind may share the id."""
    assert entities.create(new(digest="first"), now=1) is None

    existing = entities.create(new(digest="second"), now=2)

    assert existing is not None
    assert existing.digest == "first"
    assert entities.create(new(kind=Kind.EVALUATION), now=3) is None


@pytest.mark.parametrize("gone", [None, Status.DELETED])
def test_a_child_needs_its_parent(entities: Entities, gone: Status | None) -> None:
    """A required parent that is missing or deleted refuses the child, and nothing of it is recorded."""
    if gone:
        entities.create(new(), now=1)
        parent = entities.get(Kind.DATASOURCE, "ds-1")
        assert parent is not None
        entities.delete(parent, now=2)

    with pytest.raises(ParentUnusable, match=f"is {gone}" if gone else "does not exist") as caught:
        entities.create(new("ml-1", Kind.MODEL, links=(Link("datasource", Kind.DATASOURCE, "ds-1"),)), now=3)

    assert gone == caught.value.status
    assert entities.get(Kind.MODEL, "ml-1") is None


@pytest.mark.parametrize(
    "path",
    [["COMPLETED"], ["FAILED", "PENDING"], ["INPROGRESS", "PENDING"], ["DELETED", "PENDING"], ["DELETED", "FAILED"]],
)
def test_illegal_moves_are_refused_by_the_file_itself(database: Database, entities: Entities, path: list[str]) -> None:
    """No statement, of any release, can lead an entity back or past a stage of its life."""
    entities.create(new(), now=1)

    *first, last = path
    for step in first:
        with database.write() as connection:
            connection.execute("UPDATE entities SET status = ?", (step,))

    with pytest.raises(sqlite3.IntegrityError, match="illegal move"), database.write() as connection:
        connection.execute("UPDATE entities SET status = ?", (last,))


def test_a_failed_transaction_leaves_nothing(database: Database, entities: Entities) -> None:
    """A block that raises is undone."""

    def broken() -> None:
        with database.write() as connection:
            connection.execute("INSERT INTO migrations VALUES ('x', 1)")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        broken()

    with database.read() as connection:
        assert [(name,) for name, _ in MIGRATIONS] == [
            tuple(row) for row in connection.execute("SELECT name FROM migrations")
        ]


def test_a_file_of_an_older_release_takes_the_steps_it_lacks(tmp_path: Path) -> None:
    """Models of a time without realtime endpoints are there, and have none."""
    path = tmp_path / "state.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE migrations (name TEXT PRIMARY KEY, applied_ms INTEGER NOT NULL)")
    name, statements = MIGRATIONS[0]
    for statement in statements:
        connection.execute(statement)
    connection.execute("INSERT INTO migrations VALUES (?, 1)", (name,))
    values = ("model", "ml-1", "", "PENDING", 1, 1, "", "", "", "BINARY", "NONE", "", "{}")
    columns = "kind, id, name, status, created_ms, updated_ms, data_uri, datasource_id, model_id, model_type"
    marks = ", ".join("?" * len(values))
    connection.execute(f"INSERT INTO entities ({columns}, endpoint, digest, members) VALUES ({marks})", values)
    connection.commit()
    connection.close()

    database = Database(path)
    found = Entities(database).get(Kind.MODEL, "ml-1")
    database.close()

    assert found is not None
    assert (found.endpoint, found.endpoint_ms) == ("NONE", None)


@pytest.mark.parametrize("n_taken", range(1, len(MIGRATIONS) + 1), ids=[name for name, _ in MIGRATIONS])
def test_every_earlier_form_keeps_all_it_holds(tmp_path: Path, n_taken: int) -> None:
    """Entities, documents, lineage, jobs and tags of a file that any earlier step left are there, and its jobs run."""
    path = tmp_path / "state.sqlite"
    old_file(path, n_taken)

    database = Database(path)
    entities, queue = Entities(database), Queue(database, owner="me", now=lambda: 9, lease_now=lambda: 9)
    model = entities.get(Kind.MODEL, "ml-1")
    assert model is not None
    assert ("PENDING", "a name", {"MLModelId": "ml-1"}) == (model.status, model.name, model.members)
    assert ({"asked": 1}, {"told": 2}) == entities.documents(model.seq)
    assert {"key": "value"} == Tags(database).of(model.seq)
    claim = queue.claim()
    assert claim is not None
    assert ("ml-1", ["ds-1"]) == (claim.id, [parent.id for parent in claim.parents.values()])
    assert queue.complete(claim, summary={}, details={}, compute_ms=1)
    with database.read() as connection:
        taken = [row[0] for row in connection.execute("SELECT name FROM migrations ORDER BY name")]
        assert "ok" == connection.execute("PRAGMA integrity_check").fetchone()[0]
    database.close()
    assert [name for name, _ in MIGRATIONS] == taken


def test_who_created_what_was_taken_in_is_found_in_an_old_file(tmp_path: Path) -> None:
    """It stood among the members alone; everything else was made by the engine's user."""
    path = tmp_path / "state.sqlite"
    old_file(path, 3)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("""UPDATE entities SET members = '{"CreatedByIamUser": "me"}' WHERE kind = 'model'""")
        connection.commit()

    database = Database(path)
    pages = [read_page(database, Query(kind=kind, column="owner", limit=9)) for kind in (Kind.MODEL, Kind.DATASOURCE)]
    database.close()

    assert ["me", OWNER] == [page.entities[0].owner for page in pages]


def old_file(path: Path, n_taken: int) -> None:
    """A state file as the first *n_taken* steps make it, with a datasource that is done and a model that waits."""
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE migrations (name TEXT PRIMARY KEY, applied_ms INTEGER NOT NULL)")
    for name, statements in MIGRATIONS[:n_taken]:
        for statement in statements:
            connection.execute(statement)
        connection.execute("INSERT INTO migrations VALUES (?, 1)", (name,))
    columns = "kind, id, name, status, created_ms, updated_ms, data_uri, datasource_id, model_id, model_type, endpoint"
    for kind, name, status, members in (
        ("datasource", "ds-1", "COMPLETED", '{"DataSourceId": "ds-1"}'),
        ("model", "ml-1", "PENDING", '{"MLModelId": "ml-1"}'),
    ):
        values = (kind, name, "a name", status, 1, 1, "s3://b/k", "ds-1", "", "BINARY", "NONE", "digest", members)
        marks = ", ".join("?" * len(values))
        connection.execute(f"INSERT INTO entities ({columns}, digest, members) VALUES ({marks})", values)
    connection.executemany(
        "INSERT INTO documents VALUES (?, ?, ?)", [(n, '{"asked": 1}', '{"told": 2}') for n in (1, 2)]
    )
    connection.execute("INSERT INTO parents VALUES (2, 'datasource', 1, 1)")
    connection.execute("INSERT INTO jobs (seq, state) VALUES (2, 'QUEUED')")
    connection.execute("INSERT INTO tags VALUES (2, 'key', 'value')")
    connection.commit()
    connection.close()


def test_a_file_of_a_newer_release_is_refused(tmp_path: Path) -> None:
    """A state file with steps this release does not know is left alone."""
    path = tmp_path / "state.sqlite"
    first = Database(path)
    with first.write() as connection:
        connection.execute("INSERT INTO migrations VALUES ('9999 later', 1)")
    first.close()

    with pytest.raises(ConfigError, match="9999 later"):
        Database(path)


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    """A file that is no SQLite file is named, and left as it is."""
    path = tmp_path / "state.sqlite"
    path.write_bytes(b"not a database" * 100)

    with pytest.raises(ConfigError, match=r"state\.sqlite"):
        Database(path)

    assert path.read_bytes() == b"not a database" * 100


def test_a_closed_database_says_so(tmp_path: Path) -> None:
    """Using an engine after its end is an error with a remedy."""
    database = Database(tmp_path / "state.sqlite")
    database.close()

    with pytest.raises(ConfigError, match="Connect again"), database.read():
        pass


def test_jobs_are_claimed_once_and_in_order(database: Database, entities: Entities) -> None:
    """The oldest job is claimed first, and no job twice."""
    for letter in ("b", "a"):
        entities.create(new(letter), now=1)
    jobs = queue(database)

    claims = [jobs.claim(), jobs.claim(), jobs.claim()]

    assert ["b", "a", None] == [claim and claim.id for claim in claims]
    assert status(entities, Kind.DATASOURCE, "a") == Status.INPROGRESS


def chain(entities: Entities) -> None:
    """A datasource, a model on it, and an evaluation on both."""
    entities.create(new(), now=1)
    link = Link("datasource", Kind.DATASOURCE, "ds-1")
    entities.create(new("ml-1", Kind.MODEL, links=(link,), settings={"ScoreThreshold": 0.5}), now=2)
    links = (
        Link("model", Kind.MODEL, "ml-1"),
        link,
        Link("training_datasource", Kind.DATASOURCE, "ds-1", required=False),
    )
    entities.create(new("ev-1", Kind.EVALUATION, links=links), now=3)


def test_a_child_waits_for_its_parents(database: Database, entities: Entities) -> None:
    """A job is claimed only once all it builds on is COMPLETED, and then knows their results."""
    chain(entities)
    jobs = queue(database)
    for kind, result in ((Kind.DATASOURCE, {"n": 1}), (Kind.MODEL, {"n": 2})):
        claim = jobs.claim()
        assert claim is not None
        assert claim.kind == kind
        assert jobs.claim() is None
        assert jobs.complete(claim, summary=result, details={"Schema": "{}"}, compute_ms=3)

    claim = jobs.claim()

    assert claim is not None
    assert {"datasource", "model", "training_datasource"} == claim.parents.keys()
    assert ({"n": 2}, {"Schema": "{}"}, {"ScoreThreshold": 0.5}) == (
        claim.parents["model"].summary,
        claim.parents["model"].details,
        claim.parents["model"].settings,
    )


def test_failure_is_handed_down(database: Database, entities: Entities) -> None:
    """When a parent fails, its children and theirs fail too, each naming the parent and its reason."""
    chain(entities)
    jobs = queue(database)
    claim = jobs.claim()
    assert claim is not None
    jobs.fail(claim, "x" * 20_000)

    assert jobs.claim() is None

    failed = [
        entities.get(*key) for key in ((Kind.DATASOURCE, "ds-1"), (Kind.MODEL, "ml-1"), (Kind.EVALUATION, "ev-1"))
    ]
    assert [Status.FAILED] * 3 == [entity and entity.status for entity in failed]
    assert failed[0] is not None
    assert failed[1] is not None
    assert failed[2] is not None
    assert len(failed[0].message or "") == 10_240
    assert (failed[1].message or "").startswith("DataSource 'ds-1', which this was to be built on, failed: xxx")
    assert (failed[2].message or "").startswith("DataSource 'ds-1', which this was to be built on, failed: xxx")


def test_a_deleted_training_datasource_does_not_hold_its_model_back(database: Database, entities: Entities) -> None:
    """A parent that is only looked at may be gone."""
    for name, kind in (("ds-1", Kind.DATASOURCE), ("ds-2", Kind.DATASOURCE), ("ml-1", Kind.MODEL)):
        entities.create(new(name, kind), now=1)
    jobs = queue(database)
    while (claim := jobs.claim()) is not None:
        jobs.complete(claim, summary={}, details={}, compute_ms=1)
    links = (
        Link("model", Kind.MODEL, "ml-1"),
        Link("datasource", Kind.DATASOURCE, "ds-2"),
        Link("training_datasource", Kind.DATASOURCE, "ds-1", required=False),
    )
    gone = entities.get(Kind.DATASOURCE, "ds-1")
    assert gone is not None
    entities.delete(gone, now=2)
    entities.create(new("bp-1", Kind.BATCH_PREDICTION, links=links), now=3)

    claim = jobs.claim()

    assert claim is not None
    assert claim.id == "bp-1"


def test_a_result_counts_only_from_the_holder(database: Database, entities: Entities) -> None:
    """Whoever lost a job, to deletion or to another engine, records nothing."""
    entities.create(new(), now=1)
    mine, theirs = queue(database), queue(database, "they", now=100_000)
    lost = mine.claim()
    assert lost is not None
    theirs.recover(lambda _: True)
    again = theirs.claim()
    assert again is not None

    assert [lost] == mine.renew({lost: (0.5, "half")})
    assert not mine.complete(lost, summary={"by": "me"}, details={}, compute_ms=1)
    assert not mine.fail(lost, "no")
    assert not mine.release(lost)
    assert theirs.complete(again, summary={"by": "them"}, details={}, compute_ms=1)
    entity = entities.get(Kind.DATASOURCE, "ds-1")
    assert entity is not None
    assert {"by": "them"} == entity.summary


def test_a_dead_engines_job_returns_at_once(database: Database, entities: Entities) -> None:
    """A job whose engine is gone is queued again though its lease runs; a living engine's is left alone."""
    entities.create(new(), now=1)
    assert queue(database, "dead").claim() is not None
    jobs = queue(database)

    assert jobs.recover(lambda _: True) == 0
    assert jobs.recover(lambda owner: owner != "dead") == 1
    claim = jobs.claim()
    assert claim is not None
    assert claim.attempt == 2


def test_a_job_that_kills_its_process_is_given_up(database: Database, entities: Entities) -> None:
    """After so many ends of its process a job fails instead of ending the next one."""
    entities.create(new(), now=1)
    jobs = queue(database, most_interruptions=3)
    for _ in range(3):
        assert status(entities, Kind.DATASOURCE, "ds-1") != Status.FAILED
        jobs.claim()
        jobs.recover(lambda _: False)

    assert status(entities, Kind.DATASOURCE, "ds-1") == Status.FAILED
    assert jobs.claim() is None


def test_progress_is_there_for_other_processes(database: Database, entities: Entities) -> None:
    """What a renewal notes can be read from the file."""
    entities.create(new(), now=1)
    jobs = queue(database)
    claim = jobs.claim()
    assert claim is not None
    assert jobs.progress(claim.seq) is None

    assert [] == jobs.renew({claim: (0.25, "pass 1")})

    assert jobs.progress(claim.seq) == (0.25, "pass 1")


def test_deleting_takes_job_and_tags_along(database: Database, entities: Entities) -> None:
    """A deleted entity is still there to be read, and nothing is left to run."""
    entities.create(new(), now=1)
    entity = entities.get(Kind.DATASOURCE, "ds-1")
    assert entity is not None
    Tags(database).add(entity.seq, {"a": "b"}, 50)
    claim = queue(database).claim()
    assert claim is not None

    entities.delete(entity, now=9)

    assert status(entities, Kind.DATASOURCE, "ds-1") == Status.DELETED
    assert queue(database).is_deleted(claim)
    assert queue(database).claim() is None
    assert {} == Tags(database).of(entity.seq)


def test_tags_are_added_all_or_none(database: Database, entities: Entities) -> None:
    """Beyond the limit nothing is added; setting a key anew counts once."""
    entities.create(new(), now=1)
    tags = Tags(database)
    assert tags.add(1, {"a": "1", "b": None}, 2)

    assert not tags.add(1, {"b": "2", "c": "3"}, 2)
    assert tags.add(1, {"b": "2"}, 2)

    tags.delete(1, ["a", "never"])
    assert {"b": "2"} == tags.of(1)


names = st.text(alphabet="abB ü", max_size=3)


@given(st.lists(names, max_size=12), st.booleans(), st.integers(1, 5), st.sampled_from([None, "name", "created_ms"]))
def test_pages_make_up_the_whole(
    tmp_path_factory: pytest.TempPathFactory, given_names: list[str], descending: bool, limit: int, column: str | None
) -> None:
    """Pages, one after another, hold every entity once and in order, whatever their size."""
    database = Database(tmp_path_factory.mktemp("pages") / "state.sqlite", durable=False)
    entities = Entities(database)
    for n, name in enumerate(given_names):
        entities.create(new(str(n), name=name), now=n // 3)
    query = Query(kind=Kind.DATASOURCE, column=column, descending=descending, limit=limit)
    seen: list[str] = []
    while True:
        page = read_page(database, query)
        assert len(page.entities) <= limit
        seen += [entity.id for entity in page.entities]
        if page.after is None:
            break
        query = attrs.evolve(query, after=page.after)
    database.close()

    def key(n: int) -> tuple[str, int]:
        return (given_names[n] if column == "name" else "", n)

    assert [str(n) for n in sorted(range(len(given_names)), key=key, reverse=descending)] == seen


@pytest.mark.parametrize(
    ("operator", "value", "expected"),
    [
        ("EQ", "b", "b"),
        ("NE", "b", "a ba c"),
        ("GT", "b", "ba c"),
        ("GE", "b", "b ba c"),
        ("LT", "ba", "a b"),
        ("LE", "ba", "a b ba"),
        ("Prefix", "b", "b ba"),
    ],
)
def test_conditions(database: Database, entities: Entities, operator: str, value: str, expected: str) -> None:
    """Each comparator keeps what it says, in order."""
    for name in ("c", "ba", "a", "b"):
        entities.create(new(name, name=name), now=1)

    conditions = (Condition(operator, value),)
    page = read_page(database, Query(kind=Kind.DATASOURCE, column="name", conditions=conditions, limit=9))

    assert expected.split() == [entity.name for entity in page.entities]


@given(st.lists(st.text(max_size=4), max_size=8, unique=True), st.text(max_size=3))
def test_a_prefix_is_a_range(tmp_path_factory: pytest.TempPathFactory, given_names: list[str], prefix: str) -> None:
    """Exactly the texts that begin with a prefix are found, in any script."""
    database = Database(tmp_path_factory.mktemp("prefix") / "state.sqlite", durable=False)
    entities = Entities(database)
    for n, name in enumerate(given_names):
        entities.create(new(str(n), name=name), now=n)
    conditions = (Condition("Prefix", prefix),)
    page = read_page(database, Query(kind=Kind.DATASOURCE, column="name", conditions=conditions, limit=100))
    database.close()

    assert sorted(name for name in given_names if name.startswith(prefix)) == [entity.name for entity in page.entities]


@pytest.mark.parametrize("column", [None, "owner", "name", "created_ms", "data_uri"])
def test_a_page_is_read_through_an_index(database: Database, column: str | None) -> None:
    """No page sorts the table: its time does not grow with the number of entities."""
    from amlwrap.local.state.listing import _following, _select

    cursor = (0 if column == "created_ms" else "m", 3)
    query = Query(kind=Kind.DATASOURCE, column=column, limit=100, after=cursor)
    for following in _following(query):
        statement, values = _select(query, following)
        with database.read() as connection:
            plan = connection.execute(f"EXPLAIN QUERY PLAN {statement}", [*values, 100]).fetchall()

        told = " ".join(row["detail"] for row in plan)
        assert "USING INDEX by_" in told
        assert "TEMP B-TREE" not in told


def test_the_log_of_changes_stays_short(database: Database, entities: Entities, tmp_path: Path) -> None:
    """However many changes there are, so that a nearly full disk has room for the next one."""
    for number in range(100):
        entities.create(new(f"ds-{number}"), 1)
    assert (tmp_path / "state.sqlite-wal").stat().st_size < 600_000
