"""Statistics against numpy, scikit-learn and the guide's own example."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from sklearn.metrics import mutual_info_score  # pyright: ignore[reportUnknownVariableType] # untyped

from amlwrap.exceptions import DataError
from amlwrap.local.ingest.columns import BinaryColumn, CategoricalColumn, Column, NumericColumn, TextColumn
from amlwrap.local.ingest.quantiles import MAX_POINTS, Quantiles
from amlwrap.local.ingest.statistics import Statistics, summarise
from amlwrap.local.ingest.summaries import BinarySummary, CategoricalSummary, NumericSummary, TextSummary
from amlwrap.local.ingest.table import Table
from amlwrap.local.ingest.words import TextFold
from tests.local.ingest.test_reader import read, schema_of

RNG = np.random.default_rng(2026)
VALUES = hnp.arrays(np.float64, st.integers(1, 60), elements=st.one_of(st.integers(-3, 3), st.floats(-1e6, 1e6)))
SPOILING: dict[str, Callable[[bytes], bytes]] = {
    "emptied": lambda _: b"",
    "cut short": lambda content: content[:-40],
    "halved": lambda content: content[: len(content) // 2],
    "beheaded": lambda content: content[40:],
    "no archive": lambda _: b"PK\x03\x04" + b"\0" * 100,
    "a list": lambda _: b"[1]",
    "another kind": lambda _: b'{"attributes": []}',
    "too deep": lambda _: b"[" * 200_000,
    "zeros": lambda content: b"\0" * len(content),
}


def numeric(statistics: Statistics, name: str) -> NumericSummary:
    """The summary of a NUMERIC attribute."""
    found = statistics.attributes[name]
    assert isinstance(found, NumericSummary)
    return found


@given(VALUES, st.integers(2, 12))
def test_bins_are_never_empty_and_never_too_many(values: NDArray[np.float64], n_bins: int) -> None:
    """Edges rise strictly, there is a value in every bin, and at most as many bins as asked for."""
    edges = Quantiles.of(values).edges(n_bins)
    sizes = np.bincount(np.searchsorted(edges, values), minlength=len(edges) + 1)

    assert np.all(np.diff(edges) > 0)
    assert np.all(sizes > 0)
    assert len(sizes) <= n_bins


@given(VALUES, st.integers(1, 12))
def test_bins_end_with_the_values_at_equal_parts(values: NDArray[np.float64], n_bins: int) -> None:
    """Bit for bit the values at which equal parts of the rows end, each once, and never the largest."""
    rising = np.sort(values)
    ends = {rising[-(-step * len(rising) // n_bins) - 1] for step in range(1, n_bins)} - {rising[-1]}

    assert sorted(ends) == Quantiles.of(values).edges(n_bins).tolist()


@given(st.integers(2, 12), st.integers(1, 5))
def test_bins_of_distinct_values_are_equally_full(n_bins: int, size: int) -> None:
    """Where no two values are equal, every bin holds as many."""
    values = np.arange(n_bins * size) * 1.5
    edges = Quantiles.of(values).edges(n_bins)

    assert [size] * n_bins == np.bincount(np.searchsorted(edges, values)).tolist()


def test_many_values_are_thinned() -> None:
    """Beyond 4,096 distinct values a sketch of that size gives edges almost as good, its ends exact."""
    values = RNG.normal(size=100_000)
    sketch = Quantiles.of(values)

    assert MAX_POINTS == len(sketch.values)
    assert (values.min(), values.max(), 100_000) == (sketch.values[0], sketch.values[-1], sketch.n)
    sizes = np.bincount(np.searchsorted(sketch.edges(50), values), minlength=50)
    assert sizes == pytest.approx(2_000, abs=30)
    assert np.median(values) == pytest.approx(sketch.at(0.5), abs=1e-3)


@given(VALUES, st.integers(1, 20))
def test_histogram_counts_every_value(values: NDArray[np.float64], n_bins: int) -> None:
    """Counts of a histogram add up to all values, over bounds from the least to the largest."""
    bounds, counts = Quantiles.of(values).histogram(n_bins)

    assert len(values) == counts.sum()
    assert (values.min(), values.max()) == (bounds[0], bounds[-1])


def test_nothing_has_no_quantiles() -> None:
    """Of no value at all there are no edges and no histogram."""
    nothing = Quantiles.of(np.zeros(0))
    assert (0, 0, 0) == (nothing.n, len(nothing.edges(5)), len(nothing.histogram(5)[1]))


@pytest.mark.parametrize(
    "values",
    [
        RNG.integers(0, 256, 5_000).astype(np.uint8),
        RNG.integers(-300, 300, 5_000).astype(np.int16),
        RNG.integers(-(10**9), 10**9, 5_000),
        RNG.normal(size=5_000),
        np.full(5_000, 7, np.uint8),
    ],
    ids=["bytes", "shorts", "longs", "floats", "constant"],
)
@pytest.mark.parametrize("kind", ["classes", "binary", "numbers", "none"])
def test_numeric_summary_agrees_with_numpy(values: NDArray[np.generic], kind: str) -> None:
    """Moments, order statistics and correlation are those numpy computes from the values there are."""
    missing = RNG.random(5_000) < 0.1
    there = values[~missing].astype(np.float64)
    column = NumericColumn(np.where(missing, 0, values), missing, missing & (RNG.random(5_000) < 0.5))
    labels = RNG.integers(0, 2 if kind == "binary" else 4, 5_000)
    targets: dict[str, Column] = {
        "classes": CategoricalColumn(labels.astype(np.int32), ("a", "b", "c", "d")),
        "binary": BinaryColumn(np.where(RNG.random(5_000) < 0.1, -1, labels).astype(np.int8)),
        "numbers": NumericColumn(labels.astype(np.uint8), RNG.random(5_000) < 0.1),
        "none": TextColumn(pl.Series([""] * 5_000)),
    }
    target = targets[kind]
    statistics = summarise([Table.of({"a": column, "b": target})], schema_of("NC").replace(target="b"))
    found = numeric(statistics, "a")

    assert (5_000, int(missing.sum())) == (found.n, found.n_missing)
    assert (there.min(), there.max(), len(np.unique(there))) == (found.minimum, found.maximum, found.n_distinct)
    assert pytest.approx(np.mean(there)) == found.mean
    assert pytest.approx(np.std(there), rel=1e-9, abs=1e-9) == found.std
    assert np.median(there) == found.median
    assert np.unique(there).tolist()[-1] == found.quantiles.values[-1]
    if kind == "none" or len(np.unique(there)) == 1:
        assert found.correlation is None
    else:
        assert slow_correlation(column, target) == pytest.approx(found.correlation)


def slow_correlation(column: NumericColumn, target: object) -> float:
    """The correlation ratio or coefficient, by its definition."""
    assert column.missing is not None
    both = ~column.missing
    if isinstance(target, NumericColumn) and target.missing is not None:
        both = both & ~target.missing
        return abs(float(np.corrcoef(column.values[both], target.values[both])[0, 1]))
    assert isinstance(target, BinaryColumn | CategoricalColumn)
    codes = target.values if isinstance(target, BinaryColumn) else target.codes
    both = both & (codes >= 0)
    values, classes = column.values[both].astype(np.float64), codes[both]
    between = sum((classes == k).sum() * (values[classes == k].mean() - values.mean()) ** 2 for k in np.unique(classes))
    return float(np.sqrt(between / ((values - values.mean()) ** 2).sum()))


def test_column_without_a_number() -> None:
    """A NUMERIC column that is missing everywhere has counts and nothing else."""
    statistics = summarise([read(b",x\n,y\n", schema_of("NC"))], schema_of("NC").replace(target="b"))
    found = numeric(statistics, "a")

    assert (2, 2, 0, 0, None, None, None) == (
        found.n,
        found.n_missing,
        found.n_invalid,
        found.n_distinct,
        found.minimum,
        found.median,
        found.correlation,
    )


def test_numbers_at_the_end_of_float64() -> None:
    """Numbers whose squares are beyond float64 have a mean and no standard deviation."""
    found = numeric(summarise([read(b"1e308,1\n-1e308,2\n1e308,3", schema_of("NN"))], schema_of("NN")), "a")
    assert pytest.approx(1e308 / 3) == found.mean
    assert (None, 1e308) == (found.std, found.median)


def test_binary_summary() -> None:
    """A BINARY column counts yes, missing and invalid."""
    statistics = summarise([read(b"y,1\nn,0\n,1\n?,1\nT,3\n", schema_of("BN"))], schema_of("BN").replace(target="b"))
    found = statistics.attributes["a"]

    assert isinstance(found, BinarySummary)
    assert (5, 2, 1, 2) == (found.n, found.n_missing, found.n_invalid, found.n_true)
    assert np.corrcoef([1, 0, 1], [1, 0, 3])[0, 1] == pytest.approx(found.correlation)


def test_categorical_summary() -> None:
    """A CATEGORICAL column counts its levels, the empty one too, and measures association by Cramér's V."""
    data = b"a,x\nb,y\n,y\na,x\nb,y\nb,y\n"
    statistics = summarise([read(data, schema_of("CC"))], schema_of("CC").replace(target="b"))
    found = statistics.attributes["a"]

    assert isinstance(found, CategoricalSummary)
    assert (("b", "a", ""), (3, 2, 1), 3, "") == (found.levels, found.counts, found.n_distinct, found.least_frequent)
    assert pytest.approx(1.0) == found.correlation
    numbers = data.replace(b"x", b"1").replace(b"y", b"2")
    by_number = summarise([read(numbers, schema_of("CN"))], schema_of("CN").replace(target="b"))
    other = by_number.attributes["a"]
    assert isinstance(other, CategoricalSummary)
    assert pytest.approx(1.0) == other.correlation


