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

from amlwrap.local.learn.batching import Batch, Facts
from amlwrap.local.learn.halves import Halves
from amlwrap.local.learn.losses import Floats, Loss
from amlwrap.local.learn.penalties import Penalty
from amlwrap.local.learn.state import State, state

HALVED_FROM = 1 << 19
"""
Products of an entry and a weight in a batch from which on its rows are looked at in two halves. Below, to hand one of
them over and to wait for it takes as long as it saves.
"""


@attrs.frozen(eq=False)
class _View:
    """What is seen of some rows before a step."""

    scores: Floats
    """Shape ``(n_rows, n_learners, n_outputs)``."""
    cost: Floats
    """Of each row for each learner."""
    gradient: Floats
    """Of the batch's mean cost by the weights of its columns, as far as stored entries have it."""
    slope: Floats
    """Of the batch's mean cost by a score that is the same for all rows."""

    @staticmethod
    def joined(first: _View, second: _View) -> _View:
        """Both as one."""
        first.gradient[:] += second.gradient
        return _View(
            scores=np.concatenate([first.scores, second.scores]),
            cost=np.concatenate([first.cost, second.cost]),
            gradient=first.gradient,
            slope=first.slope + second.slope,
        )


@attrs.define(eq=False)
class Learners:
    """Weights of several learners of one loss, and the squared gradients that set their steps."""

    loss: Loss
    penalty: Penalty
    rates: Floats
    """Longest step of each learner, shape ``(n_learners,)``."""
    facts: Facts
    """What is true of all batches."""
    halves: Halves
    """For batches with much to do."""
    plain_rate: float
    """No step is longer than that of plain gradient descent at this rate for the mean cost of a batch."""
    bias: Floats = attrs.field(init=False)
    _bias_squares: Floats = attrs.field(init=False)
    _rarity: Floats = attrs.field(init=False)
    """Batches for each visit of a column, shape ``(n_columns, 1)``."""
    _state: State = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        width = len(self.rates) * self.loss.n_outputs
        self.bias, self._bias_squares = np.zeros(width, np.float32), np.zeros(width, np.float32)
        self._rarity = self.facts.rarity
        is_narrow, is_race = self.facts.is_narrow, len(self.rates) > 1
        self._state = state(len(self._rarity), width, is_narrow=is_narrow, is_race=is_race)

    @property
    def weights(self) -> Floats:
        """Shape ``(n_columns, n_learners · n_outputs)``."""
        return self._state.weights

    def __len__(self) -> int:
        """Number of learners still in the race."""
        return len(self.rates)

    def step(self, batch: Batch) -> tuple[Floats, Floats]:
        """
        Score *batch*, then take one step down its mean cost.

        Returns:
            The scores, shape ``(n_rows, n_learners, n_outputs)``, and what each row costs each learner.
        """
        held = self._state.take(batch.columns)
        weights, squares = held[:, 0], held[:, 1]
        view = self._look(batch, weights)
        self._learn(batch, weights, squares, view)
        self._state.put(batch.columns, held)
        return view.scores, view.cost

    def _look(self, batch: Batch, weights: Floats) -> _View:
        """Score the rows, in two halves where that pays."""
        applied, same = batch.levels.applied(weights, self.bias)
        share = np.float32(1 / batch.n_rows)

        def look(part: Batch) -> _View:
            scores = part.rows.times(applied)
            scores += same
            scores = scores.reshape(part.n_rows, len(self), self.loss.n_outputs)
            cost, slopes = self.loss.price(scores, part.targets)
            slopes *= share
            slope = slopes.reshape(part.n_rows, -1)
            return _View(scores, cost, part.rows.turned_times(slope), slope.sum(axis=0))

        if batch.rows.nnz * weights.shape[1] < HALVED_FROM:
            return look(batch)
        return _View.joined(*self.halves.both(look, *batch.halves))

    def _learn(self, batch: Batch, weights: Floats, squares: Floats, view: _View) -> None:
        """Change *weights* and *squares* of the batch's columns, by what is seen of its rows."""
        rates = np.repeat(self.rates, self.loss.n_outputs)
        start = np.square(rates / np.float32(self.plain_rate))
        batch.levels.learn(view.gradient, view.slope)
        rarity = self._rarity if isinstance(batch.columns, slice) else self._rarity.take(batch.columns, axis=0)
        self.penalty.bend(view.gradient, weights, rarity)
        steps = _descend(weights, squares, view.gradient, rates, start)
        self.penalty.shrink(weights, steps, rarity)
        _descend(self.bias, self._bias_squares, view.slope, rates, start)

    def n_parameters(self) -> NDArray[np.int64]:
        """Weights of each learner that are not zero, and its constants."""
        learners = np.split(self._state.live, len(self), axis=1)
        return np.array([np.count_nonzero(live) for live in learners], np.int64) + self.loss.n_outputs

    def keep(self, chosen: NDArray[np.intp]) -> None:
        """Go on with the *chosen* learners only."""
        outputs = self.loss.n_outputs
        columns = (chosen[:, None] * outputs + np.arange(outputs)).ravel()
        self.rates = self.rates[chosen]
        self.bias, self._bias_squares = self.bias[columns], self._bias_squares[columns]
        self._state = self._state.keep(columns)


def _descend(weights: Floats, squares: Floats, gradient: Floats, rates: Floats, start: Floats) -> Floats:
    """Update *weights* and *squares* in place; return each weight's step per unit of gradient."""
    steps = np.square(gradient)
    squares += steps
    np.add(squares, start, out=steps)
    np.sqrt(steps, out=steps)
    np.divide(rates, steps, out=steps)
    gradient *= steps
    weights -= gradient
    return steps
