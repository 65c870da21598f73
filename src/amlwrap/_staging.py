"""Local data to where jobs can read it: files named by their content, so what is there already is not sent again."""

from __future__ import annotations

import csv
import errno
import gzip
import hashlib
import os
import re
import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast
from zlib import error as ZlibError  # noqa: N812 - zlib's name for it is a bare "error"

import attrs

from amlwrap._calls import SystemClock
from amlwrap._formats import other_encoding, other_format
from amlwrap._samples import MAX_RECORD
from amlwrap._tables import is_table, write_table
from amlwrap._uploading import say_there, uploading
from amlwrap.documents import Schema
from amlwrap.documents._parsing import MAX_CHARS
from amlwrap.exceptions import ConfigError, DataError
from amlwrap.objects import ObjectStore, find_files, named_file, opened, split_uri
from amlwrap.typing import Clock, Data, ProgressSetting

__all__ = ["Prepared", "Staging"]

_BLOCK = 1 << 20
_GZIP_MAGIC = b"\x1f\x8b"
_DEFAULT_NAME = "data.csv"
_MOST_SCHEMA = 4 * MAX_CHARS + 4

UNPACKED_LIMIT = 8 << 30
"""The most bytes that come out of a compressed file: a small one may hold more than any disk."""


@attrs.frozen
class Prepared:
    """
    Data as one CSV: a file on this machine, or objects that are staged already.

    Attributes:
        name: Of the object it becomes.
        source: What its owner calls it, for errors.
        named: Whether it was a table, whose columns have names: they are in line 1.
        schema_place: Where a schema may lie beside it, a path or URI; empty where it lies nowhere itself.
    """

    name: str
    source: str
    store: Callable[[], ObjectStore] = attrs.field(repr=False)
    path: Path | None = None
    uri: str | None = None
    named: bool = False
    schema_place: str = ""

    @property
    def header(self) -> bool | None:
        """Whether line 1 holds names, as far as is known without a look at it."""
        return True if self.named else None

    def schema_beside(self) -> bytes | None:
        """What lies where the service's console looks for a schema: ``data.csv.schema``, or ``.schema`` in a folder."""
        if self.uri is None:
            path = Path(self.schema_place)
            return path.read_bytes() if self.schema_place and path.is_file() else None
        try:
            with self.store().open(self.schema_place) as file:
                return file.read(_MOST_SCHEMA)
        except DataError:  # who may not list a bucket is not told that there is none
            return None

    @contextmanager
    def opened(self) -> Generator[BinaryIO, None, None]:
        """The bytes from their beginning; for a location with several objects, those of the first."""
        if self.path is not None:
            with self.path.open("rb") as file:
                yield file
        else:
            with self.store().open(self._first_uri()) as file:
                yield file

    def inferred(self, target: str | None, **known: Any) -> Schema:
        """
        What the data suggest, as of `Schema.infer`.

        Raises:
            DataError: They cannot be read; the error calls them what their owner does, not what the copy is called.
        """
        if self.path is None:
            with self.opened() as file:
                return Schema.infer(file, target=target, header=self.header, **known)
        try:
            return Schema.infer(self.path, target=target, header=self.header, **known)
        except DataError as error:
            error.source = self.source if error.source == str(self.path) else error.source
            raise

    def first_fields(self) -> list[str]:
        """The fields of line 1."""
        with self.opened() as file:
            line = file.readline(MAX_RECORD + 2)
        if not line.strip():
            raise DataError(self.source, "line 1", "column names or values", "an empty line")
        if (other := other_format(line)) is not None:
            raise DataError(self.source, "", "a CSV", *other)
        try:
            text = line.decode("utf-8-sig").rstrip("\r\n")
        except UnicodeDecodeError as error:
            found = f"byte {line[error.start]:#04x}"
            raise DataError(self.source, "line 1", "UTF-8 text", found, other_encoding(line)) from error
        if len(line) > MAX_RECORD + 1:
            raise DataError(self.source, "line 1", f"a line of at most {MAX_RECORD:,} bytes", "a longer one")
        if "\r" in text:
            raise DataError(self.source, "line 1", "lines that end in LF or CR LF", "CR alone")
        return next(csv.reader([text]))

    def _first_uri(self) -> str:
        uri = str(self.uri)
        if split_uri(uri)[1] and not uri.endswith("/"):
            return uri
        return find_files(self.store(), uri)[0].uri