def test_ids_are_bounded() -> None:
    """A CATEGORICAL column of thousands of levels keeps 1,000 of them and no correlation; as target it gives none."""
    data = "".join(f"id{i:05d},{i % 2}\n" for i in range(3_000)).encode()
    for target in "ab":
        statistics = summarise([read(data, schema_of("CN"))], schema_of("CN").replace(target=target))
        found = statistics.attributes["a"]
        assert isinstance(found, CategoricalSummary)
        assert (3_000, 1_000, None) == (found.n_distinct, len(found.levels), found.correlation)
        assert numeric(statistics, "b").correlation is None


def test_text_summary_of_the_guide() -> None:
    """The developer guide's four rows give the guide's figures."""
    rows = ["The fox jumped over the fence.", "This movie is intriguing.", "", "Fascinating movie."]
    fold = TextFold()
    fold.add(TextColumn(pl.Series(rows)), None)
    found = fold.summary()

    assert (12, 10) == (found.n_words, found.n_unique)
    assert (0, 6) == (found.min_words, found.max_words)
    assert (2, 11) == (found.min_length, found.max_length)
    assert (("movie", 2), None) == ((found.words[0], found.n_rows[0]), found.correlation)


def test_words_that_tell_the_target_come_first() -> None:
    """With a target, words stand by how much their presence tells of it, a word counted once a row."""
    data = b"good good film,1\nbad film,0\ngood!,1\nBad -,0\nfilm,0\n,\n"
    statistics = summarise([read(data, schema_of("TB"))], schema_of("TB").replace(target="b"))
    found = statistics.attributes["a"]

    assert isinstance(found, TextSummary)
    assert (("good", 2), ("bad", 2)) == tuple(zip(found.words, found.n_rows, strict=True))[:2]
    assert "-" in found.words
    assert pytest.approx(1.0) == found.correlation


