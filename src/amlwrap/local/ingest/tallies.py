"""Tallies: NUMERIC columns whose values are counted, and what the counts of many columns tell, reckoned all at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeAlias, TypeVar

import attrs
import numpy as np
from numpy.typing import NDArray

from amlwrap.local.ingest.columns import Mask, NumericColumn
from amlwrap.local.ingest.counting import count, cross
from amlwrap.local.ingest.moments import Groups, Spreads, ratios
from amlwrap.local.ingest.target import Target

MAX_CELLS = 1 << 18
"""Of tables that are reckoned together."""

_MAX_TABLE = 1 << 20  # cells of a contingency table that is made whole

Key = TypeVar("Key")
Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]


@attrs.frozen(eq=False)
class Tally:
    """
    A NUMERIC column of a run of rows.

    Attributes:
        n: Rows; *values* are those of the rows *there*, which is None where all have one.
        n_invalid: Rows in which something stood that is no number.
        table: int64: how often each whole number occurs, from *low* on. Where the target has classes there is a row for
            each of them, below one for no class. None when the numbers are no whole ones, none, or too far apart.
    """

    n: int
    n_invalid: int
    values: NDArray[Any]
    there: Mask | None
    table: Ints | None
    low: int

    @classmethod
    def of(cls, column: NumericColumn, target: Target | None) -> Tally:
        """*column* beside the *target* of the same rows."""
        there = None if column.missing is None else ~column.missing
        values = column.values if there is None else column.values[there]
        n_invalid = 0 if column.invalid is None else int(np.count_nonzero(column.invalid))
        return cls(len(column), n_invalid, values, there, *_table(values, there, target))

    @property
    def n_missing(self) -> int:
        """Rows without a number."""
        return self.n - len(self.values)


def _table(values: NDArray[Any], there: Mask | None, target: Target | None) -> tuple[Ints | None, int]:
    if values.dtype.kind == "f" or not len(values):
        return None, 0
    low, high = (0, 255) if values.dtype == np.uint8 else (int(values.min()), int(values.max()))
    width = high - low + 1
    classes = None if target is None or target.values is not None else target
    n_rows = classes.n_classes + 1 if classes else 1
    if width * n_rows > min(_MAX_TABLE, 4 * len(values) + 4_096):
        return None, 0
    if classes and there is None and values.dtype == np.uint8:
        return cross(values, width, classes.byte_rows, classes.sizes), low
    places = values if not low else values.astype(np.int64) - low
    if classes:
        codes = classes.codes if there is None else classes.codes[there]
        places = (codes + 1) * width + places
    return count(places, n_rows * width).reshape(n_rows, width), low


@attrs.frozen(eq=False)
class Reckoning:
    """
    What the values of some columns come to.

    Attributes:
        distinct: int64 or float64: the different values, one column's in rising order after the other's.
        counts: How often each occurs.
        bounds: Shape ``(n_columns + 1,)``: where in these the columns begin, and the last one ends.
        whole: Moments of each column's values.
        known: … of those that go with a class of the target; None where there are no classes.
        sizes, means: Shape ``(n_classes, n_columns)``: how many values go with each class, and their mean.
    """

    distinct: NDArray[Any]
    counts: Ints
    bounds: NDArray[np.intp]
    whole: Spreads
    known: Spreads | None = None
    sizes: Ints = attrs.field(factory=lambda: np.zeros((0, 0), np.int64))
    means: Floats = attrs.field(factory=lambda: np.zeros((0, 0)))

    @classmethod
    def of_values(cls, values: NDArray[Any]) -> Reckoning:
        """Of a single column, whatever its *values*; at least one."""
        distinct, counts = np.unique(values, return_counts=True)
        bounds = np.array([0, len(distinct)])
        return cls(distinct, counts, bounds, Spreads.of(distinct.astype(np.float64), counts, bounds))

    @classmethod
    def of_tables(cls, tables: Sequence[Ints], lows: Sequence[int]) -> Reckoning:
        """
        Of columns with tables, side by side.

        >>> found = Reckoning.of_tables([np.array([[1, 0, 3]]), np.array([[4]])], [5, 0])
        >>> found.distinct, found.counts, found.whole.mean
        (array([5, 7, 0]), array([1, 3, 4]), array([6.5, 0. ]))
        """
        widths = np.array([table.shape[1] for table in tables])
        ends = np.cumsum(widths)
        starts, cells = ends - widths, np.concatenate(tables, axis=1)
        counts = cells.sum(axis=0)
        places = np.flatnonzero(counts)
        steps: Ints = np.arange(len(counts)) - np.repeat(starts, widths)
        distinct = steps[places] + np.repeat(np.array(lows, np.int64), widths)[places]
        values, counts = distinct.astype(np.float64), counts[places]
        bounds = np.concatenate([np.zeros(1, np.intp), np.searchsorted(places, ends)])
        whole = Spreads.of(values, counts, bounds)
        if len(cells) == 1:
            return cls(distinct, counts, bounds, whole)
        known = Spreads.of(values, cells[1:, places].sum(axis=0), bounds) if cells[0].any() else whole
        sizes = np.add.reduceat(cells[1:], starts, axis=1)
        sums = np.add.reduceat(cells[1:] * steps, starts, axis=1)
        means = np.array(lows, np.float64) + sums / np.maximum(sizes, 1)
        return cls(distinct, counts, bounds, whole, known, sizes, means)

    def __len__(self) -> int:
        return len(self.bounds) - 1

    def column(self, place: int) -> tuple[NDArray[Any], Ints]:
        """Different values of one column, and how often each occurs."""
        own = slice(self.bounds[place], self.bounds[place + 1])
        return self.distinct[own], self.counts[own]

    def groups(self, place: int) -> Groups:
        """Classes of one column."""
        if self.known is None or not self.known.n[place]:
            return Groups()
        return Groups(self.sizes[:, place], self.means[:, place], self.known.column(place))

    @property
    def correlations(self) -> list[float | None]:
        """The correlation ratio of each column; None where there is none."""
        return [None] * len(self) if self.known is None else ratios(self.sizes, self.means, self.known)

    @property
    def medians(self) -> Floats:
        """The middle value of each column, or half way between two."""
        ranks = np.stack([(self.whole.n - 1) // 2 + 1, self.whole.n // 2 + 1])
        upto = np.cumsum(self.counts)
        low, high = self.distinct[np.searchsorted(upto, ranks + self._before(upto))].astype(np.float64)
        middle: Floats = low / 2 + high / 2
        return middle

    @property
    def cumulative(self) -> Ints:
        """How many of its column's values are no larger than each of `distinct`."""
        upto = np.cumsum(self.counts, dtype=np.int64)
        return upto - np.repeat(self._before(upto), np.diff(self.bounds))

    def _before(self, upto: Ints) -> Ints:
        return np.concatenate([np.zeros(1, np.int64), upto])[self.bounds[:-1]]


