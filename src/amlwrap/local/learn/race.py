"""
The race of the learners: passes over the rows, progressive scores, the best one kept.

Every record is scored before it is learned, so the first records are an honest test of each learning rate. When enough
of them were seen, the rate with the lowest cost wins and goes on alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import chain, islice
from typing import TypeAlias

import attrs
import numpy as np
from numpy.typing import NDArray

from amlwrap.documents.training_log import BYTES_PER_PARAMETER, LearnerReport, Retirement
from amlwrap.local.learn.batching import Batch, Batches, Facts
from amlwrap.local.learn.halves import Halves
from amlwrap.local.learn.losses import Floats, Loss, Targets
from amlwrap.local.learn.penalties import Penalty
from amlwrap.local.learn.sgd import Learners
from amlwrap.local.learn.tally import Tally

RATES = (0.01, 0.1, 1.0, 10.0, 100.0)
"""Learning rates as the service names its five learners."""

IDS = (1050, 2101, 3535, 4202, 5314)
"""What it numbers them."""

FEW_ROWS, MANY_ROWS = 300, 30_000
"""
Between these, steps grow from careful to hasty ones. Few rows are soon seen again, and what they say is easily taken
too literally; of many rows a pass takes long, and there is more in them.
"""

REACH, BEND_REACH = 0.9, 4.0
"""
Longest step of a weight at rate 1: the first, for few rows, over the root of the mean squared length of a row; or else
the second over the mean squared length and the curvature of the loss, where that is less, as it is of long rows. The
steps of the other rates go with the fourth root of the rate.
"""

PLAIN_RATE, HASTY_RATE = 0.1, 0.5
"""
No step is longer than plain gradient descent would take at a certain rate for each record. That holds back a level or
word that few rows have, as an L2 penalty would: seen once a pass, a weight moves by a share of the slope a pass,
however long the learner's own steps are. Ten passes at the first of these rates hold back about as much as a penalty of
1 on the squares beside the summed cost of all rows. It is the rate for few rows; for many it is up to the second in the
first pass, and halves with each pass until it is the careful one. It is never more than the loss's push over the mean
squared length of a row.
"""

TRUST = 4.0
"""
The careful rate is the first of those, times what is explained of rows not seen before over what is not: the less it is
chance what rows say, the more may be learned from each (Robinson 1991). It is no further from it than by this factor.
"""

ENOUGH = 2.0
"""
Of few rows, there may be more to learn than the loss's push lets them say in all passes: where more than this is
explained for each part that is not, and the push leaves less of the careful rate than one part of this. From the second
pass on, they are looked at as many times as the lesser of the two exceeds it, `TRUST` times at the most, and the less
the more rows there are.
"""

FIRST_REPORT = 64
"""Updates at which learners are reported first; from there on at each doubling, and at the end of each pass."""

DECIDED_AT = 4096
"""
Records after which the best learner goes on alone, where they come in random order; else the first pass must end.
"""

STRIDE, CALM = 10**0.5, 10**0.25
"""
How much longer the winner's steps are once it goes on alone, and how much shorter they get with each pass until they
are its own. Its weights are averaged in the end, and an average gains by steps that leave its parts restless.
"""

CONVERGED = 1e-4
"""Relative gain of a pass over the one before below which one more pass, whose weights are averaged, is the last."""

SNAPSHOTS_PER_PASS = 16
"""How many times a pass the weights enter the average, in the last third of training or in the last pass."""


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
    """Running mean of the weights over the last third of training (Polyak & Juditsky 1992)."""

    weights: Floats | None = None
    bias: Floats | None = None
    n: int = 0

    def add(self, learners: Learners) -> None:
        if self.weights is None or self.bias is None:
            self.weights, self.bias = learners.weights.copy(), learners.bias.copy()
        else:
            self.weights += learners.weights
            self.bias += learners.bias
        self.n += 1

    def result(self, learners: Learners) -> tuple[Floats, Floats]:
        if self.weights is None or self.bias is None:
            return learners.weights, learners.bias
        weights = self.weights / np.float32(self.n)
        if learners.penalty.l1:
            weights[learners.weights == 0] = 0.0  # a mean is never sparse: what the penalty holds at zero stays there
        return weights, self.bias / np.float32(self.n)


@attrs.define(eq=False)
class _Explained:
    """How well rows are told that were not learned from."""

    loss: Loss
    n: int = 0
    cost: float = 0.0
    sums: NDArray[np.float64] = attrs.field(factory=lambda: np.zeros(1))

    def add(self, cost: float, targets: Targets) -> None:
        """Take in a batch: what it cost, and what was to be told."""
        self.n += len(targets)
        self.cost += cost
        self.sums = self.sums + self.loss.sums(targets)

    @property
    def odds(self) -> float:
        """What is explained over what is not; 1 when there is nothing to go by."""
        return self.n * self.loss.ignorance(self.sums) / self.cost - 1 if self.n and self.cost else 1.0


def train(
    batches: Batches,
    loss: Loss,
    penalty: Penalty,
    *,
    passes: int,
    is_shuffled: bool = True,
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
        is_shuffled: Whether the rows come in random order, so that the first ones tell of all.
        progress: Told the fraction done, and in words, after each batch.
        on_event: Told how each learner stands at the service's report points: 0, 64, 128, 256 … updates, and each pass;
            and which learners retire.
    """
    reach, plain = _longest_steps(batches.facts, loss)
    rates = np.array([reach * rate**0.25 for rate in RATES], np.float32)
    with Halves() as halves:
        race = _Race(
            learners=Learners(loss, penalty, rates, batches.facts, halves, plain * batches.facts.most_rows),
            batches=batches,
            passes=passes,
            is_shuffled=is_shuffled,
            progress=progress,
            tally=Tally.start(IDS, RATES, loss),
            on_event=on_event,
        )
        return race.run()


