"""Where a NUMERIC attribute may be cut: its finest bins, and what fewer bins that are made of them explain."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Protocol

import attrs
import numpy as np
from numpy.typing import NDArray

from amlwrap.local.features.merit import Judge, Merit, Sums
from amlwrap.local.ingest.columns import NumericColumn

COUNTS = (5, 10, 20, 50, 100, 200, 500)
"""Bin counts seen in the service's own recipes."""

_MANY = 256  # values; of more than that only those at which bins may be cut are told apart


class Summary(Protocol):
    """What the training datasource's statistics must tell about a NUMERIC attribute."""

    def edges(self, name: str, n: int) -> NDArray[np.float64]:
        """Strictly increasing inner cut points of *n* bins of equal population."""
        ...

    def points(self, name: str) -> NDArray[np.float64]:
        """Values in rising order; every cut point of whatever number of bins is one of them."""
        ...


@attrs.frozen(eq=False, slots=False)
class Cuts:
    """
    The finest bins of one attribute.

    Attributes:
        name: Of the attribute.
        bounds: Upper ends of all finest bins but the last; every cut point of fewer bins is one of them.
        starts: For each count of bins, the finest bin that each starts with; of counts that cut alike, the smallest is
            there alone.
    """

    name: str
    bounds: NDArray[np.float64]
    starts: Mapping[int, NDArray[np.intp]]

    @classmethod
    def of(cls, name: str, summary: Summary) -> Cuts:
        """As the *summary* has them."""
        edges = {count: summary.edges(name, count) for count in COUNTS}
        bounds = summary.points(name)[:-1]
        if len(bounds) > _MANY:
            bounds = np.unique(np.concatenate(list(edges.values())))
        starts, most = dict[int, NDArray[np.intp]](), -1
        for count, inner in edges.items():
            if len(inner) > most:
                starts[count] = np.concatenate([[0], np.searchsorted(bounds, inner) + 1])
                most = len(inner)
        return cls(name, bounds, starts)

    @property
    def n(self) -> int:
        """Finest bins; also the code that stands for a missing value."""
        return len(self.bounds) + 1

    @cached_property
    def _of_bytes(self) -> NDArray[np.intp]:
        return np.searchsorted(self.bounds, np.arange(256))

    def codes(self, column: NumericColumn) -> NDArray[np.intp]:
        """The finest bin of each row."""
        values = column.values
        bins = self._of_bytes[values] if values.dtype == np.uint8 else np.searchsorted(self.bounds, values)
        return bins if column.missing is None else np.where(column.missing, self.n, bins)

    def merits(self, judge: Judge, sums: Sums) -> dict[int, Merit]:
        """What each count of bins explains, given the *sums* of the finest."""
        return {count: judge.merit(np.add.reduceat(sums, starts, axis=0)) for count, starts in self.starts.items()}

    def groups(self, count: int) -> NDArray[np.intp]:
        """Which of *count* bins each code belongs to; missing values have one more of their own."""
        starts = self.starts[count]
        return np.searchsorted(np.append(starts, self.n), np.arange(self.n + 1), side="right") - 1


def best_count(merits: Mapping[int, Merit], share: float) -> int:
    """The count with the most left of its *share* of gain after its price, the smallest of equals."""
    best, most, price = COUNTS[0], -np.inf, 0.0
    for count, merit in merits.items():
        price = max(price, merit.price)  # bins of single rows look cheap: finer is never cheaper
        if share * merit.gain - price > most:
            best, most = count, share * merit.gain - price
    return best
