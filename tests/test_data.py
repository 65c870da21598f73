"""Data of every make, all the way: inferred, staged, trained on, predicted, and read back."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import amlwrap
from amlwrap import Client, Schema
from amlwrap.exceptions import DataError

SCHEMA = Schema({"size": "NUMERIC", "colour": "CATEGORICAL", "y": "BINARY"}, target="y")
COLUMNS = {
    "size": [float(number) for number in range(60)],
    "colour": ["red", 'a,"b"', None] * 20,
    "y": [number >= 30 for number in range(60)],
}


@pytest.fixture
def aml() -> Iterator[Client]:
    """A client of an engine of its own."""
    with amlwrap.connect("local:", progress=False) as client:
        yield client


def rows() -> Any:
    """As a generator of mappings."""
    return (dict(zip(COLUMNS, row, strict=True)) for row in zip(*COLUMNS.values(), strict=True))


def csv_bytes() -> bytes:
    """As a CSV."""
    return pl.DataFrame(COLUMNS).write_csv().encode()


KINDS: dict[str, Callable[[Path], Any]] = {
    "path": lambda folder: written(folder / "things.csv", csv_bytes()),
    "gzip": lambda folder: str(written(folder / "things.csv.gz", gzip.compress(csv_bytes()))),
    "pandas": lambda folder: pd.DataFrame(COLUMNS),
    "polars": lambda folder: pl.DataFrame(COLUMNS),
    "lazy": lambda folder: pl.DataFrame(COLUMNS).lazy(),
    "interchange": lambda folder: Stream(pl.DataFrame(COLUMNS)),
    "array": lambda folder: (np.array([*zip(*COLUMNS.values(), strict=True)], object), list(COLUMNS)),
    "bytes": lambda folder: csv_bytes(),
    "text file": lambda folder: io.StringIO(csv_bytes().decode()),
    "binary file": lambda folder: io.BytesIO(gzip.compress(csv_bytes())),
    "list": lambda folder: list(rows()),
    "generator": lambda folder: rows(),
}


class Stream:
    """A table of a library nobody knows."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self.frame = frame

    def __arrow_c_stream__(self, schema: object = None) -> object:
        return self.frame.__arrow_c_stream__(schema)


def written(path: Path, content: bytes) -> Path:
    """A file."""
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("kind", KINDS)
def test_whatever_the_data_is(kind: str, aml: Client, tmp_path: Path) -> None:
    """It is inferred, trained on and predicted, and comes to the same."""
    make = KINDS[kind]

    data = aml.datasources.create(make(tmp_path), target="y")
    batch = aml.models.create(data).wait().predict_batch(make(tmp_path)).wait()

    assert ["NUMERIC", "CATEGORICAL", "BINARY"] == [attribute.type for attribute in data.schema.attributes]
    assert {"size": "0.0", "colour": "red", "y": "true"} == {**data.head(1)[0], "y": "true"}
    compared = batch.compare(COLUMNS["y"])
    assert (60, 0) == (compared.n_rows, compared.n_invalid)
    assert (compared.auc or 0) > 0.9
    assert COLUMNS["y"] == [row.true_label == "1" for row in batch.rows()]


@pytest.mark.parametrize("header", [True, False])
def test_a_table_is_bound_by_name(header: bool, aml: Client) -> None:
    """Whatever order its columns stand in, and whether or not the schema speaks of a header."""
    schema = SCHEMA.replace(header=header)
    shuffled = pl.DataFrame(COLUMNS).select("y", "colour", "size")

    model = aml.models.create(aml.datasources.create(shuffled, schema=schema)).wait()

    assert ("y", "colour", "size") == model.datasource.schema.names
    for frame in (shuffled, shuffled.select("size", "colour")):
        assert (model.predict_batch(frame).wait().compare(COLUMNS["y"]).auc or 0) > 0.9
    assert 60 == model.predict_batch(shuffled, schema=schema).wait().n_total


@pytest.mark.parametrize(
    ("columns", "match"),
    [
        (["size", "y"], "a column 'colour', found none of that name"),
        (["size", "colour"], "a column 'y', found none of that name"),
        (["size", "colour", "y", "more"], "only columns of the schema, found 'more' as well"),
    ],
)
def test_a_table_that_is_not_the_schemas_is_refused(columns: list[str], match: str, aml: Client) -> None:
    """Before anything is sent."""
    frame = pl.DataFrame({**COLUMNS, "more": 1}).select(columns)

    with pytest.raises(DataError, match=match):
        aml.datasources.create(frame, schema=SCHEMA)


def test_a_model_without_a_header_predicts_tables_by_name(aml: Client) -> None:
    """Its own data had no names to go by; the table has."""
    bare = csv_bytes().partition(b"\n")[2]
    model = aml.models.create(aml.datasources.create(bare, schema=SCHEMA.replace(header=False))).wait()

    batch = model.predict_batch(pl.DataFrame(COLUMNS).select("colour", "size")).wait()

    assert 60 == batch.n_total
    assert (batch.compare(COLUMNS["y"]).auc or 0) > 0.9
