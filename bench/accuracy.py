"""
How right the engine is on public data, beside scikit-learn's converged solvers on the same features.

A model is trained from CSV with the suggested recipe and nothing tuned. The peers get its own design matrix, once with
scikit-learn's default strength and once with the best of a few by cross-validation; the better one counts. The same
solver on plain standardised numbers and one-hot categories stands beside them: what the recipe itself is worth. And so
does the engine with rows sorted by their answer, which the API's defaults do not shuffle: what that costs.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence

import attrs

from bench._contest import Split, raw_features, same_features, train
from bench._figures import Bound, Line, Report
from bench._public import Public, data_sets, missing_packages
from bench._timing import Options

METRICS = {"BINARY": "AUC", "MULTICLASS": "macro F1", "REGRESSION": "RMSE"}

ALLOWED = {"BINARY": 0.005, "MULTICLASS": 0.01, "REGRESSION": 0.02}
"""How far below the better peer counts as noise on any data: of AUC, of macro F1, of RMSE as a share of the peer's."""

MANY_ROWS = 10_000
"""Of data sets with more than that, one split is enough."""

TUNED_ROWS = 2_500
"""Of data sets with more than that, the peer's strength is its default: there it matters least, and takes longest."""


@attrs.frozen
class Result:
    """Metrics of one split."""

    console: float
    api: float
    peer: float
    raw: float
    by_answer: float


def run(options: Options) -> Report:
    """A few lines a data set; twice `--runs` splits of the smaller ones."""
    lines = [line for data in data_sets() for line in _lines(data, options.n_runs)]
    missing = missing_packages()
    note = f"not installed, and so left out: the data sets of {', '.join(missing)}" if missing else ""
    return Report(lines, note)


def _lines(data: Public, n_runs: int) -> Iterator[Line]:
    n_splits = 1 if len(data.frame) > MANY_ROWS else 2 * n_runs
    results = [contest(data, seed) for seed in range(n_splits)]
    console, api, peers = [one.console for one in results], [one.api for one in results], [one.peer for one in results]
    raw, by_answer = [one.raw for one in results], [one.by_answer for one in results]
    yield compare(f"{data.name}, {METRICS[data.model]}", data.model, console, peers)
    yield compare("… with the API's defaults", data.model, api, peers)
    yield compare("… rows sorted by answer, beside random", data.model, by_answer, api, is_bound=False)
    yield compare("… beside raw features", data.model, console, raw, is_bound=False)


def contest(data: Public, seed: int) -> Result:
    """Both sides on one split."""
    split, in_order = Split.of(data, seed), Split.of(data, seed, is_sorted=True)
    ours, api, by_answer = train(split), train(split, parameters={}), train(in_order, parameters={})
    tuned = (False, True) if len(data.frame) <= TUNED_ROWS else (False,)
    peers = [same_features(split, ours, tuned=one) for one in tuned]
    peer = min(peers) if data.model == "REGRESSION" else max(peers)
    return Result(ours.metric, api.metric, peer, raw_features(split), by_answer.metric)


def compare(name: str, model: str, ours: Sequence[float], peer: Sequence[float], *, is_bound: bool = True) -> Line:
    """
    Means over splits, and how they differ.

    Where the difference is less sure than its bound is wide, two standard errors of it are the bound.
    """
    is_error = model == "REGRESSION"
    pairs = zip(ours, peer, strict=True)
    gaps = [mine / other - 1 if is_error else mine - other for mine, other in pairs]
    error = statistics.stdev(gaps) / len(gaps) ** 0.5 if len(gaps) > 1 else 0.0
    gap, allowed = statistics.mean(gaps), max(ALLOWED[model], 2 * error)
    return Line(
        name=f"{name} (± {error:.4f})",
        unit="share",
        ours=statistics.mean(ours),
        peer=statistics.mean(peer),
        compared=gap,
        compared_unit="share",
        bound=(Bound("≤", allowed) if is_error else Bound("≥", -allowed)) if is_bound else None,
    )
