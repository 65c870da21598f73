"""Bytes: each object once, whole, and again only when it has changed."""

from __future__ import annotations

import errno
import io
import json
from pathlib import Path
from typing import Any, BinaryIO
from unittest import mock

import attrs
import pytest

import amlwrap
from amlwrap import ExportReport
from amlwrap._export import _objects
from amlwrap._export._exporting import Wanted, export_with
from amlwrap.exceptions import DataError
from amlwrap.objects import Folder, ObjectInfo, _files
from tests.export.service import Service


class Counting(Folder):
    """A store that counts what is opened, and whose bytes may come short or break off."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.opened: list[str] = []
        self.instead: dict[str, bytes | DataError] = {}

    def open(self, uri: str, start: int = 0) -> BinaryIO:
        self.opened.append(uri)
        other = self.instead.get(uri)
        if isinstance(other, DataError):
            return _Broken(other)
        return super().open(uri, start) if other is None else io.BytesIO(other)


class _Broken(io.BytesIO):
    def __init__(self, error: DataError) -> None:
        super().__init__(b"some")
        self._error = error

    def read(self, size: int | None = -1, /) -> bytes:
        raise self._error


@pytest.fixture
def store(tmp_path: Path) -> Counting:
    """Where the data lies."""
    store = Counting(tmp_path / "s3")
    for key in ("in/a.csv", "in/b.csv", "in/sub/c.csv"):
        store.put_bytes(f"s3://shop/{key}", key.encode())
    return store


def exported(store: Counting, *locations: str, folder: str = "out") -> ExportReport:
    """An export of datasources at *locations*, with their data."""
    service = Service()
    for number, location in enumerate(locations):
        service.add("DataSource", f"ds-{number}", DataLocationS3=location)
    aml = service.client(store.root)
    object.__setattr__(aml._world, "store", lambda: store)
    return export_with(aml, store.root.parent / folder, Wanted(data=True, logs=False))


def held(store: Counting) -> dict[str, bytes]:
    """Objects in the export, by key."""
    root = store.root.parent / "out/objects/shop"
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_what_is_shared_is_copied_once(store: Counting) -> None:
    """A file and the folder it is in, ten datasources over."""
    report = exported(store, *["s3://shop/in/a.csv"] * 5, *["s3://shop/in/"] * 5, "s3://shop")

    assert (3, ()) == (report.n_objects, report.refused)
    assert 3 == len(store.opened)
    assert {key: key.encode() for key in ("in/a.csv", "in/b.csv", "in/sub/c.csv")} == held(store)


def test_only_what_changed_is_copied_again(store: Counting) -> None:
    """By its etag; and what is gone from the export is fetched again."""
    exported(store, "s3://shop/in/")
    store.opened.clear()
    exported(store, "s3://shop/in/")
    assert [] == store.opened

    store.put_bytes("s3://shop/in/b.csv", b"new")
    (store.root.parent / "out/objects/shop/in/a.csv").write_bytes(b"cut")
    exported(store, "s3://shop/in/")
    assert ["s3://shop/in/a.csv", "s3://shop/in/b.csv"] == store.opened
    assert (b"new", b"in/a.csv") == (held(store)["in/b.csv"], held(store)["in/a.csv"])


def test_what_somebody_took_out_of_the_folder_is_put_back(store: Counting) -> None:
    """The rest is not read again."""
    exported(store, "s3://shop/in/")
    store.opened.clear()
    (store.root.parent / "out/objects/shop/in/a.csv").unlink()

    exported(store, "s3://shop/in/")

    assert ["s3://shop/in/a.csv"] == store.opened
    assert b"in/a.csv" == held(store)["in/a.csv"]


def test_a_full_disk_is_not_the_objects_fault(store: Counting, monkeypatch: pytest.MonkeyPatch) -> None:
    """It ends the export, and the export can go on."""

    def full(path: Path) -> None:
        if "objects" in path.parts:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(_files, "_sync", full)
    with pytest.raises(DataError, match="room to write it") as caught:
        exported(store, "s3://shop/in/")
    assert "run it again" in caught.value.__notes__[-1]

    monkeypatch.undo()
    assert 3 == exported(store, "s3://shop/in/").n_objects


def test_half_an_object_is_none(store: Counting) -> None:
    """Short, or broken off: the reason is told, nothing of it is kept, the others come."""
    store.instead["s3://shop/in/a.csv"] = b"in"
    store.instead["s3://shop/in/b.csv"] = DataError("s3://shop/in/b.csv", "", "an answer from S3", "a lost connection")

    report = exported(store, "s3://shop/in/")

    assert [
        "s3://shop/in/a.csv: 2 bytes came, 8 were announced",
        "s3://shop/in/b.csv: expected an answer from S3, found a lost connection.",
    ] == [refusal.reason for refusal in report.refused]
    assert {"in/sub/c.csv": b"in/sub/c.csv"} == held(store)


def test_an_object_that_is_a_folder_too_is_named(store: Counting) -> None:
    """S3 can hold ``a`` and ``a/b``; a folder cannot."""

    class Both(Counting):
        def list(self, uri_prefix: str) -> list[ObjectInfo]:
            infos = super().list(uri_prefix)
            return [*infos, attrs.evolve(infos[0], uri="s3://shop/in/a.csv/b")]

        def open(self, uri: str, start: int = 0) -> BinaryIO:
            return super().open(uri.removesuffix("/b"), start)

    report = exported(Both(store.root), "s3://shop/in/")

    assert ["s3://shop/in/a.csv/b: expected a file that can be written"] == [
        refusal.reason.partition(",")[0] for refusal in report.refused
    ]


def test_names_alike_but_for_capitals_do_not_overwrite_each_other(
    store: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the file system cannot tell them apart the second is named; elsewhere both are there."""
    store.put_bytes("s3://shop/in/A.csv", b"capital")
    monkeypatch.setattr(_objects.Objects, "_is_case_blind", mock.Mock(return_value=True))
    report = exported(store, "s3://shop/in/")
    assert ["s3://shop/in/a.csv: this file system cannot tell its name from s3://shop/in/A.csv"] == [
        refusal.reason for refusal in report.refused
    ]

    monkeypatch.undo()
    assert () == exported(store, "s3://shop/in/").refused
    assert (b"capital", b"in/a.csv") == (held(store)["in/A.csv"], held(store)["in/a.csv"])


def test_a_manifest_of_a_batch_is_read_only_so_far(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is too long for one is copied, and not followed."""
    monkeypatch.setattr(_objects, "_MANIFEST_BYTES", 8)
    store = Counting(tmp_path / "s3")
    store.put_bytes("s3://shop/batch-prediction/bp-1.manifest", json.dumps({"a": "b" * 10}).encode())
    service = Service()
    service.add("BatchPrediction", "bp-1", OutputUri="s3://shop/")

    report = amlwrap.export(service.client(store.root), tmp_path / "out", logs=False, rate=None)

    assert "too many for a manifest" in report.refused[0].reason
    assert ["batch-prediction/bp-1.manifest"] == list(held(store))


def test_a_client_that_cannot_say_how_to_reach_s3_exports_the_rest(tmp_path: Path) -> None:
    """Somebody's own client."""
    service = Service()
    service.add("BatchPrediction", "bp-1", OutputUri="s3://shop/")
    aml: Any = amlwrap.connect(service.script.client(), progress=False)

    report = amlwrap.export(aml, tmp_path / "out", logs=False, rate=None)

    assert {"datasource": 0, "model": 0, "evaluation": 0, "batch_prediction": 1} == report.counts
    assert "Connect with the boto3 Session" in report.refused[0].reason
