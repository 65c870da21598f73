"""Schemas guessed from a sample: names from line 1 or made up, types column by column, each with its reason."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import attrs

from amlwrap._samples import Sample, take_sample
from amlwrap.documents._guesses import Column, Guess, Kinds, guess_input, guess_target, numeric
from amlwrap.documents._parsing import close_matches, shown
from amlwrap.documents.attributes import Attribute, AttributeType, checked_type
from amlwrap.documents.bounds import bounds
from amlwrap.documents.schema import Schema
from amlwrap.exceptions import DataError, DocumentError

__all__ = ["infer", "other_separator"]

_N_TOLD = 20
_SEPARATORS = {";": ("semicolons", ";"), "\t": ("tabs", r"\t"), "|": ("vertical bars", "|")}


def infer(
    source: Any,
    *,
    target: str | None,
    row_id: str | None,
    header: bool | None,
    exclude: str | Sequence[str],
    types: Mapping[str, AttributeType | str],
) -> Schema:
    """The schema that a sample of *source* suggests; see `Schema.infer`."""
    excluded = (exclude,) if isinstance(exclude, str) else tuple(exclude)
    told = {name: Guess(checked_type(value, f"types.{name}"), "as told") for name, value in types.items()}
    if row_id is not None:
        told.setdefault(row_id, Guess(AttributeType.CATEGORICAL, "the row id"))
    asked = [("target", target), ("row_id", row_id)]
    asked += [(f"exclude[{place}]", name) for place, name in enumerate(excluded)]
    asked += [(f"types.{name}", name) for name in types]
    named = [(path, name) for path, name in asked if name is not None]

    data = _Data.of(take_sample(source), header, {name for _, name in named})
    for path, name in named:
        if name not in data.columns:
            remedy = close_matches(str(name), data.columns) or data.told
            raise DocumentError("schema", path, "the name of a column", shown(name), remedy)
    guesses = _guesses(data, target, told)
    return Schema(
        [Attribute(name, guess.type) for name, guess in guesses.items()],
        target=target,
        row_id=row_id,
        excluded=excluded,
        header=data.header,
        reasons={name: guess.reason for name, guess in guesses.items()},
        header_reason=data.header_reason,
    )


def _guesses(data: _Data, target: str | None, told: Mapping[str, Guess]) -> dict[str, Guess]:
    guesses = {
        name: told.get(name) or (guess_target(column) if name == target else guess_input(column))
        for name, column in data.columns.items()
    }
    if data.has_names:
        _follow_families(guesses, data.columns, fixed={target, *told})
    return guesses


def _follow_families(guesses: dict[str, Guess], columns: Mapping[str, Column], fixed: Collection[str | None]) -> None:
    """Make 0/1 columns NUMERIC where most columns whose names differ from theirs only in numbers hold other numbers."""
    families: dict[str, list[str]] = {}
    for name in guesses:
        family = re.sub(r"\d+", "#", name)
        if family != name and name not in fixed:
            families.setdefault(family, []).append(name)
    for members in families.values():
        bits = [name for name in members if guesses[name].type == AttributeType.BINARY and columns[name].only_bits]
        numbers = [
            name for name in members if guesses[name].type == AttributeType.NUMERIC and not columns[name].only_bits
        ]
        if len(numbers) > len(bits):
            for name in bits:
                reason = f"{numeric(columns[name], family=True).reason}, like {numbers[0]!r} and other columns so named"
                guesses[name] = Guess(AttributeType.NUMERIC, reason)


@attrs.frozen
class _Data:
    """A sample whose columns have names."""

    columns: Mapping[str, Column]
    header: bool
    header_reason: str
    has_names: bool
    told: str
    """The columns, in a sentence or two for whoever asks for one that is not there."""

    @classmethod
    def of(cls, sample: Sample, header: bool | None, asked: Collection[str]) -> _Data:
        """Name the columns of *sample*; names *asked* for are known to the caller and so expected in the header."""
        kinds = Kinds()
        if sample.names is not None:
            found, reason, names = header is not False, "the names of a table become the header", sample.names
        else:
            found, reason = (header, "as told") if header is not None else _find_header(sample, asked, kinds)
            names = sample.first if found else ("",) * len(sample.first)
            if found and sample.n_rows == 1:
                raise DataError(sample.source, "", "at least one record", f"a header alone ({reason})")
        values = _below_first(sample) if found and sample.names is None else sample.columns
        columns = [Column.of(column, kinds, whole=sample.whole) for column in values]
        unique = _checked_names(sample, names)
        return cls(
            dict(zip(unique, columns, strict=True)), found, reason, any(names), _told(sample, unique, found, reason)
        )


def _told(sample: Sample, names: Sequence[str], has_header: bool, reason: str) -> str:
    """What *names* the columns have, and why nobody would have expected these."""
    told = f"The columns are {', '.join(names[:_N_TOLD])}{' …' if len(names) > _N_TOLD else ''}"
    if sample.names is None and (separated := other_separator(sample.first)):
        return separated
    return f"{told}." if has_header else f"{told}, since line 1 was taken for values: {reason}."


def other_separator(fields: Sequence[str]) -> str:
    """What to do about a line 1 whose only field holds what looks like another separator; empty for any other line."""
    for separator, (word, sign) in _SEPARATORS.items():
        if len(fields) == 1 and separator in fields[0]:
            remedy = f'Read it with pandas.read_csv(…, sep="{sign}"), and pass the frame.'
            return f"Commas separate values, and line 1 has none, but {word}. {remedy}"
    return ""


def _below_first(sample: Sample) -> list[Counter[str]]:
    """The sample's columns without line 1."""
    columns = [column.copy() for column in sample.columns]
    for column, value in zip(columns, sample.first, strict=True):
        column[value] -= 1
        if not column[value]:
            del column[value]
    return columns


