"""Staging: whatever the data is, jobs read one CSV, and content that is there is not sent again."""

from __future__ import annotations

import csv
import datetime as dt
import errno
import gzip
import hashlib
import io
import sys
import tracemalloc
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amlwrap._samples import take_sample
from amlwrap._staging import Staging, normalised
from amlwrap._tables import write_table
from amlwrap.exceptions import ConfigError, DataError, MissingExtraError
from amlwrap.objects import Folder

CSV = b"age,y\n31,1\n44,0\n"


class Counting(Folder):
    """A store that counts what it is sent."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.sent: list[str] = []

    def put_file(self, uri: str, path: Any, sent: Any = None) -> None:
        self.sent.append(uri)
        super().put_file(uri, path, sent)


@pytest.fixture
def store(tmp_path: Path) -> Counting:
    """An empty store."""
    return Counting(tmp_path / "s3")


@pytest.fixture
def staging(store: Counting) -> Staging:
    """A place in it."""
    return Staging("s3://staging/in/", lambda: store)


def as_text(data: bytes) -> io.StringIO:
    """An open text file with *data* in it."""
    return io.StringIO(data.decode())


def written(data: Any) -> str:
    """The CSV that *data* becomes."""
    file = io.BytesIO()
    write_table(data, file)
    return file.getvalue().decode()


def read(store: Folder, uri: str) -> bytes:
    """What lies at *uri*."""
    with store.open(uri) as file:
        return file.read()


def test_a_file_is_named_by_its_content(staging: Staging, store: Counting, tmp_path: Path) -> None:
    """The key is a digest and the file's own name; the bytes are the file's."""
    path = tmp_path / "bank clients.csv"
    path.write_bytes(CSV)

    uri = staging.stage(path)

    assert f"s3://staging/in/{hashlib.sha256(CSV).hexdigest()[:32]}/bank_clients.csv" == uri
    assert CSV == read(store, uri)
    assert uri == staging.stage(str(path))


def test_content_that_is_there_is_not_sent_again(staging: Staging, store: Counting, tmp_path: Path) -> None:
    """The second time costs a look; a copy that was cut short is replaced."""
    path = tmp_path / "bank.csv"
    path.write_bytes(CSV)
    uri = staging.stage(path)

    staging.stage(path)
    assert [uri] == store.sent

    store.put_bytes(uri, CSV[:-3])
    staging.stage(path)
    assert [uri, uri] == store.sent
    assert CSV == read(store, uri)


def test_a_location_in_s3_is_left_alone(staging: Staging, store: Counting) -> None:
    """Nothing is copied, not even looked at."""
    assert "s3://elsewhere/data/" == staging.stage("s3://elsewhere/data/")
    assert [] == store.sent


@pytest.mark.parametrize("make", [bytes, bytearray, io.BytesIO, as_text])
def test_bytes_and_file_objects_are_copied(make: Any, staging: Staging, store: Counting) -> None:
    """Binary or text, in memory or not."""
    uri = staging.stage(make(CSV))

    assert uri.endswith("/data.csv")
    assert CSV == read(store, uri)


def test_an_open_file_keeps_its_name(staging: Staging, tmp_path: Path) -> None:
    """What the file object is called is what the object is called."""
    path = tmp_path / "bank.csv"
    path.write_bytes(CSV)

    with path.open("rb") as file:
        assert staging.stage(file).endswith("/bank.csv")


def test_lines_of_an_open_file_are_no_table(staging: Staging) -> None:
    """What says the names of its columns by itself is a table; of an open file, line 1 may be data."""
    for data, named in ((io.BytesIO(CSV), False), (as_text(CSV), False), (pd.DataFrame({"age": [31]}), True)):
        with staging.prepare(data) as prepared:
            assert named == prepared.named


@pytest.mark.parametrize("mode", ["rb", "rt"])
def test_what_gzip_has_opened_is_plain(
    mode: Literal["rb", "rt"], staging: Staging, store: Counting, tmp_path: Path
) -> None:
    """It is called as the packed file, and unpacked all the same."""
    path = tmp_path / "bank.csv.gz"
    path.write_bytes(gzip.compress(CSV))

    with gzip.open(path, mode) as file:
        uri = staging.stage(file)

    assert uri.endswith("/bank.csv")
    assert CSV == read(store, uri)


@pytest.mark.parametrize("name", ["bank.csv.gz", "bank.csv"])
def test_gzip_is_unpacked_on_the_way(name: str, staging: Staging, store: Counting, tmp_path: Path) -> None:
    """Jobs read plain CSV, whatever the file is called."""
    path = tmp_path / name
    path.write_bytes(gzip.compress(CSV))

    uri = staging.stage(path)

    assert CSV == read(store, uri)
    assert not uri.endswith(".gz")
    assert CSV == read(store, staging.stage(gzip.compress(CSV)))


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (CSV, "gzip data, as the name says"),
        (gzip.compress(CSV, mtime=0)[:-9], "readable gzip data"),
        (gzip.compress(CSV, mtime=0)[:12] + b"\xff" * 20, "readable gzip data"),
        (b"", "an empty file"),
    ],
)
def test_gzip_that_is_none_is_refused(content: bytes, match: str, staging: Staging, tmp_path: Path) -> None:
    """A broken archive is named, and nothing is sent."""
    path = tmp_path / "bank.csv.gz"
    path.write_bytes(content)

    with pytest.raises(DataError, match=match):
        staging.stage(path)


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (b"", "an empty file"),
        ("nowhere.csv", r"nowhere\.csv: expected a file, found nothing there"),
        (Path(), "a folder"),
        (42, "found int"),
        ({"age": [1, 2]}, "found dict"),
        (np.zeros((2, 2)), "found ndarray"),
        ([], "at least one mapping of column names"),
        ([None], "row 1: expected a mapping of column names"),
        ([(1, 2)], "found tuple"),
        ([{"a": 1}, {"a": 2, "b": 3}], "row 2: expected keys of row 1"),
        ([{"a": 1}, {"a": "two\nlines"}], r"row 2, column 'a': expected a value on one line, found 'two\\nlines'"),
        ([{"a": "x" * 50 + "\r"}], r"x{37}\.\.\."),
        ((np.zeros((2, 2)), ["a"]), r"shape \(2, 2\) and 1 names"),
        ((np.zeros((2, 2)), ["a", "a"]), "column 2: expected a name of its own"),
        ((np.zeros((2, 2)), ["a", "b\nc"]), "column 2: expected a name on one line"),
        (pd.DataFrame({"n": [1, 2], "t": ["fine", "two\nlines"]}), "row 2, column 't'"),
        (pd.DataFrame({"t": pd.Categorical(["a\rb"])}), "row 1, column 't'"),
        (pl.DataFrame({"n": [1, 2, 3], "t": ["fine", None, "two\nlines"]}), "row 3, column 't'"),
        (pl.DataFrame({"t": pl.Series(["a\nb"], dtype=pl.Categorical)}), "row 1, column 't'"),
        (pl.DataFrame({"t": [[1, 2]]}), "column 't': expected a single value, found List"),
        (pl.DataFrame({"t": [dt.timedelta(1)]}), "column 't': expected a single value, found Duration"),
        (pd.DataFrame({"t": [1, [2]]}), "row 2, column 't': expected a single value, found list"),
        ([{"a": None}, {"a": {"b": 1}}], "row 2, column 'a': expected a single value, found dict"),
        ([{"a": b"1"}], "row 1, column 'a': expected a single value, found bytes"),
        ([{"a": np.zeros(3)}], "row 1, column 'a': expected a single value, found ndarray"),
        ([{"a": object()}], "row 1, column 'a': expected a single value, found object"),
        ([{"a": Path("b\nc")}], "row 1, column 'a': expected a value on one line"),
        ([{"a": "\ud800"}], "text that UTF-8 can write, found the lone surrogate"),
        ((np.array([["a", [1]]], object), ["a", "b"]), "row 1, column 'b': expected a single value, found list"),
    ],
)
def test_data_that_cannot_be_said_is_refused(data: Any, match: str, staging: Staging, store: Counting) -> None:
    """The error names row and column, and nothing is half sent."""
    with pytest.raises(DataError, match=match):
        staging.stage(data)

    assert [] == store.sent


def test_tables_become_csv() -> None:
    """Names first, missing values empty, quotes only where they are needed."""
    expected = 'n,t,f\n1,"a,b",0.5\n2,,\n'

    assert expected == written(pl.DataFrame({"n": [1, 2], "t": ["a,b", None], "f": [0.5, float("nan")]}))
    assert expected == written(pl.LazyFrame({"n": [1, 2], "t": ["a,b", None], "f": [0.5, None]}))
    assert expected == written(pd.DataFrame({"n": [1, 2], "t": ["a,b", None], "f": [0.5, np.nan]}))
    assert expected == written([{"n": 1, "t": "a,b", "f": 0.5}, {"n": 2, "t": None}])
    assert "a,b\n1.0,2.0\n3.0,\n" == written((np.array([[1.0, 2.0], [3.0, np.nan]]), ["a", "b"]))


def test_tables_are_staged_as_files_are(staging: Staging, store: Counting) -> None:
    """The same table twice is the same content."""
    uri = staging.stage(pl.DataFrame({"n": [1, 2]}))

    assert b"n\n1\n2\n" == read(store, uri)
    assert uri == staging.stage(pd.DataFrame({"n": [1, 2]}))
    assert [uri] == store.sent


class Column:
    """One column with the Arrow interface that tables have, as pandas has made of its own."""

    def __arrow_c_stream__(self, schema: object = None) -> object:
        return pl.Series(["a", "b"]).__arrow_c_stream__(schema)


def test_a_column_is_no_table(staging: Staging) -> None:
    """The error says what it lacks, and how a column of pandas gets it."""
    column: Any = Column()
    with pytest.raises(DataError, match=r"table: expected columns with names, found Column\. .*to_frame\(\)"):
        staging.stage(column)
    with pytest.raises(DataError, match="table: expected columns with names, found Column"):
        take_sample(column)


@pytest.mark.parametrize(("head", "match"), [(b"PAR1", "found a Parquet file"), (b"\xff\xfea", 'encoding="utf-16"')])
def test_what_is_no_csv_is_told_by_its_first_line(head: bytes, match: str, staging: Staging) -> None:
    """With what to do about it."""
    with staging.prepare(head + b"b\n") as prepared, pytest.raises(DataError, match=match):
        prepared.first_fields()


def test_interchange_goes_through_polars() -> None:
    """A table of any make that speaks Arrow or the DataFrame interchange is read."""
    table = pl.DataFrame({"n": [1, 2]})

    class Stream:
        def __arrow_c_stream__(self, schema: object = None) -> object:
            return table.__arrow_c_stream__(schema)

    assert "n\n1\n2\n" == written(Stream())


def test_the_older_interchange_goes_as_far_as_polars_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """What only speaks ``__dataframe__`` is read by a polars that can, and named plainly by one that cannot."""

    class Exchange:
        def __dataframe__(self, **options: Any) -> object:
            raise AssertionError

    def able(data: Any) -> pl.DataFrame:
        return pl.DataFrame({"n": [1]})

    def dropped(data: Any) -> pl.DataFrame:
        raise TypeError

    monkeypatch.setattr(pl, "from_dataframe", able)
    assert "n\n1\n" == written(Exchange())

    monkeypatch.setattr(pl, "from_dataframe", dropped)
    with pytest.raises(DataError, match="to_pandas"):
        written(Exchange())


def test_interchange_without_polars_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing extra is an error with the remedy in it."""

    class Stream:
        def __arrow_c_stream__(self, schema: object = None) -> object:
            raise AssertionError

    monkeypatch.setitem(sys.modules, "polars", None)

    with pytest.raises(MissingExtraError, match=r"amlwrap\[local\]"):
        written(Stream())


