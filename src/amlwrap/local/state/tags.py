"""Tags: a few words somebody hung on an entity."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from amlwrap.local.state.database import Database

__all__ = ["Tags"]


class Tags:
    """The table of tags."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, seq: int) -> dict[str, str | None]:
        """The tags of the entity numbered *seq*, in the order of their keys."""
        with self._database.read() as connection:
            rows = connection.execute("SELECT key, value FROM tags WHERE entity = ? ORDER BY key", (seq,)).fetchall()
        return {row["key"]: row["value"] for row in rows}

    def add(self, seq: int, tags: Mapping[str, str | None], most: int | None) -> bool:
        """Set *tags*, all or, when the entity would carry more than *most*, none: False then."""
        with self._database.write() as connection:
            kept = {row["key"] for row in connection.execute("SELECT key FROM tags WHERE entity = ?", (seq,))}
            if most is not None and len(kept | tags.keys()) > most:
                return False
            connection.executemany(
                "INSERT INTO tags VALUES (?, ?, ?) ON CONFLICT (entity, key) DO UPDATE SET value = excluded.value",
                [(seq, key, value) for key, value in tags.items()],
            )
            return True

    def delete(self, seq: int, keys: Iterable[str]) -> None:
        """Take tags off; keys that are not there are passed over."""
        with self._database.write() as connection:
            connection.executemany("DELETE FROM tags WHERE entity = ? AND key = ?", [(seq, key) for key in keys])
