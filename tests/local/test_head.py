"""What a datasource shows of itself, held against what the engine takes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from amlwrap import Rearrangement, Schema
from amlwrap.local.ingest.columns import TextColumn
from amlwrap.local.ingest.reader import read_table
from amlwrap.local.ingest.split import select
from amlwrap.objects import find_files
from amlwrap.resources._head import read_head
from tests.local.ingest.memory import Memory

LINES = st.lists(st.sampled_from([b"a,1", b"bb,2", b'"c,c",3', b"", b"d", b"e,5\r", b"f,6,7", b"\xff,8"]), max_size=12)
ENDS = st.sampled_from([b"", b"\n"])


@given(
    st.lists(st.tuples(LINES, ENDS), min_size=1, max_size=3),
    st.booleans(),
    st.tuples(st.integers(0, 100), st.integers(0, 100)),
    st.booleans(),
)
def test_rows_are_those_that_the_engine_takes(
    contents: list[tuple[list[bytes], bytes]], header: bool, cuts: tuple[int, int], complement: bool
) -> None:
    """Of any files, with headers or without, any sequential part shows exactly the records its jobs will see."""
    top = b"name,n\n" if header else b""
    files = {f"s3://b/in/{at}": top + b"\n".join(lines) + end for at, (lines, end) in enumerate(contents)}
    store = Memory({**files, "s3://b/in/9": top + b"z,9\n"})
    schema = Schema({"name": "TEXT", "n": "CATEGORICAL"}, header=header)
    part = Rearrangement(min(cuts), max(cuts), complement=complement)

    table = select(read_table(store, find_files(store, "s3://b/in/"), schema, as_text={"name"}), part)
    shown = read_head(store, "s3://b/in/", schema, part, 1_000)

    column = table.columns["name"]
    assert isinstance(column, TextColumn)
    assert [str(value) for value in column.values] == [row["name"] for row in shown]
