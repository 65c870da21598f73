"""Training a model: targets, recipe, design matrix, weights, and the files they are kept in."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
from numpy.typing import NDArray

from amlwrap.documents.parameters import TrainingParameters
from amlwrap.documents.recipe import Recipe
from amlwrap.local.features.encoder import Encoder
from amlwrap.local.features.suggestion import TARGET_BINS, suggest_bins
from amlwrap.local.ingest.columns import NumericColumn
from amlwrap.local.ingest.rejections import check_rejections
from amlwrap.local.learn import training_log
from amlwrap.local.learn.losses import LogisticLoss, Loss, SoftmaxLoss, SquaredLoss
from amlwrap.local.learn.penalties import Penalty
from amlwrap.local.learn.pruning import prune
from amlwrap.local.learn.race import Fit, train
from amlwrap.local.learn.sgd import Batch, batch_size, batches
from amlwrap.local.learn.training_log import ActiveFeatures
from amlwrap.local.pipeline.datasource import log_faults
from amlwrap.local.pipeline.source import Source
from amlwrap.local.pipeline.targets import Targets, coarse_codes, training_targets
from amlwrap.local.score.model import LinearModel

if TYPE_CHECKING:
    from amlwrap.documents.schema import Schema
    from amlwrap.local.features.evaluation import Rows
    from amlwrap.local.home import Home
    from amlwrap.local.pipeline.summary import Counted
    from amlwrap.local.task import Cache, Task

DEFAULT_THRESHOLD = 0.5
"""Score from which a BINARY model says 1, until somebody sets another."""

_TURN = threading.Lock()
"""One model at a time: training is a run of short steps, and two would only keep the interpreter from each other."""

SHUFFLE_SEED = 0
"""The service shuffles pseudo-randomly without saying how: ours is the same for the same number of rows."""


def run_model(task: Task) -> dict[str, Any]:
    """The job of a model."""
    source = Source.of(task.parents["datasource"])
    parameters = TrainingParameters.parse(task.request.get("Parameters") or {})
    table = source.table(task)
    log_faults(task, table)
    check_rejections(table)
    target = source.schema.target or ""  # a model is not admitted without one
    targets = training_targets(source.uri, target, table.columns[target], task.request["MLModelType"])
    order = _order(len(targets.rows), shuffle=parameters.shuffle == "auto")
    chosen = attrs.evolve(targets, rows=targets.rows[order], values=targets.values[order])
    rows = {attribute.name: table.columns[attribute.name].take(chosen.rows) for attribute in source.schema.inputs}
    with _turn(task):
        return _learn(task, source, rows, chosen, parameters)


def _learn(task: Task, source: Source, rows: Rows, targets: Targets, parameters: TrainingParameters) -> dict[str, Any]:
    task.progress(0.05, "choosing the recipe")
    counted = source.counted(task)
    recipe = _recipe(task.request.get("Recipe") or "", source, rows, targets, counted)
    task.progress(0.1, "fitting the recipe")
    encoder = Encoder.fit(recipe.resolve(source.schema), rows, counted)
    model, fit = _train(task, encoder, rows, targets, parameters)
    size = _publish(task, model)
    task.log(f"footprint: {size} bytes, best learner's rate {fit.rate:g}")
    return {"SizeInBytes": size, "Recipe": recipe.render(indent=2), "Schema": source.schema.render()}


@contextmanager
def _turn(task: Task) -> Generator[None, None, None]:
    """Wait until no other model is in training, and keep others waiting."""
    while not _TURN.acquire(timeout=0.1):
        task.progress(0.05, "waiting for another model's training")
    try:
        yield
    finally:
        _TURN.release()


def load_model(task: Task) -> tuple[LinearModel, Source]:
    """The model a task's parent made, and what it was trained on."""
    parent, source = task.parents["model"], Source.of(task.parents["training_datasource"])

    return kept_model(task.home, task.cache, parent.id, parent.result["Recipe"], source.schema), source


