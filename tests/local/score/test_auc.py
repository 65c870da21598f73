"""Ranking: the area under the ROC curve, and the counts at every threshold."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from amlwrap.exceptions import DataError
from amlwrap.local.score.auc import auc, curve, labels_at
from tests.local.score.oracles import sklearn_metrics

_OBSERVATION = st.tuples(st.integers(0, 64), st.integers(0, 1))
SCORED = (
    st.lists(_OBSERVATION, min_size=2, max_size=60)
    .filter(lambda rows: len({target for _, target in rows}) == 2)
    .map(lambda rows: (np.array([score for score, _ in rows]) / 64, np.array([target for _, target in rows])))
)
"""Scores between 0 and 1, many of them tied, and targets of both classes."""

Scored = tuple[NDArray[np.float64], NDArray[np.int64]]


@given(SCORED)
def test_auc_is_sklearns(scored: Scored) -> None:
    """The area is what scikit-learn computes, ties included."""
    scores, targets = scored

    assert sklearn_metrics.roc_auc_score(targets, scores) == pytest.approx(auc(scores, targets), abs=1e-12)


def stretched(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """A straight line upwards."""
    return 3 * scores - 7


@given(SCORED, st.sampled_from([np.exp, np.tanh, np.sqrt, stretched]))
def test_auc_ignores_increasing_maps(scored: Scored, increasing: Any) -> None:
    """A strictly increasing map of the scores leaves the area as it is, to the bit."""
    scores, targets = scored

    assert auc(scores, targets) == auc(increasing(scores), targets)


@given(SCORED)
def test_auc_of_negated_scores(scored: Scored) -> None:
    """Turning the scores round turns the area round."""
    scores, targets = scored

    assert 1 - auc(scores, targets) == pytest.approx(auc(-scores, targets), abs=1e-15)


@given(SCORED, st.randoms(use_true_random=False))
def test_auc_ignores_order(scored: Scored, random: Any) -> None:
    """The order of the observations does not matter."""
    scores, targets = scored
    order = random.sample(range(len(scores)), len(scores))

    assert auc(scores, targets) == auc(scores[order], targets[order])


def test_auc_of_equal_scores() -> None:
    """Scores that are all the same are worth as much as a coin."""
    assert auc(np.full(7, 0.3), np.array([0, 1, 1, 0, 1, 0, 0])) == 0.5


def test_auc_of_many_observations() -> None:
    """Pairs are counted without overflow."""
    n = 200_000
    targets = np.repeat([0, 1], n)

    assert auc(targets.astype(np.float32), targets) == 1.0


@pytest.mark.parametrize(
    ("targets", "found"), [([0, 0], "targets of 0"), ([1, 1], "targets of 1"), ([], "no observation")]
)
def test_auc_needs_both_classes(targets: list[int], found: str) -> None:
    """Without a pair to order there is no area, and the error says what was there instead."""
    with pytest.raises(DataError, match=found):
        auc(np.zeros(len(targets)), np.array(targets))


def test_auc_refuses_nan() -> None:
    """A score that is no number is named by the observation it belongs to."""
    with pytest.raises(DataError, match="observation 2: expected a score, found NaN"):
        auc(np.array([0.1, np.nan]), np.array([0, 1]))


@given(SCORED, st.integers(2, 70))
def test_curve_counts_at_every_threshold(scored: Scored, n: int) -> None:
    """At each threshold the counts are those of labelling every score that reaches it 1."""
    scores, targets = scored
    found = curve(scores, targets, n)

    labelled = scores[None, :] >= found.thresholds[:, None]
    assert n == len(found.thresholds)
    assert (0.0, 1.0) == (found.thresholds[0], found.thresholds[-1])
    assert (labelled & (targets == 1)).sum(axis=1).tolist() == found.true_positives.tolist()
    assert (labelled & (targets == 0)).sum(axis=1).tolist() == found.false_positives.tolist()
    assert (int(targets.sum()), int((1 - targets).sum())) == (found.n_positives, found.n_negatives)


def test_curve_agrees_with_labels() -> None:
    """A score spelled like a threshold reaches it, in the curve as in the labels, though single precision rounds."""
    thousandths = np.arange(1001) / 1000
    scores = thousandths.astype(np.float32)
    found = curve(scores, np.ones(1001, int))

    assert list(range(1001, 0, -1)) == found.true_positives.tolist()
    assert found.true_positives.tolist() == [int(labels_at(scores, threshold).sum()) for threshold in thousandths]


def test_curve_default_thresholds() -> None:
    """By default the thresholds are the thousandths, spelled as a person would."""
    found = curve(np.array([0.5], np.float32), np.array([1]))

    assert [number / 1000 for number in range(1001)] == found.thresholds.tolist()
