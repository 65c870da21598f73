"""What an expression of a recipe gives for some rows: a number, a level, or words for each of them."""

from __future__ import annotations

from typing import Any, TypeAlias

import attrs
import numpy as np
import polars as pl
from numpy.typing import NDArray


@attrs.frozen(eq=False)
class Real:
    """One standardised number a row; rows without a value hold zero."""

    values: NDArray[np.float32]
    missing: NDArray[np.bool_] | None


@attrs.frozen(eq=False)
class Level:
    """
    One of ``size`` levels a row, as a code from zero.

    Attributes:
        closed: Whether the levels are known beforehand, as bins are; those of text are met while rows pass by.
    """

    codes: NDArray[np.unsignedinteger]
    size: int
    closed: bool = True


@attrs.frozen(eq=False)
class Names:
    """One string a row, still as text: that of row ``i`` is ``vocabulary[codes[i]]``."""

    codes: NDArray[Any]
    vocabulary: tuple[str, ...]


@attrs.frozen(eq=False)
class Words:
    """The words of each row, still as text: those of row ``i`` are ``flat[offsets[i]:offsets[i + 1]]``."""

    flat: pl.Series
    offsets: NDArray[np.int64]


@attrs.frozen(eq=False)
class Bag:
    """The tokens of each row in order, each one of ``size`` codes; rows as in `Words`."""

    codes: NDArray[np.int64]
    offsets: NDArray[np.int64]
    size: int

    def owners(self) -> NDArray[np.int64]:
        """The row each token belongs to."""
        return np.repeat(np.arange(len(self.offsets) - 1), np.diff(self.offsets))


Signal: TypeAlias = Real | Level | Names | Words | Bag


def as_bag(signal: Level | Bag) -> Bag:
    """A level as a bag of one token."""
    if isinstance(signal, Bag):
        return signal
    return Bag(signal.codes.astype(np.int64), np.arange(len(signal.codes) + 1, dtype=np.int64), signal.size)


def narrow(codes: NDArray[Any], size: int) -> NDArray[np.unsignedinteger]:
    """*codes* in the smallest unsigned type that holds *size* of them."""
    return codes.astype(np.min_scalar_type(max(size - 1, 0)), copy=False)
