"""Training alone: the race of the five learners over a one-hot matrix, beside lbfgs over the pixels."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from amlwrap.documents.parameters import TrainingParameters
from amlwrap.documents.recipe import Recipe
from amlwrap.local.features.encoder import Encoder
from amlwrap.local.features.suggestion import suggest_bins
from amlwrap.local.ingest.columns import NumericColumn
from amlwrap.local.ingest.statistics import summarise
from amlwrap.local.ingest.table import Table
from amlwrap.local.learn.batching import batch_size, batches
from amlwrap.local.learn.losses import SoftmaxLoss
from amlwrap.local.learn.penalties import Penalty
from amlwrap.local.learn.race import Fit, train
from amlwrap.local.learn.spool import Spool
from amlwrap.local.pipeline.summary import Counted
from amlwrap.local.score.model import LinearModel
from bench._digits import NAMES, SCHEMA, Digits, Pixels, draw
from bench._figures import Line, Report, figure, ratio
from bench._timing import Options, Pairs, alternate, seconds

N_CLASSES = 10
CLASSES = tuple(str(digit) for digit in range(N_CLASSES))


@attrs.frozen(eq=False)
class Ours:
    """One training of ours, and what it came from."""

    encoder: Encoder
    fit: Fit
    preparing_seconds: float
    training_seconds: float


@attrs.frozen(eq=False)
class Peer:
    """One training of the peer."""

    model: Any
    training_seconds: float


def run(options: Options) -> Report:
    """Speed, and what it costs in accuracy and log loss: nothing."""
    digits = draw(options.digits)
    pixels = digits.train / 255
    ours, peers = alternate(lambda: _ours(digits), lambda: _peer(pixels, digits.train_labels), options.n_runs)
    probabilities = _our_probabilities(ours[-1], digits.test), peers[-1].model.predict_proba(digits.test / 255)
    fit = ours[-1].fit
    note = f"{digits.note}; best learner's rate {fit.rate:g}, {fit.n_passes} passes; the peer did {_iterations(peers)}"
    return Report([*_times(ours, peers), *_quality(*probabilities, digits)], note)


def _times(ours: list[Ours], peers: list[Peer]) -> Iterator[Line]:
    theirs = tuple(peer.training_seconds for peer in peers)
    alone = Pairs(tuple(one.training_seconds for one in ours), theirs)
    whole = Pairs(tuple(one.preparing_seconds + one.training_seconds for one in ours), theirs)
    yield ratio("training alone", alone, at_most=0.25)
    yield ratio("… with statistics, recipe and encoding before it", whole)


def _quality(ours: NDArray[Any], peer: NDArray[Any], digits: Digits) -> Iterator[Line]:
    labels = digits.test_labels
    right = [int((found.argmax(axis=1) == labels).sum()) / len(labels) for found in (ours, peer)]
    losses = [log_loss(found, labels) for found in (ours, peer)]
    yield figure("test rows labelled right", "share", *right, at_least=right[1])
    yield figure("log loss on test rows", "nats", *losses, at_most=losses[1])


def log_loss(probabilities: NDArray[Any], labels: NDArray[Any]) -> float:
    """Mean negative log-likelihood of *labels*, in nats."""
    given = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    return float(-np.log(np.maximum(given, 1e-30)).mean())


def _ours(digits: Digits) -> Ours:
    start = time.perf_counter()
    encoder, batched = prepare(digits)
    ready = time.perf_counter()
    parameters = TrainingParameters()
    penalty = Penalty(parameters.l1, parameters.l2)
    fit = train(batched, SoftmaxLoss(N_CLASSES), penalty, passes=parameters.passes)
    return Ours(encoder, fit, ready - start, time.perf_counter() - ready)


def prepare(digits: Digits) -> tuple[Encoder, Spool]:
    """The suggested recipe fitted to the training rows, and these as batches of its design matrix."""
    table = Table.of(_columns(digits.train))
    counted = Counted(summarise([table], SCHEMA))
    targets = digits.train_labels.astype(np.int64)
    recipe = Recipe.suggested(SCHEMA, bins=suggest_bins([(_columns(digits.train), targets)], NAMES, N_CLASSES, counted))
    encoder = Encoder.fit(recipe.resolve(SCHEMA), [table.columns], counted)
    size, start = batch_size(len(targets)), 0
    batched = Spool(encoder.layout.n_trained)
    for block in encoder.blocks(table.columns):
        stop = start + len(block.n_active)
        for batch in batches(block.matrix, targets[start:stop], size, encoder.layout):
            batched.add(batch)
        start = stop
    return encoder, batched


def _columns(images: Pixels) -> dict[str, NumericColumn]:
    return {name: NumericColumn(values) for name, values in zip(NAMES, np.ascontiguousarray(images.T), strict=True)}


def _our_probabilities(ours: Ours, images: Pixels) -> NDArray[Any]:
    weights, bias = ours.encoder.layout.fold(ours.fit.weights, ours.fit.bias)
    model = LinearModel("MULTICLASS", CLASSES, ours.encoder, weights, bias)
    return model.scores(_columns(images))


def _peer(pixels: NDArray[Any], labels: Pixels) -> Peer:
    model: Any = LogisticRegression(max_iter=100)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # it always stops at max_iter; the note says so
        return Peer(model, seconds(lambda: model.fit(pixels, labels)))


def _iterations(peers: list[Peer]) -> str:
    return f"{int(peers[-1].model.n_iter_.max())} iterations"
