"""
Losses of linear models: what a prediction costs, and which way to move the score.

A loss sees *scores* of shape ``(n_rows, n_learners, n_outputs)``, the linear predictors of several learners side by
side, and *targets* of shape ``(n_rows,)``. It gives the cost of each row, shape ``(n_rows, n_learners)``, and the
derivative of the cost by the score, in the shape of the scores.
"""

from __future__ import annotations

from typing import Any, Protocol, TypeAlias

import attrs
import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float32]
"""Single precision is enough for a gradient and halves the memory the solver touches."""

Targets: TypeAlias = NDArray[Any]
"""Codes of classes, or numbers; shape ``(n_rows,)``."""

TINIEST = np.float32(1e-30)
"""Floor under a probability before its logarithm is taken; ``-log`` of it is 69 nats."""


class Loss(Protocol):
    """A differentiable cost of linear scores."""

    @property
    def n_outputs(self) -> int:
        """Scores of a row."""
        ...

    @property
    def name(self) -> str:
        """As the training log has it."""
        ...

    @property
    def curvature(self) -> float:
        """How fast the slope changes with the score, at the most where no score is far out."""
        ...

    @property
    def push(self) -> float:
        """How far a row may move its own score at once, in slopes: what it says is not to be overdone."""
        ...

    def price(self, scores: Floats, targets: Targets) -> tuple[Floats, Floats]:
        """Cost of each row for each learner, and its derivative by the score, in the shape of *scores*."""
        ...

    def sums(self, targets: Targets) -> NDArray[np.float64]:
        """What `ignorance` must know of *targets*; it may be added up."""
        ...

    def ignorance(self, sums: NDArray[np.float64]) -> float:
        """Mean cost of a row to who knows nothing but the targets' *sums*, and gives all rows the same score."""
        ...


@attrs.frozen
class LogisticLoss:
    """
    Negative log-likelihood of a binary target, in nats.

    Source: Bishop (2006), eq. 4.90, in a form that stays finite for any score.

    >>> loss = LogisticLoss()
    >>> cost, slope = loss.price(np.zeros((1, 1, 1), np.float32), np.array([1]))
    >>> float(cost[0, 0]), float(slope[0, 0, 0])
    (0.6931471824645996, -0.5)
    """

    n_outputs: int = 1
    name: str = "logreg"
    curvature: float = 0.25
    push: float = 8.0

    def price(self, scores: Floats, targets: Targets) -> tuple[Floats, Floats]:
        """``log(1 + exp(±s))``, the sign that of the wrong side; its slope is the probability of 1, less the target."""
        signs = np.where(targets[:, None] == 1, np.float32(-1), np.float32(1))
        losing = signs * scores[:, :, 0]
        smaller = np.exp(-np.abs(losing))  # odds of the less likely side
        cost: Floats = np.maximum(losing, np.float32(0)) + np.log1p(smaller)
        slopes: Floats = np.where(losing >= 0, signs, signs * smaller)
        slopes /= np.float32(1) + smaller
        return cost, slopes[:, :, None]

    def sums(self, targets: Targets) -> NDArray[np.float64]:
        """Rows of each class."""
        return np.bincount(targets, minlength=2).astype(np.float64)

    def ignorance(self, sums: NDArray[np.float64]) -> float:
        """The entropy of the classes."""
        return _entropy(sums)


@attrs.frozen
class SoftmaxLoss:
    """Negative log-likelihood of one class among ``n_outputs``, in nats (Bishop 2006, eq. 4.108)."""

    n_outputs: int
    name: str = "multinomial-logreg"
    curvature: float = 0.25
    push: float = 8.0

    def price(self, scores: Floats, targets: Targets) -> tuple[Floats, Floats]:
        """``-log`` of the probability of the target's class; its slope is the probabilities, less one at that class."""
        probabilities = softmax(scores)
        rows = np.arange(len(targets))
        cost: Floats = -np.log(np.maximum(probabilities[rows, :, targets], TINIEST))
        probabilities[rows, :, targets] -= np.float32(1)
        return cost, probabilities

    def sums(self, targets: Targets) -> NDArray[np.float64]:
        """Rows of each class."""
        return np.bincount(targets, minlength=self.n_outputs).astype(np.float64)

    def ignorance(self, sums: NDArray[np.float64]) -> float:
        """The entropy of the classes."""
        return _entropy(sums)


@attrs.frozen
class SquaredLoss:
    """Half the squared difference of score and target."""

    n_outputs: int = 1
    name: str = "squared"
    curvature: float = 1.0
    push: float = 0.5

    def price(self, scores: Floats, targets: Targets) -> tuple[Floats, Floats]:
        """``(s - y)² / 2``; its slope is ``s - y``."""
        differences: Floats = scores - targets[:, None, None].astype(np.float32)
        return np.asarray(np.square(differences[:, :, 0]) / np.float32(2), np.float32), differences

    def sums(self, targets: Targets) -> NDArray[np.float64]:
        """Rows, and the sums of their targets and of the squares."""
        values = targets.astype(np.float64)
        return np.array([len(values), values.sum(), np.square(values).sum()])

    def ignorance(self, sums: NDArray[np.float64]) -> float:
        """Half the variance."""
        n, total, squares = sums.tolist()
        return float(squares / n - (total / n) ** 2) / 2


def softmax(scores: Floats) -> Floats:
    """
    Probabilities over the last axis, finite for any finite score.

    >>> softmax(np.array([[0.0, 0.0]], np.float32)).tolist()
    [[0.5, 0.5]]
    """
    shifted: Floats = scores - scores.max(axis=-1, keepdims=True)
    np.exp(shifted, out=shifted)
    np.divide(shifted, shifted.sum(axis=-1, keepdims=True), out=shifted)
    return shifted


def probability_of_one(scores: Floats) -> Floats:
    """
    Logistic function, finite for any finite score.

    >>> probability_of_one(np.array([0.0, 100.0], np.float32)).tolist()
    [0.5, 1.0]
    """
    smaller = np.exp(-np.abs(scores))  # odds of the less likely side
    probabilities: Floats = np.where(scores >= 0, np.float32(1), smaller)
    probabilities /= np.float32(1) + smaller
    return probabilities


def _entropy(counts: NDArray[np.float64]) -> float:
    shares = counts[counts > 0] / counts.sum()
    return -float((shares * np.log(shares)).sum())
