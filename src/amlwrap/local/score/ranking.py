"""
The AUC of more observations than are kept: counts of both classes by the leading bits of their scores.

A score between 0 and 1, in single precision, is known by its exponent and the first 15 bits of its mantissa, so two
scores that differ by more than one part in 32,768 are told apart. Those that are not count as a tie, which is half a
pair; so the area is off by at most half the share of pairs that fall together, and that is counted too.
"""

from __future__ import annotations

from typing import Any, Final

import attrs
import numpy as np
from numpy.typing import NDArray

from amlwrap.local.score.auc import require_classes, require_ordered

__all__ = ["Ranking"]

_DROPPED: Final = 8  # of the 23 bits of the mantissa
_FIRST: Final = int(np.array([2.0**-63], np.float32).view(np.int32)[0]) >> _DROPPED  # all below are one bin
_LAST: Final = int(np.array([1.0], np.float32).view(np.int32)[0]) >> _DROPPED
_N_BINS: Final = _LAST - _FIRST + 1


@attrs.define(eq=False)
class Ranking:
    """
    How many negatives and positives have which score.

    >>> ranking = Ranking()
    >>> ranking.add(np.array([0.1, 0.4, 0.4, 0.8]), np.array([0, 0, 1, 1]))
    >>> ranking.auc(), ranking.uncertainty()
    (0.875, 0.125)
    """

    n: int = 0
    _negatives: NDArray[np.int64] = attrs.field(factory=lambda: np.zeros(_N_BINS, np.int64))
    _positives: NDArray[np.int64] = attrs.field(factory=lambda: np.zeros(_N_BINS, np.int64))

    def add(self, scores: NDArray[np.floating[Any]], targets: NDArray[Any]) -> None:
        """
        Count more observations; scores between 0 and 1, targets 0 or 1.

        Raises:
            DataError: A score is NaN.
        """
        require_ordered(scores, self.n)
        bins = _bins(scores)
        positive = targets == 1
        self._positives += np.bincount(bins[positive], minlength=_N_BINS)
        self._negatives += np.bincount(bins[~positive], minlength=_N_BINS)
        self.n += len(targets)

    def auc(self) -> float:
        """
        Area under the ROC curve, as `amlwrap.local.score.auc.auc`.

        Raises:
            DataError: All targets are the same.
        """
        n_negatives, n_positives = int(self._negatives.sum()), int(self._positives.sum())
        require_classes(n_negatives, n_positives)
        below = np.cumsum(self._negatives) - self._negatives
        return int((self._positives * (2 * below + self._negatives)).sum()) / (2 * n_negatives * n_positives)

    def uncertainty(self) -> float:
        """By how much the area may be off at most."""
        n_pairs = int(self._negatives.sum()) * int(self._positives.sum())
        return int((self._positives * self._negatives).sum()) / (2 * n_pairs)


def _bins(scores: NDArray[np.floating[Any]]) -> NDArray[np.int32]:
    """The place of each score; bits of a positive float are in the order of the floats."""
    bits = np.ascontiguousarray(scores, np.float32).view(np.int32)
    bins: NDArray[np.int32] = np.clip(bits >> _DROPPED, _FIRST, _LAST) - np.int32(_FIRST)
    return bins
