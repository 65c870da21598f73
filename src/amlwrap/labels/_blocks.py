"""Big matrices a piece at a time, each small enough for the processor's cache: no pass copies the whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Floats: TypeAlias = NDArray[np.floating]
Codes: TypeAlias = NDArray[np.intp]
Mask: TypeAlias = NDArray[np.bool_]

_BLOCK_BYTES = 1 << 20


def blocks(values: Floats) -> Iterator[tuple[slice, Floats]]:
    """*values* as slices of rows, in order; none when there are no rows."""
    step = max(1, _BLOCK_BYTES // max(1, values.shape[1] * values.itemsize))
    for start in range(0, len(values), step):
        rows = slice(start, start + step)
        yield rows, values[rows]


def by_block(values: Floats, function: Callable[[Floats], Floats], *tail: int) -> NDArray[np.float64]:
    """*function* of every block, as one array of shape ``(n_rows, *tail)``."""
    result = np.empty((len(values), *tail))
    with np.errstate(divide="ignore", invalid="ignore"):  # rows that are not probabilities come to NaN
        for rows, block in blocks(values):
            result[rows] = function(block)
    return result


def each(function: Callable[[Any], str], values: NDArray[Any]) -> NDArray[Any]:
    """*function* of every element, called once for each distinct one, as an array of objects."""
    given: list[Any] = values.tolist()
    known = {value: function(value) for value in set(given)}
    return np.fromiter(map(known.__getitem__, given), object, len(given))


def argmax(values: Floats) -> Codes:
    """
    Position of the first largest value of each row.

    numpy first copies a matrix that does not lie row by row or may not be written to, so such a one is taken in blocks.

    >>> argmax(np.asfortranarray([[0.2, 0.8], [0.5, 0.5]]))
    array([1, 0])
    """
    if values.flags.carray:
        return np.asarray(values.argmax(axis=1))
    codes = np.empty(len(values), np.intp)
    for rows, block in blocks(values):
        block.argmax(axis=1, out=codes[rows])
    return codes
