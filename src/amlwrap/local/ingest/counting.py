"""How often small numbers occur: where most of them are zero, at the cost of the others."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_MOSTLY = 3  # zeros are counted by what is left over where at most one number in so many is another


def count(codes: NDArray[Any], size: int) -> NDArray[np.int64]:
    """
    How often each number below *size* occurs in *codes*, whole numbers from zero on.

    >>> count(np.array([0, 2, 0, 0], np.uint8), 3)
    array([3, 0, 1])
    """
    others = _others(codes)
    if others is None:
        return np.bincount(codes, minlength=size)
    counts = np.bincount(codes.take(others), minlength=size)
    counts[0] += len(codes) - len(others)
    return counts


def cross(codes: NDArray[Any], size: int, firsts: NDArray[np.int64], row_sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    """
    How often each number goes with each row of a table, shape ``(n_rows, size)``.

    Args:
        codes: Whole numbers from zero on, below *size*.
        size: Columns of the table.
        firsts: For each of *codes* the cell, counted row by row, at which its row begins.
        row_sizes: How many of *codes* belong to each row.

    >>> cross(np.array([0, 1, 0, 0]), 2, firsts=np.array([0, 0, 0, 2]), row_sizes=np.array([3, 1]))
    array([[2, 1],
           [1, 0]])
    """
    shape = len(row_sizes), size
    others = _others(codes)
    if others is None:
        return np.bincount(firsts + codes, minlength=shape[0] * size).reshape(shape)
    table = np.bincount(firsts.take(others) + codes.take(others), minlength=shape[0] * size).reshape(shape)
    table[:, 0] += row_sizes - table.sum(axis=1)
    return table


def _others(codes: NDArray[Any]) -> NDArray[np.intp] | None:
    """Where *codes* are not zero; None where that is often."""
    mask = codes != 0
    return np.flatnonzero(mask) if _MOSTLY * np.count_nonzero(mask) <= len(codes) else None