MISSING = [None, float("nan"), np.float32("nan"), pd.NA, pd.NaT, Decimal("NaN"), Decimal("sNaN")]


@pytest.mark.parametrize("missing", MISSING, ids=lambda value: f"{type(value).__name__} {value!r}")
def test_what_is_missing_is_an_empty_field(missing: Any) -> None:
    """Whichever library says so."""
    assert "a,b\n1,\n,2\n" == written([{"a": 1, "b": missing}, {"a": missing, "b": 2}])
    assert 'a\n""\n' == written([{"a": missing}])


DAY, MOMENT = dt.date(2026, 1, 2), dt.datetime(2026, 1, 2, 3, 4, 5)  # noqa: DTZ001 - as tables have them
ODD: dict[str, list[Any]] = {
    "yes": [True, None],
    "day": [DAY, None],
    "moment": [MOMENT, None],
    "price": [Decimal("1.10"), None],
    "text": ['a,"b"', None],
    "level": ["c", None],
}


def as_polars(columns: dict[str, list[Any]]) -> pl.DataFrame:
    """With a categorical."""
    return pl.DataFrame(columns).cast({"level": pl.Categorical})


def as_pandas(columns: dict[str, list[Any]]) -> pd.DataFrame:
    """Likewise."""
    frame: Any = pd.DataFrame(columns)
    typed: pd.DataFrame = frame.astype({"level": "category", "yes": "boolean"})
    return typed


