"""
One result file as arrays: by polars when it is there and pays, by numpy when all is numbers, or else by csv.

What the others do not like is given to csv, which finds out what is wrong and where.
"""

from __future__ import annotations

import csv
import io
import sys
from itertools import islice
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from amlwrap.documents.predictions import Layout, parse_columns
from amlwrap.exceptions import DataError, DocumentError
from amlwrap.labels._blocks import each

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from amlwrap.labels._blocks import Codes, Floats, Mask

_WORTH_POLARS = 1 << 20  # loading polars takes as long as csv takes for some megabytes
_LINES_AT_ONCE = 1 << 15
_SPELLINGS = {
    **dict.fromkeys(("1", "y", "yes", "t", "true"), "1"),
    **dict.fromkeys(("0", "n", "no", "f", "false"), "0"),
}


@attrs.frozen
class Answers:
    """The scores at which a BINARY model's result changes from 0 to 1."""

    highest_0: float
    lowest_1: float


@attrs.frozen(eq=False)
class Part:
    """
    What one file says.

    Attributes:
        values: Shape ``(n_lines, n_classes)``, writable.
        unreadable: Which lines are empty; all NaN in *values*, ``""`` among tags and true labels.
        answers: Only of a BINARY model.
    """

    name: str
    columns: tuple[str, ...]
    classes: tuple[str, ...]
    values: Floats
    unreadable: Mask
    tags: NDArray[Any] | None
    true_labels: NDArray[Any] | None
    answers: Answers | None = None


@attrs.frozen(eq=False)
class _Table:
    """All columns of a file: numbers (bestAnswer, score, classes) in the order of the header, and the texts."""

    numbers: Floats
    unreadable: Mask
    texts: dict[int, NDArray[Any]]


def parse_result(content: bytes, name: str) -> Part:
    """
    Read a batch prediction's result.

    Raises:
        DataError: The header is of no result, or of a REGRESSION model's; a line has too few or too many fields or
            something that is no number. Names the line.
    """
    layout = parse_layout(content, name)
    if layout.model_type == "REGRESSION":
        expected, found = "a column per class, or bestAnswer and score", "the score of a REGRESSION model"
        remedy = "It holds no labels: read its numbers with scores() of the batch prediction."
        raise DataError(name, "line 1", expected, found, remedy)
    table = _table(content, layout, name)
    return _binary(table, layout, name) if layout.model_type == "BINARY" else _multiclass(table, layout, name)


@attrs.frozen(eq=False)
class ScoredPart:
    """
    What one file of a REGRESSION model says.

    Attributes:
        values: A number for each line, NaN for an empty one.
        tags: The row ids, ``""`` for an empty line; None without such a column.
        true_labels: The target's values as the file spells them, likewise.
    """

    values: Floats
    tags: NDArray[Any] | None
    true_labels: NDArray[Any] | None


def parse_scores(content: bytes, name: str) -> ScoredPart:
    r"""
    Read the result of a REGRESSION model.

    Raises:
        DataError: The result is another model's, or damaged. Names the line.

    >>> parse_scores(b"tag,score\na,1.5E0\n\nb,-2E1\n", "result").values
    array([  1.5,   nan, -20. ])
    """
    layout = parse_layout(content, name)
    if layout.model_type != "REGRESSION":
        expected, found = "the result of a REGRESSION model", f"one of a {layout.model_type} model"
        raise DataError(name, "line 1", expected, found, "Read it with ProbabilityMatrix.read.")
    table = _table(content, layout, name)
    return ScoredPart(table.numbers[:, 0], *_texts(table, layout))


