"""What an export takes along, what it leaves, how often it asks, and what it says of what it could not have."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import amlwrap
from amlwrap import ExportReport, ProgressEvent
from amlwrap._export import verify
from amlwrap._export._exporting import Wanted, export_with
from amlwrap.exceptions import (
    AccessDeniedError,
    ConfigError,
    DataError,
    ServiceClosedError,
    TransportError,
)
from tests.export.service import DATA, SECRET, Fuse, Service, furnished, stocked
from tests.scripted import Fault

ALL = Wanted(data=True)
MOMENT = datetime(2026, 5, 31, tzinfo=UTC)


def exported(service: Service, folder: Path, wanted: Wanted = ALL, **settings: Any) -> ExportReport:
    """An export of *service*, whose bytes lie beside *folder*."""
    aml = service.client(folder.parent / "s3")
    return export_with(aml, folder, wanted, opener=service.opener, now=lambda: MOMENT, **settings)


def contents(folder: Path) -> dict[str, bytes]:
    """Every file by its path."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def read(path: Path) -> Any:
    """The JSON in *path*."""
    return json.loads(path.read_bytes())


@pytest.fixture
def service(tmp_path: Path) -> Service:
    """Furnished, with the bytes that belong to it."""
    stocked(tmp_path / "s3")
    return furnished()


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A folder that is not there yet."""
    return tmp_path / "out"


def test_everything_is_a_plain_file(service: Service, out: Path) -> None:
    """Each document where people look for it, whatever the pages were; names as they are."""
    report = exported(service, out)

    assert {"datasource": 3, "model": 3, "evaluation": 1, "batch_prediction": 1} == report.counts
    assert () == report.refused
    files = contents(out)
    capital = "models/ml-a%" + hashlib.sha256(b"ml-a").hexdigest()[:8]
    assert {
        "README.txt",
        "manifest.json",
        *(
            f"datasources/ds-{n}/{name}"
            for n in "123"
            for name in ("datasource.json", "schema.json", "tags.json", "log.txt")
        ),
        *(
            f"{model}/{name}.json"
            for model in ("models/ml-A", capital)
            for name in ("model", "schema", "recipe", "parameters", "tags")
        ),
        *(f"{model}/log.txt" for model in ("models/ml-A", capital, "models/ml-failed")),
        "models/ml-failed/model.json",
        "models/ml-failed/tags.json",
        *(f"evaluations/ev-1/{name}" for name in ("evaluation.json", "metrics.json", "tags.json", "log.txt")),
        *(f"batch_predictions/bp-1/{name}" for name in ("batch_prediction.json", "tags.json", "log.txt")),
        "objects/shop/in/a.csv",
        "objects/shop/in/deeper/b.csv",
        "objects/shop/out/batch-prediction/bp-1.manifest",
        "objects/shop/out/batch-prediction/result/bp-1-a.csv.gz",
    } == set(files)
    assert "größe" in files["models/ml-A/model.json"].decode()
    assert {"équipe": "ml"} == json.loads(files["models/ml-A/tags.json"])
    assert {"BinaryAUC": "0.9375"} == json.loads(files["evaluations/ev-1/metrics.json"])
    assert DATA == files["objects/shop/in/a.csv"]
    assert "2017-02-11T17:28:30.483000+00:00" == json.loads(files["models/ml-A/model.json"])["CreatedAt"]


def test_the_manifest_tells_all(service: Service, out: Path) -> None:
    """Format, moment, origin, and of every file its size and hash."""
    report = exported(service, out)

    manifest = read(report.manifest)
    assert ("amlwrap export", 1, MOMENT.isoformat()) == (
        manifest["format"],
        manifest["version"],
        manifest["exported_at"],
    )
    assert {"endpoint": "https://machinelearning.us-east-1.amazonaws.com", "region": "us-east-1"} == manifest["source"]
    listed = [
        *manifest["files"],
        *manifest["objects"],
        *(file for one in manifest["entities"] for file in one["files"]),
    ]
    told = {file["path"]: (file["size"], file["sha256"]) for file in listed}
    there = {path: (len(text), hashlib.sha256(text).hexdigest()) for path, text in contents(out).items()}
    del there["manifest.json"]
    assert there == told
    assert sum(size for size, _ in told.values()) == report.n_bytes
    assert () == verify(out)


def test_no_signature_is_written_down(service: Service, out: Path) -> None:
    """A presigned address is a secret: the log is fetched by it, and it is kept without its query."""
    service.faults["GetMLModel ml-a"] = [
        service.entities["MLModel"]["ml-a"] | {"LogUri": f"ftp://me:word@logs/x?{SECRET}"}
    ]

    report = exported(service, out)

    assert "https://logs.example/ml-A" == read(out / "models/ml-A/model.json")["LogUri"]
    assert "16/12/19 10:07:13 INFO: https://logs.example/ml-A\n" == (out / "models/ml-A/log.txt").read_text()
    everything = b"".join(contents(out).values()) + str(report).encode()
    assert SECRET.encode() not in everything
    assert b"word" not in everything
    assert ["model 'ml-a': log"] == [refusal.what for refusal in report.refused]


def test_what_nobody_lists_is_found_by_what_was_made_of_it(service: Service, out: Path) -> None:
    """A deleted datasource is on no list, and its model says where it came from; what is truly gone is named."""
    service.add("DataSource", "ds-gone", Status="DELETED")
    gone = service.entities["DataSource"].pop("ds-gone")
    service.faults["GetDataSource ds-gone"] = [gone]
    service.add("MLModel", "ml-1", TrainingDataSourceId="ds-gone")
    service.add("MLModel", "ml-2", TrainingDataSourceId="ds-lost")
    service.add("MLModel", "ml-3", TrainingDataSourceId="../etc")

    report = exported(service, out)

    assert "DELETED" == read(out / "datasources/ds-gone/datasource.json")["Status"]
    assert ["datasource 'ds-lost'"] == [refusal.what for refusal in report.refused]
    assert [] == [path for path in contents(out) if "etc" in path]


def test_one_entity_that_cannot_be_read_stops_nothing(service: Service, out: Path) -> None:
    """Nor do tags, nor a listing; each is named with the service's reason, in the report and in the manifest."""
    service.faults["GetMLModel ml-A"] = [Fault("InternalServerException", "Oops", 500)] * 9
    service.faults["DescribeTags ds-1"] = [Fault("AccessDeniedException", "Not yours", 403)]
    service.faults["DescribeEvaluations"] = [Fault("AccessDeniedException", "Not you", 403)]

    report = exported(service, out)

    assert {"the listing of evaluations", "datasource 'ds-1': tags", "model 'ml-A'"} == {
        one.what for one in report.refused
    }
    assert {(one.what, one.reason) for one in report.refused} == {
        (one["what"], one["reason"]) for one in read(report.manifest)["refused"]
    }
    assert "Oops" in str(report)
    assert "could not be had; run the export again to try once more" in str(report)
    assert {"datasource": 3, "model": 2, "evaluation": 0, "batch_prediction": 1} == report.counts
    exported(service, out)
    assert () == exported(service, out).refused


