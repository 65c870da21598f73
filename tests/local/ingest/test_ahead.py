"""Work done ahead, in order."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from amlwrap.local.ingest.ahead import in_order


def test_results_come_in_the_order_of_the_items() -> None:
    """The second may be done first, and waits its turn."""
    second_is_done = threading.Event()

    def work(number: int) -> int:
        if number == 0:
            second_is_done.wait(10)
        second_is_done.set()
        return -number

    assert [0, -1, -2] == list(in_order(work, range(3), n_ahead=4))


def test_items_are_taken_a_few_ahead() -> None:
    """So that results which nobody has fetched yet stay few."""
    taken: list[int] = []

    def items() -> Iterator[int]:
        for number in range(100):
            taken.append(number)
            yield number

    results = in_order(str, items(), n_ahead=4)

    assert "0" == next(results)
    assert len(taken) < 10


def test_an_error_comes_where_its_result_would() -> None:
    """What was done before it is not lost."""
    results = in_order(lambda number: 1 // number, [1, 0, 1], n_ahead=4)

    assert 1 == next(results)
    with pytest.raises(ZeroDivisionError):
        next(results)
