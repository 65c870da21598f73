"""Rows of any datasource as a model's own, with nothing where the data has none, and their scores."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from amlwrap.documents.schema import AttributeType
from amlwrap.local.ingest.ahead import in_order
from amlwrap.local.ingest.builders import column_of
from amlwrap.local.ingest.columns import BinaryColumn, CategoricalColumn, Column, NumericColumn, TextColumn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amlwrap.documents.schema import Schema
    from amlwrap.local.features.evaluation import Rows
    from amlwrap.local.ingest.table import Table
    from amlwrap.local.learn.losses import Floats
    from amlwrap.local.score.model import LinearModel

_STATES = pl.Series(["0", "1", ""], dtype=pl.String)
_VALUES_AT_ONCE = 1 << 16


def model_rows(table: Table, trained: Schema) -> Rows:
    """The columns a model reads; an attribute that *table* lacks is missing in every row."""
    return {
        attribute.name: _typed(attribute.type, table.columns.get(attribute.name), table.n_rows)
        for attribute in trained.inputs
    }


def rows_at_once(model: LinearModel) -> int:
    """How many rows are scored in one go, by one thread."""
    return max(1, _VALUES_AT_ONCE // len(model.bias))


def scores_ahead(model: LinearModel, rows: Rows) -> Iterator[Floats]:
    """Scores of *rows*, some at a time, in order, made in threads of their own while the caller uses what is there."""
    n_rows, n = len(next(iter(rows.values()))), rows_at_once(model)
    pieces = (
        {name: column.take(slice(start, start + n)) for name, column in rows.items()} for start in range(0, n_rows, n)
    )
    return in_order(model.scores, pieces, n_ahead=2) if n_rows > n else map(model.scores, pieces)


def _typed(kind: AttributeType, column: Column | None, n: int) -> Column:
    """*column* as the model knows it: a row id was read as text, whatever the model made of it in training."""
    if column is None or not n:
        return _absent(kind, n)
    if not isinstance(column, TextColumn) or kind == AttributeType.TEXT:
        return column
    return column_of(kind, column.values)


def _absent(kind: AttributeType, n: int) -> Column:
    match kind:
        case AttributeType.NUMERIC:
            return NumericColumn(np.zeros(n, np.uint8), np.ones(n, np.bool_))
        case AttributeType.BINARY:
            return BinaryColumn(np.full(n, -1, np.int8))
        case AttributeType.CATEGORICAL:
            return CategoricalColumn(np.zeros(n, np.int32), ("",))
        case AttributeType.TEXT:
            return TextColumn(pl.Series([""], dtype=pl.String).new_from_index(0, n))


def told_text(column: Column) -> pl.Series:
    """Values as results tell them: as the file has them, but for BINARY ones, which are 0, 1 or nothing."""
    if isinstance(column, BinaryColumn):
        return _STATES.gather(np.where(column.values < 0, 2, column.values))
    if isinstance(column, CategoricalColumn):
        return pl.Series(column.vocabulary, dtype=pl.String).gather(column.codes)
    assert isinstance(column, TextColumn)
    return column.values
