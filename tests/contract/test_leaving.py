"""Leaving: whatever a client talks to, what it owns can be taken along and stands elsewhere as it stood there."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import amlwrap
from amlwrap import Client, RDSQuery, Schema
from tests.export.telling import told

pytest.importorskip("sqlalchemy")

SCHEMA = Schema({"colour": "CATEGORICAL", "size": "NUMERIC", "y": "BINARY"}, target="y")
CSV = b"colour,size,y\n" + b"red,1.5,1\nblue,2.5,0\nred,3.5,1\nblue,0.5,0\n" * 25
QUERY = "SELECT colour, size, y FROM things WHERE colour <> '%'"


@pytest.fixture
def databases(tmp_path: Path) -> dict[str, str]:
    """One with a few things in it."""
    with closing(sqlite3.connect(tmp_path / "things.db")) as connection:
        connection.execute("CREATE TABLE things (colour TEXT, size REAL, y INTEGER)")
        connection.executemany("INSERT INTO things VALUES (?, ?, ?)", [("red", 1.5, 1), ("blue", 2.5, 0)] * 20)
        connection.commit()
    return {"shop": f"sqlite:///{tmp_path}/things.db"}


def test_what_is_owned_is_taken_along(aml: Client, tmp_path: Path) -> None:
    """There and back: the same attributes, the same answers; only a model's own job is another."""
    train, test = aml.datasources.create(CSV, schema=SCHEMA, name="things", id="ds-1").split(0.7, seed=3)
    model = aml.models.create(train, name="größe", id="ml-1").wait().update(threshold=0.25)
    batch = aml.batch_predictions.create(model, test, id="bp-1", output="s3://staging/out/").wait()
    model.evaluate(test, id="ev-1").wait()
    boto: Any = aml.boto
    boto.add_tags(ResourceId="ev-1", ResourceType="Evaluation", Tags=[{"Key": "team", "Value": "ml"}])
    for one in aml.datasources:
        one.wait()

    report = amlwrap.export(aml, tmp_path / "out", data=True, rate=None)
    with amlwrap.connect(f"local:{tmp_path}/second", progress=False) as second:
        restored = amlwrap.restore(tmp_path / "out", second)

        assert ("ml-1",) == restored.retraining
        second.models.get("ml-1").wait()
        before, after = told(aml), told(second)
        assert list(before) == list(after)
        del before["model", "ml-1"], after["model", "ml-1"]
        assert before == after
        assert batch.labels().scores.tolist() == second.batch_predictions.get("bp-1").labels().scores.tolist()
        assert (model.name, 0.25) == (second.models.get("ml-1").name, second.models.get("ml-1").threshold)
    assert {"log"} >= {refusal.what.rpartition(": ")[2] for refusal in report.refused}


def test_queries_are_taken_along(aml: Client, tmp_path: Path) -> None:
    """With the rows they gave; what they ask is told to whom asks, the password to nobody."""
    query = RDSQuery(
        instance="shop",
        database="things",
        query=QUERY,
        user="reader",
        password="correct horse",
        resource_role="resource",
        service_role="service",
        subnet="subnet-1",
        security_groups=["sg-1"],
    )
    schema = SCHEMA.replace(header=False)
    role = "arn:aws:iam::111122223333:role/ml"
    data = aml.datasources.create_from_rds(query, role=role, schema=schema, id="ds-1").wait()

    amlwrap.export(aml, tmp_path / "out", data=True, rate=None)
    with amlwrap.connect(f"local:{tmp_path}/second", progress=False) as second:
        amlwrap.restore(tmp_path / "out", second)

        found = second.datasources.get("ds-1")
        assert aml.datasources.get("ds-1") == found
        assert found.rds is not None
        assert QUERY == found.rds.query
        assert role == found.role
        assert second.models.create(found).wait().status == "COMPLETED"
        assert second.datasources.list().one().rds == data.rds
    assert QUERY == (tmp_path / "out/datasources/ds-1/query.sql").read_text()
    for path in (tmp_path / "out").rglob("*"):
        assert not path.is_file() or b"correct horse" not in path.read_bytes()
