"""Columns as they live in memory: each type in the smallest arrays that lose nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import attrs
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import polars as pl

Mask: TypeAlias = NDArray[np.bool_]
Codes: TypeAlias = NDArray[np.integer[Any]]
Rows: TypeAlias = slice | NDArray[Any]
"""Which rows to take: a slice (the arrays are shared), an array of indices or a mask (they are copied)."""


_EXACT = 2.0**53  # up to here float64 holds every integer
_HEAD = 1024


@attrs.frozen(eq=False)
class NumericColumn:
    """
    Numbers, in the smallest integer type that holds them all, or float64.

    Attributes:
        values: Shape ``(n,)``; 0 where missing.
        missing: Where there is no usable number, invalid values included; None when there is one everywhere.
        invalid: Where something stood that is not a number; None when nothing did.

    >>> NumericColumn(np.array([3, 0, 5], np.uint8), np.array([False, True, False])).take(slice(1, 3)).values
    array([0, 5], dtype=uint8)
    """

    values: NDArray[Any]
    missing: Mask | None = None
    invalid: Mask | None = None

    def __len__(self) -> int:
        return len(self.values)

    @property
    def nbytes(self) -> int:
        """Memory held by the arrays."""
        return int(self.values.nbytes) + _nbytes(self.missing) + _nbytes(self.invalid)

    def take(self, rows: Rows) -> NumericColumn:
        """The column of these rows alone."""
        return NumericColumn(self.values[rows], _taken(self.missing, rows), _taken(self.invalid, rows))


@attrs.frozen(eq=False)
class BinaryColumn:
    """
    Yes and no.

    Attributes:
        values: Shape ``(n,)``, int8: 1, 0, or -1 where nothing usable stood.
        invalid: Where something stood that is no spelling of either; None when nothing did.
    """

    values: NDArray[np.int8]
    invalid: Mask | None = None

    def __len__(self) -> int:
        return len(self.values)

    @property
    def nbytes(self) -> int:
        """Memory held by the arrays."""
        return int(self.values.nbytes) + _nbytes(self.invalid)

    def take(self, rows: Rows) -> BinaryColumn:
        """The column of these rows alone."""
        return BinaryColumn(self.values[rows], _taken(self.invalid, rows))


@attrs.frozen(eq=False)
class CategoricalColumn:
    """
    Levels by number. The empty string is a level of its own, so nothing is ever missing.

    Attributes:
        codes: Shape ``(n,)``, places in *vocabulary*.
        vocabulary: Distinct levels, sorted; the rows at hand may not hold them all.
    """

    codes: Codes
    vocabulary: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def nbytes(self) -> int:
        """Memory held by the codes and, roughly, by the vocabulary."""
        return int(self.codes.nbytes) + sum(map(len, self.vocabulary)) + 60 * len(self.vocabulary)

    def take(self, rows: Rows) -> CategoricalColumn:
        """The column of these rows alone, over the same vocabulary."""
        return CategoricalColumn(self.codes[rows], self.vocabulary)


@attrs.frozen(eq=False)
class TextColumn:
    """
    Strings as they stood in the file, unquoted; never null.

    Attributes:
        values: A polars series of strings, length ``n``.
    """

    values: pl.Series

    def __len__(self) -> int:
        return len(self.values)

    @property
    def nbytes(self) -> int:
        """Memory held by the strings."""
        return int(self.values.estimated_size())

    def take(self, rows: Rows) -> TextColumn:
        """The column of these rows alone."""
        if isinstance(rows, slice):
            return TextColumn(self.values[rows])
        indices = np.flatnonzero(rows) if rows.dtype == np.bool_ else rows
        return TextColumn(self.values.gather(indices.astype(np.int64)))


Column: TypeAlias = NumericColumn | BinaryColumn | CategoricalColumn | TextColumn


def smallest_integer(low: int, high: int) -> np.dtype[Any]:
    """
    The smallest integer type that holds everything from *low* to *high*, unsigned where there is a choice.

    >>> smallest_integer(0, 255), smallest_integer(-1, 200)
    (dtype('uint8'), dtype('int16'))
    """
    for dtype in (np.uint8, np.int8, np.uint16, np.int16, np.uint32, np.int32):
        bounds = np.iinfo(dtype)
        if bounds.min <= low and high <= bounds.max:
            return np.dtype(dtype)
    return np.dtype(np.int64)


def shrunk(values: NDArray[Any]) -> NDArray[Any]:
    """
    The same finite numbers in the smallest type that loses none; as doubles where one is 2⁵³ or more.

    >>> shrunk(np.array([1.0, 300.0])).dtype, shrunk(np.array([0.5, 300.0])).dtype
    (dtype('uint16'), dtype('float64'))
    """
    if values.dtype == np.uint8 or not len(values):
        return values.astype(np.uint8, copy=False)
    if not _are_whole(values):
        return values.astype(np.float64, copy=False)
    return values.astype(smallest_integer(int(values.min()), int(values.max())), copy=False)


def _are_whole(values: NDArray[Any]) -> bool:
    """Whether all are integers that float64 tells from their neighbours; most that are not show it at once."""
    if values.dtype.kind == "f":
        head = values[:_HEAD]
        if np.any(head != np.trunc(head)) or np.any(values != np.trunc(values)):
            return False
    return max(-float(values.min()), float(values.max())) < _EXACT


def _taken(mask: Mask | None, rows: Rows) -> Mask | None:
    """*mask* of these rows; None when nothing in them is marked."""
    if mask is None:
        return None
    taken: Mask = mask[rows]
    return taken if taken.any() else None


def _nbytes(mask: Mask | None) -> int:
    return 0 if mask is None else int(mask.nbytes)
