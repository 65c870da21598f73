"""How many different values there are, when they are too many to keep: from the smallest of their hashes."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import polars as pl
from numpy.typing import NDArray

N_HASHES = 4_096
"""Hashes kept. The estimate's standard error is one part in the square root of this, 1.6 %."""


@attrs.define
class Distinct:
    """
    An estimate of the number of distinct values among all that were added.

    Source: Bar-Yossef et al. (2002), the k-th smallest of the hashes of all values; exact while there are fewer.

    >>> distinct = Distinct()
    >>> distinct.add_strings(["a", "b", "a"])
    >>> distinct.estimate
    2
    """

    hashes: NDArray[np.uint64] = attrs.field(factory=lambda: np.zeros(0, np.uint64))

    def add_numbers(self, values: NDArray[Any]) -> None:
        """Add int64 or float64; equal numbers count once, of whichever type they are."""
        if values.dtype.kind == "f":
            whole = (np.abs(values) < 2.0**63) & (values == np.trunc(values))
            bits = values.view(np.int64).copy()
            bits[whole] = values[whole].astype(np.int64)
            values = bits
        self._add(values.astype(np.int64, copy=False).view(np.uint64))

    def add_strings(self, values: list[str]) -> None:
        """Add strings."""
        self._add(pl.Series(values, dtype=pl.String).hash().to_numpy())

    @property
    def estimate(self) -> int:
        """Distinct values, about."""
        if len(self.hashes) < N_HASHES:
            return len(self.hashes)
        return round((N_HASHES - 1) * 2.0**64 / float(self.hashes[-1]))

    def _add(self, bits: NDArray[np.uint64]) -> None:
        hashes = _mixed(bits)
        if len(self.hashes) == N_HASHES:
            hashes = hashes[hashes < self.hashes[-1]]
        self.hashes = np.unique(np.concatenate([self.hashes, hashes]))[:N_HASHES].copy()


def _mixed(bits: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Bits so stirred that neighbours lie far apart. Source: Steele, Lea and Flood (2014), SplitMix64's finish."""
    mixed = bits + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))
