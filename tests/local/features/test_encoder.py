"""The encoder: what reaches the learner from each transformation, and that it stays so on other rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from amlwrap.documents import Recipe, Schema
from amlwrap.exceptions import DataError
from amlwrap.local.features import storage
from amlwrap.local.features.encoder import Encoder
from amlwrap.local.features.evaluation import Rows
from amlwrap.local.ingest.columns import BinaryColumn, CategoricalColumn, NumericColumn, TextColumn


class Exact:
    """Statistics of numeric columns, computed on the spot."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows

    def values(self, name: str) -> NDArray[Any]:
        """Values that are there."""
        column = self.rows[name]
        assert isinstance(column, NumericColumn)
        there: NDArray[Any] = column.values if column.missing is None else column.values[~column.missing]
        return there

    def edges(self, name: str, n: int) -> NDArray[np.float64]:
        """Cut points at the quantiles, each once."""
        found: NDArray[np.float64] = np.unique(
            np.quantile(self.values(name), np.arange(1, n) / n, method="inverted_cdf")
        ).astype(float)
        below: NDArray[np.float64] = found[found < self.values(name).max()]
        return below

    def scale(self, name: str) -> tuple[float, float]:
        """Mean and deviation."""
        return float(self.values(name).mean()), float(self.values(name).std())

    def has_missing(self, name: str) -> bool:
        """Whether any value is missing."""
        return len(self.values(name)) < len(self.rows[name])


def schema_of(**types: str) -> Schema:
    """A schema with the given attributes."""
    attributes = [{"attributeName": name, "attributeType": kind} for name, kind in types.items()]
    document = {"version": "1.0", "dataFormat": "CSV", "dataFileContainsHeader": True, "attributes": attributes}
    return Schema.parse(document)


def categorical(*values: str) -> CategoricalColumn:
    """A column of strings."""
    vocabulary = tuple(sorted(set(values)))
    return CategoricalColumn(np.array([vocabulary.index(value) for value in values], np.int32), vocabulary)


def text(*values: str) -> TextColumn:
    """A column of texts."""
    return TextColumn(pl.Series(values))


def fitted(recipe: list[str], schema: Schema, rows: Rows) -> Encoder:
    """An encoder for *recipe* that has seen *rows*."""
    return Encoder.fit(Recipe.parse({"outputs": recipe}).resolve(schema), [rows], Exact(rows))


def dense(encoder: Encoder, rows: Rows) -> list[list[float]]:
    """The design matrix of *rows*, whole."""
    return [row for block in encoder.blocks(rows) for row in block.matrix.toarray().tolist()]


def n_tokens(recipe: str, value: str, **others: CategoricalColumn) -> int:
    """How many tokens *recipe* makes of one text."""
    rows: Rows = {"t": text(value), **others}
    encoder = fitted([recipe], schema_of(t="TEXT", **dict.fromkeys(others, "CATEGORICAL")), rows)
    return int(next(encoder.blocks(rows)).matrix.sum())


def test_most_frequent_level_is_implied() -> None:
    """Every level but the most frequent one is an entry; the last column is for levels never seen."""
    rows: Rows = {"c": categorical("a", "b", "a", "c")}
    encoder = fitted(["c"], schema_of(c="CATEGORICAL"), rows)
    assert dense(encoder, rows) == [[0, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0], [0, 0, 1, 0]]
    assert (encoder.layout.starts.tolist(), encoder.layout.shares.tolist()) == ([0], [0.5])


def test_levels_keep_their_columns_in_other_vocabularies() -> None:
    """A table with other values finds the same columns; all values never seen share one."""
    encoder = fitted(["c"], schema_of(c="CATEGORICAL"), {"c": categorical("a", "b", "a", "c")})
    assert dense(encoder, {"c": categorical("c", "never", "b")}) == [[0, 0, 1, 0], [0, 0, 0, 1], [0, 1, 0, 0]]


def test_numbers_are_standardised_and_missing_ones_say_so() -> None:
    """A number has mean 0 and deviation 1 in training; a missing one is zero, with a column of its own."""
    rows: Rows = {"x": NumericColumn(np.array([1, 3, 0]), np.array([False, False, True]))}
    assert dense(fitted(["x"], schema_of(x="NUMERIC"), rows), rows) == [[-1, 0], [1, 0], [0, 1]]


