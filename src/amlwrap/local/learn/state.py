"""
Where weights, and the sums of their squared gradients, are kept: so that what a batch needs is fetched at its own cost.

Three forms, one face. Where a batch holds most columns, all weights lie in one piece of memory and all sums in another;
to fetch all is to fetch nothing. Where it holds few of many, what belongs to one column lies together. And as long as
several learners race over such columns, only those columns have a place that a batch has held so far.
"""

from __future__ import annotations

from typing import Protocol, TypeAlias

import attrs
import numpy as np
from numpy.typing import NDArray

from amlwrap.local.learn.losses import Floats

Columns: TypeAlias = "NDArray[np.intp] | slice"


class State(Protocol):
    """Weights and sums of squares, zero at first; what is fetched has the shape ``(n, 2, width)``."""

    @property
    def weights(self) -> Floats:
        """All weights, shape ``(n_columns, width)``."""
        ...

    def take(self, columns: Columns) -> Floats:
        """What belongs to *columns*: all in place, or a copy of some."""
        ...

    def put(self, columns: Columns, changed: Floats) -> None:
        """Put back what was taken."""
        ...

    @property
    def live(self) -> NDArray[np.bool_]:
        """Which weights are not zero, shape ``(n, width)``; columns that hold none may be left out."""
        ...

    def keep(self, chosen: NDArray[np.intp]) -> State:
        """The *chosen* of the width, in the form that suits one learner."""
        ...


def state(n_columns: int, width: int, *, is_narrow: bool, is_race: bool) -> State:
    """
    Zeros, in the form that suits.

    Args:
        n_columns: Of the design matrix.
        width: Weights of a column.
        is_narrow: Whether batches hold few columns of many.
        is_race: Whether several learners share the width.
    """
    if is_narrow and is_race:
        return _Growing(np.zeros(n_columns, np.int32), np.zeros((1, 2, width), np.float32))
    return _Together(np.zeros((n_columns, 2, width), np.float32)) if is_narrow else _apart(n_columns, width)


@attrs.frozen(eq=False)
class _Whole:
    """A place for every column."""

    values: Floats

    @property
    def weights(self) -> Floats:
        return self.values[:, 0]


class _Apart(_Whole):
    """All weights in one piece of memory, all sums in another."""

    @property
    def live(self) -> NDArray[np.bool_]:
        live: NDArray[np.bool_] = self.weights != 0
        return live

    def take(self, columns: Columns) -> Floats:
        return self.values[columns]

    def put(self, columns: Columns, changed: Floats) -> None:
        if not isinstance(columns, slice):
            self.values[columns] = changed

    def keep(self, chosen: NDArray[np.intp]) -> State:
        kept = _apart(len(self.values), len(chosen))
        kept.values[:] = self.values[:, :, chosen]
        return kept


def _apart(n_columns: int, width: int) -> _Apart:
    return _Apart(np.zeros((2, n_columns, width), np.float32).transpose(1, 0, 2))


class _Together(_Whole):
    """What belongs to one column in one piece of memory."""

    @property
    def live(self) -> NDArray[np.bool_]:
        return _live(self.values)

    def take(self, columns: Columns) -> Floats:
        return self.values if isinstance(columns, slice) else self.values.take(columns, axis=0)

    def put(self, columns: Columns, changed: Floats) -> None:
        if not isinstance(columns, slice):
            _pieces(self.values)[columns] = _pieces(changed)

    def keep(self, chosen: NDArray[np.intp]) -> State:
        return _Together(np.ascontiguousarray(self.values[:, :, chosen]))


@attrs.define(eq=False)
class _Growing:
    """
    Places for the columns that a batch has held so far.

    Attributes:
        slots: Place of each column; 0, a place of zeros, for those that have none yet.
        values: Twice as many when they do not suffice.
    """

    slots: NDArray[np.int32]
    values: Floats
    _n: int = attrs.field(default=1, init=False)

    @property
    def weights(self) -> Floats:
        return self.values[:, 0].take(self.slots, axis=0)

    def take(self, columns: Columns) -> Floats:
        slots = self.slots[columns]
        unplaced = np.flatnonzero(slots == 0)
        slots[unplaced] = np.arange(self._n, self._n + len(unplaced), dtype=np.int32)
        self.slots[columns] = slots
        self._n += len(unplaced)
        if self._n > len(self.values):
            more = np.zeros((2 * self._n - len(self.values), *self.values.shape[1:]), np.float32)
            self.values = np.concatenate([self.values, more])
        return self.values.take(slots, axis=0)

    def put(self, columns: Columns, changed: Floats) -> None:
        _pieces(self.values)[self.slots[columns]] = _pieces(changed)

    @property
    def live(self) -> NDArray[np.bool_]:
        return _live(self.values[: self._n])

    def keep(self, chosen: NDArray[np.intp]) -> State:
        kept = np.zeros((len(self.slots), 2, len(chosen)), np.float32)
        placed = np.flatnonzero(self.slots)
        found = np.ascontiguousarray(self.values[:, :, chosen])
        _pieces(kept)[placed] = _pieces(found)[self.slots.take(placed)]
        return _Together(kept)


def _pieces(values: Floats) -> NDArray[np.void]:
    """*values* of each column as one thing, which is copied faster than number by number."""
    n, *shape = values.shape
    size = int(np.prod(shape))
    return values.reshape(n, size).view(np.dtype((np.void, size * values.itemsize)))[:, 0]


def _live(values: Floats) -> NDArray[np.bool_]:
    live: NDArray[np.bool_] = values != 0  # the sums as well: without gaps it is faster
    return live[:, 0]
