"""Where a NUMERIC attribute may be cut: its finest bins, and what fewer bins that are made of them explain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Protocol

import attrs
import numpy as np
from numpy.typing import NDArray

from amlwrap.local.features.merit import Judge, Merit, Sums
from amlwrap.local.ingest.columns import NumericColumn
from amlwrap.local.ingest.quantiles import Quantiles

COUNTS = (5, 10, 20, 50, 100, 200, 500)
"""Bin counts seen in the service's own recipes."""

_MANY = 256  # values; of more than that only those at which bins may be cut are told apart

_CELLS_AT_ONCE = 1 << 17

_ENDS = np.cumsum([count - 1 for count in COUNTS])
_STEPS = np.concatenate([np.arange(1, count) for count in COUNTS])
_PARTS = np.repeat(COUNTS, [count - 1 for count in COUNTS])
"""Cut points of all counts, one behind the other: each lies at so many parts of so many."""

_ZERO = np.zeros(1, np.intp)


class Summary(Protocol):
    """What the training datasource's statistics must tell about a NUMERIC attribute."""

    def quantiles(self, name: str) -> Quantiles:
        """How its values are spread."""
        ...


@attrs.frozen(eq=False, slots=False)
class Cuts:
    """
    The finest bins of one attribute.

    Attributes:
        name: Of the attribute.
        bounds: Upper ends of all finest bins but the last; every cut point of fewer bins is one of them.
        starts: For each count of bins, the finest bin that each starts with; of counts that cut alike, the smallest is
            there alone.
    """

    name: str
    bounds: NDArray[np.float64]
    starts: Mapping[int, NDArray[np.intp]]

    @classmethod
    def of(cls, name: str, quantiles: Quantiles) -> Cuts:
        """As `Quantiles.edges` has them for each count."""
        values = quantiles.values
        chosen, places = quantiles.cuts(_STEPS, _PARTS)
        firsts, bounds = places + 1, np.arange(len(values) - 1)
        if len(bounds) > _MANY:
            bounds, firsts = np.unique(places, return_inverse=True)
            firsts += 1
        starts, most, begin = dict[int, NDArray[np.intp]](), -1, 0
        for count, end in zip(COUNTS, np.searchsorted(chosen, _ENDS).tolist(), strict=True):
            if end - begin > most:
                starts[count] = np.concatenate([_ZERO, firsts[begin:end]])
                most = end - begin
            begin = end
        return cls(name, values[bounds], starts)

    @property
    def n(self) -> int:
        """Finest bins; also the code that stands for a missing value."""
        return len(self.bounds) + 1

    @cached_property
    def _of_bytes(self) -> NDArray[np.unsignedinteger[Any]]:
        return np.searchsorted(self.bounds, np.arange(256)).astype(np.min_scalar_type(self.n))

    def codes(self, column: NumericColumn) -> NDArray[np.integer[Any]]:
        """The finest bin of each row."""
        values = column.values
        bins = self._of_bytes.take(values) if values.dtype == np.uint8 else np.searchsorted(self.bounds, values)
        if column.missing is not None:
            bins[column.missing] = self.n
        return bins

    def groups(self, count: int) -> NDArray[np.intp]:
        """Which of *count* bins each code belongs to; missing values have one more of their own."""
        starts = self.starts[count]
        return np.searchsorted(np.append(starts, self.n), np.arange(self.n + 1), side="right") - 1


def merits(judge: Judge, cuts: Sequence[Cuts], sums: Sequence[Sums]) -> Iterator[dict[int, Merit]]:
    """For each attribute what each count of bins explains, given the *sums* of its finest."""
    done = 0
    for stop in _portions([judge.n_sums * sum(map(len, one.starts.values())) for one in cuts]):
        some = cuts[done:stop]
        bins = [
            np.add.reduceat(held, starts)
            for one, held in zip(some, sums[done:stop], strict=True)
            for starts in one.starts.values()
        ]
        lengths = np.array(list(map(len, bins)))
        found = iter(judge.merits(np.concatenate(bins), np.cumsum(lengths) - lengths))
        yield from ({count: next(found) for count in one.starts} for one in some)
        done = stop


def _portions(n_cells: Sequence[int]) -> Iterator[int]:
    """Where to stop, to take not many cells at a time."""
    held = 0
    for place, n in enumerate(n_cells, start=1):
        held += n
        if held >= _CELLS_AT_ONCE or place == len(n_cells):
            yield place
            held = 0


def best_count(merits: Mapping[int, Merit], share: float) -> int:
    """The count with the most left of its *share* of gain after its price, the smallest of equals."""
    best, most, price = COUNTS[0], -np.inf, 0.0
    for count, merit in merits.items():
        price = max(price, merit.price)  # bins of single rows look cheap: finer is never cheaper
        if share * merit.gain - price > most:
            best, most = count, share * merit.gain - price
    return best
