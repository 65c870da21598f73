"""Batch predictions: files by the service's layout, read as arrays."""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from amlwrap import BatchPrediction, Client, Schema
from amlwrap.exceptions import ConfigError, DataError, MissingExtraError
from amlwrap.labels._parsing import parse_scores
from amlwrap.objects import Folder
from tests.scripted import Script, client_on

OUT = "s3://staging/out/"
RESULT = f"{OUT}batch-prediction/result/bp-1-"


@pytest.fixture
def batch(aml: Client, script: Script) -> BatchPrediction:
    """A completed one; its files are up to the test."""
    script.on(
        "GetBatchPrediction",
        {
            "BatchPredictionId": "bp-1",
            "MLModelId": "ml-1",
            "BatchPredictionDataSourceId": "ds-3",
            "OutputUri": OUT,
            "Status": "COMPLETED",
            "TotalRecordCount": 4,
            "InvalidRecordCount": "1",
        },
    )
    return aml.batch_predictions.get("bp-1")


def write(store: Folder, **results: str) -> None:
    """Results and their manifest, as the service writes them."""
    uris = {f"s3://in/{name}.csv": f"{RESULT}{name}.csv.gz" for name in results}
    store.put_bytes(f"{OUT}batch-prediction/bp-1.manifest", json.dumps(uris).encode())
    for uri, text in zip(uris.values(), results.values(), strict=True):
        store.put_bytes(uri, gzip.compress(text.encode()))


def test_counts_and_places(batch: BatchPrediction) -> None:
    """Numbers are numbers, and the manifest is where the service puts it."""
    assert (4, 1, f"{OUT}batch-prediction/bp-1.manifest") == (batch.n_total, batch.n_invalid, batch.manifest_uri)


def test_probabilities_and_labels(batch: BatchPrediction, store: Folder) -> None:
    """A row per input row over all result files, and a label for each."""
    write(store, a="cat,dog\n9E-1,1E-1\n2E-1,8E-1\n", b="cat,dog\n\n6E-1,4E-1\n")

    matrix = batch.probabilities()

    assert ((4, 2), ("cat", "dog")) == (matrix.values.shape, matrix.classes)
    assert ["cat", "dog", "", "cat"] == batch.labels().to_numpy().tolist()


def test_binary_labels_are_those_of_the_files(batch: BatchPrediction, store: Folder) -> None:
    """The threshold is the one the job ran with, unless another is asked for."""
    write(store, a="bestAnswer,score\n0,6E-1\n1,8E-1\n0,1E-1\n")

    assert ["0", "1", "0"] == batch.labels().to_numpy().tolist()
    assert ["1", "1", "0"] == batch.labels(threshold=0.5).to_numpy().tolist()


def test_scores_of_a_regression(batch: BatchPrediction, store: Folder) -> None:
    """Numbers in the order of the input, NaN for a row that could not be predicted."""
    write(store, a="tag,trueLabel,score\n1461,0,1.323967E5\n\n", b="tag,trueLabel,score\n1462,,-6.188034E0\n")

    np.testing.assert_array_equal([132396.7, np.nan, -6.188034], batch.scores())


@pytest.mark.parametrize(
    ("content", "match"),
    [("cat,dog\n9E-1,1E-1\n", "one of a MULTICLASS model"), ("score\nnone\n", "column 'score'")],
)
def test_scores_of_anything_else_are_refused(content: str, match: str) -> None:
    """Classes are no numbers."""
    with pytest.raises(DataError, match=match):
        parse_scores(content.encode(), "result")


def test_a_damaged_result_is_named(batch: BatchPrediction, store: Folder) -> None:
    """Half a gzip file is none."""
    write(store, a="score\n1E0\n")
    store.put_bytes(f"{RESULT}a.csv.gz", gzip.compress(b"score\n1E0\n")[:-4])

    with pytest.raises(DataError, match=r"bp-1-a\.csv\.gz: expected readable gzip data"):
        batch.scores()


def test_no_results_are_no_scores(batch: BatchPrediction, store: Folder) -> None:
    """A manifest may be empty."""
    write(store)

    assert 0 == len(batch.scores())


def test_files_are_downloaded(batch: BatchPrediction, store: Folder, tmp_path: Path) -> None:
    """Manifest and results, under their own names."""
    write(store, a="score\n1E0\n")

    paths = batch.download(tmp_path / "new" / "folder")

    assert ["bp-1.manifest", "bp-1-a.csv.gz"] == [path.name for path in paths]
    assert b"score\n1E0\n" == gzip.decompress(paths[1].read_bytes())


READERS: list[Callable[[BatchPrediction], Any]] = [
    lambda batch: batch.probabilities(),
    lambda batch: batch.labels(),
    lambda batch: batch.scores(),
    lambda batch: batch.manifest,
    lambda batch: batch.download("never-made"),
]


@pytest.mark.parametrize("read", READERS, ids=["probabilities", "labels", "scores", "manifest", "download"])
def test_nothing_is_read_before_the_end(read: Callable[[BatchPrediction], Any], aml: Client, script: Script) -> None:
    """Half a result is none."""
    script.on("GetBatchPrediction", {"BatchPredictionId": "bp-1", "Status": "INPROGRESS", "OutputUri": OUT})
    batch = aml.batch_predictions.get("bp-1")

    with pytest.raises(ConfigError, match="status INPROGRESS"):
        read(batch)


def test_lineage_is_walked(batch: BatchPrediction, script: Script, model: Any, datasource: Any) -> None:
    """What predicted, and what was predicted."""
    script.on("GetMLModel", model())
    script.on("GetDataSource", datasource(DataSourceId="ds-3"))

    assert ("ml-1", "ds-3") == (batch.model.id, batch.datasource.id)


