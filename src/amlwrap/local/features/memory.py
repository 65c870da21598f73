"""
What a transformation remembers of the training rows: scales, bin edges, lexicons and pairs of tokens.

Lexicons and pairs grow while training rows pass by, and number what they meet in the order of its first appearance: the
numbers are the same however the rows are cut into blocks.
"""

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

_FEW_EDGES = 32
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


@attrs.frozen(eq=False, slots=False)
class Bins:
    """Inner cut points of a number, strictly increasing; a value equal to a cut point lies below it."""

    edges: NDArray[np.float64]

    @property
    def size(self) -> int:
        """Number of bins, and one level more for a missing value."""
        return len(self.edges) + 2

    def apply(self, values: NDArray[Any], missing: NDArray[np.bool_] | None) -> NDArray[np.unsignedinteger]:
        """Bin of each value. Source: right-closed intervals, as `numpy.searchsorted` on the left side."""
        if values.dtype == np.uint8:
            codes = self._of_bytes.take(values)
        elif len(self.edges) <= _FEW_EDGES:
            codes = self._counted(values)
        else:
            codes = narrow(np.searchsorted(self.edges, values), self.size)
        if missing is not None:
            codes[missing] = self.size - 1
        return codes

    @cached_property
    def _of_bytes(self) -> NDArray[np.unsignedinteger]:
        """Bin of each value of which there can be 256: looked up instead of searched for."""
        return narrow(np.searchsorted(self.edges, np.arange(256)), self.size)

    def _counted(self, values: NDArray[Any]) -> NDArray[np.unsignedinteger]:
        """Bins by counting the edges below: going over all values a few times is faster than searching for each."""
        wide = values.astype(np.float64, copy=False)
        codes, above = np.zeros(len(wide), np.uint8), np.empty(len(wide), np.bool_)
        for edge in self.edges:
            codes += np.greater(wide, edge, out=above).view(np.uint8)
        return codes


@attrs.define(eq=False, slots=False)
class Lexicon:
    """Strings seen in training, in the order of their first appearance; one code more stands for all others."""

    entries: pl.Series = attrs.field(factory=lambda: pl.Series([], dtype=pl.String))

    @cached_property
    def codes(self) -> dict[str, int]:
        """Code of each entry."""
        return {entry: code for code, entry in enumerate(self.entries.to_list())}

    @property
    def size(self) -> int:
        """Number of codes, the one for unseen strings included."""
        return len(self.entries) + 1

    def learn(self, strings: pl.Series, room: int) -> None:
        """Take in those of *strings* that are new, as far as there is *room* for so many entries."""
        new = strings.unique(maintain_order=True)
        if len(self.entries):
            new = new.filter(self._found(new).is_null())
        self.entries = pl.concat([self.entries, new.head(max(0, room)).alias("")])
        self.__dict__.pop("codes", None)

    def codes_of(self, strings: pl.Series) -> NDArray[np.int64]:
        """Code of each of *strings*; a few are looked up, many are joined."""
        if len(strings) <= _FEW:
            return np.array([self.codes.get(string, len(self.entries)) for string in strings.to_list()], np.int64)
        return self._found(strings).fill_null(len(self.entries)).cast(pl.Int64).to_numpy()

    def _found(self, strings: pl.Series) -> pl.Series:
        return _places(strings, self.entries)


@attrs.define(eq=False, slots=False)
class Pairs:
    """Pairs of codes seen in training, each as one key, in the order of their first appearance; one more for others."""

    keys: NDArray[np.int64] = attrs.field(factory=lambda: np.zeros(0, np.int64))

    @cached_property
    def codes(self) -> dict[int, int]:
        """Code of each key."""
        return {key: code for code, key in enumerate(self.keys.tolist())}

    @property
    def size(self) -> int:
        """Number of codes, the one for unseen pairs included."""
        return len(self.keys) + 1

    def learn(self, keys: NDArray[np.int64], room: int) -> None:
        """Take in those of *keys* that are new, as far as there is *room* for so many entries."""
        new = pl.Series(keys).unique(maintain_order=True)
        if len(self.keys):
            new = new.filter(_places(new, pl.Series(self.keys)).is_null())
        self.keys = np.concatenate([self.keys, new.head(max(0, room)).to_numpy()])
        self.__dict__.pop("codes", None)

    def codes_of(self, keys: NDArray[np.int64]) -> NDArray[np.int64]:
        """Code of each of *keys*; a few are looked up, many are joined."""
        unseen = len(self.keys)
        if len(keys) <= _FEW:
            return np.array([self.codes.get(key, unseen) for key in keys.tolist()], np.int64)
        return _places(pl.Series(keys), pl.Series(self.keys)).fill_null(unseen).cast(pl.Int64).to_numpy()


def _places(asked: pl.Series, known: pl.Series) -> pl.Series:
    """Where each of *asked* stands among *known*, which are all different; null for what does not."""
    shelf = pl.DataFrame({"entry": known}).with_row_index("code")
    return pl.DataFrame({"entry": asked}).join(shelf, on="entry", how="left", maintain_order="left")["code"]


Remembered: TypeAlias = Scale | Bins | Lexicon | Pairs