def test_normalize_changes_nothing_on_standardised_numbers() -> None:
    """Raw and normalised numbers reach the learner alike."""
    rows: Rows = {"x": NumericColumn(np.array([1.0, 2.0, 6.0]))}
    schema = schema_of(x="NUMERIC")
    assert dense(fitted(["normalize(x)"], schema, rows), rows) == dense(fitted(["x"], schema, rows), rows)


def test_numbers_far_out_stay_finite() -> None:
    """A value that no training row comes near, even at the end of double precision, is bounded."""
    rows: Rows = {"x": NumericColumn(np.array([1.0, 2.0, 6.0]))}
    encoder = fitted(["x"], schema_of(x="NUMERIC"), rows)
    others: Rows = {"x": NumericColumn(np.array([1e308, -1e308]))}
    assert dense(encoder, others) == [[1e6], [-1e6]]


def test_bins_are_right_closed_and_open_to_both_sides() -> None:
    """A value on an edge lies below it; values beyond the training range fall into the outer bins."""
    rows: Rows = {"x": NumericColumn(np.arange(10, dtype=np.uint8))}
    encoder = fitted(["quantile_bin(x,5)"], schema_of(x="NUMERIC"), rows)
    others: Rows = {"x": NumericColumn(np.array([-5.0, 1.0, 1.5, 99.0]))}
    assert [row.index(1.0) if any(row) else None for row in dense(encoder, others)] == [None, None, 1, 4]


def test_missing_number_has_a_bin_of_its_own() -> None:
    """Absence is a level like any bin."""
    rows: Rows = {"x": NumericColumn(np.array([1, 2, 3, 0]), np.array([False, False, False, True]))}
    matrix = dense(fitted(["quantile_bin(x,5)"], schema_of(x="NUMERIC"), rows), rows)
    assert sum(matrix[3]) == 1
    assert matrix[3] not in matrix[:3]


def test_binary_is_a_level_with_room_for_missing() -> None:
    """0, 1 and missing are three levels."""
    rows: Rows = {"b": BinaryColumn(np.array([0, 0, 1, -1], np.int8))}
    matrix = dense(fitted(["b"], schema_of(b="BINARY"), rows), rows)
    assert matrix == [[0, 0, 0, 0], [0, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]]


def test_words_are_counted_and_unseen_ones_left_out() -> None:
    """A repeated word counts each time; a word training never saw has no column."""
    rows: Rows = {"t": text("b a b", "")}
    encoder = fitted(["t"], schema_of(t="TEXT"), rows)
    assert dense(encoder, rows) == [[2, 1, 0], [0, 0, 1]]
    assert dense(encoder, {"t": text("a zebra")}) == [[0, 1, 0]]


@pytest.mark.parametrize(("n", "expected"), [(2, 6 + 5), (3, 6 + 5 + 4), (6, 21), (10, 21)])
def test_ngrams_are_all_runs_up_to_n(n: int, expected: int) -> None:
    """Six words give 6 + 5 + 4 tokens for n = 3, single words included."""
    assert n_tokens(f"ngram(t,{n})", "a b c d e f") == expected


@pytest.mark.parametrize(("words", "n"), [("a b c d e", 4), ("a", 3), ("a b", 10), ("a b a b", 2)])
def test_osb_pairs_each_word_with_those_in_its_window(words: str, n: int) -> None:
    """A text of k words gives the sum of min(n - 1, k - 1 - i) pairs, and no single words."""
    k = len(words.split())
    assert n_tokens(f"osb(t,{n})", words) == sum(min(n - 1, k - 1 - i) for i in range(k))


def test_osb_tells_distances_apart() -> None:
    """The same two words next to each other and one apart are two tokens."""
    rows: Rows = {"t": text("a b b")}
    encoder = fitted(["osb(t,3)"], schema_of(t="TEXT"), rows)
    assert dense(encoder, rows) == [[1, 1, 1]]