def test_predictions_need_a_place(script: Script, schema: Schema) -> None:
    """Without staging and output there is nowhere to write, and no bucket is made up."""
    aml = client_on(script)
    data = aml.datasources.create("s3://b/new.csv", schema=schema)
    model = aml.models.create(data)
    script.calls.clear()

    with pytest.raises(ConfigError, match="predictions have to be written somewhere"):
        aml.batch_predictions.create(model, data)
    assert [] == script.calls

    assert "s3://out/x/" == aml.batch_predictions.create(model, data, output="s3://out/x").output_uri


BINARY = "tag,trueLabel,bestAnswer,score\na,1,1,7.5E-1\n\nc,0,0,2.5E-1\n"
MULTICLASS = "cat,dog\n9E-1,1E-1\n\n2E-1,8E-1\n"
REGRESSION = "trueLabel,score\n1,2E0\n\n,4E0\n"


def test_rows_come_one_by_one(batch: BatchPrediction, store: Folder) -> None:
    """In the order of the inputs; a row that could not be predicted says so."""
    write(store, a=BINARY, b=BINARY)

    rows = list(batch.rows())

    assert [1, 2, 3, 4, 5, 6] == [row.number for row in rows]
    assert [None, True] == [rows[4].label, rows[4].unreadable]
    assert ("c", "0", "0", 0.25) == (rows[5].row_id, rows[5].true_label, rows[5].label, rows[5].score)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (BINARY, [0.75, np.nan, 0.25]),
        (MULTICLASS, [[0.9, 0.1], [np.nan, np.nan], [0.2, 0.8]]),
        ("0,1\n9E-1,1E-1\n", [[0.9, 0.1]]),
        (REGRESSION, [2.0, np.nan, 4.0]),
    ],
)
def test_scores_as_an_array(text: str, expected: list[Any], batch: BatchPrediction, store: Folder) -> None:
    """Whatever the type of the model, its scores are what numpy gets."""
    write(store, a=text)

    np.testing.assert_array_equal(expected, batch.to_numpy())


FRAMES: list[tuple[str, dict[str, list[Any]]]] = [
    (
        BINARY,
        {
            "row_id": ["a", None, "c"],
            "true_label": ["1", None, "0"],
            "label": ["1", None, "0"],
            "score": [0.75, None, 0.25],
        },
    ),
    (
        MULTICLASS,
        {
            "label": ["cat", None, "dog"],
            "score": [0.9, None, 0.8],
            "p_cat": [0.9, None, 0.2],
            "p_dog": [0.1, None, 0.8],
        },
    ),
    (REGRESSION, {"true_label": ["1", None, None], "score": [2.0, None, 4.0]}),
]


@pytest.mark.parametrize(("text", "expected"), FRAMES)
def test_a_pandas_frame(text: str, expected: dict[str, list[Any]], batch: BatchPrediction, store: Folder) -> None:
    """Rows are numbered from 1; what is missing is missing."""
    pytest.importorskip("pandas")
    write(store, a=text)

    frame = batch.to_pandas()

    assert ("row", [1, 2, 3]) == (frame.index.name, frame.index.tolist())
    assert expected == frame.astype(object).where(frame.notna(), None).to_dict("list")


@pytest.mark.parametrize(("text", "expected"), FRAMES)
def test_a_polars_frame(text: str, expected: dict[str, list[Any]], batch: BatchPrediction, store: Folder) -> None:
    """The same, with the row numbers as a column."""
    pytest.importorskip("polars")
    write(store, a=text)

    assert {"row": [1, 2, 3], **expected} == batch.to_polars().fill_nan(None).to_dict(as_series=False)


def test_frames_take_a_threshold(batch: BatchPrediction, store: Folder) -> None:
    """As labels do."""
    pytest.importorskip("polars")
    write(store, a=BINARY)

    assert ["1", None, "1"] == batch.to_polars(threshold=0.2)["label"].to_list()


@pytest.mark.parametrize(("library", "extra"), [("pandas", "pandas"), ("polars", "local")])
def test_a_library_that_is_not_there_is_named(
    library: str, extra: str, batch: BatchPrediction, store: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what to install."""
    write(store, a=REGRESSION)
    monkeypatch.setitem(sys.modules, library, None)

    with pytest.raises(MissingExtraError, match=rf"to_{library}\(\).*amlwrap\[{extra}\]"):
        getattr(batch, f"to_{library}")()


def test_comparing_with_the_truth(batch: BatchPrediction, store: Folder) -> None:
    """In the files, in an array or by row id; a curve lets a threshold be chosen where evaluations give none."""
    write(store, a=BINARY)

    found = batch.compare()

    assert (1.0, 1.0, 2, 1) == (found.accuracy, found.auc, found.n_compared, found.n_invalid)
    assert 0.25 < found.choose_threshold(precision=1.0) <= 0.75
    assert 0.0 == batch.compare(["no", "no", "yes"]).accuracy
    assert 0.5 == batch.compare({"a": 1, "c": 0}, threshold=0.9).accuracy


def test_comparing_numbers(batch: BatchPrediction, store: Folder) -> None:
    """A regression has an RMSE, and no threshold."""
    write(store, a=REGRESSION)

    assert 1.0 == batch.compare().rmse
    assert 2.0 == batch.compare([4, 0, 6]).rmse
    with pytest.raises(ConfigError, match="REGRESSION model gives no labels"):
        batch.compare(threshold=0.5)


def test_a_manifest_of_nothing_has_no_result(batch: BatchPrediction, store: Folder) -> None:
    """Which is said as such."""
    write(store)

    assert [] == list(batch.rows())
    with pytest.raises(DataError, match="a result per input file"):
        batch.to_numpy()