def as_arrow(columns: dict[str, list[Any]]) -> Any:
    """Likewise, as other libraries hand it over."""
    frame = cast("Any", as_polars(columns))
    return frame.to_arrow()


def as_stream(columns: dict[str, list[Any]]) -> Any:
    """Record batches that come one after the other."""
    return as_arrow(columns).to_reader()


def as_lazy(columns: dict[str, list[Any]]) -> pl.LazyFrame:
    """What is computed only when asked for."""
    return as_polars(columns).lazy()


def as_rows(columns: dict[str, list[Any]]) -> Any:
    """A generator, which can be gone through once."""
    return (dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True))


def as_array(columns: dict[str, list[Any]]) -> Any:
    """Of whatever objects."""
    return np.array(list(zip(*columns.values(), strict=True)), object), list(columns)


@pytest.mark.parametrize("make", [as_polars, as_pandas, as_arrow, as_stream, as_lazy, as_rows, as_array])
def test_odd_values_are_the_same_from_everywhere(make: Any) -> None:
    """Booleans, dates, moments, decimals, quotes, commas and categories; and a row of nothing is still a row."""
    if make in {as_arrow, as_stream}:
        pytest.importorskip("pyarrow")

    names, first, second = list(csv.reader(io.StringIO(written(make(ODD)))))

    assert list(ODD) == names
    yes, day, moment, price, *texts = first
    assert ("true", "2026-01-02", ['a,"b"', "c"]) == (yes.lower(), day, texts)
    assert (MOMENT, Decimal("1.10")) == (dt.datetime.fromisoformat(moment), Decimal(price))
    assert [""] * 6 == second


