"""Words of a TEXT attribute: how many, how long, and which ones tell the target."""

from __future__ import annotations

import string
from typing import Any

import attrs
import numpy as np
import polars as pl
from numpy.typing import NDArray

from amlwrap.local.ingest.budget import Budget
from amlwrap.local.ingest.columns import TextColumn
from amlwrap.local.ingest.correlation import information, presence_entropy
from amlwrap.local.ingest.frequent import Frequent
from amlwrap.local.ingest.sample import Sample
from amlwrap.local.ingest.summaries import TextSummary
from amlwrap.local.ingest.target import Target

MAX_WORDS = 100
"""Prominent words that are kept."""

_N_CANDIDATES = 1_000  # most frequent words, among which the prominent are sought
_SLICE_ROWS = 100_000  # looked at together
_PUNCTUATION = string.punctuation + "“”‘’„«»…–—¡¿"
_DECIMALS = 9  # in which the prominence of words is compared


@attrs.define
class TextFold:
    """
    Counts of words, and the most prominent ones.

    >>> fold = TextFold()
    >>> rows = pl.Series(["The fox jumped over the fence.", "This movie is intriguing.", "", "Movie?"])
    >>> fold.add(TextColumn(rows), None)
    >>> found = fold.summary()
    >>> found.n_words, found.n_unique, found.max_words, found.words[:2]
    (11, 9, 6, ('movie', 'fence'))
    """

    n: int = 0
    n_words: int = 0
    words_per_row: tuple[int, int] | None = None
    chars_per_word: tuple[int, int] | None = None
    words: Frequent = attrs.field(factory=Frequent)
    sample: Sample = attrs.field(factory=Sample)

    def add(self, column: TextColumn, target: Target | None) -> None:
        """Take the column of the next rows."""
        for at in range(0, len(column), _SLICE_ROWS):
            self._count(column.values[at : at + _SLICE_ROWS])
        self.n += len(column)
        self.sample.add(column.values, target)

    def shrink(self, budget: Budget) -> None:
        """Forget what *budget* has no room for."""
        self.words.shrink(budget.strings, budget.chars)
        self.sample.shrink(budget.sampled)

    def summary(self) -> TextSummary:
        """All of it in a few numbers."""
        candidates = self.words.top(_N_CANDIDATES)
        told = _told(self.sample, [word for word, _ in candidates])
        rank = presence_entropy(np.array([count for _, count in candidates]), self.n) if told is None else told
        # What differs by rounding alone is equal: classes are numbered, and so added up, as they are met.
        order: list[int] = np.argsort(-rank.round(_DECIMALS), kind="stable").tolist()
        top = [candidates[place] for place in order[:MAX_WORDS]]
        low, high = self.words_per_row or (0, 0)
        shortest, longest = self.chars_per_word or (0, 0)
        return TextSummary(
            n=self.n,
            n_words=self.n_words,
            n_unique=self.words.n_distinct,
            min_words=low,
            max_words=high,
            min_length=shortest,
            max_length=longest,
            words=tuple(word for word, _ in top),
            n_rows=tuple(count for _, count in top),
            correlation=None if told is None else float(told.max()),
            approximate=self.words.floor > 0,
            count_error=self.words.error(word for word, _ in top),
        )

    def _count(self, values: pl.Series) -> None:
        words = _words(values)
        self.n_words += len(words)
        per_row = np.bincount(words["row"].to_numpy(), minlength=len(values))
        self.words_per_row = _widened(self.words_per_row, per_row)
        self.chars_per_word = _widened(self.chars_per_word, words["raw"].str.len_chars().to_numpy())
        rows = words.select("row", "word").unique().group_by("word").agg(pl.len().alias("n_rows"))
        self.words.add(rows["word"].to_list(), rows["n_rows"].to_list())


def _widened(span: tuple[int, int] | None, values: NDArray[Any]) -> tuple[int, int] | None:
    """The least and the largest of *span* and *values*."""
    if not len(values):
        return span
    low, high = int(values.min()), int(values.max())
    return (min(low, span[0]), max(high, span[1])) if span else (low, high)


def _words(values: pl.Series) -> pl.DataFrame:
    """One line per word: the number of its row, the word as it stands, and without case and outer punctuation."""
    lists = values.str.extract_all(r"\S+")
    sizes = lists.list.len().to_numpy()
    raw = lists.filter(lists.list.len() > 0).explode().alias("raw")
    bare = raw.str.to_lowercase().str.strip_chars(_PUNCTUATION)
    word = bare.zip_with(bare != "", raw).alias("word")
    return pl.DataFrame([pl.Series("row", np.repeat(np.arange(len(values)), sizes), dtype=pl.Int64), raw, word])


def _told(sample: Sample, candidates: list[str]) -> NDArray[np.float64] | None:
    """For each candidate, the share of the target's entropy that its presence tells, as far as the sample knows."""
    target = sample.target()
    if target is None or not candidates:
        return None
    codes, n_classes = target
    numbers = pl.DataFrame({"word": candidates, "number": np.arange(len(candidates))})
    there = _words(sample.values()).select("row", "word").unique().join(numbers, on="word")
    theirs = codes[there["row"].to_numpy()]
    places = there["number"].to_numpy()[theirs >= 0] * n_classes + theirs[theirs >= 0]
    joint = np.bincount(places, minlength=len(candidates) * n_classes)
    totals = np.bincount(codes[codes >= 0], minlength=n_classes)
    return information(joint.reshape(len(candidates), n_classes), totals)
