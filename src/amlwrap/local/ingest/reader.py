"""The reader: files in, one table out; every byte is looked at once, a run of lines at a time."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from amlwrap.documents.schema import Schema
from amlwrap.exceptions import DataError
from amlwrap.local.ingest.builders import BUILDERS, Builder, NumericBuilder, TextBuilder
from amlwrap.local.ingest.parsing import Dtype, parse, sample
from amlwrap.local.ingest.records import READABLE, REASONS, Records, sieve
from amlwrap.local.ingest.source import Run, runs
from amlwrap.local.ingest.table import MAX_EXAMPLES, MAX_FAULTS, Fault, InvalidValue, Part, Table
from amlwrap.objects import ObjectInfo, ObjectStore

RUN_BYTES = 32 << 20


def read_table(
    store: ObjectStore,
    files: Sequence[ObjectInfo],
    schema: Schema,
    *,
    as_text: Collection[str] = frozenset(),
    skip: Collection[str] = frozenset(),
    progress: Callable[[float], None] | None = None,
    run_bytes: int = RUN_BYTES,
) -> Table:
    """
    Read *files*, one after the other, as the columns *schema* says they hold.

    Args:
        as_text: Attributes to keep as the strings they are, whatever their type.
        skip: Attributes not to read at all.
        progress: Called with the share of the bytes that is done.
        run_bytes: How much to hold in memory at once, beside the columns.

    Raises:
        DataError: The files cannot be read, their headers disagree with *schema*, or there is no record in them.
            Unreadable records and invalid values raise nothing here: the table lists them.
    """
    reading = _Reading(schema, as_text, skip)
    n_bytes = sum(info.size for info in files)
    names = schema.names if schema.header else None
    for info in files:
        reading.begin(info)
        for run in runs(store, info, names, run_bytes):
            reading.add(run)
            if progress is not None:
                progress(min(1.0, (reading.base + run.offset + len(run.data)) / n_bytes))
        reading.end(info)
    return reading.finish(n_bytes)


class _Reading:
    """What is known of the table so far."""

    def __init__(self, schema: Schema, as_text: Collection[str], skip: Collection[str]) -> None:
        self.base = 0
        self._n_fields = len(schema.attributes)
        self._builders: dict[int, Builder] = {}
        self._names = schema.names
        for place, attribute in enumerate(schema.attributes):
            if attribute.name not in skip:
                make = TextBuilder if attribute.name in as_text else BUILDERS[attribute.type]
                self._builders[place] = make()
        self._sampled = False
        self._starts: list[NDArray[np.int64]] = []
        self._readable: list[NDArray[np.bool_]] = []
        self._n_records = 0
        self._faults: list[Fault] = []
        self._invalid: list[InvalidValue] = []
        self._parts: list[Part] = []

    def begin(self, info: ObjectInfo) -> None:
        self._uri = info.uri
        self._n_before = self._n_records

    def end(self, info: ObjectInfo) -> None:
        self._parts.append(Part(info.uri, info.size, self._n_records - self._n_before))
        self.base += info.size

    def add(self, run: Run) -> None:
        """Take the records of a run of lines."""
        records = sieve(run.data, self._n_fields)
        readable = records.faults == READABLE
        starts = records.starts + (self.base + run.offset)
        self._starts.append(starts)
        self._readable.append(readable)
        self._n_records += len(starts)
        self._list_faults(records, starts, run.line)
        if readable.any():
            self._parse(records, int(np.count_nonzero(readable)))
            self._list_invalid(starts[readable], records.lines[readable] + run.line)

    def finish(self, n_bytes: int) -> Table:
        """The whole table."""
        if not self._n_records:
            source = ", ".join(part.uri for part in self._parts[:3])
            raise DataError(source, "", "at least one record", "none", "The data is empty, but for a header perhaps.")
        positions = np.flatnonzero(np.concatenate(self._readable))
        if not len(positions):
            first = self._faults[0]
            raise DataError(first.file, f"line {first.line}", "a record that can be read", f"none; {first.told}")
        return Table(
            columns={self._names[place]: builder.finish() for place, builder in self._builders.items()},
            n_records=self._n_records,
            positions=positions,
            starts=np.concatenate(self._starts),
            n_bytes=n_bytes,
            faults=tuple(self._faults),
            invalid_values=tuple(self._invalid),
            parts=tuple(self._parts),
        )

    def _parse(self, records: Records, n_readable: int) -> None:
        """Hand the readable records to the columns; those that find more than they asked for get them as strings."""
        if not self._sampled:
            self._guess(sample(records))
            self._sampled = True
        waiting = self._builders
        while waiting:
            dtypes = {place: builder.dtype for place, builder in waiting.items()}
            columns = parse(records, self._n_fields, dtypes)
            if len(columns[0]) != n_readable:  # pragma: no cover - rows would no longer stand where their records do
                raise RuntimeError(f"{n_readable} records gave {len(columns[0])} rows in {self._uri}")
            pairs = list(zip(waiting.items(), columns, strict=True))
            waiting = {place: builder for (place, builder), column in pairs if not builder.add(column)}
            for builder in waiting.values():
                builder.dtype = pl.String

    def _guess(self, records: Records) -> None:
        """Find what the numeric columns may be read as, from the first few records."""
        waiting = {place: builder for place, builder in self._builders.items() if isinstance(builder, NumericBuilder)}
        guesses: tuple[Dtype, ...] = (pl.UInt8, pl.Int64, pl.Float64)
        for dtype in guesses:
            columns = parse(records, self._n_fields, dict.fromkeys(waiting, dtype)) if waiting else []
            for (place, builder), column in zip(list(waiting.items()), columns, strict=True):
                if builder.accepts(column):
                    builder.dtype = dtype
                    del waiting[place]
        for builder in waiting.values():
            builder.dtype = pl.String

    def _list_faults(self, records: Records, starts: NDArray[np.int64], line: int) -> None:
        for record in np.flatnonzero(records.faults)[: MAX_FAULTS - len(self._faults)]:
            reason = REASONS[int(records.faults[record])]
            self._faults.append(Fault(int(starts[record]), self._uri, int(records.lines[record]) + line, reason))

    def _list_invalid(self, starts: NDArray[np.int64], lines: NDArray[np.int64]) -> None:
        for place, builder in self._builders.items():
            for row, value in builder.examples:
                found = InvalidValue(int(starts[row]), self._uri, int(lines[row]), self._names[place], value)
                self._invalid.append(found)
            builder.examples.clear()
        del self._invalid[MAX_EXAMPLES:]
