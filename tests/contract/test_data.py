"""Data in and out, the same on every carrier."""

from __future__ import annotations

from pathlib import Path

import pytest

from amlwrap import Client
from amlwrap.exceptions import ConfigError

SAMPLES = Path(__file__).parent.parent.parent / "docs" / "samples"


def test_statistics_come_from_whom_has_them(aml: Client) -> None:
    """The engine tells its own SDK what it counted; whoever speaks as AWS does is told nothing, and why."""
    data = aml.datasources.create(SAMPLES / "banking.csv", target="y").wait()

    if "staging/in" in data.uri:
        with pytest.raises(ConfigError, match="console only"):
            data.statistics()
        assert [] == [name for name in aml.datasources.get(data.id).raw if "amlwrap" in name]
        return
    found = data.statistics()
    assert (1000, 0, "y") == (found.n_rows, found.n_invalid_records, found.target)
    assert list(data.schema.names) == list(found)
    assert 18.0 == found["age"].minimum
    assert 1000 == sum(count for _, count in found["housing"].top)


def test_folds_go_all_the_way(aml: Client) -> None:
    """Every row is tested on once, by a model that has not seen it."""
    data = aml.datasources.create(SAMPLES / "banking.csv", target="y")

    evaluations = [aml.models.create(train).evaluate(test).wait() for train, test in data.folds(3, seed=2026)]

    assert all(one.metrics is not None and 0.6 < (one.metrics.auc or 0) < 1 for one in evaluations)


def test_a_threshold_is_chosen_where_evaluations_give_no_curve(aml: Client) -> None:
    """Predictions held against the truth in their own files are worth as much as an evaluation."""
    train, test = aml.datasources.create(SAMPLES / "banking.csv", target="y").split(0.7, seed=2026)
    model = aml.models.create(train)
    evaluation, batch = model.evaluate(test).wait(), model.predict_batch(test).wait()

    compared = batch.compare()

    assert evaluation.metrics is not None
    assert compared.auc == pytest.approx(evaluation.metrics.auc, abs=1e-6)
    assert batch.n_total == compared.n_rows == sum(1 for _ in batch.rows())
    if evaluation.metrics.curve is not None:
        assert evaluation.metrics.accuracy == compared.accuracy
        assert evaluation.metrics.curve == compared.curve
        assert evaluation.choose_threshold(precision=0.6) == compared.choose_threshold(precision=0.6)
