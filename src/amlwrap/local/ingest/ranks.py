"""Ranks of more values than can be kept: a summary whose error is bounded and known."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from amlwrap.local.ingest.quantiles import MAX_POINTS, Quantiles

MAX_ERROR = 0.0005
"""By how much of all values a rank may be off; twice as much in orders made to be hard."""


@attrs.define
class Ranks:
    """
    Some of the values, with bounds on how many others lie before them.

    A run of sorted values goes in whole, which leaves the bounds between neighbours as they were; then points are
    dropped as long as the bounds stay narrow, measured against all values by now.

    Source: Greenwald and Khanna (2001), with values and their counts in place of single ones.

    Attributes:
        values: Strictly increasing, the least and the largest of all among them.
        low: At least so many values are no larger.
        below: At most so many values are smaller.
    """

    values: NDArray[np.float64]
    low: NDArray[np.int64]
    below: NDArray[np.int64]

    @classmethod
    def of(cls, distinct: NDArray[np.float64], counts: NDArray[Any]) -> Ranks:
        """Exact ranks of *distinct* values in rising order, each there *counts* times."""
        low = np.cumsum(counts, dtype=np.int64)
        return cls(distinct, low, low - counts)

    @property
    def n(self) -> int:
        """How many values there are."""
        return int(self.low[-1])

    @property
    def error(self) -> float:
        """By how much of all values a rank may be off, as it turned out."""
        return float((self.below[1:] - self.low[:-1]).max(initial=0)) / (2 * self.n)

    def add(self, distinct: NDArray[np.float64], counts: NDArray[Any]) -> None:
        """Put in another run."""
        upto = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts, dtype=np.int64)])
        before = upto[np.searchsorted(distinct, self.values)]
        including = upto[np.searchsorted(distinct, self.values, side="right")]
        place = np.searchsorted(self.values, distinct)
        new = np.append(self.values, np.nan)[place] != distinct
        above = np.append(self.below, self.n)[place[new]]
        under = np.concatenate([np.zeros(1, np.int64), self.low])[place[new]]
        values = np.concatenate([self.values, distinct[new]])
        order = np.argsort(values, kind="stable")
        self.values = values[order]
        self.low = np.concatenate([self.low + including, under + upto[1:][new]])[order]
        self.below = np.concatenate([self.below + before, above + upto[:-1][new]])[order]

    def shrink(self) -> None:
        """Drop what is not needed to stay within `MAX_ERROR`, or, should there still be too many, within more."""
        width = int(2 * MAX_ERROR * self.n)
        kept = self._spaced(width)
        while len(kept) > MAX_POINTS:
            width += 1 + width // 8
            kept = self._spaced(width)
        self.values, self.low, self.below = self.values[kept], self.low[kept], self.below[kept]

    def quantiles(self) -> Quantiles:
        """The values, each with the middle of what its rank may be."""
        cumulative = self.low.copy()
        cumulative[:-1] += (self.below[1:] - self.low[:-1]) // 2
        return Quantiles(self.values, cumulative)

    def _spaced(self, width: int) -> NDArray[np.int64]:
        """Places of the fewest values between which, and next to each other, lie at most *width* others."""
        furthest = np.searchsorted(self.below, self.low + width, side="right") - 1
        following: list[int] = np.maximum(furthest, np.arange(1, len(furthest) + 1)).tolist()
        kept, place, last = [0], 0, len(self.values) - 1
        while place < last:
            place = following[place]
            kept.append(place)
        return np.array(kept)
