"""Where weights are kept: every form gives back what was put there."""

from __future__ import annotations

import numpy as np
import pytest

from amlwrap.local.learn.state import State, state

FORMS = [(False, True), (False, False), (True, True), (True, False)]


def filled(is_narrow: bool, is_race: bool) -> tuple[State, np.ndarray]:
    """Weights and sums of nine columns, put there in overlapping parts; and what they should be."""
    kept, expected = state(9, 2, is_narrow=is_narrow, is_race=is_race), np.zeros((9, 2, 2), np.float32)
    for turn, columns in enumerate([np.array([1, 4]), np.array([0, 4, 7]), np.array([1, 2, 8])], start=1):
        held = kept.take(columns)
        assert held.tolist() == expected[columns].tolist()
        changed = held + turn
        kept.put(columns, changed)
        expected[columns] = changed
    return kept, expected


@pytest.mark.parametrize(("is_narrow", "is_race"), FORMS)
def test_what_is_put_is_there(is_narrow: bool, is_race: bool) -> None:
    """Columns hold what was put last, those never put are zero, and weights other than zero are live."""
    kept, expected = filled(is_narrow, is_race)
    assert kept.weights.tolist() == expected[:, 0].tolist()
    assert kept.live.sum(axis=0).tolist() == [6, 6]


@pytest.mark.parametrize(("is_narrow", "is_race"), FORMS)
def test_whoever_is_kept_keeps_all(is_narrow: bool, is_race: bool) -> None:
    """The chosen of the width go on with their weights and sums."""
    kept, expected = filled(is_narrow, is_race)
    kept.take(np.array([3]))
    kept.put(np.array([3]), np.array([[[5, 6], [7, 8]]], np.float32))
    expected[3] = [[5, 6], [7, 8]]
    alone = kept.keep(np.array([1]))
    assert alone.weights.tolist() == expected[:, 0, 1:].tolist()
    assert alone.take(np.arange(9)).tolist() == expected[:, :, 1:].tolist()


@pytest.mark.parametrize("is_narrow", [False, True])
def test_all_columns_are_taken_in_place(is_narrow: bool) -> None:
    """Changing what was taken of all columns changes what is kept."""
    kept = state(3, 1, is_narrow=is_narrow, is_race=False)
    held = kept.take(slice(None))
    held += 1
    kept.put(slice(None), held)
    assert kept.weights.tolist() == [[1], [1], [1]]
