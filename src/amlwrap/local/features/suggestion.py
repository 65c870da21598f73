"""
How many bins a NUMERIC attribute gets in a suggested recipe.

The service picks among seven counts by a rule it does not publish. Ours asks what a finer cut adds to the target's
log-likelihood, and what it costs: a bin is one more weight per class, at half the logarithm of the number of rows
(Schwarz 1978). Attributes that say the same thing share their merit: what each of many correlated attributes seems to
add is scaled down until all together add no more than there is to know about the target.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from amlwrap.local.features.evaluation import Summary
from amlwrap.local.ingest.columns import NumericColumn

COUNTS = (5, 10, 20, 50, 100, 200, 500)
"""Bin counts seen in the service's own recipes."""

TARGET_BINS = 10
"""Groups of equal population that stand for a NUMERIC target."""


@attrs.frozen(eq=False)
class _Merit:
    """What one attribute's bins tell of the target, per candidate count."""

    likelihood: NDArray[np.float64]
    """Gain over the target's own distribution, in nats over all rows."""
    cost: NDArray[np.float64]
    """Price of the bins, in nats."""


def suggest_bins(
    columns: Mapping[str, NumericColumn], target: NDArray[np.integer], n_classes: int, summary: Summary
) -> dict[str, int]:
    """
    Choose a bin count for each of *columns*.

    Args:
        columns: NUMERIC attributes of the training rows.
        target: Code of each row's target, from zero; a NUMERIC target is cut into groups first.
        n_classes: Number of codes.
        summary: Gives the cut points.
    """
    merits = {name: _merit(name, column, target, n_classes, summary) for name, column in columns.items()}
    counts = np.bincount(target, minlength=n_classes)
    knowable = -_log_likelihood(counts[None, :])
    claimed = sum(float(merit.likelihood.max()) for merit in merits.values())
    share = min(1.0, knowable / claimed) if claimed > 0 else 1.0
    return {name: COUNTS[int((share * merit.likelihood - merit.cost).argmax())] for name, merit in merits.items()}


def _merit(name: str, column: NumericColumn, target: NDArray[np.integer], n_classes: int, summary: Summary) -> _Merit:
    cuts = [summary.edges(name, count) for count in COUNTS]
    finest = np.unique(np.concatenate(cuts))
    present = slice(None) if column.missing is None else ~column.missing
    codes = _finest_codes(column.values, finest)[present]
    held = target[present]
    table = np.bincount(codes * n_classes + held, minlength=(len(finest) + 1) * n_classes).reshape(-1, n_classes)
    base = _log_likelihood(table.sum(axis=0, keepdims=True))
    price = 0.5 * (n_classes - 1) * np.log(max(len(held), 2))
    likelihood, cost = np.zeros(len(COUNTS)), np.zeros(len(COUNTS))
    for place, edges in enumerate(cuts):
        starts = np.concatenate([[0], np.searchsorted(finest, edges) + 1])
        likelihood[place] = _log_likelihood(np.add.reduceat(table, starts, axis=0)) - base
        cost[place] = price * len(edges)
    return _Merit(likelihood, cost)


def _finest_codes(values: NDArray[Any], edges: NDArray[np.float64]) -> NDArray[np.intp]:
    if values.dtype == np.uint8:
        places: NDArray[np.intp] = np.searchsorted(edges, np.arange(256))[values]
        return places
    return np.searchsorted(edges, values)


def _log_likelihood(table: NDArray[np.integer]) -> float:
    """Log-likelihood of classes given bins, each bin with its own distribution, from a table of bins by classes."""
    counts = table.astype(np.float64)
    totals = counts.sum(axis=1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = counts * np.log(counts / totals)
    return float(np.nansum(terms))
