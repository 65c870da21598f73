"""What was counted in a datasource, attribute by attribute."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

import attrs

from amlwrap._text import table

__all__ = ["AttributeStatistics", "Statistics"]

_COLUMNS = ("attribute", "type", "missing", "invalid", "distinct", "min", "median", "mean", "max", "to target", "most")
_NUMBERS = frozenset(range(2, 10))


@attrs.frozen(kw_only=True)
class AttributeStatistics:
    """
    One attribute. What its type does not have is ``None`` or empty.

    Attributes:
        type: NUMERIC, BINARY, CATEGORICAL or TEXT.
        n: Rows, with or without a value.
        n_missing: Rows without one, invalid ones included.
        n_invalid: Rows in which something stood that is none of its type.
        n_distinct: Different values, or different words of TEXT.
        n_words: Words of TEXT in all rows together.
        min_words, max_words: Of TEXT, in a row.
        min_length, max_length: Of a word of TEXT, in characters.
        minimum, median, mean, std, maximum: Of NUMERIC values; *std* is the population's.
        correlation: To the target, 0 to 1; ``None`` for the target itself and without one. How it is reckoned depends
            on the types of both.
        histogram: Bars of equal width as ``(low, high, count)``, of NUMERIC values.
        top: The most frequent values and how many rows hold them, at most ten; of TEXT the most telling words.
        least_frequent: The rarest CATEGORICAL value; ``None`` where there were too many to tell.
        approximate: Whether there were too many values to keep them all, so that *n_distinct*, *median* and histograms
            are close instead of exact, and counts of *top* may be a little low.
        fine: Bars of a thousand histogram bins, or a hundred, for `bars`.
    """

    name: str
    type: str
    n: int
    n_missing: int = 0
    n_invalid: int = 0
    n_distinct: int | None = None
    n_words: int | None = None
    min_words: int | None = None
    max_words: int | None = None
    min_length: int | None = None
    max_length: int | None = None
    minimum: float | None = None
    median: float | None = None
    mean: float | None = None
    std: float | None = None
    maximum: float | None = None
    correlation: float | None = None
    histogram: tuple[tuple[float, float, int], ...] = attrs.field(default=(), repr=False)
    top: tuple[tuple[str, int], ...] = attrs.field(default=(), repr=False)
    least_frequent: str | None = None
    approximate: bool = False
    fine: tuple[int, ...] = attrs.field(default=(), repr=False)

    @property
    def percent_true(self) -> float | None:
        """
        Of the BINARY values there are, how many in a hundred are 1.

        >>> AttributeStatistics(name="y", type="BINARY", n=4, n_distinct=2, top=(("0", 3), ("1", 1))).percent_true
        25.0
        """
        counts = dict(self.top) if self.type == "BINARY" else {}
        n = sum(counts.values())
        return 100 * counts.get("1", 0) / n if n else None

    @property
    def n_other(self) -> int:
        """Rows with a BINARY or CATEGORICAL value that is none of *top*."""
        held = self.type in {"BINARY", "CATEGORICAL"}
        return self.n - self.n_missing - sum(count for _, count in self.top) if held else 0

    def bars(self, n: int) -> tuple[tuple[float, float, int], ...]:
        """
        A histogram of *n* bars of equal width, as ``(low, high, count)``; empty where there are no numbers.

        Args:
            n: 20, 50, 100, 200, 500 or another divisor of 1,000; of data with more than a hundred NUMERIC attributes,
                of 100.

        Raises:
            ValueError: The bars cannot be put together from those that were sent.

        >>> AttributeStatistics(name="a", type="NUMERIC", n=3, minimum=0.0, maximum=4.0, fine=(1, 0, 0, 2)).bars(2)
        ((0.0, 2.0, 1), (2.0, 4.0, 2))
        """
        if self.minimum is None or self.maximum is None or not self.fine:
            return ()
        if n < 1 or len(self.fine) % n:
            raise ValueError(f"bars of {self.name!r}: expected a divisor of {len(self.fine)}, found {n}")
        size, width = len(self.fine) // n, (self.maximum - self.minimum) / n
        bounds = [*(self.minimum + width * place for place in range(n)), self.maximum]
        counts = (sum(self.fine[place : place + size]) for place in range(0, len(self.fine), size))
        return tuple((low, high, count) for (low, high), count in zip(pairwise(bounds), counts, strict=True))

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> AttributeStatistics:
        """From what the engine sends; members it may add one day are passed over."""
        known = {name: document[name] for name in attrs.fields_dict(cls) if document.get(name) is not None}
        bars: Mapping[str, Any] = known.pop("histogram", {"bounds": (), "counts": ()})
        top = tuple((str(value), int(count)) for value, count in known.pop("top", ()))
        fine = tuple(known.pop("fine", ()))
        spans = tuple(
            (low, high, count) for (low, high), count in zip(pairwise(bars["bounds"]), bars["counts"], strict=True)
        )
        return cls(**known, histogram=spans, top=top, fine=fine)

    def _row(self) -> tuple[str, ...]:
        counts = (self.n_missing, self.n_invalid, self.n_distinct)
        numbers = (self.minimum, self.median, self.mean, self.maximum, self.correlation)
        most = ", ".join(f"{value} ({count:,})" for value, count in self.top[:3])
        shown = ("" if count is None else f"{count:,}" for count in counts)
        return (self.name, self.type, *shown, *("" if one is None else f"{one:.4g}" for one in numbers), most)


@attrs.frozen(kw_only=True, repr=False)
class Statistics(Mapping[str, AttributeStatistics]):
    """
    What was counted in a datasource: an `AttributeStatistics` per name, in the order of the columns; prints as a table.

    Attributes:
        n_records: Lines with something in them.
        n_rows: Those that could be read.
        n_invalid_records: Those of them that hold a value which does not fit its type.
        target: The attribute to predict; ``None`` without one.

    >>> age = AttributeStatistics(name="age", type="NUMERIC", n=2, minimum=31.0, maximum=44.0, n_distinct=2)
    >>> print(Statistics(n_records=2, n_rows=2, n_invalid_records=0, target=None, attributes={"age": age}))
    attribute  type     missing  invalid  distinct  min  median  mean  max  to target  most
    age        NUMERIC        0        0         2   31                 44
    2 rows of 2 records, 0 with an invalid value
    """

    n_records: int
    n_rows: int
    n_invalid_records: int
    target: str | None
    attributes: Mapping[str, AttributeStatistics]

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Statistics:
        """From what the engine sends."""
        attributes = [AttributeStatistics.of(found) for found in document["attributes"]]
        return cls(
            n_records=document["n_records"],
            n_rows=document["n_rows"],
            n_invalid_records=document["n_invalid_records"],
            target=document.get("target"),
            attributes={one.name: one for one in attributes},
        )

    @property
    def n_by_type(self) -> dict[str, int]:
        """How many attributes there are of each type."""
        return dict(Counter(one.type for one in self.attributes.values()))

    def __getitem__(self, name: str) -> AttributeStatistics:
        return self.attributes[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.attributes)

    def __len__(self) -> int:
        return len(self.attributes)

    def __str__(self) -> str:
        shown = table([_COLUMNS, *(one._row() for one in self.values())], numbers=_NUMBERS)
        counts = f"{self.n_rows:,} rows of {self.n_records:,} records, {self.n_invalid_records:,} with an invalid value"
        return f"{shown}\n{counts}"

    __repr__ = __str__