def test_without_a_target_words_come_by_their_entropy() -> None:
    """What half of the rows hold tells most; what all hold tells nothing."""
    data = b"the red fox\nthe red dog\nthe cat\nthe owl\n"
    found = summarise([read(data, schema_of("T"))], schema_of("T")).attributes["a"]

    assert isinstance(found, TextSummary)
    assert (("red", 2), ("the", 4)) == (
        (found.words[0], found.n_rows[0]),
        (found.words[-1], found.n_rows[-1]),
    )
    assert {"fox", "dog", "cat", "owl"} == set(found.words[1:-1])


@given(st.lists(st.tuples(st.text("ab ", max_size=4), st.sampled_from("xyz")), min_size=1, max_size=20))
def test_word_information_is_mutual_information(rows: list[tuple[str, str]]) -> None:
    """A text's correlation is the mutual information of its best word, as scikit-learn computes it."""
    texts, classes = [text for text, _ in rows], [label for _, label in rows]
    levels = tuple(sorted(set(classes)))
    target = CategoricalColumn(np.array([levels.index(label) for label in classes], np.int32), levels)
    table = Table.of({"a": TextColumn(pl.Series(texts)), "b": target})
    found = summarise([table], schema_of("TC").replace(target="b")).attributes["a"]

    words = sorted({word for text in texts for word in text.split()})
    entropy = float(mutual_info_score(classes, classes))
    told = [float(mutual_info_score(classes, [word in text.split() for text in texts])) for word in words]
    assert isinstance(found, TextSummary)
    if words:
        assert pytest.approx(max(told) / entropy if entropy > 1e-9 else 0.0, abs=1e-9) == found.correlation
    else:
        assert found.correlation is None


