"""Progressive figures against scikit-learn's, batch by batch."""

from __future__ import annotations

import numpy as np
import pytest

from amlwrap.documents.training_log import Performance
from amlwrap.local.learn import tally
from amlwrap.local.learn.losses import LogisticLoss, Loss, SoftmaxLoss, SquaredLoss
from amlwrap.local.learn.tally import Tally
from tests.oracles import sklearn_metrics


def tallied(loss: Loss, scores: np.ndarray, targets: np.ndarray) -> Tally:
    """All of *scores*, taken in by batches of 10 rows."""
    found = Tally.start(range(scores.shape[1]), [1.0] * scores.shape[1], loss)
    for start in range(0, len(targets), 10):
        part = scores[start : start + 10]
        found.add(part, loss.price(part, targets[start : start + 10])[0], targets[start : start + 10])
    return found


def test_binary_figures_are_sklearns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Accuracy, precision, recall and F1 exactly, whatever is held; the AUC up to what shares a bin."""
    monkeypatch.setattr(tally, "HELD", 64)
    rng = np.random.default_rng(1)
    targets = rng.integers(0, 2, 500)
    scores = (rng.normal(size=(500, 2, 1)) * [[1.0], [30.0]] + targets[:, None, None]).astype(np.float32)
    scores[:3] = np.array([0.0, -1e-30, 1e30], np.float32)[:, None, None]
    for place, found in enumerate(tallied(LogisticLoss(), scores, targets).performances()):
        one, labels = scores[:, place, 0], scores[:, place, 0] >= 0
        assert found.accuracy == sklearn_metrics.accuracy_score(targets, labels)
        assert found.precision == pytest.approx(sklearn_metrics.precision_score(targets, labels))
        assert found.recall == pytest.approx(sklearn_metrics.recall_score(targets, labels))
        assert found.f1 == pytest.approx(sklearn_metrics.f1_score(targets, labels))
        assert found.auc == pytest.approx(sklearn_metrics.roc_auc_score(targets, one), abs=2e-3)


def test_multiclass_figures_are_means_over_classes() -> None:
    """As scikit-learn's macro averages, where every class occurs."""
    rng = np.random.default_rng(2)
    targets = rng.integers(0, 4, 300)
    scores = rng.normal(size=(300, 2, 4)).astype(np.float32)
    for place, found in enumerate(tallied(SoftmaxLoss(4), scores, targets).performances()):
        labels = scores[:, place].argmax(axis=1)
        assert found.accuracy == sklearn_metrics.accuracy_score(targets, labels)
        assert found.f1 == pytest.approx(sklearn_metrics.f1_score(targets, labels, average="macro"))
        assert found.auc is None


def test_regression_has_an_error_only() -> None:
    """The root of the mean squared difference."""
    targets = np.array([1.0, 3.0])
    scores = np.array([[[2.0]], [[2.0]]], np.float32)
    assert [Performance(rmse=1.0)] == tallied(SquaredLoss(), scores, targets).performances()


@pytest.mark.parametrize("loss", [LogisticLoss(), SoftmaxLoss(2), SquaredLoss()])
def test_those_who_stay_keep_their_figures(loss: Loss) -> None:
    """Letting go of a learner changes nothing for the others."""
    rng = np.random.default_rng(3)
    targets, scores = rng.integers(0, 2, 50), rng.normal(size=(50, 3, loss.n_outputs)).astype(np.float32)
    whole = tallied(loss, scores, targets)
    before = whole.performances()
    whole.keep(np.array([2]))
    assert before[2:] == whole.performances()
    assert [2] == whole.ids.tolist()


def test_one_class_alone_has_no_auc() -> None:
    """Any number would be made up; neither is there anything to say before the first record."""
    (found,) = tallied(LogisticLoss(), np.ones((5, 1, 1), np.float32), np.zeros(5, np.int64)).performances()
    assert (0.0, 0.0, 0.0, None) == (found.accuracy, found.precision, found.f1, found.auc)
    assert [Performance()] == Tally.start([1], [1.0], LogisticLoss()).performances()
