"""A hundred thousand texts of 5 to 60 words out of a long-tailed vocabulary, in two classes."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from amlwrap.documents.schema import Attribute, Schema
from amlwrap.local.ingest.columns import TextColumn

N_ROWS, N_WORDS = 100_000, 80_000
SEED = 100_000
SYLLABLES = ("ba", "ce", "di", "fo", "gu", "ka", "le", "mi", "no", "pu", "ra", "se", "ti", "vo", "zu", "xy")
SCHEMA = Schema([Attribute("y", "BINARY"), Attribute("text", "TEXT")], target="y")


def draw() -> tuple[dict[str, TextColumn], NDArray[np.int64]]:
    """Texts and classes, the same every time: words that speak for a class, pairs that turn them, and much noise."""
    rng = np.random.default_rng(SEED)
    lengths = np.clip(rng.lognormal(3.1, 0.6, N_ROWS), 5, 60).astype(np.int64)
    owners = np.repeat(np.arange(N_ROWS), lengths)
    words = _zipf(len(owners), rng)
    leanings = np.where(rng.random(N_WORDS) < 0.4, rng.normal(scale=1.2, size=N_WORDS), 0.0)
    leanings[:30] = 0.0  # the most frequent words mean nothing by themselves
    turned = (words[:-1] < 30) & (words[:-1] % 5 == 0) & (owners[:-1] == owners[1:])  # "not good"
    worth = leanings[words]
    worth[1:][turned] *= -1
    score = np.bincount(owners, worth, N_ROWS)
    classes = (2 * score + rng.logistic(size=N_ROWS) > 0).astype(np.int64)
    text = pl.DataFrame({"row": owners, "word": pl.Series(_spelled())[words]})
    joined = text.group_by("row", maintain_order=True).agg(pl.col("word")).get_column("word").list.join(" ")
    return {"text": TextColumn(joined)}, classes


def _zipf(n: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Places in the vocabulary, each word about as frequent as its place in it allows (Zipf's law)."""
    cumulated: Any = np.cumsum(1 / np.arange(3, N_WORDS + 3))
    places: Any = cumulated.searchsorted(rng.random(n) * cumulated[-1])
    return np.asarray(places.clip(max=N_WORDS - 1), np.int64)


def _spelled() -> list[str]:
    """A word for each place."""
    return ["".join(SYLLABLES[int(digit, 16)] for digit in f"{place:x}") for place in range(N_WORDS)]
