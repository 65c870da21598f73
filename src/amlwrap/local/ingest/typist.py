"""Records as typed columns: each run of them by itself, read as what those before it lead to expect."""

from __future__ import annotations

from collections.abc import Mapping

import attrs
import numpy as np
import polars as pl

from amlwrap.local.ingest.builders import BinaryBuilder, Builder, CategoricalBuilder, NumericBuilder
from amlwrap.local.ingest.columns import BinaryColumn, Column, NumericColumn
from amlwrap.local.ingest.parsing import Dtype, Fields, Named, parse
from amlwrap.local.ingest.records import Records

_MOST_EXAMPLES = 10  # of invalid values, per column and run
_NUMBERS: tuple[Dtype, ...] = (pl.UInt8, pl.Int64, pl.Float64)


@attrs.frozen(eq=False)
class Typed:
    """
    The readable records of a run.

    Attributes:
        columns: By place in the record.
        examples: The first few invalid values of each column: its place, the row, and what stood there.
    """

    columns: Mapping[int, Column]
    examples: list[tuple[int, int, str]]


@attrs.frozen(eq=False)
class Typist:
    """
    Reads runs, several at a time if need be.

    Attributes:
        builders: By place in the record.
        n_fields: In every record.
    """

    builders: Mapping[int, Builder]
    n_fields: int

    def expect(self, head: Records) -> None:
        """Find what numbers may be read as, and which levels and states may come, from the first few records."""
        texts = parse(head, self.n_fields, dict.fromkeys(self.builders, pl.String)) if self.builders else []
        for builder, column in zip(self.builders.values(), texts, strict=True):
            assert isinstance(column, pl.Series)  # as asked
            match builder:
                case NumericBuilder():
                    builder.dtype = _guess(column)
                case CategoricalBuilder() | BinaryBuilder():
                    builder.levels.expect({text for text in column.to_list() if text})
                case _:
                    pass

    def read(self, records: Records) -> Typed | None:
        """
        The columns of the readable records; what is not as expected is read again as strings.

        None when it was not sure that they have all their fields, and still is not.
        """
        n_rows = records.n_rows
        asked = {place: builder.dtype for place, builder in self.builders.items()}
        if not records.is_sure and self.n_fields - 1 not in asked:
            return None
        columns: dict[int, Column | None] = dict.fromkeys(asked)
        examples: list[tuple[int, int, str]] = []
        while asked:
            found = self._parsed(records, n_rows, asked)
            if found is None:
                return None
            for place, fields in zip(asked, found, strict=True):
                columns[place] = self.builders[place].column(fields)
                examples += [(place, row, value) for row, value in _examples(columns[place], fields)]
            asked = {place: pl.String for place in asked if columns[place] is None}
            records = attrs.evolve(records, is_sure=True)
        return Typed({place: column for place, column in columns.items() if column is not None}, examples)

    def _parsed(self, records: Records, n_rows: int, asked: Mapping[int, Dtype]) -> list[Fields] | None:
        """Fields of the readable records; None where it was not sure that these have all of them, and is not now."""
        if not n_rows:
            return [pl.Series([], dtype=pl.String) for _ in asked]
        try:
            found = parse(records, self.n_fields, asked)
        except pl.exceptions.PolarsError:
            if records.is_sure:  # pragma: no cover - there is nothing left to refuse
                raise
            return None
        if not records.is_sure:
            return found if _is_full(found[-1], n_rows) else None
        if len(found[0]) != n_rows:  # pragma: no cover - rows would no longer stand where their records do
            raise RuntimeError(f"{n_rows} records gave {len(found[0])} rows")
        return found


def _is_full(fields: Fields, n_rows: int) -> bool:
    """Whether the fields of *n_rows* rows all hold something."""
    if len(fields) != n_rows:
        return False
    return bool(fields.codes.min()) if isinstance(fields, Named) else not fields.null_count()


def _guess(texts: pl.Series) -> Dtype:
    """The first of the types of numbers that all of *texts* are of; none when some are empty."""
    for dtype in _NUMBERS if not texts.null_count() else ():
        if not texts.cast(dtype, strict=False).null_count():
            return dtype
    return pl.String


def _examples(column: Column | None, fields: Fields) -> list[tuple[int, str]]:
    """The first few invalid values with their rows."""
    if not isinstance(column, NumericColumn | BinaryColumn) or column.invalid is None:
        return []
    rows = np.flatnonzero(column.invalid)[:_MOST_EXAMPLES]
    return list(zip(rows.tolist(), fields.gather(rows).to_list(), strict=True))
