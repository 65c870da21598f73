"""Predicting a batch: a score, or one a class, for every record that can be read, in the service's file layout."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amlwrap.documents.schema import AttributeType
from amlwrap.local.ingest.census import Census
from amlwrap.local.limits import beyond
from amlwrap.local.pipeline.datasource import log_faults
from amlwrap.local.pipeline.scoring import model_rows, raw_text
from amlwrap.local.pipeline.source import Source
from amlwrap.local.pipeline.training import DEFAULT_THRESHOLD, load_model
from amlwrap.local.score.auc import labels_at
from amlwrap.local.score.batch_file import BatchPart, BatchRows, write_results

if TYPE_CHECKING:
    from collections.abc import Mapping

    from amlwrap.documents.schema import Schema
    from amlwrap.local.ingest.table import Table
    from amlwrap.local.score.model import LinearModel
    from amlwrap.local.task import Task


def run_batch_prediction(task: Task) -> dict[str, Any]:
    """The job of a batch prediction."""
    model, trained = load_model(task)
    source = Source.of(task.parents["datasource"]).typed_as(trained.schema)
    (table,) = source.blocks(task, as_text=_raw_target(source.schema)).within("batch_bytes")
    census = Census.of([table])
    log_faults(task, census)
    if not task.limits.allow("batch_records", census.n_records):
        most = f"at most {task.limits.batch_records:,} records"
        raise beyond("batch_records", source.uri, expected=most, found=f"{census.n_records:,}")
    task.progress(0.3, f"scoring {table.n_rows:,} records")
    rows = _scored(model, table, source.schema, trained.schema, task.parents["model"].result)
    task.progress(0.8, "writing results")
    write_results(
        task.store,
        task.request["OutputUri"],
        task.id,
        [BatchPart(part.uri, part.n_records) for part in table.parts],
        rows,
        model_type=model.type,
        classes=model.classes,
    )
    return {"TotalRecordCount": table.n_records, "InvalidRecordCount": table.n_faults}


def _raw_target(schema: Schema) -> tuple[str, ...]:
    """The target, when its raw text would be lost by reading it as its type."""
    if schema.target is None or schema.type_of(schema.target) == AttributeType.CATEGORICAL:
        return ()
    return (schema.target,)


def _scored(model: LinearModel, table: Table, schema: Schema, trained: Schema, result: Mapping[str, Any]) -> BatchRows:
    scores = model.scores(model_rows(table, trained))
    labels = None
    if model.type == "BINARY":
        labels = labels_at(scores, float(result.get("ScoreThreshold", DEFAULT_THRESHOLD)))
    return BatchRows(
        positions=table.positions,
        scores=scores,
        labels=labels,
        tags=raw_text(table.columns[schema.row_id]) if schema.row_id else None,
        true_labels=raw_text(table.columns[schema.target]) if schema.target else None,
    )
