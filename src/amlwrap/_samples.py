"""A sample of data of any make: which values each column holds, and how often, without reading all of it."""

from __future__ import annotations

import csv
import gzip
import io
import os
import zlib
from collections import Counter
from collections.abc import Sequence
from typing import Any, BinaryIO, cast

import attrs

from amlwrap._formats import other_encoding, other_format
from amlwrap._sample_tables import sample_table
from amlwrap.exceptions import DataError
from amlwrap.objects import named_file, opened

__all__ = ["MAX_RECORD", "Sample", "take_sample"]

MAX_RECORD = 102_400
"""Longest record the service takes, in bytes."""

_N_HEAD = 1_001  # a header and 1,000 records
_HEAD_BYTES = 1 << 22
_N_BLOCKS = 16
_BLOCK_BYTES = 1 << 15
_STREAM_BYTES = 1 << 23
_GZIP_MAGIC = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"


@attrs.frozen
class Sample:
    """
    What some rows of the data hold.

    Attributes:
        source: What the data is called in messages.
        columns: For each column its values as a CSV would have them, and how many of the sampled rows hold each.
        names: The columns' names; None where they may stand in *first*, or nowhere.
        first: The fields of line 1, which are counted in *columns* too; empty for data with *names*.
        n_rows: How many rows were sampled.
        whole: Whether there are no others.
    """

    source: str
    columns: Sequence[Counter[str]] = attrs.field(repr=False)
    names: tuple[str, ...] | None
    first: tuple[str, ...]
    n_rows: int
    whole: bool


def take_sample(source: Any) -> Sample:
    r"""
    A sample of *source*: its first 1,000 records and, where it can be read anywhere, some spread evenly over the rest.

    Args:
        source: Path of a CSV (also gzipped), CSV bytes, an open file (put back where it stood if it is seekable), or a
            table: pandas, polars, Arrow, ``(array, names)``, a list of mappings.

    Raises:
        DataError: It cannot be read by the service's rules; what and where is named.

    >>> sample = take_sample(b"age,y\n31,1\n44,0\n31,0\n")
    >>> sample.first, sample.columns[0]["31"], sample.whole
    (('age', 'y'), 2, True)
    """
    if isinstance(source, str | os.PathLike):
        return _sample_path(os.fspath(cast("str | os.PathLike[str]", source)))
    if isinstance(source, bytes | bytearray):
        return _sample_bytes(io.BytesIO(source), "bytes")
    if hasattr(source, "read"):
        return _sample_open(source)
    name, names, columns, n_rows, whole = sample_table(source)
    return Sample(name, columns, names, (), n_rows, whole)


def _sample_path(path: str) -> Sample:
    if path.startswith("s3://"):
        raise DataError(path, "", "a file on this machine", "an S3 location", "Open the object and pass it as a file.")
    with opened(named_file(path)) as file:
        return _sample_bytes(file, path, is_called_zipped=path.endswith(".gz"))


def _sample_open(file: Any) -> Sample:
    name = getattr(file, "name", None)
    source = name if isinstance(name, str) else f"<{type(file).__name__}>"
    seekable = bool(getattr(file, "seekable", bool)())
    position = file.tell() if seekable else None
    try:
        if seekable and isinstance(file.read(0), bytes):
            return _sample_bytes(file, source)
        content = file.read(_STREAM_BYTES)
        whole = len(content) < _STREAM_BYTES
        if isinstance(content, str):
            content = content.encode(errors="surrogatepass")  # what is no UTF-8 is named when its line is read
        return _sample_bytes(io.BytesIO(content), source, whole=whole)
    finally:
        if position is not None:
            file.seek(position)


def _sample_bytes(file: BinaryIO, source: str, *, whole: bool = True, is_called_zipped: bool = False) -> Sample:
    """
    A sample of what *file* holds from where it stands; not *whole* if that is the beginning of something longer.

    The name of an open file promises nothing: `gzip.open` unpacks, and its file is called as the packed one.
    """
    start = file.tell()
    head = file.read(8)
    file.seek(start)
    zipped = head.startswith(_GZIP_MAGIC)
    if (other := other_format(head)) is not None:
        raise DataError(source, "", "a CSV", *other)
    if zipped:
        content = _unzipped(file, source, whole=whole)
        whole, start, file = whole and len(content) < _STREAM_BYTES, 0, io.BytesIO(content)
    elif is_called_zipped and file.seek(0, io.SEEK_END) > start:
        raise DataError(source, "byte 0", "gzip data, as the name says", "something else")
    end = file.seek(0, io.SEEK_END)
    if not whole:  # the last line may be cut
        file.seek(max(start, end - MAX_RECORD))
        end -= len(file.read().rpartition(b"\n")[2])
    return _Reader(file, source, start, end, whole).sample()


