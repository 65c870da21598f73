"""Text into words, and words into other words: splitting, lower case, punctuation."""

from __future__ import annotations

import re

import numpy as np
import polars as pl
from numpy.typing import NDArray

from amlwrap.local.features.signals import Names, Words
from amlwrap.local.ingest.fields import WHITE_SPACE

_WORD = re.compile(rf"[^{WHITE_SPACE}]+")
_OUTER_PUNCTUATION = r"^[\p{P}\p{S}]+|[\p{P}\p{S}]+$"


def split(texts: pl.Series) -> Words:
    """
    Words of each text, parted by Unicode white space. A text without any gives one empty word, as in the service's log.

    >>> split(pl.Series(["salt, oil", ""])).flat.to_list()
    ['salt,', 'oil', '']
    """
    lists = texts.fill_null("").str.strip_chars().str.extract_all(r"\S+|^$")
    return Words(lists.explode(), _offsets(lists.list.len().to_numpy()))


def words_of(text: str) -> list[str]:
    """
    The words of one text, by the rules of `split`.

    >>> words_of("salt, oil"), words_of(" ")
    (['salt,', 'oil'], [''])
    """
    return _WORD.findall(text) or [""]


def lowercase(text: Words | Names) -> Words | Names:
    """Everything in Unicode lower case."""
    if isinstance(text, Names):
        return Names(text.codes, tuple(name.lower() for name in text.vocabulary))
    return Words(text.flat.str.to_lowercase(), text.offsets)


def no_punct(text: Words | Names) -> Words | Names:
    """
    Each word without the punctuation at its ends; words of nothing else vanish, but a row keeps one empty word.

    >>> stripped = no_punct(split(pl.Series(["- come in, well-known!", "?!"])))
    >>> stripped.flat.to_list()
    ['come', 'in', 'well-known', '']
    """
    if isinstance(text, Names):
        lines = [" ".join(_strip(split(pl.Series([name]))).flat) for name in text.vocabulary]
        return Names(text.codes, tuple(lines))
    return _strip(text)


def _strip(words: Words) -> Words:
    stripped = words.flat.str.replace_all(_OUTER_PUNCTUATION, "")
    kept = (stripped != "").to_numpy().copy()
    starts = words.offsets[:-1]
    counts = np.add.reduceat(kept, starts, dtype=np.int64) if len(starts) else np.zeros(0, np.int64)
    kept[starts[counts == 0]] = True
    return Words(stripped.filter(pl.Series(kept)), _offsets(np.maximum(counts, 1)))


def _offsets(counts: NDArray[np.integer]) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(counts, dtype=np.int64)])