@pytest.mark.parametrize("make", [pl.DataFrame, pl.LazyFrame, pd.DataFrame], ids=["polars", "lazy", "pandas"])
def test_a_row_that_is_missing_altogether_is_a_row(make: Any) -> None:
    """The service takes no empty line for one."""
    assert 'n\n1\n""\n' == written(make({"n": ["1", None]}))


@pytest.mark.parametrize("unit", ["D", "s", "us", "ns"])
def test_moments_in_arrays(unit: str) -> None:
    """Of any precision, with what is not a time missing."""
    array = np.array([["2026-01-02", "NaT"]], f"M8[{unit}]")

    header, row = written((array, ["a", "b"])).splitlines()

    assert "a,b" == header
    assert row in {"2026-01-02,", "2026-01-02 00:00:00,"}


def test_rows_are_written_as_they_come(tmp_path: Path) -> None:
    """Neither a generator nor an array is held in memory as a whole."""
    rows = ({"a": number, "b": "x" * 50} for number in range(100_000))
    array = np.zeros((500_000, 4))
    for data in (rows, (array, list("abcd"))):
        tracemalloc.start()
        try:
            with (tmp_path / "out.csv").open("wb") as file:
                write_table(data, file)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert peak < 4 << 20


def test_batches_of_a_stream_are_counted_on() -> None:
    """A fault in the second batch is named by its row in the whole."""
    arrow = pytest.importorskip("pyarrow")
    batches = [arrow.RecordBatch.from_pydict({"t": ["a", "b"]}), arrow.RecordBatch.from_pydict({"t": ["c", "d\ne"]})]

    with pytest.raises(DataError, match="row 4, column 't'"):
        written(arrow.RecordBatchReader.from_batches(batches[0].schema, batches))
    assert "t\n" == written(arrow.RecordBatchReader.from_batches(batches[0].schema, []))


def test_a_polars_that_collects_only_whole_is_enough() -> None:
    """Lazy frames of older versions come in one piece."""

    class Lazy:
        __module__ = "polars.lazyframe"

        def collect(self) -> pl.DataFrame:
            return pl.DataFrame({"n": [1]})

    Lazy.__name__ = "LazyFrame"

    assert "n\n1\n" == written(Lazy())


VALUES = st.one_of(
    st.integers(), st.none(), st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), max_size=8)
)


@given(st.lists(st.fixed_dictionaries({"a": VALUES, "b,\u00e4": VALUES}), min_size=1, max_size=5))
def test_what_is_written_is_read_back(rows: list[Mapping[str, Any]]) -> None:
    """Every mapping without line breaks survives the journey, as text."""
    names = list(rows[0])
    expected = [["" if row[name] is None else str(row[name]) for name in names] for row in rows]

    assert [names, *expected] == list(csv.reader(io.StringIO(written(rows), newline="\n")))


