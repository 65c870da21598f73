"""The reader: files in, typed rows out, in one table or block by block; every byte is looked at once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence

import attrs
import numpy as np
import polars as pl
from numpy.typing import NDArray

from amlwrap.documents.schema import Schema
from amlwrap.exceptions import DataError
from amlwrap.local.ingest.builders import (
    BUILDERS,
    BinaryBuilder,
    Builder,
    CategoricalBuilder,
    NumericBuilder,
    TextBuilder,
)
from amlwrap.local.ingest.parsing import Dtype, parse, sample
from amlwrap.local.ingest.records import MAX_RECORD_BYTES, READABLE, REASONS, TOO_LARGE, Records
from amlwrap.local.ingest.sieving import sieved
from amlwrap.local.ingest.source import Run, runs
from amlwrap.local.ingest.table import MAX_EXAMPLES, MAX_FAULTS, Fault, InvalidValue, Part, Table
from amlwrap.objects import ObjectInfo, ObjectStore

RUN_BYTES = 8 << 20


def read_table(
    store: ObjectStore,
    files: Sequence[ObjectInfo],
    schema: Schema,
    *,
    as_text: Collection[str] = frozenset(),
    skip: Collection[str] = frozenset(),
    progress: Callable[[float], None] | None = None,
    run_bytes: int = RUN_BYTES,
    record_bytes: int = MAX_RECORD_BYTES,
) -> Table:
    """
    Read *files*, one after the other, as the columns *schema* says they hold.

    Args:
        as_text: Attributes to keep as the strings they are, whatever their type.
        skip: Attributes not to read at all.
        progress: Called with the share of the bytes that is done.
        run_bytes: How much to hold in memory at once, beside the columns.
        record_bytes: The longest record that can be read.

    Raises:
        DataError: The files cannot be read, their headers disagree with *schema*, or there is no record in them.
            Unreadable records and invalid values raise nothing here: the table lists them.
    """
    reading = _Reading(schema, as_text, skip, sum(info.size for info in files), record_bytes)
    for _ in _runs(reading, store, files, run_bytes, progress):
        pass
    reading.check()
    return reading.block()


def read_blocks(
    store: ObjectStore,
    files: Sequence[ObjectInfo],
    schema: Schema,
    *,
    as_text: Collection[str] = frozenset(),
    skip: Collection[str] = frozenset(),
    progress: Callable[[float], None] | None = None,
    run_bytes: int = RUN_BYTES,
    record_bytes: int = MAX_RECORD_BYTES,
) -> Iterator[Table]:
    """
    Read *files* as `read_table` does, and give the rows of each *run_bytes* or so as soon as they are there.

    One after the other the blocks make up the table: offsets go on from one to the next, places among the records begin
    anew. CATEGORICAL columns have a vocabulary of their own in each. No more than 10,000 unreadable records are listed
    in all of them together.

    Raises:
        DataError: As `read_table`, some of it after blocks were given.
    """
    reading = _Reading(schema, as_text, skip, sum(info.size for info in files), record_bytes)
    for _ in _runs(reading, store, files, run_bytes, progress):
        yield reading.block()
    reading.check()


def _runs(
    reading: _Reading,
    store: ObjectStore,
    files: Sequence[ObjectInfo],
    run_bytes: int,
    progress: Callable[[float], None] | None,
) -> Iterator[None]:
    """Take run after run into *reading*, and stop after each; a file with no record at all counts as a run."""
    for info in files:
        reading.info = info
        reading.count(0)
        n_records = reading.n_records
        found = runs(store, info, reading.header, run_bytes, reading.record_bytes)
        line = 1
        for run, records in sieved(found, reading.n_fields, reading.record_bytes, ahead=info.size > run_bytes):
            line += run.n_skipped
            reading.add(run, records, line)
            line += records.n_lines
            if progress is not None:
                progress(min(1.0, (reading.base + run.offset + len(run.data)) / reading.n_bytes))
            yield
        if reading.n_records == n_records:
            yield
        reading.base += info.size


class _Reading:
    """What was read since the last block, and what must be known from one to the next."""

    info: ObjectInfo
    """The file that is being read."""

    def __init__(
        self, schema: Schema, as_text: Collection[str], skip: Collection[str], n_bytes: int, record_bytes: int
    ) -> None:
        self.base = 0
        self.record_bytes = record_bytes
        self.n_bytes = n_bytes
        self.n_records = 0
        self.header = schema.names if schema.header else None
        self.n_fields = len(schema.attributes)
        self._builders: dict[int, Builder] = {}
        self._names = schema.names
        for place, attribute in enumerate(schema.attributes):
            if attribute.name not in skip:
                make = TextBuilder if attribute.name in as_text else BUILDERS[attribute.type]
                self._builders[place] = make()
        self._sampled = False
        self._n_readable = 0
        self._n_listed = 0
        self._first: Fault | None = None
        self._uris: list[str] = []
        self._begin_block()

    def _begin_block(self) -> None:
        self._starts: list[NDArray[np.int64]] = [np.zeros(0, np.int64)]
        self._readable: list[NDArray[np.bool_]] = [np.zeros(0, np.bool_)]
        self._faults: list[Fault] = []
        self._invalid: list[InvalidValue] = []
        self._parts: list[Part] = []

    def count(self, n_records: int) -> None:
        """Note that the file goes on by *n_records*."""
        if not self._parts or self._parts[-1].uri != self.info.uri:
            self._parts.append(Part(self.info.uri, self.info.size, 0))
            self._uris.append(self.info.uri)
        self.n_records += n_records
        last = self._parts[-1]
        self._parts[-1] = attrs.evolve(last, n_records=last.n_records + n_records)

    def add(self, run: Run, records: Records, line: int) -> None:
        """Take the records of a run of lines, the first of which is the *line*-th of the file."""
        readable = records.faults == READABLE
        starts = records.starts + (self.base + run.offset)
        self._starts.append(starts)
        self._readable.append(readable)
        self.count(len(starts))
        self._list_faults(records, starts, line)
        if readable.any():
            self._parse(records, int(np.count_nonzero(readable)))
            self._list_invalid(starts[readable], records.lines[readable] + line)

    def block(self) -> Table:
        """What was read since the last call."""
        starts = np.concatenate(self._starts)
        positions = np.flatnonzero(np.concatenate(self._readable))
        block = Table(
            columns={self._names[place]: builder.finish() for place, builder in self._builders.items()},
            n_records=len(starts),
            positions=positions,
            starts=starts,
            n_bytes=self.n_bytes,
            faults=tuple(self._faults),
            invalid_values=tuple(self._invalid),
            parts=tuple(self._parts),
        )
        self._begin_block()
        return block

    def check(self) -> None:
        """
        Say at the end what could not be said before.

        Raises:
            DataError: There was no record, or none that can be read.
        """
        if self._n_readable:
            return
        if self._first is None:
            source = ", ".join(self._uris[:3])
            raise DataError(source, "", "at least one record", "none", "The data is empty, but for a header perhaps.")
        place, told = f"line {self._first.line}", self._first.told
        raise DataError(self._first.file, place, "a record that can be read", f"none; {told}")

    def _parse(self, records: Records, n_readable: int) -> None:
        """Hand the readable records to the columns; those that find more than they asked for get them as strings."""
        self._n_readable += n_readable
        if not self._sampled:
            self._guess(sample(records))
            self._sampled = True
        waiting = self._builders
        dtypes: dict[int, Dtype] = {place: builder.dtype for place, builder in waiting.items()}
        while waiting:
            columns = parse(records, self.n_fields, dtypes)
            if len(columns[0]) != n_readable:  # pragma: no cover - rows would no longer stand where their records do
                raise RuntimeError(f"{n_readable} records gave {len(columns[0])} rows in {self.info.uri}")
            pairs = list(zip(waiting.items(), columns, strict=True))
            waiting = {place: builder for (place, builder), column in pairs if not builder.add(column)}
            dtypes = dict.fromkeys(waiting, pl.String)

    def _guess(self, records: Records) -> None:
        """Find what numbers may be read as, and which levels and states may come, from the first few records."""
        named = {p: b for p, b in self._builders.items() if isinstance(b, CategoricalBuilder | BinaryBuilder)}
        texts = parse(records, self.n_fields, dict.fromkeys(named, pl.String)) if named else []
        for levelled, column in zip(named.values(), texts, strict=True):
            levelled.levels.expect(column.drop_nulls().unique())
        waiting = {place: builder for place, builder in self._builders.items() if isinstance(builder, NumericBuilder)}
        guesses: tuple[Dtype, ...] = (pl.UInt8, pl.Int64, pl.Float64)
        for dtype in guesses:
            columns = parse(records, self.n_fields, dict.fromkeys(waiting, dtype)) if waiting else []
            for (place, builder), column in zip(list(waiting.items()), columns, strict=True):
                if builder.accepts(column):
                    builder.dtype = dtype
                    del waiting[place]
        for builder in waiting.values():
            builder.dtype = pl.String

    def _list_faults(self, records: Records, starts: NDArray[np.int64], line: int) -> None:
        for record in np.flatnonzero(records.faults)[: MAX_FAULTS - self._n_listed]:
            reason = self._reason(int(records.faults[record]))
            self._faults.append(Fault(int(starts[record]), self.info.uri, int(records.lines[record]) + line, reason))
            self._n_listed += 1
            self._first = self._first or self._faults[-1]

    def _reason(self, fault: int) -> str:
        if fault == TOO_LARGE and self.record_bytes != MAX_RECORD_BYTES:
            return f"Record is larger than {self.record_bytes:,} bytes."
        return REASONS[fault]

    def _list_invalid(self, starts: NDArray[np.int64], lines: NDArray[np.int64]) -> None:
        for place, builder in self._builders.items():
            for row, value in builder.examples:
                found = InvalidValue(int(starts[row]), self.info.uri, int(lines[row]), self._names[place], value)
                self._invalid.append(found)
            builder.examples.clear()
        del self._invalid[MAX_EXAMPLES:]
