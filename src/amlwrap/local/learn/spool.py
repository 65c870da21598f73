"""Batches for a learner that goes through them again and again: in memory while they fit, else in a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Self

import numpy as np

from amlwrap.local.learn.batching import Batch, Facts, Levels
from amlwrap.local.learn.products import Rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import TracebackType

    from numpy.typing import NDArray

READ_BYTES = 4 << 20
"""What is written and read at a time."""

_N_ARRAYS = 8
_ALL_COLUMNS = -1  # stands for their number where a batch has not just some


class Spool:
    """
    Batches in order; a context manager, whose file is gone at its end.

    Args:
        n_columns: Of the design matrix, those that training rows can hold.
        path: Of the file, which is made when it is needed; without one, all stays in memory.
        hold_bytes: Memory the batches may take before they go to the file.
    """

    def __init__(self, n_columns: int, path: Path | None = None, hold_bytes: int = 0) -> None:
        self.facts = Facts.start(n_columns)
        self._path = path
        self._hold_bytes = hold_bytes
        self._held: list[Batch] = []
        self._n_held_bytes = 0
        self._file: BinaryIO | None = None
        self._end = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._held.clear()
        if self._file is not None:
            self._file.close()
            Path(self._file.name).unlink(missing_ok=True)

    def __len__(self) -> int:
        return self.facts.n_batches

    def add(self, batch: Batch) -> None:
        """Take one more."""
        self.facts.add(batch)
        self._held.append(batch)
        self._n_held_bytes += _n_bytes(batch)
        if self._path is not None and self._n_held_bytes > (self._hold_bytes if self._file is None else READ_BYTES):
            self._write(self._file or self._path.open("w+b"))

    def __iter__(self) -> Iterator[Batch]:
        if self._file is None:
            return iter(self._held)
        self._write(self._file)
        return self._read(self._file)

    def _write(self, file: BinaryIO) -> None:
        """Put what is held at the end of the *file*."""
        self._file = file
        file.seek(self._end)
        some: list[Batch] = []
        size = 0
        for batch in self._held:
            some.append(batch)
            size += _n_bytes(batch)
            if size > READ_BYTES:
                _save(file, some)
                some, size = [], 0
        if some:
            _save(file, some)
        self._end = file.tell()
        self._held.clear()
        self._n_held_bytes = 0

    def _read(self, file: BinaryIO) -> Iterator[Batch]:
        at = 0
        while at < self._end:
            file.seek(at)
            arrays = [np.load(file, allow_pickle=False) for _ in range(_N_ARRAYS)]
            at = file.tell()
            yield from _cut(arrays)


def _n_bytes(batch: Batch) -> int:
    rows = batch.rows
    columns = 0 if isinstance(batch.columns, slice) else batch.columns.nbytes
    return int(rows.data.nbytes + rows.indices.nbytes + rows.indptr.nbytes + columns + batch.targets.nbytes)


def _save(file: BinaryIO, batches: Sequence[Batch]) -> None:
    """Arrays of several batches end to end, and what it takes to cut them apart again."""
    matrices = [batch.rows for batch in batches]
    data = np.concatenate([matrix.data for matrix in matrices])
    columns = [np.zeros(0, np.int32) if isinstance(batch.columns, slice) else batch.columns for batch in batches]
    sizes = [
        (
            *matrix.shape,
            matrix.nnz,
            _ALL_COLUMNS if isinstance(batch.columns, slice) else len(batch.columns),
            len(batch.levels.starts),
            batch.levels.n,
        )
        for batch, matrix in zip(batches, matrices, strict=True)
    ]
    for array in (
        np.array(sizes, np.int64),
        np.zeros(0, np.float32) if bool((data == 1).all()) else data,
        np.concatenate([matrix.indices for matrix in matrices]),
        np.concatenate([matrix.indptr for matrix in matrices]),
        np.concatenate(columns).astype(np.int32),
        np.concatenate([batch.levels.starts for batch in batches]).astype(np.int32),
        batches[0].levels.shares,
        np.concatenate([batch.targets for batch in batches]),
    ):
        np.save(file, array, allow_pickle=False)


def _cut(arrays: Sequence[NDArray[Any]]) -> Iterator[Batch]:
    """The batches that `_save` put end to end."""
    sizes, data, indices, indptr, columns, starts, shares, targets = arrays
    if len(data) != len(indices):
        data = np.ones(len(indices), np.float32)
    at = np.zeros(5, np.int64)
    for n_rows, width, n_entries, n_own, n_starts, n_levels in sizes.tolist():
        entry, pointer, own, start, row = at.tolist()
        part = (data[entry : entry + n_entries], indices[entry : entry + n_entries], _of(indptr, pointer, n_rows + 1))
        yield Batch(
            rows=Rows(*part, (n_rows, width)),
            columns=slice(None) if n_own == _ALL_COLUMNS else _of(columns, own, n_own).astype(np.intp),
            levels=Levels(_of(starts, start, n_starts).astype(np.intp), shares, n_levels),
            targets=_of(targets, row, n_rows),
        )
        at += (n_entries, n_rows + 1, max(n_own, 0), n_starts, n_rows)


def _of(array: NDArray[Any], start: int, n: int) -> NDArray[Any]:
    return array[start : start + n]
