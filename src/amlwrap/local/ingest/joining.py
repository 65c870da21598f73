"""Tables and columns put one behind the other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar, cast

import attrs
import numpy as np
import polars as pl

from amlwrap.local.ingest.builders import places_in
from amlwrap.local.ingest.columns import (
    BinaryColumn,
    CategoricalColumn,
    Column,
    Mask,
    NumericColumn,
    TextColumn,
    shrunk,
)
from amlwrap.local.ingest.table import MAX_EXAMPLES, Part, Table

_Some = TypeVar("_Some", NumericColumn, BinaryColumn)


def join_tables(tables: Iterable[Table]) -> Table:
    """
    The rows of *tables*, at least one, which are runs of the same files, one after the other.

    No column is held both in parts and whole but the one at hand.
    """
    columns: list[dict[str, Column]] = []
    bare: list[Table] = []
    for table in tables:
        columns.append(dict(table.columns))
        bare.append(attrs.evolve(table, columns={}))
        del table  # or its columns would stay
    firsts = np.cumsum([0, *(table.n_records for table in bare)])
    return Table(
        columns={name: join_columns([held.pop(name) for held in columns]) for name in tuple(columns[0])},
        n_records=int(firsts[-1]),
        positions=np.concatenate([table.positions + first for table, first in zip(bare, firsts, strict=False)]),
        starts=np.concatenate([table.starts for table in bare]),
        n_bytes=bare[0].n_bytes,
        reached=bare[-1].reached,
        faults=tuple(fault for table in bare for fault in table.faults),
        invalid_values=tuple(value for table in bare for value in table.invalid_values)[:MAX_EXAMPLES],
        parts=_join_parts([part for table in bare for part in table.parts]),
    )


def join_columns(columns: Sequence[Column]) -> Column:
    """
    Columns of one attribute as one, in the smallest type that holds them all.

    >>> join_columns([CategoricalColumn(np.array([0]), ("b",)), CategoricalColumn(np.array([1, 1]), ("", "a"))])
    CategoricalColumn(codes=array([1, 0, 0], dtype=uint8), vocabulary=('a', 'b'))
    """
    match columns[0]:
        case NumericColumn():
            return _numeric(cast("Sequence[NumericColumn]", columns))
        case BinaryColumn():
            some = cast("Sequence[BinaryColumn]", columns)
            return BinaryColumn(np.concatenate([column.values for column in some]), _mask(some, "invalid"))
        case CategoricalColumn():
            return _categorical(cast("Sequence[CategoricalColumn]", columns))
        case TextColumn():
            return TextColumn(pl.concat([column.values for column in cast("Sequence[TextColumn]", columns)]))


def _numeric(columns: Sequence[NumericColumn]) -> NumericColumn:
    dtypes = {column.values.dtype for column in columns}
    values = columns[0].values if len(columns) == 1 else np.concatenate([column.values for column in columns])
    return NumericColumn(
        shrunk(values) if len(dtypes) > 1 else values, _mask(columns, "missing"), _mask(columns, "invalid")
    )


def _mask(columns: Sequence[_Some], name: str) -> Mask | None:
    masks: list[Mask | None] = [getattr(column, name) for column in columns]
    if all(mask is None for mask in masks):
        return None
    sizes = map(len, columns)
    return np.concatenate(
        [np.zeros(n, np.bool_) if mask is None else mask for mask, n in zip(masks, sizes, strict=True)]
    )


def _categorical(columns: Sequence[CategoricalColumn]) -> CategoricalColumn:
    """Over the sorted union of the levels that are there."""
    held = [_held(column) for column in columns]
    together = pl.concat([names for _, names in held]).unique().sort()
    kind = np.min_scalar_type(max(0, len(together) - 1))
    parts = [np.zeros(0, kind)]
    for column, (there, names) in zip(columns, held, strict=True):
        numbers = np.zeros(len(there), kind)
        numbers[there] = places_in(together, names)
        parts.append(numbers.take(column.codes))
    return CategoricalColumn(np.concatenate(parts), tuple(together.to_list()))


def _held(column: CategoricalColumn) -> tuple[Mask, pl.Series]:
    """Which levels a column holds, and their names."""
    there: Mask = np.bincount(column.codes, minlength=len(column.vocabulary)) > 0
    return there, pl.Series(column.vocabulary, dtype=pl.String).filter(pl.Series(there, dtype=pl.Boolean))


def _join_parts(parts: Sequence[Part]) -> tuple[Part, ...]:
    joined: list[Part] = []
    for part in parts:
        before = joined.pop().n_records if joined and joined[-1].uri == part.uri else 0
        joined.append(attrs.evolve(part, n_records=before + part.n_records))
    return tuple(joined)
