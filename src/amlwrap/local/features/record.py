"""
One record as a row of the design matrix, without the set-up that a table of columns costs.

Most outputs of a recipe are one attribute, as it is or in bins: such an output looks its column up in what the encoder
remembers, a *lane*. All other outputs go through the encoder itself, as a table of one row. Tests hold the rows of both
ways together, entry by entry.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias, cast

import attrs
import numpy as np
import polars as pl
from scipy import sparse

from amlwrap.documents.recipe_expressions import Apply, Expression, Leaf
from amlwrap.documents.schema import AttributeType
from amlwrap.local.features.encoder import IMPLIED, Encoder, Placement
from amlwrap.local.features.evaluation import Memory, lexicon_name
from amlwrap.local.features.matrix import Matrix
from amlwrap.local.features.memory import FARTHEST, Bins, Lexicon, Remembered, Scale
from amlwrap.local.features.words import words_of
from amlwrap.local.ingest.columns import BinaryColumn, CategoricalColumn, Column, NumericColumn, TextColumn
from amlwrap.local.ingest.fields import number, state

Record: TypeAlias = Mapping[str, str]
"""Fields by attribute, as text; what is not there is empty."""

Entries: TypeAlias = dict[int, float]
"""What a row holds, by column; everything else is zero."""

Lane: TypeAlias = Callable[[str, Entries], None]
"""Puts what one output makes of a field into a row."""


@attrs.frozen(eq=False)
class RecordEncoder:
    """An encoder's outputs, ready for records that come one at a time."""

    lanes: tuple[tuple[str, Lane], ...]
    others: Encoder | None
    """Outputs that are no lane; None when all are."""
    types: Mapping[str, AttributeType]
    """Of the attributes that *others* read."""
    n_columns: int

    @classmethod
    def of(cls, encoder: Encoder) -> RecordEncoder:
        """Tell the outputs of *encoder* apart."""
        lanes: list[tuple[str, Lane]] = []
        others: list[Placement] = []
        types: dict[str, AttributeType] = {}
        for placed in encoder.outputs:
            found = _lane(placed, encoder.memory)
            if found is None:
                others.append(placed)
                types.update(_types(placed.output.expression))
            else:
                lanes.append(found)
        rest = attrs.evolve(encoder, outputs=tuple(others)) if others else None
        return cls(tuple(lanes), rest, types, encoder.layout.n_columns)

    def row(self, record: Record) -> Matrix:
        """The row of *record*, shape ``(1, n_columns)``."""
        entries: Entries = {}
        field = record.get
        for name, lane in self.lanes:
            lane(field(name, ""), entries)
        if self.others is not None:
            entries.update(self._encoded(self.others, record))
        entries.pop(IMPLIED, None)
        return _row(entries, self.n_columns)

    def _encoded(self, others: Encoder, record: Record) -> Iterator[tuple[int, float]]:
        columns = {name: one_value(kind, record.get(name, "")) for name, kind in self.types.items()}
        matrix: Any = next(others.blocks(columns)).matrix
        return zip(matrix.indices.tolist(), matrix.data.tolist(), strict=True)


def _row(entries: Entries, n_columns: int) -> Matrix:
    columns = sorted(entries)
    values = np.array([entries[column] for column in columns], np.float32)
    bounds = np.array([0, len(columns)], np.int32)
    matrix: Any = sparse.csr_array((values, np.array(columns, np.int32), bounds), (1, n_columns))
    return cast("Matrix", matrix)


def one_value(kind: AttributeType, text: str) -> Column:
    """A column of one row."""
    match kind:
        case AttributeType.NUMERIC:
            value = number(text)
            missing = np.ones(1, np.bool_) if value is None else None
            return NumericColumn(np.array([value or 0.0]), missing)
        case AttributeType.BINARY:
            return BinaryColumn(np.array([state(text)], np.int8))
        case AttributeType.CATEGORICAL:
            return CategoricalColumn(np.zeros(1, np.int32), (text,))
        case AttributeType.TEXT:
            return TextColumn(pl.Series([text], dtype=pl.String))


def _types(expression: Expression) -> dict[str, AttributeType]:
    """The attributes that *expression* reads."""
    if isinstance(expression, Leaf):
        return {expression.name: expression.type}
    return {name: kind for argument in expression.arguments for name, kind in _types(argument).items()}


def _lane(placed: Placement, memory: Memory) -> tuple[str, Lane] | None:
    """The attribute an output reads and its lane; None when it is not just one attribute, as it is or in bins."""
    expression, places = placed.output.expression, placed.places.tolist()
    if isinstance(expression, Apply) and expression.function == "quantile_bin":
        leaf = _bare(expression.arguments[0])
        return None if leaf is None else (leaf.name, _binned(memory[expression.text], places))
    leaf = _bare(expression)
    if leaf is None:
        return None
    match leaf.type:
        case AttributeType.NUMERIC:
            return leaf.name, _scaled(memory[leaf.text], places)
        case AttributeType.BINARY:
            return leaf.name, _two_states(places)
        case AttributeType.CATEGORICAL:
            return leaf.name, _named(memory[lexicon_name(leaf)], places)
        case AttributeType.TEXT:
            return leaf.name, _worded(memory[lexicon_name(leaf)], places)


def _bare(expression: Expression) -> Leaf | None:
    """The attribute behind `normalize`, which changes nothing."""
    while isinstance(expression, Apply) and expression.function == "normalize":
        expression = expression.arguments[0]
    return expression if isinstance(expression, Leaf) else None


def _binned(bins: Remembered, places: list[int]) -> Lane:
    assert isinstance(bins, Bins)
    edges, missing = bins.edges.tolist(), bins.size - 1

    def lane(text: str, entries: Entries) -> None:
        value = number(text)
        entries[places[missing if value is None else bisect_left(edges, value)]] = 1.0

    return lane


def _scaled(scale: Remembered, places: list[int]) -> Lane:
    assert isinstance(scale, Scale)
    mean, deviation = scale.mean, scale.deviation

    def lane(text: str, entries: Entries) -> None:
        value = number(text)
        if value is None:
            if scale.has_missing:
                entries[places[1]] = 1.0
            return
        score = float(np.float32(min(max((value - mean) / deviation, -FARTHEST), FARTHEST)))
        if score:
            entries[places[0]] = score

    return lane


def _two_states(places: list[int]) -> Lane:
    def lane(text: str, entries: Entries) -> None:
        entries[places[state(text)]] = 1.0  # the last of the three places is that of what is neither

    return lane


def _named(lexicon: Remembered, places: list[int]) -> Lane:
    assert isinstance(lexicon, Lexicon)
    codes, unseen = lexicon.codes, len(lexicon.entries)

    def lane(text: str, entries: Entries) -> None:
        entries[places[codes.get(text, unseen)]] = 1.0

    return lane


def _worded(lexicon: Remembered, places: list[int]) -> Lane:
    assert isinstance(lexicon, Lexicon)
    codes, unseen = lexicon.codes, len(lexicon.entries)

    def lane(text: str, entries: Entries) -> None:
        for word in words_of(text):
            place = places[codes.get(word, unseen)]
            entries[place] = entries.get(place, 0.0) + 1.0

    return lane
