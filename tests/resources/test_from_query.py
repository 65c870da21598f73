"""Datasources out of databases, as the SDK asks AWS for them."""

from __future__ import annotations

import json
import logging
import pickle
import traceback
from pathlib import Path
from typing import Any

import pytest

from amlwrap import Client, Datasource, Rearrangement, RedshiftQuery, Schema
from amlwrap.documents import RDSMetadata, RedshiftMetadata
from amlwrap.exceptions import AmlwrapError, ConfigError, ConflictError, DocumentError, InvalidInputError
from tests.documents.test_databases import PASSWORD, rds, redshift
from tests.resources.conftest import echoing
from tests.scripted import Fault, Script, client_on

ROLE = "arn:aws:iam::111122223333:role/ml"


@pytest.fixture
def script() -> Script:
    """A service that makes datasources out of databases."""
    return Script(CreateDataSourceFromRDS=echoing("DataSourceId"), CreateDataSourceFromRedshift=echoing("DataSourceId"))


def create(aml: Client, query: Any, **arguments: Any) -> Datasource:
    """With whichever method *query* is for."""
    make: Any = aml.datasources.create_from_rds
    if isinstance(query, RedshiftQuery):
        make = aml.datasources.create_from_redshift
    made: Datasource = make(query, role=ROLE, **arguments)
    return made


def test_rds_is_asked_as_the_api_wants_it(aml: Client, script: Script, schema: Schema) -> None:
    """Every member, the id minted here, the rows in a folder of their own below the staging location."""
    made = create(aml, rds(), schema=schema, name="customers", rearrangement=Rearrangement(0, 70).render())

    ((operation, params),) = script.calls
    rearrangement = params["RDSData"].pop("DataRearrangement")
    assert "CreateDataSourceFromRDS" == operation
    assert {
        "DataSourceId": "ds-1",
        "DataSourceName": "customers",
        "RoleARN": ROLE,
        "ComputeStatistics": True,
        "RDSData": {
            "DatabaseInformation": {"InstanceIdentifier": "shop-1", "DatabaseName": "Orders"},
            "SelectSqlQuery": "SELECT 1",
            "DatabaseCredentials": {"Username": "ml", "Password": PASSWORD},
            "S3StagingLocation": "s3://staging/in/queries/ds-1/",
            "DataSchema": schema.render(),
            "ResourceRole": "resource",
            "ServiceRole": "service",
            "SubnetId": "subnet-1",
            "SecurityGroupIds": ["sg-1", "sg-2"],
        },
    } == params
    assert 70 == json.loads(rearrangement)["splitting"]["percentEnd"]
    assert ("ds-1", "customers", "PENDING", schema) == (made.id, made.name, made.status, made.schema)
    assert Rearrangement(0, 70) == made.rearrangement
    told = RDSMetadata(
        instance="shop-1",
        database="Orders",
        user="ml",
        query="SELECT 1",
        resource_role="resource",
        service_role="service",
    )
    assert (told, None, ROLE) == (made.rds, made.redshift, made.role)


def test_redshift_is_asked_as_the_api_wants_it(aml: Client, script: Script) -> None:
    """A schema may lie in S3, and the rows go where they are told to."""
    made = create(
        aml, redshift(), schema_uri="s3://b/c.schema", staging="s3://mine/rows", statistics=False, id="ds-mine"
    )

    ((operation, params),) = script.calls
    assert "CreateDataSourceFromRedshift" == operation
    assert {
        "DataSourceId": "ds-mine",
        "RoleARN": ROLE,
        "ComputeStatistics": False,
        "DataSpec": {
            "DatabaseInformation": {"DatabaseName": "dev1", "ClusterIdentifier": "shop-1"},
            "SelectSqlQuery": "SELECT 1",
            "DatabaseCredentials": {"Username": "ml", "Password": PASSWORD},
            "S3StagingLocation": "s3://mine/rows/",
            "DataSchemaUri": "s3://b/c.schema",
        },
    } == params
    told = RedshiftMetadata(cluster="shop-1", database="dev1", user="ml", query="SELECT 1")
    assert (None, told, "") == (made.rds, made.redshift, made.uri)


