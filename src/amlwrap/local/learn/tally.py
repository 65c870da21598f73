"""
Progressive validation: every record is judged by what a learner knew before it saw it, over all passes.

A batch is only put aside; what it says is counted many batches at a time. So a tally costs a few array operations for
thousands of records, and its memory depends on neither their number nor that of the reports.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Protocol

import attrs
import numpy as np
from numpy.typing import NDArray

from amlwrap.documents.training_log import Performance
from amlwrap.local.learn.losses import Floats, LogisticLoss, Loss, SoftmaxLoss, Targets

Counts = NDArray[np.int64]

HALF = 1024
"""Bins of a histogram of scores on either side of zero, the score of a probability of one half."""

PER_UNIT = 64
"""Bins of a unit of the score, so that they reach to 16 on either side; there a probability is one in nine million."""

HELD = 16_384
"""Records put aside before they are counted."""

_SMOOTHING = 1e-13
"""The service's macro F1 has it: a class neither met nor predicted scores one half."""


class Gauge(Protocol):
    """What the learners' scores are worth, beside their cost."""

    def add(self, scores: Floats, targets: Targets) -> None:
        """Take in the scores of a batch, shape ``(n_rows, n_learners, n_outputs)``."""
        ...

    def keep(self, chosen: NDArray[np.intp]) -> None:
        """Go on with the *chosen* learners only."""
        ...

    def read(self) -> list[Performance]:
        """How each learner stands."""
        ...


@attrs.define(eq=False)
class Tally:
    """Progressive cost and performance of each learner."""

    ids: NDArray[np.int64]
    rates: NDArray[np.float64]
    cost: NDArray[np.float64]
    gauge: Gauge
    n: int = 0

    @classmethod
    def start(cls, ids: Sequence[int], rates: Sequence[float], loss: Loss) -> Tally:
        """Nothing counted yet."""
        return cls(np.array(ids, np.int64), np.array(rates), np.zeros(len(ids)), gauge_of(loss, len(ids)))

    @property
    def best(self) -> int:
        """Place of the learner with the lowest cost so far."""
        return int(self.cost.argmin())

    def add(self, scores: Floats, cost: Floats, targets: Targets) -> float:
        """
        Take in a batch.

        Args:
            scores: Of its rows.
            cost: Of each row for each learner.
            targets: What the scores were to become.

        Returns:
            What the batch cost the learner that is best so far.
        """
        costs = cost.sum(axis=0, dtype=np.float64)
        self.cost += costs
        self.n += len(cost)
        self.gauge.add(scores, targets)
        return float(costs[self.best])

    def keep(self, chosen: NDArray[np.intp]) -> None:
        """Go on with the *chosen* learners only."""
        self.ids, self.rates, self.cost = self.ids[chosen], self.rates[chosen], self.cost[chosen]
        self.gauge.keep(chosen)

    def performances(self) -> list[Performance]:
        """How each learner stands; all unset before the first record."""
        return self.gauge.read() if self.n else [Performance()] * len(self.ids)


def gauge_of(loss: Loss, n_learners: int) -> Gauge:
    """What suits the *loss*."""
    if isinstance(loss, LogisticLoss):
        return Histograms(np.zeros((n_learners, 2, 2 * HALF), np.int64))
    if isinstance(loss, SoftmaxLoss):
        return Confusions(np.zeros((n_learners, loss.n_outputs, loss.n_outputs), np.int64))
    return Squares(np.zeros(n_learners))


@attrs.define(eq=False)
class _Held(ABC):
    """Batches put aside."""

    counts: Counts
    _values: list[NDArray[Any]] = attrs.field(factory=list[NDArray[Any]], init=False)
    _targets: list[Targets] = attrs.field(factory=list[Targets], init=False)
    _n: int = attrs.field(default=0, init=False)

    def hold(self, values: NDArray[Any], targets: Targets) -> None:
        self._values.append(values)
        self._targets.append(targets)
        self._n += len(targets)
        if self._n >= HELD:
            self.count()

    def count(self) -> None:
        """Count what was put aside, each value by its learner, its row's target and its bin."""
        if not self._n:
            return
        bins = self.bins(np.concatenate(self._values))
        targets = np.concatenate(self._targets).astype(np.int32)
        n_learners, n_targets, n_bins = self.counts.shape
        bins += targets[:, None] * n_bins
        bins += np.arange(n_learners, dtype=np.int32) * (n_targets * n_bins)
        self.counts += np.bincount(bins.ravel(), minlength=self.counts.size).reshape(self.counts.shape)
        self._values, self._targets, self._n = [], [], 0

    @abstractmethod
    def bins(self, values: NDArray[Any]) -> NDArray[np.int32]:
        """Bins of *values*, in their shape, ``(n_rows, n_learners)``; it may write on *values*."""

    def keep(self, chosen: NDArray[np.intp]) -> None:
        """Go on with the *chosen* learners only."""
        self.count()
        self.counts = self.counts[chosen]