def parse_layout(content: bytes, name: str) -> Layout:
    """
    What the columns of the result mean that *content* is, or begins.

    Raises:
        DataError: No model writes such columns.
    """
    if not content:
        raise DataError(name, "line 1", "a header", "an empty file")
    header = content.partition(b"\n")[0]
    try:
        return parse_columns(header.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise DataError(name, "line 1", "UTF-8 text", repr(header[:80])) from error
    except DocumentError as error:
        place = f"line 1, {error.path}" if error.path else "line 1"
        raise DataError(name, place, error.expected, error.found, error.remedy) from error


def _table(content: bytes, layout: Layout, name: str) -> _Table:
    table = _by_polars(content, layout) if _polars_pays(content) else None
    return table or _by_numpy(content, layout) or _by_csv(content, layout, name)


def _multiclass(table: _Table, layout: Layout, name: str) -> Part:
    tags, true_labels = _texts(table, layout)
    return Part(name, layout.columns, layout.classes, table.numbers, table.unreadable, tags, true_labels)


def _binary(table: _Table, layout: Layout, name: str) -> Part:
    tags, true_labels = _texts(table, layout)
    best, score = table.numbers[:, 0], table.numbers[:, 1]
    values = np.empty((len(score), 2))
    np.subtract(1, score, out=values[:, 0])
    values[:, 1] = score
    zeros, ones = score[best == 0], score[best == 1]
    answers = Answers(float(np.max(zeros, initial=-np.inf)), float(np.min(ones, initial=np.inf)))
    if len(zeros) + len(ones) + np.count_nonzero(table.unreadable) < len(score):
        row = int(np.flatnonzero((best != 0) & (best != 1) & ~table.unreadable)[0])
        raise DataError(name, f"line {row + 2}, column 'bestAnswer'", "0 or 1", f"{best[row]:g}")
    if true_labels is not None:
        true_labels = each(spelled, true_labels)
    return Part(name, layout.columns, ("0", "1"), values, table.unreadable, tags, true_labels, answers)


def spelled(label: str) -> str:
    """
    A true label as a BINARY model's own, whichever of the service's spellings it has; others stay as they are.

    >>> spelled("Yes"), spelled("f"), spelled("maybe")
    ('1', '0', 'maybe')
    """
    return _SPELLINGS.get(label.strip().lower(), label)


def _texts(table: _Table, layout: Layout) -> tuple[NDArray[Any] | None, NDArray[Any] | None]:
    tags = None if layout.tag is None else table.texts[layout.tag]
    true_labels = None if layout.true_label is None else table.texts[layout.true_label]
    return tags, true_labels


def _text_columns(layout: Layout) -> list[int]:
    return [position for position in (layout.tag, layout.true_label) if position is not None]


def _n_lines(content: bytes) -> int:
    """How many lines follow the header."""
    return content.count(b"\n") - content.endswith(b"\n")


# --- polars -----------------------------------------------------------------------------------------------------------


def _polars_pays(content: bytes) -> bool:
    return len(content) >= _WORTH_POLARS or "polars" in sys.modules


def _by_polars(content: bytes, layout: Layout) -> _Table | None:
    """The table; None when polars is not there or finds anything that csv should look at."""
    try:
        import polars as pl
    except ImportError:
        return None
    texts = _text_columns(layout)
    positions = range(len(layout.columns))
    try:
        frame = pl.read_csv(content, schema_overrides=[pl.String if at in texts else pl.Float64 for at in positions])
    except pl.exceptions.PolarsError:
        return None
    if frame.shape != (_n_lines(content), len(positions)):
        return None
    frame.columns = [str(at) for at in positions]
    own = frame.select([str(at) for at in positions if at not in texts])
    unreadable = _empty_lines(content)
    if sum(own.null_count().row(0)) != np.count_nonzero(unreadable) * own.width:
        return None  # numbers are missing in lines that are not empty
    numbers: Floats = own.to_numpy(writable=True)
    found = {at: frame[str(at)].fill_null("").to_numpy() for at in texts}
    return _Table(numbers, unreadable, found)


# --- numpy ------------------------------------------------------------------------------------------------------------


def _by_numpy(content: bytes, layout: Layout) -> _Table | None:
    """The table, when all its columns are numbers; None when there are others or csv should look at it."""
    if _text_columns(layout):
        return None
    unreadable = _empty_lines(content)
    numbers = np.full((len(unreadable), len(layout.columns)), np.nan)
    if unreadable.all():
        return _Table(numbers, unreadable, {})
    try:
        full = np.loadtxt(io.BytesIO(content), delimiter=",", skiprows=1, ndmin=2, comments=None)
    except ValueError:
        return None
    if full.shape != (np.count_nonzero(~unreadable), len(layout.columns)):
        return None
    numbers[~unreadable] = full
    return _Table(numbers, unreadable, {})


def _empty_lines(content: bytes) -> Mask:
    """Which lines behind the header have nothing in them."""
    characters = np.frombuffer(content, np.uint8)
    ends = np.flatnonzero(characters == ord("\n"))
    ends = ends if content.endswith(b"\n") else np.append(ends, len(content))
    lengths = np.diff(ends) - 1
    first = characters[ends[:-1] + 1]  # of an empty line, its end
    return np.asarray((lengths == 0) | ((lengths == 1) & (first == ord("\r"))))


# --- csv --------------------------------------------------------------------------------------------------------------


def _by_csv(content: bytes, layout: Layout, name: str) -> _Table:
    n_lines, texts = _n_lines(content), _text_columns(layout)
    numeric = [at for at in range(len(layout.columns)) if at not in texts]
    numbers = np.full((n_lines, len(numeric)), np.nan)
    found = {at: np.full(n_lines, "", dtype=object) for at in texts}
    unreadable = np.ones(n_lines, np.bool_)
    for start, lines in _lines(content, name):
        full = np.flatnonzero(np.fromiter(map(len, lines), np.intp, len(lines))) + start
        if not full.size:
            continue
        unreadable[full] = False
        columns = _columns(list(filter(None, lines)), full + 2, layout, name)
        numbers[full] = _numbers([columns[at] for at in numeric], numeric, full + 2, layout, name)
        for at in texts:
            found[at][full] = columns[at]
    return _Table(numbers, unreadable, found)


def _lines(content: bytes, name: str) -> Iterator[tuple[int, list[str]]]:
    """The lines behind the header, without their ends, many at a time; with each lot the number of the lines before."""
    file = io.BytesIO(content)
    file.readline()
    start = 0
    while data := b"".join(islice(file, _LINES_AT_ONCE)):
        try:
            text = data.decode()
        except UnicodeDecodeError as error:
            line = start + data.count(b"\n", 0, error.start) + 2
            raise DataError(name, f"line {line}", "UTF-8 text", f"byte 0x{data[error.start]:02x}") from error
        lines = text.replace("\r\n", "\n").removesuffix("\n").removesuffix("\r").split("\n")
        yield start, lines
        start += len(lines)


def _columns(lines: list[str], numbers: Codes, layout: Layout, name: str) -> list[tuple[str, ...]]:
    """The fields of *lines*, whose line numbers are *numbers*, by column."""
    reader = csv.reader(lines, strict=True)
    try:
        rows = list(reader)
    except csv.Error as error:
        raise DataError(name, f"line {numbers[reader.line_num - 1]}", "comma-separated fields", str(error)) from error
    widths = np.fromiter(map(len, rows), np.intp, len(rows))
    if len(rows) < len(lines):
        raise DataError(
            name, f"line {numbers[_first_of_many(lines)]}", "a record on each line", "a line break in quotes"
        )
    if (wrong_rows := np.flatnonzero(widths != len(layout.columns))).size:
        first = int(wrong_rows[0])
        raise DataError(name, f"line {numbers[first]}", f"{len(layout.columns)} fields", str(widths[first]))
    return list(zip(*rows, strict=True))


def _first_of_many(lines: list[str]) -> int:
    """Position of the first line that does not end its record; there is one."""
    reader = csv.reader(lines, strict=True)
    return next(at for at, _ in enumerate(reader) if reader.line_num > at + 1)


def _numbers(columns: list[tuple[str, ...]], positions: list[int], lines: Codes, layout: Layout, name: str) -> Floats:
    """The fields of *columns* as numbers, a row per line."""
    try:
        return np.array(columns, np.float64).T
    except ValueError:
        cells = ((row, at) for row in range(len(lines)) for at in range(len(columns)))
        row, at = next((row, at) for row, at in cells if not _is_number(columns[at][row]))
        place = f"line {lines[row]}, column {layout.columns[positions[at]]!r}"
        raise DataError(name, place, "a number", repr(columns[at][row][:80])) from None


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
