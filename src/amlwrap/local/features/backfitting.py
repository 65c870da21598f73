"""
How many bins a number is worth once the other attributes have had their say.

What an attribute tells of a NUMERIC target may drown in what it does not tell, and show only in what the others leave;
or it may but repeat them. So a sum of one term for each attribute is fitted to a sample of rows, a term at a time to
what the others leave (Breiman & Friedman 1985), and whenever it is a number's turn, its bins are chosen anew, as those
that explain most of rows left out (Hastie 1989).

Of attributes that say the same, it is chance which one the others leave something to. So nothing gets coarser by this.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import attrs
import numpy as np
from numpy.typing import NDArray

from amlwrap.local.features.cuts import Cuts, best_count, merits
from amlwrap.local.features.merit import GRAIN, Numbers
from amlwrap.local.ingest.columns import BinaryColumn, CategoricalColumn, Column, NumericColumn

MOST_ROWS, MOST_CELLS = 32_768, 1 << 20
"""Rows of a sample, and entries of all its columns together, at the most."""

SETTLING, LOOKS = 2, 2
"""How often each term is fitted before counts are chosen anew, and how often they are at the most."""

Codes = NDArray[np.int32]

_T = TypeVar("_T", np.float64, np.int32)


@attrs.define(eq=False)
class Sample:
    """
    The rows whose numbers are multiples of *step*, a power of two, wherever the rows were cut into blocks.

    Attributes:
        cuts: Of the NUMERIC attributes.
        step: Doubles when the sample grows too large.
        n: Rows that passed by.
        targets, codes: Of the sampled rows, and for each attribute that is no text, a run of each block.
    """

    cuts: Mapping[str, Cuts]
    step: int = 1
    n: int = 0
    targets: list[NDArray[np.float64]] = attrs.field(factory=list[NDArray[np.float64]])
    codes: dict[str, list[Codes]] = attrs.field(factory=dict[str, list[Codes]])
    _levels: dict[str, dict[str, int]] = attrs.field(factory=dict[str, dict[str, int]])

    def add(self, columns: Mapping[str, Column], targets: NDArray[Any]) -> None:
        """Pass by the next rows."""
        most = min(MOST_ROWS, MOST_CELLS // max(1, len(columns)))
        while len(self) + len(targets) // self.step > most:
            self._thin()
        chosen = slice(-self.n % self.step, None, self.step)
        self.n += len(targets)
        self.targets.append(np.array(targets[chosen], np.float64))
        for name, column in columns.items():
            codes = self._coded(name, column.take(chosen))
            if codes is not None:
                self.codes.setdefault(name, []).append(codes.astype(np.int32))

    def _coded(self, name: str, column: Column) -> NDArray[Any] | None:
        match column:
            case NumericColumn() if name in self.cuts:
                return self.cuts[name].codes(column)
            case BinaryColumn():
                return column.values + 1
            case CategoricalColumn():
                known = self._levels.setdefault(name, {})
                held, places = np.unique(column.codes, return_inverse=True)
                codes: list[int] = held.tolist()
                numbers = [known.setdefault(column.vocabulary[code], len(known)) for code in codes]
                return np.array(numbers, np.int64)[places]
            case _:
                return None

    def _thin(self) -> None:
        """Keep every other row."""
        self.step *= 2
        self.targets = _every_other(self.targets)
        self.codes = {name: _every_other(runs) for name, runs in self.codes.items()}

    def __len__(self) -> int:
        return sum(map(len, self.targets))


def _every_other(runs: list[NDArray[_T]]) -> list[NDArray[_T]]:
    return [np.concatenate(runs)[::2].copy()] if runs else []


@attrs.define(eq=False)
class _Term:
    """
    What one attribute adds.

    Attributes:
        codes: Of the sampled rows.
        cuts: Of a number.
        values: What each code adds.
    """

    codes: Codes
    cuts: Cuts | None
    values: NDArray[np.float64] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.values = np.zeros(self.cuts.n + 1 if self.cuts else int(self.codes.max(initial=0)) + 1)

    def fit(self, left: NDArray[np.float64], count: int, share: float, *, again: bool) -> int:
        """
        Fit the term to what all terms have *left*, which is brought up to date.

        Args:
            left: Of the targets.
            count: Bins so far.
            share: What there is to explain, of what there is in the sample.
            again: Whether to choose the count anew.

        Returns:
            The count that was used.
        """
        left += self.values[self.codes]
        judge = Numbers()
        sums = judge.aims(left).sums(self.codes.astype(np.intp), len(self.values))
        groups = np.arange(len(sums))
        if self.cuts is None:
            (merit,) = judge.merits(sums, np.zeros(1, np.intp))
        else:
            (choice,) = merits(judge, [self.cuts], [sums[:-1]])
            count = best_count(choice, share) if again else count
            merit, groups = choice[count], self.cuts.groups(count)
        self.values = _means(sums, groups) if merit.left_out > 0 else np.zeros(len(sums))
        left -= self.values[self.codes]
        return count


def _means(sums: NDArray[np.float64], groups: NDArray[np.intp]) -> NDArray[np.float64]:
    """For each code, by how much its group's mean differs from that of all, in which each group has one row more."""
    n, total = np.bincount(groups, sums[:, 0]), np.bincount(groups, sums[:, 1])
    mean = total.sum() / max(n.sum(), 1.0)
    means: NDArray[np.float64] = ((total - n * mean) / (n + 1))[groups] / GRAIN
    return means


def look_again(sample: Sample, counts: Mapping[str, int]) -> dict[str, int]:
    """The *counts* of bins, or finer ones where those explain more of what the others leave of the *sample*."""
    if not len(sample):
        return dict(counts)
    left, found = np.concatenate(sample.targets), dict(counts)
    terms = {name: _Term(np.concatenate(runs), sample.cuts.get(name)) for name, runs in sample.codes.items()}
    for turn in range(SETTLING + LOOKS):
        before = dict(found)
        for name, term in terms.items():
            count = term.fit(left, found.get(name, 0), sample.n / len(sample), again=turn >= SETTLING)
            if term.cuts:
                found[name] = count
        if turn >= SETTLING and found == before:
            break
    return {name: max(count, counts[name]) for name, count in found.items()}
