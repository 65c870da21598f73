"""
A batch prediction's files: one gzip of lines per input file, and the manifest that says which belongs to which.

A result has a line per record of its input, in the input's order; a record that could not be read has an empty line, so
both files can be joined line by line. Lines are made a block of rows at a time, from cells of characters (see
`number_format`), and text columns are put before them by polars. The bytes depend on the arguments alone.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO, Final, cast

import attrs
import numpy as np
import polars as pl
from numpy.typing import NDArray

from amlwrap.documents import predictions as layout
from amlwrap.local.score.number_format import CELL_WIDTH, cells, lines_of, text_of
from amlwrap.objects import ObjectStore

__all__ = ["BatchPart", "BatchRows", "write_results"]

_VALUES_PER_BLOCK: Final = 1 << 19
_GZIP_LEVEL: Final = 1  # scores hardly compress further; level 6 takes eight times as long to save five per cent
_COMMA, _NEWLINE = ord(","), ord("\n")


@attrs.frozen
class BatchPart:
    """
    One input file of a batch prediction.

    Attributes:
        uri: Where it lies.
        n_records: Records in it, the unreadable ones too.
    """

    uri: str
    n_records: int


@attrs.frozen(eq=False)
class BatchRows:
    """
    What is known of each readable record, in the order of the input.

    Attributes:
        positions: Which record it is, counted from 0 through all parts, ascending, shape ``(n_rows,)``.
        scores: Shape ``(n_rows, n_classes)`` of a MULTICLASS model, ``(n_rows,)`` or ``(n_rows, 1)`` otherwise.
        labels: Of a BINARY model: 0 or 1, shape ``(n_rows,)``.
        tags: Raw values of the row id, when the schema names one.
        true_labels: Raw values of the target, when the schema names one; null is written as nothing.
    """

    positions: NDArray[np.integer[Any]]
    scores: NDArray[np.float32]
    labels: NDArray[np.integer[Any]] | None = None
    tags: pl.Series | None = None
    true_labels: pl.Series | None = None

    def between(self, first: int, end: int) -> BatchRows:
        """The rows of records *first* to *end*, that one excluded, with positions counted from *first*."""
        start, stop = np.searchsorted(self.positions, (first, end)).tolist()
        return BatchRows(
            self.positions[start:stop] - first,
            self.scores[start:stop],
            None if self.labels is None else self.labels[start:stop],
            None if self.tags is None else self.tags[start:stop],
            None if self.true_labels is None else self.true_labels[start:stop],
        )


def write_results(
    store: ObjectStore,
    output_uri: str,
    batch_id: str,
    parts: Sequence[BatchPart],
    rows: BatchRows,
    *,
    model_type: layout.ModelType,
    classes: Sequence[str] = (),
) -> None:
    """
    Write all results of a batch prediction, then its manifest: when that is there, everything is.

    Args:
        store: Takes the files.
        output_uri: The directory asked for.
        batch_id: Of the batch prediction.
        parts: Input files, in the order in which `BatchRows.positions` counts their records.
        rows: What to write.
        model_type: Of the model that predicted.
        classes: Of a MULTICLASS model, in the order of the scores' columns.

    Raises:
        ConfigError: *output_uri* is no S3 directory, or two parts would have the same result.
    """
    manifest = layout.Manifest.plan(output_uri, batch_id, [part.uri for part in parts])
    names = layout.columns(model_type, classes, row_id=rows.tags is not None, target=rows.true_labels is not None)
    first = 0
    for part in parts:
        with store.writer(manifest.results[part.uri]) as file:
            _write_part(file, layout.render_columns(names), rows, first, first + part.n_records)
        first += part.n_records
    store.put_bytes(layout.manifest_uri(output_uri, batch_id), manifest.render().encode())


def _write_part(file: BinaryIO, header: str, rows: BatchRows, first: int, end: int) -> None:
    """One result: the header, then the lines of records *first* to *end*."""
    with gzip.GzipFile("", "wb", _GZIP_LEVEL, file, mtime=0) as zipped:
        zipped.write(f"{header}\n".encode())
        for start, stop in _blocks(first, end, rows.scores):
            zipped.write(_lines(rows.between(start, stop), stop - start).encode())


def _blocks(first: int, end: int, scores: NDArray[np.float32]) -> Iterator[tuple[int, int]]:
    """Ranges of records whose scores are few enough to be spelled at once."""
    step = max(1, _VALUES_PER_BLOCK // max(1, scores[:1].size))
    return ((start, min(start + step, end)) for start in range(first, end, step))


def _lines(rows: BatchRows, n_records: int) -> str:
    """The lines of *n_records* records, of which *rows* are the readable ones; each ends in a newline."""
    own = _own_columns(rows, n_records)
    texts = [_quoted(series) + "," for series in (rows.tags, rows.true_labels) if series is not None]
    if not texts:
        return own
    prefixes = pl.select(pl.concat_str(texts)).to_series()
    return _text(_spread(prefixes, rows.positions, n_records) + lines_of(own))


def _own_columns(rows: BatchRows, n_records: int) -> str:
    """What the model says, as lines: its label if it gives one, and its scores; nothing for an unreadable record."""
    spelled = cells(rows.scores if rows.scores.ndim == 2 else rows.scores[:, None])
    spelled[..., -1] = _COMMA
    block = spelled.reshape(len(spelled), spelled.shape[1] * CELL_WIDTH)
    if rows.labels is not None:
        digits = (rows.labels + ord("0")).astype(np.uint8)
        block = np.column_stack([digits, np.full_like(digits, _COMMA), block])
    lines = np.zeros((n_records, block.shape[1]), np.uint8)
    lines[rows.positions] = block
    lines[:, -1] = _NEWLINE
    return text_of(lines)


def _quoted(values: pl.Series) -> pl.Series:
    """Fields of CSV: in quotes where a comma, a quote or a line end would be misread; nothing for null."""
    texts = values.cast(pl.String).fill_null("")
    risky = texts.str.contains('[",\r\n]')
    if not risky.any():
        return texts
    return ('"' + texts.str.replace_all('"', '""', literal=True) + '"').zip_with(risky, texts)


def _spread(values: pl.Series, positions: NDArray[np.integer[Any]], n_records: int) -> pl.Series:
    """*values* at their *positions* among *n_records*, and nothing between."""
    if len(values) == n_records:
        return values
    sources = np.full(n_records, len(values))
    sources[positions] = np.arange(len(values))
    return pl.concat([values, pl.Series([""])]).gather(sources)


def _text(lines: pl.Series) -> str:
    return cast("str", (lines + "\n").str.join("").item())
