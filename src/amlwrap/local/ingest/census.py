"""A census of records: how many there are, which could not be read, and where values do not fit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Self

import attrs
import numpy as np

from amlwrap.local.ingest.columns import BinaryColumn, NumericColumn
from amlwrap.local.ingest.table import MAX_EXAMPLES, MAX_FAULTS, Fault, InvalidValue, Table


@attrs.define
class Census:
    """
    What was found in the blocks that passed by.

    Attributes:
        n_records: Readable and unreadable ones.
        n_rows: Readable ones.
        n_invalid_records: Readable ones with an invalid value.
        n_invalid: Invalid values by attribute; of those that have any.
        faults: The unreadable records, at most 10,000 of them.
        invalid_values: Examples of invalid values, at most 1,000.
        uris: Files, in order.
    """

    n_records: int = 0
    n_rows: int = 0
    n_invalid_records: int = 0
    n_invalid: dict[str, int] = attrs.field(factory=dict[str, int])
    faults: list[Fault] = attrs.field(factory=list[Fault])
    invalid_values: list[InvalidValue] = attrs.field(factory=list[InvalidValue])
    uris: list[str] = attrs.field(factory=list[str])

    @classmethod
    def of(cls, blocks: Iterable[Table]) -> Self:
        """The census of *blocks*."""
        census = cls()
        for block in blocks:
            census.add(block)
        return census

    @property
    def n_faults(self) -> int:
        """Records that could not be read, listed or not."""
        return self.n_records - self.n_rows

    def add(self, block: Table) -> None:
        """Count *block*."""
        self.n_records += block.n_records
        self.n_rows += block.n_rows
        self.n_invalid_records += block.n_invalid_records
        self.faults += block.faults[: MAX_FAULTS - len(self.faults)]
        self.invalid_values += block.invalid_values[: MAX_EXAMPLES - len(self.invalid_values)]
        self.uris += [part.uri for part in block.parts if part.uri not in self.uris[-1:]]
        for name, column in block.columns.items():
            if isinstance(column, NumericColumn | BinaryColumn) and column.invalid is not None:
                self.n_invalid[name] = self.n_invalid.get(name, 0) + int(np.count_nonzero(column.invalid))

    def watch(self, blocks: Iterable[Table]) -> Iterator[Table]:
        """The same *blocks*, counted as they pass by."""
        for block in blocks:
            self.add(block)
            yield block
            del block  # before the next one is read
