"""Bytes out of S3: each object once, streamed, whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from amlwrap._export._account import Unavailable
from amlwrap._export._ledger import Ledger
from amlwrap._export._records import Record
from amlwrap.documents import predictions
from amlwrap.exceptions import AmlwrapError, DataError
from amlwrap.objects import Folder, ObjectInfo, ObjectStore

__all__ = ["Objects"]

_CHUNK = 1 << 20
_MANIFEST_BYTES = 64 * 1024 * 1024
# A place in the folder that one object cannot have; everything else that goes wrong with writing ends the export.
_ITS_OWN_FAULT = frozenset(
    {errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENAMETOOLONG, errno.EILSEQ, errno.EINVAL, errno.ENOTEMPTY}
)


class Objects:
    """
    Copies of objects under ``objects/BUCKET/KEY``.

    Args:
        store: Where they are; asked for when the first is wanted.
    """

    def __init__(self, ledger: Ledger, store: Callable[[], ObjectStore]) -> None:
        self._ledger = ledger
        self._store = store
        self._folder = Folder(ledger.folder / "objects")
        self._places = {_folded(uri): uri for uri in ledger.objects}
        self._checked: dict[str, Record] = {}

    def at(self, location: str) -> list[ObjectInfo]:
        """
        The objects a datasource's location names: one, or all of a folder or bucket.

        Raises:
            Unavailable: There are none, or no right to look.
        """
        with _reading():
            store = self._store()
            single = None if location.endswith("/") or location.count("/") < 3 else store.head(location)
            found = [single] if single else store.list(location if location.endswith("/") else f"{location}/")
        if not found:
            raise Unavailable(f"{location}: there is nothing")
        return found

    def keep(self, info: ObjectInfo) -> Record:
        """
        The record of an object, copied unless its copy is there.

        Raises:
            Unavailable: It cannot be read, or cannot be a file here.
            DataError: The folder cannot be written: a full disk, for example.
        """
        uri = info.uri
        if uri in self._checked:
            return self._checked[uri]
        known = self._ledger.objects.get(uri)
        same = known is not None and (known["etag"], known["size"]) == (info.etag, info.size)
        if known is None or not same or not self._ledger.is_whole(known):
            known = self._copied(info)
            self._ledger.keep_object(known)
        self._places[_folded(uri)] = uri
        self._checked[uri] = known
        return known

    def predictions(self, id: str, output_uri: str) -> Iterator[ObjectInfo | str]:
        """
        The files of a batch prediction: its manifest, and the results it names; a URI where there is nothing.

        Raises:
            Unavailable: There is no manifest, or it cannot be read.
        """
        with _reading():
            uri = predictions.manifest_uri(output_uri, id)
            info = self._store().head(uri)
        if info is None:
            raise Unavailable(f"{uri}: there is nothing")
        yield info
        if info.size > _MANIFEST_BYTES:
            raise Unavailable(f"{uri}: {info.size:,} bytes are too many for a manifest")
        with _reading(), self._store().open(uri) as file:
            manifest = predictions.Manifest.parse(file.read(_MANIFEST_BYTES))
        for result in _own(manifest, output_uri):
            with _reading():
                found = self._store().head(result)
            yield found or result

    def _copied(self, info: ObjectInfo) -> Record:
        uri = info.uri
        other = self._places.get(_folded(uri), uri)
        if other != uri and self._is_case_blind():
            raise Unavailable(f"{uri}: this file system cannot tell its name from {other}")
        with _reading():
            self._folder.head(uri)  # refuses names that no file can have
            source = self._store().open(uri)
        digest, size = hashlib.sha256(), 0
        try:
            with source, self._folder.writer(uri) as target:
                for chunk in _chunks(source):
                    target.write(chunk)
                    digest.update(chunk)
                    size += len(chunk)
                if size != info.size:
                    raise Unavailable(f"{uri}: {size:,} bytes came, {info.size:,} were announced")
        except DataError as error:
            cause = error.__cause__
            if isinstance(cause, OSError) and cause.errno in _ITS_OWN_FAULT:
                raise Unavailable(str(error)) from error
            raise
        path = f"objects/{uri.removeprefix('s3://')}"
        return {"uri": uri, "path": path, "size": size, "sha256": digest.hexdigest(), "etag": info.etag}

    def _is_case_blind(self) -> bool:
        folder: Path = self._folder.root
        return folder.with_name("OBJECTS").exists()


def _own(manifest: predictions.Manifest, output_uri: str) -> list[str]:
    """The results under the batch's own output; a manifest is no reason to read anything else."""
    place = output_uri if output_uri.endswith("/") else f"{output_uri}/"
    strangers = [uri for uri in manifest.results.values() if not uri.startswith(place)]
    if strangers:
        raise Unavailable(f"{strangers[0]}: a manifest names it that belongs to {output_uri}")
    return list(manifest.results.values())


def _chunks(source: BinaryIO) -> Iterator[bytes]:
    while True:
        with _reading():
            chunk = source.read(_CHUNK)
        if not chunk:
            return
        yield chunk


def _folded(uri: str) -> str:
    return unicodedata.normalize("NFC", uri).casefold()


class _reading:  # noqa: N801 - read as a word of its ``with``
    """What cannot be read is one thing that cannot be had."""

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if isinstance(error, AmlwrapError | OSError):
            raise Unavailable(str(error)) from error
