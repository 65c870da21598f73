"""
Outputs of a recipe as columns of a sparse design matrix.

A level or token that training rows hold gets a column; so does a number. Of each variable with one level a row, the
most frequent level gets none: the constant stands for it, and the matrix holds the exceptions only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import attrs
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from amlwrap.documents.recipe_expressions import Output
from amlwrap.local.features.evaluation import Evaluator, Memory, Rows, Summary
from amlwrap.local.features.matrix import Matrix
from amlwrap.local.features.signals import Bag, Level, Real

BLOCK_ROWS = 8192
"""Rows encoded at a time: bounds the memory a table takes on its way into the matrix."""

NO_COLUMN = -1


@attrs.frozen(eq=False)
class Placement:
    """Where one output's codes go: ``places[code]`` is a column, or -1 for a code that has none."""

    output: Output
    places: NDArray[np.int32]


@attrs.frozen(eq=False)
class Block:
    """Some rows of a design matrix."""

    matrix: Matrix
    n_active: NDArray[np.int64]
    """Features of each row as the service counts them: one a single-valued variable, one a token, and the constant."""


@attrs.frozen(eq=False)
class Encoder:
    """A recipe's outputs, fitted to training rows."""

    outputs: tuple[Placement, ...]
    memory: Memory
    n_columns: int

    @classmethod
    def fit(cls, outputs: Sequence[Output], rows: Rows, summary: Summary) -> Encoder:
        """Learn from training *rows* what *outputs* must remember, and give each level and token a column."""
        memory: Memory = {}
        evaluator = Evaluator(rows, memory, summary)
        fitted, width = list[Placement](), 0
        for output in outputs:
            places = _places(evaluator.output(output.expression), width)
            width += int((places != NO_COLUMN).sum())
            fitted.append(Placement(output, places))
        return cls(tuple(fitted), memory, width)

    def blocks(self, rows: Rows, block_rows: int = BLOCK_ROWS) -> Iterator[Block]:
        """The design matrix of *rows*, a block at a time, in order."""
        needed = {name: rows[name] for placed in self.outputs for name in placed.output.attributes}
        n_rows = len(next(iter(needed.values())))
        for start in range(0, n_rows, block_rows):
            yield self._block({name: column.take(slice(start, start + block_rows)) for name, column in needed.items()})

    def _block(self, rows: Rows) -> Block:
        evaluator = Evaluator(rows, self.memory)
        entries = _Entries(len(next(iter(rows.values()))))
        for placed in self.outputs:
            entries.add(evaluator.output(placed.output.expression), placed.places)
        return Block(entries.csr(self.n_columns), entries.n_active)


class _Entries:
    """Non-zero entries of a block, gathered output by output."""

    def __init__(self, n_rows: int) -> None:
        self._n_rows = n_rows
        self._rows: list[NDArray[np.int32]] = []
        self._columns: list[NDArray[np.int32]] = []
        self._values: list[NDArray[np.float32]] = []
        self.n_active = np.ones(n_rows, np.int64)

    def add(self, signal: Real | Level | Bag, places: NDArray[np.int32]) -> None:
        match signal:
            case Level():
                self._add_level(signal, places)
            case Bag():
                self._add_bag(signal, places)
            case Real():
                self._add_real(signal, places)

    def _add_level(self, signal: Level, places: NDArray[np.int32]) -> None:
        rows = np.flatnonzero((places >= 0)[signal.codes])
        self._put(rows, places[signal.codes[rows]], None)
        self.n_active += 1

    def _add_bag(self, signal: Bag, places: NDArray[np.int32]) -> None:
        columns = places[signal.codes]
        held = np.flatnonzero(columns >= 0)
        self._put(signal.owners()[held], columns[held], None)
        self.n_active += np.diff(signal.offsets)

    def _add_real(self, signal: Real, places: NDArray[np.int32]) -> None:
        rows = np.flatnonzero(signal.values)
        self._put(rows, np.full(len(rows), places[0], np.int32), signal.values[rows])
        if signal.missing is not None:
            rows = np.flatnonzero(signal.missing)
            self._put(rows, np.full(len(rows), places[1], np.int32), None)
        self.n_active += 1

    def _put(self, rows: NDArray[np.integer], columns: NDArray[np.int32], values: NDArray[np.float32] | None) -> None:
        self._rows.append(rows.astype(np.int32, copy=False))
        self._columns.append(columns)
        self._values.append(np.ones(len(rows), np.float32) if values is None else values)

    def csr(self, n_columns: int) -> Matrix:
        shape = (self._n_rows, n_columns)
        places = (np.concatenate(self._rows), np.concatenate(self._columns))
        matrix: Matrix = sparse.coo_array((np.concatenate(self._values), places), shape).tocsr()
        return matrix


def _places(signal: Real | Level | Bag, first: int) -> NDArray[np.int32]:
    """Columns from *first* on for what *signal* holds in the training rows."""
    match signal:
        case Real():
            n = 1 if signal.missing is None else 2
            return np.arange(first, first + n, dtype=np.int32)
        case Level():
            counts = np.bincount(signal.codes, minlength=signal.size)
            counts[counts.argmax()] = 0
        case Bag():
            counts = np.bincount(signal.codes, minlength=signal.size)
    places = np.full(signal.size, NO_COLUMN, np.int32)
    live = np.flatnonzero(counts)
    places[live] = np.arange(first, first + len(live), dtype=np.int32)
    return places
