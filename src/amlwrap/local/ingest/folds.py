"""Folds of NUMERIC, BINARY and CATEGORICAL columns: blocks in, one after the other, a summary out."""

from __future__ import annotations

from typing import Any, Generic, Protocol, TypeVar

import attrs
import numpy as np
from numpy.typing import NDArray

from amlwrap.local.ingest.budget import Budget
from amlwrap.local.ingest.columns import BinaryColumn, CategoricalColumn, Column, Mask, NumericColumn
from amlwrap.local.ingest.counting import count, cross
from amlwrap.local.ingest.distribution import Distribution
from amlwrap.local.ingest.frequent import Frequent
from amlwrap.local.ingest.moments import Moments
from amlwrap.local.ingest.summaries import MAX_LEVELS, BinarySummary, CategoricalSummary, NumericSummary, Summary
from amlwrap.local.ingest.target import LevelsToTarget, NumbersToTarget, Target

_MAX_TABLE = 1 << 20  # cells of a contingency table that is made whole
_MAX_WAITING = 1 << 12  # cells of one that waits for those of other blocks

Column_contra = TypeVar("Column_contra", bound=Column, contravariant=True)


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
    waiting: NDArray[np.int64] | None = None  # tables of bytes and classes, of several blocks together

    def add(self, column: NumericColumn, target: Target | None) -> None:
        """Take the column of the next rows."""
        there = None if column.missing is None else ~column.missing
        values = column.values if there is None else column.values[there]
        self.n += len(column)
        self.n_missing += len(column) - len(values)
        self.n_invalid += _count(column.invalid)
        joint, low = _table(values, there, target)
        if joint is None or target is None or target.values is not None:
            self.to_target.add(values, there, target)
        if joint is None:
            self._add_counts(*np.unique(values, return_counts=True))
        elif values.dtype == np.uint8 and joint.size <= _MAX_WAITING:
            if self.waiting is not None and self.waiting.shape != joint.shape:
                self._settle()
            self.waiting = joint if self.waiting is None else self.waiting + joint
        else:
            self._add_table(joint, low)

    def shrink(self, budget: Budget) -> None:
        """Forget what *budget* has no room for."""
        self.distribution.shrink(budget.points)

    def summary(self) -> NumericSummary:
        """All of it in a few numbers."""
        self._settle()
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

    def _settle(self) -> None:
        """Take in what waits."""
        if self.waiting is not None:
            self._add_table(self.waiting, 0)
            self.waiting = None

    def _add_table(self, joint: NDArray[np.int64], low: int) -> None:
        counts = joint.sum(axis=0)
        places = np.flatnonzero(counts)
        distinct = places + low
        if len(joint) > 1:
            self.to_target.groups.add_table(joint[1:, places], distinct.astype(np.float64))
        self._add_counts(distinct, counts[places])

    def _add_counts(self, distinct: NDArray[Any], counts: NDArray[np.int64]) -> None:
        n = int(counts.sum())
        self.distribution.add(distinct, counts)
        if n:
            numbers, shares = distinct.astype(np.float64), counts / n
            mean = float(numbers @ shares)
            self.moments.add(n, mean, float(np.square(numbers - mean) @ shares))


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


def _table(values: NDArray[Any], there: Mask | None, target: Target | None) -> tuple[NDArray[np.int64] | None, int]:
    """
    How often each whole number occurs, from the least on, which comes second; None when the table would be large.

    Where the target has classes there is a row for each, below one for those that have none.
    """
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
