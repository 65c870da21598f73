"""The reader: files in, typed rows out, in one table or block by block; every byte is looked at once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence

import attrs
import numpy as np

from amlwrap.documents.schema import Schema
from amlwrap.exceptions import DataError
from amlwrap.local.ingest.ahead import in_order
from amlwrap.local.ingest.builders import BUILDERS, Builder, TextBuilder
from amlwrap.local.ingest.joining import join_tables
from amlwrap.local.ingest.records import MAX_RECORD_BYTES, READABLE, REASONS, TOO_LARGE, Places, Records, guess, sieve
from amlwrap.local.ingest.source import Run, runs
from amlwrap.local.ingest.table import MAX_EXAMPLES, MAX_FAULTS, Fault, InvalidValue, Part, Table
from amlwrap.local.ingest.typist import Typed, Typist
from amlwrap.objects import ObjectInfo, ObjectStore

_HEAD_BYTES = 1 << 16
_N_AHEAD = 1
_UNTOLD = np.zeros(0, np.int64)

_FIELD_BYTES, _LEAST_BYTES, _MOST_BYTES = 3 << 17, 2 << 20, 12 << 20


def best_run_bytes(schema: Schema) -> int:
    """How much to read at a time: as much for each field as pays for asking for it, but not all there is at once."""
    return min(_MOST_BYTES, max(_LEAST_BYTES, _FIELD_BYTES * len(schema.attributes)))


def read_table(
    store: ObjectStore,
    files: Sequence[ObjectInfo],
    schema: Schema,
    *,
    as_text: Collection[str] = frozenset(),
    skip: Collection[str] = frozenset(),
    progress: Callable[[float], None] | None = None,
    run_bytes: int | None = None,
    record_bytes: int = MAX_RECORD_BYTES,
) -> Table:
    """
    Read *files*, one after the other, as the columns *schema* says they hold.

    Args:
        as_text: Attributes to keep as the strings they are, whatever their type.
        skip: Attributes not to read at all.
        progress: Called with the share of the bytes that is done.
        run_bytes: How much to read at a time, instead of `best_run_bytes`.
        record_bytes: The longest record that can be read.

    Raises:
        DataError: The files cannot be read, their headers disagree with *schema*, or there is no record in them.
            Unreadable records and invalid values raise nothing here: the table lists them.
    """
    return join_tables(
        read_blocks(
            store,
            files,
            schema,
            as_text=as_text,
            skip=skip,
            progress=progress,
            run_bytes=run_bytes,
            record_bytes=record_bytes,
        )
    )


def read_blocks(
    store: ObjectStore,
    files: Sequence[ObjectInfo],
    schema: Schema,
    *,
    as_text: Collection[str] = frozenset(),
    skip: Collection[str] = frozenset(),
    progress: Callable[[float], None] | None = None,
    run_bytes: int | None = None,
    record_bytes: int = MAX_RECORD_BYTES,
    located: bool = True,
) -> Iterator[Table]:
    """
    Read *files* as `read_table` does, and give the rows of each *run_bytes* or so as soon as they are there.

    One after the other the blocks make up the table: offsets go on from one to the next, places among the records begin
    anew. CATEGORICAL columns have a vocabulary of their own in each. No more than 10,000 unreadable records are listed
    in all of them together.

    Args:
        located: Whether to tell where each record begins, which takes a little time.

    Raises:
        DataError: As `read_table`, some of it after blocks were given.
    """
    n_bytes = sum(info.size for info in files)
    typist = Typist(_builders(schema, as_text, skip), len(schema.attributes))
    reading = _Reading(schema, typist, n_bytes, record_bytes, located=located)
    for info in files:
        for table in reading.tables(store, info, run_bytes or best_run_bytes(schema)):
            if progress is not None:
                progress(table.reached)
            yield table
            del table  # before the next one is waited for
    reading.check()


def _builders(schema: Schema, as_text: Collection[str], skip: Collection[str]) -> dict[int, Builder]:
    return {
        place: TextBuilder() if attribute.name in as_text else BUILDERS[attribute.type]()
        for place, attribute in enumerate(schema.attributes)
        if attribute.name not in skip
    }


@attrs.frozen(eq=False)
class _Read:
    """
    A run of lines, read.

    Attributes:
        offset: Of its first byte in the file.
        end: Of the byte behind its last.
        n_skipped: Lines right before it that hold no data.
        records: Without their bytes; they tell their places if somebody asks for them.
        typed: The readable ones.
    """

    offset: int
    end: int
    n_skipped: int
    records: Records
    typed: Typed


class _Reading:
    """What must be known from one run to the next."""

    def __init__(self, schema: Schema, typist: Typist, n_bytes: int, record_bytes: int, *, located: bool) -> None:
        self._names = schema.names
        self._header = schema.names if schema.header else None
        self._typist = typist
        self._n_bytes = n_bytes
        self._record_bytes = record_bytes
        self._located = located
        self._is_begun = False
        self._is_plain = True
        self._base = 0  # bytes of the files before
        self._n_rows = 0
        self._n_listed = 0
        self._first: Fault | None = None
        self._uris: list[str] = []

    def tables(self, store: ObjectStore, info: ObjectInfo, run_bytes: int) -> Iterator[Table]:
        """One file, run by run; a file without any counts as one."""
        self._uris.append(info.uri)
        line, n_runs = 1, 0
        found = map(self._begun, runs(store, info, self._header, run_bytes, self._record_bytes))
        for read in in_order(self._read, found, _N_AHEAD) if info.size > run_bytes else map(self._read, found):
            line += read.n_skipped
            yield self._table(info, read, line)
            line, n_runs = line + read.records.n_lines, n_runs + 1
        if not n_runs:
            yield self._table(info, self._read(Run(b"", info.size)), line)
        self._base += info.size

    def check(self) -> None:
        """
        Say at the end what could not be said before.

        Raises:
            DataError: There was no record, or none that can be read.
        """
        if self._n_rows:
            return
        if self._first is None:
            source = ", ".join(self._uris[:3])
            raise DataError(source, "", "at least one record", "none", "The data is empty, but for a header perhaps.")
        place, told = f"line {self._first.line}", self._first.told
        raise DataError(self._first.file, place, "a record that can be read", f"none; {told}")

    def _begun(self, run: Run) -> Run:
        """The same *run*, looked into if it is the first: those that are read at a time must expect the same."""
        if not self._is_begun:
            end = run.data.rfind(b"\n", 0, _HEAD_BYTES) + 1 or run.data.find(b"\n") + 1 or None
            head = self._sieved(run.data[:end])
            if head.data:
                self._typist.expect(head)
                self._is_begun = True
        return run

    def _guessed(self, lines: bytes) -> Records | None:
        """The records without looking at each, as long as that never failed."""
        if not self._is_plain:
            return None
        return guess(lines, self._typist.n_fields, self._record_bytes, located=self._located)

    def _sieved(self, lines: bytes) -> Records:
        return sieve(lines, self._typist.n_fields, self._record_bytes)

    def _read(self, run: Run) -> _Read:
        records = self._guessed(run.data)
        typed = None if records is None else self._typist.read(records)
        if records is None or typed is None:
            self._is_plain = False
            records = self._sieved(run.data)
            typed = self._typist.read(records)
        assert typed is not None  # of records that were looked at one by one
        places = records.places
        if places is None and typed.examples:
            places = Places.of_lines(run.data)
        records = attrs.evolve(records, data=b"", places=places)
        return _Read(run.offset, run.offset + len(run.data), run.n_skipped, records, typed)

    def _table(self, info: ObjectInfo, read: _Read, line: int) -> Table:
        """The records of a run that begins with the *line*-th of its file."""
        begin, places, n_rows = self._base + read.offset, read.records.places, read.records.n_rows
        n_records = n_rows if places is None else len(places.faults)
        positions = np.arange(n_rows) if places is None else np.flatnonzero(places.faults == READABLE)
        self._n_rows += n_rows
        table = Table(
            columns={self._names[place]: column for place, column in read.typed.columns.items()},
            n_records=n_records,
            positions=positions,
            starts=places.starts + begin if places is not None and self._located else _UNTOLD,
            n_bytes=self._n_bytes,
            reached=min(1.0, (self._base + read.end) / self._n_bytes) if self._n_bytes else 1.0,
            parts=(Part(info.uri, info.size, n_records),),
        )
        if places is None:  # there is nothing that could not be read or used
            return table
        return attrs.evolve(
            table,
            faults=tuple(self._faults(info.uri, places, begin, line)),
            invalid_values=tuple(
                InvalidValue(
                    int(places.starts[record]) + begin,
                    info.uri,
                    int(places.lines[record]) + line,
                    self._names[place],
                    value,
                )
                for place, row, value in read.typed.examples[:MAX_EXAMPLES]
                for record in (positions[row],)
            ),
        )

    def _faults(self, uri: str, places: Places, begin: int, line: int) -> Iterator[Fault]:
        for record in np.flatnonzero(places.faults)[: MAX_FAULTS - self._n_listed]:
            reason = self._reason(int(places.faults[record]))
            fault = Fault(int(places.starts[record]) + begin, uri, int(places.lines[record]) + line, reason)
            self._n_listed += 1
            self._first = self._first or fault
            yield fault

    def _reason(self, fault: int) -> str:
        if fault == TOO_LARGE and self._record_bytes != MAX_RECORD_BYTES:
            return f"Record is larger than {self._record_bytes:,} bytes."
        return REASONS[fault]
