"""Endpoints: put before models that are done, and taken away again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import attrs

from amlwrap.exceptions import AmlwrapError
from amlwrap.local.kinds import Kind, Status

if TYPE_CHECKING:
    import sqlite3

    from amlwrap.local.state.database import Database
    from amlwrap.local.state.entities import Entity

__all__ = ["NoRoom", "mount", "unmount"]


@attrs.define(eq=False)
class NoRoom(AmlwrapError):
    """With one more, the models behind endpoints would be larger than they may be together."""

    id: str
    n_bytes: int
    most_bytes: int

    def __str__(self) -> str:
        most = f"at most {self.most_bytes} bytes of models that have a realtime endpoint"
        return f"expected {most}, found {self.n_bytes} with {self.id!r}"


def mount(database: Database, model: Entity, now: int, most_bytes: int | None = None) -> bool:
    """
    Give a model that is done an endpoint; False when it has one, or is not to have one.

    Raises:
        NoRoom: All that have one would be larger than *most_bytes*.
    """
    with database.write() as connection:
        row = connection.execute("SELECT status, endpoint FROM entities WHERE seq = ?", (model.seq,)).fetchone()
        if tuple(row) != (Status.COMPLETED, "NONE"):
            return False
        if most_bytes is not None and (n_bytes := _n_bytes(connection, model)) > most_bytes:
            raise NoRoom(model.id, n_bytes, most_bytes)
        connection.execute("UPDATE entities SET endpoint = 'READY', endpoint_ms = ? WHERE seq = ?", (now, model.seq))
    return True


def unmount(database: Database, model: Entity) -> None:
    """Take a model's endpoint away, if there is one."""
    with database.write() as connection:
        connection.execute("UPDATE entities SET endpoint = 'NONE', endpoint_ms = NULL WHERE seq = ?", (model.seq,))


def _n_bytes(connection: sqlite3.Connection, model: Entity) -> int:
    rows = connection.execute(
        "SELECT summary FROM entities WHERE seq = ? OR (kind = ? AND endpoint = 'READY' AND status <> 'DELETED')",
        (model.seq, Kind.MODEL),
    ).fetchall()
    return sum(json.loads(row["summary"]).get("SizeInBytes", 0) for row in rows)
