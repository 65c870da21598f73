# pyright: reportUnnecessaryTypeIgnoreComment=true
"""What connecting, finding and making give, as type checkers see it; read by them and never run."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, assert_type

import amlwrap
from amlwrap import (
    BatchPrediction,
    Client,
    Datasource,
    Evaluation,
    ExportReport,
    Model,
    Polling,
    ProgressEvent,
    RDSQuery,
    Rearrangement,
    RedshiftQuery,
    RestoreReport,
    Retry,
    Run,
    Schema,
)
from amlwrap.labels import Labels
from amlwrap.resources import (
    BatchPredictions,
    Datasources,
    Evaluations,
    Head,
    Lineage,
    Listing,
    Metrics,
    Models,
    Node,
    Promotion,
    Statistics,
    Tags,
)
from amlwrap.typing import ModelType, ResourceKind, Status


def connecting(callback: Any) -> None:
    """Every target gives one kind of client; settings are named, and checked."""
    assert_type(amlwrap.connect(), Client)
    assert_type(amlwrap.connect("local:", region=None, staging="s3://b/", retry=Retry(), polling=Polling()), Client)
    with amlwrap.connect("local:") as aml:
        assert_type(aml, Client)
        assert_type(aml.datasources, Datasources)
        assert_type(aml.models, Models)
        assert_type(aml.evaluations, Evaluations)
        assert_type(aml.batch_predictions, BatchPredictions)
    amlwrap.connect(progress=callback)
    amlwrap.connect(progress=told)
    amlwrap.connect(progress="loud")  # type: ignore[arg-type]
    amlwrap.connect(retry=5)  # type: ignore[arg-type]
    amlwrap.connect(regoin="eu-west-1")  # type: ignore[call-arg]
    amlwrap.connect("local:", "eu-west-1")  # type: ignore[call-arg]
    aml.modles  # type: ignore[attr-defined]  # noqa: B018
    Retry(5)  # type: ignore[call-arg]


def told(event: ProgressEvent) -> None:
    """A callback's event has named, typed fields."""
    assert_type(event.status, Status)
    assert_type(event.kind, ResourceKind)
    assert_type(event.fraction, float | None)
    assert_type(event.elapsed_seconds, float)
    event.fraction = 0.5  # type: ignore[misc]


def finding(aml: Client, model: Model, data: Datasource) -> None:
    """Collections and listings keep the type of what they hold, and know their filters."""
    assert_type(aml.models.get("ml-1"), Model)
    assert_type(aml.datasources.list(), Listing[Datasource])
    assert_type(aml.models.list().first(), Model | None)
    assert_type(aml.evaluations.list().one(), Evaluation)
    assert_type(aml.batch_predictions.list().count(), int)
    assert_type(aml.models.list().ids(), list[str])
    assert_type([each for each in aml.models], list[Model])  # noqa: C416
    assert_type(list(aml.batch_predictions.list()), list[BatchPrediction])
    assert_type(aml.models.by_tag("stage", "live"), Listing[Model])
    assert_type(aml.models.promote(model, "stage", "live"), Promotion[Model])
    aml.models.list(name__prefix="shop", order="desc", limit=5)
    aml.models.list(created_at__ge=datetime.now(UTC), order_by="name")
    aml.models.list(status="COMPLETED", type="BINARY")
    aml.models.list(status="A WORD NOBODY KNOWS YET")
    aml.evaluations.list(model=model)
    aml.batch_predictions.list(datasource=data)
    aml.models.list(order="descending")  # type: ignore[arg-type]
    aml.models.list(order_by="colour")  # type: ignore[arg-type]
    aml.models.list(nmae="shop")  # type: ignore[call-arg]
    aml.models.list(limit="5")  # type: ignore[arg-type]
    aml.datasources.list(model=model)  # type: ignore[call-arg]
    aml.evaluations.list(datasource=3)  # type: ignore[arg-type]
    aml.models.get(3)  # type: ignore[arg-type]
    aml.models.promote(data, "stage")  # type: ignore[arg-type]
    len(aml.models.list())  # type: ignore[arg-type]