@attrs.frozen
class Staging:
    """
    Where local data goes.

    Attributes:
        location: The ``s3://`` prefix, ending in a slash; ``None`` when nobody named one.
        progress: Where uploads that take a while are shown.
    """

    location: str | None
    store: Callable[[], ObjectStore] = attrs.field(repr=False, eq=False)
    progress: ProgressSetting = attrs.field(default=False, repr=False, eq=False)
    clock: Clock = attrs.field(factory=SystemClock, repr=False, eq=False)

    @contextmanager
    def prepare(self, data: Data) -> Generator[Prepared, None, None]:
        """
        *data* as one CSV, without sending it anywhere yet.

        Raises:
            DataError: It cannot be read, is empty, or holds what the service's CSV cannot.
        """
        if isinstance(data, str) and data.startswith("s3://"):
            place = f"{data}.schema" if "/" in data.removeprefix("s3://") else f"{data}/.schema"
            yield Prepared(data, data, self.store, uri=data, schema_place=place)
            return
        with tempfile.TemporaryDirectory(prefix="amlwrap-") as folder:
            path = _as_file(data, Path(folder))
            source = _called(data) or path.name
            if path.stat().st_size == 0:
                raise DataError(source, "", "rows", "an empty file")
            name, place = _key_name(path.name), _called(data) and f"{_called(data)}.schema"
            yield Prepared(name, source, self.store, path=path, named=_is_named(data), schema_place=place)

    def upload(self, prepared: Prepared) -> str:
        """
        The URI of what was prepared, sent only if its content is not there.

        It is there as a whole or not at all, whatever breaks it off.

        Raises:
            ConfigError: There is no staging location.
        """
        if prepared.path is None:
            return str(prepared.uri)
        location = self.require("local data has to be copied to S3 first")
        with prepared.path.open("rb", buffering=0) as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        uri = f"{location}{digest[:32]}/{prepared.name}"
        there, n_bytes = self.store().head(uri), prepared.path.stat().st_size
        if there is not None and there.size == n_bytes:
            say_there(uri, prepared.name, n_bytes, self.progress)
            return uri
        with uploading(uri, prepared.name, n_bytes, self.progress, self.clock) as upload:
            self.store().put_file(uri, prepared.path, upload.sent)
        return uri

    def stage(self, data: Data) -> str:
        """The URI under which jobs can read *data*."""
        with self.prepare(data) as prepared:
            return self.upload(prepared)

    def require(self, reason: str) -> str:
        """The location, ending in a slash."""
        if self.location is None:
            remedy = f'Pass connect(staging="s3://BUCKET/PREFIX/") or set AMLWRAP_STAGING: {reason}.'
            raise ConfigError("staging", "none", "an s3:// location you may write to", remedy)
        return self.location


def normalised(location: str | None) -> str | None:
    """*location* ending in one slash, or an error when it is no ``s3://`` location."""
    if location is None:
        return None
    if not re.fullmatch(r"s3://[^/]+(/.*)?", location):
        raise ConfigError("staging", repr(location), 'a location such as "s3://BUCKET/PREFIX/"')
    return location.rstrip("/") + "/"


def _is_named(data: object) -> bool:
    """Whether *data* is a table; an open file gives line after line, but those are none of a table."""
    return not hasattr(data, "read") and is_table(data)


def _called(data: object) -> str:
    """What its owner calls *data*, if that is a path."""
    return os.fspath(cast("str | os.PathLike[str]", data)) if isinstance(data, str | os.PathLike) else ""


def _as_file(data: Data, folder: Path) -> Path:
    path_like: object = data
    if isinstance(path_like, str | os.PathLike):
        return _plain(named_file(data), folder)
    if isinstance(path_like, bytes | bytearray | memoryview):
        path = folder / _DEFAULT_NAME
        with _room():
            path.write_bytes(data)
        return _plain(path, folder)
    if hasattr(data, "read"):
        return _plain(_copied(data, folder), folder)
    if is_table(data):
        path = folder / _DEFAULT_NAME
        with _room(), path.open("wb") as file:
            write_table(data, file)
        return path
    expected = "a path, s3:// URI, table, (array, names), bytes, file object or mappings"
    raise DataError("data", "", expected, type(data).__name__)


def _copied(source: Any, folder: Path) -> Path:
    """What a file object, binary or text, still has to say, in a file."""
    name = getattr(source, "name", None)
    path = folder / (Path(name).name if isinstance(name, str) and Path(name).name else _DEFAULT_NAME)
    with _room(), path.open("wb") as file:
        while block := _read(source):
            file.write(block)
    unpacked = path.suffix == ".gz" and not _is_zipped(path)  # by whoever opened it, as gzip.open does
    return path.rename(path.with_suffix("")) if unpacked else path


def _read(source: Any) -> bytes:
    try:
        block = source.read(_BLOCK)
        return block.encode() if isinstance(block, str) else block
    except ValueError as error:  # among them: closed, open for writing only, not UTF-8
        raise DataError(repr(source), "", "an open file that can be read", str(error)) from error


def _plain(path: Path, folder: Path) -> Path:
    """*path* itself, or the file inside it when it is gzip."""
    if not _is_zipped(path):
        if path.suffix == ".gz" and path.stat().st_size:
            raise DataError(str(path), "byte 0", "gzip data, as the name says", "something else")
        return path
    name = path.name.removesuffix(".gz")
    unzipped = folder / (name if name != path.name else f"{name}.csv")
    try:
        with gzip.open(path) as source, _room(), unzipped.open("wb") as target:
            _unpack(source, target, str(path))
    except (gzip.BadGzipFile, EOFError, ZlibError) as error:
        raise DataError(str(path), "", "readable gzip data", str(error)) from error
    return unzipped


def _is_zipped(path: Path) -> bool:
    with opened(path) as file:
        return file.read(2) == _GZIP_MAGIC


def _unpack(source: gzip.GzipFile, target: BinaryIO, name: str) -> None:
    n_bytes = 0
    while block := source.read(_BLOCK):
        n_bytes += len(block)
        if n_bytes > UNPACKED_LIMIT:
            remedy = "If it is to be trusted, unpack it yourself and give the plain file."
            raise DataError(name, "", f"at most {UNPACKED_LIMIT:,} bytes when decompressed", "more", remedy)
        target.write(block)


def _key_name(name: str) -> str:
    """
    A file's name as the last part of a key, without what keys and the service's own file names do not like.

    >>> _key_name("Zahlen 2026: März.csv")
    'Zahlen_2026_M_rz.csv'
    """
    kept = re.sub(r"[^A-Za-z0-9._-]+", "_", name).lstrip(".")
    return kept[-100:] or _DEFAULT_NAME


@contextmanager
def _room() -> Generator[None, None, None]:
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise
        place = tempfile.gettempdir()
        raise DataError(place, "", "room for a copy of the data", "a full disk", "Set TMPDIR to another.") from error
