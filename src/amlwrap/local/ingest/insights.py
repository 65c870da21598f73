"""Insights: of a datasource's statistics, what a person wants to see, as a document that can be sent."""

from __future__ import annotations

import math
from collections import defaultdict
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

_EMPTY_BARS: Document = {"histogram": {"bounds": [], "counts": []}, "fine": []}  # of no numbers
_NO_BARS: Document = {"histogram": None, "fine": None}  # where their bounds are beyond what JSON can write


def insights(statistics: Statistics) -> Document:
    """
    The counts, and for every attribute a few numbers, a histogram and its most frequent values.

    What an attribute's type does not have is left out, as is a number that JSON cannot write.
    """
    numeric = [held for held in statistics.attributes.values() if isinstance(held, NumericSummary)]
    bars = iter(_bars(numeric))
    return {
        "n_records": statistics.n_records,
        "n_rows": statistics.n_rows,
        "n_invalid_records": statistics.n_invalid_records,
        "target": statistics.target,
        "attributes": [{"name": name, **_told(held, bars)} for name, held in statistics.attributes.items()],
    }


def _told(summary: Summary, bars: Iterator[Document]) -> Document:
    """What there is to tell of an attribute; *bars* are those of the NUMERIC ones from here on."""
    found = {"n": summary.n, "correlation": summary.correlation, **_own(summary, bars)}
    return {name: value for name, value in found.items() if not isinstance(value, float) or math.isfinite(value)}


def _bars(numeric: Sequence[NumericSummary]) -> list[Document]:
    """Histograms of all NUMERIC attributes, those with as many bins together."""
    found: list[Document] = [_NO_BARS if held.n_distinct else _EMPTY_BARS for held in numeric]
    places = defaultdict[int, list[int]](list)
    for place, summary in enumerate(numeric):
        places[min(N_BINS, summary.n_distinct)].append(place)
    places.pop(0, None)
    n_fine = N_FINE if len(numeric) <= _MAX_FINE else N_FINE // 10
    with np.errstate(over="ignore", invalid="ignore"):  # the ends of float64 are further apart than its largest number
        for n_bins, alike in places.items():
            quantiles = [numeric[place].quantiles for place in alike]
            bounds, counts = histograms(quantiles, n_bins)
            fine = histograms(quantiles, n_fine)[1].tolist()
            drawn = np.isfinite(bounds).all(axis=1).tolist()
            for place, *bars in zip(alike, bounds.tolist(), counts.tolist(), fine, drawn, strict=True):
                if bars[-1]:
                    found[place] = {"histogram": {"bounds": bars[0], "counts": bars[1]}, "fine": bars[2]}
    return found


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
