"""Tables of every make, written as the CSV the service reads: one line per row, never a line break in a value."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, BinaryIO, cast

from amlwrap._cells import NotSingle, cell
from amlwrap._sample_tables import arrow_frame
from amlwrap.exceptions import DataError, MissingExtraError

__all__ = ["is_table", "rows_of", "write_table"]

_IN_MEMORY = 16 << 20
_BREAKS = "[\r\n]"
_BLOCK_ROWS = 1 << 13
_NOTHING: Any = object()


def is_table(data: Any) -> bool:
    """Whether *data* is something `write_table` knows."""
    return _make(data) is not None


def write_table(data: Any, file: BinaryIO) -> None:
    """
    Write *data* to *file*, names first. Missing values (``None``, NaN, NaT, nulls) become empty fields.

    Arrays, lazy frames, streams of record batches and iterables are written piece by piece.

    Args:
        data: A pandas or polars frame, anything with the Arrow stream or DataFrame interchange interface,
            ``(array, names)``, or an iterable of mappings with the same keys each.

    Raises:
        DataError: A value or a name holds a line break, which the service's CSV cannot say; a value is more than one;
            or rows do not match. Row and column are named.
        MissingExtraError: The table comes through an interchange interface and polars is not installed.
    """
    writer: dict[str, Callable[[Any, BinaryIO], None]] = {
        "pandas": _write_pandas,
        "polars": _write_polars,
        "array": _write_array,
        "mappings": _write_mappings,
    }
    make = str(_make(data))
    try:
        writer.get(make, _write_exchanged)(data, file)
    except UnicodeEncodeError as error:
        found = f"the lone surrogate {error.object[error.start]!r}"
        raise DataError("table", "", "text that UTF-8 can write", found) from error


def rows_of(data: Any) -> Iterator[Mapping[str, Any]]:
    """
    The rows of whatever `write_table` knows, one by one.

    Mappings come as they are, when they are asked for; every other table as the texts that would be written of it.

    Raises:
        DataError: It is nothing of that kind.
    """
    make = _make(data)
    if make is None:
        remedy = "One record is given to predict(), a file or location to predict_batch()."
        raise DataError("rows", "", "mappings, or a table", type(data).__name__, remedy)
    return iter(data) if make == "mappings" else _written_rows(data)


def _written_rows(data: Any) -> Iterator[dict[str, str]]:
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as file:
        write_table(data, cast("BinaryIO", file))
        file.seek(0)
        yield from csv.DictReader(io.TextIOWrapper(cast("BinaryIO", file), encoding="utf-8", newline=""))


def _make(given: object) -> str | None:
    data: Any = given  # what it turns out to be is asked of its interface, not of its type
    library = type(data).__module__.partition(".")[0]
    if library in {"pandas", "polars"} and type(data).__name__ in {"DataFrame", "LazyFrame"}:
        return library
    if hasattr(data, "__arrow_c_stream__") or hasattr(data, "__dataframe__"):
        return "interchange"
    if isinstance(given, tuple) and len(data) == 2 and hasattr(data[0], "shape"):
        return "array"
    if isinstance(given, str | bytes | Mapping) or hasattr(data, "shape") or not isinstance(given, Iterable):
        return None
    return "mappings"


def _write_pandas(frame: Any, file: BinaryIO) -> None:
    names = _checked_names(frame.columns)
    for name, (_, column) in zip(names, frame.items(), strict=True):
        if column.dtype.kind not in "OSU" and str(column.dtype) not in {"category", "string", "str"}:
            continue
        if column.dtype.kind == "O" and str(column.dtype) == "object":
            _check_single(name, column)
        broken = column.astype("string").str.contains(_BREAKS, regex=True, na=False).to_numpy(dtype=bool)
        if broken.any():
            row = int(broken.argmax())
            raise _broken(f"row {row + 1}, column {name!r}", str(column.iloc[row]))
    frame.to_csv(file, index=False, header=names, lineterminator="\n", na_rep="")


def _check_single(name: str, values: Iterable[Any]) -> None:
    for row, value in enumerate(values, 1):
        try:
            cell(value)
        except NotSingle as error:
            raise _not_single(f"row {row}, column {name!r}", str(error)) from None


def _write_polars(frame: Any, file: BinaryIO) -> None:
    if not hasattr(frame, "collect"):
        _write_frames([frame], file)
    elif hasattr(frame, "collect_batches"):
        _write_frames(chain(frame.collect_batches(), [frame.head(0).collect()]), file)
    else:
        _write_frames([frame.collect()], file)


def _write_exchanged(data: Any, file: BinaryIO) -> None:
    polars = _polars()
    if hasattr(data, "read_next_batch") and hasattr(data, "schema"):  # a stream that need not fit in memory
        empty = polars.DataFrame(data.schema.empty_table())
        _write_frames(chain(map(polars.DataFrame, data), [empty]), file)
    else:
        frame = arrow_frame(polars, data) if hasattr(data, "__arrow_c_stream__") else _exchanged(data)
        _write_frames([frame], file)


def _write_frames(frames: Iterable[Any], file: BinaryIO) -> None:
    """Polars frames of the same columns, one below the other."""
    n_rows = 0
    for place, frame in enumerate(frames):
        if not place:
            _checked_names(frame.columns)
        _write_frame(frame, file, n_rows, header=not place)
        n_rows += len(frame)


def _write_frame(frame: Any, file: BinaryIO, n_before: int, *, header: bool) -> None:
    polars = _polars()
    for name, dtype in frame.schema.items():
        if dtype.is_nested() or dtype in (polars.Binary, polars.Object, polars.Duration):
            raise _not_single(f"column {name!r}", str(dtype))
        if dtype in (polars.String, polars.Categorical, polars.Enum):
            column = frame[name].cast(polars.String)
            broken = column.str.contains(_BREAKS).fill_null(False)
            if broken.any():
                row = int(broken.arg_max())
                raise _broken(f"row {n_before + row + 1}, column {name!r}", column[row])
    floats = [name for name, dtype in frame.schema.items() if dtype.is_float()]
    # An empty line is no record, so a missing value that is all of its row is quoted.
    null = '""' if frame.width == 1 else ""
    frame.with_columns(polars.col(floats).fill_nan(None)).write_csv(file, include_header=header, null_value=null)


def _write_array(pair: tuple[Any, Sequence[str]], file: BinaryIO) -> None:
    array, names = pair
    if len(array.shape) != 2 or array.shape[1] != len(names):
        found = f"shape {tuple(array.shape)} and {len(names)} names"
        raise DataError("array", "", "two dimensions and a name per column", found)
    if array.dtype.str.endswith(("[ns]", "[ps]", "[fs]", "[as]")):
        array = array.astype(f"{array.dtype.kind}8[us]")  # of finer ones Python has no values
    blocks = (array[start : start + _BLOCK_ROWS].tolist() for start in range(0, array.shape[0], _BLOCK_ROWS))
    _write_rows(_checked_names(names), chain.from_iterable(blocks), file)


def _write_mappings(rows: Iterable[Any], file: BinaryIO) -> None:
    remaining = iter(rows)
    first: Any = next(remaining, _NOTHING)
    if first is _NOTHING:
        raise DataError("rows", "", "at least one mapping of column names to values", "none")
    if not _is_mapping(first):
        raise DataError("rows", "row 1", "a mapping of column names to values", type(first).__name__)
    keys: list[Any] = list(first)
    _write_rows(_checked_names(keys), _values(keys, chain([first], remaining)), file)


def _values(keys: list[Any], rows: Iterable[Any]) -> Iterator[list[Any]]:
    known = set(keys)
    for number, row in enumerate(rows, 1):
        if unknown := [key for key in row if key not in known]:
            raise DataError("rows", f"row {number}", f"keys of row 1 ({len(keys)})", f"{unknown[0]!r} as well")
        yield [row.get(key) for key in keys]


def _write_rows(names: list[str], rows: Iterator[Sequence[Any]], file: BinaryIO) -> None:
    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=False)
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    for number, row in enumerate(rows, 1):
        writer.writerow([one if _is_number(one) else _field(one, number, names[at]) for at, one in enumerate(row)])
    text.flush()
    text.detach()


def _is_number(value: Any) -> bool:
    """Whether *value* is one of those that are most, and need no closer look."""
    return (type(value) is float and value == value) or type(value) is int  # noqa: PLR0124 - which NaN is not


def _field(value: Any, row: int, name: str) -> Any:
    try:
        kept = cell(value)
    except NotSingle as error:
        raise _not_single(f"row {row}, column {name!r}", str(error)) from None
    if not isinstance(kept, int | float):
        kept = str(kept)
        if "\n" in kept or "\r" in kept:
            raise _broken(f"row {row}, column {name!r}", kept)
    return kept


def _is_mapping(value: object) -> bool:
    return isinstance(value, Mapping)


def _checked_names(names: Iterable[Any]) -> list[str]:
    checked = [str(name) for name in names]
    for place, name in enumerate(checked, 1):
        if not name or "\n" in name or "\r" in name:
            raise DataError("table", f"column {place}", "a name on one line", repr(name))
        if name in checked[: place - 1]:
            raise DataError("table", f"column {place}", "a name of its own", f"{name!r} again")
    return checked


def _not_single(place: str, found: str) -> DataError:
    remedy = "The service's CSV has one value in a field: make it text or a number first."
    return DataError("table", place, "a single value", found, remedy)


def _broken(place: str, value: str) -> DataError:
    shown = repr(value if len(value) <= 40 else f"{value[:37]}...")
    remedy = "The service's CSV has no line breaks inside values, not even quoted: replace them."
    return DataError("table", place, "a value on one line", shown, remedy)


def _exchanged(data: Any) -> Any:
    try:
        return _polars().from_dataframe(data)
    except TypeError as error:  # polars 2 has dropped the older of the two interfaces
        remedy = "Convert it first, with its own to_pandas() or to_arrow()."
        found = "only __dataframe__, which the installed polars does not read"
        raise DataError("table", "", "the Arrow stream interface, __arrow_c_stream__", found, remedy) from error


def _polars() -> Any:
    try:
        import polars
    except ImportError as error:
        raise MissingExtraError("reading tables through their interchange interface", "local") from error
    return polars
