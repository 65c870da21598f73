from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

import pytest
from botocore.exceptions import ClientError

from amlwrap.documents.schema import Schema
from amlwrap.local.description import describe
from amlwrap.local.service.operations import OPERATIONS
from tests.local.doubles import (
    DATA,
    RECIPE,
    SCHEMA,
    batch_request,
    datasource_request,
    evaluation_request,
    model_request,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.local.conftest import Host

MULTICLASS = SCHEMA.replace("BINARY", "CATEGORICAL")


def refused(call: Callable[..., Any], **request: Any) -> tuple[str, str]:
    """Code and message of the error that *call* must give."""
    with pytest.raises(ClientError) as caught:
        call(**request)
    raised: Any = caught.value
    error: dict[str, str] = raised.response["Error"]
    return error["Code"], error["Message"]


def everything(host: Host) -> None:
    """One COMPLETED entity of each kind."""
    host.boto.create_data_source_from_s3(**datasource_request())
    host.boto.create_ml_model(**model_request())
    host.boto.create_evaluation(**evaluation_request())
    host.boto.create_batch_prediction(**batch_request())
    assert host.run() == 4


def plain(reply: dict[str, Any]) -> dict[str, Any]:
    """*reply* without what differs from run to run."""
    return {name: value for name, value in reply.items() if name not in ("ResponseMetadata", "LogUri", "ComputeTime")}


def test_a_new_datasource_shows_what_it_was_created_with(host: Host) -> None:
    """Before its job starts a datasource has no times but those of its making, no sizes and no log."""
    rearrangement = '{"splitting":{"percentBegin":0,"percentEnd":70}}'
    spec = {"DataLocationS3": DATA, "DataSchema": SCHEMA, "DataRearrangement": rearrangement}
    host.boto.create_data_source_from_s3(**datasource_request(DataSpec=spec, DataSourceName="banking"))

    reply = host.boto.get_data_source(DataSourceId="ds-1")

    made = datetime.fromtimestamp(host.clock.now, tz=UTC)
    del reply["ResponseMetadata"]
    assert {
        "DataSourceId": "ds-1",
        "Name": "banking",
        "Status": "PENDING",
        "CreatedByIamUser": "arn:aws:iam::000000000000:root",
        "CreatedAt": made,
        "LastUpdatedAt": made,
        "DataLocationS3": DATA,
        "DataRearrangement": rearrangement,
        "ComputeStatistics": True,
    } == reply


def test_completed_entities_show_their_results(host: Host) -> None:
    """Each kind's reply holds the members of the service's own, and no other."""
    everything(host)
    made = datetime.fromtimestamp(host.clock.now, tz=UTC)
    common = {
        "Status": "COMPLETED",
        "CreatedByIamUser": "arn:aws:iam::000000000000:root",
        "CreatedAt": made,
        "LastUpdatedAt": made,
        "StartedAt": made,
        "FinishedAt": made,
    }
    boto = host.boto

    assert common | {
        "DataSourceId": "ds-1",
        "DataLocationS3": DATA,
        "DataSizeInBytes": 648150,
        "NumberOfFiles": 1,
        "ComputeStatistics": True,
    } == plain(boto.get_data_source(DataSourceId="ds-1"))
    assert common | {
        "MLModelId": "ml-1",
        "TrainingDataSourceId": "ds-1",
        "SizeInBytes": 1415234,
        "EndpointInfo": {"PeakRequestsPerSecond": 0, "EndpointStatus": "NONE"},
        "TrainingParameters": {
            "algorithm": "sgd",
            "sgd.l1RegularizationAmount": "0.0",
            "sgd.l2RegularizationAmount": "0.0",
            "sgd.maxMLModelSizeInBytes": "33554432",
            "sgd.maxPasses": "10",
            "sgd.shuffleType": "none",
        },
        "InputDataLocationS3": DATA,
        "MLModelType": "BINARY",
        "ScoreThreshold": 0.5,
    } == plain(boto.get_ml_model(MLModelId="ml-1"))
    assert common | {
        "EvaluationId": "ev-1",
        "MLModelId": "ml-1",
        "EvaluationDataSourceId": "ds-1",
        "InputDataLocationS3": DATA,
        "PerformanceMetrics": {"Properties": {"BinaryAUC": "0.9375"}},
    } == plain(boto.get_evaluation(EvaluationId="ev-1"))
    assert common | {
        "BatchPredictionId": "bp-1",
        "MLModelId": "ml-1",
        "BatchPredictionDataSourceId": "ds-1",
        "InputDataLocationS3": DATA,
        "OutputUri": "s3://bucket/out/",
        "TotalRecordCount": 10,
        "InvalidRecordCount": 1,
    } == plain(boto.get_batch_prediction(BatchPredictionId="bp-1"))


def test_verbose_adds_the_long_texts(host: Host) -> None:
    """Schema and recipe are shown on request only, the schema in the service's form."""
    everything(host)

    datasource = host.boto.get_data_source(DataSourceId="ds-1", Verbose=True)
    model = host.boto.get_ml_model(MLModelId="ml-1", Verbose=True)

    assert Schema.parse(SCHEMA).render() == datasource["DataSourceSchema"]
    assert (RECIPE, SCHEMA) == (model["Recipe"], model["Schema"])


def test_a_log_can_be_read_where_its_uri_says(host: Host) -> None:
    """LogUri leads to the log of the job, line by line in the service's form."""
    everything(host)

    uri: str = host.boto.get_ml_model(MLModelId="ml-1")["LogUri"]

    assert Path(url2pathname(urlsplit(uri).path)).read_text("utf-8") == "16/11/24 15:06:40 INFO: Working.\n"


def test_compute_time_of_a_datasource_is_that_of_its_statistics(host: Host) -> None:
    """Without ComputeStatistics there is no ComputeTime."""
    host.boto.create_data_source_from_s3(**datasource_request())
    host.boto.create_data_source_from_s3(**datasource_request("ds-2", ComputeStatistics=False))
    host.run()

    assert "ComputeTime" in host.boto.get_data_source(DataSourceId="ds-1")
    assert "ComputeTime" not in host.boto.get_data_source(DataSourceId="ds-2")


def test_given_parameters_come_back_as_they_were_spelled(host: Host) -> None:
    """A number's spelling is the caller's."""
    host.boto.create_data_source_from_s3(**datasource_request())
    host.boto.create_ml_model(**model_request(Parameters={"sgd.l2RegularizationAmount": "1.0E-06"}))

    parameters = host.boto.get_ml_model(MLModelId="ml-1")["TrainingParameters"]

    assert parameters["sgd.l2RegularizationAmount"] == "1.0E-06"
    assert parameters["algorithm"] == "sgd"


CREATES = {
    "DataSource": ("create_data_source_from_s3", datasource_request()),
    "MLModel": ("create_ml_model", model_request()),
    "Evaluation": ("create_evaluation", evaluation_request()),
    "BatchPrediction": ("create_batch_prediction", batch_request()),
}

METHODS = {
    "DataSource": "data_source",
    "MLModel": "ml_model",
    "Evaluation": "evaluation",
    "BatchPrediction": "batch_prediction",
}


@pytest.mark.parametrize("kind", CREATES)
def test_creating_again_changes_nothing(host: Host, kind: str) -> None:
    """The same create twice is one entity; with another name it is a conflict."""
    everything(host)
    method, request = CREATES[kind]
    create = getattr(host.boto, method)

    assert request[f"{kind}Id"] == create(**request)[f"{kind}Id"]
    code, message = refused(create, **request, **{f"{kind}Name": "another"})

    assert code == "IdempotentParameterMismatchException"
    assert request[f"{kind}Id"] in message
    assert host.run() == 0


def test_a_repeated_create_does_not_ask_its_parents(host: Host) -> None:
    """A retry arrives after the parent was deleted, and still finds what it made."""
    host.boto.create_data_source_from_s3(**datasource_request())
    host.boto.create_ml_model(**model_request())
    host.boto.delete_data_source(DataSourceId="ds-1")

    assert host.boto.create_ml_model(**model_request())["MLModelId"] == "ml-1"


def test_the_id_of_a_deleted_entity_is_not_given_again(host: Host) -> None:
    """Deletion is for good."""
    host.boto.create_data_source_from_s3(**datasource_request())
    host.boto.delete_data_source(DataSourceId="ds-1")

    code, message = refused(host.boto.create_data_source_from_s3, **datasource_request())

    assert code == "InvalidInputException"
    assert "choose another" in message


SPEC = {"DataLocationS3": DATA, "DataSchema": SCHEMA}


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"DataLocationS3": DATA}, "found neither"),
        ({**SPEC, "DataSchemaLocationS3": DATA}, "found both"),
        ({"DataLocationS3": DATA, "DataSchema": "{"}, "DataSpec.DataSchema: schema"),
        ({"DataLocationS3": DATA, "DataSchemaLocationS3": "s3://bucket/none"}, "s3://bucket/none"),
        ({**SPEC, "DataRearrangement": '{"splitting":{"percentEnd":101}}'}, "DataSpec.DataRearrangement: "),
        ({"DataLocationS3": "http://bucket/x", "DataSchema": SCHEMA}, "DataSpec.DataLocationS3"),
    ],
)
def test_a_wrong_datasource_is_refused(host: Host, spec: dict[str, str], words: str) -> None:
    """What is wrong with the data spec is said at once, and nothing is recorded."""
    (host.engine.home.objects / "bucket").mkdir()

    code, message = refused(host.boto.create_data_source_from_s3, **datasource_request(DataSpec=spec))

    assert code == "InvalidInputException"
    assert words in message
    assert refused(host.boto.get_data_source, DataSourceId="ds-1")[0] == "ResourceNotFoundException"


