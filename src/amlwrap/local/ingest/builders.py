"""Columns out of fields: polars series in, the smallest arrays out."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from amlwrap.documents.schema import AttributeType
from amlwrap.local.ingest.columns import (
    BinaryColumn,
    CategoricalColumn,
    Codes,
    Column,
    Mask,
    NumericColumn,
    TextColumn,
    shrunk,
)
from amlwrap.local.ingest.parsing import Dtype, Fields, Named

SPELLINGS = {"0": 0, "n": 0, "no": 0, "f": 0, "false": 0, "1": 1, "y": 1, "yes": 1, "t": 1, "true": 1}
_INVALID, _EMPTY = -2, -1
_FEW = 256  # strings that are expected to come again
_MOST_SURPRISES = 4  # runs that hold others, before no more is expected
_NOTHING = pl.Series([None], dtype=pl.Float64)


class Builder(Protocol):
    """
    Makes columns of one attribute, run by run, and remembers what to expect of the next.

    Threads may share it: what they expect decides how fast a column comes, not what is in it.
    """

    @property
    def dtype(self) -> Dtype:
        """What polars should read the next run as."""
        ...

    def column(self, fields: Fields) -> Column | None:
        """The column of *fields*; None when they must be handed over again as strings."""
        ...


class NumericBuilder:
    """
    Numbers: read as integers or floats while all values are, as strings once some are not.

    A number is a finite decimal such as ``-12``, ``.5`` or ``1e-3``; white space around it does not count.
    """

    def __init__(self) -> None:
        self.dtype: Dtype = pl.UInt8

    def column(self, fields: Fields) -> NumericColumn | None:
        """The column of *fields*; None when they must be handed over again as strings."""
        assert isinstance(fields, pl.Series)  # as asked
        column = _spelled_numbers(fields) if fields.dtype == pl.String else _numbers(fields)
        if column is not None:
            self.dtype = _next_dtype(column)
        return column


class Levels:
    """
    Few different strings, expected to come again: polars then reads them as their numbers.

    >>> levels = Levels()
    >>> codes, vocabulary = levels.coded(pl.Series(["b", "a", "b"]))
    >>> codes.tolist(), vocabulary, levels.dtype
    ([1, 0, 1], ('a', 'b'), Enum(categories=['', 'a', 'b']))
    """

    def __init__(self) -> None:
        self.dtype: Dtype = pl.String
        self._expected = {""}
        self._n_surprises = 0

    def coded(self, fields: Fields) -> tuple[Codes, tuple[str, ...]]:
        """Numbers of the strings in *fields*, of which null is the empty one, and sorted strings, perhaps more."""
        if isinstance(fields, Named):  # one of ours, of which "" is the first
            return fields.codes.to_numpy(), tuple(fields.levels.to_list())
        texts = fields.fill_null("")
        vocabulary = texts.unique().sort()
        levels = tuple(vocabulary.to_list())
        self.expect(levels)
        return places_in(vocabulary, texts), levels

    def expect(self, levels: Collection[str]) -> None:
        """Ask for what there was so far, unless that is much, or was in vain too often."""
        if self._n_surprises > _MOST_SURPRISES:
            return
        self._n_surprises += 1
        self._expected = self._expected.union(levels)
        if len(self._expected) > _FEW:
            self._n_surprises = _MOST_SURPRISES + 1
        self.dtype = pl.Enum(sorted(self._expected)) if self._n_surprises <= _MOST_SURPRISES else pl.String


class BinaryBuilder:
    """Yes and no in the service's ten spellings; empty is missing, anything else invalid."""

    def __init__(self) -> None:
        self.levels = Levels()
        self._known: tuple[tuple[str, ...], NDArray[np.int8]] = (), np.zeros(0, np.int8)

    @property
    def dtype(self) -> Dtype:
        """The spellings that were met before."""
        return self.levels.dtype

    def column(self, fields: Fields) -> BinaryColumn:
        """The column of *fields*; each spelling is read once."""
        codes, spellings = self.levels.coded(fields)
        states = self._states(spellings)
        if not np.any(states == _INVALID):
            return BinaryColumn(states.take(codes))
        invalid = (states == _INVALID).take(codes)
        return BinaryColumn(np.maximum(states, np.int8(_EMPTY)).take(codes), invalid if invalid.any() else None)

    def _states(self, spellings: tuple[str, ...]) -> NDArray[np.int8]:
        known, states = self._known
        if known != spellings:
            states = _states(pl.Series(spellings, dtype=pl.String))
            self._known = spellings, states
        return states


