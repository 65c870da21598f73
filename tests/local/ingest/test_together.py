"""Columns summed up together tell what each tells alone, and go on by themselves when there are more rows."""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from amlwrap.documents.schema import Schema
from amlwrap.local.ingest import tallies, together
from amlwrap.local.ingest.columns import BinaryColumn, Column, NumericColumn
from amlwrap.local.ingest.statistics import Statistics, summarise
from amlwrap.local.ingest.table import Table
from tests.local.ingest.test_folds import figures

RNG = np.random.default_rng(2028)
DTYPES = st.sampled_from([np.uint8, np.int8, np.int16, np.int64, np.float64])


@st.composite
def tables(draw: st.DrawFn) -> dict[str, Column]:
    """A handful of columns of numbers, near zero or far from it, and a target that some rows do not have."""
    n = draw(st.integers(1, 40))
    numbers = np.random.default_rng(draw(st.integers(0, 2**32)))
    columns: dict[str, Column] = {}
    for place in range(draw(st.integers(1, 5))):
        dtype, low = draw(DTYPES), draw(st.sampled_from([0, 0, 3, 100]))
        values = numbers.integers(low, low + draw(st.integers(1, 20)), n).astype(dtype)
        missing = numbers.random(n) < draw(st.sampled_from([0.0, 0.3, 1.0]))
        kept = np.where(missing, 0, values).astype(dtype)
        columns[f"n{place}"] = NumericColumn(kept, missing if missing.any() else None)
    return columns | {"y": BinaryColumn(numbers.integers(draw(st.integers(-1, 0)), 2, n).astype(np.int8))}


def summed_up(columns: Mapping[str, Column], target: str | None, n_runs: int = 1) -> Statistics:
    """The statistics of *columns*, read in so many runs of rows."""
    table = Table.of(columns)
    bounds = np.linspace(0, table.n_rows, n_runs + 1).astype(int)
    schema = Schema({name: "BINARY" if name == "y" else "NUMERIC" for name in columns}, target=target)
    return summarise((table.take_records(slice(*ends)) for ends in pairwise(bounds.tolist())), schema)


@given(tables(), st.sampled_from(["y", "n0", None]))
def test_neighbours_change_nothing(columns: dict[str, Column], target: str | None) -> None:
    """Each column's summary is the one it has when there is no other column but the target."""
    found = summed_up(columns, target).attributes
    for name in columns:
        alone = {held: columns[held] for held in columns if held in {name, target}}
        assert figures(summed_up(alone, target).attributes[name]) == figures(found[name])


@pytest.mark.parametrize("max_cells", [1, 2_000, 1 << 18])
@pytest.mark.parametrize("n_runs", [1, 3])
def test_batches_change_nothing(monkeypatch: pytest.MonkeyPatch, max_cells: int, n_runs: int) -> None:
    """However many columns are reckoned at a time, and whether there are more rows or not, the figures are the same."""
    columns: dict[str, Column] = {
        f"n{place}": NumericColumn(RNG.integers(0, 1 + 12 * place, 900).astype(np.uint8)) for place in range(20)
    }
    columns["y"] = BinaryColumn(RNG.integers(-1, 2, 900).astype(np.int8))
    expected = summed_up(columns, "y")
    for module in (together, tallies):
        monkeypatch.setattr(module, "MAX_CELLS", max_cells)
    found = summed_up(columns, "y", n_runs)
    for name, summary in expected.attributes.items():
        assert figures(summary) == figures(found.attributes[name])


def test_rows_are_let_go() -> None:
    """No array of a run of rows is held once the next one is read."""
    arrays: list[weakref.ref[NDArray[Any]]] = []

    def blocks() -> Iterator[Table]:
        for _ in range(3):
            assert [None] * len(arrays) == [array() for array in arrays]
            values = RNG.integers(0, 200, 5_000).astype(np.uint8)
            arrays.append(weakref.ref(values))
            yield Table.of({"a": NumericColumn(values)})
            del values

    assert 15_000 == summarise(blocks(), Schema({"a": "NUMERIC"})).n_rows
