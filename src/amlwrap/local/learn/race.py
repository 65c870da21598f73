"""
The race of the learners: passes over the rows, progressive scores, early retirement, the best one kept.

Every record is scored before it is learned, so the first pass is an honest test of each learning rate. Rates that
are hopeless retire during it; at its end the rate with the lowest cost wins and goes on alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import attrs
import numpy as np
from numpy.typing import NDArray

from amlwrap.local.learn.losses import Floats, Loss
from amlwrap.local.learn.penalties import Penalty
from amlwrap.local.learn.sgd import Batch, Learners

RATES = (0.01, 0.1, 1.0, 10.0, 100.0)
"""Learning rates as the service names its five learners."""

REACH = 0.9
"""Longest first move of a row's score at rate 1, in units of the score; the other rates reach fourth roots as far."""

HOPELESS = 1.2
"""A learner whose mean cost is this many times the best learner's retires."""

JUDGED_FROM = 1024
"""Records seen before any learner is judged."""

CONVERGED = 1e-4
"""Relative gain of a pass over the pass before it below which training stops."""

SNAPSHOTS_PER_PASS = 32
"""How many times a pass, in the second half of training, the weights enter the average."""


@attrs.frozen
class Report:
    """How one learner stands after some updates, scored progressively over all passes so far."""

    rate: float
    n_updates: int
    mean_cost: float
    accuracy: float


@attrs.frozen(eq=False)
class Fit:
    """A trained linear model: ``scores = rows @ weights + bias``."""

    weights: Floats
    """Shape ``(n_columns, n_outputs)``."""
    bias: Floats
    """Shape ``(n_outputs,)``."""
    rate: float
    """Learning rate of the winner, in the service's naming."""
    n_passes: int
    converged: bool
    reports: tuple[Report, ...]


Progress = Callable[[float, str], None]


@attrs.define(eq=False)
class _Tally:
    """Progressive cost and hits of each learner."""

    names: NDArray[np.float64]
    cost: NDArray[np.float64]
    hits: NDArray[np.int64]
    n: int = 0

    @classmethod
    def start(cls, names: Sequence[float]) -> _Tally:
        return cls(np.array(names), np.zeros(len(names)), np.zeros(len(names), np.int64))

    def add(self, cost: Floats, hits: NDArray[np.int64]) -> None:
        self.cost += cost.sum(axis=0, dtype=np.float64)
        self.hits += hits
        self.n += len(cost)

    def keep(self, chosen: NDArray[np.intp]) -> None:
        self.names, self.cost, self.hits = self.names[chosen], self.cost[chosen], self.hits[chosen]

    def reports(self) -> Iterator[Report]:
        for name, cost, hits in zip(self.names, self.cost, self.hits, strict=True):
            yield Report(float(name), self.n, float(cost / self.n), float(hits / self.n))


@attrs.define(eq=False)
class _Average:
    """Running mean of the weights over the second half of training (Polyak & Juditsky 1992)."""

    weights: NDArray[np.float64] | None = None
    bias: NDArray[np.float64] | None = None
    n: int = 0

    def add(self, learners: Learners) -> None:
        if self.weights is None or self.bias is None:
            self.weights, self.bias = learners.weights.astype(np.float64), learners.bias.astype(np.float64)
        else:
            self.weights += learners.weights
            self.bias += learners.bias
        self.n += 1

    def result(self, learners: Learners) -> tuple[Floats, Floats]:
        if self.weights is None or self.bias is None:
            return learners.weights, learners.bias
        weights = (self.weights / self.n).astype(np.float32)
        if learners.penalty.l1:
            weights[learners.weights == 0] = 0.0  # a mean is never sparse: what the penalty holds at zero stays there
        return weights, (self.bias / self.n).astype(np.float32)


def train(
    batches: Sequence[Batch],
    n_columns: int,
    loss: Loss,
    penalty: Penalty,
    *,
    passes: int,
    progress: Progress = lambda fraction, words: None,
    on_report: Callable[[Report], None] = lambda report: None,
) -> Fit:
    """
    Fit linear weights by stochastic gradient descent.

    Args:
        batches: All rows, in the order in which they are to be seen; each pass takes the same batches again.
        n_columns: Width of the design matrix.
        loss: What a wrong score costs.
        penalty: What a large weight costs.
        passes: How many times the rows are seen at the most; training stops earlier once a pass gains nothing.
        progress: Told the fraction done, and in words, after each batch.
        on_report: Told each learner's standing at the service's report points (64, 128, 256 … updates, and each pass).
    """
    reach = REACH / _row_norm(batches)
    rates = np.array([reach * rate**0.25 for rate in RATES], np.float32)
    learners = Learners(loss, penalty, rates, _rarity(batches, n_columns))
    tally, average, reports = _Tally.start(RATES), _Average(), list[Report]()
    every = max(1, len(batches) // SNAPSHOTS_PER_PASS)
    half = passes * len(batches) // 2
    costs: list[float] = []
    next_report, n_done = 64, 0
    for number in range(passes):
        spent, seen = 0.0, tally.n
        for batch in batches:
            scores = learners.scores(batch)
            cost = loss.cost(scores, batch.targets)
            tally.add(cost, loss.hits(scores, batch.targets))
            spent += float(cost[:, int(tally.cost.argmin())].sum(dtype=np.float64))
            learners.learn(batch, scores)
            n_done += 1
            if n_done >= half and n_done % every == 0 and number:
                average.add(learners)
            if tally.n >= next_report:
                next_report *= 2
                _tell(tally, reports, on_report)
                _retire(learners, tally, HOPELESS if tally.n >= JUDGED_FROM else np.inf)
            progress(n_done / (passes * len(batches)), f"pass {number + 1} of {passes}")
        _tell(tally, reports, on_report)
        _retire(learners, tally, 1.0)
        costs.append(spent / (tally.n - seen))
        if number and costs[-2] - costs[-1] < CONVERGED * abs(costs[-2]):
            break
    weights, bias = average.result(learners)
    converged = len(costs) < passes
    return Fit(weights, bias, float(tally.names[0]), len(costs), converged, tuple(reports))


def _row_norm(batches: Sequence[Batch]) -> float:
    """Root of the mean squared length of a row: how far a step of one in each of its weights moves its score."""
    squares = sum(float(np.square(batch.rows.data, dtype=np.float64).sum()) for batch in batches)
    rows = sum(batch.n_rows for batch in batches)
    return float(np.sqrt(max(squares / rows, 1.0)))


def _rarity(batches: Sequence[Batch], n_columns: int) -> Floats:
    """Number of batches for each batch that holds a column, shape ``(n_columns, 1)``."""
    visits = np.zeros(n_columns, np.int64)
    for batch in batches:
        visits[batch.columns] += 1
    return (len(batches) / np.maximum(visits, 1)).astype(np.float32)[:, None]


def _tell(tally: _Tally, reports: list[Report], on_report: Callable[[Report], None]) -> None:
    for report in tally.reports():
        reports.append(report)
        on_report(report)


def _retire(learners: Learners, tally: _Tally, tolerance: float) -> None:
    """Let go of the learners whose cost is more than *tolerance* times the best one's; at 1.0 one is left."""
    if len(learners) == 1 or np.isinf(tolerance):
        return
    best = int(tally.cost.argmin())
    chosen = np.array([best]) if tolerance == 1.0 else np.flatnonzero(tally.cost <= tolerance * tally.cost[best])
    if len(chosen) < len(learners):
        learners.keep(chosen)
        tally.keep(chosen)
