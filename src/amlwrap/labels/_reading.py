"""From wherever a batch prediction's result lies to arrays: paths, URIs, manifests, gzip."""

from __future__ import annotations

import io
import os
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TextIO, TypeAlias

import attrs
import numpy as np

from amlwrap.documents.predictions import MAX_MANIFEST_BYTES, Manifest
from amlwrap.exceptions import ConfigError, DataError, DocumentError
from amlwrap.labels._parsing import Part, parse_result
from amlwrap.objects import S3, ObjectStore
from amlwrap.objects._files import file_errors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from amlwrap.labels._blocks import Floats
    from amlwrap.labels._checks import Checks

DEFAULT_LIMIT = 8 << 30
"""The most bytes one result may have when decompressed, unless told otherwise."""

Source: TypeAlias = str | os.PathLike[str] | BinaryIO | TextIO | Mapping[str, str] | Manifest

_CHUNK = 1 << 20
_GZIP = b"\x1f\x8b"
_WITH_GZIP_HEADER = 16 + zlib.MAX_WBITS
_DAMAGED = "The file was damaged or cut short on its way: fetch it again."


@attrs.frozen(eq=False)
class Read:
    """Everything a matrix is made of; no row ids means that they count from 1."""

    values: Floats
    classes: tuple[str, ...]
    row_ids: NDArray[Any] | None
    true_labels: NDArray[Any] | None
    threshold: float | None


def read_parts(source: Source, store: ObjectStore | None, checks: Checks, limit: int) -> Read:
    """
    Read a result, or all results of a manifest as one.

    Raises:
        DataError: Something is not there, not a result or damaged, or the parts do not belong together.
    """
    parts: list[Part] = []
    for name, file in _files(source, store or S3()):
        with file_errors(name, "read"):
            part = parse_result(content_of(file, name, limit), name)
        unreadable = checks.unreadable(part.values, name, known=part.unreadable, unit="line", first=2)
        part.values[unreadable] = np.nan
        if parts and part.columns != parts[0].columns:
            expected = f"the columns of {parts[0].name}: {','.join(parts[0].columns)}"
            raise DataError(name, "line 1", expected, ",".join(part.columns))
        parts.append(part)
    return _joined(parts)


def _joined(parts: Sequence[Part]) -> Read:
    return Read(
        _concatenated([part.values for part in parts]),
        parts[0].classes,
        concatenated_if_all([part.tags for part in parts]),
        concatenated_if_all([part.true_labels for part in parts]),
        _threshold(parts),
    )


def _concatenated(arrays: Sequence[NDArray[Any]]) -> NDArray[Any]:
    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays)


def concatenated_if_all(arrays: Sequence[NDArray[Any] | None]) -> NDArray[Any] | None:
    """The arrays as one; None when there are none, or not all are there."""
    there = [array for array in arrays if array is not None]
    return _concatenated(there) if there and len(there) == len(arrays) else None


def _threshold(parts: Sequence[Part]) -> float | None:
    """The score from which on the files answered 1; None when they hold no such answers."""
    answered = [part.answers for part in parts if part.answers is not None]
    if not answered:
        return None
    highest_0 = max(answers.highest_0 for answers in answered)
    lowest_1 = min(answers.lowest_1 for answers in answered)
    if highest_0 < 0.5 <= lowest_1:
        return 0.5
    return min(lowest_1, 1.0)


# --- the files --------------------------------------------------------------------------------------------------------


def _files(source: Source, store: ObjectStore) -> Iterator[tuple[str, BinaryIO | TextIO]]:
    """Name and open file of each result, one after the other."""
    if isinstance(source, str | os.PathLike):
        name = os.fspath(source)
        if name.endswith(".manifest"):
            with _opened(name, store) as file, file_errors(name, "read"):
                manifest = _manifest(content_of(file, name, MAX_MANIFEST_BYTES), name)
            yield from _listed(manifest, store, None if name.startswith("s3://") else Path(name).parent / "result")
        else:
            with _opened(name, store) as file:
                yield name, file
    elif isinstance(source, Manifest):
        yield from _listed(source.results, store, None)
    elif isinstance(source, Mapping):
        yield from _listed(source, store, None)
    elif hasattr(source, "read"):
        yield str(getattr(source, "name", "the file object")), source
    else:
        raise ConfigError("source", repr(source), "a path, an s3:// URI, a manifest or a file object")


def _listed(results: Mapping[str, str], store: ObjectStore, beside: Path | None) -> Iterator[tuple[str, BinaryIO]]:
    if not results:
        raise DataError("the manifest", "", "a result per input file", "none")
    for uri in results.values():
        path = beside / uri.rpartition("/")[2] if beside else None
        name = str(path) if path and path.is_file() else uri
        with _opened(name, store) as file:
            yield name, file


def _opened(name: str, store: ObjectStore) -> BinaryIO:
    if name.startswith("s3://"):
        return store.open(name)
    with file_errors(name, "read"):
        return Path(name).open("rb")


def _manifest(content: bytes, name: str) -> Mapping[str, str]:
    try:
        return Manifest.parse(content).results
    except DocumentError as error:
        raise DataError(name, error.path, error.expected, error.found, error.remedy) from error


# --- their bytes ------------------------------------------------------------------------------------------------------


def content_of(file: BinaryIO | TextIO, name: str, limit: int) -> bytes:
    """All bytes of *file*, decompressed when they are gzip; never more than *limit*."""
    content = io.BytesIO()
    for piece in pieces_of(file, name):
        if content.tell() + len(piece) > limit:
            remedy = "Pass a larger limit= if the file is to be trusted."
            raise DataError(name, "", f"at most {limit:,} bytes when decompressed", "more", remedy)
        content.write(piece)
    return content.getvalue()


def pieces_of(file: BinaryIO | TextIO, name: str, size: int = _CHUNK) -> Iterator[bytes]:
    """The bytes of *file* in pieces of about *size* at most, decompressed when they are gzip."""
    chunks = _chunks(file, size)
    head = b""
    while len(head) < len(_GZIP) and (chunk := next(chunks, b"")):
        head += chunk
    return _gunzipped(head, chunks, name, size) if head.startswith(_GZIP) else _chained(head, chunks)


def _chunks(file: BinaryIO | TextIO, size: int) -> Iterator[bytes]:
    while chunk := file.read(size):
        yield chunk.encode() if isinstance(chunk, str) else chunk


def _chained(head: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
    yield head
    yield from chunks


def _gunzipped(head: bytes, chunks: Iterator[bytes], name: str, size: int) -> Iterator[bytes]:
    """
    The bytes in all gzip members that follow each other, in bounded pieces.

    As the gzip command does, NULs behind the last member are padding.
    """
    member, rest = zlib.decompressobj(_WITH_GZIP_HEADER), head
    try:
        while rest or (rest := next(chunks, b"")):
            if member.eof:
                rest = rest.lstrip(b"\0")
                if not rest:
                    continue
                member = zlib.decompressobj(_WITH_GZIP_HEADER)
            yield member.decompress(rest, size)
            rest = member.unused_data if member.eof else member.unconsumed_tail
    except zlib.error as error:
        raise DataError(name, "", "readable gzip data", str(error), _DAMAGED) from error
    if not member.eof:
        raise DataError(name, "", "readable gzip data", "an end before its end", _DAMAGED)
