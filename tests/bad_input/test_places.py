"""Places with nothing in them, with something else, with no room, or with something that goes away."""

from __future__ import annotations

import gzip
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from amlwrap.exceptions import DataError, InvalidInputError
from tests.bad_input import full_disk
from tests.bad_input.conftest import GOOD, World, csv, reason, schema

PLAIN = csv(*GOOD)
ZIPPED = gzip.compress(PLAIN, mtime=0)


@pytest.fixture(autouse=True)
def _inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("cut.csv.gz", ZIPPED[:-20], "expected readable gzip data, found Compressed file ended before"),
        ("stub.csv.gz", ZIPPED[:5], "expected readable gzip data, found Compressed file ended before"),
        (
            "flipped.csv.gz",
            ZIPPED[:99] + bytes([ZIPPED[99] ^ 255]) + ZIPPED[100:],
            "expected readable gzip data, found",
        ),
        ("sum.csv.gz", ZIPPED[:-8] + b"\0\0\0\0" + ZIPPED[-4:], "expected readable gzip data, found CRC check failed"),
        ("plain.csv.gz", PLAIN, "byte 0: expected gzip data, as the name says, found something else"),
        ("empty.csv.gz", b"", "expected rows, found an empty file"),
        ("nothing.csv.gz", gzip.compress(b"", mtime=0), "expected rows, found an empty file"),
    ],
)
def test_unreadable_gzip(world: World, name: str, content: bytes, message: str) -> None:
    """The file is named as it was given and nothing is sent or recorded, to train and to predict."""
    Path(name).write_bytes(content)
    model, before = world.model, recorded(world)

    for create in (lambda: world.aml.datasources.create(name, schema=schema()), lambda: model.predict_batch(name)):
        with pytest.raises(DataError, match=f"^{re.escape(name)}(, |: ){message}"):
            create()

    assert before == recorded(world)


def recorded(world: World) -> tuple[int, int]:
    """How many objects and datasources there are."""
    return len(world.store.list("s3://staging/")), world.aml.datasources.list().count()


def test_readable_gzip(world: World) -> None:
    """Local archives are unpacked on the way; the service, and so the engine, reads none on S3."""
    Path("good.csv.gz").write_bytes(ZIPPED)
    data = world.data(ZIPPED)

    assert len(PLAIN) == world.aml.datasources.create("good.csv.gz", schema=schema()).wait().n_bytes
    assert f"{data.uri}: expected plain text, found gzip. The service reads no compressed files" in reason(data)


