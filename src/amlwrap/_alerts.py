"""What to look out for in a run: the alerts of the service's console, and a few that it did not have."""

from __future__ import annotations

import math
from collections.abc import Iterator

from amlwrap._facts import Facts
from amlwrap._html import plain
from amlwrap.resources import Curve, Evaluation, Metrics, Model

__all__ = ["alerts", "auc_error", "share_error"]

_MIN_PART = 0.1
_FEW = 100
_MIN_SHIFT = 0.05
_TOO_GOOD = 0.999
_N_SHOWN = 3


def alerts(model: Model, evaluation: Evaluation, facts: Facts) -> Iterator[str]:
    """
    A sentence or two for each thing that speaks against trusting the evaluation, or for better data.

    The console's alerts, as far as what they ask is known: training and evaluation on the same datasource, fewer than
    a tenth of the training records to evaluate on, invalid ones among them, targets distributed differently. That the
    schemas differ cannot happen here: both parts have one.
    """
    metrics = evaluation.metrics or Metrics()
    if evaluation.datasource_id == model.datasource_id:
        yield "It was measured on the rows it learned from, which says nothing about new ones."
    yield from _few_rows(metrics, facts)
    if metrics.n_invalid:
        n_rows = metrics.n_invalid + (metrics.n_scored or 0)
        yield (
            f"{metrics.n_invalid:,} of the {n_rows:,} rows held out were not used: they cannot be read, or their "
            "target is missing."
        )
    yield from _shifts(metrics, facts)
    yield from _odd_values(metrics)
    yield from _odd_columns(facts)


def share_error(share: float, n: int) -> float:
    """Half of the interval in which a share of *n* rows lies 19 times in 20."""
    return 1.96 * math.sqrt(share * (1 - share) / n)


def auc_error(auc: float, curve: Curve) -> float:
    """
    Half of the interval in which an AUC lies 19 times in 20.

    Source: Hanley & McNeil (1982), whose formula needs no more of the *curve* than how many records are 1 and 0.

    >>> round(auc_error(0.8, Curve((), (), (), positives=50, negatives=100)), 2)
    0.08
    """
    n_ones, n_zeros = curve.positives, curve.negatives
    both_ones, both_zeros = auc / (2 - auc), 2 * auc * auc / (1 + auc)
    spread = auc * (1 - auc)
    spread += (n_ones - 1) * (both_ones - auc * auc) + (n_zeros - 1) * (both_zeros - auc * auc)
    return 1.96 * math.sqrt(spread / (n_ones * n_zeros))


def _few_rows(metrics: Metrics, facts: Facts) -> Iterator[str]:
    if facts.percent / (100 - facts.percent) < _MIN_PART:
        yield (
            f"Only {facts.percent} % of the rows were held out, less than a tenth of what it learned from: "
            "holdout=0.3 measures more surely."
        )
    if metrics.n_scored is not None and metrics.n_scored < _FEW:
        yield (
            f"It was measured on {metrics.n_scored:,} rows only: another seed= would give another number. "
            "Try a few before you believe it."
        )


def _shifts(metrics: Metrics, facts: Facts) -> Iterator[str]:
    """Classes that are rarer or more frequent among the rows held out than chance would have them."""
    if metrics.confusion is None or not facts.n_sampled:
        return
    n = max(metrics.confusion.n_rows, 1)
    for one in metrics.confusion.per_class():
        expected, found = facts.shares.get(one.name, 0.0), one.n_true / n
        if abs(found - expected) > max(_MIN_SHIFT, 2 * share_error(expected, n)):
            drawn = "seed= draws them at random." if facts.seed is None else "Try another seed=."
            yield (
                f"Of the rows held out {found:.0%} are {plain(one.name, 40)!r}, of all rows {expected:.0%}: they "
                f"are not alike. {drawn}"
            )
            return


def _odd_values(metrics: Metrics) -> Iterator[str]:
    """Numbers that are no better than nothing, or better than one should hope."""
    if metrics.value is None or metrics.baseline is None:
        return
    gain = metrics.baseline - metrics.value if metrics.rmse is not None else metrics.value - metrics.baseline
    chance = 0.0 if metrics.auc is None or metrics.curve is None else auc_error(metrics.auc, metrics.curve)
    if gain <= chance:
        yield "This may be no better than learning nothing: the columns may not tell, or there are too few rows."
    if (metrics.auc or 0.0) > _TOO_GOOD or (metrics.rmse is not None and metrics.rmse < 0.01 * metrics.baseline):
        yield "This is nearly perfect. If that surprises you, look for a column that gives the answer away."


def _odd_columns(facts: Facts) -> Iterator[str]:
    if facts.identifiers:
        first, *others = facts.identifiers
        remedy = f"row_id={first!r}" if not others else f"exclude={list(facts.identifiers[:_N_SHOWN])!r}"
        held = "hold another value" if others else "holds another value"
        yield f"{_few(facts.identifiers)} {held} in each row, and cannot help with new ones: pass {remedy}."
    if facts.constants:
        held = "hold the same value" if len(facts.constants) > 1 else "holds the same value"
        yield f"{_few(facts.constants)} {held} in every row sampled, and cannot tell anything."
    if facts.n_unlabelled:
        yield f"{facts.n_unlabelled:,} of {facts.n_sampled:,} sampled rows have no target, so they taught nothing."


def _few(names: tuple[str, ...]) -> str:
    shown = ", ".join(repr(plain(name, 40)) for name in names[:_N_SHOWN])
    return shown if len(names) <= _N_SHOWN else f"{shown} and {len(names) - _N_SHOWN} more columns"
