"""Evaluating a model: its answers on a datasource, held against the targets that are there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amlwrap.exceptions import DataError
from amlwrap.local.ingest.census import Census
from amlwrap.local.ingest.rejections import check_rejections
from amlwrap.local.pipeline.datasource import log_faults
from amlwrap.local.pipeline.scoring import model_rows
from amlwrap.local.pipeline.source import Source
from amlwrap.local.pipeline.targets import known_targets
from amlwrap.local.pipeline.training import DEFAULT_THRESHOLD, load_model
from amlwrap.local.score.evaluation import evaluate_binary, evaluate_multiclass, evaluate_regression

if TYPE_CHECKING:
    from collections.abc import Mapping

    from amlwrap.local.features.evaluation import Rows
    from amlwrap.local.pipeline.targets import Targets
    from amlwrap.local.score.model import LinearModel
    from amlwrap.local.task import Task


def run_evaluation(task: Task) -> dict[str, Any]:
    """The job of an evaluation."""
    model, trained = load_model(task)
    source = Source.of(task.parents["datasource"]).typed_as(trained.schema)
    target = trained.schema.target
    if target is None or target not in source.schema.names:
        raise DataError(source.uri, "schema", f"the model's target {target!r}", f"{len(source.schema.names)} others")
    (table,) = source.blocks(task)
    census = Census.of([table])
    log_faults(task, census)
    check_rejections(census, task.limits)
    targets = known_targets(source.uri, target, table.columns[target], model.classes, model.type)
    rows = {name: column.take(targets.rows) for name, column in model_rows(table, trained.schema).items()}
    task.progress(0.3, f"scoring {len(targets.rows):,} records")
    n_invalid = table.n_records - len(targets.rows)
    properties = _properties(model, rows, targets, task.parents["model"].result, n_invalid)
    for name, value in properties.items():
        task.log(f"{name}: {value[:200]}")
    return {"Properties": properties}


def _properties(
    model: LinearModel, rows: Rows, targets: Targets, result: Mapping[str, Any], n_invalid: int
) -> dict[str, str]:
    scores = model.scores(rows)
    if model.type == "BINARY":
        threshold = float(result.get("ScoreThreshold", DEFAULT_THRESHOLD))
        return evaluate_binary(scores, targets.values, threshold=threshold, n_invalid=n_invalid)
    if model.type == "MULTICLASS":
        return evaluate_multiclass(
            scores, targets.values, classes=model.classes, majority=model.majority, n_invalid=n_invalid
        )
    return evaluate_regression(scores, targets.values, training_mean=model.mean, n_invalid=n_invalid)
