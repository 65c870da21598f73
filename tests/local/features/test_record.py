"""A record encoded alone, held against the same record as a row of a table."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from amlwrap.exceptions import DocumentError
from amlwrap.local.features.encoder import Encoder
from amlwrap.local.features.record import Record, RecordEncoder
from amlwrap.local.features.words import split, words_of
from amlwrap.local.ingest.builders import column_of
from amlwrap.local.ingest.columns import Column
from tests.local.features.test_encoder import fitted, schema_of

SCHEMA = schema_of(n="NUMERIC", m="NUMERIC", b="BINARY", c="CATEGORICAL", d="CATEGORICAL", t="TEXT", u="TEXT")
OUTPUTS = [
    "n",
    "normalize(m)",
    "quantile_bin(n,5)",
    "quantile_bin(normalize(m),10)",
    "b",
    "c",
    "t",
    "lowercase(d)",
    "ngram(t,2)",
    "osb(no_punct(u),3)",
    "cartesian(c,quantile_bin(n,5))",
    "cartesian(b,lowercase(u))",
]

TRANSFORMED = ("ngram({},2)", "osb({},3)", "lowercase({})", "no_punct({})", "quantile_bin({},5)", "normalize({})")
NESTED = st.recursive(
    st.sampled_from("nbcdtu"),
    lambda inner: (
        st.builds(str.format, st.sampled_from(TRANSFORMED), inner) | st.builds("cartesian({},{})".format, inner, inner)
    ),
    max_leaves=4,
)

NUMBERS = st.sampled_from(["0", "1", "-2.5", "1e3", " 4 ", "", "n/a", "1e30"]) | st.floats(-9, 9).map(repr)
STATES = st.sampled_from(["yes", "0", "T", "", "perhaps"])
NAMES = st.sampled_from(["red", "Red", "blue", "", " red"])
TEXTS = st.lists(st.sampled_from(["tea", "Tea,", "rum", "-", "\u00a0", "\x1c"]), max_size=5).map(" ".join)
FIELDS = {"n": NUMBERS, "m": NUMBERS, "b": STATES, "c": NAMES, "d": NAMES, "t": TEXTS, "u": TEXTS}
ASKED = {**FIELDS, "n": NUMBERS | st.just("-1e300"), "m": NUMBERS | st.just("1.7e308"), "c": NAMES | st.just("never")}


def table_of(records: list[Record]) -> dict[str, Column]:
    """Records as batches are read: columns built of strings."""
    columns: dict[str, Column] = {}
    for attribute in SCHEMA.attributes:
        fields = pl.Series([record.get(attribute.name, "") for record in records], dtype=pl.String)
        columns[attribute.name] = column_of(attribute.type, fields)
    return columns


@st.composite
def encoders(draw: DrawFn) -> Encoder:
    """Encoders of any outputs, trained on a few records of which some have a number."""
    outputs = draw(st.lists(st.sampled_from(OUTPUTS), min_size=1, max_size=6, unique=True))
    records = draw(st.lists(st.fixed_dictionaries(FIELDS), min_size=2, max_size=6))
    whole: Record = {"n": "1", "m": "2", "b": "1", "c": "red", "d": "red", "t": "tea", "u": "rum"}
    return fitted(outputs, SCHEMA, table_of([*records, whole]))


@given(encoders(), st.lists(st.fixed_dictionaries({}, optional=ASKED), min_size=1, max_size=4))
def test_a_record_alone_is_its_row_in_a_table(encoder: Encoder, records: list[Record]) -> None:
    """Whatever the recipe, and whatever is in the fields or missing: the same columns, the same values, to the bit."""
    (block,) = encoder.blocks(table_of(records))
    alone = RecordEncoder.of(encoder)

    for place, record in enumerate(records):
        row: Any = block.matrix[[place]]
        mine: Any = alone.row(record)
        assert row.shape == mine.shape
        assert row.indices.tolist() == mine.indices.tolist()
        assert row.data.tobytes() == mine.data.tobytes()


@given(st.lists(NESTED, min_size=8, max_size=8), st.lists(st.fixed_dictionaries(FIELDS), min_size=2, max_size=4))
def test_whatever_resolves_can_be_learned_from(expressions: list[str], records: list[Record]) -> None:
    """Functions of functions, of whatever kind: what the recipe's rules let pass has a value for every record."""
    rows = table_of([*records, {"n": "1", "m": "2", "b": "1", "c": "red", "d": "red", "t": "tea", "u": "rum"}])
    for expression in expressions:
        try:
            encoder = fitted([expression], SCHEMA, rows)
        except DocumentError:
            continue
        (block,) = encoder.blocks(rows)
        matrix: Any = block.matrix
        alone: list[Any] = [RecordEncoder.of(encoder).row(record) for record in records]
        assert [row.toarray().tolist() for row in alone] == [matrix[[n]].toarray().tolist() for n in range(len(alone))]


def test_one_attribute_needs_no_table() -> None:
    """As it is or in bins, it is looked up; products, windows and changed words go through the encoder."""
    rows = table_of([{"n": "1", "m": "2", "c": "x"}, {"n": "3", "m": "2", "c": "y"}])

    found = RecordEncoder.of(fitted(OUTPUTS, SCHEMA, rows))

    assert ["n", "m", "n", "m", "b", "c", "t"] == [name for name, _ in found.lanes]
    assert found.others is not None
    assert OUTPUTS[7:] == [placed.output.text for placed in found.others.outputs]


@given(st.text())
def test_words_of_one_text_are_those_of_many(text: str) -> None:
    """Split alone or in a column."""
    assert split(pl.Series([text])).flat.to_list() == words_of(text)


def test_a_row_of_nothing_is_empty() -> None:
    """A record that holds the most frequent level of everything has no entry."""
    encoder = fitted(["c"], SCHEMA, table_of([{"c": "red"}, {"c": "red"}, {"c": "blue"}]))

    row: Any = RecordEncoder.of(encoder).row({"c": "red"})

    assert ((1, encoder.layout.n_columns), 0, np.float32) == (row.shape, row.nnz, row.dtype)