def test_a_schema_may_lie_beside_the_data(host: Host) -> None:
    """A schema by location reaches the stages as text, byte-order mark and all taken care of."""
    (host.engine.home.objects / "bucket").mkdir()
    host.engine.store.put_bytes("s3://bucket/x.schema", b"\xef\xbb\xbf" + SCHEMA.encode())
    spec = {"DataLocationS3": DATA, "DataSchemaLocationS3": "s3://bucket/x.schema"}
    host.boto.create_data_source_from_s3(**datasource_request(DataSpec=spec))
    host.run()

    assert {**spec, "DataSchema": SCHEMA} == host.recorder.tasks[0].request["DataSpec"]


@pytest.mark.parametrize(("content", "words"), [(b"\xff", "not UTF-8"), (b" " * 131_072, "longer than 131071")])
def test_a_schema_at_a_location_is_bounded_text(host: Host, content: bytes, words: str) -> None:
    """A location is held to the rules of a schema given inline."""
    (host.engine.home.objects / "bucket").mkdir()
    host.engine.store.put_bytes("s3://bucket/x.schema", content)
    spec = {"DataLocationS3": DATA, "DataSchemaLocationS3": "s3://bucket/x.schema"}

    code, message = refused(host.boto.create_data_source_from_s3, **datasource_request(DataSpec=spec))

    assert code == "InvalidInputException"
    assert words in message


