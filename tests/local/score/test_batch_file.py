"""Batch results: what stands in the files, line by line."""

from __future__ import annotations

import gzip
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from amlwrap.documents.predictions import Manifest, ModelType, columns
from amlwrap.exceptions import ConfigError
from amlwrap.labels import ProbabilityMatrix
from amlwrap.local.score import batch_lines, packing
from amlwrap.local.score.batch_file import write_results
from amlwrap.local.score.batch_lines import BatchPart, BatchRows, Lines, lines_of_parts
from amlwrap.objects import Folder
from tests.local.score.oracles import parsed, spell

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), max_size=6)


@pytest.fixture
def store(tmp_path: Path) -> Folder:
    """An empty bucket ``b``."""
    return Folder(tmp_path)


def write(
    store: Folder,
    n_records: int | list[int],
    rows: BatchRows,
    model_type: ModelType = "REGRESSION",
    classes: list[str] | None = None,
) -> list[str]:
    """The texts of all results, in the order of the parts ``s3://b/in/0.csv`` and so on."""
    counts = [n_records] if isinstance(n_records, int) else n_records
    return [gzip.decompress(data).decode() for data in packed(store, cut(counts, rows), rows, model_type, classes)]


def packed(
    store: Folder,
    blocks: list[tuple[list[BatchPart], BatchRows]],
    rows: BatchRows,
    model_type: ModelType = "REGRESSION",
    classes: list[str] | None = None,
) -> list[bytes]:
    """The bytes of all results of *blocks*, which are *rows* cut somehow."""
    uris = list(dict.fromkeys(part.uri for parts, _ in blocks for part in parts))
    with tempfile.TemporaryDirectory() as scratch:
        write_results(
            store,
            "s3://b/out/",
            "bp-1",
            uris,
            (lines for parts, some in blocks for lines in lines_of_parts(parts, some)),
            columns=columns(
                model_type, classes or [], row_id=rows.tags is not None, target=rows.true_labels is not None
            ),
            scratch=Path(scratch),
        )
    names = [f"s3://b/out/batch-prediction/result/bp-1-{number}.csv.gz" for number in range(len(uris))]
    return [path.read_bytes() for name in names if (path := store.local_path(name))]


def cut(counts: list[int], rows: BatchRows, ends: Iterable[int] = ()) -> list[tuple[list[BatchPart], BatchRows]]:
    """Blocks of records, the first up to the first of *ends*, and so on; *counts* are those of the files."""
    blocks: list[tuple[list[BatchPart], BatchRows]] = []
    bounds = np.cumsum([0, *counts])
    first = 0
    for end in [*ends, sum(counts)]:
        places = np.diff(np.clip(bounds, first, end)).tolist()
        parts = [BatchPart(f"s3://b/in/{number}.csv", count) for number, count in enumerate(places)]
        blocks.append((parts, rows.between(first, end)))
        first = end
    return blocks


def scored(*scores: float, at: list[int] | None = None, **others: Any) -> BatchRows:
    """Rows of one score each, the first records unless said otherwise."""
    return BatchRows(np.array(range(len(scores)) if at is None else at, int), np.array(scores, np.float32), **others)


def test_binary(store: Folder) -> None:
    """A BINARY result holds the best answer and the score of 1, behind tag and true label."""
    rows = scored(0.75, 0.25, labels=np.array([1, 0]), tags=pl.Series(["a", "b"]), true_labels=pl.Series(["yes", None]))

    assert ["tag,trueLabel,bestAnswer,score\na,yes,1,7.5E-1\nb,,0,2.5E-1\n"] == write(store, 2, rows, "BINARY")


def test_multiclass(store: Folder) -> None:
    """A MULTICLASS result has a column per class, and no best answer even where a target is known."""
    rows = BatchRows(np.arange(1), np.array([[0.25, 0.75]], np.float32), true_labels=pl.Series(["red"]))

    assert ["trueLabel,red,green\nred,2.5E-1,7.5E-1\n"] == write(store, 1, rows, "MULTICLASS", ["red", "green"])


def test_regression(store: Folder) -> None:
    """A REGRESSION result without row id and target has one column."""
    assert ["score\n-6.188034E0\n0E0\n"] == write(store, 2, scored(-6.188034, 0.0))


