"""Files as runs of whole lines: byte order mark dropped, header checked, bytes counted."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from typing import BinaryIO

import attrs

from amlwrap.exceptions import DataError
from amlwrap.local.ingest.records import MAX_RECORD_BYTES
from amlwrap.objects import ObjectInfo, ObjectStore

_BOM = b"\xef\xbb\xbf"
_SHOWN = 64  # the longest name there can be
_ENDLESS = "no line end for a long while"


@attrs.frozen
class Run:
    """
    Some whole lines of a file; the last one may lack its end.

    Attributes:
        data: The lines. Of a line too large to be a record, no more than shows that it is.
        offset: Of the first byte in the file.
        n_skipped: Lines right before it that hold no data: blank ones and the header.
    """

    data: bytes
    offset: int
    n_skipped: int = 0


def runs(
    store: ObjectStore,
    info: ObjectInfo,
    names: Sequence[str] | None,
    n_bytes: int,
    record_bytes: int = MAX_RECORD_BYTES,
) -> Iterator[Run]:
    """
    Yield the file's lines, below the header if there is one, about *n_bytes* at a time.

    Args:
        names: What the header must say; None when the file has none.
        record_bytes: The longest line that can be a record.

    Raises:
        DataError: The bytes are not lines of plain text, the header says something else, or the file changed meanwhile.
    """
    offset = n_skipped = 0
    with store.open(info.uri) as file:
        for data, size in _blocks(file, n_bytes, record_bytes):
            skipped = _skip_start(info, data, names) if offset == 0 else 0
            if skipped < len(data):
                yield Run(data[skipped:], offset + skipped, n_skipped + data.count(b"\n", 0, skipped))
            n_skipped = 0 if skipped < len(data) else n_skipped + data.count(b"\n")
            offset += size
    if offset != info.size:
        raise DataError(info.uri, "", f"{info.size} bytes", f"{offset}", "It changed while it was read; try again.")


def _blocks(file: BinaryIO, n_bytes: int, record_bytes: int) -> Iterator[tuple[bytes, int]]:
    """Blocks that end where a line does, and how many bytes of the file each stands for."""
    while data := file.read(n_bytes):
        dropped = 0
        if not data.endswith(b"\n"):
            rest = file.readline(record_bytes + 2)
            data = b"".join((data, rest))  # lets other threads run meanwhile
            while rest and not rest.endswith(b"\n"):
                rest = file.readline(n_bytes)
                dropped += len(rest)
        yield data, len(data) + dropped


def _skip_start(info: ObjectInfo, data: bytes, names: Sequence[str] | None) -> int:
    """How many bytes stand before the first line of data, after checking that the file can be read at all."""
    _check_plain(info.uri, data, info.size)
    start = len(_BOM) if data.startswith(_BOM) else 0
    if names is None:
        return start
    start = len(data) - len(data[start:].lstrip(b"\r\n"))
    if start == len(data):
        return start
    stop = data.find(b"\n", start) + 1 or len(data)
    _check_header(info.uri, data.count(b"\n", 0, start) + 1, data[start:stop], names)
    return stop


def _check_plain(uri: str, data: bytes, n_bytes: int) -> None:
    if uri.endswith(".gz") or data.startswith(b"\x1f\x8b"):
        remedy = (
            "The service reads no compressed files: unpack it, or give its local path, which is unpacked on the way."
        )
        raise DataError(uri, "", "plain text", "gzip", remedy)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise DataError(uri, "byte 0", "UTF-8 text", "UTF-16", "Save it as UTF-8.")
    if data.find(b"\n") in {-1, n_bytes - 1} and b"\r" in data.rstrip(b"\r\n"):
        remedy = "Files with the line ends of the old Mac cannot be read: convert them."
        raise DataError(uri, "", "lines that end in LF or CR LF", "lines that end in CR alone", remedy)


def _check_header(uri: str, line: int, header: bytes, expected: Sequence[str]) -> None:
    """
    Compare a header with the names of the schema.

    Raises:
        DataError: They differ; it names the first column in which they do.
    """
    text = header.decode(errors="replace").rstrip("\r\n")
    if "\r" in text or len(header) > _most_bytes(expected):
        raise _no_header(uri, line, "CR alone" if "\r" in text else _ENDLESS)
    try:
        (found,) = ([name.strip() for name in names] for names in csv.reader([text]))
    except csv.Error as error:  # a field that is longer than any name
        raise _no_header(uri, line, _ENDLESS) from error
    if found == [name.strip() for name in expected]:
        return
    remedy = f"The header has {len(found)} columns, the schema {len(expected)} attributes; they bind in this order."
    place = next((i for i, (a, b) in enumerate(zip(found, expected, strict=False)) if a != b.strip()), None)
    if place is None:
        place = min(len(found), len(expected))
    wanted = f"column {expected[place]!r}" if place < len(expected) else "no further column"
    got = repr(found[place][:_SHOWN]) if place < len(found) else "the end of the line"
    if place < len(expected) and expected[place].strip() not in found:
        remedy = f"There is no column {expected[place]!r} at all. {remedy}"
    raise DataError(uri, f"line {line}, column {place + 1}", wanted, got, remedy)


def _most_bytes(names: Sequence[str]) -> int:
    """How long a header may be: a thousand names may be longer than a record, with every quote in them doubled."""
    return max(MAX_RECORD_BYTES, sum(2 * len(name.encode()) + len('"",') for name in names) + len("\r\n"))


def _no_header(uri: str, line: int, found: str) -> DataError:
    return DataError(uri, f"line {line}", "a header that ends in LF or CR LF", found)
