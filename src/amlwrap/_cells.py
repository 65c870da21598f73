"""One value as a CSV has it: nothing where it is missing, and an error where it is more than one value."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any

__all__ = ["NotSingle", "cell", "is_missing"]

_NESTED = (Mapping, AbstractSet, list, tuple, bytes, bytearray, memoryview)


class NotSingle(Exception):
    """A value that a field cannot hold; its type's name is the only argument."""


def cell(value: Any) -> Any:
    """
    *value*, whose text a field holds; ``""`` for None and whatever differs from itself: NaN, NaT and NA of any make.

    Raises:
        NotSingle: It is bytes, a collection, or an object without a text of its own.

    >>> cell(31), cell(float("nan")), cell(None)
    (31, '', '')
    """
    kind: type[Any] = value.__class__
    if kind is str or kind is int or kind is bool:
        return value
    if is_missing(value):
        return ""
    if isinstance(value, _NESTED) or getattr(value, "shape", None) or _has_no_text(kind):
        raise NotSingle(kind.__name__)
    return value


def is_missing(value: Any) -> bool:
    """Whether *value* is None or differs from itself, as NaN, NaT and NA of any make do."""
    if value is None:
        return True
    try:
        return bool(value != value)  # noqa: PLR0124 - only what is missing differs from itself
    except (TypeError, ArithmeticError):  # pandas.NA has no truth, a signalling NaN no comparison
        return True
    except ValueError:  # an array has many
        return False


def _has_no_text(kind: Any) -> bool:
    return bool(kind.__str__ is object.__str__ and kind.__repr__ is object.__repr__)
