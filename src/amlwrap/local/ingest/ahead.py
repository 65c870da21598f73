"""Work on several things at a time, whose results come in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final, TypeVar

__all__ = ["in_order"]

_N_THREADS: Final = 2

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def in_order(work: Callable[[_Item], _Result], items: Iterable[_Item], n_ahead: int) -> Iterator[_Result]:
    """
    What *work* makes of each item, in their order, made in threads of its own while the caller uses what is there.

    Args:
        items: Taken in the caller's thread.
        n_ahead: How many more are begun before a result is given: bounds the memory that items and results take.

    >>> list(in_order(str.upper, ["a", "b"], n_ahead=1))
    ['A', 'B']
    """
    waiting = deque[Future[_Result]]()
    with ThreadPoolExecutor(_N_THREADS, "amlwrap_ahead") as pool:
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) > n_ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
