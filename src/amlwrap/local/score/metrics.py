"""
What a model's answers are worth: arrays in, numbers out, by the service's definitions.

Classes travel as codes, positions in the model's list of classes. A true class the model was never trained on has the
code -1: it cannot be predicted, so such an observation is always wrong, lowering the accuracy and the precision of the
class predicted instead. It has no F1 of its own, because the service's mean runs over the classes of the model.
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import attrs
import numpy as np
from numpy.typing import NDArray

__all__ = [
    "BINARY_BASELINE",
    "Histogram",
    "accuracy",
    "always",
    "confusion",
    "even_edges",
    "f1_scores",
    "log_loss",
    "macro_f1",
    "majority_baseline",
    "mean_baseline",
    "residual_histogram",
    "rmse",
    "root_mean",
    "squared_error",
    "surprise",
]

Codes: TypeAlias = NDArray[np.integer[Any]]
Numbers: TypeAlias = NDArray[np.floating[Any]]
Counts: TypeAlias = NDArray[np.int64]

BINARY_BASELINE: Final = 0.5
"""AUC of a model that knows nothing."""

_SMOOTHING: Final = 1e-13
_LEAST_PROBABILITY: Final = float(np.finfo(np.float64).eps)


@attrs.frozen(eq=False)
class Histogram:
    """
    Counts per bin; bins are closed on the left, the last one also on the right.

    Attributes:
        edges: Shape ``(n_bins + 1,)``.
        counts: Shape ``(n_bins,)``.
    """

    edges: NDArray[np.float64]
    counts: Counts


def confusion(true_codes: Codes, predicted_codes: Codes, n_classes: int) -> Counts:
    """
    How often each true class was answered with each class.

    Args:
        true_codes: Of each observation, -1 for a class the model does not have, shape ``(n,)``.
        predicted_codes: Same shape, none negative.
        n_classes: Of the model.

    Returns:
        Shape ``(n_classes + 1, n_classes)``: row *i* holds the observations of true class *i*, column *j* those
        predicted *j*; the last row those of unknown true class.

    >>> confusion(np.array([0, 0, 1, -1]), np.array([0, 1, 1, 1]), 2).tolist()
    [[1, 1], [0, 1], [0, 1]]
    """
    rows = np.where(true_codes < 0, n_classes, true_codes).astype(np.int64)
    cells = np.bincount(rows * n_classes + predicted_codes, minlength=(n_classes + 1) * n_classes)
    return cells.reshape(n_classes + 1, n_classes).astype(np.int64)


def f1_scores(counts: Counts) -> NDArray[np.float64]:
    """
    F1 of each class of the model, smoothed as the service does it: a class neither met nor predicted scores 0.5.

    Args:
        counts: A `confusion`, with or without its last row.

    Source: recomputed from a published result, which it gives to the last digit.

    >>> f1_scores(np.array([[3, 0], [0, 0]])).round(6).tolist()
    [1.0, 0.5]
    """
    hits = np.diagonal(counts).astype(np.float64)
    precision = (hits + _SMOOTHING) / (counts.sum(axis=0) + 2 * _SMOOTHING)
    recall = (hits + _SMOOTHING) / (counts[: counts.shape[1]].sum(axis=1) + 2 * _SMOOTHING)
    return np.asarray(2 * precision * recall / (precision + recall), np.float64)


def macro_f1(counts: Counts) -> float:
    """
    Mean of the smoothed F1 over all classes of the model, each weighing the same.

    Args:
        counts: A `confusion`, with or without its last row.

    >>> round(macro_f1(np.array([[3, 0], [0, 0]])), 6)
    0.75
    """
    scores = f1_scores(counts)
    return float(np.cumsum(scores)[-1] / len(scores))  # one by one: numpy's pairwise sum may end in another last digit


def accuracy(counts: Counts) -> float:
    """
    Share of the observations in a `confusion` that were answered rightly.

    >>> accuracy(np.array([[3, 1], [0, 4]]))
    0.875
    """
    return float(np.trace(counts) / counts.sum())


def rmse(predictions: Numbers, targets: Numbers) -> float:
    """
    Root of the mean squared error.

    >>> rmse(np.array([1.0, 2.0]), np.array([1.0, 4.0]))
    1.4142135623730951
    """
    return root_mean(squared_error(predictions, targets), len(targets))


def squared_error(predictions: Numbers, targets: Numbers) -> float:
    """Sum of the squared errors; that of several runs of observations is the sum of theirs."""
    errors = np.asarray(targets, np.float64) - predictions
    return float((errors * errors).sum())


def root_mean(total: float, n: int) -> float:
    """Root of a mean, from the sum."""
    return float(np.sqrt(total / n))


def log_loss(probabilities: Numbers, codes: Codes) -> float:
    """
    Mean negative log-likelihood of the true classes, in nats per observation.

    Args:
        probabilities: Of each class, shape ``(n, n_classes)``, or of the second of two classes, shape ``(n,)``. None is
            taken for less than the spacing of doubles at 1, so one sure miss costs 36 nats and not infinitely many.
        codes: True classes, shape ``(n,)``; -1 stands for a class that was given no probability.

    >>> log_loss(np.array([0.5, 0.5]), np.array([0, 1]))
    0.6931471805599453
    """
    return surprise(probabilities, codes) / len(codes)


def surprise(probabilities: Numbers, codes: Codes) -> float:
    """Sum of what `log_loss` is the mean of; that of several runs of observations is the sum of theirs."""
    wide = np.asarray(probabilities, np.float64)
    if wide.ndim == 1:
        wide = np.column_stack([1 - wide, wide])
    chosen = np.where(codes < 0, 0.0, wide[np.arange(len(wide)), codes])
    return float(-np.log(np.clip(chosen, _LEAST_PROBABILITY, 1 - _LEAST_PROBABILITY)).sum())


def majority_baseline(true_codes: Codes, majority: int, n_classes: int) -> float:
    """
    Macro F1 of always answering the most frequent class of the training data.

    Args:
        true_codes: Of the evaluation data, shape ``(n,)``.
        majority: Code of that class.
        n_classes: Of the model.

    >>> round(majority_baseline(np.array([0, 0, 0, 1]), 0, 2), 6)
    0.428571
    """
    return always(confusion(true_codes, np.full(len(true_codes), majority), n_classes), majority)


def always(counts: Counts, majority: int) -> float:
    """`majority_baseline`, from any `confusion` of the same observations."""
    single = np.zeros_like(counts)
    single[:, majority] = counts.sum(axis=1)
    return macro_f1(single)


def mean_baseline(targets: Numbers, training_mean: float) -> float:
    """
    RMSE of always answering the mean target of the training data.

    >>> mean_baseline(np.array([1.0, 3.0]), 2.0)
    1.0
    """
    return rmse(np.array([training_mean]), targets)


def residual_histogram(predictions: Numbers, targets: Numbers, n_bins: int = 50) -> Histogram:
    """
    Distribution of what the predictions missed: ``target - prediction``, above zero where they are too low.

    Args:
        predictions: Shape ``(n,)``, ``n >= 1``.
        targets: Same shape.
        n_bins: An even number of bins of equal width, half of them on each side of zero.

    >>> found = residual_histogram(np.array([0.0, 0.0, 0.0]), np.array([-1.0, 1.0, 2.0]), n_bins=4)
    >>> found.edges.tolist(), found.counts.tolist()
    ([-2.0, -1.0, 0.0, 1.0, 2.0], [0, 1, 0, 2])
    """
    residuals = np.asarray(targets, np.float64) - predictions
    edges = even_edges(float(np.abs(residuals).max()), n_bins)
    counts, _ = np.histogram(residuals, edges)
    return Histogram(edges, counts.astype(np.int64))


def even_edges(reach: float, n_bins: int) -> NDArray[np.float64]:
    """Edges of *n_bins* bins of equal width around zero, the outermost at *reach*, which may be zero."""
    half = n_bins // 2
    return (reach or 1.0) * (np.arange(-half, half + 1) / half)
