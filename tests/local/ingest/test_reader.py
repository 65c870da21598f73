"""Reading files into tables, held against a slow oracle."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amlwrap.documents.schema import Attribute, AttributeType, Schema
from amlwrap.exceptions import DataError
from amlwrap.local.ingest.columns import BinaryColumn, CategoricalColumn, Column, NumericColumn, TextColumn
from amlwrap.local.ingest.joining import join_tables
from amlwrap.local.ingest.reader import read_blocks, read_table
from amlwrap.local.ingest.table import Table
from amlwrap.objects import find_files
from tests.local.ingest import oracle
from tests.local.ingest.memory import Memory

URI = "s3://shop/in/data.csv"


def schema_of(types: str, *, header: bool = False) -> Schema:
    """``"NC"`` is a NUMERIC attribute ``a`` and a CATEGORICAL one ``b``."""
    kinds = {kind[0]: kind for kind in AttributeType}
    names = "abcdefghijklmnop"
    return Schema([Attribute(names[i], kinds[letter]) for i, letter in enumerate(types)], header=header)


def read(data: bytes, schema: Schema, **options: Any) -> Table:
    """The table of one file that holds *data*."""
    store = Memory({URI: data})
    return read_table(store, find_files(store, URI), schema, **options)


def values_of(column: Column) -> list[object]:
    """A column in the oracle's words."""
    if isinstance(column, TextColumn):
        return list(column.values)
    if isinstance(column, CategoricalColumn):
        return [column.vocabulary[code] for code in column.codes]
    n = len(column)
    invalid = np.zeros(n, np.bool_) if column.invalid is None else column.invalid
    if isinstance(column, BinaryColumn):
        missing = column.values < 0
    else:
        missing = np.zeros(n, np.bool_) if column.missing is None else column.missing
    return [
        "invalid" if wrong else None if gone else value
        for value, gone, wrong in zip(column.values.tolist(), missing, invalid, strict=True)
    ]


def check(data: bytes, schema: Schema, table: Table) -> None:
    """Hold *table* against the oracle's reading of *data*."""
    expected = oracle.rows(data, len(schema.attributes), header=schema.header)
    assert [row.offset for row in expected] == table.starts.tolist()
    assert [i for i, row in enumerate(expected) if not row.reason] == table.positions.tolist()
    faults = [(row.offset, row.line, row.reason) for row in expected if row.reason]
    assert faults == [(fault.offset, fault.line, fault.reason) for fault in table.faults]
    for place, attribute in enumerate(schema.attributes):
        found = values_of(table.columns[attribute.name])
        floats = [float(value) if isinstance(value, int) else value for value in found]  # as the oracle reads numbers
        assert oracle.column(expected, place, attribute.type) == floats


NUMBERS = st.one_of(
    st.integers(-(2**63), 2**63 - 1).map(str),
    st.integers(0, 300).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.sampled_from(["", " ", " 7", "7 ", "+5", "-0", "007", ".5", "5.", "1e3", "1E-3", "1e400", "nan", "inf", "-inf"]),
    st.sampled_from(["1_0", "0x1", "1,5", "--1", "+", ".", "e5", "abc", "null", "1 2", '"', "1e", "٣"]),
)
BINARIES = st.sampled_from(["0", "1", "y", "N", "Yes", "no", " TRUE", "f ", "F", "T", "", " ", "2", "ja", "00", "é"])
WORDS = st.text(st.sampled_from('ab ,"é\t\x1f😀.'), max_size=6)
FIELDS: Mapping[str, st.SearchStrategy[str]] = {"N": NUMBERS, "B": BINARIES, "C": WORDS, "T": WORDS}


@st.composite
def files(draw: st.DrawFn) -> tuple[bytes, Schema]:
    """A well-formed file in any of the ways it may be written, and its schema."""
    types = draw(st.text("NBCT", min_size=1, max_size=4))
    header = draw(st.booleans())
    schema = schema_of(types, header=header)
    out = io.StringIO(newline="")
    end = draw(st.sampled_from(["\n", "\r\n"]))
    writer = csv.writer(out, draw(st.sampled_from(["excel", "unix"])), lineterminator=end)
    if header:
        writer.writerow(schema.names)
    for row in draw(st.lists(st.tuples(*(FIELDS[kind] for kind in types)), min_size=1, max_size=30)):
        writer.writerow(row)
        out.write(end * draw(st.sampled_from([0, 0, 0, 1, 2])))
    text = out.getvalue()
    if draw(st.booleans()):
        text = text.removesuffix(end)
    return (b"\xef\xbb\xbf" if draw(st.booleans()) else b"") + text.encode(), schema


