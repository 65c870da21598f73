"""Summaries: one attribute's values in a few numbers, by the attribute's type."""

from __future__ import annotations

import math
from typing import Any, TypeAlias

import attrs
import numpy as np
from numpy.typing import NDArray

from amlwrap.local.ingest.columns import BinaryColumn, CategoricalColumn, NumericColumn
from amlwrap.local.ingest.correlation import (
    MAX_CLASSES,
    Target,
    correlation_ratio,
    cramers_v,
    grouped_ratio,
    pearson,
)
from amlwrap.local.ingest.quantiles import Quantiles

MAX_LEVELS = 1_000
_MAX_TABLE = 1 << 20  # cells of a contingency table that is made whole


@attrs.frozen(eq=False, kw_only=True)
class NumericSummary:
    """
    A NUMERIC attribute.

    Attributes:
        n: Rows, with or without a number.
        n_missing: Rows without one, invalid ones included.
        n_invalid: Rows in which something stood that is not a number.
        minimum, median, mean, std, maximum: Of the numbers; None when there are none. *std* is the population's.
        n_distinct: Different numbers.
        quantiles: How they are spread; `Quantiles.edges` cuts bins, `Quantiles.histogram` draws.
        correlation: To the target, 0 to 1: correlation ratio, or the size of Pearson's coefficient when the target is
            NUMERIC.
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
        least_frequent: The rarest value.
        correlation: To the target, 0 to 1: Cramér's V, or correlation ratio when the target is NUMERIC; None beyond
            1,000 different values.
    """

    n: int
    n_distinct: int
    levels: tuple[str, ...]
    counts: tuple[int, ...]
    least_frequent: str | None
    correlation: float | None


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
        words: Most prominent first: by their correlation to the target, else by the number of rows that hold them.
        n_rows: How many rows hold each of *words*.
        correlation: To the target, 0 to 1: the largest share of the target's entropy that one word's presence tells.
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


Summary: TypeAlias = NumericSummary | BinarySummary | CategoricalSummary | TextSummary


def summarise_numeric(column: NumericColumn, target: Target | None) -> NumericSummary:
    """Counts, moments and quantiles; by counting where the values are few, by sorting where they are many."""
    there = None if column.missing is None else ~column.missing
    values = column.values if there is None else column.values[there]
    counted = _count_few(values, there, target)
    distinct, counts, correlation = counted or _count_many(values, there, target)
    n, n_missing = len(column), len(column) - len(values)
    n_invalid = 0 if column.invalid is None else int(np.count_nonzero(column.invalid))
    minimum = median = mean = std = maximum = None
    if len(values):
        minimum, maximum = float(distinct[0]), float(distinct[-1])
        mean, std, median = _moments(distinct.astype(np.float64), counts)
    return NumericSummary(
        n=n,
        n_missing=n_missing,
        n_invalid=n_invalid,
        minimum=minimum,
        median=median,
        mean=mean,
        std=std,
        maximum=maximum,
        n_distinct=len(distinct),
        quantiles=Quantiles.of_counts(distinct, counts),
        correlation=correlation,
    )


def summarise_binary(column: BinaryColumn, target: Target | None) -> BinarySummary:
    """Counts of yes, no and neither."""
    there = column.values >= 0
    n_invalid = 0 if column.invalid is None else int(np.count_nonzero(column.invalid))
    return BinarySummary(
        n=len(column),
        n_missing=len(column) - int(np.count_nonzero(there)),
        n_invalid=n_invalid,
        n_true=int(np.count_nonzero(column.values == 1)),
        correlation=_correlated(column.values[there], there, target),
    )


def summarise_categorical(column: CategoricalColumn, target: Target | None) -> CategoricalSummary:
    """Counts of the levels that occur."""
    counts = np.bincount(column.codes, minlength=len(column.vocabulary))
    order = np.argsort(-counts, kind="stable")[: np.count_nonzero(counts)]
    top: list[int] = order[:MAX_LEVELS].tolist()
    correlation = _levels_to_target(column, target) if target and len(counts) <= MAX_CLASSES else None
    return CategoricalSummary(
        n=len(column),
        n_distinct=len(order),
        levels=tuple(column.vocabulary[code] for code in top),
        counts=tuple(counts[top].tolist()),
        least_frequent=column.vocabulary[int(order[-1])] if len(order) else None,
        correlation=correlation,
    )


_Counted: TypeAlias = tuple[NDArray[Any], NDArray[Any], float | None]


def _count_few(values: NDArray[Any], there: NDArray[np.bool_] | None, target: Target | None) -> _Counted | None:
    """Distinct values, their counts and the correlation, all from one table; None when it would be large."""
    if values.dtype.kind == "f" or not len(values):
        return None
    low, high = (0, 255) if values.dtype == np.uint8 else (int(values.min()), int(values.max()))
    width = high - low + 1
    classes = None if target is None or target.values is not None else target
    n_classes = classes.n_classes + 1 if classes else 1
    if width * n_classes > min(_MAX_TABLE, 4 * len(values) + 4_096):
        return None
    places = values if not low else values.astype(np.int64) - low
    if classes:
        codes = classes.codes if there is None else classes.codes[there]
        places = (codes + 1) * width + places  # the first row of the table has no class
    joint = np.bincount(places, minlength=n_classes * width).reshape(n_classes, width)
    counts = joint.sum(axis=0)
    distinct = np.flatnonzero(counts)
    if classes:
        correlation = correlation_ratio(joint[1:, distinct], distinct.astype(np.float64))
    else:
        correlation = _correlated(values, there, target)
    return distinct + low, counts[distinct], correlation


def _count_many(values: NDArray[Any], there: NDArray[np.bool_] | None, target: Target | None) -> _Counted:
    distinct, counts = np.unique(values, return_counts=True)
    return distinct, counts, _correlated(values, there, target)


def _correlated(values: NDArray[Any], there: NDArray[np.bool_] | None, target: Target | None) -> float | None:
    """Correlation of the values there are with the target, where that is there too."""
    if target is None:
        return None
    codes = target.codes if there is None else target.codes[there]
    both = codes >= 0
    numbers = values[both].astype(np.float64)
    if target.values is None:
        return grouped_ratio(codes[both], target.n_classes, numbers)
    theirs = target.values if there is None else target.values[there]
    return pearson(numbers, theirs[both])


def _levels_to_target(column: CategoricalColumn, target: Target) -> float | None:
    both = target.codes >= 0
    codes, n_levels = column.codes[both].astype(np.int64), len(column.vocabulary)
    if target.values is not None:
        return grouped_ratio(codes, n_levels, target.values[both])
    joint = np.bincount(codes * target.n_classes + target.codes[both], minlength=n_levels * target.n_classes)
    return cramers_v(joint.reshape(n_levels, target.n_classes))


def _moments(distinct: NDArray[np.float64], counts: NDArray[Any]) -> tuple[float, float | None, float]:
    """Mean, standard deviation, unless it is beyond float64, and median."""
    n = counts.sum()
    shares = counts / n
    mean = float(distinct @ shares)
    std = float(np.sqrt(np.square(distinct - mean) @ shares))
    middle = distinct[np.searchsorted(np.cumsum(counts), [(n - 1) // 2 + 1, n // 2 + 1])]
    return mean, std if math.isfinite(std) else None, float(middle[0] / 2 + middle[1] / 2)
