"""Fields by polars: readable records in, one series per wanted column out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import polars as pl

from amlwrap.local.ingest.records import Records

Dtype: TypeAlias = type[pl.DataType] | pl.Enum

_BOM = b"\xef\xbb\xbf"
_SAMPLE_BYTES = 1 << 16


def parse(records: Records, n_fields: int, dtypes: Mapping[int, Dtype]) -> list[pl.Series]:
    """
    The fields of the readable records.

    Polars is asked to refuse what does not fit, which is its faster way, and only then to leave it out.

    Args:
        n_fields: In every record.
        dtypes: What to read, by place in the record, in ascending order; at least one. What does not fit its type is
            null, and so may an empty field be. A column asked for as one of a few strings comes as those or, when it
            holds others, as strings.
    """
    asked = {place: _open(dtype) for place, dtype in dtypes.items()} if records.quoted else dtypes
    try:
        columns = _columns(records, n_fields, asked, strict=True)
    except pl.exceptions.PolarsError:
        columns = _columns(records, n_fields, {place: _open(dtype) for place, dtype in asked.items()}, strict=False)
    return [_unquoted(column) for column in columns] if records.quoted else columns


def _columns(records: Records, n_fields: int, dtypes: Mapping[int, Dtype], *, strict: bool) -> list[pl.Series]:
    names = [f"column_{place + 1}" for place in range(n_fields)]
    schema: dict[str, Any] = {name: dtypes.get(place, pl.String) for place, name in enumerate(names)}
    frame = pl.read_csv(
        # Polars drops one byte order mark; ours is gone with the file's start, so this one is a value's.
        _BOM + records.data if records.data.startswith(_BOM) else records.data,
        has_header=False,
        schema=schema,
        columns=None if len(dtypes) == n_fields else [names[place] for place in dtypes],
        separator=records.separator,
        quote_char=None,
        ignore_errors=not strict,
    )
    return [_as_asked(frame[names[place]], dtype) for place, dtype in dtypes.items()]


def _open(dtype: Dtype) -> Dtype:
    """*dtype*, or strings where only some would be let in."""
    return pl.String if isinstance(dtype, pl.Enum) else dtype


def _as_asked(column: pl.Series, dtype: Dtype) -> pl.Series:
    """Strings where polars, as some versions do, let in others than the ones of *dtype*."""
    return column.cast(pl.String) if isinstance(dtype, pl.Enum) and column.dtype != dtype else column


def sample(records: Records) -> Records:
    """The first few readable records."""
    cut = records.data.rfind(b"\n", 0, _SAMPLE_BYTES) + 1 or records.data.find(b"\n") + 1 or len(records.data)
    return Records(
        records.data[:cut],
        records.separator,
        records.quoted,
        records.starts[:0],
        records.lines[:0],
        records.faults[:0],
        n_lines=0,
    )


def _unquoted(series: pl.Series) -> pl.Series:
    """Quoted fields without their quotes, doubled quotes inside them single."""
    if series.dtype != pl.String:
        return series
    worn = series.str.starts_with('"')
    if not worn.any():
        return series
    bare = series.str.strip_prefix('"').str.strip_suffix('"').str.replace_all('""', '"', literal=True)
    return bare.zip_with(worn.fill_null(value=False), series)
