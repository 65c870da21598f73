"""Overlap: which rows two rearrangements of the same data have in common."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

import attrs

from amlwrap.documents.rearrangement import Rearrangement

__all__ = ["Overlap", "overlap"]


@attrs.frozen
class Overlap:
    """
    Rows that two slices of the same data both take; prints as words.

    Attributes:
        ranges: Per cents from and to, ascending, of the rows both take; of all rows, if they are drawn separately.
        by: Whether these are per cents of the ``"place"`` in the data or of one ``"draw"`` that both make. Slices by
            different draws, or by a draw and by place, meet by ``"chance"``.
        percent: How much of the second slice is in the first as well; when by chance, about.
    """

    ranges: tuple[tuple[int, int], ...]
    by: Literal["place", "draw", "chance"]
    percent: float

    def __str__(self) -> str:
        if self.by == "chance":
            return f"about {self.percent:.0f} % of its rows, because the two are drawn separately"
        if self.ranges == ((0, 100),):
            return "all rows"
        verb = "from" if self.by == "place" else "drawn from"
        return f"the rows {verb} {' and '.join(f'{begin} % to {end} %' for begin, end in self.ranges)}"


def overlap(first: Rearrangement | None, second: Rearrangement | None) -> Overlap | None:
    """
    What two rearrangements of the same data have in common; ``None`` when no row can be in both.

    Args:
        first: ``None`` takes all rows.
        second: Likewise.

    >>> train, test = Rearrangement.split(0.7, seed=2026)
    >>> print(overlap(train, test))
    None
    >>> print(overlap(train, Rearrangement(50, 100, "random", "2026")))
    the rows drawn from 50 % to 70 %
    >>> print(overlap(train, None))
    the rows drawn from 0 % to 70 %
    >>> print(overlap(train, Rearrangement(70, 100, "random", "1")))
    about 70 % of its rows, because the two are drawn separately
    """
    one, two = first or Rearrangement(), second or Rearrangement()
    taken, other = _hundredths(one), _hundredths(two)
    if not taken or not other:
        return None
    meeting = _meeting(one, two)
    if meeting == "chance":
        return Overlap(((0, 100),), meeting, float(len(taken)))
    both = taken & other
    return Overlap(_ranges(both), meeting, 100 * len(both) / len(other)) if both else None


def _hundredths(rearrangement: Rearrangement) -> frozenset[int]:
    """The per cents a rearrangement takes: 0 stands for the rows from 0 up to, and not at, 1 %."""
    inside = frozenset(range(rearrangement.percent_begin, rearrangement.percent_end))
    return frozenset(range(100)) - inside if rearrangement.complement else inside


def _meeting(*both: Rearrangement) -> Literal["place", "draw", "chance"]:
    """By what the two part the rows; who takes all of them parts nothing."""
    parting = [each for each in both if len(_hundredths(each)) < 100]
    ways = {(each.strategy, each.seed if each.strategy == "random" else "") for each in parting}
    if len(ways) > 1:
        return "chance"
    return "draw" if any(strategy == "random" for strategy, _ in ways) else "place"


def _ranges(hundredths: frozenset[int]) -> tuple[tuple[int, int], ...]:
    ordered = sorted(hundredths)
    breaks = [(after, before) for before, after in pairwise(ordered) if after > before + 1]
    begins = [ordered[0], *(after for after, _ in breaks)]
    ends = [*(before + 1 for _, before in breaks), ordered[-1] + 1]
    return tuple(zip(begins, ends, strict=True))