def _longest_steps(facts: Facts, loss: Loss) -> tuple[float, float]:
    """Of a weight at rate 1, and the rate of plain gradient descent, both in the first pass."""
    haste, square = _haste(facts), facts.row_norm**2
    reach = min(REACH * haste**0.5 / facts.row_norm, BEND_REACH / (loss.curvature * square))
    return reach, min(PLAIN_RATE * haste, HASTY_RATE, loss.push / square)


def _haste(facts: Facts) -> float:
    """1 for few rows, more for more."""
    return math.sqrt(min(max(facts.n_rows, FEW_ROWS), MANY_ROWS) / FEW_ROWS)


@attrs.define(eq=False, kw_only=True)
class _Race:
    """The learners on their way through the batches."""

    learners: Learners
    batches: Batches
    passes: int
    is_shuffled: bool
    progress: Progress
    tally: Tally
    on_event: Callable[[Event], None]
    average: _Average = attrs.field(factory=_Average)
    costs: list[float] = attrs.field(factory=list[float])
    """Mean cost of each pass, to the learner that was best on the way."""
    reports: list[LearnerReport] = attrs.field(factory=list[LearnerReport])
    own_rate: Floats = attrs.field(factory=lambda: np.zeros(1, np.float32))
    """The longest step of the winner, once there is one."""
    careful_rate: float = 0.0
    """Of plain gradient descent, to which the rate comes down; known when the first pass ends."""
    n_looks: int = 1
    """How many times a pass looks at each batch; known then as well."""
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

    def run(self) -> Fit:
        """Pass after pass, until one gains nothing."""
        self.report()
        converged = False
        while len(self.costs) < self.passes:
            self._run_pass(averaging=converged)
            if converged:
                break
            converged = self.converged
        weights, bias = self.average.result(self.learners)
        learner, rate = int(self.tally.ids[0]), float(self.tally.rates[0])
        return Fit(weights, bias, learner, rate, len(self.costs), converged, tuple(self.reports))

    def _run_pass(self, *, averaging: bool) -> None:
        """
        See every batch once.

        Weights enter the average in the last third of all passes, or when *averaging* says that the end is near.
        """
        number, n_batches = len(self.costs), len(self.batches)
        cost, n_before = 0.0, self.tally.n
        explained = _Explained(self.learners.loss)
        for place, (batch, *others) in enumerate(self._looks(), start=number * n_batches + 1):
            cost_of_batch = self._see(batch)
            for other in others:
                self.learners.step(other)
            cost += cost_of_batch
            if 2 * place > n_batches and not number:
                explained.add(cost_of_batch, batch.targets)
            if averaging or 3 * place >= 2 * self.passes * n_batches:
                self._snapshot(place)
            if self.tally.n >= self.next_report and place < (number + 1) * n_batches:
                self.report()
                if self.is_shuffled and self.tally.n >= DECIDED_AT:
                    self._keep_best()
            self.progress(place / (self.passes * n_batches), f"pass {number + 1} of {self.passes}")
        self.costs.append(cost / (self.tally.n - n_before))
        self.report()
        self._keep_best()
        if not number:
            self._take_care(explained.odds if self.is_shuffled else max(explained.odds, 1.0))
        self._calm_down()

    def _looks(self) -> Iterator[tuple[Batch, ...]]:
        """Every batch of a pass, and those looked at again with it: from as many places of the pass, as far apart."""
        n, batches = len(self.batches), self.batches
        starts = [look * n // self.n_looks for look in range(self.n_looks)]
        return zip(*(islice(chain(batches, batches), start, start + n) for start in starts), strict=True)

    def _see(self, batch: Batch) -> float:
        """Score *batch*, then learn from it; returns what it cost the learner that is best so far."""
        scores, cost = self.learners.step(batch)
        return self.tally.add(scores, cost, batch.targets)

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

    def _take_care(self, odds: float) -> None:
        """Find the careful rate and the number of looks, by the *odds* that what rows say is more than chance."""
        facts = self.batches.facts
        wanted = PLAIN_RATE * min(max(odds, 1 / TRUST), TRUST)
        allowed = self.learners.loss.push / facts.row_norm**2
        looks = max(min(odds, wanted / allowed, ENOUGH * TRUST) / (ENOUGH * _haste(facts)), 1.0)
        self.n_looks = math.ceil(looks)
        self.careful_rate = facts.most_rows * min(wanted, allowed) * looks / self.n_looks

    def _calm_down(self) -> None:
        """Take shorter steps in the next pass, down to those of the winner's own rate, or of the careful one."""
        learners = self.learners
        learners.plain_rate = max(learners.plain_rate / 2, self.careful_rate)
        learners.rates = np.maximum(learners.rates / np.float32(CALM), self.own_rate)

    def _keep_best(self) -> None:
        """Let go of all learners but the best."""
        if len(self.learners) == 1:
            return
        best = np.array([self.tally.best])
        for learner in np.delete(self.tally.ids, best).tolist():
            self.on_event(Retirement(learner, self.tally.n, "another-was-better-when-the-race-ended"))
        self.learners.keep(best)
        self.tally.keep(best)
        self.own_rate = self.learners.rates
        self.learners.rates = self.own_rate * np.float32(STRIDE)
