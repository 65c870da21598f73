"""
An evaluation's outcome as the service words it: a map of strings.

The service publishes one property, the model type's metric as a decimal number at full double precision. Entries whose
names begin with ``amlwrap.`` are our own: numbers likewise, and JSON where there is more than a number to tell.

All model types:
    ``amlwrap.n_scored``, observations that count; ``amlwrap.n_invalid``, observations left out, being unreadable or
    without a target; ``amlwrap.baseline``, the metric of a model that knows nothing but the targets it was trained on.
BINARY and MULTICLASS:
    ``amlwrap.accuracy``, the share answered rightly (at the model's score threshold); ``amlwrap.log_loss``, nats per
    observation; ``amlwrap.confusion``, ``{"classes", "counts", "unknown"}`` with a row of counts per true class and a
    column per predicted one, and at last what was predicted where the true class is none of the model's.
BINARY:
    ``amlwrap.curve``, ``{"thresholds", "true_positives", "false_positives", "positives", "negatives"}``.
REGRESSION:
    ``amlwrap.residuals``, ``{"edges", "counts"}``, a histogram of target minus prediction.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np

from amlwrap.exceptions import DataError
from amlwrap.local.score import metrics
from amlwrap.local.score.auc import auc, curve, labels_at
from amlwrap.local.score.metrics import Codes, Counts, Numbers

__all__ = ["evaluate_binary", "evaluate_multiclass", "evaluate_regression"]


def evaluate_binary(scores: Numbers, targets: Codes, *, threshold: float = 0.5, n_invalid: int = 0) -> dict[str, str]:
    """
    Properties of the evaluation of a BINARY model.

    Args:
        scores: Probability of 1, shape ``(n,)``.
        targets: 0 or 1, same shape.
        threshold: Scores of at least this are labelled 1.
        n_invalid: Observations left out.

    Raises:
        DataError: There is no observation, all targets are the same, or a score is NaN.

    >>> found = evaluate_binary(np.array([0.1, 0.6, 0.4, 0.9]), np.array([0, 0, 1, 1]))
    >>> found["BinaryAUC"], found["amlwrap.accuracy"], found["amlwrap.confusion"]
    ('0.75', '0.5', '{"classes":["0","1"],"counts":[[1,1],[1,1]],"unknown":[0,0]}')
    """
    area = auc(scores, targets)
    drawn = curve(scores, targets)
    counts = metrics.confusion(targets, labels_at(scores, threshold), 2)
    return {
        "BinaryAUC": repr(area),
        "amlwrap.accuracy": repr(metrics.accuracy(counts)),
        "amlwrap.baseline": repr(metrics.BINARY_BASELINE),
        "amlwrap.log_loss": repr(metrics.log_loss(scores, targets)),
        "amlwrap.confusion": _confusion_json(("0", "1"), counts),
        "amlwrap.curve": _json(
            thresholds=drawn.thresholds.tolist(),
            true_positives=drawn.true_positives.tolist(),
            false_positives=drawn.false_positives.tolist(),
            positives=drawn.n_positives,
            negatives=drawn.n_negatives,
        ),
        **_tally(len(targets), n_invalid),
    }


def evaluate_multiclass(
    probabilities: Numbers, true_codes: Codes, *, classes: Sequence[str], majority: int, n_invalid: int = 0
) -> dict[str, str]:
    """
    Properties of the evaluation of a MULTICLASS model.

    Args:
        probabilities: Shape ``(n, n_classes)``; of equally likely classes the first is the answer.
        true_codes: Positions in *classes*, -1 for a class the model was not trained on, shape ``(n,)``.
        classes: Names, in the order of the columns.
        majority: Position of the class most frequent in the training data.
        n_invalid: Observations left out.

    Raises:
        DataError: There is no observation, or what was predicted is not finite.

    >>> found = evaluate_multiclass(np.eye(2), np.array([0, 1]), classes=("red", "green"), majority=0)
    >>> found["amlwrap.accuracy"], found["amlwrap.confusion"]
    ('1.0', '{"classes":["red","green"],"counts":[[1,0],[0,1]],"unknown":[0,0]}')
    """
    _require_numbers(probabilities)
    counts = metrics.confusion(true_codes, np.argmax(probabilities, axis=1), len(classes))
    baseline = metrics.majority_baseline(true_codes, majority, len(classes))
    return {
        "MulticlassAvgFScore": repr(metrics.macro_f1(counts)),
        "amlwrap.accuracy": repr(metrics.accuracy(counts)),
        "amlwrap.baseline": repr(baseline),
        "amlwrap.log_loss": repr(metrics.log_loss(probabilities, true_codes)),
        "amlwrap.confusion": _confusion_json(classes, counts),
        **_tally(len(true_codes), n_invalid),
    }


def evaluate_regression(
    predictions: Numbers, targets: Numbers, *, training_mean: float, n_invalid: int = 0
) -> dict[str, str]:
    """
    Properties of the evaluation of a REGRESSION model.

    Args:
        predictions: Shape ``(n,)``.
        targets: Same shape.
        training_mean: Of the target, in the training data.
        n_invalid: Observations left out.

    Raises:
        DataError: There is no observation, or what was predicted is not finite.

    >>> found = evaluate_regression(np.array([1.0, 2.0]), np.array([1.0, 4.0]), training_mean=2.5)
    >>> found["RegressionRMSE"], found["amlwrap.baseline"]
    ('1.4142135623730951', '1.5')
    """
    _require_numbers(predictions)
    residuals = metrics.residual_histogram(predictions, targets)
    return {
        "RegressionRMSE": repr(metrics.rmse(predictions, targets)),
        "amlwrap.baseline": repr(metrics.mean_baseline(targets, training_mean)),
        "amlwrap.residuals": _json(edges=residuals.edges.tolist(), counts=residuals.counts.tolist()),
        **_tally(len(targets), n_invalid),
    }


def _require_numbers(predictions: Numbers) -> None:
    if not len(predictions):
        raise DataError("evaluation data", "", "observations with a target", "none")
    finite = np.isfinite(predictions).reshape(len(predictions), -1).all(axis=1)
    if not finite.all():
        place = int(np.argmin(finite))
        raise DataError("evaluation", f"observation {place + 1}", "a finite prediction", str(predictions[place]))


def _tally(n_scored: int, n_invalid: int) -> dict[str, str]:
    return {"amlwrap.n_scored": str(n_scored), "amlwrap.n_invalid": str(n_invalid)}


def _confusion_json(classes: Sequence[str], counts: Counts) -> str:
    known, unknown = counts[:-1], counts[-1]
    return _json(classes=list(classes), counts=known.tolist(), unknown=unknown.tolist())


def _json(**members: object) -> str:
    return json.dumps(members, ensure_ascii=False, separators=(",", ":"))
