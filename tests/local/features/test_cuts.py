"""Finest bins: every count of bins is made of them, and missing values have a code of their own."""

from __future__ import annotations

import numpy as np

from amlwrap.local.features.cuts import COUNTS, Cuts, best_count
from amlwrap.local.features.merit import Merit, Numbers
from amlwrap.local.ingest.columns import NumericColumn


class Quantiles:
    """Cut points of known values."""

    def __init__(self, values: np.ndarray) -> None:
        self.values = values

    def edges(self, name: str, n: int) -> np.ndarray:
        """Cut points at the quantiles, each once, with something beyond the last."""
        assert name == "x"
        edges = np.unique(np.quantile(self.values, np.arange(1, n) / n, method="lower"))
        inner: np.ndarray = edges[edges < self.values.max()]
        return inner

    def points(self, name: str) -> np.ndarray:
        """Every value, once."""
        assert name == "x"
        return np.unique(self.values)


def test_bins_are_joined_to_those_that_are_cut_at_once() -> None:
    """Whatever the count, a row's finest bin belongs to the bin in which its value lies."""
    for n in (100, 5000):
        values = np.random.default_rng(n).normal(size=n)
        summary = Quantiles(values)
        cuts = Cuts.of("x", summary)
        codes = cuts.codes(NumericColumn(values))
        for count in cuts.starts:
            assert cuts.groups(count)[codes].tolist() == np.searchsorted(summary.edges("x", count), values).tolist()


def test_small_integers_are_coded_like_other_numbers() -> None:
    """Bytes go by a table, and come out the same."""
    values = np.random.default_rng(1).integers(0, 200, 1000).astype(np.uint8)
    cuts = Cuts.of("x", Quantiles(values))
    assert cuts.codes(NumericColumn(values)).tolist() == cuts.codes(NumericColumn(values.astype(float))).tolist()


def test_missing_values_are_a_bin_of_their_own() -> None:
    """They get the code behind all bins, and with any count a group that no value is in."""
    cuts = Cuts.of("x", Quantiles(np.arange(1000.0)))
    codes = cuts.codes(NumericColumn(np.zeros(2), np.array([False, True])))
    assert codes.tolist() == [0, cuts.n]
    assert [cuts.groups(count)[cuts.n] for count in cuts.starts] == list(cuts.starts)


def test_of_counts_that_cut_alike_the_smallest_is_there_alone() -> None:
    """Seven values can be cut in six places, and more bins than that are the same bins."""
    cuts = Cuts.of("x", Quantiles(np.repeat(np.arange(7.0), 10)))
    assert tuple(cuts.starts) == COUNTS[: len(cuts.starts)]
    assert list(cuts.merits(Numbers(), np.ones((cuts.n, 3)))) == list(cuts.starts)
    assert len(cuts.starts) < len(COUNTS)


def test_a_share_of_the_gain_has_to_pay_the_price() -> None:
    """More to be had buys finer bins, less of it coarser ones, and equals go to the coarser."""
    merits = {5: Merit(10, 8), 10: Merit(30, 20), 20: Merit(40, 16)}
    assert [best_count(merits, share) for share in (0.1, 1, 4)] == [5, 10, 20]
    assert best_count({5: Merit(2, 2), 10: Merit(2, 2)}, 1) == 5
