"""Metrics by the service's definitions, with scikit-learn as the second opinion."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from amlwrap.local.score import metrics
from tests.local.score.oracles import sklearn_metrics

N_CLASSES = 4
_KNOWN = st.integers(0, N_CLASSES - 1)
ANSWERED = st.lists(st.tuples(_KNOWN, _KNOWN), min_size=1, max_size=50).map(lambda rows: np.array(rows).T)
"""True and predicted codes, as two rows."""

REAL = st.floats(-(2**20), 2**20, width=32)
MEASURED = st.lists(st.tuples(REAL, REAL), min_size=1, max_size=30).map(lambda rows: np.array(rows).T)
"""Predictions and targets, as two rows."""


@given(ANSWERED)
def test_confusion_is_sklearns(answered: NDArray[np.int64]) -> None:
    """Rows are true classes and columns predicted ones, as in scikit-learn; nothing is of unknown class."""
    true, predicted = answered
    expected = sklearn_metrics.confusion_matrix(true, predicted, labels=range(N_CLASSES))
    found = metrics.confusion(true, predicted, N_CLASSES)

    assert expected.tolist() == found[:-1].tolist()
    assert [0] * N_CLASSES == found[-1].tolist()


@given(ANSWERED)
def test_macro_f1_is_sklearns_where_all_classes_are_met(answered: NDArray[np.int64]) -> None:
    """When every class occurs and is hit, the smoothing is too small to see."""
    everything = np.arange(N_CLASSES)
    true, predicted = np.hstack([answered, [everything, everything]])
    expected = sklearn_metrics.f1_score(true, predicted, average="macro")

    assert expected == pytest.approx(metrics.macro_f1(metrics.confusion(true, predicted, N_CLASSES)), abs=1e-11)


@given(ANSWERED)
def test_accuracy_is_sklearns(answered: NDArray[np.int64]) -> None:
    """Accuracy is the share on the diagonal."""
    true, predicted = answered
    expected = sklearn_metrics.accuracy_score(true, predicted)

    assert expected == pytest.approx(metrics.accuracy(metrics.confusion(true, predicted, N_CLASSES)))


def test_class_never_trained_on_is_a_miss() -> None:
    """A true class the model lacks costs accuracy and the precision of what was predicted, and has no F1 itself."""
    counts = metrics.confusion(np.array([0, 0, 1, -1, -1]), np.array([0, 0, 1, 1, 1]), 2)

    assert [[2, 0], [0, 1], [0, 2]] == counts.tolist()
    assert 3 / 5 == metrics.accuracy(counts)
    np.testing.assert_allclose([1, 2 * (1 / 3) / (1 / 3 + 1)], metrics.f1_scores(counts), rtol=1e-12)


def test_one_class() -> None:
    """A model of one class is always right about the data it was made for."""
    counts = metrics.confusion(np.zeros(3, int), np.zeros(3, int), 1)

    assert 1 == pytest.approx(metrics.macro_f1(counts))


@given(MEASURED)
def test_rmse_is_sklearns(measured: NDArray[np.float64]) -> None:
    """RMSE is scikit-learn's."""
    predictions, targets = measured

    assert sklearn_metrics.root_mean_squared_error(targets, predictions) == pytest.approx(
        metrics.rmse(predictions, targets)
    )


def test_rmse_of_single_precision_predictions() -> None:
    """Predictions are widened before they are compared, so large targets keep their digits."""
    assert 0.25 == metrics.rmse(np.array([16777216.0], np.float32), np.array([16777216.25]))


@given(st.lists(st.tuples(st.floats(1e-6, 1), st.floats(1e-6, 1), st.integers(0, 1)), min_size=1, max_size=30))
def test_log_loss_is_sklearns(rows: list[tuple[float, float, int]]) -> None:
    """Log loss is scikit-learn's, from a matrix of probabilities or from those of the second class."""
    probabilities = np.array([row[:2] for row in rows])
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    codes = np.array([row[2] for row in rows])
    expected = sklearn_metrics.log_loss(codes, probabilities, labels=[0, 1])

    assert expected == pytest.approx(metrics.log_loss(probabilities, codes), abs=1e-9)
    assert expected == pytest.approx(metrics.log_loss(probabilities[:, 1], codes), abs=1e-9)


def test_log_loss_stays_finite() -> None:
    """A probability of nothing, given to the true class or not given at all, costs 36 nats."""
    sure = np.array([[1.0, 0.0]])

    assert 36.04 == pytest.approx(metrics.log_loss(sure, np.array([1])), abs=0.01)
    assert 36.04 == pytest.approx(metrics.log_loss(sure, np.array([-1])), abs=0.01)


@given(ANSWERED, _KNOWN)
def test_majority_baseline(answered: NDArray[np.int64], majority: int) -> None:
    """The baseline is the metric of a model that gives one answer, by the same formula."""
    true = answered[0]
    single = metrics.confusion(true, np.full(len(true), majority), N_CLASSES)

    assert metrics.macro_f1(single) == metrics.majority_baseline(true, majority, N_CLASSES)


@given(MEASURED, REAL)
def test_mean_baseline(measured: NDArray[np.float64], mean: float) -> None:
    """The baseline of a regression is the RMSE of one constant answer."""
    targets = measured[1]

    assert metrics.rmse(np.full(len(targets), mean), targets) == metrics.mean_baseline(targets, mean)


@given(MEASURED)
def test_residual_histogram(measured: NDArray[np.float64]) -> None:
    """Every residual is counted once, in bins that lie evenly around zero."""
    found = metrics.residual_histogram(measured[0], measured[1], n_bins=10)

    assert measured.shape[1] == found.counts.sum()
    assert 0.0 == found.edges[5]
    assert (-found.edges[::-1]).tolist() == found.edges.tolist()
    np.testing.assert_array_less(0, np.diff(found.edges))
