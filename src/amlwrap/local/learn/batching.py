"""Batches: rows of a design matrix, cut for one step each, and what a learner must know of all of them at first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

import attrs
import numpy as np
from numpy.typing import NDArray

from amlwrap.local.features.layout import Layout
from amlwrap.local.features.matrix import Matrix
from amlwrap.local.ingest.ahead import in_order
from amlwrap.local.learn.losses import Floats, Targets
from amlwrap.local.learn.products import Rows

AT_A_TIME = 16
"""Batches that are cut in one go."""


def batch_size(n_rows: int) -> int:
    """
    Rows a step: about a hundred steps a pass over few rows, and steps of 512 rows over many.

    >>> batch_size(100), batch_size(5_000), batch_size(1_000_000)
    (4, 64, 512)
    """
    exponent = round(float(np.log2(max(n_rows, 1) / 100)))
    return 1 << min(max(exponent, 2), 9)


@attrs.frozen(eq=False)
class Levels:
    """
    The columns of a batch that are levels: runs of them, the implied level of a variable first.

    Attributes:
        starts: First column of each variable, which is that of its implied level.
        shares: How many of the training rows hold each of these. An implied level is learned as the difference from its
            share: nearly every row has it, and weights that move together would else move every score.
        n: Columns of all variables together.
        variables: The variable of each column, shape ``(n,)``.
        sums: Adds up the columns of each variable, shape ``(n_variables, n)``.
    """

    starts: NDArray[np.intp]
    shares: Floats
    n: int
    variables: NDArray[np.intp] = attrs.field(init=False)
    sums: Rows = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        bounds = np.append(self.starts, self.n).astype(np.int32)
        variables = np.repeat(np.arange(len(self.starts)), np.diff(bounds))
        sums = Rows(np.ones(self.n, np.float32), np.arange(self.n, dtype=np.int32), bounds, (len(self.starts), self.n))
        object.__setattr__(self, "variables", variables)
        object.__setattr__(self, "sums", sums)

    def applied(self, weights: Floats, bias: Floats) -> tuple[Floats, Floats]:
        """What the stored entries of a row are to be multiplied by, and what is the same for all rows."""
        if not self.n:
            return weights, bias
        implied = weights.take(self.starts, axis=0)
        applied = weights.copy()
        applied[: self.n] -= implied.take(self.variables, axis=0)
        return applied, bias + np.asarray((1 - self.shares) @ implied, np.float32)

    def learn(self, gradient: Floats, slope: Floats) -> None:
        """
        Give implied levels their gradient, in place: what is left by the others of the variable.

        Args:
            gradient: By the weights of the batch's columns, as stored entries have it.
            slope: By a score, summed over all rows.
        """
        if self.n:
            gradient[self.starts] = np.multiply.outer(1 - self.shares, slope) - self.sums.times(gradient[: self.n])


@attrs.frozen(eq=False)
class Batch:
    """
    Some rows of the design matrix, narrowed to the columns they hold or imply.

    Attributes:
        rows: The stored entries.
        columns: Columns of the whole matrix that those of *rows* are.
        levels: Which of them are levels.
        targets: What each row's score is to become.
    """

    rows: Rows
    columns: NDArray[np.intp] | slice
    levels: Levels
    targets: Targets

    @property
    def n_rows(self) -> int:
        """Number of observations."""
        return len(self.targets)

    @property
    def halves(self) -> tuple[Batch, Batch]:
        """The first rows, and the others."""
        n_rows = self.n_rows
        return self._between(0, n_rows // 2), self._between(n_rows // 2, n_rows)

    def _between(self, start: int, stop: int) -> Batch:
        return attrs.evolve(self, rows=self.rows.between(start, stop), targets=self.targets[start:stop])


def batches(pieces: Iterable[tuple[Matrix, Targets]], size: int, layout: Layout) -> Iterator[Batch]:
    """
    Cut rows of a design matrix into consecutive batches, in threads of their own while the next ones are made.

    A batch that cannot hold half of all columns is renumbered to those it holds, so that a step costs what the batch
    costs however wide the matrix is.

    Args:
        pieces: The rows and what their scores are to become; all but the last have a multiple of *size* of them.
        size: Of a batch, in rows.
        layout: Of the matrix.
    """
    knife = _Knife(size, layout)
    for some in in_order(knife.cut, _portions(pieces, size * AT_A_TIME), n_ahead=1):
        yield from some


@attrs.frozen(eq=False)
class _Portion:
    """Some of a piece's rows."""

    rows: Matrix
    targets: Targets
    chosen: range


