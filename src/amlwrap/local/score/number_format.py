"""
Scores as the service writes them: one digit, a point, at most six more, and a power of ten.

A score is single precision. Widened to double it is an exact decimal number, and that is rounded half-even to seven
significant digits, as Java's ``0.######E0`` does: ``1.945252E-5``, ``9.96733E-1``, ``1E0``. Zeros of either sign are
``0E0``; what no trained model gives but a reader must survive is spelled ``NaN``, ``Infinity`` and ``-Infinity``, never
as nothing, because a line of nothing means a record that could not be read.

How it stays vectorised: a score becomes a *cell* of 16 bytes, four words looked up in four tables, with `PAD` where a
character is dropped, a byte that no text in UTF-8 holds; taking all of them out of a block of cells leaves its text.
"""

from __future__ import annotations

import decimal
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["CELL_WIDTH", "PAD", "cells", "text_of"]

CELL_WIDTH: Final = 16
"""Bytes of a cell; the last one is free for a separator."""

PAD: Final = 0xFF
"""Stands for nothing."""

_LOWEST, _HIGHEST = -45, 38  # decades of single precision, subnormal numbers included
_SAFE_SHIFTS = (-8, 12)
_DOUBT = 1e-8
_EXACT = decimal.Context(prec=7, rounding=decimal.ROUND_HALF_EVEN)


def cells(scores: NDArray[np.float32]) -> NDArray[np.uint8]:
    """
    The characters of each score, padded with `PAD`.

    Args:
        scores: Of any shape.

    Returns:
        Shape ``(*scores.shape, CELL_WIDTH)``; the last byte of each cell is `PAD`.

    >>> text_of(cells(np.array([0.25], np.float32)))
    b'2.5E-1'
    """
    flat = np.asarray(scores, np.float32).ravel()
    odd = ~np.isfinite(flat) | (flat == 0)
    magnitudes = np.abs(flat.astype(np.float64))
    magnitudes[odd] = 1.0
    digits, exponents = _rounded(magnitudes)
    words = np.empty((len(flat), CELL_WIDTH // 4), np.uint32)
    head, tail = np.divmod(digits, 1000)
    first, middle = np.divmod(head, 1000)
    whole = (tail == 0) & (middle == 0)
    words[:, 0] = _FIRST[first + 10 * whole + 20 * np.signbit(flat)]
    words[:, 1] = _MIDDLE[middle + 1000 * (tail == 0)]
    words[:, 2] = _LAST[tail]
    words[:, 3] = _EXPONENTS[exponents - _LOWEST]
    if odd.any():
        words[odd] = _odd_words(flat[odd])
    return words.view(np.uint8).reshape(*np.shape(scores), CELL_WIDTH)


def text_of(block: NDArray[np.uint8]) -> bytes:
    """What a block of cells says, read in order."""
    return block.tobytes().translate(None, bytes([PAD]))


def _rounded(magnitudes: NDArray[np.float64]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """
    Seven digits and the decade of positive numbers: ``digits * 10 ** (exponent - 6)`` is the rounded number.

    A number has 24 significant bits, so scaling it up by at most 10**12, whose odd part has 28, is exact in double
    precision and ``rint`` is right. Scaling it down by at most 10**8 is not exact, but integers that large cannot come
    close enough to a tie to be mistaken for one. Beyond, no tie exists, and what seems to be one is looked at digit by
    digit.
    """
    exponents = _decades(magnitudes)
    shifts = 6 - exponents
    scaled = magnitudes * _UP[shifts - (6 - _HIGHEST)] / _DOWN[shifts - (6 - _HIGHEST)]
    digits = np.rint(scaled).astype(np.int32)
    far = (shifts < _SAFE_SHIFTS[0]) | (shifts > _SAFE_SHIFTS[1])
    if far.any():
        doubtful = far & (np.abs(scaled - np.floor(scaled) - 0.5) < _DOUBT)
        digits[doubtful] = _exact_digits(magnitudes[doubtful], shifts[doubtful])
    carried = digits == 10**7
    digits[carried] = 10**6
    exponents[carried] += 1
    return digits, exponents


def _decades(magnitudes: NDArray[np.float64]) -> NDArray[np.int32]:
    """``floor(log10(x))``, from the binary exponent and at most one comparison."""
    binary = (magnitudes.view(np.int64) >> 52) - _LOWEST_BINARY
    decades: NDArray[np.int32] = _DECADES[binary]
    decades += magnitudes >= _NEXT_POWERS[binary]
    return decades


def _exact_digits(magnitudes: NDArray[np.float64], shifts: NDArray[np.int32]) -> NDArray[np.int32]:
    """The seven digits of the few numbers floating point cannot decide, each distinct one once."""
    distinct, first, inverse = np.unique(magnitudes, return_index=True, return_inverse=True)
    exact = [
        int(_EXACT.create_decimal(decimal.Decimal(value)).scaleb(int(shift)))
        for value, shift in zip(distinct.tolist(), shifts[first].tolist(), strict=True)
    ]
    return np.array(exact, np.int32)[inverse]


def _odd_words(values: NDArray[np.float32]) -> NDArray[np.uint32]:
    """The cells of zeros, infinities and NaN."""
    kinds = np.where(values == 0, 0, np.where(np.isnan(values), 1, np.where(values > 0, 2, 3)))
    return _ODD[kinds]


def _table(texts: list[str]) -> NDArray[np.uint32]:
    """One word of four bytes per text; a space is a character that is dropped."""
    joined = "".join(text.ljust(4) for text in texts)
    return np.frombuffer(joined.encode("ascii").replace(b" ", bytes([PAD])), np.uint32)


def _bare(number: int) -> str:
    """Three digits, with spaces for the trailing zeros."""
    return f"{number:03d}".rstrip("0").ljust(3)


_FIRST = _table([f"{sign}{digit}{point}" for sign in " -" for point in ". " for digit in range(10)])
_MIDDLE = _table([f"{number:03d}" for number in range(1000)] + [_bare(number) for number in range(1000)])
_LAST = _table([f"{_bare(number)}E" for number in range(1000)])
_EXPONENTS = _table([str(exponent) for exponent in range(_LOWEST, _HIGHEST + 2)])
_ODD = np.stack(
    [_table([text[at : at + 4] for at in range(0, 16, 4)]) for text in ("0E0", "NaN", "Infinity", "-Infinity")]
)

_SHIFTS = range(6 - _HIGHEST, 6 - _LOWEST + 1)
_UP = np.array([float(10 ** max(shift, 0)) for shift in _SHIFTS])
_DOWN = np.array([float(10 ** max(-shift, 0)) for shift in _SHIFTS])

_LOWEST_BINARY = 1023 - 149  # biased double exponent of the smallest single-precision number
_BINARY = range(-149, 128)
_DECADES: NDArray[np.int32] = np.floor(np.log10([2.0**power for power in _BINARY])).astype(np.int32)
_NEXT_POWERS = np.array([float(f"1e{decade + 1}") for decade in _DECADES.tolist()])
