"""What was counted in a datasource, attribute by attribute."""

from __future__ import annotations

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
        minimum, median, mean, std, maximum: Of NUMERIC values; *std* is the population's.
        correlation: To the target, 0 to 1; ``None`` for the target itself and without one. How it is reckoned depends
            on the types of both.
        histogram: Bars of equal width as ``(low, high, count)``, of NUMERIC values.
        top: The most frequent values and how many rows hold them, at most ten; of TEXT the most telling words.
    """

    name: str
    type: str
    n: int
    n_missing: int = 0
    n_invalid: int = 0
    n_distinct: int | None = None
    n_words: int | None = None
    minimum: float | None = None
    median: float | None = None
    mean: float | None = None
    std: float | None = None
    maximum: float | None = None
    correlation: float | None = None
    histogram: tuple[tuple[float, float, int], ...] = attrs.field(default=(), repr=False)
    top: tuple[tuple[str, int], ...] = attrs.field(default=(), repr=False)

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> AttributeStatistics:
        """From what the engine sends; members it may add one day are passed over."""
        known = {name: document[name] for name in attrs.fields_dict(cls) if document.get(name) is not None}
        bars: Mapping[str, Any] = known.pop("histogram", {"bounds": (), "counts": ()})
        top = tuple((str(value), int(count)) for value, count in known.pop("top", ()))
        spans = tuple(
            (low, high, count) for (low, high), count in zip(pairwise(bars["bounds"]), bars["counts"], strict=True)
        )
        return cls(**known, histogram=spans, top=top)

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
