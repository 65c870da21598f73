"""The map of strings that an evaluation answers with."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pytest

from amlwrap.exceptions import DataError
from amlwrap.local.score.evaluation import evaluate_binary, evaluate_multiclass, evaluate_regression

COMMON = {"amlwrap.n_scored", "amlwrap.n_invalid", "amlwrap.baseline"}


def test_binary() -> None:
    """A BINARY evaluation gives AUC, and ours: what the threshold does, and the counts at all of them."""
    scores = np.array([0.25, 0.625, 0.375, 0.875], np.float32)
    found = evaluate_binary(scores, np.array([0, 0, 1, 1]), threshold=0.7, n_invalid=3)
    drawn = json.loads(found["amlwrap.curve"])

    assert {
        "BinaryAUC", "amlwrap.accuracy", "amlwrap.log_loss", "amlwrap.confusion", "amlwrap.curve", *COMMON,
    } == set(found)  # fmt: skip
    assert ("0.75", "0.75", "0.5") == (found["BinaryAUC"], found["amlwrap.accuracy"], found["amlwrap.baseline"])
    assert ("4", "3") == (found["amlwrap.n_scored"], found["amlwrap.n_invalid"])
    assert {"classes": ["0", "1"], "counts": [[2, 0], [1, 1]], "unknown": [0, 0]} == json.loads(
        found["amlwrap.confusion"]
    )
    assert {"thresholds", "true_positives", "false_positives", "positives", "negatives"} == set(drawn)
    assert (1001, 2, 2) == (len(drawn["thresholds"]), drawn["positives"], drawn["negatives"])
    assert (1, 0) == (drawn["true_positives"][700], drawn["false_positives"][700])


def test_score_at_the_threshold_is_positive() -> None:
    """A score equal to the threshold is labelled 1."""
    found = evaluate_binary(np.array([0.25, 0.5]), np.array([0, 1]), threshold=0.5)

    assert "1.0" == found["amlwrap.accuracy"]


def test_multiclass() -> None:
    """A MULTICLASS evaluation gives macro F1, the most frequent class as baseline, and the whole confusion matrix."""
    probabilities = np.array([[0.5, 0.25, 0.25], [0.25, 0.5, 0.25], [0.5, 0.5, 0.0], [0.0, 0.0, 1.0]])
    found = evaluate_multiclass(probabilities, np.array([0, 1, 1, -1]), classes=["é", "b", 'c"'], majority=1)

    assert {
        "MulticlassAvgFScore", "amlwrap.accuracy", "amlwrap.log_loss", "amlwrap.confusion", *COMMON,
    } == set(found)  # fmt: skip
    assert {
        "classes": ["é", "b", 'c"'],
        "counts": [[1, 0, 0], [1, 1, 0], [0, 0, 0]],
        "unknown": [0, 0, 1],
    } == json.loads(found["amlwrap.confusion"])
    assert "0.5" == found["amlwrap.accuracy"]
    assert 2 / 3 * 2 / 3 == pytest.approx(float(found["MulticlassAvgFScore"]), abs=1e-9)
    assert (2 / 3 + 0.5) / 3 == pytest.approx(float(found["amlwrap.baseline"]), abs=1e-9)


def test_regression() -> None:
    """A REGRESSION evaluation gives RMSE, that of the training mean, and how the residuals lie."""
    found = evaluate_regression(np.array([1, 2], np.float32), np.array([1.0, 4.0]), training_mean=2.5, n_invalid=1)

    assert {"RegressionRMSE", "amlwrap.residuals", *COMMON} == set(found)
    assert ("1.4142135623730951", "1.5") == (found["RegressionRMSE"], found["amlwrap.baseline"])
    assert 2 == sum(json.loads(found["amlwrap.residuals"])["counts"])


def test_strings_carry_full_precision() -> None:
    """Numbers come back from their strings bit by bit."""
    random = np.random.default_rng(3)
    targets = random.normal(size=100)
    found = evaluate_regression(targets + 0.1 * random.normal(size=100), targets, training_mean=0.0)

    assert repr(float(found["RegressionRMSE"])) == found["RegressionRMSE"]
    assert len(found["RegressionRMSE"]) > 16


NONE = np.zeros(0)
NO_CODES = np.zeros(0, int)


@pytest.mark.parametrize(
    "evaluate",
    [
        lambda: evaluate_binary(NONE, NO_CODES),
        lambda: evaluate_multiclass(NONE.reshape(0, 2), NO_CODES, classes=["a", "b"], majority=0),
        lambda: evaluate_regression(NONE, NONE, training_mean=0.0),
    ],
    ids=["BINARY", "MULTICLASS", "REGRESSION"],
)
def test_nothing_to_evaluate(evaluate: Callable[[], object]) -> None:
    """Data in which no observation has a target cannot be evaluated."""
    with pytest.raises(DataError, match=r"evaluation data: expected .* found no"):
        evaluate()


def test_prediction_that_is_no_number() -> None:
    """A prediction that is not finite is an error that names its observation, not a metric of nan."""
    with pytest.raises(DataError, match="observation 2: expected a finite prediction, found inf"):
        evaluate_regression(np.array([1.0, np.inf]), np.zeros(2), training_mean=0.0)
    with pytest.raises(DataError, match="observation 1"):
        evaluate_multiclass(np.full((1, 2), np.nan), np.zeros(1, int), classes=["a", "b"], majority=0)
