"""The rows of a batch prediction one by one, however many there are: no more of a file is in memory than a piece."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import attrs

from amlwrap.documents.predictions import Layout
from amlwrap.exceptions import DataError
from amlwrap.labels._parsing import parse_layout
from amlwrap.labels._reading import pieces_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from amlwrap.objects import ObjectStore

__all__ = ["PredictedRow", "read_layout", "read_rows"]

_PIECE = 1 << 16
_LONGEST = 1 << 24  # a line has a class per column at most, and names of 64 characters


@attrs.frozen(kw_only=True)
class PredictedRow:
    """
    What a batch prediction says about one row of its input.

    Attributes:
        number: Of the row among all rows, counted from 1.
        row_id: The row's id; ``None`` when the schema names none.
        true_label: The target's value in the data, ``""`` where there is none; ``None`` without such a column.
        label: The predicted class; ``None`` for a REGRESSION model.
        score: Of a BINARY model the probability of 1, of a MULTICLASS one that of *label*, of a REGRESSION one the
            predicted number.
        scores: The probability of every class of a MULTICLASS model; empty for others.
        unreadable: The service could not predict the row; all the rest is ``None`` or empty then.
    """

    number: int
    row_id: str | None = None
    true_label: str | None = None
    label: str | None = None
    score: float | None = None
    scores: Mapping[str, float] = attrs.field(factory=dict[str, float], repr=False)
    unreadable: bool = False


def read_rows(uris: Iterable[str], store: ObjectStore) -> Iterator[PredictedRow]:
    """
    The rows in the result files at *uris*, one file after the other.

    Raises:
        DataError: A file is not there, is damaged, has other columns than the first, or a line of it is no such row.
    """
    columns: tuple[str, ...] | None = None
    number = 0
    for uri in uris:
        lines = _lines(uri, store)
        layout = parse_layout(next(lines, b""), uri)
        if columns is not None and layout.columns != columns:
            expected = f"the columns of the first result: {','.join(columns)}"
            raise DataError(uri, "line 1", expected, ",".join(layout.columns))
        columns = layout.columns
        for line_number, line in enumerate(lines, 2):
            number += 1
            yield _row(number, line, layout, f"line {line_number}", uri)


def read_layout(uri: str, store: ObjectStore) -> Layout:
    """What the columns of the result at *uri* mean, from its first line."""
    return parse_layout(next(_lines(uri, store), b""), uri)


def _lines(uri: str, store: ObjectStore) -> Iterator[bytes]:
    """The lines of the result at *uri*, without their ends."""
    with store.open(uri) as file:
        rest = b""
        for piece in pieces_of(file, uri, _PIECE):
            *lines, rest = (rest + piece).split(b"\n")
            yield from lines
            if len(rest) > _LONGEST:
                raise DataError(uri, "", f"lines of at most {_LONGEST:,} bytes", "a longer one")
        if rest:
            yield rest


def _row(number: int, line: bytes, layout: Layout, place: str, uri: str) -> PredictedRow:
    line = line.removesuffix(b"\r")
    if not line:
        return PredictedRow(number=number, unreadable=True)
    fields = _fields(line, layout, place, uri)
    row_id = None if layout.tag is None else fields[layout.tag]
    true_label = None if layout.true_label is None else fields[layout.true_label]
    try:
        label, score, scores = _prediction(fields, layout)
    except ValueError as error:
        raise DataError(uri, place, "numbers as scores", str(error)) from error
    return PredictedRow(number=number, row_id=row_id, true_label=true_label, label=label, score=score, scores=scores)


def _fields(line: bytes, layout: Layout, place: str, uri: str) -> list[str]:
    try:
        text = line.decode()
        fields = text.split(",") if '"' not in text else next(csv.reader([text], strict=True))
    except UnicodeDecodeError as error:
        raise DataError(uri, place, "UTF-8 text", f"byte 0x{line[error.start]:02x}") from error
    except csv.Error as error:
        raise DataError(uri, place, "comma-separated fields", str(error)) from error
    if len(fields) != len(layout.columns):
        raise DataError(uri, place, f"{len(layout.columns)} fields", str(len(fields)))
    return fields


def _prediction(fields: list[str], layout: Layout) -> tuple[str | None, float, dict[str, float]]:
    if layout.score is not None:
        label = None if layout.best_answer is None else fields[layout.best_answer]
        return label, float(fields[layout.score]), {}
    scores = dict(zip(layout.classes, map(float, fields[-len(layout.classes) :]), strict=True))
    label = max(scores, key=scores.__getitem__)
    return label, scores[label], scores
