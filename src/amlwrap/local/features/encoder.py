"""Outputs of a recipe as entries of a sparse design matrix, laid out by what training rows hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

import attrs
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from amlwrap.documents.recipe_expressions import Output
from amlwrap.local.features.evaluation import Evaluator, Memory, Rows, Summary
from amlwrap.local.features.layout import Layout
from amlwrap.local.features.matrix import Matrix
from amlwrap.local.features.signals import Bag, Level, Real
from amlwrap.local.ingest.counting import count

BLOCK_ROWS = 8192
"""Rows encoded at a time: bounds the memory a table takes on its way into the matrix."""

FIT_ROWS = 4 * BLOCK_ROWS
"""Rows looked at together when an encoder is fitted: windows over long texts take many times their memory."""

IMPLIED = -1
"""Stands for the column of a code that is not stored: an implied level, or a token training rows never held."""


@attrs.frozen(eq=False)
class Placement:
    """Where one output's codes go: ``places[code]`` is a column, or `IMPLIED`."""

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
    layout: Layout

    @classmethod
    def fit(cls, outputs: Sequence[Output], blocks: Iterable[Rows], summary: Summary) -> Encoder:
        """Learn from *blocks* of training rows what *outputs* must remember, and give each level and token a column."""
        memory: Memory = {}
        held = [_Held() for _ in outputs]
        for rows in (part for block in blocks for part in _cut(block, FIT_ROWS)):
            evaluator = Evaluator(rows, memory, summary)
            for output, one in zip(outputs, held, strict=True):
                one.add(evaluator.output(output.expression))
        layout = _lay_out(held)
        return cls(tuple(_placements(outputs, held, layout)), memory, layout)

    def blocks(
        self, rows: Rows, block_rows: int = BLOCK_ROWS, order: NDArray[np.intp] | None = None
    ) -> Iterator[Block]:
        """The design matrix of *rows*, a block at a time, in order, or in that of the numbers in *order*."""
        for some in self._pieces(rows, block_rows, order):
            yield self._block(some)

    @property
    def has_levels_alone(self) -> bool:
        """Whether every output has one level a row."""
        return len(self.layout.starts) == len(self.outputs)

    def levels(self, rows: Rows, block_rows: int = BLOCK_ROWS) -> Iterator[list[NDArray[np.unsignedinteger]]]:
        """Codes of each output, some rows at a time, when there are levels alone."""
        for some in self._pieces(rows, block_rows):
            evaluator = Evaluator(some, self.memory)
            signals = [evaluator.output(placed.output.expression) for placed in self.outputs]
            yield [signal.codes for signal in signals if isinstance(signal, Level)]

    def _pieces(self, rows: Rows, block_rows: int, order: NDArray[np.intp] | None = None) -> Iterator[Rows]:
        needed = {name: rows[name] for placed in self.outputs for name in placed.output.attributes}
        n_rows = len(next(iter(needed.values())))
        for start in range(0, n_rows, block_rows):
            some = slice(start, start + block_rows)
            chosen = some if order is None else order[some]
            yield {name: column.take(chosen) for name, column in needed.items()}

    def _block(self, rows: Rows) -> Block:
        evaluator = Evaluator(rows, self.memory)
        entries = _Entries(len(next(iter(rows.values()))))
        for placed in self.outputs:
            entries.add(evaluator.output(placed.output.expression), placed.places)
        return Block(entries.csr(self.layout.n_columns), entries.n_active)


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
        implied = places.argmin()  # the only one without a column
        rows = np.flatnonzero(signal.codes != implied)
        self._put(rows, places.take(signal.codes.take(rows)), None)
        self.n_active += 1

    def _add_bag(self, signal: Bag, places: NDArray[np.int32]) -> None:
        columns = places.take(signal.codes)
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


def _cut(rows: Rows, n_rows: int) -> Iterator[Rows]:
    """The same rows, *n_rows* at a time; rows that are few enough as they are."""
    n = len(next(iter(rows.values())))
    if n <= n_rows:
        yield rows
        return
    for start in range(0, n, n_rows):
        yield {name: column.take(slice(start, start + n_rows)) for name, column in rows.items()}


@attrs.define(eq=False, slots=False)
class _Held:
    """How many training rows hold each code of one output; a number's codes are made up."""

    counts: NDArray[np.int64] = attrs.field(factory=lambda: np.zeros(0, np.int64))
    n_codes: int = 0
    has_levels: bool = False

    def add(self, signal: Real | Level | Bag) -> None:
        if isinstance(signal, Real):
            counts, self.n_codes = np.ones(1 if signal.missing is None else 2, np.int64), 2
        else:
            counts, self.n_codes = count(signal.codes, signal.size), signal.size
        self.has_levels = isinstance(signal, Level)
        longer = np.zeros(max(len(counts), len(self.counts)), np.int64)
        longer[: len(self.counts)] = self.counts
        longer[: len(counts)] += counts
        self.counts = longer

    @cached_property
    def codes(self) -> NDArray[np.intp]:
        """
        The codes that are held, in the order of their columns: of levels the most frequent first, of tokens too.

        What is frequent lies close together then, where a learner finds it sooner.
        """
        codes = np.flatnonzero(self.counts)
        if not self.has_levels:
            return codes[np.argsort(-self.counts[codes], kind="stable")]
        most = self.counts.argmax()
        return np.concatenate([[most], codes[codes != most]])

    @property
    def implied_share(self) -> float:
        """Share of the rows that hold the most frequent level."""
        return float(self.counts.max() / self.counts.sum())


def _lay_out(held: Sequence[_Held]) -> Layout:
    lengths = np.array([len(one.codes) for one in held if one.has_levels], np.intp)
    n_others = sum(len(one.codes) for one in held if not one.has_levels)
    n_levels = int(lengths.sum())
    shares = np.array([one.implied_share for one in held if one.has_levels], np.float32)
    return Layout(np.cumsum(lengths) - lengths, shares, n_levels, n_levels + n_others)


def _placements(outputs: Sequence[Output], held: Sequence[_Held], layout: Layout) -> Iterator[Placement]:
    variable, free = 0, layout.n_levels
    for output, one in zip(outputs, held, strict=True):
        if one.has_levels:
            places = np.full(one.n_codes, layout.unseen(variable), np.int32)
            places[one.codes] = layout.starts[variable] + np.arange(len(one.codes))
            places[one.codes[0]] = IMPLIED
            variable += 1
        else:
            places = np.full(one.n_codes, IMPLIED, np.int32)
            places[one.codes] = np.arange(free, free + len(one.codes))
            free += len(one.codes)
        yield Placement(output, places)
