"""Words of a TEXT attribute: how many, how long, and which ones tell the target."""

from __future__ import annotations

import string

import attrs
import numpy as np
import polars as pl
from numpy.typing import NDArray

from amlwrap.local.ingest.columns import TextColumn
from amlwrap.local.ingest.correlation import Target, information
from amlwrap.local.ingest.summaries import TextSummary

MAX_WORDS = 100
"""Prominent words that are kept."""

_N_CANDIDATES = 1_000  # most frequent words, among which the prominent are sought
_SLICE_ROWS = 100_000  # looked at together
_SAMPLE_ROWS = 100_000  # on which words are compared with the target
_PUNCTUATION = string.punctuation + "“”‘’„«»…–—¡¿"


def summarise_text(column: TextColumn, target: Target | None) -> TextSummary:
    """
    Counts of words, and the most prominent ones.

    >>> text = TextColumn(pl.Series(["The fox jumped over the fence.", "This movie is intriguing.", "", "Movie?"]))
    >>> found = summarise_text(text, None)
    >>> found.n_words, found.n_unique, found.max_words, found.words[:2]
    (11, 9, 6, ('movie', 'fence'))
    """
    counts = [_count(column.values[at : at + _SLICE_ROWS]) for at in range(0, max(1, len(column)), _SLICE_ROWS)]
    lengths = [count for count in counts if count.n_words]
    rows = pl.concat([count.rows for count in counts]).group_by("word").agg(pl.col("n_rows").sum())
    rows = rows.sort("n_rows", "word", descending=[True, False])
    candidates, n_rows = rows["word"].head(_N_CANDIDATES), rows["n_rows"].head(_N_CANDIDATES).to_numpy()
    told = _told(column, target, candidates) if target and len(candidates) else None
    order = np.arange(len(candidates)) if told is None else np.argsort(-told, kind="stable")
    top = order[:MAX_WORDS]
    return TextSummary(
        n=len(column),
        n_words=sum(count.n_words for count in counts),
        n_unique=len(rows),
        min_words=min(count.min_words for count in counts),
        max_words=max(count.max_words for count in counts),
        min_length=min((count.min_length for count in lengths), default=0),
        max_length=max((count.max_length for count in lengths), default=0),
        words=tuple(candidates.gather(top).to_list()),
        n_rows=tuple(n_rows[top].tolist()),
        correlation=None if told is None else float(told[order[0]]),
    )


@attrs.frozen
class _Count:
    """What a slice of the rows holds; *rows* has the columns word and n_rows."""

    n_words: int
    min_words: int
    max_words: int
    min_length: int
    max_length: int
    rows: pl.DataFrame


def _count(values: pl.Series) -> _Count:
    words = _words(values)
    per_row = np.bincount(words["row"].to_numpy(), minlength=len(values))
    lengths = words["raw"].str.len_chars().to_numpy()
    return _Count(
        n_words=len(words),
        min_words=int(per_row.min(initial=len(words))),
        max_words=int(per_row.max(initial=0)),
        min_length=int(lengths.min()) if len(lengths) else 0,
        max_length=int(lengths.max()) if len(lengths) else 0,
        rows=words.select("row", "word").unique().group_by("word").agg(pl.len().cast(pl.Int64).alias("n_rows")),
    )


def _words(values: pl.Series) -> pl.DataFrame:
    """One line per word: the number of its row, the word as it stands, and without case and outer punctuation."""
    lists = values.str.extract_all(r"\S+")
    sizes = lists.list.len().to_numpy()
    raw = lists.filter(lists.list.len() > 0).explode().alias("raw")
    bare = raw.str.to_lowercase().str.strip_chars(_PUNCTUATION)
    word = bare.zip_with(bare != "", raw).alias("word")
    return pl.DataFrame([pl.Series("row", np.repeat(np.arange(len(values)), sizes), dtype=pl.Int64), raw, word])


def _told(column: TextColumn, target: Target, candidates: pl.Series) -> NDArray[np.float64]:
    """For each candidate, the share of the target's entropy that its presence tells, on rows spread over the column."""
    step = -(-len(column) // _SAMPLE_ROWS)
    codes = target.codes[::step]
    numbers = pl.DataFrame({"word": candidates, "number": np.arange(len(candidates))})
    there = _words(column.values.gather_every(step)).select("row", "word").unique().join(numbers, on="word")
    theirs = codes[there["row"].to_numpy()]
    places = there["number"].to_numpy()[theirs >= 0] * target.n_classes + theirs[theirs >= 0]
    joint = np.bincount(places, minlength=len(candidates) * target.n_classes)
    totals = np.bincount(codes[codes >= 0], minlength=target.n_classes)
    return information(joint.reshape(len(candidates), target.n_classes), totals)
