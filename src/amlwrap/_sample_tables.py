"""Samples of tables in memory, taken with the methods every table of its make has; no table library is imported."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias, TypeGuard

from amlwrap._cells import NotSingle, cell
from amlwrap.exceptions import DataError, MissingExtraError

__all__ = ["arrow_frame", "sample_table"]

_N_HEAD = 1_000
_N_SPREAD = 1_000

_Sampled: TypeAlias = "tuple[str, tuple[str, ...], list[Counter[str]], int, bool]"


def sample_table(table: Any) -> _Sampled:
    """
    The first 1,000 rows of *table* and as many more spread evenly over the rest.

    Returns:
        What to call the table, its columns' names, how often each holds each value (as a CSV would have it), how many
        rows were sampled, and whether these are all.

    Raises:
        DataError: It is no table, has no rows, or a value is not a single one.
        MissingExtraError: The table comes through an interchange interface and polars is not installed.

    >>> sample_table([{"age": 31, "y": None}, {"age": 44, "y": True}])
    ('rows', ('age', 'y'), [Counter({'31': 1, '44': 1}), Counter({'': 1, 'True': 1})], 2, True)
    """
    if _is_pair(table):
        return _sample_array(*table)
    if _is_rows(table):
        return _sample_rows(table)
    return _sample_frame(table)


def _sample_frame(table: Any) -> _Sampled:
    frame = _materialised(table)
    if not hasattr(frame, "columns") or not (hasattr(frame, "iloc") or hasattr(frame, "gather_every")):
        frame = _exchanged(frame)
    name, names, counts, n_rows, whole = _sample_pandas(frame) if hasattr(frame, "iloc") else _sample_polars(frame)
    return name, names, counts, n_rows, whole and (frame is table or n_rows < _N_HEAD + _N_SPREAD)


def _is_pair(table: Any) -> TypeGuard[tuple[Any, Sequence[str]]]:
    return type(table) is tuple and len(table) == 2 and hasattr(table[0], "shape")  # pyright: ignore[reportUnknownArgumentType]


def _is_rows(table: Any) -> TypeGuard[Sequence[object]]:
    return isinstance(table, list | tuple)


def _materialised(table: Any) -> Any:
    """*table* itself, or the beginning of one that is on a cluster or not computed yet."""
    if hasattr(table, "toPandas") and hasattr(table, "limit"):
        return table.limit(_N_HEAD + _N_SPREAD).toPandas()
    if hasattr(table, "collect") and hasattr(table, "head"):
        return table.head(_N_HEAD + _N_SPREAD).collect()
    return table


def _step(n_rows: int) -> int:
    """Every how manieth row after the head is taken, so that at most `_N_SPREAD` are."""
    return max(1, -(-(n_rows - _N_HEAD) // _N_SPREAD))


def _sampled(name: str, names: Iterable[object], columns: Iterable[Iterable[Any]], n_rows: int) -> _Sampled:
    checked = tuple(map(str, names))
    if not n_rows or not checked:
        raise DataError(name, "", "rows and columns", f"{n_rows:,} rows of {len(checked):,} columns")
    counts = [_counted(name, column, values) for column, values in zip(checked, columns, strict=True)]
    n_sampled = counts[0].total()
    return name, checked, counts, n_sampled, n_sampled == n_rows


def _counted(name: str, column: str, values: Iterable[Any]) -> Counter[str]:
    try:
        distinct = Counter(values)
    except TypeError as error:
        raise DataError(name, f"column {column!r}", "single values", str(error)) from error
    counts: Counter[str] = Counter()
    for value, count in distinct.items():
        try:
            counts[str(cell(value))] += count
        except NotSingle as error:
            raise DataError(name, f"column {column!r}", "single values", str(error)) from None
    return counts


def _sample_pandas(frame: Any) -> _Sampled:
    n_rows = len(frame)
    head, spread = frame.head(_N_HEAD), frame.iloc[_N_HEAD :: _step(n_rows)]
    columns = (
        [*first.tolist(), *rest.tolist()] for (_, first), (_, rest) in zip(head.items(), spread.items(), strict=True)
    )
    return _sampled("table", frame.columns, columns, n_rows)


def _sample_polars(frame: Any) -> _Sampled:
    n_rows = len(frame)
    head, spread = frame.head(_N_HEAD), frame.slice(_N_HEAD).gather_every(_step(n_rows))
    columns = (head[name].to_list() + spread[name].to_list() for name in frame.columns)
    return _sampled("table", frame.columns, columns, n_rows)


def _sample_array(array: Any, names: Sequence[str]) -> _Sampled:
    if len(array.shape) != 2 or array.shape[1] != len(names):
        found = f"shape {tuple(array.shape)} and {len(names)} names"
        raise DataError("array", "", "two dimensions and a name per column", found)
    n_rows = array.shape[0]
    head, spread = array[:_N_HEAD], array[_N_HEAD :: _step(n_rows)]
    columns = (first + rest for first, rest in zip(head.T.tolist(), spread.T.tolist(), strict=True))
    return _sampled("array", names, columns, n_rows)


def _sample_rows(rows: Sequence[object]) -> _Sampled:
    sampled: list[Mapping[Any, Any]] = []
    for place in (*range(min(_N_HEAD, len(rows))), *range(_N_HEAD, len(rows), _step(len(rows)))):
        row = rows[place]
        if not isinstance(row, Mapping):
            found = type(row).__name__
            raise DataError("rows", f"row {place + 1:,}", "a mapping of column names to values", found)
        sampled.append(row)  # pyright: ignore[reportUnknownArgumentType]
        if unknown := [key for key in row if key not in sampled[0]]:  # pyright: ignore[reportUnknownVariableType]
            raise DataError("rows", f"row {place + 1:,}", "the keys of row 1", f"{unknown[0]!r} as well")
    names = list(sampled[0]) if sampled else []
    return _sampled("rows", names, ([row.get(name) for row in sampled] for name in names), len(rows))


def _exchanged(table: Any) -> Any:
    if not hasattr(table, "__arrow_c_stream__") and not hasattr(table, "__dataframe__"):
        expected = "a path, CSV bytes, an open file, a table, (array, names) or a list of mappings"
        raise DataError("data", "", expected, type(table).__name__)
    try:
        import polars
    except ImportError as error:
        raise MissingExtraError("reading tables through their interchange interface", "local") from error
    return arrow_frame(polars, table) if hasattr(table, "__arrow_c_stream__") else polars.from_dataframe(table)


def arrow_frame(polars: Any, table: Any) -> Any:
    """
    A frame of *polars* of a table that has the Arrow stream interface.

    Raises:
        DataError: It has the interface, and is no table: a single column, for one.
    """
    try:
        return polars.DataFrame(table)
    except polars.exceptions.PolarsError as error:
        remedy = "A column of pandas becomes a table with to_frame()."
        raise DataError("table", "", "columns with names", type(table).__name__, remedy) from error