def test_throttles_are_obeyed_and_calls_are_measured(service: Service, out: Path) -> None:
    """Two calls a second by the client's clock, and the client's own patience on top; nobody sleeps."""
    service.faults["GetMLModel ml-A"] = [Fault("ThrottlingException", "Rate exceeded")] * 2

    report = exported(service, out, rate=2.0)

    assert () == report.refused
    n_calls = len(service.script.calls)
    assert n_calls / 2 <= service.clock.now - 1000 + 0.5 <= n_calls / 2 + 5
    assert 0.5 in service.clock.naps


@pytest.mark.parametrize("rate", [0, -1.0, float("nan")])
def test_a_rate_that_is_none_is_refused(service: Service, out: Path, rate: float) -> None:
    """Before anything is asked."""
    with pytest.raises(ConfigError, match="rate: expected calls per second"):
        exported(service, out, rate=rate)
    assert not out.exists()


def test_what_has_not_changed_is_not_asked_again(service: Service, out: Path) -> None:
    """Again costs the listings and the tags, which change without a sign; new, changed and renamed ones are read."""
    exported(service, out)
    service.script.calls.clear()
    assert 0 == exported(service, out).n_fetched
    assert {"DescribeTags"} | {f"Describe{kind}s" for kind in service.entities} == set(service.script.operations())

    service.tags["ml-A"] = {"team": "other"}
    service.entities["Evaluation"]["ev-1"] |= {"Name": "renamed", "LastUpdatedAt": 1486839999.0}
    report = exported(service, out)

    assert 1 == report.n_fetched
    assert {"team": "other"} == read(out / "models/ml-A/tags.json")
    assert "renamed" == read(out / "evaluations/ev-1/evaluation.json")["Name"]
    assert () == verify(out)


