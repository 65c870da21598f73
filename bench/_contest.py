"""One split of one data set: the engine, from CSV to scores, and scikit-learn's linear models on the same features."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import sparse

import amlwrap
from amlwrap.documents.schema import AttributeType
from amlwrap.local.ingest.reader import read_table
from amlwrap.local.ingest.table import Table
from amlwrap.local.score.model import LinearModel
from amlwrap.objects import Folder, find_files
from bench._public import Public

# scikit-learn has no types: taken for whatever its callers take it for.
compose: Any = import_module("sklearn.compose")
impute: Any = import_module("sklearn.impute")
linear: Any = import_module("sklearn.linear_model")
metrics: Any = import_module("sklearn.metrics")
pipeline: Any = import_module("sklearn.pipeline")
preprocessing: Any = import_module("sklearn.preprocessing")

HELD_OUT = 0.3
"""Share of the rows to score on."""

STRENGTHS = (0.01, 0.1, 1.0, 10.0)
"""Values of C, or of one over alpha, that a tuned peer chooses from by cross-validation."""

E = 1e-13
"""What the service smooths F1 with."""

Scores = NDArray[Any]


@attrs.frozen(eq=False)
class Split:
    """Rows to learn from and rows to score on."""

    data: Public
    train: pl.DataFrame
    test: pl.DataFrame

    @classmethod
    def of(cls, data: Public, seed: int, *, is_sorted: bool = False) -> Split:
        """A random split; with *is_sorted*, the training rows are in the order of their targets."""
        order = np.random.default_rng(seed).permutation(len(data.frame))
        cut = round(HELD_OUT * len(order))
        train = data.frame[order[cut:]]
        return cls(data, train.sort(data.target, maintain_order=True) if is_sorted else train, data.frame[order[:cut]])

    @property
    def targets(self) -> tuple[NDArray[Any], NDArray[Any]]:
        """Of the training rows, and of the others."""
        return self.train[self.data.target].to_numpy(), self.test[self.data.target].to_numpy()


@attrs.frozen(eq=False)
class Trained:
    """A model of the engine, and the features it saw."""

    metric: float
    scores: Scores
    classes: tuple[str, ...]
    train_matrix: sparse.csr_array
    test_matrix: sparse.csr_array
    recipe: str


def train(split: Split, recipe: str | None = None, parameters: Mapping[str, str] | None = None) -> Trained:
    """
    The engine's way: CSVs, datasources, model, evaluation.

    Args:
        split: What to learn from.
        recipe: None for the suggested one.
        parameters: None for those of the console.
    """
    with tempfile.TemporaryDirectory() as folder, amlwrap.connect(f"local:{folder}/home", progress=False) as aml:
        paths = Path(folder) / "train.csv", Path(folder) / "test.csv"
        split.train.write_csv(paths[0])
        split.test.write_csv(paths[1])
        schema = split.data.schema
        learned, held_out = (aml.datasources.create(path, schema=schema) for path in paths)
        model = aml.models.create(learned, recipe=recipe, parameters=parameters)
        found = model.evaluate(held_out).wait().metrics
        assert found is not None
        assert found.value is not None
        model = model.refresh()
        assert model.recipe is not None
        spelled = model.recipe.render()
        kept = LinearModel.load(Path(folder) / "home" / "models" / model.id, model.recipe.resolve(schema))
        rows = [_table(path, schema).columns for path in paths]
        matrices: list[Any] = [sparse.vstack([block.matrix for block in kept.encoder.blocks(one)]) for one in rows]
        return Trained(found.value, kept.scores(rows[1]), kept.classes, matrices[0], matrices[1], spelled)


def _table(path: Path, schema: amlwrap.Schema) -> Table:
    store = Folder(path.parent.parent)
    return read_table(store, find_files(store, f"s3://{path.parent.name}/{path.name}"), schema)


def same_features(split: Split, ours: Trained, *, tuned: bool) -> float:
    """What a converged solver makes of the engine's own design matrix."""
    y_train, _ = split.targets
    model = _peer(split.data.model, tuned=tuned)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(ours.train_matrix, y_train)
    return metric(split, _predicted(model, split, ours.test_matrix), tuple(getattr(model, "classes_", ())))


def raw_features(split: Split) -> float:
    """What the same solver makes of standardised numbers and one-hot categories."""
    data, (y_train, _) = split.data, split.targets
    names = [a.name for a in data.schema.inputs]
    numeric = [a.name for a in data.schema.inputs if a.type == AttributeType.NUMERIC]
    others = [name for name in names if name not in numeric]
    columns = compose.make_column_transformer(
        (
            pipeline.make_pipeline(impute.SimpleImputer(keep_empty_features=True), preprocessing.StandardScaler()),
            numeric,
        ),
        (preprocessing.OneHotEncoder(handle_unknown="ignore"), others),
    )
    model = pipeline.make_pipeline(columns, _peer(data.model, tuned=False))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(split.train.select(names).to_pandas(), y_train)
    predicted = _predicted(model, split, split.test.select(names).to_pandas())
    return metric(split, predicted, tuple(getattr(model, "classes_", ())))


def _peer(model: str, *, tuned: bool) -> Any:
    if model == "REGRESSION":
        return linear.RidgeCV([1 / strength for strength in STRENGTHS]) if tuned else linear.Ridge()
    if not tuned:
        return linear.LogisticRegression(max_iter=2000)
    return linear.LogisticRegressionCV(
        Cs=STRENGTHS, max_iter=1000, cv=3, scoring="neg_log_loss", use_legacy_attributes=False, l1_ratios=(0.0,)
    )


def _predicted(model: Any, split: Split, rows: Any) -> Scores:
    if split.data.model == "REGRESSION":
        return np.asarray(model.predict(rows))
    probabilities = np.asarray(model.predict_proba(rows))
    return probabilities[:, 1] if split.data.model == "BINARY" else probabilities


def metric(split: Split, scores: Scores, classes: tuple[Any, ...]) -> float:
    """AUC, macro F1 as the service smooths it, or RMSE on the rows held out."""
    _, y = split.targets
    if split.data.model == "REGRESSION":
        return float(np.sqrt(np.mean(np.square(scores - y))))
    if split.data.model == "BINARY":
        return float(metrics.roc_auc_score(y, scores))
    named = np.asarray(classes)[scores.argmax(axis=1)]
    return float(np.mean([_f1(named == one, y == one) for one in classes]))


def loss(split: Split, scores: Scores, classes: tuple[str, ...]) -> float:
    """Log loss in nats, or RMSE as a share of the deviation of the targets."""
    _, y = split.targets
    if split.data.model == "REGRESSION":
        return metric(split, scores, classes) / float(np.std(y))
    if split.data.model == "BINARY":
        return float(metrics.log_loss(y, scores.astype(np.float64), labels=[0, 1]))
    codes = np.array([classes.index(one) for one in y.tolist()])
    return float(-np.log(np.maximum(scores[np.arange(len(y)), codes], 1e-15)).mean())


def _f1(said: NDArray[np.bool_], true: NDArray[np.bool_]) -> float:
    hits = float((said & true).sum())
    precision, recall = (hits + E) / (said.sum() + 2 * E), (hits + E) / (true.sum() + 2 * E)
    return float(2 * precision * recall / (precision + recall))
