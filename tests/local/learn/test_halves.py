"""Two halves of the work: both done, in order, and nobody left behind."""

from __future__ import annotations

import threading

import pytest

from amlwrap.local.learn.halves import Halves


def test_halves_are_worked_on_at_the_same_time() -> None:
    """Each waits for the other to be there, which one thread alone could not do."""
    meeting = threading.Barrier(2, timeout=30)

    def meet(name: str) -> tuple[str, int]:
        meeting.wait()
        return name, threading.get_ident()

    with Halves() as halves:
        (first, here), (second, there) = halves.both(meet, "first", "second")
    assert (first, second) == ("first", "second")
    assert here == threading.get_ident() != there


@pytest.mark.parametrize("failing", ["first", "second"])
def test_failure_of_either_half_is_told(failing: str) -> None:
    """Whichever half fails, the caller learns of it, and the thread ends all the same."""

    def fail(name: str) -> None:
        if name == failing:
            raise ValueError(name)

    before = threading.active_count()
    with pytest.raises(ValueError, match=failing), Halves() as halves:
        halves.both(fail, "first", "second")
    assert threading.active_count() == before