@pytest.mark.parametrize("tags", [None, pl.Series(["x", "y"])])
def test_unreadable_records_are_empty_lines(store: Folder, tags: pl.Series | None) -> None:
    """A record without a prediction leaves an empty line, with or without a tag column."""
    (text,) = write(store, 5, scored(1, 2, at=[1, 3], tags=tags))
    first, second = ("x,", "y,") if tags is not None else ("", "")

    assert ["", f"{first}1E0", "", f"{second}2E0", ""] == text.removesuffix("\n").split("\n")[1:]


@pytest.mark.parametrize("tags", [None, pl.Series([], dtype=pl.String)])
def test_no_record_is_readable(store: Folder, tags: pl.Series | None) -> None:
    """A file of nothing but unreadable records gives a header and as many empty lines."""
    (text,) = write(store, 3, scored(tags=tags))

    assert "\n\n\n" == text[text.index("score") + len("score\n") :]


def test_parts(store: Folder) -> None:
    """Every input file has its own result, header included, even an empty one; the manifest pairs them."""
    texts = write(store, [2, 0, 1], scored(1, 2, 3))

    assert ["score\n1E0\n2E0\n", "score\n", "score\n3E0\n"] == texts
    with store.open("s3://b/out/batch-prediction/bp-1.manifest") as file:
        manifest = Manifest.parse(file.read())
    assert {
        f"s3://b/in/{number}.csv": f"s3://b/out/batch-prediction/result/bp-1-{number}.csv.gz" for number in range(3)
    } == manifest.results


def test_class_names_are_quoted_in_the_header(store: Folder) -> None:
    """A class called with a comma or a quote is one column."""
    classes = ["plain", "salt, oil", 'the "big" one', "é"]
    (text,) = write(store, 1, BatchRows(np.arange(1), np.full((1, 4), 0.25, np.float32)), "MULTICLASS", classes)

    assert [classes, ["2.5E-1"] * 4] == parsed(text)


@settings(max_examples=30)  # each one writes and syncs files
@given(tags=st.lists(st.none() | TEXT, max_size=8), labels=st.lists(TEXT, min_size=8, max_size=8))
def test_any_text(tmp_path_factory: pytest.TempPathFactory, tags: list[str | None], labels: list[str]) -> None:
    """Row ids and targets come back as they were, whatever they hold; an absent one as nothing."""
    n = len(tags)
    rows = scored(*[0.5] * n, tags=pl.Series(tags, dtype=pl.String), true_labels=pl.Series(labels[:n], dtype=pl.String))
    (text,) = write(Folder(tmp_path_factory.mktemp("store")), n, rows)

    assert [[tag or "", label, "5E-1"] for tag, label in zip(tags, labels, strict=False)] == parsed(text)[1:]