def reckoned(columns: Iterable[tuple[Key, Ints, int]]) -> Iterator[tuple[list[Key], Reckoning]]:
    """Columns by whatever names them, their tables and where these begin: many at a time, those of as many rows."""
    held, n_cells = list[tuple[Key, Ints, int]](), 0
    for column in columns:
        _, table, _ = column
        if held and (n_cells + table.size > MAX_CELLS or len(table) != len(held[0][1])):
            yield _together(held)
            held, n_cells = [], 0
        held.append(column)
        n_cells += table.size
    if held:
        yield _together(held)


def _together(columns: Sequence[tuple[Key, Ints, int]]) -> tuple[list[Key], Reckoning]:
    keys, tables, lows = zip(*columns, strict=True)
    return [*keys], Reckoning.of_tables(tables, lows)


def added(one: Ints, low: int, other: Ints, other_low: int, max_cells: int) -> tuple[Ints, int] | None:
    """
    Two tables of a column made one, with a place for all that is in either; None when it would be too large.

    >>> added(np.array([[1, 2]]), 5, np.array([[3]]), 7, 4)
    (array([[1, 2, 3]]), 5)
    """
    if low == other_low and one.shape == other.shape:
        return one + other, low
    begin, end = min(low, other_low), max(low + one.shape[1], other_low + other.shape[1])
    n_rows = max(len(one), len(other))
    if n_rows * (end - begin) > max_cells:
        return None
    both = np.zeros((n_rows, end - begin), np.int64)
    for table, first in ((one, low), (other, other_low)):
        both[: len(table), first - begin : first - begin + table.shape[1]] += table
    return both, begin
