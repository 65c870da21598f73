"""What a transformation remembers of the training rows: scales, bin edges, lexicons and pairs of tokens."""

from __future__ import annotations

from functools import cached_property
from typing import Any, TypeAlias

import attrs
import numpy as np
import polars as pl
from numpy.typing import NDArray

from amlwrap.local.features.signals import narrow

FARTHEST = 1e6
"""Most deviations from the mean, so that no single value drowns a record's score or leaves single precision."""

_FEW = 64  # strings; for more, setting up a join pays


@attrs.frozen(eq=False)
class Scale:
    """Mean and population standard deviation of a number, and whether it was ever missing."""

    mean: float
    deviation: float
    has_missing: bool

    def apply(self, values: NDArray[Any], missing: NDArray[np.bool_] | None) -> NDArray[np.float32]:
        """Standard scores, zero where there is no value; what lies farther out than `FARTHEST` counts as that far."""
        with np.errstate(over="ignore"):
            exact = (values.astype(np.float64) - self.mean) / self.deviation
        scores = np.clip(exact, -FARTHEST, FARTHEST).astype(np.float32)
        if missing is not None:
            scores[missing] = 0.0
        return scores


@attrs.frozen(eq=False)
class Bins:
    """Inner cut points of a number, strictly increasing; a value equal to a cut point lies below it."""

    edges: NDArray[np.float64]

    @property
    def size(self) -> int:
        """Number of bins, and one level more for a missing value."""
        return len(self.edges) + 2

    def apply(self, values: NDArray[Any], missing: NDArray[np.bool_] | None) -> NDArray[np.unsignedinteger]:
        """Bin of each value. Source: right-closed intervals, as `numpy.searchsorted` on the left side."""
        codes = (
            self._bytes(values) if values.dtype == np.uint8 else narrow(np.searchsorted(self.edges, values), self.size)
        )
        if missing is not None:
            codes[missing] = self.size - 1
        return codes

    def _bytes(self, values: NDArray[np.uint8]) -> NDArray[np.unsignedinteger]:
        """Bins of values of which there can be 256, looked up instead of searched for."""
        bin_of = narrow(np.searchsorted(self.edges, np.arange(256)), self.size)
        return bin_of[values]


@attrs.frozen(eq=False, slots=False)
class Lexicon:
    """Strings seen in training, sorted; one code more stands for all others."""

    entries: tuple[str, ...]

    @cached_property
    def codes(self) -> dict[str, int]:
        """Code of each entry."""
        return {entry: code for code, entry in enumerate(self.entries)}

    @property
    def size(self) -> int:
        """Number of codes, the one for unseen strings included."""
        return len(self.entries) + 1

    def codes_of(self, strings: pl.Series) -> NDArray[np.int64]:
        """Code of each of *strings*; a few are looked up, many are joined."""
        if len(strings) <= _FEW:
            return np.array([self.codes.get(string, len(self.entries)) for string in strings.to_list()], np.int64)
        known = pl.DataFrame({"entry": pl.Series(self.entries, dtype=pl.String)}).with_row_index("code")
        asked = pl.DataFrame({"entry": strings})
        found = asked.join(known, on="entry", how="left", maintain_order="left")["code"]
        return found.fill_null(len(self.entries)).cast(pl.Int64).to_numpy()


@attrs.frozen(eq=False)
class Pairs:
    """Pairs of codes seen in training, each as one sorted key; one code more stands for all others."""

    keys: NDArray[np.int64]

    @property
    def size(self) -> int:
        """Number of codes, the one for unseen pairs included."""
        return len(self.keys) + 1

    def codes_of(self, keys: NDArray[np.int64]) -> NDArray[np.int64]:
        """Code of each of *keys*."""
        if not len(self.keys):
            return np.zeros(len(keys), np.int64)
        places = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.where(self.keys[places] == keys, places, len(self.keys))


Remembered: TypeAlias = Scale | Bins | Lexicon | Pairs
