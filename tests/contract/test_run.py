"""One call on every carrier: the same resources, and a report of whatever the service tells."""

from __future__ import annotations

from pathlib import Path

import pytest

import amlwrap
from amlwrap import Client
from amlwrap.labels import Labels

BANKING = Path(__file__).parents[2] / "docs" / "samples" / "banking.csv"


def test_one_call(aml: Client) -> None:
    """From a file to labels; what is made is the client's, and stays when the run is closed."""
    with amlwrap.train(BANKING, "y", row_id="customer", passes=3, connect=aml) as run:
        labels = run.predict(BANKING.with_name("banking-new.csv"))

    assert isinstance(labels, Labels)
    assert (120, "c2000") == (len(labels), labels.row_ids[0])
    assert [run.model.id] == [one.id for one in aml.models]
    assert {run.datasource.id, run.train_data.id, run.test_data.id} < {one.id for one in aml.datasources}
    assert run.metrics.auc == pytest.approx(aml.evaluations.get(run.evaluation.id).metrics.auc)  # type: ignore[union-attr]


def test_the_report_says_what_is_known(aml: Client) -> None:
    """The AUC everywhere; thresholds and counts only where the engine tells of them."""
    with amlwrap.train(BANKING, "y", row_id="customer", passes=3, connect=aml) as run:
        text = " ".join(str(run.report()).split())

    assert "it had never seen; 0.5 is guessing, 1 is perfect" in text
    assert f"aml.models.get('{run.model.id}')" in text
    assert ("Where to put the threshold" in text) is (run.metrics.curve is not None)
    assert ("From 712 of 1,000 rows" in text) is (run.metrics.n_scored is not None)
    assert ("From 70 % of the rows" in text) is (run.metrics.n_scored is None)
