"""Rows as a model's own, and their scores."""

from __future__ import annotations

import numpy as np
import pytest

from amlwrap.local.features.record import Record
from amlwrap.local.pipeline import scoring
from amlwrap.local.pipeline.scoring import scores_ahead
from amlwrap.local.score.model import LinearModel
from tests.local.features.test_encoder import fitted
from tests.local.features.test_record import SCHEMA, table_of


@pytest.mark.parametrize("n_at_once", [1, 4, 100])
@pytest.mark.parametrize("outputs", [["quantile_bin(n,5)", "c"], ["n", "t"]])
def test_scores_made_ahead_are_those_of_the_whole(
    outputs: list[str], n_at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In order, to the bit, however many are made at once."""
    records: list[Record] = [
        {"n": str(n), "m": "2", "b": "1", "c": "red" if n % 3 else "blue", "d": "red", "t": "tea rum"[n % 4 :], "u": ""}
        for n in range(9)
    ]
    rows = table_of(records)
    encoder = fitted(outputs, SCHEMA, rows)
    weights = np.random.default_rng(1).normal(size=(encoder.layout.n_columns, 3)).astype(np.float32)
    model = LinearModel("MULTICLASS", ("x", "y", "z"), encoder, weights, weights[0].copy())
    monkeypatch.setattr(scoring, "_VALUES_AT_ONCE", 3 * n_at_once)

    assert model.scores(rows).tobytes() == np.concatenate(list(scores_ahead(model, rows))).tobytes()