def test_a_schema_holds_at_most_a_thousand_attributes(host: Host) -> None:
    """The service's limit on variables is checked at creation."""
    attributes = [{"attributeName": f"v{n}", "attributeType": "NUMERIC"} for n in range(1001)]
    schema = json.dumps(
        {"version": "1.0", "dataFormat": "CSV", "dataFileContainsHeader": True, "attributes": attributes}
    )
    spec = {"DataLocationS3": DATA, "DataSchema": schema}

    code, message = refused(host.boto.create_data_source_from_s3, **datasource_request(DataSpec=spec))

    assert (code, True) == ("InvalidInputException", "found 1,001" in message)


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"TrainingDataSourceId": "ds-0"}, "TrainingDataSourceId: DataSource 'ds-0' does not exist"),
        ({"TrainingDataSourceId": "ds-plain"}, "without ComputeStatistics"),
        ({"TrainingDataSourceId": "ds-free"}, "no target"),
        ({"MLModelType": "REGRESSION"}, "'y' is BINARY, so expected BINARY, found REGRESSION"),
        ({"MLModelType": "OTHER"}, "one of REGRESSION, BINARY, MULTICLASS"),
        ({"Recipe": RECIPE, "RecipeUri": "s3://bucket/r"}, "found both"),
        ({"RecipeUri": "s3://bucket/r"}, "s3://bucket/r"),
        ({"Recipe": RECIPE.replace("ALL_NUMERIC", "wages")}, "wages"),
        ({"Recipe": "[]"}, "Recipe: "),
        ({"Parameters": {"sgd.maxPasses": "0"}}, "sgd.maxPasses"),
        ({"Parameters": {"passes": "1"}}, "passes"),
        ({"MLModelId": "a b"}, "MLModelId: expected a match of"),
    ],
)
def test_a_wrong_model_is_refused(host: Host, members: dict[str, Any], words: str) -> None:
    """What is wrong with a model is said at once."""
    (host.engine.home.objects / "bucket").mkdir()
    host.boto.create_data_source_from_s3(**datasource_request())
    host.boto.create_data_source_from_s3(**datasource_request("ds-plain", ComputeStatistics=False))
    free = SCHEMA.replace('"targetAttributeName": "y", ', "")
    host.boto.create_data_source_from_s3(**datasource_request("ds-free", DataSpec={**SPEC, "DataSchema": free}))

    code, message = refused(host.boto.create_ml_model, **model_request() | members)

    assert code == "InvalidInputException"
    assert words in message


