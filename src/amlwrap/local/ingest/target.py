"""The target of a block of rows, its classes numbered alike in every block, and what goes with it."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from amlwrap.local.ingest.columns import BinaryColumn, CategoricalColumn, Column, NumericColumn
from amlwrap.local.ingest.correlation import cramers_v
from amlwrap.local.ingest.moments import Groups, Pair

MAX_CLASSES = 1_000
"""Classes or levels told apart; what lies beyond makes no measure."""


@attrs.frozen(eq=False, slots=False)
class Target:
    """
    The target of some rows.

    Attributes:
        codes: int64, shape ``(n,)``: the class of each row, -1 where there is none. Of a NUMERIC target, 0.
        n_classes: Classes met so far.
        values: float64, shape ``(n,)``: a NUMERIC target's values, NaN where missing; None of the other types.
    """

    codes: NDArray[np.int64]
    n_classes: int
    values: NDArray[np.float64] | None = None

    @cached_property
    def byte_rows(self) -> NDArray[np.int64]:
        """Where each row's class begins in a table of classes, none at all being the first, and bytes."""
        return (self.codes + 1) * 256

    @cached_property
    def sizes(self) -> NDArray[np.int64]:
        """Rows of no class, and of each."""
        return np.bincount(self.codes + 1, minlength=self.n_classes + 1)


@attrs.define
class Places:
    """Levels by number, in the order in which they came; too many are none."""

    numbers: dict[str, int] | None = attrs.field(factory=dict[str, int])

    def of(self, column: CategoricalColumn) -> NDArray[np.int64] | None:
        """The number of each row's level; None, and for ever, once there are more than 1,000."""
        met: list[int] = np.flatnonzero(np.bincount(column.codes, minlength=len(column.vocabulary))).tolist()
        if self.numbers is None or len(met) > MAX_CLASSES:
            self.numbers = None
            return None
        lookup = np.zeros(len(column.vocabulary), np.int64)
        for code in met:
            lookup[code] = self.numbers.setdefault(column.vocabulary[code], len(self.numbers))
        if len(self.numbers) > MAX_CLASSES:
            self.numbers = None
            return None
        return lookup[column.codes]

    def __len__(self) -> int:
        return len(self.numbers or ())


@attrs.define
class Targets:
    """Blocks of a target column."""

    classes: Places = attrs.field(factory=Places)

    def of(self, column: Column) -> Target | None:
        """*column* as the target of its block; None when there are too many classes, or it is text."""
        if isinstance(column, BinaryColumn):
            return Target(column.values.astype(np.int64), 2)
        if isinstance(column, CategoricalColumn):
            codes = self.classes.of(column)
            return None if codes is None else Target(codes, len(self.classes))
        if isinstance(column, NumericColumn):
            values = column.values.astype(np.float64)
            if column.missing is not None:
                values[column.missing] = np.nan
            return Target(np.where(np.isnan(values), -1, 0), 1, values)
        return None


@attrs.define
class NumbersToTarget:
    """What numbers say about the target: a correlation ratio, or Pearson's coefficient when it is NUMERIC."""

    groups: Groups = attrs.field(factory=Groups)
    pair: Pair = attrs.field(factory=Pair)
    lost: bool = False

    def add(self, values: NDArray[Any], there: NDArray[np.bool_] | None, target: Target | None) -> None:
        """Merge *values*, which stand in the rows *there*: in all rows when None."""
        if target is None:
            self.lost = True
            return
        codes = target.codes if there is None else target.codes[there]
        both = codes >= 0
        numbers = values[both].astype(np.float64)
        if target.values is None:
            self.groups.add(codes[both], target.n_classes, numbers)
        else:
            theirs = target.values if there is None else target.values[there]
            self.pair.add(numbers, theirs[both])

    @property
    def measure(self) -> float | None:
        """From 0 to 1; None when there is nothing to go by."""
        if self.lost:
            return None
        return self.pair.correlation if self.pair.a.n else self.groups.ratio


@attrs.define
class LevelsToTarget:
    """
    What levels say about the target: Cramér's V, or a correlation ratio when it is NUMERIC.

    Attributes:
        places: Numbers of the levels; `joint` has them as rows, classes as columns.
        lost: There were too many levels, or the table was too large to be kept.
    """

    places: Places = attrs.field(factory=Places)
    joint: NDArray[np.int64] = attrs.field(factory=lambda: np.zeros((0, 0), np.int64))
    groups: Groups = attrs.field(factory=Groups)
    lost: bool = False

    def add(self, column: CategoricalColumn, target: Target | None) -> None:
        """Merge the levels of a block."""
        codes = None if self.lost or target is None else self.places.of(column)
        if codes is None or target is None:
            self._lose()
            return
        both = target.codes >= 0
        if target.values is not None:
            self.groups.add(codes[both], len(self.places), target.values[both])
            return
        shape = len(self.places), target.n_classes
        met = np.bincount(codes[both] * shape[1] + target.codes[both], minlength=shape[0] * shape[1]).reshape(shape)
        met[: self.joint.shape[0], : self.joint.shape[1]] += self.joint
        self.joint = met

    def shrink(self, max_cells: int) -> None:
        """Give up when the table has more than *max_cells*."""
        if self.joint.size > max_cells:
            self._lose()

    @property
    def measure(self) -> float | None:
        """From 0 to 1; None when there is nothing to go by."""
        if self.lost:
            return None
        return self.groups.ratio if self.groups.whole.n else cramers_v(self.joint)

    def _lose(self) -> None:
        self.lost, self.joint, self.groups, self.places = True, np.zeros((0, 0), np.int64), Groups(), Places()