@settings(deadline=None)
@given(files(), st.sampled_from([1, 20, 100, 1 << 20]))
def test_well_formed_files_agree_with_the_oracle(case: tuple[bytes, Schema], run_bytes: int) -> None:
    """However a table is written, and in however many runs it is read, it comes out as a slow reader reads it."""
    data, schema = case
    check(data, schema, read(data, schema, run_bytes=run_bytes))


PIECES = [b"a", b"1", b",", b",", b'"', b'"', b'","', b"\n", b"\r\n", b"\r", b" ", b"\xc3\xa9", b"\xff"]


@settings(deadline=None)
@given(st.lists(st.sampled_from(PIECES)), st.sampled_from([1, 7, 1 << 20]))
def test_arbitrary_bytes_agree_with_the_oracle(pieces: list[bytes], run_bytes: int) -> None:
    """Quotes, commas, line ends and broken UTF-8 anywhere: what is readable, and why not, is the oracle's."""
    data = b"x,y\n" + b"".join(pieces)
    check(data, schema_of("CT"), read(data, schema_of("CT"), run_bytes=run_bytes))


@given(st.binary(max_size=12))
def test_broken_utf8_is_found_where_it_is(junk: bytes) -> None:
    """A line is unreadable exactly when Python cannot decode it."""
    lines = b"\n".join([b"ok", b"\xe2", b"\x80x", junk.replace(b'"', b"").replace(b",", b""), "é😀".encode()])
    check(lines, schema_of("C"), read(lines, schema_of("C")))


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        (["0", "255"], np.uint8),
        (["-1", "100"], np.int8),
        (["0", "256"], np.uint16),
        (["-129", "0"], np.int16),
        (["70000"], np.uint32),
        (["-70000"], np.int32),
        (["5000000000"], np.int64),
        (["1.0", "2e1"], np.uint8),
        (["1.5", "2"], np.float64),
        (["1e300"], np.float64),
    ],
)
@pytest.mark.parametrize("run_bytes", [1, 1 << 20])
def test_numbers_take_the_smallest_type(values: list[str], dtype: type[np.generic], run_bytes: int) -> None:
    """Numbers are kept in the smallest type that loses none, however many runs they came in."""
    table = read("\n".join(values).encode(), schema_of("N"), run_bytes=run_bytes)

    column = table.columns["a"]
    assert isinstance(column, NumericColumn)
    assert np.dtype(dtype) == column.values.dtype
    assert [float(value) for value in values] == column.values.tolist()


@pytest.mark.parametrize("data", [b"9007199254740993", b"9007199254740993\n0.0", b"9007199254740993\n0"])
def test_large_integers_are_doubles(data: bytes) -> None:
    """A number is a double, as the service has it, whatever stands beside it."""
    assert values_of(read(data, schema_of("N")).columns["a"])[0] == 2**53


def test_pixel_that_grows_late_is_read_again() -> None:
    """A column that looked like small integers in the first records may turn out otherwise later."""
    rows = ["0"] * 50_000 + ["300", "", "x", "2.5"]

    column = read("\n".join(f"{row},1" for row in rows).encode(), schema_of("NN")).columns["a"]

    assert [0, 300, None, "invalid", 2.5] == values_of(column.take(slice(49_999, None)))


def test_record_over_100_kb_is_unreadable() -> None:
    """A record of 102,400 bytes is read and one of a byte more is not, whether or not it fits into a run."""
    lines = [b"x" * 102_400, b"y" * 102_401, b"z" * 400_000, b"ok"]
    data = b"\r\n".join(lines)
    for run_bytes in (1000, 150_000, 1 << 20):
        table = read(data, schema_of("T"), run_bytes=run_bytes)
        assert [0, 3] == table.positions.tolist()
        assert [(2, 102_402), (3, 204_805)] == [(fault.line, fault.offset) for fault in table.faults]
        assert 604_807 == table.starts[3]


