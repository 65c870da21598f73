"""Predictions against the truth: the service's own metrics, wherever the predictions were made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from amlwrap.documents.curve import Curve
from amlwrap.exceptions import ConfigError, DataError
from amlwrap.labels._truth import true_labels, true_numbers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from amlwrap.labels._blocks import Floats
    from amlwrap.labels.confusion import ConfusionMatrix
    from amlwrap.labels.matrix import ProbabilityMatrix
    from amlwrap.labels.scores import Scores

__all__ = ["Comparison", "compare_matrix", "compare_scores"]

_N_THRESHOLDS = 1001  # as an evaluation of the embedded engine has them


@attrs.frozen(kw_only=True, eq=False)
class Comparison:
    """
    How right predictions were; prints as a table.

    Attributes:
        n_rows: All rows of the prediction.
        n_invalid: Those that could not be predicted; they are left out.
        n_unknown: Those predicted whose truth is not known; they are left out too.
        accuracy: Share of right labels.
        macro_f1: Mean F1 of the model's classes, smoothed as the service does; rows of other classes are all wrong.
        auc: Of a BINARY model: how likely a 1 scores higher than a 0; ``None`` when the truth holds only one of them.
        rmse: Of a REGRESSION model: root of the mean squared error.
        confusion: True classes against predicted ones.
        curve: Of a BINARY model: what every threshold would be worth.

    >>> from amlwrap.labels import ProbabilityMatrix
    >>> matrix = ProbabilityMatrix([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8]], classes=("0", "1"))
    >>> print(matrix.compare([0, 1, 1]))
    rows      3
    compared  3
    accuracy  0.6667
    macro F1  0.6667
    AUC       1.0000
    """

    n_rows: int
    n_invalid: int
    n_unknown: int
    accuracy: float | None = None
    macro_f1: float | None = None
    auc: float | None = None
    rmse: float | None = None
    confusion: ConfusionMatrix | None = attrs.field(default=None, repr=False)
    curve: Curve | None = attrs.field(default=None, repr=False)

    @property
    def n_compared(self) -> int:
        """Rows with both a prediction and a truth: those the numbers are about."""
        return self.n_rows - self.n_invalid - self.n_unknown

    def choose_threshold(
        self,
        *,
        precision: float | None = None,
        recall: float | None = None,
        accuracy: float | None = None,
        false_positive_rate: float | None = None,
    ) -> float:
        """
        The score threshold that meets one target and gives up the least for it, as `Evaluation.choose_threshold`.

        Raises:
            ConfigError: Not one target; or no threshold meets it; or the model is not BINARY.
        """
        if self.curve is None:
            raise ConfigError("choose_threshold()", "no curve", "predictions of a BINARY model")
        return self.curve.choose(
            precision=precision, recall=recall, accuracy=accuracy, false_positive_rate=false_positive_rate
        )

    def __str__(self) -> str:
        counts = {
            "rows": self.n_rows,
            "compared": self.n_compared,
            "invalid": self.n_invalid,
            "no truth": self.n_unknown,
        }
        measures = {"accuracy": self.accuracy, "macro F1": self.macro_f1, "AUC": self.auc, "RMSE": self.rmse}
        lines = [(name, f"{count:,}") for name, count in counts.items() if count or name in {"rows", "compared"}]
        lines += [(name, _shown(value)) for name, value in measures.items() if value is not None]
        return "\n".join(f"{name:8}  {text}" for name, text in lines)


def compare_matrix(matrix: ProbabilityMatrix, truth: object, threshold: float | None) -> Comparison:
    """How right the labels of *matrix* are, by its own threshold or another."""
    from amlwrap.labels.result import Labels

    true = true_labels(truth, matrix.true_labels, matrix.row_ids, matrix.classes)
    known = np.asarray((true != "") & ~matrix.unreadable, np.bool_)
    _demand_some(known)
    labels = Labels(matrix.with_truth(true), matrix.labels(threshold).codes)
    confusion = labels.confusion()
    auc, curve = None, None
    if matrix.classes == ("0", "1"):
        scores = matrix.values[known, 1]
        auc, curve = _ranked(scores[true[known] == "0"], scores[true[known] == "1"])
    return Comparison(
        n_rows=len(matrix),
        n_invalid=matrix.n_unreadable,
        n_unknown=len(matrix) - matrix.n_unreadable - int(np.count_nonzero(known)),
        accuracy=confusion.accuracy,
        macro_f1=_macro_f1(confusion, len(matrix.classes)),
        auc=auc,
        confusion=confusion,
        curve=curve,
    )


def _macro_f1(confusion: ConfusionMatrix, n_classes: int) -> float:
    """Mean F1 of the first *n_classes*, which the model knows; those behind them only the truth holds."""
    return float(np.mean([scores.f1 for scores in confusion.per_class()[:n_classes]]))


def compare_scores(scores: Scores, truth: object) -> Comparison:
    """How far off *scores* are."""
    true = true_numbers(truth, scores.true_labels, scores.row_ids)
    unreadable = np.isnan(scores.values)
    known: NDArray[np.bool_] = ~np.isnan(true) & ~unreadable
    _demand_some(known)
    errors: NDArray[Any] = scores.values[known] - true[known]
    n_invalid = int(np.count_nonzero(unreadable))
    return Comparison(
        n_rows=len(scores),
        n_invalid=n_invalid,
        n_unknown=len(scores) - n_invalid - len(errors),
        rmse=float(np.sqrt(np.mean(np.square(errors)))),
    )


def _demand_some(known: NDArray[np.bool_]) -> None:
    if not known.any():
        raise DataError("truth", "", "a row with a prediction and a true value", f"none among {len(known):,} rows")


def _ranked(negatives: Floats, positives: Floats) -> tuple[float | None, Curve]:
    """Area under the ROC curve, a tie counting half, and the curve itself."""
    negatives, positives = np.sort(negatives), np.sort(positives)
    thresholds = np.arange(_N_THRESHOLDS) / (_N_THRESHOLDS - 1)
    hits, misses = (_reaching(side, thresholds) for side in (positives, negatives))
    curve = Curve(tuple(thresholds.tolist()), hits, misses, len(positives), len(negatives))
    if not len(negatives) or not len(positives):
        return None, curve
    below = int(np.searchsorted(negatives, positives, "left").sum())
    not_above = int(np.searchsorted(negatives, positives, "right").sum())
    return (below + not_above) / (2 * len(negatives) * len(positives)), curve


def _reaching(scores: Floats, thresholds: Floats) -> tuple[int, ...]:
    """How many of the *scores*, which ascend, are at least each threshold."""
    counts: list[int] = (len(scores) - np.searchsorted(scores, thresholds, "left")).tolist()
    return tuple(counts)


def _shown(value: float) -> str:
    return f"{value:.4f}" if 1e-3 <= abs(value) < 1e6 or value == 0 else f"{value:.6g}"
