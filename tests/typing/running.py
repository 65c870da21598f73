# pyright: reportUnnecessaryTypeIgnoreComment=true
"""One call, its run, and estimators, as type checkers see them; read by them and never run."""

from __future__ import annotations

from typing import Any, assert_type

import numpy as np
from numpy.typing import NDArray

import amlwrap
from amlwrap import BatchPrediction, Client, Datasource, Evaluation, Metrics, Model, Run, Schema
from amlwrap.labels import Labels
from amlwrap.sklearn import AMLClassifier, AMLRegressor


def running(aml: Client) -> None:
    """What comes out of one call is typed as if it had been made piece by piece."""
    with amlwrap.train("banking.csv", target="y", passes=10, connect=aml) as run:
        assert_type(run, Run)
    assert_type(run.schema, Schema)
    assert_type(run.datasource, Datasource)
    assert_type(run.model, Model)
    assert_type(run.evaluation, Evaluation)
    assert_type(run.metrics, Metrics)
    assert_type(run.predict("new.csv"), Labels | NDArray[np.floating])
    assert_type(run.predict_batch("new.csv"), BatchPrediction)
    assert_type(run.choose_threshold(precision=0.8), Run)
    assert_type(str(run.report()), str)
    amlwrap.train("banking.csv", target=3)  # type: ignore[arg-type]
    amlwrap.train("banking.csv", target="y", passes="many")  # type: ignore[arg-type]
    run.model = run.model  # type: ignore[misc]


def estimating() -> None:
    """Estimators are their own, and give arrays."""
    assert_type(AMLClassifier(passes=5).fit([[1]], [0]), AMLClassifier)
    assert_type(AMLClassifier().predict([[1]]), NDArray[Any])
    assert_type(AMLClassifier().predict_proba([[1]]), NDArray[np.float64])
    assert_type(AMLRegressor().predict([[1]]), NDArray[np.float64])
    AMLClassifier(passes="many")  # type: ignore[arg-type]
