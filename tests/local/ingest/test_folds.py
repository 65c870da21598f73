"""Statistics of blocks against statistics of the whole, and the bounds of what is no longer exact."""

from __future__ import annotations

import math
import weakref
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import attrs
import numpy as np
import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from amlwrap.local.ingest.budget import Budget
from amlwrap.local.ingest.columns import CategoricalColumn, Column, NumericColumn, TextColumn
from amlwrap.local.ingest.distinct import N_HASHES, Distinct
from amlwrap.local.ingest.distribution import Distribution
from amlwrap.local.ingest.frequent import Frequent
from amlwrap.local.ingest.moments import Moments
from amlwrap.local.ingest.quantiles import MAX_POINTS
from amlwrap.local.ingest.ranks import MAX_ERROR
from amlwrap.local.ingest.sample import MAX_ROWS, Sample
from amlwrap.local.ingest.statistics import Statistics, summarise
from amlwrap.local.ingest.summaries import CategoricalSummary, NumericSummary, Summary, TextSummary
from amlwrap.local.ingest.table import Table
from amlwrap.local.ingest.target import LevelsToTarget, Target
from amlwrap.local.ingest.words import TextFold
from tests.local.ingest.test_reader import read, schema_of

RNG = np.random.default_rng(2027)
FIELDS = {
    "N": st.sampled_from(["", "?", "1", "2", "7", "-3", "0.5", "300"]),
    "B": st.sampled_from(["", "y", "n", "?"]),
    "C": st.sampled_from(["", "red", "blue", "green"]),
    "T": st.sampled_from(["", "a b", "b B!", "some words of a row"]),
}
ROWS = st.lists(st.tuples(*(FIELDS[kind] for kind in "NBCT")), min_size=1, max_size=30)


def cut(table: Table, places: Sequence[int]) -> list[Table]:
    """*table* in blocks, a new one beginning at each of *places*."""
    bounds = [0, *sorted(place % (table.n_records + 1) for place in places), table.n_records]
    return [table.take_records(slice(low, high)) for low, high in pairwise(bounds)]


def figures(summary: Summary) -> dict[str, Any]:
    """All there is in a summary; floating ones to nine digits."""
    found = attrs.asdict(summary, recurse=False)
    quantiles = found.pop("quantiles", None)
    if quantiles is not None:
        found |= {"values": quantiles.values.tolist(), "cumulative": quantiles.cumulative.tolist()}
    rounded = {"mean", "std", "correlation"}
    return {
        name: pytest.approx(value, rel=1e-9, abs=1e-9) if name in rounded and value is not None else value
        for name, value in found.items()
    }


@example(
    [
        ("", "", colour, words)
        for colour, words in zip(
            ("red", "red", "blue", "green", "", "", "", "", ""),
            ("a b", "some words of a row", "", "a b", "a b", "a b", *["some words of a row"] * 3),
            strict=True,
        )
    ],
    [4],
    "c",
)  # two words that tell the same
@given(ROWS, st.lists(st.integers(0, 30), max_size=4), st.sampled_from([None, *"abc"]))
def test_blocks_tell_what_the_whole_does(rows: list[tuple[str, ...]], places: list[int], target: str | None) -> None:
    """Wherever rows are cut, empty blocks among them, the statistics are those of all rows at once."""
    schema = schema_of("NBCT").replace(target=target)
    table = read("".join(",".join(row) + "\n" for row in rows).encode(), schema)
    whole, blocks = summarise([table], schema), summarise(cut(table, places), schema)

    assert (whole.n_records, whole.n_rows, whole.n_invalid_records, whole.target) == (
        blocks.n_records,
        blocks.n_rows,
        blocks.n_invalid_records,
        blocks.target,
    )
    for name, summary in whole.attributes.items():
        assert figures(summary) == figures(blocks.attributes[name])