def _portions(pieces: Iterable[tuple[Matrix, Targets]], n_rows: int) -> Iterator[_Portion]:
    for rows, targets in pieces:
        for start in range(0, len(targets), n_rows):
            yield _Portion(rows, targets, range(start, min(start + n_rows, len(targets))))


@attrs.frozen(eq=False)
class _Knife:
    """What it takes to cut batches."""

    size: int
    layout: Layout
    every: Levels = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        layout = self.layout
        object.__setattr__(self, "every", Levels(layout.starts, layout.shares, layout.n_levels))

    def cut(self, portion: _Portion) -> list[Batch]:
        """All batches of some rows."""
        numbers = np.empty(self.layout.n_trained, np.int32)
        return [self._one(portion, start, numbers) for start in portion.chosen[:: self.size]]

    def _one(self, portion: _Portion, start: int, numbers: NDArray[np.int32]) -> Batch:
        """The batch from row *start* on; its columns' numbers are noted in *numbers* meanwhile."""
        layout, rows = self.layout, portion.rows
        offsets = rows.indptr[start : start + self.size + 1]
        entries = slice(offsets[0], offsets[-1])
        places, levels, width = rows.indices[entries], self.every, layout.n_trained
        columns = _columns(places, layout)
        if columns is not None:
            width = len(columns)
            numbers[columns] = np.arange(width, dtype=np.int32)
            places = numbers.take(places)
            if levels.n:
                n_levels = int(np.searchsorted(columns, layout.n_levels))
                levels = Levels(numbers[layout.starts].astype(np.intp), layout.shares, n_levels)
        return Batch(
            rows=Rows(rows.data[entries], places, offsets - offsets[0], (len(offsets) - 1, width)),
            columns=slice(None) if columns is None else columns,
            levels=levels,
            targets=portion.targets[start : start + self.size],
        )


def _columns(held: NDArray[np.int32], layout: Layout) -> NDArray[np.intp] | None:
    """The columns that are *held* or implied, in order; None where they may be half of all."""
    if 2 * (len(held) + len(layout.starts)) >= layout.n_trained:
        return None
    mentioned = np.concatenate([layout.starts.astype(np.int32), held])
    mentioned.sort()
    is_first = np.empty(len(mentioned), bool)
    is_first[:1] = True
    np.not_equal(mentioned[1:], mentioned[:-1], out=is_first[1:])
    return mentioned[is_first].astype(np.intp)


@attrs.define(eq=False)
class Facts:
    """
    What the learner must know of all batches before it sees the first; gathered while they are made.

    Attributes:
        visits: Batches that hold each column, shape ``(n_columns,)``.
        n_batches: Batches so far.
        n_rows: Rows in them.
        most_rows: Rows of the largest.
        squares: Squared lengths of all rows, implied levels counted by how far a row differs from the mean row.
    """

    visits: NDArray[np.int32]
    n_batches: int = 0
    n_rows: int = 0
    most_rows: int = 0
    squares: float = 0.0

    @classmethod
    def start(cls, n_columns: int) -> Facts:
        """Facts of no batch yet, of a matrix with *n_columns* that training rows can hold."""
        return cls(np.zeros(n_columns, np.int32))

    def add(self, batch: Batch) -> None:
        """Count *batch* too."""
        if isinstance(batch.columns, slice):
            self.visits += 1
        else:
            self.visits[batch.columns] = self.visits.take(batch.columns) + 1
        self.n_batches += 1
        self.n_rows += batch.n_rows
        self.most_rows = max(self.most_rows, batch.n_rows)
        shares = batch.levels.shares
        implied = float((shares * (1 - shares)).sum())
        self.squares += float(np.square(batch.rows.data).sum(dtype=np.float64)) + batch.n_rows * implied

    @property
    def row_norm(self) -> float:
        """Root of the mean squared length of a row: how far a step of one in each of its weights moves its score."""
        return float(np.sqrt(max(self.squares / self.n_rows, 1.0)))

    @property
    def is_narrow(self) -> bool:
        """Whether a batch holds less than half of all columns, as a rule."""
        return 2 * int(self.visits.sum()) < self.n_batches * len(self.visits)

    @property
    def rarity(self) -> Floats:
        """Number of batches for each batch that holds a column, shape ``(n_columns, 1)``."""
        return np.divide(np.float32(self.n_batches), np.maximum(self.visits, 1), dtype=np.float32)[:, None]


class Batches(Protocol):
    """All rows, in the order in which they are to be seen; each pass iterates over them anew."""

    @property
    def facts(self) -> Facts:
        """What is true of all of them."""
        ...

    def __len__(self) -> int:
        """Number of batches."""
        ...

    def __iter__(self) -> Iterator[Batch]:
        """From the first to the last."""
        ...
