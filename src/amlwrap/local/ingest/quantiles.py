"""Quantiles: how a numeric attribute's values are spread, exactly or at 4,096 points."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

MAX_POINTS = 4_096


@attrs.frozen(eq=False)
class Quantiles:
    """
    Values in rising order, and how many are no larger than each.

    Attributes:
        values: float64, strictly increasing; all distinct values when they are at most 4,096, else as many points with
            about the same number of values between them.
        cumulative: int64, same shape: how many values there are up to and including each.

    >>> Quantiles.of(np.array([3.0, 1.0, 1.0, 2.0])).cumulative
    array([2, 3, 4])
    """

    values: NDArray[np.float64]
    cumulative: NDArray[np.int64]

    @classmethod
    def of(cls, values: NDArray[Any]) -> Quantiles:
        """Quantiles of *values*, in any order."""
        distinct, counts = np.unique(values, return_counts=True)
        return cls.of_counts(distinct, counts)

    @classmethod
    def of_counts(cls, distinct: NDArray[Any], counts: NDArray[Any]) -> Quantiles:
        """Quantiles of *distinct* values in rising order, each there *counts* times."""
        cumulative = np.cumsum(counts, dtype=np.int64)
        if len(distinct) > MAX_POINTS:
            ranks: NDArray[np.float64] = np.arange(1, MAX_POINTS) * (cumulative[-1] / (MAX_POINTS - 1))
            ranks[-1] = cumulative[-1]
            chosen = np.unique(np.concatenate([np.zeros(1, np.int64), np.searchsorted(cumulative, ranks)]))
            distinct, cumulative = distinct[chosen], cumulative[chosen]
        return cls(distinct.astype(np.float64), cumulative)

    @property
    def n(self) -> int:
        """How many values there are, equal ones counted each."""
        return int(self.cumulative[-1]) if len(self.cumulative) else 0

    def at(self, share: float) -> float:
        """
        The smallest value that *share* of the values do not exceed.

        >>> Quantiles.of(np.arange(1.0, 5.0)).at(0.5)
        2.0
        """
        return float(self.values[np.searchsorted(self.cumulative, share * self.n)])

    def edges(self, n_bins: int) -> NDArray[np.float64]:
        """
        Inner cut points of *n_bins* bins with as equal numbers of values as ties allow, strictly increasing.

        Bins are closed on the right: a value belongs to the bin whose number is that of the edges below it,
        ``np.searchsorted(edges, value)``. Edges are values that occur, and no bin they make is empty, so where many
        values are equal there are fewer bins than asked for; a constant has none.

        >>> Quantiles.of(np.array([0, 0, 0, 0, 0, 0, 7, 8, 9, 9])).edges(5)
        array([0., 8.])
        """
        _, places = self.cuts(np.arange(1, n_bins), n_bins)
        return self.values[places]

    def cuts(self, steps: NDArray[np.intp], parts: NDArray[np.intp] | int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """
        Which *steps* of so many *parts* cut bins, and the place of the value that ends each: see `edges`.

        Several counts of bins may stand one behind the other, each with steps from 1 on. A step does not cut where the
        one before ends with the same value, nor at the last value, behind which there is nothing.

        >>> Quantiles.of(np.array([0, 0, 0, 7, 8])).cuts(np.array([1, 1, 2, 3, 4]), np.array([2, 5, 5, 5, 5]))
        (array([0, 1, 4]), array([0, 0, 1]))
        """
        places = self.cumulative.searchsorted(steps * self.n / parts)
        is_cut = places < len(self.values) - 1
        is_cut[1:] &= (places[1:] != places[:-1]) | (steps[1:] == 1)
        chosen = np.flatnonzero(is_cut)
        return chosen, places[chosen]

    def histogram(self, n_bins: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """
        Bounds and counts of *n_bins* bins of equal width, closed on the right, the first one on both sides.

        >>> Quantiles.of(np.array([0, 1, 2, 10])).histogram(2)[1]
        array([3, 1])
        """
        if not len(self.values):
            return np.zeros(0), np.zeros(0, np.int64)
        bounds, counts = histograms([self], n_bins)
        return bounds[0], counts[0]


def histograms(several: Sequence[Quantiles], n_bins: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Bounds and counts of *n_bins* bins for each of *several* that have values, a row for each: see `histogram`."""
    low, high = (np.array([each.values[end] for each in several])[:, None] for end in (0, -1))
    bounds: NDArray[np.float64] = np.arange(n_bins + 1, dtype=np.float64) * ((high - low) / n_bins) + low
    bounds[:, -1:] = high
    upto = [
        each.cumulative[each.values.searchsorted(row, "right") - 1]
        for each, row in zip(several, bounds[:, 1:], strict=True)
    ]
    counts = np.array(upto, np.int64)
    counts[:, 1:] -= counts[:, :-1].copy()
    return bounds, counts
