"""
How many bins a NUMERIC attribute gets in a suggested recipe.

The service picks among seven counts by a rule it does not publish. Ours takes the count that explains most of rows
left out of it, one at a time. Attributes that say the same thing share their merit: what each of many correlated
attributes seems to explain is scaled down until all together explain no more than there is to know about the target.
A NUMERIC target is looked at once more, by what the other attributes leave of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import attrs
import numpy as np
from numpy.typing import NDArray

from amlwrap.local.features.backfitting import Sample, look_again
from amlwrap.local.features.cuts import Cuts, Summary, best_count, merits
from amlwrap.local.features.merit import Aims, Classes, Judge, Numbers, Sums
from amlwrap.local.ingest.columns import Column, NumericColumn

Example: TypeAlias = tuple[Mapping[str, Any], NDArray[Any]]
"""Some training rows: their columns by name, and each row's target, a code from zero or a standardised number."""


def suggest_bins(blocks: Iterable[Example], names: Sequence[str], n_classes: int, summary: Summary) -> dict[str, int]:
    """
    Choose a bin count for each NUMERIC attribute.

    Args:
        blocks: Training rows, with all attributes.
        names: The NUMERIC ones.
        n_classes: Number of the target's codes; zero for a NUMERIC target.
        summary: Gives the cut points.
    """
    judge: Judge = Classes(n_classes) if n_classes else Numbers()
    tables = [_Table.of(Cuts.of(name, summary.quantiles(name)), judge) for name in names]
    sample = None if n_classes else Sample({table.cuts.name: table.cuts for table in tables})
    totals = np.zeros((1, judge.n_sums))
    for columns, target in blocks:
        aims = judge.aims(target)
        totals += aims.sums(np.zeros(len(target), np.uint8), 1)
        for table in tables:
            table.add(columns[table.cuts.name], target, aims)
        if sample is not None:
            sample.add(columns, target)
    counts = _counts(tables, judge, judge.knowable(totals))
    return counts if sample is None else look_again(sample, counts)


def _counts(tables: Sequence[_Table], judge: Judge, knowable: float) -> dict[str, int]:
    """The best of each attribute by itself, when all together explain no more than is *knowable*."""
    choices = list(merits(judge, [table.cuts for table in tables], [table.sums for table in tables]))
    claimed = sum(max(0.0, *(merit.left_out for merit in choice.values())) for choice in choices)
    share = min(1.0, knowable / claimed) if claimed > 0 else 1.0
    return {table.cuts.name: best_count(choice, share) for table, choice in zip(tables, choices, strict=True)}


@attrs.frozen(eq=False)
class _Table:
    """Sums over the rows in each of the finest bins of one attribute, shape ``(n_bins, n_sums)``."""

    cuts: Cuts
    judge: Judge
    sums: Sums

    @classmethod
    def of(cls, cuts: Cuts, judge: Judge) -> _Table:
        """A table with nothing in it yet."""
        return cls(cuts, judge, np.zeros((cuts.n, judge.n_sums)))

    def add(self, column: Column, target: NDArray[Any], aims: Aims) -> None:
        """Count more rows, whose targets are to be had in two forms."""
        assert isinstance(column, NumericColumn)
        bins = self.cuts.codes(column)
        if column.missing is not None:
            present = ~column.missing
            bins, aims = bins[present], self.judge.aims(target[present])
        self.sums[...] += aims.sums(bins, self.cuts.n)