def test_empty_recipes_mean_the_suggested_one(host: Host) -> None:
    """Two empty strings are as good as none."""
    host.boto.create_data_source_from_s3(**datasource_request())
    host.boto.create_ml_model(**model_request(Recipe="", RecipeUri=""))
    host.run()

    assert host.recorder.tasks[1].request["Recipe"] == ""


def test_a_recipe_may_lie_in_s3(host: Host) -> None:
    """A recipe by location reaches the stage as text."""
    (host.engine.home.objects / "bucket").mkdir()
    host.engine.store.put_bytes("s3://bucket/r.json", RECIPE.encode())
    host.boto.create_data_source_from_s3(**datasource_request())
    host.boto.create_ml_model(**model_request(RecipeUri="s3://bucket/r.json"))
    host.run()

    assert host.recorder.tasks[1].request["Recipe"] == RECIPE


@pytest.mark.parametrize("end", ["FAILED", "DELETED"])
def test_nothing_is_built_on_what_failed_or_is_gone(host: Host, end: str) -> None:
    """A create naming a failed or deleted parent is refused at once, whichever parent it is, and told why it failed."""
    everything(host)
    host.recorder.errors = {"ds-2": RuntimeError(), "ml-2": RuntimeError()}
    host.boto.create_data_source_from_s3(**datasource_request("ds-2"))
    host.boto.create_ml_model(**model_request("ml-2"))
    host.run()
    if end == "DELETED":
        host.boto.delete_data_source(DataSourceId="ds-2")
        host.boto.delete_ml_model(MLModelId="ml-2")

    why = ": Internal error of the embedded engine; the log has the details" if end == "FAILED" else ""
    attempts = [
        (
            host.boto.create_ml_model,
            model_request("x", "ds-2"),
            f"TrainingDataSourceId: DataSource 'ds-2' is {end}{why}.",
        ),
        (
            host.boto.create_evaluation,
            evaluation_request("x", MLModelId="ml-2"),
            f"MLModelId: MLModel 'ml-2' is {end}{why}.",
        ),
        (
            host.boto.create_batch_prediction,
            batch_request("x", BatchPredictionDataSourceId="ds-2"),
            f"BatchPredictionDataSourceId: DataSource 'ds-2' is {end}{why}.",
        ),
    ]

    for call, request, message in attempts:
        assert ("InvalidInputException", message) == refused(call, **request)


def test_an_evaluation_needs_the_target(host: Host) -> None:
    """A datasource without the model's target cannot judge it; extra attributes and other types can be."""
    host.boto.create_data_source_from_s3(**datasource_request())
    host.boto.create_ml_model(**model_request())
    without = SCHEMA.replace('"y"', '"z"')
    host.boto.create_data_source_from_s3(**datasource_request("ds-z", DataSpec={**SPEC, "DataSchema": without}))
    host.boto.create_data_source_from_s3(**datasource_request("ds-c", DataSpec={**SPEC, "DataSchema": MULTICLASS}))

    code, message = refused(host.boto.create_evaluation, **evaluation_request(EvaluationDataSourceId="ds-z"))
    host.boto.create_evaluation(**evaluation_request(EvaluationDataSourceId="ds-c"))

    assert (code, True) == ("InvalidInputException", "predicts 'y'" in message)


