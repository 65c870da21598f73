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

from amlwrap.local.learn.batching import Batch, Batches
from amlwrap.local.learn.losses import Floats, Loss
from amlwrap.local.learn.penalties import Penalty
from amlwrap.local.learn.sgd import Learners

RATES = (0.01, 0.1, 1.0, 10.0, 100.0)
"""Learning rates as the service names its five learners."""

REACH = 0.9
"""
Longest step of a weight at rate 1, times the root of the mean squared length of a row; the steps of the other rates
go with the fourth root of the rate.
"""

HOPELESS = 1.2
"""A learner whose mean cost is this many times the best learner's retires."""

FIRST_REPORT = 64
"""Updates at which learners are reported first; from there on at each doubling, and at the end of each pass."""

JUDGED_FROM = 1024
"""Records seen before any learner is judged."""

CONVERGED = 1e-4
"""Relative gain of a pass over the one before below which one more pass, whose weights are averaged, is the last."""

SNAPSHOTS_PER_PASS = 32
"""How many times a pass the weights enter the average, in the second half of training or in the last pass."""


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

    @property
    def best(self) -> int:
        """Place of the learner with the lowest cost so far."""
        return int(self.cost.argmin())

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
    batches: Batches,
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
        loss: What a wrong score costs.
        penalty: What a large weight costs.
        passes: How many times the rows are seen at the most; training stops earlier once a pass gains nothing.
        progress: Told the fraction done, and in words, after each batch.
        on_report: Told each learner's standing at the service's report points: 64, 128, 256 … updates, and each pass.
    """
    facts = batches.facts
    reach = REACH / facts.row_norm
    rates = np.array([reach * rate**0.25 for rate in RATES], np.float32)
    race = _Race(
        learners=Learners(loss, penalty, rates, facts.rarity, facts.most_rows),
        batches=batches,
        passes=passes,
        progress=progress,
        on_report=on_report,
    )
    costs, converged = list[float](), False
    while len(costs) < passes:
        costs.append(race.run_pass(len(costs), averaging=converged))
        if converged:
            break
        converged = _has_converged(costs)
    weights, bias = race.average.result(race.learners)
    return Fit(weights, bias, float(race.tally.names[0]), len(costs), converged, tuple(race.reports))


@attrs.define(eq=False, kw_only=True)
class _Race:
    """The learners on their way through the batches."""

    learners: Learners
    batches: Batches
    passes: int
    progress: Progress
    on_report: Callable[[Report], None]
    tally: _Tally = attrs.field(factory=lambda: _Tally.start(RATES))
    average: _Average = attrs.field(factory=_Average)
    reports: list[Report] = attrs.field(factory=list[Report])
    next_report: int = FIRST_REPORT

    def run_pass(self, number: int, *, averaging: bool) -> float:
        """
        See every batch once; returns the best learner's mean cost on the way.

        Weights enter the average in the second half of all passes, or when *averaging* says that the end is near.
        """
        cost, n_before = 0.0, self.tally.n
        for place, batch in enumerate(self.batches, start=number * len(self.batches) + 1):
            cost += self._see(batch)
            if averaging or 2 * place >= self.passes * len(self.batches):
                self._snapshot(place)
            if self.tally.n >= self.next_report:
                self.next_report *= 2
                self._report()
                if self.tally.n >= JUDGED_FROM:
                    self._keep(np.flatnonzero(self.tally.cost <= HOPELESS * self.tally.cost[self.tally.best]))
            self.progress(place / (self.passes * len(self.batches)), f"pass {number + 1} of {self.passes}")
        self._report()
        self._keep(np.array([self.tally.best]))
        return cost / (self.tally.n - n_before)

    def _see(self, batch: Batch) -> float:
        """Score *batch*, then learn from it; returns what it cost the learner that is best so far."""
        loss = self.learners.loss
        scores = self.learners.scores(batch)
        cost, slopes = loss.price(scores, batch.targets)
        self.tally.add(cost, loss.hits(scores, batch.targets))
        self.learners.learn(batch, slopes)
        return float(cost[:, self.tally.best].sum(dtype=np.float64))

    def _snapshot(self, place: int) -> None:
        """Let the weights into the average now and then, once one learner is left."""
        every = max(1, len(self.batches) // SNAPSHOTS_PER_PASS)
        if len(self.learners) == 1 and place % every == 0:
            self.average.add(self.learners)

    def _report(self) -> None:
        for report in self.tally.reports():
            self.reports.append(report)
            self.on_report(report)

    def _keep(self, chosen: NDArray[np.intp]) -> None:
        """Let go of all learners but the *chosen*."""
        if len(chosen) < len(self.learners):
            self.learners.keep(chosen)
            self.tally.keep(chosen)


def _has_converged(costs: Sequence[float]) -> bool:
    """Whether the last pass gained next to nothing over the one before."""
    return len(costs) > 1 and costs[-2] - costs[-1] < CONVERGED * abs(costs[-2])
