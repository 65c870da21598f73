"""Jobs: claimed by one worker at a time under a lease, and back in the queue when that worker is no more."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import attrs

from amlwrap.local.kinds import Kind, Status
from amlwrap.local.state.entities import dumps

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Mapping

    from amlwrap.local.state.database import Database

__all__ = ["Claim", "ParentRecord", "Queue"]

_MAX_MESSAGE = 10_240

_RUNNABLE = """
SELECT jobs.seq, kind, id FROM jobs JOIN entities USING (seq)
WHERE state = 'QUEUED' AND NOT EXISTS (
    SELECT 1 FROM parents JOIN entities AS parent ON parent.seq = parents.parent
    WHERE parents.child = jobs.seq AND required AND parent.status IN ('PENDING', 'INPROGRESS')
)
ORDER BY jobs.seq LIMIT 1
"""

_PARENTS = """
SELECT role, required, kind, id, status, message, summary, settings, documents.request, details
FROM parents JOIN entities ON entities.seq = parents.parent JOIN documents ON documents.seq = entities.seq
WHERE child = ?
"""


@attrs.frozen
class ParentRecord:
    """A parent as it stood when the job was claimed."""

    id: str
    request: Mapping[str, Any]
    summary: Mapping[str, Any]
    details: Mapping[str, Any]
    settings: Mapping[str, Any]


@attrs.frozen(kw_only=True, eq=False)
class Claim:
    """A job that is ours to run; *attempt* tells it from every other run of the same job."""

    seq: int
    kind: Kind
    id: str
    attempt: int
    request: Mapping[str, Any]
    parents: Mapping[str, ParentRecord]


class Queue:
    """
    The table of jobs, as one engine works on it.

    Args:
        owner: This engine, as other engines on the folder know it.
        lease_ms: How long a job stays ours without being renewed.
        now: Epoch milliseconds, for the entities' times.
        lease_now: Epoch milliseconds that truly pass, for leases.
        most_interruptions: A job whose process ended this often under it is not tried again.
    """

    def __init__(
        self,
        database: Database,
        *,
        owner: str,
        now: Callable[[], int],
        lease_now: Callable[[], int],
        lease_ms: int = 60_000,
        most_interruptions: int = 20,
    ) -> None:
        self._database = database
        self._owner = owner
        self._now = now
        self._lease_now = lease_now
        self._lease_ms = lease_ms
        self._most_interruptions = most_interruptions

    def claim(self) -> Claim | None:
        """
        The oldest job whose parents are done, now INPROGRESS and ours; None when there is none.

        Jobs on a parent that failed or was deleted fail on the way.
        """
        with self._database.read() as connection:
            if connection.execute(_RUNNABLE).fetchone() is None:
                return None
        with self._database.write() as connection:
            while (row := connection.execute(_RUNNABLE).fetchone()) is not None:
                parents = connection.execute(_PARENTS, (row["seq"],)).fetchall()
                broken = next((p for p in parents if p["required"] and p["status"] != Status.COMPLETED), None)
                if broken is None:
                    return self._start(connection, row, parents)
                self._finish(connection, row["seq"], Status.FAILED, message=_broken(broken))
        return None

    def complete(
        self, claim: Claim, *, summary: Mapping[str, Any], details: Mapping[str, Any], compute_ms: int
    ) -> bool:
        """Record the result; False, and nothing recorded, when the job is no longer ours."""
        with self._database.write() as connection:
            if not self._holds(connection, claim):
                return False
            connection.execute(
                "UPDATE entities SET summary = ?, compute_ms = ? WHERE seq = ?", (dumps(summary), compute_ms, claim.seq)
            )
            if details:
                merged = "UPDATE documents SET details = ? WHERE seq = ?"
                old = connection.execute("SELECT details FROM documents WHERE seq = ?", (claim.seq,)).fetchone()
                connection.execute(merged, (dumps(json.loads(old["details"]) | details), claim.seq))
            self._finish(connection, claim.seq, Status.COMPLETED)
            return True

    def fail(self, claim: Claim, message: str) -> bool:
        """Record that it cannot be done, and why; False when the job is no longer ours."""
        with self._database.write() as connection:
            if not self._holds(connection, claim):
                return False
            self._finish(connection, claim.seq, Status.FAILED, message=message)
            return True

    def release(self, claim: Claim) -> bool:
        """Put the job back for whoever comes next, its entity staying INPROGRESS; False when it is no longer ours."""
        with self._database.write() as connection:
            if not self._holds(connection, claim):
                return False
            connection.execute(
                "UPDATE jobs SET state = 'QUEUED', owner = NULL, lease_ms = NULL WHERE seq = ?", (claim.seq,)
            )
            return True

    def is_deleted(self, claim: Claim) -> bool:
        """True when the entity was deleted while its job ran."""
        with self._database.read() as connection:
            row = connection.execute("SELECT status FROM entities WHERE seq = ?", (claim.seq,)).fetchone()
        return bool(row["status"] == Status.DELETED)

    def renew(self, progress: Mapping[Claim, tuple[float, str] | None]) -> list[Claim]:
        """Renew the lease of every job in *progress* and note how far it is; returns those that are no longer ours."""
        expiry = self._lease_now() + self._lease_ms
        lost: list[Claim] = []
        with self._database.write() as connection:
            for claim, at in progress.items():
                fraction, words = at or (None, None)
                changed = connection.execute(
                    "UPDATE jobs SET lease_ms = ?, progress = ?, words = ? "
                    "WHERE seq = ? AND owner = ? AND attempts = ?",
                    (expiry, fraction, words, claim.seq, self._owner, claim.attempt),
                )
                if changed.rowcount == 0:
                    lost.append(claim)
        return lost

    def recover(self, is_alive: Callable[[str], bool]) -> int:
        """Put jobs back whose engine is gone or has let its lease run out; returns how many."""
        with self._database.read() as connection:
            rows = connection.execute("SELECT seq, owner, lease_ms FROM jobs WHERE state = 'RUNNING'").fetchall()
        alive = {owner: is_alive(owner) for owner in {row["owner"] for row in rows}}
        orphans = [row for row in rows if row["lease_ms"] < self._lease_now() or not alive[row["owner"]]]
        if not orphans:
            return 0
        with self._database.write() as connection:
            return sum(self._requeue(connection, row) for row in orphans)

    def progress(self, seq: int) -> tuple[float, str] | None:
        """How far the job of entity *seq* is, as its engine last noted."""
        with self._database.read() as connection:
            row = connection.execute("SELECT progress, words FROM jobs WHERE seq = ?", (seq,)).fetchone()
        return None if row is None or row["progress"] is None else (row["progress"], row["words"])

    def _start(self, connection: sqlite3.Connection, row: sqlite3.Row, parents: list[sqlite3.Row]) -> Claim:
        now, seq = self._now(), row["seq"]
        connection.execute(
            "UPDATE jobs SET state = 'RUNNING', attempts = attempts + 1, owner = ?, lease_ms = ?, "
            "progress = NULL, words = NULL WHERE seq = ?",
            (self._owner, self._lease_now() + self._lease_ms, seq),
        )
        connection.execute(
            "UPDATE entities SET status = 'INPROGRESS', started_ms = ?, updated_ms = ? WHERE seq = ?", (now, now, seq)
        )
        attempt = connection.execute("SELECT attempts FROM jobs WHERE seq = ?", (seq,)).fetchone()[0]
        request = connection.execute("SELECT request FROM documents WHERE seq = ?", (seq,)).fetchone()["request"]
        records = {parent["role"]: _record(parent) for parent in parents}
        return Claim(
            seq=seq, kind=Kind(row["kind"]), id=row["id"], attempt=attempt, request=json.loads(request), parents=records
        )

    def _holds(self, connection: sqlite3.Connection, claim: Claim) -> bool:
        statement = "SELECT 1 FROM jobs WHERE seq = ? AND owner = ? AND attempts = ?"
        return connection.execute(statement, (claim.seq, self._owner, claim.attempt)).fetchone() is not None

    def _finish(self, connection: sqlite3.Connection, seq: int, status: Status, *, message: str | None = None) -> None:
        now = self._now()
        text = None if message is None else message[:_MAX_MESSAGE]
        connection.execute(
            "UPDATE entities SET status = ?, message = ?, finished_ms = ?, updated_ms = ? WHERE seq = ?",
            (status, text, now, now, seq),
        )
        connection.execute("DELETE FROM jobs WHERE seq = ?", (seq,))

    def _requeue(self, connection: sqlite3.Connection, orphan: sqlite3.Row) -> int:
        changed = connection.execute(
            "UPDATE jobs SET state = 'QUEUED', interruptions = interruptions + 1, owner = NULL, lease_ms = NULL "
            "WHERE seq = ? AND state = 'RUNNING' AND owner = ? AND lease_ms = ?",
            tuple(orphan),
        )
        row = connection.execute("SELECT interruptions FROM jobs WHERE seq = ?", (orphan["seq"],)).fetchone()
        if changed.rowcount and row["interruptions"] >= self._most_interruptions:
            often = (
                f"The process that ran this job ended under it {self._most_interruptions} times; it is not tried again."
            )
            self._finish(connection, orphan["seq"], Status.FAILED, message=often)
        return changed.rowcount


def _record(parent: sqlite3.Row) -> ParentRecord:
    names = ("request", "summary", "details", "settings")
    return ParentRecord(parent["id"], *(json.loads(parent[name]) for name in names))


def _broken(parent: sqlite3.Row) -> str:
    subject = f"{Kind(parent['kind']).service_name} {parent['id']!r}, which this was to be built on,"
    if parent["status"] == Status.DELETED:
        return f"{subject} was deleted."
    return f"{subject} failed: {parent['message']}" if parent["message"] else f"{subject} failed."