def test_what_was_refused_is_tried_again(service: Service, out: Path) -> None:
    """An expired log, say; and logs that nobody had asked for before."""
    service.faults["DescribeTags ml-A"] = [Fault("AccessDeniedException", "No", 403)]
    assert 1 == len(exported(service, out, Wanted(logs=False)).refused)
    assert not (out / "models/ml-A/log.txt").exists()

    report = exported(service, out)

    assert (8, ()) == (report.n_fetched, report.refused)
    assert (out / "models/ml-A/log.txt").exists()


def test_what_is_deleted_meanwhile_stays(service: Service, out: Path) -> None:
    """Whoever exports, deletes and exports again loses nothing, not even tags and logs; the manifest marks it."""
    exported(service, out)
    before = contents(out)
    del service.entities["Evaluation"]["ev-1"]
    service.entities["DataSource"]["ds-2"] |= {"Status": "DELETED", "LastUpdatedAt": 1486839999.0}
    service.entities["MLModel"]["ml-A"] |= {"LastUpdatedAt": 1486839999.0}
    service.faults["DescribeTags ml-A"] = [Fault("AccessDeniedException", "No", 403)]
    del service.entities["MLModel"]["ml-A"]["LogUri"], service.entities["MLModel"]["ml-A"]["Recipe"]

    report = exported(service, out)

    after = contents(out)
    assert {"models/ml-A/recipe.json"} == set(before) - set(after)
    assert {"manifest.json", "models/ml-A/model.json"} == {path for path in after if after[path] != before[path]}
    assert ["ev-1"] == [one["id"] for one in read(report.manifest)["entities"] if one.get("gone")]
    assert () == verify(out)


def test_only_what_is_wanted_is_copied(service: Service, out: Path) -> None:
    """Data of one datasource, named or handed over; no predictions, no logs."""
    aml = service.client(out.parent / "s3")

    report = amlwrap.export(aml, out, data=[aml.datasources.get("ds-1")], predictions=False, logs=False, rate=None)

    assert ["objects/shop/in/a.csv"] == [path for path in contents(out) if path.startswith("objects/")]
    assert [] == [path for path in contents(out) if "log" in path]
    assert 1 == report.n_objects
    assert 0 == amlwrap.export(aml, out.with_name("none"), predictions=False, logs=False, rate=None).n_objects
    lost = amlwrap.export(aml, out.with_name("lost"), data="ds-typo", predictions=False, logs=False, rate=None)
    assert [("data of datasource 'ds-typo'", "there is no such datasource")] == [
        (refusal.what, refusal.reason) for refusal in lost.refused
    ]


