"""A sample of texts and the target beside them: every so many-th row, more seldom the more rows there are."""

from __future__ import annotations

import attrs
import numpy as np
import polars as pl
from numpy.typing import NDArray

from amlwrap.local.ingest.quantiles import Quantiles
from amlwrap.local.ingest.target import Target

MAX_ROWS = 100_000
_ROW_BYTES = 32  # of a row, beside its text
_N_TARGET_BINS = 10


@attrs.define
class Sample:
    """
    The rows whose numbers are multiples of *step*, a power of two, wherever the rows were cut into blocks.

    Attributes:
        step: Doubles when the sample grows too large.
        n: Rows that passed by.
        texts, codes, numbers: Of the sampled rows, a run of each block; *numbers* only of a NUMERIC target.
        n_classes: Classes of the target met so far.
        lost: There is no target to compare with.
    """

    step: int = 1
    n: int = 0
    texts: list[pl.Series] = attrs.field(factory=list[pl.Series])
    codes: list[NDArray[np.int16]] = attrs.field(factory=list[NDArray[np.int16]])
    numbers: list[NDArray[np.float64]] = attrs.field(factory=list[NDArray[np.float64]])
    n_classes: int = 0
    lost: bool = False

    def add(self, texts: pl.Series, target: Target | None) -> None:
        """Pass by the next rows."""
        first, self.n = -self.n % self.step, self.n + len(texts)
        if target is None or self.lost:
            self.lost, self.texts, self.codes, self.numbers = True, [], [], []
            return
        self.n_classes = target.n_classes
        self.texts.append(texts[first:].gather_every(self.step))
        self.codes.append(target.codes[first :: self.step].astype(np.int16))
        if target.values is not None:
            self.numbers.append(target.values[first :: self.step].copy())

    def shrink(self, max_bytes: int) -> None:
        """Keep at most 100,000 rows and about *max_bytes*, and let go of the blocks they came from."""
        while self.texts and (len(self) > MAX_ROWS or self._n_bytes > max_bytes) and len(self) > 1:
            self.step *= 2
            self.texts = [self.values().gather_every(2)]
            self.codes = [np.concatenate(self.codes)[::2].copy()]
            self.numbers = [np.concatenate(self.numbers)[::2].copy()] if self.numbers else []
        if self.texts:
            self.texts[-1] = pl.Series(self.texts[-1].to_list(), dtype=pl.String)  # else a view of the whole block

    def values(self) -> pl.Series:
        """The sampled texts."""
        return pl.concat(self.texts) if self.texts else pl.Series(dtype=pl.String)

    def target(self) -> tuple[NDArray[np.int64], int] | None:
        """The class of each sampled row, -1 where there is none, and their number; of a NUMERIC target its tenth."""
        if self.lost or not self.codes:
            return None
        if not self.numbers:
            return np.concatenate(self.codes).astype(np.int64), self.n_classes
        numbers = np.concatenate(self.numbers)
        edges = Quantiles.of(numbers[~np.isnan(numbers)]).edges(_N_TARGET_BINS)
        return np.where(np.isnan(numbers), -1, np.searchsorted(edges, numbers)), len(edges) + 1

    def __len__(self) -> int:
        return sum(map(len, self.codes))

    @property
    def _n_bytes(self) -> int:
        return sum(int(texts.str.len_bytes().sum()) for texts in self.texts) + _ROW_BYTES * len(self)
