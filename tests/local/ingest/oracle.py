"""The same reader once more, slow and plain: a line at a time, a regular expression for a record."""

from __future__ import annotations

import re
from collections.abc import Sequence

import attrs

_FIELD = r'("(?:[^"]|"")*"|[^",]*)'
_RECORD = re.compile(f"{_FIELD}(?:,{_FIELD})*", re.DOTALL)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_YES, _NO = {"1", "y", "yes", "t", "true"}, {"0", "n", "no", "f", "false"}


@attrs.frozen
class Row:
    """A record: its fields, or why it has none."""

    offset: int
    line: int
    fields: tuple[str, ...] = ()
    reason: str = ""


def rows(data: bytes, n_fields: int, *, header: bool = False, base: int = 0) -> list[Row]:
    """All records of a file."""
    start = 3 if data.startswith(b"\xef\xbb\xbf") else 0
    found: list[Row] = []
    offset = base + start
    for number, line in enumerate(data[start:].split(b"\n"), 1):
        bare = line.removesuffix(b"\r")
        if bare and header:
            header = False
        elif bare:
            found.append(_row(bare, offset, number, n_fields))
        offset += len(line) + 1
    return found


def _row(line: bytes, offset: int, number: int, n_fields: int) -> Row:
    if len(line) > 102_400:
        return Row(offset, number, reason="Record is larger than 100 KB.")
    try:
        text = line.decode()
    except UnicodeDecodeError:
        return Row(offset, number, reason="Record is not valid UTF-8.")
    if "\r" in text:
        return Row(offset, number, reason="Record holds a carriage return.")
    if not _RECORD.fullmatch(text):
        return Row(offset, number, reason="Quotes do not match in record.")
    fields = tuple(_unquoted(field) for field in fields_of(text))
    if len(fields) == n_fields:
        return Row(offset, number, fields)
    return Row(offset, number, reason=f"{'Not enough' if len(fields) < n_fields else 'Too many'} fields in record.")


def fields_of(text: str) -> list[str]:
    """Fields between the commas outside quotes."""
    fields, quoted = [""], False
    for character in text:
        quoted ^= character == '"'
        if character == "," and not quoted:
            fields.append("")
        else:
            fields[-1] += character
    return fields


def _unquoted(field: str) -> str:
    return field[1:-1].replace('""', '"') if field.startswith('"') else field


def numeric(value: str) -> float | str | None:
    """A number, None when missing, ``"invalid"``."""
    bare = value.strip()
    if not bare:
        return None
    return float(bare) if _NUMBER.fullmatch(bare) and abs(float(bare)) != float("inf") else "invalid"


def binary(value: str) -> int | str | None:
    """1, 0, None when missing, ``"invalid"``."""
    bare = value.strip().lower()
    if not bare:
        return None
    return 1 if bare in _YES else 0 if bare in _NO else "invalid"


def column(found: Sequence[Row], place: int, kind: str) -> list[object]:
    """Values of the readable rows in one column."""
    values = [row.fields[place] for row in found if not row.reason]
    convert = {"NUMERIC": numeric, "BINARY": binary}.get(kind, str)
    return [convert(value) for value in values]
