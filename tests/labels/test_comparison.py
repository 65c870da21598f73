"""Predictions held against the truth, however the truth is given."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amlwrap.exceptions import ConfigError, DataError
from amlwrap.labels import ProbabilityMatrix, Scores
from amlwrap.labels.comparison import Comparison
from tests.oracles import sklearn_metrics as metrics

MATRIX = ProbabilityMatrix(
    [[0.9, 0.1], [0.6, 0.4], [0.2, 0.8], [np.nan, np.nan]],
    classes=("0", "1"),
    row_ids=["a", "b", "c", "d"],
    threshold=0.5,
    on_invalid="missing",
)


@pytest.mark.parametrize(
    "truth",
    [
        [0, 1, 1, 1],
        np.array([0, 1, 1, 1]),
        np.array([False, True, True, True]),
        ["no", "Yes", "y", "1"],
        pd.Series([0.0, 1.0, 1.0, None]),
        pd.Series([0, 1, 1, None], dtype="Int64", index=[9, 8, 7, 6]),
        pl.Series([0, 1, 1, 1]),
        {"c": 1, "b": 1, "a": 0},
    ],
)
def test_truth_may_be_given_in_many_ways(truth: Any) -> None:
    """By place or by row id, in any spelling of the service's; rows that could not be predicted are left out."""
    found = MATRIX.compare(truth)

    assert (4, 3, 1, 0) == (found.n_rows, found.n_compared, found.n_invalid, found.n_unknown)
    assert (2 / 3, 1.0) == (found.accuracy, found.auc)
    assert found.confusion is not None
    assert [[1, 0], [1, 1]] == found.confusion.counts.tolist()
    assert found.macro_f1 == found.confusion.macro_f1


def test_another_threshold_gives_other_labels() -> None:
    """As it does for labels."""
    assert 1.0 == MATRIX.compare([0, 1, 1, 1], threshold=0.3).accuracy


def test_unknown_truth_is_counted_and_left_out() -> None:
    """It may be None, NaN, empty, or missing from a mapping."""
    assert [1, 2, 1, 2] == [
        MATRIX.compare(truth).n_unknown
        for truth in ([0, None, 1, 1], [0, math.nan, "", 1], {"a": 0, "b": 1, "d": 0}, {"a": 0})
    ]


def test_one_class_alone_has_no_auc() -> None:
    """There is no pair to order."""
    found = MATRIX.compare([1, 1, 1, 1])

    assert found.auc is None
    assert found.curve is not None
    assert (3, 0) == (found.curve.positives, found.curve.negatives)


def test_whole_numbers_in_floats_are_classes() -> None:
    """Unless the classes are called so."""
    whole = ProbabilityMatrix([[0.9, 0.1]], classes=("3", "4"))
    float_named = ProbabilityMatrix([[0.9, 0.1]], classes=("3.0", "4.0"))

    assert (1.0, 1.0) == (whole.compare([3.0]).accuracy, float_named.compare([3.0]).accuracy)
    assert whole.compare([3.0]).auc is None


@pytest.mark.parametrize(
    ("truth", "match"),
    [
        ([0, 1], "a value for each of the 4 predicted rows, found 2 values"),
        (np.zeros((4, 1)), r"found shape \(4, 1\)"),
        ({"x": 1}, "row ids of the prediction, such as 'a', found others, such as 'x'"),
        ({}, "found an empty mapping"),
        ([0, 1, "perhaps", 1], "row 3: expected 0 or 1, or another spelling of them, found 'perhaps'"),
        ([None, None, None, 1], "none among 4 rows"),
    ],
)
def test_truth_that_does_not_fit_is_refused(truth: Any, match: str) -> None:
    """The error names both sides."""
    with pytest.raises(DataError, match=match):
        MATRIX.compare(truth)


def test_without_truth_there_is_nothing_to_compare() -> None:
    """The remedy says where truth comes from."""
    with pytest.raises(ConfigError, match="schema names the target"):
        MATRIX.compare()


def test_a_class_the_model_never_saw_is_always_missed() -> None:
    """Its rows are wrong answers to the classes they were taken for, and it has no F1 of its own, as in evaluations."""
    matrix = ProbabilityMatrix([[0.9, 0.1], [0.2, 0.8], [0.3, 0.7]], classes=("cat", "dog"))

    found = matrix.compare(["cat", "dog", "hen"])

    assert found.confusion is not None
    assert ("cat", "dog", "hen") == found.confusion.classes
    assert 2 / 3 == found.accuracy
    assert (1 + 2 / 3) / 2 == pytest.approx(found.macro_f1)


def test_of_numbers() -> None:
    """A regression's score is the root of the mean squared error, over rows that have both numbers."""
    scores = Scores(np.array([1.0, 2.0, np.nan, 4.0]), true_labels=np.array(["2", "2", "3", ""]))

    found = scores.compare()

    assert (4, 2, 1, 1) == (found.n_rows, found.n_compared, found.n_invalid, found.n_unknown)
    assert math.sqrt(0.5) == found.rmse
    assert math.sqrt(0.5) == scores.compare({1: 2.0, "2": "2"}).rmse
    with pytest.raises(DataError, match="row 2: expected a number, found 'two'"):
        scores.compare([1, "two", 3, 4])
    with pytest.raises(ConfigError, match="BINARY"):
        found.choose_threshold(precision=0.5)


def test_scores_are_an_array() -> None:
    """Of numbers, with row ids that count from 1 unless there are others."""
    scores = Scores(np.array([1.0, 2.0]))

    assert [1.0, 2.0] == np.asarray(scores).tolist() == np.array(scores).tolist()
    assert ([1, 2], 2) == (scores.row_ids.tolist(), len(scores))


def test_it_prints_as_a_table() -> None:
    """What is nothing is not told."""
    assert "rows      4\ncompared  2\ninvalid   1\nno truth  1\nRMSE      1.23457e+07" == str(
        Comparison(n_rows=4, n_invalid=1, n_unknown=1, rmse=12345678.0)
    )
    assert str(MATRIX.compare([0, 1, 1, 1])).endswith("AUC       1.0000")


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 20)), min_size=2, max_size=60))
def test_metrics_are_the_fields_own(rows: list[tuple[int, int]]) -> None:
    """On any labels and tied scores they are scikit-learn's, and the curve at each threshold is a count."""
    truth, scores = np.array([row[0] for row in rows]), np.array([row[1] for row in rows]) / 20
    matrix = ProbabilityMatrix(np.array([1 - scores, scores]).T, ("0", "1"), threshold=0.5)

    found = matrix.compare(truth)

    labels = scores >= 0.5
    assert metrics.accuracy_score(truth, labels) == pytest.approx(found.accuracy)
    if set(truth.tolist()) == {0, 1}:
        assert metrics.roc_auc_score(truth, scores) == pytest.approx(found.auc)
        if set(labels.tolist()) == {False, True}:
            assert metrics.f1_score(truth, labels, average="macro") == pytest.approx(found.macro_f1, abs=1e-9)
    assert found.curve is not None
    place = found.curve.thresholds.index(0.5)
    assert (truth[labels].sum(), (1 - truth[labels]).sum()) == (
        found.curve.true_positives[place],
        found.curve.false_positives[place],
    )