def _unzipped(file: BinaryIO, source: str, *, whole: bool) -> bytes:
    """The first `_STREAM_BYTES` of the content of gzipped *file*."""
    content = bytearray()
    try:
        with gzip.GzipFile(fileobj=file, mode="rb") as unzipping:
            while len(content) < _STREAM_BYTES and (block := unzipping.read1(_STREAM_BYTES - len(content))):
                content += block
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        if whole or not isinstance(error, EOFError):
            raise DataError(source, "", "gzip data that can be read", str(error)) from error
    return bytes(content)


@attrs.define
class _Reader:
    """One CSV that can be read anywhere from *start* to *end*."""

    file: BinaryIO
    source: str
    start: int
    end: int
    whole: bool
    rows: list[list[str]] = attrs.field(factory=list[list[str]])

    def sample(self) -> Sample:
        """The first lines, then everything if that is little, else blocks from all over the rest, its end included."""
        position = self._take(self.start, _HEAD_BYTES, n_lines=_N_HEAD)
        if self.end - position <= _N_BLOCKS * _BLOCK_BYTES:
            self._take(position, self.end - position)
        else:
            self.whole = False
            room = self.end - position - _BLOCK_BYTES
            for block in range(_N_BLOCKS):
                self._take(position + room * block // (_N_BLOCKS - 1), _BLOCK_BYTES, within=block > 0)
        if not self.rows:
            raise DataError(self.source, "", "records", "an empty file" if self.start == self.end else "empty lines")
        columns = [Counter(column) for column in zip(*self.rows, strict=True)]
        return Sample(self.source, columns, None, tuple(self.rows[0]), len(self.rows), self.whole)

    def _take(self, position: int, n_bytes: int, *, n_lines: int = -1, within: bool = False) -> int:
        """
        Keep the rows of the lines that lie within *n_bytes* from *position*; the place after the last one.

        Args:
            n_lines: The most lines to take; -1 for all.
            within: *position* is anywhere in a line, which is passed over unless it begins right there.
        """
        self.file.seek(position - within)
        block = self.file.read(max(0, min(n_bytes, self.end - position)) + within)
        at_end = position - within + len(block) >= self.end
        if within:
            passed, _, block = block.partition(b"\n")
            position += len(passed)
        lines = block.split(b"\n", n_lines)
        if len(lines) > n_lines > 0 or not at_end:
            lines.pop()
        if not lines and n_lines > 0:
            raise self._too_long(position, f"more than {n_bytes:,}")
        for line in lines:
            self._keep(line, position)
            position += len(line) + 1
        return position

    def _keep(self, line: bytes, position: int) -> None:
        if position == 0:
            line = line.removeprefix(_BOM)
        line = line.removesuffix(b"\r")
        if not line:
            return
        if not self.rows and b"\r" in line:
            raise self._wrong(position, "lines that end in LF or CR LF", "CR alone")
        if len(line) > MAX_RECORD:
            raise self._too_long(position, f"{len(line):,}")
        fields = self._fields(line, position)
        if self.rows and len(fields) != len(self.rows[0]):
            n_expected = len(self.rows[0])
            expected = f"{n_expected} value{'s' if n_expected > 1 else ''}, as in the first line"
            raise self._wrong(position, expected, str(len(fields)))
        self.rows.append(fields)

    def _fields(self, line: bytes, position: int) -> list[str]:
        try:
            text = line.decode()
        except UnicodeDecodeError as error:
            found = f"byte {line[error.start]:#04x} at place {error.start + 1} of the line"
            raise self._wrong(position, "UTF-8 text", found, other_encoding(line)) from error
        n_quotes = text.count('"')
        if not n_quotes:
            return text.split(",")
        if n_quotes % 2:
            remedy = "The service knows no line break inside a value, not even a quoted one."
            raise self._wrong(position, "an even number of double quotes", str(n_quotes), remedy)
        try:
            return next(csv.reader([text], strict=True))
        except csv.Error as error:
            expected = "a quoted value to end at a comma or at the end of the line"
            raise self._wrong(position, expected, str(error)) from error

    def _too_long(self, position: int, found: str) -> DataError:
        return self._wrong(position, f"a record of at most {MAX_RECORD:,} bytes", found)

    def _wrong(self, position: int, expected: str, found: str, remedy: str = "") -> DataError:
        """An error about the line at *position*, whose number is found only now."""
        self.file.seek(self.start)
        n_lines, left = 1, position - self.start
        while left > 0 and (block := self.file.read(min(left, _HEAD_BYTES))):
            n_lines += block.count(b"\n")
            left -= len(block)
        return DataError(self.source, f"line {n_lines:,}", expected, found, remedy)
