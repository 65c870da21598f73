"""
How many bins a NUMERIC attribute gets in a suggested recipe.

The service picks among seven counts by a rule it does not publish. Ours takes the count that explains most of rows
left out of it, one at a time. Attributes that say the same thing share their merit: what each of many correlated
attributes seems to explain is scaled down until all together explain no more than there is to know about the target.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

import attrs
import numpy as np
from numpy.typing import NDArray

from amlwrap.local.features.merit import Classes, Judge, Merit, Numbers, Sums
from amlwrap.local.ingest.columns import Column, NumericColumn

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


Example: TypeAlias = tuple[Mapping[str, Any], NDArray[Any]]
"""Some training rows: their columns by name, and each row's target, a code from zero or a standardised number."""


def suggest_bins(blocks: Iterable[Example], names: Sequence[str], n_classes: int, summary: Summary) -> dict[str, int]:
    """
    Choose a bin count for each NUMERIC attribute.

    Args:
        blocks: Training rows.
        names: The attributes.
        n_classes: Number of the target's codes; zero for a NUMERIC target.
        summary: Gives the cut points.
    """
    judge: Judge = Classes(n_classes) if n_classes else Numbers()
    tables = [_Table.of(name, judge, summary) for name in names]
    totals = np.zeros((1, judge.n_sums))
    for columns, target in blocks:
        totals += judge.sums(np.zeros(len(target), np.intp), target, 1)
        for table in tables:
            table.add(columns[table.name], target)
    choices = [table.merits() for table in tables]
    claimed = sum(max(0.0, *(merit.left_out for merit in merits.values())) for merits in choices)
    share = min(1.0, judge.knowable(totals) / claimed) if claimed > 0 else 1.0
    return {table.name: _best(merits, share) for table, merits in zip(tables, choices, strict=True)}


def _best(merits: Mapping[int, Merit], share: float) -> int:
    """The count with the most left of its *share* of gain after its price, the smallest of equals."""
    best, most, price = COUNTS[0], -np.inf, 0.0
    for count, merit in merits.items():
        price = max(price, merit.price)  # bins of single rows look cheap: finer is never cheaper
        if share * merit.gain - price > most:
            best, most = count, share * merit.gain - price
    return best


@attrs.frozen(eq=False)
class _Table:
    """
    Sums over the rows in each of the finest bins of one attribute.

    Attributes:
        bounds: Upper ends of all finest bins but the last; every cut point of fewer bins is one of them.
        sums: Shape ``(n_bins, n_sums)``.
    """

    name: str
    judge: Judge
    summary: Summary
    bounds: NDArray[np.float64]
    sums: Sums

    @classmethod
    def of(cls, name: str, judge: Judge, summary: Summary) -> _Table:
        """A table with nothing in it yet."""
        bounds = summary.points(name)[:-1]
        if len(bounds) > _MANY:
            bounds = np.unique(np.concatenate([summary.edges(name, count) for count in COUNTS]))
        return cls(name, judge, summary, bounds, np.zeros((len(bounds) + 1, judge.n_sums)))

    def add(self, column: Column, target: NDArray[Any]) -> None:
        """Count more rows."""
        assert isinstance(column, NumericColumn)
        present = slice(None) if column.missing is None else ~column.missing
        values, held = column.values[present], target[present]
        if values.dtype == np.uint8:
            bins = np.searchsorted(self.bounds, np.arange(256))[values]
        else:
            bins = np.searchsorted(self.bounds, values)
        self.sums[...] += self.judge.sums(bins, held, len(self.sums))

    def merits(self) -> dict[int, Merit]:
        """What each count of bins explains; of counts that cut alike, the smallest is there alone."""
        found, n_edges = dict[int, Merit](), -1
        for count in COUNTS:
            edges = self.summary.edges(self.name, count)
            if len(edges) > n_edges:
                starts = np.concatenate([[0], np.searchsorted(self.bounds, edges) + 1])
                found[count] = self.judge.merit(np.add.reduceat(self.sums, starts, axis=0))
                n_edges = len(edges)
        return found
