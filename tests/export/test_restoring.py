"""What a restore refuses, what it leaves alone, and what the models say that are only records."""

from __future__ import annotations

import errno
import hashlib
import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

import amlwrap
from amlwrap import Client, RestoreReport
from amlwrap._export import verify
from amlwrap.exceptions import ConfigError, DataError, InvalidInputError
from amlwrap.local import open_engine
from amlwrap.objects import _files
from tests.contract.conftest import as_aws
from tests.export.conftest import CSV, SCHEMA, Rich
from tests.export.service import Fuse, Service, furnished, stocked
from tests.export.test_exporting import exported


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A scripted account's export, with data."""
    stocked(tmp_path / "s3")
    exported(furnished(), tmp_path / "out")
    return tmp_path / "out"


def edited(folder: Path, path: str, **changes: Any) -> None:
    """Change members of a reply in an export, and make the manifest fit."""
    replaced(folder, path, json.dumps(json.loads((folder / path).read_bytes()) | changes).encode())


def replaced(folder: Path, path: str, content: bytes) -> None:
    """Put *content* in a file of an export, and make the manifest fit."""
    (folder / path).write_bytes(content)
    manifest = json.loads((folder / "manifest.json").read_bytes())
    for record in manifest["entities"]:
        for file in record["files"]:
            if file["path"] == path:
                file |= {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    (folder / "manifest.json").write_text(json.dumps(manifest))


def test_only_an_engine_of_ours_takes_it_in(folder: Path, tmp_path: Path) -> None:
    """Not AWS, not somebody's client, not a server: none has an operation for it."""
    for aml in (
        Service().client(tmp_path / "s3"),
        amlwrap.connect(Service().script.client()),
        amlwrap.connect("http://127.0.0.1:1"),
    ):
        with pytest.raises(ConfigError, match="no operation that takes in what stood elsewhere"):
            amlwrap.restore(folder, aml)
    with open_engine(tmp_path / "home") as engine, pytest.raises(ConfigError, match="the embedded engine"):
        amlwrap.restore(folder, as_aws(engine))


def test_the_name_of_a_target_is_no_client(folder: Path, tmp_path: Path) -> None:
    """And the error says how to make one of it."""
    target: Any = "local:./home"
    with pytest.raises(ConfigError, match=r"aml: expected a client, found 'local:./home'\. .*amlwrap\.connect"):
        amlwrap.restore(folder, target)
    with pytest.raises(ConfigError, match="aml: expected a client"):
        amlwrap.export(target, tmp_path / "all")


@pytest.mark.parametrize("name", ["nowhere", "empty", "s3"])
def test_a_folder_without_an_export_is_told(second: Client, folder: Path, tmp_path: Path, name: str) -> None:
    """Whether there is nothing or something else."""
    (tmp_path / "empty").mkdir()

    with pytest.raises(ConfigError, match=rf"{name}': expected an export") as caught:
        amlwrap.restore(tmp_path / name, second)
    assert "empty folder" not in str(caught.value)


def test_what_came_from_aws_stands_here(folder: Path, second: Client) -> None:
    """Names, tags, times, thresholds, metrics; an endpoint does not come along."""
    report = amlwrap.restore(folder, second, retrain=False)

    model = second.models.get("ml-A")
    assert ("größe", "COMPLETED", 0.25, {"équipe": "ml"}) == (
        model.name,
        model.status,
        model.threshold,
        dict(model.tags),
    )
    assert datetime(2017, 2, 11, 17, 28, 30, 483000, tzinfo=UTC) == model.created_at
    assert ("NONE", "ds-1", "10") == (model.endpoint_status, model.datasource.id, str(model.parameters.passes))
    failed = second.models.get("ml-failed")
    assert ("FAILED", "No records.") == (failed.status, failed.message)
    metrics = second.evaluations.get("ev-1").metrics
    assert metrics is not None
    assert 0.9375 == metrics.auc
    assert "bp-1" == second.batch_predictions.list(model="ml-A").one().id
    assert {"datasource": 3, "model": 3, "evaluation": 1, "batch_prediction": 1} == report.counts
    assert "Only records, which cannot predict: ml-A, ml-a" in str(report)


def test_records_say_why_they_cannot_be_asked(folder: Path, second: Client) -> None:
    """At the create, with the words that lead to a model that can."""
    amlwrap.restore(folder, second, retrain=False)
    model, data = second.models.get("ml-A"), second.datasources.get("ds-2")
    boto: Any = second.boto

    with pytest.raises(InvalidInputError, match=r"its weights never left .* retrain=False.*aml.models.get\('ml-A'\)"):
        model.evaluate(data, allow_training=True)
    with pytest.raises(InvalidInputError, match="'ml-A' is only a record"):
        model.predict_batch(data)
    with pytest.raises(ClientError, match="only a record"):
        boto.create_realtime_endpoint(MLModelId="ml-A")
    assert 1 == second.evaluations.list().count()


@pytest.mark.parametrize("data", [True, False])
def test_what_was_counted_comes_along(rich: Rich, second: Client, data: bool) -> None:
    """With the data or without, the statistics of a datasource are told as where it was made."""
    amlwrap.restore(rich.folders[data], second)
    with amlwrap.connect(f"local:{rich.home}", progress=False) as first:
        expected = first.datasources.get("ds.whole").statistics()
    assert expected == second.datasources.get("ds.whole").statistics()


def test_a_record_can_be_trained_again_as_it_says(rich: Rich, second: Client) -> None:
    """Once its data is in its place, the words of the message make the same model."""
    amlwrap.restore(rich.folders[False], second)
    home = Path(str(second.describe()["target"].value).removeprefix("local:"))
    shutil.copytree(rich.home / "s3", home / "s3", dirs_exist_ok=True)
    message = second.models.get("ml-A").message

    names: dict[str, Any] = {"aml": second}
    exec(message.partition("and call: ")[2].replace("aml.models.create", "new = aml.models.create"), names)
    new = names["new"].wait()

    old = second.models.get("ml-A")
    assert (old.name, old.recipe, old.parameters, old.type) == (new.name, new.recipe, new.parameters, new.type)
    before = second.evaluations.get("ev-1")
    assert before.metrics == new.evaluate(before.datasource).wait().metrics


def test_an_unfinished_export_comes_as_far_as_it_went(tmp_path: Path, second: Client) -> None:
    """The service may be gone before it is finished."""
    stocked(tmp_path / "s3")
    service = furnished()
    service.fuse = Fuse(34)
    with pytest.raises(KeyboardInterrupt):
        exported(service, tmp_path / "out")

    report = amlwrap.restore(tmp_path / "out", second)

    assert 0 < sum(report.counts.values()) < 8
    assert () == report.refused


def test_something_else_under_the_id_is_left_alone(folder: Path, second: Client) -> None:
    """And so is another file in the place of one; all are named."""
    second.datasources.create(CSV, schema=SCHEMA, id="ds-1", name="mine").wait()
    home = Path(str(second.describe()["target"].value).removeprefix("local:"))
    (home / "s3/shop/in").mkdir(parents=True)
    (home / "s3/shop/in/a.csv").write_bytes(b"mine")

    report = amlwrap.restore(folder, second)

    assert {"datasource 'ds-1'", "s3://shop/in/a.csv"} == {conflict.what for conflict in report.conflicts}
    assert "mine" == second.datasources.get("ds-1").name
    assert b"mine" == (home / "s3/shop/in/a.csv").read_bytes()
    assert "its data is not in its place here" in second.models.get("ml-A").message
    assert "2 met something else in their place, which was left alone:" in str(report)


def test_damage_is_found_before_anything_is_restored(folder: Path, second: Client) -> None:
    """A file that is gone, one that has changed, one that has grown, one that is a link."""
    (folder / "models/ml-A/model.json").write_text("{}")
    tags = folder / "models/ml-A/tags.json"
    tags.write_bytes(tags.read_bytes().replace(b"ml", b"lm"))
    (folder / "objects/shop/in/a.csv").unlink()
    (folder / "evaluations/ev-1/log.txt").unlink()
    (folder / "evaluations/ev-1/log.txt").symlink_to(folder / "README.txt")

    with pytest.raises(DataError, match="Nothing was restored"):
        amlwrap.restore(folder, second)
    assert 0 == second.datasources.list().count()

    assert {
        "models/ml-A/tags.json": "changed since it was written",
        "objects/shop/in/a.csv": "missing",
    }.items() <= {fault.what: fault.reason for fault in verify(folder)}.items()
    report = amlwrap.restore(folder, second, skip_damaged=True)
    assert {"model 'ml-A'", "evaluation 'ev-1'", "s3://shop/in/a.csv"} == {refusal.what for refusal in report.refused}
    assert {"ml-a", "ml-failed"} == {model.id for model in second.models}
    assert "3 could not be restored:" in str(report)


def test_a_file_that_cannot_be_read_is_damage(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder in its place, or a disk that has had its day."""
    (folder / "README.txt").unlink()
    (folder / "README.txt").mkdir()
    assert ["README.txt"] == [fault.what for fault in verify(folder)]

    def broken(*_: Any, **__: Any) -> Any:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(hashlib, "sha256", broken)
    assert "cannot be read (Input/output error)" == verify(folder)[-1].reason


def test_jobs_that_had_not_ended_have_ended(folder: Path, second: Client) -> None:
    """Nobody would ever finish them; a model whose data came along is trained."""
    for path in ("evaluations/ev-1/evaluation.json", "datasources/ds-3/datasource.json", "models/ml-A/model.json"):
        edited(folder, path, Status="INPROGRESS")

    report = amlwrap.restore(folder, second)

    evaluation = second.evaluations.get("ev-1")
    assert "FAILED" == evaluation.status
    assert (
        "It was INPROGRESS at https://machinelearning.us-east-1.amazonaws.com when it was exported"
        in evaluation.message
    )
    assert "FAILED" == second.datasources.get("ds-3").status
    assert {"ml-A", "ml-a"} == set(report.retraining)
    assert "Being trained again: ml-A, ml-a." in str(report)


@pytest.mark.parametrize(
    ("path", "changes", "why"),
    [
        ("models/ml-A/model.json", {"Recipe": None, "TrainingDataSourceId": "ds-3"}, ""),
        ("models/ml-A/model.json", {"Recipe": "nonsense"}, "cannot be followed"),
        ("models/ml-A/model.json", {"TrainingParameters": {"sgd.passes": "1"}}, "cannot be followed"),
        ("models/ml-A/model.json", {"MLModelType": "REGRESSION"}, "its schema is one for a BINARY model"),
        ("models/ml-A/model.json", {"TrainingDataSourceId": "ds-lost"}, "its datasource was not exported"),
        ("datasources/ds-1/datasource.json", {"DataSourceSchema": None}, "cannot be followed"),
    ],
)
def test_what_cannot_be_trained_again_is_a_record(
    folder: Path, second: Client, path: str, changes: dict[str, Any], why: str
) -> None:
    """With the reason in its message, beside what the service said about it."""
    edited(folder, path, **changes)
    edited(folder, "models/ml-A/model.json", Message="Well done.")

    report = amlwrap.restore(folder, second)

    assert ("ml-A" in report.records) == bool(why)
    if not why:
        assert "ml-A" in report.retraining
        return
    message = second.models.get("ml-A").message
    assert message.startswith("Well done. This is a record of a model")
    assert why in message


def test_a_datasource_without_its_schema_is_a_record(folder: Path, second: Client) -> None:
    """Nothing can be made of it, and it says so."""
    edited(folder, "datasources/ds-2/datasource.json", DataSourceSchema=None)
    amlwrap.restore(folder, second)

    with pytest.raises(ClientError, match="Its schema was not exported"):
        second.boto.create_ml_model(MLModelId="ml-9", MLModelType="BINARY", TrainingDataSourceId="ds-2")


def test_a_full_disk_ends_it(folder: Path, second: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """With room it is simply done again."""

    def full(path: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(_files, "_sync", full)
    with pytest.raises(DataError, match="room to write it"):
        amlwrap.restore(folder, second)

    monkeypatch.undo()
    assert 8 == sum(amlwrap.restore(folder, second).counts.values())


def test_a_reply_about_something_else_is_refused(folder: Path, second: Client) -> None:
    """An export that somebody has edited does not put one entity in another's place."""
    edited(folder, "models/ml-A/model.json", MLModelId="ml-B")
    replaced(folder, "models/ml-failed/model.json", b"no JSON")
    manifest = json.loads((folder / "manifest.json").read_bytes())
    record = next(one for one in manifest["entities"] if one["id"] == "ev-1")
    record["files"] = [file for file in record["files"] if not file["path"].endswith("tags.json")]
    (folder / "manifest.json").write_text(json.dumps(manifest))

    report = amlwrap.restore(folder, second)

    assert {
        ("model 'ml-A'", "its file tells of something else"),
        ("model 'ml-failed'", "its file tells of something else"),
    } == {(one.what, one.reason) for one in report.refused}
    assert {} == dict(second.evaluations.get("ev-1").tags)


def test_a_name_no_file_can_have_is_refused(folder: Path, second: Client) -> None:
    """Where the export was made it could be one."""
    manifest = json.loads((folder / "manifest.json").read_bytes())
    manifest["objects"][0]["uri"] = "s3://shop/in/../../../a.csv"
    (folder / "manifest.json").write_text(json.dumps(manifest))

    report = amlwrap.restore(folder, second)

    assert ["s3://shop/in/../../../a.csv"] == [refusal.what for refusal in report.refused]


def test_a_report_of_nothing_says_so(second: Client, tmp_path: Path) -> None:
    """And one of much does not go on for ever."""
    amlwrap.export(second, tmp_path / "out")
    assert f"{tmp_path}/out: restored nothing, 0 files of data and predictions." == str(
        amlwrap.restore(tmp_path / "out", second)
    )
    many = tuple(f"ml-{number}" for number in range(30))
    report = RestoreReport(folder=tmp_path, counts={"model": 30}, records=many)
    assert "ml-19 and 10 more" in str(report)
