"""There and back: what an export folder brings to a second engine is what the first one had."""

from __future__ import annotations

from typing import Any

import numpy as np

import amlwrap
from amlwrap import Client
from tests.export.conftest import Rich
from tests.export.telling import told

BY_THE_JOB = {"status", "message", "started_at", "finished_at", "updated_at", "compute_seconds", "size_bytes"}


def without(told: dict[str, Any], names: set[str]) -> dict[str, Any]:
    """*told* but for *names*."""
    return {name: value for name, value in told.items() if name not in names}


def test_every_attribute_comes_back(rich: Rich, second: Client) -> None:
    """Without data, models are records that say so; nothing else differs."""
    report = amlwrap.restore(rich.folders[False], second)

    found = told(second, "ds-gone")
    assert rich.told.keys() == found.keys()
    for key, before in rich.told.items():
        unlike = {"message"} if key[0] == "model" else set[str]()
        assert without(before, unlike) == without(found[key], unlike), key
    assert {"ml-A", "ml-a"} == set(report.records)
    assert ((), (), ()) == (report.conflicts, report.refused, report.retraining)


def test_models_whose_data_came_along_are_trained_again(rich: Rich, second: Client) -> None:
    """By real jobs, with the same data, recipe and parameters: the same bits, and so the same answers."""
    report = amlwrap.restore(rich.folders[True], second)
    for model in report.retraining:
        second.models.get(model).wait()

    found = told(second, "ds-gone")
    for key, before in rich.told.items():
        unlike = BY_THE_JOB if key[0] == "model" else set[str]()
        assert without(before, unlike) == without(found[key], unlike), key
    assert {"ml-A", "ml-a"} == set(report.retraining)
    again = second.models.get("ml-A").evaluate(second.evaluations.get("ev-1").datasource).wait()
    assert second.evaluations.get("ev-1").metrics == again.metrics


def test_predictions_can_be_read_again(rich: Rich, second: Client) -> None:
    """Also where a row could not be predicted."""
    amlwrap.restore(rich.folders[False], second)
    with amlwrap.connect(f"local:{rich.home}", progress=False) as first:
        before = first.batch_predictions.get("bp-1").labels()

    after = second.batch_predictions.get("bp-1").labels()

    assert 14 == len(after.labels)
    np.testing.assert_array_equal(before.labels, after.labels)
    np.testing.assert_array_equal(before.scores, after.scores)


def test_restoring_twice_is_harmless(rich: Rich, second: Client) -> None:
    """What is there is there."""
    amlwrap.restore(rich.folders[False], second)
    before = told(second, "ds-gone")

    report = amlwrap.restore(rich.folders[False], second)

    assert before == told(second, "ds-gone")
    assert (len(rich.told), 0) == (report.n_same, report.n_objects)
    assert {0} == set(report.counts.values())
    assert f"{len(rich.told)} of its entities were there from before." in str(report)
