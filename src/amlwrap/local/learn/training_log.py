"""The training log as it is written: what the race tells, what the records hold, and what is done otherwise here."""

from __future__ import annotations

from collections.abc import Iterator

import attrs
import numpy as np
from numpy.typing import NDArray

from amlwrap.documents._log_lines import words
from amlwrap.documents.training_log import ActiveFeatures, Beginning, Ending, LearnerReport
from amlwrap.local.learn import race
from amlwrap.local.learn.batching import batch_size

Counts = NDArray[np.int64]

_DECILES = np.array([0.1, 0.5, 0.9])


@attrs.define(eq=False)
class ActiveCounts:
    """
    How many features each record holds, as a histogram that is remembered at the places where reports fall.

    >>> counts = ActiveCounts.for_reports(n_rows=100, passes=2)
    >>> counts.add(np.full(100, 9))
    >>> counts.after(64).total, counts.after(200).total
    (576, 1800)
    """

    n_rows: int
    _places: list[int]
    _histogram: Counts = attrs.field(factory=lambda: np.zeros(1, np.int64), init=False)
    n: int = attrs.field(default=0, init=False)
    _at: dict[int, Counts] = attrs.field(factory=dict[int, Counts], init=False)

    @classmethod
    def for_reports(cls, n_rows: int, passes: int) -> ActiveCounts:
        """Nothing counted yet; reports fall on the first end of a batch at or behind 64, 128, 256 … updates."""
        places, updates, size = set[int](), race.FIRST_REPORT, batch_size(n_rows)
        while updates < n_rows * passes:
            inside = updates % n_rows
            places.add(min(-(-inside // size) * size, n_rows) % n_rows)
            updates *= 2
        return cls(n_rows, sorted(places - {0}))

    def add(self, counts: NDArray[np.integer]) -> None:
        """Take in the numbers of features of the next records."""
        start = self.n
        cuts = [place - start for place in self._places if start < place <= start + len(counts)]
        for begin, end in zip([0, *cuts], [*cuts, len(counts)], strict=True):
            self._count(counts[begin:end])
            if end in cuts:
                self._at[self.n] = self._histogram.copy()

    def after(self, n_updates: int) -> ActiveFeatures | None:
        """What the records hold that were seen in so many updates; of a pass not yet whole, what is known of it."""
        passes, rest = divmod(n_updates, self.n_rows)
        place = max((place for place in self._at if place <= rest), default=0)
        histogram = passes * self._histogram
        if place:
            histogram[: len(self._at[place])] += self._at[place]
        return _figures(histogram)

    def _count(self, counts: NDArray[np.integer]) -> None:
        found = np.bincount(counts, minlength=len(self._histogram)).astype(np.int64)
        found[: len(self._histogram)] += self._histogram
        self._histogram = found
        self.n += len(counts)


def _figures(histogram: Counts) -> ActiveFeatures | None:
    numbers, n = np.flatnonzero(histogram), int(histogram.sum())
    if not n:
        return None
    total = int(histogram @ np.arange(len(histogram)))
    tenth, half, most = np.searchsorted(histogram.cumsum(), np.ceil(_DECILES * n)).tolist()
    return ActiveFeatures(n, int(numbers[0]), int(numbers[-1]), total / n, total, (tenth, half, most))


def opening(beginning: Beginning, n_rows: int) -> Iterator[str]:
    """Lines before the first record; the last two say what the service does not do."""
    yield from beginning.lines()
    yield words("mini-batches", records=n_rows, batch_size=batch_size(n_rows))
    yield words("early-retirement", all_race_for=race.DECIDED_AT, left_after_that=1)


def standing(event: race.Event, active: ActiveCounts, scale: float = 1.0) -> Iterator[str]:
    """
    Lines for one learner at one report point, or for its end.

    Args:
        scale: How many units of a numeric target one of the learner's is.
    """
    if isinstance(event, LearnerReport):
        performance = event.performance
        rmse = None if performance.rmse is None else performance.rmse * scale
        event = attrs.evolve(
            event, performance=attrs.evolve(performance, rmse=rmse), active=active.after(event.n_updates)
        )
    yield from event.lines()


def closing(fit: race.Fit, n_rows: int, n_invalid: int, n_trimmed: int, size: int) -> Iterator[str]:
    """
    Lines after the last record.

    Args:
        size: Bytes of the model's files.
    """
    yield words("final-average", learner=fit.learner, is_converged=fit.converged)
    ending = Ending(
        n_passes=fit.n_passes,
        n_valid=fit.n_passes * n_rows,
        n_invalid=fit.n_passes * n_invalid,
        best=fit.learner,
        n_parameters=int(np.count_nonzero(fit.weights)) + fit.bias.size,
        n_trimmed=n_trimmed,
        size_bytes=size,
    )
    yield from ending.lines()