def test_more_fields_than_a_byte_counts() -> None:
    """A record of a thousand fields is one; with 256 more or less it has too many or not enough."""
    lines = [",".join(["1"] * n) for n in (1000, 744, 1256, 1000)]

    table = read("\n".join(lines).encode(), Schema({f"x{number}": "NUMERIC" for number in range(1000)}, header=False))

    assert [0, 3] == table.positions.tolist()
    assert ["Not enough fields in record.", "Too many fields in record."] == [fault.reason for fault in table.faults]


@pytest.mark.parametrize("run_bytes", [20, 1 << 20])
@pytest.mark.parametrize("last", ["C", "N", "B", "T"])
def test_as_many_commas_as_there_should_be(last: str, run_bytes: int) -> None:
    """A field too many in one line is not held against one too few in another."""
    data = b"1,a,1\n2,b,1\n3,c\n4,d,1,\n5,e,1,0\n6\n7,f,\n8,g,1\n"

    check(data, schema_of(f"NC{last}"), read(data, schema_of(f"NC{last}"), run_bytes=run_bytes))
    assert [0, 1, 4, 5] == read(b"1,2\n3,4\n5\n6,7,8\n9,0\n1,2\n", schema_of("NN"), skip={"b"}).positions.tolist()
    assert [0, 1, 4, 5] == read(b"1,2\n3,4\n5\n6,7,8\n9,0\n1,2\n", schema_of("NN"), skip={"a", "b"}).positions.tolist()


@pytest.mark.parametrize("n_spellings", [3, 1000])
def test_few_spellings_and_many_are_read_alike(n_spellings: int) -> None:
    """A BINARY column of many distinct fields goes through each, one of few through what is distinct."""
    fields = [f"odd {number % n_spellings}" for number in range(2000)] + [" YES", "0", ""]

    table = read("".join(f"{field},1\n" for field in fields).encode(), schema_of("BN"))
    column = table.columns["a"]

    assert isinstance(column, BinaryColumn)
    assert [-1] * 2000 + [1, 0, -1] == column.values.tolist()
    assert column.invalid is not None
    assert 2000 == column.invalid.sum()


LEVELS = st.sampled_from(["red", "blue", "", "né", '"red"', '"a,b"', '""', " red", "Yes", "0"]) | st.integers(
    0, 400
).map(str)


@settings(deadline=None)
@given(st.lists(st.tuples(LEVELS, LEVELS), min_size=1, max_size=60))
def test_levels_that_were_expected_and_others_are_read_alike(rows: list[tuple[str, str]]) -> None:
    """What earlier runs held decides how polars is asked, and never what is found."""
    data = "".join(f"{first},{second}\n" for first, second in rows).encode()

    one_by_one = read(data, schema_of("CB"), run_bytes=1)

    check(data, schema_of("CB"), one_by_one)
    names = one_by_one.columns["a"]
    assert isinstance(names, CategoricalColumn)
    assert set(names.vocabulary) == set(values_of(names))


@pytest.mark.parametrize("n_levels", [2, 12, 13])
@pytest.mark.parametrize("odd", ["", '""', '"0"', "no", "a new one", "\n", " 1"])
def test_few_levels_of_many_rows_are_read_alike(n_levels: int, odd: str) -> None:
    """Whether fields are compared with what is expected or looked up, and whatever else comes in a later run."""
    plain = [f"{row % 2},level {row % n_levels}\n" for row in range(20_000)]
    late = f"{odd},{odd}\n" if odd != "\n" else odd
    data = "".join([*plain, late, *plain[:100]]).encode()

    table = read(data, schema_of("BC"), run_bytes=1 << 18)

    check(data, schema_of("BC"), table)
    names = table.columns["b"]
    assert isinstance(names, CategoricalColumn)
    assert set(names.vocabulary) == set(values_of(names))


