"""
A batch prediction's files: one gzip of lines per input file, and the manifest that says which belongs to which.

A result has a line per record of its input, in the input's order; a record that could not be read has an empty line, so
both files can be joined line by line. Lines are packed as they come, into one file beside the results; when the last
one is there, the results are cut out of it. So what fails or is killed on the way has written nothing, and no more
memory is taken however many records there are. The bytes depend on the records alone, not on how their lines come.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from amlwrap.documents import predictions as layout
from amlwrap.local.score.batch_lines import Lines
from amlwrap.objects import ObjectStore
from amlwrap.objects._files import full_disk

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["write_results"]

_GZIP_LEVEL: Final = 1  # scores hardly compress further; level 6 takes eight times as long to save five per cent
_PACKED_AT_ONCE: Final = 1 << 18  # always as many bytes, or what is packed could show how they came
_COPIED_AT_ONCE: Final = 1 << 20


def write_results(
    store: ObjectStore,
    output_uri: str,
    batch_id: str,
    uris: Sequence[str],
    lines: Iterable[Lines],
    *,
    columns: Sequence[str],
    scratch: Path,
) -> None:
    """
    Write all results of a batch prediction, then its manifest: when that is there, everything is.

    Args:
        store: Takes the files.
        output_uri: The directory asked for.
        batch_id: Of the batch prediction.
        uris: Input files, each of which gets a result.
        lines: Of all of them, file by file in the order of *uris*, any number of times for each.
        columns: The header's.
        scratch: A folder for the time being.

    Raises:
        ConfigError: *output_uri* is no S3 directory, or two files would have the same result.
    """
    manifest = layout.Manifest.plan(output_uri, batch_id, uris)
    header = f"{layout.render_columns(columns)}\n".encode()
    with full_disk(output_uri), (scratch / "results").open("w+b") as packed:
        sizes = _pack(packed, uris, header, lines)
        packed.seek(0)
        for uri, size in sizes.items():
            with store.writer(manifest.results[uri]) as file:
                for start in range(0, size, _COPIED_AT_ONCE):
                    file.write(packed.read(min(_COPIED_AT_ONCE, size - start)))
    store.put_bytes(layout.manifest_uri(output_uri, batch_id), manifest.render().encode())


def _pack(packed: BinaryIO, uris: Sequence[str], header: bytes, lines: Iterable[Lines]) -> Mapping[str, int]:
    """One result behind the other; gives the size of each."""
    sizes: dict[str, int] = {}
    coming = iter(lines)
    uri, text = next(coming, ("", b""))
    for name in uris:
        start = packed.tell()
        with _zipped(packed) as result:
            result.write(header)
            while uri == name:
                result.write(text)
                uri, text = next(coming, ("", b""))
        sizes[name] = packed.tell() - start
    assert not uri, f"lines of {uri} out of turn"
    return sizes


@contextmanager
def _zipped(file: BinaryIO) -> Generator[_Even]:
    """A gzip member at the end of *file*, without name and time."""
    with gzip.GzipFile("", "wb", _GZIP_LEVEL, file, mtime=0) as zipped:
        even = _Even(zipped)
        yield even
        even.flush()


class _Even:
    """Hands bytes on in blocks of one size."""

    def __init__(self, file: gzip.GzipFile) -> None:
        self._file = file
        self._waiting = bytearray()

    def write(self, data: bytes) -> None:
        self._waiting += data
        for block in self._full():
            self._file.write(block)

    def _full(self) -> Iterator[bytes]:
        end = len(self._waiting) // _PACKED_AT_ONCE * _PACKED_AT_ONCE
        if not end:
            return
        ready, self._waiting = bytes(self._waiting[:end]), self._waiting[end:]
        for start in range(0, end, _PACKED_AT_ONCE):
            yield ready[start : start + _PACKED_AT_ONCE]

    def flush(self) -> None:
        self._file.write(bytes(self._waiting))