def kept_model(home: Home, cache: Cache, id: str, recipe: str, schema: Schema) -> LinearModel:
    """Model *id* out of the *cache*, or else out of its files; *recipe* and *schema* are those it was trained with."""

    def load() -> LinearModel:
        return LinearModel.load(home.model(id), Recipe.parse(recipe).resolve(schema))

    return cache.setdefault(("model", id), load)


def _order(n: int, *, shuffle: bool) -> NDArray[np.intp]:
    return np.random.default_rng(SHUFFLE_SEED).permutation(n) if shuffle else np.arange(n)


def _recipe(text: str, source: Source, rows: Rows, targets: Targets, counted: Counted) -> Recipe:
    """The recipe asked for, or the suggested one."""
    if text:
        return Recipe.parse(text)
    numeric = {name: column for name, column in rows.items() if isinstance(column, NumericColumn)}
    codes, n_codes = coarse_codes(targets, TARGET_BINS)
    return Recipe.suggested(source.schema, bins=suggest_bins(numeric, codes, n_codes, counted))


def _train(
    task: Task, encoder: Encoder, rows: Rows, targets: Targets, parameters: TrainingParameters
) -> tuple[LinearModel, Fit]:
    model_type, mean, deviation = task.request["MLModelType"], 0.0, 1.0
    values = targets.values
    if model_type == "REGRESSION":
        mean, deviation = float(values.mean()), float(values.std()) or 1.0
        values = (values - mean) / deviation
    loss = _loss(model_type, len(targets.classes))
    for line in training_log.opening(
        loss.name, parameters.l1, parameters.l2, parameters.passes, parameters.max_model_size
    ):
        task.log(line)
    batched, active = _batches(encoder, rows, values)
    fit = train(
        batched,
        encoder.layout.n_trained,
        loss,
        Penalty(parameters.l1, parameters.l2),
        passes=parameters.passes,
        progress=lambda fraction, words: task.progress(0.2 + 0.8 * fraction, words),
        on_report=lambda report: _log_all(task, training_log.standing(report)),
    )
    trimmed = prune(fit.weights, parameters.max_model_size)
    _log_all(task, training_log.closing(fit, active, 0, trimmed, len(values)))
    weights, bias = encoder.layout.fold(fit.weights, fit.bias)
    majority = int(targets.counts.argmax()) if targets.classes else 0
    model = LinearModel(
        type=model_type,
        classes=targets.classes,
        encoder=encoder,
        weights=weights,
        bias=bias,
        mean=mean,
        deviation=deviation,
        majority=majority,
    )
    return model, fit


def _loss(model_type: str, n_classes: int) -> Loss:
    if model_type == "MULTICLASS":
        return SoftmaxLoss(n_classes)
    return LogisticLoss() if model_type == "BINARY" else SquaredLoss()


def _batches(encoder: Encoder, rows: Rows, values: NDArray[Any]) -> tuple[list[Batch], ActiveFeatures]:
    size = batch_size(len(values))
    made: list[Batch] = []
    counts: list[NDArray[np.int64]] = []
    start = 0
    for block in encoder.blocks(rows):
        stop = start + len(block.n_active)
        made.extend(batches(block.matrix, values[start:stop], size, encoder.layout))
        counts.append(block.n_active)
        start = stop
    return made, ActiveFeatures.of(np.concatenate(counts))


def _log_all(task: Task, lines: Iterator[str]) -> None:
    for line in lines:
        task.log(line)


def _publish(task: Task, model: LinearModel) -> int:
    """Put the model's files in place, all or none; returns their size in bytes."""
    with task.home.publish(task.home.model(task.id)) as folder:
        model.save(folder)
        size = sum(path.stat().st_size for path in folder.iterdir())
    task.cache.discard(("model", task.id))
    task.cache.setdefault(("model", task.id), lambda: model)
    return size