@pytest.mark.parametrize(
    "uri",
    ["s3://b", "s3://b/out", "s3://b/a:b/", "s3://b/a//", "s3://b//a/", "s3://b/a/./", "s3://b/./", "s3://b/../"],
)
def test_an_output_uri_is_a_clean_folder(host: Host, uri: str) -> None:
    """Output goes below a folder whose name means what it says; a bare bucket with its slash will do."""
    host.boto.create_data_source_from_s3(**datasource_request())
    host.boto.create_ml_model(**model_request())

    code, message = refused(host.boto.create_batch_prediction, **batch_request(OutputUri=uri))
    host.boto.create_batch_prediction(**batch_request(OutputUri="s3://b/"))

    assert (code, True) == ("InvalidInputException", message.startswith("OutputUri: "))


@pytest.mark.parametrize("kind", CREATES)
def test_names_change_and_ids_stay(host: Host, kind: str) -> None:
    """An update gives another name and another time of change."""
    everything(host)
    method = METHODS[kind]
    named = {f"{kind}Id": CREATES[kind][1][f"{kind}Id"]}
    host.clock.advance(60)

    getattr(host.boto, f"update_{method}")(**named, **{f"{kind}Name": "new name"})

    reply = getattr(host.boto, f"get_{method}")(**named)
    assert ("new name", 60.0) == (reply["Name"], (reply["LastUpdatedAt"] - reply["CreatedAt"]).total_seconds())


def test_a_threshold_is_set_on_a_completed_binary_model(host: Host) -> None:
    """The new threshold and its time are shown, and the batch that runs next is told of it."""
    everything(host)
    host.clock.advance(1.5)

    host.boto.update_ml_model(MLModelId="ml-1", ScoreThreshold=0.77)
    host.boto.create_batch_prediction(**batch_request("bp-2"))
    host.run()

    reply = host.boto.get_ml_model(MLModelId="ml-1")
    assert reply["ScoreThreshold"] == 0.77
    assert reply["ScoreThresholdLastUpdatedAt"] == reply["LastUpdatedAt"]
    assert host.recorder.tasks[-1].parents["model"].result["ScoreThreshold"] == 0.77


def test_a_threshold_is_refused_elsewhere(host: Host) -> None:
    """No threshold outside 0 to 1, on an unfinished model, or on one that gives no score; and not nothing at all."""
    host.boto.create_data_source_from_s3(**datasource_request())
    host.boto.create_ml_model(**model_request())
    host.boto.create_data_source_from_s3(**datasource_request("ds-m", DataSpec={**SPEC, "DataSchema": MULTICLASS}))
    host.boto.create_ml_model(**model_request("ml-m", "ds-m", MLModelType="MULTICLASS"))
    update = host.boto.update_ml_model

    unfinished = refused(update, MLModelId="ml-1", ScoreThreshold=0.5)
    host.run()
    outside = refused(update, MLModelId="ml-1", ScoreThreshold=1.5)
    other = refused(update, MLModelId="ml-m", ScoreThreshold=0.5)
    nothing = refused(update, MLModelId="ml-1")

    assert [("InvalidInputException", True)] * 4 == [
        (unfinished[0], "PENDING" in unfinished[1]),
        (outside[0], "0 to 1" in outside[1]),
        (other[0], "MULTICLASS" in other[1]),
        (nothing[0], "neither" in nothing[1]),
    ]
    assert "ScoreThreshold" not in host.boto.get_ml_model(MLModelId="ml-m")


def test_deleting_again_changes_nothing(host: Host) -> None:
    """The reply is the same, and so is what is left; its tags are gone."""
    resource = tagged(host)
    host.boto.add_tags(Tags=[{"Key": "a"}], **resource)
    first = host.boto.delete_data_source(DataSourceId="ds-1")
    left = host.boto.get_data_source(DataSourceId="ds-1")
    host.clock.advance(60)
    second = host.boto.delete_data_source(DataSourceId="ds-1")

    assert plain(first) == plain(second)
    assert plain(left) == plain(host.boto.get_data_source(DataSourceId="ds-1"))
    assert [] == host.boto.describe_tags(**resource)["Tags"]


def test_a_deleted_entity_can_be_read_but_not_changed_or_listed(host: Host) -> None:
    """Get shows it as DELETED; deleting again is no error; updating it is."""
    everything(host)
    host.boto.delete_ml_model(MLModelId="ml-1")
    host.boto.delete_ml_model(MLModelId="ml-1")

    reply = host.boto.get_ml_model(MLModelId="ml-1")

    assert reply["Status"] == "DELETED"
    assert "FinishedAt" not in reply
    assert [] == host.boto.describe_ml_models()["Results"]
    assert refused(host.boto.update_ml_model, MLModelId="ml-1", MLModelName="x")[0] == "InvalidInputException"


