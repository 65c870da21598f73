"""
Stochastic gradient descent with several learning rates side by side.

The weights of all learners stand next to each other in one matrix of shape ``(n_columns, n_learners · n_outputs)``:
one sparse product serves them all. Each weight has a step of its own, the learner's rate over the root of the squared
gradients seen so far (Duchi, Hazan & Singer 2011): no step is longer than the rate, and a rare column learns as fast
as a frequent one.
"""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray

from amlwrap.local.learn.batching import Batch
from amlwrap.local.learn.losses import Floats, Loss
from amlwrap.local.learn.penalties import Penalty

PLAIN_RATE = 0.05
"""
No step is longer than that of plain gradient descent at this rate a record. It holds back a level or word that few
rows have, as an L2 penalty would: seen once a pass, a weight moves by a twentieth of the slope a pass, however long
the learner's own steps are.
"""


@attrs.define(eq=False)
class Learners:
    """Weights of several learners of one loss, and the squared gradients that set their steps."""

    loss: Loss
    penalty: Penalty
    rates: Floats
    """Longest step of each learner, shape ``(n_learners,)``."""
    rarity: Floats
    """Batches for each visit of a column, shape ``(n_columns, 1)``."""
    batch_rows: int
    """Rows of a whole batch."""
    weights: Floats = attrs.field(init=False)
    bias: Floats = attrs.field(init=False)
    _squares: Floats = attrs.field(init=False)
    _bias_squares: Floats = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        width = len(self.rates) * self.loss.n_outputs
        self.weights = np.zeros((len(self.rarity), width), np.float32)
        self.bias = np.zeros(width, np.float32)
        start = np.square(self._rates_by_column() / np.float32(PLAIN_RATE * self.batch_rows))
        self._squares = np.tile(start, (len(self.rarity), 1))
        self._bias_squares = start.copy()

    def __len__(self) -> int:
        """Number of learners still in the race."""
        return len(self.rates)

    def scores(self, batch: Batch) -> Floats:
        """Linear predictors of *batch*, shape ``(n_rows, n_learners, n_outputs)``."""
        flat = batch.scores(self.weights[batch.columns], self.bias)
        return flat.reshape(batch.n_rows, len(self), self.loss.n_outputs)

    def learn(self, batch: Batch, slopes: Floats) -> None:
        """Take one step down the mean cost of *batch*, given its rows' *slopes*, in the shape of their scores."""
        slope = slopes.reshape(batch.n_rows, -1) / np.float32(batch.n_rows)
        rates = self._rates_by_column()
        weights, squares, rarity = self.weights[batch.columns], self._squares[batch.columns], self.rarity[batch.columns]
        gradient = batch.gradient(slope)
        self.penalty.bend(gradient, weights, rarity)
        steps = _descend(weights, squares, gradient, rates)
        self.penalty.shrink(weights, steps, rarity)
        if not isinstance(batch.columns, slice):
            self.weights[batch.columns], self._squares[batch.columns] = weights, squares
        _descend(self.bias, self._bias_squares, slope.sum(axis=0), rates)

    def n_parameters(self) -> NDArray[np.int64]:
        """Weights of each learner that are not zero, and its constants."""
        live = np.asarray((self.weights != 0).sum(axis=0), np.int64)
        counts: NDArray[np.int64] = live.reshape(len(self), -1).sum(axis=1) + self.loss.n_outputs
        return counts

    def keep(self, chosen: NDArray[np.intp]) -> None:
        """Go on with the *chosen* learners only."""
        outputs = self.loss.n_outputs
        columns = (chosen[:, None] * outputs + np.arange(outputs)).ravel()
        self.rates = self.rates[chosen]
        self.weights, self.bias = np.ascontiguousarray(self.weights[:, columns]), self.bias[columns]
        self._squares = np.ascontiguousarray(self._squares[:, columns])
        self._bias_squares = self._bias_squares[columns]

    def _rates_by_column(self) -> Floats:
        return np.repeat(self.rates, self.loss.n_outputs)


def _descend(weights: Floats, squares: Floats, gradient: Floats, rates: Floats) -> Floats:
    """Update *weights* and *squares* in place; return each weight's step per unit of gradient."""
    steps = np.square(gradient)
    squares += steps
    np.sqrt(squares, out=steps)
    np.divide(rates, steps, out=steps)
    gradient *= steps
    weights -= gradient
    return steps
