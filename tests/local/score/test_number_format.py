"""Scores are spelled as the service spells them, exactly."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from amlwrap.local.score.number_format import PAD, cells, text_of
from tests.local.score.oracles import spell
from tests.local.score.oracles import spelled as all_spelled


def spelled(*values: float) -> list[str]:
    """How the product spells some numbers."""
    return all_spelled(np.array(values, np.float32))


def check(values: NDArray[np.float32]) -> None:
    """Product and oracle agree on all *values*."""
    assert [spell(value) for value in values.astype(np.float64).tolist()] == all_spelled(values)


@pytest.mark.parametrize(
    "published",
    [
        *("1.945252E-5", "9.96733E-1", "1E0", "1.323967E5", "-6.188034E0", "1.61803E-8"),
        *("1.503819E1", "8.7642E-3", "4.6317E-1", "-1.526385E1", "8.7E-3", "2.7E-1", "7.2E-1"),
    ],
)
def test_published_numbers(published: str) -> None:
    """Each number published in a real file comes back as it was written."""
    assert [published] == spelled(float(published))


@given(hnp.arrays(np.float32, st.integers(0, 50), elements=st.floats(width=32, allow_nan=False, allow_infinity=False)))
def test_any_float(values: NDArray[np.float32]) -> None:
    """Any finite single-precision number is spelled as decimal arithmetic rounds it."""
    check(values)


@given(hnp.arrays(np.uint32, 50))
def test_any_bits(bits: NDArray[np.uint32]) -> None:
    """So is any pattern of 32 bits that is finite, which makes subnormal numbers as likely as others."""
    values = bits.view(np.float32)
    check(values[np.isfinite(values)])


@given(st.integers(-45, 37), st.integers(1_000_000, 9_999_999))
def test_close_to_a_tie(exponent: int, digits: int) -> None:
    """So are the numbers nearest to a tie between two spellings, in every whole decade."""
    middle = np.float32(f"{digits}5e{exponent - 7}")
    around = np.array([np.nextafter(middle, np.float32(0)), middle, np.nextafter(middle, np.float32(math.inf))])
    check(around)


def test_every_binary_exponent() -> None:
    """So are all powers of two and of ten, and their neighbours."""
    powers = [2.0**n for n in range(-149, 128)] + [10.0**n for n in range(-45, 39)]
    values = np.array(powers, np.float32)
    check(
        np.concatenate([values, -values, np.nextafter(values, np.float32(0)), np.nextafter(values, np.float32(1e38))])
    )


def test_doubtful_values_are_decided_exactly() -> None:
    """Numbers so close to a tie that doubles cannot tell, found by search, are decided by their decimal expansion."""
    doubtful = np.array(
        [
            5.600364500000006e-28,
            5.228249500000004e-10,
            5.759143500000002e18,
            1.4672595000000046e24,
            8.007845499999993e35,
        ],
        np.float32,
    )
    check(np.concatenate([doubtful, -doubtful, doubtful]))


def test_ties_go_to_the_even_digit() -> None:
    """An exact tie is rounded to the even neighbour, not away from zero."""
    assert ["1E7", "1.000002E7", "1.234568E0", "1.234567E2"] == spelled(
        10000005, 10000015, 1.2345678, 123.45670318603516
    )
    assert ["1.048576E6", "1.048578E6"] == spelled(1048576.5, 1048577.5)


def test_zeros_and_what_is_no_number() -> None:
    """Zeros have no sign; NaN and infinities are spelled so that Python and Java read them back."""
    assert ["0E0", "0E0", "NaN", "Infinity", "-Infinity"] == spelled(0.0, -0.0, math.nan, math.inf, -math.inf)


@given(hnp.arrays(np.float32, 20, elements=st.floats(0, 1, width=32)))
def test_spelling_keeps_seven_digits(values: NDArray[np.float32]) -> None:
    """What is read back differs from the score by at most half a unit of the seventh digit."""
    back = np.array([float(text) for text in all_spelled(values)])

    np.testing.assert_allclose(values.astype(np.float64), back, rtol=5.0000001e-7, atol=0)


def test_cells_keep_the_shape() -> None:
    """Cells of a matrix stand where its scores stood, each ending in a free byte."""
    block = cells(np.array([[0.5, 0.25], [1, 0]], np.float32))

    assert (2, 2, 16) == block.shape
    assert (block[..., -1] == PAD).all()
    assert b"2.5E-1" == text_of(block[0, 1])


def test_empty() -> None:
    """No scores, no text."""
    assert [] == spelled()
