"""
How many bins a NUMERIC attribute gets in a suggested recipe.

The service picks among seven counts by a rule it does not publish. Ours asks what a finer cut adds to the target's
log-likelihood, and what it costs: a bin is one more weight per class, at half the logarithm of the number of rows
(Schwarz 1978). Attributes that say the same thing share their merit: what each of many correlated attributes seems to
add is scaled down until all together add no more than there is to know about the target.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

import attrs
import numpy as np
from numpy.typing import NDArray

from amlwrap.local.ingest.columns import Column, NumericColumn

COUNTS = (5, 10, 20, 50, 100, 200, 500)
"""Bin counts seen in the service's own recipes."""

_MANY = 256  # values; of more than that only those at which bins may be cut are told apart

TARGET_BINS = 10
"""Groups of equal population that stand for a NUMERIC target."""


class Summary(Protocol):
    """What the training datasource's statistics must tell about a NUMERIC attribute."""

    def edges(self, name: str, n: int) -> NDArray[np.float64]:
        """Strictly increasing inner cut points of *n* bins of equal population."""
        ...

    def points(self, name: str) -> NDArray[np.float64]:
        """Values in rising order; every cut point of whatever number of bins is one of them."""
        ...


Example: TypeAlias = tuple[Mapping[str, Any], NDArray[np.integer[Any]]]
"""Some training rows: their columns by name, and the code of each row's target, from zero."""


def suggest_bins(blocks: Iterable[Example], names: Sequence[str], n_classes: int, summary: Summary) -> dict[str, int]:
    """
    Choose a bin count for each NUMERIC attribute.

    Args:
        blocks: Training rows; a NUMERIC target is cut into groups first.
        names: The attributes.
        n_classes: Number of codes.
        summary: Gives the cut points.
    """
    tables = [_Table.of(name, n_classes, summary) for name in names]
    totals = np.zeros(n_classes, np.int64)
    for columns, target in blocks:
        totals += np.bincount(target, minlength=n_classes)
        for table in tables:
            table.add(columns[table.name], target)
    knowable = -_log_likelihood(totals[None, :])
    claimed = sum(table.claim() for table in tables)
    share = min(1.0, knowable / claimed) if claimed > 0 else 1.0
    return {table.name: table.best_count(share) for table in tables}


@attrs.frozen(eq=False)
class _Table:
    """
    Rows of each class in each of the finest bins of one attribute.

    Attributes:
        bounds: Upper ends of all finest bins but the last; every cut point of fewer bins is one of them.
        counts: int64, shape ``(n_bins, n_classes)``.
    """

    name: str
    summary: Summary
    bounds: NDArray[np.float64]
    counts: NDArray[np.int64]

    @classmethod
    def of(cls, name: str, n_classes: int, summary: Summary) -> _Table:
        """A table with nothing in it yet."""
        bounds = summary.points(name)[:-1]
        if len(bounds) > _MANY:
            bounds = np.unique(np.concatenate([summary.edges(name, count) for count in COUNTS]))
        return cls(name, summary, bounds, np.zeros((len(bounds) + 1, n_classes), np.int64))

    def add(self, column: Column, target: NDArray[np.integer[Any]]) -> None:
        """Count more rows."""
        assert isinstance(column, NumericColumn)
        present = slice(None) if column.missing is None else ~column.missing
        values, held = column.values[present], target[present]
        if values.dtype == np.uint8:
            codes = np.searchsorted(self.bounds, np.arange(256))[values]
        else:
            codes = np.searchsorted(self.bounds, values)
        n_bins, n_classes = self.counts.shape
        found = np.bincount(codes * n_classes + held, minlength=n_bins * n_classes)
        self.counts[...] += found.reshape(self.counts.shape)

    @property
    def base(self) -> float:
        """Log-likelihood of the classes without the attribute, in nats over all rows, as all likelihoods here."""
        return _log_likelihood(self.counts.sum(axis=0, keepdims=True))

    def claim(self) -> float:
        """What the attribute seems to tell of the target, less what as many bins of mere noise would seem to tell."""
        n_classes: int = self.counts.shape[1]
        n_bins = int(self.counts.any(axis=1).sum())
        return max(0.0, self._most() - 0.5 * (n_bins - 1) * (n_classes - 1))

    def best_count(self, share: float) -> int:
        """The count with the most left of its *share* of merit after its price; what cannot win is not tried."""
        most = share * self._most()
        best, merit, cost = COUNTS[0], -np.inf, 0.0
        for count in COUNTS:
            if most - cost <= merit:
                break
            gain, cost = self._gain_and_cost(count)
            if share * gain - cost > merit:
                best, merit = count, share * gain - cost
        return best

    def _most(self) -> float:
        """Gain of the finest cut there is."""
        return _log_likelihood(self.counts) - self.base

    def _gain_and_cost(self, count: int) -> tuple[float, float]:
        """What *count* bins tell of the target, and their price."""
        edges = self.summary.edges(self.name, count)
        starts = np.concatenate([[0], np.searchsorted(self.bounds, edges) + 1])
        gain = _log_likelihood(np.add.reduceat(self.counts, starts, axis=0)) - self.base
        n_classes: int = self.counts.shape[1]
        return gain, 0.5 * (n_classes - 1) * math.log(max(int(self.counts.sum()), 2)) * len(edges)


def _log_likelihood(table: NDArray[np.integer]) -> float:
    """Log-likelihood of classes given bins, each bin with its own distribution, from a table of bins by classes."""
    return _sum_xlogx(table) - _sum_xlogx(table.sum(axis=1))


def _sum_xlogx(counts: NDArray[np.integer]) -> float:
    held = counts[counts > 0].astype(np.float64)
    return float((held * np.log(held)).sum())
