"""The distribution of a NUMERIC attribute: all its different values while they are few enough, else their ranks."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from amlwrap.local.ingest.distinct import Distinct
from amlwrap.local.ingest.quantiles import Quantiles
from amlwrap.local.ingest.ranks import Ranks


@attrs.define
class Distribution:
    """
    Values so far.

    Attributes:
        distinct, counts: The different values, int64 or float64, in rising order, and how often each occurs; empty
            once there were too many.
        ranks: From then on.
        hashes: Of the different values, from then on.
    """

    distinct: NDArray[Any] = attrs.field(factory=lambda: np.zeros(0, np.int64))
    counts: NDArray[np.int64] = attrs.field(factory=lambda: np.zeros(0, np.int64))
    ranks: Ranks | None = None
    hashes: Distinct = attrs.field(factory=Distinct)

    def add(self, distinct: NDArray[Any], counts: NDArray[np.int64]) -> None:
        """Add *distinct* values in rising order, each there *counts* times."""
        distinct = distinct.astype(np.float64 if distinct.dtype.kind == "f" else np.int64, copy=False)
        if self.ranks is not None:
            if len(distinct):
                self.hashes.add_numbers(distinct)
                self.ranks.add(*_merged(distinct.astype(np.float64), counts))
        elif not len(self.distinct):
            self.distinct, self.counts = distinct, counts
        elif len(self.distinct) == len(distinct) and np.array_equal(self.distinct, distinct):
            self.counts = self.counts + counts
        else:
            both = np.concatenate([self.distinct, distinct])
            order = np.argsort(both, kind="stable")
            self.distinct, self.counts = _merged(both[order], np.concatenate([self.counts, counts])[order])

    def shrink(self, max_points: int) -> None:
        """Keep no more than *max_points* different values, or as many ranks as they need."""
        if self.ranks is None and len(self.distinct) > max_points:
            self.hashes.add_numbers(self.distinct)
            self.ranks = Ranks.of(*_merged(self.distinct.astype(np.float64), self.counts))
            self.distinct, self.counts = self.distinct[:0].copy(), self.counts[:0].copy()
        if self.ranks is not None:
            self.ranks.shrink()

    @property
    def n_distinct(self) -> int:
        """Different values; an estimate once there were too many."""
        return len(self.distinct) if self.ranks is None else self.hashes.estimate

    @property
    def rank_error(self) -> float:
        """By how much of all values the rank of a quantile may be off."""
        return 0.0 if self.ranks is None else self.ranks.error

    @property
    def ends(self) -> tuple[float, float] | None:
        """The least and the largest value; None when there is none."""
        values = self.distinct if self.ranks is None else self.ranks.values
        return (float(values[0]), float(values[-1])) if len(values) else None

    @property
    def median(self) -> float | None:
        """The middle value, or half way between two."""
        if self.ranks is not None:
            return self.quantiles().at(0.5)
        if not len(self.distinct):
            return None
        cumulative = np.cumsum(self.counts)
        places = np.searchsorted(cumulative, [(cumulative[-1] - 1) // 2 + 1, cumulative[-1] // 2 + 1])
        middle = self.distinct[places].astype(np.float64)
        return float(middle[0] / 2 + middle[1] / 2)

    def quantiles(self) -> Quantiles:
        """How the values are spread."""
        if self.ranks is not None:
            return self.ranks.quantiles()
        return Quantiles.of_counts(self.distinct, self.counts)


def _merged(values: NDArray[Any], counts: NDArray[np.int64]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Sorted *values* with equal ones made one, and their *counts* added."""
    first = np.ones(len(values), np.bool_)
    first[1:] = values[1:] != values[:-1]
    if first.all():
        return values, counts
    starts = np.flatnonzero(first)
    return values[starts], np.add.reduceat(counts, starts)