def _checked_names(sample: Sample, names: Iterable[str]) -> list[str]:
    """*names* without blanks around them; columns without one are called ``Var1``, ``Var2`` … by their places."""
    place = "" if sample.names is not None else "line 1"
    unique: dict[str, int] = {}
    for number, name in enumerate((name.strip() or f"Var{number}" for number, name in enumerate(names, 1)), 1):
        if len(name) > bounds().attribute_name:
            found = f"{len(name)} characters in column {number:,}"
            raise DataError(sample.source, place, f"names of at most {bounds().attribute_name} characters", found)
        if unique.setdefault(name, number) != number:
            found = f"{name!r} for columns {unique[name]:,} and {number:,}"
            raise DataError(sample.source, place, "a name of its own for each column", found)
    if len(unique) > bounds().attributes:
        raise DataError(sample.source, place, f"at most {bounds().attributes:,} columns", f"{len(unique):,}")
    return list(unique)


def _find_header(sample: Sample, asked: Collection[str], kinds: Kinds) -> tuple[bool, str]:
    """Whether line 1 holds names, and what speaks for it."""
    first = [value.strip() for value in sample.first]
    for name in first:
        if name in asked:
            return True, f"line 1 holds {name!r}, a name that was asked for"
    numbers = [value for value in first if kinds.is_number(value)]
    titles = [] if sample.n_rows == 1 else _titles(sample, kinds)
    if titles and (not numbers or _counts(numbers)):
        return True, f"{titles[0]!r} in line 1 stands over numbers"
    if numbers:
        return False, f"line 1 holds {numbers[0]!r}, a number"
    return _all_words(sample, first)


def _all_words(sample: Sample, first: Sequence[str]) -> tuple[bool, str]:
    """Whether a line 1 without numbers above columns without numbers holds names."""
    if "" in first[1:]:
        return False, "line 1 has empty fields"
    if len(set(first)) < len(first):
        return False, "line 1 holds a value twice"
    for value, column in zip(sample.first, sample.columns, strict=True):
        if column[value] > 1:
            return False, f"{value!r} in line 1 occurs below it too"
    return True, "no value of line 1 is a number or occurs below it"


def _titles(sample: Sample, kinds: Kinds) -> list[str]:
    """The fields of line 1 that are no numbers but stand over numbers, and do not occur below."""
    found: list[str] = []
    for value, column in zip(sample.first, sample.columns, strict=True):
        if kinds.is_number(value) or kinds[value] == "empty" or column[value] > 1:
            continue
        if Column.of(column - Counter([value]), kinds, whole=sample.whole).is_numeric:
            found.append(value.strip())
    return found


def _counts(numbers: Sequence[str]) -> bool:
    """Whether *numbers* are 0, 1, 2 … or 1, 2, 3 …: names of columns that had none."""
    begins = [list(map(str, range(begin, begin + len(numbers)))) for begin in (0, 1)]
    return len(numbers) > 1 and list(numbers) in begins