def making(aml: Client, schema: Schema, data: Datasource, model: Model, password: str) -> None:
    """Creates take resources, not their ids, and the flow shows in the types."""
    assert_type(aml.datasources.create("bank.csv", schema=schema, tags={"team": "shop"}), Datasource)
    assert_type(aml.datasources.create(Path("bank.csv"), target="y", statistics=False), Datasource)
    assert_type(aml.models.create(data, passes=10, l2=1e-6, type="BINARY"), Model)
    assert_type(aml.evaluations.create(model, data), Evaluation)
    assert_type(aml.batch_predictions.create(model, data), BatchPrediction)
    rds = RDSQuery(
        instance="shop",
        database="orders",
        query="SELECT age, y FROM customers",
        user="reader",
        password=password,
        resource_role="resource",
        service_role="service",
        subnet="subnet-1",
        security_groups=["sg-1"],
    )
    assert_type(aml.datasources.create_from_rds(rds, role="arn", schema=schema), Datasource)
    redshift = RedshiftQuery(cluster="shop", database="dev", query="SELECT 1", user="reader", password=password)
    assert_type(redshift.replace(user="writer"), RedshiftQuery)
    assert_type(aml.datasources.create_from_redshift(redshift, role="arn", schema_uri="s3://b/schema"), Datasource)
    aml.datasources.create_from_rds(redshift, role="arn", schema=schema)  # type: ignore[arg-type]
    aml.datasources.create_from_rds(rds, schema=schema)  # type: ignore[call-arg]
    RedshiftQuery(cluster="shop", instance="shop")  # type: ignore[call-arg]
    aml.models.create("ds-1")  # type: ignore[arg-type]
    aml.models.create(data, passes="ten")  # type: ignore[arg-type]
    aml.models.create(data, epochs=10)  # type: ignore[call-arg]
    aml.models.create(model)  # type: ignore[arg-type]
    aml.evaluations.create(data, model)  # type: ignore[arg-type]
    aml.datasources.create("bank.csv", statistics="yes")  # type: ignore[arg-type]


def walking(data: Datasource, model: Model, evaluation: Evaluation, batch: BatchPrediction) -> None:
    """From resource to resource."""
    assert_type(data.split(0.7, seed=1), tuple[Datasource, Datasource])
    assert_type(data.folds(5), tuple[tuple[Datasource, Datasource], ...])
    assert_type(data.head(3), Head)
    assert_type(data.statistics(), Statistics)
    assert_type(data.schema, Schema)
    assert_type(data.rearrangement, Rearrangement | None)
    assert_type(data.models, Listing[Model])
    assert_type(data.tags, Tags)
    assert_type(data.lineage(max_calls=5), Lineage)
    assert_type(data.lineage().parents(data.lineage().focus), tuple[Node, ...])
    assert_type(data.tags["team"], str)
    assert_type(model.datasource, Datasource)
    assert_type(model.evaluations, Listing[Evaluation])
    assert_type(model.batch_predictions, Listing[BatchPrediction])
    assert_type(model.evaluate(data), Evaluation)
    assert_type(model.predict_batch("new.csv"), BatchPrediction)
    assert_type(model.update(threshold=0.5), Model)
    assert_type(evaluation.model, Model)
    assert_type(evaluation.datasource, Datasource)
    assert_type(evaluation.metrics, Metrics | None)
    assert_type(evaluation.choose_threshold(precision=0.8), float)
    assert_type(batch.model, Model)
    assert_type(batch.datasource, Datasource)
    model.update(threshold="high")  # type: ignore[arg-type]
    data.update(threshold=0.5)  # type: ignore[call-arg]
    model.evaluate("test.csv")  # type: ignore[arg-type]
    evaluation.metrics.auc  # type: ignore[union-attr]  # noqa: B018
    data.tags["team"] = 3  # type: ignore[assignment]


def snapshots(model: Model) -> None:
    """Snapshots are frozen; their life cycle gives the same kind again; enumerations are open."""
    assert_type(model.refresh(), Model)
    assert_type(model.wait(), Model)
    assert_type(model.delete(), Model)
    assert_type(model.status, Status)
    assert_type(model.type, ModelType)
    assert_type(model.created_at, datetime | None)
    assert_type(model.compute_seconds, float | None)
    assert_type(model.raw, Mapping[str, Any])
    assert_type(model.threshold, float | None)
    model.name = "new"  # type: ignore[misc]
    model.wait("long")  # type: ignore[arg-type]
    match model.status:
        case "COMPLETED" | "FAILED":
            pass
        case unknown:
            assert_type(unknown.lower(), str)


def one_call(aml: Client) -> None:
    """From data to a run; an account into a folder and back."""
    run = amlwrap.train("bank.csv", "y", connect=aml)
    assert_type(run, Run)
    assert_type(run.model, Model)
    assert_type(run.evaluation, Evaluation)
    assert_type(run.metrics, Metrics)
    assert_type(amlwrap.export(aml, "folder"), ExportReport)
    assert_type(amlwrap.restore("folder", aml), RestoreReport)
    predicted = run.predict("new.csv")
    if isinstance(predicted, Labels):
        assert_type(predicted, Labels)
    amlwrap.train("bank.csv", "y", passes="ten")  # type: ignore[arg-type]
