"""The form of the state file, as named steps; each is taken once, in a transaction that also records it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amlwrap.exceptions import ConfigError
from amlwrap.local.kinds import OWNER

if TYPE_CHECKING:
    import sqlite3

__all__ = ["MIGRATIONS", "migrate"]

_ENTITIES = """
CREATE TABLE entities (
    seq            INTEGER PRIMARY KEY AUTOINCREMENT,
    kind           TEXT NOT NULL CHECK (kind IN ('datasource', 'model', 'evaluation', 'batch_prediction')),
    id             TEXT NOT NULL,
    name           TEXT NOT NULL,
    status         TEXT NOT NULL CHECK (status IN ('PENDING', 'INPROGRESS', 'COMPLETED', 'FAILED', 'DELETED')),
    message        TEXT,
    created_ms     INTEGER NOT NULL,
    updated_ms     INTEGER NOT NULL,
    started_ms     INTEGER,
    finished_ms    INTEGER,
    compute_ms     INTEGER,
    data_uri       TEXT NOT NULL,
    datasource_id  TEXT NOT NULL,
    model_id       TEXT NOT NULL,
    model_type     TEXT NOT NULL,
    endpoint       TEXT NOT NULL,
    digest         TEXT NOT NULL,
    members        TEXT NOT NULL,
    settings       TEXT NOT NULL DEFAULT '{}',
    summary        TEXT NOT NULL DEFAULT '{}',
    UNIQUE (kind, id)
)
"""

# The long texts stay out of the rows that listings walk over.
_DOCUMENTS = """
CREATE TABLE documents (
    seq      INTEGER PRIMARY KEY REFERENCES entities (seq) ON DELETE CASCADE,
    request  TEXT NOT NULL,
    details  TEXT NOT NULL
)
"""

_PARENTS = """
CREATE TABLE parents (
    child     INTEGER NOT NULL REFERENCES entities (seq) ON DELETE CASCADE,
    role      TEXT NOT NULL,
    parent    INTEGER NOT NULL REFERENCES entities (seq),
    required  INTEGER NOT NULL,
    PRIMARY KEY (child, role)
) WITHOUT ROWID
"""

_JOBS = """
CREATE TABLE jobs (
    seq            INTEGER PRIMARY KEY REFERENCES entities (seq) ON DELETE CASCADE,
    state          TEXT NOT NULL CHECK (state IN ('QUEUED', 'RUNNING')),
    attempts       INTEGER NOT NULL DEFAULT 0,
    interruptions  INTEGER NOT NULL DEFAULT 0,
    owner          TEXT,
    lease_ms       INTEGER,
    progress       REAL,
    words          TEXT
)
"""

_TAGS = """
CREATE TABLE tags (
    entity  INTEGER NOT NULL REFERENCES entities (seq) ON DELETE CASCADE,
    key     TEXT NOT NULL,
    value   TEXT,
    PRIMARY KEY (entity, key)
) WITHOUT ROWID
"""

_LEGAL_MOVES = """
CREATE TRIGGER legal_moves BEFORE UPDATE OF status ON entities
WHEN NEW.status <> OLD.status AND NOT (
    NEW.status = 'DELETED'
    OR (OLD.status = 'PENDING' AND NEW.status IN ('INPROGRESS', 'FAILED'))
    OR (OLD.status = 'INPROGRESS' AND NEW.status IN ('COMPLETED', 'FAILED'))
)
BEGIN
    SELECT RAISE(ABORT, 'illegal move of status');
END
"""

_SORTABLE = ("created_ms", "updated_ms", "name", "status", "data_uri", "datasource_id", "model_id", "model_type")

MIGRATIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "0001 entities, jobs and tags",
        (
            _ENTITIES,
            _DOCUMENTS,
            _PARENTS,
            "CREATE INDEX children ON parents (parent)",
            _JOBS,
            _TAGS,
            _LEGAL_MOVES,
            "CREATE INDEX by_kind ON entities (kind) WHERE status <> 'DELETED'",
            *(f"CREATE INDEX by_{name} ON entities (kind, {name}) WHERE status <> 'DELETED'" for name in _SORTABLE),
        ),
    ),
    (
        "0002 realtime endpoints",
        (
            "ALTER TABLE entities ADD COLUMN endpoint_ms INTEGER",
            "CREATE INDEX by_endpoint ON entities (kind, endpoint) WHERE status <> 'DELETED'",
        ),
    ),
    (
        "0003 records without artefacts",
        ("ALTER TABLE entities ADD COLUMN record_only INTEGER NOT NULL DEFAULT 0",),
    ),
    (
        "0004 who created it",
        (
            f"ALTER TABLE entities ADD COLUMN owner TEXT NOT NULL DEFAULT '{OWNER}'",
            "UPDATE entities SET owner = coalesce(json_extract(members, '$.CreatedByIamUser'), owner)",
            "CREATE INDEX by_owner ON entities (kind, owner) WHERE status <> 'DELETED'",
        ),
    ),
)


def migrate(connection: sqlite3.Connection, now: int) -> None:
    """
    Take the steps that the file behind *connection* has not taken; *now* is recorded with them.

    Raises:
        ConfigError: The file has taken steps this release does not know.
    """
    connection.execute("CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY, applied_ms INTEGER NOT NULL)")
    known = [name for name, _ in MIGRATIONS]
    taken = _taken(connection)
    if unknown := sorted(taken - set(known)):
        found = f"one of a newer release ({unknown[0]})"
        raise ConfigError("state file of the embedded engine", found, f"at most {known[-1]!r}", "Upgrade amlwrap.")
    for name, statements in MIGRATIONS:
        if name not in taken:
            _step(connection, name, statements, now)


def _taken(connection: sqlite3.Connection) -> set[str]:
    return {row[0] for row in connection.execute("SELECT name FROM migrations")}


def _step(connection: sqlite3.Connection, name: str, statements: tuple[str, ...], now: int) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        if name not in _taken(connection):
            for statement in statements:
                connection.execute(statement)
            connection.execute("INSERT INTO migrations VALUES (?, ?)", (name, now))
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
