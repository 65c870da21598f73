"""What a learner does with a batch before a step, one part at a time."""

from __future__ import annotations

from amlwrap.local.learn.batching import Batch
from amlwrap.local.learn.losses import Floats


def scores_of(batch: Batch, weights: Floats, bias: Floats) -> Floats:
    """Linear predictors, given the *weights* of the batch's columns, shape ``(n_rows, n_outputs)``."""
    applied, same = batch.levels.applied(weights, bias)
    scores: Floats = batch.rows.times(applied) + same
    return scores


def gradient_of(batch: Batch, slope: Floats) -> Floats:
    """Derivative of the cost by the weights of the batch's columns, given that by the scores."""
    gradient = batch.rows.turned_times(slope)
    batch.levels.learn(gradient, slope.sum(axis=0))
    return gradient
