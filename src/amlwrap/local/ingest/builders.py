"""Columns built run by run: polars series in, the smallest arrays out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from amlwrap.documents.schema import AttributeType
from amlwrap.local.ingest.columns import (
    BinaryColumn,
    CategoricalColumn,
    Column,
    Mask,
    NumericColumn,
    TextColumn,
    smallest_integer,
)
from amlwrap.local.ingest.parsing import Dtype

N_EXAMPLES = 10  # of invalid values, per column and run

SPELLINGS = {"0": 0, "n": 0, "no": 0, "f": 0, "false": 0, "1": 1, "y": 1, "yes": 1, "t": 1, "true": 1}
_INVALID, _EMPTY = -2, -1
_FEW = 256  # strings that are expected to come again
_MOST_SURPRISES = 4  # runs that hold others, before no more is expected
_NOTHING = pl.Series([None], dtype=pl.Float64)
_EXACT = 2.0**53  # up to here float64 holds every integer


class Builder(Protocol):
    """One column while it is being read."""

    examples: list[tuple[int, str]]
    """Invalid values found since somebody last cleared the list, by row of the run."""

    @property
    def dtype(self) -> Dtype:
        """What polars should read the next run as."""
        ...

    def add(self, series: pl.Series) -> bool:
        """Append a run; False, and nothing done, when it must be handed over again as strings."""
        ...

    def finish(self) -> Column:
        """The column of all runs since the last call."""
        ...


class NumericBuilder:
    """
    Numbers: read as integers or floats while all values are, as strings once some are not.

    A number is a finite decimal such as ``-12``, ``.5`` or ``1e-3``; white space around it does not count.
    """

    def __init__(self) -> None:
        self.dtype: Dtype = pl.UInt8
        self.examples: list[tuple[int, str]] = []
        self._values: list[NDArray[Any]] = []
        self._missing: list[Mask | None] = []
        self._invalid: list[Mask | None] = []

    def accepts(self, series: pl.Series) -> bool:
        """Whether a series of the type asked for says all there is."""
        if series.dtype == pl.String:
            return True
        return series.null_count() == 0 and (series.dtype != pl.Float64 or bool(series.is_finite().all()))

    def add(self, series: pl.Series) -> bool:
        """Append a run; False when it must be handed over again as strings."""
        if not self.accepts(series):
            return False
        missing = invalid = None
        if series.dtype == pl.String:
            values, missing, invalid = self._read(series)
        else:
            values = series.to_numpy()
        self._values.append(values if values.dtype == np.uint8 else _shrunk(values))
        self._missing.append(missing)
        self._invalid.append(invalid)
        self.dtype = pl.String if missing is not None else _next_dtype(self._values[-1])
        return True

    def finish(self) -> NumericColumn:
        """The column of all runs since the last call, in one type."""
        if not self._values:
            return NumericColumn(np.zeros(0, np.uint8))
        dtypes = {part.dtype for part in self._values}
        values = self._values[0] if len(self._values) == 1 else np.concatenate(self._values)
        if len(dtypes) > 1:
            values = _shrunk(values)
        sizes = [len(part) for part in self._values]
        column = NumericColumn(values, _joined(self._missing, sizes), _joined(self._invalid, sizes))
        self._values, self._missing, self._invalid = [], [], []
        return column

    def _read(self, series: pl.Series) -> tuple[NDArray[Any], Mask | None, Mask | None]:
        """Values, where they are missing and where they are invalid."""
        text = series.fill_null("").str.strip_chars()
        empty = (text == "").to_numpy()
        numbers = text.cast(pl.Int64, strict=False)
        if numbers.null_count() > np.count_nonzero(empty):
            numbers = text.cast(pl.Float64, strict=False)
            numbers = numbers.zip_with(numbers.is_finite().fill_null(value=False), _NOTHING)
        missing = numbers.is_null().to_numpy()
        values = numbers.fill_null(0).to_numpy()
        if not missing.any():
            return values, None, None
        invalid: Mask = missing & ~empty
        self.examples += _examples(series, invalid)
        return values, missing, invalid if invalid.any() else None


class Levels:
    """
    Few different strings, expected to come again: polars then reads them as their numbers.

    >>> levels = Levels()
    >>> codes, vocabulary = levels.coded(pl.Series(["b", "a", "b"]))
    >>> codes.tolist(), vocabulary.to_list(), levels.dtype
    ([1, 0, 1], ['a', 'b'], Enum(categories=['', 'a', 'b']))
    """

    def __init__(self) -> None:
        self.dtype: Dtype = pl.String
        self._expected = pl.Series([""])
        self._n_surprises = 0

    def coded(self, series: pl.Series) -> tuple[NDArray[Any], pl.Series]:
        """Numbers of the strings in *series*, of which null is the empty one, and sorted strings, perhaps more."""
        if isinstance(self.dtype, pl.Enum) and series.dtype == self.dtype:
            return series.to_physical().fill_null(0).to_numpy(), self._expected  # of which "" is the first
        texts = series.cast(pl.String).fill_null("")
        vocabulary = texts.unique().sort()
        self.expect(vocabulary)
        return _places(texts, vocabulary), vocabulary

    def expect(self, vocabulary: pl.Series) -> None:
        """Ask for what there was so far, unless that is much, or was in vain too often."""
        if self._n_surprises > _MOST_SURPRISES:
            return
        self._n_surprises += 1
        self._expected = pl.concat([self._expected, vocabulary.alias("")]).unique().sort()
        if len(self._expected) > _FEW:
            self._n_surprises = _MOST_SURPRISES + 1
        self.dtype = pl.Enum(self._expected) if self._n_surprises <= _MOST_SURPRISES else pl.String


class BinaryBuilder:
    """Yes and no in the service's ten spellings; empty is missing, anything else invalid."""

    def __init__(self) -> None:
        self.examples: list[tuple[int, str]] = []
        self.levels = Levels()
        self._values: list[NDArray[np.int8]] = []
        self._spellings: pl.Series | None = None
        self._states = np.zeros(0, np.int8)

    @property
    def dtype(self) -> Dtype:
        """The spellings that were met before."""
        return self.levels.dtype

    def add(self, series: pl.Series) -> bool:
        """Append a run; each spelling is read once."""
        codes, spellings = self.levels.coded(series)
        if spellings is not self._spellings:
            self._spellings, self._states = spellings, _states(spellings)
        values = self._states[codes]
        self._values.append(values)
        self.examples += _examples(series, values == _INVALID)
        return True

    def finish(self) -> BinaryColumn:
        """The column of all runs since the last call."""
        values = np.concatenate([np.zeros(0, np.int8), *self._values])
        self._values = []
        invalid = values == _INVALID
        return BinaryColumn(np.maximum(values, np.int8(_EMPTY)), invalid if invalid.any() else None)


