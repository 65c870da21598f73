from __future__ import annotations

import gzip
import io
import os
import sys
from collections import Counter
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amlwrap import _samples
from amlwrap._samples import MAX_RECORD, Sample, take_sample
from amlwrap.exceptions import DataError, MissingExtraError

SMALL = b"age,y\n31,1\n44,0\n31,0\n"
SMALL_COLUMNS = [Counter({"31": 2, "age": 1, "44": 1}), Counter({"0": 2, "1": 1, "y": 1})]


def long_csv(n_rows: int = 200_000) -> bytes:
    """Sorted labels: hundreds of thousands of rows, each label in one stretch."""
    return b"label,n\n" + b"".join(b"%d,%d\n" % (row * 10 // n_rows, row) for row in range(n_rows))


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own to stand in, so that paths can be given, and shown, bare."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


class Stream(io.RawIOBase):
    """Bytes that can only be read onwards, as from a socket."""

    def __init__(self, content: bytes) -> None:
        self._left = io.BytesIO(content)

    def read(self, size: int = -1) -> bytes:
        return self._left.read(size)


class TestSources:
    def test_every_kind_of_source(self, here: Path) -> None:
        """Paths, bytes, open files, text, gzip and streams of one CSV give one sample."""
        Path("small.csv").write_bytes(SMALL)
        Path("small.csv.gz").write_bytes(gzip.compress(SMALL))
        with Path("small.csv").open("rb") as binary, Path("small.csv").open() as text:
            sources: list[Any] = ["small.csv", Path("small.csv"), "small.csv.gz", SMALL, binary, text]
            sources += [io.BytesIO(SMALL), io.StringIO(SMALL.decode()), gzip.compress(SMALL), Stream(SMALL)]
            sources += [Stream(gzip.compress(SMALL))]
            for source in sources:
                sample = take_sample(source)

                assert SMALL_COLUMNS == sample.columns
                assert (("age", "y"), 4, True) == (sample.first, sample.n_rows, sample.whole)

    @pytest.mark.parametrize(
        "file", [io.BytesIO(b"skipped\n" + SMALL), io.StringIO("skipped\n" + SMALL.decode())], ids=["bytes", "text"]
    )
    def test_position_is_restored(self, file: Any) -> None:
        """An open file is read from where it stands, and put back there."""
        file.readline()

        assert SMALL_COLUMNS == take_sample(file).columns
        assert "age" in str(file.readline())

    def test_position_is_restored_after_an_error(self) -> None:
        """Also when reading fails."""
        file = io.BytesIO(b"a,b\n1\n")
        with pytest.raises(DataError):
            take_sample(file)

        assert 0 == file.tell()

    def test_line_ends_and_marks(self) -> None:
        """CR LF, a byte-order mark, a missing last line end and empty lines change nothing."""
        text = b"\xef\xbb\xbf" + SMALL.rstrip().replace(b"\n", b"\r\n").replace(b"44", b"\r\n44", 1)

        assert SMALL_COLUMNS == take_sample(text).columns

    def test_quoted_values(self) -> None:
        """Quoted commas and doubled quotes are read as the service reads them."""
        sample = take_sample(b'name,note\n"Braund, Owen","he said ""no"""\nplain,5 ft 2" or 3"\n')

        assert ["name", "Braund, Owen", "plain"] == list(sample.columns[0])
        assert ["note", 'he said "no"', '5 ft 2" or 3"'] == list(sample.columns[1])

    @given(st.lists(st.lists(st.text('ab,"é ', max_size=4), min_size=2, max_size=2), min_size=1, max_size=6))
    def test_quoting_is_undone(self, rows: list[list[str]]) -> None:
        """What is quoted by the rules comes back as it was."""
        lines = [",".join('"' + value.replace('"', '""') + '"' for value in row) for row in rows]

        sample = take_sample("\n".join(lines).encode())

        assert [Counter(column) for column in zip(*rows, strict=True)] == sample.columns


class TestSpread:
    def test_a_sorted_file_does_not_fool(self, here: Path) -> None:
        """Of a long file a little is read, from all over, its last line included."""
        content = long_csv()
        Path("long.csv").write_bytes(content)

        for source in ("long.csv", io.BytesIO(content), io.StringIO(content.decode()), gzip.compress(content)):
            sample = take_sample(source)

            assert {str(label) for label in range(10)} == set(sample.columns[0]) - {"label"}
            assert not sample.whole
            assert 1_000 < sample.n_rows < 100_000
            assert "199999" in sample.columns[1]

    def test_no_row_is_counted_twice_or_cut(self) -> None:
        """The blocks hold whole rows, and none twice."""
        rows = {f"{row * 10 // 200_000},{row}" for row in range(200_000)}
        sample = take_sample(long_csv())

        assert {1} == set(sample.columns[1].values())
        assert set(sample.columns[1]) - {"n"} <= {row.partition(",")[2] for row in rows}

    def test_more_than_a_stream_is_sampled_from(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Of a stream without an end the beginning is sampled, without the line that was cut."""
        monkeypatch.setattr(_samples, "_STREAM_BYTES", 1 << 20)
        content = long_csv()
        zipped = gzip.compress(content, 1)
        for source in (Stream(content), Stream(zipped), zipped):
            sample = take_sample(source)

            assert not sample.whole
            assert all(int(value) > 99 for value in list(sample.columns[1])[101:])

    def test_cut_gzip_stream(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Of a gzip stream longer than what is read the part that was read is enough."""
        monkeypatch.setattr(_samples, "_STREAM_BYTES", 1 << 16)
        zipped = gzip.compress(long_csv(20_000), 0)  # as large as what is in it, so the limit cuts it

        sample = take_sample(Stream(zipped))

        assert not sample.whole
        assert 1_000 < sample.n_rows < 20_000


class TestFaults:
    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (b"", "bad.csv: expected records, found an empty file"),
            (b"\n\r\n\n", "bad.csv: expected records, found empty lines"),
            (b"\xef\xbb\xbf", "bad.csv: expected records, found empty lines"),
            (b"a,b\n1,2\n3\n", "bad.csv, line 3: expected 2 values, as in the first line, found 1"),
            (b"a,b\n\n1,2\n1,2,3\n", "bad.csv, line 4: expected 2 values, as in the first line, found 3"),
            (b"a\n1,2\n", "bad.csv, line 2: expected 1 value, as in the first line, found 2"),
            (b'a,b\n"x\ny",2\n', "bad.csv, line 2: expected an even number of double quotes, found 1.*no line break"),
            (b'a,b\n"x"y,2\n', "bad.csv, line 2: expected a quoted value to end at a comma"),
            (b"a,b\r1,2\r", "bad.csv, line 1: expected lines that end in LF or CR LF, found CR alone"),
            (b"a,b\n1,\xff\n", "bad.csv, line 2: expected UTF-8 text, found byte 0xff at place 3 of the line"),
            (
                b"a,b\n1,\xe9\n",
                r'Save it as UTF-8, or read it with pandas.read_csv\(…, encoding="latin-1"\) or whatever',
            ),
            ("a,b\n".encode("utf-16"), 'bad.csv, line 1: expected UTF-8 text.*encoding="utf-16"'),
            (b"PK\x03\x04\x14", "bad.csv: expected a CSV, found a ZIP archive, such as a workbook.*pandas.read_excel"),
            (b"\xd0\xcf\x11\xe0\xa1", "bad.csv: expected a CSV, found a workbook of an old Excel.*pandas.read_excel"),
            (b"PAR1\x15", "bad.csv: expected a CSV, found a Parquet file.*pandas.read_parquet"),
            (b'a,"b"\r1,2\r', "bad.csv, line 1: expected lines that end in LF or CR LF, found CR alone"),
            (b"a,b\r" + b"1,2\r" * 50_000, "bad.csv, line 1: expected lines that end in LF or CR LF, found CR alone"),
            (
                b"a\n" + b"x" * (MAX_RECORD + 1),
                "bad.csv, line 2: expected a record of at most 102,400 bytes, found 102,401",
            ),
            (b"x" * (5 << 20), "bad.csv, line 1: expected a record of at most 102,400 bytes, found more than"),
            (gzip.compress(SMALL, mtime=0)[:-9], "bad.csv: expected gzip data that can be read"),
            (b"\x1f\x8bnot gzip at all", "bad.csv: expected gzip data that can be read"),
        ],
    )
    def test_faults_are_placed(self, content: bytes, message: str, here: Path) -> None:
        """A fault is told with the file, its line, what was expected and what was found."""
        Path("bad.csv").write_bytes(content)

        with pytest.raises(DataError, match=message):
            take_sample("bad.csv")

    def test_line_far_into_a_file(self, here: Path) -> None:
        """A fault near the end of a long file still has its line number."""
        Path("long.csv").write_bytes(long_csv() + b"oops\n")

        with pytest.raises(DataError, match=r"long\.csv, line 200,002: expected 2 values"):
            take_sample("long.csv")

    @pytest.mark.parametrize(
        ("path", "message"),
        [
            ("none.csv", "none.csv: expected a file, found nothing there"),
            (".", r"\.: expected a file, found a folder"),
            ("s3://bucket/key.csv", "s3://bucket/key.csv: expected a file on this machine, found an S3 location"),
            ("a,b\n1,2\n", "data: expected the path of a file, found text of several lines. Pass CSV text as bytes"),
            ("n" * 5_000, "expected a file that can be read, found File name too long"),
        ],
    )
    def test_paths(self, path: str, message: str, here: Path) -> None:
        """A path that leads nowhere is told as it was given."""
        with pytest.raises(DataError, match=message):
            take_sample(path)

    @pytest.mark.parametrize("mode", ["rb", "rt"])
    def test_what_gzip_has_opened(self, mode: Literal["rb", "rt"], here: Path) -> None:
        """It is called as the packed file, and plain all the same."""
        Path("small.csv.gz").write_bytes(gzip.compress(SMALL))

        with gzip.open("small.csv.gz", mode) as file:
            assert SMALL_COLUMNS == take_sample(file).columns

    def test_named_gzip_but_is_not(self, here: Path) -> None:
        """A plain file called .gz is a mistake worth naming."""
        Path("small.csv.gz").write_bytes(SMALL)

        with pytest.raises(DataError, match=r"small.csv.gz, byte 0: expected gzip data, as the name says"):
            take_sample("small.csv.gz")

    def test_text_that_is_no_unicode(self) -> None:
        """Half a surrogate pair in a text file is a fault of its line."""
        with pytest.raises(DataError, match="<StringIO>, line 2: expected UTF-8 text"):
            take_sample(io.StringIO("a\n\ud800\n"))

    def test_anonymous_file(self) -> None:
        """A file without a name is called by what it is."""
        with os.fdopen(os.pipe()[0], "rb") as _, pytest.raises(DataError, match="<BytesIO>: expected records"):
            take_sample(io.BytesIO())


class Exchanging:
    """A table of a make nobody here knows, with the Arrow interface alone."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self._frame = frame

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._frame.__arrow_c_stream__(requested_schema)


class OnACluster:
    """A table as Spark has it."""

    def limit(self, number: int) -> OnACluster:
        self._n_rows = number
        return self

    def toPandas(self) -> pd.DataFrame:  # noqa: N802 - Spark's name
        return pd.DataFrame({"n": range(self._n_rows)})


class TestTables:
    COLUMNS = (Counter({"31": 1, "": 1}), Counter({"cook": 1, "smith": 1}))

    @pytest.mark.parametrize(
        "table",
        [
            [{"age": 31, "job": "cook"}, {"age": None, "job": "smith"}],
            [{"age": 31, "job": "cook"}, {"job": "smith"}],
            [{"age": 31, "job": "cook"}, {"age": float("nan"), "job": "smith"}],
            pd.DataFrame({"age": pd.array([31, None], dtype="Int64"), "job": ["cook", "smith"]}),
            pl.DataFrame({"age": [31, None], "job": ["cook", "smith"]}),
            pl.LazyFrame({"age": [31, None], "job": ["cook", "smith"]}),
            Exchanging(pl.DataFrame({"age": [31, None], "job": ["cook", "smith"]})),
            (np.array([[31, "cook"], [None, "smith"]], dtype=object), ["age", "job"]),
        ],
        ids=["mappings", "missing key", "nan", "pandas", "polars", "lazy", "arrow", "array"],
    )
    def test_every_make(self, table: Any) -> None:
        """Tables of every make hold the values their CSV would; what is missing is empty."""
        sample = take_sample(table)

        assert list(self.COLUMNS) == list(sample.columns)
        assert (("age", "job"), (), 2, True) == (sample.names, sample.first, sample.n_rows, sample.whole)

    @pytest.mark.parametrize(
        "table",
        [
            pd.DataFrame({"n": range(50_000)}),
            pl.DataFrame({"n": range(50_000)}),
            (np.arange(50_000).reshape(-1, 1), ["n"]),
            [{"n": number} for number in range(50_000)],
        ],
        ids=["pandas", "polars", "array", "mappings"],
    )
    def test_long_tables(self, table: Any) -> None:
        """Of a long table 1,000 rows from the head and as many from all over the rest are taken."""
        sample: Sample = take_sample(table)

        assert (2_000, False) == (sample.n_rows, sample.whole)
        assert {str(number) for number in range(1_000)} <= set(sample.columns[0])
        assert max(map(int, sample.columns[0])) > 49_900

    def test_table_on_a_cluster(self) -> None:
        """Only the beginning of a table on a cluster is fetched, and not taken for all of it."""
        sample = take_sample(OnACluster())

        assert (2_000, False) == (sample.n_rows, sample.whole)

    @pytest.mark.parametrize(
        ("table", "message"),
        [
            ([], "rows: expected rows and columns, found 0 rows of 0 columns"),
            (pd.DataFrame({"a": []}), "table: expected rows and columns, found 0 rows of 1 columns"),
            ([{"a": 1}, 7], "rows, row 2: expected a mapping of column names to values, found int"),
            ([{"a": 1}, {"b": 1}], "rows, row 2: expected the keys of row 1, found 'b' as well"),
            ([{"a": [1]}], "rows, column 'a': expected single values"),
            ([{"a": b"1"}], "rows, column 'a': expected single values, found bytes"),
            ((np.zeros((2, 3)), ["a"]), r"array: expected two dimensions and a name per column, found shape \(2, 3\)"),
            (42, "data: expected a path, CSV bytes, an open file, a table, .* found int"),
        ],
    )
    def test_what_is_no_table(self, table: Any, message: str) -> None:
        """What cannot be a table of values is refused with its place."""
        with pytest.raises(DataError, match=message):
            take_sample(table)

    def test_interchange_needs_polars(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A table that only interchanges says what to install for that."""
        table = Exchanging(pl.DataFrame({"a": [1]}))
        monkeypatch.setitem(sys.modules, "polars", None)

        with pytest.raises(MissingExtraError, match=r"amlwrap\[local\]"):
            take_sample(table)
