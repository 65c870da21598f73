"""Adoption: an entity that stood elsewhere, recorded as it was, with its tags, and with a job only if it is to run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from amlwrap.local.kinds import Status
from amlwrap.local.state.entities import COLUMNS, dumps, enqueue, entity_of, insert

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping
    from typing import Any

    from amlwrap.local.state.database import Database
    from amlwrap.local.state.entities import Entity, Link, NewEntity

__all__ = ["Adoption", "adopt"]


@attrs.frozen(kw_only=True)
class Adoption:
    """
    What is recorded.

    Attributes:
        new: As for a create; parents that are not there are passed over, and deleted ones are not waited for.
        status: As it stood; of an entity that is to run, PENDING.
        summary: What its job returned, without the long parts.
        record_only: Nothing is to be built on it.
        run: Put a job in the queue.
    """

    new: NewEntity
    status: Status
    message: str | None
    created_ms: int
    updated_ms: int
    started_ms: int | None = None
    finished_ms: int | None = None
    compute_ms: int | None = None
    summary: Mapping[str, Any] = attrs.field(factory=dict[str, "Any"])
    tags: Mapping[str, str | None] = attrs.field(factory=dict[str, "str | None"])
    record_only: bool = False
    run: bool = False


_TAKEN_OVER = ("status", "message", "created_ms", "updated_ms", "started_ms", "finished_ms", "compute_ms")


def adopt(database: Database, adoption: Adoption) -> Entity | None:
    """
    Record *adoption* in one transaction.

    Returns:
        The entity that has the id already, or None when it was recorded.
    """
    new = adoption.new
    with database.write() as connection:
        row = connection.execute(
            f"SELECT {COLUMNS} FROM entities WHERE kind = ? AND id = ?", (new.kind, new.id)
        ).fetchone()
        if row is not None:
            return entity_of(row)
        columns = {name: getattr(adoption, name) for name in _TAKEN_OVER}
        columns |= {"summary": dumps(adoption.summary), "record_only": adoption.record_only}
        seq = insert(connection, new, columns, _parents(connection, new.links))
        connection.executemany(
            "INSERT INTO tags VALUES (?, ?, ?)", [(seq, key, value) for key, value in adoption.tags.items()]
        )
        if adoption.run:
            enqueue(connection, seq)
    return None


def _parents(connection: sqlite3.Connection, links: tuple[Link, ...]) -> list[tuple[Link, int]]:
    found: list[tuple[Link, int]] = []
    for link in links:
        row = connection.execute(
            "SELECT seq, status FROM entities WHERE kind = ? AND id = ?", (link.kind, link.id)
        ).fetchone()
        if row is not None:
            required = link.required and row["status"] != Status.DELETED
            found.append((attrs.evolve(link, required=required), row["seq"]))
    return found
