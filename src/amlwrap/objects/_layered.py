"""Two stores as one: that which has the bucket first, then another."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, Protocol

from amlwrap.objects._base import Infos, ObjectInfo, ObjectStore, Sent, split_uri

if TYPE_CHECKING:
    import os
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path


class Buckets(ObjectStore, Protocol):
    """A store that knows which buckets it has."""

    def has_bucket(self, bucket: str) -> bool:
        """Whether *bucket* is there."""
        ...


class Layered:
    """
    A folder or server of ours for the buckets that are there, another store, made when first needed, for the others.

    >>> import tempfile
    >>> from amlwrap.objects import S3, Folder
    >>> store = Layered(Folder(tempfile.mkdtemp()), S3)
    """

    def __init__(self, first: Buckets, s3_factory: Callable[[], ObjectStore]) -> None:
        self.first = first
        self._s3_factory = s3_factory
        self._s3: ObjectStore | None = None

    def _of(self, uri: str) -> ObjectStore:
        if self.first.has_bucket(split_uri(uri)[0]):
            return self.first
        self._s3 = self._s3 or self._s3_factory()
        return self._s3

    def head(self, uri: str) -> ObjectInfo | None:
        """What is known about the object; None when there is none."""
        return self._of(uri).head(uri)

    def list(self, uri_prefix: str) -> Infos:
        """All objects whose URI starts with *uri_prefix*, in byte order of their keys."""
        return self._of(uri_prefix).list(uri_prefix)

    def open(self, uri: str, start: int = 0) -> BinaryIO:
        """The object's bytes from *start* on, to be read forwards and closed by the caller."""
        return self._of(uri).open(uri, start)

    def local_path(self, uri: str) -> Path | None:
        """The object's own file when it is in the folder."""
        return self._of(uri).local_path(uri)

    def put_file(self, uri: str, path: str | os.PathLike[str], sent: Sent | None = None) -> None:
        """Copy the file at *path* to *uri*, telling *sent* of every piece."""
        self._of(uri).put_file(uri, path, sent)

    def put_bytes(self, uri: str, data: bytes) -> None:
        """Write *data* to *uri*."""
        self._of(uri).put_bytes(uri, data)

    def writer(self, uri: str) -> AbstractContextManager[BinaryIO]:
        """A binary file that becomes the object when the ``with`` block ends well, and vanishes when it does not."""
        return self._of(uri).writer(uri)
