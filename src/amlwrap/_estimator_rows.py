"""Rows as estimators are given them, arrays and frames of any make, as the columns a model reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

import numpy as np
import polars as pl
from numpy.typing import NDArray

from amlwrap.documents import Attribute, AttributeType, Schema
from amlwrap.documents._guesses import Column as SampledColumn
from amlwrap.documents._guesses import Kinds, guess_input
from amlwrap.documents.attributes import MAX_NAME, checked_type
from amlwrap.local.features.evaluation import Rows
from amlwrap.local.ingest.builders import column_of
from amlwrap.local.ingest.columns import Column, NumericColumn

__all__ = ["frame_of", "is_frame", "rows_of", "schema_of", "typed"]

_EXACT = 2.0**53
_BREAKS = r"[\r\n]+"


def is_frame(data: Any) -> bool:
    """Whether *data* has named columns, each of a type of its own."""
    interfaces = ("__arrow_c_stream__", "__dataframe__", "iloc")
    return hasattr(data, "columns") and any(hasattr(data, name) for name in interfaces)


def frame_of(data: Any) -> pl.DataFrame:
    """
    Columns of numbers, truth values, categories or text, called by their places; what is missing is null.

    >>> frame_of(np.array([["red", 1.5], [None, float("nan")]], object)).rows()
    [('red', 1.5), (None, None)]
    """
    if isinstance(data, np.ndarray):
        columns = [_from_array(column) for column in cast("NDArray[Any]", data).T]
    elif hasattr(data, "iloc"):
        columns = [_from_pandas(column) for _, column in data.items()]
    else:
        columns = pl.DataFrame(data).get_columns()
    return pl.DataFrame([column.alias(f"x{place}") for place, column in enumerate(columns)])


def schema_of(
    frame: pl.DataFrame, names: Sequence[str] | None, types: Mapping[str, AttributeType | str], target: AttributeType
) -> Schema:
    """
    What the columns of *frame* hold.

    Numbers are NUMERIC, truth values BINARY, categories CATEGORICAL; text is what `Schema.infer` would say of it.

    Args:
        names: Of the columns, if they have any; names that a CSV cannot carry are replaced by ``x0``, ``x1`` …
        types: What is known better, by name.
        target: Type of the column that is to follow the others.
    """
    chosen = list(names) if names is not None and _can_be_carried(names) else frame.columns
    told = {name: checked_type(value, f"types.{name}") for name, value in types.items()}
    attributes = [
        Attribute(name, told.get(name) or _type_of(column))
        for name, column in zip(chosen, frame.get_columns(), strict=True)
    ]
    label = "target"
    while label in chosen:
        label += "_"
    schema = Schema([*attributes, Attribute(label, target)], target=label)
    for name in told:
        schema.type_of(name)  # says what was probably meant when there is none of that name
    return schema


def typed(frame: pl.DataFrame, schema: Schema) -> pl.DataFrame:
    """*frame* with the names of *schema*'s inputs: numbers where they are NUMERIC, and text as a CSV would have it."""
    return pl.DataFrame(
        [
            _typed(column, attribute.type).alias(attribute.name)
            for attribute, column in zip(schema.inputs, frame.get_columns(), strict=True)
        ]
    )


def rows_of(frame: pl.DataFrame, schema: Schema) -> Rows:
    """The rows of a `typed` *frame* as the engine has them when it reads them from a file."""
    rows: dict[str, Column] = {}
    for attribute in schema.inputs:
        column = frame[attribute.name]
        if column.dtype.is_numeric():
            missing = column.is_null().to_numpy()
            values = column.fill_null(0).to_numpy()
            rows[attribute.name] = NumericColumn(values, missing if missing.any() else None)
        else:
            rows[attribute.name] = column_of(attribute.type, column)
    return rows


def _can_be_carried(names: Iterable[str]) -> bool:
    held = list(names)
    return len(set(held)) == len(held) and all(
        1 <= len(name) <= MAX_NAME and name.isprintable() and name == name.strip() for name in held
    )


