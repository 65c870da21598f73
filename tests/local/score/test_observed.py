"""Behaviour of the service that was worked out from its own outputs: the points that scoring has to keep."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from amlwrap.documents.predictions import columns
from amlwrap.local.score.batch_file import write_results
from amlwrap.local.score.batch_lines import BatchPart, BatchRows, lines_of_parts
from amlwrap.local.score.evaluation import evaluate_multiclass, evaluate_regression
from amlwrap.local.score.metrics import confusion, f1_scores, macro_f1
from amlwrap.objects import Folder
from tests.local.score.oracles import parsed, spelled, unzipped

E = 1e-13

SEVEN_DIGITS = re.compile(r"-?\d(\.\d{0,5}[1-9])?E(0|-?[1-9]\d?)")
"""One digit, at most six more of which the last is no zero, an exponent without plus or leading zeros."""


def by_hand(tp: int, fp: int, fn: int) -> float:
    """The smoothed F1 of one class."""
    precision, recall = (tp + E) / (tp + fp + 2 * E), (tp + E) / (tp + fn + 2 * E)
    return 2 * precision * recall / (precision + recall)


def test_1_class_neither_met_nor_predicted_scores_one_half() -> None:
    """Point 1: a class of the model that the data never holds and that is never predicted has an F1 of exactly 0.5."""
    counts = confusion(np.array([0, 1]), np.array([0, 1]), 3)

    assert 0.5 == f1_scores(counts)[2]


def test_1_mean_runs_over_all_classes_of_the_model() -> None:
    """Point 1: ten classes weigh a tenth each, whatever occurs of them, smoothed by the formula to the digit."""
    true = np.repeat([0, 1, 2], [50, 30, 20])
    predicted = np.concatenate([np.repeat([0, 1], [40, 10]), np.repeat([1, 3], [25, 5]), np.repeat([2, 0], [0, 20])])
    first, second, third, fourth = by_hand(40, 20, 10), by_hand(25, 10, 5), by_hand(0, 0, 20), by_hand(0, 5, 0)
    expected = (first + second + third + fourth + 6 * 0.5) / 10

    assert expected == macro_f1(confusion(true, predicted, 10))


def test_1_property_is_a_full_precision_decimal() -> None:
    """Point 1: the property is spelled like the published 0.22252705911460363 and 29853.250469108018."""
    random = np.random.default_rng(4930)
    codes = random.integers(0, 10, 4930)
    found = evaluate_multiclass(
        random.random((4930, 10)), codes, classes=[str(number) for number in range(10)], majority=0
    )["MulticlassAvgFScore"]
    error = 29853.250469108018

    assert re.fullmatch(r"0\.\d{15,18}", found)
    assert (
        "29853.250469108018" == evaluate_regression(np.array([error]), np.zeros(1), training_mean=0)["RegressionRMSE"]
    )


def test_4_unreadable_record_is_an_empty_line(tmp_path: Path) -> None:
    """Point 4: lines and records can be joined one by one, because an unreadable record has its own, empty line."""
    text = batch(tmp_path, BatchRows(np.array([0, 2]), np.array([[0.25, 0.75], [0.5, 0.5]], np.float32)), n_records=3)

    assert "b,a\n2.5E-1,7.5E-1\n\n5E-1,5E-1\n" == text


def test_5_columns_are_the_classes_in_the_models_order(tmp_path: Path) -> None:
    """Point 5: without a target there is a column per class, sorted or not, and no bestAnswer; rows keep order."""
    scores = np.array([[0.25, 0.75], [0.75, 0.25]], np.float32)

    assert [["b", "a"], ["2.5E-1", "7.5E-1"], ["7.5E-1", "2.5E-1"]] == parsed(
        batch(tmp_path, BatchRows(np.arange(2), scores), n_records=2)
    )


def test_5_rows_sum_to_one(tmp_path: Path) -> None:
    """Point 5: ten probabilities read back sum to 1 within 2e-7 plus what seven digits lose."""
    logits = np.random.default_rng(0).normal(scale=6, size=(500, 2))
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    text = batch(tmp_path, BatchRows(np.arange(500), probabilities.astype(np.float32)), n_records=500)
    sums = [sum(map(float, fields)) for fields in parsed(text)[1:]]

    np.testing.assert_allclose(1, sums, rtol=0, atol=2e-7)


@pytest.mark.parametrize(
    "published",
    [
        *("1.945252E-5", "9.96733E-1", "1.61803E-8", "1E0", "1.323967E5", "-6.188034E0", "1.503819E1"),
        *("8.7642E-3", "4.6317E-1", "-1.526385E1", "8.7E-3", "2.7E-1", "7.2E-1", "0E0"),
    ],
)
def test_5_number_format(published: str) -> None:
    """Point 5: scores of real files, read and written again, keep their spelling."""
    assert SEVEN_DIGITS.fullmatch(published)
    assert [published] == spelled(np.array([float(published)], np.float32))


def test_5_number_format_is_always_scientific() -> None:
    """Point 5: any score has the form of the published ones."""
    bits = np.random.default_rng(9).integers(0, 2**32, 20_000, dtype=np.uint32)
    values = bits.view(np.float32)

    assert [] == [text for text in spelled(values[np.isfinite(values)]) if not SEVEN_DIGITS.fullmatch(text)]


@pytest.mark.parametrize(
    ("line", "tag", "score"),
    [("20150530-00:00,,1.503819E1", "20150530-00:00", 15.03819), ("1461,0,1.323967E5", "1461", 132396.7)],
)
def test_lines_of_real_regressions(tmp_path: Path, line: str, tag: str, score: float) -> None:
    """Lines published from a weather and a house price batch are written as they were, an empty target as nothing."""
    true_label = line.split(",")[1]
    rows = BatchRows(
        np.arange(1), np.array([score], np.float32), tags=pl.Series([tag]), true_labels=pl.Series([true_label])
    )
    names = columns("REGRESSION", (), row_id=True, target=True)

    assert f"tag,trueLabel,score\n{line}\n" == written(tmp_path, rows, 1, names)


def batch(root: Path, rows: BatchRows, *, n_records: int) -> str:
    """The text of a result of a model that has the classes b and a, in this order."""
    return written(root, rows, n_records, ["b", "a"])


def written(root: Path, rows: BatchRows, n_records: int, names: Sequence[str]) -> str:
    """The text of a result."""
    store, uri = Folder(root), "s3://b/in/data.csv"
    lines = lines_of_parts([BatchPart(uri, n_records)], rows)
    write_results(store, "s3://b/out/", "bp-1", [uri], lines, columns=names, scratch=root)
    return unzipped(store, "s3://b/out/batch-prediction/result/bp-1-data.csv.gz")
