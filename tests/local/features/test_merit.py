"""What bins explain: closed forms against rows really left out, and laws of additive sums."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from amlwrap.local.features.merit import Classes, Judge, Merit, Numbers

RNG = np.random.default_rng(11)
BINS = RNG.integers(0, 6, 200)
CLASSES = (BINS + RNG.integers(0, 2, 200)) % 3
NUMBERS = np.rint((BINS - 2.5 + RNG.normal(size=200)) * 4096) / 4096


def merit(judge: Judge, targets: NDArray[Any]) -> Merit:
    """Of the six bins."""
    (found,) = judge.merits(judge.aims(targets).sums(BINS, 6), np.zeros(1, np.intp))
    return found


def others(row: int) -> NDArray[np.bool_]:
    """The other rows of a row's bin."""
    found: NDArray[np.bool_] = BINS == BINS[row]
    found[row] = False
    return found


def test_classes_left_out_are_predicted_by_the_others() -> None:
    """The closed form is the sum over rows of the log-likelihood that the other rows of the bin give them."""
    judge, shares = Classes(3), np.bincount(CLASSES) / 200
    expected = 0.0
    for row, code in enumerate(CLASSES):
        near = CLASSES[others(row)]
        expected += np.log(((near == code).sum() + shares[code]) / (len(near) + 1)) - np.log(shares[code])
    assert merit(judge, CLASSES).left_out == pytest.approx(expected)


def test_numbers_left_out_are_predicted_by_the_others() -> None:
    """The closed form is the sum over rows of the squares that the other rows of the bin leave of them."""
    judge, centred = Numbers(), NUMBERS - NUMBERS.mean()
    remaining = sum(
        (value - centred[others(row)].sum() / (others(row).sum() + 1)) ** 2 for row, value in enumerate(centred)
    )
    found = merit(judge, NUMBERS).left_out
    assert found / 4096**2 == pytest.approx((centred**2).sum() - remaining)


@pytest.mark.parametrize(("judge", "targets"), [(Classes(3), CLASSES), (Numbers(), NUMBERS)])
def test_sums_add_up_over_blocks(judge: Judge, targets: NDArray[np.float64]) -> None:
    """However rows are cut into blocks, their sums are the same to the last bit."""
    whole = judge.aims(targets).sums(BINS, 6)
    parts = [judge.aims(targets[part]).sums(BINS[part], 6) for part in (slice(0, 7), slice(7, 150), slice(150, 200))]
    assert whole.tolist() == np.sum(parts, axis=0).tolist()


@pytest.mark.parametrize(("judge", "targets"), [(Classes(3), CLASSES), (Numbers(), NUMBERS)])
def test_rows_left_out_are_explained_less(judge: Judge, targets: NDArray[np.float64]) -> None:
    """What is seen lies above what is left out, and below all there is to know."""
    found = merit(judge, targets)
    assert 0 < found.left_out < found.gain < found.seen < judge.knowable(judge.aims(targets).sums(BINS, 6))
    assert found.price > 0


@pytest.mark.parametrize(("judge", "targets"), [(Classes(3), CLASSES), (Numbers(), NUMBERS)])
def test_each_way_is_judged_by_its_own_bins(judge: Judge, targets: NDArray[np.float64]) -> None:
    """What stands before or behind it changes nothing."""
    sums = judge.aims(targets).sums(BINS, 6)
    ways = [sums, sums.reshape(3, 2, 3).sum(axis=1), sums.sum(axis=0, keepdims=True), np.zeros((2, 3))]
    alone = [judge.merits(way, np.zeros(1, np.intp))[0] for way in ways]
    together = judge.merits(np.concatenate(ways), np.array([0, 6, 9, 10]))
    for one, other in zip(alone, together, strict=True):
        assert (one.seen, one.left_out) == pytest.approx((other.seen, other.left_out), abs=1e-9)


@pytest.mark.parametrize("n_bins", [6, 300])
def test_classes_are_counted_in_few_bins_and_in_many(n_bins: int) -> None:
    """Numbers of bins that fit a byte, and others."""
    sums = Classes(3).aims(CLASSES).sums(BINS, n_bins)
    for place in range(n_bins):
        assert sums[place].tolist() == np.bincount(CLASSES[place == BINS], minlength=3).tolist()


@pytest.mark.parametrize("judge", [Classes(3), Numbers()])
def test_nothing_explains_nothing(judge: Judge) -> None:
    """Bins without a row have no merit."""
    (found,) = judge.merits(np.zeros((4, 3)), np.zeros(1, np.intp))
    assert (found.seen, found.left_out) == (0.0, 0.0)
