"""Data that does not fit: read, fitted, shuffled and learned from a part at a time, with the same outcome."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

import amlwrap
from amlwrap.documents.recipe import Recipe
from amlwrap.documents.schema import Attribute, Schema
from amlwrap.local import open_engine
from amlwrap.local.features.encoder import Block, Encoder
from amlwrap.local.features.evaluation import Evaluator, Memory
from amlwrap.local.features.record import Record
from amlwrap.local.features.signals import Bag
from amlwrap.local.ingest.builders import column_of
from amlwrap.local.ingest.census import Census
from amlwrap.local.ingest.reader import read_blocks
from amlwrap.local.pipeline.encoding import rebatched
from amlwrap.local.pipeline.shuffling import Encoded, Piles, keys_of
from amlwrap.objects import find_files
from tests.local.features.test_encoder import Exact, schema_of
from tests.local.features.test_record import OUTPUTS, SCHEMA, table_of
from tests.local.ingest.memory import Memory as Store
from tests.local.ingest.test_reader import URI, read
from tests.local.ingest.test_reader import schema_of as letters

WORDS = st.lists(st.sampled_from(["tea", "Tea,", "rum", "-", "gin"]), max_size=4).map(" ".join)
RECORDS = st.fixed_dictionaries(
    {
        "n": st.sampled_from(["0", "1", "-2.5", ""]),
        "m": st.sampled_from(["3", "4", "1e3"]),
        "b": st.sampled_from(["yes", "0", ""]),
        "c": st.sampled_from(["red", "blue", ""]),
        "d": st.sampled_from(["Red", "red"]),
        "t": WORDS,
        "u": WORDS,
    }
)


@given(st.lists(RECORDS, min_size=2, max_size=12), st.data())
def test_wherever_rows_are_cut_the_encoder_is_the_same(records: list[Record], data: st.DataObject) -> None:
    """Columns of the design matrix are numbered as their levels and words are first met, not as blocks are cut."""
    outputs = data.draw(st.lists(st.sampled_from(OUTPUTS), min_size=1, max_size=4, unique=True))
    cut = data.draw(st.integers(1, len(records) - 1))
    whole: Record = {"n": "1", "m": "2", "b": "1", "c": "red", "d": "red", "t": "tea", "u": "rum"}
    rows = table_of([whole, *records])
    parts = [table_of([whole, *records[:cut]]), table_of(records[cut:])]
    resolved = _resolved(outputs)

    one = Encoder.fit(resolved, [rows], Exact(rows))
    other = Encoder.fit(resolved, parts, Exact(rows))

    assert _dense(one, rows) == _dense(other, rows)
    assert one.layout.starts.tolist() == other.layout.starts.tolist()
    assert one.layout.shares.tolist() == other.layout.shares.tolist()


def _resolved(outputs: list[str]) -> Any:
    return Recipe.parse({"outputs": outputs}).resolve(SCHEMA)


def _dense(encoder: Encoder, rows: Any) -> list[list[float]]:
    return [row for block in encoder.blocks(rows) for row in block.matrix.toarray().tolist()]


def encoded(n: int, n_columns: int = 7, *, ones: bool = False) -> Encoded:
    """Rows whose target is their number."""
    rng = np.random.default_rng(n)
    dense = np.where(rng.random((n, n_columns)) < 0.4, rng.random((n, n_columns)), 0)
    matrix: Any = sparse.csr_array(dense.astype(np.float32))
    if ones:
        matrix.data[:] = 1
    return Encoded(Block(matrix, rng.integers(1, 5, n)), np.arange(n))


@pytest.mark.parametrize("ones", [False, True])
@pytest.mark.parametrize("hold_bytes", [1, 200, 3_000, 1 << 20])
def test_piles_give_the_order_of_the_keys(tmp_path: Path, hold_bytes: int, *, ones: bool) -> None:
    """However many piles there are, or even none: the same order, and every row whole; afterwards no file is left."""
    rows = encoded(100, ones=ones)
    expected = rows.take(np.argsort(keys_of(0, 100)))
    with Piles(tmp_path, 7, hold_bytes, 100) as piles:
        for start in range(0, 100, 17):
            piles.add(rows.between(start, min(start + 17, 100)))
        shuffled = Encoded.join(list(piles.sorted()))

    assert expected.targets.tolist() == shuffled.targets.tolist()
    assert expected.block.n_active.tolist() == shuffled.block.n_active.tolist()
    assert expected.block.matrix.toarray().tolist() == shuffled.block.matrix.toarray().tolist()
    assert [] == list(tmp_path.iterdir())


@given(st.lists(st.integers(1, 30), min_size=1, max_size=8), st.integers(1, 16))
def test_batches_are_cut_where_no_block_shows(sizes: list[int], size: int) -> None:
    """All parts but the last hold whole batches, and nothing is lost between."""
    rows = encoded(sum(sizes))
    bounds = np.cumsum([0, *sizes])
    parts = [rows.between(start, stop) for start, stop in pairwise(bounds)]

    cut = list(rebatched(parts, size))

    assert all(len(part.targets) % size == 0 for part in cut[:-1])
    assert rows.targets.tolist() == Encoded.join(cut).targets.tolist()


def table_of_schema(schema: Any, records: list[dict[str, str]]) -> Any:
    """Columns of *records*, read as the reader reads them."""
    columns: dict[str, Any] = {}
    for attribute in schema.attributes:
        fields = pl.Series([record[attribute.name] for record in records], dtype=pl.String)
        columns[attribute.name] = column_of(attribute.type, fields)
    return columns


def test_a_census_counts_every_block() -> None:
    """Records, faults and invalid values of blocks are those of the whole."""
    data = b"1,y\nshort\nx,y\n2,?\n\n3,n\n" * 5
    store, schema = Store({URI: data}), letters("NB")
    whole = Census.of([read(data, schema)])

    parts = Census.of(read_blocks(store, find_files(store, URI), schema, run_bytes=7))

    assert whole.faults == parts.faults
    assert sorted(whole.invalid_values, key=repr) == sorted(parts.invalid_values, key=repr)
    assert (25, 20, 10, {"a": 5, "b": 5}) == (parts.n_records, parts.n_rows, parts.n_invalid_records, parts.n_invalid)


@pytest.mark.parametrize("shuffle", [False, True])
def test_a_model_of_more_than_memory_has_the_same_weights(tmp_path: Path, *, shuffle: bool) -> None:
    """Numbers in bins, categories and words, read a few hundred lines at a time: the same files of the model."""
    rows = [
        f"{i},{i % 37},{'abc'[i % 3]},{'tea rum gin'[: i % 12]},{int(i % 37 > 18) ^ (i % 7 == 0)}\n"
        for i in range(4_000)
    ]
    attributes = [("id", "CATEGORICAL"), ("n", "NUMERIC"), ("c", "CATEGORICAL"), ("t", "TEXT"), ("y", "BINARY")]
    schema = Schema([Attribute(name, kind) for name, kind in attributes], target="y", row_id="id")

    def files(home: str, memory: int) -> dict[str, bytes]:
        with open_engine(tmp_path / home, memory=memory) as engine:
            engine.home.objects.joinpath("b").mkdir()
            engine.store.put_bytes("s3://b/data.csv", ("id,n,c,t,y\n" + "".join(rows)).encode())
            aml = amlwrap.connect(engine.boto3_client(), progress=False)
            data = aml.datasources.create("s3://b/data.csv", schema=schema)
            model = aml.models.create(data, shuffle=shuffle, passes=3).wait()
            made = engine.home.model(model.id)
            return {path.name: path.read_bytes() for path in made.iterdir() if path.suffix == ".json"} | {
                f"{path.name}/{name}": array.tobytes()
                for path in made.glob("*.npz")
                for name, array in np.load(path, allow_pickle=False).items()
            }

    whole, parts = files("whole", 1_000_000_000), files("parts", 200_000)

    assert whole.keys() == parts.keys()
    assert [] == [name for name in whole if whole[name] != parts[name]]


def test_what_is_met_too_late_is_not_remembered() -> None:
    """Beyond the room there is, new words are as unknown as those that training never saw; what is known stays."""
    schema = schema_of(t="TEXT")
    rows = table_of_schema(schema, [{"t": f"w{i}"} for i in range(10)])
    memory: Memory = {}
    (output,) = Recipe.parse({"outputs": ["t"]}).resolve(schema)
    first = Evaluator(rows, memory, Exact(rows), room=6).output(output.expression)
    again = Evaluator(rows, memory).output(output.expression)

    assert isinstance(first, Bag)
    assert isinstance(again, Bag)
    assert [0, 1, 2, 3, 4, *[5] * 5] == first.codes.tolist() == again.codes.tolist()
