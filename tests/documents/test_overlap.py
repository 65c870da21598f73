"""Overlap: what two slices of the same data have in common, held against slicing row by row."""

from __future__ import annotations

import random

import attrs
import pytest
from hypothesis import given

from amlwrap.documents import Overlap, Rearrangement, overlap
from tests.strategies import rearrangements

N = 2000
SEQUENTIAL, RANDOM = "sequential", "random"


def rows(rearrangement: Rearrangement | None) -> set[int]:
    """The rows of so many that a rearrangement takes, one row at a time."""
    if rearrangement is None:
        return set(range(N))
    dice = random.Random(rearrangement.seed)
    draws = [dice.random() * 100 if rearrangement.strategy == RANDOM else row * 100 / N for row in range(N)]
    inside = [rearrangement.percent_begin <= draw < rearrangement.percent_end for draw in draws]
    return {row for row, is_inside in enumerate(inside) if is_inside != rearrangement.complement}


@given(rearrangements(), rearrangements())
def test_none_means_that_no_row_is_in_both(first: Rearrangement, second: Rearrangement) -> None:
    """However the two are drawn."""
    if overlap(first, second) is None:
        assert set() == rows(first) & rows(second)


@given(rearrangements(), rearrangements())
def test_rows_of_one_draw_are_told_exactly(first: Rearrangement, second: Rearrangement) -> None:
    """The ranges say which rows both take, and the per cent how many these are."""
    other = attrs.evolve(second, strategy=first.strategy, seed=first.seed)
    found = overlap(first, other)
    ranges = () if found is None else found.ranges
    told = [rows(attrs.evolve(first, percent_begin=b, percent_end=e, complement=False)) for b, e in ranges]

    assert rows(first) & rows(other) == set().union(*told)
    if found is not None and first.strategy == SEQUENTIAL:
        assert len(rows(first) & rows(other)) == pytest.approx(found.percent / 100 * len(rows(other)))


@given(rearrangements(), rearrangements())
def test_it_is_mutual(first: Rearrangement, second: Rearrangement) -> None:
    """Whoever shares rows with another is shared with, in the same ranges."""
    there, back = overlap(first, second), overlap(second, first)

    assert (None if there is None else (there.ranges, there.by)) == (None if back is None else (back.ranges, back.by))


@given(rearrangements())
def test_complements_have_nothing_in_common(rearrangement: Rearrangement) -> None:
    """And each has all of itself in common with itself and with everything, if it has anything."""
    assert overlap(rearrangement, rearrangement.complemented()) is None
    own, of_all = overlap(rearrangement, rearrangement), overlap(None, rearrangement)

    assert own == of_all
    assert own is None or 100 == own.percent


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (None, None, "all rows"),
        (None, Rearrangement(20, 30), "the rows from 20 % to 30 %"),
        (Rearrangement(0, 70), Rearrangement(70, 100), "None"),
        (Rearrangement(0, 70), Rearrangement(0, 70, complement=True), "None"),
        (Rearrangement(0, 70), Rearrangement(60, 100), "the rows from 60 % to 70 %"),
        (Rearrangement(20, 80), Rearrangement(40, 60, complement=True), "the rows from 20 % to 40 % and 60 % to 80 %"),
        (Rearrangement(0, 70, seed="a"), Rearrangement(70, 100, seed="b"), "None"),
        (Rearrangement(0, 70, "random", "a"), Rearrangement(70, 100, "random", "a"), "None"),
        (
            Rearrangement(0, 70, "random", "a"),
            Rearrangement(60, 100, "random", "a"),
            "the rows drawn from 60 % to 70 %",
        ),
        (
            Rearrangement(0, 70, "random", "a"),
            Rearrangement(70, 100, "random", "b"),
            "about 70 % of its rows, because the two are drawn separately",
        ),
        (
            Rearrangement(0, 70),
            Rearrangement(70, 100, "random", "b"),
            "about 70 % of its rows, because the two are drawn separately",
        ),
        (Rearrangement(strategy="random", seed="a"), Rearrangement(70, 100), "the rows from 70 % to 100 %"),
        (Rearrangement(50, 50), None, "None"),
        (None, Rearrangement(complement=True), "None"),
    ],
)
def test_it_reads_as_words(first: Rearrangement | None, second: Rearrangement | None, expected: str) -> None:
    """Of what both take."""
    assert expected == str(overlap(first, second))


def test_every_fold_is_held_out() -> None:
    """Cross-validation never measures on what it trained on, and any two trainings share rows."""
    for seed in (None, 7):
        folds = Rearrangement.folds(4, seed)
        assert [None] * 4 == [overlap(train, test) for train, test in folds]
        assert isinstance(overlap(folds[0][0], folds[1][0]), Overlap)