def test_a_long_text_among_many_takes_no_room_beside_them(store: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines are the same when only a few, or one alone, fit into a block."""
    tags = pl.Series([f"t{number}" if number != 3 else "long, " * 50 for number in range(9)])
    rows = scored(*range(9), at=[0, *range(2, 10)], tags=tags, true_labels=pl.Series(["\0é"] * 9))
    whole = write(store, 11, rows)

    for n_bytes in (400, 1):
        monkeypatch.setattr(batch_lines, "_MOST_BYTES", n_bytes)
        assert whole == write(store, 11, rows)


@settings(max_examples=30)  # each one writes and syncs files
@given(data=st.data(), n_classes=st.integers(1, 100), counts=st.lists(st.integers(0, 7), min_size=1, max_size=4))
def test_any_shape(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, n_classes: int, counts: list[int]
) -> None:
    """From 1 to 100 classes, whatever is unreadable and however blocks fall, line i of a result is record i."""
    readable = np.array(data.draw(st.lists(st.booleans(), min_size=sum(counts), max_size=sum(counts))), bool)
    positions = np.flatnonzero(readable)
    scores = np.random.default_rng(len(positions)).random((len(positions), n_classes), dtype=np.float32) ** 5
    rows = BatchRows(positions, scores, tags=pl.Series([f"t{at}" for at in positions], dtype=pl.String))
    ends = sorted(data.draw(st.lists(st.integers(0, sum(counts)), max_size=5)))
    store = Folder(tmp_path_factory.mktemp("store"))
    classes = [f"c{number}" for number in range(n_classes)]
    texts = [
        gzip.decompress(one).decode() for one in packed(store, cut(counts, rows, ends), rows, "MULTICLASS", classes)
    ]

    assert expected_lines(scores, readable) == [fields for text in texts for fields in parsed(text)[1:]]
    assert counts == [text.count("\n") - 1 for text in texts]


@settings(max_examples=30)  # each one writes and syncs files
@given(data=st.data(), n_classes=st.integers(2, 12), n_records=st.integers(1, 30))
def test_labels_read_it_back(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, n_classes: int, n_records: int
) -> None:
    """The reader of results gives back probabilities to seven digits, tags, and unreadable records as such."""
    readable = np.array(data.draw(st.lists(st.booleans(), min_size=n_records, max_size=n_records)), bool)
    scores = np.random.default_rng(n_records).dirichlet(np.full(n_classes, 0.2), int(readable.sum())).astype(np.float32)
    tags = data.draw(st.lists(st.text('ab," é', min_size=1), min_size=len(scores), max_size=len(scores)))
    rows = BatchRows(np.flatnonzero(readable), scores, tags=pl.Series(tags, dtype=pl.String))
    store = Folder(tmp_path_factory.mktemp("store"))
    write(store, n_records, rows, "MULTICLASS", [f"c{number}" for number in range(n_classes)])
    read = ProbabilityMatrix.read("s3://b/out/batch-prediction/bp-1.manifest", store=store)

    np.testing.assert_allclose(scores, read.values[readable], rtol=5.1e-7)
    assert (~readable).tolist() == read.unreadable.tolist()
    assert tags == list(read.row_ids[readable])


def expected_lines(scores: NDArray[np.float32], readable: NDArray[np.bool_]) -> list[list[str]]:
    """One list of fields per record, made the slow way."""
    left = iter(scores.astype(np.float64).tolist())
    return [[f"t{at}", *map(spell, next(left))] if good else [] for at, good in enumerate(readable)]


@settings(max_examples=30)  # each one writes and syncs files
@given(st.lists(st.integers(0, 1000), max_size=9).map(sorted), st.integers(100, 5000))
def test_blocks_do_not_show(tmp_path_factory: pytest.TempPathFactory, ends: list[int], n_packed: int) -> None:
    """However the records are cut into blocks, the files are the same, to the byte."""
    random = np.random.default_rng(5)
    tags = pl.Series([f"t{number}" for number in range(900)])
    positions = np.sort(random.permutation(1000)[:900])
    rows = BatchRows(positions, random.random((900, 3), dtype=np.float32), tags=tags)
    counts, classes = [600, 0, 400], ["a", "b", "c"]
    store = Folder(tmp_path_factory.mktemp("store"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(packing, "_BLOCK_BYTES", n_packed)
        whole = packed(store, cut(counts, rows), rows, "MULTICLASS", classes)

        assert whole == packed(store, cut(counts, rows, ends), rows, "MULTICLASS", classes)


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_what_fails_on_the_way_writes_nothing(store: Folder, tmp_path: Path, error: type[BaseException]) -> None:
    """When lines stop coming there is no result, not even of the files that were done."""

    def lines() -> Iterator[Lines]:
        yield "s3://b/in/0.csv", b"1E0\n"
        yield "s3://b/in/1.csv", b"1E0\n"
        raise error

    with pytest.raises(error):
        write_results(
            store,
            "s3://b/out/",
            "bp-1",
            ["s3://b/in/0.csv", "s3://b/in/1.csv"],
            lines(),
            columns=["score"],
            scratch=tmp_path,
        )

    assert [] == store.list("s3://b/out/")


def test_same_rows_same_bytes(store: Folder) -> None:
    """Files carry no time and no name: written twice, they are the same bytes."""
    uri = "s3://b/out/batch-prediction/result/bp-1-0.csv.gz"
    versions: list[bytes] = []
    for _ in range(2):
        write(store, 2, scored(1, 2))
        with store.open(uri) as file:
            versions.append(file.read())

    assert versions[0] == versions[1]
    assert bytes(4) == versions[0][4:8]  # no time stamp


def test_same_file_name_twice(store: Folder) -> None:
    """Two inputs whose results would overwrite each other are refused before anything is written."""
    uris = ["s3://b/x/data.csv", "s3://b/y/data.csv"]
    with pytest.raises(ConfigError, match=r"data\.csv"):
        write_results(store, "s3://b/out/", "bp-1", uris, [], columns=["score"], scratch=store.root)

    assert [] == store.list("s3://b/")


def test_failure_leaves_no_manifest(store: Folder) -> None:
    """When lines cannot be made, neither a result nor the manifest appears."""
    rows = attrs.evolve(scored(1, 2), tags=pl.Series([[1], [2]]))  # not text
    with pytest.raises(pl.exceptions.PolarsError):
        write(store, 2, rows)

    assert [] == store.list("s3://b/")