class CategoricalBuilder:
    """Levels as numbers into a vocabulary, which is each run's own."""

    def __init__(self) -> None:
        self.levels = Levels()

    @property
    def dtype(self) -> Dtype:
        """The levels that were met before, if they are few."""
        return self.levels.dtype

    def column(self, fields: Fields) -> CategoricalColumn:
        """The column of *fields*."""
        return CategoricalColumn(*self.levels.coded(fields))


class TextBuilder:
    """Strings as they are."""

    dtype: Dtype = pl.String

    def column(self, fields: Fields) -> TextColumn:
        """The column of *fields*."""
        assert isinstance(fields, pl.Series)  # as asked
        return TextColumn((fields.fill_null("") if fields.null_count() else fields).alias(""))


BUILDERS: dict[AttributeType, Callable[[], Builder]] = {
    AttributeType.NUMERIC: NumericBuilder,
    AttributeType.BINARY: BinaryBuilder,
    AttributeType.CATEGORICAL: CategoricalBuilder,
    AttributeType.TEXT: TextBuilder,
}


def column_of(kind: AttributeType, strings: pl.Series) -> Column:
    """The column of *strings* as an attribute of this *kind* has it."""
    column = BUILDERS[kind]().column(strings)
    assert column is not None  # strings are never refused
    return column


def places_in(vocabulary: pl.Series, strings: pl.Series) -> Codes:
    """Where each of *strings* stands in *vocabulary*, which holds them all; as small as can be."""
    places = strings.cast(pl.Enum(vocabulary)).to_physical().to_numpy()
    return places.astype(np.min_scalar_type(max(0, len(vocabulary) - 1)), copy=False)


def _numbers(series: pl.Series) -> NumericColumn | None:
    """The column of numbers as polars read them; None where it could not, or found none that is finite."""
    if series.null_count():
        return None
    values = series.to_numpy()
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        return None
    return NumericColumn(shrunk(values))


def _spelled_numbers(series: pl.Series) -> NumericColumn:
    """Values, where they are missing and where they are invalid."""
    text = series.fill_null("").str.strip_chars()
    empty = (text == "").to_numpy()
    numbers = text.cast(pl.Int64, strict=False)
    if numbers.null_count() > np.count_nonzero(empty):
        numbers = text.cast(pl.Float64, strict=False)
        numbers = numbers.zip_with(numbers.is_finite().fill_null(value=False), _NOTHING)
    missing = numbers.is_null().to_numpy()
    values = shrunk(numbers.fill_null(0).to_numpy())
    if not missing.any():
        return NumericColumn(values)
    invalid: Mask = missing & ~empty
    return NumericColumn(values, missing, invalid if invalid.any() else None)


def _states(texts: pl.Series) -> NDArray[np.int8]:
    known = {**SPELLINGS, "": _EMPTY}
    plain = texts.str.strip_chars().str.to_lowercase().to_list()
    return np.array([known.get(text, _INVALID) for text in plain], np.int8)


def _next_dtype(column: NumericColumn) -> Dtype:
    """What to expect of the next run after one like this."""
    if column.missing is not None:
        return pl.String
    if column.values.dtype == np.uint8:
        return pl.UInt8
    return pl.Float64 if column.values.dtype.kind == "f" else pl.Int64
