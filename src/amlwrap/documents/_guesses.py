"""What one column of a sample seems to be, and why; only its distinct values are looked at."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

import attrs

from amlwrap.documents.attributes import AttributeType

__all__ = ["Column", "Guess", "Kinds", "guess_input", "guess_target", "numeric"]

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?", re.IGNORECASE | re.ASCII)
_WHOLE = re.compile(r"[+-]?\d+(?:\.0*)?", re.ASCII)
_CODE = re.compile(r"0\d+", re.ASCII)
_SPELLINGS = {
    "": "empty",
    "0": "zero",
    "1": "one",
    **dict.fromkeys(("n", "no", "f", "false"), "no"),
    **dict.fromkeys(("y", "yes", "t", "true"), "yes"),
}
_NUMBERS = ("zero", "one", "whole", "real", "code")

_MIN_RARER = 0.01
_MIN_NUMBERS = 0.9
_MIN_CODES = 0.01
_MAX_CLASSES = 20
_MAX_SHOWN = 24


@attrs.frozen
class Guess:
    """A type and the reason for it."""

    type: AttributeType
    reason: str


class Kinds(dict[str, str]):
    """
    Values to what they look like, worked out once for each.

    >>> kinds = Kinds()
    >>> [kinds[value] for value in (" ", "0", "1", "No", "T", "-12", "1e3", "007", "blue", "nan")]
    ['empty', 'zero', 'one', 'no', 'yes', 'whole', 'real', 'code', 'words', 'words']
    """

    def __missing__(self, value: str) -> str:
        bare = value.strip()
        kind = _SPELLINGS.get(bare.lower()) or _number(bare)
        self[value] = kind
        return kind

    def is_number(self, value: str) -> bool:
        """Whether *value* is a number of any kind."""
        return self[value] in _NUMBERS


def _number(bare: str) -> str:
    if not _NUMBER.fullmatch(bare):
        return "words"
    if _CODE.fullmatch(bare):
        return "code"
    return "whole" if _WHOLE.fullmatch(bare) else "real"


@attrs.frozen
class Column:
    """
    What is known of a column.

    Attributes:
        values: How many sampled records hold each value.
        tally: How many hold each kind of value.
        n_rows: How many records were sampled.
        whole: Whether there are no others.
    """

    values: Mapping[str, int]
    tally: Mapping[str, int]
    kinds: Mapping[str, str]
    n_rows: int
    whole: bool

    @classmethod
    def of(cls, values: Mapping[str, int], kinds: Kinds, *, whole: bool) -> Column:
        """The column that holds *values*."""
        tally: Counter[str] = Counter()
        for value, count in values.items():
            tally[kinds[value]] += count
        return cls(values, tally, kinds, tally.total(), whole)

    @property
    def n_filled(self) -> int:
        """How many sampled records hold a value here."""
        return self.n_rows - self.tally["empty"]

    @property
    def n_numbers(self) -> int:
        """How many hold a number."""
        return sum(self.tally[kind] for kind in _NUMBERS)

    @property
    def is_numeric(self) -> bool:
        """Whether nearly all that is filled is numbers."""
        return self.n_numbers >= max(1, _MIN_NUMBERS * self.n_filled)

    @property
    def only_bits(self) -> bool:
        """Whether there is nothing but the digits 0 and 1."""
        return self.tally["zero"] + self.tally["one"] == self.n_rows

    @property
    def n_distinct(self) -> int:
        """How many different values there are."""
        return len(self.values) - (len(self.most_frequent("empty")) if self.tally["empty"] else 0)

    def most_frequent(self, *kinds: str) -> list[tuple[str, int]]:
        """The values of *kinds* with their counts, most frequent first."""
        found = [(value, count) for value, count in self.values.items() if self.kinds[value] in kinds]
        return sorted(found, key=lambda pair: -pair[1])


def guess_input(column: Column) -> Guess:
    """The type of an attribute to learn from."""
    if not column.n_filled:
        return Guess(AttributeType.CATEGORICAL, f"no value in {column.n_rows:,} sampled records")
    rarer = _rarer_share(column)
    if rarer and not column.tally["empty"] and (column.whole or rarer >= _MIN_RARER):
        return _binary(column)
    if column.is_numeric:
        return _code(column) or numeric(column)
    return _words(column)


def guess_target(column: Column) -> Guess:
    """The type of the attribute to predict."""
    if not column.n_filled:
        return Guess(AttributeType.CATEGORICAL, f"no value in {column.n_rows:,} sampled records")
    if _rarer_share(column):
        return _binary(column)
    tally = column.tally
    n_whole = tally["zero"] + tally["one"] + tally["whole"] + tally["code"]
    if n_whole == column.n_filled and column.n_distinct <= _MAX_CLASSES:
        found = _count(column.n_distinct, "distinct whole number")
        return Guess(AttributeType.CATEGORICAL, f"{found} in {_sampled(column)}: classes")
    if column.is_numeric:
        return _code(column) or numeric(column)
    return attrs.evolve(_words(column), type=AttributeType.CATEGORICAL)


def _rarer_share(column: Column) -> float:
    """The share of the rarer of yes and no; 0 unless there is nothing else, and both of them."""
    n_no = column.tally["zero"] + column.tally["no"]
    n_yes = column.tally["one"] + column.tally["yes"]
    return min(n_no, n_yes) / column.n_rows if n_no + n_yes == column.n_filled else 0.0


def _binary(column: Column) -> Guess:
    spellings = [f"{value!r} ({count:,})" for value, count in column.most_frequent("zero", "one", "no", "yes")[:4]]
    found = f"nothing but {', '.join(spellings[:-1])} and {spellings[-1]} in {_sampled(column)}"
    return Guess(AttributeType.BINARY, found)


def _code(column: Column) -> Guess | None:
    if column.tally["code"] < max(1, _MIN_CODES * column.n_filled):
        return None
    example = column.most_frequent("code")[0][0]
    return Guess(AttributeType.CATEGORICAL, f"numbers with leading zeros, such as {example!r}, are codes")


def numeric(column: Column, *, family: bool = False) -> Guess:
    """NUMERIC, with what speaks for it; *family* if the company it keeps speaks for it too."""
    found = f"numbers in {column.n_numbers:,} of {column.n_rows:,} sampled records, {column.n_distinct:,} distinct"
    if _rarer_share(column) and not column.tally["empty"] and not family:
        rarer, count = column.most_frequent("zero", "one", "no", "yes")[-1]
        return Guess(AttributeType.NUMERIC, f"{found}; {rarer!r} ({count:,}) is too rare to call it BINARY")
    if column.n_numbers < column.n_filled:
        stray, count = column.most_frequent("words", "no", "yes")[0]
        found += f"; {_shortened(stray)} ({count:,}) is no number"
    return Guess(AttributeType.NUMERIC, found)


def _words(column: Column) -> Guess:
    n_words = sum(len(value.split()) * count for value, count in column.values.items())
    n_each = n_words / column.n_filled
    distinct_share = column.n_distinct / column.n_filled
    text = (n_each >= 2 and distinct_share >= 1 / 3) or (n_each >= 8 and distinct_share >= 0.1)
    found = f"{column.n_distinct:,} distinct in {_sampled(column)}, {n_each:.1f} words each"
    if column.n_numbers * 2 >= column.n_filled:
        stray, count = column.most_frequent("words", "no", "yes")[0]
        found += f"; numbers but for {_shortened(stray)} ({count:,}) and the like"
    return Guess(AttributeType.TEXT if text else AttributeType.CATEGORICAL, found)


def _sampled(column: Column) -> str:
    of = "" if column.n_filled == column.n_rows else f" filled of {column.n_rows:,}"
    return f"{column.n_filled:,}{of} sampled record{'' if column.n_filled == 1 and not of else 's'}"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _shortened(value: str) -> str:
    return repr(value if len(value) <= _MAX_SHOWN else f"{value[: _MAX_SHOWN - 3]}...")
