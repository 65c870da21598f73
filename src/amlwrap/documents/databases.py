"""Queries a datasource can be made of: which database to ask, what, and as whom."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, ClassVar, Self, TypeAlias

import attrs

from amlwrap.documents._parsing import shown
from amlwrap.exceptions import DocumentError

__all__ = ["RDSMetadata", "RDSQuery", "RedshiftMetadata", "RedshiftQuery"]

_Attribute: TypeAlias = "attrs.Attribute[Any]"

_MAX_QUERY = 16_777_216
_LOWER, _LOWER_AND_HYPHENS = "[a-z0-9]+", "[a-z0-9-]+"
_FORMS = {_LOWER: "lower-case letters and digits", _LOWER_AND_HYPHENS: "lower-case letters, digits and hyphens"}


def _text(least: int, most: int, pattern: str | None = None) -> Any:
    """Checks a field that is text of *least* to *most* characters, all of a *pattern* if there is one."""

    def check(query: Any, attribute: _Attribute, value: object) -> None:
        _checked(query._document, attribute.name, value, least, most)
        if pattern and not re.fullmatch(pattern, str(value)):
            raise DocumentError(query._document, attribute.name, _FORMS[pattern], shown(value))

    return check


def _secret(least: int, most: int) -> Any:
    """Checks a password without ever showing it."""

    def check(query: Any, attribute: _Attribute, value: object) -> None:
        if not isinstance(value, str):
            raise DocumentError(query._document, attribute.name, "a string", type(value).__name__)
        if not least <= len(value) <= most:
            expected = f"{least} to {most} characters"
            raise DocumentError(query._document, attribute.name, expected, f"{len(value):,}")

    return check


def _texts(least: int, most: int) -> Any:
    def check(query: Any, attribute: _Attribute, values: tuple[object, ...]) -> None:
        for place, value in enumerate(values):
            _checked(query._document, f"{attribute.name}[{place}]", value, least, most)

    return check


def _checked(document: str, path: str, value: object, least: int, most: int) -> None:
    if not isinstance(value, str):
        raise DocumentError(document, path, "a string", shown(value))
    if not least <= len(value) <= most:
        raise DocumentError(document, path, f"{least:,} to {most:,} characters", f"{len(value):,}")


def _tuple(given: str | Iterable[str]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)


class _Query:
    """What both kinds of query do with their password: show it to nobody, and keep it out of every pickle."""

    _document: ClassVar[str]
    password: str

    def replace(self, **changes: Any) -> Self:
        """A query like this one but for *changes*; how a query that was pickled gets its password back."""
        return attrs.evolve(self, **changes)  # type: ignore[misc]

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "password": ""}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self


@attrs.frozen(kw_only=True, slots=False)
class RDSQuery(_Query):
    """
    Rows that a query gives in a MySQL database of Amazon RDS.

    Attributes:
        instance: Identifier of the database instance, 1 to 63 lower-case letters, digits and hyphens.
        database: Its name, 1 to 64 characters.
        query: A SELECT; its columns are the attributes, in order.
        user: 1 to 128 characters.
        password: 8 to 128 characters. It is in no representation, error or pickle; an unpickled query has none.
        resource_role: Role of the machine that copies the rows, 1 to 64 characters.
        service_role: Role of the service that starts that machine, likewise.
        subnet: Id of the subnet from which the database can be reached, 1 to 255 characters.
        security_groups: Ids of the machine's security groups, likewise.

    Raises:
        DocumentError: A value is longer, shorter or of another form than the service takes.

    >>> query = RDSQuery(
    ...     instance="shop",
    ...     database="orders",
    ...     query="SELECT age, spend FROM customers",
    ...     user="ml",
    ...     password="not to be seen",
    ...     resource_role="DataPipelineDefaultResourceRole",
    ...     service_role="DataPipelineDefaultRole",
    ...     subnet="subnet-1",
    ...     security_groups="sg-1",
    ... )
    >>> query.security_groups, "not to be seen" in repr(query)
    (('sg-1',), False)
    """

    _document: ClassVar[str] = "RDS query"

    instance: str = attrs.field(validator=_text(1, 63, _LOWER_AND_HYPHENS))
    database: str = attrs.field(validator=_text(1, 64))
    query: str = attrs.field(validator=_text(1, _MAX_QUERY))
    user: str = attrs.field(validator=_text(1, 128))
    password: str = attrs.field(validator=_secret(8, 128), repr=False)
    resource_role: str = attrs.field(validator=_text(1, 64))
    service_role: str = attrs.field(validator=_text(1, 64))
    subnet: str = attrs.field(validator=_text(1, 255))
    security_groups: tuple[str, ...] = attrs.field(converter=_tuple, validator=_texts(1, 255))


@attrs.frozen(kw_only=True, slots=False)
class RedshiftQuery(_Query):
    """
    Rows that a query gives in a database of Amazon Redshift.

    Attributes:
        cluster: Identifier of the cluster, 1 to 63 lower-case letters, digits and hyphens.
        database: Its name, 1 to 64 lower-case letters and digits.
        query: A SELECT; its columns are the attributes, in order.
        user: 1 to 128 characters.
        password: 8 to 64 characters. It is in no representation, error or pickle; an unpickled query has none.

    Raises:
        DocumentError: A value is longer, shorter or of another form than the service takes.

    >>> RedshiftQuery(cluster="shop", database="dev", query="SELECT 1", user="ml", password="not to be seen")
    RedshiftQuery(cluster='shop', database='dev', query='SELECT 1', user='ml')
    >>> RedshiftQuery(cluster="shop", database="dev", query="SELECT 1", user="ml", password="short")
    Traceback (most recent call last):
        ...
    amlwrap.exceptions.DocumentError: Redshift query at password: expected 8 to 64 characters, found 5.
    """

    _document: ClassVar[str] = "Redshift query"

    cluster: str = attrs.field(validator=_text(1, 63, _LOWER_AND_HYPHENS))
    database: str = attrs.field(validator=_text(1, 64, _LOWER))
    query: str = attrs.field(validator=_text(1, _MAX_QUERY))
    user: str = attrs.field(validator=_text(1, 128))
    password: str = attrs.field(validator=_secret(8, 64), repr=False)


@attrs.frozen(kw_only=True)
class RDSMetadata:
    """
    What the service tells of a datasource made by an `RDSQuery`.

    Attributes:
        query: Only in a verbose reply, as `get` and `refresh` ask for it; ``None`` in listings.
        pipeline_id: Of the pipeline that copied the rows, when there is one.
    """

    instance: str
    database: str
    user: str
    query: str | None = None
    resource_role: str | None = None
    service_role: str | None = None
    pipeline_id: str | None = None


@attrs.frozen(kw_only=True)
class RedshiftMetadata:
    """
    What the service tells of a datasource made by a `RedshiftQuery`.

    Attributes:
        query: Only in a verbose reply, as `get` and `refresh` ask for it; ``None`` in listings.
    """

    cluster: str
    database: str
    user: str
    query: str | None = None
