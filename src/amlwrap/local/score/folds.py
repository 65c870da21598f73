"""
Evaluations of observations that come some at a time.

Up to 4,194,304 scores are held, and everything is computed from them; beyond, sums and counts are, and the AUC and the
histogram of residuals come from the leading bits of single precision (see `ranking`, `residuals`). Observations are
gathered into runs of one length first, so how they come does not show.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amlwrap.exceptions import DataError
from amlwrap.local.score import metrics
from amlwrap.local.score.auc import Curve, auc, curve, labels_at
from amlwrap.local.score.metrics import Counts, Numbers
from amlwrap.local.score.ranking import Ranking
from amlwrap.local.score.residuals import Residuals
from amlwrap.local.score.runs import RUN_VALUES, Runs, pieces

__all__ = ["BinaryEvaluation", "Evaluation", "MulticlassEvaluation", "RegressionEvaluation"]


class Evaluation(ABC):
    """
    What is known of the observations that passed by.

    Args:
        n_columns: Scores of an observation.
        n_classes: Of the target; zero for numbers.
    """

    def __init__(self, n_columns: int = 1, n_classes: int = 0) -> None:
        self.n: int = 0
        self._runs = Runs(RUN_VALUES // n_columns)
        self._held_as = np.min_scalar_type(-1 - n_classes) if n_classes else np.dtype(np.float64)

    def add(self, scores: Numbers, targets: NDArray[Any]) -> None:
        """
        Take more observations.

        Raises:
            DataError: A score is not finite.
        """
        for run in self._runs.add(scores, targets.astype(self._held_as, copy=False)):
            self._fold(*run)

    def finish(self, n_invalid: int = 0) -> dict[str, str]:
        """
        The properties.

        Args:
            n_invalid: Observations left out.

        Raises:
            DataError: There is no observation, or no metric for those there are.
        """
        found = self._properties(*self._runs.rest())
        return {**found, "amlwrap.n_scored": str(self.n), "amlwrap.n_invalid": str(n_invalid)}

    @abstractmethod
    def _fold(self, scores: Numbers, targets: NDArray[Any]) -> None:
        """Count a whole run, for there is more to come."""

    @abstractmethod
    def _properties(self, scores: Numbers, targets: NDArray[Any]) -> dict[str, str]:
        """The properties, once this last run is counted; it is all there is if `n` is zero yet."""


class BinaryEvaluation(Evaluation):
    """
    Of a BINARY model: scores are probabilities of 1, shape ``(n,)``, targets 0 or 1.

    Args:
        threshold: Scores of at least this are labelled 1.
    """

    def __init__(self, threshold: float = 0.5) -> None:
        super().__init__(n_classes=2)
        self._threshold = threshold
        self._ranking: Ranking | None = None
        self._curve: Curve | None = None
        self._counts: Counts = np.zeros((3, 2), np.int64)
        self._surprise = 0.0

    def _fold(self, scores: Numbers, targets: NDArray[Any]) -> None:
        self._ranking = self._ranking or Ranking()
        self._ranking.add(scores, targets)
        self._count(scores, targets)

    def _count(self, scores: Numbers, targets: NDArray[Any]) -> None:
        for some, theirs in pieces(scores, targets):
            drawn = curve(some, theirs)
            self._curve = drawn if self._curve is None else self._curve + drawn
            self._counts += metrics.confusion(theirs, labels_at(some, self._threshold), 2)
            self._surprise += metrics.surprise(some, theirs)
        self.n += len(targets)

    def _properties(self, scores: Numbers, targets: NDArray[Any]) -> dict[str, str]:
        area = self._area(scores, targets)
        self._count(scores, targets)
        assert self._curve is not None
        return {
            "BinaryAUC": repr(area),
            "amlwrap.accuracy": repr(metrics.accuracy(self._counts)),
            "amlwrap.baseline": repr(metrics.BINARY_BASELINE),
            "amlwrap.log_loss": repr(self._surprise / self.n),
            "amlwrap.confusion": _confusion_json(("0", "1"), self._counts),
            "amlwrap.curve": _curve_json(self._curve),
        }

    def _area(self, scores: Numbers, targets: NDArray[Any]) -> float:
        if self._ranking is None:
            return auc(scores, targets)
        self._ranking.add(scores, targets)
        return self._ranking.auc()


class MulticlassEvaluation(Evaluation):
    """
    Of a MULTICLASS model: scores are probabilities, shape ``(n, n_classes)``, targets positions in *classes*.

    Args:
        classes: Names, in the order of the columns.
        majority: Position of the class most frequent in the training data.
    """

    def __init__(self, classes: Sequence[str], majority: int) -> None:
        super().__init__(len(classes), len(classes))
        self._classes = classes
        self._majority = majority
        self._counts: Counts = np.zeros((len(classes) + 1, len(classes)), np.int64)
        self._surprise = 0.0

    def _fold(self, scores: Numbers, targets: NDArray[Any]) -> None:
        for some, theirs in pieces(scores, targets):
            _require_numbers(some, self.n)
            self._counts += metrics.confusion(theirs, np.argmax(some, axis=1), len(self._classes))
            self._surprise += metrics.surprise(some, theirs)
            self.n += len(theirs)

    def _properties(self, scores: Numbers, targets: NDArray[Any]) -> dict[str, str]:
        _require_some(self.n + len(targets))
        self._fold(scores, targets)
        return {
            "MulticlassAvgFScore": repr(metrics.macro_f1(self._counts)),
            "amlwrap.accuracy": repr(metrics.accuracy(self._counts)),
            "amlwrap.baseline": repr(metrics.always(self._counts, self._majority)),
            "amlwrap.log_loss": repr(self._surprise / self.n),
            "amlwrap.confusion": _confusion_json(self._classes, self._counts),
        }


class RegressionEvaluation(Evaluation):
    """
    Of a REGRESSION model: scores are predicted numbers, shape ``(n,)``.

    Args:
        training_mean: Of the target, in the training data.
    """

    def __init__(self, training_mean: float) -> None:
        super().__init__()
        self._mean = np.array([training_mean])
        self._residuals: Residuals | None = None
        self._squares = self._baseline_squares = 0.0

    def _fold(self, scores: Numbers, targets: NDArray[Any]) -> None:
        _require_numbers(scores, self.n)
        self._residuals = self._residuals or Residuals()
        self._residuals.add(np.asarray(targets, np.float64) - scores)
        self._count(scores, targets)

    def _count(self, scores: Numbers, targets: NDArray[Any]) -> None:
        self._squares += metrics.squared_error(scores, targets)
        self._baseline_squares += metrics.squared_error(self._mean, targets)
        self.n += len(targets)

    def _properties(self, scores: Numbers, targets: NDArray[Any]) -> dict[str, str]:
        _require_some(self.n + len(targets))
        if self._residuals is None:
            _require_numbers(scores)
            residuals = metrics.residual_histogram(scores, targets)
            self._count(scores, targets)
        else:
            self._fold(scores, targets)
            residuals = self._residuals.histogram()
        return {
            "RegressionRMSE": repr(metrics.root_mean(self._squares, self.n)),
            "amlwrap.baseline": repr(metrics.root_mean(self._baseline_squares, self.n)),
            "amlwrap.residuals": _json(edges=residuals.edges.tolist(), counts=residuals.counts.tolist()),
        }


def _require_some(n: int) -> None:
    if not n:
        raise DataError("evaluation data", "", "observations with a target", "none")


def _require_numbers(predictions: Numbers, n_before: int = 0) -> None:
    finite = np.isfinite(predictions).reshape(len(predictions), -1).all(axis=1)
    if not finite.all():
        row = int(np.argmin(finite))
        place = f"observation {n_before + row + 1}"
        raise DataError("evaluation", place, "a finite prediction", str(predictions[row]))


def _curve_json(drawn: Curve) -> str:
    return _json(
        thresholds=drawn.thresholds.tolist(),
        true_positives=drawn.true_positives.tolist(),
        false_positives=drawn.false_positives.tolist(),
        positives=drawn.n_positives,
        negatives=drawn.n_negatives,
    )


def _confusion_json(classes: Sequence[str], counts: Counts) -> str:
    known, unknown = counts[:-1], counts[-1]
    return _json(classes=list(classes), counts=known.tolist(), unknown=unknown.tolist())


def _json(**members: object) -> str:
    return json.dumps(members, ensure_ascii=False, separators=(",", ":"))