def test_product_of_text_and_category_has_one_token_a_word() -> None:
    """Every word is joined with the category."""
    assert n_tokens("cartesian(no_punct(t),c)", "Blue: A History", c=categorical("hard")) == 3


def test_a_product_of_long_texts_is_refused_before_it_is_made() -> None:
    """Two texts of 100 KB would have billions of pairs."""
    schema = schema_of(a="TEXT", b="TEXT")
    long = " ".join(["w"] * 50_000)

    with pytest.raises(DataError, match=r"at most 4,194,304 combinations, found 2,500,000,000"):
        fitted(["cartesian(a,b)"], schema, {"a": text(long), "b": text(long)})


def test_product_of_categories_is_one_level() -> None:
    """Two categories make one level of both; the most frequent pair is implied, pairs never seen share a column."""
    rows: Rows = {"a": categorical("x", "x", "y", "y"), "b": categorical("1", "1", "1", "2")}
    encoder = fitted(["cartesian(a,b)"], schema_of(a="CATEGORICAL", b="CATEGORICAL"), rows)
    assert dense(encoder, rows) == [[0, 0, 0, 0], [0, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]]
    assert dense(encoder, {"a": categorical("x"), "b": categorical("2")}) == [[0, 0, 0, 1]]


def test_lowercase_merges_categories_before_they_are_coded() -> None:
    """A spelling never seen is known by its lower case."""
    encoder = fitted(["lowercase(c)"], schema_of(c="CATEGORICAL"), {"c": categorical("Red", "red", "BLUE")})
    assert dense(encoder, {"c": categorical("RED", "blue")}) == [[0, 0, 0], [0, 1, 0]]


def test_active_features_are_counted_as_the_service_counts() -> None:
    """One a single-valued variable, present or missing; one a word, and one for no words; one for the constant."""
    rows: Rows = {
        "c": categorical("a", ""),
        "x": NumericColumn(np.array([1, 0]), np.array([False, True])),
        "t": text("the the end", ""),
    }
    schema = schema_of(c="CATEGORICAL", x="NUMERIC", t="TEXT")
    encoder = fitted(["c", "quantile_bin(x,5)", "t"], schema, rows)
    assert next(encoder.blocks(rows)).n_active.tolist() == [6, 4]


words = st.lists(st.sampled_from(["a", "b", "c d", "", "a a b"]), min_size=1, max_size=12)


@given(words, st.integers(1, 5))
def test_blocks_of_any_size_make_the_same_matrix(values: list[str], block_rows: int) -> None:
    """How many rows are encoded at a time changes nothing."""
    rows: Rows = {"t": text(*values), "c": categorical(*values)}
    schema = schema_of(t="TEXT", c="CATEGORICAL")
    encoder = fitted(["ngram(t,3)", "osb(t,3)", "cartesian(t,c)", "c"], schema, rows)
    small = np.concatenate([block.matrix.toarray() for block in encoder.blocks(rows, block_rows)])
    assert small.tolist() == dense(encoder, rows)


def test_saved_encoder_encodes_alike(tmp_path: Path) -> None:
    """What is loaded gives the matrix of what was saved, on rows of other vocabularies too."""
    rows: Rows = {
        "t": text("a b c", "b, c", ""),
        "c": categorical("u", "v", "u"),
        "x": NumericColumn(np.array([1.5, 2.5, 0.0]), np.array([False, False, True])),
        "b": BinaryColumn(np.array([1, 0, -1], np.int8)),
    }
    schema = schema_of(t="TEXT", c="CATEGORICAL", x="NUMERIC", b="BINARY")
    recipe = ["ngram(lowercase(t),2)", "osb(t,3)", "cartesian(c,quantile_bin(x,5))", "x", "b", "cartesian(t,c)"]
    encoder = fitted(recipe, schema, rows)
    storage.save(encoder, tmp_path)
    outputs = Recipe.parse({"outputs": recipe}).resolve(schema)
    loaded = storage.load(tmp_path, outputs)
    others: Rows = {**rows, "c": categorical("v", "w", "v"), "t": text("c b a", "d", "B, c")}
    assert dense(loaded, others) == dense(encoder, others)
    with pytest.raises(DataError, match="outputs"):
        storage.load(tmp_path, outputs[1:])
