"""Summaries: one attribute's values in a few numbers, by the attribute's type."""

from __future__ import annotations

from typing import TypeAlias

import attrs

from amlwrap.local.ingest.quantiles import Quantiles

MAX_LEVELS = 1_000


@attrs.frozen(eq=False, kw_only=True)
class NumericSummary:
    """
    A NUMERIC attribute.

    Attributes:
        n: Rows, with or without a number.
        n_missing: Rows without one, invalid ones included.
        n_invalid: Rows in which something stood that is not a number.
        minimum, median, mean, std, maximum: Of the numbers; None when there are none. *std* is the population's.
        n_distinct: Different numbers; about so many when *rank_error* is not 0.
        quantiles: How they are spread; `Quantiles.edges` cuts bins, `Quantiles.histogram` draws.
        correlation: To the target, 0 to 1: correlation ratio, or the size of Pearson's coefficient when the target is
            NUMERIC.
        rank_error: By how much of all numbers the rank of *median* and *quantiles* may be off; 0 while all numbers were
            known.
    """

    n: int
    n_missing: int
    n_invalid: int
    minimum: float | None
    median: float | None
    mean: float | None
    std: float | None
    maximum: float | None
    n_distinct: int
    quantiles: Quantiles
    correlation: float | None
    rank_error: float = 0.0

    @property
    def approximate(self) -> bool:
        """Whether there were too many numbers to keep them all."""
        return self.rank_error > 0


@attrs.frozen(kw_only=True)
class BinarySummary:
    """
    A BINARY attribute.

    Attributes:
        n: Rows.
        n_missing: Rows with neither yes nor no, invalid ones included.
        n_invalid: Rows in which something else stood.
        n_true: Rows with a yes.
        correlation: To the target, 0 to 1: correlation ratio, or the size of Pearson's coefficient when the target is
            NUMERIC.
    """

    n: int
    n_missing: int
    n_invalid: int
    n_true: int
    correlation: float | None


@attrs.frozen(kw_only=True)
class CategoricalSummary:
    """
    A CATEGORICAL attribute.

    Attributes:
        n: Rows.
        n_distinct: Different values, the empty one among them.
        levels: Most frequent first, equals in alphabetical order; at most 1,000.
        counts: How often each of *levels* occurs.
        least_frequent: The rarest value; None when there were too many to tell.
        correlation: To the target, 0 to 1: Cramér's V, or correlation ratio when the target is NUMERIC; None beyond
            1,000 different values, or when the table of values and classes is larger than what can be kept.
        approximate: Whether there were too many values to keep them all; *n_distinct* is an estimate then.
        count_error: By how much *counts* may be too low.
    """

    n: int
    n_distinct: int
    levels: tuple[str, ...]
    counts: tuple[int, ...]
    least_frequent: str | None
    correlation: float | None
    approximate: bool = False
    count_error: int = 0


@attrs.frozen(kw_only=True)
class TextSummary:
    """
    A TEXT attribute. Words are what stands between white space.

    Attributes:
        n: Rows.
        n_words: Words in all rows together.
        n_unique: Different ones, ignoring case and punctuation around them.
        min_words, max_words: Per row.
        min_length, max_length: Of a word, in characters, punctuation included; 0 when there is none.
        words: Most prominent first: by their correlation to the target, else by the entropy of their presence,
            which is largest for those that half of the rows hold.
        n_rows: How many rows hold each of *words*.
        correlation: To the target, 0 to 1: the largest share of the target's entropy that one word's presence tells, on
            at most 100,000 rows spread over the data.
        approximate: Whether there were too many words to keep them all; *n_unique* is an estimate then.
        count_error: By how much *n_rows* may be too low.
    """

    n: int
    n_words: int
    n_unique: int
    min_words: int
    max_words: int
    min_length: int
    max_length: int
    words: tuple[str, ...]
    n_rows: tuple[int, ...]
    correlation: float | None
    approximate: bool = False
    count_error: int = 0


Summary: TypeAlias = NumericSummary | BinarySummary | CategoricalSummary | TextSummary