def test_tags_are_put_on(aml: Client, script: Script, schema: Schema) -> None:
    """As with every create."""
    script.on("AddTags", {"ResourceId": "ds-1", "ResourceType": "DataSource"})

    create(aml, rds(), schema=schema, tags={"team": "ml"})

    assert [{"Key": "team", "Value": "ml"}] == script.params("AddTags")[0]["Tags"]


def test_replies_tell_where_the_rows_come_from(aml: Client, script: Script) -> None:
    """Metadata as values; the query only when it was asked for, the pipeline only where there was one."""
    database = {"InstanceIdentifier": "shop-1", "DatabaseName": "Orders"}
    told = {"Database": database, "DatabaseUserName": "ml", "ResourceRole": "r", "ServiceRole": "s"}
    script.on(
        "GetDataSource",
        {"DataSourceId": "ds-1", "RoleARN": ROLE, "RDSMetadata": {**told, "DataPipelineId": "df-1"}},
        {
            "DataSourceId": "ds-2",
            "RedshiftMetadata": {
                "RedshiftDatabase": {"ClusterIdentifier": "shop-1", "DatabaseName": "dev1"},
                "DatabaseUserName": "ml",
                "SelectSqlQuery": "SELECT 1",
            },
        },
        {"DataSourceId": "ds-3"},
    )

    first, second, third = (aml.datasources.get(f"ds-{number}") for number in (1, 2, 3))

    expected = RDSMetadata(
        instance="shop-1", database="Orders", user="ml", resource_role="r", service_role="s", pipeline_id="df-1"
    )
    assert (expected, None, ROLE) == (first.rds, first.redshift, first.role)
    assert RedshiftMetadata(cluster="shop-1", database="dev1", user="ml", query="SELECT 1") == second.redshift
    assert (None, None, None) == (third.rds, third.redshift, third.role)


@pytest.mark.parametrize("query", [rds(), redshift()])
def test_a_lost_answer_makes_nothing_twice(aml: Client, script: Script, schema: Schema, query: Any) -> None:
    """Whoever asks again under the same id, and finds what was asked for, has it."""
    operation = "CreateDataSourceFromRedshift" if isinstance(query, RedshiftQuery) else "CreateDataSourceFromRDS"
    script.on(operation, Fault("InternalFailure", status=500), Fault("IdempotentParameterMismatchException"))
    rds_told = {
        "Database": {"InstanceIdentifier": "shop-1", "DatabaseName": "Orders"},
        "DatabaseUserName": "ml",
        "ResourceRole": "resource",
        "ServiceRole": "service",
    }
    redshift_told = {
        "RedshiftDatabase": {"DatabaseName": "dev1", "ClusterIdentifier": "shop-1"},
        "DatabaseUserName": "ml",
    }
    reply = {"DataSourceId": "ds-1", "Name": "customers", "RoleARN": ROLE}
    told = {"RedshiftMetadata": redshift_told} if isinstance(query, RedshiftQuery) else {"RDSMetadata": rds_told}
    script.on("GetDataSource", {**reply, **told})

    made = create(aml, query, schema=schema, name="customers")

    first, second = script.params(operation)
    assert first == second
    assert "ds-1" == made.id

    script.on(operation, Fault("InternalFailure", status=500), Fault("IdempotentParameterMismatchException"))
    member = next(iter(told))
    script.on("GetDataSource", {**reply, member: {**told[member], "DatabaseUserName": "somebody else"}})
    with pytest.raises(ConflictError):
        create(aml, query, schema=schema, name="customers")