def test_progress_is_told(service: Service, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Events for whoever counts, nothing for whoever wants silence."""
    events: list[ProgressEvent] = []

    exported(service, out, progress=events.append)

    assert ("export", str(out), "INPROGRESS") == (events[0].kind, events[0].id, events[0].status)
    assert "datasource 'ds-1' (0 of 8)" == events[0].words
    assert 0.0 == events[0].fraction
    assert ("files of datasource 'ds-3'", None) == (events[-2].words, events[-2].fraction)
    assert "COMPLETED" == events[-1].status
    exported(service, out)
    assert ("", "") == capsys.readouterr()


def test_a_closed_service_is_told_at_once(service: Service, out: Path) -> None:
    """And leaves nothing behind."""
    closed = Fault("AccessDeniedException", "AmazonML is no longer available to new customers.", 403)
    service.faults["DescribeDataSources"] = [closed]

    with pytest.raises(ServiceClosedError):
        exported(service, out)
    assert not out.exists()


def test_an_account_closed_half_way_keeps_what_it_has(service: Service, out: Path) -> None:
    """The service may be switched off while an export runs."""
    closed = Fault("AccessDeniedException", "AmazonML is no longer available to new customers.", 403)
    service.faults["GetEvaluation ev-1"] = [closed]

    with pytest.raises(ServiceClosedError) as caught:
        exported(service, out)

    assert "is not finished" in caught.value.__notes__[-1]
    assert (out / "models/ml-A/model.json").exists()


def test_what_is_no_json_and_what_is_no_text_is_kept(service: Service, out: Path) -> None:
    """A recipe nobody can parse, a name with half a character in it."""
    service.entities["MLModel"]["ml-A"] |= {"Recipe": "no { recipe", "Name": "half \ud83d"}

    assert () == exported(service, out).refused

    assert "no { recipe" == (out / "models/ml-A/recipe.json").read_text()
    assert "half \ud83d" == read(out / "models/ml-A/model.json")["Name"]
    assert () == verify(out)


def test_what_has_vanished_without_a_trace_stays_too(service: Service, out: Path) -> None:
    """Something else was made from it, and the service no longer knows it."""
    exported(service, out)
    del service.entities["DataSource"]["ds-2"]

    report = exported(service, out)

    assert ({"datasource": 3}, ()) == ({"datasource": report.counts["datasource"]}, report.refused)
    assert ["ds-2"] == [one["id"] for one in read(report.manifest)["entities"] if one.get("gone")]


def test_no_listing_at_all_is_an_error(service: Service, out: Path) -> None:
    """Credentials that may list nothing export nothing."""
    for kind in service.entities:
        service.faults[f"Describe{kind}s"] = [Fault("AccessDeniedException", "Not you", 403)]

    with pytest.raises(AccessDeniedError):
        exported(service, out)
    assert not out.exists()


def test_a_dead_wire_ends_the_export_and_says_how_to_go_on(service: Service, out: Path) -> None:
    """One lost call is one entity; three in a row are the end for now."""
    dead = EndpointConnectionError(endpoint_url="https://nowhere")
    service.faults["GetMLModel ml-A"] = [dead] * 5
    assert ["model 'ml-A'"] == [refusal.what for refusal in exported(service, out).refused]
    for number in "123":
        service.faults[f"GetDataSource ds-{number}"] = [dead] * 5
        service.entities["DataSource"][f"ds-{number}"]["LastUpdatedAt"] = 1486839999.0

    with pytest.raises(TransportError) as caught:
        exported(service, out)

    assert [
        f"The export in {out} is not finished; run it again on this folder, and it goes on."
    ] == caught.value.__notes__[-1:]
    assert () == exported(service, out).refused
    service.faults["DescribeMLModels"] = [dead] * 5
    with pytest.raises(TransportError):
        exported(service, out)


def test_ids_and_keys_that_lead_elsewhere_are_refused(service: Service, out: Path) -> None:
    """Nothing a service says makes a path out of the folder."""
    for hostile in ("../../evil", "a/b", "", "x" * 65):
        service.add("MLModel", hostile)
    for ident in (".", "..", "nul"):
        service.add("Evaluation", ident)
    service.add("DataSource", "ds-evil", DataLocationS3="s3://shop/../../evil.csv")
    service.add("BatchPrediction", "bp-evil", OutputUri="s3://shop/a/../out/")
    service.add("BatchPrediction", "bp-odd", OutputUri="s3://shop/odd/")
    store = service.client(out.parent / "s3")._world.store()
    store.put_bytes("s3://shop/odd/batch-prediction/bp-odd.manifest", b'{"s3://shop/in/a.csv":"s3://shop/in/a.csv"}')

    report = exported(service, out)

    assert 4 == sum("cannot be an id" in refusal.reason for refusal in report.refused)
    assert {
        "datasource 'ds-evil': a file",
        "batch prediction 'bp-evil': a file",
        "batch prediction 'bp-odd': a file",
    } <= {refusal.what for refusal in report.refused}
    assert {"%2E", "%2E%2E", "%nul", "ev-1"} == {path.name for path in (out / "evaluations").iterdir()}
    assert {"out", "s3"} == {path.name for path in out.parent.iterdir()}


def test_missing_bytes_are_named(service: Service, out: Path) -> None:
    """A result that its manifest names, a file that has moved, a manifest that is none."""
    store = service.client(out.parent / "s3")._world.store()
    (out.parent / "s3/shop/out/batch-prediction/result/bp-1-a.csv.gz").unlink()
    service.entities["DataSource"]["ds-1"]["DataLocationS3"] = "s3://shop/moved.csv"
    service.add("BatchPrediction", "bp-2", OutputUri="s3://shop/two/")
    service.add("BatchPrediction", "bp-3", OutputUri="s3://shop/three/")
    store.put_bytes("s3://shop/three/batch-prediction/bp-3.manifest", b"no manifest")

    report = exported(service, out)

    assert {
        "batch prediction 'bp-1': a file": "s3://shop/out/batch-prediction/result/bp-1-a.csv.gz: there is nothing",
        "batch prediction 'bp-2': a file": "s3://shop/two/batch-prediction/bp-2.manifest: there is nothing",
        "batch prediction 'bp-3': a file": "manifest at character 1: expected a JSON object, found 'no manifest'.",
        "datasource 'ds-1': a file": "s3://shop/moved.csv: there is nothing",
    } == {refusal.what: refusal.reason for refusal in report.refused}


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, bytes], int]:
    """What an export leaves that nothing disturbs, and how many steps it takes."""
    place = tmp_path_factory.mktemp("unbroken")
    stocked(place / "s3")
    service = furnished()
    exported(service, place / "out")
    return contents(place / "out"), service.fuse.steps


@given(data=st.data())
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_broken_off_anywhere_it_goes_on(
    data: st.DataObject, unbroken: tuple[dict[str, bytes], int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """However often it is interrupted, wherever: what is there in the end is what an unbroken export leaves."""
    expected, n_steps = unbroken
    place = tmp_path_factory.mktemp("broken")
    stocked(place / "s3")
    service = furnished()

    for stop in data.draw(st.lists(st.integers(1, n_steps), min_size=1, max_size=3), label="stops"):
        service.fuse = Fuse(stop, data.draw(st.sampled_from([KeyboardInterrupt, SystemExit, ZeroDivisionError])))
        try:
            exported(service, place / "out")
        except (KeyboardInterrupt, SystemExit, ZeroDivisionError):
            assert not (place / "out/manifest.json").exists()
        else:
            break
    service.fuse = Fuse()
    exported(service, place / "out")

    assert {path: _timeless(path, text) for path, text in expected.items()} == {
        path: _timeless(path, text) for path, text in contents(place / "out").items()
    }


def _timeless(path: str, text: bytes) -> Any:
    """A manifest without the etags of its store, which differ from folder to folder."""
    if path != "manifest.json":
        return text
    manifest = json.loads(text)
    for record in manifest["objects"]:
        del record["etag"]
    return manifest


def test_every_write_may_be_the_last(service: Service, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Broken off at each flush to the disk in turn, one more file is there each time, and in the end all are."""
    fuse = Fuse()
    sync = os.fsync

    def flush(handle: int) -> None:
        fuse.step()
        sync(handle)

    monkeypatch.setattr(os, "fsync", flush)
    n_broken = 0
    for number in range(1, 400, 13):
        fuse.n, fuse.steps = number, 0
        try:
            exported(service, out)
        except KeyboardInterrupt:
            assert not (out / "manifest.json").exists()
            n_broken += 1
        else:
            break
    monkeypatch.undo()
    assert n_broken > 3
    assert () == exported(service, out).refused
    assert () == verify(out)
    assert not [path for path in contents(out) if ".part" in path or "journal" in path]


@pytest.mark.skipif(sys.platform == "win32", reason="kills with a signal")
@pytest.mark.parametrize("n", [5, 40, 75])
def test_a_killed_process_loses_nothing(tmp_path: Path, unbroken: tuple[dict[str, bytes], int], n: int) -> None:
    """Killed for real at a flush to the disk: the next run ends where an unbroken one does."""
    program = f"""
import os, signal, sys
from pathlib import Path
from tests.export.service import furnished, stocked
from tests.export.test_exporting import exported
flush, left = os.fsync, [{n}]
def last(handle):
    left[0] -= 1
    if not left[0]:
        os.kill(os.getpid(), signal.SIGKILL)
    flush(handle)
stocked(Path(sys.argv[1], "s3"))
os.fsync = last
left[0] = {n}
exported(furnished(), Path(sys.argv[1], "out"))
"""
    root = Path(__file__).parents[2]
    paths = os.pathsep.join([str(root), *(path for path in sys.path if path)])
    environment = {**os.environ, "PYTHONPATH": paths}
    command = [sys.executable, "-c", program, str(tmp_path)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
    assert -signal.SIGKILL == done.returncode, done.stderr
    assert not (tmp_path / "out/manifest.json").exists()

    exported(furnished(), tmp_path / "out")

    assert {path: _timeless(path, text) for path, text in unbroken[0].items()} == {
        path: _timeless(path, text) for path, text in contents(tmp_path / "out").items()
    }


def test_what_a_killed_process_left_half_written_is_swept_up(service: Service, out: Path) -> None:
    """A line without an end, a file without a name."""
    service.fuse = Fuse(25)
    with pytest.raises(KeyboardInterrupt):
        exported(service, out)
    with (out / "journal.jsonl").open("ab") as journal:
        journal.write(b'{"entity":{"kind":"mod')
    (out / "models").mkdir(exist_ok=True)
    (out / "models/.amlwrap-0123456789abcdef.part").write_bytes(b"half")

    exported(service, out)

    assert () == verify(out)
    assert not [path for path in contents(out) if ".part" in path or "journal" in path]


def test_a_folder_that_is_not_ours_is_left_alone(service: Service, out: Path) -> None:
    """Somebody's files, somebody's manifest, a newer release's export, a file."""
    out.mkdir()
    (out / "diary.txt").write_text("dear")
    with pytest.raises(ConfigError, match=r"other things \('diary.txt'\)"):
        exported(service, out)
    (out / "diary.txt").rename(out / "manifest.json")
    with pytest.raises(ConfigError, match="a manifest of something else"):
        exported(service, out)
    (out / "manifest.json").write_text('{"format": "amlwrap export", "version": 2, "source": {}}')
    with pytest.raises(ConfigError, match="Upgrade amlwrap"):
        exported(service, out)
    with pytest.raises(ConfigError, match=r"expected an empty folder, .*found a file"):
        exported(service, out / "manifest.json")
    assert ["manifest.json"] == [path.name for path in out.iterdir()]


def test_another_account_has_a_folder_of_its_own(service: Service, out: Path, tmp_path: Path) -> None:
    """Two places are never mixed."""
    exported(service, out)

    with amlwrap.connect("local:", progress=False) as aml, pytest.raises(ConfigError, match="a folder of its own"):
        amlwrap.export(aml, out)


def test_two_at_once_do_not_write_in_one_folder(service: Service, out: Path) -> None:
    """The second is refused while the first goes on."""
    opener: Callable[[str], Any] = service.opener

    def nested(url: str) -> Any:
        with pytest.raises(ConfigError, match="another process is exporting"):
            exported(furnished(), out)
        return opener(url)

    service.opener = nested  # type: ignore[method-assign]
    assert () == exported(service, out).refused


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ('{"entity":{"kind":"model","id":"x","folder":"models/x","files":[{"path":"../evil"}]}}', "paths inside"),
        ('{"entity":{"kind":"model","id":"x","folder":"/tmp","files":[]}}', "paths inside"),
        ('{"object":{"uri":"s3://b/k","path":"C:/evil"}}', "paths inside"),
        ('{"object":{"path":"objects/b/k"}}', "records of an export"),
        ('{"entity":[]}', "records of an export"),
        ("nonsense", "records of an export"),
    ],
)
def test_a_journal_that_was_tampered_with_is_refused(service: Service, out: Path, line: str, found: str) -> None:
    """No path out of the folder is taken from it either."""
    service.fuse = Fuse(25)
    with pytest.raises(KeyboardInterrupt):
        exported(service, out)
    with (out / "journal.jsonl").open("a") as journal:
        journal.write(f"{line}\n")

    service.fuse = Fuse()
    with pytest.raises(DataError, match=found):
        exported(service, out)