class CategoricalBuilder:
    """Levels as numbers into the vocabulary of each run, and in the end into one for all."""

    def __init__(self) -> None:
        self.examples: list[tuple[int, str]] = []
        self.levels = Levels()
        self._codes: list[NDArray[Any]] = []
        self._vocabularies: list[pl.Series] = []

    @property
    def dtype(self) -> Dtype:
        """The levels that were met before, if they are few."""
        return self.levels.dtype

    def add(self, series: pl.Series) -> bool:
        """Append a run."""
        codes, vocabulary = self.levels.coded(series)
        self._codes.append(codes)
        self._vocabularies.append(vocabulary)
        return True

    def finish(self) -> CategoricalColumn:
        """The column of all runs since the last call, over the sorted union of their levels."""
        parts, vocabularies = self._codes, self._vocabularies
        self._codes, self._vocabularies = [], []
        if not parts:
            return CategoricalColumn(np.zeros(0, np.int32), ())
        together = _united(vocabularies)
        codes = np.concatenate(
            [
                part if vocabulary is together else _places(vocabulary, together)[part]
                for part, vocabulary in zip(parts, vocabularies, strict=True)
            ]
        )
        held = np.bincount(codes, minlength=len(together)) > 0
        numbers = np.cumsum(held, dtype=np.int32) - np.int32(1)
        return CategoricalColumn(numbers[codes], tuple(together.filter(pl.Series(held)).to_list()))


class TextBuilder:
    """Strings as they are."""

    def __init__(self) -> None:
        self.dtype: Dtype = pl.String
        self.examples: list[tuple[int, str]] = []
        self._values: list[pl.Series] = []

    def add(self, series: pl.Series) -> bool:
        """Append a run."""
        self._values.append(series.fill_null("").alias(""))
        return True

    def finish(self) -> TextColumn:
        """The column of all runs since the last call."""
        values = pl.concat([pl.Series("", [], dtype=pl.String), *self._values])
        self._values = []
        return TextColumn(values)


BUILDERS: dict[AttributeType, Callable[[], Builder]] = {
    AttributeType.NUMERIC: NumericBuilder,
    AttributeType.BINARY: BinaryBuilder,
    AttributeType.CATEGORICAL: CategoricalBuilder,
    AttributeType.TEXT: TextBuilder,
}


def _united(vocabularies: list[pl.Series]) -> pl.Series:
    """The sorted union; the very same when they all are."""
    first = vocabularies[0]
    return first if all(other is first for other in vocabularies) else pl.concat(vocabularies).unique().sort()


def _places(strings: pl.Series, vocabulary: pl.Series) -> NDArray[np.int32]:
    """Where each of *strings* stands in *vocabulary*; anything for one that does not."""
    places = strings.cast(pl.Enum(vocabulary), strict=False).to_physical()
    return places.fill_null(0).to_numpy().astype(np.int32)


def _states(texts: pl.Series) -> NDArray[np.int8]:
    known = {**SPELLINGS, "": _EMPTY}
    plain = texts.str.strip_chars().str.to_lowercase()
    return plain.replace_strict(list(known), list(known.values()), default=_INVALID, return_dtype=pl.Int8).to_numpy()


def _examples(series: pl.Series, invalid: Mask) -> list[tuple[int, str]]:
    """The first few invalid values with their rows."""
    rows = np.flatnonzero(invalid)[:N_EXAMPLES]
    return list(zip(rows.tolist(), series.gather(rows).to_list(), strict=True))


def _shrunk(values: NDArray[Any]) -> NDArray[Any]:
    """The same numbers in the smallest type that loses none."""
    low, high = values.min(), values.max()
    if values.dtype.kind == "f" and (low < -_EXACT or high > _EXACT or np.any(values != np.trunc(values))):
        return values.astype(np.float64, copy=False)
    return values.astype(smallest_integer(int(low), int(high)), copy=False)


def _next_dtype(values: NDArray[Any]) -> Dtype:
    """What to expect of the next run after one like this."""
    if values.dtype == np.uint8:
        return pl.UInt8
    return pl.Float64 if values.dtype.kind == "f" else pl.Int64


def _joined(masks: list[Mask | None], sizes: list[int]) -> Mask | None:
    if all(mask is None for mask in masks):
        return None
    return np.concatenate(
        [np.zeros(n, np.bool_) if mask is None else mask for mask, n in zip(masks, sizes, strict=True)]
    )
