"""Pages over the entities of one kind: filtered, sorted, and continued after the last row seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import attrs

from amlwrap.local.state.entities import COLUMNS, entity_of

if TYPE_CHECKING:
    import sqlite3

    from amlwrap.local.kinds import Kind
    from amlwrap.local.state.database import Database
    from amlwrap.local.state.entities import Entity

__all__ = ["Condition", "Cursor", "Page", "Query", "read_page"]

Cursor: TypeAlias = tuple[str | int | None, int]
"""Value of the sorting column in the last row seen, and the row's number; what comes after it is the next page."""

_Clause: TypeAlias = "tuple[str, list[str | int]]"

_OPERATORS = {"EQ": "=", "NE": "<>", "GT": ">", "LT": "<", "GE": ">=", "LE": "<="}


@attrs.frozen
class Condition:
    """``operator`` is EQ, NE, GT, LT, GE, LE or Prefix."""

    operator: str
    value: str | int


@attrs.frozen(kw_only=True)
class Query:
    """
    What to list.

    Attributes:
        column: What is filtered and sorted by; None sorts by age alone.
        descending: Turns the whole order round.
        after: Where the page before this one ended.
    """

    kind: Kind
    column: str | None
    conditions: tuple[Condition, ...] = ()
    descending: bool = False
    limit: int
    after: Cursor | None = None


@attrs.frozen
class Page:
    """Entities in order, and where the next page starts; no cursor, no next page."""

    entities: tuple[Entity, ...]
    after: Cursor | None


def read_page(database: Database, query: Query) -> Page:
    """The page that *query* asks for; deleted entities are on none. Equal values are ordered by age."""
    rows: list[sqlite3.Row] = []
    with database.read() as connection:
        for following in _following(query):
            statement, parameters = _select(query, following)
            rows += connection.execute(statement, [*parameters, query.limit + 1 - len(rows)]).fetchall()
            if len(rows) > query.limit:
                break
    shown = rows[: query.limit]
    last = shown[-1] if len(rows) > query.limit else None
    after = None if last is None else (last[query.column] if query.column else None, last["seq"])
    return Page(tuple(entity_of(row) for row in shown), after)


def _select(query: Query, following: _Clause) -> tuple[str, list[str | int]]:
    clauses = ["kind = ?", "status <> 'DELETED'"]
    values: list[str | int] = [str(query.kind)]
    for condition in query.conditions:
        clause, added = _clause(query.column or "seq", condition)
        clauses.append(clause)
        values += added
    clauses.append(following[0])
    values += following[1]
    direction = "DESC" if query.descending else "ASC"
    order = ", ".join(f"{column} {direction}" for column in _sorted_by(query))
    statement = f"SELECT {COLUMNS} FROM entities WHERE {' AND '.join(clauses)} ORDER BY {order} LIMIT ?"
    return statement, values


def _sorted_by(query: Query) -> tuple[str, ...]:
    return (query.column, "seq") if query.column else ("seq",)


def _clause(column: str, condition: Condition) -> tuple[str, list[str | int]]:
    if condition.operator == "Prefix":
        return _beginning(column, str(condition.value))
    return f"{column} {_OPERATORS[condition.operator]} ?", [condition.value]


def _beginning(column: str, prefix: str) -> tuple[str, list[str | int]]:
    """A range of the index: from *prefix* to the first text that no longer begins with it."""
    stem = prefix.rstrip("\U0010ffff")
    if not stem:
        return f"{column} >= ?", [prefix]
    following = ord(stem[-1]) + 1
    end = stem[:-1] + chr(0xE000 if following == 0xD800 else following)  # surrogates are no text
    return f"{column} >= ? AND {column} < ?", [prefix, end]


def _following(query: Query) -> list[_Clause]:
    """
    What comes after the row seen last, as ranges of an index, one behind the other.

    First the rows of equal value, then those of others: asked for both at once, SQLite walks over all equal ones anew.
    """
    if query.after is None:
        return [("TRUE", [])]
    value, seq = query.after
    sign = "<" if query.descending else ">"
    if query.column is None or value is None:
        return [(f"seq {sign} ?", [seq])]
    return [(f"{query.column} = ? AND seq {sign} ?", [value, seq]), (f"{query.column} {sign} ?", [value])]
