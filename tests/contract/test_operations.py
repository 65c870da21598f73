"""Every operation of the service, reached through an object on every carrier, as docs/operations.md says."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from amlwrap import Client, Datasource, Evaluation, Model, RDSQuery, RedshiftQuery, Schema

pytest.importorskip("sqlalchemy")

PAGE = Path(__file__).parents[2] / "docs" / "operations.md"
ROLE = "arn:aws:iam::111122223333:role/ml"
SCHEMA = Schema({"age": "NUMERIC", "y": "BINARY"}, target="y")
ROWS = [(age, int(age > 40)) for age in range(20, 80)]
CSV = b"age,y\n" + b"".join(b"%d,%d\n" % row for row in ROWS)
QUERY = "SELECT age, y FROM people ORDER BY rowid"

Sent: TypeAlias = "list[str]"
Say: TypeAlias = "Callable[[str, str, Any], None]"


@pytest.fixture
def databases(tmp_path: Path) -> dict[str, str]:
    """One file, known as an instance and as a cluster."""
    path = tmp_path / "people.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE people (age INTEGER, y INTEGER)")
        connection.executemany("INSERT INTO people VALUES (?, ?)", ROWS)
        connection.commit()
    return {"shop": f"sqlite:///{path}", "warehouse": f"sqlite:///{path}"}


@pytest.fixture
def sent(aml: Client) -> Sent:
    """The operations that go over the wire from now on."""
    operations: Sent = []

    def note(model: Any, **_: Any) -> None:
        operations.append(model.name)

    boto: Any = aml.boto
    boto.meta.events.register("before-call", note)
    return operations


def told() -> list[tuple[str, str]]:
    """Operations and the call that reaches each, as the page has them."""
    rows = re.findall(r"^\| `(\w+)` \| `([^`]+)`", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    return [(operation, call) for operation, call in rows]


def test_the_page_names_every_operation_once(aml: Client) -> None:
    """As many rows as the service has operations."""
    boto: Any = aml.boto

    assert sorted(boto.meta.service_model.operation_names) == sorted(operation for operation, _ in told())


def test_every_call_on_the_page_sends_its_operation(aml: Client, sent: Sent) -> None:
    """The whole page, told as a story: what each call is said to send is what goes over the wire."""
    reached: list[tuple[str, str]] = []

    def say(operation: str, call: str, result: Any) -> None:
        assert operation in sent, f"{call} sent {sent}"
        assert result is not None
        reached.append((operation, call))
        sent.clear()

    data = made_of_data(aml, say)
    model, evaluation = made_of_models(aml, data, say)
    listed(aml, say)
    tagged(model, say)
    asked_in_realtime(model, say)
    named_and_deleted(aml, data, model, evaluation, say)

    assert sorted(told()) == sorted(reached)


def made_of_data(aml: Client, say: Say) -> Datasource:
    """Datasources of all three makes; the one of a file is given back."""
    data = aml.datasources.create(CSV, schema=SCHEMA)
    say("CreateDataSourceFromS3", "aml.datasources.create(…)", data)
    rds = RDSQuery(
        instance="shop",
        database="shop",
        query=QUERY,
        user="reader",
        password="correct horse",
        resource_role="resource",
        service_role="service",
        subnet="subnet-1",
        security_groups=["sg-1"],
    )
    say(
        "CreateDataSourceFromRDS",
        "aml.datasources.create_from_rds(…)",
        aml.datasources.create_from_rds(rds, role=ROLE, schema=SCHEMA.replace(header=False)).wait(),
    )
    redshift = RedshiftQuery(cluster="warehouse", database="dev", query=QUERY, user="reader", password="correct horse")
    say(
        "CreateDataSourceFromRedshift",
        "aml.datasources.create_from_redshift(…)",
        aml.datasources.create_from_redshift(redshift, role=ROLE, schema=SCHEMA.replace(header=False)).wait(),
    )
    say("GetDataSource", "datasource.refresh()", data.refresh())
    return data


def made_of_models(aml: Client, data: Datasource, say: Say) -> tuple[Model, Evaluation]:
    """A model of *data*, how it did, and what it says of the same rows."""
    model = aml.models.create(data)
    say("CreateMLModel", "aml.models.create(…)", model)
    evaluation = model.evaluate(data, allow_training=True)
    say("CreateEvaluation", "model.evaluate(…)", evaluation)
    batch = model.predict_batch(data)
    say("CreateBatchPrediction", "model.predict_batch(…)", batch)
    say("GetMLModel", "model.wait()", model.wait())
    say("GetEvaluation", "evaluation.wait()", evaluation.wait().metrics)
    batch = batch.wait()
    say("GetBatchPrediction", "batch.wait()", batch.labels())
    say("UpdateBatchPrediction", "batch.update(name=…)", batch.update(name="new"))
    say("DeleteBatchPrediction", "batch.delete()", batch.delete())
    return model, evaluation


def listed(aml: Client, say: Say) -> None:
    """All four kinds, newest last."""
    say("DescribeDataSources", "aml.datasources.list(…)", aml.datasources.list(status="COMPLETED").first())
    say("DescribeMLModels", "aml.models.list(…)", aml.models.list(type="BINARY").one())
    say("DescribeEvaluations", "aml.evaluations.list(…)", aml.evaluations.list().one())
    say("DescribeBatchPredictions", "aml.batch_predictions.list(…)", aml.batch_predictions.list().count())


def tagged(model: Model, say: Say) -> None:
    """On, read, and off again."""
    model.tags["stage"] = "test"
    say("AddTags", "model.tags[key] = value", "stage")
    say("DescribeTags", "model.tags[key]", model.tags["stage"])
    del model.tags["stage"]
    say("DeleteTags", "del model.tags[key]", "stage")


def asked_in_realtime(model: Model, say: Say) -> None:
    """An endpoint for one question."""
    endpoint = model.create_endpoint()
    say("CreateRealtimeEndpoint", "model.create_endpoint()", endpoint)
    say("Predict", "endpoint.predict(…)", endpoint.wait().predict({"age": 70}))
    say("DeleteRealtimeEndpoint", "endpoint.delete()", endpoint.delete())


def named_and_deleted(aml: Client, data: Datasource, model: Model, evaluation: Evaluation, say: Say) -> None:
    """What is left gets a name, and goes."""
    say("UpdateDataSource", "datasource.update(name=…)", data.update(name="new"))
    say("UpdateMLModel", "model.update(…)", model.update(threshold=0.25))
    say("UpdateEvaluation", "evaluation.update(name=…)", evaluation.update(name="new"))
    say("DeleteEvaluation", "evaluation.delete()", evaluation.delete())
    say("DeleteMLModel", "model.delete()", model.delete())
    say("DeleteDataSource", "datasource.delete()", data.delete())
