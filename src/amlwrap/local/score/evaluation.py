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

from collections.abc import Sequence

from amlwrap.local.score.folds import BinaryEvaluation, MulticlassEvaluation, RegressionEvaluation
from amlwrap.local.score.metrics import Codes, Numbers

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

    >>> import numpy as np
    >>> found = evaluate_binary(np.array([0.1, 0.6, 0.4, 0.9]), np.array([0, 0, 1, 1]))
    >>> found["BinaryAUC"], found["amlwrap.accuracy"], found["amlwrap.confusion"]
    ('0.75', '0.5', '{"classes":["0","1"],"counts":[[1,1],[1,1]],"unknown":[0,0]}')
    """
    evaluation = BinaryEvaluation(threshold)
    evaluation.add(scores, targets)
    return evaluation.finish(n_invalid)


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

    >>> import numpy as np
    >>> found = evaluate_multiclass(np.eye(2), np.array([0, 1]), classes=("red", "green"), majority=0)
    >>> found["amlwrap.accuracy"], found["amlwrap.confusion"]
    ('1.0', '{"classes":["red","green"],"counts":[[1,0],[0,1]],"unknown":[0,0]}')
    """
    evaluation = MulticlassEvaluation(classes, majority)
    evaluation.add(probabilities, true_codes)
    return evaluation.finish(n_invalid)


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

    >>> import numpy as np
    >>> found = evaluate_regression(np.array([1.0, 2.0]), np.array([1.0, 4.0]), training_mean=2.5)
    >>> found["RegressionRMSE"], found["amlwrap.baseline"]
    ('1.4142135623730951', '1.5')
    """
    evaluation = RegressionEvaluation(training_mean)
    evaluation.add(predictions, targets)
    return evaluation.finish(n_invalid)
