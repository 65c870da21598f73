"""Attributes: the columns of the data, by name and type."""

from __future__ import annotations

import enum

import attrs

from amlwrap.documents._parsing import close_matches, expect_string, shown
from amlwrap.documents.bounds import BeyondBound, bounds
from amlwrap.exceptions import DocumentError

__all__ = ["MAX_NAME", "Attribute", "AttributeType", "checked_name", "checked_type"]

MAX_NAME = 64
"""Longest attribute name, in characters."""


class AttributeType(enum.StrEnum):
    """
    What an attribute's values are.

    Attributes:
        BINARY: One of two states, spelled ``0 n no f false`` or ``1 y yes t true``.
        CATEGORICAL: Any string, as one token.
        NUMERIC: A number; empty when missing.
        TEXT: Words, split at white space.
    """

    BINARY = "BINARY"
    CATEGORICAL = "CATEGORICAL"
    NUMERIC = "NUMERIC"
    TEXT = "TEXT"


def checked_type(value: object, path: str) -> AttributeType:
    """*value* as an attribute type, or a DocumentError at *path*."""
    if isinstance(value, str) and value in AttributeType.__members__:
        return AttributeType[value]
    types = [*AttributeType.__members__]
    remedy = close_matches(value, types) if isinstance(value, str) else ""
    raise DocumentError("schema", path, f"one of {', '.join(types)}", shown(value), remedy)


def checked_name(value: object, path: str) -> str:
    """*value* as an attribute name, or a DocumentError at *path*."""
    name = expect_string("schema", value, path)
    most = bounds().attribute_name
    if not 1 <= len(name) <= most:
        found = f"{len(name)} characters" if name else "an empty one"
        bound = "attribute_name" if name else ""
        raise BeyondBound("schema", path, f"a name of 1 to {most} characters", found, "", bound)
    return name


def _name(value: str) -> str:
    return checked_name(value, "attributeName")


def _type(value: AttributeType | str) -> AttributeType:
    return checked_type(value, "attributeType")


@attrs.frozen
class Attribute:
    """
    One column of the data.

    Raises:
        DocumentError: The name is empty or longer than 64 characters, or there is no such type.

    >>> Attribute("age", "NUMERIC").type.value
    'NUMERIC'
    """

    name: str = attrs.field(converter=_name)
    type: AttributeType = attrs.field(converter=_type)
