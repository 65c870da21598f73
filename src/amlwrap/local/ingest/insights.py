"""Insights: of a datasource's statistics, what a person wants to see, as a document that can be sent."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np

from amlwrap.local.ingest.quantiles import histograms
from amlwrap.local.ingest.statistics import Statistics
from amlwrap.local.ingest.summaries import BinarySummary, CategoricalSummary, NumericSummary, Summary, TextSummary

__all__ = ["N_BINS", "N_TOP", "insights"]

N_BINS = 20
"""The most bars a histogram has."""

N_FINE = 1_000
"""Bars from which every other histogram is made; a tenth of them where more than a hundred attributes are NUMERIC."""

_MAX_FINE = 100  # attributes

N_TOP = 10
"""The most values or words of an attribute that are told."""

Document: TypeAlias = dict[str, Any]


def insights(statistics: Statistics) -> Document:
    """
    The counts, and for every attribute a few numbers, a histogram and its most frequent values.

    What an attribute's type does not have is left out, as is a number that JSON cannot write.
    """
    bars = _bars([held for held in statistics.attributes.values() if isinstance(held, NumericSummary)])
    return {
        "n_records": statistics.n_records,
        "n_rows": statistics.n_rows,
        "n_invalid_records": statistics.n_invalid_records,
        "target": statistics.target,
        "attributes": [{"name": name, **_told(held, bars)} for name, held in statistics.attributes.items()],
    }


def _bars(numeric: Sequence[NumericSummary]) -> Iterator[Document]:
    """The histograms of NUMERIC attributes; those with as many bins are counted together."""
    n_bins = np.array([min(N_BINS, summary.n_distinct) for summary in numeric], np.intp)
    bounds, counts = np.zeros((len(numeric), N_BINS + 1)), np.zeros((len(numeric), N_BINS), np.int64)
    fine = np.zeros((len(numeric), N_FINE if len(numeric) <= _MAX_FINE else N_FINE // 10), np.int64)
    with np.errstate(over="ignore", invalid="ignore"):  # the ends of float64 are further apart than its largest number
        for n in np.unique(n_bins[n_bins > 0]).tolist():
            alike = np.flatnonzero(n_bins == n)
            quantiles = [numeric[place].quantiles for place in alike.tolist()]
            bounds[alike, : n + 1], counts[alike, :n] = histograms(quantiles, n)
            fine[alike] = histograms(quantiles, fine.shape[1])[1]
    undrawn = set(np.flatnonzero(~np.isfinite(bounds).all(axis=1)).tolist())
    for place, n in enumerate(n_bins.tolist()):
        if place in undrawn:
            yield {"histogram": None, "fine": None}
        elif not n:
            yield {"histogram": {"bounds": [], "counts": []}, "fine": []}
        else:
            histogram = {"bounds": bounds[place, : n + 1].tolist(), "counts": counts[place, :n].tolist()}
            yield {"histogram": histogram, "fine": fine[place].tolist()}


def _told(summary: Summary, bars: Iterator[Document]) -> Document:
    """What there is to tell of an attribute; the next of *bars* are its own if it is NUMERIC."""
    found = {"n": summary.n, "correlation": summary.correlation, **_own(summary, bars)}
    return {name: value for name, value in found.items() if not isinstance(value, float) or math.isfinite(value)}


def _own(summary: Summary, bars: Iterator[Document]) -> Document:
    if isinstance(summary, NumericSummary):
        return _of_numeric(summary, next(bars))
    if isinstance(summary, BinarySummary):
        n_false = summary.n - summary.n_missing - summary.n_true
        top = sorted((("1", summary.n_true), ("0", n_false)), key=lambda pair: -pair[1])
        return {
            "type": "BINARY",
            "n_missing": summary.n_missing,
            "n_invalid": summary.n_invalid,
            "n_distinct": sum(count > 0 for _, count in top),
            "top": top,
        }
    if isinstance(summary, CategoricalSummary):
        return _of_categorical(summary)
    return _of_text(summary)


def _of_numeric(summary: NumericSummary, bars: Document) -> Document:
    return {
        "type": "NUMERIC",
        "n_missing": summary.n_missing,
        "n_invalid": summary.n_invalid,
        "minimum": summary.minimum,
        "median": summary.median,
        "mean": summary.mean,
        "std": summary.std,
        "maximum": summary.maximum,
        "n_distinct": summary.n_distinct,
        "approximate": summary.approximate,
        **bars,
    }


def _of_categorical(summary: CategoricalSummary) -> Document:
    counts = dict(zip(summary.levels, summary.counts, strict=True))
    n_missing = counts.pop("", 0)
    top = list(counts.items())[:N_TOP]
    n_distinct = summary.n_distinct - (n_missing > 0)
    return {
        "type": "CATEGORICAL",
        "n_missing": n_missing,
        "n_invalid": 0,
        "n_distinct": n_distinct,
        "approximate": summary.approximate,
        "top": top,
        "least_frequent": summary.least_frequent,
    }


def _of_text(summary: TextSummary) -> Document:
    top = list(zip(summary.words[:N_TOP], summary.n_rows[:N_TOP], strict=True))
    names = ("n_words", "min_words", "max_words", "min_length", "max_length", "approximate")
    return {
        "type": "TEXT",
        "n_distinct": summary.n_unique,
        **{name: getattr(summary, name) for name in names},
        "top": top,
    }
