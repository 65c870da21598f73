"""Finest bins: every count of bins is made of them, and missing values have a code of their own."""

from __future__ import annotations

import numpy as np
import pytest

from amlwrap.local.features.cuts import COUNTS, Cuts, best_count, merits
from amlwrap.local.features.merit import Classes, Merit, Numbers
from amlwrap.local.ingest.columns import NumericColumn
from amlwrap.local.ingest.quantiles import Quantiles


def test_bins_are_joined_to_those_that_are_cut_at_once() -> None:
    """Whatever the count, a row's finest bin belongs to the bin in which its value lies."""
    for n in (100, 5000):
        values = np.random.default_rng(n).normal(size=n)
        quantiles = Quantiles.of(values)
        cuts = Cuts.of("x", quantiles)
        codes = cuts.codes(NumericColumn(values))
        for count in cuts.starts:
            assert cuts.groups(count)[codes].tolist() == np.searchsorted(quantiles.edges(count), values).tolist()


def test_small_integers_are_coded_like_other_numbers() -> None:
    """Bytes go by a table, and come out the same."""
    values = np.random.default_rng(1).integers(0, 200, 1000).astype(np.uint8)
    cuts = Cuts.of("x", Quantiles.of(values))
    assert cuts.codes(NumericColumn(values)).tolist() == cuts.codes(NumericColumn(values.astype(float))).tolist()


def test_missing_values_are_a_bin_of_their_own() -> None:
    """They get the code behind all bins, and with any count a group that no value is in."""
    cuts = Cuts.of("x", Quantiles.of(np.arange(1000.0)))
    codes = cuts.codes(NumericColumn(np.zeros(2), np.array([False, True])))
    assert codes.tolist() == [0, cuts.n]
    assert [cuts.groups(count)[cuts.n] for count in cuts.starts] == list(cuts.starts)


def test_of_counts_that_cut_alike_the_smallest_is_there_alone() -> None:
    """Seven values can be cut in six places, and more bins than that are the same bins."""
    cuts = Cuts.of("x", Quantiles.of(np.repeat(np.arange(7.0), 10)))
    assert tuple(cuts.starts) == COUNTS[: len(cuts.starts)]
    (found,) = merits(Numbers(), [cuts], [np.ones((cuts.n, 3))])
    assert list(found) == list(cuts.starts)
    assert len(cuts.starts) < len(COUNTS)


@pytest.mark.parametrize("n", [0, 1, 2, 40, 256, 257, 258, 9_000])
def test_every_count_is_cut_where_quantiles_cut_it(n: int) -> None:
    """Of no value, of few and of many: the bins of a count begin behind its edges."""
    _demand_the_same_cuts(Quantiles.of(np.random.default_rng(n).normal(size=n)))


@pytest.mark.parametrize("n_different", [1, 2, 7, 60, 1_000, 6_000])
def test_equal_values_are_never_cut_apart(n_different: int) -> None:
    """Neither by one count of bins nor by all of them at once, however unevenly the values are spread."""
    rng = np.random.default_rng(n_different)
    values = rng.normal(size=n_different).repeat(rng.zipf(1.5, n_different).clip(max=500))
    _demand_the_same_cuts(Quantiles.of(values))


def _demand_the_same_cuts(quantiles: Quantiles) -> None:
    cuts = Cuts.of("x", quantiles)
    expected = {count: quantiles.edges(count).tolist() for count in COUNTS}
    assert next(iter(cuts.starts)) == COUNTS[0]
    for count, starts in cuts.starts.items():
        assert cuts.bounds[starts[1:] - 1].tolist() == expected[count]
    assert {len(edges) for edges in expected.values()} == {len(starts) - 1 for starts in cuts.starts.values()}


def test_attributes_are_judged_alike_in_whatever_company() -> None:
    """However many there are, each gets the figures that it gets alone."""
    rng, judge = np.random.default_rng(3), Classes(4)
    aims = judge.aims(rng.integers(0, 4, 500))
    columns = [rng.integers(0, 2 + 40 * place, 500).astype(np.uint8) for place in range(6)] * 20
    cuts = [Cuts.of("x", Quantiles.of(values)) for values in columns]
    sums = [aims.sums(one.codes(NumericColumn(values)), one.n) for one, values in zip(cuts, columns, strict=True)]
    together = list(merits(judge, cuts, sums))
    assert together[:6] == [next(merits(judge, [one], [held])) for one, held in zip(cuts[:6], sums, strict=False)]
    assert together == together[:6] * 20


def test_a_share_of_the_gain_has_to_pay_the_price() -> None:
    """More to be had buys finer bins, less of it coarser ones, and equals go to the coarser."""
    merits = {5: Merit(10, 8), 10: Merit(30, 20), 20: Merit(40, 16)}
    assert [best_count(merits, share) for share in (0.1, 1, 4)] == [5, 10, 20]
    assert best_count({5: Merit(2, 2), 10: Merit(2, 2)}, 1) == 5
