"""The layout: folding implied levels into the bias changes no score."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from amlwrap.local.features.layout import Layout
from amlwrap.local.learn.batching import batches
from tests.local.learn.steps import scores_of


def test_folded_weights_score_as_the_learner_did() -> None:
    """Stored entries times folded weights give the scores that training saw, implied levels and all."""
    rng = np.random.default_rng(1)
    layout = Layout(np.array([0, 3]), np.array([0.5, 0.25], np.float32), n_levels=5, n_trained=7)
    stored = np.zeros((6, 7), np.float32)
    stored[[0, 1, 4], [1, 2, 4]] = 1
    stored[:, 5:] = rng.normal(size=(6, 2))
    weights, bias = rng.normal(size=(7, 3)).astype(np.float32), rng.normal(size=3).astype(np.float32)
    (batch,) = batches([(sparse.csr_array(stored), np.zeros(6, int))], 6, layout)
    folded, folded_bias = layout.fold(weights, bias)
    wide = np.concatenate([stored, np.zeros((6, 2), np.float32)], axis=1)
    np.testing.assert_allclose(wide @ folded + folded_bias, scores_of(batch, weights, bias), rtol=1e-5, atol=1e-5)


def test_unseen_level_takes_away_the_implied_one() -> None:
    """A row with an unseen level scores neither the implied level's weight nor any other's of the variable."""
    layout = Layout(np.array([0]), np.array([1.0], np.float32), n_levels=2, n_trained=2)
    folded, bias = layout.fold(np.array([[5.0], [7.0]], np.float32), np.array([1.0], np.float32))
    assert folded.ravel().tolist() == [0, 2, -5]
    assert bias.tolist() == [1]
