"""Suggested bin counts: finer where it pays, and no finer where many attributes say the same."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import polars as pl

from amlwrap.local.features.cuts import COUNTS
from amlwrap.local.features.suggestion import suggest_bins
from amlwrap.local.ingest.columns import BinaryColumn, CategoricalColumn, Column, NumericColumn, TextColumn
from amlwrap.local.ingest.quantiles import Quantiles


class Spread:
    """How known columns are spread."""

    def __init__(self, columns: Mapping[str, Column]) -> None:
        self.columns = columns

    def quantiles(self, name: str) -> Quantiles:
        """Of all values."""
        column = self.columns[name]
        assert isinstance(column, NumericColumn)
        return Quantiles.of(column.values)


def suggested(columns: dict[str, NumericColumn], target: np.ndarray) -> dict[str, int]:
    """Bin counts for a target of two classes."""
    return suggest_bins([(columns, target)], list(columns), 2, Spread(columns))


def test_noise_gets_the_fewest_bins() -> None:
    """A column that tells nothing of the target is cut as coarsely as may be."""
    rng = np.random.default_rng(1)
    columns = {"noise": NumericColumn(rng.normal(size=5000))}
    assert suggested(columns, rng.integers(0, 2, 5000)) == {"noise": COUNTS[0]}


def test_a_wave_gets_bins_finer_than_its_period() -> None:
    """A target that goes up and down many times over the column's range is worth many bins."""
    values = np.random.default_rng(2).uniform(0, 10, 20000)
    target = (np.sin(2 * np.pi * values) > 0).astype(int)
    assert suggested({"x": NumericColumn(values)}, target)["x"] >= 50


def test_many_copies_get_coarser_bins_than_one() -> None:
    """Columns that repeat one another share their merit."""
    rng = np.random.default_rng(3)
    values = rng.uniform(0, 4, 2000)
    target = (np.sin(2 * np.pi * values) + rng.normal(size=2000) > 0).astype(int)
    alone = suggested({"x": NumericColumn(values)}, target)["x"]
    copies = suggested({f"x{i}": NumericColumn(values) for i in range(100)}, target)
    assert set(copies.values()) < set(COUNTS)
    assert max(copies.values()) < alone


def test_missing_values_do_not_count() -> None:
    """Rows without a value are left out of the judgement."""
    rng = np.random.default_rng(4)
    missing = np.arange(4000) % 2 == 0
    values = np.where(missing, 0.0, rng.normal(size=4000))
    columns = {"x": NumericColumn(values, missing)}
    assert suggested(columns, rng.integers(0, 2, 4000)) == {"x": COUNTS[0]}


def test_numbers_are_judged_as_classes_are() -> None:
    """A NUMERIC target that is a wave over one column and noise over another gets many bins for the first alone."""
    rng = np.random.default_rng(5)
    values = rng.uniform(0, 10, 5000)
    target = np.sin(2 * np.pi * values) * np.sqrt(2)
    columns = {"wave": NumericColumn(values), "noise": NumericColumn(rng.normal(size=5000))}
    bins = suggest_bins([(columns, target)], list(columns), 0, Spread(columns))
    assert bins["wave"] >= 100
    assert bins["noise"] == COUNTS[0]


def test_blocks_do_not_matter() -> None:
    """The same rows in two blocks or in one get the same bins."""
    rng = np.random.default_rng(6)
    columns = {f"x{i}": NumericColumn(rng.normal(size=3000)) for i in range(5)}
    target = (columns["x0"].values + columns["x1"].values ** 2 + rng.normal(size=3000) > 1).astype(int)
    parts = [({name: column.take(part) for name, column in columns.items()}, target[part]) for part in HALVES]
    assert suggested(columns, target) == suggest_bins(parts, list(columns), 2, Spread(columns))


def test_what_drowns_alone_is_seen_beside_the_others() -> None:
    """A small wave gets bins that show it, once levels and a slope that hide it have had their say."""
    columns, target = hidden_wave(np.random.default_rng(7), 700)
    summary = Spread(columns)
    assert suggest_bins([({"wave": columns["wave"]}, target)], ["wave"], 0, summary)["wave"] < 20
    assert suggest_bins([(columns, target)], ["wave", "slope"], 0, summary)["wave"] >= 20


def test_rows_with_names_of_their_own_hide_nothing() -> None:
    """Levels that one row has each explain no row that is left out, and so take nothing from the others."""
    columns, target = hidden_wave(np.random.default_rng(7), 700)
    named = columns | {
        "id": CategoricalColumn(np.arange(700, dtype=np.int32), tuple(f"{row:03}" for row in range(700)))
    }
    summary = Spread(columns)
    alone, beside = (suggest_bins([(one, target)], ["wave", "slope"], 0, summary) for one in (columns, named))
    assert alone == beside


def test_blocks_of_a_numeric_target_do_not_matter() -> None:
    """However many rows come at once, and in whatever order levels are numbered in each block, bins are the same."""
    columns, target = hidden_wave(np.random.default_rng(8), 50_000)
    summary = Spread(columns)
    whole = suggest_bins([(columns, target)], ["wave", "slope"], 0, summary)
    bounds = [0, 17, 20_000, 20_001, 50_000]
    parts = [slice(start, stop) for start, stop in pairwise(bounds)]
    blocks = [
        ({name: renumbered(column.take(part)) for name, column in columns.items()}, target[part]) for part in parts
    ]
    assert whole == suggest_bins(blocks, ["wave", "slope"], 0, summary)


def hidden_wave(rng: np.random.Generator, n: int) -> tuple[dict[str, Column], np.ndarray]:
    """A target that is mostly levels and a slope, and a little of a wave."""
    wave, slope = rng.uniform(0, 6, n), rng.normal(size=n)
    flags, levels = rng.integers(0, 2, n), rng.integers(0, 10, n)
    target = 0.2 * np.sin(2 * np.pi * wave) + slope + flags + levels / 3
    columns: dict[str, Column] = {
        "wave": NumericColumn(wave),
        "slope": NumericColumn(slope, np.arange(n) % 50 == 0),
        "flag": BinaryColumn(flags.astype(np.int8)),
        "level": CategoricalColumn(levels.astype(np.int32), tuple("abcdefghij")),
        "text": TextColumn(pl.Series(["some words"] * n)),
    }
    return columns, (target - target.mean()) / target.std()


def renumbered(column: Column) -> Column:
    """The same levels, numbered as they are met."""
    if not isinstance(column, CategoricalColumn):
        return column
    given: list[int] = column.codes.tolist()
    met = list(dict.fromkeys(given))
    codes = np.array([met.index(code) for code in given], np.int32)
    return CategoricalColumn(codes, tuple(column.vocabulary[code] for code in met))


HALVES = (slice(0, 1234), slice(1234, 3000))
