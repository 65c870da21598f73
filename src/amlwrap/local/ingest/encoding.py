"""UTF-8 checked without decoding: which bytes break it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_SECOND = {0xE0: (0xA0, 0xBF), 0xED: (0x80, 0x9F), 0xF0: (0x90, 0xBF), 0xF4: (0x80, 0x8F)}
"""Leads whose next byte is bound more narrowly: overlong forms, surrogates, beyond the last code point."""


def bad_bytes(run: bytes) -> NDArray[np.int64]:
    r"""
    Places of bytes that break UTF-8, in no order, some perhaps twice; empty when *run* is valid.

    Source: The Unicode Standard, table 3-7 (well-formed UTF-8 byte sequences).

    >>> bad_bytes("é".encode() + b" \xff")
    array([3])
    """
    if run.isascii() or _decodes(run):
        return np.zeros(0, np.int64)
    padded = np.concatenate([np.frombuffer(run, np.uint8), np.zeros(3, np.uint8)])
    continues = (padded & 0xC0) == 0x80
    unclaimed = continues.copy()
    leads = np.flatnonzero(padded >= 0xC0)
    lead = padded[leads]
    n_followers = 1 + (lead >= 0xE0).astype(np.int8) + (lead >= 0xF0)
    whole = (lead >= 0xC2) & (lead <= 0xF4)
    for step in (1, 2, 3):
        due = whole & (n_followers >= step)
        there = continues[leads + step]
        unclaimed[leads[due & there] + step] = False
        whole &= ~due | there
    return np.concatenate([leads[~whole], np.flatnonzero(unclaimed), *_bad_seconds(padded, leads)])


def _bad_seconds(padded: NDArray[np.uint8], leads: NDArray[Any]) -> list[NDArray[np.int64]]:
    found: list[NDArray[np.int64]] = []
    for code, (low, high) in _SECOND.items():
        chosen = leads[padded[leads] == code]
        second = padded[chosen + 1]
        found.append(chosen[(second < low) | (second > high)])
    return found


def _decodes(run: bytes) -> bool:
    try:
        run.decode()
    except UnicodeDecodeError:
        return False
    return True