def test_the_first_line_is_read(staging: Staging, store: Counting) -> None:
    """Of a local file, an object, or the first data of a folder or bucket; without its byte-order mark."""
    store.put_bytes("s3://b/one.csv", b'\xef\xbb\xbf"a,b",c\r\n1,2\n')
    store.put_bytes("s3://b/many/2.csv", CSV)
    for name, content in ((".schema", b"{}"), ("1.csv", b""), ("1.manifest", b"{}")):
        store.put_bytes(f"s3://b/many/{name}", content)
    store.put_bytes("s3://whole/one.csv", CSV)

    for data, expected in [
        (CSV, ["age", "y"]),
        ("s3://b/one.csv", ["a,b", "c"]),
        ("s3://b/many/", ["age", "y"]),
        ("s3://whole", ["age", "y"]),
    ]:
        with staging.prepare(data) as prepared:
            assert expected == prepared.first_fields()


@pytest.mark.parametrize(
    ("data", "match"),
    [(b"\n1,2\n", "line 1: expected column names"), (b"a,\xff\n", "0xff"), ("s3://b/none/", "a folder with data")],
)
def test_a_first_line_that_says_nothing_is_refused(data: Any, match: str, staging: Staging) -> None:
    """Empty, not UTF-8, or not there."""
    with staging.prepare(data) as prepared, pytest.raises(DataError, match=match):
        prepared.first_fields()


def test_without_a_place_the_error_says_how_to_name_one(store: Counting) -> None:
    """No bucket is ever made up."""
    with pytest.raises(ConfigError, match="AMLWRAP_STAGING"):
        Staging(None, lambda: store).stage(CSV)


@pytest.mark.parametrize(
    ("given", "expected"),
    [(None, None), ("s3://b", "s3://b/"), ("s3://b/in", "s3://b/in/"), ("s3://b/in//", "s3://b/in/")],
)
def test_a_place_ends_in_one_slash(given: str | None, expected: str | None) -> None:
    """However it was typed."""
    assert expected == normalised(given)


@pytest.mark.parametrize("given", ["/tmp/x", "s3://", "bucket"])
def test_a_place_that_is_none_is_refused(given: str) -> None:
    """Only S3 locations can be read by jobs."""
    with pytest.raises(ConfigError, match="s3://BUCKET/PREFIX/"):
        normalised(given)


def test_a_full_disk_is_told_as_one(staging: Staging) -> None:
    """Running out of room while copying is no mystery; other faults stay what they are."""

    class Full:
        def __init__(self, code: int) -> None:
            self.code = code

        def read(self, size: int) -> bytes:
            raise OSError(self.code, "no")

    with pytest.raises(DataError, match="a full disk"):
        staging.stage(Full(errno.ENOSPC))
    with pytest.raises(PermissionError):
        staging.stage(Full(errno.EACCES))


def test_a_file_that_is_not_there_is_guessed(staging: Staging, tmp_path: Path) -> None:
    """Names much like it, in the folder it was looked for in, are told as they would have to be written."""
    (tmp_path / "customers.csv").write_bytes(CSV)

    with pytest.raises(DataError) as caught:
        staging.stage(tmp_path / "custmers.csv")

    assert f"Did you mean {str(tmp_path / 'customers.csv')!r}?" == caught.value.remedy


@pytest.mark.parametrize(
    ("data", "match"),
    [
        ("age,y\n31,1\n", "the path of a file, found text of several lines. Pass CSV text as bytes"),
        ("a" * 300, "File name too long"),
        ("a\0b", "nothing there"),
        ("https://example.com/a.csv", r"nothing there\. Of URIs, s3:// alone is read: fetch others first"),
        ("/dev/null", "a pipe or device. Open it"),
    ],
)
def test_what_names_no_file_is_refused(data: str, match: str, staging: Staging) -> None:
    """Whatever the operating system makes of it."""
    with pytest.raises(DataError, match=match):
        staging.stage(data)


def test_an_open_file_that_cannot_be_read_is_refused(staging: Staging, tmp_path: Path) -> None:
    """One that is open for writing, say, or closed, or no text after all."""
    for mode in ("w", "wb"):
        with (tmp_path / "out.csv").open(mode) as file, pytest.raises(DataError, match="an open file that can be read"):
            staging.stage(file)
    with (tmp_path / "out.csv").open("rb") as closed:
        pass
    with pytest.raises(DataError, match="closed"):
        staging.stage(closed)


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (b"age,y\r31,1\r44,0\r", "line 1: expected lines that end in LF or CR LF, found CR alone"),
        (b"x" * 200_000 + b"\n1\n", "line 1: expected a line of at most 102,400 bytes"),
    ],
)
def test_a_first_line_without_an_end_is_refused(data: bytes, match: str, staging: Staging) -> None:
    """The old Mac's line ends, or none for a long while."""
    with staging.prepare(data) as prepared, pytest.raises(DataError, match=match):
        prepared.first_fields()
