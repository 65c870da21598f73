"""
The race of the learners: passes over the rows, progressive scores, early retirement, the best one kept.

Every record is scored before it is learned, so the first pass is an honest test of each learning rate. Rates that
are hopeless retire during it; at its end the rate with the lowest cost wins and goes on alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import attrs
import numpy as np
from numpy.typing import NDArray

from amlwrap.documents.training_log import BYTES_PER_PARAMETER, LearnerReport, Retirement
from amlwrap.local.learn.batching import Batch, Batches
from amlwrap.local.learn.losses import Floats, Loss
from amlwrap.local.learn.penalties import Penalty
from amlwrap.local.learn.sgd import Learners
from amlwrap.local.learn.tally import Tally

RATES = (0.01, 0.1, 1.0, 10.0, 100.0)
"""Learning rates as the service names its five learners."""

IDS = (1050, 2101, 3535, 4202, 5314)
"""What it numbers them."""

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


@attrs.frozen(eq=False)
class Fit:
    """A trained linear model: ``scores = rows @ weights + bias``."""

    weights: Floats
    """Shape ``(n_columns, n_outputs)``."""
    bias: Floats
    """Shape ``(n_outputs,)``."""
    learner: int
    """Number of the winner."""
    rate: float
    """Its learning rate, in the service's naming."""
    n_passes: int
    converged: bool
    reports: tuple[LearnerReport, ...]


Progress = Callable[[float, str], None]

Event: TypeAlias = LearnerReport | Retirement
"""What can be told while training lasts."""


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
    on_event: Callable[[Event], None] = lambda event: None,
) -> Fit:
    """
    Fit linear weights by stochastic gradient descent.

    Args:
        batches: All rows, in the order in which they are to be seen; each pass takes the same batches again.
        loss: What a wrong score costs.
        penalty: What a large weight costs.
        passes: How many times the rows are seen at the most; training stops earlier once a pass gains nothing.
        progress: Told the fraction done, and in words, after each batch.
        on_event: Told how each learner stands at the service's report points: 0, 64, 128, 256 … updates, and each pass;
            and which learners retire.
    """
    facts = batches.facts
    reach = REACH / facts.row_norm
    rates = np.array([reach * rate**0.25 for rate in RATES], np.float32)
    race = _Race(
        learners=Learners(loss, penalty, rates, facts.rarity, facts.most_rows),
        batches=batches,
        passes=passes,
        progress=progress,
        tally=Tally.start(IDS, RATES, loss),
        on_event=on_event,
    )
    race.report()
    converged = False
    while len(race.costs) < passes:
        race.run_pass(averaging=converged)
        if converged:
            break
        converged = race.converged
    weights, bias = race.average.result(race.learners)
    tally = race.tally
    return Fit(weights, bias, int(tally.ids[0]), float(tally.rates[0]), len(race.costs), converged, tuple(race.reports))


@attrs.define(eq=False, kw_only=True)
class _Race:
    """The learners on their way through the batches."""

    learners: Learners
    batches: Batches
    passes: int
    progress: Progress
    tally: Tally
    on_event: Callable[[Event], None]
    average: _Average = attrs.field(factory=_Average)
    costs: list[float] = attrs.field(factory=list[float])
    """Mean cost of each pass, to the learner that was best on the way."""
    reports: list[LearnerReport] = attrs.field(factory=list[LearnerReport])
    next_report: int = FIRST_REPORT

    @property
    def delta(self) -> float:
        """What the last pass gained on the one before, as a share; 1 until there are two."""
        if len(self.costs) < 2 or not self.costs[-2]:
            return 1.0 if len(self.costs) < 2 else 0.0
        return (self.costs[-2] - self.costs[-1]) / abs(self.costs[-2])

    @property
    def converged(self) -> bool:
        """Whether the last pass gained next to nothing."""
        return self.delta < CONVERGED

    def run_pass(self, *, averaging: bool) -> None:
        """
        See every batch once.

        Weights enter the average in the second half of all passes, or when *averaging* says that the end is near.
        """
        number, n_batches = len(self.costs), len(self.batches)
        cost, n_before = 0.0, self.tally.n
        for place, batch in enumerate(self.batches, start=number * n_batches + 1):
            cost += self._see(batch)
            if averaging or 2 * place >= self.passes * n_batches:
                self._snapshot(place)
            if self.tally.n >= self.next_report and place < (number + 1) * n_batches:
                self.report()
                self._judge()
            self.progress(place / (self.passes * n_batches), f"pass {number + 1} of {self.passes}")
        self.costs.append(cost / (self.tally.n - n_before))
        self.report()
        self._keep(np.array([self.tally.best]), "another-was-better-when-the-first-pass-ended")

    def _see(self, batch: Batch) -> float:
        """Score *batch*, then learn from it; returns what it cost the learner that is best so far."""
        loss = self.learners.loss
        scores = self.learners.scores(batch)
        cost, slopes = loss.price(scores, batch.targets)
        self.tally.add(scores, cost, batch.targets)
        self.learners.learn(batch, slopes)
        return float(cost[:, self.tally.best].sum(dtype=np.float64))

    def _snapshot(self, place: int) -> None:
        """Let the weights into the average now and then, once one learner is left."""
        every = max(1, len(self.batches) // SNAPSHOTS_PER_PASS)
        if len(self.learners) == 1 and place % every == 0:
            self.average.add(self.learners)

    def report(self) -> None:
        """Tell how each learner stands."""
        while self.next_report <= self.tally.n:
            self.next_report *= 2
        tally, n_parameters = self.tally, self.learners.n_parameters().tolist()
        for place, performance in enumerate(tally.performances()):
            report = LearnerReport(
                learner=int(tally.ids[place]),
                rate=float(tally.rates[place]),
                n_updates=tally.n,
                likelihood=float(tally.cost[place] / tally.n) if tally.n else 1.0,
                delta=self.delta,
                converged=self.converged,
                n_parameters=n_parameters[place],
                size_bytes=BYTES_PER_PARAMETER * n_parameters[place],
                performance=performance,
            )
            self.reports.append(report)
            self.on_event(report)

    def _judge(self) -> None:
        """Let go of the hopeless, once there is enough to judge them by."""
        cost = self.tally.cost
        if self.tally.n >= JUDGED_FROM:
            hopeful = np.flatnonzero(cost <= HOPELESS * cost[self.tally.best])
            self._keep(hopeful, f"likelihood-over-{HOPELESS}-times-the-best")

    def _keep(self, chosen: NDArray[np.intp], reason: str) -> None:
        """Let go of all learners but the *chosen*."""
        if len(chosen) == len(self.learners):
            return
        for learner in np.delete(self.tally.ids, chosen).tolist():
            self.on_event(Retirement(learner, self.tally.n, reason))
        self.learners.keep(chosen)
        self.tally.keep(chosen)