@pytest.mark.parametrize("run_bytes", [8, 1 << 20])
@pytest.mark.parametrize(
    "line", ["1,y,a", "x,y,a", ",maybe,", "1,y", "1,y,a,b", "", '"1",y,"a"', "1,y,a\r", "1,y,\xe9"]
)
def test_what_need_not_be_located_is_read_alike(line: str, run_bytes: int) -> None:
    """Faults and examples say where they stand; of other records nothing is told."""
    schema, store = schema_of("NBC"), Memory({URI: f"1,0,a\n{line}\n\n2,1,b\n3,0,\n4,1,c".encode("latin-1")})
    files = find_files(store, URI)

    located = read_table(store, files, schema, run_bytes=run_bytes)
    blocks = list(read_blocks(store, files, schema, run_bytes=run_bytes, located=False))
    bare = join_tables(blocks)

    assert (located.n_records, located.positions.tolist()) == (bare.n_records, bare.positions.tolist())
    assert (located.faults, located.invalid_values, located.parts) == (bare.faults, bare.invalid_values, bare.parts)
    assert {name: values_of(column) for name, column in located.columns.items()} == {
        name: values_of(column) for name, column in bare.columns.items()
    }
    assert [] == bare.starts.tolist()
    assert 1.0 == bare.reached
    assert sorted({block.reached for block in blocks}) == [block.reached for block in blocks]
    some = attrs.evolve(bare, faults=(), invalid_values=()).take_records(slice(1, 4))
    assert (3, located.take_records(slice(1, 4)).positions.tolist()) == (some.n_records, some.positions.tolist())


def test_all_control_characters_at_once() -> None:
    """When no byte is left to stand between fields, only the records that hold the one chosen are lost."""
    controls = bytes(code for code in range(1, 32) if code not in b"\t\n\r")
    table = read(b'"a,b",c\n' + controls + b",d\n", schema_of("CC"))

    assert ["Record holds control characters."] == [fault.reason for fault in table.faults]
    assert ["a,b"] == values_of(table.columns["a"])


def test_text_and_skipped_columns() -> None:
    """A column asked for as text comes as it stands, one to be skipped not at all."""
    table = read(b'1, yes ,"x ""y"""\n2,no,z\n', schema_of("NBC"), as_text={"b", "c"}, skip={"a"})

    assert ["b", "c"] == list(table.columns)
    assert [" yes ", "no"] == values_of(table.columns["b"])
    assert ['x "y"', "z"] == values_of(table.columns["c"])
    nothing = read(b"1\n2\n", schema_of("N"), skip={"a"})
    assert (2, {}) == (nothing.n_rows, nothing.columns)


def test_invalid_values_are_shown() -> None:
    """Invalid values are counted by record, and examples say where they stand."""
    table = read(b"a,b\n1,y\n\nx,maybe\n,n\n", schema_of("NB", header=True))

    assert 1 == table.n_invalid_records
    assert [(4, "a", "x"), (4, "b", "maybe")] == [(v.line, v.attribute, v.value) for v in table.invalid_values]
    assert {9} == {v.offset for v in table.invalid_values}


def test_several_files_are_one_table() -> None:
    """Files under a prefix are read in order, each below its own header, with one vocabulary for all."""
    store = Memory(
        {
            "s3://shop/in/2.csv": b"a\nz\na\n",
            "s3://shop/in/10.csv": b"\xef\xbb\xbfa\r\nm\r\nx,y\r\n",
            "s3://shop/in/.schema": b"{}",
            "s3://shop/in/x.manifest": b"{}",
            "s3://shop/in/empty": b"",
        }
    )
    seen: list[float] = []
    table = read_table(store, find_files(store, "s3://shop/in/"), schema_of("C", header=True), progress=seen.append)

    assert [("s3://shop/in/10.csv", 2), ("s3://shop/in/2.csv", 2)] == [(p.uri, p.n_records) for p in table.parts]
    assert ["m", "z", "a"] == values_of(table.columns["a"])
    assert [6, 9, 16, 18] == table.starts.tolist()
    assert [("s3://shop/in/10.csv", 3, 9)] == [(f.file, f.line, f.offset) for f in table.faults]
    assert 20 == table.n_bytes
    assert [14 / 20, 1.0] == seen


