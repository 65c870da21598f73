"""The files that the location of data names: one, or those of a folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amlwrap.exceptions import DataError
from amlwrap.objects._base import split_uri

if TYPE_CHECKING:
    from amlwrap.objects._base import ObjectInfo, ObjectStore

_NOT_DATA = (".schema", ".manifest", "/manifest")


def find_files(store: ObjectStore, location: str) -> list[ObjectInfo]:
    """
    The data files at *location*, in byte order of their keys.

    Args:
        location: A file, a folder, whose URI ends in ``/``, or a whole bucket. Of a folder or bucket, schemas,
            manifests and empty files are left out.

    Raises:
        DataError: There is nothing.
    """
    bucket, key = split_uri(location)
    if key and not key.endswith("/"):
        found = store.head(location)
        if found is not None:
            return [found]
        folder = f"{location}/"
        remedy = f"Did you mean the folder {folder!r}?" if store.list(folder) else "Check bucket and key."
        raise DataError(location, "", "a file", "nothing there", remedy)
    listed = store.list(location if key else f"s3://{bucket}/")
    files = [info for info in listed if info.size and not info.uri.endswith(_NOT_DATA)]
    if not files:
        raise DataError(location, "", "a folder with data files in it", "none", "Check bucket and key.")
    return files
