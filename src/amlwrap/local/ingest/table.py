"""A table: the typed columns of the readable rows, and where every record stood in the files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from amlwrap.local.ingest.columns import BinaryColumn, Column, Mask, NumericColumn, Rows

MAX_FAULTS = 10_000  # listed one by one; more than the service tolerates need no list
MAX_EXAMPLES = 1_000


@attrs.frozen
class Fault:
    """
    A record that could not be read.

    Attributes:
        offset: Of its first byte, over the concatenation of the files.
        file: URI of the file it is in.
        line: Its line in that file, counted from 1.
        reason: In the words of the service's logs.
    """

    offset: int
    file: str
    line: int
    reason: str

    @property
    def told(self) -> str:
        """The reason as part of a sentence."""
        return self.reason[:1].lower() + self.reason[1:].rstrip(".")


@attrs.frozen
class InvalidValue:
    """A value that does not fit its attribute's type, in a record that could be read."""

    offset: int
    file: str
    line: int
    attribute: str
    value: str


@attrs.frozen
class Part:
    """
    One of the files.

    Attributes:
        uri: Where it is.
        n_bytes: Its size.
        n_records: How many of the table's records are its own.
    """

    uri: str
    n_bytes: int
    n_records: int


@attrs.frozen(eq=False, kw_only=True)
class Table:
    """
    Columns of the readable rows, and the records they came from.

    Attributes:
        columns: By attribute name; all of length *n_rows*.
        n_records: Readable and unreadable ones.
        positions: int64, shape ``(n_rows,)``: the place of each readable row among the records.
        starts: int64, shape ``(n_records,)``: offset of each record's first byte over the concatenation of the files;
            empty when the reader was not asked for them.
        n_bytes: Of all files together, whichever slice of them this is.
        reached: How far into all files the run reaches that these records were read in, as a share of their bytes.
        faults: The unreadable records, at most 10,000 of them.
        invalid_values: Examples of values that do not fit their types, at most 1,000.
        parts: The files, in the order read.
    """

    columns: Mapping[str, Column]
    n_records: int
    positions: NDArray[np.int64]
    starts: NDArray[np.int64]
    n_bytes: int
    reached: float = 1.0
    faults: tuple[Fault, ...] = ()
    invalid_values: tuple[InvalidValue, ...] = ()
    parts: tuple[Part, ...] = ()

    @classmethod
    def of(cls, columns: Mapping[str, Column]) -> Table:
        """
        A table of *columns* alone, every row readable, as if each record were one byte long.

        >>> Table.of({"age": NumericColumn(np.array([31, 44], np.uint8))}).n_rows
        2
        """
        n = len(next(iter(columns.values())))
        return cls(columns=columns, n_records=n, positions=np.arange(n), starts=np.arange(n), n_bytes=n)

    @property
    def n_rows(self) -> int:
        """Records that could be read."""
        return len(self.positions)

    @property
    def n_faults(self) -> int:
        """Records that could not be read, listed or not."""
        return self.n_records - self.n_rows

    @property
    def n_invalid_records(self) -> int:
        """Readable records in which some NUMERIC or BINARY value is invalid."""
        marked: Mask = np.zeros(self.n_rows, np.bool_)
        for column in self.columns.values():
            if isinstance(column, NumericColumn | BinaryColumn) and column.invalid is not None:
                marked |= column.invalid
        return int(np.count_nonzero(marked))

    @property
    def nbytes(self) -> int:
        """Memory held by the columns and offsets."""
        return sum(column.nbytes for column in self.columns.values()) + self.positions.nbytes + self.starts.nbytes

    def take_records(self, records: Rows) -> Table:
        """
        The table of these records alone, in their order; what could not be read or used only with the *starts* of all.

        Args:
            records: A mask of shape ``(n_records,)``, increasing indices, or a slice. A run without gaps shares this
                table's arrays; anything else copies them.
        """
        chosen = _as_run(records, self.n_records)
        if isinstance(chosen, slice):
            low, high = (int(place) for place in np.searchsorted(self.positions, [chosen.start, chosen.stop]))
            rows: Rows = slice(low, high)
            positions = self.positions[rows] - chosen.start
        else:
            inside: Mask = np.zeros(self.n_records, np.bool_)
            inside[chosen] = True
            rows = np.flatnonzero(inside[self.positions])
            positions = (np.cumsum(inside) - 1)[self.positions[rows]]
        starts = self.starts[chosen] if len(self.starts) else self.starts
        return Table(
            columns={name: column.take(rows) for name, column in self.columns.items()},
            n_records=chosen.stop - chosen.start if isinstance(chosen, slice) else len(chosen),
            positions=positions,
            starts=starts,
            n_bytes=self.n_bytes,
            reached=self.reached,
            faults=tuple(fault for fault, kept in zip(self.faults, _among(self.faults, starts), strict=True) if kept),
            invalid_values=tuple(
                value
                for value, kept in zip(self.invalid_values, _among(self.invalid_values, starts), strict=True)
                if kept
            ),
            parts=self._parts_of(chosen),
        )

    def _parts_of(self, chosen: Rows) -> tuple[Part, ...]:
        """The same files, each with the number of its records among the chosen."""
        bounds = np.cumsum([0, *(part.n_records for part in self.parts)])
        if isinstance(chosen, slice):
            places = np.clip(bounds, chosen.start, chosen.stop)
        else:
            places = np.searchsorted(chosen, bounds)
        counts: list[int] = np.diff(places).tolist()
        return tuple(attrs.evolve(part, n_records=n) for part, n in zip(self.parts, counts, strict=True))


def _as_run(records: Rows, n: int) -> Rows:
    """*records* as a slice of step 1 when they are a run without gaps, else as increasing indices."""
    if isinstance(records, slice):
        start, stop, step = records.indices(n)
        if step == 1:
            return slice(start, max(start, stop))
        return np.arange(start, stop, step)
    indices: NDArray[Any] = np.flatnonzero(records) if records.dtype == np.bool_ else records
    if len(indices) and int(indices[-1]) - int(indices[0]) == len(indices) - 1:
        return slice(int(indices[0]), int(indices[-1]) + 1)
    return indices


def _among(items: tuple[Fault, ...] | tuple[InvalidValue, ...], starts: NDArray[np.int64]) -> list[bool]:
    """For each item, whether the record it stands in is one of those at *starts*."""
    if not items:
        return []
    offsets = np.array([item.offset for item in items], np.int64)
    kept: list[bool] = np.isin(offsets, starts).tolist()
    return kept
