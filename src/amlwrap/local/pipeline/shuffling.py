"""
A shuffle of more encoded rows than memory holds.

Each row has a key drawn from its number alone, and the order is that of the keys. Rows are dealt out to piles by the
first bits of their keys, on the disk, and each pile is sorted by itself: however many piles there are, or even none,
the order is the same.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Self

import attrs
import numpy as np
from scipy import sparse

from amlwrap.local.features.encoder import Block

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from numpy.typing import NDArray

MAX_PILES = 256


def keys_of(first: int, n: int) -> NDArray[np.uint64]:
    """
    Keys of *n* rows, of which the first has the number *first*; all different.

    Source: the finaliser of SplitMix64 (Steele, Lea and Flood, 2014), which is a bijection.

    >>> keys_of(0, 2).tolist() == [*keys_of(0, 1).tolist(), *keys_of(1, 1).tolist()]
    True
    """
    mixed = np.arange(first + 1, first + n + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


@attrs.frozen(eq=False)
class Encoded:
    """Rows of the design matrix with their targets."""

    block: Block
    targets: NDArray[Any]

    @property
    def n_bytes(self) -> int:
        """Memory the arrays take."""
        matrix: Any = self.block.matrix
        parts = (matrix.data, matrix.indices, matrix.indptr, self.block.n_active, self.targets)
        return sum(int(part.nbytes) for part in parts)

    def take(self, rows: NDArray[Any]) -> Encoded:
        """These rows alone."""
        matrix: Any = self.block.matrix
        return Encoded(Block(matrix[rows], self.block.n_active[rows]), self.targets[rows])

    def between(self, start: int, stop: int) -> Encoded:
        """The rows from *start* to *stop*, that one excluded."""
        if (start, stop) == (0, len(self.targets)):
            return self
        matrix: Any = self.block.matrix
        return Encoded(Block(matrix[start:stop], self.block.n_active[start:stop]), self.targets[start:stop])

    @staticmethod
    def join(parts: list[Encoded]) -> Encoded:
        """The rows of all *parts*, one after the other."""
        if len(parts) == 1:
            return parts[0]
        matrix: Any = sparse.vstack([part.block.matrix for part in parts], format="csr")
        n_active = np.concatenate([part.block.n_active for part in parts])
        return Encoded(Block(matrix, n_active), np.concatenate([part.targets for part in parts]))


class Piles:
    """
    Rows on their way into another order; a context manager, whose files are gone at its end.

    Args:
        folder: For the files.
        n_columns: Of the design matrix.
        hold_bytes: How much is held in memory before it is dealt out.
        n_rows: How many are going to come.
    """

    def __init__(self, folder: Path, n_columns: int, hold_bytes: int, n_rows: int) -> None:
        self._folder = folder
        self._n_columns = n_columns
        self._hold_bytes = hold_bytes
        self._n_rows = n_rows
        self._n_seen = 0
        self._held: list[Encoded] = []
        self._n_held_bytes = 0
        self._files: list[BinaryIO] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for file in self._files:
            file.close()
            Path(file.name).unlink(missing_ok=True)

    def add(self, rows: Encoded) -> None:
        """Take more rows."""
        self._held.append(rows)
        self._n_held_bytes += rows.n_bytes
        if self._n_held_bytes > self._hold_bytes:
            self._deal()

    def sorted(self) -> Iterator[Encoded]:
        """All rows in the order of their keys, a pile at a time."""
        if not self._files:
            held = Encoded.join(self._held)
            self._held.clear()
            yield held.take(np.argsort(keys_of(0, len(held.targets))))
            return
        self._deal()
        for file in self._files:
            yield from self._pile(file)

    def _deal(self) -> None:
        """Put the rows that are held onto the piles."""
        if not self._held:
            return
        rows = Encoded.join(self._held)
        n = len(rows.targets)
        if not self._files:
            self._open(self._n_held_bytes / n * self._n_rows)
        keys = keys_of(self._n_seen, n)
        piles = (keys >> np.uint64(64 - self._bits)).astype(np.intp)
        order = np.argsort(piles, kind="stable")
        bounds = np.searchsorted(piles[order], np.arange(len(self._files) + 1))
        for number, file in enumerate(self._files):
            chosen = order[bounds[number] : bounds[number + 1]]
            if len(chosen):
                _write(file, rows.take(chosen), keys[chosen])
        self._n_seen += n
        self._held.clear()
        self._n_held_bytes = 0

    def _open(self, n_bytes: float) -> None:
        """As many piles as it takes for each to be held in memory by itself."""
        wanted = max(2, min(MAX_PILES, 2 * n_bytes / self._hold_bytes))
        self._bits = int(np.ceil(np.log2(wanted)))
        paths = (self._folder / f"pile-{number}" for number in range(1 << self._bits))
        self._files = [path.open("w+b") for path in paths]

    def _pile(self, file: BinaryIO) -> Iterator[Encoded]:
        end = file.tell()
        file.seek(0)
        parts: list[Encoded] = []
        keys: list[NDArray[np.uint64]] = []
        while file.tell() < end:
            part, its_keys = _read(file, self._n_columns)
            parts.append(part)
            keys.append(its_keys)
        file.truncate(0)
        if parts:
            yield Encoded.join(parts).take(np.argsort(np.concatenate(keys)))


def _write(file: BinaryIO, rows: Encoded, keys: NDArray[np.uint64]) -> None:
    matrix: Any = rows.block.matrix
    ones = bool((matrix.data == 1).all())
    data = np.zeros(0, np.float32) if ones else matrix.data
    for array in (data, matrix.indices, np.diff(matrix.indptr), rows.block.n_active, rows.targets, keys):
        np.save(file, array, allow_pickle=False)


def _read(file: BinaryIO, n_columns: int) -> tuple[Encoded, NDArray[np.uint64]]:
    data, indices, lengths, n_active, targets, keys = (np.load(file, allow_pickle=False) for _ in range(6))
    if len(data) != len(indices):
        data = np.ones(len(indices), np.float32)
    indptr = np.concatenate([np.zeros(1, lengths.dtype), np.cumsum(lengths, dtype=lengths.dtype)])
    matrix: Any = sparse.csr_array((data, indices, indptr), (len(lengths), n_columns))
    return Encoded(Block(matrix, n_active), targets), keys
