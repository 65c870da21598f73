"""Batches: rows of a design matrix, cut for one step each, and what a learner must know of all of them at first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import attrs
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from amlwrap.local.features.layout import Layout
from amlwrap.local.features.matrix import Matrix
from amlwrap.local.learn.losses import Floats, Targets


def batch_size(n_rows: int) -> int:
    """
    Rows a step: about a hundred steps a pass over few rows, and steps of 256 rows over many.

    >>> batch_size(100), batch_size(5_000), batch_size(1_000_000)
    (4, 64, 256)
    """
    exponent = round(float(np.log2(max(n_rows, 1) / 100)))
    return 1 << min(max(exponent, 2), 8)


@attrs.frozen(eq=False)
class Batch:
    """
    Some rows of the design matrix, narrowed to the columns they hold or imply.

    Attributes:
        rows: The stored entries.
        columns: Columns of the whole matrix that those of *rows* are.
        starts: Columns of *rows* that are implied levels, each the first of its variable.
        shares: How many of the training rows hold each of these. An implied level is learned as the difference from its
            share: nearly every row has it, and weights that move together would else move every score.
        n_levels: Columns of *rows* that are levels.
        targets: What each row's score is to become.
    """

    rows: Matrix
    columns: NDArray[np.intp] | slice
    starts: NDArray[np.intp]
    shares: Floats
    n_levels: int
    targets: Targets

    @property
    def n_rows(self) -> int:
        """Number of observations."""
        return len(self.targets)

    def scores(self, weights: Floats, bias: Floats) -> Floats:
        """Linear predictors, given the *weights* of the batch's columns, shape ``(n_rows, n_outputs)``."""
        if not len(self.starts):
            return np.asarray(self.rows @ weights + bias, np.float32)
        implied = weights[self.starts]
        lengths = np.diff(np.append(self.starts, self.n_levels))
        differences = weights.copy()
        differences[: self.n_levels] -= np.repeat(implied, lengths, axis=0)
        return np.asarray(self.rows @ differences + (bias + (1 - self.shares) @ implied), np.float32)

    def gradient(self, slope: Floats) -> Floats:
        """Derivative of the cost by the weights of the batch's columns, given that by the scores."""
        gradient: Floats = self.rows.T @ slope
        if len(self.starts):
            others = np.add.reduceat(gradient[: self.n_levels], self.starts, axis=0)
            gradient[self.starts] = np.outer(1 - self.shares, slope.sum(axis=0)) - others
        return gradient


def batches(rows: Matrix, targets: Targets, size: int, layout: Layout) -> Iterator[Batch]:
    """
    Cut *rows* into consecutive batches of *size* rows.

    A batch that holds fewer than half of all columns is renumbered to just these, so that a step costs what the batch
    costs however wide the matrix is.
    """
    numbers = np.zeros(layout.n_trained, np.int32)
    for start in range(0, rows.shape[0], size):
        offsets = rows.indptr[start : start + size + 1]
        entries = slice(offsets[0], offsets[-1])
        columns = _columns(rows.indices[entries], layout, numbers)
        places = rows.indices[entries] if columns is None else numbers[rows.indices[entries]]
        width = layout.n_trained if columns is None else len(columns)
        arrays = (rows.data[entries], places, offsets - offsets[0])
        yield Batch(
            rows=sparse.csr_array(arrays, (len(offsets) - 1, width), dtype=np.float32),
            columns=slice(None) if columns is None else columns,
            starts=layout.starts if columns is None else numbers[layout.starts].astype(np.intp),
            shares=layout.shares,
            n_levels=layout.n_levels if columns is None else int(np.searchsorted(columns, layout.n_levels)),
            targets=targets[start : start + size],
        )


def _columns(held: NDArray[np.int32], layout: Layout, numbers: NDArray[np.int32]) -> NDArray[np.intp] | None:
    """The columns that are *held* or implied, in order, and *numbers* given to them; None where most columns are."""
    if 2 * len(layout.starts) >= layout.n_trained:
        return None
    mentioned = np.concatenate([layout.starts.astype(np.int32), held])
    turns = np.arange(len(mentioned), dtype=np.int32)
    numbers[mentioned] = turns  # of a column mentioned twice, one mention stays: the one that counts
    columns = np.sort(mentioned[numbers[mentioned] == turns])
    if 2 * len(columns) >= layout.n_trained:
        return None
    numbers[columns] = turns[: len(columns)]
    return np.asarray(columns, np.intp)


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

    visits: NDArray[np.int64]
    n_batches: int = 0
    n_rows: int = 0
    most_rows: int = 0
    squares: float = 0.0

    @classmethod
    def start(cls, n_columns: int) -> Facts:
        """Facts of no batch yet, of a matrix with *n_columns* that training rows can hold."""
        return cls(np.zeros(n_columns, np.int64))

    def add(self, batch: Batch) -> None:
        """Count *batch* too."""
        self.visits[batch.columns] += 1
        self.n_batches += 1
        self.n_rows += batch.n_rows
        self.most_rows = max(self.most_rows, batch.n_rows)
        implied = float((batch.shares * (1 - batch.shares)).sum())
        self.squares += float(np.square(batch.rows.data, dtype=np.float64).sum()) + batch.n_rows * implied

    @property
    def row_norm(self) -> float:
        """Root of the mean squared length of a row: how far a step of one in each of its weights moves its score."""
        return float(np.sqrt(max(self.squares / self.n_rows, 1.0)))

    @property
    def rarity(self) -> Floats:
        """Number of batches for each batch that holds a column, shape ``(n_columns, 1)``."""
        return (self.n_batches / np.maximum(self.visits, 1)).astype(np.float32)[:, None]


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
