"""
What bins tell of a target, judged from sums over the rows of each bin.

A bin's own rows always look well explained by their mean, so two figures are kept apart: what bins explain of the rows
they were made from, and what they explain of a row that was left out. The first is too high by what is learned of mere
chance, the second too low by about as much. All sums are whole numbers: in whatever blocks rows come, they are the
same.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, Protocol, TypeAlias

import attrs
import numpy as np
from numpy.typing import NDArray

from amlwrap.local.ingest.counting import cross

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


class Aims(Protocol):
    """The targets of some rows."""

    def sums(self, bins: NDArray[np.integer[Any]], n_bins: int) -> Sums:
        """Sums of these rows, given the bin of each."""
        ...


class Judge(Protocol):
    """A kind of target."""

    @property
    def n_sums(self) -> int:
        """Sums kept of each bin."""
        ...

    def aims(self, targets: NDArray[Any]) -> Aims:
        """*targets* of rows that are to be summed in the bins of many attributes."""
        ...

    def knowable(self, sums: Sums) -> float:
        """The most there is to explain."""
        ...

    def merits(self, sums: Sums, firsts: NDArray[np.intp]) -> list[Merit]:
        """
        What several ways to cut into bins explain, in the same unit.

        Args:
            sums: Of the bins of all ways, one way behind the other.
            firsts: The first bin of each way, all of which have some.
        """
        ...


@attrs.frozen(eq=False, slots=False)
class _Codes:
    """Classes by number."""

    codes: NDArray[Any]
    n: int

    def sums(self, bins: NDArray[np.integer[Any]], n_bins: int) -> Sums:
        """Rows of each class."""
        firsts, width = (self._byte_rows, 256) if n_bins <= 256 else (self.codes * n_bins, n_bins)
        return cross(bins, width, firsts, self._sizes)[:, :n_bins].T.astype(np.float64)

    @cached_property
    def _byte_rows(self) -> NDArray[np.int64]:
        return self.codes.astype(np.int64) * 256

    @cached_property
    def _sizes(self) -> NDArray[np.int64]:
        return np.bincount(self.codes, minlength=self.n)


@attrs.frozen
class Classes:
    """
    Targets that are codes of classes; sums are rows of each class, and what is explained is log-likelihood, in nats.

    A row that is left out is predicted by the others of its bin, and one more that holds every class by its share.
    """

    n_sums: int

    def aims(self, targets: NDArray[Any]) -> Aims:
        """Classes to be counted."""
        return _Codes(targets, self.n_sums)

    def knowable(self, sums: Sums) -> float:
        """The entropy of the classes."""
        total = sums.sum(axis=0)
        return float(_xlogx(total.sum()) - _xlogx(total).sum())

    def merits(self, sums: Sums, firsts: NDArray[np.intp]) -> list[Merit]:
        """Log-likelihood beyond that of the classes alone."""
        total, lengths = np.add.reduceat(sums, firsts), _lengths(sums, firsts)
        n = total.sum(axis=1)
        base = _xlogx(total).sum(axis=1) - _xlogx(n)
        shares = np.repeat(total / np.maximum(n, 1.0)[:, None], lengths, axis=0)
        others = np.where(sums > 0, sums - 1 + shares, 1.0)
        rows = _xlogx(sums.sum(axis=1))
        seen = np.add.reduceat(_xlogx(sums).sum(axis=1) - rows, firsts) - base
        left_out = np.add.reduceat((sums * np.log(others)).sum(axis=1) - rows, firsts) - base
        return list(map(Merit, seen.tolist(), left_out.tolist()))


@attrs.frozen(eq=False)
class _Grains:
    """Standardised numbers and their squares, in whole grains."""

    grains: NDArray[np.float64]
    squares: NDArray[np.float64]

    def sums(self, bins: NDArray[np.integer[Any]], n_bins: int) -> Sums:
        """Rows, and their targets and squares."""
        columns = [np.bincount(bins, weights, n_bins) for weights in (None, self.grains, self.squares)]
        return np.column_stack(columns).astype(np.float64)


@attrs.frozen
class Numbers:
    """
    Targets that are standardised numbers; sums are rows, targets and squares, and what is explained is sum of squares.

    A row that is left out is predicted by the others of its bin, and one more that holds the mean of all.
    """

    n_sums: int = 3

    def aims(self, targets: NDArray[Any]) -> Aims:
        """Numbers to be added up."""
        grains = np.rint(targets * GRAIN)
        return _Grains(grains, np.square(grains))

    def knowable(self, sums: Sums) -> float:
        """All squares."""
        n, total, squares = (float(column.sum()) for column in sums.T)
        return squares - total**2 / max(n, 1.0)

    def merits(self, sums: Sums, firsts: NDArray[np.intp]) -> list[Merit]:
        """Squares less those that remain."""
        whole, lengths = np.add.reduceat(sums, firsts), _lengths(sums, firsts)
        mean = np.repeat(whole[:, 1] / np.maximum(whole[:, 0], 1.0), lengths)
        n, total, squares = sums.T
        squares = squares - 2 * mean * total + n * mean**2
        total = np.square(total - n * mean)
        some = np.maximum(n, 1.0)  # of no rows, all else is zero too
        remaining = (np.square(n + 1) * squares - (n + 2) * total) / np.square(some)
        seen, left_out = (np.add.reduceat(gained, firsts) for gained in (total / some, squares - remaining))
        return list(map(Merit, seen.tolist(), left_out.tolist()))


def _lengths(sums: Sums, firsts: NDArray[np.intp]) -> NDArray[np.intp]:
    return np.diff(np.append(firsts, len(sums)))


def _xlogx(counts: Any) -> NDArray[np.float64]:
    """Of whole numbers."""
    logs: NDArray[np.float64] = counts * np.log(np.maximum(counts, 1.0))
    return logs
