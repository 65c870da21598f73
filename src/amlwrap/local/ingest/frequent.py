"""Counts of strings, the frequent ones kept when there are too many for all."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence

import attrs
import numpy as np

from amlwrap.local.ingest.distinct import Distinct


@attrs.define
class Frequent:
    """
    How often strings occur.

    What has to go to make room are those with the smallest counts. A string that comes, or comes again, after that may
    have been there before, at most *floor* times: no more than all occurrences divided by the number of strings kept.

    Source: Metwally, Agrawal and El Abbadi (2005), space saving, here with many strings at once.

    Attributes:
        counts: How often each string was counted.
        slack: By how much a count may be too low; of those that have any.
        floor: The most occurrences that a string not in *counts* can have.
        n_chars: Length of all strings.
        hashes: Of all strings, once not all are kept.

    >>> colours = Frequent()
    >>> colours.add(["red", "blue"], [2, 1])
    >>> colours.add(["red"], [1])
    >>> colours.top(2)
    [('red', 3), ('blue', 1)]
    """

    counts: dict[str, int] = attrs.field(factory=dict[str, int])
    slack: dict[str, int] = attrs.field(factory=dict[str, int])
    floor: int = 0
    n_chars: int = 0
    hashes: Distinct = attrs.field(factory=Distinct)

    def add(self, strings: Sequence[str], counts: Iterable[int]) -> None:
        """Count different *strings*."""
        held, floor = self.counts, self.floor
        for string, count in zip(strings, counts, strict=True):
            if string in held:
                held[string] += count
            else:
                held[string] = count
                self.n_chars += len(string)
                if floor:
                    self.slack[string] = floor
        if floor:
            self.hashes.add_strings(list(strings))

    def shrink(self, max_strings: int, max_chars: int) -> None:
        """Keep at most half of *max_strings* and of *max_chars* when there are more than either."""
        if len(self.counts) <= max_strings and self.n_chars <= max_chars:
            return
        if not self.floor:
            self.hashes.add_strings(list(self.counts))
        slack = self.slack
        bounds = {string: count + slack.get(string, 0) for string, count in self.counts.items()}
        order = sorted(bounds, key=lambda string: (-bounds[string], string))
        lengths = np.cumsum([len(string) for string in order])
        n = min(max_strings // 2, int(np.searchsorted(lengths, max_chars // 2, side="right")))
        self.floor = bounds[order[n]]
        self.n_chars = int(lengths[n - 1]) if n else 0
        self.counts = {string: self.counts[string] for string in order[:n]}
        self.slack = {string: slack[string] for string in order[:n] if string in slack}

    def top(self, n: int) -> list[tuple[str, int]]:
        """The *n* most frequent strings, equals in alphabetical order."""
        strings, counts = list(self.counts), np.fromiter(self.counts.values(), np.int64, len(self.counts))
        if len(strings) > n:
            least = np.partition(counts, len(counts) - n)[len(counts) - n]
            frequent = [strings[place] for place in np.flatnonzero(counts > least)]
            equals = (strings[place] for place in np.flatnonzero(counts == least))
            strings = [*frequent, *heapq.nsmallest(n - len(frequent), equals)]
        pairs = [(string, self.counts[string]) for string in strings]
        return sorted(pairs, key=lambda pair: (-pair[1], pair[0]))

    @property
    def rarest(self) -> str | None:
        """The string with the smallest count, the last in the alphabet of equals; None when not all are known."""
        if self.floor or not self.counts:
            return None
        least = min(self.counts.values())
        return max(string for string, count in self.counts.items() if count == least)

    @property
    def n_distinct(self) -> int:
        """Different strings; an estimate once not all are kept."""
        return max(len(self.counts), self.hashes.estimate)

    def error(self, strings: Iterable[str]) -> int:
        """By how much the counts of *strings* may be too low."""
        return max((self.slack.get(string, 0) for string in strings), default=0)
