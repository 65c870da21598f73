"""Records as the service takes them: a text for each variable that has a value, and no target."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import date, time
from decimal import Decimal
from typing import Any

import attrs

from amlwrap.documents import AttributeType, Schema
from amlwrap.exceptions import DataError

__all__ = ["Records"]

_NOTHING = frozenset({"NAType", "NaTType"})  # what pandas has where there is nothing


@attrs.frozen
class Records:
    """
    Records of one model's kind.

    >>> records = Records.of(Schema({"age": "NUMERIC", "job": "CATEGORICAL", "y": "BINARY"}, target="y"))
    >>> records.render({"age": 31.5, "job": None, "y": 1})
    {'age': '31.5'}
    """

    types: Mapping[str, AttributeType]
    target: str | None

    @classmethod
    def of(cls, schema: Schema) -> Records:
        """Of models trained with *schema*."""
        return cls({attribute.name: attribute.type for attribute in schema.attributes}, schema.target)

    def render(self, record: Mapping[str, Any]) -> dict[str, str]:
        """
        *record* as text. ``None``, NaN and empty values are left out; a number keeps every digit.

        Raises:
            DataError: It is no mapping, or a value is none that a CSV could hold.
        """
        given: Any = record  # users without a type checker hand over anything
        if not isinstance(given, Mapping):
            raise DataError("record", "", "a mapping of names to values", type(given).__name__)
        return dict(self._texts(record.items()))

    def _texts(self, items: Iterable[tuple[Any, Any]]) -> Iterable[tuple[str, str]]:
        for key, value in items:
            name = str(key)
            if name != self.target and (text := _text(name, value, self.types.get(name))):
                yield name, text


def _text(name: str, value: Any, kind: AttributeType | None) -> str:
    """*value* as a CSV would hold it, in words that fit its *kind*; empty for nothing."""
    if isinstance(value, str):
        return value
    if type(value).__name__ in _NOTHING:
        return ""
    plain = value.item() if getattr(value, "shape", None) == () else value  # a numpy scalar as the number it is
    match plain:
        case None:
            return ""
        case bool():
            return str(int(plain)) if kind == AttributeType.NUMERIC else str(plain)
        case float() | Decimal():
            return "" if math.isnan(plain) else str(plain)
        case int() | date() | time():
            return str(plain)
        case _:
            raise DataError("record", f"{name!r}", "a text, a number, True, False or None", type(value).__name__)
