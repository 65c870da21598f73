"""JSON read with its mind on the path: what is wrong is always said with where it stands."""

from __future__ import annotations

import difflib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from numbers import Integral, Real
from typing import Any, NoReturn, TypeGuard

from amlwrap.exceptions import DocumentError

__all__ = [
    "MAX_CHARS",
    "check_keys",
    "close_matches",
    "expect_boolean",
    "expect_list",
    "expect_mapping",
    "expect_string",
    "inside",
    "load_json",
    "real_number",
    "shown",
    "whole_number",
]

MAX_CHARS = 131_071
"""Longest schema or recipe text the service takes."""

_MAX_DEPTH = 16
_MAX_SHOWN = 40
_MAX_KEY = 128


class _Repeated(dict[str, object]):
    """An object in which the key *repeated* stood twice; its path is known only when the whole text has been read."""

    repeated = ""


def load_json(
    document: str, source: str | bytes | Mapping[str, Any], max_chars: int | None = None
) -> dict[str, object]:
    """
    The JSON object in *source*, made of plain dicts and lists.

    Args:
        document: Which kind of document, for errors: ``"schema"``, ``"recipe"`` …
        source: JSON text, its UTF-8 bytes, or the mapping the text would give.
        max_chars: Longest text allowed; None for no limit.

    Raises:
        DocumentError: *source* is too long, no JSON, no object, too deep, or says a key twice.

    >>> load_json("recipe", '{"outputs": ["ALL_INPUTS"]}')
    {'outputs': ['ALL_INPUTS']}
    """
    value: object = source
    if isinstance(source, str | bytes | bytearray):
        text = _decoded(document, source)
        if max_chars is not None and len(text) > max_chars:
            raise DocumentError(document, "", f"at most {max_chars:,} characters", f"{len(text):,}")
        value = _loaded(document, text)
    return expect_mapping(document, _plain(document, value, "", 0), "")


def _decoded(document: str, source: str | bytes | bytearray) -> str:
    if isinstance(source, str):
        return source.removeprefix("\ufeff")
    try:
        return source.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        found = f"byte {source[error.start]:#04x} at byte {error.start:,}"
        raise DocumentError(document, "", "UTF-8 text", found) from error


def _loaded(document: str, text: str) -> object:
    try:
        return json.loads(text, object_pairs_hook=_pairs, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        remedy = "" if "{" in text else "Give the JSON text itself, not the name of a file that holds it."
        found = f"{shown(text) if remedy else error.msg} at line {error.lineno}, column {error.colno}"
        raise DocumentError(document, "", "JSON", found, remedy) from error
    except RecursionError as error:
        raise DocumentError(document, "", f"at most {_MAX_DEPTH} levels of nesting", "more") from error
    except ValueError as error:  # NaN, or an integer of thousands of digits
        raise DocumentError(document, "", "JSON", str(error)) from error


def _pairs(pairs: list[tuple[str, object]]) -> dict[str, object]:
    mapping = dict(pairs)
    if len(mapping) == len(pairs):
        return mapping
    seen: set[str] = set()
    repeated = _Repeated(mapping)
    repeated.repeated = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
    return repeated


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name}, which is no JSON number")


def _plain(document: str, value: object, path: str, depth: int) -> object:
    """*value* with its mappings as dicts and its sequences as lists, refused where JSON could not say it."""
    if isinstance(value, str):
        return _encodable(document, value, path)
    if not _is_mapping(value) and not _is_sequence(value):
        return value
    if depth == _MAX_DEPTH:
        raise DocumentError(document, path, f"at most {_MAX_DEPTH} levels of nesting", "more")
    if isinstance(value, _Repeated):
        raise DocumentError(document, inside(path, value.repeated), "each key once", "it twice")
    if _is_mapping(value):
        return {
            _key(document, key, path): _plain(document, member, inside(path, key), depth + 1)
            for key, member in value.items()
        }
    return [_plain(document, member, f"{path}[{place}]", depth + 1) for place, member in enumerate(value)]


def _is_mapping(value: object) -> TypeGuard[Mapping[object, object]]:
    return isinstance(value, Mapping)


def _is_sequence(value: object) -> TypeGuard[Sequence[object]]:
    return isinstance(value, list | tuple)