def test_an_archive_that_holds_more_than_it_should(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is unpacked beyond a bound, of however many members; nothing is sent or recorded."""
    monkeypatch.setattr("amlwrap._staging.UNPACKED_LIMIT", 5 << 20)
    Path("bomb.csv.gz").write_bytes(ZIPPED + gzip.compress(b"1,2,3\n" * 1_000_000, mtime=0) * 2)
    _, before = world.model, recorded(world)

    with pytest.raises(DataError, match=r"bomb\.csv\.gz: expected at most 5,242,880 bytes when decompressed"):
        world.aml.datasources.create("bomb.csv.gz", schema=schema())
    assert before == recorded(world)


@pytest.mark.parametrize("place", ["pipe", "zero", "folder", "nothing"])
def test_what_is_no_file_in_a_bucket(world: World, tmp_path: Path, place: str) -> None:
    """A pipe, a device behind a link, a folder, a link to nothing: the job fails at once and the engine goes on."""
    path = world.store.local_path(world.data(PLAIN).wait().uri)
    assert path is not None
    odd = path.with_name(f"{place}.csv")
    if place == "pipe":
        os.mkfifo(odd)
    elif place == "folder":
        odd.mkdir()
    else:
        odd.symlink_to("/dev/zero" if place == "zero" else "gone")
    bucket = path.relative_to(next(parent for parent in path.parents if parent.name == "s3")).parent

    assert reason(world.aml.datasources.create(f"s3://{bucket}/{place}.csv", schema=schema()))
    assert "COMPLETED" == world.data(PLAIN).wait().status
    odd.rmdir() if place == "folder" else odd.unlink()


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("god.csv", "god.csv: expected a file, found nothing there. Did you mean 'good.csv'?"),
        ("folder/god.csv", "folder/god.csv: expected a file, found nothing there. Did you mean 'folder/good.csv'?"),
        ("elsewhere/good.csv", "elsewhere/good.csv: expected a file, found nothing there."),
        ("good.csv/x", "good.csv/x: expected a file, found nothing there."),
        ("folder", "folder: expected a file, found a folder."),
        ("good.csv\n", "data: expected the path of a file, found text of several lines."),
        (os.devnull, "/dev/null: expected a file, found a pipe or device."),
    ],
)
def test_paths(world: World, path: str, message: str) -> None:
    """What is not there, and what might have been meant, whoever looks."""
    Path("folder").mkdir()
    Path("good.csv").write_bytes(PLAIN)
    Path("folder/good.csv").write_bytes(PLAIN)

    for create in (
        lambda: world.aml.datasources.create(path, schema=schema()),
        lambda: world.aml.datasources.create(path, target="y"),
        lambda: world.model.predict_batch(path),
    ):
        with pytest.raises(DataError, match=f"^{re.escape(message)}"):
            create()


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_file_that_may_not_be_read(world: World) -> None:
    """The system's own words, and the file's name."""
    Path("secret.csv").write_bytes(PLAIN)
    Path("secret.csv").chmod(0)

    with pytest.raises(DataError, match=r"secret\.csv: expected a file that can be read, found Permission denied"):
        world.aml.datasources.create("secret.csv", schema=schema())


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("s3://staging/none.csv", "s3://staging/none.csv: expected a file, found nothing there. Check bucket and key."),
        ("s3://staging/none/", "s3://staging/none/: expected a folder with data files in it, found none."),
        ("s3://staging/folder", "s3://staging/folder: expected a file, found nothing there. Did you mean the folder"),
        ("s3://staging/../state.sqlite", "s3://staging/../state.sqlite: expected a key that names a file, found"),
        ("s3://staging/a%0Ab", "s3://staging/a%0Ab: expected a file, found nothing there."),
    ],
)
def test_locations(world: World, uri: str, message: str) -> None:
    """The job finds nothing, and says what it looked for."""
    world.store.put_bytes("s3://staging/folder/data.csv", PLAIN)

    assert reason(world.aml.datasources.create(uri, schema=schema())).startswith(message)


def test_a_folder_of_files_is_one_table(world: World) -> None:
    """A bad record in one of them is named with its own file and line."""
    for name, content in (("a.csv", PLAIN), ("b.csv", csv(*GOOD[:5], *[b"1,2"] * 50)), ("c.csv.schema", b"{}")):
        world.store.put_bytes(f"s3://staging/several/{name}", content)
    data = world.aml.datasources.create("s3://staging/several/", schema=schema())

    assert reason(data).startswith("s3://staging/several/b.csv, line 7: expected at most 10,000 rejected records")


def test_a_file_that_vanished(world: World) -> None:
    """Whatever is made of the datasource later says so; what was read before is no excuse to go on."""
    data = world.data(PLAIN).wait()
    path = world.store.local_path(data.uri)
    assert path is not None
    path.unlink()

    for job in (world.aml.models.create(data), world.model.evaluate(data), world.model.predict_batch(data)):
        assert f"{data.uri}: expected a file, found nothing there. Check bucket and key." == reason(job)


def test_a_file_that_changed(world: World) -> None:
    """Later jobs read what is there now, and hold it against the schema anew."""
    data = world.data(PLAIN).wait()
    world.store.put_bytes(data.uri, csv(b"1,2", header=b"a,b"))

    assert reason(world.model.predict_batch(data)).startswith(f"{data.uri}, line 1, column 1: expected column 'age'")


@pytest.mark.parametrize("uri", ["/tmp/x/", "s3://staging/a:b/", "s3://staging/a//b/"])
def test_outputs_that_cannot_be(world: World, uri: str) -> None:
    """Refused before there is a job."""
    with pytest.raises(InvalidInputError, match="OutputUri: expected"):
        world.aml.batch_predictions.create(world.model, world.model.datasource, output=uri)


def test_an_output_where_a_file_is_in_the_way(world: World) -> None:
    """The job fails and names where it was to write."""
    world.store.put_bytes("s3://staging/taken", b"")
    batch = world.aml.batch_predictions.create(world.model, world.model.datasource, output="s3://staging/taken/")

    assert reason(batch).startswith(f"s3://staging/taken/batch-prediction/result/{batch.id}-")


def test_a_full_disk(tmp_path: Path) -> None:
    """Every step says that there is no room and leaves nothing half written; with room all goes on."""
    command = [sys.executable, full_disk.__file__, str(tmp_path / "home")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert 0 == done.returncode, done.stderr
    told = json.loads(done.stdout)

    assert told["stage"].startswith("DataError: s3://staging/")
    assert "expected room to write it, found File too large. Nothing of it was kept." in told["stage"]
    assert told["train"].startswith("JobFailedError: model 'ml-")
    assert "failed: No space is left on the disk that holds " in told["train"]
    assert told["predict"].startswith("JobFailedError: batch prediction 'bp-")
    assert "expected room to write it, found File too large." in told["predict"]
    assert ("", "0") == (told["left"], told["results"])
    assert told["record"].startswith("InternalServiceError: CreateBatchPrediction on batch prediction 'bp-")
    assert "cannot be used now: " in told["record"]
    assert ("COMPLETED", "15000") == (told["ask"], told["again"])
    assert ["COMPLETED", "FAILED"] == sorted(told["statuses"].split())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no such device")
def test_a_full_device(world: World) -> None:
    """Labels written where there is no room say so."""
    labels = world.model.predict_batch(PLAIN).wait().labels()

    with pytest.raises(DataError, match="/dev/full: expected room to write it, found No space left on device"):
        labels.to_csv("/dev/full")
