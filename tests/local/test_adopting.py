"""Taking in what stood elsewhere: as it was, once, and nothing that is there is touched."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from amlwrap.exceptions import DataError
from amlwrap.local import Engine
from amlwrap.local.faults import InvalidInput
from amlwrap.local.kinds import Kind
from tests.local.conftest import Host, checked_client
from tests.local.doubles import RECIPE, SCHEMA, all_kinds, batch_request, datasource_request, evaluation_request

MOMENT = "2017-02-11T17:28:30.483000+00:00"
DATASOURCE: dict[str, Any] = {
    "DataSourceId": "ds-1",
    "Name": "größe",
    "CreatedAt": MOMENT,
    "LastUpdatedAt": MOMENT,
    "FinishedAt": MOMENT,
    "ComputeTime": 880000,
    "CreatedByIamUser": "arn:aws:iam::123456789012:user/me",
    "DataLocationS3": "s3://shop/in.csv",
    "DataSizeInBytes": 648150,
    "NumberOfFiles": 1,
    "ComputeStatistics": True,
    "DataSourceSchema": SCHEMA,
    "LogUri": "https://logs/x",
}
MODEL: dict[str, Any] = {
    "MLModelId": "ml-1",
    "CreatedAt": 1486834110.483,
    "MLModelType": "BINARY",
    "TrainingDataSourceId": "ds-1",
    "TrainingParameters": {"algorithm": "sgd", "sgd.maxPasses": "10"},
    "Recipe": RECIPE,
    "Schema": SCHEMA,
    "ScoreThreshold": 0.25,
    "ScoreThresholdLastUpdatedAt": MOMENT,
    "EndpointInfo": {"EndpointStatus": "READY"},
    "SizeInBytes": 1415234,
}
EVALUATION: dict[str, Any] = {
    "EvaluationId": "ev-1",
    "MLModelId": "ml-1",
    "EvaluationDataSourceId": "ds-1",
    "PerformanceMetrics": {"Properties": {"BinaryAUC": "0.9375", "amlwrap.accuracy": "0.875"}},
}


def adopt(host: Host, kind: Kind, reply: dict[str, Any], **settings: Any) -> str:
    """Take in *reply*, COMPLETED and without tags unless told otherwise."""
    usual: dict[str, Any] = {"tags": {}, "status": "COMPLETED"}
    return host.engine.adopt(kind, reply, **(usual | settings))


def test_it_stands_as_it_stood(host: Host) -> None:
    """Members, times and tags are those of elsewhere; the log lies here, and no job runs."""
    assert "new" == adopt(host, Kind.DATASOURCE, DATASOURCE, tags={"team": "ml", "bare": None}, log=b"INFO: done\n")

    reply = host.boto.get_data_source(DataSourceId="ds-1", Verbose=True)
    moment = datetime.fromisoformat(MOMENT)
    log = reply.pop("LogUri")
    del reply["ResponseMetadata"]
    times = dict.fromkeys(("CreatedAt", "LastUpdatedAt", "FinishedAt"), moment)
    assert DATASOURCE | times | {"Status": "COMPLETED"} == {**reply, "LogUri": "https://logs/x"}
    assert b"INFO: done\n" == Path(log.removeprefix("file://")).read_bytes()
    tags = host.boto.describe_tags(ResourceId="ds-1", ResourceType="DataSource")["Tags"]
    assert [{"Key": "bare"}, {"Key": "team", "Value": "ml"}] == tags
    assert 0 == host.run()


def test_it_is_found_by_who_made_it(host: Host) -> None:
    """Elsewhere or here; each is listed under the name it shows."""
    adopt(host, Kind.DATASOURCE, DATASOURCE)
    host.boto.create_data_source_from_s3(**datasource_request("ds-2"))

    def found(**comparator: str) -> list[str]:
        reply = host.boto.describe_data_sources(FilterVariable="IAMUser", **comparator)
        return [one["DataSourceId"] for one in reply["Results"]]

    assert ["ds-1"] == found(EQ="arn:aws:iam::123456789012:user/me")
    assert ["ds-2"] == found(NE="arn:aws:iam::123456789012:user/me")
    assert ["ds-2", "ds-1"] == found(Prefix="arn:aws:iam::")


def test_twice_is_once(host: Host) -> None:
    """The same again changes nothing, another log address notwithstanding; something else is told."""
    adopt(host, Kind.DATASOURCE, DATASOURCE, log=b"1")
    host.boto.update_data_source(DataSourceId="ds-1", DataSourceName="mine now")

    assert "same" == adopt(host, Kind.DATASOURCE, DATASOURCE | {"LogUri": "https://logs/y"}, log=b"2")
    assert "taken" == adopt(host, Kind.DATASOURCE, DATASOURCE | {"Name": "another"}, log=b"3")
    assert "taken" == adopt(host, Kind.DATASOURCE, DATASOURCE, tags={"a": "b"})

    reply = host.boto.get_data_source(DataSourceId="ds-1")
    assert "mine now" == reply["Name"]
    assert b"1" == host.engine.home.log(Kind.DATASOURCE, "ds-1").read_bytes()


def test_what_was_made_here_keeps_its_id(host: Host) -> None:
    """Whoever was first has it."""
    host.boto.create_data_source_from_s3(**datasource_request())

    assert "taken" == adopt(host, Kind.DATASOURCE, DATASOURCE)


def test_metrics_and_lineage_come_along(host: Host) -> None:
    """Also those the service itself never tells; parents that are not there are passed over."""
    adopt(host, Kind.MODEL, MODEL)
    adopt(host, Kind.EVALUATION, EVALUATION)

    assert {"BinaryAUC": "0.9375"} == host.boto.get_evaluation(EvaluationId="ev-1")["PerformanceMetrics"]["Properties"]
    found = host.boto.describe_evaluations(FilterVariable="MLModelId", EQ="ml-1")["Results"]
    assert ["ev-1"] == [one["EvaluationId"] for one in found]
    model = host.boto.get_ml_model(MLModelId="ml-1")
    assert ("NONE", 0.25) == (model["EndpointInfo"]["EndpointStatus"], model["ScoreThreshold"])
    assert datetime.fromisoformat(MOMENT) == model["ScoreThresholdLastUpdatedAt"]
    assert datetime.fromtimestamp(host.clock.now, UTC) == model["LastUpdatedAt"]


def test_a_pending_one_is_run(host: Host) -> None:
    """After its parent, and even when that is deleted; its past stays where its job says nothing."""
    adopt(host, Kind.DATASOURCE, DATASOURCE, status="DELETED")
    assert "new" == adopt(host, Kind.MODEL, MODEL, status="PENDING", message=None)
    assert "PENDING" == host.boto.get_ml_model(MLModelId="ml-1")["Status"]

    assert 1 == host.run()

    (task,) = host.recorder.tasks
    assert (RECIPE, "s3://shop/in.csv") == (
        task.request["Recipe"],
        task.parents["datasource"].request["DataSpec"]["DataLocationS3"],
    )
    model = host.boto.get_ml_model(MLModelId="ml-1")
    assert ("COMPLETED", 0.25) == (model["Status"], model["ScoreThreshold"])
    assert datetime.fromisoformat(MOMENT) == model["CreatedAt"]


def test_nothing_is_built_on_a_mere_record(host: Host) -> None:
    """Whoever tries hears what the record says; it can be renamed, tagged and deleted as others."""
    adopt(host, Kind.DATASOURCE, DATASOURCE)
    adopt(host, Kind.MODEL, MODEL, usable=False, message="Weights stayed there.")
    calls: list[tuple[Callable[..., Any], dict[str, Any]]] = [
        (host.boto.create_evaluation, evaluation_request()),
        (host.boto.create_batch_prediction, batch_request()),
        (host.boto.create_realtime_endpoint, {"MLModelId": "ml-1"}),
    ]

    for call, request in calls:
        with pytest.raises(Exception, match=r"MLModelId: MLModel 'ml-1' is only a record\. Weights stayed there\."):
            call(**request)
    assert "Weights stayed there." == host.boto.get_ml_model(MLModelId="ml-1")["Message"]
    host.boto.delete_ml_model(MLModelId="ml-1")
    assert "DELETED" == host.boto.get_ml_model(MLModelId="ml-1")["Status"]


def test_an_id_that_is_none_is_refused(host: Host) -> None:
    """Paths are made of ids."""
    with pytest.raises(InvalidInput, match="DataSourceId: expected a match"):
        adopt(host, Kind.DATASOURCE, DATASOURCE | {"DataSourceId": "../x"})


def test_objects_are_put_in_buckets_once(host: Host, tmp_path: Path) -> None:
    """The same again is no matter; another one is left as it is; no name leads elsewhere."""
    (path := tmp_path / "file").write_bytes(b"1")
    assert "new" == host.engine.adopt_object("s3://new-bucket/a/b.csv", path)
    assert "same" == host.engine.adopt_object("s3://new-bucket/a/b.csv", path)
    path.write_bytes(b"2")
    assert "taken" == host.engine.adopt_object("s3://new-bucket/a/b.csv", path)
    with host.engine.store.open("s3://new-bucket/a/b.csv") as file:
        assert b"1" == file.read()
    with pytest.raises(DataError):
        host.engine.adopt_object("s3://new-bucket/../b.csv", path)


def test_workers_hear_of_it(opened: Callable[..., Engine]) -> None:
    """What is to be run is run without anybody asking."""
    ran = threading.Event()

    def stage(task: Any) -> dict[str, Any]:
        ran.set()
        return {"SizeInBytes": 1}

    engine = opened(workers=1, stages=all_kinds(stage))
    engine.adopt("datasource", DATASOURCE, tags={}, status="COMPLETED")
    engine.adopt("model", MODEL, tags={}, status="PENDING")

    assert ran.wait(30)
    assert engine.wait_until_idle(30)
    assert "COMPLETED" == checked_client(engine).get_ml_model(MLModelId="ml-1")["Status"]


def test_no_operation_reaches_it(host: Host) -> None:
    """Whoever has only the wire cannot."""
    for name in ("Adopt", "AdoptEntity", "adopt"):
        assert 404 == host.engine.protocol.answer(f"AmazonML_20141212.{name}", b"{}").status
