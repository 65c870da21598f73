"""Counting: the same numbers, however many of them are zero."""

from __future__ import annotations

import random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from amlwrap.local.ingest.counting import count, cross

codes = npst.arrays(np.uint8, st.integers(0, 60), elements=st.one_of(st.just(0), st.integers(0, 4)))


@given(codes)
def test_counts_are_those_of_looking(codes: np.ndarray) -> None:
    """Each number is counted as often as it stands there."""
    assert count(codes, 5).tolist() == [codes.tolist().count(number) for number in range(5)]


@given(codes, st.randoms(use_true_random=False))
def test_tables_are_those_of_looking(codes: np.ndarray, dice: random.Random) -> None:
    """Each pair of a row and a number is counted as often as it stands there."""
    rows = np.array([dice.randrange(3) for _ in codes], np.int64)
    pairs = list(zip(rows.tolist(), codes.tolist(), strict=True))
    table = cross(codes, 5, rows * 5, np.bincount(rows, minlength=3))
    assert table.tolist() == [[pairs.count((row, number)) for number in range(5)] for row in range(3)]
