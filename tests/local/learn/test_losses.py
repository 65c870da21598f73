"""Losses: values, slopes against finite differences, extreme scores."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from amlwrap.local.learn.losses import LogisticLoss, Loss, SoftmaxLoss, SquaredLoss, probability_of_one, softmax

LOSSES: list[tuple[Loss, int]] = [(LogisticLoss(), 2), (SoftmaxLoss(4), 4), (SquaredLoss(), 3)]


@pytest.mark.parametrize(("loss", "n_classes"), LOSSES)
def test_slope_matches_finite_differences(loss: Loss, n_classes: int) -> None:
    """The slope is the derivative of the cost, for every output of every learner."""
    rng = np.random.default_rng(5)
    scores = rng.normal(size=(6, 2, loss.n_outputs)).astype(np.float32)
    targets = rng.integers(0, n_classes, 6)
    _, slope = loss.price(scores, targets)
    for place in np.ndindex(*scores.shape):
        up, down = scores.copy(), scores.copy()
        up[place] += 1e-2
        down[place] -= 1e-2
        difference = loss.price(up, targets)[0][place[:2]] - loss.price(down, targets)[0][place[:2]]
        assert slope[place] == pytest.approx(difference / (up[place] - down[place]), abs=2e-3)


@pytest.mark.parametrize(("loss", "n_classes"), LOSSES)
def test_extreme_scores_stay_finite(loss: Loss, n_classes: int) -> None:
    """Scores of ±10,000 give finite costs and slopes."""
    scores = np.full((2, 1, loss.n_outputs), 1e4, np.float32)
    scores[1] *= -1
    targets = np.array([0, n_classes - 1])
    assert all(np.isfinite(found).all() for found in loss.price(scores, targets))


@pytest.mark.parametrize(("loss", "n_classes"), LOSSES)
def test_ignorance_is_the_cost_of_the_best_constant(loss: Loss, n_classes: int) -> None:
    """Sums of parts add up to the mean cost at the scores that suit the targets' shares, or their mean."""
    targets = np.random.default_rng(9).integers(0, n_classes, 200)
    shares = np.bincount(targets) / 200
    best = {
        "logreg": [np.log(shares[1] / shares[0])],
        "multinomial-logreg": np.log(shares),
        "squared": [targets.mean()],
    }[loss.name]
    scores = np.tile(np.array(best, np.float32), (200, 1, 1))
    expected = float(loss.price(scores, targets)[0].mean())
    assert loss.ignorance(loss.sums(targets[:70]) + loss.sums(targets[70:])) == pytest.approx(expected, rel=1e-5)


@given(hnp.arrays(np.float32, (5, 3), elements=st.floats(-50, 50, width=32)))
def test_softmax_rows_are_distributions_unmoved_by_a_shift(scores: np.ndarray) -> None:
    """Rows sum to one, and adding a constant to a row changes nothing."""
    probabilities = softmax(scores)
    assert probabilities.sum(axis=1) == pytest.approx(np.ones(5), abs=1e-6)
    assert softmax(scores + np.float32(8)) == pytest.approx(probabilities, abs=1e-5)


@given(hnp.arrays(np.float32, 5, elements=st.floats(-50, 50, width=32)))
def test_two_class_softmax_is_the_logistic_function(scores: np.ndarray) -> None:
    """A softmax over (0, s) gives class 1 the logistic function of s."""
    pairs = np.stack([np.zeros_like(scores), scores], axis=1)
    assert softmax(pairs)[:, 1] == pytest.approx(probability_of_one(scores), rel=1e-5, abs=1e-7)
