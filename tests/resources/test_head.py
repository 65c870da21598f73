"""The first rows of a datasource: right ones, few bytes, and plain about what cannot be known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from amlwrap import Client, Rearrangement, Schema
from amlwrap.exceptions import ConfigError, DataError
from amlwrap.objects import Folder
from amlwrap.resources import Head
from amlwrap.resources._head import read_head
from tests.scripted import Script

URI = "s3://b/in.csv"
SCHEMA = Schema({"age": "NUMERIC", "job": "TEXT"}, header=True)
BARE = SCHEMA.replace(header=False)


@pytest.fixture
def store(tmp_path: Path) -> Folder:
    """An empty store."""
    return Folder(tmp_path / "s3")


def ages(
    store: Folder, data: bytes, schema: Schema = BARE, part: Rearrangement | None = None, n: int = 99
) -> list[str]:
    """The first values of the rows that *data* begins with."""
    store.put_bytes(URI, data)
    return [row["age"] for row in read_head(store, URI, schema, part, n)]


def test_rows_are_mappings_below_the_header(store: Folder) -> None:
    """Names come from the schema; what stands in the file is what is shown, a byte order mark left out."""
    store.put_bytes(URI, b'\xef\xbb\xbf\n"age",job\r\n31,"cook, chef"\r\n\n44,\n5,x\n')

    head = read_head(store, URI, SCHEMA, None, 2)

    assert ({"age": "31", "job": "cook, chef"}, {"age": "44", "job": ""}) == head[:]
    assert ("44", 2, "") == (head[1]["age"], len(head), head.note)
    assert "age  job\n31   cook, chef\n44" == str(head) == repr(head)


def test_without_a_header_the_first_line_is_a_row(store: Folder) -> None:
    """The last one may lack its end."""
    assert ["31", "44"] == ages(store, b"31,cook\n44,smith")


def test_lines_that_are_no_records_are_passed_over(store: Folder) -> None:
    """Too few values, too many, odd quotes, other encodings and lines beyond all bounds."""
    bad = b'1\n2,a,b\n3,"a\n4,\xff\n5,a\rb\n6,' + b"x" * 400_000 + b"\n"

    assert ["31", "44"] == ages(store, b"31,cook\n" + bad + b"44,smith\n")


def test_data_of_another_kind_are_refused(store: Folder) -> None:
    """Nothing is looked for without end."""
    with pytest.raises(DataError, match="records of 2 values, found none among the first 1,099 lines"):
        ages(store, b"1,2,3\n" * 2_000)
    assert [] == ages(store, b"1,2,3\n" * 5)


def test_a_slice_shows_its_own_rows(store: Folder) -> None:
    """A row belongs to the slice that its first byte is in, whichever side of a cut it ends on."""
    data = b"".join(b"%d,x\n" % row for row in range(10, 30))

    assert ["20", "21"] == ages(store, data, part=Rearrangement(50, 100), n=2)
    assert ["10", "29"] == ages(store, data, part=Rearrangement(5, 95, complement=True))
    assert ["11"] == ages(store, data, part=Rearrangement(3, 7))
    assert [] == ages(store, data, part=Rearrangement(6, 9))


def test_several_files_are_one(store: Folder) -> None:
    """Each has its header; a slice goes on from one to the next."""
    for name in ("1.csv", "2.csv"):
        store.put_bytes(f"s3://b/in/{name}", f"age,job\n1{name[0]},x\n2{name[0]},y\n".encode())

    assert ["11", "21", "12", "22"] == [row["age"] for row in read_head(store, "s3://b/in/", SCHEMA, None, 9)]
    half = Rearrangement(50, 100)
    assert ["12"] == [row["age"] for row in read_head(store, "s3://b/in/", SCHEMA, half, 1)]


def test_a_random_part_shows_the_first_of_all(store: Folder) -> None:
    """And says that it does."""
    store.put_bytes(URI, b"31,cook\n")

    head = read_head(store, URI, BARE, Rearrangement.split(0.5, seed=1)[1], 5)

    assert 1 == len(head)
    assert str(head).endswith("the service alone knows.")


def test_an_object_that_became_shorter_ends(store: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was there a moment ago need not be there now."""
    store.put_bytes(URI, b"31,cook\n44,smith\n")
    info = store.head(URI)
    store.put_bytes(URI, b"31,cook\n")

    def remembered(*_: object) -> Any:
        return info

    monkeypatch.setattr(Folder, "head", remembered)

    assert ["31"] == [row["age"] for row in read_head(store, URI, BARE, None, 5)]


def test_a_datasource_has_a_head(aml: Client, script: Script, store: Folder) -> None:
    """As many rows as asked for, five by default; a database's rows are not in S3."""
    store.put_bytes(URI, b"age,job\n" + b"31,cook\n" * 9)
    reply = {"DataSourceId": "ds-1", "DataLocationS3": URI, "DataSourceSchema": SCHEMA.render()}
    script.on("GetDataSource", reply, reply, {**reply, "DataLocationS3": ""})

    assert 5 == len(aml.datasources.get("ds-1").head())
    with pytest.raises(ConfigError, match="1 or more"):
        aml.datasources.get("ds-1").head(0)
    with pytest.raises(ConfigError, match="a datasource of files"):
        aml.datasources.get("ds-1").head()


def test_a_head_is_a_value() -> None:
    """Equal when its rows are."""
    assert Head(("a",), ({"a": "1"},)) == Head(("a",), ({"a": "1"},))
