"""
What bins tell of a target, judged from sums over the rows of each bin.

A bin's own rows always look well explained by their mean, so two figures are kept apart: what bins explain of the rows
they were made from, and what they explain of a row that was left out. The first is too high by what is learned of mere
chance, the second too low by about as much. All sums are whole numbers: in whatever blocks rows come, they are the
same.
"""

from __future__ import annotations

from typing import Any, Protocol, TypeAlias

import attrs
import numpy as np
from numpy.typing import NDArray

Sums: TypeAlias = NDArray[np.float64]
"""Whole numbers, shape ``(n_bins, n_sums)``."""

GRAIN = 4096
"""Steps in which numeric targets are counted, to a standard deviation."""


@attrs.frozen
class Merit:
    """
    What bins explain.

    Attributes:
        seen: Of the rows they were made from.
        left_out: Of rows left out one at a time.
    """

    seen: float
    left_out: float

    @property
    def gain(self) -> float:
        """What they would explain if nothing had to be learned: halfway."""
        return (self.seen + self.left_out) / 2

    @property
    def price(self) -> float:
        """What learning it from these rows costs."""
        return (self.seen - self.left_out) / 2


class Judge(Protocol):
    """A kind of target."""

    @property
    def n_sums(self) -> int:
        """Sums kept of each bin."""
        ...

    def sums(self, bins: NDArray[np.intp], targets: NDArray[Any], n_bins: int) -> Sums:
        """Sums of rows, given the bin and the target of each."""
        ...

    def knowable(self, sums: Sums) -> float:
        """The most there is to explain."""
        ...

    def merit(self, sums: Sums) -> Merit:
        """What these bins explain, in the same unit."""
        ...


@attrs.frozen
class Classes:
    """
    Targets that are codes of classes; sums are rows of each class, and what is explained is log-likelihood, in nats.

    A row that is left out is predicted by the others of its bin, and one more that holds every class by its share.
    """

    n_sums: int

    def sums(self, bins: NDArray[np.intp], targets: NDArray[Any], n_bins: int) -> Sums:
        """Rows of each class."""
        counts = np.bincount(bins * self.n_sums + targets, minlength=n_bins * self.n_sums)
        return counts.reshape(n_bins, self.n_sums).astype(np.float64)

    def knowable(self, sums: Sums) -> float:
        """The entropy of the classes."""
        total = sums.sum(axis=0)
        return _xlogx(total.sum(keepdims=True)) - _xlogx(total)

    def merit(self, sums: Sums) -> Merit:
        """Log-likelihood beyond that of the classes alone."""
        total, rows = sums.sum(axis=0), sums.sum(axis=1)
        base = _xlogx(total) - _xlogx(total.sum(keepdims=True))
        seen = _xlogx(sums) - _xlogx(rows)
        shares = np.broadcast_to(total / max(total.sum(), 1.0), sums.shape)
        held = sums > 0
        left_out = float((sums[held] * np.log(sums[held] - 1 + shares[held])).sum()) - _xlogx(rows)
        return Merit(seen - base, left_out - base)


@attrs.frozen
class Numbers:
    """
    Targets that are standardised numbers; sums are rows, targets and squares, and what is explained is sum of squares.

    A row that is left out is predicted by the others of its bin, and one more that holds the mean of all.
    """

    n_sums: int = 3

    def sums(self, bins: NDArray[np.intp], targets: NDArray[Any], n_bins: int) -> Sums:
        """Rows, and their targets and squares in grains."""
        grains = np.rint(targets * GRAIN)
        columns = [np.bincount(bins, weights, n_bins) for weights in (None, grains, np.square(grains))]
        return np.column_stack(columns).astype(np.float64)

    def knowable(self, sums: Sums) -> float:
        """All squares."""
        n, total, squares = (float(column.sum()) for column in sums.T)
        return squares - total**2 / max(n, 1.0)

    def merit(self, sums: Sums) -> Merit:
        """Squares less those that remain."""
        n, total, squares = sums[sums[:, 0] > 0].T
        mean = total.sum() / max(n.sum(), 1.0)
        squares = squares - 2 * mean * total + n * mean**2
        total = total - n * mean
        seen = float((np.square(total) / np.maximum(n, 1)).sum())
        remaining = (np.square(n + 1) * squares - (n + 2) * np.square(total)) / np.square(n)
        return Merit(seen, float(squares.sum() - remaining.sum()))


def _xlogx(counts: Sums) -> float:
    held = counts[counts > 0]
    return float((held * np.log(held)).sum())