@pytest.mark.parametrize("kind", CREATES)
def test_what_is_not_there_is_not_found(host: Host, kind: str) -> None:
    """Get, update and delete of an unknown id say so."""
    method = METHODS[kind]
    named = {f"{kind}Id": "none"}

    calls: list[tuple[str, dict[str, str]]] = [("get", {}), ("delete", {}), ("update", {f"{kind}Name": "x"})]

    for verb, members in calls:
        assert ("ResourceNotFoundException", f"No {kind} with id 'none' exists.") == refused(
            getattr(host.boto, f"{verb}_{method}"), **named, **members
        )


def test_a_failed_job_says_why(host: Host) -> None:
    """A failure has a message and an end, and no compute time."""
    host.recorder.errors = {"ds-1": RuntimeError("secret detail")}
    host.boto.create_data_source_from_s3(**datasource_request())
    host.run()

    reply = host.boto.get_data_source(DataSourceId="ds-1")

    assert reply["Status"] == "FAILED"
    assert reply["Message"] == "Internal error of the embedded engine; the log has the details."
    assert "FinishedAt" in reply
    assert "ComputeTime" not in reply


def test_every_operation_is_carried() -> None:
    """All that the description names."""
    assert describe().operations == set(OPERATIONS)


PASSWORD = "correct horse battery"
QUERY = {
    "SelectSqlQuery": "select 1",
    "DatabaseCredentials": {"Username": "reader", "Password": PASSWORD},
    "S3StagingLocation": "s3://bucket/staging/",
    "DataSchema": SCHEMA,
}
REDSHIFT = {**QUERY, "DatabaseInformation": {"DatabaseName": "shop", "ClusterIdentifier": "shop-1"}}
RDS = {
    **QUERY,
    "DatabaseInformation": {"DatabaseName": "shop", "InstanceIdentifier": "shop-1"},
    "ResourceRole": "resource",
    "ServiceRole": "service",
    "SubnetId": "subnet",
    "SecurityGroupIds": ["sg-1"],
}


def rds_request(**changes: Any) -> dict[str, Any]:
    """Arguments of a good ``create_data_source_from_rds``."""
    return {"DataSourceId": "ds-q", "RDSData": RDS, "RoleARN": "arn:role", "ComputeStatistics": True} | changes


def redshift_request(**changes: Any) -> dict[str, Any]:
    """Arguments of a good ``create_data_source_from_redshift``."""
    return {"DataSourceId": "ds-q", "DataSpec": REDSHIFT, "RoleARN": "arn:role", "ComputeStatistics": True} | changes


def test_a_datasource_from_rds_tells_where_its_rows_come_from(host: Host) -> None:
    """The query only to whoever asks for long texts, the password to nobody."""
    host.boto.create_data_source_from_rds(**rds_request())

    reply = host.boto.get_data_source(DataSourceId="ds-q")
    told = {
        "Database": {"DatabaseName": "shop", "InstanceIdentifier": "shop-1"},
        "DatabaseUserName": "reader",
        "ResourceRole": "resource",
        "ServiceRole": "service",
    }
    assert (told, "arn:role", "s3://bucket/staging/ds-q.csv") == (
        reply["RDSMetadata"],
        reply["RoleARN"],
        reply["DataLocationS3"],
    )
    assert told == host.boto.describe_data_sources()["Results"][0]["RDSMetadata"]
    verbose = host.boto.get_data_source(DataSourceId="ds-q", Verbose=True)
    assert {**told, "SelectSqlQuery": "select 1"} == verbose["RDSMetadata"]
    assert Schema.parse(SCHEMA) == Schema.parse(verbose["DataSourceSchema"])


def test_a_datasource_from_redshift_tells_where_its_rows_come_from(host: Host) -> None:
    """A rearrangement is the datasource's, as ever."""
    rearrangement = '{"splitting":{"percentBegin":0,"percentEnd":70}}'
    spec = {**REDSHIFT, "DataRearrangement": rearrangement}
    host.boto.create_data_source_from_redshift(**redshift_request(DataSpec=spec))

    reply = host.boto.get_data_source(DataSourceId="ds-q", Verbose=True)

    assert {
        "RedshiftDatabase": {"DatabaseName": "shop", "ClusterIdentifier": "shop-1"},
        "DatabaseUserName": "reader",
        "SelectSqlQuery": "select 1",
    } == reply["RedshiftMetadata"]
    assert rearrangement == reply["DataRearrangement"]


