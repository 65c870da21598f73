"""Tokens made of neighbouring tokens, on codes alone: n-grams, sparse bigrams and Cartesian products."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from amlwrap.local.features.memory import Pairs
from amlwrap.local.features.signals import Bag, Level, as_bag, narrow

Recall = Callable[[str, NDArray[np.int64]], Pairs]
"""Gives the pairs remembered under a name, learning them from the keys at hand when there are none yet."""

DENSE_PRODUCT = 1 << 20
"""Largest product of levels that is coded by arithmetic; beyond it only the combinations seen in training get codes."""


def ngram(bag: Bag, n: int, recall: Recall) -> Bag:
    """All runs of 1 to *n* adjacent tokens."""
    owners, last = bag.owners(), bag
    codes, rows, size = [bag.codes], [owners], bag.size
    starts = np.arange(len(bag.codes))
    for length in range(2, n + 1):
        kept = _within(starts + length - 1, owners, starts)
        keys = last.codes[kept] * bag.size + bag.codes[starts[kept] + length - 1]
        pairs = recall(f"run {length}", keys)
        starts = starts[kept]
        last = Bag(pairs.codes_of(keys), bag.offsets, pairs.size)
        codes.append(last.codes + size)
        rows.append(owners[starts])
        size += pairs.size
    return _gather(codes, rows, size, len(bag.offsets) - 1)


def osb(bag: Bag, n: int, recall: Recall) -> Bag:
    """Each token paired with each of the *n* - 1 tokens after it, the distance kept."""
    owners = bag.owners()
    starts = np.arange(len(bag.codes))
    codes: list[NDArray[np.int64]] = []
    rows: list[NDArray[np.int64]] = []
    size = 0
    for distance in range(1, n):
        kept = starts[_within(starts + distance, owners, starts)]
        keys = bag.codes[kept] * bag.size + bag.codes[kept + distance]
        pairs = recall(f"skip {distance}", keys)
        codes.append(pairs.codes_of(keys) + size)
        rows.append(owners[kept])
        size += pairs.size
    return _gather(codes, rows, size, len(bag.offsets) - 1)


def cartesian(left: Level | Bag, right: Level | Bag, recall: Recall) -> Level | Bag:
    """Every combination of one token of *left* with one of *right*, row by row."""
    size = left.size * right.size
    if isinstance(left, Level) and isinstance(right, Level):
        kind = np.min_scalar_type(size - 1)
        keys = left.codes.astype(kind) * kind.type(right.size) + right.codes
        if size <= DENSE_PRODUCT:
            return Level(keys, size)
        pairs = recall("product", keys.astype(np.int64))
        return Level(narrow(pairs.codes_of(keys.astype(np.int64)), pairs.size), pairs.size)
    return _bag_product(as_bag(left), as_bag(right), recall)


def _bag_product(left: Bag, right: Bag, recall: Recall) -> Bag:
    owners = left.owners()
    counts = np.diff(right.offsets)[owners]
    firsts = np.repeat(left.codes, counts)
    within = np.arange(len(firsts)) - np.repeat(np.cumsum(counts) - counts, counts)
    seconds = right.codes[np.repeat(right.offsets[owners], counts) + within]
    keys = firsts * right.size + seconds
    pairs = recall("product", keys)
    offsets = np.concatenate([[0], np.cumsum(np.diff(left.offsets) * np.diff(right.offsets))])
    return Bag(pairs.codes_of(keys), offsets, pairs.size)


def _within(ends: NDArray[np.int64], owners: NDArray[np.int64], starts: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether the run from each start to its end stays inside one row."""
    inside = ends < len(owners)
    inside[inside] = owners[ends[inside]] == owners[starts[inside]]
    return inside


def _gather(codes: list[NDArray[np.int64]], rows: list[NDArray[np.int64]], size: int, n_rows: int) -> Bag:
    """Tokens of several makings as one bag, row by row."""
    owners = np.concatenate(rows) if rows else np.zeros(0, np.int64)
    order = np.argsort(owners, kind="stable")
    flat = np.concatenate(codes)[order] if codes else np.zeros(0, np.int64)
    return Bag(flat, np.concatenate([[0], np.cumsum(np.bincount(owners, minlength=n_rows))]), size)
