"""Folds of NUMERIC, BINARY and CATEGORICAL columns: blocks in, one after the other, a summary out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Generic, Protocol, TypeVar

import attrs
import numpy as np
from numpy.typing import NDArray

from amlwrap.local.ingest.budget import Budget
from amlwrap.local.ingest.columns import BinaryColumn, CategoricalColumn, Column, Mask
from amlwrap.local.ingest.counting import count
from amlwrap.local.ingest.distribution import Distribution
from amlwrap.local.ingest.frequent import Frequent
from amlwrap.local.ingest.moments import Moments
from amlwrap.local.ingest.summaries import MAX_LEVELS, BinarySummary, CategoricalSummary, NumericSummary, Summary
from amlwrap.local.ingest.tallies import Reckoning, Tally, added, reckoned
from amlwrap.local.ingest.target import LevelsToTarget, NumbersToTarget, Target

_MAX_WAITING = 1 << 12  # cells of one that waits for those of other blocks

Column_contra = TypeVar("Column_contra", bound=Column | Tally, contravariant=True)


class Fold(Protocol, Generic[Column_contra]):
    """What is known of a column so far."""

    def add(self, column: Column_contra, target: Target | None) -> None:
        """Take the column of the next rows, and the target of the same rows; None when there is none."""
        ...

    def shrink(self, budget: Budget) -> None:
        """Forget what *budget* has no room for."""
        ...

    def summary(self) -> Summary:
        """All of it in a few numbers."""
        ...


@attrs.define
class NumericFold:
    """Counts, moments and distribution; by counting where the values are few, by sorting where they are many."""

    n: int = 0
    n_missing: int = 0
    n_invalid: int = 0
    moments: Moments = attrs.field(factory=Moments)
    distribution: Distribution = attrs.field(factory=Distribution)
    to_target: NumbersToTarget = attrs.field(factory=NumbersToTarget)
    waiting: NDArray[np.int64] | None = None  # tables of numbers from *low* on, of several blocks together
    low: int = 0

    def add(self, column: Tally, target: Target | None) -> None:
        """Take the column of the next rows, tallied beside the same *target*."""
        self.n += column.n
        self.n_missing += column.n_missing
        self.n_invalid += column.n_invalid
        if column.table is None or target is None or target.values is not None:
            self.to_target.add(column.values, column.there, target)
        if column.table is not None:
            self._wait(column.table, column.low)
        elif len(column.values):
            self.merge(Reckoning.of_values(column.values), 0)

    def merge(self, reckoning: Reckoning, place: int) -> None:
        """Take in what is known of the values of further rows, in the column at *place*."""
        whole = reckoning.whole.column(place)
        self.distribution.add(*reckoning.column(place))
        self.moments.add(whole.n, whole.mean, whole.variance)
        self.to_target.groups.merge(reckoning.groups(place))

    def shrink(self, budget: Budget) -> None:
        """Forget what *budget* has no room for."""
        self.distribution.shrink(budget.points)

    def summary(self) -> NumericSummary:
        """All of it in a few numbers."""
        settle([self])
        known, ends = self.distribution, self.distribution.ends
        return NumericSummary(
            n=self.n,
            n_missing=self.n_missing,
            n_invalid=self.n_invalid,
            minimum=ends[0] if ends else None,
            median=known.median,
            mean=self.moments.mean if ends else None,
            std=self.moments.deviation,
            maximum=ends[1] if ends else None,
            n_distinct=known.n_distinct,
            quantiles=known.quantiles(),
            correlation=self.to_target.measure,
            rank_error=known.rank_error,
        )

    def _wait(self, table: NDArray[np.int64], low: int) -> None:
        """Keep a small *table* for those of other blocks."""
        held = None if self.waiting is None else added(self.waiting, self.low, table, low, _MAX_WAITING)
        if held is None:
            settle([self])
        self.waiting, self.low = held or (table, low)
        if self.waiting.size > _MAX_WAITING:
            settle([self])


def settle(folds: Iterable[NumericFold]) -> None:
    """Have *folds* take in what waits."""
    waiting = ((fold, fold.waiting, fold.low) for fold in folds if fold.waiting is not None)
    for settled, reckoning in reckoned(waiting):
        for place, fold in enumerate(settled):
            fold.waiting = None
            fold.merge(reckoning, place)


@attrs.define
class BinaryFold:
    """Counts of yes, no and neither."""

    n: int = 0
    n_missing: int = 0
    n_invalid: int = 0
    n_true: int = 0
    to_target: NumbersToTarget = attrs.field(factory=NumbersToTarget)

    def add(self, column: BinaryColumn, target: Target | None) -> None:
        """Take the column of the next rows."""
        there = column.values >= 0
        self.n += len(column)
        self.n_missing += len(column) - _count(there)
        self.n_invalid += _count(column.invalid)
        self.n_true += _count(column.values == 1)
        self.to_target.add(column.values[there], there, target)

    def shrink(self, budget: Budget) -> None:
        """Nothing here grows."""

    def summary(self) -> BinarySummary:
        """All of it in a few numbers."""
        return BinarySummary(
            n=self.n,
            n_missing=self.n_missing,
            n_invalid=self.n_invalid,
            n_true=self.n_true,
            correlation=self.to_target.measure,
        )


@attrs.define
class CategoricalFold:
    """Counts of the levels that occur."""

    n: int = 0
    levels: Frequent = attrs.field(factory=Frequent)
    to_target: LevelsToTarget = attrs.field(factory=LevelsToTarget)

    def add(self, column: CategoricalColumn, target: Target | None) -> None:
        """Take the column of the next rows."""
        counts = count(column.codes, len(column.vocabulary))
        met = np.flatnonzero(counts)
        self.n += len(column)
        self.levels.add([column.vocabulary[code] for code in met.tolist()], counts[met].tolist())
        self.to_target.add(column, target)

    def shrink(self, budget: Budget) -> None:
        """Forget what *budget* has no room for."""
        self.levels.shrink(budget.strings, budget.chars)
        self.to_target.shrink(budget.cells)

    def summary(self) -> CategoricalSummary:
        """All of it in a few numbers."""
        top = self.levels.top(MAX_LEVELS)
        return CategoricalSummary(
            n=self.n,
            n_distinct=self.levels.n_distinct,
            levels=tuple(level for level, _ in top),
            counts=tuple(count for _, count in top),
            least_frequent=self.levels.rarest,
            correlation=self.to_target.measure,
            approximate=self.levels.floor > 0,
            count_error=self.levels.error(level for level, _ in top),
        )


def _count(mask: Mask | None) -> int:
    return 0 if mask is None else int(np.count_nonzero(mask))