def test_a_password_is_written_down_nowhere(host: Host) -> None:
    """Not in the state file, not in what a stage is handed; the same create may come with another one."""
    host.boto.create_data_source_from_rds(**rds_request())
    host.boto.create_data_source_from_redshift(**redshift_request(DataSourceId="ds-r"))
    host.run()

    other = {**RDS, "DatabaseCredentials": {"Username": "reader", "Password": "another one"}}
    assert "ds-q" == host.boto.create_data_source_from_rds(**rds_request(RDSData=other))["DataSourceId"]
    code, _ = refused(
        host.boto.create_data_source_from_rds, **rds_request(RDSData={**RDS, "SelectSqlQuery": "select 2"})
    )
    assert "IdempotentParameterMismatchException" == code
    assert [] == [
        path
        for path in host.engine.home.root.rglob("*")
        if path.is_file() and (PASSWORD.encode() in path.read_bytes() or b"another one" in path.read_bytes())
    ]
    assert all(PASSWORD not in repr(task) + repr(task.request) for task in host.recorder.tasks)


@pytest.mark.parametrize(
    ("member", "changes", "message"),
    [
        (
            "RDSData",
            {"DataSchemaUri": "s3://bucket/s"},
            "RDSData: expected one of DataSchema and DataSchemaUri, found both",
        ),
        ("RDSData", {"DataSchema": "{}"}, "RDSData.DataSchema: "),
        ("RDSData", {"DataRearrangement": "{"}, "RDSData.DataRearrangement: "),
        ("RDSData", {"DatabaseInformation": {"DatabaseName": "s", "InstanceIdentifier": "Shop"}}, "found 'Shop'"),
        ("RDSData", {"ServiceRole": "s" * 65}, "RDSData.ServiceRole: expected 1 to 64 characters, found 65"),
        (
            "RDSData",
            {"DatabaseCredentials": {"Username": "u", "Password": "p" * 129}},
            "8 to 128 characters, found 129",
        ),
        ("DataSpec", {"DataSchema": ""}, "DataSpec: expected one of DataSchema and DataSchemaUri, found neither"),
        ("DataSpec", {"DatabaseInformation": {"DatabaseName": "a-b", "ClusterIdentifier": "c"}}, "found 'a-b'"),
        ("DataSpec", {"S3StagingLocation": "b/staging"}, "DataSpec.S3StagingLocation: expected a match of"),
    ],
)
def test_a_wrong_query_is_refused(host: Host, member: str, changes: dict[str, Any], message: str) -> None:
    """As the shapes of the API have it; nothing is made."""
    create = (
        host.boto.create_data_source_from_rds if member == "RDSData" else host.boto.create_data_source_from_redshift
    )
    right = rds_request() if member == "RDSData" else redshift_request()

    code, words = refused(create, **{**right, member: {**right[member], **changes}})

    assert ("InvalidInputException", True) == (code, message in words), words
    assert [] == host.boto.describe_data_sources()["Results"]


def test_a_schema_of_a_query_may_lie_in_s3(host: Host) -> None:
    """As that of files may."""
    (host.engine.home.objects / "bucket").mkdir()
    host.engine.store.put_bytes("s3://bucket/shop.schema", SCHEMA.encode())
    spec = {name: value for name, value in REDSHIFT.items() if name != "DataSchema"}

    host.boto.create_data_source_from_redshift(
        **redshift_request(DataSpec={**spec, "DataSchemaUri": "s3://bucket/shop.schema"})
    )

    reply = host.boto.get_data_source(DataSourceId="ds-q", Verbose=True)
    assert Schema.parse(SCHEMA) == Schema.parse(reply["DataSourceSchema"])


def test_stages_see_parents_with_request_and_result(host: Host) -> None:
    """An evaluation's stage is given the model, its training datasource and the datasource, each whole."""
    everything(host)

    parents = host.recorder.tasks[2].parents

    assert {"model", "training_datasource", "datasource"} == parents.keys()
    assert parents["model"].id == "ml-1"
    assert parents["model"].request["TrainingDataSourceId"] == "ds-1"
    assert (1415234, RECIPE, 0.5) == tuple(
        parents["model"].result[name] for name in ("SizeInBytes", "Recipe", "ScoreThreshold")
    )
    assert parents["training_datasource"].request["DataSpec"]["DataSchema"] == SCHEMA