def test_nothing_is_asked_that_cannot_be_right(aml: Client, script: Script, schema: Schema) -> None:
    """One schema, a password, and a place for the rows."""
    for arguments, message in [
        ({}, "schema: expected one of schema and schema_uri.*found neither"),
        ({"schema": schema, "schema_uri": "s3://b/s"}, "found both"),
        ({"schema": schema, "staging": "b/rows"}, "staging"),
    ]:
        with pytest.raises(ConfigError, match=message):
            create(aml, redshift(), **arguments)
    with pytest.raises(DocumentError):
        create(aml, redshift(), schema="{}")
    with pytest.raises(ConfigError, match=r"password: .* none, as in every query unpickled.*replace\(password=…\)"):
        create(aml, pickle.loads(pickle.dumps(redshift())), schema=schema)
    with pytest.raises(ConfigError, match="AMLWRAP_STAGING"):
        create(client_on(script), redshift(), schema=schema)

    assert [] == script.calls


def test_parts_wait_for_the_rows(aml: Client, script: Script, schema: Schema) -> None:
    """What is not in a file yet cannot be split; then it is split like any other."""
    script.on("CreateDataSourceFromS3", echoing("DataSourceId"))
    pending = create(aml, redshift(), schema=schema)
    for part in (lambda: pending.split(0.7), lambda: pending.folds(3)):
        with pytest.raises(ConfigError, match=r"whose query is PENDING.*wait\(\) for it first"):
            part()

    reply = {"DataSourceId": "ds-1", "Status": "COMPLETED", "DataLocationS3": "s3://b/rows/"}
    script.on(
        "GetDataSource", {**reply, "DataSourceSchema": schema.render(), "RedshiftMetadata": {"DatabaseUserName": "u"}}
    )
    train, test = pending.refresh().split(0.7)
    assert ("s3://b/rows/", "s3://b/rows/") == (train.uri, test.uri)


@pytest.mark.parametrize("query", [rds(), redshift()])
def test_the_password_leaves_in_the_request_only(
    script: Script, query: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Not in a snapshot, its reply, its pickle, a log of ours, or anything on the disk."""
    aml = client_on(script, tmp_path)
    with caplog.at_level(logging.DEBUG, logger="amlwrap"):
        made = create(aml, query, schema_uri="s3://b/s")

    shown = repr(made) + str(made) + repr(made.raw) + repr(aml) + caplog.text
    assert PASSWORD not in shown
    assert PASSWORD.encode() not in pickle.dumps(made)
    assert [] == [path for path in tmp_path.rglob("*") if path.is_file()]
    assert PASSWORD in json.dumps(script.calls)


@pytest.mark.parametrize("query", [rds(), redshift()])
@pytest.mark.parametrize("code", ["InvalidInputException", "ValidationException", "InternalFailure", "AccessDenied"])
def test_an_answer_that_repeats_the_password_is_cleaned(aml: Client, script: Script, query: Any, code: str) -> None:
    """Whatever the service says, our errors do not say it, nor does the traceback they come with."""
    fault = Fault(code, f"1 validation error: value {PASSWORD!r} at 'databaseCredentials.password'", 400)
    script.on("CreateDataSourceFromRDS", fault)
    script.on("CreateDataSourceFromRedshift", fault)

    with pytest.raises(AmlwrapError, match=r"value '\*\*\*' at") as raised:
        create(aml, query, schema_uri="s3://b/s")

    told = "".join(traceback.format_exception(raised.value)) + repr(raised.value)
    assert PASSWORD not in told
    assert PASSWORD.encode() not in pickle.dumps(raised.value)


def test_a_refusal_that_does_not_keeps_its_cause(aml: Client, script: Script) -> None:
    """What botocore said is there for whoever asks."""
    script.on("CreateDataSourceFromRDS", Fault("InvalidInputException", "no such role"))

    with pytest.raises(InvalidInputError, match=r"datasource 'ds-1'.*no such role") as raised:
        create(aml, rds(), schema_uri="s3://b/s")

    assert raised.value.__cause__ is not None
