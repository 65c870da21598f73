"""
How well scores rank positives above negatives, and what each threshold would label.

Both classes are sorted once; what lies on which side of a threshold is then found by bisection.
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import attrs
import numpy as np
from numpy.typing import NDArray

from amlwrap.exceptions import DataError

__all__ = ["Curve", "auc", "curve", "labels_at", "require_classes", "require_ordered"]

_AT_ONCE: Final = 1 << 16
_SIDES: Final = ("left", "right")

Scores: TypeAlias = NDArray[np.floating[Any]]
Targets: TypeAlias = NDArray[np.integer[Any]] | NDArray[np.bool_] | NDArray[np.floating[Any]]


@attrs.frozen(eq=False)
class Curve:
    """
    What each of several thresholds would label 1.

    Attributes:
        thresholds: Ascending, shape ``(n,)``.
        true_positives: Positives with a score of at least the threshold, same shape.
        false_positives: Negatives likewise.
        n_positives: Observations whose target is 1.
        n_negatives: Observations whose target is 0.
    """

    thresholds: NDArray[np.float64]
    true_positives: NDArray[np.int64]
    false_positives: NDArray[np.int64]
    n_positives: int
    n_negatives: int

    def __add__(self, other: Curve) -> Curve:
        """The curve of both sets of observations, of as many thresholds each."""
        return Curve(
            self.thresholds,
            self.true_positives + other.true_positives,
            self.false_positives + other.false_positives,
            self.n_positives + other.n_positives,
            self.n_negatives + other.n_negatives,
        )


def auc(scores: Scores, targets: Targets) -> float:
    """
    Area under the ROC curve: the share of pairs of a positive and a negative that the scores order rightly.

    A tie counts half. What the service answers when there is no such pair is unknown; here it is an error, for any
    number would be made up.

    Args:
        scores: Higher means rather 1, shape ``(n,)``; any strictly increasing map of them gives the same area.
        targets: 0 or 1, same shape.

    Raises:
        DataError: All targets are the same, or a score is NaN.

    >>> auc(np.array([0.1, 0.4, 0.4, 0.8]), np.array([0, 0, 1, 1]))
    0.875
    """
    negatives, positives = _sorted_by_class(scores, targets)
    require_classes(len(negatives), len(positives))
    won = 0  # twice: each pair counts for what lies below, and again for what does not lie above
    for start in range(0, len(positives), _AT_ONCE):
        some = positives[start : start + _AT_ONCE]
        won += sum(int(np.searchsorted(negatives, some, side).sum()) for side in _SIDES)
    return won / (2 * len(negatives) * len(positives))


def labels_at(scores: Scores, threshold: float) -> NDArray[np.int8]:
    """
    The label of each score: 1 from *threshold* on.

    They are compared in the precision of the scores, so a single-precision score that is written ``7E-1`` reaches a
    threshold of 0.7, although the nearest double does not.

    >>> labels_at(np.array([0.69, 0.7], np.float32), 0.7).tolist()
    [0, 1]
    """
    return (scores >= scores.dtype.type(threshold)).astype(np.int8)


def curve(scores: Scores, targets: Targets, n: int = 1001) -> Curve:
    """
    True and false positives at *n* thresholds evenly spaced from 0 to 1, both included, as `labels_at` tells them.

    Args:
        scores: Between 0 and 1, shape ``(n_observations,)``.
        targets: 0 or 1, same shape.
        n: At least 2.

    Raises:
        DataError: A score is NaN.

    >>> found = curve(np.array([0.2, 0.5, 0.9]), np.array([0, 0, 1]), n=3)
    >>> found.thresholds.tolist(), found.true_positives.tolist(), found.false_positives.tolist()
    ([0.0, 0.5, 1.0], [1, 1, 0], [2, 1, 0])
    """
    negatives, positives = _sorted_by_class(scores, targets)
    thresholds = np.arange(n) / (n - 1)
    compared = thresholds.astype(scores.dtype)
    return Curve(
        thresholds,
        len(positives) - np.searchsorted(positives, compared, "left").astype(np.int64),
        len(negatives) - np.searchsorted(negatives, compared, "left").astype(np.int64),
        len(positives),
        len(negatives),
    )


def require_classes(n_negatives: int, n_positives: int) -> None:
    """
    Refuse to rank what is all the same.

    Raises:
        DataError: There are no negatives, or no positives.
    """
    if not n_negatives or not n_positives:
        only = f"only targets of {int(n_positives > 0)}" if n_negatives or n_positives else "no observation"
        raise DataError("evaluation data", "", "targets of 0 and of 1, to tell how well they are separated", only)


def require_ordered(scores: Scores, n_before: int = 0) -> None:
    """
    Refuse scores that have no order.

    Args:
        n_before: Observations before these.

    Raises:
        DataError: One of *scores* is NaN.
    """
    unordered = np.flatnonzero(np.isnan(scores))
    if len(unordered):
        raise DataError("evaluation", f"observation {n_before + int(unordered[0]) + 1}", "a score", "NaN")


def _sorted_by_class(scores: Scores, targets: Targets) -> tuple[Scores, Scores]:
    """Scores of the negatives and of the positives, each ascending."""
    require_ordered(scores)
    positive = np.asarray(targets) == 1
    negatives, positives = scores[~positive], scores[positive]
    negatives.sort()
    positives.sort()
    return negatives, positives
