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

    >>> runs = Runs(2)
    >>> more = np.array([0.1, 0.2, 0.3])
    >>> [scores.tolist() for scores, _ in runs.add(more, more)], runs.rest()[0].tolist()
    ([[0.1, 0.2]], [0.3])
    """

    def __init__(self, n_rows: int) -> None:
        self._n_rows = max(1, n_rows)
        self._waiting: list[Run] = []
        self._n_waiting = 0

    def add(self, scores: NDArray[Any], targets: NDArray[Any]) -> Iterator[Run]:
        """Take more; give the runs that are full as soon as something comes after them."""
        self._waiting.append((scores, targets))
        self._n_waiting += len(targets)
        if self._n_waiting <= self._n_rows:
            return
        scores, targets = self._joined()
        while len(targets) > self._n_rows:
            yield scores[: self._n_rows], targets[: self._n_rows]
            scores, targets = scores[self._n_rows :], targets[self._n_rows :]
        self._waiting, self._n_waiting = [(scores.copy(), targets.copy())], len(targets)

    def rest(self) -> Run:
        """What is left: everything, if no run was given."""
        return self._joined() if self._waiting else (np.zeros(0), np.zeros(0, np.int64))

    def _joined(self) -> Run:
        first, *_ = self._waiting
        if len(self._waiting) == 1:
            return first
        joined = tuple(np.empty((self._n_waiting, *part.shape[1:]), part.dtype) for part in first)
        stop = self._n_waiting
        while self._waiting:  # the last one first, and each let go at once: both never take memory together
            run = self._waiting.pop()
            start = stop - len(run[1])
            for whole, part in zip(joined, run, strict=True):
                whole[start:stop] = part
            stop = start
        self._waiting = [(joined[0], joined[1])]
        return joined[0], joined[1]
