"""
A batch prediction's files: one gzip of lines per input file, and the manifest that says which belongs to which.

A result has a line per record of its input, in the input's order; a record that could not be read has an empty line, so
both files can be joined line by line. Lines are packed as they come, into one file beside the results; when the last
one is there, the results are cut out of it. So what fails or is killed on the way has written nothing, and no more
memory is taken however many records there are. The bytes depend on the records alone, not on how their lines come.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, groupby
from operator import itemgetter
from pathlib import Path
from typing import BinaryIO, Final

from amlwrap.documents import predictions as layout
from amlwrap.local.score.batch_lines import Lines
from amlwrap.local.score.packing import gzipped
from amlwrap.objects import ObjectStore
from amlwrap.objects._files import full_disk

__all__ = ["write_results"]

_COPIED_AT_ONCE: Final = 1 << 18  # more than that in one go took ten times as long


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
    nothing: tuple[str, Iterable[Lines]] = ("", ())
    sizes: dict[str, int] = {}
    groups = groupby(lines, itemgetter(0))
    uri, own = next(groups, nothing)
    for name in uris:
        start = packed.tell()
        texts = (text for _, text in own) if uri == name else ()
        packed.writelines(gzipped(chain((header,), texts)))
        sizes[name] = packed.tell() - start
        if uri == name:
            uri, own = next(groups, nothing)
    assert not uri, f"lines of {uri} out of turn"
    return sizes
