"""NUMERIC columns of few different numbers, summed up together: hundreds of them cost few calls, and few objects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import attrs

from amlwrap.local.ingest.folds import NumericFold
from amlwrap.local.ingest.quantiles import Quantiles
from amlwrap.local.ingest.summaries import NumericSummary
from amlwrap.local.ingest.tallies import Reckoning, Tally
from amlwrap.local.ingest.target import NumbersToTarget, Target

_MAX_CELLS = 1 << 18  # of tables that wait to be reckoned


@attrs.frozen(eq=False)
class _Batch:
    """Some of the columns: by name how many rows, and how many of them without a number or with something else."""

    rows: Mapping[str, tuple[int, int, int]]
    reckoning: Reckoning

    @classmethod
    def of(cls, tallies: Mapping[str, Tally]) -> _Batch:
        """What is left of *tallies*, each of which has a table, of as many rows as the others'."""
        tables = [tally.table for tally in tallies.values() if tally.table is not None]
        return cls(
            {name: (tally.n, tally.n_missing, tally.n_invalid) for name, tally in tallies.items()},
            Reckoning.of_tables(tables, [tally.low for tally in tallies.values()]),
        )

    def summaries(self) -> Iterator[tuple[str, NumericSummary]]:
        """Every column by itself."""
        found = self.reckoning
        values, cumulative = found.distinct.astype(float), found.cumulative
        starts, stops = found.bounds[:-1], found.bounds[1:]
        figures = zip(
            self.rows.items(),
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
        for (name, counts), start, stop, minimum, maximum, median, mean, std, correlation in figures:
            n, n_missing, n_invalid = counts
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
                    correlation=correlation,
                ),
            )

    def folds(self) -> Iterator[tuple[str, NumericFold]]:
        """Every column's fold, as if it had been there from the beginning."""
        for place, (name, counts) in enumerate(self.rows.items()):
            fold = NumericFold(*counts, to_target=NumbersToTarget(lost=self.reckoning.known is None))
            fold.merge(self.reckoning, place)
            yield name, fold


@attrs.define
class Together:
    """
    Columns of a first run of rows: what they tell if it is the only one, and folds to go on with if it is not.

    Attributes:
        tallies: By name; they wait to be reckoned.
        n_cells: Of their tables.
        batches: Those that were.
    """

    tallies: dict[str, Tally] = attrs.field(factory=dict[str, Tally])
    n_cells: int = 0
    batches: list[_Batch] = attrs.field(factory=list[_Batch])

    def add(self, name: str, tally: Tally, target: Target | None) -> bool:
        """Take a column, if it is one of those that go together; all are tallied beside the same kind of *target*."""
        if not tally.is_narrow or (target is not None and target.values is not None):
            return False
        assert tally.table is not None
        self.tallies[name] = tally
        self.n_cells += tally.table.size
        if self.n_cells >= _MAX_CELLS:
            self.reckon()
        return True

    def reckon(self) -> None:
        """Let go of the rows."""
        if self.tallies:
            self.batches.append(_Batch.of(self.tallies))
            self.tallies, self.n_cells = {}, 0

    def summaries(self) -> dict[str, NumericSummary]:
        """All there is to know, by name."""
        return {name: summary for batch in self.batches for name, summary in batch.summaries()}

    def folds(self) -> dict[str, NumericFold]:
        """What is known so far, by name, for other rows to come."""
        return {name: fold for batch in self.batches for name, fold in batch.folds()}
