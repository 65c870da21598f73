"""Entities: recorded once under an id, moved from status to status, renamed, deleted."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import attrs

from amlwrap.exceptions import AmlwrapError
from amlwrap.local.kinds import OWNER, Kind, Status

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence

    from amlwrap.local.state.database import Database

__all__ = [
    "COLUMNS",
    "Entities",
    "Entity",
    "Link",
    "NewEntity",
    "ParentUnusable",
    "dumps",
    "enqueue",
    "entity_of",
    "insert",
]


@attrs.define(eq=False)
class ParentUnusable(AmlwrapError):
    """An entity to build on is not there, is deleted or has failed."""

    kind: Kind
    id: str
    status: Status | None
    """None when there is no such entity."""
    message: str = ""
    """Why it failed."""

    def __str__(self) -> str:
        state = "does not exist" if self.status is None else f"is {self.status}"
        reason = f": {self.message.rstrip('.')}" if self.status == Status.FAILED and self.message else ""
        return f"{self.kind.service_name} {self.id!r} {state}{reason}"


_WAITS_FOR = """
    SELECT parent.kind, parent.id FROM parents JOIN entities AS parent ON parent.seq = parents.parent
    WHERE parents.child = ? AND required AND parent.status IN ('PENDING', 'INPROGRESS')
    ORDER BY parent.seq LIMIT 1
"""


@attrs.frozen
class Link:
    """
    A parent by its role.

    Attributes:
        required: The job waits for the parent, and fails when it does; else the parent is only looked at.
    """

    role: str
    kind: Kind
    id: str
    required: bool = True


@attrs.frozen(kw_only=True)
class NewEntity:
    """
    What a create records.

    Attributes:
        digest: Tells whether a second create with this id says the same.
        members: What every reply about it says, from the first to the last.
        request: The request with schema and recipe as text, for the stages.
        settings: What an update may change later.
        details: Members of a reply that only a verbose Get shows.
        data_uri, datasource_id, model_id, model_type, endpoint: What listings filter by; empty where there is none.
        owner: The user who made it, as an ARN.
    """

    kind: Kind
    id: str
    name: str
    digest: str
    members: Mapping[str, Any]
    request: Mapping[str, Any]
    settings: Mapping[str, Any] = attrs.field(factory=dict[str, Any])
    details: Mapping[str, Any] = attrs.field(factory=dict[str, Any])
    data_uri: str = ""
    datasource_id: str = ""
    model_id: str = ""
    model_type: str = ""
    endpoint: str = ""
    owner: str = OWNER
    links: tuple[Link, ...] = ()


@attrs.frozen(kw_only=True)
class Entity:
    """An entity as it stood when it was read; see `NewEntity` for the members they share."""

    seq: int
    kind: Kind
    id: str
    name: str
    status: Status
    message: str | None
    created_ms: int
    updated_ms: int
    started_ms: int | None
    finished_ms: int | None
    compute_ms: int | None
    data_uri: str
    datasource_id: str
    model_id: str
    model_type: str
    endpoint: str
    endpoint_ms: int | None
    """When the endpoint was made; None without one."""
    owner: str
    digest: str
    members: Mapping[str, Any]
    settings: Mapping[str, Any]
    summary: Mapping[str, Any]
    """What the job returned, without its long parts."""
    record_only: bool
    """There is nothing behind it that could be built on; *message* says why."""


class Entities:
    """The table of entities."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, kind: Kind, id: str) -> Entity | None:
        """The entity, whatever its status, or None."""
        with self._database.read() as connection:
            row = connection.execute(f"SELECT {COLUMNS} FROM entities WHERE kind = ? AND id = ?", (kind, id)).fetchone()
        return None if row is None else entity_of(row)

    def documents(self, seq: int) -> tuple[dict[str, Any], dict[str, Any]]:
        """Request and details of the entity numbered *seq*."""
        with self._database.read() as connection:
            row = connection.execute("SELECT request, details FROM documents WHERE seq = ?", (seq,)).fetchone()
        return json.loads(row["request"]), json.loads(row["details"])

    def waits_for(self, seq: int) -> tuple[Kind, str] | None:
        """The first parent that the entity numbered *seq* cannot do without and that is not done; None without one."""
        with self._database.read() as connection:
            row = connection.execute(_WAITS_FOR, (seq,)).fetchone()
        return None if row is None else (Kind(row["kind"]), row["id"])

    def create(self, new: NewEntity, now: int, most_tags: int | None = None) -> Entity | None:
        """
        Record *new* as PENDING with a job to run, with the tags of what it is made from.

        Where these disagree on a tag, the first of `NewEntity.links` is right. All is on the disk when this returns.

        Args:
            most_tags: That it may carry; what is more is left out.

        Returns:
            The entity that has the id already, or None when *new* was recorded.

        Raises:
            ParentUnusable: A parent it requires is missing, deleted or failed.
        """
        with self._database.write() as connection:
            row = connection.execute(
                f"SELECT {COLUMNS} FROM entities WHERE kind = ? AND id = ?", (new.kind, new.id)
            ).fetchone()
            if row is not None:
                return entity_of(row)
            parents = [(link, _parent_seq(connection, link)) for link in new.links]
            seq = insert(connection, new, {"status": Status.PENDING, "created_ms": now, "updated_ms": now}, parents)
            _inherit_tags(connection, seq, [parent for link, parent in parents if link.required], most_tags)
            enqueue(connection, seq)
        return None

    def update(self, entity: Entity, *, name: str | None, settings: Mapping[str, Any] | None, now: int) -> bool:
        """Change name or settings, unless somebody was faster to delete it; False then."""
        with self._database.write() as connection:
            changed = connection.execute(
                "UPDATE entities SET name = coalesce(?, name), settings = coalesce(?, settings), updated_ms = ? "
                "WHERE seq = ? AND status <> 'DELETED'",
                (name, None if settings is None else dumps(settings), now, entity.seq),
            )
        return changed.rowcount == 1

    def delete(self, entity: Entity, now: int) -> bool:
        """
        Mark as deleted, for good; its job leaves the queue and its tags go.

        Returns:
            False, and nothing is done, when it has an endpoint.
        """
        with self._database.write() as connection:
            mounted = connection.execute(
                "SELECT 1 FROM entities WHERE seq = ? AND endpoint NOT IN ('', 'NONE')", (entity.seq,)
            ).fetchone()
            if mounted is not None:
                return False
            connection.execute(
                "UPDATE entities SET status = 'DELETED', updated_ms = ? WHERE seq = ? AND status <> 'DELETED'",
                (now, entity.seq),
            )
            connection.execute("DELETE FROM jobs WHERE seq = ?", (entity.seq,))
            connection.execute("DELETE FROM tags WHERE entity = ?", (entity.seq,))
        return True


