"""The whole story on every carrier: data, model, evaluation, threshold, predictions, labels."""

from __future__ import annotations

import csv
import random
from pathlib import Path

import numpy as np
import pytest

import amlwrap
from amlwrap import Client, Schema
from amlwrap.exceptions import ConfigError, JobFailedError


@pytest.fixture
def bank(tmp_path: Path) -> Path:
    """Six hundred clients; the older ones with a job say yes more often."""
    dice = random.Random(2026)
    path = tmp_path / "bank.csv"
    with path.open("w", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["age", "job", "y"])
        for _ in range(600):
            age, job = dice.randint(18, 80), dice.choice(["cook", "smith", "none"])
            rows.writerow([age, job, int(age / 80 - (job == "none") + dice.gauss(0, 0.2) > 0.3)])
    return path


@pytest.fixture
def schema() -> Schema:
    """Of the clients."""
    return Schema({"age": "NUMERIC", "job": "CATEGORICAL", "y": "BINARY"}, target="y")


def test_a_binary_story(aml: Client, bank: Path, schema: Schema, tmp_path: Path) -> None:
    """From a CSV to one label per row, with a threshold in between."""
    data = aml.datasources.create(bank, schema=schema, name="bank")
    train, test = data.split(0.7, seed=2026)
    model = aml.models.create(train, passes=10, l2=1e-6, shuffle=True)
    evaluation = model.evaluate(test)
    data, train, test, model, evaluation = amlwrap.wait_all(data, train, test, model, evaluation)

    assert (1, bank.stat().st_size) == (data.n_files, data.n_bytes)
    assert ("BINARY", 10) == (model.type, model.parameters.passes)
    assert model.recipe is not None
    assert evaluation.metrics is not None
    assert evaluation.metrics.auc is not None
    assert evaluation.metrics.auc > 0.85 > (evaluation.metrics.baseline or 1)
    assert [model.id] == [one.id for one in train.models]
    assert [evaluation.id] == [one.id for one in model.evaluations]

    model = model.update(threshold=0.25)
    new = tmp_path / "new.csv"
    new.write_text("job,age\ncook,70\nnone,20\n")
    batch = model.predict_batch(new, name="new").wait()

    assert (2, 0) == (batch.n_total, batch.n_invalid)
    assert ["1", "0"] == batch.labels().to_numpy().tolist()
    assert ("0", "1") == batch.probabilities().classes


def test_a_threshold_is_chosen_where_the_curve_is_known(aml: Client, bank: Path, schema: Schema) -> None:
    """On the engine it is; on AWS the error says why not."""
    data = aml.datasources.create(bank, schema=schema)
    evaluation = aml.models.create(data).evaluate(data, allow_training=True).wait()

    assert evaluation.metrics is not None
    if evaluation.metrics.curve is None:
        with pytest.raises(ConfigError, match="AWS tells only the AUC"):
            evaluation.choose_threshold(precision=0.8)
    else:
        assert 0 <= evaluation.choose_threshold(precision=0.8) <= 1
        assert evaluation.metrics.n_scored == 600


def test_a_multiclass_story(aml: Client, bank: Path) -> None:
    """As many probabilities as classes."""
    schema = Schema({"age": "NUMERIC", "job": "CATEGORICAL", "y": "BINARY"}, target="job")
    data = aml.datasources.create(bank, schema=schema)
    model = aml.models.create(data)

    matrix = model.predict_batch(data).wait().probabilities()

    assert ((600, 3), {"cook", "smith", "none"}) == (matrix.values.shape, set(matrix.classes))
    np.testing.assert_allclose(matrix.values.sum(axis=1), 1, atol=1e-6)


def test_a_regression_story(aml: Client, bank: Path) -> None:
    """A number for each row."""
    schema = Schema({"age": "NUMERIC", "job": "CATEGORICAL", "y": "BINARY"}, target="age")
    data = aml.datasources.create(bank, schema=schema)
    model = aml.models.create(data)

    scores = model.predict_batch(data).wait().scores()

    assert (600,) == scores.shape
    assert np.isfinite(scores).all()


def test_a_failed_job_is_an_error_with_its_reason(aml: Client, schema: Schema) -> None:
    """The datasource's columns are not the schema's."""
    data = aml.datasources.create(b"age,y\n" + b"31,1\n44,0\n" * 50, schema=schema)

    with pytest.raises(JobFailedError, match=data.id):
        data.wait()


def test_a_lineage_is_found(aml: Client, bank: Path, schema: Schema) -> None:
    """From any of its resources the same story, also when some have been deleted."""
    data = aml.datasources.create(bank, schema=schema, name="bank")
    train, test = data.split(0.7, seed=2026)
    model = aml.models.create(train)
    evaluation, batch = amlwrap.wait_all(model.evaluate(test), model.predict_batch(test))
    everything = {data.id, train.id, test.id, model.id, evaluation.id, batch.id}

    lineages = [one.lineage() for one in (train, model)]
    assert [everything] * 2 == [{node.id for node in lineage.nodes} for lineage in lineages]
    assert [5] * 2 == [len(lineage.edges) for lineage in lineages]
    assert everything - {batch.id} == {node.id for node in evaluation.lineage().nodes}
    assert {data.id, train.id, test.id, evaluation.id, batch.id} == {node.id for node in test.lineage().nodes} - {
        model.id
    }

    train.delete()
    test.delete()
    found = {node.id: node.status for node in batch.lineage().nodes}
    assert ("DELETED", "DELETED", "COMPLETED") == (found[train.id], found[test.id], found[data.id])
