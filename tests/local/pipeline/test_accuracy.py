"""Defaults on public data: as good as scikit-learn's converged solvers on the same features, split by split."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray
from scipy import sparse

import amlwrap
from amlwrap.documents.schema import Attribute, Schema
from amlwrap.local.ingest.reader import read_table
from amlwrap.local.score.model import LinearModel
from amlwrap.objects import Folder, find_files
from tests.oracles import sklearn_data, sklearn_linear, sklearn_metrics

API: Mapping[str, str] = {}
"""Parameters of a model that is created with none: ten passes in the order of the file, no penalty."""


def splits(name: str, target_type: str, n_splits: int = 3) -> list[tuple[pl.DataFrame, pl.DataFrame, Schema]]:
    """Random halves of a data set that scikit-learn carries."""
    loaded = getattr(sklearn_data, f"load_{name}")()
    names = [f"x{place}" for place in range(loaded.data.shape[1])]
    frame = pl.DataFrame(loaded.data, schema=names, orient="row").with_columns(y=pl.Series(loaded.target))
    schema = Schema([*(Attribute(one, "NUMERIC") for one in names), Attribute("y", target_type)], "y", header=True)
    orders = [np.random.default_rng(seed).permutation(len(frame)) for seed in range(n_splits)]
    return [(frame[order[::2]], frame[order[1::2]], schema) for order in orders]


def trained(
    folder: Path, train: pl.DataFrame, test: pl.DataFrame, schema: Schema, parameters: Mapping[str, str] | None
) -> tuple[float, list[Any]]:
    """The evaluation's metric, and the design matrices of both halves."""
    with amlwrap.connect(f"local:{folder}/home", progress=False) as aml:
        train.write_csv(folder / "train.csv")
        test.write_csv(folder / "test.csv")
        learned, held_out = (
            aml.datasources.create(folder / f"{part}.csv", schema=schema) for part in ("train", "test")
        )
        model = aml.models.create(learned, parameters=parameters)
        metrics = model.evaluate(held_out).wait().metrics
        model = model.refresh()
        assert metrics is not None
        assert metrics.value is not None
        assert model.recipe is not None
        kept = LinearModel.load(folder / "home" / "models" / model.id, model.recipe.resolve(schema))
    store = Folder(folder.parent)
    tables = [
        read_table(store, find_files(store, f"s3://{folder.name}/{part}.csv"), schema) for part in ("train", "test")
    ]
    return metrics.value, [
        sparse.vstack([block.matrix for block in kept.encoder.blocks(table.columns)]) for table in tables
    ]


def numbers(frame: pl.DataFrame) -> NDArray[Any]:
    """The targets."""
    return np.asarray(frame["y"].to_numpy())


@pytest.mark.parametrize("parameters", [None, API], ids=["console", "api"])
def test_auc_is_that_of_logistic_regression(tmp_path: Path, parameters: Mapping[str, str] | None) -> None:
    """On breast cancer the mean AUC is within 0.005 of LogisticRegression's, or better."""
    ours, peers = list[float](), list[float]()
    for place, (train, test, schema) in enumerate(splits("breast_cancer", "BINARY")):
        (folder := tmp_path / f"split{place}").mkdir()
        value, (rows, others) = trained(folder, train, test, schema, parameters)
        peer = sklearn_linear.LogisticRegression(max_iter=1000).fit(rows, numbers(train))
        ours.append(value)
        peers.append(sklearn_metrics.roc_auc_score(numbers(test), peer.decision_function(others)))
    assert mean(ours) >= mean(peers) - 0.005


@pytest.mark.parametrize("parameters", [None, API], ids=["console", "api"])
@pytest.mark.parametrize("name", ["digits", "iris", "wine"])
def test_macro_f1_is_that_of_logistic_regression(
    tmp_path: Path, name: str, parameters: Mapping[str, str] | None
) -> None:
    """The mean macro F1 is within 0.02 of LogisticRegression's, or better: one row of a hundred is a hundredth."""
    ours, peers = list[float](), list[float]()
    for place, (train, test, schema) in enumerate(splits(name, "CATEGORICAL", 2 if name == "digits" else 5)):
        (folder := tmp_path / f"split{place}").mkdir()
        value, (rows, others) = trained(folder, train, test, schema, parameters)
        peer = sklearn_linear.LogisticRegression(max_iter=1000).fit(rows, numbers(train))
        ours.append(value)
        peers.append(sklearn_metrics.f1_score(numbers(test), peer.predict(others), average="macro"))
    assert mean(ours) >= mean(peers) - 0.02


@pytest.mark.parametrize("parameters", [None, API], ids=["console", "api"])
def test_rmse_is_that_of_ridge(tmp_path: Path, parameters: Mapping[str, str] | None) -> None:
    """On diabetes the mean RMSE is at most two hundredths above that of Ridge."""
    ours, peers = list[float](), list[float]()
    for place, (train, test, schema) in enumerate(splits("diabetes", "NUMERIC")):
        (folder := tmp_path / f"split{place}").mkdir()
        value, (rows, others) = trained(folder, train, test, schema, parameters)
        peer = sklearn_linear.Ridge().fit(rows, numbers(train))
        ours.append(value)
        errors: NDArray[np.float64] = np.asarray(peer.predict(others)) - numbers(test)
        peers.append(float(np.sqrt(np.mean(errors**2))))
    assert mean(ours) <= 1.02 * mean(peers)
