"""Fields by polars: readable records in, one series per wanted column out."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, TypeAlias, TypeGuard

import attrs
import numpy as np
import polars as pl
from numpy.typing import NDArray

from amlwrap.local.ingest.records import Records

Dtype: TypeAlias = type[pl.DataType] | pl.Enum

_BOM = b"\xef\xbb\xbf"
_MOST_COMPARED, _ROWS_PER_COMPARISON = 12, 1_500  # where to compare with each takes less time than to look up
_OTHER = 255


@attrs.frozen(eq=False)
class Named:
    """
    Fields that hold one of a few strings.

    Attributes:
        codes: Which one each holds, an unsigned number; the first where it holds nothing.
        levels: The strings.
    """

    codes: pl.Series
    levels: pl.Series

    def __len__(self) -> int:
        return len(self.codes)

    def gather(self, rows: NDArray[np.intp]) -> pl.Series:
        """The strings of some *rows*."""
        return self.levels.gather(self.codes.gather(rows))


Fields: TypeAlias = pl.Series | Named
"""One field of every record, as what was asked for."""


def parse(records: Records, n_fields: int, dtypes: Mapping[int, Dtype]) -> list[Fields]:
    """
    The fields of the readable records.

    Polars is asked to refuse what does not fit, which is its faster way, and only then to leave it out. What should be
    one of very few strings, in very many rows, is read as it stands and compared with each of them.

    Args:
        n_fields: In every record.
        dtypes: What to read, by place in the record, in ascending order; at least one. What does not fit its type is
            null, and so may an empty field be. What is asked for as one of a few strings comes as those or, when it
            holds others, as strings.
    """
    asked = {place: _open(dtype) for place, dtype in dtypes.items()} if records.quoted else dtypes
    try:
        columns = _columns(records, n_fields, asked, strict=True)
    except pl.exceptions.PolarsError:
        columns = _columns(records, n_fields, {place: _open(dtype) for place, dtype in asked.items()}, strict=False)
    return [_unquoted(column) for column in columns] if records.quoted else columns


def _columns(records: Records, n_fields: int, dtypes: Mapping[int, Dtype], *, strict: bool) -> list[Fields]:
    names = [f"column_{place + 1}" for place in range(n_fields)]
    compared = {names[place]: dtype for place, dtype in dtypes.items() if _is_compared(dtype, records.n_rows)}
    schema: dict[str, Any] = {name: dtypes.get(place, pl.String) for place, name in enumerate(names)}
    schema.update(dict.fromkeys(compared, pl.String))
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
    schema = dict(frame.schema)
    named = [
        name for place in dtypes if isinstance(schema[name := names[place]], pl.Enum) and schema[name] == dtypes[place]
    ]
    if named:  # all at once, since for each alone it would take longer to ask for than to do
        frame = frame.with_columns(pl.col(named).to_physical().fill_null(0))
    codes: dict[str, pl.Series] = {}
    if compared:
        told = frame.select_seq([_told_apart(name, tuple(dtype.categories)) for name, dtype in compared.items()])
        codes = {column.name: column for column in told if column.max() != _OTHER}
    return [_as_asked(codes.get(names[place], frame[names[place]]), dtype) for place, dtype in dtypes.items()]


def _is_compared(dtype: Dtype, n_rows: int) -> TypeGuard[pl.Enum]:
    if not isinstance(dtype, pl.Enum):
        return False
    n_levels = len(dtype.categories) - 1
    return 0 < n_levels <= min(_MOST_COMPARED, n_rows // _ROWS_PER_COMPARISON)


@lru_cache(1 << 10)
def _told_apart(name: str, levels: tuple[str, ...]) -> pl.Expr:
    """Places in *levels* of the strings in column *name*, the first where there are none, or `_OTHER`."""
    text = pl.col(name)
    code = pl.when(text.is_null()).then(_byte(0)).otherwise(_byte(_OTHER))
    for place, level in enumerate(levels[1:], 1):
        code = pl.when(text == level).then(_byte(place)).otherwise(code)
    return code.alias(name)


def _byte(value: int) -> pl.Expr:
    return pl.lit(value, pl.UInt8)


def _open(dtype: Dtype) -> Dtype:
    """*dtype*, or strings where only some would be let in."""
    return pl.String if isinstance(dtype, pl.Enum) else dtype


def _as_asked(column: pl.Series, dtype: Dtype) -> Fields:
    """Strings where there are others than the ones of *dtype*; some versions of polars let them in."""
    if not isinstance(dtype, pl.Enum):
        return column
    return Named(column, dtype.categories) if column.dtype.is_integer() else column.cast(pl.String)


def _unquoted(series: Fields) -> Fields:
    """Quoted fields without their quotes, doubled quotes inside them single."""
    if isinstance(series, Named) or series.dtype != pl.String:
        return series
    worn = series.str.starts_with('"')
    if not worn.any():
        return series
    bare = series.str.strip_prefix('"').str.strip_suffix('"').str.replace_all('""', '"', literal=True)
    return bare.zip_with(worn.fill_null(value=False), series)
