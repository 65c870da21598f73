"""Rows one by one: what each line says, whatever made it, in no more memory than a piece of the file."""

from __future__ import annotations

import gzip
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from amlwrap.exceptions import DataError
from amlwrap.labels.rows import PredictedRow, read_layout, read_rows
from amlwrap.objects import Folder

RESULT = "s3://b/result.csv.gz"


@pytest.fixture
def store(tmp_path: Path) -> Folder:
    """An empty store."""
    return Folder(tmp_path)


def rows(store: Folder, *texts: str) -> list[PredictedRow]:
    """The rows of results with these texts."""
    uris = [f"s3://b/{place}.csv.gz" for place in range(len(texts))]
    for uri, text in zip(uris, texts, strict=True):
        store.put_bytes(uri, gzip.compress(text.encode()))
    return list(read_rows(uris, store))


def test_of_a_binary_model(store: Folder) -> None:
    """The label is the file's own, the score the probability of 1; an empty line is a row that says so."""
    assert [
        PredictedRow(number=1, row_id="c1", true_label="1", label="0", score=0.25),
        PredictedRow(number=2, unreadable=True),
        PredictedRow(number=3, row_id="c,3", true_label="", label="1", score=0.75),
    ] == rows(store, 'tag,trueLabel,bestAnswer,score\nc1,1,0,2.5E-1\n\n"c,3",,1,7.5E-1\n')


def test_of_a_multiclass_model_in_several_files(store: Folder) -> None:
    """The label is the first of the most probable classes; numbers go on from file to file."""
    assert [
        PredictedRow(number=1, label="dog", score=0.75, scores={"cat": 0.25, "dog": 0.75}),
        PredictedRow(number=2, label="cat", score=0.5, scores={"cat": 0.5, "dog": 0.5}),
    ] == rows(store, "cat,dog\n2.5E-1,7.5E-1\n", "cat,dog\r\n5E-1,5E-1")


def test_of_a_regression_model(store: Folder) -> None:
    """There is no label, and the score is the number."""
    assert [PredictedRow(number=1, score=-15.0)] == rows(store, "score\n-1.5E1\n")


def test_of_nothing(store: Folder) -> None:
    """A result without rows has none, and no results have none either."""
    assert [] == rows(store, "score\n") == rows(store)


@pytest.mark.parametrize(
    ("texts", "match"),
    [
        (("",), "0.csv.gz, line 1: expected a header"),
        (("score\n1E0\n1E0,2E0\n",), "line 3: expected 1 fields, found 2"),
        (("score\nmany\n",), "line 2: expected numbers as scores"),
        (('tag,score\n"a,1E0\n',), "line 2: expected comma-separated fields"),
        (("score\n1E0\n", "tag,score\n"), "1.csv.gz, line 1: expected the columns of the first result: score"),
    ],
)
def test_what_is_no_result_is_named(texts: tuple[str, ...], match: str, store: Folder) -> None:
    """By file and line."""
    with pytest.raises(DataError, match=match):
        rows(store, *texts)


def test_bytes_that_are_no_text_are_named(store: Folder) -> None:
    """Also in a file that is not compressed."""
    store.put_bytes(RESULT, b"tag,score\n\xff,1E0\n")

    with pytest.raises(DataError, match="line 2: expected UTF-8 text, found byte 0xff"):
        list(read_rows([RESULT], store))


def test_a_line_without_an_end_is_not_read_for_ever(store: Folder) -> None:
    """Gzip may hide any number of bytes."""
    store.put_bytes(RESULT, gzip.compress(b"score\n" + b"1" * (1 << 25)))

    with pytest.raises(DataError, match="lines of at most"):
        list(read_rows([RESULT], store))


def test_the_layout_is_read_alone(store: Folder) -> None:
    """Of a result it takes the first line to know the type of model."""
    store.put_bytes(RESULT, gzip.compress(b"bestAnswer,score\n0,1E-1\n"))

    assert "BINARY" == read_layout(RESULT, store).model_type


def test_memory_does_not_grow_with_the_file(store: Folder) -> None:
    """Two hundred thousand rows go by in less than two megabytes."""
    scores = np.random.default_rng(7).random(200_000)
    lines = "".join(f"customer-{row},1,{score:.6E}\n" for row, score in enumerate(scores.tolist()))
    store.put_bytes(RESULT, gzip.compress(f"tag,bestAnswer,score\n{lines}".encode(), 1))
    del lines

    tracemalloc.start()
    try:
        count = sum(row.score is not None for row in read_rows([RESULT], store))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert 200_000 == count
    assert peak < 2 << 20