_FIELDS = tuple(field.name for field in attrs.fields(Entity))
COLUMNS = ", ".join(_FIELDS)
_READERS: dict[str, Callable[[str], Any]] = {
    "kind": Kind,
    "status": Status,
    "members": json.loads,
    "settings": json.loads,
    "summary": json.loads,
    "record_only": bool,
}


def dumps(document: Mapping[str, Any]) -> str:
    """*document* as the state file keeps it."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def entity_of(row: sqlite3.Row) -> Entity:
    """The entity in a row that holds `COLUMNS`."""
    values: dict[str, Any] = dict(zip(_FIELDS, row, strict=True))
    for name, read in _READERS.items():
        values[name] = read(values[name])
    return Entity(**values)


def _parent_seq(connection: sqlite3.Connection, link: Link) -> int:
    row = connection.execute(
        "SELECT seq, status, message FROM entities WHERE kind = ? AND id = ?", (link.kind, link.id)
    ).fetchone()
    if row is None:
        raise ParentUnusable(link.kind, link.id, None)
    if link.required and row["status"] in (Status.FAILED, Status.DELETED):
        raise ParentUnusable(link.kind, link.id, Status(row["status"]), row["message"] or "")
    seq: int = row["seq"]
    return seq


def insert(
    connection: sqlite3.Connection, new: NewEntity, columns: Mapping[str, Any], parents: Sequence[tuple[Link, int]]
) -> int:
    """Record *new* with further *columns* and its *parents*, each with its row's number; returns its own."""
    values = {
        "kind": new.kind,
        "id": new.id,
        "name": new.name,
        "data_uri": new.data_uri,
        "datasource_id": new.datasource_id,
        "model_id": new.model_id,
        "model_type": new.model_type,
        "endpoint": new.endpoint,
        "owner": new.owner,
        "digest": new.digest,
        "members": dumps(new.members),
        "settings": dumps(new.settings),
        **columns,
    }
    names, marks = ", ".join(values), ", ".join("?" * len(values))
    cursor = connection.execute(f"INSERT INTO entities ({names}) VALUES ({marks})", tuple(values.values()))
    seq = cursor.lastrowid or 0
    connection.execute("INSERT INTO documents VALUES (?, ?, ?)", (seq, dumps(new.request), dumps(new.details)))
    connection.executemany(
        "INSERT INTO parents VALUES (?, ?, ?, ?)", [(seq, link.role, parent, link.required) for link, parent in parents]
    )
    return seq


def _inherit_tags(connection: sqlite3.Connection, seq: int, parents: Sequence[int], most: int | None) -> None:
    tags: dict[str, str | None] = {}
    for parent in parents:
        rows = connection.execute("SELECT key, value FROM tags WHERE entity = ? ORDER BY key", (parent,))
        for row in rows:
            tags.setdefault(row["key"], row["value"])
    kept = itertools.islice(tags.items(), most)
    connection.executemany("INSERT INTO tags VALUES (?, ?, ?)", [(seq, key, value) for key, value in kept])


def enqueue(connection: sqlite3.Connection, seq: int) -> None:
    """Put the job of the entity numbered *seq* in the queue."""
    connection.execute("INSERT INTO jobs (seq, state) VALUES (?, 'QUEUED')", (seq,))