# Tags


def tagged(host: Host) -> dict[str, str]:
    """A datasource to tag, as the tag operations name it."""
    host.boto.create_data_source_from_s3(**datasource_request())
    return {"ResourceId": "ds-1", "ResourceType": "DataSource"}


def test_tags_are_set_overwritten_and_taken_off(host: Host) -> None:
    """Keys differ by case; a value may be empty or absent; an unknown key is passed over when deleting."""
    resource = tagged(host)
    tags = [
        {"Key": "team", "Value": "a"},
        {"Key": "Team", "Value": ""},
        {"Key": "für/alle", "Value": "x y"},
        {"Key": "k"},
    ]
    host.boto.add_tags(Tags=tags, **resource)
    host.boto.add_tags(Tags=[{"Key": "team", "Value": "b"}], **resource)
    host.boto.delete_tags(TagKeys=["für/alle", "none"], **resource)

    reply = host.boto.describe_tags(**resource)

    assert [{"Key": "Team", "Value": ""}, {"Key": "k"}, {"Key": "team", "Value": "b"}] == reply["Tags"]
    assert ("ds-1", "DataSource") == (reply["ResourceId"], reply["ResourceType"])


@pytest.mark.parametrize(
    "tags", [[{"Key": "aws:x"}], [{"Key": "a;b"}], [{"Value": "x"}], [{"Key": "a"}, {"Key": "a"}], [{"Key": "x" * 129}]]
)
def test_a_wrong_tag_is_refused(host: Host, tags: list[dict[str, str]]) -> None:
    """Reserved, malformed, missing, repeated and overlong keys are InvalidTagException."""
    assert refused(host.boto.add_tags, Tags=tags, **tagged(host))[0] == "InvalidTagException"


def test_tags_have_a_limit(host: Host) -> None:
    """Fifty tags and no more; the call that goes beyond adds none."""
    resource = tagged(host)
    host.boto.add_tags(Tags=[{"Key": f"k{n}"} for n in range(50)], **resource)

    code, _ = refused(host.boto.add_tags, Tags=[{"Key": "more"}], **resource)

    assert code == "TagLimitExceededException"
    assert len(host.boto.describe_tags(**resource)["Tags"]) == 50


def test_tags_of_several_parents_are_those_of_the_model_first(host: Host) -> None:
    """No more than an entity may carry, and what was taken off since does not come back with a repeated create."""
    host.boto.create_data_source_from_s3(**datasource_request())
    host.boto.create_data_source_from_s3(**datasource_request("ds-2"))
    host.boto.create_ml_model(**model_request())
    ours = [{"Key": f"a{n}", "Value": "model"} for n in range(30)]
    theirs = [{"Key": f"a{n}", "Value": "data"} for n in range(10, 50)] + [{"Key": "b"}]
    host.boto.add_tags(Tags=ours, ResourceId="ml-1", ResourceType="MLModel")
    host.boto.add_tags(Tags=theirs, ResourceId="ds-2", ResourceType="DataSource")
    host.boto.create_evaluation(**evaluation_request(EvaluationDataSourceId="ds-2"))
    evaluation = {"ResourceId": "ev-1", "ResourceType": "Evaluation"}

    tags = {tag["Key"]: tag.get("Value") for tag in host.boto.describe_tags(**evaluation)["Tags"]}
    host.boto.delete_tags(TagKeys=["a1"], **evaluation)
    host.boto.create_evaluation(**evaluation_request(EvaluationDataSourceId="ds-2"))

    assert {f"a{n}": "model" if n < 30 else "data" for n in range(50)} == tags
    assert 49 == len(host.boto.describe_tags(**evaluation)["Tags"])


def test_tags_need_a_living_entity(host: Host) -> None:
    """What is not there is not found; what is deleted cannot be tagged."""
    resource = tagged(host)
    host.boto.delete_data_source(DataSourceId="ds-1")
    tags = [{"Key": "a"}]

    assert refused(host.boto.add_tags, Tags=tags, **resource)[0] == "InvalidInputException"
    assert refused(host.boto.describe_tags, ResourceId="ds-1", ResourceType="MLModel")[0] == "ResourceNotFoundException"
