"""Evaluating a model: its answers on a datasource, held against the targets that are there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amlwrap.exceptions import DataError
from amlwrap.local.ingest.census import Census
from amlwrap.local.ingest.rejections import check_rejections
from amlwrap.local.pipeline.datasource import log_faults
from amlwrap.local.pipeline.scoring import model_rows, scores_ahead
from amlwrap.local.pipeline.source import Source
from amlwrap.local.pipeline.targets import KnownTargets
from amlwrap.local.pipeline.training import DEFAULT_THRESHOLD, load_model
from amlwrap.local.score.folds import BinaryEvaluation, MulticlassEvaluation, RegressionEvaluation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from amlwrap.local.score.folds import Evaluation
    from amlwrap.local.score.model import LinearModel
    from amlwrap.local.task import Task


def run_evaluation(task: Task) -> dict[str, Any]:
    """The job of an evaluation."""
    model, trained = load_model(task)
    source = Source.of(task.parents["datasource"]).typed_as(trained.schema)
    target = trained.schema.target
    if target is None or target not in source.schema.names:
        raise DataError(source.uri, "schema", f"the model's target {target!r}", f"{len(source.schema.names)} others")
    evaluation, census = _evaluation(model, task.parents["model"].result), Census()
    known = KnownTargets(source.uri, target, model.type, model.classes)
    for block in census.watch(source.blocks(task)):
        task.progress(0.3 + 0.6 * block.reached, f"scoring {census.n_rows:,} records")
        targets = known.of(block.columns[target])
        if not len(targets.rows):
            continue
        chosen = slice(None) if len(targets.rows) == block.n_rows else targets.rows
        rows = {name: column.take(chosen) for name, column in model_rows(block, trained.schema).items()}
        start = 0
        for scores in scores_ahead(model, rows):
            evaluation.add(scores, targets.values[start : start + len(scores)])
            start += len(scores)
    log_faults(task, census)
    check_rejections(census, task.limits)
    known.check()
    properties = evaluation.finish(census.n_records - known.n)
    for name, value in properties.items():
        task.log(f"{name}: {value[:200]}")
    return {"Properties": properties}


def _evaluation(model: LinearModel, result: Mapping[str, Any]) -> Evaluation:
    match model.type:
        case "BINARY":
            return BinaryEvaluation(float(result.get("ScoreThreshold", DEFAULT_THRESHOLD)))
        case "MULTICLASS":
            return MulticlassEvaluation(model.classes, model.majority)
        case "REGRESSION":
            return RegressionEvaluation(model.mean)
