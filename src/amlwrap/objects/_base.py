"""What a store of bytes is, and what its objects are called."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, Protocol, TypeAlias

import attrs

from amlwrap.exceptions import DataError

if TYPE_CHECKING:
    import os
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from datetime import datetime
    from pathlib import Path


@attrs.frozen
class ObjectInfo:
    """
    What a store knows about an object without reading it.

    Attributes:
        uri: Where it is.
        size: In bytes.
        etag: Changes whenever the bytes were written anew; compare it only with etags of the same store.
        modified: When it was last written, aware UTC.
    """

    uri: str
    size: int
    etag: str
    modified: datetime


Sent: TypeAlias = "Callable[[int], None]"
Infos: TypeAlias = list[ObjectInfo]  # inside the classes below, `list` is a method


class ObjectStore(Protocol):
    """The few things amlwrap asks of a place that keeps bytes. Whatever fails raises `DataError` naming the URI."""

    def head(self, uri: str) -> ObjectInfo | None:
        """What is known about the object; None when there is none."""
        ...

    def list(self, uri_prefix: str) -> Infos:
        """All objects whose URI starts with *uri_prefix*, in byte order of their keys."""
        ...

    def open(self, uri: str, start: int = 0) -> BinaryIO:
        """The object's bytes from *start* on, to be read forwards and closed by the caller."""
        ...

    def local_path(self, uri: str) -> Path | None:
        """A file that may be read instead of `open`; None when there is none on this machine."""
        ...

    def put_file(self, uri: str, path: str | os.PathLike[str], sent: Sent | None = None) -> None:
        """Copy the file at *path* to *uri*; *sent* is told of every piece's size, from whatever thread sends it."""
        ...

    def put_bytes(self, uri: str, data: bytes) -> None:
        """Write *data* to *uri*."""
        ...

    def writer(self, uri: str) -> AbstractContextManager[BinaryIO]:
        """A binary file that becomes the object when the ``with`` block ends well, and vanishes when it does not."""
        ...


def split_uri(uri: str) -> tuple[str, str]:
    """
    Bucket and key of *uri*; the key is empty for a bare bucket.

    Raises:
        DataError: *uri* is not of the form ``s3://BUCKET/KEY``.

    >>> split_uri("s3://shop/in/orders.csv")
    ('shop', 'in/orders.csv')
    >>> split_uri("s3://shop")
    ('shop', '')
    """
    scheme, _, rest = uri.partition("://")
    bucket, _, key = rest.partition("/")
    if scheme != "s3" or not bucket:
        raise DataError(uri, "", "a URI of the form s3://BUCKET/KEY", "no such form")
    return bucket, key