def test_statistics_come_back_from_disk(tmp_path: Path) -> None:
    """What is saved is what is loaded, and the document is one a person can read."""
    schema = schema_of("NBCTN").replace(target="c")
    data = "1.5,y,é,some words,7\nx,n,b,,8\n,,é,more Words,9\nshort\n".encode()
    saved = summarise([read(data, schema)], schema)
    saved.save(tmp_path / "statistics")
    loaded = Statistics.load(tmp_path / "statistics")

    assert (4, 3, 1, "c") == (loaded.n_records, loaded.n_rows, loaded.n_invalid_records, loaded.target)
    assert list("abcde") == list(loaded.attributes)
    for name in "bcd":
        assert saved.attributes[name] == loaded.attributes[name]
    for name in "ae":
        before, after = numeric(saved, name), numeric(loaded, name)
        assert before.quantiles.values.tolist() == after.quantiles.values.tolist()
        assert before.quantiles.cumulative.tolist() == after.quantiles.cumulative.tolist()
        assert (before.mean, before.n_missing, before.correlation) == (after.mean, after.n_missing, after.correlation)
    text = (tmp_path / "statistics" / "statistics.json").read_text(encoding="utf-8")
    assert '"é"' in text
    assert [1] * 5 == [text.count(f'\n  "{name}": {{"type": ') for name in "abcde"]


def test_statistics_without_numbers(tmp_path: Path) -> None:
    """A table without NUMERIC columns has statistics that survive the disk too."""
    saved = summarise([read(b"a\nb\n", schema_of("C"))], schema_of("C"))
    saved.save(tmp_path)
    assert saved.attributes["a"] == Statistics.load(tmp_path).attributes["a"]


def test_statistics_that_are_not_there(tmp_path: Path) -> None:
    """Loading from an empty folder, or from junk, names the folder."""
    with pytest.raises(DataError, match="expected statistics"):
        Statistics.load(tmp_path)
    (tmp_path / "statistics.json").write_text("{}")
    (tmp_path / "quantiles.npz").write_text("junk")
    with pytest.raises(DataError, match="expected statistics"):
        Statistics.load(tmp_path)


@pytest.mark.parametrize("name", ["statistics.json", "quantiles.npz"])
@pytest.mark.parametrize("how", SPOILING)
def test_spoilt_statistics_are_told(tmp_path: Path, name: str, how: str) -> None:
    """Whatever a disk or a person left of a file, loading says in one way that it is spoilt."""
    summarise([read(b"1.5,b\n2.5,c\n", schema_of("NC"))], schema_of("NC")).save(tmp_path)
    (tmp_path / name).write_bytes(SPOILING[how]((tmp_path / name).read_bytes()))
    with pytest.raises(DataError, match="expected statistics"):
        Statistics.load(tmp_path)


def test_quantiles_that_are_another_datasources(tmp_path: Path) -> None:
    """Fewer of them than NUMERIC attributes are no statistics either."""
    for place, data in ((tmp_path / "b", b"1.5,b\n"), (tmp_path / "a", b"1.5,2.5\n")):
        schema = schema_of("NC" if place.name == "b" else "NN")
        summarise([read(data, schema)], schema).save(place)
    (tmp_path / "b" / "quantiles.npz").replace(tmp_path / "a" / "quantiles.npz")
    with pytest.raises(DataError, match="expected statistics"):
        Statistics.load(tmp_path / "a")


def test_statistics_of_nothing() -> None:
    """A slice without a row has statistics of every type, all of them empty."""
    schema = schema_of("NBCT")
    nothing = read(b"1,1,1,1\n2,0,2,2\n", schema).take_records(slice(0, 0))
    for target in (None, *"abc"):
        statistics = summarise([nothing], schema.replace(target=target))

        assert 0 == statistics.n_rows
        assert [0, 0, 0, 0] == [summary.n for summary in statistics.attributes.values()]
        assert {None} == {summary.correlation for summary in statistics.attributes.values()}


def test_target_without_a_value_tells_nothing() -> None:
    """Where the target is missing everywhere there is nothing to go by."""
    schema = schema_of("NBCTB").replace(target="e")
    statistics = summarise([read(b"1,1,1,1,\n2,0,2,2,\n", schema)], schema)

    assert [None, None, None, 0.0, None] == [summary.correlation for summary in statistics.attributes.values()]


def test_target_of_one_class_tells_nothing() -> None:
    """Where all rows are of one class there is no correlation with anything but text, which has none of it."""
    schema = schema_of("NBCTC").replace(target="e")
    statistics = summarise([read(b"1,1,1,1,x\n2,0,2,2,x\n", schema)], schema)

    assert [0.0, 0.0, None, 0.0, None] == [summary.correlation for summary in statistics.attributes.values()]
