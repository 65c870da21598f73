"""A database's values as fields of the service's CSV: nothing rounded, and every record on one line."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from types import NoneType
from typing import Any
from uuid import UUID

__all__ = ["Unwritable", "as_field"]


class Unwritable(ValueError):
    """A value that is no text, number, truth value or time."""


def as_field(value: object) -> str:
    r"""
    *value* as the text between two commas, before it is quoted.

    NULL is the empty field, and so is a number that is none. Truth values become the service's ``1`` and ``0``, times
    ISO 8601 with a blank before the time of day. A line break becomes a blank, since the service's CSV has none.

    Raises:
        Unwritable: Bytes, arrays and documents.

    >>> [as_field(value) for value in (None, True, 0.1, Decimal("1.50"), "two\r\nlines")]
    ['', '1', '0.1', '1.50', 'two lines']
    >>> as_field(datetime(2026, 11, 24, 8, 30)), as_field(timedelta(hours=-1, minutes=-30))
    ('2026-11-24 08:30:00', '-01:30:00')
    """
    write = _WRITERS.get(type(value)) or _writer_of(type(value))
    return write(value)


def _writer_of(kind: type) -> Callable[[Any], str]:
    """For kinds that drivers derive from the common ones."""
    write = next((_WRITERS[base] for base in kind.__mro__ if base in _WRITERS), None)
    if write is None:
        raise Unwritable(kind.__name__)
    return write


def _text(value: str) -> str:
    if "\n" in value or "\r" in value:
        return value.replace("\r\n", " ").replace("\n", " ").replace("\r", " ")
    return value


def _duration(value: timedelta) -> str:
    """Hours, however many, minutes and seconds, as databases write them."""
    micros = abs(value) // timedelta(microseconds=1)
    seconds, fraction = divmod(micros, 1_000_000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    sign = "-" if value < timedelta() else ""
    return f"{sign}{hours:02}:{minutes:02}:{seconds:02}" + (f".{fraction:06}" if fraction else "")


_WRITERS: dict[type, Callable[[Any], str]] = {
    NoneType: lambda _: "",
    str: _text,
    bool: lambda value: "1" if value else "0",
    int: str,
    float: lambda value: repr(value) if value == value else "",  # noqa: PLR0124 - only NaN is not itself
    Decimal: lambda value: "" if value.is_nan() else str(value),
    datetime: lambda value: value.isoformat(" "),
    date: date.isoformat,
    time: time.isoformat,
    timedelta: _duration,
    UUID: str,
}