def _is_object(value: object) -> TypeGuard[dict[str, object]]:
    return isinstance(value, dict)


def _is_list(value: object) -> TypeGuard[list[object]]:
    return isinstance(value, list)


def _encodable(document: str, text: str, path: str) -> str:
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise DocumentError(document, path, "text that UTF-8 can hold", "half a surrogate pair") from error
    return text


def _key(document: str, key: object, path: str) -> str:
    if not isinstance(key, str):
        raise DocumentError(document, path, "keys that are strings", shown(key))
    return _encodable(document, key, path)


def inside(path: str, key: object) -> str:
    """
    The path of *key* within the object at *path*.

    >>> inside("splitting", "percentBegin")
    'splitting.percentBegin'
    """
    name = str(key)
    if len(name) > _MAX_KEY:
        name = f"{name[:_MAX_KEY]}…"  # every member's path begins with it, so a long one would be copied without end
    return f"{path}.{name}" if path else name


def expect_mapping(document: str, value: object, path: str) -> dict[str, object]:
    """*value* as an object, or a DocumentError."""
    if _is_object(value):
        return value
    raise DocumentError(document, path, "an object", shown(value))


def expect_list(document: str, value: object, path: str) -> list[object]:
    """*value* as a list, or a DocumentError."""
    if _is_list(value):
        return value
    raise DocumentError(document, path, "a list", shown(value))


def expect_string(document: str, value: object, path: str) -> str:
    """*value* as a string, or a DocumentError."""
    if isinstance(value, str):
        return value
    raise DocumentError(document, path, "a string", shown(value))


def expect_boolean(document: str, value: object, path: str) -> bool:
    """*value* as a truth value, also from the strings ``"true"`` and ``"false"``, or a DocumentError."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in {"true", "false"}:
        return value.lower() == "true"
    raise DocumentError(document, path, "true or false", shown(value))


def check_keys(document: str, mapping: Mapping[str, object], known: Sequence[str], path: str = "") -> None:
    """
    Refuse the first key of *mapping* that is not *known*.

    >>> check_keys("recipe", {"output": []}, ["groups", "outputs"])
    Traceback (most recent call last):
        ...
    amlwrap.exceptions.DocumentError: recipe at output: expected groups or outputs, found an unknown key.
    Did you mean 'outputs'?
    """
    for key in mapping:
        if key not in known:
            expected = " or ".join([", ".join(known[:-1]), known[-1]]) if len(known) > 1 else known[0]
            raise DocumentError(document, inside(path, key), expected, "an unknown key", close_matches(key, known))


def whole_number(value: object) -> int | None:
    """*value* if it is a whole number of any make, true and false aside."""
    return None if isinstance(value, bool) or not isinstance(value, Integral) else int(value)


def real_number(value: object) -> float | None:
    """*value* if it is a number of any make, true and false aside; too large a one is infinite."""
    if isinstance(value, bool) or not isinstance(value, Real):
        return None
    try:
        return float(value)
    except OverflowError:
        return math.inf


def close_matches(name: str, known: Iterable[str]) -> str:
    """
    A remedy naming what *name* may have been meant as, case aside; empty when nothing is close.

    >>> close_matches("numerc", ["BINARY", "NUMERIC"])
    "Did you mean 'NUMERIC'?"
    """
    if len(name) > 128:
        return ""
    spellings: dict[str, str] = {}
    for candidate in known:
        spellings.setdefault(candidate.casefold(), candidate)
    matches = difflib.get_close_matches(name.casefold(), list(spellings), n=3)
    return f"Did you mean {' or '.join(repr(spellings[match]) for match in matches)}?" if matches else ""


def shown(value: object) -> str:
    """
    *value* in a few words, for the end of an error.

    >>> shown(None), shown([1, 2]), shown("abc"), shown(True)
    ('null', 'a list of 2', "'abc'", 'true')
    """
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if _is_mapping(value):
        return "an object"
    if _is_sequence(value):
        return f"a list of {len(value)}"
    text = repr(value) if isinstance(value, str | int | float) else type(value).__name__
    return text if len(text) <= _MAX_SHOWN else f"{text[: _MAX_SHOWN - 4]}...{text[-1]}"
