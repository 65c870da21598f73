"""
Records of a batch prediction as lines, unreadable ones as empty lines.

Lines are made some rows at a time, from cells of characters (see `number_format`). Polars puts text columns before
them, and nothing where a record could not be read. They depend on the records alone, in whatever company these come.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias, cast

import attrs
import numpy as np
import polars as pl
from numpy.typing import NDArray

from amlwrap.local.score.number_format import CELL_WIDTH, cells, lines_of, text_of

__all__ = ["BatchPart", "BatchRows", "Lines", "lines_of_parts"]

_COMMA, _NEWLINE = ord(","), ord("\n")

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
            yield part.uri, _lines(rows.between(first, first + part.n_records), part.n_records).encode()
        first += part.n_records


def _lines(rows: BatchRows, n_records: int) -> str:
    """The lines of *n_records* records, of which *rows* are the readable ones; each ends in a newline."""
    own = _own_columns(rows)
    texts = [_quoted(series) for series in (rows.tags, rows.true_labels) if series is not None]
    if not texts and len(rows.positions) == n_records:
        return own
    lines = lines_of(own)
    if texts:
        lines = pl.select(pl.concat_str([*texts, lines], separator=",")).to_series()
    return _text(_spread(lines, rows.positions, n_records))


def _own_columns(rows: BatchRows) -> str:
    """What the model says of readable records, as lines: its label if it gives one, and its scores."""
    spelled = cells(rows.scores if rows.scores.ndim == 2 else rows.scores[:, None])
    spelled[..., -1] = _COMMA
    spelled[:, -1, -1] = _NEWLINE
    block = spelled.reshape(len(spelled), spelled.shape[1] * CELL_WIDTH)
    if rows.labels is not None:
        digits = (rows.labels + ord("0")).astype(np.uint8)
        block = np.column_stack([digits, np.full_like(digits, _COMMA), block])
    return text_of(block)


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
    return cast("str", lines.str.join("\n").item()) + "\n"
