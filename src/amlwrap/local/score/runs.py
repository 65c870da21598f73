"""Observations gathered into runs of one length, so that what is summed run by run does not show how they came."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["RUN_VALUES", "Run", "Runs"]

RUN_VALUES: Final = 1 << 22
"""Most scores in a run. An evaluation of no more is one run, and exact in everything."""

Run: TypeAlias = tuple[NDArray[Any], NDArray[Any]]
"""Scores, shape ``(n,)`` or ``(n, n_classes)``, and targets, shape ``(n,)``."""


PIECE_ROWS: Final = 1 << 16


def pieces(scores: NDArray[Any], targets: NDArray[Any]) -> Iterator[Run]:
    """A run in pieces, each small enough that what is computed from it hardly takes memory."""
    for start in range(0, len(targets), PIECE_ROWS):
        some = slice(start, start + PIECE_ROWS)
        yield scores[some], targets[some]


class Runs:
    """
    Gives back what it is given, in runs of *n_rows*.

    What waits is in one array that doubles: many small ones between those that come and go would tear memory apart.

    >>> runs = Runs(2)
    >>> more = np.array([0.1, 0.2, 0.3])
    >>> [scores.tolist() for scores, _ in runs.add(more, more)], runs.rest()[0].tolist()
    ([[0.1, 0.2]], [0.3])
    """

    def __init__(self, n_rows: int) -> None:
        self._n_rows = max(1, n_rows)
        self._held: Run = np.zeros(0), np.zeros(0, np.int64)
        self._n = 0

    def add(self, scores: NDArray[Any], targets: NDArray[Any]) -> Iterator[Run]:
        """Take more; give the runs that are full as soon as something comes after them."""
        while len(targets):
            if self._n == self._n_rows:
                yield self.rest()
                self._n = 0
            n = min(len(targets), self._n_rows - self._n)
            self._hold(scores[:n], targets[:n])
            scores, targets = scores[n:], targets[n:]

    def rest(self) -> Run:
        """What is left: everything, if no run was given."""
        scores, targets = self._held
        return scores[: self._n], targets[: self._n]

    def _hold(self, scores: NDArray[Any], targets: NDArray[Any]) -> None:
        n = self._n + len(targets)
        if n > len(self._held[1]):
            size = min(self._n_rows, max(n, 2 * len(self._held[1])))
            self._held = _longer(self._held[0], scores, size), _longer(self._held[1], targets, size)
        self._held[0][self._n : n] = scores
        self._held[1][self._n : n] = targets
        self._n = n


def _longer(old: NDArray[Any], like: NDArray[Any], size: int) -> NDArray[Any]:
    """Room for *size* rows *like* those that come, the *old* ones first."""
    new = np.empty((size, *like.shape[1:]), like.dtype)
    if len(old):
        new[: len(old)] = old
    return new