@pytest.mark.parametrize("run_bytes", [1, 1 << 20])
def test_only_a_file_begins_with_a_byte_order_mark(run_bytes: int) -> None:
    """Below the header the same bytes are a value's, first in a run of lines or not."""
    mark = "\ufeff"
    data = f"{mark}a,b\n{mark},x\n{mark}y,{mark}\n".encode()
    table = read(data, schema_of("CT", header=True), run_bytes=run_bytes)

    assert [mark, f"{mark}y"] == values_of(table.columns["a"])
    assert ["x", mark] == values_of(table.columns["b"])


def test_bucket_is_a_location() -> None:
    """A whole bucket may hold the data."""
    store = Memory({URI: b"1"})
    assert [URI] == [info.uri for info in find_files(store, "s3://shop")]


@pytest.mark.parametrize(
    ("location", "message"),
    [
        ("s3://shop/in", "Did you mean the folder 's3://shop/in/'?"),
        ("s3://shop/out.csv", "expected a file, found nothing there"),
        ("s3://shop/out/", "a folder with data files"),
    ],
)
def test_nothing_found_is_an_error(location: str, message: str) -> None:
    """A location where nothing is says so, and what may have been meant."""
    with pytest.raises(DataError, match=message):
        find_files(Memory({URI: b"1"}), location)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "at least one record, found none"),
        (b"a,b\n", "at least one record, found none"),
        (b"\n\r\n", "at least one record, found none"),
        (b"a,b\r1,2\r3,4", "lines that end in CR alone"),
        (b"a,b\r1,2\r3,4\n", "lines that end in CR alone"),
        (b"\x1f\x8b\x08", "plain text, found gzip"),
        ("a,b\n1,2".encode("utf-16"), "UTF-16"),
        (b"a\n1\n", r"line 1, column 2: expected column 'b', found the end of the line. There is no column 'b' at all"),
        (b"\na,c\n1,2\n", "line 2, column 2: expected column 'b', found 'c'"),
        (b"b,a\n1,2\n", "line 1, column 1: expected column 'a', found 'b'"),
        (b"a,b,c\n1,2,3\n", "column 3: expected no further column, found 'c'"),
        (b"a,\r,b\n1,2\n", "column 2: expected column 'b'|expected a header"),
        (b"a,b\n1\n2\n", "line 2: expected a record that can be read, found none; not enough fields in record"),
    ],
)
def test_unreadable_files_explain_themselves(data: bytes, message: str) -> None:
    """What cannot be read at all says where, what was expected and what was found."""
    with pytest.raises(DataError, match=message) as caught:
        read(data, schema_of("NC", header=True))
    assert URI in str(caught.value)


def test_header_may_be_longer_than_a_record() -> None:
    """A thousand names of 64 characters may be; a field that is longer than all of them is none."""
    names = [f"{number:04}" + "\u20ac" * 60 for number in range(1000)]
    schema = Schema(dict.fromkeys(names, "NUMERIC"))
    line = b",".join(b"1" for _ in names)

    assert 1 == read(b"\n".join([",".join(f'"{name}"' for name in names).encode(), line]), schema).n_rows
    for header in (b"x" * 150_000, b"x" * 500_000):
        with pytest.raises(DataError, match="a header that ends in LF or CR LF, found no line end for a long while"):
            read(b"\n".join([header, line]), schema)


def test_header_may_be_quoted_and_padded() -> None:
    """Quotes and blanks around a header's names do not count."""
    assert 1 == read(b'"a", b \r\n1,2\r\n', schema_of("NC", header=True)).n_rows


def test_compressed_name_is_enough() -> None:
    """A key that ends in .gz is refused by its name."""
    store = Memory({"s3://shop/data.csv.gz": b"a\n"})
    with pytest.raises(DataError, match="gzip"):
        read_table(store, find_files(store, "s3://shop/data.csv.gz"), schema_of("N"))


def test_file_that_changes_is_an_error() -> None:
    """A file shorter than the store said, or gone, is no table."""
    store = Memory({URI: b"1\n2\n"}, sizes={URI: 10})
    found = find_files(store, URI)
    with pytest.raises(DataError, match="expected 10 bytes, found 4"):
        read_table(store, found, schema_of("N"))
    del store.objects[URI]
    with pytest.raises(DataError, match="nothing there"):
        read_table(store, found, schema_of("N"))
