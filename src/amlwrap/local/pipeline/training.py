"""Training a model: targets, recipe, design matrix, weights, and the files they are kept in."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterable
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from amlwrap.documents.parameters import TrainingParameters
from amlwrap.documents.recipe import Recipe
from amlwrap.documents.schema import AttributeType
from amlwrap.documents.training_log import Beginning
from amlwrap.local.features.encoder import Encoder
from amlwrap.local.features.suggestion import suggest_bins
from amlwrap.local.ingest.census import Census
from amlwrap.local.ingest.rejections import check_rejections
from amlwrap.local.learn import training_log
from amlwrap.local.learn.losses import LogisticLoss, Loss, SoftmaxLoss, SquaredLoss
from amlwrap.local.learn.penalties import Penalty
from amlwrap.local.learn.pruning import prune
from amlwrap.local.learn.race import train
from amlwrap.local.learn.training_log import ActiveCounts
from amlwrap.local.pipeline.datasource import log_faults
from amlwrap.local.pipeline.encoding import encode
from amlwrap.local.pipeline.examples import Examples
from amlwrap.local.pipeline.source import Source
from amlwrap.local.pipeline.targets import TargetFacts, TargetScan
from amlwrap.local.score.model import LinearModel

if TYPE_CHECKING:
    from amlwrap.documents.schema import Schema
    from amlwrap.local.home import Home
    from amlwrap.local.ingest.table import Table
    from amlwrap.local.pipeline.summary import Counted
    from amlwrap.local.task import Cache, Task

DEFAULT_THRESHOLD = 0.5
"""Score from which a BINARY model says 1, until somebody sets another."""

_TURN = threading.Lock()
"""One model at a time: training is a run of short steps, and two would only keep the interpreter from each other."""


def run_model(task: Task) -> dict[str, Any]:
    """The job of a model."""
    source = Source.of(task.parents["datasource"])
    parameters = TrainingParameters.parse(task.request.get("Parameters") or {})
    blocks = source.blocks(task).within("training_bytes")
    facts, n_invalid = _facts(task, source, blocks)
    examples = Examples(blocks, source.schema, facts)
    with _turn(task):
        task.progress(0.05, "choosing the recipe")
        counted = source.counted(task)
        recipe = _recipe(task.request.get("Recipe") or "", source, examples, counted)
        task.progress(0.1, "fitting the recipe")
        encoder = Encoder.fit(recipe.resolve(source.schema), examples.rows(), counted)
        size = _train(task, encoder, examples, parameters, n_invalid)
    return {"SizeInBytes": size, "Recipe": recipe.render(indent=2), "Schema": source.schema.render()}


def _facts(task: Task, source: Source, blocks: Iterable[Table]) -> tuple[TargetFacts, int]:
    """What can be said of the target beforehand, and how many records cannot be learned from."""
    census, target = Census(), source.schema.target or ""  # a model is not admitted without one
    scan = TargetScan(source.uri, target, task.request["MLModelType"], task.limits)
    for block in census.watch(blocks):
        scan.add(block.columns[target])
    log_faults(task, census)
    check_rejections(census, task.limits)
    facts = scan.finish()
    return facts, census.n_records - facts.n


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


def _recipe(text: str, source: Source, examples: Examples, counted: Counted) -> Recipe:
    """The recipe asked for, or the suggested one."""
    if text:
        return Recipe.parse(text)
    names = [attribute.name for attribute in source.schema.inputs if attribute.type == AttributeType.NUMERIC]
    bins = dict[str, int]()
    if names:
        bins = suggest_bins(examples, names, len(examples.facts.classes), counted)
    return Recipe.suggested(source.schema, bins=bins)


def _train(task: Task, encoder: Encoder, examples: Examples, parameters: TrainingParameters, n_invalid: int) -> int:
    """Learn, and put the model in place; returns its size in bytes."""
    facts = examples.facts
    loss = _loss(task.request["MLModelType"], len(facts.classes))
    task.log.all(training_log.opening(_beginning(loss, parameters), facts.n))
    active = ActiveCounts.for_reports(facts.n, parameters.passes)
    task.progress(0.15, "encoding")
    with ExitStack() as stack:
        fit = train(
            encode(task, stack, encoder, examples, active, shuffle=parameters.shuffle == "auto"),
            loss,
            Penalty(parameters.l1, parameters.l2),
            passes=parameters.passes,
            is_shuffled=parameters.shuffle == "auto",
            progress=lambda fraction, words: task.progress(0.2 + 0.8 * fraction, words),
            on_event=lambda event: task.log.all(training_log.standing(event, active, facts.deviation)),
        )
    trimmed = prune(fit.weights, parameters.max_model_size)
    weights, bias = encoder.layout.fold(fit.weights, fit.bias)
    model = LinearModel(
        type=task.request["MLModelType"],
        classes=facts.classes,
        encoder=encoder,
        weights=weights,
        bias=bias,
        mean=facts.mean,
        deviation=facts.deviation,
        majority=facts.majority,
    )
    size = _publish(task, model)
    task.log.all(training_log.closing(fit, facts.n, n_invalid, trimmed, size))
    return size


def _beginning(loss: Loss, parameters: TrainingParameters) -> Beginning:
    return Beginning(
        l1=parameters.l1,
        l2=parameters.l2,
        loss=loss.name,
        max_passes=parameters.passes,
        max_size_bytes=parameters.max_model_size,
    )


def _loss(model_type: str, n_classes: int) -> Loss:
    if model_type == "MULTICLASS":
        return SoftmaxLoss(n_classes)
    return LogisticLoss() if model_type == "BINARY" else SquaredLoss()


def _publish(task: Task, model: LinearModel) -> int:
    """Put the model's files in place, all or none; returns their size in bytes."""
    with task.home.publish(task.home.model(task.id)) as folder:
        model.save(folder)
        size = sum(path.stat().st_size for path in folder.iterdir())
    task.cache.discard(("model", task.id))
    task.cache.setdefault(("model", task.id), lambda: model)
    return size
