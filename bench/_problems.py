"""What learners are given: one design matrix, made once by our encoder, and the classes of its rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from amlwrap.documents.recipe import Recipe
from amlwrap.documents.schema import Schema
from amlwrap.local.features.encoder import Encoder
from amlwrap.local.features.layout import Layout
from amlwrap.local.features.suggestion import suggest_bins
from amlwrap.local.ingest.columns import NumericColumn
from amlwrap.local.ingest.statistics import summarise
from amlwrap.local.ingest.table import Table
from amlwrap.local.learn.losses import probability_of_one, softmax
from amlwrap.local.learn.race import Fit
from amlwrap.local.pipeline.summary import Counted
from bench import _bank, _digits, _texts

Classes = NDArray[np.int64]
TEXT_RECIPE = '{"groups": {}, "assignments": {}, "outputs": ["ngram(lowercase(text), 2)"]}'
TEST_SHARE = 0.3


@attrs.frozen(eq=False)
class Problem:
    """Rows to learn from and rows to be tried on, as everybody gets them: float32, sorted, implied levels left out."""

    name: str
    train: Any
    train_classes: Classes
    test: Any
    test_classes: Classes
    layout: Layout
    n_classes: int

    @property
    def note(self) -> str:
        """Its size."""
        width, filled = self.layout.n_trained, self.train.nnz / self.train.shape[0]
        return f"{self.train.shape[0]:,} rows to learn from, {width:,} columns, {filled:.0f} entries a row"

    def log_loss(self, probabilities: NDArray[Any]) -> float:
        """Mean negative log-likelihood of the test rows' classes, in nats, by *probabilities* of all classes."""
        given = probabilities[np.arange(len(self.test_classes)), self.test_classes].astype(np.float64)
        return float(-np.log(np.maximum(given, 1e-30)).mean())


def problems(digits: Path | None) -> Iterator[Problem]:
    """The three, one after the other."""
    drawn = _digits.draw(digits)
    images, labels = np.concatenate([drawn.train, drawn.test]), np.concatenate([drawn.train_labels, drawn.test_labels])
    pixels = {name: NumericColumn(values) for name, values in zip(_digits.NAMES, images.T.copy(), strict=True)}
    name = "digits" if drawn.are_real else "made-up digits"
    yield _problem(name, _digits.SCHEMA, pixels, labels.astype(np.int64), len(drawn.test_labels))
    columns, classes = _bank.draw()
    yield _problem("bank", _bank.SCHEMA, columns, classes, round(TEST_SHARE * len(classes)))
    texts, classes = _texts.draw()
    yield _problem("texts", _texts.SCHEMA, texts, classes, round(TEST_SHARE * len(classes)), recipe=TEXT_RECIPE)


def tried(problem: Problem, fit: Fit) -> NDArray[Any]:
    """Probabilities of the test rows' classes by weights of ours, shape ``(n_rows, n_classes)``."""
    weights, bias = problem.layout.fold(fit.weights, fit.bias)
    scores = np.asarray(problem.test @ weights + bias, np.float32)
    if problem.n_classes > 2:
        return softmax(scores)
    ones = probability_of_one(scores[:, 0])
    return np.column_stack([1 - ones, ones])


def _problem(
    name: str, schema: Schema, columns: Mapping[str, Any], classes: Classes, n_test: int, *, recipe: str = ""
) -> Problem:
    """The last *n_test* rows are for the test; the *recipe* is the suggested one, unless it is given."""
    cut, n_classes = len(classes) - n_test, int(classes.max()) + 1
    train = {name: column.take(slice(cut)) for name, column in columns.items()}
    numeric = {name: column for name, column in train.items() if isinstance(column, NumericColumn)}
    counted = Counted(summarise([Table.of(numeric or train)], schema))
    bins = suggest_bins([(numeric, classes[:cut])], list(numeric), n_classes, counted) if numeric else {}
    outputs = (Recipe.parse(recipe) if recipe else Recipe.suggested(schema, bins=bins)).resolve(schema)
    encoder = Encoder.fit(outputs, [train], counted)
    parts = (train, {name: column.take(slice(cut, None)) for name, column in columns.items()})
    learned, held_out = (_matrix(encoder, part) for part in parts)
    return Problem(name, learned, classes[:cut], held_out, classes[cut:], encoder.layout, n_classes)


def _matrix(encoder: Encoder, columns: Mapping[str, Any]) -> Any:
    matrix: Any = sparse.vstack([block.matrix for block in encoder.blocks(columns)], format="csr")
    matrix.sort_indices()
    return matrix
