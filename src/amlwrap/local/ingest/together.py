"""NUMERIC columns of few different numbers, summed up together: hundreds of them cost few calls, and few objects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

import attrs

from amlwrap.local.ingest.folds import NumericFold
from amlwrap.local.ingest.quantiles import MAX_POINTS, Quantiles
from amlwrap.local.ingest.summaries import NumericSummary
from amlwrap.local.ingest.tallies import MAX_CELLS, Ints, Reckoning, Tally, reckoned
from amlwrap.local.ingest.target import NumbersToTarget, Target

_Head: TypeAlias = tuple[int, int, int, NumbersToTarget | None]  # the first fields of a fold


@attrs.frozen(eq=False)
class _Batch:
    """
    Some of the columns.

    Attributes:
        heads: By name rows, those without a number, those with something else, and what is known of a NUMERIC target.
        reckoning: What the numbers come to.
    """

    heads: Mapping[str, _Head]
    reckoning: Reckoning

    def summaries(self) -> Iterator[tuple[str, NumericSummary]]:
        """Every column by itself."""
        found = self.reckoning
        values, cumulative = found.distinct.astype(float), found.cumulative
        starts, stops = found.bounds[:-1], found.bounds[1:]
        figures = zip(
            self.heads.items(),
            starts.tolist(),
            stops.tolist(),
            values[starts].tolist(),
            values[stops - 1].tolist(),
            found.medians.tolist(),
            found.whole.mean.tolist(),
            found.whole.deviations.tolist(),
            found.correlations,
            strict=True,
        )
        for (name, head), start, stop, minimum, maximum, median, mean, std, ratio in figures:
            n, n_missing, n_invalid, to_target = head
            yield (
                name,
                NumericSummary(
                    n=n,
                    n_missing=n_missing,
                    n_invalid=n_invalid,
                    minimum=minimum,
                    median=median,
                    mean=mean,
                    std=std,
                    maximum=maximum,
                    n_distinct=stop - start,
                    quantiles=Quantiles(values[start:stop], cumulative[start:stop]),
                    correlation=to_target.measure if to_target else ratio,
                ),
            )

    def folds(self) -> Iterator[tuple[str, NumericFold]]:
        """Every column's fold, as if it had been there from the beginning."""
        for place, (name, (n, n_missing, n_invalid, to_target)) in enumerate(self.heads.items()):
            known = to_target or NumbersToTarget(lost=self.reckoning.known is None)
            fold = NumericFold(n, n_missing, n_invalid, to_target=known)
            fold.merge(self.reckoning, place)
            yield name, fold


@attrs.define
class Together:
    """
    Columns of a first run of rows: what they tell if it is the only one, and folds to go on with if it is not.

    Attributes:
        heads, tables: Of those that wait to be reckoned.
        n_cells: Of these tables.
        batches: The others.
    """

    heads: dict[str, _Head] = attrs.field(factory=dict[str, "_Head"])
    tables: list[tuple[str, Ints, int]] = attrs.field(factory=list[tuple[str, "Ints", int]])
    n_cells: int = 0
    batches: list[_Batch] = attrs.field(factory=list[_Batch])

    def add(self, name: str, tally: Tally, target: Target | None) -> bool:
        """Take a column, if it is one of those that go together."""
        if tally.table is None or tally.table.shape[1] > MAX_POINTS:
            return False
        to_target = None
        if target is not None and target.values is not None:
            to_target = NumbersToTarget()
            to_target.add(tally.values, tally.there, target)
        self.heads[name] = tally.n, tally.n_missing, tally.n_invalid, to_target
        self.tables.append((name, tally.table, tally.low))
        self.n_cells += tally.table.size
        if self.n_cells >= MAX_CELLS:
            self.reckon()
        return True

    def reckon(self) -> None:
        """Have no table wait any longer."""
        for names, reckoning in reckoned(self.tables):
            self.batches.append(_Batch({name: self.heads.pop(name) for name in names}, reckoning))
        self.tables, self.n_cells = [], 0

    def summaries(self) -> dict[str, NumericSummary]:
        """All there is to know, by name."""
        return {name: summary for batch in self.batches for name, summary in batch.summaries()}

    def folds(self) -> dict[str, NumericFold]:
        """What is known so far, by name, for other rows to come."""
        return {name: fold for batch in self.batches for name, fold in batch.folds()}
