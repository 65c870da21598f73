"""Rates: predictions let through, and those told to come again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from amlwrap.local.limits import Limits
from amlwrap.local.rates import Rates


class Time:
    """Epoch milliseconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 1_000_000

    def __call__(self) -> int:
        return self.now


def test_a_second_lets_through_what_a_second_may() -> None:
    """All at once if they come so; then as many as the time that has passed allows."""
    time = Time()
    rates = Rates(Limits(endpoint_requests=4), time)

    assert [None] * 4 + ["endpoint_requests"] == [rates.exceeded("ml-1") for _ in range(5)]
    time.now += 500
    assert [None, None, "endpoint_requests"] == [rates.exceeded("ml-1") for _ in range(3)]
    time.now += 3_600_000
    assert [None] * 4 + ["endpoint_requests"] == [rates.exceeded("ml-1") for _ in range(5)]


def test_each_endpoint_counts_for_itself_and_all_together() -> None:
    """What one limit refuses is not counted against the other."""
    rates = Rates(Limits(endpoint_requests=2, requests=3), Time())

    assert [None, None, "endpoint_requests"] == [rates.exceeded("ml-1") for _ in range(3)]
    assert [None, "requests"] == [rates.exceeded("ml-2") for _ in range(2)]


def test_an_endpoint_made_anew_begins_anew() -> None:
    """Nothing is remembered of one that is gone."""
    rates = Rates(Limits(endpoint_requests=1), Time())

    assert [None, "endpoint_requests"] == [rates.exceeded("ml-1") for _ in range(2)]
    rates.forget("ml-1")
    assert rates.exceeded("ml-1") is None


def test_a_clock_that_is_put_back_gives_nothing_away() -> None:
    """And takes nothing."""
    time = Time()
    rates = Rates(Limits(requests=1), time)

    assert rates.exceeded("ml-1") is None
    time.now -= 10_000
    assert rates.exceeded("ml-1") == "requests"
    time.now += 1_000
    assert rates.exceeded("ml-1") is None


@given(st.integers(1, 20), st.lists(st.integers(0, 300), max_size=100))
def test_no_second_sees_more_than_two_seconds_worth(per_second: int, pauses: list[int]) -> None:
    """However requests come: a full bucket, and what flows in meanwhile."""
    time = Time()
    rates = Rates(Limits(endpoint_requests=per_second), time)
    let_through: list[int] = []
    for pause in pauses:
        time.now += pause
        if rates.exceeded("ml-1") is None:
            let_through.append(time.now)

    for start in let_through:
        assert sum(start <= moment < start + 1_000 for moment in let_through) <= 2 * per_second
