"""The first rows of a datasource, out of no more bytes than they need."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import BinaryIO, TypeAlias, overload

import attrs

from amlwrap._samples import MAX_RECORD
from amlwrap._text import table
from amlwrap.documents import Rearrangement, Schema
from amlwrap.exceptions import DataError
from amlwrap.objects import ObjectInfo, ObjectStore, find_files

__all__ = ["Head", "read_head"]

Row: TypeAlias = Mapping[str, str]

_BOM = b"\xef\xbb\xbf"
_LONGEST = MAX_RECORD + 2  # with its end
_PATIENCE = 1_000  # lines that may be no records before nothing more is looked for
_RANDOM = "From all of the data: which rows a random split draws, the service alone knows."


@attrs.frozen(repr=False)
class Head(Sequence[Mapping[str, str]]):
    """
    The first rows of a datasource, as mappings of names to what stands in the file; prints as a table.

    Attributes:
        names: Of the columns.
        rows: As many as were asked for, if there are that many.
        note: What one should know about them; usually empty.

    >>> Head(("age", "job"), ({"age": "31", "job": "cook"}, {"age": "44", "job": ""}))
    age  job
    31   cook
    44
    """

    names: tuple[str, ...]
    rows: tuple[Row, ...]
    note: str = ""

    @overload
    def __getitem__(self, place: int) -> Row: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Row, ...]: ...
    def __getitem__(self, place: int | slice) -> Row | tuple[Row, ...]:
        return self.rows[place]

    def __len__(self) -> int:
        return len(self.rows)

    def __str__(self) -> str:
        shown = table([self.names, *(tuple(row.values()) for row in self.rows)])
        return f"{shown}\n{self.note}" if self.note else shown

    __repr__ = __str__


def read_head(store: ObjectStore, uri: str, schema: Schema, rearrangement: Rearrangement | None, n: int) -> Head:
    """
    The first *n* rows at *uri* of those that *rearrangement* takes.

    Lines that are no records are passed over, as the service does. A random split shows the first rows of all.

    Raises:
        DataError: There is no data, or nothing in it that fits the schema.
    """
    files = find_files(store, uri)
    n_bytes = sum(info.size for info in files)
    random = rearrangement is not None and rearrangement.strategy == "random"
    part = Rearrangement() if rearrangement is None or random else rearrangement
    lines = (line for low, high in part.byte_ranges(n_bytes) for line in _lines(store, files, low, high, schema.header))
    read = (_record(line, schema) for line in islice(lines, n + _PATIENCE))
    rows = tuple(islice((row for row in read if row is not None), n))
    if not rows and next(lines, None) is not None:
        found = f"none among the first {n + _PATIENCE:,} lines"
        raise DataError(uri, "", f"records of {len(schema.attributes)} values", found)
    return Head(schema.names, rows, _RANDOM if random else "")


def _lines(store: ObjectStore, files: Sequence[ObjectInfo], low: int, high: int, header: bool) -> Iterator[bytes]:
    """The lines that begin at bytes *low* to *high* of all *files*, one after the other, headers left out."""
    offset = 0
    for info in files:
        start, stop = max(low - offset, 0), min(high - offset, info.size)
        if start < stop:
            with store.open(info.uri, max(start - 1, 0)) as file:
                yield from _lines_of(file, start, stop, header)
        offset += info.size


def _lines_of(file: BinaryIO, start: int, stop: int, header: bool) -> Iterator[bytes]:
    position = max(start - 1, 0)
    names_to_come = header and not start
    if start:
        position += _line(file)[1]
    while position < stop:
        line, size = _line(file)
        if not size:
            return  # it became shorter meanwhile
        text = line if position else line.removeprefix(_BOM)
        position += size
        if not text.strip(b"\r\n"):
            continue
        if names_to_come:
            names_to_come = False
        else:
            yield text


def _line(file: BinaryIO) -> tuple[bytes, int]:
    """The next line and its length; of one that is too long to be a record, no more than shows that it is."""
    line = rest = file.readline(_LONGEST + 1)
    size = len(line)
    while rest and not rest.endswith(b"\n"):
        rest = file.readline(_LONGEST)
        size += len(rest)
    return line, size


def _record(line: bytes, schema: Schema) -> Row | None:
    """The fields of *line* by name; None when it is no record."""
    if len(line) > _LONGEST:
        return None
    try:
        fields = next(csv.reader([line.decode().rstrip("\r\n")], strict=True))
    except (UnicodeDecodeError, csv.Error, StopIteration):
        return None
    return dict(zip(schema.names, fields, strict=True)) if len(fields) == len(schema.names) else None
