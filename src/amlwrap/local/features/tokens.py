"""
Tokens made of neighbouring tokens, on codes alone: n-grams, sparse bigrams and Cartesian products.

No code depends on how many others there are: what is learned from some rows holds when more are met.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from amlwrap.exceptions import DataError
from amlwrap.local.features.memory import Pairs
from amlwrap.local.features.signals import Bag, Level, as_bag, narrow

Recall = Callable[[str, NDArray[np.int64]], Pairs]
"""Gives the pairs remembered under a name, learning them from the keys at hand when there are none yet."""

DENSE_PRODUCT = 1 << 20
"""Largest product of bins or states coded by arithmetic; beyond it, and of text, only pairs seen in training are."""

MOST_TOKENS_OF_A_RECORD = 1 << 22
"""Most combinations that a product of texts may have in one record."""

MOST_TOKENS = 1 << 27
"""Most of them in the records that are held at a time: each costs some dozen bytes while it is made."""

_HALF = 32
"""Bits of a key that are its second code."""


def ngram(bag: Bag, n: int, recall: Recall) -> Bag:
    """All runs of 1 to *n* adjacent tokens."""
    owners, last = bag.owners(), bag
    codes, rows = [bag], [owners]
    starts = np.arange(len(bag.codes))
    for length in range(2, n + 1):
        kept = _within(starts + length - 1, owners, starts)
        keys = _keys(last.codes[kept], bag.codes[starts[kept] + length - 1])
        pairs = recall(f"run {length}", keys)
        starts = starts[kept]
        last = Bag(pairs.codes_of(keys), bag.offsets, pairs.size)
        codes.append(last)
        rows.append(owners[starts])
    return _gather(codes, rows, len(bag.offsets) - 1)


def osb(bag: Bag, n: int, recall: Recall) -> Bag:
    """Each token paired with each of the *n* - 1 tokens after it, the distance kept."""
    owners = bag.owners()
    starts = np.arange(len(bag.codes))
    codes: list[Bag] = []
    rows: list[NDArray[np.int64]] = []
    for distance in range(1, n):
        kept = starts[_within(starts + distance, owners, starts)]
        keys = _keys(bag.codes[kept], bag.codes[kept + distance])
        pairs = recall(f"skip {distance}", keys)
        codes.append(Bag(pairs.codes_of(keys), bag.offsets, pairs.size))
        rows.append(owners[kept])
    return _gather(codes, rows, len(bag.offsets) - 1)


def cartesian(left: Level | Bag, right: Level | Bag, recall: Recall) -> Level | Bag:
    """Every combination of one token of *left* with one of *right*, row by row."""
    if isinstance(left, Level) and isinstance(right, Level):
        size, closed = left.size * right.size, left.closed and right.closed
        if closed and size <= DENSE_PRODUCT:
            kind = np.min_scalar_type(size - 1)
            return Level(left.codes.astype(kind) * kind.type(right.size) + right.codes, size)
        keys = _keys(left.codes.astype(np.int64), right.codes.astype(np.int64))
        pairs = recall("product", keys)
        return Level(narrow(pairs.codes_of(keys), pairs.size), pairs.size, closed=False)
    return _bag_product(as_bag(left), as_bag(right), recall)


def _keys(firsts: NDArray[np.int64], seconds: NDArray[np.int64]) -> NDArray[np.int64]:
    return (firsts << _HALF) | seconds


def _check_room(n_tokens: NDArray[np.int64]) -> None:
    """
    Refuse a product before it is made; a text of 100 KB with itself has billions of pairs.

    Raises:
        DataError: A record's pairs, or those of all records at hand, are too many.
    """
    most, total = int(np.max(n_tokens, initial=0)), int(n_tokens.sum())
    if most > MOST_TOKENS_OF_A_RECORD or total > MOST_TOKENS:
        place, bound, found = ("a record", MOST_TOKENS_OF_A_RECORD, most)
        if most <= MOST_TOKENS_OF_A_RECORD:
            place, bound, found = (f"{len(n_tokens):,} records", MOST_TOKENS, total)
        remedy = "Multiply shorter texts, or fewer."
        raise DataError("recipe", f"cartesian of {place}", f"at most {bound:,} combinations", f"{found:,}", remedy)


def _bag_product(left: Bag, right: Bag, recall: Recall) -> Bag:
    owners = left.owners()
    counts = np.diff(right.offsets)[owners]
    _check_room(np.diff(left.offsets) * np.diff(right.offsets))
    firsts = np.repeat(left.codes, counts)
    within = np.arange(len(firsts)) - np.repeat(np.cumsum(counts) - counts, counts)
    keys = _keys(firsts, right.codes[np.repeat(right.offsets[owners], counts) + within])
    pairs = recall("product", keys)
    offsets = np.concatenate([[0], np.cumsum(np.diff(left.offsets) * np.diff(right.offsets))])
    return Bag(pairs.codes_of(keys), offsets, pairs.size)


def _within(ends: NDArray[np.int64], owners: NDArray[np.int64], starts: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether the run from each start to its end stays inside one row."""
    inside = ends < len(owners)
    inside[inside] = owners[ends[inside]] == owners[starts[inside]]
    return inside


def _gather(makings: list[Bag], rows: list[NDArray[np.int64]], n_rows: int) -> Bag:
    """Tokens of several makings as one bag, row by row; the codes of the makings alternate, so that each can grow."""
    owners = np.concatenate(rows)
    order = np.argsort(owners, kind="stable")
    n = len(makings)
    flat = np.concatenate([making.codes * n + place for place, making in enumerate(makings)])[order]
    size = n * max(making.size for making in makings)
    return Bag(flat, np.concatenate([[0], np.cumsum(np.bincount(owners, minlength=n_rows))]), size)
