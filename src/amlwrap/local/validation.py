"""Requests held against the shapes of the service's description: members, types, lengths, ranges, patterns, enums."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Any, cast

from amlwrap.local.faults import InvalidInput, InvalidTag
from amlwrap.local.plain import is_list, is_object

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amlwrap.local.description import Shape

__all__ = ["validated"]

_MAX_MESSAGE = 2048
_MAX_FOUND = 80
_MAX_PROBLEMS = 100  # more than the longest message holds

# The reference lists no pattern for PredictEndpoint, and a server of ours hands out its own address.
_WITHOUT_PATTERN = frozenset({"VipURL"})

_TAG_SHAPES = frozenset({"TagKey", "TagValue"})

# Java's classes in terms of Python's; \w adds the underscore, which every pattern that uses them allows anyway.
_UNICODE_CLASSES = {
    r"\p{L}": r"\w",
    r"\p{N}": r"\w",
    r"\p{Z}": " \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000",
}


def validated(document: dict[str, Any], shape: Shape) -> dict[str, Any]:
    """
    *document* as the service takes it: without nulls and without members the shape does not know.

    Raises:
        InvalidInput: Something in it does not fit *shape*; every misfit is named.
        InvalidTag: The first misfit is the key or value of a tag.
    """
    checker = _Checker()
    clean = cast("dict[str, Any]", checker.check(document, shape, ""))
    if checker.problems:
        raise checker.fault()
    return clean


class _Checker:
    """One walk over one request, collecting what does not fit."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self._first_shape = ""

    def fault(self) -> InvalidInput | InvalidTag:
        message = "; ".join(self.problems)
        kind = InvalidTag if self._first_shape in _TAG_SHAPES else InvalidInput
        return kind(message if len(message) <= _MAX_MESSAGE else f"{message[: _MAX_MESSAGE - 1]}…")

    def check(self, value: object, shape: Shape, path: str) -> object:
        """*value* cleaned; problems are noted on the way."""
        match shape.type_name:
            case "structure":
                return self._structure(value, shape, path)
            case "map":
                return self._map(value, shape, path)
            case "list":
                return self._list(value, shape, path)
            case "string":
                return self._string(value, shape, path)
            case _:
                return self._scalar(value, shape, path)

    def _note(self, shape: Shape, path: str, expected: str, found: object) -> None:
        self._first_shape = self._first_shape or shape.name
        if len(self.problems) < _MAX_PROBLEMS:
            shown = "a secret" if shape.metadata.get("sensitive") else _shown(found)
            self.problems.append(f"{path or 'request'}: expected {expected}, found {shown}")

    def _structure(self, value: object, shape: Shape, path: str) -> object:
        if not is_object(value):
            self._note(shape, path, "an object", value)
            return value
        members, required = shape.members, shape.required_members
        given = {
            name: item
            for name, item in value.items()
            if name in members
            and item is not None
            and not (item == "" and _may_be_empty(members[name], name, required))
        }
        for name in required:
            if name not in given:
                self.problems.append(f"{_join(path, name)}: required, and missing")
        return {name: self.check(item, members[name], _join(path, name)) for name, item in given.items()}

    def _map(self, value: object, shape: Shape, path: str) -> object:
        if not is_object(value):
            self._note(shape, path, "an object", value)
            return value
        if _is_free_text(shape.key) and _is_free_text(shape.value) and all(map(_is_text, chain(*value.items()))):
            return dict(value)  # a record to predict may have a thousand fields, and is to be answered in no time
        clean: dict[str, object] = {}
        for key, item in value.items():
            self._string(key, shape.key, f"{path} (key)")
            clean[key] = self.check(item, shape.value, f"{path}[{_shown(key)}]")
        return clean

    def _list(self, value: object, shape: Shape, path: str) -> object:
        if not is_list(value):
            self._note(shape, path, "a list", value)
            return value
        if not self._size(len(value), shape, path, "items"):
            return value  # who sends a million tags need not hear what is wrong with each
        return [self.check(item, shape.member, f"{path}[{n}]") for n, item in enumerate(value)]

    def _string(self, value: object, shape: Shape, path: str) -> object:
        if not isinstance(value, str):
            self._note(shape, path, "a string", value)
        elif not _encodable(value):
            self._note(shape, path, "Unicode text", value)
        elif self._size(len(value), shape, path, "characters"):
            self._form(value, shape, path)
        return value

    def _form(self, value: str, shape: Shape, path: str) -> None:
        enum = shape.metadata.get("enum")
        pattern = shape.metadata.get("pattern")
        if enum and value not in enum:
            self._note(shape, path, f"one of {', '.join(enum)}", value)
        elif pattern and shape.name not in _WITHOUT_PATTERN and not _compiled(pattern).fullmatch(value):
            self._note(shape, path, f"a match of {pattern}", value)

    def _size(self, size: int, shape: Shape, path: str, unit: str) -> bool:
        low, high = shape.metadata.get("min", 0), shape.metadata.get("max")
        if size < low or (high is not None and size > high):
            bounds = f"at least {low}" if high is None else f"{low} to {high}"
            self.problems.append(f"{path}: expected {bounds} {unit}, found {size}")
            self._first_shape = self._first_shape or shape.name
            return False
        return True

    def _scalar(self, value: object, shape: Shape, path: str) -> object:
        expected, types = _SCALARS[shape.type_name]
        if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
            self._note(shape, path, expected, value)
            return value
        low, high = shape.metadata.get("min"), shape.metadata.get("max")
        number = cast("float", value)
        if (low is not None and number < low) or (high is not None and number > high):
            self._note(shape, path, f"{low} to {high}", value)
        return value


_SCALARS: dict[str, tuple[str, tuple[type, ...]]] = {
    "boolean": ("true or false", (bool,)),
    "integer": ("an integer", (int,)),
    "long": ("an integer", (int,)),
    "float": ("a number", (int, float)),
    "double": ("a number", (int, float)),
    "timestamp": ("epoch seconds", (int, float)),
}


def _may_be_empty(shape: Shape, name: str, required: Sequence[str]) -> bool:
    """An optional location is left out by an empty string too; AWS's own samples do so."""
    return shape.name == "S3Url" and name not in required


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _shown(value: object) -> str:
    if is_object(value) or is_list(value):  # of what depth and size, nobody knows
        return f"{'an object' if is_object(value) else 'a list'} of {len(value)}"
    text = ascii(value) if isinstance(value, str) and not _encodable(value) else repr(value)
    return text if len(text) <= _MAX_FOUND else f"{text[: _MAX_FOUND - 1]}…"


def _is_free_text(shape: Shape) -> bool:
    return shape.type_name == "string" and not shape.metadata


def _is_text(value: object) -> bool:
    return isinstance(value, str) and (value.isascii() or _encodable(value))


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


@lru_cache(maxsize=64)
def _compiled(pattern: str) -> re.Pattern[str]:
    for java, python in _UNICODE_CLASSES.items():
        pattern = pattern.replace(java, python)
    return re.compile(pattern)
