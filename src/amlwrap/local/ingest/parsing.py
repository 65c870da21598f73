"""Fields by polars: readable records in, one series per wanted column out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import polars as pl

from amlwrap.local.ingest.records import Records

Dtype: TypeAlias = type[pl.DataType]

_BOM = b"\xef\xbb\xbf"
_SAMPLE_BYTES = 1 << 16


def parse(records: Records, n_fields: int, dtypes: Mapping[int, Dtype]) -> list[pl.Series]:
    """
    The fields of the readable records.

    Args:
        n_fields: In every record.
        dtypes: What to read, by place in the record, in ascending order; at least one. What does not fit its type is
            null, and so may an empty field be.
    """
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
        ignore_errors=True,
    )
    return [_unquoted(frame[names[place]]) if records.quoted else frame[names[place]] for place in dtypes]


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
