"""Tables and columns put one behind the other."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from amlwrap.local.ingest.columns import BinaryColumn, CategoricalColumn, Column, NumericColumn, TextColumn
from amlwrap.local.ingest.joining import join_columns, join_tables
from amlwrap.local.ingest.reader import read_blocks
from amlwrap.objects import find_files
from tests.local.ingest.memory import Memory
from tests.local.ingest.test_reader import FIELDS, schema_of, values_of

URI = "s3://shop/in/data.csv"


@pytest.mark.parametrize(
    ("parts", "dtype"),
    [
        ([np.array([1], np.uint8), np.array([255], np.uint8)], np.uint8),
        ([np.array([1], np.uint8), np.array([-1], np.int8)], np.int8),
        ([np.array([200], np.uint8), np.array([-1], np.int8)], np.int16),
        ([np.array([1], np.uint8), np.array([0.5])], np.float64),
        ([np.zeros(0, np.uint8), np.array([0.5])], np.float64),
    ],
)
def test_numbers_take_the_smallest_type_of_all(parts: list[NDArray[np.generic]], dtype: type[np.generic]) -> None:
    """Whatever each part was content with."""
    joined = join_columns([NumericColumn(part) for part in parts])

    assert isinstance(joined, NumericColumn)
    assert dtype == joined.values.dtype
    assert [value for part in parts for value in part.tolist()] == joined.values.tolist()


def test_what_is_missing_stays_so() -> None:
    """A part where nothing is missing marks nothing."""
    missing = np.array([True, False])
    joined = join_columns([NumericColumn(np.array([1, 2])), NumericColumn(np.array([0, 3]), missing, missing)])

    assert [1, 2, "invalid", 3] == values_of(joined)


def test_levels_that_no_part_holds_are_forgotten() -> None:
    """One sorted vocabulary of what is there."""
    parts = [CategoricalColumn(np.array([2, 0]), ("", "a", "c")), CategoricalColumn(np.array([0]), ("b", "d"))]
    joined = join_columns(parts)

    assert isinstance(joined, CategoricalColumn)
    assert ("", "b", "c") == joined.vocabulary
    assert ["c", "", "b"] == values_of(joined)


@pytest.mark.parametrize("column", [BinaryColumn(np.array([1, -1], np.int8)), TextColumn(pl.Series(["a", ""]))])
def test_one_behind_the_other(column: Column) -> None:
    """States and texts."""
    assert 2 * values_of(column) == values_of(join_columns([column, column]))


@settings(deadline=None)
@given(st.lists(st.tuples(*(FIELDS[kind] for kind in "NBCT")), min_size=1, max_size=12), st.integers(1, 40))
@example([("9007199254740993", "0", "", ""), ("0.0", "0", "", "")], 1)  # no double, if it is read as a whole number
def test_blocks_make_up_the_table(rows: list[tuple[str, ...]], run_bytes: int) -> None:
    """However long the runs are, and whatever one leads to expect of the next."""
    lines = [",".join('"' + field.replace('"', '""') + '"' for field in row) for row in rows]
    store, schema = Memory({URI: "\n".join([*lines, "short"]).encode()}), schema_of("NBCT")
    files = find_files(store, URI)

    whole, joined = (join_tables(read_blocks(store, files, schema, run_bytes=n)) for n in (1 << 20, run_bytes))

    assert whole.starts.tolist() == joined.starts.tolist()
    assert whole.positions.tolist() == joined.positions.tolist()
    assert (whole.parts, whole.faults) == (joined.parts, joined.faults)
    assert {name: values_of(column) for name, column in whole.columns.items()} == {
        name: values_of(column) for name, column in joined.columns.items()
    }
