"""
What a regression missed, of more observations than are kept: counts by the leading bits of the residuals.

A residual, in single precision, is known by its sign, its exponent and the first 11 bits of its mantissa. The largest
is known exactly, so the edges of the histogram are; one that lies within a two-thousandth of an edge may be counted on
the other side of it.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from amlwrap.local.score.metrics import Counts, Histogram, even_edges

__all__ = ["Residuals"]

_DROPPED: Final = 12  # of the 23 bits of the mantissa
_HALF: Final = 1 << (31 - _DROPPED)


class Residuals:
    """
    How often each residual occurs, to eleven bits.

    >>> residuals = Residuals()
    >>> residuals.add(np.array([-1.0, 1.0, 2.0]))
    >>> found = residuals.histogram(4)
    >>> found.edges.tolist(), found.counts.tolist()
    ([-2.0, -1.0, 0.0, 1.0, 2.0], [0, 1, 0, 2])
    """

    def __init__(self) -> None:
        self._above: Counts = np.zeros(_HALF, np.int64)
        self._below: Counts = np.zeros(_HALF, np.int64)
        self._reach = 0.0

    def add(self, residuals: NDArray[np.float64]) -> None:
        """Count more, all of them finite."""
        with np.errstate(over="ignore"):  # what leaves single precision is counted with the largest
            bits = np.abs(residuals).astype(np.float32).view(np.int32) >> _DROPPED
        negative = residuals < 0
        self._above += np.bincount(bits[~negative], minlength=_HALF)
        self._below += np.bincount(bits[negative], minlength=_HALF)
        self._reach = max(self._reach, float(np.abs(residuals).max(initial=0.0)))

    def histogram(self, n_bins: int = 50) -> Histogram:
        """As `amlwrap.local.score.metrics.residual_histogram`."""
        edges = even_edges(self._reach, n_bins)
        counts = np.zeros(n_bins, np.int64)
        for sign, held in ((1.0, self._above), (-1.0, self._below)):
            bins = np.flatnonzero(held)
            places = np.searchsorted(edges, sign * _sizes(bins), "right") - 1
            np.add.at(counts, np.clip(places, 0, n_bins - 1), held[bins])
        return Histogram(edges, counts)


def _sizes(bins: NDArray[Any]) -> NDArray[np.float64]:
    """The smallest number of each bin."""
    return (bins.astype(np.int32) << _DROPPED).view(np.float32).astype(np.float64)
