"""Insights: of a datasource's statistics, what a person wants to see, as a document that can be sent."""

from __future__ import annotations

import math
from typing import Any, TypeAlias

import numpy as np

from amlwrap.local.ingest.statistics import Statistics
from amlwrap.local.ingest.summaries import BinarySummary, CategoricalSummary, NumericSummary, Summary, TextSummary

__all__ = ["N_BINS", "N_TOP", "insights"]

N_BINS = 20
"""The most bars a histogram has."""

N_TOP = 10
"""The most values or words of an attribute that are told."""

Document: TypeAlias = dict[str, Any]


def insights(statistics: Statistics) -> Document:
    """
    The counts, and for every attribute a few numbers, a histogram and its most frequent values.

    What an attribute's type does not have is left out, as is a number that JSON cannot write.
    """
    return {
        "n_records": statistics.n_records,
        "n_rows": statistics.n_rows,
        "n_invalid_records": statistics.n_invalid_records,
        "target": statistics.target,
        "attributes": [{"name": name, **_told(held)} for name, held in statistics.attributes.items()],
    }


def _told(summary: Summary) -> Document:
    found = {"n": summary.n, "correlation": summary.correlation, **_own(summary)}
    return {name: value for name, value in found.items() if not isinstance(value, float) or math.isfinite(value)}


def _own(summary: Summary) -> Document:
    if isinstance(summary, NumericSummary):
        return _of_numeric(summary)
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


def _of_numeric(summary: NumericSummary) -> Document:
    names = ("n_missing", "n_invalid", "minimum", "median", "mean", "std", "maximum", "n_distinct")
    with np.errstate(over="ignore", invalid="ignore"):  # the ends of float64 are further apart than its largest number
        bounds, counts = summary.quantiles.histogram(min(N_BINS, max(1, summary.n_distinct)))
    histogram = {"bounds": bounds.tolist(), "counts": counts.tolist()} if np.isfinite(bounds).all() else None
    return {"type": "NUMERIC", **{name: getattr(summary, name) for name in names}, "histogram": histogram}


def _of_categorical(summary: CategoricalSummary) -> Document:
    counts = dict(zip(summary.levels, summary.counts, strict=True))
    n_missing = counts.pop("", 0)
    top = list(counts.items())[:N_TOP]
    n_distinct = summary.n_distinct - (n_missing > 0)
    return {"type": "CATEGORICAL", "n_missing": n_missing, "n_invalid": 0, "n_distinct": n_distinct, "top": top}


def _of_text(summary: TextSummary) -> Document:
    top = list(zip(summary.words[:N_TOP], summary.n_rows[:N_TOP], strict=True))
    return {"type": "TEXT", "n_distinct": summary.n_unique, "n_words": summary.n_words, "top": top}
