"""Outputs of a recipe as entries of a sparse design matrix, laid out by what training rows hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

import attrs
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from amlwrap.documents.recipe_expressions import Output
from amlwrap.local.features.bytewise import bytes_of, codes_of_bytes, number_of
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
class _Way:
    """
    The way to an output by the bytes of a column.

    Attributes:
        values: Of all rows.
        codes: Of each byte, shape ``(256,)``.
        columns: Where these codes go.
    """

    values: NDArray[np.uint8]
    codes: NDArray[np.unsignedinteger]
    columns: NDArray[np.int32]


@attrs.frozen(eq=False, slots=False)
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
        ways = self._ways(rows)
        needed = self._needed(rows, ways)
        for chosen, n in _portions(rows, block_rows, order):
            evaluator, entries = Evaluator(_taken(needed, chosen), self.memory), _Entries(n)
            for placed, way in zip(self.outputs, ways, strict=True):
                if way is None:
                    entries.add(evaluator.output(placed.output.expression), placed.places)
                else:
                    entries.add_columns(way.columns.take(way.values[chosen]))
            yield Block(entries.csr(self.layout.n_columns), entries.n_active)

    @property
    def has_levels_alone(self) -> bool:
        """Whether every output has one level a row."""
        return len(self.layout.starts) == len(self.outputs)

    def levels(self, rows: Rows, block_rows: int = BLOCK_ROWS) -> Iterator[list[NDArray[np.unsignedinteger]]]:
        """Codes of each output, some rows at a time, when there are levels alone."""
        ways = self._ways(rows)
        needed = self._needed(rows, ways)
        for chosen, _ in _portions(rows, block_rows):
            evaluator = Evaluator(_taken(needed, chosen), self.memory)
            yield [
                _level(evaluator, placed) if way is None else way.codes.take(way.values[chosen])
                for placed, way in zip(self.outputs, ways, strict=True)
            ]

    def _ways(self, rows: Rows) -> list[_Way | None]:
        """The way to each output; None where it must be evaluated."""
        held = [None if name is None else bytes_of(rows[name]) for name in self._numbers]
        if all(values is None for values in held):
            return [None] * len(held)
        return [
            None if values is None or codes is None else _Way(values, codes, placed.places.take(codes))
            for values, codes, placed in zip(held, self._of_bytes, self.outputs, strict=True)
        ]

    def _needed(self, rows: Rows, ways: Sequence[_Way | None]) -> Rows:
        """The columns that outputs without a *way* are made of."""
        others = [placed.output for placed, way in zip(self.outputs, ways, strict=True) if way is None]
        return {name: rows[name] for output in others for name in output.attributes}

    @cached_property
    def _numbers(self) -> tuple[str | None, ...]:
        return tuple(number_of(placed.output.expression) for placed in self.outputs)

    @cached_property
    def _of_bytes(self) -> tuple[NDArray[np.unsignedinteger] | None, ...]:
        return tuple(codes_of_bytes(placed.output.expression, self.memory) for placed in self.outputs)


def _portions(
    rows: Rows, size: int, order: NDArray[np.intp] | None = None
) -> Iterator[tuple[slice | NDArray[np.intp], int]]:
    """Which rows to take at a time, and how many these are."""
    n_rows = len(next(iter(rows.values())))
    for start in range(0, n_rows, size):
        some = slice(start, min(start + size, n_rows))
        yield some if order is None else order[some], some.stop - start


def _taken(rows: Rows, chosen: slice | NDArray[np.intp]) -> Rows:
    return {name: column.take(chosen) for name, column in rows.items()}


def _level(evaluator: Evaluator, placed: Placement) -> NDArray[np.unsignedinteger]:
    signal = evaluator.output(placed.output.expression)
    assert isinstance(signal, Level)
    return signal.codes


class _Entries:
    """Non-zero entries of a block, gathered output by output."""

    def __init__(self, n_rows: int) -> None:
        self._n_rows = n_rows
        self._rows: list[NDArray[np.int32]] = []
        self._columns: list[NDArray[np.int32]] = []
        self._values: list[NDArray[np.float32] | None] = []
        self._n_single = 0
        self._n_tokens = np.zeros(n_rows, np.int64)

    def add(self, signal: Real | Level | Bag, places: NDArray[np.int32]) -> None:
        """What an output gave, and where its codes go."""
        match signal:
            case Level():
                self.add_columns(places.take(signal.codes))
            case Bag():
                self._add_bag(signal, places)
            case Real():
                self._add_real(signal, places)

    def add_columns(self, columns: NDArray[np.int32]) -> None:
        """One column a row; nothing where it is implied."""
        rows = np.flatnonzero(columns != IMPLIED)
        self._put(rows, columns.take(rows))
        self._n_single += 1

    def _add_bag(self, signal: Bag, places: NDArray[np.int32]) -> None:
        columns = places.take(signal.codes)
        held = np.flatnonzero(columns != IMPLIED)
        self._put(signal.owners()[held], columns[held])
        self._n_tokens += np.diff(signal.offsets)

    def _add_real(self, signal: Real, places: NDArray[np.int32]) -> None:
        rows = np.flatnonzero(signal.values)
        self._put(rows, np.full(len(rows), places[0], np.int32), signal.values[rows])
        if signal.missing is not None:
            rows = np.flatnonzero(signal.missing)
            self._put(rows, np.full(len(rows), places[1], np.int32))
        self._n_single += 1

    def _put(
        self, rows: NDArray[np.integer], columns: NDArray[np.int32], values: NDArray[np.float32] | None = None
    ) -> None:
        """Entries with these *values*, or ones."""
        self._rows.append(rows.astype(np.int32, copy=False))
        self._columns.append(columns)
        self._values.append(values)

    @property
    def n_active(self) -> NDArray[np.int64]:
        """Features of each row, the constant among them."""
        return self._n_tokens + (self._n_single + 1)

    def csr(self, n_columns: int) -> Matrix:
        """The block's rows."""
        shape = (self._n_rows, n_columns)
        places = (np.concatenate(self._rows), np.concatenate(self._columns))
        matrix: Matrix = sparse.coo_array((self._data(), places), shape).tocsr()
        return matrix

    def _data(self) -> NDArray[np.float32]:
        data = np.ones(sum(map(len, self._rows)), np.float32)
        stop = 0
        for rows, values in zip(self._rows, self._values, strict=True):
            stop += len(rows)
            if values is not None:
                data[stop - len(rows) : stop] = values
        return data


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