class Histograms(_Held):
    """
    Scores of a binary target, as histograms of shape ``(n_learners, 2, 2 * HALF)``.

    Zero is a bound between two bins, so accuracy, precision and recall are exact; the AUC takes what shares a bin for a
    tie.
    """

    def add(self, scores: Floats, targets: Targets) -> None:
        """Put the scores of a batch aside."""
        self.hold(scores[:, :, 0], targets)

    def bins(self, values: NDArray[Any]) -> NDArray[np.int32]:
        """The bin of each score; what lies further out than the last one falls into it."""
        values *= np.float32(PER_UNIT)
        np.floor(values, out=values)
        np.clip(values, -HALF, HALF - 1, out=values)
        bins = values.astype(np.int32)
        bins += HALF
        return bins

    def read(self) -> list[Performance]:
        """Accuracy, precision and recall at a probability of one half, and the AUC once both classes were met."""
        self.count()
        n, said = self.counts.sum(axis=2), self.counts[:, :, HALF:].sum(axis=2)
        zeros, ones = self.counts[:, 0], self.counts[:, 1]
        won = np.einsum("ij,ij->i", ones, zeros.cumsum(axis=1) - zeros / 2)
        return [_binary(*one) for one in zip(n.tolist(), said.tolist(), won.tolist(), strict=True)]


class Confusions(_Held):
    """Labels of a target of several classes, as confusion matrices of shape ``(n_learners, n_classes, n_classes)``."""

    def add(self, scores: Floats, targets: Targets) -> None:
        """Put the labels of a batch aside."""
        self.hold(scores.argmax(axis=2).astype(np.int32), targets)

    def bins(self, values: NDArray[Any]) -> NDArray[np.int32]:
        """The labels themselves."""
        return values

    def read(self) -> list[Performance]:
        """Accuracy, and unweighted means over the classes."""
        self.count()
        return [_multiclass(matrix) for matrix in self.counts]


@attrs.define(eq=False)
class Squares:
    """Squared errors of a numeric target."""

    sums: NDArray[np.float64]
    _n: int = attrs.field(default=0, init=False)

    def add(self, scores: Floats, targets: Targets) -> None:
        """Add up the squared differences of a batch."""
        differences = scores[:, :, 0] - targets[:, None]
        self.sums += np.einsum("ij,ij->j", differences, differences, dtype=np.float64)
        self._n += len(targets)

    def keep(self, chosen: NDArray[np.intp]) -> None:
        """Go on with the *chosen* learners only."""
        self.sums = self.sums[chosen]

    def read(self) -> list[Performance]:
        """Root of the mean squared error, in the units of the targets."""
        return [Performance(rmse=float(np.sqrt(total / self._n))) for total in self.sums]


def _binary(n: tuple[int, int], said: tuple[int, int], won: float) -> Performance:
    """
    Figures of one learner.

    Args:
        n: Records of each class.
        said: How many of them were taken for a 1.
        won: Pairs of one of each class in which the 1 scored higher, ties by half.
    """
    (n_zeros, n_ones), (false, hits) = n, said
    pairs = n_ones * n_zeros
    precision, recall = _share(hits, hits + false), _share(hits, n_ones)
    return Performance(
        accuracy=(hits + n_zeros - false) / (n_ones + n_zeros),
        recall=recall,
        precision=precision,
        f1=_share(2 * precision * recall, precision + recall),
        auc=won / pairs if pairs else None,
    )


def _multiclass(matrix: Counts) -> Performance:
    hits = matrix.diagonal() + _SMOOTHING
    precision = hits / (matrix.sum(axis=0) + 2 * _SMOOTHING)
    recall = hits / (matrix.sum(axis=1) + 2 * _SMOOTHING)
    return Performance(
        accuracy=int(matrix.trace()) / int(matrix.sum()),
        recall=float(recall.mean()),
        precision=float(precision.mean()),
        f1=float((2 * precision * recall / (precision + recall)).mean()),
    )


def _share(part: float, whole: float) -> float:
    """Of nothing, 0."""
    return part / whole if whole else 0.0
