"""Datasources out of databases: the same story on every carrier, on a file of SQLite."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from amlwrap import Client, Datasource, RDSQuery, RedshiftQuery, Schema
from amlwrap.exceptions import ConflictError, JobFailedError

pytest.importorskip("sqlalchemy")

ROLE = "arn:aws:iam::111122223333:role/ml"
SCHEMA = Schema({"age": "NUMERIC", "job": "CATEGORICAL", "y": "BINARY"}, target="y", header=False)
PASSWORD = "correct horse battery"
ALL = "SELECT age, job, y FROM customers ORDER BY rowid"


@pytest.fixture
def databases(tmp_path: Path) -> dict[str, str]:
    """What the engine is told: one database under two names."""
    path, chance = tmp_path / "shop.db", random.Random(7)
    people = [(chance.randrange(18, 80), chance.choice(["cook", "nurse"])) for _ in range(600)]
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE customers (age INTEGER, job TEXT, y BOOLEAN)")
        rows = [(age, job, age + 20 * (job == "nurse") + chance.gauss(0, 5) > 60) for age, job in people]
        connection.executemany("INSERT INTO customers VALUES (?, ?, ?)", rows)
        connection.commit()
    return {"shop": f"sqlite:///{path}", "warehouse": f"sqlite:///{path}"}


def from_rds(aml: Client, query: str = ALL, *, user: str = "reader", id: str | None = None) -> Datasource:
    """What *query* gives in instance ``shop``."""
    asked = RDSQuery(
        instance="shop",
        database="orders",
        query=query,
        user=user,
        password=PASSWORD,
        resource_role="resource",
        service_role="service",
        subnet="subnet-1",
        security_groups=["sg-1"],
    )
    return aml.datasources.create_from_rds(asked, role=ROLE, schema=SCHEMA, name="customers", id=id)


def from_redshift(aml: Client, query: str = ALL) -> Datasource:
    """What *query* gives in cluster ``warehouse``."""
    asked = RedshiftQuery(cluster="warehouse", database="dev", query=query, user="reader", password=PASSWORD)
    return aml.datasources.create_from_redshift(asked, role=ROLE, schema=SCHEMA)


def test_a_story_out_of_rds(aml: Client) -> None:
    """From a query to labels; a model may be asked for before the rows are there."""
    data = from_rds(aml)
    model = aml.models.create(data)
    train, test = data.wait().split(0.7, seed=1)

    metrics = aml.models.create(train).evaluate(test).wait().metrics

    assert metrics is not None
    assert (metrics.auc or 0) > 0.9
    assert 600 == len(model.predict_batch(from_redshift(aml)).wait().labels().labels)


def test_first_and_later_snapshots_agree(aml: Client) -> None:
    """Where the rows come from is told from the start, and again by the service; the query not in listings."""
    for made in (from_rds(aml), from_redshift(aml)):
        found = aml.datasources.get(made.id)

        assert (made.rds, made.redshift, made.role, made.name) == (found.rds, found.redshift, found.role, found.name)
        assert SCHEMA == found.schema

    assert {None} == {each.rds.query for each in aml.datasources if each.rds is not None}


def test_the_same_create_twice_is_one(aml: Client) -> None:
    """Another query or user under the id is a conflict."""
    made = from_rds(aml, id="ds-mine")
    assert made.id == from_rds(aml, id="ds-mine").id

    for change in ({"query": "SELECT 1"}, {"user": "somebody"}):
        with pytest.raises(ConflictError):
            from_rds(aml, id="ds-mine", **change)


def test_a_wrong_query_fails_with_the_databases_words(aml: Client) -> None:
    """Through every carrier."""
    with pytest.raises(JobFailedError, match=r"database 'warehouse': .* no such column: jobb"):
        from_redshift(aml, "SELECT age, jobb, y FROM customers").wait()