def test_levels_and_classes_have_other_numbers_in_each_block() -> None:
    """Blocks with vocabularies of their own tell what one vocabulary tells."""
    levels, classes = RNG.integers(0, 40, 600), RNG.integers(0, 7, 600)
    names = [f"l{level}" for level in levels]
    labels = [f"c{label % 7}" for label in classes + levels // 10]

    def block(rows: slice) -> Table:
        return Table.of({"a": categorical(names[rows]), "b": categorical(labels[rows])})

    schema = schema_of("CC").replace(target="b")
    whole = summarise([block(slice(None))], schema)
    blocks = summarise((block(slice(at, at + 50)) for at in range(0, 600, 50)), schema)

    assert figures(whole.attributes["a"]) == figures(blocks.attributes["a"])
    assert whole.attributes["a"].correlation is not None


def test_a_block_is_let_go_before_the_next_is_asked_for() -> None:
    """No array of a block is held once the next one is read."""
    arrays: list[weakref.ref[NDArray[Any]]] = []

    def block() -> Table:
        values = RNG.normal(size=5_000)
        arrays.append(weakref.ref(values))
        return Table.of({"a": NumericColumn(values), "b": TextColumn(pl.Series(["some words"] * 5_000))})

    def blocks() -> Iterator[Table]:
        for _ in range(3):
            assert [None] * len(arrays) == [array() for array in arrays]
            yield block()

    assert 15_000 == summarise(blocks(), schema_of("NT").replace(target="a"), Budget(points=1)).n_rows


def categorical(values: Sequence[str]) -> CategoricalColumn:
    """A column with the vocabulary of its own values."""
    vocabulary, codes = np.unique(np.array(values), return_inverse=True)
    return CategoricalColumn(codes.astype(np.int32), tuple(vocabulary.tolist()))


def of_numbers(runs: Sequence[NDArray[Any]], max_points: int = MAX_POINTS) -> Distribution:
    """The distribution of *runs*, shrunk after each."""
    found = Distribution()
    for run in runs:
        found.add(*np.unique(run, return_counts=True))
        found.shrink(max_points)
        points = len(found.distinct) if found.ranks is None else len(found.ranks.values)
        assert points <= max_points
    return found


STREAMS = {
    "normal": RNG.normal(size=400_000),
    "rising": np.arange(400_000) * 0.5,
    "falling": -np.arange(400_000) * 0.5,
    "inwards": np.where(np.arange(400_000) % 2, 1.0, -1.0) * (400_000.0 - np.arange(400_000)),
    "heavy": np.where(RNG.random(400_000) < 0.6, 0.0, RNG.normal(size=400_000)),
    "wide": RNG.lognormal(0.0, 40.0, 400_000),
    "ids": RNG.permutation(400_000) + 10**15,
}


@pytest.mark.parametrize("stream", STREAMS)
@pytest.mark.parametrize("n_runs", [3, 100])
def test_ranks_are_off_by_no_more_than_a_thousandth(stream: str, n_runs: int) -> None:
    """In whatever order values come, ranks lie within the error that is told, and both ends are exact."""
    values = STREAMS[stream]
    found = of_numbers(np.array_split(values, n_runs))
    quantiles, ordered = found.quantiles(), np.sort(values)

    assert (len(values), ordered[0], ordered[-1]) == (quantiles.n, *(found.ends or ()))
    assert 0 < found.rank_error <= MAX_ERROR * (2 if stream == "inwards" else 1)
    for share in np.linspace(0.001, 1.0, 1_000):
        value, rank = quantiles.at(share), share * len(values)
        before, upto = np.searchsorted(ordered, [value]), np.searchsorted(ordered, [value], side="right")
        off = max(int(before[0]) + 1 - math.ceil(rank), math.ceil(rank) - int(upto[0]), 0)
        assert off <= found.rank_error * len(values) + 1
    assert quantiles.at(0.5) == found.median


def test_estimated_numbers_of_distinct_values() -> None:
    """Within 5 % of the truth, and unmoved by repetition and by the type of equal numbers."""
    values = np.arange(300_000)
    found = of_numbers([*np.array_split(values, 7), values[:1000].astype(np.float64), *np.array_split(values, 3)])

    assert pytest.approx(300_000, rel=0.05) == found.n_distinct
    assert N_HASHES == len(found.hashes.hashes)


def test_few_strings_are_counted_one_by_one() -> None:
    """There is no estimate where there is no need of one."""
    distinct = Distinct()
    distinct.add_strings(["a", "b"])
    distinct.add_strings(["b", "c"])

    assert 3 == distinct.estimate


@given(st.lists(st.lists(st.integers(0, 60), min_size=1, max_size=60), min_size=2, max_size=12))
def test_frequent_strings_survive(runs: list[list[int]]) -> None:
    """Counts are too low by no more than is said, and what is frequent is there, in any order."""
    found, backwards, truth = Frequent(), Frequent(), dict[str, int]()
    for run in runs:
        strings, counts = np.unique([f"{value}" for value in run], return_counts=True)
        names: list[str] = strings.tolist()
        found.add(names, counts.tolist())
        backwards.add(names[::-1], counts.tolist()[::-1])
        found.shrink(20, 1_000)
        backwards.shrink(20, 1_000)
        for name, count in zip(names, counts.tolist(), strict=True):
            truth[name] = truth.get(name, 0) + count
        assert len(found.counts) <= 20

    assert (found.counts, found.slack, found.floor) == (backwards.counts, backwards.slack, backwards.floor)
    assert found.floor <= sum(truth.values()) / 10
    for name, count in truth.items():
        if name in found.counts:
            assert found.counts[name] <= count <= found.counts[name] + found.error([name])
        else:
            assert count <= found.floor
    assert len(found.counts) <= found.n_distinct <= len(truth)
    assert found.n_chars == sum(map(len, found.counts))


def test_long_strings_count_by_their_length() -> None:
    """A few long levels take up as much room as many short ones; one beyond all room is not kept."""
    found = Frequent()
    found.add(["x" * 900, "y" * 300, "z"], [9, 5, 1])
    found.shrink(10, 1_000)

    assert ({}, 9, None) == (found.counts, found.floor, found.rarest)


def test_what_is_kept_is_bounded() -> None:
    """However many rows pass by, what is kept stays within the budget, and what is told says what it is."""
    budget = Budget(points=1, strings=1, chars=1, cells=1, sampled=1)
    words = TextFold()

    def blocks() -> Iterator[Table]:
        for at in range(0, 40_000, 5_000):
            ids = [f"id{row:06d}" for row in range(at, at + 5_000)]
            text = TextColumn(pl.Series([f"always {name}" for name in ids]))
            words.add(text, Target(np.zeros(5_000, np.int64), 1))
            words.shrink(budget.share([text]))
            yield Table.of(
                {
                    "a": NumericColumn(RNG.normal(size=5_000)),
                    "b": categorical([*ids[:-2_000], *(["often"] * 2_000)]),
                    "c": text,
                    "d": NumericColumn(RNG.integers(0, 3, 5_000).astype(np.uint8)),
                }
            )

    statistics = summarise(blocks(), schema_of("NCTN").replace(target="d"), budget)
    numbers, levels, texts = (statistics.attributes[name] for name in "abc")

    assert isinstance(numbers, NumericSummary)
    assert isinstance(levels, CategoricalSummary)
    assert isinstance(texts, TextSummary)
    assert (True, True, True) == (numbers.approximate, levels.approximate, texts.approximate)
    assert pytest.approx(40_000, rel=0.05) == numbers.n_distinct
    assert ("often", 16_000, None) == (levels.levels[0], levels.counts[0], levels.least_frequent)
    assert ("always", 40_000) == max(zip(texts.words, texts.n_rows, strict=True), key=lambda pair: pair[1])
    assert pytest.approx(40_001, rel=0.05) == texts.n_unique
    assert len(words.words.counts) <= 2_000
    assert sum(texts.str.len_bytes().sum() for texts in words.sample.texts) <= 1 << 16


def test_one_block_is_exact_whatever_the_budget() -> None:
    """Data that memory holds at once loses nothing."""
    values = RNG.normal(size=20_000)
    columns: dict[str, Column] = {"a": NumericColumn(values), "b": categorical([f"{value}" for value in values])}
    found = summarise([Table.of(columns)], schema_of("NC"), Budget(points=1, strings=1))
    numbers, levels = found.attributes["a"], found.attributes["b"]

    assert isinstance(numbers, NumericSummary)
    assert isinstance(levels, CategoricalSummary)
    assert (20_000, False, np.median(values)) == (numbers.n_distinct, numbers.approximate, numbers.median)
    assert (20_000, False) == (levels.n_distinct, levels.approximate)


def test_a_sample_is_spread_and_does_not_depend_on_the_blocks() -> None:
    """Every so many-th row, a power of two, of all rows, with the target beside it."""
    samples = [Sample(), Sample()]
    for sample, n_rows in zip(samples, (250_000, 7_000), strict=True):
        for at in range(0, 250_000, n_rows):
            rows = np.arange(at, min(at + n_rows, 250_000))
            sample.add(pl.Series(rows.astype(str)), Target(rows * 0, 1, rows.astype(np.float64)))
            sample.shrink(1 << 30)

    one, other = samples
    assert (4, 62_500) == (one.step, len(one))
    assert one.values().to_list() == other.values().to_list() == [f"{row}" for row in range(0, 250_000, 4)]
    assert len(one) <= MAX_ROWS
    assert other.target() is not None
    assert one.numbers[0].tolist() == np.concatenate(other.numbers).tolist()


def test_a_large_table_of_levels_and_classes_is_given_up() -> None:
    """What has no room has no measure, from then on."""
    found = LevelsToTarget()
    column, target = categorical(["a", "b"]), Target(np.array([0, 1]), 2)
    found.add(column, target)
    assert pytest.approx(1.0) == found.measure
    found.shrink(3)
    found.add(column, target)
    assert found.measure is None


@given(st.lists(st.floats(-1e308, 1e308), min_size=2, max_size=20), st.integers(1, 19))
def test_moments_merge(values: list[float], place: int) -> None:
    """Means stay finite and within the values, whatever their size; a spread beyond float64 is none."""
    moments = Moments()
    with np.errstate(over="ignore", invalid="ignore"):
        for run in (np.array(values[:place]), np.array(values[place:])):
            if len(run):
                mean = float((run / len(run)).sum())
                moments.add(len(run), mean, float((np.square(run - mean) / len(run)).sum()))

    assert float((np.array(values) / len(values)).sum()) == pytest.approx(moments.mean, rel=1e-9, abs=1e295)
    assert moments.deviation is None or moments.deviation >= 0


def test_integers_beyond_float64_stay_apart() -> None:
    """Large whole numbers are told apart as long as they are kept, and do not overflow."""
    first, second = np.array([2**62, 2**62 + 1]), np.array([2**62 + 2])
    blocks = [Table.of({"a": NumericColumn(values)}) for values in (first, second)]
    found = summarise(blocks, schema_of("N")).attributes["a"]

    assert isinstance(found, NumericSummary)
    assert (3, 2.0**62) == (found.n_distinct, found.mean)


def test_no_block_at_all() -> None:
    """Nothing was counted, which is no error."""
    found: Statistics = summarise([], schema_of("N"))

    assert (0, {}) == (found.n_rows, dict(found.attributes))
