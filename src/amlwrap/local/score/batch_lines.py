"""
Records of a batch prediction as lines, unreadable ones as empty lines.

Lines are made some rows at a time, as a block of characters: cells of text and cells of numbers (see `number_format`),
all of them empty where a record could not be read. They depend on the records alone, in whatever company these come.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, TypeAlias

import attrs
import numpy as np
import polars as pl
from numpy.typing import NDArray

from amlwrap.local.score.number_format import CELL_WIDTH, PAD, cells, text_of

__all__ = ["BatchPart", "BatchRows", "Lines", "lines_of_parts"]

_COMMA, _NEWLINE, _ZERO = b",\n0"
_RISKY: Final = (b",", b'"', b"\r", b"\n")
_MOST_BYTES: Final = 1 << 24  # of a block

Lines: TypeAlias = tuple[str, bytes]
"""The URI of an input file, and the lines of some of its records."""


@attrs.frozen
class BatchPart:
    """
    Some records of one input file.

    Attributes:
        uri: Where it lies.
        n_records: How many they are, the unreadable ones too.
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


def lines_of_parts(parts: Iterable[BatchPart], rows: BatchRows) -> Iterator[Lines]:
    """
    The lines of records that come from one file after another.

    Args:
        parts: In the order in which `BatchRows.positions` counts their records.
        rows: The readable ones.
    """
    first = 0
    for part in parts:
        if part.n_records:
            some = rows.between(first, first + part.n_records)
            yield from ((part.uri, lines) for lines in _lines(some, part.n_records))
        first += part.n_records


def _lines(rows: BatchRows, n_records: int) -> Iterator[bytes]:
    """The lines of *n_records* records, of which *rows* are the readable ones; each ends in a newline."""
    texts = [_Texts.of(series) for series in (rows.tags, rows.true_labels) if series is not None]
    scores = rows.scores if rows.scores.ndim == 2 else rows.scores[:, None]
    width = sum(text.width for text in texts) + 2 * (rows.labels is not None) + CELL_WIDTH * scores.shape[1]
    if n_records > 1 and n_records * width > _MOST_BYTES:  # a long text among many makes room for none
        half = n_records // 2
        yield from _lines(rows.between(0, half), half)
        yield from _lines(rows.between(half, n_records), n_records - half)
        return
    block = np.full((n_records, width), PAD, np.uint8)
    readable = block if len(rows.positions) == n_records else np.empty((len(rows.positions), width), np.uint8)
    _fill(readable, rows, texts)
    if readable is not block:
        block[rows.positions] = readable
    block[:, -1] = _NEWLINE
    yield text_of(block)


def _fill(block: NDArray[np.uint8], rows: BatchRows, texts: Sequence[_Texts]) -> None:
    """Put a row of cells into *block* for each of *rows*; what is to be the newline is a comma."""
    start = 0
    for text in texts:
        block[:, start : start + text.width] = text.cells()
        start += text.width
    if rows.labels is not None:
        block[:, start] = rows.labels
        block[:, start] += np.uint8(_ZERO)
        block[:, start + 1] = _COMMA
        start += 2
    spelled = cells(rows.scores)
    spelled[..., -1] = _COMMA
    block[:, start:] = spelled.reshape(len(block), block.shape[1] - start)


@attrs.frozen(eq=False)
class _Texts:
    """
    A column of text, as fields of CSV.

    Attributes:
        characters: Of all, one text behind the other.
        lengths: How many of them are each row's.
        width: Bytes of the longest, and of the comma behind it.
    """

    characters: bytes
    lengths: NDArray[Any]
    width: int

    @classmethod
    def of(cls, values: pl.Series) -> _Texts:
        """In quotes where a comma, a quote or a line end would be misread; nothing for null."""
        texts = values.fill_null("") if values.null_count() else values
        joined = _joined(texts)
        if any(code in joined for code in _RISKY):
            risky = texts.str.contains('[",\r\n]')
            texts = ('"' + texts.str.replace_all('"', '""', literal=True) + '"').zip_with(risky, texts)
            joined = _joined(texts)
        lengths = texts.str.len_bytes().to_numpy()
        return cls(joined, lengths, int(lengths.max(initial=0)) + 1)

    def cells(self) -> NDArray[np.uint8]:
        """A row of *width* bytes for each."""
        found, kind = np.full((len(self.lengths), self.width), PAD, np.uint8), np.min_scalar_type(self.width)
        characters = np.frombuffer(self.characters, np.uint8)
        if len(characters) == len(found) * (self.width - 1):  # all are as long, as row ids often are
            found[:, :-1] = characters.reshape(len(found), self.width - 1)
        else:
            found[np.arange(self.width, dtype=kind) < self.lengths.astype(kind)[:, None]] = characters
        found[:, -1] = _COMMA
        return found


def _joined(texts: pl.Series) -> bytes:
    joined: str = texts.str.join("").item()
    return joined.encode()