def _type_of(column: pl.Series) -> AttributeType:
    if column.dtype == pl.Boolean:
        return AttributeType.BINARY
    if column.dtype.is_numeric():
        return AttributeType.NUMERIC
    if isinstance(column.dtype, pl.Categorical | pl.Enum):
        return AttributeType.CATEGORICAL
    counts = Counter({value or "": n for value, n in column.cast(pl.String).value_counts().rows()})
    return guess_input(SampledColumn.of(counts, Kinds(), whole=True)).type


def _typed(column: pl.Series, kind: AttributeType) -> pl.Series:
    if kind == AttributeType.NUMERIC and (column.dtype.is_numeric() or column.dtype == pl.Boolean):
        return _number(column)
    if column.dtype.is_numeric():
        column = _numerals(_number(column))
    return column.cast(pl.String).str.replace_all(_BREAKS, " ")


def _number(column: pl.Series) -> pl.Series:
    """Whole numbers of 64 bits, or else doubles, null where there is none."""
    if column.dtype == pl.Boolean or (column.dtype.is_integer() and column.dtype != pl.UInt64):
        return column.cast(pl.Int64)
    numbers = column.cast(pl.Float64).fill_nan(None)
    if numbers.is_infinite().any():
        raise ValueError("Input X contains infinity or a value too large for dtype('float64').")
    return numbers


def _numerals(column: pl.Series) -> pl.Series:
    """Numbers as text, whole ones without a point: they become doubles as soon as one of their column is missing."""
    if not column.dtype.is_float():
        return column.cast(pl.String)
    whole = (column == column.floor()) & (column.abs() < _EXACT)
    bare = column.zip_with(whole.fill_null(value=False), pl.Series([None], dtype=pl.Float64))
    return bare.cast(pl.Int64).cast(pl.String).zip_with(whole.fill_null(value=False), column.cast(pl.String))


def _from_pandas(column: Any) -> pl.Series:
    if str(column.dtype) == "category":
        return _from_values(column.tolist(), text=True).cast(pl.Categorical)
    kind = getattr(column.dtype, "kind", "O")
    if kind == "c":
        raise ValueError("Complex data not supported\n")
    if kind in "iuf":
        missing = column.isna().any()
        return _from_array(column.to_numpy(dtype="float64", na_value=np.nan) if missing else column.to_numpy())
    return _from_values(column.tolist())


def _from_array(values: NDArray[Any]) -> pl.Series:
    if values.dtype.kind == "f":
        return pl.Series(values.astype(np.float64)).fill_nan(None)
    if values.dtype.kind in "iub":
        return pl.Series(np.ascontiguousarray(values))
    return _from_values(values.tolist())


def _from_values(values: Sequence[Any], *, text: bool = False) -> pl.Series:
    """Truth values or numbers if all that are there are, else text."""
    held = [None if _is_missing(value) else value for value in values]
    kinds = {bool if isinstance(value, bool | np.bool_) else _kind(value) for value in held if value is not None}
    if kinds == {bool} and not text:
        return pl.Series(held, dtype=pl.Boolean)
    if kinds == {float} and not text:
        return pl.Series([None if value is None else float(value) for value in held], dtype=pl.Float64)
    return pl.Series([None if value is None else _text(value) for value in held], dtype=pl.String)


def _kind(value: object) -> type:
    return float if isinstance(value, int | float | np.number) else str


def _text(value: Any) -> str:
    if not isinstance(value, float | np.floating):
        return str(value)
    number = float(cast("float", value))
    return str(int(number)) if number.is_integer() and abs(number) < _EXACT else str(number)


def _is_missing(value: Any) -> bool:
    if value is None:
        return True
    try:
        return bool(value != value)  # noqa: PLR0124 - only what is missing differs from itself
    except (TypeError, ValueError):  # pandas.NA has no truth
        return type(value).__name__ == "NAType"
