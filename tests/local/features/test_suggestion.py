"""Suggested bin counts: finer where it pays, and no finer where many attributes say the same."""

from __future__ import annotations

import numpy as np

from amlwrap.local.features.suggestion import COUNTS, suggest_bins
from amlwrap.local.ingest.columns import NumericColumn


class Quantiles:
    """Cut points of known columns."""

    def __init__(self, columns: dict[str, NumericColumn]) -> None:
        self.columns = columns

    def edges(self, name: str, n: int) -> np.ndarray:
        """Cut points at the quantiles, each once."""
        return np.unique(np.quantile(self.columns[name].values, np.arange(1, n) / n))

    def points(self, name: str) -> np.ndarray:
        """Every value, once."""
        return np.unique(self.columns[name].values)


def suggested(columns: dict[str, NumericColumn], target: np.ndarray) -> dict[str, int]:
    """Bin counts for a target of two classes."""
    return suggest_bins([(columns, target)], list(columns), 2, Quantiles(columns))


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
    bins = suggest_bins([(columns, target)], list(columns), 0, Quantiles(columns))
    assert bins["wave"] >= 100
    assert bins["noise"] == COUNTS[0]


def test_blocks_do_not_matter() -> None:
    """The same rows in two blocks or in one get the same bins."""
    rng = np.random.default_rng(6)
    columns = {f"x{i}": NumericColumn(rng.normal(size=3000)) for i in range(5)}
    target = (columns["x0"].values + columns["x1"].values ** 2 + rng.normal(size=3000) > 1).astype(int)
    parts = [({name: column.take(part) for name, column in columns.items()}, target[part]) for part in HALVES]
    assert suggested(columns, target) == suggest_bins(parts, list(columns), 2, Quantiles(columns))


HALVES = (slice(0, 1234), slice(1234, 3000))
